"""WHAT DOES AN ENGINE OFFER? Run a call somewhere, answer it, say what was heard of it: a `Workplace`.

One file for each engine fulfils this with the means of that engine. `pure_hb.tuning.engines.submitted` does the rest.
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
    """Whom to answer. An engine may begin a call again elsewhere: that is another attempt."""
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
        """Runs a call somewhere, as soon as there is room. That it could not be submitted is told by `hear`."""
        ...

    def answer(self, attempt: str, answer: Answer) -> None:
        """Answers what was asked last. That nobody is there any more is told by `hear`."""
        ...

    def hear(self, seconds: float) -> Iterator[Word]:
        """Waits for words, at most so long."""
        ...

    def is_quiet(self) -> bool:
        """Whether all that has come was told by `hear`."""
        ...

    def end(self, call: str) -> None:
        """Ends a call, or, where it cannot be ended, sees to it that it does not begin. `hear` may tell of it still."""
        ...

    def close(self) -> None:
        """Lets go of the engine. Calls that still run find nobody when they ask."""
        ...


@define
class Inbox:
    """Words, from whichever thread, for the one that hears."""

    _words: "queue.SimpleQueue[Word]" = field(factory=queue.SimpleQueue)

    def put(self, word: Word) -> None:
        """Adds a word."""
        self._words.put(word)

    def take(self, seconds: float) -> list[Word]:
        """All words that are there; waits for the first, at most so long."""
        try:
            words = [self._words.get(timeout=max(0.0, seconds))]
            while not self._words.empty():
                words.append(self._words.get_nowait())
        except queue.Empty:
            return []
        return words

    def is_empty(self) -> bool:
        """Whether there is none."""
        return self._words.empty()
