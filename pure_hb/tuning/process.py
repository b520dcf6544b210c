"""WHAT IS A WORKER PROCESS TO ITS POOL? How it is started, what it is doing, and how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

from attrs import define

from pure_hb.tuning.channel import Channel, Ended, Entered, Failed, Leg, Message, Ready, Useless
from pure_hb.tuning.ending import GRACE_S, ask_to_end, is_left, signal_group
from pure_hb.tuning.script import Script

_RUN_WORKER: Final = "import sys; from pure_hb.tuning.worker import main; main(sys.argv[1:])"


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
    has_entered: bool = False
    """Whether it has imported the script."""
    has_leg: bool = False
    has_trained: bool = False
    """Whether a leg has come to an end in it."""
    was_killed: bool = False
    """Whether we have killed it, so that its end is no news."""
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
        """Kills the process and its group, and closes the connection, so that nothing is heard of it any more."""
        signal_group(self.group, signal.SIGKILL)
        self.channel.close()
        self._deadline, self.was_killed = now, True

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


def start_worker(script: Script, environment: Mapping[str, str], log: int, now: float) -> WorkerProcess:
    """Starts a worker in an environment; its output goes to an open file. Raises `OSError`."""
    log_began = os.fstat(log).st_size
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    _RUN_WORKER,
                    str(theirs.fileno()),
                    json.dumps([script.function, script.file, script.module]),
                ],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,  # Ctrl-C on a terminal does not reach it, and it can be ended with its children
            )
    except BaseException:
        ours.close()
        raise
    return WorkerProcess(process, Channel(ours), now, log_began)
