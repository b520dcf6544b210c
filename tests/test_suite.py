"""Are the problems of the benchmarks what they say, and does the suite run, go on, and say what runs say together?"""

import importlib
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np
import pytest

import pure_hb as hb
from tests.shared import ROOT
from tests.small_table import write_table

FOLDER: Final = ROOT / "examples" / "benchmarks"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """A module of the benchmarks by its name."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


# ---- Hartmann ------------------------------------------------------------------------------------------------------

LEAST_AT = {
    3: ((0.114614, 0.555649, 0.852547), -3.86278),
    6: ((0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573), -3.32237),
}


@pytest.mark.parametrize("dimension", [3, 6])
def test_hartmann_is_least_where_the_literature_says(module: Callable[[str], ModuleType], dimension: int) -> None:
    hartmann = module("problems.hartmann")
    at, least = LEAST_AT[dimension]
    assert hartmann.hartmann(at) == pytest.approx(least, abs=1e-5)
    assert hartmann.LEAST[dimension] == least
    problem = hartmann.problem(dimension)
    config = {f"x{place}": value for place, value in enumerate(at)}
    assert problem.answer(config, problem.max_resource).value == pytest.approx(least, abs=1e-5)
    drawn = module("problems").random_configurations(problem.space, 300)
    assert min(problem.answer(config, problem.max_resource).value for config in drawn) > least


@pytest.mark.parametrize("dimension", [3, 6])
def test_curves_of_hartmann_cross(module: Callable[[str], ModuleType], dimension: int) -> None:
    """Of pairs in the better half at the end, a part stands in the other order early on."""
    problem = module("problems.hartmann").problem(dimension)
    drawn = module("problems").random_configurations(problem.space, 100)
    early, end = (np.array([problem.answer(one, resource).value for one in drawn]) for resource in (1, 27))
    good = end <= np.median(end)
    turned = [
        (early[i] - early[j]) * (end[i] - end[j]) < 0.0 for i in np.flatnonzero(good) for j in np.flatnonzero(good)
    ]
    assert 0.1 < float(np.mean(turned)) < 0.5


def test_noise_is_a_function_of_what_is_asked_and_of_the_seed(module: Callable[[str], ModuleType]) -> None:
    make = module("problems.hartmann").problem
    plain, noisy, again, other = make(3), make(3, 0.1), make(3, 0.1), make(3, 0.1, seed=1)
    drawn = module("problems").random_configurations(plain.space, 400)
    gaps = np.array([noisy.answer(one, 9).value - plain.answer(one, 9).value for one in drawn])
    assert (abs(gaps.mean()), gaps.std()) == (pytest.approx(0.0, abs=0.02), pytest.approx(0.1, rel=0.15))
    assert noisy.answer(drawn[0], 9) == again.answer(drawn[0], 9) != other.answer(drawn[0], 9)
    assert gaps[0] != noisy.answer(drawn[0], 10).value - plain.answer(drawn[0], 10).value


LEAST_IN_LITERATURE: dict[str, tuple[list[tuple[float, ...]], float]] = {
    "branin": (
        [((u + 5.0) / 15.0, v / 15.0) for u, v in ((-math.pi, 12.275), (math.pi, 2.275), (9.42478, 2.475))],
        0.397887,
    ),
    "levy6": ([(0.55,) * 6], 0.0),
    "styblinski5": ([(0.2096466,) * 5], -195.830829),
}


@pytest.mark.parametrize("name", LEAST_IN_LITERATURE)
def test_landscapes_are_least_where_the_literature_says(module: Callable[[str], ModuleType], name: str) -> None:
    problem = module("problems.landscapes").problem(name)
    points, least = LEAST_IN_LITERATURE[name]
    assert module("problems").registry()[name].best == pytest.approx(least, abs=1e-6)
    for point in points:
        config = {f"x{place}": value for place, value in enumerate(point)}
        assert problem.answer(config, problem.max_resource).value == pytest.approx(least, abs=1e-5)
        curve = [problem.answer(config, resource).value for resource in range(1, 28)]
        assert curve == sorted(curve, reverse=True)
        assert least < curve[0] < 100.0
    drawn = module("problems").random_configurations(problem.space, 300)
    assert min(problem.answer(config, problem.max_resource).value for config in drawn) > least


# ---- the cliff -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("beyond", ["nan", "fail"])
@pytest.mark.parametrize("first", [1, 5])
def test_the_best_lies_at_the_edge_of_the_cliff(module: Callable[[str], ModuleType], beyond: str, first: int) -> None:
    cliff = module("problems.cliff")
    problem = cliff.problem(beyond, first)
    rate = cliff.edge(0.4)
    at, over = ({"rate": rate + step, "temper": 0.4, "decay": 0.6} for step in (-1e-9, 1e-9))
    assert problem.answer(at, 27).value == pytest.approx(cliff.LEAST, abs=1e-6)
    for resource in (first, 27):
        found = problem.answer(over, resource)
        assert isinstance(found, hb.Failure) if beyond == "fail" else math.isnan(found.value)
    if first > 1:
        assert problem.answer(over, first - 1).value < problem.answer(at, first - 1).value, "it looks best until then"
        assert problem.answer(over, first - 1).value > cliff.LEAST, "but not better than what there is"
    values = [problem.answer(one, 27) for one in module("problems").random_configurations(problem.space, 300)]
    assert all(one.value > cliff.LEAST for one in values if isinstance(one, hb.Answer) and math.isfinite(one.value))


# ---- live trainings ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["network", "booster", "forest", "linear", "subset", "factors", "mixture", "pipeline"])
def test_live_problems_are_repeatable_and_learn(module: Callable[[str], ModuleType], name: str) -> None:
    make = module(f"problems.{name}").problem
    first, again, other = make(), make(), make(seed=1)
    configs = module("problems").random_configurations(first.space, 4)
    curves = [[problem.answer(config, 9) for config in configs] for problem in (first, again, other)]
    assert curves[0] == curves[1] != curves[2]
    assert all(isinstance(answer, hb.Answer) and answer.elapsed > 0.0 for answer in curves[0])


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("network", {"rate": 0.1, "momentum": 0.5, "width": 16, "batch": 16, "decay": 1e-4, "activation": "tanh"}),
        (
            "booster",
            {
                "learning_rate": 0.2,
                "max_depth": 3,
                "subsample": 0.7,
                "max_features": 0.6,
                "min_samples_leaf": 5,
                "loss": "huber",
            },
        ),
        (
            "forest",
            {
                "max_depth": 8,
                "min_samples_leaf": 5,
                "max_features": 0.3,
                "max_samples": 0.8,
                "ccp_alpha": 0.1,
                "criterion": "squared_error",
            },
        ),
        (
            "linear",
            {
                "eta0": 0.05,
                "learning_rate": "invscaling",
                "gamma": 0.1,
                "alpha": 1e-6,
                "l1_ratio": 0.1,
                "loss": "squared_error",
                "average": False,
            },
        ),
        ("subset", {"alpha": 0.1, "kernel": "rbf", **{f"scale{place}": 1.0 for place in range(4)}}),
        (
            "factors",
            {
                "rank": 4,
                "rate": 0.02,
                "decay": 1e-3,
                "spread": 0.1,
                "batch": 32,
                "rule": "plain",
                "offsets": True,
            },
        ),
        (
            "mixture",
            {
                "n_components": 3,
                "covariance_type": "diag",
                "reg_covar": 0.1,
                "init_params": "random",
                "power": 0.0,
            },
        ),
        (
            "pipeline",
            {
                "scaling": "range",
                "features": "pixels",
                "loss": "log_loss",
                "penalty": "l2",
                "alpha": 1e-4,
                "learning_rate": "constant",
                "eta0": 1e-3,
                "average": True,
            },
        ),
    ],
)
def test_live_problems_learn(module: Callable[[str], ModuleType], name: str, config: dict[str, Any]) -> None:
    problem = module(f"problems.{name}").problem()
    values = [problem.goal.to_minimise(problem.answer(config, resource).value) for resource in (1, 4, 16)]
    assert values == sorted(values, reverse=True)
    assert values[-1] < values[0]


def test_factors_with_a_huge_rate_diverge_to_nan_and_not_to_an_error(module: Callable[[str], ModuleType]) -> None:
    config = {"rank": 8, "rate": 10.0, "decay": 0.1, "spread": 1.0, "batch": 256, "rule": "plain", "offsets": True}
    values = module("problems.factors").train(0, config)
    assert math.isnan([next(values) for _ in range(9)][-1])


def test_a_mixture_is_judged_by_the_density_of_the_rows_as_they_are(module: Callable[[str], ModuleType]) -> None:
    mixture = module("problems.mixture")
    plain = {"n_components": 1, "covariance_type": "full", "reg_covar": 1e-9, "init_params": "random"}
    ends = [next(mixture.train(0, {**plain, "power": power})) for power in (0.0, 0.5, 1.0)]
    assert ends == pytest.approx([ends[0]] * 3, rel=1e-6), "one normal distribution does not depend on the directions"


def test_a_network_with_a_huge_rate_diverges_to_nan_and_not_to_an_error(module: Callable[[str], ModuleType]) -> None:
    network = module("problems.network")
    config = {"rate": 1e6, "momentum": 0.9, "width": 8, "batch": 8, "decay": 0.1, "activation": "relu"}
    values = network.train(0, config)
    assert math.isnan([next(values) for _ in range(9)][-1])


# ---- the list ------------------------------------------------------------------------------------------------------


def test_problems_are_chosen_by_name_or_kind(
    module: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for folder in ("tables", "tables_exact"):
        (tmp_path / folder).mkdir()
        write_table(tmp_path / folder)
    monkeypatch.setenv("PURE_HB_SHARED", str(tmp_path))
    problems = module("problems")
    names = [entry.name for entry in problems.chosen(["cliff", "live", "small", "old", "hartmann6"])]
    cliffs = ["cliff-nan-1", "cliff-nan-5", "cliff-fail-1", "cliff-fail-5"]
    live = ["network", "booster", "forest", "linear", "subset", "factors", "mixture", "pipeline"]
    assert names == ["hartmann6", *cliffs, *live, "small", "old-small"]
    with pytest.raises(SystemExit, match=r"no problem nothing; there are hartmann3, .* and the kinds function, cliff"):
        problems.chosen(["nothing", "live"])
    assert all(entry.make().name for entry in problems.chosen(list(problems.KINDS)))
    monkeypatch.setenv("PURE_HB_SHARED", str(tmp_path / "nowhere"))
    assert problems.chosen(["exact", "old"]) == []


def test_a_scale_tells_best_median_and_cost(module: Callable[[str], ModuleType]) -> None:
    problems = module("problems")
    entry = problems.registry()["cliff-nan-1"]
    scale = problems.scale_of(entry, entry.problem())
    assert (scale.best, scale.cost) == (0.1, 27.0)
    assert scale.best < scale.median < scale.worst < 1.2


# ---- statistics ----------------------------------------------------------------------------------------------------


def test_regrets_have_a_floor_and_nothing_counts_as_worst(module: Callable[[str], ModuleType]) -> None:
    statistics = module("_suite_statistics")
    for sign, goal in ((1.0, hb.Minimize("m")), (-1.0, hb.Maximize("m"))):
        ruler = statistics.Ruler(goal, sign * 1.0, sign * 3.0, sign * 7.0)
        values = [None, *(sign * value for value in (7.0, 3.0, 2.0, 1.001, 1.0, 0.5))]
        assert [ruler.regret(value) for value in values] == [3.0, 3.0, 1.0, 0.5, 1e-3, 1e-3, 1e-3]
    assert statistics.Ruler(hb.Minimize("m"), 1.0, 1.0, 1.0).regret(1.0) == 1e-3
    assert statistics.Ruler(hb.Minimize("m"), 1.0, 1.0, 2.0).regret(None) == math.inf


def test_pairs_are_compared_by_log2_ratios_and_wins(module: Callable[[str], ModuleType]) -> None:
    compared = module("_suite_statistics").compared
    found = compared([0.1, 0.2, 0.4, 0.1], [0.2, 0.4, 0.4, 0.05])
    assert found.log2_ratio.mean == pytest.approx((-1 - 1 + 0 + 1) / 4)
    assert (found.won_less_lost.mean, found.pairs) == (0.25, 4)
    assert found.won_less_lost.low <= 0.25 <= found.won_less_lost.high
    assert found.log2_ratio.low <= found.log2_ratio.mean <= found.log2_ratio.high
    same = compared([0.5] * 3, [0.25] * 3).log2_ratio
    assert (same.mean, same.low, same.high) == (1.0, 1.0, 1.0)
    for ours, theirs in (([], []), ([0.1], [0.1, 0.2])):
        with pytest.raises(ValueError, match="each has its partner"):
            compared(ours, theirs)


def test_what_was_best_at_a_time_and_when_a_target_was_reached(module: Callable[[str], ModuleType]) -> None:
    statistics = module("_suite_statistics")
    trajectory = ((1.0, 5.0), (2.0, 3.0), (4.0, 2.0))
    assert [statistics.value_at(trajectory, time) for time in (0.5, 1.0, 3.9, 9.0)] == [None, 5.0, 3.0, 2.0]
    ruler = statistics.Ruler(hb.Minimize("m"), 1.0, 3.0, 7.0)
    assert [statistics.time_to(trajectory, ruler, target) for target in (2.0, 1.0, 0.6, 0.1)] == [
        1.0,
        2.0,
        4.0,
        math.inf,
    ]
    assert [statistics.median_time(times) for times in ([3.0, 1.0, math.inf], [1.0, math.inf])] == [3.0, math.inf]
    assert statistics.best_of(hb.Maximize("m"), [trajectory, ((1.0, 6.0),), ()]) == 6.0
    assert statistics.best_of(hb.Minimize("m"), [()]) is None


# ---- the runner ----------------------------------------------------------------------------------------------------


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Runs the suite in this process and returns the lines of its file."""
    monkeypatch.syspath_prepend(str(FOLDER))
    loaded = importlib.import_module("suite")
    out = tmp_path / "suite.jsonl"

    def run(*arguments: object) -> list[dict[str, Any]]:
        monkeypatch.setattr(sys, "argv", ["suite", "--out", str(out), "--processes", "1", *map(str, arguments)])
        loaded.main()
        return [json.loads(line) for line in out.read_text().splitlines()]

    return run


