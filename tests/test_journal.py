"""Is a journal whole, and does it say when it is not? Format, reading, every kind of damage, replay.

What happens to a journal while it is written (locks, full disks, interruptions) is in test_journal_writing.py.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import pure_hb as hb
from pure_hb.journal import JournalError, Torn, current_origin, open_file_journal, read_journal
from pure_hb.machine import RULES_VERSION
from tests.logs import (
    NO_DIGEST,
    SETUP,
    assert_verifies,
    body_of,
    busy,
    canonical,
    chain_with,
    chained,
    lines_of,
    pairs,
    read,
    replaced,
    sealed,
    texts,
    without,
    without_sessions,
    write_journal,
)
from tests.play import ERROR, LINE, Play, promotion

RECORDS = 8
LAST = 20


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(RECORDS))
    return path


# ---- the format -----------------------------------------------------------------------------------------------------


def test_every_line_is_canonical_json_sealed_with_sha256_over_the_digest_before_and_its_bytes(log: Path) -> None:
    digest = NO_DIGEST
    for number, line in enumerate(lines_of(log.read_bytes())):
        unsealed = canonical(body_of(line))[:-1]
        by_hand, digest = sealed(unsealed, digest)
        assert line == by_hand
        assert body_of(line)["number"] == number


def test_the_header_tells_format_setup_versions_and_platform(log: Path) -> None:
    header = body_of(lines_of(log.read_bytes())[0])
    assert sorted(header) == ["format", "number", "platform", "rules", "setup", "started", "versions"]
    assert header["started"] is None, "in a simulation"
    assert (header["format"], header["rules"]) == ("pure_hb journal 3", RULES_VERSION)
    assert header["platform"] == current_origin(SETUP, 0.0).platform
    assert sorted(header["platform"]) == [
        "blas", "kernels", "libc", "machine", "python", "simd", "system",
    ]  # fmt: skip
    assert {"pure_hb", "numpy", "scipy", "attrs", "rpds-py"} <= set(header["versions"])
    assert header["setup"]["levels"] == [1, 3, 9, 27]
    assert lines_of(log.read_bytes())[0].startswith(b'{"format":"pure_hb journal ')


def test_a_record_tells_number_times_event_and_action(log: Path) -> None:
    record = body_of(lines_of(log.read_bytes())[4])
    assert sorted(record) == ["action", "elapsed", "event", "number", "seconds", "time"]
    assert record["event"] == {"type": "Report", "trial": 1, "resource": 1, "value": 0.4, "cost": 1.5}
    assert (record["number"], record["elapsed"], record["seconds"], record["time"]) == (4, 2.0, None, None)
    assert record["action"]["type"] == "Continue"
    assert record["action"]["evidence"][0]["type"] == "Ranked"


def test_nan_and_infinities_are_strings_minus_zero_is_kept_and_text_is_utf_8(tmp_path: Path) -> None:
    data = write_journal(tmp_path / "run.jsonl", busy(12))
    assert b'"curve":[[1,0.75],[2,"nan"]]' in data
    assert b'"value":"-inf"' in data
    assert b'"value":-0.0' in data
    assert 'ünïcode, \U0001f642"'.encode() in data
    assert b"\\n" in data
    assert b"NaN" not in data
    assert b"Infinity" not in data


def test_times_are_written_for_people_but_not_in_a_simulation(tmp_path: Path) -> None:
    with open_file_journal(tmp_path / "run.jsonl", SETUP).journal as journal:
        journal.append(hb.Ask("w0"), Play(SETUP)(hb.Ask("w0")), 1.25, "2024-01-01T00:00:00+00:00", 0.002)
    header, (record,), _ = read_journal(tmp_path / "run.jsonl")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", header.started or "")
    assert (record.elapsed, record.time, record.seconds) == (1.25, "2024-01-01T00:00:00+00:00", 0.002)


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    play = busy(30)
    write_journal(tmp_path / "run.jsonl", play)
    header, records, torn = read_journal(tmp_path / "run.jsonl")
    assert header.setup == SETUP
    assert pairs(records) == play.log
    assert [record.number for record in records] == list(range(1, 31))
    assert torn is None
    assert hb.fold(header.setup, pairs(records)) == play.state


@pytest.mark.parametrize("sync", ["record", "batch"])
def test_reopening_goes_on_where_it_ended(tmp_path: Path, sync: Any) -> None:
    whole, path = busy(RECORDS), tmp_path / "run.jsonl"
    state = hb.initial(SETUP)
    for number, (event, action) in enumerate(whole.log, 1):
        opened = open_file_journal(path, SETUP, sync=sync, timed=False)
        assert opened.state == state
        assert (opened.is_new, opened.elapsed, opened.torn) == (number == 1, 0.5 * (number - 1), None)
        with opened.journal as journal:
            journal.append(event, action, 0.5 * number)
        state = hb.advance(state, event, action)
    at_once = write_journal(tmp_path / "at-once.jsonl", whole)
    assert without_sessions(path.read_bytes()) == without_sessions(at_once)
    assert state == whole.state


def test_two_runs_of_the_same_simulation_write_the_same_bytes_and_a_real_one_does_not(tmp_path: Path) -> None:
    one, other = (write_journal(tmp_path / name, busy(20)) for name in ("one.jsonl", "other.jsonl"))
    assert one == other
    open_file_journal(tmp_path / "timed.jsonl", SETUP).journal.close()
    assert lines_of(one)[0] != (tmp_path / "timed.jsonl").read_bytes()


# ---- torn ends: a crash during a write ------------------------------------------------------------------------------


def test_cut_at_every_byte_of_the_last_records_each_whole_record_is_kept_and_nothing_else(tmp_path: Path) -> None:
    play = busy(LAST + 3)
    data = write_journal(tmp_path / "run.jsonl", play)
    ends = [sum(map(len, lines_of(data)[: number + 1])) for number in range(len(play.log) + 1)]
    for length in range(ends[3], len(data) + 1):
        header, records, reader = read(data[:length])
        whole = sum(length >= end - 1 for end in ends[1:])  # the newline may be missing
        assert header is not None
        assert pairs(records) == play.log[:whole], length
        if length in ends or length + 1 in ends:
            assert reader.torn is None
            assert reader.mend == (b"" if length in ends else b"\n")
        else:
            assert reader.torn == Torn("run.jsonl", whole + 2, ends[whole], length - ends[whole])
    assert length == len(data)


def test_cut_anywhere_then_reopened_and_appended_to_it_verifies(tmp_path: Path) -> None:
    play, path = busy(LAST + 3), tmp_path / "run.jsonl"
    data = write_journal(path, play)
    ends = [sum(map(len, lines_of(data)[: number + 1])) for number in range(len(play.log) + 1)]
    near = {end + step for end in ends for step in (-2, -1, 0, 1)}
    for length in sorted({*range(0, len(data), 23), *near} & set(range(ends[-2] + 1))):
        path.write_bytes(data[:length])
        whole = sum(length >= end - 1 for end in ends[1:])
        event, action = play.log[whole]
        opened = open_file_journal(path, SETUP, timed=False)
        with opened.journal as journal:
            assert journal.number == whole
            journal.append(event, action, 0.5 * (whole + 1))
        assert opened.is_new == (length < ends[0] - 1)
        assert (opened.torn is None) == (length in (*ends, 0) or length + 1 in ends)
        assert without_sessions(path.read_bytes()) == without_sessions(data[: ends[whole + 1]]), length
    assert len(assert_verifies(path)) == len(play.log)


def test_what_is_torn_is_told_with_line_offset_and_length(log: Path) -> None:
    data = log.read_bytes()
    log.write_bytes(data[:-40])
    _, records, torn = read_journal(log)
    assert torn is not None
    start = len(data) - len(lines_of(data)[-1])
    assert (torn.line, torn.offset, torn.length) == (RECORDS + 1, start, len(data) - 40 - start)
    assert f"line {RECORDS + 1}: the last line is torn" in str(torn)
    assert f"The {RECORDS} lines before are intact" in str(torn)
    assert len(records) == RECORDS - 1
    assert log.read_bytes() == data[:-40], "reading changes nothing"


def test_a_missing_last_newline_is_mended(log: Path) -> None:
    data = log.read_bytes()
    log.write_bytes(data[:-1])
    opened = open_file_journal(log, SETUP)
    opened.journal.close()
    assert (opened.torn, opened.journal.number, log.read_bytes()) == (None, RECORDS, data)


@pytest.mark.parametrize("bit", range(8))
def test_a_damaged_last_newline_is_mended(log: Path, bit: int) -> None:
    data = log.read_bytes()
    log.write_bytes(data[:-1] + bytes([data[-1] ^ 1 << bit]))
    assert len(read_journal(log)[1]) == RECORDS
    opened = open_file_journal(log, SETUP)
    opened.journal.close()
    assert (opened.torn, opened.journal.number, log.read_bytes()) == (None, RECORDS, data)


def test_a_header_that_was_never_finished_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    header = write_journal(path, Play(SETUP))
    for length in range(len(header) - 1):
        path.write_bytes(header[:length])
        with pytest.raises(JournalError, match="no header: it was never begun; start the run again"):
            read_journal(path)
    for length in range(0, len(header) - 1, 50):
        path.write_bytes(header[:length])
        opened = open_file_journal(path, SETUP, timed=False)
        opened.journal.close()
        assert opened.is_new
        assert path.read_bytes() == header


@pytest.mark.parametrize("number", range(RECORDS + 1))
def test_a_log_cut_between_two_records_is_a_shorter_log(log: Path, number: int) -> None:
    """A chain without a secret proves order, not completeness: only a head noted elsewhere shows it."""
    log.write_bytes(b"".join(lines_of(log.read_bytes())[: number + 1]))
    assert len(assert_verifies(log)) == number
    with open_file_journal(log, SETUP).journal as journal:
        assert journal.number == number
        assert journal.head.digest.hex() == json.loads(lines_of(log.read_bytes())[-1])["hash"]


# ---- damage: an error with file and line, nothing repaired ----------------------------------------------------------


def damaged_line(data: bytes) -> int:
    """The line that the error names; everything else about it is the same for every damage."""
    with pytest.raises(JournalError) as caught:
        read(data)
    found = re.match(r"run\.jsonl line (\d+): (.*)", str(caught.value), re.DOTALL)
    assert found, str(caught.value)
    line = int(found[1])
    assert (f"The {line - 1} lines before it are intact" in found[2]) == (line > 1)
    return line


def test_every_bit_of_the_header_the_middle_and_the_last_records_is_guarded(log: Path) -> None:
    data = log.read_bytes()
    lines = lines_of(data)
    wrong = []
    for number in (0, 3, RECORDS - 2, RECORDS - 1, RECORDS):
        start = sum(map(len, lines[:number]))
        for place in range(start, start + len(lines[number]) - (number == RECORDS)):
            for bit in range(8):
                flipped = data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]
                try:
                    read(flipped)
                except JournalError as error:
                    if not str(error).startswith(f"run.jsonl line {number + 1}: "):
                        wrong.append((place, bit, str(error)))
                else:
                    wrong.append((place, bit, "accepted"))
    assert wrong == []


def swapped(lines: list[bytes], one: int, other: int) -> bytes:
    changed = list(lines)
    changed[one], changed[other] = changed[other], changed[one]
    return b"".join(changed)


@pytest.mark.parametrize("number", range(1, RECORDS))
def test_a_line_that_is_missing_repeated_or_swapped_is_named(log: Path, number: int) -> None:
    lines = lines_of(log.read_bytes())
    missing = b"".join(lines[:number] + lines[number + 1 :])
    repeated = b"".join(lines[: number + 1] + lines[number:])
    for data, line in ((missing, number + 1), (repeated, number + 2), (swapped(lines, number, number + 1), number + 1)):
        assert damaged_line(data) == line
        with pytest.raises(JournalError, match=r"record \d stands where record \d should: a line is missing, repeated"):
            read(data)


def test_a_missing_header_is_no_journal(log: Path) -> None:
    data = b"".join(lines_of(log.read_bytes())[1:])
    assert damaged_line(data) == 1
    with pytest.raises(JournalError, match="no pure_hb journal; give another path"):
        read(data)


@pytest.mark.parametrize("sector", range(4))
def test_a_zeroed_sector_is_damage_also_at_the_end(log: Path, sector: int) -> None:
    data = log.read_bytes()
    start = sector * 512
    assert damaged_line(data[:start] + bytes(512) + data[start + 512 :]) == data[:start].count(b"\n") + 1
    tail = len(data) - 100
    assert damaged_line(data[:tail] + bytes(99) + b"\n") == RECORDS + 1


def test_a_zeroed_tail_without_a_newline_is_torn(log: Path) -> None:
    """As a file system leaves it that had grown the file before the data came."""
    data = log.read_bytes() + bytes(300)
    _, records, reader = read(data)
    assert len(records) == RECORDS
    assert reader.torn is not None
    assert reader.torn.length == 300


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"number":4', b'"number":4,"number":4'),
        (b'"trial":1', b'"trial":0,"trial":1'),
        (b'"number":4', b'"number": 4'),
        (b'"elapsed":2.0', b'"elapsed":2.00'),
        (b'"elapsed":2.0', b'"elapsed":2e0'),
        (b'"value":0.4', b'"value":4e-1'),
        (b'"type":"Report"', b'"type":"R\\u0065port"'),
        (b"{", b" {"),
        (b'"elapsed":2.0', b'"elapsed":2.0 '),
        (b'"elapsed":2.0', b'"elapsed":2'),
        (b'"number":4', b'"number":4,"seconds":null'),
        (b'"type":"Report"', b'"leg":null,"type":"Report"'),
    ],
)
def test_another_spelling_of_the_same_is_found_though_the_hash_fits(log: Path, old: bytes, new: bytes) -> None:
    bodies = texts(log)
    assert read(chained(bodies))[0] is not None, "the chain made by hand is right"
    assert old in bodies[4]
    bodies[4] = bodies[4].replace(old, new, 1)
    data = chained(bodies)
    assert damaged_line(data) == 5
    with pytest.raises(JournalError, match="no canonical JSON"):
        read(data)


@pytest.mark.parametrize(
    "literal",
    [
        b"1e999", b"-1e999", b"NaN", b"Infinity", b"-Infinity", b"9" * 200_000, b"[" * 100_000, b"[" * 900 + b"]" * 900,
        b'{"a":' * 100_000, b'"\\ud800"', b"0x10", b"'a'", b"null,", b"", b"True", b"1.", b".5", b"+1", b"01",
    ],
    ids=lambda literal: literal[:12].decode(),
)  # fmt: skip
@pytest.mark.parametrize("place", [0, 4, RECORDS])
def test_what_json_libraries_disagree_about_is_one_clear_error(log: Path, place: int, literal: bytes) -> None:
    bodies = texts(log)
    field = b'"seed":' if place == 0 else b'"elapsed":'
    bodies[place] = re.sub(field + b"[^,]+", lambda _: field + literal, bodies[place])
    with_right_chain = chained(bodies)
    assert damaged_line(with_right_chain) == place + 1
    assert damaged_line(with_right_chain.replace(b'"hash":"', b'"hash":"0')) <= place + 1


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda data: data.replace(b"\n", b"\r\n"), 1),
        (lambda data: b"\xef\xbb\xbf" + data, 1),
        (lambda data: data.decode().encode("utf-16"), 1),
        (lambda data: data.replace("ü".encode(), b"\xfc"), 6),
        (lambda data: data.replace(b'"w1"', b'"w\x001"'), 3),
        (lambda data: data.replace(b"\n", b"\n\n"), 2),
        (lambda data: data + b"\n", RECORDS + 2),
        (lambda data: data + b"{}\n", RECORDS + 2),
        (lambda data: data + b"null\n", RECORDS + 2),
        (lambda data: data + b"[]\n", RECORDS + 2),
        (lambda data: b"\n" + data, 1),
        (lambda data: data.replace(b'"hash":"', b'"hash":"A'), 1),
    ],
    ids=["CRLF", "BOM", "UTF-16", "latin-1", "NUL", "empty lines", "empty last line", "empty object",
         "null", "list", "empty first line", "hash"],
)  # fmt: skip
def test_what_editors_and_transfers_do_to_a_file_is_found(
    log: Path, change: Callable[[bytes], bytes], line: int
) -> None:
    assert damaged_line(change(log.read_bytes())) == line


@pytest.mark.parametrize(
    "data",
    [
        b"hello\n", b"{}\n", b"[1, 2]\n", b'{"format": "pure_hb journal 2"}\n', b"\x89PNG\r\n", b"\n", b" ",
        b"\x00" * 1000, b'{"format":"other 1"}', b"hello", b"{ ",
    ],
)  # fmt: skip
def test_a_file_of_somebody_else_is_refused_and_left_alone(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(data)
    for use in (lambda: read_journal(path), lambda: open_file_journal(path, SETUP)):
        with pytest.raises(JournalError, match=r"notes\.txt line 1: this is no pure_hb journal; give another path"):
            use()
    assert path.read_bytes() == data


def test_an_empty_file_is_a_journal_that_was_never_begun(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.touch()
    with pytest.raises(JournalError, match="never begun"):
        read_journal(path)
    with open_file_journal(path, SETUP).journal as journal:
        assert journal.number == 0


def test_a_line_over_the_limit_is_refused_before_it_is_parsed(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pure_hb.journal.reader.LINE_LIMIT", 4000)
    monkeypatch.setattr("pure_hb.journal.records.LINE_LIMIT", 4000)
    bodies = texts(log)
    bodies[4] = bodies[4].replace(b'"elapsed":2.0', b'"elapsed":2.0,"time":"' + b"x" * 5000 + b'"')
    for data in (chained(bodies), chained(bodies[:5])[:-1], log.read_bytes() + b"x" * 10_000):
        parsed: list[int] = []
        monkeypatch.setattr("pure_hb.codec.text.json.loads", lambda text, seen=parsed: seen.append(len(text)) or {})
        with pytest.raises(JournalError) as caught:
            read(data)
        monkeypatch.undo()
        monkeypatch.setattr("pure_hb.journal.reader.LINE_LIMIT", 4000)
        monkeypatch.setattr("pure_hb.journal.records.LINE_LIMIT", 4000)
        assert max(parsed, default=0) <= 4001, str(caught.value)


def test_a_gigantic_line_takes_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write_journal(path, Play(SETUP))
    with open(path, "r+b") as file:
        file.truncate(2**34)  # sparse: 16 GiB of zeros after the header
    with pytest.raises(JournalError, match="line 2: the line is longer than 4194304 bytes"):
        read_journal(path)


def test_a_newer_version_is_named_with_ours(log: Path) -> None:
    bodies = texts(log)
    bodies[0] = bodies[0].replace(b"pure_hb journal 3", b"pure_hb journal 4")
    with pytest.raises(JournalError, match=r"has the format 'pure_hb journal 4'; .* reads 'pure_hb journal 3'"):
        read(chained(bodies))


@pytest.mark.parametrize(
    ("other", "shown"),
    [
        (hb.asha(LINE, ERROR, max_resource=27, type="stopping"), ("max_resource: 81 there, 27 here",)),
        (promotion(max_resource=81), ("rule.type: 'Stopping' there, 'Promotion' here",)),
        (hb.asha(LINE, ERROR, max_resource=81, type="stopping", seed=7), ("seed: 0 there, 7 here",)),
        (
            hb.asha(hb.Space(y=hb.Float(0, 1)), ERROR, max_resource=81, type="stopping"),
            ("space: x is there only; y is here only",),
        ),
        (hb.asha(LINE, hb.Minimize("loss"), max_resource=81, type="stopping"), ("goal.metric: 'error' there, 'loss'",)),
        (
            hb.asha(hb.Space(x=hb.Float(0.0, 2.0)), ERROR, max_resource=9, seed=3, max_failures=1),
            ("levels", "max_failures: 3 there, 1 here", "space.x: Float(0.0, 1.0) there, Float(0.0, 2.0) here"),
        ),
    ],
)
def test_another_setup_is_refused_and_the_differences_are_shown(
    log: Path, other: hb.Setup, shown: tuple[str, ...]
) -> None:
    before = log.read_bytes()
    with pytest.raises(JournalError, match="of another setup") as caught:
        open_file_journal(log, other)
    assert all(words in str(caught.value) for words in shown), str(caught.value)
    assert "Use the setup it was begun with, or another journal" in str(caught.value)
    assert log.read_bytes() == before


def test_many_differences_are_cut_short(log: Path) -> None:
    space = hb.Space(**{f"x{number}": hb.Float(0, 1) for number in range(30)})
    with pytest.raises(JournalError) as caught:
        open_file_journal(log, hb.random_search(space, hb.Maximize("score"), max_resource=2, seed=1, max_failures=9))
    assert len(str(caught.value).splitlines()) <= 12


# ---- damage that keeps the chain: nothing but JournalError comes out -------------------------------------------------


JUNK: tuple[Any, ...] = (None, True, -1, 2**80, 1.5, "", "x", "nan", [], [[]], [1, 2, 3], {}, {"type": "Ask"})


def nodes(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to all values in a JSON value."""
    if path:
        yield path
    if isinstance(body, dict | list):
        for key in body if isinstance(body, dict) else range(len(body)):
            yield from nodes(body[key], (*path, key))


