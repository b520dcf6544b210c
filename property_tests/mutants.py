"""WHICH SMALL FAULTS CAN BE PLANTED IN A SOURCE? Its mutants: one changed place each, as a tree that can be compiled.

What is left alone: annotations, decorators, imports, docstrings and texts. A mutant that changes a message only would
say little about tests of decisions.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from typing import Final

from attrs import frozen

_COMPARISONS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_LEFT_ALONE: Final = frozenset({"annotation", "returns", "decorator_list", "type_params", "bases", "simple"})
"""Fields whose nodes are no part of what is done."""
_NOT_ENTERED: Final = (
    ast.Import,
    ast.ImportFrom,
    ast.JoinedStr,
    ast.TypeAlias if hasattr(ast, "TypeAlias") else ast.Import,
)


@frozen(eq=False)
class Mutant:
    """A source with one fault."""

    line: int
    text: str
    """The line as it was, without the space around it."""
    what: str
    """What was changed, and to what."""
    nth: int
    """How many mutants of the same text and change come before it."""
    source: str
    place: int
    """The number of the node that is changed."""
    choice: int
    """Which of its changes it is."""

    @property
    def tree(self) -> ast.Module:
        """The source with the fault."""
        tree = ast.parse(self.source)
        _apply(tree, self.place, self.choice)
        return ast.fix_missing_locations(tree)

    @property
    def name(self) -> str:
        """Stays the same as long as the line does, wherever it moves."""
        return f"{self.text} | {self.what}" + (f" | {self.nth}" if self.nth else "")


def mutants_of(source: str) -> Iterator[Mutant]:
    """All mutants of a source, by line."""
    lines = source.splitlines()
    seen: Counter[tuple[str, str]] = Counter()
    for place, node in enumerate(_nodes(ast.parse(source))):
        for choice, what in enumerate(_changes(node)):
            line = getattr(node, "lineno", 1)
            text = lines[line - 1].strip()
            yield Mutant(line, text, what, seen[text, what], source, place, choice)
            seen[text, what] += 1


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that may be changed, always in the same order."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in _LEFT_ALONE:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, _NOT_ENTERED):
                yield from _nodes(child)


def _changes(node: ast.AST) -> list[str]:
    """What may be changed of a node, in words. `_apply` makes the changes, by their numbers."""
    match node:
        case ast.Compare(ops=ops):
            return [f"{_word(op)} becomes {_word(_COMPARISONS[type(op)]())}" for op in ops]
        case ast.BoolOp(op=op):
            return ["and becomes or" if isinstance(op, ast.And) else "or becomes and"]
        case ast.UnaryOp(op=ast.Not()):
            return ["not left out"]
        case ast.UnaryOp(op=ast.USub()):
            return ["- left out"]
        case ast.Constant(value=bool(value)):
            return [f"{value} becomes {not value}"]
        case ast.Constant(value=int(value) | float(value)) if value + 1 != value:  # not of 1e300
            return [f"{value} becomes {value + 1}", f"{value} becomes {value - 1}"]
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _OPERATORS:
            return [f"{_word(op)} becomes {_word(_OPERATORS[type(op)]())}"]
        case ast.If() | ast.IfExp() | ast.While() if not isinstance(node.test, ast.Compare):
            return ["condition negated"]
        case ast.Return(value=value) if value is not None and not _is_none(value):
            return ["returns None"]
        case ast.Raise() | ast.Assign():
            return ["statement left out"]
        case ast.Expr(value=value) if not isinstance(value, ast.Constant):
            return ["statement left out"]
        case ast.Continue():
            return ["continue becomes break"]
        case ast.Break():
            return ["break becomes continue"]
        case _:
            return []


def _apply(tree: ast.Module, place: int, choice: int) -> None:
    """Change the node at a place."""
    node = next(node for number, node in enumerate(_nodes(tree)) if number == place)
    match node:
        case ast.Compare():
            node.ops[choice] = _COMPARISONS[type(node.ops[choice])]()
        case ast.BoolOp():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case ast.UnaryOp():
            _replace(tree, node, node.operand)
        case ast.Constant(value=bool(value)):
            node.value = not value
        case ast.Constant(value=int(value) | float(value)):
            node.value = value + 1 if choice == 0 else value - 1
        case ast.BinOp() | ast.AugAssign():
            node.op = _OPERATORS[type(node.op)]()
        case ast.If() | ast.IfExp() | ast.While():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.Return():
            node.value = ast.Constant(None)
        case ast.Continue():
            _replace(tree, node, ast.Break())
        case ast.Break():
            _replace(tree, node, ast.Continue())
        case _:
            _replace(tree, node, ast.Pass())


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
            elif isinstance(value, list) and any(child is old for child in value):
                setattr(parent, name, [new if child is old else child for child in value])


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


_WORDS: Final[dict[type[ast.AST], str]] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
}


def _word(node: ast.AST) -> str:
    return _WORDS[type(node)]
