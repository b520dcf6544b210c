"""WHICH WORKER ASKS? The worker name of a thread or an asyncio task, which of them have ended, and which can still
report.

This module does not know trials. asyncio is only used if the user's code has imported it; before that there are no
tasks.
"""

from __future__ import annotations  # asyncio is named, and not imported

import sys
import threading
from collections.abc import Callable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary, ref

from attrs import frozen

from pure_hb.journal.member import LeaseThread
from pure_hb.session.beside import SnapshotThread

if TYPE_CHECKING:
    import asyncio


_HELPERS: Final = (LeaseThread, SnapshotThread)
"""Threads that train nothing."""


class _Presence:
    """A value local to a thread, which is deleted with the thread, also if the thread was not made by `threading`."""


@frozen
class Gone:
    """A worker that can no longer report."""

    worker: str
    reason: str
    is_failure: bool = True
    """Whether it ended without being told to leave."""


class Workers:
    """The threads and tasks that have asked: thread-0, thread-1, ... and task-0, task-1, ..., in the order of their
    first question. ``ended`` is called in the loop of a task that has ended; ``named`` makes the whole name."""

    def __init__(self, ended: Callable[[object], None], named: Callable[[str], str]) -> None:
        self._ended, self._named = ended, named
        self._local = threading.local()
        self._thread_numbers, self._task_numbers = count(), count()
        self._threads: dict[str, tuple[threading.Thread, ref[_Presence]]] = {}
        self._tasks: dict[str, ref[asyncio.Task[Any]]] = {}
        self._names: WeakKeyDictionary[asyncio.Task[Any], str] = WeakKeyDictionary()
        self._waiting: dict[asyncio.Future[None], asyncio.Task[Any]] = {}

    # ---- names -----------------------------------------------------------------------------------------------------

    def thread(self) -> str:
        """The worker name of this thread."""
        if not hasattr(self._local, "worker"):
            self._local.presence = _Presence()
            worker = self._named(f"thread-{next(self._thread_numbers)}")
            self._threads[worker] = threading.current_thread(), ref(self._local.presence)
            self._local.worker = worker
        return str(self._local.worker)

    def task(self, task: asyncio.Task[Any], is_watched: bool) -> str:
        """The worker name of a task. A task that is not watched gives its trial to the task that awaits it."""
        if task not in self._names:
            self._names[task] = self._named(f"task-{next(self._task_numbers)}")
        if is_watched and self._names[task] not in self._tasks:
            self._tasks[self._names[task]] = ref(task)
            task.add_done_callback(self._ended)
        return self._names[task]

    def present(self) -> tuple[str, ...]:
        """The worker names of this thread and of the task that runs in it, as far as they have any."""
        task = current_task()
        names = (getattr(self._local, "worker", None), None if task is None else self._names.get(task))
        return tuple(name for name in names if name is not None)

    # ---- a thread whose code is several tasks ----------------------------------------------------------------------

    def note_task(self) -> None:
        """Note that the current task has taken the trial that this thread was given."""
        task = current_task()
        self._local.task = None if task is None else ref(task)

    def is_of_another_task(self) -> bool:
        """Whether the trial that this thread was given was taken by another task, which has not ended."""
        taken = getattr(self._local, "task", None)
        task: asyncio.Task[Any] | None = None if taken is None else taken()
        return task is not None and not task.done() and task is not current_task()

    # ---- who is gone, and who is left ------------------------------------------------------------------------------

    def gone(self) -> Iterator[Gone]:
        """The workers that can no longer report, each once."""
        for worker, (thread, presence) in list(self._threads.items()):
            if thread is threading.current_thread():  # at its exit, Python counts the main thread among the dead
                continue
            if presence() is None or not thread.is_alive():
                del self._threads[worker]
                yield Gone(worker, "its thread has ended")
        for worker, reference in list(self._tasks.items()):
            gone = _gone(worker, reference())
            if gone is not None:
                del self._tasks[worker]
                yield gone

    def others(self, task: asyncio.Task[Any] | None = None) -> bool:
        """Whether there is another thread that may train or, for a task, another task in its loop that is not waiting
        for a trial."""
        threads = {*threading.enumerate(), *(thread for thread, _ in list(self._threads.values()))}
        may_train = (one for one in threads if one.is_alive() and not isinstance(one, _HELPERS))
        if any(thread is not threading.current_thread() for thread in may_train):
            return True
        if task is None:
            return False
        import asyncio

        return not asyncio.all_tasks() <= {task, *self._waiting.values()}

    def in_this_loop(self) -> list[str]:
        """The tasks in the loop of this thread, which cannot run while the thread waits."""
        task = current_task()
        if task is None:
            return []
        tasks = ((worker, reference()) for worker, reference in list(self._tasks.items()))
        return [worker for worker, one in tasks if one is not None and one.get_loop() is task.get_loop()]

    # ---- tasks that wait -------------------------------------------------------------------------------------------

    def wait(self, task: asyncio.Task[Any]) -> asyncio.Future[None]:
        """A future that is done when `wake` is called. It belongs to the loop of the task."""
        future = task.get_loop().create_future()
        self._waiting[future] = task
        return future

    def end_wait(self, future: asyncio.Future[None]) -> None:
        """Called when the task no longer waits."""
        self._waiting.pop(future, None)

    def wake(self) -> None:
        """Wake all waiting tasks, from any thread."""
        for future in tuple(self._waiting):
            try:
                future.get_loop().call_soon_threadsafe(_wake, future)
            except RuntimeError:  # the loop is closed: no task waits there
                self.end_wait(future)


def _gone(worker: str, task: asyncio.Task[Any] | None) -> Gone | None:
    if task is None:
        return Gone(worker, "its task is gone")
    if task.done():
        return Gone(worker, "its task was cancelled", False) if task.cancelled() else Gone(worker, "its task has ended")
    return Gone(worker, "the event loop of its task was closed") if task.get_loop().is_closed() else None


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def current_task() -> asyncio.Task[Any] | None:
    """The asyncio task that runs in this thread; None if there is none. asyncio is not imported for this."""
    find = getattr(sys.modules.get("asyncio"), "current_task", None)
    try:
        return None if find is None else find()
    except RuntimeError:  # no loop runs
        return None
