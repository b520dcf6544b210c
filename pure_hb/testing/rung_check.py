"""DOES A SCHEDULER DECIDE AT ITS RUNGS AS IT CLAIMS? `check_rungs`, and `rung_breaches`, which finds all faults.

def test_my_asha():
    claims = RungClaims(levels=(1, 3), max_resource=9, kind="promotion", quota=FLOOR)
    hb.testing.check_rungs(my_initial, my_decide, claims)
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import Any, Final, TypeVar

from attrs import frozen

from pure_hb.protocol import Action, Ask, Event, Reject, Report
from pure_hb.testing.breach import Breach
from pure_hb.testing.claims import RungClaims
from pure_hb.testing.general import bare, renamed
from pure_hb.testing.rung_laws import NAMES, RUNG_LAWS, SAME_AGAIN, RungLaw
from pure_hb.testing.rung_world import Answered, Scenery, Step, play_steps, simpler, steps_of
from pure_hb.testing.shrink import shortest
from pure_hb.testing.subject import Subject

S = TypeVar("S")

SHORT_AND_LONG: Final = (6, 6, 12, 12, 24, 24, 50, 50, 50)
_PAIRS_UP_TO: Final = 24
_TRIED, _FEW = 3, 10


@frozen
class RungBreach:
    """A law that does not hold, with the fewest events found that show it. Trials are numbered in order of their
    starts."""

    law: RungLaw
    scenery: Scenery
    what: str
    """One sentence: the fault at the last event."""
    history: tuple[tuple[Event, Action | None], ...]
    seed: int

    def __str__(self) -> str:
        listed = "\n".join(f"    {_said(event)}  ->  {_shown(action)}" for event, action in self.history)
        return (
            f"rung law {self.law.name} is broken where {self.scenery.value}: {self.what}\n"
            f"  The law: {self.law.meaning}.\n"
            f"  The fewest events found that show it (seed {self.seed}):\n{listed}"
        )


class RungLawBroken(AssertionError):
    """A decision at a rung is not as claimed. ``breach`` has the law and the events."""

    def __init__(self, breach: RungBreach) -> None:
        self.breach: RungBreach = breach
        super().__init__(str(breach))


@frozen
class RungsChecked:
    """What was checked, and how often."""

    laws: tuple[str, ...]
    events: int
    most_entries: tuple[tuple[int, int], ...]
    """(level, the largest number of entries that one world had there)."""


def check_rungs(
    initial: Callable[[], S],
    decide: Callable[[S, Event], tuple[S, Action]],
    claims: RungClaims,
    *,
    laws: Iterable[RungLaw] = RUNG_LAWS,
    sceneries: Iterable[Scenery] = tuple(Scenery),
    lengths: Iterable[int] = SHORT_AND_LONG,
) -> RungsChecked:
    """Examines the decisions of a scheduler at its rungs. ``initial()`` returns a state, ``decide(state, event)`` the
    next state and an action; `from_mutable` makes both from an object that changes.

    ``claims`` says what the decisions should be. ``lengths`` has the number of steps of each world; the index of a
    world in it is its seed. The worlds have only `Ask` and `Report`. `check_machine` examines failures, lost messages
    and legs.

    Raises:
        RungLawBroken: if a law does not hold; with a sentence that says what is wrong, and the fewest events found that
            show it.
        ValueError: if no world or no law is given.
    """
    asked, subject, worlds = tuple(laws), Subject(initial, decide), tuple(lengths)
    if not asked or not worlds:
        raise ValueError("nothing to check: no laws, or no lengths of worlds; leave them out to take the usual ones")
    events, most = 0, dict[int, int]()
    for scenery in sceneries:
        for seed, length in enumerate(worlds):
            steps = steps_of(scenery, claims, seed, length)
            played = play_steps(subject, claims, steps)
            found = [(first[0], law) for law in asked if (first := _first(law, subject, played)) is not None]
            if found:
                broken = [law for _, law in sorted(found, key=lambda one: one[0])]
                law = SAME_AGAIN if SAME_AGAIN in broken else broken[0]
                raise RungLawBroken(_fewest(law, subject, claims, scenery, worlds, seed))
            events += len(played)
            for level, count in _entries(claims, played).items():
                most[level] = max(count, most.get(level, 0))
    return RungsChecked(tuple(law.name for law in asked), events, tuple(sorted(most.items())))


def rung_breaches(
    initial: Callable[[], S],
    decide: Callable[[S, Event], tuple[S, Action]],
    claims: RungClaims,
    *,
    laws: Iterable[RungLaw] = RUNG_LAWS,
    sceneries: Iterable[Scenery] = tuple(Scenery),
    lengths: Iterable[int] = SHORT_AND_LONG,
) -> tuple[RungBreach, ...]:
    """All laws that do not hold, each with an example: in a plain world if it is broken there, otherwise one for each
    scenery in which it is broken. The arguments are those of `check_rungs`."""
    found: list[RungBreach] = []
    plain: set[RungLaw] = set()
    asked = tuple(laws)
    for scenery in sceneries:
        for law in asked:
            if law in plain or (law == NAMES and SAME_AGAIN in plain):
                continue
            breach = _any(law, Subject(initial, decide), claims, scenery, tuple(lengths))
            if breach is not None:
                found.append(breach)
                if scenery is Scenery.PLAIN:
                    plain.add(law)
    return tuple(found)


def _any(
    law: RungLaw, subject: Subject[Any], claims: RungClaims, scenery: Scenery, lengths: tuple[int, ...]
) -> RungBreach | None:
    for seed, length in enumerate(lengths):
        steps = steps_of(scenery, claims, seed, length)
        if _first(law, subject, play_steps(subject, claims, steps)) is not None:
            return _fewest(law, subject, claims, scenery, lengths, seed)
    return None


# ---- one world -------------------------------------------------------------------------------------------------------


def _first(law: RungLaw, subject: Subject[Any], played: list[Answered]) -> tuple[int, str] | None:
    """The first event (its number in the list) at which a law is broken, and the fault."""
    if law in (SAME_AGAIN, NAMES):
        return _played_again(law, subject, played)
    for number, answered in enumerate(played):
        for objection in answered.objections:
            if objection.law == law:
                return number, objection.what
    return None


def _played_again(law: RungLaw, subject: Subject[Any], played: list[Answered]) -> tuple[int, str] | None:
    events = tuple(answered.event for answered in played if answered.action is not None)
    others, how = (events, "the second time") if law == SAME_AGAIN else (renamed(events), "with other names of workers")
    state = subject.initial()
    for number, event in enumerate(others):
        first = played[number].action
        try:
            state, action = subject.decide(state, event)
        except Exception as error:  # there was none when this was first played, so it is a difference
            return number, f"{how} {type(error).__name__} was raised: {error}"
        if first is None or bare(action) != bare(first):
            what = f"{how} the answer to {_said(event)} was {_shown(action)}, not {_shown(first)}"
            config, before = getattr(action, "config", None), getattr(first, "config", None)
            return number, what if config == before else f"{what}, and its configuration {config!r}, not {before!r}"
    return None


def _entries(claims: RungClaims, played: list[Answered]) -> dict[int, int]:
    counts = dict.fromkeys(claims.levels, 0)
    for answered in played:
        resource = getattr(answered.event, "resource", None)
        if resource in counts:
            counts[resource] += 1
    return counts


# ---- the fewest events ---------------------------------------------------------------------------------------------


def _fewest(
    law: RungLaw, subject: Subject[Any], claims: RungClaims, scenery: Scenery, lengths: tuple[int, ...], seed: int
) -> RungBreach:
    """The breach of a seed, or of one of the next seeds that needs fewer events. Whether a list is the shortest one
    cannot be known, so several are shortened independently."""
    found: list[RungBreach] = []
    for other in range(seed, min(seed + _TRIED, len(lengths))):
        breach = _shortened(law, subject, claims, scenery, steps_of(scenery, claims, other, lengths[other]), other)
        found += [] if breach is None else [breach]
        if found and len(found[0].history) <= _FEW:
            break
    if found:
        return min(found, key=lambda one: len(one.history))
    what = f"{law.name} was broken, and was not when the same events came again: answers hang on more than these events"
    played = play_steps(subject, claims, steps_of(scenery, claims, seed, lengths[seed]))
    return RungBreach(SAME_AGAIN, scenery, what, tuple((answered.event, answered.action) for answered in played), seed)


def _shortened(
    law: RungLaw, subject: Subject[Any], claims: RungClaims, scenery: Scenery, steps: tuple[Step, ...], seed: int
) -> RungBreach | None:
    seen: list[RungBreach] = []

    def breaks(shorter: tuple[Step, ...]) -> Breach | None:
        played = play_steps(subject, claims, shorter)
        found = _first(law, subject, played)
        if found is None:
            return None
        history = tuple((answered.event, answered.action) for answered in played[: found[0] + 1])
        seen.append(RungBreach(law, scenery, found[1], history, seed))
        return Breach(played[found[0]].step, found[1])

    breach = breaks(steps)
    if breach is None:
        return None
    best, _ = shortest(steps, breach, breaks)
    smaller: tuple[Step, ...] | None = best
    while smaller is not None:
        best = _without_single_steps(smaller, breaks)
        smaller = next((other for other in _smaller(best) if breaks(other) is not None), None)
    return seen[-1]


def _without_single_steps(
    steps: tuple[Step, ...], breaks: Callable[[tuple[Step, ...]], Breach | None]
) -> tuple[Step, ...]:
    best, place = steps, 0
    while place < len(best):
        fewer = (*best[:place], *best[place + 1 :])
        if breaks(fewer) is None:
            place += 1
        else:
            best = fewer
    return best


def _smaller(steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """Lists without two of the steps, then simpler lists of the same length."""
    if len(steps) <= _PAIRS_UP_TO:
        for one, other in combinations(range(len(steps)), 2):
            yield (*steps[:one], *steps[one + 1 : other], *steps[other + 1 :])
    yield from simpler(steps)


def _shown(action: Action | None) -> str:
    """An action without the fields that do not matter here."""
    match action:
        case None:
            return "an exception"
        case Reject(reason=reason):
            return f"Reject({reason!r})"
        case _:
            fields = ("trial", "bracket", "start_from", "until")
            said = [f"{name}={getattr(action, name)}" for name in fields if hasattr(action, name)]
            return f"{type(action).__name__}({', '.join(said)})"


def _said(event: Event) -> str:
    match event:
        case Ask(worker=worker):
            return f"Ask({worker!r})"
        case Report():
            return f"Report(trial={event.trial}, resource={event.resource}, value={event.value})"
        case _:
            return repr(event)
