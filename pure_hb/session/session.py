"""WHO DECIDES IN A TRAINING LOOP? `Session`: ask and report over a journal, safe from several threads.

A session owns the state: it decides, appends what was accepted to the journal, and only then answers. Training code
never sees an exception from it for what it reports; what cannot be accepted becomes a warning.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pure_hb.checkpoints import Checkpoints, resolved
from pure_hb.journal import Address, Place, open_journal, place_of
from pure_hb.journal.calls import Calls, one_at_a_time, or_later
from pure_hb.journal.member import lease_of
from pure_hb.machine import Setup, State, is_over
from pure_hb.protocol import Action, Ask, Complete, Event, Fail, Noted, Observe, Reject, Release, Report
from pure_hb.session.asking import Asking
from pure_hb.session.beginning import company_of, remarks
from pure_hb.session.beside import Snapshots, open_checkpoints
from pure_hb.session.budget import Budget
from pure_hb.session.deciding import Decided, Decider, Make, always
from pure_hb.session.ending import Ending
from pure_hb.session.errors import SessionError, refusal, warn_user
from pure_hb.session.observing import TakenOver, take_over
from pure_hb.session.result import Result, result_of, short_path
from pure_hb.session.running_trial import RunningTrial
from pure_hb.session.workers import current_task
from pure_hb.space import Value


class Session:
    """A search over a journal, begun or resumed with the same arguments.

        with Session("run.jsonl", setup, max_trials=200) as session:
            while trial := session.ask():
                ...

    When the session closes, no trial is left running. If an exception closes it, the trial of this thread has failed;
    all others are released and go on in the next session.

    Args:
        journal: a file, or the URL of a database that several processes share, on one machine (``sqlite:///run.db``) or
            on many (``postgresql://host/database?journal=run``). Each process that opens the URL joins the search; the
            names of its workers then end with ``@`` and a name of the process.
        setup: the setup of the search.
        max_trials, max_time, max_resource_total: the budget over all sessions: trials to start, seconds, epochs.
        target: a value of the metric. Once the best value is as good, nothing more is given to workers.
        checkpoints: a folder for the checkpoints of this journal alone; by default the journal with ``.checkpoints``.
        keep_checkpoints: whether those of ended trials are kept. Otherwise all but that of the best trial are deleted.
        snapshot_every: after how many records a snapshot is written (less often in long journals), with which a long
            journal opens fast; None: never.
        arguments, command_line: keyword arguments of the code that trains, JSON values by name, and words of a command;
            a new journal keeps them. None: those of the journal. Those of a journal cannot be changed.
        lease: seconds after which a silent process of a shared journal counts as gone and its trials go on elsewhere.
        warn, now: a function that gets each warning, and a clock in seconds.

    Raises:
        JournalError: if the journal is in use, damaged, of another setup or other arguments, or cannot be written.
        SessionError: if the folder of the checkpoints is another journal's, or cannot be written.
        TypeError: if an argument has the wrong type, or one that JSON does not have.
        ValueError: if a budget is not positive, or the target or an argument is NaN or infinite.
    """

    def __init__(
        self,
        journal: str | Path | Address,
        setup: Setup,
        *,
        max_trials: int | None = None,
        max_time: float | None = None,
        max_resource_total: int | None = None,
        target: float | None = None,
        checkpoints: str | Path | None = None,
        keep_checkpoints: bool = False,
        snapshot_every: int | None = 10_000,
        arguments: Mapping[str, Any] | None = None,
        command_line: Sequence[str] | None = None,
        lease: float = 60.0,
        warn: Callable[[str], None] = warn_user,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        place, lease = place_of(journal), lease_of(lease)
        self.path: Path = place.beside if isinstance(place, Address) else resolved(place)
        """The journal file; for a database, the path to whose name that of checkpoints and logs is added."""
        self.place: Place = place if isinstance(place, Address) else self.path
        """Where the journal is: its path, or its address."""
        root = resolved(f"{self.path}.checkpoints" if checkpoints is None else checkpoints)
        self.budget: Budget = Budget(max_trials, max_time, max_resource_total, target)
        self.calls: Calls = Calls(refusal, lambda: self._ending.closed)
        """The calls in progress."""
        self._told = warn
        self._snapshots = Snapshots(snapshot_every, warn)
        self.changed: threading.Condition = threading.Condition(threading.RLock())
        """The condition that a thread holds while it decides; it is notified of each accepted event."""
        opened = open_journal(journal, setup, arguments=arguments, command_line=command_line, warn=warn)
        self.arguments: dict[str, Any] = dict(opened.given.arguments or {})
        """The keyword arguments in force for the code that trains, by name."""
        self.command_line: tuple[str, ...] | None = opened.given.command_line
        """The words of the command in force; None: there are none."""
        self.resumed: bool = not opened.is_new
        """Whether the journal was there before."""
        self._journal = opened.journal
        with ExitStack() as undo:
            undo.callback(self._journal.close)
            self._company = company_of(opened, self, lease, now)
            undo.callback(self._company.close)
            self._decider = Decider(self._journal, opened.state, self._company, now)
            self._snapshots.begin(self._journal)
            identity = self._journal.identity
            self.checkpoints: Checkpoints = open_checkpoints(root, self.place, identity, warn, keep_checkpoints)
            undo.callback(self.checkpoints.close)
            self._asking = Asking(self, self._task_ended, self._company)
            self._ending = Ending(self, self._decider, self._asking, self._snapshots)
            for text in remarks(opened, self.budget):
                warn(text)
            self.answer_all(self._company.left_behind(self.state))
            self.checkpoints.begin(self.state, self.place, self._company.is_alone())
            undo.pop_all()
        self._ending.at_exit(self._end)

    # ---- asking ----------------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """The current state."""
        return self._decider.state

    @property
    def logs(self) -> Path:
        """The folder for the output of the workers of this process, beside the journal."""
        return Path(f"{self.path}.logs") / self._company.process

    @property
    def warn(self) -> Callable[[str], None]:
        """The function that warnings are sent to."""
        return self._told

    @property
    def elapsed(self) -> float:
        """Seconds of work on the run, over all its sessions. It never decreases, whatever the clock says."""
        return self._decider.elapsed

    @property
    def spent(self) -> str | None:
        """The limit of the budget that is reached, in words; None if none is."""
        return self.budget.is_spent(self.state, self.elapsed)

    @property
    def done(self) -> bool:
        """Whether no worker gets anything any more: the budget is spent, or the search is over. This makes no fit."""
        with self.changed:
            if not self._ending.closed:
                self._decider.catch_up()
            if self.spent:
                return True
            return is_over(self.state, new_trials=self.budget.allows_new_trials(self.state))

    @one_at_a_time
    def ask(self, *, wait: bool = True, worker: str | None = None) -> "RunningTrial | None":
        """The next trial to train. None when the session is `done`; with ``wait=False`` also when there is nothing to
        train at this moment.

        Each thread is a worker of its own unless ``worker`` names one. A worker that holds a running trial gets it
        again, with the checkpoint of epoch ``start_from``. If a thread asks without a name after it has reported, it
        has left its training loop: its trial is complete.

        Raises:
            SessionError: if it would wait for ever, because no other thread can report; if another task of asyncio in
                this thread holds a trial (see `next`); if the session is closed; or if a signal handler calls it in the
                middle of another call.
            JournalError: if the decision could not be written.
        """
        return self._asking.ask(wait, worker)

    async def next(self) -> "RunningTrial | None":
        """The next trial to train, as from `ask`, in a coroutine of asyncio: while it waits, other tasks run.

        Each task is a worker of its own. If a task ends while it holds a trial, the trial has failed; if the task is
        cancelled, the trial is released. A task that runs `next` alone, as `asyncio.wait_for` and `gather` make them,
        gives its trial to the task that awaits it.

        Raises:
            SessionError: if it would wait for ever, because no other task or thread can report; if the session is
                closed; or if it is not called in a task of asyncio.
            JournalError: if the decision could not be written.
        """
        task = current_task()
        hands_over = task is not None and getattr(task.get_coro(), "cr_frame", None) is sys._getframe()
        return await self._asking.next(not hands_over)

    @or_later
    def _task_ended(self, task: object) -> None:
        """A task that has asked has ended: the trial that it held has failed. The loop of the task calls this."""
        with self.changed:
            if not self._ending.closed and self._journal.writable:
                self._asking.bury()

    # ---- telling ---------------------------------------------------------------------------------------------------

    @one_at_a_time
    def decide(self, event: Event) -> Action:
        """Decides an event, appends it to the journal if it is accepted, and returns the action. A `Reject` becomes a
        warning.

        Raises:
            JournalError: if the decision could not be written; the state is then as before.
            SessionError: if the session is closed, or a signal handler calls it in the middle of another call.
        """
        return self.answer(self._named(event))

    @one_at_a_time
    def decide_all(self, events: Iterable[Event]) -> tuple[Action, ...]:
        """As `decide` for each event in turn, but with one write for all accepted events, so that the disk or the
        database is waited for once.

        Raises:
            JournalError, SessionError: as `decide`; then none of the events is accepted.
        """
        return self.answer_all([self._named(event) for event in events])

    def _named(self, event: Event) -> Event:
        """An event whose worker has the name that it has in the log."""
        return Ask(self._company.worker(event.worker), event.new_trials) if isinstance(event, Ask) else event

    def answer(self, event: Event) -> Action:
        """As `decide`, for use inside other calls of the session: `ask`, and the methods of a trial."""
        return self.answer_all([event])[0]

    def answer_all(self, events: Sequence[Event]) -> tuple[Action, ...]:
        """As `decide_all`, for use inside other calls of the session."""
        made = self._decided_all([always(event) for event in events])
        return tuple(one.action for one in made if one is not None)

    def decided(self, make: Make) -> Decided | None:
        """Decides the event that ``make`` makes of the newest state, which other processes may have changed; None if it
        makes none.

        Raises:
            JournalError, SessionError: as `decide`.
        """
        return self._decided_all([make])[0]

    def _decided_all(self, makes: Sequence[Make]) -> tuple[Decided | None, ...]:
        with self.changed:
            self.refuse_closed()
            decided = self._decider.decide_all(makes)
            for made in filter(None, decided):
                if isinstance(made.action, Reject):
                    self.warn(made.action.reason)
                if made.action.logged:
                    self._accepted(made.event, made.before, made.after)
            return decided

    def _accepted(self, event: Event, before: State, after: State) -> None:
        self._asking.accepted(event, before)
        if isinstance(event, Report | Complete | Fail | Release):
            self.checkpoints.follow(before, after, event.trial)
        self._asking.wake_all()
        self._snapshots.save(self.state)

    def release_lost(self) -> None:
        """Releases the trials of processes that are gone. Raises `JournalError`."""
        self.answer_all(self._company.lost(self.state))

    @property
    def others_run(self) -> bool:
        """Whether a worker of another process trains, so that its report may allow a promotion."""
        return not all(self._company.is_ours(trial.worker) for trial in self.state.trials.running.values())

    def observe(self, config: Mapping[str, Value], curve: Iterable[tuple[int, float]]) -> bool:
        """Takes an earlier result into account: a complete configuration and its ((resource, value), ...). Returns
        whether it was accepted now or before."""
        return isinstance(self.decide(Observe(config, curve)), Noted)

    def observe_journal(self, journal: str | Path | Address, defaults: Mapping[str, Value] | None = None) -> TakenOver:
        """Observes each trial of an older search once, with its curve or its final failure. ``defaults``: name -> the
        value that the older trials have in a parameter that the older space did not have.

        Raises:
            JournalError: if the older journal cannot be read, or this one cannot be written.
            SessionError: if it is this session's own journal, or has another goal; or if ``defaults`` names a parameter
                that the older search varied, or that this space does not have.
        """
        return take_over(journal, self.state.setup, self._journal.identity, self.decide_all, defaults)

    # ---- ending ----------------------------------------------------------------------------------------------------

    def result(self) -> Result:
        """The best configuration so far, and all trials."""
        return result_of(self.state, self.place, self.checkpoints.best(self.state))

    @or_later
    def close(self) -> None:
        """Releases the running trials, which go on in the next session, and closes the journal.

        Raises:
            JournalError: if that could not be written, or the journal was deleted or replaced meanwhile.
        """
        self._ending.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._end(error)

    def __repr__(self) -> str:
        state, how = repr(self.state)[1:-1], "closed, " if self._ending.closed else ""
        return f"<session over {short_path(self.place)}: {how}{state}>"

    def _repr_html_(self) -> str:
        return self.result()._repr_html_()

    @or_later
    def _end(self, error: BaseException | None) -> None:
        """The program leaves the session, with an error or without."""
        self._ending.end(error)

    @or_later
    def broke(self, number: int, leg: int, error: BaseException) -> None:
        """An exception has left the code of a trial: the trial has failed. It is released instead for an exception that
        ends the program (Ctrl-C), and for its first report of a value that is not a number."""
        self._ending.broke(number, leg, error)

    def refuse_closed(self) -> None:
        """Check that the session is open.

        Raises:
            SessionError: if it is closed.
        """
        if self._ending.closed:
            raise SessionError(f"the session over {self.place} is closed; open another one to go on")
