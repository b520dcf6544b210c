"""WHAT BECOMES OF RUNNING TRIALS WHEN A SESSION ENDS, OR THEIR CODE BREAKS? A trial whose code broke has failed. All
others are released and go on in the next session; then the journal is closed."""

import atexit
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol
from weakref import WeakMethod

from pure_hb.protocol import Action, Event, Fail, Release, ReportError
from pure_hb.session.asking import Asked, Asking
from pure_hb.session.beside import Snapshots
from pure_hb.session.company import releases_of_ours
from pure_hb.session.deciding import Decider
from pure_hb.session.running_trial import described

End = Callable[[BaseException | None], None]
"""What ends a session, with the error that ended the script or without."""


class Ended(Asked, Protocol):
    """What `Ending` needs of its session."""

    def answer_all(self, events: Sequence[Event]) -> tuple[Action, ...]:
        """Decide events, and append those that are accepted to the journal in one write."""
        ...


class Ending:
    """Whether a session is closed, and how it is closed: after an error, by the user, or at the end of the script."""

    def __init__(self, session: Ended, decider: Decider, asking: Asking, snapshots: Snapshots) -> None:
        self.closed: bool = False
        self._session, self._decider, self._asking, self._snapshots = session, decider, asking, snapshots
        self._misreported: set[int] = set()
        """The trials that have reported a value that is not a number."""

    def at_exit(self, end: End) -> None:
        """Calls ``end``, a method of the session, at the end of the script, if the session is still open then."""
        self._at_exit = partial(_at_exit, WeakMethod(end))
        atexit.register(self._at_exit)

    def broke(self, number: int, leg: int, error: BaseException) -> None:
        """The implementation of `Session.broke`."""
        blames_script = isinstance(error, ReportError) and number not in self._misreported
        self._misreported |= {number} if blames_script else set()
        event = Fail if isinstance(error, Exception) and not blames_script else Release
        self._session.answer(event(number, described(error), leg))

    def end(self, error: BaseException | None) -> None:
        """Closes the session. With an `Exception`, the trials that this thread, or this task, holds have failed."""
        try:
            if isinstance(error, Exception) and not self.closed:
                self._break_held(error)
        finally:
            self.close()

    def _break_held(self, error: Exception) -> None:
        with self._session.changed:
            for worker in self._asking.workers.present():
                held = self._session.state.trials.held(worker)
                if held is not None and self._decider.journal.writable:
                    self.broke(held.number, held.leg, error)

    def close(self) -> None:
        """The implementation of `Session.close`."""
        with self._session.changed:
            if self.closed:
                return
            try:
                self._release_ours()
                self._asking.put_down_all()
                self._snapshots.save_at_end(self._session.state)
            finally:
                self._let_go()

    def _release_ours(self) -> None:
        decider = self._decider
        decider.settle()
        if decider.journal.writable:
            self._asking.bury()
        decider.settle()
        if decider.journal.writable:
            self._session.answer_all(releases_of_ours(decider.company, decider.state, "the session was closed"))

    def _let_go(self) -> None:
        try:
            self._snapshots.wait()
            self._session.checkpoints.close()
            self._decider.company.close()
        finally:
            self._decider.journal.close()
            self.closed = True
            atexit.unregister(self._at_exit)
            self._asking.wake_all()


def _at_exit(method: "WeakMethod[End]") -> None:
    end = method()
    if end is not None:
        end(getattr(sys, "last_value", None))  # set when an exception has ended the script
