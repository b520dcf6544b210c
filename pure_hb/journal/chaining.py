"""HOW DO SEVERAL DECISIONS BECOME LINES? A record for each, and its line, with the hash of the line before."""

from collections.abc import Sequence
from typing import NamedTuple

from pure_hb.journal.origin import Origin
from pure_hb.journal.records import Head, LineError, Record, not_less, record_line
from pure_hb.journal.regular import JournalError
from pure_hb.protocol import Action, Event


class Decision(NamedTuple):
    """An accepted event with its action, and the seconds that the decision took (for information)."""

    event: Event
    action: Action
    seconds: float | None = None


class Link(NamedTuple):
    """A record, its line with the newline, and the head of the log after it."""

    record: Record
    line: bytes
    head: Head


def chain(
    path: str, head: Head, decisions: Sequence[Decision], elapsed: float, time: str | None, session: Origin | None
) -> tuple[Link, ...]:
    """The records that follow on ``head``, all at the same time; the first of them carries ``session``. ``path`` is
    the journal's, for messages.

    Raises:
        JournalError: if one of them cannot be a record; then none may be written.
    """
    links: list[Link] = []
    for event, action, seconds in decisions:
        number = head.number + 1
        try:
            record = Record(number, event, action, not_less(elapsed, head.elapsed), time, seconds, session)
            line, digest = record_line(record, head.digest)
        except TypeError as error:
            raise JournalError(f"{path}: cannot append record {number}: {error}") from None
        except LineError as error:
            raise JournalError(f"{path}: cannot append record {number}: {error}. Shorten it") from None
        head, session = Head(number, digest, head.offset + len(line), record.elapsed), None
        links.append(Link(record, line, head))
    return tuple(links)