@pytest.mark.parametrize("number", [0, 1, 4, 5, 7])
def test_a_line_rewritten_with_a_right_chain_is_read_or_refused_but_never_a_crash(
    log: Path, tmp_path: Path, number: int
) -> None:
    """Every value of a line is replaced by junk, or left out, and the chain computed anew: as an attacker might."""
    body = body_of(lines_of(log.read_bytes())[number])
    crashes = []
    for path in nodes(body):
        changes = [without(body, path), *(replaced(body, path, junk) for junk in JUNK)]
        for changed in changes:
            data = chain_with(log, number, changed)
            try:
                header, records, _ = read(data)
                assert header is not None
                hb.verify(header.setup, pairs(records))
            except (JournalError, hb.ReplayError):
                continue
            except Exception as error:
                crashes.append((path, json.dumps(changed)[:60], repr(error)))
    assert crashes == []


@pytest.mark.parametrize(
    ("number", "path", "value"),
    [
        (3, ("elapsed",), "long"), (3, ("elapsed",), None), (3, ("elapsed",), [1]), (3, ("seconds",), "x"),
        (3, ("time",), 5), (3, ("number",), 3.0), (1, ("number",), True), (0, ("number",), 0.0), (0, ("started",), 5),
        (0, ("versions",), []), (0, ("platform",), None), (0, ("versions", "numpy"), 2),
    ],
)  # fmt: skip
def test_a_field_of_a_wrong_type_is_refused_where_it_stands(
    log: Path, number: int, path: tuple[Any, ...], value: Any
) -> None:
    body = body_of(lines_of(log.read_bytes())[number])
    assert damaged_line(chain_with(log, number, replaced(body, path, value))) == number + 1


