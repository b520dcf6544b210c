"""WHAT DOES ANOTHER PROCESS DECIDE? Prints a trace of every method, as canonical JSON, one decision or state a line.

PYTHONHASHSEED=1 python -m property_tests.trace
"""

import random
import sys
from collections.abc import Iterator

import pure_hb as hb
from pure_hb import testing
from pure_hb.codec import action_to_json, canonical, event_to_json, to_json

STEPS = 120


def setup_of(name: str, seed: int) -> hb.Setup:
    """The method of a name, in a space with a parameter of each kind."""
    space = hb.Space(
        lr=hb.Float(1e-4, 1.0, log=True),
        momentum=hb.Float(0.5, 0.99, reverse_log=True),
        width=hb.Int(8, 256, log=True),
        activation=hb.Choice("relu", "tanh", "\u03b1"),
        batch=hb.Ordinal(16, 32, 64),
        dropout=hb.Finite(0.0, 0.5, 6),
        epochs=hb.Constant(9),
    )
    return hb.METHODS[name](space, hb.Minimize("error"), max_resource=9, seed=seed)


def trace(name: str, seed: int) -> Iterator[bytes]:
    """The decisions of a method in a world played from a seed, and the last state."""
    setup = setup_of(name, seed)
    subject = testing.subject_of(setup)
    events = testing.play(subject, testing.world_of(setup), random.Random(7).choice, STEPS)
    state = subject.initial()
    for turn in testing.follow(subject, events):
        yield canonical([event_to_json(turn.event), action_to_json(turn.action)])
        state = turn.after
    yield canonical(to_json(state))


if __name__ == "__main__":
    for method in hb.METHODS:
        sys.stdout.buffer.writelines(line + b"\n" for line in trace(method, seed=1))
