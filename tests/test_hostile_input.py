"""What can a file or a name do to a reader? Nothing but cost a bounded time and memory, and be told in one sentence."""

import math
import struct
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from click.testing import CliRunner

import pure_hb as hb
from pure_hb.cli import cli
from pure_hb.codec import CodecError, from_json, parse, to_json
from pure_hb.journal import JournalError, open_file_journal, read_journal
from tests.logs import SETUP, assert_verifies, body_of, busy, canonical, chained, lines_of, texts, write_journal
from tests.play import LINE, promotion
from tests.processes import python
from tests.shared import ROOT

# ---- what a line may cost -------------------------------------------------------------------------------------------

HEAVY = '''
"""Reads lines that are as expensive as can be, each in a process of its own. Prints megabytes and the error."""
import os, resource, sys
from pathlib import Path
from pure_hb.journal import JournalError, read_journal
from pure_hb.journal.records import LINE_LIMIT
from tests.logs import busy, chained, texts, write_journal

path = Path(sys.argv[1]) / "run.jsonl"
write_journal(path, busy(8))
bodies = texts(path)
room = LINE_LIMIT - 2000
CURVE, NUMBER, REASON = b'[[1,0.75],[2,"nan"]]', b'"elapsed":3.5', b'"elapsed":3.5'


def listed(item):
    return b"[" + b",".join([item] * (room // (len(item) + 1))) + b"]"


keys = b"{" + b",".join(b'"%06d":1' % number for number in range(room // 11)) + b"}"
inner = {
    "pairs": (CURVE, listed(b"[1,0.5]")),
    "no pairs": (CURVE, listed(b"[]")),
    "objects in place of pairs": (CURVE, listed(b"{}")),
    "a text in place of pairs": (CURVE, b'"' + b"x" * room + b'"'),
    "texts in place of pairs": (CURVE, listed(b'"ab"')),
    "keys in place of pairs": (CURVE, keys),
    "a text in place of evidence": (b'"type":"Noted"', b'"evidence":"' + b"x" * room + b'","type":"Noted"'),
    "lists": (NUMBER, NUMBER[:10] + listed(b"[]")),
    "objects": (NUMBER, NUMBER[:10] + listed(b"{}")),
    "floats": (NUMBER, NUMBER[:10] + listed(b"0.1")),
    "texts": (NUMBER, NUMBER[:10] + listed(b'"abcdefgh"')),
    "keys": (NUMBER, NUMBER[:10] + keys),
    "unknown keys": (NUMBER, keys[1:-1] + b"," + NUMBER),
    "a key a million times": (NUMBER, listed(b'"a":1')[1:-1] + b"," + NUMBER),
    "digits": (NUMBER, NUMBER[:10] + b"7" * room),
    "brackets": (NUMBER, NUMBER[:10] + b"[" * room),
    "braces": (NUMBER, NUMBER[:10] + b'{"a":' * (room // 5)),
    "one text": (NUMBER, NUMBER[:10] + b'"' + b"x" * room + b'"'),
    "escapes": (NUMBER, NUMBER[:10] + b'"' + rb"\\u0001" * (room // 6) + b'"'),
    "wide characters": (NUMBER, NUMBER[:10] + b'"' + "\\U0001f642".encode() * (room // 4) + b'"'),
}


def used():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def costs(name):
    sys.stdout.flush()
    if child := os.fork():
        assert os.waitpid(child, 0)[1] == 0, name
        return
    before, said = used(), "accepted"
    try:
        read_journal(path)
    except JournalError as error:
        said = str(error)
    print(f"{name}\\t{used() - before:.0f}\\t{len(said)}\\t{said.encode()[:300]!r}", flush=True)
    os._exit(0)


lines = chained(bodies[:7])
for name, (old, new) in inner.items():
    assert old in bodies[7], name
    last = new.join(bodies[7].rsplit(old, 1))  # a curve also stands in the evidence, before the event
    path.write_bytes(chained([*bodies[:7], last]))
    costs(name)
for name, begin in (("a gigabyte of zeros", b""), ("a gigabyte after a brace", b"{"), ("a gigabyte in a header", None)):
    with open(path, "wb") as file:
        file.write(b'{"format":"pure_hb journal 3"' if begin is None else lines + begin)
        file.truncate(2**30)
    costs(name)
with open(path, "wb") as file:
    file.write(lines + b'{"action":"')
    for _ in range(256):
        file.write(b"x" * 2**20)
costs("a text of 256 MiB")
'''


