"""HOW IS A LOG COPIED FROM A FILE INTO A DATABASE, OR BACK? Line by line, with its hash chain: the copy has the same
head and the same identity."""

import contextlib
import os
import uuid
from collections.abc import Iterable, Iterator
from os.path import realpath
from pathlib import Path
from typing import BinaryIO

from attrs import frozen

from pure_hb.journal.address import Address, place_of
from pure_hb.journal.line_stream import LineStream
from pure_hb.journal.reader import Reader, Torn, header_of, open_for_reading
from pure_hb.journal.records import Head
from pure_hb.journal.regular import JournalError, unusable
from pure_hb.journal.snapshot_file import sync_folder
from pure_hb.journal.stores import Stored, open_store


@frozen
class Copied:
    """The last record that was copied, and the torn line after it, which was not."""

    head: Head
    torn: Torn | None


def copy_journal(source: str | Path | Address, target: str | Path | Address) -> Copied:
    """Copies a journal to another place, where no journal may be yet. The chain of hashes is checked on the way. A copy
    that fails leaves nothing behind. Snapshots and checkpoints are not copied.

    Raises:
        JournalError: if the journal cannot be read or is damaged, or the other place is taken or cannot be written.
    """
    there, here = place_of(source), place_of(target)
    try:
        with open_for_reading(there) as file:
            lines = _Lines(file, str(there))
            if isinstance(here, Address):
                _to_store(lines, here)
            else:
                _to_file(lines, here)
    except OSError as error:
        raise unusable(error.filename or str(here), error) from None
    return Copied(lines.reader.head, lines.reader.torn)


class _Lines:
    """The complete lines of a journal, unchanged."""

    def __init__(self, file: BinaryIO | LineStream, path: str) -> None:
        self._last = b""
        self._file = file
        self.reader = Reader(self, path)
        header_of(self.reader)

    def readline(self, limit: int, /) -> bytes:
        """The next line, which is kept until it has been checked."""
        self._last = self._file.readline(limit)
        return self._last

    def __iter__(self) -> Iterator[Stored]:
        yield self._stored(0)
        for record in self.reader:
            yield self._stored(record.number)

    def _stored(self, number: int) -> Stored:
        return Stored(number, self.reader.digest, self._last.removesuffix(b"\n") + b"\n")


def _to_store(lines: Iterable[Stored], target: Address) -> None:
    store = open_store(target, write=True)
    try:
        if not store.fill(lines):
            raise JournalError(f"{target}: a journal is there already; give another name: ?journal=NAME")
    finally:
        store.close()


def _to_file(lines: Iterable[Stored], target: Path) -> None:
    path = realpath(target.expanduser())
    if os.path.lexists(path):
        raise JournalError(f"{target}: is there already; give another path, or move it away")
    part = f"{path}.{uuid.uuid4().hex}.part"
    try:
        with open(part, "xb") as file:
            file.writelines(stored.line for stored in lines)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)  # unlike a rename, it replaces nothing
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part)
    sync_folder(path)
