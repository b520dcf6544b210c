"""WHAT DOES A TRAINING LOOP GET? `RunningTrial`: one leg of a trial: its configuration, its checkpoint, and
`report`."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from pure_hb.journal.calls import Calls, one_at_a_time, or_later
from pure_hb.machine import State, Status
from pure_hb.protocol import Action, Complete, Continue, Event, Fail, Release, Report
from pure_hb.space import Configuration
from pure_hb.space.showing import cut

_REASON_LENGTH: Final = 10_000


class Teller(Protocol):
    """The part of a session that a running trial uses."""

    @property
    def state(self) -> State:
        """The current state."""
        ...

    @property
    def warn(self) -> Callable[[str], None]:
        """Sends a warning about a probable mistake."""
        ...

    @property
    def elapsed(self) -> float:
        """Seconds that the session has lasted, earlier runs included."""
        ...

    @property
    def spent(self) -> str | None:
        """The limit of the budget that is reached; None if none is."""
        ...

    @property
    def calls(self) -> Calls:
        """The calls in progress."""
        ...

    def answer(self, event: Event) -> Action:
        """Decide an event, and append it to the journal if it is accepted."""
        ...

    def broke(self, number: int, leg: int, error: BaseException) -> None:
        """Called when an exception has left the code of a leg."""
        ...


def described(error: BaseException) -> str:
    """An exception as the reason of a failure, also if its ``__str__`` raises."""
    try:
        text = str(error)
    except Exception as another:  # the ``__str__`` of a foreign class may raise anything
        text = f"<its text cannot be made: {type(another).__name__}>"
    return shortened(f"{type(error).__name__}: {text}")


def shortened(reason: str) -> str:
    """A reason cut to fit into a journal: exceptions may print whole arrays."""
    return reason if not isinstance(reason, str) or len(reason) <= _REASON_LENGTH else f"{reason[:_REASON_LENGTH]}..."


class RunningTrial:
    """One leg of a trial, which a worker trains. Use it from one thread.

    As a context manager (``with trial:``) it completes the trial at the end of the block. An exception fails the trial;
    Ctrl-C releases it, and so does the first report of a value that is not a number.

    A signal handler may call `complete`, `fail` and `release` at any moment. In the middle of another call they take
    effect when that call is over. `report` is refused there.
    """

    def __init__(
        self, teller: Teller, number: int, config: Configuration, leg: int, start_from: int, checkpoint: Path
    ) -> None:
        self.number = number
        self.config = config
        """The values of all parameters: ``trial.config["lr"]``."""
        self.leg = leg
        self.start_from: int = start_from
        """The epoch of the checkpoint; 0: there is no checkpoint, build a new model."""
        self.checkpoint = checkpoint
        """The path for the checkpoint, a file or a folder; no other leg uses it. Save before you report: another
    worker may resume the trial as soon as it is paused."""
        self.reports: int = 0
        """The number of accepted reports of this leg."""
        self._teller = teller
        self._told = False
        self._began = teller.elapsed

    def begin_again(self, start_from: int) -> None:
        """Called by the session when the same leg is given out again; its checkpoint holds epoch ``start_from``."""
        self.start_from, self._told = start_from, False

    @property
    def calls(self) -> Calls:
        """The calls in progress, those of the session."""
        return self._teller.calls

    @property
    def fresh(self) -> bool:
        """Whether to build a new model. If not, load the checkpoint."""
        return self.start_from == 0

    @property
    def until(self) -> int:
        """The epoch at which this leg is judged; a report that continues the trial raises it."""
        return self._teller.state.trials[self.number].until

    @property
    def running(self) -> bool:
        """Whether to continue: False after the trial was paused, stopped or given to another worker."""
        trial = self._teller.state.trials[self.number]
        return trial.status is Status.RUNNING and trial.leg == self.leg

    def epochs(self, done: int | None = None) -> Iterator[int]:
        """The numbers of the epochs to train, from ``done + 1`` on (by default, ``done`` is `start_from`). The iterator
        ends when the trial is paused or stopped."""
        epoch = self.start_from if done is None else done
        while self.running and epoch < self._teller.state.setup.max_resource:
            epoch += 1
            yield epoch

    @one_at_a_time
    def report(self, resource: int, value: float, cost: float | None = None) -> bool:
        """Reports the metric after an epoch. Returns whether to continue training.

        When the budget is spent, a trial that would continue past a level is released at the level instead.

        Args:
            resource: the epoch, counted from the beginning of the trial: 1 is the first one.
            value: the metric, with its own sign; NaN or infinite if training diverged.
            cost: what the leg has cost so far. If the method needs a cost and none is given, it is the seconds since
                the trial was given to the worker.

        Raises:
            TypeError: if an argument is not a number.
            JournalError: if the report could not be written.
            SessionError: if the session is closed, or a signal handler calls it in the middle of another call.
        """
        if cost is None and self._teller.state.setup.rule.needs_cost:
            cost = max(0.0, self._teller.elapsed - self._began)
        action = self._teller.answer(Report(self.number, resource, value, cost, self.leg))
        self._told, is_first = True, not self._told
        if is_first and 0 < resource <= self.start_from:
            self._teller.warn(
                f"trial {self.number} was resumed from epoch {self.start_from}, but first reports epoch {resource}: "
                "does the script load its checkpoint? What it repeats is not counted again"
            )
        self.reports += action.logged
        if isinstance(action, Continue) and action.level is not None and self._teller.spent:
            self._release(f"the budget is spent: {self._teller.spent}")
        return self.running

    @or_later
    def complete(self) -> None:
        """The script has ended by itself: the trial is never resumed."""
        self._teller.answer(Complete(self.number, self.leg))

    @or_later
    def fail(self, reason: str) -> None:
        """The script failed. The trial runs this leg again later; failure number ``max_failures`` ends it."""
        self._teller.answer(Fail(self.number, shortened(reason), self.leg))

    @or_later
    def release(self, reason: str = "") -> None:
        """The worker must leave the trial. The trial runs this leg again later; this does not count as a failure."""
        self._release(reason)

    def _release(self, reason: str) -> None:
        self._teller.answer(Release(self.number, shortened(reason), self.leg))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if not self.running:
            return
        if error is None:
            self.complete()
        else:
            self._teller.broke(self.number, self.leg, error)

    def __repr__(self) -> str:
        config = cut(repr(self.config), 60)
        return f"<trial {self.number}, leg {self.leg}: {config} from epoch {self.start_from} to {self.until}>"
