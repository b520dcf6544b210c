"""WHERE IS A LEG TRAINED? What the loop needs of a place that trains legs, and what it hears from there.

`Engine` is all that `pure_hb.tuning.run` knows of such a place. Local processes are one engine, the `Pool`; the engines
in `pure_hb.tuning.engines` submit each leg as one call to workers of another library.
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
    """A leg was ended for a reason outside its trial, such as the death of the process of another trial."""

    why: str


Heard = Message | Died | Lost | Dropped


class Engine(Protocol):
    """Trains legs on named workers, one leg at a time on each. It decides nothing. As a context manager it ends, as far
    as it can, the processes and calls that it has begun."""

    hopeless: str | None
    """Why nothing can be trained any more, and what to do; None as long as something can."""

    def log(self, name: str) -> Path:
        """The path of the log of a worker, for output outside of legs."""
        ...

    def leg_log(self, trial: int, leg: int) -> Path:
        """The path of the log of a leg."""
        ...

    def is_ready(self, name: str) -> bool:
        """Whether a worker can be given a leg, once its last one has ended."""
        ...

    def is_given_up(self, name: str) -> bool:
        """Whether a worker has died so often that it gets no more legs."""
        ...

    def has_entered(self, name: str) -> bool:
        """Whether the next leg of a worker begins without an import of the script."""
        ...

    def send(self, name: str, message: Message) -> None:
        """Gives a leg to a worker that is ready, or answers its report. If the worker is gone, `wait` reports that."""
        ...

    def wait(self, seconds: float) -> Iterator[tuple[str, Heard]]:
        """Waits for messages, at most ``seconds``, and returns them with the names of their workers."""
        ...

    def is_quiet(self, name: str) -> bool:
        """Whether a worker lives, and `wait` has returned all of its messages."""
        ...

    def kill(self, name: str) -> None:
        """Ends the leg of a worker that is quiet or, if the engine cannot do that, forgets it. `wait` returns no
        message about it."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
