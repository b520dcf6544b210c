"""WHO DECIDES IN A TRAINING LOOP? `Session`: ask and report over a journal, safe from several threads.

A session owns the state: it decides, appends what was accepted to the journal, and only then answers. Training code
never sees an exception from it for what it reports; what cannot be accepted becomes a warning.
"""

import atexit
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from pure_hb.checkpoints import Checkpoints, CheckpointsError, resolved
from pure_hb.journal import open_file_journal, utc_now
from pure_hb.journal.calls import Calls, one_at_a_time, or_later
from pure_hb.journal.records import not_less
from pure_hb.machine import Setup, State, Status, advance, choose
from pure_hb.protocol import (
    Action,
    Ask,
    Complete,
    Event,
    Fail,
    Noted,
    Observe,
    Reject,
    Release,
    Report,
    ReportError,
    Resume,
    Start,
    Wait,
)
from pure_hb.session.budget import Budget, Result, result_of, seconds_of, snapshot_interval
from pure_hb.session.errors import SessionError, refusal, warn_user
from pure_hb.session.observing import TakenOver, take_over
from pure_hb.session.running_trial import RunningTrial, described
from pure_hb.space import Configuration, Value

_LEAST_SHARE: Final = 8
"""A snapshot is written when the journal has grown by an eighth, so that writing them costs the same share of a long
run as of a short one."""

_MISSED_WAKE_UP_S: Final = 1.0
"""A waiting worker looks at the budgets this often."""


