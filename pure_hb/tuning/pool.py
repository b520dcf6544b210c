"""WHO TRAINS? A pool of worker processes, each with a name, a connection and a log file. It decides nothing."""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from attrs import define, frozen

from pure_hb.tuning.channel import Channel, Message
from pure_hb.tuning.script import Script
from pure_hb.tuning.worker import IN_WORKER

_RUN_WORKER: Final = "import sys; from pure_hb.tuning.worker import main; main(sys.argv[1:])"
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_GRACE_S: Final = 2.0
"""So long a worker whose connection was closed may take to end before it is killed."""


@frozen
class Died:
    """A worker process has ended by itself; another one has taken its place."""

    how: str


@define
class _Process:
    process: subprocess.Popen[bytes]
    channel: Channel


class Pool:
    """Worker processes by name. Use it as a context manager: no process outlives it."""

    def __init__(self, script: Script, names: tuple[str, ...], logs: Path) -> None:
        self._script, self._logs, self._workers = script, logs, len(names)
        self._selector = selectors.DefaultSelector()
        self._processes: dict[str, _Process] = {}
        logs.mkdir(parents=True, exist_ok=True)
        for name in names:
            self._start(name)

    def log(self, name: str) -> Path:
        """Where the output of a worker goes."""
        return self._logs / f"{name}.log"

    def send(self, name: str, message: Message) -> None:
        """Sends a message to a worker. That it has died meanwhile is told by `wait`."""
        try:
            self._processes[name].channel.send(message)
        except OSError:
            return

    def wait(self, seconds: float) -> Iterator[tuple[str, Message | Died]]:
        """Waits for messages, at most so long, and returns them with their worker's name, in the order of names."""
        ready = {key.data for key, _ in self._selector.select(seconds)}
        for name in sorted(self._processes):
            messages: tuple[Message, ...] = ()
            try:
                if name in ready:
                    messages = tuple(self._processes[name].channel.receive())
                elif self._processes[name].process.poll() is not None:  # a child of it may still hold the connection
                    raise EOFError
            except EOFError:
                yield name, Died(self._restart(name))
            yield from ((name, message) for message in messages)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for one in self._processes.values():
            one.channel.close()
        for one in self._processes.values():
            _end(one.process)
        self._selector.close()

    def _start(self, name: str) -> None:
        ours, theirs = socket.socketpair()
        script = json.dumps([self._script.function, self._script.file, self._script.module])
        with theirs, open(self.log(name), "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", _RUN_WORKER, str(theirs.fileno()), script],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(os.environ, self._workers),
            )
        self._processes[name] = _Process(process, Channel(ours))
        self._selector.register(ours, selectors.EVENT_READ, name)

    def _restart(self, name: str) -> str:
        """Replaces a dead worker. Returns how it died."""
        dead = self._processes[name]
        self._selector.unregister(dead.channel.connection)
        dead.channel.close()
        status = _end(dead.process)
        self._start(name)
        return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


def _environment(ours: Mapping[str, str], workers: int) -> dict[str, str]:
    """The worker finds modules where this process does, knows that it is a worker, and has its share of the cores
    (unless the user has said how many threads to use)."""
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
    share = str(max(1, (os.cpu_count() or 1) // workers))
    return {**dict.fromkeys(_THREADS, share), **ours, IN_WORKER: "1", "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1"}


def _end(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
