"""WHO TRAINS HERE? A pool of worker processes, each with a name, a connection and a log file: the local engine.

A process that ends by itself is replaced when its process group is empty: at once if it was in a leg; otherwise after
growing pauses, since the next one will probably end in the same way; after many such deaths not at all.
"""

import os
import selectors
import subprocess
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from attrs import define

from pure_hb.tuning.channel import Message, Noticed, Ready
from pure_hb.tuning.ending import GRACE_S, end_groups
from pure_hb.tuning.engine import Died, Lost
from pure_hb.tuning.environments import NO_ENVIRONMENTS, Environments
from pure_hb.tuning.logs import last_lines, open_log
from pure_hb.tuning.process import Place, WorkerProcess, start_worker
from pure_hb.tuning.script import Script
from pure_hb.tuning.watcher import Watcher

_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 4.0
MOST_DEATHS: Final = 8
"""After this many deaths in a row outside of legs, a worker is not started again; with the pauses between them, that is
after ten seconds."""
_LONG_LIFE_S: Final = 60.0
"""Seconds. A process that lived this long was able to train: the count of deaths begins again."""
_LEAVING_LOOK_S: Final = 0.02


@define
class _Place:
    """The facts about a worker that outlive its process."""

    which: Place
    start_at: float
    """When the next process may start."""
    deaths: int = 0
    """The number of deaths in a row outside of legs."""

    @property
    def is_given_up(self) -> bool:
        return self.deaths >= MOST_DEATHS


