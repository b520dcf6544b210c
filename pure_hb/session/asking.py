"""WHAT DOES A WORKER THAT ASKS GET? A trial to train, nothing, or a wait until somebody reports."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

from pure_hb.checkpoints import Checkpoints
from pure_hb.journal.calls import Calls, one_at_a_time
from pure_hb.machine import State
from pure_hb.protocol import Action, Ask, Complete, Event, Fail, Release, Resume, Start, Wait
from pure_hb.session.budget import Budget
from pure_hb.session.company import Company
from pure_hb.session.deciding import Decided
from pure_hb.session.errors import SessionError
from pure_hb.session.running_trial import RunningTrial, Teller
from pure_hb.session.workers import Workers, current_task

if TYPE_CHECKING:
    import asyncio

_MISSED_WAKE_UP_S: Final = 1.0
"""A waiting worker looks at the budgets this often."""


class Asked(Teller, Protocol):
    """What `Asking` needs of its session."""

    budget: Budget
    checkpoints: Checkpoints
    changed: threading.Condition

    def decided(self, make: Callable[[State], Event | None]) -> Decided | None:
        """Decide the event that is made of the state; None if none is made of it."""
        ...

    def release_lost(self) -> None:
        """Release the trials of processes that are gone."""
        ...

    @property
    def others_run(self) -> bool:
        """Whether a worker of another process trains."""
        ...

    def refuse_closed(self) -> None:
        """Check that the session is open.

        Raises:
            SessionError: if it is closed.
        """
        ...


class Asking:
    """Which worker has which trial, and how the others wait."""

    def __init__(self, session: Asked, task_ended: Callable[[object], None], company: Company) -> None:
        self.workers: Workers = Workers(task_ended, company.worker)
        self._session, self._company = session, company
        self._in_hand: dict[str, int] = {}
        self._handles: dict[tuple[int, int], RunningTrial] = {}
        session.checkpoints.in_use = self._in_use

    @property
    def _state(self) -> State:
        return self._session.state

    def _in_use(self, number: int) -> bool:
        """Whether some code may still save to a trial: in this process or, with a shared journal, in another one."""
        handed_out = (number, self._state.trials[number].leg) in self._handles
        return number in self._in_hand.values() or (self._company.is_shared and not handed_out)

    @property
    def calls(self) -> Calls:
        """The calls in progress, those of the session."""
        return self._session.calls

    def ask(self, wait: bool, worker: str | None) -> RunningTrial | None:
        """The implementation of `Session.ask`."""
        name = self._company.worker(worker) if worker else self.workers.thread()
        with self._session.changed:
            self._session.refuse_closed()
            if worker is None:
                self._refuse_other_task(name)
                self._leave(name, "ask")
            self._put_down(name)
            while True:
                self.calls.catch_up()
                found = self._look(name)
                if worker is None and isinstance(found, RunningTrial):
                    self.workers.note_task()
                if not isinstance(found, Wait) or not wait:
                    return found if isinstance(found, RunningTrial) else None
                nobody = self._nobody_reports()
                if nobody is None:
                    self._session.changed.wait(_MISSED_WAKE_UP_S)
                elif not self.bury():  # no worker has ended just now
                    raise SessionError(
                        f"ask() would wait for ever: only reports of other workers can open something, and {nobody}; "
                        f"finish the trials that run, or poll with ask(wait=False){_for_tasks()}"
                    )

    async def next(self, is_watched: bool) -> RunningTrial | None:
        """The implementation of `Session.next`."""
        import asyncio

        task = current_task()
        if task is None:
            raise SessionError("next() is for tasks of asyncio, and none runs here; call ask()")
        name, goes_on = self.workers.task(task, is_watched), False
        while True:
            found = self._try_next(name, task, goes_on)
            if not isinstance(found, asyncio.Future):
                return found
            try:
                await asyncio.wait((found,), timeout=_MISSED_WAKE_UP_S)
            finally:
                self.workers.end_wait(found)
            goes_on = True

    @one_at_a_time
    def _try_next(
        self, name: str, task: "asyncio.Task[Any]", goes_on: bool
    ) -> "RunningTrial | asyncio.Future[None] | None":
        """A trial for a task, None at the end, or the future to wait for."""
        with self._session.changed:
            self._session.refuse_closed()
            if not goes_on:
                self._leave(name, "next")
                self._put_down(name)
            while isinstance(found := self._look(name), Wait):
                if self._session.others_run or self.workers.others(task):
                    return self.workers.wait(task)
                if not self.bury():
                    raise SessionError(
                        "next() would wait for ever: only reports of other workers can open something, and there is no "
                        "other task and no other thread; finish the trials that run, or poll with ask(wait=False)"
                    )
            return found

    def _look(self, name: str) -> RunningTrial | Wait | None:
        """The trial to give out now; None at the end of the search."""
        self.bury()
        self._session.release_lost()
        action = self._ask(name)
        if isinstance(action, Start | Resume):
            return self._hand_out(name, action)
        return action if isinstance(action, Wait) else None

    def _nobody_reports(self) -> str | None:
        """Why nobody can report while this thread waits, if nobody can."""
        if self._session.others_run:
            return None
        if not self.workers.others():
            return "there is no other thread"
        stopped = sum(self._state.trials.held(name) is not None for name in self.workers.in_this_loop())
        return (
            "they are tasks of the event loop that it stops" if stopped >= len(self._state.trials.running) > 0 else None
        )

    def _refuse_other_task(self, worker: str) -> None:
        held = self._state.trials.held(worker)
        if held is not None and self.workers.is_of_another_task():
            raise SessionError(
                f"ask() was called in another task of asyncio than the one that trains trial {held.number}, and all "
                "tasks of a thread are one worker for it; write `await session.next()`, where each task is a worker, "
                'or name the workers: ask(worker="...")'
            )

    def accepted(self, event: Event, before: State) -> None:
        """Called when an event was accepted; ``before`` is the state before it."""
        if isinstance(event, Complete | Fail | Release):  # after a Stop the code may save once more
            self._in_hand.pop(before.trials[event.trial].worker or "", None)

    def wake_all(self) -> None:
        """Wakes all threads and tasks that wait for a trial or for the end."""
        self._session.changed.notify_all()
        self.workers.wake()

    def put_down_all(self) -> None:
        """Called when no code trains any more."""
        for worker in tuple(self._in_hand):
            self._put_down(worker)
        if self._company.is_shared and self._company.is_alone():
            self._session.checkpoints.remove_all_ended(self._state)  # also those of processes that were killed

    def bury(self) -> bool:
        """Fail the trials of workers that have ended and will not report. Returns whether there was one."""
        found = False
        for gone in self.workers.gone():
            held = self._state.trials.held(gone.worker)
            if held is not None:
                found = True
                event = Fail if gone.is_failure else Release
                self._session.answer(event(held.number, gone.reason, held.leg))
        return found

    def _ask(self, worker: str) -> Action | None:
        """The answer to a worker; None if the budget is spent."""

        def ask(state: State) -> Ask | None:
            holds = state.trials.held(worker) is not None
            if not holds and self._session.spent:
                return None
            return Ask(worker, holds or self._session.budget.allows_new_trials(state))

        made = self._session.decided(ask)
        return None if made is None else made.action

    def _leave(self, worker: str, call: str) -> None:
        """A loop that asks again after reports has left its trial."""
        held = self._state.trials.held(worker)
        if held is None:
            return
        handle = self._handles.get((held.number, held.leg))
        if handle is not None and handle.reports:
            self._session.answer(Complete(held.number, held.leg))
        else:
            self._session.warn(
                f"{call}() gives trial {held.number} again, since nothing was reported for it; to leave a trial call "
                "trial.complete() or trial.fail(reason); for several trials at once name who trains them: "
                'ask(worker="...")'
            )

    def _put_down(self, worker: str) -> None:
        """The code of a worker has left its last trial: if that trial has ended, its checkpoint may be removed."""
        number = self._in_hand.pop(worker, None)
        if number is not None:
            self._session.checkpoints.remove_ended(self._state, number)

    def _hand_out(self, worker: str, action: Start | Resume) -> RunningTrial:
        """The trial of an assignment. If it is given out again, its checkpoint is reset, since more may have been saved
        than was reported."""
        self._in_hand[worker] = action.trial
        key = (action.trial, action.leg)
        path, saved = self._session.checkpoints.begin_leg(self._state.trials[action.trial])
        if key in self._handles:
            self._handles[key].begin_again(saved)
        else:
            self._handles[key] = RunningTrial(self._session, action.trial, action.config, action.leg, saved, path)
        return self._handles[key]


def _for_tasks() -> str:
    return "" if current_task() is None else ". In a coroutine, write `await session.next()`"