@pytest.mark.parametrize("number", [0, 3])
def test_a_field_that_nobody_knows_is_refused(log: Path, number: int) -> None:
    body = {**body_of(lines_of(log.read_bytes())[number]), "colour": "red"}
    assert damaged_line(chain_with(log, number, body)) == number + 1


def test_an_action_that_is_not_logged_cannot_stand_in_a_journal(log: Path) -> None:
    body = body_of(lines_of(log.read_bytes())[3])
    data = chain_with(log, 3, replaced(body, ("action",), {"type": "Wait"}))
    with pytest.raises(JournalError, match=r"line 4: \$\.action: Wait is not logged"):
        read(data)


def test_faults_are_told_with_their_paths_all_at_once(log: Path) -> None:
    body = body_of(lines_of(log.read_bytes())[3])
    body["event"]["trial"], body["event"]["resource"] = "zero", None
    with pytest.raises(JournalError) as caught:
        read(chain_with(log, 3, body))
    assert "$.event.trial" in str(caught.value)
    assert "$.event.resource" in str(caught.value)


def test_records_that_cannot_follow_on_each_other_are_refused_when_opened(log: Path) -> None:
    body = body_of(lines_of(log.read_bytes())[3])
    log.write_bytes(chain_with(log, 3, replaced(body, ("event", "trial"), 7)))
    with pytest.raises(JournalError, match="line 4: the event does not concern trial 0"):
        open_file_journal(log, SETUP)


