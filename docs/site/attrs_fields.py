"""Which arguments does a frozen class take? mkdocstrings reads the source, where attrs has not written `__init__` yet.

This extension of griffe adds the arguments to the class: its public fields, with their defaults.
"""

import ast
import re
from typing import Any

from griffe import Class, Docstring, Extension, Function, Object, Parameter, ParameterKind, Parameters

OPTIONS = ("choice", "flag", "other", "real", "whole")
"""The functions of `pure_hb.rungs.options` that make a field; the default is their first argument."""


class AttrsFields(Extension):
    """Gives classes of attrs an ``__init__``, and turns marks of Sphinx into those of Markdown."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Sphinx's roles, which Markdown does not know, become code."""
        if obj.docstring is not None:
            obj.docstring.value = re.sub(r":func:`([^`]+)`", r"`\1`", obj.docstring.value)

    def on_class(self, *, cls: Class, **_: Any) -> None:
        """The arguments of a class of attrs."""
        made = any(str(one.value).split("(")[0].split(".")[-1] in ("frozen", "define") for one in cls.decorators)
        if not made or "__init__" in cls.members:
            return
        given = [Parameter("self", kind=ParameterKind.positional_or_keyword)]
        for name, field in cls.attributes.items():
            if name.startswith("_") or ("class-attribute" in field.labels and "instance-attribute" not in field.labels):
                continue
            if field.docstring is None and (says := _sentence(field.value)):
                field.docstring = Docstring(says, parent=field)
            by_name = "kw_only=True" in str(field.value)
            kind = ParameterKind.keyword_only if by_name else ParameterKind.positional_or_keyword
            given.append(Parameter(name, annotation=field.annotation, kind=kind, default=_default(field.value)))
        init = Function("__init__", parameters=Parameters(*given), parent=cls, runtime=False)
        cls.set_member("__init__", init)


def _sentence(value: Any) -> str | None:
    """What an option says of itself: the second argument of the function that makes it."""
    tree = None if value is None else ast.parse(str(value), mode="eval").body
    if isinstance(tree, ast.Call) and ast.unparse(tree.func).split(".")[-1] in OPTIONS:
        return re.sub(
            r"\]\((?=\w+\.md)", "](../", str(ast.literal_eval(tree.args[1]))
        )  # pages of the reference are in a folder
    return None


def _default(value: Any) -> Any:
    """The default as a reader would write it, or None if there is none."""
    if value is None:
        return None
    tree = ast.parse(str(value), mode="eval").body
    if isinstance(tree, ast.Call) and ast.unparse(tree.func) == "field":
        found = {keyword.arg: keyword.value for keyword in tree.keywords}
        return ast.unparse(found["default"]) if "default" in found else ("..." if "factory" in found else None)
    if isinstance(tree, ast.Call) and ast.unparse(tree.func).split(".")[-1] in OPTIONS:
        return ast.unparse(tree.args[0])
    return str(value)