class Session:
    """A search over a journal file, begun or resumed with the same arguments.

        with Session("run.jsonl", setup, max_trials=200) as session:
            while trial := session.ask():
                ...

    ``checkpoints`` is the folder of the checkpoints, one for each journal; by default it stands beside the journal:
    ``run.jsonl.checkpoints``. Those of ended trials are deleted, but for the best one's, unless ``keep_checkpoints``.
    Paths are made absolute here, links and ``~`` resolved: the process may go elsewhere.

    When the session closes, no trial is left running: an exception fails the trial of this thread, anything else
    releases it, to go on with the next session.

    A journal of many records opens fast if a snapshot of the state stands beside it: one is written after
    ``snapshot_every`` records (None: never), in long journals less often, and when the session closes so many records
    after the last.

    Raises:
        JournalError: if the journal is in use, damaged, of another setup, or cannot be written.
        SessionError: if the folder of the checkpoints is another journal's, or cannot be written.
        ValueError: if a budget is not positive, or the target no finite number.
    """

    def __init__(
        self,
        journal: str | Path,
        setup: Setup,
        *,
        max_trials: int | None = None,
        max_time: float | None = None,
        max_resource_total: int | None = None,
        target: float | None = None,
        checkpoints: str | Path | None = None,
        keep_checkpoints: bool = False,
        snapshot_every: int | None = 10_000,
        warn: Callable[[str], None] = warn_user,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = resolved(journal)
        root = resolved(f"{self.path}.checkpoints" if checkpoints is None else checkpoints)
        self.budget = Budget(max_trials, max_time, max_resource_total, target)
        self.calls = Calls(refusal, lambda: self._closed)
        """The calls in progress."""
        self._told, self._now = warn, now
        every = snapshot_interval(snapshot_every)
        opened = open_file_journal(os.path.expanduser(journal), setup)  # whose messages name it as it was given
        self._journal, self._state = opened.journal, opened.state
        self._next: State | None = None
        self._snapshot_every, self._snapshot = every, self._journal.snapshot
        self._began = seconds_of(now()) - opened.elapsed
        self.checkpoints = self._open_checkpoints(root, keep_checkpoints)
        self._in_hand: dict[str, int] = {}
        self.checkpoints.in_use = self._in_hand.values()
        self._changed = threading.Condition(threading.RLock())
        self._handles: dict[tuple[int, int], RunningTrial] = {}
        self._closed = False
        self._thread = threading.local()
        self._threads: dict[str, threading.Thread] = {}
        self._numbers = count()
        self._misreported: set[int] = set()
        self.resumed = not opened.is_new
        """Whether the journal was there before."""
        try:
            if opened.torn is not None:
                warn(f"{opened.torn}. It has been cut")
            if opened.unusable_snapshot is not None:
                warn(f"{opened.unusable_snapshot}. The journal was read from its beginning instead")
            self._release_all("the session that ran it is gone")
            self.checkpoints.begin(self._state, self.path)
        except BaseException:
            self.checkpoints.close()
            self._journal.close()
            raise
        atexit.register(self._at_exit)

    def _open_checkpoints(self, root: Path, keep: bool) -> Checkpoints:
        try:
            return Checkpoints(root, self.path, self._journal.identity, self.warn, keep=keep)
        except BaseException as error:
            self._journal.close()
            if isinstance(error, CheckpointsError):
                raise SessionError(str(error)) from None
            raise

    # ---- asking ----------------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """The state now."""
        return self._state

    @property
    def warn(self) -> Callable[[str], None]:
        """Where warnings go."""
        return self._told

    @property
    def elapsed(self) -> float:
        """Seconds that the run has been worked on, over all its sessions. It never falls, whatever the clock says."""
        return not_less(round(seconds_of(self._now()) - self._began, 6), self._journal.head.elapsed)

    @property
    def spent(self) -> str | None:
        """Which limit of the budget forbids to give out anything more, if one does."""
        return self.budget.is_spent(self._state, self.elapsed)

    @property
    def done(self) -> bool:
        """Whether nothing is given out any more: the budget is spent, or nothing can come."""
        with self._changed:
            if self.spent:
                return True
            ask = Ask("nobody asks this", self.budget.allows_new_trials(self._state))
            return not isinstance(choose(self._state, ask), Start | Resume | Wait)

    @one_at_a_time
    def ask(self, *, wait: bool = True, worker: str | None = None) -> "RunningTrial | None":
        """The next trial to train; None when nothing is given out any more (and with ``wait=False`` also when nothing
        is to be had right now: see `done`).

        Each thread is a worker of its own unless ``worker`` names one. A worker that holds a running trial gets it
        again, with the checkpoint that its ``start_from`` says, whatever was saved since. One that asks without a name
        after it reported has left its loop: its trial is complete.

        Raises:
            SessionError: if it would wait for ever, since no other thread is there to report; if the session is closed;
                or if a signal handler calls it in the middle of another call.
            JournalError: if the decision could not be written.
        """
        name = worker or self._thread_name()
        with self._changed:
            self._refuse_closed()
            if worker is None:
                self._leave(name)
            self._put_down(name)
            while True:
                self.calls.catch_up()
                self._bury_dead_threads()
                action = self._ask(name)
                if isinstance(action, Start | Resume):
                    self._in_hand[name] = action.trial
                    return self._handle(action)
                if not isinstance(action, Wait) or not wait:
                    return None
                if threading.active_count() == 1:
                    raise SessionError(
                        "ask() would wait for ever: only reports of other workers can open something, and there is no "
                        "other thread; finish the trials that run, or poll with ask(wait=False)"
                    )
                self._changed.wait(_MISSED_WAKE_UP_S)

    def _thread_name(self) -> str:
        """The worker that this thread is, by the order in which threads first asked."""
        if not hasattr(self._thread, "worker"):
            self._thread.worker = f"thread-{next(self._numbers)}"
            self._threads[self._thread.worker] = threading.current_thread()
        return str(self._thread.worker)

    def _bury_dead_threads(self) -> None:
        """A thread that has ended reports no more: the trial it held has failed."""
        for worker, thread in list(self._threads.items()):
            if not thread.is_alive():
                del self._threads[worker]
                held = self._state.trials.held(worker)
                if held is not None:
                    self.answer(Fail(held.number, "its thread has ended", held.leg))

    def _ask(self, worker: str) -> Action | None:
        """The answer to a worker; None if the budget is spent."""
        holds = self._state.trials.held(worker) is not None
        if not holds and self.spent:
            return None
        return self.answer(Ask(worker, holds or self.budget.allows_new_trials(self._state)))

    def _leave(self, worker: str) -> None:
        """A loop that asks again has left the trial it held, if it has reported for it."""
        held = self._state.trials.held(worker)
        if held is None:
            return
        handle = self._handles.get((held.number, held.leg))
        if handle is not None and handle.reports:
            self.answer(Complete(held.number, held.leg))
        else:
            self.warn(
                f"ask() gives trial {held.number} again, since nothing was reported for it; "
                "to leave a trial call trial.complete() or trial.fail(reason)"
            )

    def _put_down(self, worker: str) -> None:
        """The code of a worker has left its last trial: what an ended trial has saved may go."""
        number = self._in_hand.pop(worker, None)
        if number is not None:
            self.checkpoints.remove_ended(self._state, number)

    def _handle(self, action: Start | Resume) -> "RunningTrial":
        """The trial of an assignment. One that is given again has its checkpoint anew: whoever had it may have saved
        more than it has reported."""
        key = (action.trial, action.leg)
        path, saved = self.checkpoints.begin_leg(self._state.trials[action.trial])
        if key in self._handles:
            self._handles[key].begin_again(saved)
        else:
            self._handles[key] = RunningTrial(self, action.trial, action.config, action.leg, saved, path)
        return self._handles[key]

    # ---- telling ---------------------------------------------------------------------------------------------------

    @one_at_a_time
    def decide(self, event: Event) -> Action:
        """Decides an event of your own, appends it to the journal if it is accepted, and returns the action. A `Reject`
        becomes a warning.

        Raises:
            JournalError: if the decision could not be written; the state is then as before.
            SessionError: if the session is closed, or a signal handler calls it in the middle of another call.
        """
        return self.answer(event)

    def answer(self, event: Event) -> Action:
        """What `decide` does, for calls that are in progress already: `ask`, and the methods of a trial."""
        with self._changed:
            self._refuse_closed()
            self._settle()
            before, began = self._state, seconds_of(self._now())
            action = choose(before, event)
            if isinstance(action, Reject):
                self.warn(action.reason)
            if not action.logged:
                return action
            self._next = after = advance(before, event, action)
            seconds = round(seconds_of(self._now()) - began, 6)
            took = seconds if 0.0 <= seconds < math.inf else None
            self._journal.append(event, action, self.elapsed, utc_now(), took)
            self._settle()
            if isinstance(event, Complete | Fail | Release):  # a Stop leaves the code time to save once more
                self._in_hand.pop(before.trials[event.trial].worker or "", None)
            if isinstance(event, Report | Complete | Fail | Release):
                self.checkpoints.follow(before, after, event.trial)
            self._changed.notify_all()
            self._save_snapshot(self._state.clock // _LEAST_SHARE)
            return action

    def _settle(self) -> None:
        """Takes the next state if its record is in the journal: an interrupt may have come right after the append."""
        if self._next is not None and self._next.clock == self._journal.number:
            self._state = self._next
        self._next = None

    def _save_snapshot(self, least: int = 0) -> None:
        """Writes a snapshot if enough records have come since the last. A failure is not tried again at once."""
        since = self._state.clock - self._snapshot
        if self._snapshot_every is None or since < max(self._snapshot_every, least) or not self._journal.writable:
            return
        self._snapshot = self._state.clock
        try:
            self._journal.save_snapshot(self._state)
        except OSError as error:
            self.warn(f"{self.path}: no snapshot could be written ({error.strerror or error}); the journal is whole")

    def observe(self, config: Configuration | dict[str, Any], curve: Any) -> bool:
        """Takes an earlier result into account: a whole configuration and its ((resource, value), ...). Returns whether
        it was accepted or known before."""
        return isinstance(self.decide(Observe(config, curve)), Noted)

    def observe_journal(self, journal: str | Path, defaults: Mapping[str, Value] | None = None) -> TakenOver:
        """Takes over what an older search found: each of its trials once, with its curve or its failure for good, as
        `observe` does. ``defaults`` has the values that the older trials stand for in parameters that are new.

        Raises:
            JournalError: if the older journal cannot be read, or this one not be written.
            SessionError: if it is this session's own, or has another goal; or if a default is stated for a parameter
                that the older search varied, or that this space does not have.
        """
        return take_over(journal, self._state.setup, self._journal.identity, self.decide, defaults)

    # ---- ending ----------------------------------------------------------------------------------------------------

    def result(self) -> Result:
        """The best configuration so far, and all trials."""
        return result_of(self._state, self.path, self.checkpoints.best(self._state))

    @or_later
    def close(self) -> None:
        """Releases the trials that run, to go on with the next session, and lets go of the journal.

        Raises:
            JournalError: if that could not be written, or the journal was deleted or replaced meanwhile.
        """
        self._close()

    def _close(self) -> None:
        with self._changed:
            if self._closed:
                return
            try:
                self._release_all("the session was closed")
                for worker in tuple(self._in_hand):
                    self._put_down(worker)
                self._save_snapshot()
            finally:
                self.checkpoints.close()
                self._journal.close()
                self._closed = True
                atexit.unregister(self._at_exit)
                self._changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._end(error)

    def _at_exit(self) -> None:
        self._end(getattr(sys, "last_value", None))  # set when an exception has ended the script

    @or_later
    def _end(self, error: BaseException | None) -> None:
        """The program leaves the session, with an error or without."""
        try:
            if isinstance(error, Exception) and not self._closed:
                self._break_held(error)
        finally:
            self._close()

    @or_later
    def broke(self, number: int, leg: int, error: BaseException) -> None:
        """An exception has left the code of a trial. It is a failure, but for what ends a program, and for a report
        that could not be made: the script is to blame for that, unless the trial does it again."""
        self._broke(number, leg, error)

    def _broke(self, number: int, leg: int, error: BaseException) -> None:
        blames_script = isinstance(error, ReportError) and number not in self._misreported
        self._misreported |= {number} if blames_script else set()
        event = Fail if isinstance(error, Exception) and not blames_script else Release
        self.answer(event(number, described(error), leg))

    def _break_held(self, error: Exception) -> None:
        """The trial that this thread holds has broken."""
        with self._changed:
            held = self._state.trials.held(self._thread_name())
            if held is not None and self._journal.writable:
                self._broke(held.number, held.leg, error)

    def _release_all(self, reason: str) -> None:
        self._settle()
        for trial in self._state.trials:
            if trial.status is Status.RUNNING and self._journal.writable:
                self.answer(Release(trial.number, reason, trial.leg))

    def _refuse_closed(self) -> None:
        if self._closed:
            raise SessionError(f"the session over {self.path} is closed; open another one to go on")