# ---- what is no place for a journal ----------------------------------------------------------------------------------


@pytest.mark.parametrize("use", [read_journal, lambda path: open_file_journal(path, SETUP)])
def test_folders_pipes_devices_and_missing_folders_are_refused_at_once(
    tmp_path: Path, use: Callable[[Path], object]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "file").touch()
    for path, words in (
        (tmp_path, "is a folder; give the path of a file, for example run.jsonl"),
        (tmp_path / "pipe", "is no regular file"),
        (Path("/dev/null"), "is no regular file"),
        (tmp_path / "missing" / "run.jsonl", "No such file or directory; create the folder first"),
        (tmp_path / "loop", "symbolic link"),
        (tmp_path / "file" / "run.jsonl", "Not a directory"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):
        with pytest.raises(JournalError) as caught:
            use(path)
        assert str(caught.value).startswith(f"{path}: ")
        assert words in str(caught.value)


def test_a_missing_journal_cannot_be_read_but_is_begun(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with pytest.raises(JournalError, match=r"run\.jsonl: No such file or directory$"):
        read_journal(path)
    with open_file_journal(path, SETUP).journal as journal:
        assert journal.number == 0


def test_a_link_to_a_journal_is_that_journal(log: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.jsonl"
    link.symlink_to(log)
    play = busy(RECORDS + 1)
    with open_file_journal(link, SETUP, timed=False).journal as journal:
        journal.append(*play.log[RECORDS], 4.5)
    assert len(assert_verifies(log)) == RECORDS + 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_read_only_file_or_folder_is_refused_before_anything_starts(log: Path, tmp_path: Path) -> None:
    log.chmod(0o444)
    with pytest.raises(JournalError, match=r"run\.jsonl: Permission denied"):
        open_file_journal(log, SETUP)
    assert len(read_journal(log)[1]) == RECORDS
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    with pytest.raises(JournalError, match="Permission denied"):
        open_file_journal(folder / "run.jsonl", SETUP)


def test_an_unknown_way_to_sync_is_refused(tmp_path: Path) -> None:
    wrong: Any = "never"
    with pytest.raises(ValueError, match='sync is \'never\'; it is "record" or "batch"'):
        open_file_journal(tmp_path / "run.jsonl", SETUP, sync=wrong)
    assert not (tmp_path / "run.jsonl").exists()


@pytest.mark.parametrize("act", [lambda path: open_file_journal(path, SETUP), read_journal])
def test_a_journal_that_becomes_a_pipe_while_it_is_opened_is_refused_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[Path], Any]
) -> None:
    path, stat = tmp_path / "run.jsonl", os.stat
    write_journal(path, busy(2))
    before = stat(path)
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(os, "stat", lambda found, **more: before if found == path else stat(found, **more))
    open_files = len(os.listdir("/dev/fd"))
    with pytest.raises(JournalError, match=r"run\.jsonl: is no regular file; give the path of a file"):
        act(path)
    assert len(os.listdir("/dev/fd")) == open_files