class Pool:
    """Worker processes by name. Use it as a context manager: no process outlives it, nor do children in its group."""

    def __init__(
        self,
        script: Script,
        names: tuple[str, ...],
        logs: Path,
        *,
        environments: Environments = NO_ENVIRONMENTS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._script, self._logs, self._now = script, logs, now
        places = {name: Place(number, len(names), environments.of(number)) for number, name in enumerate(names)}
        self._places = {name: _Place(places[name], now()) for name in sorted(names)}
        self._processes: dict[str, WorkerProcess] = {}
        self._told: set[str] = set()
        self._owner = os.getpid()
        self._selector = selectors.DefaultSelector()
        self._watcher = Watcher()
        self.hopeless: str | None = None
        """Why no worker can train any more, and what to do; None as long as one may be able to."""
        _POOLS.add(self)

    def log(self, name: str) -> Path:
        """The path of the log of a worker while it trains nothing."""
        return self._logs / f"{name}.log"

    def leg_log(self, trial: int, leg: int) -> Path:
        """The path of the log of a leg."""
        return self._logs / f"trial-{trial}" / f"leg-{leg}"

    def is_ready(self, name: str) -> bool:
        """Whether a worker has a process that can train. After a death, the next process must first say that it is
        ready."""
        process = self._processes.get(name)
        if process is None or process.is_leaving or process.has_ended:
            return False
        return process.is_ready or not self._places[name].deaths

    def is_given_up(self, name: str) -> bool:
        """Whether a worker has died so often that it is not started again."""
        return self._places[name].is_given_up

    def send(self, name: str, message: Message) -> None:
        """Sends a message to a worker that is ready. If it has died meanwhile, `wait` reports that."""
        process = self._processes[name]
        process.note(message)
        try:
            process.channel.send(message)
        except OSError:
            return

    def is_quiet(self, name: str) -> bool:
        """Whether a worker lives, and has said nothing that `wait` has not told yet."""
        process = self._processes.get(name)
        if process is None or process.is_leaving:
            return False
        return all(key.data != name for key, _ in self._selector.select(0))

    def has_entered(self, name: str) -> bool:
        """Whether the present process of a worker has imported the script."""
        process = self._processes.get(name)
        return process is not None and process.has_entered

    def kill(self, name: str) -> None:
        """Kills the process of a worker that is quiet, and its whole group; another one takes its place. `wait` returns
        no message about it."""
        process = self._processes[name]
        self._selector.unregister(process.channel.connection)
        process.kill(self._now())

    def wait(self, seconds: float) -> Iterator[tuple[str, Message | Died | Lost]]:
        """Wait for messages, at most this many seconds, and return them with the names of their workers, in order of
        name. Processes that have died are replaced here when their pause is over."""
        ready = {key.data for key, _ in self._selector.select(self._timeout(seconds))}
        for name, place in self._places.items():
            process = self._processes.get(name)
            if process is None:
                if not place.is_given_up and self._now() >= place.start_at:
                    yield from self._start(name)
            elif not process.is_leaving:
                yield from self._hear(name, process, name in ready)
            elif process.is_gone(self._now()):
                yield from self._bury(name, process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if os.getpid() != self._owner:
            return
        left = list(self._processes.values())
        try:
            for one in left:
                one.channel.close()
            end_groups([one.group for one in left], reap=lambda: _look_at(left))
            for one in left:
                self._watcher.ended(one.group)  # the rest of the group is killed: the watcher need not wait for it
            for one in left:
                one.process.wait(GRACE_S)
        except subprocess.TimeoutExpired:  # killed in a system call that cannot be interrupted: it ends after that
            return
        finally:
            self._watcher.close()
            self._selector.close()

    def let_go(self) -> None:
        """Closes the connections in a fork of the scheduler, so that workers notice when the scheduler is gone."""
        for one in self._processes.values():
            one.channel.close()
        self._watcher.let_go()

    def _timeout(self, seconds: float) -> float:
        """Seconds until the next process needs attention, at most ``seconds``."""
        now, due = self._now(), [seconds]
        for name, place in self._places.items():
            process = self._processes.get(name)
            if process is None and not place.is_given_up:
                due.append(place.start_at - now)
            elif process is not None and process.is_leaving:
                due.append(_LEAVING_LOOK_S)
        return max(0.0, min(due))

    def _start(self, name: str) -> Iterator[tuple[str, Noticed]]:
        untold: list[tuple[str, Noticed]] = []
        try:
            process = self._started(name, untold)
        except OSError as error:
            yield from untold
            yield from self._count_death(name, f"it cannot be started: {error.strerror or error}")
            return
        self._processes[name] = process
        self._watcher.begun(process.group)
        self._selector.register(process.channel.connection, selectors.EVENT_READ, name)
        yield from untold

    def _started(self, name: str, untold: list[tuple[str, Noticed]]) -> WorkerProcess:
        """A new process. If its log cannot be written, its output is discarded, and the user must be told. Raises
        `OSError`."""
        try:
            log = open_log(self.log(name))
        except OSError as error:
            text = f"{self.log(name)}: {error.strerror or error}; the output of {name} is lost. Move away what is there"
            untold += self._once(name, text, text)
            log = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        try:
            return start_worker(self._script, self._places[name].which, log, self._now())
        finally:
            os.close(log)

    def _hear(self, name: str, process: WorkerProcess, has_come: bool) -> Iterator[tuple[str, Message | Died]]:
        messages: tuple[Message, ...] = ()
        try:
            if has_come:
                messages = tuple(process.channel.receive())
            elif process.has_ended:  # a child of it may still hold the connection
                raise EOFError
        except EOFError:
            self._selector.unregister(process.channel.connection)
            process.leave(self._now())
            return
        for message in messages:
            process.note(message)
            if not isinstance(message, Ready):
                yield name, message

    def _bury(self, name: str, process: WorkerProcess) -> Iterator[tuple[str, Died | Lost | Noticed]]:
        """A process and its group have ended: report how it died, and free its place."""
        del self._processes[name]
        self._watcher.ended(process.group)
        place, how = self._places[name], process.how_it_ended()
        if process.has_trained or self._now() - process.began >= _LONG_LIFE_S:
            place.deaths = 0
        if process.is_killed:
            place.start_at = self._now()
        elif process.has_leg and process.is_ready:
            place.start_at = self._now()
            yield name, Died(how, process.has_entered)
        else:
            if process.has_leg:
                yield name, Lost(how)
            yield from self._count_death(name, how, last_lines(self.log(name), process.log_began))

    def _count_death(self, name: str, how: str, last: str = "") -> Iterator[tuple[str, Noticed]]:
        """After a death outside of a leg: say when the next process may start, or that none will."""
        place = self._places[name]
        place.deaths += 1
        place.start_at = self._now() + min(_FIRST_PAUSE_S * 2 ** (place.deaths - 1), _LONGEST_PAUSE_S)
        log = f"its output is in {self.log(name)}" + (f", at the end: {last}" if last else "")
        if not place.is_given_up:
            text = f"{name}: its process died outside of training: {how}. It is started again, after pauses; {log}"
            yield from self._once(name, how, text)
        elif all(one.is_given_up for one in self._places.values()):
            self.hopeless = (
                f"no worker process stays alive; {name} died {place.deaths} times in a row outside of training, "
                f"the last time: {how}; {log}. Remove the cause and start the same command again"
            )
        else:
            text = f"{name} is given up after {place.deaths} such deaths in a row ({how}); the other workers go on"
            yield name, Noticed(text)

    def _once(self, name: str, kind: str, text: str) -> list[tuple[str, Noticed]]:
        """The message, if it is the first of its kind; otherwise none."""
        if kind in self._told:
            return []
        self._told.add(kind)
        return [(name, Noticed(text))]


def _look_at(processes: list[WorkerProcess]) -> None:
    for one in processes:
        one.process.poll()


_POOLS: Final[weakref.WeakSet[Pool]] = weakref.WeakSet()


def _let_go_in_fork() -> None:
    for pool in _POOLS:
        pool.let_go()


os.register_at_fork(after_in_child=_let_go_in_fork)
