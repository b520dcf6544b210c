"""WHAT WAS THE STATE AFTER RECORD n? A state as lines of JSON, with the number and hash of its record.

The log decides, and a snapshot that cannot be used is ignored. A snapshot has the number and the hash of its record, so
it also shows that a log has lost its end.
"""

import gc
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any, BinaryIO, Final

from attrs import frozen

from pure_hb.codec import CodecError, canonical, from_json, parse, to_json
from pure_hb.journal.differences import Difference, differences
from pure_hb.journal.records import Head
from pure_hb.machine import Best, Setup, State, Trial
from pure_hb.machine.restore import rebuilt
from pure_hb.protocol import Learned, Memory
from pure_hb.rungs import Rung

FORMAT: Final = "pure_hb snapshot 1"
_CHUNK: Final = 1 << 20
_AT_ONCE: Final = 1000
"""The number of entries of a rung that are encoded at once."""
_SEAL: Final = len(b'{"hash":""}\n') + 64


class SnapshotError(ValueError):
    """A snapshot that cannot be used. The message says why, but does not name the file."""


@frozen
class Snapshot:
    """A state, and the record of the log that it follows."""

    head: Head
    state: State


def snapshot_of(state: State, head: Head) -> Snapshot:
    """The snapshot of the state after a record.

    Raises:
        ValueError: if the state is that after another record.
    """
    if state.clock != head.number:
        raise ValueError(f"the state is that after record {state.clock}, the journal is at record {head.number}")
    return Snapshot(head, state)


def setup_digest(setup: Setup) -> bytes:
    """The identity of a setup: the SHA-256 of its canonical JSON."""
    return hashlib.sha256(canonical(to_json(setup))).digest()


def snapshot_lines(snapshot: Snapshot) -> Iterator[bytes]:
    """A snapshot as lines, newlines included: a first line, then trials, then rungs, then a hash of all lines."""
    whole = hashlib.sha256()
    for part in chain.from_iterable(_lines(snapshot)):
        whole.update(part)
        yield part
    yield b'{"hash":"%b"}\n' % whole.hexdigest().encode()


def _lines(snapshot: Snapshot) -> Iterator[Iterable[bytes]]:
    """The lines, each in short parts, so that other threads need not wait while a million entries are encoded."""
    state = snapshot.state
    yield (canonical(_facts(snapshot)) + b"\n",)
    yield from ((canonical(to_json(trial)) + b"\n",) for trial in state.trials)
    yield from (_of_rung(rung) for system in state.ladder.systems for rung in system)


def _of_rung(rung: Rung) -> Iterator[bytes]:
    """The text ``canonical(to_json(rung))``, in parts."""
    if len(rung) <= _AT_ONCE:
        yield canonical(to_json(rung)) + b"\n"
        return
    begin, entries = b'{"entries":[', iter(rung.entries)
    while part := [[to_json(value), trial, waits] for value, trial, waits in islice(entries, _AT_ONCE)]:
        yield begin + canonical(part)[1:-1]
        begin = b","
    yield b'],"level":%d,"next_level":%d}\n' % (rung.level, rung.next_level)


def _facts(snapshot: Snapshot) -> dict[str, Any]:
    """The content of the first line."""
    head, state = snapshot.head, snapshot.state
    return {
        "format": FORMAT,
        "setup": setup_digest(state.setup).hex(),
        "number": head.number,
        "record": head.digest.hex(),
        "offset": head.offset,
        "elapsed": to_json(head.elapsed),
        "best": None if state.best is None else to_json(state.best),
        "broken": list(state.broken),
        "learned": to_json(state.learned),
        "memory": None if state.memory is None else to_json(state.memory),
        "trials": len(state.trials),
        "rungs": [len(system) for system in state.ladder.systems],
    }


