"""WHICH LAWS MUST HOLD? The eight laws of the design, as values that can be checked on a setup.

    hb.testing.PURE.check(setup, seed=1)

plays a world of workers from a seed and raises `LawBroken` if the law does not hold there. Laws about events and
actions only hold for any scheduler (`check_machine`); laws about the state of this library, or the two halves of a
decision, have ``needs_setup``. `general.py` and `own.py` say what each law examines.
"""

import random
from collections.abc import Callable
from typing import Any, Final

from attrs import frozen

import pure_hb as hb
from pure_hb.testing import general, own
from pure_hb.testing.breach import Breach
from pure_hb.testing.shrink import shortest
from pure_hb.testing.subject import Events, Subject, play, subject_of
from pure_hb.testing.world import World, world_of

Examine = Callable[[Subject[Any], Events], Breach | None]


class LawBroken(AssertionError):
    """A law does not hold. The message names the law, the seed, the event and what differs, and lists the events: the
    fewest that were found to show it."""

    def __init__(self, law: str, breach: Breach, events: Events, seed: int) -> None:
        self.law: str = law
        self.breach: Breach = breach
        self.events: Events = events
        self.seed: int = seed
        listed = "\n".join(f"    {number}: {event!r}" for number, event in enumerate(events))
        super().__init__(
            f"law {law} is broken under seed {seed} at event {breach.number}: {breach.what}\n"
            f"  The fewest events found that show it:\n{listed}"
        )


@frozen
class Law:
    """A named law."""

    name: str
    meaning: str
    examine: Examine
    """The breach of the law in a list of events, or None. Any list of events is allowed."""
    needs_setup: bool = False
    """Whether it can be examined only for the machine of this library."""

    def check(self, setup: hb.Setup, *, seed: int = 0, steps: int = 120, world: World | None = None) -> None:
        """Examine the law for this library's machine with a setup, over events of a world that a seed plays.

        Raises:
            LawBroken: if it does not hold there.
        """
        subject = subject_of(setup)
        events = play(subject, world_of(setup) if world is None else world, random.Random(seed).choice, steps)
        self.check_events(subject, events, seed)

    def check_events(self, subject: Subject[Any], events: Events, seed: int) -> None:
        """Examine the law for a subject, over the events that a seed has played.

        Raises:
            LawBroken: if it does not hold there. An exception of the subject breaks any law.
        """
        breach = self._examined(subject, events)
        if breach is not None:
            short, found = shortest(events, breach, lambda shorter: self._examined(subject, shorter))
            raise LawBroken(self.name, found, short, seed)

    def _examined(self, subject: Subject[Any], events: Events) -> Breach | None:
        try:
            return self.examine(subject, events)
        except Exception as error:  # training code never sees an exception from a scheduler
            return Breach(len(events), f"{type(error).__name__} was raised: {error}")


PURE: Final = Law(
    "PURE",
    "decide on equal arguments gives equal results, also on a state that has been written as JSON and read again, and "
    "changes nothing of its arguments",
    general.pure,
)
TOTAL: Final = Law(
    "TOTAL",
    "every event in every state gets an action that fits it; what is not accepted leaves the very same state; decide "
    "raises for nothing but arguments of the wrong type",
    general.total,
)
TWO_HALVES: Final = Law(
    "TWO_HALVES",
    "decide(s, e) is (advance(s, e, a), a) with a = choose(s, e), and advance needs nothing but what the action says, "
    "also after it has been written as JSON and read again",
    own.two_halves,
    needs_setup=True,
)
IDEMPOTENT: Final = Law(
    "IDEMPOTENT",
    "an event delivered twice changes nothing the second time and gets the same kind of answer; one that names its leg "
    "changes nothing however late it comes again",
    general.idempotent,
)
ONE_PLACE: Final = Law(
    "ONE_PLACE",
    "a trial is running, paused, broken or ended, a running one has exactly one worker and a worker at most one trial; "
    "it is promoted from a level at most once; its accepted resources strictly increase",
    general.one_place,
)
BLIND: Final = Law(
    "BLIND",
    "other names of workers, maximising the negated metric, and where ranks alone decide any strictly increasing map "
    "of the metric give the corresponding decisions",
    general.blind,
)
EVIDENCE: Final = Law(
    "EVIDENCE",
    "evidence decides nothing: the log without it folds to the same state",
    own.evidence,
    needs_setup=True,
)
ONE_TRUTH: Final = Law(
    "ONE_TRUTH",
    "rungs and indices are those that a naive twin rebuilds from the accepted log",
    own.one_truth,
    needs_setup=True,
)

LAWS: Final[tuple[Law, ...]] = (PURE, TOTAL, TWO_HALVES, IDEMPOTENT, ONE_PLACE, BLIND, EVIDENCE, ONE_TRUTH)
