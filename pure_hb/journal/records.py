"""WHAT IS ON A LINE OF A JOURNAL? Header and records as bytes, and the hash chain that connects them. No files here.

A line is canonical JSON whose last member is ``"hash"``: sha256 over the previous line's digest (32 bytes, zeros before
the header) and the bytes of this line before ``,"hash"``. So a changed, missing, repeated or swapped line is found; a
log cut between two lines, or rewritten with a chain of its own, is not: compare the head (number and hash) with one
noted elsewhere.
"""

import hashlib
import math
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from attrs import field, frozen

from pure_hb.codec import (
    UNUSUAL,
    CodecError,
    canonical,
    from_json,
    parse,
    quick_action,
    quick_event,
    shown,
    to_json,
)
from pure_hb.journal.older import as_of_now
from pure_hb.journal.origin import Origin
from pure_hb.machine import RULES_VERSION, Setup
from pure_hb.making import unchecked_maker
from pure_hb.protocol import Action, Event
from pure_hb.protocol.checks import optional_real, real, whole

FORMAT: Final = "pure_hb journal 3"
BEGINNING: Final = b'{"format":"pure_hb journal '
"""The beginning of the first line of every journal, of any version."""
NO_DIGEST: Final = bytes(32)
LINE_LIMIT: Final = 4 * 2**20
"""The largest length of a line: longer ones are not written, and are refused before they are parsed."""

T = TypeVar("T")
_ON_THE_LINE: Final = {"arguments": "train_arguments", "command_line": "train_command_line"}
"""Names of header fields on the line: keys are sorted, and ``format`` must be the first."""
_SEAL_LENGTH: Final = len(',"hash":""}') + 64
_TEXT: Final = (str, type(None))
_NUMBER: Final = (float, type(None))
_HASH: Final = re.compile(rb',"hash":"([0-9a-f]{64})"\}\Z')


@frozen
class Header:
    """Record 0: the setup of the journal, and where it was begun."""

    setup: Setup
    """The setup of the search."""
    rules: int
    """The version of the rules of decision (`pure_hb.machine.RULES_VERSION`) that began it."""
    versions: dict[str, str]
    """Library name -> version."""
    platform: dict[str, str]
    """Operating system, processor, Python, C library, linear algebra with its kernels."""
    started: str | None = None
    """Date and time in UTC; None in a simulation."""
    arguments: dict[str, Any] | None = None
    """The keyword arguments of the training function, JSON values by name; None: it has none."""
    command_line: tuple[str, ...] | None = None
    """The words after ``--`` in ``pure-hb tune FILE -- ...``; None: there are none."""


def _number(value: Any) -> int:
    return whole("number", value)


def _elapsed(value: Any) -> float:
    seconds = real("elapsed", value)
    if not math.isfinite(seconds):
        raise ValueError(f"elapsed is {seconds!r}; it is a finite number of seconds")
    return seconds


def _seconds(value: Any) -> float | None:
    return optional_real("seconds", value)


@frozen(weakref_slot=False)
class Record:
    """One accepted event with its action.

    Raises:
        TypeError: if a field that is a number gets something else. Numbers of numpy are converted, and so are integers
            to seconds.
        ValueError: if ``elapsed`` is not finite.
    """

    number: int = field(converter=_number)
    """Records are numbered from 1; the header is record 0."""
    event: Event
    """The event."""
    action: Action
    """The action."""
    elapsed: float = field(default=0.0, converter=_elapsed)
    """Seconds of work on the run so far, summed over all its sessions; simulated seconds in a simulation. It never
    decreases from record to record."""
    time: str | None = None
    """Date and time in UTC, for people: part of the hash, but never compared by `verify`. None in a simulation."""
    seconds: float | None = field(default=None, converter=_seconds)
    """How long the decision took, in seconds, for people: part of the hash, but never compared by `verify`. None in a
    simulation."""
    session: Origin | None = None
    """The software and the machine that decide, in the first record of each session; otherwise None."""


_make_record: Final = unchecked_maker(Record)


