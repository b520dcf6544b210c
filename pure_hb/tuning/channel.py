"""WHAT DO SCHEDULER AND WORKER PROCESS SAY TO EACH OTHER? JSON lines over a socket, one message each."""

import json
import socket
from collections.abc import Iterator
from typing import Any, Final, get_args

from attrs import asdict, frozen

from pure_hb.space.domains import INT_LIMIT

_CHUNK: Final = 1 << 16


@frozen
class Begin:
    """To a worker process, before anything else: what it trains with, a `pure_hb.tuning.script.Script`."""

    script: dict[str, Any]


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
    log: str = ""
    """Where the output goes as long as it is trained; empty: where it goes anyway."""


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
    seconds: float = 0.0
    """How long train trained for it: since it was called, or got the last answer."""


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
    printed: int | None = None
    """The size of the leg's log before the traceback was written into it; None: it has none."""


@frozen
class Useless:
    """From a worker: what train reported is no result. The script is wrong, not the trial."""

    reason: str
    printed: int | None = None
    """As of `Failed`."""


@frozen
class Hopeless:
    """From a worker: the script broke before train was entered; it cannot train anything."""

    reason: str


@frozen
class Noticed:
    """From a worker: something for the user to know."""

    text: str
    kind: str = ""
    """Of the same kind, one is enough; empty: each is told."""


Message = Begin | Leg | Answer | Ready | Entered | Reported | Ended | Failed | Useless | Hopeless | Noticed
_MESSAGES: Final[dict[str, type[Message]]] = {kind.__name__: kind for kind in get_args(Message)}


class Channel:
    """One end of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._rest: list[bytes] = []

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
        first, *more = received.split(b"\n")
        self._rest.append(first)  # joined once: a message may have many megabytes
        if not more:
            return iter(())
        *lines, rest = b"".join(self._rest), *more
        self._rest = [rest]
        return (_decoded(line) for line in lines)

    def close(self) -> None:
        """Lets go of the connection."""
        self.connection.close()


def _decoded(line: bytes) -> Message:
    name, fields = json.loads(line)
    return _MESSAGES[name](**fields)
