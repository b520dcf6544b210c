"""WHAT IS A WORKER PROCESS TO ITS POOL? How it is started and with which environment, what it is doing, how it ends."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

from attrs import asdict, define, field, frozen

from pure_hb.tuning.channel import Begin, Channel, Ended, Entered, Failed, Leg, Message, Ready, Useless
from pure_hb.tuning.ending import GRACE_S, ask_to_end, is_left, signal_group
from pure_hb.tuning.script import Script
from pure_hb.tuning.worker import IN_WORKER

_RUN_WORKER: Final = "import sys; from pure_hb.tuning.worker import main; main(sys.argv[1:])"
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_LISTENS_S: Final = 60.0
"""Seconds. The first message may be large; a process that does not read it for so long is killed."""


@frozen
class Place:
    """The identity of a worker. A process that replaces another one has the same place."""

    number: int
    workers: int
    environment: Mapping[str, str] = field(factory=dict, repr=False)
    """The environment variables that the user has set for it."""


@define(eq=False)
class WorkerProcess:
    """A process that leads a session and a process group of its own; children of train are in that group too."""

    process: subprocess.Popen[bytes]
    channel: Channel
    began: float
    log_began: int
    """The size of its log when it began, in bytes."""
    is_ready: bool = False
    """Whether it has said that it can train."""
    has_entered: bool = False
    """Whether it has imported the script."""
    has_leg: bool = False
    has_trained: bool = False
    """Whether a leg has come to an end in it."""
    is_killed: bool = False
    """Whether its pool has killed it."""
    _asked: bool = False
    _deadline: float | None = None

    @property
    def group(self) -> int:
        """The number of its process group."""
        return self.process.pid

    @property
    def is_leaving(self) -> bool:
        """Whether its connection is closed; the process, or a child of it, may still be alive."""
        return self._deadline is not None

    @property
    def has_ended(self) -> bool:
        """Whether the process itself has ended; children of it may be left."""
        return self.process.poll() is not None

    def note(self, message: Message) -> None:
        """Notes a message to the process or from it."""
        match message:
            case Ready():
                self.is_ready = True
            case Entered():
                self.has_entered = True
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

    def kill(self, now: float) -> None:
        """Kills it and its whole group. Its unread messages are dropped."""
        self.is_killed, self.has_leg = True, False
        signal_group(self.group, signal.SIGKILL)
        self.channel.close()
        self._deadline = now

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


def start_worker(script: Script, place: Place, log: int, now: float) -> WorkerProcess:
    """Starts a worker, and tells it where train is; its output goes to an open file. Raises `OSError`."""
    log_began = os.fstat(log).st_size
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", _RUN_WORKER, str(theirs.fileno())],  # -P: no path but those of the caller
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(os.environ, place),
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
    except OSError:  # it has died meanwhile, which `wait` will notice
        pass
    ours.settimeout(None)
    return WorkerProcess(process, channel, now, log_began)


def _environment(ours: Mapping[str, str], place: Place) -> dict[str, str]:
    """The worker finds modules where this process does, knows its number, and has its share of the cores (unless the
    user has said how many threads to use). What the user has set for this worker comes last, but its folders of modules
    do not replace ours, without which it finds neither pure_hb nor the script."""
    asked = place.environment.get("PYTHONPATH", "")
    folders = [asked] * bool(asked) + [path or os.getcwd() for path in sys.path if isinstance(path, str)]
    share = str(max(1, (os.cpu_count() or 1) // place.workers))
    own = {IN_WORKER: str(place.number), "PYTHONUNBUFFERED": "1"}
    paths = {"PYTHONPATH": os.pathsep.join(folders)}
    return {**dict.fromkeys(_THREADS, share), **ours, **own, **place.environment, **paths}