def test_the_most_expensive_lines_cost_less_than_200_megabytes_and_one_short_sentence(memory: Path) -> None:
    done = python(HEAVY, memory, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(rows) == 24
    assert {name: cost for name, cost, _, _ in rows if float(cost) > 200} == {}
    assert {name: length for name, _, length, _ in rows if int(length) > 12_000} == {}
    assert [name for name, _, _, said in rows if said == "b'accepted'"] == ["pairs"]
    assert all("run.jsonl line " in said for name, _, _, said in rows if name != "pairs")


def test_of_many_faults_twenty_are_told_and_each_is_cut() -> None:
    data = {"type": "Observe", "config": {}, "curve": [["x" * 5000, 0.5]] * 99, "more": 1}
    with pytest.raises(CodecError) as caught:
        from_json(data, hb.Observe | hb.Ask)
    assert len(caught.value.faults) == 100
    assert str(caught.value).endswith("; and 80 more")
    assert len(str(caught.value)) < 20 * 510


def test_what_is_too_long_for_a_line_is_not_written_and_the_journal_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with open_file_journal(path, SETUP, timed=False).journal as journal:
        journal.append(*busy(1).log[0], 0.0)
        size = path.stat().st_size
        for event in (hb.Observe({"x": 0.5}, [(epoch, 0.5) for epoch in range(1, 500_000)]), hb.Fail(0, "x" * 2**22)):
            with pytest.raises(
                JournalError, match=r"cannot append record 2: the line would have \d+ bytes, and 4194304"
            ):
                journal.append(event, hb.Noted(1), 0.0)
        assert path.stat().st_size == size
        journal.append(*busy(2).log[1], 0.0)
    assert len(assert_verifies(path)) == 2


@pytest.mark.parametrize("spare", [-1, 0, 1])
def test_the_longest_line_that_is_written_is_read_again(tmp_path: Path, spare: int) -> None:
    path, play = tmp_path / "run.jsonl", busy(1)
    with open_file_journal(path, SETUP, timed=False).journal as journal:
        journal.append(*play.log[0], 0.0)
        frame = len(chained([*texts(path), FAIL.encode() % b""])) - path.stat().st_size - 1
        event = hb.Fail(0, "x" * (2**22 - frame + spare))
        action = play(event)
        if spare > 0:
            with pytest.raises(JournalError, match="the line would have 4194305 bytes"):
                journal.append(event, action, 0.0)
        else:
            journal.append(event, action, 0.0)
    assert len(assert_verifies(path)) == 1 + (spare <= 0)


FAIL: Final = (
    '{"action":{"evidence":[{"text":"failure 1 of 3","type":"Because"}],"trial":0,"type":"Pause"},"elapsed":0.0,'
    '"event":{"reason":"%s","trial":0,"type":"Fail"},"number":2,"seconds":null,"time":null}'
)


def test_a_setup_that_is_too_long_for_a_line_is_refused(tmp_path: Path) -> None:
    setup = hb.asha(hb.Space(x=hb.Choice("x" * 2**22, "y")), hb.Minimize("loss"), max_resource=9)
    with pytest.raises(JournalError, match="cannot begin a journal of this setup: the line would have"):
        open_file_journal(tmp_path / "run.jsonl", setup)


def break_in(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        assert session.ask() is not None
        raise ValueError("x" * 2**23)


def test_an_exception_that_prints_a_whole_array_fails_its_trial_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with pytest.raises(ValueError, match="xxx"):
        break_in(path)
    with hb.Session(path, promotion()) as session:
        trial = session.ask()
        assert trial is not None
        trial.fail("y" * 2**23)
    fails = [record.event for record in assert_verifies(path) if isinstance(record.event, hb.Fail)]
    assert [(len(event.reason), event.reason[-3:]) for event in fails] == [(10_003, "...")] * 2


# ---- what a parser may raise ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        b"", b"[" * 100_000, b'{"a":' * 100_000, b"1" * 200_000, b"-" + b"1" * 200_000, b"\xff", b"\xef\xbb\xbf{}",
        b"\x00", b'"\x00"', b"{}\r\n{}", b"'a'", b"{" * 10, b"nul", b'"\\ud800', b"1e", b"\x80", b"[1,]",
    ],
    ids=lambda text: repr(text[:12]),
)  # fmt: skip
def test_a_text_that_is_no_json_is_one_codec_error(text: bytes) -> None:
    with pytest.raises(CodecError, match=r"^\$: "):
        parse(text)


