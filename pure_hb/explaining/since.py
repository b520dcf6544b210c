"""WHAT HAPPENED TO A TRIAL AFTER IT PAUSED? It was promoted; or how near it came, and which others were promoted."""

from collections.abc import Iterable, Iterator

from attrs import frozen

from pure_hb.auditing import Step
from pure_hb.explaining.story import Told
from pure_hb.explaining.turning import turn_now
from pure_hb.explaining.words import Said, say
from pure_hb.machine import Entry, State
from pure_hb.rungs import Standing
from pure_hb.rungs.rules import CoinPromotion, Pasha, Promotion, RushPromotion

_BY_RANK = (Promotion, CoinPromotion, Pasha, RushPromotion)
"""The rules that use a rank, alone or with other conditions."""
_MOST = 12
"""The most promoted trials that are named."""


@frozen
class _Near:
    """The place of a waiting entry after a record."""

    record: int
    standing: Standing

    @property
    def missing(self) -> int:
        """How many fewer entries would have to be better."""
        return self.standing.rank - (self.standing.allowed or 0)


def since(after: State, record: int, trial: int, level: int, later: Iterable[Told]) -> tuple[tuple[Said, ...], State]:
    """The later fate of a trial that paused at a level in a record, in sentences; and the last state that was used."""
    bracket = after.trials[trial].bracket
    rung = after.ladder.rung(bracket, level)
    value = next(value for value, other, _ in rung.entries if other == trial)
    nearest = _near(record, rung.standing(value))
    rank, promoted, state = rung.rank(value), list[int](), after
    for told in later:
        step, state = told.step, told.step.after
        if step.trial == trial and step.promoted_from == level:
            return (say("since_promoted", record=told.record.number),), state
        if _promotes(step, bracket, level):
            promoted.append(step.trial or 0)
        new = state.ladder.rung(bracket, level)
        if new is not rung:
            rung = new
            near = _near(told.record.number, rung.standing(value))
            nearest = near if nearest is None or (near is not None and near.missing < nearest.missing) else nearest
    return tuple(_still(state, trial, level, nearest, rung.rank(value) - rank, promoted)), state


def _near(record: int, standing: Standing) -> _Near | None:
    return None if standing.allowed is None else _Near(record, standing)


def _promotes(step: Step, bracket: int, level: int) -> bool:
    if step.promoted_from != level or step.trial is None:
        return False
    return not step.before.setup.separate_rungs or step.before.trials[step.trial].bracket == bracket


def _still(
    state: State, trial: int, level: int, nearest: _Near | None, better: int, promoted: list[int]
) -> Iterator[Said]:
    standing = state.ladder.rung(state.trials[trial].bracket, level).standing(_value(state, trial))
    if isinstance(state.setup.rule, _BY_RANK) and standing.allowed is not None:
        yield say("since_now", level=level, rank=standing.rank, entries=standing.entries, allowed=standing.allowed)
    turn = turn_now(state, trial, level)
    if turn is not None and turn.goes_on:
        yield say("since_free")
    elif turn is not None and turn.limit is not None:
        own = state.trials[trial].entry
        value = dict(state.trials[trial].curve)[own.resource] if own else None
        yield say("since_needs", limit=turn.limit, value=value)
    elif turn is not None and turn.never:
        yield say("since_never")
    if nearest is not None and isinstance(state.setup.rule, _BY_RANK):
        at = nearest.standing
        yield say("since_nearest", record=nearest.record, rank=at.rank, entries=at.entries, allowed=at.allowed)
    if promoted:
        named = ", ".join(map(str, promoted[:_MOST])) + (", ..." if len(promoted) > _MOST else "")
        yield say("since_passed", better=better, count=len(promoted), trials=named)
    else:
        yield say("since_nobody", better=better)


def _value(state: State, trial: int) -> float:
    """The value of its last entry as it is ranked, to be minimised."""
    own = state.trials[trial].entry
    assert isinstance(own, Entry)
    return state.setup.goal.to_minimise(dict(state.trials[trial].curve)[own.resource]) + 0.0
