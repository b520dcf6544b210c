"""Writes docs/reference.md: every public name of pure_hb with its signature and docstring.

python docs/make_reference.py            prints the page
python docs/make_reference.py --write    writes docs/reference.md

Signatures are taken from the source, not from the running program, so that they read as they were written and are the
same under every version of Python.
"""

import ast
import importlib
import inspect
import itertools
import re
import sys
import textwrap
import typing
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

import pure_hb as hb
from pure_hb.rungs import options
from pure_hb.rungs.options import ALLOWED, SAYS

PAGE = Path(__file__).with_name("reference.md")

GROUPS = (
    ("Spaces", "pure_hb.space"),
    (
        "Goals, methods and setups",
        "pure_hb.machine.methods",
        "pure_hb.machine.setup",
        "pure_hb.machine.plan",
        "pure_hb.rungs",
        "pure_hb.search",
    ),
    ("Deciding", "pure_hb.machine", "pure_hb.draws"),
    ("Events", "pure_hb.protocol.events"),
    ("Actions and evidence", "pure_hb.protocol"),
    ("JSON, log and replay", "pure_hb.codec", "pure_hb.journal"),
    ("Audit", "pure_hb.auditing", "pure_hb.explaining", "pure_hb.reporting"),
    ("Session and tuning", "pure_hb.session", "pure_hb.tuning"),
    ("Problems, tables and simulation", "pure_hb.problems", "pure_hb.tables", "pure_hb.simulation"),
    ("Other", "pure_hb"),
)
"""Heading, and the modules whose names stand there; the longest module name that fits wins."""

DATA = {
    "Action": ("pure_hb.protocol", "The union of all actions."),
    "Assignment": ("pure_hb.protocol", "The union of the two actions that give a free worker something to train."),
    "Event": ("pure_hb.protocol.events", "The union of all events."),
    "Goal": ("pure_hb.machine.setup", "The union of `Minimize` and `Maximize`."),
    "LIFE": (
        "pure_hb.machine",
        "The life cycle of a trial as a table: (status, class of the event, class of the action) to the status after "
        "it. What is absent cannot happen. It is drawn in [semantics.md](semantics.md#the-life-of-a-trial).",
    ),
    "METHODS": (
        "pure_hb.machine.methods",
        'The methods by name: `METHODS["ASHA-PROM"](space, goal, max_resource=81)`.',
    ),
}
"""What is public and neither class nor function, with the module it belongs to."""


OPTIONS = {make.__name__ for make in (options.choice, options.flag, options.other, options.real, options.whole)}
"""The functions that make a field of an option; the default is their first argument."""


def public_names() -> list[str]:
    """The public names of pure_hb: no modules, and nothing that it only borrows to do its work."""
    names = [name for name in dir(hb) if not name.startswith("_")]
    own = [name for name in names if not _is_borrowed(name, getattr(hb, name))]
    return [*own, *(f"evidence.{record.__name__}" for record in hb.evidence.RECORDS)]


def _is_borrowed(name: str, value: object) -> bool:
    return isinstance(value, ModuleType) or any(
        getattr(module, name, None) is value for module in (typing, importlib) if hasattr(module, name)
    )


def page() -> str:
    """The whole page."""
    members: dict[str, list[str]] = {group[0]: [] for group in GROUPS}
    for name in public_names():
        members[_group(name)].append(name)
    lines = [
        "# Reference",
        "",
        "Every public name of `pure_hb`, and of `hb.evidence`, made from the docstrings by",
        "`docs/make_reference.py`. Import it as `hb`:",
        "`import pure_hb as hb`. What the words mean is in the [glossary](glossary.md).",
        "",
    ]
    anchors = _anchors([name for names in members.values() for name in sorted(names)])
    for title, names in members.items():
        if names:
            lines.append(f"- {title}: {', '.join(f'[{name}](#{anchors[name]})' for name in sorted(names))}")
    for title, names in members.items():
        if names:
            lines += ["", f"## {title}"]
        for name in sorted(names):
            lines += ["", f"### `{name}`", "", *_described(name)]
    return "\n".join(lines) + "\n"


