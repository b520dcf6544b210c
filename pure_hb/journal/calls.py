"""IS A CALL IN PROGRESS? This recognises calls from a signal handler in the middle of another call in the same thread.

A signal handler runs between two instructions of its thread, also while a record is being written. A lock does not
help: a reentrant one lets the handler in, and any other blocks it for ever. So methods that may not be called in the
middle of each other are marked by the decorators of this module.
"""

import sys
import threading
from collections import deque
from collections.abc import Callable
from functools import update_wrapper
from types import CodeType, FrameType
from typing import Concatenate, Final, NoReturn, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Called(Protocol):
    """An object with marked methods, or one of several that share their calls."""

    @property
    def calls(self) -> "Calls":
        """The calls in progress."""
        ...


Owner = TypeVar("Owner", bound=Called)


class Calls:
    """The marked methods in progress, and the actions that wait until they are over.

    A call is recognised by its frame on the stack of its thread, so after an interrupt no call is recognised by
    mistake. ``refusal`` makes the exception for a call in the middle of another, from its name. An action that waits is
    dropped if the object is closed by then (``is_closed``).
    """

    def __init__(self, refusal: Callable[[str], Exception], is_closed: Callable[[], bool] = lambda: False) -> None:
        self.refusal: Final = refusal
        self._is_closed = is_closed
        self._over: dict[int, FrameType] = {}
        """Thread -> its last outermost call that is over, but may not have returned yet."""
        self._later: dict[int, deque[tuple[FrameType, Callable[[], object]]]] = {}
        """Thread -> the actions that wait, each with the call that it waits for."""

    def around(self, frame: FrameType | None) -> FrameType | None:
        """The marked method in progress around a frame; None if there is none."""
        while frame is not None:
            if frame.f_code in _MARKED and frame.f_locals["self"].calls is self:
                return frame
            frame = frame.f_back
        return None

    def put_off(self, call: FrameType, act: Callable[[], object]) -> None:
        """Do an action when a call of this thread is over; at once, if the call is only about to return."""
        self._later.setdefault(threading.get_ident(), deque()).append((call, act))
        if self._over.get(threading.get_ident()) is call:
            self.finish(call)

    def catch_up(self, but_for: FrameType | None = None) -> None:
        """Do the actions of this thread that wait, except those that wait for the call ``but_for``. An exception of an
        action is raised; the remaining actions then still wait."""
        later = self._later.get(threading.get_ident())
        while later and later[0][0] is not but_for:
            _, act = later.popleft()
            if not self._is_closed():
                act()

    def finish(self, call: FrameType) -> None:
        """The outermost call of this thread is over: do the actions that wait."""
        thread = threading.get_ident()
        while True:
            self._over.pop(thread, None)
            try:
                self.catch_up()
            finally:
                self._over[thread] = call
            if not self._later.get(thread):  # no signal came between these lines
                return


def _marked(
    method: Callable[Concatenate[Owner, P], T], meanwhile: Callable[[Calls, FrameType, Callable[[], T]], T]
) -> Callable[Concatenate[Owner, P], T]:
    """A marked method; ``meanwhile`` is called instead if another marked method is in progress."""

    def call(self: Owner, /, *args: P.args, **kwargs: P.kwargs) -> T:
        calls = self.calls  # no variable refers to the frame: that would be a reference cycle
        around = calls.around(sys._getframe().f_back)  # None: a thread that begins with this call
        if around is not None:
            return meanwhile(calls, around, lambda: method(self, *args, **kwargs))
        try:
            calls.catch_up(but_for=sys._getframe())  # an interrupt may have left actions that wait
            return method(self, *args, **kwargs)
        finally:
            calls.finish(sys._getframe())

    _MARKED.add(call.__code__)
    update_wrapper(call, method)
    return call


def one_at_a_time(method: Callable[Concatenate[Owner, P], T]) -> Callable[Concatenate[Owner, P], T]:
    """Decorator: in the middle of a marked method, the call is refused."""

    def refuse(calls: Calls, around: FrameType, act: Callable[[], T]) -> NoReturn:
        raise calls.refusal(method.__name__)

    return _marked(method, refuse)


def or_later(method: Callable[Concatenate[Owner, P], None]) -> Callable[Concatenate[Owner, P], None]:
    """Decorator: in the middle of a marked method, the call is put off until that is over."""
    return _marked(method, Calls.put_off)


_MARKED: Final[set[CodeType]] = set()
"""The code of marked methods, which they share."""