@pytest.mark.parametrize("kind", [hb.Space, hb.Setup, hb.State, hb.Configuration, hb.Event, hb.Action])
@pytest.mark.parametrize(
    "data",
    [
        None, True, 5, math.nan, math.inf, "x", [], {}, [[]], [[[]]], {"type": []}, {"type": {}}, {"a": {"b": None}},
        [["x", {"type": "Float", "low": 1e999, "high": 1}]], [["x", {"type": "Choice"}]], [["x", {"type": "Choice",
        "values": [[["a"]]]}]], [["\ud800", {"type": "Constant", "value": 1}]], [["x", {"type": "Int", "low": 0,
        "high": 10**4000}]], {"setup": None}, {"setup": {}, "trials": 5}, [[5, {"type": "Constant", "value": 1}]],
    ],
    ids=lambda data: str(data)[:30],
)  # fmt: skip
def test_json_that_is_none_of_ours_is_one_codec_error(kind: Any, data: Any) -> None:
    if kind is hb.Configuration and data in ({}, {"type": []}, {"type": {}}):
        return
    with pytest.raises(CodecError):
        from_json(data, kind)


def test_a_value_nested_as_deep_as_json_allows_is_one_codec_error() -> None:
    for depth in (10, 100, 500, 800):
        for data in (parse(b"[" * depth + b"]" * depth), parse(b'{"a":' * depth + b"1" + b"}" * depth)):
            space = [["x", {"type": "Constant", "value": data}]]
            with pytest.raises(CodecError):
                from_json(space, hb.Space)
            with pytest.raises(CodecError):
                from_json({**to_json(SETUP), "seed": data}, hb.Setup)


def test_a_name_that_stands_twice_in_a_space_is_an_error() -> None:
    one = {"type": "Float", "low": 0.0, "high": 1.0}
    with pytest.raises(CodecError, match="'x' stands twice in the space"):
        from_json([["x", one], ["y", one], ["x", {**one, "high": 2.0}]], hb.Space)


# ---- names ----------------------------------------------------------------------------------------------------------

NASTY: Final = (
    "\x1b[31mred", "\x1b]0;title\x07", "\u202etxt.exe", "\u2066left\u2069", "nul\x00", "\x9b2J", "line\nbreak\r",
    "\x7f", "\u200bzero width", "\U0001f642", "\ufeffmark", "e\u0301", "\u00e9", "\U000e0041tag", "n" * 10_000,
)  # fmt: skip


