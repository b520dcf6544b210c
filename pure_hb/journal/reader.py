"""WHAT IS IN A JOURNAL FILE? It is read line by line; each line is complete, torn or damaged.

Only an incomplete last line is torn, as after a crash during a write. Everything else that was changed is damage: an
error that names file and line. The lines before it are valid; those after it are not read.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, NoReturn, Protocol, TypeVar, cast

from attrs import frozen

from pure_hb.journal.address import Address, Place, place_of
from pure_hb.journal.line_stream import LineStream
from pure_hb.journal.other_setup import setup_differences
from pure_hb.journal.records import (
    BEGINNING,
    LINE_LIMIT,
    NO_DIGEST,
    Head,
    Header,
    LineError,
    Record,
    is_whole,
    read_header,
    read_record,
    seal,
)
from pure_hb.journal.regular import JournalError as JournalError
from pure_hb.journal.regular import open_at_once, refuse_special, unusable
from pure_hb.journal.stores import open_store
from pure_hb.machine import RULES_VERSION, Setup

T = TypeVar("T")


@frozen
class Torn:
    """An unfinished line at the end of a journal, as a crash leaves it."""

    path: str
    line: int
    offset: int
    """The position in the file where the line begins, in bytes."""
    length: int

    def __str__(self) -> str:
        return (
            f"{self.path} line {self.line}: the last line is torn ({self.length} bytes from offset {self.offset}), as "
            f"a crash during a write leaves it; it was never acknowledged. The {self.line - 1} lines before are intact"
        )


class Lines(Protocol):
    """A source of lines: a file or a store."""

    def readline(self, limit: int, /) -> bytes:
        """The next line with its newline, at most ``limit`` bytes of it; empty at the end."""
        ...


class Reader:
    """Reads a journal line by line. After the iteration, ``torn``, ``digest`` and ``offset`` say how it ends.

    Raises:
        JournalError: if the file is not a journal, or damaged anywhere but in an incomplete last line.
    """

    def __init__(self, file: Lines, path: str) -> None:
        self.path = path
        self.torn: Torn | None = None
        self.mend: bytes = b""
        """The newline that is missing after the last record."""
        self.offset: int = 0
        """The end of the last whole line's content."""
        self.digest: bytes = NO_DIGEST
        self.elapsed: float = 0.0
        """The `elapsed` of the last record that was read."""
        self.line: int = 0
        self._file = file
        self.header: Header | None = self._read_header()
        self.identity: str = self.digest.hex()
        """The hash of its header, see `FileJournal.identity`."""

    def __iter__(self) -> Iterator[Record]:
        while self.header is not None and self.torn is None and not self.mend:
            line = self._file.readline(LINE_LIMIT + 1)
            if not line:
                return
            record = self._read(line, lambda content: read_record(content, self.digest, self.line, self.elapsed))
            if record is not None:
                self.elapsed = record.elapsed
                yield record

    @property
    def head(self) -> Head:
        """The last record that was read, and the end of its line."""
        return Head(self.line - 1, self.digest, self.offset + len(self.mend), self.elapsed)

    def skip_to(self, head: Head) -> bool:
        """Continue after a known record, directly after the header. Nothing is skipped if no line with its hash ends
        there."""
        if isinstance(self._file, LineStream):
            is_there = self.header is not None and self._file.skip_to(head.number, head.digest)
        else:
            is_there = self._seek(cast("BinaryIO", self._file), head)
        if is_there:
            self.digest, self.line, self.offset, self.elapsed = head.digest, head.number + 1, head.offset, head.elapsed
        return is_there

    def _seek(self, file: BinaryIO, head: Head) -> bool:
        end = seal(head.digest) + b"\n"
        file.seek(max(head.offset - len(end), 0))
        if self.header is None or self.mend or file.read(len(end)) != end:
            file.seek(self.offset)
            return False
        return True

    def _read_header(self) -> Header | None:
        """The header; None in an empty file, or one whose header was never finished."""
        line = self._file.readline(LINE_LIMIT + 1)
        if not line:
            return None
        if not line.startswith(BEGINNING[: len(line)]):
            self._fail("this is no pure_hb journal; give another path, or move the file away")
        return self._read(line, read_header)

    def _read(self, line: bytes, read: Callable[[bytes], tuple[T, bytes]]) -> T | None:
        """The content of a line. None if it is the torn end of the file."""
        content, ended = (line[:-1], True) if line.endswith(b"\n") else (line, False)
        try:
            value, digest = read(content)
        except LineError as error:
            return self._damaged(line, ended, read, error)
        self._accept(content, digest, ended)
        return value

    def _damaged(
        self, line: bytes, ended: bool, read: Callable[[bytes], tuple[T, bytes]], error: LineError
    ) -> T | None:
        if ended or len(line) > LINE_LIMIT or is_whole(line):
            self._fail(str(error))
        if is_whole(line[:-1]):  # the newline itself was damaged
            try:
                value, digest = read(line[:-1])
            except LineError as wrong:
                self._fail(str(wrong))
            self._accept(line[:-1], digest, False)
            return value
        self.torn = Torn(self.path, self.line + 1, self.offset, len(line))
        return None

    def _accept(self, content: bytes, digest: bytes, ended: bool) -> None:
        self.digest = digest
        self.line += 1
        self.offset += len(content) + ended
        self.mend = b"" if ended else b"\n"

    def _fail(self, reason: str) -> NoReturn:
        intact = f". The {self.line} lines before it are intact" if self.line else ""
        raise JournalError(f"{self.path} line {self.line + 1}: {reason}{intact}")


