"""Does `examples/benchmarks/suggest_cost.py` measure what it says? On a few values, beside a stand-in for the reference
system."""

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

from tests.shared import ROOT

FOLDER: Final = ROOT / "examples" / "benchmarks"
METHODS: Final = ("MOBSTER-JOINT", "MOBSTER-INDEP", "HYPERTUNE-INDEP", "HYPERTUNE-JOINT", "DYHPO", "BOHB")
STAND_IN: Final = """
import json, sys

say = lambda answer: print(json.dumps(answer), flush=True)
say({"name": "stand-in", "python": "3", "numpy": "1", "scipy": "1"})
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "play":
        values = request["values"]
        say({"values": values})
    else:
        values += 1
        say({"cpu": 2.0, "wall": 3.0, "values": values, "model": True, "refit": True})
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
    monkeypatch.setattr(sys, "argv", ["suggest_cost.py", "--quick", *more])
    module.main()


def test_it_measures_every_method_beside_a_reference_and_writes_a_page(
    benchmark: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    script, worker, page = benchmark("suggest_cost"), tmp_path / "worker.py", tmp_path / "page.md"
    worker.write_text(STAND_IN)
    monkeypatch.setattr(script, "WORKER", worker)
    few = ("--observations", "20", "--repeats", "2")
    measured(script, monkeypatch, "--json", *few, "--reference", sys.executable)
    text = capsys.readouterr().out
    found = json.loads(text)
    assert (found["threads"], found["reference"]["name"]) == (1, "stand-in")
    assert [one["method"] for one in found["results"]] == list(METHODS)
    for one in found["results"]:
        assert one["n"] == 20
        assert one["suggestions"] == len(one["each"])
        assert min(one["seconds"], one["seconds_without_refit"]) > 0.0
        assert one["times_faster"] == 2.0 / one["seconds"]
        assert one["reference"]["values"] == [22, 29 if one["method"] == "DYHPO" else 23]
        assert one["values"][0] >= 21
        assert one["values"][1] >= one["values"][0] + one["suggestions"] - 1
        assert one["model"] == (one["method"] != "BOHB")
        match one["method"]:
            case "BOHB":
                assert (one["suggestions"], one["refits"]) == (2, 0)
            case _:  # whole periods, from one fit to another: the data grow by an eighth
                assert 2 <= one["refits"] < one["suggestions"]
                assert one["by_kind"]["refit"] > one["by_kind"]["kept"] > 0.0
                share = one["refits"] / one["suggestions"]
                assert one["by_kind"]["kept"] * (1.0 - share) < one["seconds"]

    known = tmp_path / "known.json"
    known.write_text(text)
    measured(script, monkeypatch, "--read", str(known), "--page", str(page))
    shown = capsys.readouterr().out
    assert "Reference: stand-in" in shown
    assert "(random) | 0 of 2" in shown
    assert "| DYHPO | 20 | with a fit |" in shown
    assert "Of 0 figures with a limit, 0 are inside it." in shown
    assert page.read_text().startswith("# What a suggestion costs\n")
    assert page.read_text().endswith(f"\n{shown}")


def test_once_there_are_parameters_the_same_question_is_asked_without_a_refit(
    benchmark: Callable[[str], ModuleType],
) -> None:
    play = benchmark("_suggest_cost_play").Play("DYHPO", 12, 1)
    assert "without_refit" not in play.timed()
    for _ in range(3):
        assert play.timed()["without_refit"]["cpu"] > 0.0
    assert len(play.running) == 4


def test_both_systems_are_given_one_task(benchmark: Callable[[str], ModuleType]) -> None:
    task, play = benchmark("_suggest_cost_task"), benchmark("_suggest_cost_play")
    assert [name for name, _ in play.space().domains] == list(task.DOMAINS)
    config = {"rate": 0.01, "momentum": 0.9, "decay": 1e-4, "units": 64, "layers": 3, "activation": "relu"}
    later = [task.error(config, epoch, 0.0) for epoch in (1, 9, 81)]
    assert later == sorted(later, reverse=True)
    assert task.error(config, 1, 1.0) == pytest.approx(later[0] + 0.01)


def test_it_says_when_an_interpreter_has_no_reference(
    benchmark: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    script = benchmark("suggest_cost")
    with pytest.raises(SystemExit, match=r"cannot import the reference system \(.*syne_tune.*pip install"):
        measured(script, monkeypatch, "--reference", sys.executable)


def test_what_is_owed_and_missed(benchmark: Callable[[str], ModuleType]) -> None:
    def owed(n: int, faster: float | None = None, seconds: float = 0.0, model: bool = True) -> list[Any]:
        one = {"method": "BOHB", "n": n, "model": model, "seconds_without_refit": seconds}
        one |= {} if faster is None else {"times_faster": faster}
        return [(found["what"], found["met"]) for found in benchmark("_suggest_cost_page").owed([one])]

    assert owed(50, 10.0) == [("times faster", True)]
    assert owed(200, 9.9) == [("times faster", False)]
    assert owed(500, 6.1) == [("times faster", True)]
    assert owed(100, None, 0.0101) == [("seconds without refit", False)]
    assert owed(100, 11.0, 0.0099) == [("times faster", True), ("seconds without refit", True)]
    assert owed(100, 11.0, model=False) == []
