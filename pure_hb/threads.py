"""HOW MANY THREADS DOES THE LINEAR ALGEBRA USE? One, while a surrogate is at work.

With another number of threads, sums are taken in another order and have other last bits, so the same call could answer
differently on one core and on two. Besides, at these matrix sizes threads wait for each other longer than they compute.

Most libraries have one setting for the whole process: other code has one thread meanwhile, and the last to leave
restores what the first one found. Libraries with OpenMP have one setting for each thread.
"""

import os
import threading
from contextlib import ContextDecorator
from functools import cached_property
from types import TracebackType
from typing import Any, Final

from attrs import define


@define
class _Limit:
    """The numbers of threads of some libraries, which are one as long as it was entered more often than left."""

    libraries: tuple[Any, ...]
    before: tuple[int, ...] = ()
    depth: int = 0

    def deeper(self, by: int) -> None:
        """It is entered (1) or left (-1)."""
        if self.depth == 0:
            self.before = tuple(library.get_num_threads() for library in self.libraries)
        self.depth += by
        for library, before in zip(self.libraries, self.before, strict=True):
            if before != 1:
                # threadpoolctl ignores all threads but the first one that asks, until that one has left its own limits
                number = 1 if self.depth else before
                getattr(library, "_real_set_num_threads", library.set_num_threads)(number)


class _OfThread(threading.local):
    """The limit of a thread; each thread that asks has its own."""

    def __init__(self, libraries: tuple[Any, ...]) -> None:
        self.limit: Final = _Limit(libraries)


class OneThread(ContextDecorator):
    """A guard: a context manager and a decorator, reentrant and usable from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> "OneThread":
        with self._lock:
            self._own.limit.deeper(1)
            self._shared.deeper(1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._shared.deeper(-1)
            self._own.limit.deeper(-1)

    def after_fork(self) -> None:
        """In a child process, which has only the thread that forked: the others never leave."""
        self._lock = threading.Lock()
        if "_shared" in self.__dict__ and self._shared.depth:
            self._shared.deeper(self._own.limit.depth - self._shared.depth)

    @cached_property
    def _libraries(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Those of numpy and scipy, and what else was loaded before the first use: with one number for the process, and
        with one for each thread."""
        import scipy.linalg.lapack  # noqa: F401  # loads its own
        from threadpoolctl import ThreadpoolController

        found = ThreadpoolController().select(user_api="blas").lib_controllers
        of_threads = tuple(one for one in found if one.info().get("threading_layer") == "openmp")
        return tuple(one for one in found if one not in of_threads), of_threads

    @cached_property
    def _shared(self) -> _Limit:
        return _Limit(self._libraries[0])

    @cached_property
    def _own(self) -> _OfThread:
        """How deep a thread is inside counts here, whatever the libraries are."""
        return _OfThread(self._libraries[1])


one_thread: Final = OneThread()
"""The only guard, because the number of threads is one setting of the process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=one_thread.after_fork)
