"""WHO ASKS? The worker that a thread is, and which of them are gone."""

import threading
from collections.abc import Iterator
from itertools import count


class Workers:
    """The threads that have asked: thread-0, thread-1, ... by the order in which they first did."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._numbers = count()
        self._threads: dict[str, threading.Thread] = {}

    def thread(self) -> str:
        """The worker that this thread is."""
        if not hasattr(self._local, "worker"):
            self._local.worker = f"thread-{next(self._numbers)}"
            self._threads[self._local.worker] = threading.current_thread()
        return str(self._local.worker)

    def gone(self) -> Iterator[tuple[str, str]]:
        """The workers that can report no more, each once, and why."""
        for worker, thread in list(self._threads.items()):
            if not thread.is_alive():
                del self._threads[worker]
                yield worker, "its thread has ended"
