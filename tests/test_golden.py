"""Does the library agree with the numbers and traces of the reference system, and would we notice if it did not?"""

import copy
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.outcome import Kind, Outcome
from tests.conformance.run import main, outcomes, run
from tests.shared import ROOT, shared

SAMPLE = ROOT / "tests" / "data" / "golden"
"""A few of the smallest golden files, as they are."""

AT_LEAST = {"scheduler": 8400, "levels": 27, "cutoff": 108, "space": 2100, "surrogates": 930, "search": 724}
"""So many checks pass on the whole set."""


def failures(found: Mapping[str, list[Outcome]]) -> list[Outcome]:
    return [outcome for some in found.values() for outcome in some if outcome.kind is Kind.FAILED]


def passed(found: Mapping[str, list[Outcome]]) -> dict[str, int]:
    return {kind: sum(one.kind is Kind.PASSED for one in found[kind]) for kind in found}


@pytest.fixture(scope="module")
def whole() -> dict[str, list[Outcome]]:
    return run(shared("golden"))


def test_the_library_agrees_with_the_whole_golden_set(whole: dict[str, list[Outcome]]) -> None:
    assert failures(whole) == []
    counts = passed(whole)
    assert {kind: counts[kind] >= limit for kind, limit in AT_LEAST.items()} == dict.fromkeys(AT_LEAST, True), counts


def test_what_is_skipped_in_a_kind_that_is_built_names_the_decision(whole: dict[str, list[Outcome]]) -> None:
    reasons = Counter(outcome.why for kind in AT_LEAST for outcome in whole[kind] if outcome.kind is Kind.SKIPPED)
    allowed = ("decisions ", "type ", "the reference cannot draw from this domain")
    assert [why for why in reasons if not why.startswith(allowed)] == []


def test_of_the_surrogates_only_so_much_is_skipped(whole: dict[str, list[Outcome]]) -> None:
    reasons = Counter(outcome.why for outcome in whole["surrogates"] if outcome.kind is Kind.SKIPPED)
    by_decision = {why.split(":")[0]: count for why, count in reasons.items()}
    assert by_decision == {"decisions 1, 2": 54, "decisions 12": 10}


def test_the_library_agrees_with_the_sample() -> None:
    found = run(SAMPLE)
    assert failures(found) == []
    assert passed(found) == {
        "scheduler": 112,
        "levels": 27,
        "cutoff": 108,
        "space": 84,
        "surrogates": 329,
        "search": 233,
    }


def test_the_sample_is_part_of_the_golden_set() -> None:
    golden = shared("golden")
    for file in sorted(SAMPLE.rglob("*.json")):
        (original,) = golden.rglob(file.name)
        assert file.read_bytes() == original.read_bytes(), file.name


# ---- the runner can fail -------------------------------------------------------------------------------------------


EXPECTED = (
    "expect",
    "expected",
    "evidence",
    "levels",
    "default",
    "vector",
    "key",
    "slices",
    "dimension",
    "bounds",
    "size",
)
"""Below these keys stands what the reference said."""


def numbers(data: Any, path: tuple[Any, ...] = (), below: bool = False) -> Iterator[tuple[Any, ...]]:
    """The paths to all numbers that are expected."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from numbers(value, (*path, key), below or key in EXPECTED)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from numbers(value, (*path, index), below)
    elif below and isinstance(data, int | float) and not isinstance(data, bool):
        yield path


def with_one_more(document: Any, path: tuple[Any, ...]) -> Any:
    """The document in which one number is larger by one."""
    changed = copy.deepcopy(document)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] += 1
    return changed


def given_to_us(path: tuple[Any, ...]) -> bool:
    """Numbers that no check reads as expected: vectors to decode, and what is noted for people."""
    return "decode" in path or "given" in path


@pytest.mark.parametrize("name", sorted(file.stem for file in SAMPLE.glob("*.json")))
def test_every_expected_number_that_is_changed_is_noticed(name: str) -> None:
    document = json.loads((SAMPLE / f"{name}.json").read_text())
    paths = [path for path in numbers(document) if not given_to_us(path)]
    assert len(paths) > 40
    unnoticed = [
        path
        for path in paths[:: max(1, len(paths) // 60)]
        if not any(outcome.kind is Kind.FAILED for outcome in outcomes(with_one_more(document, path), name))
    ]
    assert unnoticed == []


@pytest.mark.parametrize("name", sorted({file.stem for file in (SAMPLE / "search").glob("*.json")} - {"refit"}))
def test_every_expected_number_of_a_search_that_is_changed_is_noticed(name: str) -> None:
    document = json.loads((SAMPLE / "search" / f"{name}.json").read_text())
    free = ("optimised", "reference_refit", "reference_pending")  # an optimum is compared by its value, one-sidedly
    paths = [path for path in numbers(document["cases"], below=True) if "expected" in path and not {*free} & {*path}]
    assert len(paths) > 5
    unnoticed = [
        path
        for path in paths[:: max(1, len(paths) // 60)]
        if not any(outcome.kind is Kind.FAILED for outcome in outcomes(with_one_more(document, ("cases", *path)), name))
    ]
    assert unnoticed == []


def test_a_crash_of_the_library_is_a_failure_of_that_document(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("tests.conformance.schedulers.choose", broken)
    wrong = failures(run(SAMPLE))
    assert [outcome.why for outcome in wrong] == ["RuntimeError: out of order"] * 2


# ---- the command line of the runner --------------------------------------------------------------------------------


def test_exit_0_and_one_line_for_each_kind_when_all_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(SAMPLE)]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("  skipped ")]
    assert [line.split(":")[0] for line in lines] == ["cutoff", "levels", "scheduler", "search", "space", "surrogates"]
    assert all(" 0 failed, 0 skipped" in line for line in lines[:-1])
    assert lines[-1] == "surrogates: 329 passed, 0 failed, 19 skipped"


def test_exit_1_and_the_place_when_something_disagrees(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads((SAMPLE / "promotion-eta3-maximise.json").read_text())
    number, step = next((n, one) for n, one in enumerate(document["steps"]) if one["expect"]["action"] == "resume")
    step["expect"]["until"] += 1
    (tmp_path / "bad.json").write_text(json.dumps(document))
    assert main([str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "1 failed" in printed
    assert f"FAILED promotion-eta3-maximise step {number}: Ask(" in printed


def test_exit_2_where_there_is_no_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.json").write_text('{"no kind": 1}')
    assert main([str(tmp_path)]) == 2
    assert "no golden document below" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["one", "two"], ["/no/such/folder"], [__file__]])
def test_exit_2_and_the_usage_for_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "usage: python tests/conformance/run.py DIR" in capsys.readouterr().err


def test_unknown_kinds_are_skipped_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "new.json").write_text('{"kind": "telepathy", "name": "new"}')
    assert main([str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "telepathy: 0 passed, 0 failed, 1 skipped" in printed
    assert "kind telepathy is not built yet (new)" in printed


def test_it_runs_as_a_file_from_anywhere(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "tests" / "conformance" / "run.py"), str(SAMPLE)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("cutoff: 108 passed, 0 failed")
