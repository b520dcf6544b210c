"""HOW MANY THREADS DOES THE LINEAR ALGEBRA USE? One, while a surrogate is at work.

With another number of threads, sums are taken in another order and have other last bits, so the same call could answer
differently on one core and on two. Besides, at these matrix sizes threads wait for each other longer than they compute.

Most libraries have one setting for the whole process: other code has one thread meanwhile, and the last to leave
restores what the first one found. Libraries with OpenMP have one setting for each thread.
"""

import os
import threading
from collections.abc import Callable
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

    def enter(self) -> None:
        if self.depth == 0:
            self.before = tuple(library.get_num_threads() for library in self.libraries)
            self.each(lambda before: 1)
        self.depth += 1

    def leave(self) -> None:
        self.depth -= 1
        if self.depth == 0:
            self.each(lambda before: before)

    def each(self, number: Callable[[int], int]) -> None:
        for library, before in zip(self.libraries, self.before, strict=True):
            if before != 1:
                # threadpoolctl ignores all threads but the first one that asks, until that one has left its own limits
                getattr(library, "_real_set_num_threads", library.set_num_threads)(number(before))


class OneThread(ContextDecorator):
    """A guard: a context manager and a decorator, reentrant and usable from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._local = threading.local()

    def __enter__(self) -> "OneThread":
        self._own.enter()
        with self._lock:
            self._shared.enter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._shared.leave()
        self._own.leave()

    def after_fork(self) -> None:
        """In a child process, which has only the thread that forked: the others never leave."""
        self._lock = threading.Lock()
        if "_shared" in self.__dict__ and self._shared.depth:
            self._shared.depth = self._own.depth
            if not self._own.depth:
                self._shared.each(lambda before: before)

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

    @property
    def _own(self) -> _Limit:
        """Of this thread; how deep it is inside counts here, whatever the libraries are."""
        if not hasattr(self._local, "limit"):
            self._local.limit = _Limit(self._libraries[1])
        found: _Limit = self._local.limit
        return found


one_thread: Final = OneThread()
"""The only guard, because the number of threads is one setting of the process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=one_thread.after_fork)