@frozen
class Head:
    """The last record of a journal so far: its number, digest and ``elapsed``, and where its line ends in the file."""

    number: int
    digest: bytes
    offset: int
    elapsed: float = 0.0

    def __str__(self) -> str:
        """NUMBER:HASH, the form in which a head is noted elsewhere."""
        return f"{self.number}:{self.digest.hex()}"


def not_less(elapsed: float, last: float) -> float:
    """``elapsed``, but at least that of the record before, for clocks that were set back or give NaN.

    Raises:
        TypeError: if ``elapsed`` is no number.
    """
    now = real("elapsed", elapsed)
    return now if now > last and math.isfinite(now) else last


class LineError(ValueError):
    """A line that is not the expected one, or too long for a journal."""


def header_line(header: Header) -> tuple[bytes, bytes]:
    """The header's line, newline included, and its digest. Raises `LineError` if it is too long."""
    fields = {_ON_THE_LINE.get(name, name): value for name, value in to_json(header).items()}
    return _sealed({"format": FORMAT, "number": 0, "started": None, **fields}, NO_DIGEST)


def record_line(record: Record, previous: bytes) -> tuple[bytes, bytes]:
    """A record's line, newline included, and its digest, after the digest of the line before.

    Raises:
        LineError: if it is too long.
    """
    return _sealed({"elapsed": 0.0, "seconds": None, "time": None, **to_json(record)}, previous)


def _sealed(body: dict[str, Any], previous: bytes) -> tuple[bytes, bytes]:
    unsealed = canonical(body)[:-1]
    if len(unsealed) > LINE_LIMIT - _SEAL_LENGTH:
        raise LineError(f"the line would have {len(unsealed) + _SEAL_LENGTH} bytes, and {LINE_LIMIT} are the most")
    digest = _digest(previous, unsealed)
    return unsealed + seal(digest) + b"\n", digest


def seal(digest: bytes) -> bytes:
    """The end of a line with this digest, before its newline."""
    return b',"hash":"%b"}' % digest.hex().encode()


def _digest(previous: bytes, unsealed: bytes) -> bytes:
    return hashlib.sha256(previous + unsealed).digest()


def read_header(line: bytes) -> tuple[Header, bytes]:
    """The header of a line without its newline, and its digest.

    Raises:
        LineError: if it is no header, or one of another version.
    """
    if not line.startswith(BEGINNING):
        raise LineError("this is no pure_hb journal")
    version = _body(line).get("format")
    if version != FORMAT:
        raise LineError(f"the journal has the format {shown(version)}; this version of pure_hb reads {FORMAT!r}")
    body = _opened(line, NO_DIGEST, 0)
    rules = _known_rules(body.get("rules"))
    fields = _without(body, "format", "number", *_ON_THE_LINE.values())
    fields |= {name: body[written] for name, written in _ON_THE_LINE.items() if written in body}
    if "setup" in body:
        fields["setup"] = as_of_now(body["setup"], rules)
    header = _structured(fields, Header)
    return header, _same(line, lambda: header_line(header) if rules == RULES_VERSION else _sealed(body, NO_DIGEST))


def _known_rules(rules: Any) -> int:
    """The version of the rules that a header or a session names. Raises `LineError` for one that is not known here."""
    if type(rules) is not int or rules < 1:
        raise LineError(f"$.rules is {shown(rules)}; it is the version of the rules, 1 or more")
    if rules > RULES_VERSION:
        raise LineError(
            f"it was decided under version {shown(rules)} of the rules; this version of pure_hb knows those up to "
            f"{RULES_VERSION}: use a newer version of pure_hb"
        )
    return rules


