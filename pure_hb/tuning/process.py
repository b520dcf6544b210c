"""WHAT IS A WORKER PROCESS TO ITS POOL? How it is started, what it is doing, how it ends, and what its log says."""

import errno
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attrs import asdict, define

from pure_hb.tuning.channel import Begin, Channel, Ended, Failed, Leg, Message, Ready, Useless
from pure_hb.tuning.ending import GRACE_S, ask_to_end, is_left, signal_group
from pure_hb.tuning.script import Script
from pure_hb.tuning.worker import IN_WORKER

_RUN_WORKER: Final = "import sys; from pure_hb.tuning.worker import main; main(sys.argv[1:])"
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_LISTENS_S: Final = 60.0
"""What it trains with may be large; a process that does not take it for so long hangs, and is killed."""
_LAST_LINES: Final = 3
_LAST_BYTES: Final = 400


@define(eq=False)
class WorkerProcess:
    """A process that leads a session and a process group of its own, of which the children of train are, too."""

    process: subprocess.Popen[bytes]
    channel: Channel
    began: float
    log_began: int
    """The size of its log when it began, in bytes."""
    is_ready: bool = False
    """Whether it has said that it can train."""
    has_leg: bool = False
    has_trained: bool = False
    """Whether a leg has come to an end in it."""
    _asked: bool = False
    _deadline: float | None = None

    @property
    def group(self) -> int:
        """Its process group."""
        return self.process.pid

    @property
    def is_leaving(self) -> bool:
        """Whether its connection is closed; it, or a child of it, may still be there."""
        return self._deadline is not None

    @property
    def has_ended(self) -> bool:
        """Whether the process itself has ended; children of it may be left."""
        return self.process.poll() is not None

    def note(self, message: Message) -> None:
        """Follows what is said to the process or by it."""
        match message:
            case Ready():
                self.is_ready = True
            case Leg():
                self.has_leg = True
            case Ended() | Failed() | Useless():
                self.has_leg, self.has_trained = False, True
            case _:
                return

    def leave(self, now: float) -> None:
        """Closes the connection. Until the deadline the process may end by itself, and its children on request."""
        self.channel.close()
        self._deadline = now + GRACE_S

    def is_gone(self, now: float) -> bool:
        """Whether the process and all its group have ended, after `leave`. At the deadline they are killed."""
        if self._deadline is not None and now >= self._deadline:
            signal_group(self.group, signal.SIGKILL)
            return self.has_ended
        if not self.has_ended:
            return False
        if not self._asked:
            self._asked = True
            ask_to_end(self.group)
        return not is_left(self.group)

    def how_it_ended(self) -> str:
        """Its exit status, or the signal that ended it."""
        status = self.process.returncode
        if status >= 0:
            return f"exit status {status}"
        try:
            return f"signal {signal.Signals(-status).name}"
        except ValueError:  # a real-time signal
            return f"signal {-status}"


def start_worker(script: Script, workers: int, log: int, now: float) -> WorkerProcess:
    """Starts one of so many workers; its output goes to an open file. Raises `OSError`."""
    log_began = os.fstat(log).st_size
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",  # nothing goes before what PYTHONPATH says
                    "-c",
                    _RUN_WORKER,
                    str(theirs.fileno()),
                ],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(os.environ, workers),
                start_new_session=True,  # Ctrl-C on a terminal does not reach it, and it can be ended with its children
            )
    except BaseException:
        ours.close()
        raise
    channel = Channel(ours)
    ours.settimeout(_LISTENS_S)
    try:
        channel.send(Begin(asdict(script)))
    except TimeoutError:
        process.kill()
    except OSError:  # it has died meanwhile, which is seen when it is waited for
        pass
    ours.settimeout(None)
    return WorkerProcess(process, channel, now, log_began)


def _environment(ours: Mapping[str, str], workers: int) -> dict[str, str]:
    """The worker finds modules where this process does, knows that it is a worker, and has its share of the cores
    (unless the user has said how many threads to use)."""
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path if isinstance(path, str))
    share = str(max(1, (os.cpu_count() or 1) // workers))
    return {**dict.fromkeys(_THREADS, share), **ours, IN_WORKER: "1", "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1"}


def open_log(path: Path, flags: int = os.O_WRONLY | os.O_CREAT | os.O_APPEND) -> int:
    """Opens the log of a worker, and makes its folder. Neither is a link followed, nor does a pipe make it wait.

    Raises:
        OSError: if it cannot be written, or is no regular file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o644)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "it is no regular file")
    return file


def last_lines(path: Path, began: int) -> str:
    """The last lines of a log, of those that came after so many bytes, in one line; empty if there are none."""
    try:
        with open(open_log(path, os.O_RDONLY), "rb") as file:
            file.seek(max(began, file.seek(0, os.SEEK_END) - _LAST_BYTES))
            text = file.read(_LAST_BYTES).decode(errors="replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-_LAST_LINES:])
