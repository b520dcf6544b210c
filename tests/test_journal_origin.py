"""Does a log say what it is of, and by what it was decided? Every option, the version of the rules, each session.

Also the numbers that a clock may give: whatever it says, what was acknowledged is read again.
"""

import itertools
import json
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from click.testing import CliRunner

import pure_hb as hb
from pure_hb.cli import cli
from pure_hb.journal import (
    JournalError,
    Origin,
    current_origin,
    older,
    open_file_journal,
    origin,
    read_journal,
    records,
    verify_file,
    verifying,
)
from pure_hb.machine import RULES_VERSION
from tests.logs import (
    SETUP,
    assert_verifies,
    body_of,
    busy,
    chain_with,
    chained,
    lines_of,
    pairs,
    texts,
    without,
    write_journal,
)
from tests.play import ERROR, LINE, promotion, stopping

NEXT = RULES_VERSION + 1
SPACE = hb.Space(
    x=hb.Float(0.0, 1.0), rate=hb.Float(1e-3, 1.0, log=True), width=hb.Int(1, 64, log=True),
    kind=hb.Choice("a", "b"), size=hb.Ordinal(1, 2, 4), share=hb.Finite(0.1, 0.5, 5), seed=hb.Constant(3),
)  # fmt: skip


# ---- headers name every option --------------------------------------------------------------------------------------


def parts(value: Any) -> Iterator[Any]:
    """All values of attrs classes in a setup, but configurations, which are written as plain mappings."""
    if attrs.has(type(value)) and not isinstance(value, hb.Configuration | hb.Space):
        yield value
        for field in attrs.fields(type(value)):
            yield from parts(getattr(value, field.name))
    elif isinstance(value, hb.Space):
        yield from itertools.chain.from_iterable(parts(domain) for _, domain in value.domains)


def objects(data: Any) -> Iterator[dict[str, Any]]:
    """All objects in JSON."""
    if isinstance(data, dict):
        yield data
        data = list(data.values())
    if isinstance(data, list):
        yield from itertools.chain.from_iterable(map(objects, data))


@pytest.mark.parametrize("name", hb.METHODS)
def test_the_header_names_every_option_of_rule_search_and_space(tmp_path: Path, name: str) -> None:
    setup = hb.METHODS[name](SPACE, ERROR, max_resource=9)
    open_file_journal(tmp_path / "run.jsonl", setup).journal.close()
    written = body_of((tmp_path / "run.jsonl").read_bytes())["setup"]
    found = [set(one) - {"type"} for one in objects(written)]
    for part in parts(setup):
        assert {field.name for field in attrs.fields(type(part))} in found, type(part)
    assert hb.from_json(written, hb.Setup) == setup
    assert read_journal(tmp_path / "run.jsonl")[0].setup == setup


@pytest.mark.parametrize("path", [("setup", "search", "allow_duplicates"), ("setup", "space", 0, 1, "log"), ("rules",)])
def test_a_header_that_leaves_an_option_out_is_refused(tmp_path: Path, path: tuple[Any, ...]) -> None:
    log = tmp_path / "run.jsonl"
    write_journal(log, busy(3))
    log.write_bytes(chain_with(log, 0, without(body_of(lines_of(log.read_bytes())[0]), path)))
    with pytest.raises(JournalError, match=r"run.jsonl line 1: (the line is no canonical JSON|\$.rules is None)"):
        read_journal(log)


# ---- the version of the rules ---------------------------------------------------------------------------------------


