"""HAS A LEG TAKEN TOO LONG? A clock for each worker, told when train is called, reports, and is answered.

Nothing here waits or reads a clock: whoever tells something also says when. Imports, and waiting for an answer, are not
counted. The seconds between an answer and the next report are measured in the worker, so a scheduler that was busy for
long does not lengthen them; and one that was itself away, stopped by Ctrl-Z for example, gives that time again.
"""

from typing import Final

from attrs import define, field, frozen

from pure_hb.protocol.checks import shown
from pure_hb.space.domains import plain

SILENCE_S: Final = 60.0
"""A leg that is silent for less than that is not thought to hang, unless there is a limit that says so."""
GAPS: Final = 10.0
"""One that is silent for so many times its longest gap, and for that long, may hang."""
_LATE_S: Final = 1.0
"""The scheduler may come back from waiting so much later without having been away."""
_SLOW_S: Final = 20.0
"""While it works, so many seconds may go by without use of its processor: disks may be slow."""


@frozen
class TimeLimits:
    """How long legs may take, in seconds; None: without end.

    Raises:
        ValueError: if a limit is not positive. Scalars of numpy are converted.
    """

    max_leg_time: float | None = field(default=None, converter=plain)
    """So long train may train in one leg."""
    max_silence: float | None = field(default=None, converter=plain)
    """So long it may take from its call, or our last answer, to its next report."""

    def __attrs_post_init__(self) -> None:
        for name in ("max_leg_time", "max_silence"):
            value = getattr(self, name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and not (is_number and value > 0):
                raise ValueError(f"{name} is {shown(value)}; it is a positive number of seconds, or None for no limit")


@frozen
class TooLong:
    """A leg is over a limit that was asked for."""

    reason: str


@frozen
class Hangs:
    """A leg is silent for so long that it is most likely not going on, and no limit was asked for."""

    silence: float
    """For so many seconds."""
    longest: float
    """The longest gap that there was; 0 if none is known."""
    is_news: bool
    """Whether that is to be told: not twice in a leg, and not of an import, which no limit ends."""


@define
class LegClock:
    """The time of one leg. All times are seconds."""

    given: float
    """When the leg was given to its worker."""
    since: float | None
    """Since when train has been at work on its next report; None: it has not been called yet."""
    trained: float = 0.0
    """So long train has trained, up to its last report."""
    longest: float = 0.0
    """The longest that it took to report."""
    away: float = 0.0
    """So long the scheduler was away, of the time since the last answer."""
    told: bool = False

    def silence(self, now: float) -> float:
        """How long train has been at work on its next report."""
        return 0.0 if self.since is None else max(0.0, now - self.since - self.away)

    def waits_for(self, now: float) -> float:
        """As `silence`, but counted from when the leg was given if train has not been called yet."""
        return max(0.0, now - (self.given if self.since is None else self.since) - self.away)


class Clocks:
    """The clocks of all workers that have a leg."""

    def __init__(self, limits: TimeLimits, now: float, used: float) -> None:
        self._limits = limits
        self._legs: dict[str, LegClock] = {}
        self._longest = 0.0
        self._looked, self._used = now, used

    def begin(self, worker: str, now: float, *, has_entered: bool) -> None:
        """A worker is given a leg: it calls train at once if it has imported the script."""
        self._legs[worker] = LegClock(now, now if has_entered else None)

    def enter(self, worker: str, now: float) -> None:
        """A worker has imported the script and calls train."""
        clock = self._legs.get(worker)
        if clock is not None:
            clock.since, clock.away = now, 0.0

    def report(self, worker: str, took: float) -> None:
        """Train has reported, so many seconds after its call or our last answer. It waits for the answer."""
        clock = self._legs[worker]
        took = max(0.0, took - clock.away)
        clock.trained += took
        clock.longest = max(clock.longest, took)
        self._longest = max(self._longest, took)

    def answer(self, worker: str, now: float) -> None:
        """Our answer has gone to a worker: train goes on."""
        clock = self._legs.get(worker)
        if clock is not None:
            clock.since, clock.away = now, 0.0

    def end(self, worker: str) -> None:
        """A worker has no leg any more."""
        self._legs.pop(worker, None)

    def waited(self, now: float, used: float, seconds: float) -> None:
        """The scheduler has waited, at most so many seconds; ``used``: of its processor, in all. What it cannot account
        for, it was away: all legs get that time again."""
        self._account(now, used, seconds, _LATE_S)

    def worked(self, now: float, used: float) -> None:
        """The scheduler has worked, since it waited last."""
        self._account(now, used, 0.0, _SLOW_S)

    def _account(self, now: float, used: float, waited: float, late: float) -> None:
        away = now - self._looked - max(0.0, used - self._used) - waited
        self._looked, self._used = now, used
        if away > late:
            for clock in self._legs.values():
                clock.away += away

    def judge(self, worker: str, now: float) -> TooLong | Hangs | None:
        """Whether a leg of which no message lies unread has taken too long."""
        clock, limits = self._legs[worker], self._limits
        silence = clock.silence(now)
        if limits.max_silence is not None and silence >= limits.max_silence:
            return TooLong(f"no report for {limits.max_silence:g} s (max_silence)")
        if limits.max_leg_time is not None and clock.trained + silence >= limits.max_leg_time:
            return TooLong(f"the leg has trained for {limits.max_leg_time:g} s (max_leg_time)")
        longest, waits = clock.longest or self._longest, clock.waits_for(now)
        if waits < max(SILENCE_S, GAPS * longest):
            return None
        return Hangs(waits, longest, clock.since is not None and not clock.told)

    def told(self, worker: str) -> None:
        """That the leg of a worker may hang has been told."""
        self._legs[worker].told = True