def number_of(setup: Setup, file: BinaryIO) -> int:
    """The number of the record after which a snapshot was made; the file must be at its beginning.

    Raises:
        SnapshotError: if it is damaged, of another setup, or of a format that this version does not read.
    """
    _refuse_damaged(file)
    file.seek(0)
    try:
        return from_json(_first(setup, file)["number"], int)
    except (CodecError, KeyError) as error:
        raise SnapshotError(f"it says of no record that it was made after it: {error}") from None


def contradictions(snapshot: Snapshot, lines: Iterable[bytes]) -> Iterator[Difference]:
    """The places where the lines of another snapshot differ from this one."""
    theirs = iter(lines)
    for place, parts in zip(_places(snapshot.state), _lines(snapshot), strict=True):
        line, ours = next(theirs, b"null\n"), b"".join(parts)
        if line != ours:
            yield from differences(_parsed(line), _parsed(ours), place)


def _places(state: State) -> Iterator[str]:
    """Names for the lines of a snapshot."""
    yield "$"
    yield from (f"$.trials[{number}]" for number in range(len(state.trials)))
    for bracket, system in enumerate(state.ladder.systems):
        yield from (f"$.rungs[{bracket}][{place}]" for place in range(len(system)))


def _parsed(line: bytes) -> Any:
    try:
        return parse(line)
    except CodecError:
        return repr(line)


def restored(setup: Setup, file: BinaryIO) -> Snapshot:
    """The snapshot of a setup that a file holds; the file must be at its beginning, and is read twice.

    Raises:
        SnapshotError: if it is damaged, of another setup, or of a format that this version does not read.
    """
    _refuse_damaged(file)
    file.seek(0)
    try:
        with _collector_paused():
            return _read(setup, file)
    except SnapshotError:
        raise
    except CodecError as error:
        raise SnapshotError(str(error)) from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:  # written by another program
        raise SnapshotError(f"it holds what no state can be: {error}") from None


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pauses garbage collection while a state is read: millions of values are made, none of them is garbage, and
    collections would take a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _refuse_damaged(file: BinaryIO) -> None:
    whole, last = hashlib.sha256(), b""
    while chunk := file.read(_CHUNK):
        last += chunk
        whole.update(last[:-_SEAL])
        last = last[-_SEAL:]
    if last != b'{"hash":"%b"}\n' % whole.hexdigest().encode():
        raise SnapshotError("it is damaged: its hash does not match")


def _first(setup: Setup, file: BinaryIO) -> dict[str, Any]:
    """The first line. Raises `SnapshotError` or `CodecError` if it is not that of a snapshot, or of another setup."""
    body = parse(file.readline())
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        found = body.get("format") if isinstance(body, dict) else body
        raise SnapshotError(f"it has the format {found!r}; this version of pure_hb reads {FORMAT!r}")
    if body.get("setup") != setup_digest(setup).hex():
        raise SnapshotError("it is of another setup")
    return body


def _read(setup: Setup, file: BinaryIO) -> Snapshot:
    body = _first(setup, file)
    count = from_json(body["trials"], int)
    trials = tuple(from_json(parse(line), Trial) for line in islice(file, count))
    systems = tuple(
        tuple(from_json(parse(line), Rung) for line in islice(file, from_json(size, int))) for size in body["rungs"]
    )
    head = Head(
        from_json(body["number"], int),
        bytes.fromhex(body["record"]),
        from_json(body["offset"], int),
        from_json(body["elapsed"], float),
    )
    best = None if body["best"] is None else from_json(body["best"], Best)
    broken = tuple(from_json(number, int) for number in body["broken"])
    learned = from_json(body["learned"], Learned)
    memory = None if body["memory"] is None else from_json(body["memory"], Memory)
    state = rebuilt(setup, head.number, trials, broken, systems, best, learned, memory)
    if len(state.trials) != count or parse(file.readline()).keys() != {"hash"}:
        raise SnapshotError("it has more or fewer lines than it says")
    return Snapshot(head, state)
