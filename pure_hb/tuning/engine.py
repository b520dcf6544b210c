"""WHERE IS A LEG TRAINED? What the loop needs of a place that trains legs, and what it hears from there.

`Engine` is the seam: `pure_hb.tuning.run` knows nothing else of it. Local processes are one engine, the `Pool`; the
others submit each leg as one call to somebody else's workers: `pure_hb.tuning.engines`.
"""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from attrs import frozen

from pure_hb.tuning.channel import Message


@frozen
class Died:
    """A worker has ended by itself in the middle of a leg; another one takes its place. Its trial has failed."""

    how: str
    has_entered: bool = True
    """Whether it had imported the script and called train."""


@frozen
class Lost:
    """A worker has ended before it could begin the leg that it had been given."""

    how: str


@frozen
class Dropped:
    """A leg was ended by something that its trial is not to blame for, such as the death of another's process."""

    why: str


Heard = Message | Died | Lost | Dropped


class Engine(Protocol):
    """Trains legs, each by the name of a worker, which trains one at a time. It decides nothing. As a context manager
    it ends, as far as it can, what it has begun."""

    hopeless: str | None
    """Why nothing can be trained any more, and what to do; None as long as something can."""

    def log(self, name: str) -> Path:
        """The path of the log of a worker, for what belongs to no leg."""
        ...

    def leg_log(self, trial: int, leg: int) -> Path:
        """The path of the log of a leg."""
        ...

    def is_ready(self, name: str) -> bool:
        """Whether a worker can be given a leg, once its last one has ended."""
        ...

    def is_given_up(self, name: str) -> bool:
        """Whether a worker has died so often that it gets no leg any more."""
        ...

    def has_entered(self, name: str) -> bool:
        """Whether the next leg of a worker begins without an import of the script."""
        ...

    def send(self, name: str, message: Message) -> None:
        """Gives a leg to a worker that is ready, or answers its report. That it is gone is told by `wait`."""
        ...

    def wait(self, seconds: float) -> Iterator[tuple[str, Heard]]:
        """Waits for messages, at most so long, and returns them with the names of their workers."""
        ...

    def is_quiet(self, name: str) -> bool:
        """Whether a worker lives, and has said nothing that `wait` has not told yet."""
        ...

    def kill(self, name: str) -> None:
        """Ends the leg of a worker that is quiet, or, where that cannot be, forgets it. `wait` tells nothing of it."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
