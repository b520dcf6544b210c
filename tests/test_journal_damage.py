"""Is all damage found? Every bit of the last hundred records of a real journal, every byte at which it can be cut,
lost, swapped and misplaced sectors and lines.

To read 500 records for each of 400,000 flips would take hours. So what stands before the damage is read once, by the
same reader, and a copy of it goes on from there; a sample is read from files as users do.
"""

import copy
import io
import random
import re
from bisect import bisect_right
from collections import Counter
from functools import cache
from itertools import accumulate
from pathlib import Path

import pytest

import pure_hb as hb
from pure_hb.journal import JournalError, Record, open_file_journal, read_journal
from pure_hb.journal.reader import Reader
from tests.logs import assert_verifies, body_of, canonical, chained, lines_of, without_sessions
from tests.real_log import real_log

FLIPPED = 100
CUT = 50
SECTOR = 512


class Positions:
    """A log, and for each of its lines a reader that has read all before it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.lines = lines_of(data)
        self.starts = [0, *accumulate(map(len, self.lines))]
        reader = Reader(io.BytesIO(data), "run.jsonl")
        self._before = {1: copy.copy(reader)}
        for record in reader:
            self._before[record.number + 1] = copy.copy(reader)

    def line_of(self, place: int) -> int:
        """The number of the line in which a byte stands."""
        return bisect_right(self.starts, place) - 1

    def goes_on(self, line: int, rest: bytes) -> tuple[list[Record], Reader]:
        """The records, and the reader after them, of a log whose lines from ``line`` on are replaced by ``rest``."""
        if line == 0:
            reader = Reader(io.BytesIO(rest), "run.jsonl")
        else:
            reader = copy.copy(self._before[line])
            reader._file = io.BytesIO(rest)
        return list(reader), reader

    def finds(self, changed: bytes, line: int, last: int | None = None) -> str | None:
        """What is wrong with how damage that begins in ``line`` is found; None if nothing is. The error must name the
        line. Reading what follows line ``last`` can change nothing."""
        end = len(changed) if last is None else self.starts[min(last + 1, len(self.lines))]
        try:
            records, _ = self.goes_on(line, changed[self.starts[line] : end])
        except JournalError as error:
            return None if str(error).startswith(f"run.jsonl line {line + 1}: ") else str(error)
        return f"accepted, with {len(records)} records from line {line + 1} on"


@cache
def log() -> Positions:
    return Positions(real_log()[1])


def flipped(data: bytes, place: int, bit: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def test_the_log_is_that_of_a_real_run(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(log().data)
    records = assert_verifies(path)
    assert len(records) > 500
    assert {type(record.action) for record in records} == {hb.Start, hb.Resume, hb.Continue, hb.Pause, hb.Stop}
    assert all(record.time and record.seconds for record in records)


# ---- bits -----------------------------------------------------------------------------------------------------------


def test_every_flipped_bit_of_the_last_hundred_records_is_found_in_its_line() -> None:
    first = len(log().lines) - FLIPPED
    wrong, flips = [], 0
    for line in range(first, len(log().lines)):
        content = log().lines[line]
        following = log().lines[line + 1] if line + 1 < len(log().lines) else b""
        for place in range(len(content) - (not following)):  # the last newline has a test of its own
            for bit in range(8):
                flips += 1
                try:
                    log().goes_on(line, flipped(content, place, bit) + following)
                except JournalError as error:
                    if not str(error).startswith(f"run.jsonl line {line + 1}: "):
                        wrong.append((line, place, bit, str(error)))
                else:
                    wrong.append((line, place, bit, "accepted"))
    assert wrong == []
    assert flips == 8 * (len(log().data) - log().starts[first] - 1) > 350_000


def test_ten_thousand_flipped_bits_anywhere_are_found_in_their_line() -> None:
    draw = random.Random(20)
    wrong = []
    for _ in range(10_000):
        place, bit = draw.randrange(len(log().data) - 1), draw.randrange(8)
        line = log().line_of(place)
        found = log().finds(flipped(log().data, place, bit), line, line + 1)
        if found:
            wrong.append((place, bit, found))
    assert wrong == []


def test_of_flipped_bits_in_a_file_none_is_mended_or_cut(tmp_path: Path) -> None:
    """As users read it: the whole file, from the disk."""
    draw = random.Random(21)
    path, setup = tmp_path / "run.jsonl", real_log()[0]
    for place in (0, len(log().data) - 2, *(draw.randrange(len(log().data) - 1) for _ in range(60))):
        data = flipped(log().data, place, draw.randrange(8))
        path.write_bytes(data)
        for use in (lambda: read_journal(path), lambda: open_file_journal(path, setup)):
            with pytest.raises(JournalError, match=rf"run\.jsonl line {log().line_of(place) + 1}: "):
                use()
        assert path.read_bytes() == data


@pytest.mark.parametrize("bit", range(8))
def test_a_flipped_bit_of_the_last_newline_is_mended_and_costs_nothing(bit: int) -> None:
    last = len(log().lines) - 1
    records, reader = log().goes_on(last, flipped(log().lines[last], len(log().lines[last]) - 1, bit))
    assert len(records) == 1
    assert (reader.torn, reader.mend, reader.offset) == (None, b"\n", len(log().data) - 1)


def test_a_last_line_without_a_newline_and_with_a_flipped_bit_is_never_taken_for_a_record() -> None:
    """Complete JSON with a wrong hash is damage; what is no complete JSON any more may be torn, and is cut."""
    last, found = len(log().lines) - 1, Counter[str]()
    content = log().lines[last][:-1]
    for place in range(len(content)):
        for bit in range(8):
            try:
                records, reader = log().goes_on(last, flipped(content, place, bit))
            except JournalError:
                found["damaged"] += 1
            else:
                assert records == []
                assert reader.torn is not None
                found["torn"] += 1
    assert sum(found.values()) == 8 * len(content)
    assert min(found["damaged"], found["torn"]) > 100


# ---- cuts -----------------------------------------------------------------------------------------------------------


def test_cut_at_every_byte_of_the_last_fifty_records_all_that_is_whole_is_kept() -> None:
    first = len(log().lines) - CUT
    for length in range(log().starts[first], len(log().data)):
        line = log().line_of(length)
        records, reader = log().goes_on(line, log().data[log().starts[line] : length])
        rest = length - log().starts[line]
        if rest == len(log().lines[line]) - 1:  # the record is whole, only its newline is missing
            assert (len(records), reader.torn, reader.mend) == (1, None, b"\n")
        elif rest:
            assert (records, reader.offset) == ([], log().starts[line])
            assert reader.torn is not None
            assert (reader.torn.line, reader.torn.offset, reader.torn.length) == (line + 1, log().starts[line], rest)
        else:
            assert (records, reader.torn, reader.mend) == ([], None, b"")
    assert line == len(log().lines) - 1


def test_cut_reopened_and_gone_on_with_the_log_is_the_same_but_for_the_session(memory: Path) -> None:
    """At every 100th byte of the last fifty records of a shorter log, and beside each of its newlines."""
    setup, _ = real_log()
    path, kept = memory / "run.jsonl", CUT + 2
    data = b"".join(log().lines[:kept])
    records = read_records(data)
    near = {start + step for start in log().starts[2:kept] for step in (-2, -1, 0, 1)}
    for length in sorted({*range(log().starts[2], len(data), 100), *near} - {len(data), len(data) + 1}):
        path.write_bytes(data[:length])
        opened = open_file_journal(path, setup)
        whole = log().line_of(length + 1) - 1
        assert opened.journal.number == whole
        assert (opened.torn is None) == (length + 1 in log().starts or length in log().starts)
        with opened.journal as journal:
            if whole < len(records):
                one = records[whole]
                journal.append(one.event, one.action, one.elapsed, one.time, one.seconds)
        expected = data[: log().starts[min(whole + 2, kept)]]
        assert without_sessions(path.read_bytes()) == without_sessions(expected), length
    assert without_sessions(path.read_bytes()) == without_sessions(data)
    assert len(assert_verifies(path)) == kept - 1


def read_records(data: bytes) -> list[Record]:
    return list(Reader(io.BytesIO(data), "run.jsonl"))


# ---- sectors --------------------------------------------------------------------------------------------------------


def sectors() -> range:
    """Where sectors begin, but for the last, which is not a whole one."""
    return range(0, len(log().data) - SECTOR, SECTOR)


def line_of_first_difference(changed: bytes, start: int) -> int:
    """The line in which the first difference after ``start`` stands."""
    both = zip(changed[start:], log().data[start:], strict=False)
    return log().line_of(start + next(place for place, (ours, theirs) in enumerate(both) if ours != theirs))


def test_every_sector_that_is_zeroed_is_found_in_its_line() -> None:
    lost = {start: log().data[:start] + bytes(SECTOR) + log().data[start + SECTOR :] for start in sectors()}
    assert len(lost) > 450
    assert {start: log().finds(data, log().line_of(start)) for start, data in lost.items()} == dict.fromkeys(lost)


def test_every_sector_that_is_written_over_its_neighbour_or_trades_places_with_it_is_found() -> None:
    data = log().data
    for start in sectors()[:-1]:
        middle, end = start + SECTOR, start + 2 * SECTOR
        over = data[:middle] + data[start:middle] + data[end:]
        assert log().finds(over[:middle] + over[start:middle] + data[end:], log().line_of(middle)) is None
        swapped = data[:start] + data[middle:end] + data[start:middle] + data[end:]
        assert log().finds(swapped, line_of_first_difference(swapped, start)) is None


def test_the_last_sector_zeroed_looks_like_a_crash_and_is_told_as_a_torn_line() -> None:
    """The file alone cannot show it: a write that was never synced leaves the same."""
    start = len(log().data) // SECTOR * SECTOR
    line = log().line_of(start)
    records, reader = log().goes_on(line, log().data[log().starts[line] : start] + bytes(len(log().data) - start))
    assert records == []
    assert reader.torn is not None
    assert reader.torn.line == line + 1


# ---- lines ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("distance", [1, 2, 7])
def test_lines_that_are_missing_repeated_or_swapped_are_named(distance: int) -> None:
    lines = log().lines
    for number in range(1, len(lines) - distance):
        after = lines[number + distance :]
        missing = after
        repeated = [*lines[number : number + distance], *lines[number : number + distance], *after]
        swapped = [lines[number + distance], *lines[number + 1 : number + distance], lines[number], *after[1:]]
        for changed, wrong in ((missing, number), (repeated, number + distance), (swapped, number)):
            with pytest.raises(JournalError) as caught:
                log().goes_on(number, b"".join(changed[: distance + 2]))
            assert re.match(
                rf"run\.jsonl line {wrong + 1}: record \d+ stands where record {wrong} should: a line is missing",
                str(caught.value),
            ), str(caught.value)


def test_lines_of_another_run_do_not_fit() -> None:
    """The same events and actions under the same numbers, but of a run that began at another time."""
    bodies = [canonical(body_of(line)) for line in log().lines]
    assert chained(bodies) == log().data
    bodies[0] = bodies[0].replace(b'"started":null', b'"started":"2026-01-01"')
    other = lines_of(chained(bodies))
    for number in range(1, len(other)):
        with pytest.raises(JournalError, match=rf"line {number + 1}: the hash does not match"):
            log().goes_on(number, b"".join(other[number : number + 2]))


def test_the_lines_that_an_error_calls_intact_are_a_journal_that_goes_on(tmp_path: Path) -> None:
    """The way out that is documented: head -n."""
    path, setup = tmp_path / "run.jsonl", real_log()[0]
    path.write_bytes(flipped(log().data, log().starts[300] + 20, 3))
    with pytest.raises(JournalError, match=r"The (\d+) lines before it are intact") as caught:
        open_file_journal(path, setup)
    intact = int(re.findall(r"The (\d+) lines", str(caught.value))[0])
    path.write_bytes(b"".join(lines_of(path.read_bytes())[:intact]))
    with open_file_journal(path, setup).journal as journal:
        assert journal.number == 299


# ---- anything -------------------------------------------------------------------------------------------------------


def test_whatever_is_written_over_a_stretch_of_the_log_is_found() -> None:
    """Random bytes, bytes from elsewhere in the log, or nothing, over 1 to 2000 bytes; lines may vanish or appear."""
    draw = random.Random(22)
    data, wrong = log().data, []
    for _ in range(2000):
        start = draw.randrange(len(data) - 3000)
        length = draw.choice((1, 2, 10, 100, 1000, 2000))
        source = draw.randrange(len(data) - length)
        new = draw.choice((draw.randbytes(length), data[source : source + length], b"", b"\n"))
        changed = data[:start] + new + data[start + length :]
        if changed == data:
            continue
        line = line_of_first_difference(changed, start)
        found = log().finds(changed, line)
        if found:
            wrong.append((start, length, new[:20], found))
    assert wrong == []
