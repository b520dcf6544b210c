"""Does `examples/benchmarks/surrogate_cost.py` measure what it says? On a few observations, beside a stand-in for the
reference system."""

import ast
import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np
import pytest

from tests.shared import ROOT, shared

FOLDER: Final = ROOT / "examples" / "benchmarks"
STAND_IN: Final = """
import json, sys

def times(count):
    return {"cpu": [2.0] * count, "wall": [3.0] * count}

def say(answer):
    print(json.dumps(answer), flush=True)

say({"name": "stand-in", "python": "3", "numpy": "1", "scipy": "1"})
for line in sys.stdin:
    request = json.loads(line)
    match request["do"]:
        case "prepared":
            say({"parameters": 5, **json.loads(open(sys.argv[0] + ".json").read())})
        case "gradient":
            say(times(len(request["shifts"])))
        case "fit":
            say({**times(1), "evaluations": 99, "objective": 1e6})
        case "posterior":
            say(times(request["times"]))
"""
"""A worker that takes two seconds for everything."""


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Its modules by name."""
    monkeypatch.syspath_prepend(str(FOLDER))
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(variable, "1")  # the script sets them: undone after the test
    return importlib.import_module


def measured(module: ModuleType, monkeypatch: pytest.MonkeyPatch, *more: str) -> None:
    few = ("--sizes", "12", "--repeats", "1", "--fit-repeats", "1")
    monkeypatch.setattr(sys, "argv", ["surrogate_cost.py", *few, *more])
    module.main()


def test_it_measures_every_model(
    benchmark: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measured(benchmark("surrogate_cost"), monkeypatch, "--json", "--no-fit", "--no-memory")
    found = json.loads(capsys.readouterr().out)
    assert found["threads"] == 1
    assert {"cpu", "python", "numpy", "scipy", "reference", "owed"} <= found.keys()
    assert [one["model"] for one in found["results"]] == [
        "exp-decay-sum", "exp-decay-combined", "exp-decay-delta1", "freeze-thaw", "matern52", "matern52-res-warp",
        "cross-validation", "independent-shared", "independent-separate", "expdecay", "issm",
    ]  # fmt: skip
    for one in found["results"]:
        assert one["n"] == 12
        assert all(one[what]["cpu"] > 0.0 for what in ("gradient", "bound", "lapack", "posterior"))
        assert one["times_bound"] == one["gradient"]["cpu"] / one["bound"]["cpu"]
        sizes = one["bound"]["sizes"]
        match one["model"]:
            case "expdecay" | "issm":
                assert sizes == [one["trials"]]
            case "independent-shared" | "independent-separate":
                assert sum(sizes) == 12
                assert max(sizes) == one["trials"]
            case _:
                assert sizes == [12]


def test_it_fits_refits_and_measures_memory(
    benchmark: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measured(benchmark("surrogate_cost"), monkeypatch, "--json", "--models", "issm")
    (one,) = json.loads(capsys.readouterr().out)["results"]
    assert {"cpu", "wall", "evaluations", "objective", "same_objective", "starts"} <= one["fit"].keys()
    assert one["fit"]["evaluations"] == sum(start[0] for start in one["fit"]["starts"])
    assert len(one["refit"]["evaluations"]) == 3
    assert np.isfinite([one["refit"]["from_scratch"], one["refit"]["objective"]]).all()
    assert 0.0 <= one["memory"]["added_mb"] <= one["memory"]["process_mb"]
    assert one["memory"]["traced_mb"] > 0.0


@pytest.fixture
def stand_in(benchmark: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The worker, and what it will say that it sees: matern52's data."""
    worker = tmp_path / "worker.py"
    worker.write_text(STAND_IN)
    made = benchmark("_surrogate_cost_data")
    seen = made.data_of(made.CASES["matern52"], 12).observations
    encoded = (seen.points.resource - 0.5 - 1e-8) / (made.R - 2e-8)
    features = np.column_stack((seen.points.x, encoded)).tolist()
    Path(f"{worker}.json").write_text(json.dumps({"features": features, "targets": seen.targets[:, 0].tolist()}))
    monkeypatch.setattr(benchmark("_surrogate_cost_reference"), "WORKER", worker)
    return worker