def _anchors(names: list[str]) -> dict[str, str]:
    """Where the headings are: in lower case, so that of `Plan` and `plan` the second is numbered."""
    found: dict[str, str] = {}
    for name in names:
        before = sum(other.lower() == name.lower() for other in found)
        anchor = name.lower().replace(".", "")
        found[name] = f"{anchor}-{before}" if before else anchor
    return found


def _group(name: str) -> str:
    module = DATA[name][0] if name in DATA else _value(name).__module__
    fitting = [
        (len(prefix), title)
        for title, *prefixes in GROUPS
        for prefix in prefixes
        if module == prefix or module.startswith(f"{prefix}.")
    ]
    return max(fitting)[1]


# ---- one name ------------------------------------------------------------------------------------------------------


def _described(name: str) -> list[str]:
    value = _value(name)
    if name in DATA:
        return [DATA[name][1], "", *_listed(value)]
    value = inspect.unwrap(value)
    tree = ast.parse(textwrap.dedent(inspect.getsource(value))).body[0]
    text = _markdown(inspect.getdoc(value) or "")
    if isinstance(tree, ast.FunctionDef):
        return [*_code(_signature(name, tree)), "", *text]
    assert isinstance(tree, ast.ClassDef)
    if issubclass(value, Exception):
        bases = ", ".join(base.__name__ for base in value.__bases__)
        return [f"An exception, a kind of `{bases}`.", "", *text]
    return [*_code(_constructor(name, tree, value)), "", *text, *_attributes(tree, value), *_methods(tree)]


def _value(name: str) -> Any:
    """What a name stands for; ``evidence.Ranked`` is in a module."""
    return attrgetter(name)(hb)


def _listed(value: Any) -> list[str]:
    if typing.get_args(value):
        return ["One of " + ", ".join(f"`{member.__name__}`" for member in typing.get_args(value)) + "."]
    if value is hb.METHODS:
        return [", ".join(f"`{name}`" for name in value) + "."]
    return [
        f"- {before.value}, `{event.__name__}`, `{action.__name__}`: {after.value}"
        for (before, event, action), after in value.items()
    ]


def _code(text: str) -> list[str]:
    return ["```", text, "```"]


def _signature(name: str, function: ast.FunctionDef | ast.AsyncFunctionDef, width: int = 100) -> str:
    returns = ast.unparse(function.returns).strip("'\"") if function.returns is not None else "None"
    arrow = "" if function.name == "__init__" else f" -> {returns}"
    return _call(name, _parameters(function.args), arrow, width)


def _call(name: str, parts: list[str], arrow: str, width: int = 100) -> str:
    text = f"{name}({', '.join(parts)}){arrow}"
    return text if len(text) <= width else f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){arrow}"


