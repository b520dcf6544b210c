"""IS A CALL IN PROGRESS? So that calls from a signal handler in the middle of another call, in the same thread, are
recognised.

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
    """The marked methods in progress, and the actions put off until they are over.

    A call is known by its frame on the stack of its thread, so an interrupt at any time leaves nothing behind that
    looks like a call. ``refusal`` makes the exception for a call in the middle of another, from its name. An action
    that was put off is dropped if ``is_closed`` says that the object is closed when its turn comes.
    """

    def __init__(self, refusal: Callable[[str], Exception], is_closed: Callable[[], bool] = lambda: False) -> None:
        self.refusal: Final = refusal
        self._is_closed = is_closed
        self._over: dict[int, FrameType] = {}
        """Thread -> its last outermost call that is over, though it may not have returned yet."""
        self._later: dict[int, deque[tuple[FrameType, Callable[[], object]]]] = {}
        """Thread -> what was put off, each with the call that it waits for."""

    def around(self, frame: FrameType | None) -> FrameType | None:
        """The marked method in progress around a frame; None if there is none."""
        while frame is not None:
            if frame.f_code in _MARKED and frame.f_locals["self"].calls is self:
                return frame
            frame = frame.f_back
        return None

    def put_off(self, call: FrameType, act: Callable[[], object]) -> None:
        """Do something when a call of this thread is over; at once, if only its return is left."""
        self._later.setdefault(threading.get_ident(), deque()).append((call, act))
        if self._over.get(threading.get_ident()) is call:
            self.finish(call)

    def catch_up(self, but_for: FrameType | None = None) -> None:
        """Do what this thread has put off so far, ``but_for`` what waits for a call that goes on. Raises what that
        raises; the rest is then still put off."""
        later = self._later.get(threading.get_ident())
        while later and later[0][0] is not but_for:
            _, act = later.popleft()
            if not self._is_closed():
                act()

    def finish(self, call: FrameType) -> None:
        """The outermost call of this thread is over: do what was put off."""
        thread = threading.get_ident()
        while True:
            self._over.pop(thread, None)
            try:
                self.catch_up()
            finally:
                self._over[thread] = call
            if not self._later.get(thread):  # nothing came between these lines
                return


def _marked(
    method: Callable[Concatenate[Owner, P], T], meanwhile: Callable[[Calls, FrameType, Callable[[], T]], T]
) -> Callable[Concatenate[Owner, P], T]:
    """A method that says ``meanwhile`` what becomes of it in the middle of another."""

    def call(self: Owner, /, *args: P.args, **kwargs: P.kwargs) -> T:
        calls = self.calls  # no variable holds the frame: that would be a cycle for the garbage collector
        around = calls.around(sys._getframe().f_back)  # None: a thread that begins with this call
        if around is not None:
            return meanwhile(calls, around, lambda: method(self, *args, **kwargs))
        try:
            calls.catch_up(but_for=sys._getframe())  # an interrupt may have left something
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