@pytest.fixture(params=NASTY, ids=lambda name: ascii(name[:12]))
def nasty(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """A name, and a journal in which everything that can have a name has this one."""
    name, path = str(request.param), tmp_path / "run.jsonl"
    setup = hb.asha(hb.Space(**{name: hb.Choice(name, "b")}, x=hb.Float(0, 1)), hb.Minimize(name), max_resource=9)
    with hb.Session(path, setup, warn=lambda _: None) as session:
        for end in ("fail", "release"):
            trial = session.ask(worker=name)
            assert trial is not None
            getattr(trial, end)(name)
        trial = session.ask(worker=name)
        assert trial is not None
        trial.report(1, 0.5)
        assert session.observe({name: "b", "x": 0.5}, [(1, 0.75)])
    return name, path


def steering(text: str) -> set[str]:
    """The characters that steer a terminal, or change how others are shown."""
    return {character for character in text if not character.isprintable() and character != "\n"}


def test_no_command_prints_what_steers_a_terminal(nasty: tuple[str, Path]) -> None:
    name, path = nasty
    run = CliRunner()
    lines = lines_of(path.read_bytes())
    other = path.with_name("other.jsonl")
    wrong = [body_of(line) for line in lines]
    wrong[1]["event"][f"unknown {name}"] = 1
    other.write_bytes(chained([canonical(body) for body in wrong]))
    shown = [["show", path], ["show", path, "--trial", 0], ["verify", path], ["verify", other], ["show", other]]
    for command in [*shown, *(["show", path, "--record", number] for number in range(1, len(lines)))]:
        result = run.invoke(cli, [str(part) for part in command], color=True)
        assert steering(result.output) == set(), command
        assert result.exit_code == (other in command)


def test_what_the_library_says_of_a_name_does_not_steer_a_terminal(nasty: tuple[str, Path]) -> None:
    name, path = nasty
    header, records, _ = read_journal(path)
    state = hb.fold(header.setup, [(record.event, record.action) for record in records])
    told = [repr(state), *(repr(trial.config) for trial in state.trials), *(hb.explain(one.action) for one in records)]
    told += [repr(record) for record in records]
    assert set().union(*map(steering, told)) == set()
    assert state.trials[0].config[name] in (name, "b")


def test_names_that_look_alike_are_not_the_same(tmp_path: Path) -> None:
    alike = ["\u00e9", "e\u0301", "e", "\u0435", "e\u200b", "E", " e"]
    path = tmp_path / "run.jsonl"
    with open_file_journal(path, SETUP, timed=False).journal as journal:
        state = hb.initial(SETUP)
        for worker in alike:
            state, action = hb.decide(state, hb.Ask(worker))
            assert isinstance(action, hb.Start)
            journal.append(hb.Ask(worker), action, 0.0)
    workers = [record.event.worker for record in assert_verifies(path) if isinstance(record.event, hb.Ask)]
    assert workers == alike


# ---- values of a metric ---------------------------------------------------------------------------------------------

VALUES: Final = (
    math.nan, math.inf, -math.inf, -0.0, 0.0, 5e-324, -5e-324, 2.2250738585072014e-308, 2.225073858507201e-308,
    1.7976931348623157e308, -1.7976931348623157e308, 0.1, 0.1 + 0.2, 1 / 3, 1e16, 1e-5, 123456789012345680.0, 2**53,
    2**53 + 2, -(2**60), 10**22, 0, 7, np.float16(0.1), np.float32(0.1), np.float64(0.1), np.int8(-3), np.uint64(2**63),
    np.float32("nan"), np.float64("inf"), np.float64(-0.0), Decimal("0.1"), Decimal("NaN"), np.array(0.1),
)  # fmt: skip
NO_VALUES: Final = (
    True, False, np.True_, Decimal("sNaN"), "0.1", "nan", None, 2**53 + 1, 10**23, 10**400, 1j, [0.1],
    np.array([0.1]), np.uint64(2**63 + 1), b"1",
)  # fmt: skip


def bits(value: float) -> bytes:
    return struct.pack(">d", value)


def test_every_value_of_a_metric_is_the_same_to_the_bit_in_the_journal_and_after_it(tmp_path: Path) -> None:
    path, setup = tmp_path / "run.jsonl", hb.random_search(LINE, hb.Maximize("score"), max_resource=1)
    given: Any
    with hb.Session(path, setup, max_trials=len(VALUES)) as session:
        for given in VALUES:
            trial = session.ask()
            assert trial is not None
            trial.report(1, given)
        state = session.state
    events = [record.event for record in assert_verifies(path) if isinstance(record.event, hb.Report)]
    assert [bits(event.value) for event in events] == [bits(float(value)) for value in VALUES]
    with hb.Session(path, setup) as session:
        assert to_json(session.state) == to_json(state)
        again = from_json(parse(canonical(to_json(state))), hb.State)
        assert [list(map(bits, (value for _, value in trial.curve))) for trial in again.trials] == [
            [bits(session.state.trials[number].curve[0][1])] for number in range(len(VALUES))
        ]
        assert session.state.best is not None
        assert session.state.best.value == 1.7976931348623157e308


@pytest.mark.parametrize("value", NO_VALUES, ids=lambda value: f"{type(value).__name__} {str(value)[:12]}")
def test_what_is_no_value_of_a_metric_is_a_type_error_and_nothing_is_written(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "run.jsonl"
    with hb.Session(path, promotion()) as session:
        trial = session.ask()
        assert trial is not None
        size = path.stat().st_size
        with pytest.raises(TypeError, match="value"):
            trial.report(1, value)
        with pytest.raises(TypeError):
            trial.report(1, 0.5, cost=[value])  # type: ignore[arg-type]  # a wrong type is the test
        assert path.stat().st_size == size
        assert trial.running


def test_a_journal_with_a_number_that_json_cannot_hold_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(4))
    bodies = texts(path)
    for literal in (b"1e999", b"-1e999", b"NaN", b"Infinity", b"1" * 200_000, b'"Infinity"', b'"NAN"', b"true"):
        changed = [*bodies[:3], bodies[3].replace(b'"value":0.5', b'"value":' + literal)]
        assert changed[3] != bodies[3]
        path.write_bytes(chained(changed))
        with pytest.raises(JournalError, match=r"run\.jsonl line 4: ") as caught:
            read_journal(path)
        assert len(str(caught.value)) < 1000
