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
    """To a worker: train this leg."""

    trial: int
    leg: int
    config: dict[str, Any]
    start_from: int
    until: int
    checkpoint: str
    max_resource: int = INT_LIMIT
    """The epochs of a full training."""
    log: str = ""
    """The file that gets the output during the leg; empty: the output is not redirected."""
    fetch: str = ""
    """The URL of the checkpoint to begin with; empty: there is none, or it is in the folder."""
    store: str = ""
    """The URL below which the leg stores its checkpoints; empty: they stay in the folder."""


@frozen
class Answer:
    """To a worker: whether to continue after its report."""

    go_on: bool
    until: int


@frozen
class Entered:
    """From a worker process, once: the script is imported, and train is about to be called."""


@frozen
class Reported:
    """From a worker: a result. The worker waits for the answer."""

    resource: int
    value: float
    cost: float | None = None
    seconds: float = 0.0
    """Seconds that train took for it: since it was called, or since the last answer."""
    stored: str = ""
    """The URL under which the checkpoint was stored before this report; empty: it was not stored."""


@frozen
class Ready:
    """From a worker: its process has started and can train."""


@frozen
class Ended:
    """From a worker: the leg is over, and the worker is free. ``remark``: what train did instead of reporting."""

    remark: str | None = None


@frozen
class Failed:
    """From a worker: train raised an exception."""

    reason: str
    printed: int | None = None
    """The size of the leg's log before the traceback was written into it; None if there is no log."""


@frozen
class Useless:
    """From a worker: what train reported is not a result. The script is wrong, not the trial."""

    reason: str
    printed: int | None = None
    """The size of the leg's log before the traceback was written into it; None if there is no log."""


@frozen
class Hopeless:
    """From a worker: the script failed before train was called, so it cannot train anything."""

    reason: str


@frozen
class Arrived:
    """From a leg that was submitted to an engine: it has begun. The answer says whether the leg is still wanted."""

    where: str
    """The process or node, in words."""


@frozen
class Noticed:
    """From a worker: something for the user to know."""

    text: str
    kind: str = ""
    """Only the first message of a kind is shown; empty: each is shown."""


Message = Begin | Leg | Answer | Ready | Arrived | Entered | Reported | Ended | Failed | Useless | Hopeless | Noticed
_MESSAGES: Final[dict[str, type[Message]]] = {kind.__name__: kind for kind in get_args(Message)}


class Channel:
    """One end of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._rest: list[bytes] = []

    def send(self, message: Message) -> None:
        """Send a message.

        Raises:
            OSError: if the other end is gone.
        """
        self.connection.sendall(f"{encoded(message)}\n".encode())

    def receive(self) -> Iterator[Message]:
        """Wait for bytes, and return the messages that these complete.

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
        self._rest.append(first)  # joined only once: a message may have many megabytes
        if not more:
            return iter(())
        *lines, rest = b"".join(self._rest), *more
        self._rest = [rest]
        return (decoded(line) for line in lines)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def encoded(message: Message) -> str:
    """A message as one line of JSON."""
    return json.dumps([type(message).__name__, asdict(message)])


def decoded(line: str | bytes) -> Message:
    """The message that `encoded` wrote."""
    name, fields = json.loads(line)
    return _MESSAGES[name](**fields)
