"""WHAT DO SCHEDULER AND WORKER PROCESS SAY TO EACH OTHER? JSON lines over a socket, one message each."""

import json
import socket
from collections.abc import Iterator
from typing import Any, Final, get_args

from attrs import asdict, frozen

from pure_hb.space.domains import INT_LIMIT

_CHUNK: Final = 1 << 16


@frozen
class Leg:
    """To a worker: train this."""

    trial: int
    leg: int
    config: dict[str, Any]
    start_from: int
    until: int
    checkpoint: str
    max_resource: int = INT_LIMIT
    """The epochs of a full training: none needs more."""
    log: str | None = None
    """Where the output goes while train runs."""


@frozen
class Answer:
    """To a worker: whether to go on after its report."""

    go_on: bool
    until: int


@frozen
class Entered:
    """From a worker process, once: the script is imported, and train is called now."""


@frozen
class Reported:
    """From a worker: a result; it waits for the answer."""

    resource: int
    value: float
    cost: float | None = None
    took: float = 0.0
    """Seconds since train was called or got our last answer, by the clock of the worker."""


@frozen
class Ready:
    """From a worker: its process is up, it can train."""


@frozen
class Ended:
    """From a worker: the leg is over, and the worker is free. ``remark``: what train did instead of reporting."""

    remark: str | None = None


@frozen
class Failed:
    """From a worker: train raised an exception."""

    reason: str
    log_end: int | None = None
    """The bytes of the leg's log before we wrote the traceback into it."""


@frozen
class Useless:
    """From a worker: what train reported is no result. The script is wrong, not the trial."""

    reason: str
    log_end: int | None = None
    """As of `Failed`."""


@frozen
class Hopeless:
    """From a worker: the script broke before train was entered; it cannot train anything."""

    reason: str


@frozen
class Noticed:
    """From a worker: something for the user to know."""

    text: str


@frozen
class Unlogged:
    """From a worker: the log of its leg cannot be written; the output goes to the log of the worker."""

    why: str


Message = Leg | Answer | Ready | Entered | Reported | Ended | Failed | Useless | Hopeless | Noticed | Unlogged
_MESSAGES: Final[dict[str, type[Message]]] = {kind.__name__: kind for kind in get_args(Message)}


class Channel:
    """One end of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._rest = b""

    def send(self, message: Message) -> None:
        """Sends a message. Raises OSError if the other end is gone."""
        line = json.dumps([type(message).__name__, asdict(message)]) + "\n"
        self.connection.sendall(line.encode())

    def receive(self) -> Iterator[Message]:
        """Waits for bytes and returns the messages that are complete with them.

        Raises:
            EOFError: if the other end is gone.
        """
        try:
            received = self.connection.recv(_CHUNK)
        except OSError:
            received = b""
        if not received:
            raise EOFError
        *lines, self._rest = (self._rest + received).split(b"\n")
        return (_decoded(line) for line in lines)

    def has_word(self) -> bool:
        """Whether something lies unread: bytes of a message, or the end."""
        try:
            self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        """Lets go of the connection."""
        self.connection.close()


def _decoded(line: bytes) -> Message:
    name, fields = json.loads(line)
    return _MESSAGES[name](**fields)
