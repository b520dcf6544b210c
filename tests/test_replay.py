"""What does a log say, and is it true? Fold and verify."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import pure_hb as hb
from pure_hb.journal import open_file_journal, read_journal
from tests.logs import SETUP, busy, canonical, chained, pairs, read, replaced, texts, write_journal
from tests.play import ERROR, LINE

RECORDS = 8


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(RECORDS))
    return path


def test_fold_and_reopening_never_choose(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def thinks(*_: object) -> None:
        raise AssertionError("a fold must not decide")

    expected = busy(RECORDS).state
    for module in ("pure_hb.machine.decide", "pure_hb.journal.verification"):
        monkeypatch.setattr(sys.modules[module], "choose", thinks)
    header, records, _ = read_journal(log)
    assert hb.fold(header.setup, pairs(records)) == expected
    opened = open_file_journal(log, SETUP)
    opened.journal.close()
    assert opened.state == expected
    with pytest.raises(AssertionError, match="must not decide"):
        hb.verify(header.setup, pairs(records))


@pytest.mark.parametrize(
    ("number", "path", "value", "shown"),
    [
        (1, ("action", "config", "x"), 0.25, "$.config.x is 0.25 in the log, but decided again it is 0.5"),
        (2, ("action", "evidence", 0, "text"), "luck", "$.evidence[0].text is 'luck' in the log"),
        (3, ("action", "until"), 9, "$.until is 9 in the log, but decided again it is 3"),
        (4, ("action", "evidence", 0, "rank"), 1, "$.evidence[0].rank is 1 in the log, but decided again it is 0"),
        (4, ("action", "evidence", 0, "cutoff"), 0.4333, "$.evidence[0].cutoff is 0.4333 in the log"),
        (7, ("action", "trial"), 2, None),
    ],
)
def test_verify_names_the_first_record_that_comes_out_differently(
    log: Path, number: int, path: tuple[Any, ...], value: Any, shown: str | None
) -> None:
    bodies = texts(log)
    body = replaced(json.loads(bodies[number]), path, value)
    bodies[number] = canonical(body)
    header, records, _ = read(chained(bodies))  # the chain is right: only deciding again can tell
    assert header is not None
    found = hb.verify(header.setup, pairs(records))
    if shown is None:
        assert found.ok
        return
    assert found.disagreement is not None
    assert (found.ok, found.disagreement.number) == (False, number)
    assert found.records == (RECORDS if found.impossible is None else found.impossible.number - 1)
    assert shown in str(found.disagreement)


def test_numbers_that_no_model_gave_have_no_tolerance(log: Path) -> None:
    bodies = texts(log)
    body = json.loads(bodies[4])
    body["action"]["evidence"][0]["cutoff"] *= 1 + 1e-12
    bodies[4] = canonical(body)
    header, records, _ = read(chained(bodies))
    assert header is not None
    assert not hb.verify(header.setup, pairs(records)).ok


def test_a_log_of_another_seed_does_not_verify_and_says_where() -> None:
    play = busy(RECORDS)
    other = hb.asha(LINE, ERROR, max_resource=81, type="stopping", seed=1)
    found = hb.verify(other, play.log)
    assert found.disagreement is not None
    assert found.disagreement.number == 2  # the first is the default configuration


def test_a_pair_that_cannot_follow_is_named_by_its_number() -> None:
    log = [*busy(4).log, (hb.Ask("w0"), hb.Start(9, hb.Configuration({"x": 0.5}), 0, 1))]
    with pytest.raises(hb.ReplayError, match=r"^record 5: ") as caught:
        hb.fold(SETUP, log)
    assert caught.value.number == 5
    found = hb.verify(SETUP, log)
    assert (found.ok, found.records) == (False, 4)
    assert found.state == busy(4).state
