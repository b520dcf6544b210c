"""WHAT DOES AN ENGINE OFFER? A `Workplace`: it runs a call somewhere, answers it, and returns its messages.

One file for each engine implements this. `pure_hb.tuning.engines.submitted` does the rest.
"""

import queue
from collections.abc import Iterator
from typing import Protocol

from attrs import define, field, frozen

from pure_hb.tuning.channel import Answer, Message
from pure_hb.tuning.engine import Died, Dropped
from pure_hb.tuning.engines.call import Call, Outcome


@frozen
class Asked:
    """A call waits for an answer."""

    call: str
    attempt: str
    """The attempt to answer. If an engine begins a call again elsewhere, that is another attempt."""
    message: Message


@frozen
class Over:
    """A call is over."""

    call: str
    how: Outcome | Died | Dropped


@frozen
class Broken:
    """Nothing can be trained any more."""

    why: str
    """The reason, and what to do."""


Word = Asked | Over | Broken


class Workplace(Protocol):
    """Runs calls by the means of an engine. Its methods are called by one thread."""

    def submit(self, call: Call) -> None:
        """Runs a call somewhere, as soon as there is a free worker. If it could not be submitted, `hear` reports
        that."""
        ...

    def answer(self, attempt: str, answer: Answer) -> None:
        """Answers the last question of a call. If the call is gone, `hear` reports that."""
        ...

    def hear(self, seconds: float) -> Iterator[Word]:
        """Waits for messages of calls, at most ``seconds``."""
        ...

    def is_quiet(self) -> bool:
        """Whether `hear` has returned all messages."""
        ...

    def end(self, call: str) -> None:
        """Ends a call or, if it cannot be ended, prevents that it begins. `hear` may still return messages about it."""
        ...

    def close(self) -> None:
        """Closes the engine. Calls that still run get an error when they ask."""
        ...


@define
class Inbox:
    """Messages, put in by any thread and taken by the one that calls `hear`."""

    _words: "queue.SimpleQueue[Word]" = field(factory=queue.SimpleQueue)

    def put(self, word: Word) -> None:
        """Adds a message."""
        self._words.put(word)

    def take(self, seconds: float) -> list[Word]:
        """All messages that are there; waits for the first, at most ``seconds``."""
        try:
            words = [self._words.get(timeout=max(0.0, seconds))]
            while not self._words.empty():
                words.append(self._words.get_nowait())
        except queue.Empty:
            return []
        return words

    def is_empty(self) -> bool:
        """Whether there is no message."""
        return self._words.empty()
