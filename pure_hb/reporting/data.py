"""WHAT IS DRAWN OF A RUN? Its trials, legs, decisions and beliefs as plain columns, which JSON can hold.

Columns are short, because a run may have a hundred thousand decisions; what the page can work out for itself, such as
the best value so far or the rungs at a decision, is left out.
"""

import math
from enum import IntEnum
from typing import Any, Final

from pure_hb.explaining.belief import outcomes
from pure_hb.explaining.story import Story, Told
from pure_hb.machine import State, Trial, initial
from pure_hb.machine.ranking import best_first
from pure_hb.protocol import (
    Because,
    Continue,
    Fitted,
    Observe,
    Pause,
    Ranked,
    Report,
    Resume,
    Scored,
    Start,
    Stop,
)
from pure_hb.rungs import Promotion, Stopping
from pure_hb.rungs.rules import CoinPromotion, Pasha
from pure_hb.space import Choice, Constant, Finite, Float, Int, Ordinal, Space
from pure_hb.space.showing import cut, printable

_DIGITS: Final = 7
_LONGEST: Final = 80
"""So many characters of a text are shown."""
_TABLE: Final = 20
"""So many of the best trials stand in the table."""
_BY_RANK: Final = (Promotion, Stopping, CoinPromotion, Pasha)
"""The rules under which the limit of a rung is the value of one of its entries."""


class Kind(IntEnum):
    """What a decision was; the page has the same numbers."""

    START = 0
    PROMOTED = 1
    AGAIN = 2
    BETWEEN = 3
    GOES_ON = 4
    PAUSED = 5
    STOPPED = 6
    FINISHED = 7
    NOT_FINITE = 8
    LOST = 9
    OBSERVED = 10
    FITTED = 11


def columns_of(story: Story) -> dict[str, Any]:
    """All that the page draws.

    Raises:
        ReplayError: if the log cannot follow on itself.
    """
    rows = _Rows()
    state = initial(story.setup)
    for told in story.told():
        rows.see(told)
        state = told.step.after
    setup, best = story.setup, state.best
    rows.close(story.records[-1].elapsed if story.records else 0.0)
    return {
        "method": printable(setup.method),
        "metric": cut(printable(setup.goal.metric), _LONGEST),
        "maximise": setup.goal.to_minimise(1.0) < 0,
        "seed": setup.seed,
        "levels": list(setup.levels),
        "maximum": setup.max_resource,
        "systems": len(state.ladder.systems),
        "stops": not setup.rule.waits,
        "by_rank": isinstance(setup.rule, _BY_RANK),
        "best": None if best is None else {"trial": best.trial, "epoch": best.resource, "value": _number(best.value)},
        "epochs": state.resource_spent,
        "parameters": _parameters(setup.space),
        "trials": _trials(state),
        "table": _table(state),
        "workers": [cut(printable(name), _LONGEST) for name in rows.workers],
        "legs": rows.legs,
        "decisions": rows.columns(),
        "texts": list(rows.texts),
        "theta": rows.theta,
        "beliefs": _beliefs(story),
    }


class _Rows:
    """Columns that grow record by record."""

    def __init__(self) -> None:
        self.workers: dict[str, int] = {}
        self.legs: list[list[Any]] = []
        """[trial, worker, begin, end, the epoch from which, how it ended]."""
        self.texts: dict[str, int] = {}
        self.theta: list[list[Any]] = []
        """[record, [[level, theta], ...]]."""
        self._decisions: list[list[Any]] = []
        self._open: dict[int, list[Any]] = {}
        """Trial -> its leg under way."""

    def see(self, told: Told) -> None:
        """One more record."""
        record, step = told.record, told.step
        event, action, at = record.event, record.action, _number(record.elapsed)
        row: list[Any] = [_kind(told), at, step.trial if step.trial is not None else -1, *[None] * 7]
        if isinstance(event, Report):
            row[3], row[4] = event.resource, _number(event.value)
        level = getattr(action, "level", None) or step.promoted_from
        row[5] = level
        ranked = next((one for one in action.evidence if isinstance(one, Ranked) and one.trial == step.trial), None)
        if ranked is not None:
            row[6], row[7], row[8] = ranked.rank, ranked.entries, ranked.allowed
        row[9] = self._why(told)
        self._decisions.append(row)
        self._leg(told, at)
        learned = event.learned if isinstance(event, Fitted) else getattr(action, "learned", None)
        theta = None if learned is None else learned.theta
        if theta is not None and theta != step.before.learned.theta:
            self.theta.append([record.number, [[share.level, _number(share.theta)] for share in theta.shares]])

    def _leg(self, told: Told, at: float | None) -> None:
        action, trial = told.record.action, told.step.trial
        if isinstance(action, Start | Resume):
            worker = self.workers.setdefault(getattr(told.record.event, "worker", ""), len(self.workers))
            start = action.start_from if isinstance(action, Resume) else 0
            self._open[action.trial] = [action.trial, worker, at, at, start, -1]
        elif trial is not None and trial in self._open and told.step.after.trials[trial].worker is None:
            leg = self._open.pop(trial)
            self.legs.append([*leg[:3], at, leg[4], int(_kind(told))])

    def close(self, end: float) -> None:
        """Legs that are under way at the end."""
        self.legs += [[*leg[:3], _number(end), leg[4], -1] for leg in self._open.values()]

    def _why(self, told: Told) -> list[Any] | None:
        """For an assignment: the number of its reason among the texts, and mean, deviation and acquisition of the best
        candidates."""
        action = told.record.action
        if not isinstance(action, Start | Resume):
            return None
        because = next((one.text for one in action.evidence if isinstance(one, Because)), "")
        text = self.texts.setdefault(cut(printable(because), _LONGEST), len(self.texts))
        scored = [one for one in action.evidence if isinstance(one, Scored)]
        if not scored:
            return [text]
        return [
            text,
            [[_number(value) for _, value in one.numbers] for one in scored[:2]],
            list(dict(scored[0].numbers)),
        ]

    def columns(self) -> list[list[Any]]:
        """The decisions by column."""
        return [list(column) for column in zip(*self._decisions, strict=True)] or [[] for _ in range(10)]


