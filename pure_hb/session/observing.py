"""HOW ARE THE RESULTS OF AN OLDER SEARCH USED? Its trials are observed by a new search: each once, with curve and
failure."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from pure_hb.journal import Address, JournalError, Place, ReplayError, fold, place_of
from pure_hb.journal.reader import read_identified
from pure_hb.machine import Maximize, Setup, State, Trial
from pure_hb.protocol import Action, Event, Noted, Observe
from pure_hb.protocol.checks import shown
from pure_hb.session.errors import SessionError
from pure_hb.space import Constant, Space, SpaceError, Value, as_member
from pure_hb.space.domains import plain

_MOST_NAMED: Final = 8
_TOGETHER: Final = 200
"""The number of observations in one write to the journal."""


@frozen
class TakenOver:
    """What happened to the trials of an older search."""

    journal: Place
    """The journal of the older search."""
    taken: tuple[int, ...]
    """The numbers, in that journal, of the trials that were observed now."""
    known: tuple[int, ...]
    """The numbers of those that had been observed before."""
    left: tuple[str, ...]
    """The number and the reason of each trial that cannot be observed, as a text."""

    def __str__(self) -> str:
        parts = [f"{self.journal}: {_trials(len(self.taken))} taken over"]
        if self.known:
            parts.append(f"{len(self.known)} known before")
        if self.left:
            parts.append(f"{len(self.left)} not taken")
        named = "".join(f"\n  {text}" for text in self.left[:_MOST_NAMED])
        more = f"\n  and {len(self.left) - _MOST_NAMED} more" if len(self.left) > _MOST_NAMED else ""
        return ", ".join(parts) + named + more


def _trials(count: int) -> str:
    return f"{count} trial{'' if count == 1 else 's'}"


def take_over(
    path: str | Path | Address,
    setup: Setup,
    identity: str,
    decide_all: Callable[[Sequence[Event]], tuple[Action, ...]],
    defaults: Mapping[str, Value] | None = None,
) -> TakenOver:
    """Observes the trials of an older journal by ``decide_all``, for a search with a setup and an identity.

    Raises:
        JournalError: if the older journal cannot be read.
        SessionError: if it is this search's own, or has another goal; or if a default is stated that is not needed.
    """
    place = place_of(path)
    of_theirs, theirs = _read(place)
    _refuse_other_search(place, theirs.setup, setup, of_theirs == identity)
    stated = {name: plain(value) for name, value in (defaults or {}).items()}
    _refuse_needless(place, theirs.setup.space, setup.space, stated)
    events, taken, known = list[tuple[int, Observe]](), list[int](), list[int]()
    left = dict[int, str]()
    for trial in theirs.trials:
        try:
            events.append((trial.number, _observation(trial, theirs, setup, stated, f"{of_theirs}:{trial.number}")))
        except SpaceError as error:
            left[trial.number] = str(error)
    for start in range(0, len(events), _TOGETHER):
        part = events[start : start + _TOGETHER]
        for (number, _), action in zip(part, decide_all([event for _, event in part]), strict=True):
            if not isinstance(action, Noted):
                left[number] = getattr(action, "reason", type(action).__name__)
            else:
                (taken if action.logged else known).append(number)
    reasons = tuple(f"trial {number}: {left[number]}" for number in sorted(left))
    return TakenOver(place, tuple(taken), tuple(known), reasons)


def _read(path: Place) -> tuple[str, State]:
    """The identity of a journal, and the state at its end."""
    identity, header, records = read_identified(path)
    try:
        return identity, fold(header.setup, ((record.event, record.action) for record in records))
    except ReplayError as error:
        raise JournalError(f"{path}: {error}") from None


def _refuse_other_search(path: Place, theirs: Setup, ours: Setup, is_own: bool) -> None:
    if is_own:
        raise SessionError(f"{path} is the journal of this search itself, or a copy of it: its trials are known")
    if theirs.goal != ours.goal:
        raise SessionError(
            f"{path} {_aim(theirs)}, and this search {_aim(ours)}: their values cannot be compared. Give the goal of "
            "the older search, or observe the results one by one: session.observe(config, curve)"
        )


def _aim(setup: Setup) -> str:
    verb = "maximises" if isinstance(setup.goal, Maximize) else "minimises"
    return f"{verb} {shown(setup.goal.metric)}"


def _refuse_needless(path: Place, theirs: Space, ours: Space, stated: Mapping[str, Value]) -> None:
    """Refuses a default for a parameter that the older search has, since it would overwrite real values."""
    for name in stated:
        if name not in ours:
            raise SessionError(f"a default is stated for {shown(name)}, which is not a parameter of this space")
        if name in theirs and not isinstance(theirs[name], Constant):
            raise SessionError(
                f"a default is stated for {shown(name)}, but {path} says which value each of its trials had; leave "
                "it out"
            )


def _observation(trial: Trial, theirs: State, setup: Setup, stated: Mapping[str, Value], source: str) -> Observe:
    """A trial of an older search as an observation. Raises `SpaceError` if it cannot be one, with the reason."""
    space = theirs.setup.space
    constants = {name for name, domain in space.domains if isinstance(domain, Constant)}
    given = {name: value for name, value in trial.config.items() if name not in constants or name in setup.space}
    needed = [name for name, domain in setup.space.domains if name not in given and not isinstance(domain, Constant)]
    if lacking := [name for name in needed if name not in stated]:
        raise SpaceError(
            f"{lacking[0]} is missing, which the older search did not have; state the value that it stands for: "
            f"defaults={{{lacking[0]!r}: ...}}"
        )
    config = as_member(setup.space, {**given, **stated})
    failed = trial.failures >= theirs.setup.max_failures and trial.highest < setup.max_resource
    curve = tuple((resource, value) for resource, value in trial.curve if resource <= setup.max_resource)
    if not curve and trial.curve:
        raise SpaceError(
            f"its first value is after epoch {trial.curve[0][0]}, and this search goes to {setup.max_resource}"
        )
    if not curve and not failed:
        raise SpaceError("it has no value yet")
    return Observe(config, curve, failed, trial.source or source)
