"""Is a line that is read quickly read as it would be slowly, and refused for the same reason?"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pure_hb as hb
import pure_hb.journal.records as records
from pure_hb.codec import values
from pure_hb.codec.quick import Unusual, quickly
from pure_hb.journal import Record, open_file_journal
from pure_hb.journal.records import LineError, read_record
from pure_hb.machine import Trial
from pure_hb.protocol import Action, Event
from pure_hb.rungs import Rung
from pure_hb.testing.store import odd_log
from tests.logs import busy, canonical, write_journal
from tests.shared import ROOT

STORED = sorted((ROOT / "tests" / "data" / "journals").glob("*.jsonl"))
Forge = Callable[[dict[str, Any]], object]


def odd(path: Path) -> bytes:
    setup, log = odd_log()
    with open_file_journal(path, setup, sync="batch", timed=False).journal as journal:
        for record in log:
            journal.append(record.event, record.action, record.elapsed, record.time, record.seconds)
    return path.read_bytes()


def read(data: bytes) -> list[tuple[Record, bytes]]:
    """All records of a journal, with their digests."""
    header, *lines = data.splitlines()
    found, digest, elapsed = [], bytes.fromhex(json.loads(header)["hash"]), 0.0
    for number, line in enumerate(lines, 1):
        record, digest = read_record(line, digest, number, elapsed)
        elapsed = record.elapsed
        found.append((record, digest))
    return found


def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_read_quickly", lambda *_: None)


@pytest.fixture(name="journals")
def _journals(tmp_path: Path) -> list[bytes]:
    ours = [write_journal(tmp_path / "busy.jsonl", busy(30)), odd(tmp_path / "odd.jsonl")]
    return [*ours, *(path.read_bytes() for path in STORED)]


def test_quick_and_slow_give_the_same(journals: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    quick = [read(data) for data in journals]
    with monkeypatch.context() as patch:
        slowly(patch)
        slow = [read(data) for data in journals]
    assert quick == slow
    assert repr(quick) == repr(slow)  # True is no 1, and -0.0 no 0.0
    assert list(map(hash, (record.action for one in quick for record, _ in one))) == list(
        map(hash, (record.action for one in slow for record, _ in one))
    )


def test_most_lines_are_read_quickly(journals: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_structured", lambda *_: pytest.fail("this line was read slowly"))
    data = journals[0].splitlines()
    reports = [place for place, line in enumerate(data) if b'"type":"Report"' in line]
    assert len(reports) > 15
    for place in reports:
        previous = bytes.fromhex(json.loads(data[place - 1])["hash"])
        read_record(data[place], previous, place, 0.0)


FORGED: dict[str, Forge] = {
    "a default that is written": lambda body: body["event"].update(cost=None),
    "evidence that is empty": lambda body: body["action"].update(evidence=[]),
    "logged, which is the default": lambda body: body["action"].update(logged=True),
    "not logged": lambda body: body["action"].update(logged=False),
    "a whole number for a float": lambda body: body["event"].update(value=1),
    "a float for a whole number": lambda body: body["event"].update(resource=1.0),
    "a flag for a number": lambda body: body["event"].update(trial=True),
    "a text for a number": lambda body: body["event"].update(value="0.5"),
    "a number beyond 64 bits": lambda body: body["event"].update(resource=2**70),
    "a number for a text": lambda body: body.update(time=3),
    "an unknown field": lambda body: body["action"].update(more=1),
    "a field that is missing": lambda body: body["event"].pop("resource"),
    "an unknown type": lambda body: body["event"].update(type="Told"),
    "no type": lambda body: body["event"].pop("type"),
    "a list for an event": lambda body: body.update(event=[]),
    "another number": lambda body: body.update(number=9),
    "a number that is a float": lambda body: body.update(number=5.0),
    "elapsed that falls": lambda body: body.update(elapsed=-1.0),
    "elapsed as -0.0": lambda body: body.update(elapsed=-0.0),
    "elapsed as a whole number": lambda body: body.update(elapsed=7),
    "elapsed of no number": lambda body: body.update(elapsed="nan"),
    "seconds as -0.0": lambda body: body.update(seconds=-0.0),
    "evidence of an unknown type": lambda body: body["action"].update(evidence=[{"type": "Felt"}]),
    "evidence as a text": lambda body: body["action"].update(evidence="why"),
    "a lone surrogate": lambda body: body["action"].update(evidence=[{"text": "\ud800", "type": "Because"}]),
    "an action of no log": lambda body: body.update(action={"type": "Wait"}),
    "a value of NaN": lambda body: body["event"].update(value="nan"),
    "a number that no report has": lambda body: body["event"].update(leg=-1),
}


def outcome(line: bytes, previous: bytes, number: int) -> str:
    try:
        return repr(read_record(line, previous, number, 0.0))
    except LineError as error:
        return f"refused: {error}"


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_forged_lines_have_the_same_outcome(tmp_path: Path, forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = write_journal(tmp_path / "run.jsonl", busy(30)).splitlines()
    place = 20
    previous = bytes.fromhex(json.loads(lines[place - 1])["hash"])
    body = json.loads(lines[place])
    assert body["event"]["type"] == "Report"
    del body["hash"]
    forge(body)
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    spellings = [text, text.replace('"number"', '"number": '[:-1], 1), text.replace("{", '{"number":20,', 1)]
    spellings.append(text.replace(":", ": ", 1))
    for spelling in spellings:
        unsealed = spelling.encode()[:-1]
        digest = hashlib.sha256(previous + unsealed).hexdigest()
        line = unsealed + b',"hash":"%b"}' % digest.encode()
        quick = outcome(line, previous, place)
        with monkeypatch.context() as patch:
            slowly(patch)
            assert outcome(line, previous, place) == quick
        wrong = line.replace(digest.encode(), digest[::-1].encode())
        assert "the hash does not match" in outcome(wrong, previous, place) or "refused" in quick


def test_parts_of_a_state_are_read_as_the_converter_reads_them() -> None:
    state = busy(30).state
    parts: list[tuple[object, Any]] = [(trial, Trial) for trial in state.trials]
    parts += [(rung, Rung) for system in state.ladder.systems for rung in system]
    for part, kind in parts:
        data = json.loads(canonical(hb.to_json(part)))
        quick, slow = quickly(data, kind), values._CONVERTER.structure(data, kind)
        assert quick == slow == part
        assert canonical(hb.to_json(quick)) == canonical(data)
        assert type(quick) is kind


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"type": "Ask", "worker": "\ud800"}, Event),
        ({"type": "Ask", "worker": 3}, Event),
        ({"type": "Done"}, Action),
        ({"type": "Fitted", "clock": 3, "learned": {}}, Event),
        ([], Event),
        ({"level": 1, "next_level": 3, "entries": [[2.0, 0, False], [1.0, 1, False]]}, Rung),
        ({"level": 1, "next_level": 3, "entries": [[1.0, 0, 1]]}, Rung),
        ({"x": 1.0}, dict),
    ],
)
def test_what_is_unusual_is_left_to_the_converter(data: Any, kind: Any) -> None:
    with pytest.raises(Unusual):
        quickly(data, kind)