def _kind(told: Told) -> Kind:
    event, action = told.record.event, told.record.action
    match action:
        case Start():
            return Kind.START
        case Resume():
            return Kind.AGAIN if action.promoted_from is None else Kind.PROMOTED
        case _ if isinstance(event, Observe):
            return Kind.OBSERVED
        case _ if isinstance(event, Fitted):
            return Kind.FITTED
        case _ if not isinstance(event, Report):
            return Kind.LOST
        case Continue():
            return Kind.BETWEEN if action.level is None else Kind.GOES_ON
        case Pause():
            return Kind.PAUSED
        case Stop() if not math.isfinite(event.value):
            return Kind.NOT_FINITE
        case Stop():
            return Kind.FINISHED if action.level is None else Kind.STOPPED
        case _:
            return Kind.LOST


def _number(value: float | None) -> float | None:
    """A number of few digits; None if it is not finite, since JSON has no such number."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{_DIGITS}g}")


# ---- trials --------------------------------------------------------------------------------------------------------


def _parameters(space: Space) -> list[dict[str, Any]]:
    found = []
    for name, domain in space.domains:
        if isinstance(domain, Constant):
            continue
        shown: dict[str, Any] = {"name": cut(printable(name), _LONGEST)}
        match domain:
            case Float() | Int():
                shown["ends"] = [_written(domain.low), _written(domain.high)]
            case Finite():
                shown["ends"] = [_written(domain.low), _written(domain.high)]
            case Choice() | Ordinal():
                shown["values"] = [_written(value) for value in domain.values[:_TABLE]]
                shown["count"] = len(domain.values)
        found.append(shown)
    return found


def _written(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return cut(printable(text), 24)


def _trials(state: State) -> dict[str, Any]:
    """The trials by column: status, bracket, places in the unit cube, and curves."""
    every = list(state.trials)
    return {
        "status": ["observed" if one.observed else one.status.value for one in every],
        "bracket": [one.bracket for one in every],
        "places": [_places(state.setup.space, one) for one in every],
        "epochs": [_epochs(one) for one in every],
        "values": [[_number(value) for _, value in one.curve] for one in every],
    }


def _places(space: Space, trial: Trial) -> list[float]:
    """For each parameter that is searched, where its value lies between 0 and 1."""
    found = []
    for name, domain in space.domains:
        if isinstance(domain, Choice | Ordinal):
            index = domain.values.index(trial.config[name])
            found.append(round(index / max(1, len(domain.values) - 1), 4))
        elif not isinstance(domain, Constant):
            found.append(_between(trial.config[name], domain))
    return found


def _between(value: Any, domain: Any) -> float:
    """Where a number lies in its range, on its scale."""
    low, high, at = float(domain.low), float(domain.high), float(value)
    if getattr(domain, "log", False) and low > 0:
        low, high, at = math.log(low), math.log(high), math.log(at)
    width = high / 2 - low / 2  # the whole width may be beyond floats
    return round(min(1.0, max(0.0, (at / 2 - low / 2) / width)), 4) if width > 0 else 0.5


def _epochs(trial: Trial) -> int | list[int]:
    """The resources of a curve; the number of them if they are 1, 2, 3, ..."""
    resources = [resource for resource, _ in trial.curve]
    return len(resources) if resources == list(range(1, len(resources) + 1)) else resources


def _table(state: State) -> list[dict[str, Any]]:
    """The best trials with their configurations in words."""
    best = state.best.trial if state.best else None
    found = []
    for trial in best_first(state.trials, state.setup.goal, best)[:_TABLE]:
        values = [(resource, value) for resource, value in trial.curve if math.isfinite(value)]
        top = min(values, key=lambda one: state.setup.goal.to_minimise(one[1]), default=(None, None))
        configuration = [[printable(name), _written(value)] for name, value in sorted(trial.config.items())]
        found.append(
            {
                "trial": trial.number,
                "status": "observed" if trial.observed else trial.status.value,
                "epochs": trial.highest,
                "value": _number(top[1]),
                "configuration": configuration[:_TABLE],
            }
        )
    return found


def _beliefs(story: Story) -> list[list[Any]]:
    """[trial, level, mean, deviation, what came out] of each suggestion whose outcome is known."""
    return [
        [trial, one.belief.level, _number(one.belief.mean), _number(one.belief.deviation), _number(one.value)]
        for trial, one in outcomes(story.setup, story.records).items()
        if one.value is not None
    ]
