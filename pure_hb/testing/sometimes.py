"""DID A TEST COVER ENOUGH? Occurrences: situations that a long test must have met.

A law says what must *always* hold; an occurrence must happen *sometimes*. A test counts them over all its steps and
fails if an expected one never occurred.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection
from typing import Final

from attrs import define, field, frozen

from pure_hb.auditing import Step, places
from pure_hb.machine import Status, Trial
from pure_hb.protocol import (
    Ask,
    Complete,
    Continue,
    Done,
    Fail,
    Fitted,
    Noted,
    Observe,
    Pause,
    Reject,
    Release,
    Report,
    Resume,
    Start,
    Stop,
    Wait,
)


@frozen
class Occurrence:
    """Something that may happen in a step."""

    name: str
    occurs: Callable[[Step], bool]


def _entered(step: Step) -> int | None:
    return getattr(step.action, "level", None) if step.action.logged else None


def _before(step: Step) -> Trial | None:
    number = getattr(step.event, "trial", step.trial)
    return step.before.trials[number] if number is not None and number in step.before.trials else None


def _report(step: Step, *, logged: bool = True) -> bool:
    return isinstance(step.event, Report) and step.action.logged is logged


def _not_finite(step: Step) -> bool:
    return isinstance(step.event, Report) and step.action.logged and not math.isfinite(step.event.value)


def _contradicts(step: Step) -> bool:
    trial = _before(step)
    if trial is None or not isinstance(step.event, Report) or not isinstance(step.action, Continue):
        return False
    known = dict(trial.curve).get(step.event.resource)
    return not step.action.logged and known is not None and known != step.event.value


def _jumps_over(step: Step) -> bool:
    trial, level = _before(step), _entered(step)
    return trial is not None and isinstance(step.event, Report) and level is not None and level > trial.until


def _past_level(step: Step) -> bool:
    level = _entered(step)
    return isinstance(step.event, Report) and level is not None and step.event.resource > level


def _old_leg(step: Step) -> bool:
    trial, leg = _before(step), getattr(step.event, "leg", None)
    return trial is not None and leg is not None and 0 <= leg < trial.leg and not step.action.logged


def _from_broken(step: Step) -> Trial | None:
    trial = _before(step)
    resumed = isinstance(step.action, Resume) and step.action.logged
    return trial if resumed and trial is not None and trial.status is Status.BROKEN else None


def _at_cutoff(step: Step) -> bool:
    """The judged or promoted entry is the last that passes, and another one is equal."""
    level = step.promoted_from if isinstance(step.event, Ask) else _entered(step)
    trial = None if step.trial is None or step.trial not in step.after.trials else step.after.trials[step.trial]
    if level is None or trial is None:
        return False
    rung = step.after.ladder.rung(trial.bracket, level)
    values = [place.value for place in places(rung)]
    own = next((place.value for place in places(rung) if place.trial == trial.number), math.inf)
    allowed = (len(values) - 1) * rung.level // rung.next_level
    return len(values) > 1 and values.count(own) > 1 and values[allowed] == own


def _all_brackets(step: Step) -> bool:
    used = {trial.bracket for trial in step.after.trials if not trial.observed}
    return isinstance(step.action, Start) and len(used) == step.after.setup.brackets > 1


def _overtaken(step: Step) -> bool:
    """A value that is strictly better than one that was promoted before."""
    level = _entered(step)
    trial = _before(step)
    if level is None or trial is None or not isinstance(step.action, Pause):
        return False
    entries = places(step.after.ladder.rung(trial.bracket, level))
    own = next(entry.value for entry in entries if entry.trial == trial.number)
    return any(
        entry.value > own and not entry.waits and not step.after.trials[entry.trial].observed for entry in entries
    )


def _among_equals(step: Step) -> bool:
    """Of several equal waiting entries, one is promoted."""
    if step.promoted_from is None or step.trial is None:
        return False
    trial = step.before.trials[step.trial]
    waiting = step.before.ladder.rung(trial.bracket, step.promoted_from).waiting
    own = next((entry.value for entry in waiting if entry.trial == step.trial), None)
    return sum(entry.value == own for entry in waiting) > 1


def _observed_entry(step: Step) -> bool:
    return isinstance(step.event, Observe) and step.changed and step.after.ladder is not step.before.ladder


def _starts_left(step: Step) -> bool:
    return isinstance(step.event, Ask) and not step.event.new_trials and isinstance(step.action, Wait | Done)


SOMETIMES: Final[tuple[Occurrence, ...]] = (
    Occurrence("start", lambda step: isinstance(step.action, Start) and step.action.logged),
    Occurrence("assignment repeated", lambda step: isinstance(step.action, Start | Resume) and not step.action.logged),
    Occurrence("resume repeated", lambda step: isinstance(step.action, Resume) and not step.action.logged),
    Occurrence("wait", lambda step: isinstance(step.action, Wait)),
    Occurrence("done", lambda step: isinstance(step.action, Done)),
    Occurrence("no new trial wanted", _starts_left),
    Occurrence("reject", lambda step: isinstance(step.action, Reject)),
    Occurrence("reject of a report", lambda step: isinstance(step.action, Reject) and isinstance(step.event, Report)),
    Occurrence(
        "between levels", lambda step: _report(step) and isinstance(step.action, Continue) and not _entered(step)
    ),
    Occurrence("report repeated", lambda step: _report(step, logged=False) and isinstance(step.action, Continue)),
    Occurrence("first value stands", _contradicts),
    Occurrence("old leg", _old_leg),
    Occurrence("report of an old leg", lambda step: _old_leg(step) and isinstance(step.event, Report)),
    Occurrence("report after the end", lambda step: _report(step, logged=False) and isinstance(step.action, Stop)),
    Occurrence("entry of a NaN", lambda step: _not_finite(step) and _entered(step) is not None),
    Occurrence("NaN between levels", lambda step: _not_finite(step) and _entered(step) is None),
    Occurrence("jump over a level", _jumps_over),
    Occurrence("entry past its level", _past_level),
    Occurrence("finished", lambda step: _report(step) and isinstance(step.action, Stop) and not _entered(step)),
    Occurrence("complete", lambda step: isinstance(step.event, Complete) and step.action.logged),
    Occurrence("complete of what does not run", lambda step: isinstance(step.event, Complete) and _ignored(step)),
    Occurrence(
        "failure", lambda step: isinstance(step.event, Fail) and isinstance(step.action, Pause) and step.changed
    ),
    Occurrence(
        "failed for good", lambda step: isinstance(step.event, Fail) and isinstance(step.action, Stop) and step.changed
    ),
    Occurrence("release", lambda step: isinstance(step.event, Release) and step.changed),
    Occurrence("release then resume", lambda step: (trial := _from_broken(step)) is not None and trial.failures == 0),
    Occurrence("broken leg runs again", lambda step: _from_broken(step) is not None),
    Occurrence("two broken at once", lambda step: len(step.after.broken) > 1),
    Occurrence("observation", lambda step: isinstance(step.event, Observe) and step.changed),
    Occurrence("observation makes an entry", _observed_entry),
    Occurrence("observation again", lambda step: isinstance(step.event, Observe) and _ignored(step)),
    Occurrence("observation refused", lambda step: isinstance(step.event, Observe) and isinstance(step.action, Reject)),
    Occurrence("all brackets used", _all_brackets),
    Occurrence("tie at the cutoff", _at_cutoff),
)
"""Occurrences of every method in a world with all moves."""

SOMETIMES_PROMOTION: Final[tuple[Occurrence, ...]] = (
    Occurrence("pause", lambda step: _report(step) and isinstance(step.action, Pause)),
    Occurrence("pause then resume", lambda step: step.promoted_from is not None),
    Occurrence("promotion above the first rung", lambda step: (step.promoted_from or 0) > _first(step)),
    Occurrence("promotion to the maximum", lambda step: _until_maximum(step)),
    Occurrence("report of a paused trial", lambda step: _report(step, logged=False) and _is_paused(step)),
    Occurrence("complete of a paused trial", lambda step: isinstance(step.event, Complete) and _is_paused(step)),
    Occurrence("promoted among equals", _among_equals),
    Occurrence("promoted, then overtaken", _overtaken),
    Occurrence("start while somebody waits", lambda step: isinstance(step.action, Start) and _somebody_waits(step)),
    Occurrence("second promotion of a trial", lambda step: step.promoted_from is not None and _leg(step) > 1),
)
"""Further occurrences of methods that pause and promote."""

SOMETIMES_STOPPING: Final[tuple[Occurrence, ...]] = (
    Occurrence("stopped by rank", lambda step: _report(step) and isinstance(step.action, Stop) and _by_rank(step)),
    Occurrence("goes on at a level", lambda step: isinstance(step.action, Continue) and _entered(step) is not None),
    Occurrence("stopped above the first rung", lambda step: _by_rank(step) and (_entered(step) or 0) > _first(step)),
)
"""Further occurrences of methods that stop."""


SOMETIMES_FITS: Final[tuple[Occurrence, ...]] = (
    Occurrence("fit taken", lambda step: isinstance(step.event, Fitted) and step.changed),
    Occurrence("second fit taken", lambda step: isinstance(step.event, Fitted) and step.changed and _fitted(step)),
    Occurrence("fit taken late", lambda step: step.changed and _is_late(step)),
    Occurrence("fit of no newer data", lambda step: isinstance(step.event, Fitted) and _ignored(step)),
    Occurrence("fit refused", lambda step: isinstance(step.event, Fitted) and isinstance(step.action, Reject)),
)
"""Further occurrences of methods with background fits."""


def _fitted(step: Step) -> bool:
    return bool(step.before.learned.parameters)


def _is_late(step: Step) -> bool:
    return isinstance(step.event, Fitted) and step.event.clock < step.before.clock


def _ignored(step: Step) -> bool:
    return isinstance(step.action, Noted) and not step.action.logged


def _until_maximum(step: Step) -> bool:
    return step.promoted_from is not None and getattr(step.action, "until", 0) == step.after.setup.max_resource


def _is_paused(step: Step) -> bool:
    trial = _before(step)
    return trial is not None and trial.status is Status.PAUSED


def _somebody_waits(step: Step) -> bool:
    return any(rung.waiting for system in step.before.ladder.systems for rung in system)


def _leg(step: Step) -> int:
    return getattr(step.action, "leg", 0)


def _by_rank(step: Step) -> bool:
    return _report(step) and isinstance(step.action, Stop) and _entered(step) is not None and not _not_finite(step)


def _first(step: Step) -> int:
    setup = step.after.setup
    return setup.levels[0] if setup.levels else setup.max_resource


# ---- counting ------------------------------------------------------------------------------------------------------


@define
class Tally:
    """Counts of each occurrence over a whole test, so it is mutable."""

    wanted: tuple[Occurrence, ...]
    counts: Counter[str] = field(factory=Counter)
    steps: int = 0

    def count(self, step: Step) -> None:
        """Count what occurs in a step."""
        self.steps += 1
        for occurrence in self.wanted:
            self.counts[occurrence.name] += bool(occurrence.occurs(step))

    def missing(self, excused: Collection[str] = ()) -> tuple[str, ...]:
        """The names of the occurrences that were never met, without those that are impossible in this test."""
        names = (occurrence.name for occurrence in self.wanted)
        return tuple(name for name in names if not self.counts[name] and name not in excused)
