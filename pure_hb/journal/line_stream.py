"""HOW IS A STORE READ LIKE A FILE? `LineStream`: the lines of a store, one after the other."""

from types import TracebackType
from typing import Self

from pure_hb.journal.regular import JournalError
from pure_hb.journal.stores import Store


class LineStream:
    """The lines of a store in order, fetched in parts. It closes the store.

    Raises:
        JournalError: while it is read, if the store cannot be used, or a line is missing.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lines = store.lines(0)
        self._next = 0

    def readline(self, limit: int, /) -> bytes:
        """The next line with its newline, complete even if it is longer than the limit; empty at the end."""
        stored = next(self._lines, None)
        if stored is None:
            return b""
        if stored.number != self._next:
            raise JournalError(
                f"the store holds record {stored.number}, but not record {self._next}: put back a backup"
            )
        self._next += 1
        return stored.line

    def skip_to(self, number: int, digest: bytes) -> bool:
        """Continue after a known record. Nothing is skipped if another record is found there."""
        lines = self._store.lines(number)
        stored = next(lines, None)
        if stored is None or (stored.number, stored.digest) != (number, digest):
            return False
        self._lines, self._next = lines, number + 1
        return True

    def close(self) -> None:
        """Closes the store."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()
