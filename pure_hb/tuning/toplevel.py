"""WHAT DOES IMPORTING A FILE DEFINE? The names at its top and its relative imports, read from its text without running
it."""

import ast
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=16)
def _tree(path: Path, _: int) -> ast.Module | None:
    try:
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _parsed(path: Path) -> ast.Module | None:
    try:
        return _tree(path, path.stat().st_mtime_ns)
    except OSError:
        return None


def relative_depth(path: Path) -> int:
    """The largest number of dots of a relative import in a file; 0: it has none, or is not Python."""
    tree = _parsed(path)
    levels = [node.level for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)] if tree else []
    return max(levels, default=0)


def names_at_top(path: Path) -> frozenset[str] | None:
    """The names that a file binds whoever imports it: not those of its ``if __name__ == "__main__"`` part, which may
    bind them anew. None if its text cannot be read."""
    tree = _parsed(path)
    if tree is None:
        return None
    names: set[str] = set()
    guarded: set[str] = set()
    _collect(tree, names, guarded)
    return frozenset(names - guarded)


def _collect(node: ast.AST, names: set[str], guarded: set[str]) -> None:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            names.add(name)
            return
        case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return
        case ast.alias(name=name, asname=other):
            names.add(other or name.partition(".")[0])
            return
        case ast.Name(id=name, ctx=ast.Store()):
            names.add(name)
        case ast.If(test=test, body=body, orelse=orelse) if (is_main := _asks_for_main(test)) is not None:
            for part, own in ((body, is_main), (orelse, not is_main)):
                for one in part:
                    _collect(one, guarded if own else names, guarded)
            return
    for child in ast.iter_child_nodes(node):
        _collect(child, names, guarded)


def _asks_for_main(test: ast.expr) -> bool | None:
    """True for a condition such as ``__name__ == "__main__"``, False for its negation; None for any other."""
    for node in ast.walk(test):
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            sides = (node.left, node.comparators[0])
            is_name = any(isinstance(one, ast.Name) and one.id == "__name__" for one in sides)
            is_main = any(isinstance(one, ast.Constant) and one.value == "__main__" for one in sides)
            if is_name and is_main and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                return isinstance(node.ops[0], ast.Eq)
    return None