def _parameters(given: ast.arguments) -> list[str]:
    positional = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(positional) - len(given.defaults)) + given.defaults
    pairs = list(zip(positional, defaults, strict=True))
    if pairs and pairs[0][0].arg == "self":
        pairs = pairs[1:]
    parts = [_parameter(argument, default) for argument, default in pairs]
    if given.vararg is not None:
        parts.append(f"*{_parameter(given.vararg, None)}")
    elif given.kwonlyargs:
        parts.append("*")
    parts += [_parameter(*pair) for pair in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    return parts if given.kwarg is None else [*parts, f"**{_parameter(given.kwarg, None)}"]


def _parameter(argument: ast.arg, default: ast.expr | None) -> str:
    kind = "" if argument.annotation is None else f": {ast.unparse(argument.annotation)}"
    value = "" if default is None else f" = {ast.unparse(default)}"
    return f"{argument.arg}{kind}{value}".replace("'", '"')


def _constructor(name: str, tree: ast.ClassDef, value: Any) -> str:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            return _signature(name, node)
    if hasattr(value, "__attrs_attrs__"):
        fields = [node for node in tree.body if isinstance(node, ast.AnnAssign)]
        public = [node for node in fields if not ast.unparse(node.target).startswith("_")]
        free, by_name = ([node for node in public if _is_by_name(node) is which] for which in (False, True))
        return _call(name, [*map(_field, free), *(["*"] if by_name else []), *map(_field, by_name)], "")
    return f"class {name}"


def _is_by_name(node: ast.AnnAssign) -> bool:
    return "kw_only=True" in ast.unparse(node)


def _field(node: ast.AnnAssign) -> str:
    text = f"{ast.unparse(node.target)}: {ast.unparse(node.annotation)}"
    default = node.value
    if isinstance(default, ast.Call) and ast.unparse(default.func) == "field":
        default = next((keyword.value for keyword in default.keywords if keyword.arg == "default"), None)
    elif isinstance(default, ast.Call) and ast.unparse(default.func) in OPTIONS:
        default = default.args[0]
    return text if default is None else f"{text} = {ast.unparse(default)}".replace("'", '"')


# ---- members -------------------------------------------------------------------------------------------------------


def _attributes(tree: ast.ClassDef, value: Any) -> list[str]:
    """What has a sentence of its own: fields, attributes set in __init__, and members of an enumeration."""
    init = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"), None)
    lines = [
        f"- `{name}`: {text}"
        for body in (tree.body, init.body if init else [])
        for name, text in _with_sentences(body)
        if not name.startswith("_")
    ]
    lines += [
        f"- `{one.name}`: {one.metadata[SAYS]} Allowed: {one.metadata[ALLOWED]}."
        for one in getattr(value, "__attrs_attrs__", ())
        if SAYS in one.metadata
    ]
    members = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Assign)]
    if any("Enum" in ast.unparse(base) for base in tree.bases):
        lines = ["Members: " + ", ".join(f"`{member}`".replace("'", '"') for member in members) + ".", "", *lines]
    return ["", "Fields:", "", *lines] if lines else []


def _with_sentences(body: list[ast.stmt]) -> list[tuple[str, str]]:
    found = []
    for node, after in itertools.pairwise(body):
        target = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]  # type: ignore[assignment]  # any expression
        if target is not None and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            text = " ".join(_markdown(inspect.cleandoc(str(after.value.value))))
            found.append((ast.unparse(target).removeprefix("self."), text))
    return found


def _methods(tree: ast.ClassDef) -> list[str]:
    lines = []
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        text = _markdown(ast.get_docstring(node) or "")
        is_property = any(ast.unparse(one) in ("property", "cached_property") for one in node.decorator_list)
        shown = node.name if is_property else _signature(node.name, node, width=1000)
        awaited = "await " if isinstance(node, ast.AsyncFunctionDef) else ""
        lines += ["", f"**`{awaited}{shown}`**", "", *text]
    return lines


# ---- docstrings as Markdown ----------------------------------------------------------------------------------------


def _markdown(docstring: str) -> list[str]:
    """A docstring as Markdown: code marks, and the lists under "Args:" and "Raises:"."""
    lines: list[str] = []
    section = False
    for line in docstring.replace("``", "`").splitlines():
        if line.strip() in ("Args:", "Raises:"):
            section = True
            lines += [f"{line.strip()[:-1]}:", ""] if lines else [line.strip()]
        elif section and line.startswith("    ") and not line.startswith("        "):
            name, colon, text = line.strip().partition(": ")
            lines.append(f"- `{name}`: {text}" if colon else f"- {line.strip()}")
        elif section and line.startswith("        "):
            lines.append(f"  {line.strip()}")
        else:
            section = section and bool(line.strip())
            lines.append(re.sub(r":func:`([^`]+)`", r"`\1`", line))
    return lines


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page(), end="")