@pytest.fixture
def next_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of the library that decides by the next rules, whose random search has the option of today anew."""

    def named(setup: Any) -> Any:
        return {**setup, "search": {**setup["search"], "allow_duplicates": False}}

    for module in (older, origin, records, verifying):
        monkeypatch.setattr(module, "RULES_VERSION", NEXT)
    monkeypatch.setattr(older, "STEPS", {RULES_VERSION: named})


def of_old_rules(path: Path) -> None:
    """A journal of the rules of today, whose header does not name an option that came with the next."""
    write_journal(path, busy(12))
    bodies = [body.replace(b'"rules":%d' % NEXT, b'"rules":%d' % RULES_VERSION) for body in texts(path)]
    bodies[0] = bodies[0].replace(b'"allow_duplicates":false,', b"")
    assert b"allow_duplicates" not in bodies[0]
    path.write_bytes(chained(bodies))


@pytest.mark.usefixtures("next_rules")
def test_a_log_of_older_rules_opens_folds_shows_and_goes_on_by_what_its_header_says(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    of_old_rules(path)
    header, old, _ = read_journal(path)
    assert (header.rules, header.setup) == (RULES_VERSION, SETUP)
    assert hb.fold(header.setup, pairs(old)) == busy(12).state
    shown = CliRunner().invoke(cli, ["show", str(path)])
    assert shown.exit_code == 0
    with hb.Session(path, SETUP, warn=lambda _: None) as session:
        assert session.resumed
        assert session.ask() is not None
    new = read_journal(path)[1][len(old)]
    assert new.session is not None
    assert new.session.rules == NEXT
    assert read_journal(path)[0].rules == RULES_VERSION


@pytest.mark.usefixtures("next_rules")
def test_only_verify_declines_a_log_of_older_rules_and_names_them(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    of_old_rules(path)
    found = verify_file(path)
    assert (found.ok, found.decisions) == (False, None)
    done = CliRunner().invoke(cli, ["verify", str(path)])
    assert done.exit_code == 1
    of_old, of_new = f"decided under version {RULES_VERSION} of the rules", f"pure_hb decides by version {NEXT}"
    assert f"{of_old}, and this version of {of_new}" in done.output
    assert f"to verify it use pure_hb {hb.__version__}" in done.output


def test_verify_declines_where_a_single_session_decided_by_other_rules(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "run.jsonl"
    with hb.Session(path, promotion()) as session:
        assert session.ask() is not None
    assert verify_file(path).ok
    request.getfixturevalue("next_rules")
    with hb.Session(path, promotion()) as session:
        assert session.ask() is not None
    assert f"version {RULES_VERSION} of the rules" in str(verify_file(path).declined)


@pytest.mark.parametrize("rules", [NEXT, 10**30, 0, -1, True, 1.0, "1", None])
def test_rules_that_this_version_does_not_know_are_refused_by_name(tmp_path: Path, rules: Any) -> None:
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(3))
    for number, body in enumerate([{**body_of(lines_of(path.read_bytes())[0]), "rules": rules}, None]):
        if body is None:
            body = body_of(lines_of(path.read_bytes())[1])
            body["session"]["rules"] = rules
        other = tmp_path / "other.jsonl"
        other.write_bytes(chain_with(path, number, body))
        with pytest.raises(JournalError) as caught:
            hb.Session(other, SETUP)
        assert f"line {number + 1}: " in str(caught.value)
        if type(rules) is int and rules > RULES_VERSION:
            known = f"this version of pure_hb knows those up to {RULES_VERSION}"
            assert f"version {rules} of the rules; {known}" in str(caught.value)


# ---- each session says on what it decides ---------------------------------------------------------------------------


def sessions(path: Path) -> list[tuple[int, Origin]]:
    return [(one.number, one.session) for one in read_journal(path)[1] if one.session is not None]


def test_each_session_writes_with_its_first_record_on_what_it_decides(tmp_path: Path) -> None:
    path, last = tmp_path / "run.jsonl", 0.0
    firsts = []
    for number in range(3):
        clock = itertools.count(start=100 * number, step=2)
        with hb.Session(path, stopping(), max_trials=9, now=partial(next, clock)) as session:
            assert session.elapsed >= last
            firsts.append((session.state.clock + 1, last))
            for _ in range(3):
                trial = session.ask()
                assert trial is not None
                trial.checkpoint.touch()
                trial.report(trial.start_from + 1, 0.5)
        last = read_journal(path)[1][-1].elapsed
    assert [(number, one.elapsed) for number, one in sessions(path)] == firsts
    for _, one in sessions(path):
        assert one == attrs.evolve(current_origin(stopping(), 0.0), elapsed=one.elapsed)
        assert {one.versions[name] for name in ("numpy", "scipy")} == {np.__version__, scipy_version()}
        assert one.platform["kernels"].startswith("numpy ")
    assert_verifies(path)


def scipy_version() -> str:
    import scipy

    return str(scipy.__version__)


def test_a_session_that_writes_nothing_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    for _ in range(3):
        hb.Session(path, promotion()).close()
    assert len(lines_of(path.read_bytes())) == 1


def test_how_many_threads_there_are_is_not_written(tmp_path: Path) -> None:
    """It changes no decision: see `pure_hb.threads`."""
    open_file_journal(tmp_path / "run.jsonl", hb.mobster(LINE, ERROR, max_resource=9)).journal.close()
    assert "threads" not in read_journal(tmp_path / "run.jsonl")[0].platform


def test_another_platform_of_any_session_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(6))
    assert verify_file(path).same_platform
    for change in ({"platform": {"kernels": "numpy Abacus"}}, {"versions": {"numpy": "1.0", "scipy": "1.0"}}):
        body = body_of(lines_of(path.read_bytes())[1])
        for key, values in change.items():
            body["session"][key].update(values)
        (tmp_path / "other.jsonl").write_bytes(chained([texts(path)[0], canonical_of(body), *texts(path)[2:]]))
        found = verify_file(tmp_path / "other.jsonl")
        assert found.ok
        assert not found.same_platform


def canonical_of(body: Any) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


# ---- clocks ---------------------------------------------------------------------------------------------------------

CLOCKS: dict[str, Callable[[int], Any]] = {
    "integers": lambda n: n,
    "large integers": lambda n: 10**400 + n,
    "backwards": lambda n: 1e9 - n,
    "stands": lambda _: 7,
    "nan at times": lambda n: math.nan if n % 3 else float(n),
    "infinite at times": lambda n: math.inf if n % 3 else float(n),
    "minus infinity": lambda n: -math.inf if n % 2 else n,
    "jumps": lambda n: (n * 7919) % 101 - 50.0,
    "decimals": lambda n: Decimal(n) / 7,
    "fractions": lambda n: Fraction(n, 7),
    "numpy integers": lambda n: np.int64(n),
    "numpy floats": lambda n: np.float32(n),
    "arrays without dimensions": lambda n: np.array(n * 0.1),
    "booleans": lambda n: bool(n % 2),
    "nothing": lambda _: None,
    "beyond doubles": lambda n: 1.7e308 * (-1) ** n,
}


@pytest.mark.parametrize("name", CLOCKS)
def test_whatever_a_clock_says_all_that_was_acknowledged_is_read_again(tmp_path: Path, name: str) -> None:
    path, told = tmp_path / "run.jsonl", []
    readings = itertools.count()
    for _ in range(2):
        clock = lambda: CLOCKS[name](next(readings))  # noqa: E731  # in one line with what it reads
        with hb.Session(path, stopping(), max_trials=20, max_time=1e300, now=clock) as session:
            for _ in range(10):
                trial = session.ask()
                if trial is not None:
                    trial.checkpoint.touch()
                    trial.report(trial.start_from + 1, 0.5)
                    told.append(trial.number)
    found = assert_verifies(path)
    assert [one.event.trial for one in found if isinstance(one.event, hb.Report)] == told
    assert told
    elapsed = [one.elapsed for one in found]
    assert all(map(math.isfinite, elapsed))
    assert elapsed == sorted(elapsed)
    assert {type(one) for one in elapsed} == {float}


@pytest.mark.parametrize(
    ("elapsed", "written"),
    [
        (1, 1.0),
        (np.int32(2), 2.0),
        (np.float32(0.5), 0.5),
        (-3.0, 0.0),
        (math.nan, 0.0),
        (math.inf, 0.0),
        (2**53, 2.0**53),
    ],
)
@pytest.mark.parametrize("seconds", [None, 1, np.float64(0.5)])
def test_numbers_are_made_canonical_when_they_are_appended(
    tmp_path: Path, elapsed: Any, written: float, seconds: Any
) -> None:
    path, play = tmp_path / "run.jsonl", busy(3)
    with open_file_journal(path, SETUP).journal as journal:
        for event, action in play.log:
            journal.append(event, action, elapsed, seconds=seconds)
    found = assert_verifies(path)
    assert [repr(one.elapsed) for one in found] == [repr(written)] * 3
    assert [one.seconds for one in found] == [seconds] * 3


@pytest.mark.parametrize("wrong", ["1.0", None, True, [1.0]])
def test_what_is_no_number_of_seconds_is_refused_and_the_journal_goes_on(tmp_path: Path, wrong: Any) -> None:
    path, play = tmp_path / "run.jsonl", busy(2)
    with open_file_journal(path, SETUP).journal as journal:
        with pytest.raises(JournalError, match="cannot append record 1: elapsed must be a number"):
            journal.append(*play.log[0], wrong)
        for event, action in play.log:
            journal.append(event, action, 1.0)
    assert len(assert_verifies(path)) == 2


def test_a_log_whose_time_falls_was_not_written_by_us(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(4))
    path.write_bytes(chain_with(path, 3, {**body_of(lines_of(path.read_bytes())[3]), "elapsed": 0.5}))
    with pytest.raises(JournalError, match=r"line 4: \$.elapsed falls from 1.0 to 0.5"):
        read_journal(path)


@pytest.mark.parametrize("name", ["max_trials", "max_time", "max_resource_total", "snapshot_every"])
@pytest.mark.parametrize("number", [np.int64(5), np.int8(5), np.uint64(5)])
def test_limits_may_be_scalars_of_numpy(tmp_path: Path, name: str, number: Any) -> None:
    with hb.Session(tmp_path / "run.jsonl", promotion(), **{name: number}) as session:
        assert session.ask() is not None
    for wrong in (True, 0, -1, "5"):
        with pytest.raises(ValueError, match=f"{name} is {wrong!r}"):
            hb.Session(tmp_path / "run.jsonl", promotion(), **{name: wrong})  # type: ignore[arg-type]  # wrong on purpose