SMALL: Final = ("--problems", "cliff-fail-1", "hartmann3-noise0.1", "--methods", "ASHA-PROM", "RANDOM")


def test_the_suite_runs_what_is_missing_and_tells_what_was_found(
    suite: Callable[..., list[dict[str, Any]]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "suite.jsonl"
    first = suite(*SMALL, "--seeds", 2, "--budgets", 2, 4, "--processes", 2)
    assert sorted((one["problem"], one["method"], one["seed"]) for one in first) == [
        (problem, method, seed)
        for problem in ("cliff-fail-1", "hartmann3-noise0.1")
        for method in ("ASHA-PROM", "RANDOM")
        for seed in (0, 1)
    ]
    assert {one["budget"] for one in first} == {4.0}
    told = capsys.readouterr().out
    assert "### 2 full trainings" in told
    assert "| method | pairs | log2 ratio | won less lost | time to its median | by half of the budget |" in told
    assert suite(*SMALL, "--seeds", 2, "--budgets", 4) == first, "nothing is run again"

    lines = out.read_bytes().splitlines(keepends=True)
    out.write_bytes(b"".join(lines[:-1]) + lines[-1][:40])  # as a kill in the middle of writing leaves it
    page = tmp_path / "page.md"
    with pytest.raises(json.JSONDecodeError):
        suite(*SMALL, "--seeds", 2, "--budgets", 4, "--page", page)
    whole = [json.loads(line) for line in out.read_text().splitlines() if line.endswith("}")]
    strip = [{key: value for key, value in one.items() if "seconds" not in key} for one in (*whole, *first)]
    assert strip[: len(whole)] == strip[len(whole) :], "the torn run was made again, and it alone"
    assert page.read_text().count("### 4 full trainings") == 1


def test_a_longer_budget_is_run_again_and_read_at_the_shorter_one(
    suite: Callable[..., list[dict[str, Any]]],
) -> None:
    given = ("--problems", "cliff-nan-1", "--methods", "ASHA-PROM", "--seeds", 1)
    short = suite(*given, "--budgets", 2)[0]
    both = suite(*given, "--budgets", 3)
    assert [one["budget"] for one in both] == [2.0, 3.0]
    longer = both[1]["trajectory"]
    assert [point for point in longer if point[0] <= 2 * short["unit"]] == short["trajectory"]


def test_what_is_in_the_file_can_be_shown_alone(
    suite: Callable[..., list[dict[str, Any]]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("--problems", "cliff-nan-1", "--seeds", 1, "--budgets", 2)
    before = suite(*given, "--methods", "ASHA-PROM")
    capsys.readouterr()
    assert suite(*given, 4, "--methods", "ASHA-PROM", "RANDOM", "--show-only") == before, "nothing was run"
    told = capsys.readouterr().out
    assert ("### 2 full trainings" in told, "### 4 full" in told, "RANDOM" in told) == (True, False, False)
    with pytest.raises(SystemExit, match=r"suite\.jsonl has no run of these; without --show-only they are run"):
        suite(*given, "--methods", "RANDOM", "--show-only")


def test_changed_options_of_a_method_are_another_run(
    suite: Callable[..., list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ("--problems", "cliff-nan-1", "--methods", "ASHA-PROM", "--seeds", 1, "--budgets", 2)
    suite(*given)
    monkeypatch.setattr(importlib.import_module("_suite_methods"), "RULES_VERSION", 10**6)
    assert len({one["setup"] for one in suite(*given)}) == 2


def test_noise_is_not_taken_for_a_find(suite: Callable[..., list[dict[str, Any]]]) -> None:
    """What a noisy run has found is judged without the noise, so nothing lies below the optimum."""
    runs = suite("--problems", "hartmann3-noise0.1", "--methods", "ASHA-PROM", "--seeds", 1, "--budgets", 20)
    assert all(value > -3.86279 for _, value in runs[0]["trajectory"])


def line(problem: str, kind: str, method: str, seed: int, value: float, budget: float = 20.0) -> dict[str, Any]:
    """A run that found 0.9 after a second and ``value`` after five."""
    best = None if kind == "live" else 0.0
    return {
        "problem": problem, "kind": kind, "method": method, "seed": seed, "unit": 1.0, "mode": "min", "budget": budget,
        "scale": {"best": best, "median": 1.0, "worst": 2.0, "cost": 4.0}, "trajectory": [[1.0, 0.9], [5.0, value]],
    }  # fmt: skip


def test_the_optimum_of_a_live_problem_is_the_best_of_any_run_and_old_tables_stand_apart(
    module: Callable[[str], ModuleType],
) -> None:
    runs = [
        line(problem, kind, method, seed, value + seed / 100)
        for problem, kind in (("net", "live"), ("old-a", "old"))
        for method, value in (("ASHA-PROM", 0.5), ("DYHPO", 0.3))
        for seed in range(3)
    ]
    elsewhere = line("net", "live", "BOHB", 0, 0.1)
    found = module("_suite_shown").shown(runs, [*runs, elsewhere], ["net", "old-a"], "ASHA-PROM")
    assert found.rulers["net"].best == 0.1
    text = module("_suite_page").page(found, [20.0])
    assert "the best value of any run stands for it: net 0.1." in text
    new, old = text.split("### 20 full trainings, tables answered by the nearest row")
    assert ("| net | 3 |" in new, "old-a" in new, "| old-a | 3 |" in old) == (True, False, True)
    assert "| DYHPO | 3 | -0.97 [-1.00, -0.93] | +1.00 [+1.00, +1.00] | 0.25 | 1 of 1 |" in new, "2/9 beside 4/9, ..."
    assert "| ASHA-PROM | 3 |  |  | 0.25 | 1 of 1 |" in new


def test_problems_used_for_choosing_are_summed_apart_and_named_methods_stand_beside_every_other(
    module: Callable[[str], ModuleType],
) -> None:
    runs = [
        line(problem, "function", method, seed, value)
        for problem, values in (("a", (0.4, 0.1, 0.8)), ("b", (0.4, 0.2, 0.2)))
        for method, value in zip(("ASHA-PROM", "DYHPO", "BOHB"), values, strict=True)
        for seed in range(2)
    ]
    found = module("_suite_shown").shown(runs, runs, ["b", "a"], "ASHA-PROM")
    text = module("_suite_page").page(found, [20.0], ["DYHPO"], {"b"})
    one = "-1.00 [-1.00, -1.00]; +1.00 [+1.00, +1.00] (2)"
    assert (
        f"| b | -1.00 [-1.00, -1.00] (2) | -1.00 [-1.00, -1.00] (2) |\n| *problems used for choosing defaults* | {one}"
        in text
    )
    assert "| a | -2.00 [-2.00, -2.00] (2) | +1.00 [+1.00, +1.00] (2) |\n| *problems not used" in text
    assert "| BOHB | 4 | +0.00 [-1.00, +1.00] | +0.00 [-1.00, +1.00] | never | 1 of 2 |" in text
    both = text[text.index("Method by method") :]
    assert "| DYHPO | BOHB | -1.50 [-3.00, +0.00]; +0.50 [+0.00, +1.00] (4) | -3.00 [-3.00, -3.00]; +1.00" in both
    assert "| BOHB | DYHPO |" not in both


def test_a_run_is_not_shown_at_a_budget_that_it_did_not_last_for(module: Callable[[str], ModuleType]) -> None:
    runs = [
        line(problem, "function", method, 0, 0.5, budget)
        for problem, budget in (("a", 100.0), ("b", 60.0))
        for method in ("ASHA-PROM", "DYHPO")
    ]
    found = module("_suite_shown").shown(runs, runs, ["a", "b"], "ASHA-PROM")
    shorter, longer = module("_suite_page").page(found, [60.0, 100.0]).split("### 100 full trainings")
    assert ("| b | 1 |" in shorter, "| a | 1 |" in longer, "| b |" in longer) == (True, True, False)


def test_a_page_without_marks_is_refused_and_left(module: Callable[[str], ModuleType], tmp_path: Path) -> None:
    page = module("_suite_page")
    path = tmp_path / "page.md"
    path.write_text("# mine\n")
    with pytest.raises(SystemExit, match="has no lines <!-- suite: begin -->"):
        page.write(path, "tables")
    assert path.read_text() == "# mine\n"
    path.write_text(f"before\n{page.BEGIN}\nold\n{page.END}\nafter\n")
    page.write(path, "new")
    assert path.read_text() == f"before\n{page.BEGIN}\n\nnew\n\n{page.END}\nafter\n"
