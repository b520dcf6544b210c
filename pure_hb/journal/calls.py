"""WHO IS IN THE MIDDLE OF A CALL? So that what a signal handler calls meanwhile, in the same thread, is told apart.

A signal handler runs between two instructions of whatever its thread does, so also while a record is being written. A
lock does not help: one that lets a thread in twice lets the handler in, and any other stops it for ever. So the methods
of an object that shall not be called in the middle of each other are marked here.
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
    """The marked methods that are being called, and what was put off until they are done.

    A call is known by its frame on the stack of its thread, so an interrupt, whenever it comes, leaves nothing behind
    that would look like a call. ``refusal`` makes the exception for a call in the middle of another, from its name.
    """

    def __init__(self, refusal: Callable[[str], Exception]) -> None:
        self.refusal: Final = refusal
        self._over: dict[int, FrameType] = {}
        """Thread -> its last outermost call that is over, though it may not have returned yet."""
        self._later: dict[int, deque[Callable[[], object]]] = {}

    def inside(self, frame: FrameType | None) -> bool:
        """Whether a frame is in the middle of a marked method."""
        over = self._over.get(threading.get_ident())
        while frame is not None:
            if frame.f_code in _MARKED and frame is not over and frame.f_locals["self"].calls is self:
                return True
            frame = frame.f_back
        return False

    def put_off(self, act: Callable[[], object]) -> None:
        """Do something when the outermost call of this thread is over."""
        self._later.setdefault(threading.get_ident(), deque()).append(act)

    def catch_up(self) -> None:
        """Do what this thread has put off so far. Raises what that raises; the rest is then still put off."""
        later = self._later.get(threading.get_ident())
        while later:
            later.popleft()()

    def finish(self, frame: FrameType) -> None:
        """The outermost call of this thread is over: do what was put off. From then on nobody is inside."""
        thread = threading.get_ident()
        try:
            self.catch_up()
        finally:
            self._over[thread] = frame
        while self._later.get(thread):  # it came between the two lines above
            self._over.pop(thread, None)
            try:
                self.catch_up()
            finally:
                self._over[thread] = frame


def _marked(
    method: Callable[Concatenate[Owner, P], T], meanwhile: Callable[[Calls, Callable[[], T]], T]
) -> Callable[Concatenate[Owner, P], T]:
    """A method that says ``meanwhile`` what becomes of it in the middle of another."""

    def call(self: Owner, /, *args: P.args, **kwargs: P.kwargs) -> T:
        calls, frame = self.calls, sys._getframe()
        if calls.inside(frame.f_back):
            return meanwhile(calls, lambda: method(self, *args, **kwargs))
        try:
            calls.catch_up()
            return method(self, *args, **kwargs)
        finally:
            calls.finish(frame)

    _MARKED.add(call.__code__)
    update_wrapper(call, method)
    return call


def one_at_a_time(method: Callable[Concatenate[Owner, P], T]) -> Callable[Concatenate[Owner, P], T]:
    """Marks a method: called in the middle of a marked one, it is refused."""

    def refuse(calls: Calls, act: Callable[[], T]) -> NoReturn:
        raise calls.refusal(method.__name__)

    return _marked(method, refuse)


def or_later(method: Callable[Concatenate[Owner, P], None]) -> Callable[Concatenate[Owner, P], None]:
    """Marks a method: called in the middle of a marked one, it is put off until that is over."""
    return _marked(method, Calls.put_off)


_MARKED: Final[set[CodeType]] = set()
"""The code of marked methods, which they share."""