def read_header_of(path: str | Place) -> Header:
    """The header of a journal; the rest is not read.

    Raises:
        JournalError: if it cannot be read, or is damaged.
    """
    place = place_of(path)
    with open_for_reading(place) as file:
        return header_of(Reader(file, str(place)))


def header_of(reader: Reader) -> Header:
    """The header of an open journal. Raises `JournalError` if it has none."""
    if reader.header is None:
        raise JournalError(f"{reader.path} line 1: the journal has no header: it was never begun; start the run again")
    return reader.header


def read_journal(path: str | Place) -> tuple[Header, tuple[Record, ...], Torn | None]:
    """The header and the records of a journal, and the torn line at its end if there is one. Nothing is changed, and no
    lock is taken.

    Raises:
        JournalError: if it cannot be read, or is damaged.
    """
    reader, header, records = _read_all(path)
    return header, records, reader.torn


def read_identified(path: str | Place) -> tuple[str, Header, tuple[Record, ...]]:
    """As `read_journal`: the identity of a journal (see `FileJournal.identity`), its header and records.

    Raises:
        JournalError: if it cannot be read, or is damaged.
    """
    reader, header, records = _read_all(path)
    return reader.identity, header, records


def _read_all(path: str | Place) -> tuple[Reader, Header, tuple[Record, ...]]:
    with reading(path) as reader:
        return reader, header_of(reader), tuple(reader)


@contextmanager
def reading(path: str | Place) -> Iterator[Reader]:
    """A journal to be read line by line, without keeping records in memory. Nothing is changed, and no lock is taken.

    Raises:
        JournalError: if it cannot be read, or is damaged.
    """
    place = place_of(path)
    try:
        with open_for_reading(place) as file:
            yield Reader(file, str(place))
    except OSError as error:
        raise unusable(str(place), error) from None


def open_for_reading(path: Place) -> BinaryIO | LineStream:
    """The lines of a journal, in a file or a store. Raises `JournalError` or OSError."""
    if isinstance(path, Address):
        return LineStream(open_store(path, write=False))
    refuse_special(path)
    file = open_at_once(path)
    try:
        refuse_special(path, file.fileno())  # the file may have been replaced
    except BaseException:
        file.close()
        raise
    return file


def refuse_other_setup(path: str | object, theirs: Header, ours: Setup) -> None:
    """Raises `JournalError` with the first places at which the setup of a journal and another one differ."""
    found = setup_differences(theirs.setup, ours)
    if found:
        places = "".join(f"\n  {line}" for line in found[:8])
        more = f"\n  and {len(found) - 8} more" if len(found) > 8 else ""
        raise JournalError(f"{path}: the journal is of another setup:{places}{more}\n{_way_out(path, theirs)}")


def _way_out(path: str | object, theirs: Header) -> str:
    if theirs.rules == RULES_VERSION:
        return "Use the setup it was begun with, or another journal"
    return (
        f"It was begun under version {theirs.rules} of the rules, and defaults have changed since. To go on with what "
        f"it was begun with: setup = hb.read_journal({str(path)!r})[0].setup; or take another journal"
    )
