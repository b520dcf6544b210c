"""WHICH STATES ARE THE SAME? A key of a state, and of a scene, without the names in it.

No decision depends on the names of workers, or on the number of a leg except whether it is the first. The clock is left
out too: it only counts and draws. The numbers of trials stay, because they are the order of arrival.
"""

from hashlib import blake2b
from typing import Final

import pure_hb as hb
from pure_hb.auditing import places
from pure_hb.machine import Trial
from pure_hb.protocol import NOTHING_LEARNED
from pure_hb.testing.referee import Referee, Score
from pure_hb.testing.world import Scene

_BYTES: Final = 16
"""The length of a digest. The probability that two of a million different states have the same digest is below
10**-26."""


def state_key(state: hb.State) -> bytes:
    """A digest of a state of this library, without names and without the clock.

    It can be used if no decision draws by the clock, or if all draws are given (as `explore` does). Indices that follow
    from the trials are not part of it.
    """
    systems = range(state.setup.brackets if state.setup.separate_rungs else 1)
    rungs = tuple(
        tuple((place.value, place.trial, place.waits) for place in places(rung))
        for number in systems
        for rung in state.ladder.rungs(number)
    )
    best = None if state.best is None else (state.best.trial, state.best.resource, state.best.value)
    learned = None if state.learned == NOTHING_LEARNED else state.learned
    trials = tuple(map(_of_trial, state.trials))
    value = (trials, state.broken, rungs, best, state.tried.next_point, learned, state.memory)
    return blake2b(repr(value).encode(), digest_size=_BYTES).digest()


def _of_trial(trial: Trial) -> tuple[object, ...]:
    entry = None if trial.entry is None else (trial.entry.level, trial.entry.resource)
    return (
        trial.config,
        trial.bracket,
        trial.status.value,
        trial.leg > 0,
        trial.until,
        trial.leg_from,
        trial.curve,
        entry,
        trial.failures,
        trial.observed,
        trial.costs,
        trial.leg_cost,
        trial.source,
    )


def scene_key(scene: Scene) -> tuple[object, ...]:
    """The possible next events of a scene, without names: which trials are running, their last resource, and their next
    milestone."""
    return tuple(sorted((task.trial, task.reached, task.until) for task in scene.tasks))


def referee_key(referee: Referee) -> tuple[object, ...]:
    """The records of a referee, without names."""
    return (
        tuple((number, *_of_score(score)) for number, score in sorted(referee.scores.items())),
        tuple(referee.broken),
        referee.fitted,
    )


def _of_score(score: Score) -> tuple[object, ...]:
    promoted = tuple(sorted(score.promoted_from))
    return (score.status.value, score.leg > 0, score.highest, score.until, score.level, promoted)
