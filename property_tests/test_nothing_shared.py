"""Can anything that a state holds be changed? A walk through all that can be reached from one, whatever the method."""

import enum
import types
from array import array
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pytest
from rpds import HashTrieMap, HashTrieSet

import pure_hb as hb
from pure_hb.space import default_configuration

SPACE = hb.Space(
    lr=hb.Float(1e-4, 1.0, log=True),
    momentum=hb.Float(0.5, 0.99, reverse_log=True),
    width=hb.Int(8, 256, log=True),
    activation=hb.Choice("relu", "tanh", "elu"),
    batch=hb.Ordinal(16, 32, 64),
    dropout=hb.Finite(0.0, 0.5, 6),
    epochs=hb.Constant(9),
)
SUGGESTIONS: Final = 30
_PLAIN: Final = (int, float, str, bytes, type(None), type, enum.Enum, types.FunctionType, types.BuiltinFunctionType)


def children(value: Any) -> Iterator[tuple[str, Any]]:
    """What a value holds, with how one gets there."""
    if isinstance(value, tuple | list | set | frozenset | HashTrieSet):
        yield from ((f"[{number}]", one) for number, one in enumerate(value))
    elif isinstance(value, dict | types.MappingProxyType | HashTrieMap):
        for key in value:
            yield f"[key {key!r}]", key
            yield f"[{key!r}]", value[key]
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name != "__weakref__" and hasattr(value, name):
                yield f".{name}", getattr(value, name)
    yield from ((f".{name}", one) for name, one in getattr(value, "__dict__", {}).items())


def changeable(root: Any, name: str) -> list[str]:
    """The ways to all that can be changed in place."""
    seen: dict[int, Any] = {}
    found, todo = [], [(name, root)]
    while todo:
        way, value = todo.pop()
        if isinstance(value, _PLAIN) or id(value) in seen:
            continue
        seen[id(value)] = value
        if isinstance(value, list | dict | set | bytearray | array) or (
            isinstance(value, np.ndarray) and (value.flags.writeable or (value.base is not None and _open(value.base)))
        ):
            found.append(f"{way}: {type(value).__name__}")
        todo.extend((way + step, one) for step, one in children(value))
    return found


def _open(base: Any) -> bool:
    return isinstance(base, np.ndarray) and (base.flags.writeable or (base.base is not None and _open(base.base)))


def setup_of(name: str) -> hb.Setup:
    few = {} if name == "BOHB" else {"num_init_random": 4, "opt_maxiter": 3, "opt_nstarts": 1, "num_init_candidates": 4}
    known = hb.METHODS[name](SPACE, hb.Minimize("error"), max_resource=27).search
    return hb.METHODS[name](
        SPACE, hb.Minimize("error"), max_resource=27, **(few if hasattr(known, "surrogate") else {})
    )


def played(setup: hb.Setup) -> hb.State:
    """The state after so many suggestions, with observations, failures and trials that run."""
    state, started = hb.initial(setup), 0
    state, _ = hb.decide(state, hb.Observe(default_configuration(SPACE), ((1, 0.5), (3, 0.25))))
    for number in range(40 * SUGGESTIONS):
        state, action = hb.decide(state, hb.Ask(f"w{number % 3}"))
        started += isinstance(action, hb.Start) and action.logged
        if started == SUGGESTIONS:
            return state
        if isinstance(action, hb.Start | hb.Resume):
            value = ((action.trial * 7919) % 101) / 101 / action.until
            event = hb.Report(action.trial, action.until, value, 1.0) if number % 9 else hb.Fail(action.trial)
            state, _ = hb.decide(state, event)
    raise AssertionError(f"{started} trials were started")


@pytest.mark.parametrize("name", hb.METHODS)
def test_nothing_that_can_be_reached_from_a_state_can_be_changed(name: str) -> None:
    state = played(setup_of(name))
    found = changeable(state, "state")
    assert not found, "\n".join(found[:20])
