"""How do tests get a journal? Real ones, and ones whose lines are sealed by hand: with hashlib, as documented."""

import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pure_hb as hb
from pure_hb.journal import Header, Record, open_file_journal, read_journal
from pure_hb.journal.reader import Reader
from tests.play import Play, stopping

NO_DIGEST = bytes(32)

SETUP = stopping(max_resource=81)
"""The setup of the journals that `write_journal` writes."""


def busy(records: int) -> Play:
    """A search with so many accepted events: two trials that report in turn, with failures, NaN and observations."""
    play = Play(SETUP)
    script: list[hb.Event] = [
        hb.Ask("w0"),
        hb.Ask("w1"),
        hb.Report(0, 1, 0.5),
        hb.Report(1, 1, 0.4, cost=1.5),
        hb.Fail(0, 'line\nbreak, "quotes", ünïcode, \U0001f642'),
        hb.Ask("wörker"),
        hb.Observe({"x": 0.25}, ((1, 0.75), (2, float("nan")))),
        hb.Report(1, 2, float("-inf")),
        hb.Ask("w1"),
        hb.Report(3, 1, -0.0),
        hb.Release(3, "preempted"),
        hb.Ask("w3"),
    ]
    script += [hb.Report(3, epoch, 1 / (epoch + 1), leg=1) for epoch in range(2, 40)]
    for event in script[:records]:
        assert play(event).logged
    assert len(play.log) == records
    return play


def write_journal(path: Path, play: Play) -> bytes:
    """Writes a journal as a simulation does, without times. Returns its bytes."""
    with open_file_journal(path, play.state.setup, sync="batch", timed=False).journal as journal:
        for number, (event, action) in enumerate(play.log, 1):
            journal.append(event, action, 0.5 * number)
    return path.read_bytes()


def pairs(records: Iterable[Record]) -> list[tuple[hb.Event, hb.Action]]:
    """What `fold` and `verify` take."""
    return [(record.event, record.action) for record in records]


def assert_verifies(path: Path) -> tuple[Record, ...]:
    """The records of a journal that is whole and true."""
    header, records, torn = read_journal(path)
    assert torn is None
    found = hb.verify(header.setup, pairs(records))
    assert found.ok, str(found.disagreement)
    assert found.exact
    return records


# ---- by hand --------------------------------------------------------------------------------------------------------


def canonical(body: Any) -> bytes:
    """Canonical JSON, as documented."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def body_of(line: bytes) -> dict[str, Any]:
    """What stands on a line, without its hash."""
    body: dict[str, Any] = json.loads(line)
    del body["hash"]
    return body


def sealed(unsealed: bytes, previous: bytes) -> tuple[bytes, bytes]:
    """A line from its bytes before ``,"hash"``, and its digest."""
    digest = hashlib.sha256(previous + unsealed).digest()
    return unsealed + b',"hash":"' + digest.hex().encode() + b'"}\n', digest


def chained(bodies: Sequence[bytes]) -> bytes:
    """A whole journal from canonical JSON texts (or others), with a chain of its own."""
    lines, digest = [], NO_DIGEST
    for body in bodies:
        line, digest = sealed(body[:-1], digest)
        lines.append(line)
    return b"".join(lines)


def read(data: bytes) -> tuple[Header | None, list[Record], Reader]:
    """Reads a journal from memory."""
    reader = Reader(io.BytesIO(data), "run.jsonl")
    return reader.header, list(reader), reader


def lines_of(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def texts(log: Path) -> list[bytes]:
    """The lines without their hashes."""
    return [canonical(body_of(line)) for line in lines_of(log.read_bytes())]


def without_sessions(data: bytes) -> bytes:
    """The same log, as if all of it had been written by the process that began it: chained anew."""
    bodies = [body_of(line) for line in lines_of(data)]
    return chained([canonical({name: value for name, value in one.items() if name != "session"}) for one in bodies])


def replaced(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = json.loads(json.dumps(body))
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


def without(body: Any, path: tuple[Any, ...]) -> Any:
    changed = json.loads(json.dumps(body))
    place = changed
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return changed


def chain_with(log: Path, number: int, body: Any) -> bytes:
    bodies = texts(log)[: number + 2]
    bodies[number] = canonical(body)
    return chained(bodies)
