"""HOW LONG HAS A LEG TRAINED, AND HOW LONG HAS IT BEEN SILENT? Only the time of `train` itself counts.

Imports do not count, nor the time in which a report waits to be read and answered, nor a time in which the scheduler
was stopped. All functions receive the time, in seconds; nothing here reads a clock.
"""

from typing import Final

from attrs import define, field, frozen

from pure_hb.space.domains import plain

LEAST_SILENCE_S: Final = 60.0
"""A shorter silence is never reported."""
_MANY_GAPS: Final = 10.0
"""A silence is long if it is this many times the longest time between two reports."""
_FIRST_SILENCE_S: Final = 600.0
"""The length of a long silence in a session without any report, in seconds."""
_SHARE_OF_TIME: Final = 2.0
"""The same after max_time: this many times max_time, since an epoch may take longer than max_time."""
_SLACK_S: Final = 1.0
"""A scheduler that waits for messages looks at the clocks at least this often, in seconds."""


@frozen
class Limits:
    """How long a leg may take, in seconds; None: no limit.

    Raises:
        ValueError: if a limit is no positive number. Scalars of numpy are converted.
    """

    max_leg_time: float | None = field(default=None, converter=plain)
    """Seconds that ``train`` trains in one leg."""
    max_silence: float | None = field(default=None, converter=plain)
    """Seconds from the call of ``train``, or the answer to a report, to the next report or the end of ``train``."""

    def __attrs_post_init__(self) -> None:
        for name in ("max_leg_time", "max_silence"):
            value = getattr(self, name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and not (is_number and value > 0):
                raise ValueError(f"{name} is {value!r}; it is a positive number of seconds, or None for no limit")


@frozen
class Exceeded:
    """A limit of the user's is exceeded: the leg is killed, and the trial fails."""

    reason: str


@frozen
class Stuck:
    """A leg has been silent for so long after max_time that it is killed and released."""

    reason: str


@frozen
class Silent:
    """A leg without a limit has been silent for very long, and the user was not told yet."""

    seconds: float


Remark = Exceeded | Stuck | Silent


@define
class LegClock:
    """The clock of one leg."""

    began: float
    """The time at which the leg was sent."""
    counts_from: float | None
    """The time when train was called or got its last answer; None while the script is imported or a report waits for an
    answer."""
    trained: float = 0.0
    """Seconds up to its last report."""
    longest: float | None = None
    """The longest time between two reports, or from the call of train to the first; None before the first report."""
    is_told: bool = False
    """Whether its silence has been reported to the user."""
    _waits: bool = False

    def enter(self, now: float) -> None:
        """The script is imported, and train is called."""
        self.counts_from = now

    def report(self, now: float, seconds: float) -> None:
        """A report is read. The worker trained for ``seconds`` before it; the time in which it lay unread does not
        count."""
        gap = max(0.0, min(seconds, self.silence(now)))
        self.trained += gap
        self.longest = gap if self.longest is None else max(gap, self.longest)
        self.counts_from, self._waits = None, True

    def answer(self, now: float) -> None:
        """A report was answered: train continues or ends."""
        self.counts_from, self._waits = now, False

    def give_back(self, seconds: float) -> None:
        """Do not count these seconds, in which the scheduler was stopped."""
        self.began += seconds
        if self.counts_from is not None:
            self.counts_from += seconds

    def silence(self, now: float) -> float:
        """Seconds since train was called or got its last answer; 0 before, and while it waits for an answer."""
        return 0.0 if self.counts_from is None else max(0.0, now - self.counts_from)

    def idle(self, now: float) -> float:
        """As `silence`, but the import of the script counts too."""
        return max(0.0, now - self.began) if self.counts_from is None and not self._waits else self.silence(now)

    def leg_time(self, now: float) -> float:
        """Seconds that train has trained in this leg."""
        return self.trained + self.silence(now)


@define
class LegClocks:
    """The clocks of all legs that run, by worker, and what is remarkable about them."""

    limits: Limits
    legs: dict[str, LegClock] = field(factory=dict)
    longest: float | None = None
    """The longest gap of all legs in this session."""
    _looked: tuple[float, float] | None = None

    def look(self, now: float, busy: float) -> None:
        """The scheduler looks, before it reads or judges anything. ``busy`` is the processor time that it has used: a
        long time in which it neither looked nor worked is one in which it was stopped, and counts for no leg."""
        if self._looked is not None:
            before, busy_before = self._looked
            away = (now - before) - (busy - busy_before)
            if away > _SLACK_S:
                for leg in self.legs.values():
                    leg.give_back(away)
        self._looked = now, busy

    def begin(self, worker: str, now: float, *, is_imported: bool) -> None:
        """A leg was sent to a worker that has imported the script, or has to do that first."""
        self.legs[worker] = LegClock(now, now if is_imported else None)

    def enter(self, worker: str, now: float) -> None:
        """A worker has imported the script."""
        if worker in self.legs:
            self.legs[worker].enter(now)

    def report(self, worker: str, now: float, seconds: float) -> None:
        """A report of a worker is read."""
        leg = self.legs[worker]
        leg.report(now, seconds)
        if leg.longest is not None:
            self.longest = leg.longest if self.longest is None else max(leg.longest, self.longest)

    def answer(self, worker: str, now: float) -> None:
        """A report of a worker was answered."""
        if worker in self.legs:
            self.legs[worker].answer(now)

    def end(self, worker: str) -> None:
        """A leg is over."""
        self.legs.pop(worker, None)

    def remark(self, worker: str, now: float, overtime: float | None) -> Remark | None:
        """What is to be done about the leg of a worker, all of whose messages were read. ``overtime``: max_time, if it
        is over."""
        leg, limits = self.legs[worker], self.limits
        if limits.max_silence is not None and leg.silence(now) >= limits.max_silence:
            return Exceeded(f"no report for {limits.max_silence:g} s (max_silence)")
        if limits.max_leg_time is not None and leg.leg_time(now) >= limits.max_leg_time:
            return Exceeded(f"the leg has trained for {limits.max_leg_time:g} s (max_leg_time)")
        gap, idle = self.longest if leg.longest is None else leg.longest, leg.idle(now)
        if overtime is not None and idle >= _long_silence(gap, _SHARE_OF_TIME * overtime):
            return Stuck(f"max_time is over, and nothing was heard of it for {idle:.0f} s")
        if limits.max_silence is None and not leg.is_told and idle >= _long_silence(gap, _FIRST_SILENCE_S):
            return Silent(idle)
        return None


def _long_silence(gap: float | None, otherwise: float) -> float:
    """The length of a long silence, in seconds, from the longest time between two reports; ``otherwise`` without it."""
    return max(LEAST_SILENCE_S, otherwise if gap is None else _MANY_GAPS * gap)