def _without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def read_record(line: bytes, previous: bytes, number: int, elapsed: float) -> tuple[Record, bytes]:
    """The record of a line without its newline, and its digest, where ``number`` is expected after ``elapsed`` seconds.

    Raises:
        LineError: if the line was damaged, or is another one.
    """
    quick = _read_quickly(line, previous, number, elapsed)
    if quick is not None:
        return quick
    record = _structured(_opened(line, previous, number), Record)
    if not record.action.logged:
        raise LineError(f"$.action: {type(record.action).__name__} is not logged, so it cannot stand in a journal")
    if record.elapsed < elapsed:
        raise LineError(f"$.elapsed falls from {elapsed!r} to {record.elapsed!r}")
    if record.session is not None:
        _known_rules(record.session.rules)
    return record, _same(line, lambda: record_line(record, previous))


_PLAIN: Final = frozenset(("action", "elapsed", "event", "number", "seconds", "time"))
"""The members of a line that begins no session."""


def _read_quickly(line: bytes, previous: bytes, number: int, elapsed: float) -> tuple[Record, bytes] | None:
    """As `read_record`, but only for the usual form of a line; None for any other line, valid or not, which
    `read_record` then reads.

    The quick readers of the codec accept only canonical spellings. So if the JSON of the line is canonical, the line is
    what we would write, and its values need not be encoded again.
    """
    unsealed = line[:-_SEAL_LENGTH]
    digest = hashlib.sha256(b"%b%b" % (previous, unsealed)).digest()
    if len(line) > LINE_LIMIT or line[-_SEAL_LENGTH:] != seal(digest):
        return None
    text = unsealed + b"}"
    try:
        body = parse(text)
        if type(body) is not dict or body.keys() != _PLAIN or canonical(body) != text:
            return None
        event, action = quick_event(body["event"]), quick_action(body["action"])
    except UNUSUAL:
        return None
    worked, time, seconds = body["elapsed"], body["time"], body["seconds"]
    as_usual = type(worked) is float and type(time) in _TEXT and type(seconds) in _NUMBER and body["number"] == number
    if not as_usual or type(body["number"]) is not int or worked < elapsed or not action.logged:
        return None
    if worked == 0.0 and math.copysign(1.0, worked) < 0.0:  # written as 0.0
        return None
    return _make_record(number, event, action, worked, time, seconds, None), digest


def _structured(body: dict[str, Any], kind: type[T]) -> T:
    try:
        return from_json(body, kind)
    except CodecError as error:
        raise LineError(str(error)) from None


def _same(line: bytes, write: Callable[[], tuple[bytes, bytes]]) -> bytes:
    """The digest of a line, which must have exactly the bytes that we would write."""
    try:
        again, digest = write()
    except ValueError:  # text or numbers that cannot be written
        again, digest = b"", b""
    if again[:-1] != line:
        raise LineError("the line is no canonical JSON (duplicate keys, spaces, or another spelling of a value)")
    return digest


def is_whole(line: bytes) -> bool:
    """Whether a line without its newline is complete JSON that ends with a hash, correct or not."""
    return _HASH.search(line) is not None and _is_json(line)


def _is_json(line: bytes) -> bool:
    try:
        parse(line)
    except CodecError:
        return False
    return True


def _opened(line: bytes, previous: bytes, number: int) -> dict[str, Any]:
    """The body of a line that follows on the line before, without its hash."""
    if len(line) > LINE_LIMIT:
        raise LineError(f"the line is longer than {LINE_LIMIT} bytes")
    found = _HASH.search(line)
    body = _body(line)
    if found is None:
        converted = " but with a carriage return: its line ends were converted, convert them back"
        raise LineError("the line does not end with a hash" + (converted if line.endswith(b"\r") else ""))
    if body.get("number") != number:
        stands = body.get("number") if isinstance(body.get("number"), int) else "none"
        raise LineError(f"record {stands} stands where record {number} should: a line is missing, repeated or swapped")
    if _digest(previous, line[: found.start()]).hex().encode() != found[1]:
        raise LineError("the hash does not match: this line, or one before it, was changed after it was written")
    return _without(body, "hash")


def _body(line: bytes) -> dict[str, Any]:
    try:
        body = parse(line)
    except CodecError as error:
        raise LineError(str(error)) from None
    if not isinstance(body, dict):
        raise LineError(f"the line holds a {type(body).__name__}, no object")
    return body
