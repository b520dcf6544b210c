"""May a line, a setup or a space say anything at all? Mutations of real ones raise the documented error or none."""

import io
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import pure_hb as hb
from pure_hb.codec import CodecError, from_json, parse, to_json
from pure_hb.journal import JournalError, ReplayError
from pure_hb.journal.reader import Reader
from tests.logs import body_of, busy, canonical, chained, lines_of, pairs
from tests.real_log import real_log

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ("nan", "inf", "Report", "Ask", "Start", "Float", "Choice", 10**300, -1, 2**63, "\x00", "\u202e")
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=6,
)
TOKENS = (
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b'"',
    b"\\",
    b"\n",
    b"0",
    b"1e999",
    b"-",
    b"NaN",
    b"null",
    b"\xff",
    b"\x00",
)

MANY = 5 * settings.default.max_examples if settings.default else 500


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to all values inside a JSON value."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [found for key in keys for found in ((*path, key), *paths(value[key], (*path, key)))]


@st.composite
def changed(draw: st.DrawFn, value: Any) -> Any:
    """A JSON value in which one to three parts are replaced, left out, doubled, or put in each other's place."""
    value = json.loads(json.dumps(value))
    for _ in range(draw(st.integers(1, 3))):
        places = paths(value)
        if not places:
            break
        *way, key = draw(st.sampled_from(places))
        inner = value
        for step in way:
            inner = inner[step]
        match draw(st.sampled_from(("junk", "out", "from elsewhere", "another key"))):
            case "junk":
                inner[key] = draw(JUNK)
            case "out":
                del inner[key]
            case "from elsewhere":
                other = value
                for step in draw(st.sampled_from(places)):
                    other = other[step] if step in (other if isinstance(other, dict) else range(len(other))) else None
                    if not isinstance(other, dict | list):
                        break
                inner[key] = json.loads(json.dumps(other))
            case _ if isinstance(inner, dict):
                inner[draw(st.text(max_size=6))] = inner[key]
            case _:
                inner.append(inner[key])
    return value


def bodies() -> list[dict[str, Any]]:
    return [body_of(line) for line in lines_of(real_log()[1])[:40]]


def assert_read_or_refused(data: bytes) -> None:
    """Whole, or refused with the one documented error; what is read can be replayed, or that is refused, too."""
    try:
        reader = Reader(io.BytesIO(data), "run.jsonl")
        records = list(reader)
        if reader.header is not None:
            hb.verify(reader.header.setup, pairs(records))
    except (JournalError, ReplayError) as error:
        message = str(error)
    else:
        return
    assert 0 < len(message) < 20_000


@settings(max_examples=MANY)
@given(data=st.data(), number=st.integers(0, 39))
def test_a_line_whose_values_are_changed_and_whose_chain_is_right_is_read_or_refused(
    data: st.DataObject, number: int
) -> None:
    lines = bodies()
    lines[number] = data.draw(changed(lines[number]))
    try:
        texts = [canonical(body) for body in lines]
    except UnicodeEncodeError:  # no text of a file
        return
    assert_read_or_refused(chained(texts[: number + 3]))


@settings(max_examples=MANY)
@given(data=st.data(), number=st.integers(0, 12))
def test_a_line_whose_bytes_are_changed_and_whose_chain_is_right_is_read_or_refused(
    data: st.DataObject, number: int
) -> None:
    play = busy(12)
    lines = [canonical(body) for body in [HEADER, *map(dict, RECORDS)]]
    assert len(lines) == len(play.log) + 1
    line = bytearray(lines[number])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(line)))
        end = data.draw(st.integers(start, min(len(line), start + 12)))
        line[start:end] = data.draw(st.sampled_from(TOKENS) | st.binary(max_size=6))
    lines[number] = bytes(line)
    assert_read_or_refused(chained(lines))


HEADER = {
    "format": "pure_hb journal 2",
    "number": 0,
    "setup": to_json(busy(1).state.setup),
    "versions": {},
    "platform": {},
    "started": None,
}
RECORDS = [
    {
        "number": number,
        "event": to_json(event),
        "action": to_json(action),
        "elapsed": 0.5,
        "time": None,
        "seconds": None,
    }
    for number, (event, action) in enumerate(busy(12).log, 1)
]


@given(text=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_json_or_one_codec_error(text: bytes) -> None:
    try:
        parse(text)
    except CodecError as error:
        message = str(error)
    else:
        return
    assert message.startswith("$: ")


SPACE = hb.Space(
    a=hb.Float(0.1, 1.0, log=True),
    b=hb.Int(1, 9),
    c=hb.Choice("x", "y", "z"),
    d=hb.Ordinal(1, 2, 4),
    e=hb.Finite(0.0, 1.0, 5),
    f=hb.Constant("k"),
)
SETUPS = [METHOD(SPACE, hb.Minimize("error"), max_resource=9) for METHOD in hb.METHODS.values()]


@settings(max_examples=MANY)
@given(data=st.data(), setup=st.sampled_from(SETUPS))
def test_a_setup_that_is_changed_is_a_setup_or_one_codec_error(data: st.DataObject, setup: hb.Setup) -> None:
    body = data.draw(changed(to_json(setup)))
    try:
        again = from_json(body, hb.Setup)
    except CodecError:
        return
    assert from_json(to_json(again), hb.Setup) == again


@settings(max_examples=MANY)
@given(data=st.data())
def test_a_space_that_is_changed_is_a_space_or_one_codec_error(data: st.DataObject) -> None:
    body = data.draw(changed(to_json(SPACE)))
    try:
        again = from_json(body, hb.Space)
    except CodecError:
        return
    assert from_json(to_json(again), hb.Space) == again
