"""WHAT DOES A WORKER THAT ASKS GET? A trial in its hand, nothing, or a wait until somebody reports."""

import threading
from typing import Final, Protocol

from pure_hb.checkpoints import Checkpoints
from pure_hb.machine import State
from pure_hb.protocol import Action, Ask, Complete, Event, Fail, Release, Resume, Start, Wait
from pure_hb.session.budget import Budget
from pure_hb.session.errors import SessionError
from pure_hb.session.running_trial import RunningTrial, Teller
from pure_hb.session.workers import Workers

_MISSED_WAKE_UP_S: Final = 1.0
"""A waiting worker looks at the budgets this often."""


class Asked(Teller, Protocol):
    """What asking needs of its session."""

    budget: Budget
    checkpoints: Checkpoints
    changed: threading.Condition

    def refuse_closed(self) -> None:
        """Raises `SessionError` if the session is closed."""
        ...


class Asking:
    """Who holds which trial, and how others wait."""

    def __init__(self, session: Asked) -> None:
        self.workers = Workers()
        self._session = session
        self._in_hand: dict[str, int] = {}
        session.checkpoints.in_use = self._in_hand.values()
        self._handles: dict[tuple[int, int], RunningTrial] = {}

    @property
    def _state(self) -> State:
        return self._session.state

    def ask(self, wait: bool, worker: str | None) -> RunningTrial | None:
        """What `Session.ask` does."""
        name = worker or self.workers.thread()
        with self._session.changed:
            self._session.refuse_closed()
            if worker is None:
                self._leave(name)
            self._put_down(name)
            while True:
                self._session.calls.catch_up()
                self._bury()
                action = self._ask(name)
                if isinstance(action, Start | Resume):
                    return self._hand_out(name, action)
                if not isinstance(action, Wait) or not wait:
                    return None
                if threading.active_count() == 1:
                    raise SessionError(
                        "ask() would wait for ever: only reports of other workers can open something, and there is no "
                        "other thread; finish the trials that run, or poll with ask(wait=False)"
                    )
                self._session.changed.wait(_MISSED_WAKE_UP_S)

    def accepted(self, event: Event, before: State) -> None:
        """An event was accepted; ``before`` is the state that it met."""
        if isinstance(event, Complete | Fail | Release):  # a Stop leaves the code time to save once more
            self._in_hand.pop(before.trials[event.trial].worker or "", None)

    def put_down_all(self) -> None:
        """No code trains any more."""
        for worker in tuple(self._in_hand):
            self._put_down(worker)

    def _bury(self) -> None:
        """Whoever is gone reports no more: the trial it held has failed."""
        for worker, reason in self.workers.gone():
            held = self._state.trials.held(worker)
            if held is not None:
                self._session.answer(Fail(held.number, reason, held.leg))

    def _ask(self, worker: str) -> Action | None:
        """The answer to a worker; None if the budget is spent."""
        holds = self._state.trials.held(worker) is not None
        if not holds and self._session.spent:
            return None
        return self._session.answer(Ask(worker, holds or self._session.budget.allows_new_trials(self._state)))

    def _leave(self, worker: str) -> None:
        """A loop that asks again has left the trial it held, if it has reported for it."""
        held = self._state.trials.held(worker)
        if held is None:
            return
        handle = self._handles.get((held.number, held.leg))
        if handle is not None and handle.reports:
            self._session.answer(Complete(held.number, held.leg))
        else:
            self._session.warn(
                f"ask() gives trial {held.number} again, since nothing was reported for it; "
                "to leave a trial call trial.complete() or trial.fail(reason)"
            )

    def _put_down(self, worker: str) -> None:
        """The code of a worker has left its last trial: what an ended trial has saved may go."""
        number = self._in_hand.pop(worker, None)
        if number is not None:
            self._session.checkpoints.remove_ended(self._state, number)

    def _hand_out(self, worker: str, action: Start | Resume) -> RunningTrial:
        """The trial of an assignment. One that is given again has its checkpoint anew: whoever had it may have saved
        more than it has reported."""
        self._in_hand[worker] = action.trial
        key = (action.trial, action.leg)
        path, saved = self._session.checkpoints.begin_leg(self._state.trials[action.trial])
        if key in self._handles:
            self._handles[key].begin_again(saved)
        else:
            self._handles[key] = RunningTrial(self._session, action.trial, action.config, action.leg, saved, path)
        return self._handles[key]
