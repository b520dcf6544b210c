"""Do `examples/benchmarks/methods.py`, `plot.py` and `claims.py` run, go on where they were, and say what was found?"""

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

from tests.shared import ROOT
from tests.small_table import write_table

FOLDER: Final = ROOT / "examples" / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs a script by its name, with arguments."""
    monkeypatch.syspath_prepend(str(FOLDER))
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(variable, "1")  # the scripts set them: undone after the test

    def run(name: str, *arguments: object) -> None:
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        importlib.import_module(name).main()

    return run


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """A module of the scripts by its name."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def runs_of(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())["runs"]
    return found


def test_methods_are_run_once_and_a_longer_budget_replaces_a_shorter_one(
    script: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_table(tmp_path)
    out = tmp_path / "out.json"
    given = ("--tables", tmp_path, "--methods", "RANDOM", "ASHA-PROM", "--workers", 2, "--processes", 1, "--json", out)
    script("methods", *given, "--seeds", 2, "--budget", 0.5)
    first = runs_of(out)
    assert [(one["method"], one["seed"], one["budget"]) for one in first] == [
        ("ASHA-PROM", 0, 0.5), ("ASHA-PROM", 1, 0.5), ("RANDOM", 0, 0.5), ("RANDOM", 1, 0.5),
    ]  # fmt: skip
    script("methods", *given, "--seeds", 2, "--budget", 0.5)
    assert runs_of(out) == first
    script("methods", *given, "--seeds", 1, "--budget", 1)
    longer = {(one["method"], one["seed"]): one for one in runs_of(out)}
    assert {key: one["budget"] for key, one in longer.items()} == {
        ("ASHA-PROM", 0): 1.0, ("ASHA-PROM", 1): 0.5, ("RANDOM", 0): 1.0, ("RANDOM", 1): 0.5,
    }  # fmt: skip
    for one in first:
        again = longer[one["method"], one["seed"]]["regrets"]
        assert again[: len(one["regrets"])] == one["regrets"], "the end of a run changes no decision before it"
    assert "4 runs are in" in capsys.readouterr().out


def test_pictures_and_tables_are_made_of_the_runs(script: Callable[..., None], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    write_table(tmp_path)
    out, into = tmp_path / "out.json", tmp_path / "page"
    methods = ("RANDOM", "ASHA-PROM", "BOHB")
    script("methods", "--tables", tmp_path, "--methods", *methods, "--seeds", 4, "--processes", 1, "--json", out)
    into.mkdir()
    (into / "recorded.md").write_text("# Results\n\nOurs.\n")
    reference = {"tables": {"small": {"T": 1.0, "methods": {"BOHB": {"regret": {"100": [0.1, 0.2, 0.3, None]}}}}}}
    (tmp_path / "reference.json").write_text(json.dumps(reference))
    for _ in range(2):
        script("plot", out, "--into", into, "--reference", tmp_path / "reference.json")
    page = (into / "recorded.md").read_text()
    assert page.startswith("# Results\n\nOurs.\n")
    assert page.count("### Ranks and pairs") == 1, "the measured part is replaced"
    for method in methods:
        assert f"| small | {method} |" in page
    assert (into / "results_regret.png").stat().st_size > 10_000
    assert (into / "results_ranks.png").stat().st_size > 10_000


def test_numbers_over_runs(module: Callable[[str], ModuleType]) -> None:
    results = module("_results")

    def curve(*steps: tuple[float, float]) -> Any:
        return results.Curve(tuple(t for t, _ in steps), tuple(r for _, r in steps), 1.0, 5, 0.1)

    slow, fast = curve((0.2, 0.5), (0.9, 0.1)), curve((0.1, 0.3), (0.4, 0.1))
    runs = results.Runs({"table": {"ASHA-PROM": {0: slow, 1: slow}, "other": {0: fast}}})
    assert (slow.at(0.1), slow.at(0.2), slow.at(0.95)) == (results.NOTHING_FOUND, 0.5, 0.1)
    assert runs.regrets("table", "ASHA-PROM", 0.5) == [0.5, 0.5]
    assert runs.pairs(("ASHA-PROM", "other"), 0.5) == [("table", 0)]
    assert runs.pairs(("ASHA-PROM", "other"), 2.0) == []
    assert results.ranks(runs, ("ASHA-PROM", "other"), 0.5) == {"ASHA-PROM": 2.0, "other": 1.0}
    assert results.ranks(runs, ("ASHA-PROM", "other"), 1.0) == {"ASHA-PROM": 1.5, "other": 1.5}
    assert str(results.against(runs, "other", "ASHA-PROM", 0.5)) == "1.00 / 0.00 / 0.00"
    assert results.times_to_target(runs, "table") == {"ASHA-PROM": 0.9, "other": 0.4}


def test_statistics_by_hand(module: Callable[[str], ModuleType]) -> None:
    statistics = module("_summaries")
    assert statistics.interquartile_mean([9.0, 1.0, 2.0, 4.0]) == 3.0
    assert statistics.interquartile_mean([3.0, 1.0]) == 2.0
    found = statistics.interval([1.0] * 8)
    assert (found.mean, found.low, found.high) == (1.0, 1.0, 1.0)
    apart = statistics.difference([2.0, 2.1, 2.2, 2.0], [1.0, 1.1, 0.9, 1.0])
    assert apart.low > 0.5
    shares = statistics.paired([1.0, 2.0, 3.0, 4.0], [2.0, 2.0, 1.0, 5.0])
    assert (shares.better, shares.equal, shares.worse, shares.pairs) == (0.5, 0.25, 0.25, 4)


def test_claims_are_run_and_told(script: Callable[..., None], tmp_path: Path) -> None:
    write_table(tmp_path)
    out, page = tmp_path / "claims.json", tmp_path / "claims.md"
    given = ("--tables", tmp_path, "--seeds", 2, "--only", "E9", "--processes", 1, "--json", out, "--page", page)
    script("claims", *given)
    text = page.read_text()
    part = text.split("### E9")[1].split("### E10")[0]
    assert "time of the first theta as a share of the run" in part
    assert text.count("Not run.") == 11
    assert len(runs_of(out)) == 4


def test_claims_are_run_on_problems_of_the_suite_at_two_budgets(
    script: Callable[..., None], module: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    claims = module("_claims")
    cheap = claims.Experiment("E0", "ASHA is better than random", (claims.PROM, claims.RANDOM),
                              lambda runs: claims.wins(runs, claims.PROM, claims.RANDOM))  # fmt: skip
    monkeypatch.setattr(module("claims"), "EXPERIMENTS", (cheap,))
    out, page = tmp_path / "claims.json", tmp_path / "claims.md"
    given = ("--problems", "cliff-nan-1", "--seeds", 1, "--processes", 1, "--json", out, "--page", page)
    script("claims", *given)
    for budget in (20, 60):
        assert f"by regret after {budget} full trainings, ASHA-PROM against RANDOM" in page.read_text()
    for run in runs_of(out):
        assert run["regrets"][0][1] >= run["regrets"][-1][1] >= 1e-3
    with pytest.raises(SystemExit):
        script("claims", *given, "--tables", tmp_path)


@pytest.mark.parametrize(
    ("numbers", "claimed", "verdict"),
    [
        ([1.0, 2.0, 1.5, 1.2], 1, "seen"),
        ([1.0, 2.0, 1.5, 1.2], -1, "opposite"),
        ([1.0, 2.0, 1.5, 1.2], 0, "opposite"),
        ([-1.0, 1.0, -1.0, 1.0], 1, "not seen"),
        ([-1.0, 1.0, -1.0, 1.0], 0, "seen"),
        ([1.0, 2.0, 1.5, 1.2], None, ""),
    ],
)
def test_a_verdict_is_read_off_the_interval(
    module: Callable[[str], ModuleType], numbers: list[float], claimed: int | None, verdict: str
) -> None:
    claims = module("_claims")
    found = claims._found("a number", numbers, claimed, ["table"] * 4, lambda values: values.mean(axis=-1))
    assert found.verdict == verdict
    assert found.low <= found.value <= found.high
