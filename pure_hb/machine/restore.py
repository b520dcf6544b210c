"""HOW IS A STATE REBUILT? From its facts (trials, rungs, and what cannot be derived); indices are computed again.

Snapshots and the codec use this, so that nothing else depends on how a state is stored.
"""

from __future__ import annotations  # rpds classes take no parameters at run time

from collections.abc import Iterable

from rpds import HashTrieMap, HashTrieSet

from pure_hb.machine.life import Paused
from pure_hb.machine.setup import Setup
from pure_hb.machine.state import Best, State, Tried, initial
from pure_hb.machine.trials import Trial, Trials
from pure_hb.protocol import Learned, Memory
from pure_hb.rungs import Ladder, Rung, levels_of
from pure_hb.space import match_key


def rebuilt(
    setup: Setup,
    clock: int,
    trials: Iterable[Trial],
    broken: tuple[int, ...],
    systems: tuple[tuple[Rung, ...], ...],
    best: Best | None,
    learned: Learned,
    memory: Memory | None,
) -> State:
    """The state with these trials, in order of their numbers, and these rungs.

    Raises:
        ValueError: if trials or rungs cannot be those of a state of this setup.
    """
    known = Trials.of(trials, broken)
    _refuse_other_places(known, systems)
    return State(
        setup,
        clock,
        known,
        _ladder(setup, systems),
        _tried(setup, known),
        best,
        sum(trial.highest for trial in known if not trial.observed),
        learned,
        _fitting(setup, memory),
    )


def _refuse_other_places(trials: Trials, systems: tuple[tuple[Rung, ...], ...]) -> None:
    """Raises `ValueError` if not as many wait in rungs as are paused."""
    paused = sum(isinstance(trial.phase, Paused) for trial in trials)
    waiting = sum(rung.entries.waiting for system in systems for rung in system)
    if paused != waiting:
        raise ValueError(f"{paused} trials are paused, and {waiting} wait in rungs")


def _fitting(setup: Setup, memory: Memory | None) -> Memory | None:
    if not setup.rule.fits(memory, levels_of(initial(setup).ladder)):
        raise ValueError(f"the rule of this setup cannot remember {memory}")
    return memory


def _ladder(setup: Setup, systems: tuple[tuple[Rung, ...], ...]) -> Ladder:
    empty = initial(setup).ladder
    if _levels(systems) != _levels(empty.systems):
        raise ValueError(f"the rungs are at {_levels(systems)}, those of this setup at {_levels(empty.systems)}")
    return Ladder(empty.plan, systems)


def _levels(systems: tuple[tuple[Rung, ...], ...]) -> list[list[tuple[int, int]]]:
    return [[(rung.level, rung.next_level) for rung in system] for system in systems]


def _tried(setup: Setup, trials: Iterable[Trial]) -> Tried:
    """What follows from the trials: keys that are taken, have failed or were observed, and the next initial point."""
    taken: set[str] = set()
    failed: set[str] = set()
    observed: dict[str, tuple[int, ...]] = {}
    sources: dict[str, int] = {}
    started = 0
    for trial in trials:
        key = match_key(setup.space, trial.config)
        taken.add(key)
        if trial.failures >= setup.max_failures:
            failed.add(key)
        if trial.observed:
            observed[key] = (*observed.get(key, ()), trial.number)
        if trial.source:
            sources[trial.source] = trial.number
        started += not trial.observed
    place = 0
    while place < len(setup.points) and match_key(setup.space, setup.points[place]) in taken:
        place += 1
    return Tried(place, started, HashTrieSet(taken), HashTrieSet(failed), HashTrieMap(observed), HashTrieMap(sources))