def test_it_compares_with_a_reference_and_writes_a_page(
    benchmark: Callable[[str], ModuleType],
    stand_in: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    script, page = benchmark("surrogate_cost"), tmp_path / "page.md"
    reference = ("--reference", sys.executable, "--reference-sizes", "12")
    measured(script, monkeypatch, "--json", "--models", "matern52", "--no-memory", *reference)
    text = capsys.readouterr().out
    found = json.loads(text)
    (one,) = found["results"]
    assert found["reference"]["name"] == "stand-in"
    assert one["reference"]["gradient"] == {"cpu": 2.0, "wall": 3.0}
    assert one["times_faster"] == {
        what: 2.0 / one[what]["cpu"] for what in ("gradient", "fit", "posterior", "one_start")
    }
    assert one["one_start"]["evaluations"] < one["fit"]["evaluations"]
    assert one["one_start"]["objective"] >= one["fit"]["objective"]
    assert {(what["what"], what["met"]) for what in found["owed"]} == {
        ("objective", True),
        ("refit, evaluations", True),
    }

    known = tmp_path / "known.json"
    known.write_text(text)
    made = benchmark("_surrogate_cost_page")
    page.write_text(f"# Cost\n\n{made.BEGIN}\nold\n{made.END}\n\nMore.\n")
    measured(script, monkeypatch, "--read", str(known), "--write", str(page))
    shown = capsys.readouterr().out
    assert "stand-in in turns with ours" in shown
    assert "Of 2 figures with a limit, 2 are inside it." in shown
    assert page.read_text() == f"# Cost\n\n{made.BEGIN}\n{shown.rstrip()}\n{made.END}\n\nMore.\n"
    page.write_text("# Cost\n")
    with pytest.raises(SystemExit, match=r"page\.md lacks the markers"):
        measured(script, monkeypatch, "--read", str(known), "--write", str(page))


def test_it_does_not_compare_other_data(
    benchmark: Callable[[str], ModuleType], stand_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Path(f"{stand_in}.json")
    given = json.loads(seen.read_text())
    given["targets"][3] += 1e-9
    seen.write_text(json.dumps(given))
    reference = ("--reference", sys.executable, "--reference-sizes", "12")
    with pytest.raises(SystemExit, match="matern52: the reference sees other data"):
        measured(benchmark("surrogate_cost"), monkeypatch, "--models", "matern52", "--no-fit", *reference)


def test_it_says_when_an_interpreter_has_no_reference(
    benchmark: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit, match=r"cannot import the reference system \(.*syne_tune.*pip install"):
        measured(benchmark("surrogate_cost"), monkeypatch, "--reference", sys.executable)


def test_what_is_owed_and_missed(benchmark: Callable[[str], ModuleType]) -> None:
    def owed(model: str, n: int, **more: Any) -> list[tuple[str, bool]]:
        one = {"model": model, "n": n, "times_bound": 2.0, **more}
        return [(figure["what"], figure["met"]) for figure in benchmark("_surrogate_cost_page").owed([one])]

    assert owed("matern52", 500) == [("gradient, times the bound", True)]
    assert owed("matern52", 500, times_bound=2.3) == [("gradient, times the bound", False)]
    assert owed("matern52", 100, times_faster={"gradient": 9.9}) == [("gradient, times faster", False)]
    assert owed("independent-shared", 1000, times_faster={"gradient": 9.9}) == [("gradient, times faster", True)]
    assert owed("expdecay", 300, times_faster={"gradient": 19.0}) == [("gradient, times faster", False)]
    assert owed("issm", 1000, memory={"added_mb": 201.0}) == [("memory of a fit, MB", False)]
    assert owed("issm", 300, refit={"evaluations": [3, 16, 2]}) == [("refit, evaluations", False)]
    fits = {"fit": {"objective": 0.0, "same_objective": {"objective": -7.0}}, "reference": {"fit": {"objective": -6.9}}}
    assert owed("issm", 300, times_faster={"fit": 8.1}, **fits) == [("objective", True), ("fit, times faster", True)]


@pytest.mark.parametrize("n", [100, 501])
@pytest.mark.parametrize("name", ["matern52", "expdecay"])
def test_the_data_are_those_of_the_shared_script(benchmark: Callable[[str], ModuleType], name: str, n: int) -> None:
    tree = ast.parse(shared("reference", "timing_surrogates.py").read_text(encoding="utf-8"))
    wanted = {"R", "LEVELS", "draw", "curve", "table"}
    tree.body = [node for node in tree.body if wanted & _defined(node)]
    theirs: dict[str, Any] = {"np": np}
    exec(compile(tree, "timing_surrogates.py", "exec"), theirs)
    rng = np.random.Generator(np.random.PCG64(1234 + n))
    rows = theirs["table"](rng, n, dense=name == "expdecay")

    made = benchmark("_surrogate_cost_data")
    data = made.data_of(made.CASES[name], n)
    assert [(dict(trial.config), list(trial.resources), list(trial.values)) for trial in data.trials] == rows
    assert data.observations.targets[:, 0].tolist() == [value for _, _, values in rows for value in values]
    assert made.candidates(data.rng) == [theirs["draw"](rng) for _ in range(500)]


def _defined(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef(name=name):
            return {name}
        case ast.Assign(targets=[ast.Name(id=name)]):
            return {name}
        case _:
            return set()


def test_more_observations_come_after_the_same_ones(benchmark: Callable[[str], ModuleType]) -> None:
    made = benchmark("_surrogate_cost_data")
    for name in ("matern52", "expdecay"):
        fewer, more = made.data_of(made.CASES[name], 30), made.data_of(made.CASES[name], 30, 2)
        assert len(more.observations.points) == 32
        a, b = fewer.observations.points, more.observations.points
        assert np.array_equal(a.x, b.x[:30])
        assert np.array_equal(a.resource, b.resource[:30])
        ratios = np.polyfit(fewer.observations.targets[:, 0], more.observations.targets[:30, 0], 1)
        straight = np.polyval(ratios, fewer.observations.targets[:, 0])
        assert straight == pytest.approx(more.observations.targets[:30, 0])  # the same values, standardised anew
