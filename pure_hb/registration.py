"""WHICH USER-DEFINED RULES AND SEARCHES MAY BE IN A JOURNAL? Those that the program has named by `register`.

A journal holds the name of a class, never where to import it from: to read a journal runs no code that the journal
chooses.
"""

from typing import Final, TypeVar

from attrs import has

from pure_hb.machine import Setup, initial
from pure_hb.protocol import Memory
from pure_hb.rungs import MEMORIES, RULES
from pure_hb.search import SEARCHES

C = TypeVar("C", bound=type)

OWN_RULES: Final[dict[str, type]] = {}
OWN_SEARCHES: Final[dict[str, type]] = {}
OWN_MEMORIES: Final[dict[str, type]] = {}
"""Name -> the registered class of a rule's memory."""

_OURS: Final = (*RULES, *SEARCHES, *MEMORIES)
_NAMES: Final = frozenset(one.__name__ for one in _OURS)


def register(own: C) -> C:
    """Allow a user-defined class, a rule, a search or a rule's memory, in journals under its name.

    Returns the class, so it can be used as a decorator. Registering a class again, also after its module was run again,
    is no error.

    Raises:
        TypeError: if it is no attrs class that is a rule, a search, or a `Memory`.
        ValueError: if a class of this library, or another registered one, has this name.
    """
    table = _table(own)
    if table is None:
        raise TypeError(
            f"{own!r} cannot be registered: it must be a class with @attrs.frozen, and a rule (judge, scan), a search "
            "(suggest) or a Memory"
        )
    name = own.__name__
    if name in _NAMES:
        raise ValueError(f"{name} is a name of pure_hb; give your class another one, for example My{name}")
    for known in (one[name] for one in (OWN_RULES, OWN_SEARCHES, OWN_MEMORIES) if name in one):
        if (known.__module__, known.__qualname__) != (own.__module__, own.__qualname__):
            raise ValueError(
                f"{own.__module__}.{name} cannot be registered: {known.__module__}.{name} already is; give one of them "
                "another name"
            )
    table[name] = own
    return own


def is_own(kind: object) -> bool:
    """Whether a class is a user-defined rule, search or memory."""
    return kind not in _OURS and _table(kind) is not None


def _table(kind: object) -> dict[str, type] | None:
    if not isinstance(kind, type) or not has(kind):
        return None
    if issubclass(kind, Memory):
        return OWN_MEMORIES
    if hasattr(kind, "judge") and hasattr(kind, "scan"):
        return OWN_RULES
    return OWN_SEARCHES if hasattr(kind, "suggest") else None


def own_parts(setup: Setup) -> tuple[type, ...]:
    """The user-defined classes among a setup's rule, its search, and the rule's first memory."""
    parts = (setup.rule, setup.search, initial(setup).memory)
    return tuple(type(part) for part in parts if part is not None and type(part) not in _OURS)


def unregistered(setup: Setup) -> type | None:
    """The first class of a setup that is user-defined and not registered; None if there is none."""
    tables = (*OWN_RULES.values(), *OWN_SEARCHES.values(), *OWN_MEMORIES.values())
    return next((part for part in own_parts(setup) if part not in tables), None)
