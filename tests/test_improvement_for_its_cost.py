"""Does a search find out what configurations cost, and does it prefer what improves most for its cost?"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pure_hb as hb
from pure_hb.draws import KeyedDraws
from pure_hb.journal import read_journal
from pure_hb.machine.seeing import view
from pure_hb.protocol import Figures
from pure_hb.search import DyHPO, Known, View
from pure_hb.search.cost import Costs, ForItsCost, cost_said, costs_of, for_its_cost
from pure_hb.search.options import AcquisitionOptions
from pure_hb.space import encode
from pure_hb.tuning import load_file

SPACE = hb.Space(width=hb.Int(1, 64, log=True), rate=hb.Float(0.0, 1.0), kind=hb.Choice("a", "b", "c"))
GOAL = hb.Minimize("loss")


def seen(costs: list[float | None], space: hb.Space = SPACE, seed: int = 0) -> View:
    """A view with random configurations, of which these are the costs; a function of the configuration gives them."""
    numbers = np.random.default_rng(seed)
    known = [
        Known(
            trial,
            hb.Configuration(
                {
                    "width": round(2.0 ** float(numbers.uniform(0, 6))),
                    "rate": float(numbers.uniform()),
                    "kind": str(numbers.choice(["a", "b", "c"])),
                }
            ),
            ((1, 0.5),),
            None,
            pace=cost,
        )
        for trial, cost in enumerate(costs)
    ]
    return View(space, None, frozenset(), frozenset(), known=lambda: known)


def priced(count: int = 40, seed: int = 0) -> View:
    """A resource costs the width, twice as much for one kind, and a tenth of that is noise."""
    plain, noise = seen([None] * count, seed=seed), np.random.default_rng(seed + 1)
    known = [
        Known(
            one.trial,
            one.configuration,
            one.curve,
            None,
            pace=by_width(one.configuration)
            * (2.0 if one.configuration["kind"] == "b" else 1.0)
            * math.exp(0.1 * noise.normal()),
        )
        for one in plain.known()
    ]
    return View(SPACE, None, frozenset(), frozenset(), known=lambda: known)


def encoded(**config: Any) -> Any:
    return np.array([encode(SPACE, config)])


# ---- the model of costs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("costs", [[], [None, None], [None, 3.0, None], [3.0] * 9, [3.0, 3.02, None, 3.01]])
def test_nothing_is_expected_where_costs_are_not_known_or_alike(costs: list[float | None]) -> None:
    assert costs_of(seen(costs)) is None


def test_costs_of_other_configurations_are_found() -> None:
    found = costs_of(priced())
    assert found is not None
    assert found.trials == 40
    for width, kind, truth in ((2, "a", 2.0), (8, "c", 8.0), (32, "a", 32.0), (8, "b", 16.0)):
        logarithm = found.mean + float(found.logarithms(encoded(width=width, rate=0.3, kind=kind))[0])
        assert logarithm == pytest.approx(math.log(truth), abs=0.2)


def test_a_unit_of_cost_changes_nothing_but_the_mean() -> None:
    view = priced()
    dearer = [
        Known(one.trial, one.configuration, one.curve, None, pace=1000.0 * (one.pace or 0.0)) for one in view.known()
    ]
    first, second = costs_of(view), costs_of(View(SPACE, None, frozenset(), frozenset(), known=lambda: dearer))
    assert first is not None
    assert second is not None
    x = encoded(width=9, rate=0.1, kind="c")
    assert second.logarithms(x) == pytest.approx(first.logarithms(x), abs=1e-9)
    assert second.mean - first.mean == pytest.approx(math.log(1000.0))


def test_expected_costs_leave_the_range_of_those_that_were_seen_by_a_factor_of_e_at_most() -> None:
    found = costs_of(priced())
    assert found is not None
    logs = [math.log(one.pace) for one in priced().known() if one.pace is not None]
    assert (found.lowest + found.mean, found.highest + found.mean) == pytest.approx((min(logs) - 1, max(logs) + 1))
    x, y = np.array([0.4, 0.5, 0.6]), np.array([-2.0, 0.0, 2.0])
    steep = Costs(x[1:2], np.array([x.var()]), np.array([20.0]), np.array([0.0]), y[0], y[2], 0.0, 3)
    assert steep.logarithms(np.array([[0.0], [0.5], [0.55], [1.0]])).tolist() == pytest.approx([-2.0, 0.0, 1.0, 2.0])
    assert steep.gradient(np.array([0.0])).tolist() == [0.0]
    assert steep.gradient(np.array([0.5])).tolist() == [20.0]


def test_the_gradient_of_a_cost_is_that_of_its_logarithm() -> None:
    found = costs_of(priced())
    assert found is not None
    x = encoded(width=8, rate=0.4, kind="a")[0]
    for place, step in enumerate(1e-6 * np.eye(len(x))):
        rise = (found.logarithms((x + step)[None, :]) - found.logarithms((x - step)[None, :]))[0]
        assert found.gradient(x)[place] == pytest.approx(rise / 2e-6, abs=1e-5)


# ---- the criterion ---------------------------------------------------------------------------------------------------


class Flat:
    """A criterion that is 3 everywhere."""

    def told(self, x: Any) -> Any:
        return np.zeros(len(x)), np.ones(len(x)), self(x)

    def __call__(self, x: Any) -> Any:
        return np.full(len(x), 3.0)

    def with_gradient(self, x: Any) -> Any:
        return 3.0, np.full_like(x, 0.25)

    def thompson(self, x: Any, draws: Any) -> Any:
        return np.full(len(x), 7.0)

    def mean_thompson(self, x: Any, draws: Any) -> Any:
        return np.full(len(x), 8.0)


@pytest.mark.parametrize("weight", [1.0, 0.5])
def test_the_logarithm_of_the_cost_is_added_to_minus_the_logarithm_of_the_improvement(weight: float) -> None:
    criterion, costs = for_its_cost(Flat(), priced(), weight), costs_of(priced())
    assert isinstance(criterion, ForItsCost)
    assert costs is not None
    x = np.vstack([encoded(width=width, rate=0.5, kind="a") for width in (2, 30)])
    expected = 3.0 + weight * costs.logarithms(x)
    assert criterion(x).tolist() == criterion.told(x)[2].tolist() == expected.tolist()
    assert criterion(x)[1] - criterion(x)[0] == pytest.approx(weight * math.log(15.0), abs=0.2)
    value, slope = criterion.with_gradient(x[0])
    assert value == pytest.approx(expected[0])
    assert slope.tolist() == (0.25 + weight * costs.gradient(x[0])).tolist()
    assert criterion.thompson(x, KeyedDraws(0, 0)).tolist() == [7.0, 7.0], "draws have no cost"
    assert criterion.mean_thompson(x, KeyedDraws(0, 0)).tolist() == [8.0, 8.0]
    (said,) = cost_said(criterion, x[0])
    assert isinstance(said, Figures)
    numbers = dict(said.numbers)
    assert numbers["expected"] == pytest.approx(2.0, rel=0.2)
    assert numbers["typical"] == pytest.approx(math.exp(costs.mean))
    assert numbers["trials"] == 40.0


def test_a_criterion_is_as_it_was_without_a_weight_or_without_costs() -> None:
    flat = Flat()
    assert for_its_cost(flat, priced(), 0.0) is flat
    assert for_its_cost(flat, seen([None] * 5), 1.0) is flat
    assert cost_said(flat, encoded(width=1, rate=0.5, kind="a")[0]) == ()


def test_a_cost_beyond_the_largest_float_can_be_said() -> None:
    steep = Costs(np.zeros(1), np.zeros(1), np.array([2.0]), np.zeros(1), -2.0, 2.0, 709.0, 3)
    (said,) = cost_said(ForItsCost(Flat(), steep, 1.0), np.ones(1))
    assert isinstance(said, Figures)
    assert dict(said.numbers)["expected"] == pytest.approx(1.797e308, rel=1e-3)


# ---- options ---------------------------------------------------------------------------------------------------------


def test_costs_count_for_logarithms_of_improvement_only() -> None:
    assert AcquisitionOptions().effective_cost_weight == 1.0
    assert AcquisitionOptions(cost_weight=0.25).effective_cost_weight == 0.25
    for name, value in (("acq_function", "ei"), ("acq_function", "lcb"), ("initial_scoring", "thompson")):
        others: Any = {name: value}
        assert AcquisitionOptions(**others).effective_cost_weight == 0.0
        with pytest.warns(UserWarning, match=r"cost_weight is 0\.5, but changes nothing: .* use acq_function"):
            hb.mobster(SPACE, GOAL, max_resource=9, cost_weight=0.5, **others)


@pytest.mark.parametrize(
    ("setup", "weighs"),
    [
        (hb.mobster(SPACE, GOAL, max_resource=9), True),
        (hb.hyper_tune(SPACE, GOAL, max_resource=9), True),
        (hb.mobster(SPACE, GOAL, max_resource=9, cost_weight=0.0), False),
        (hb.mobster(SPACE, GOAL, max_resource=9, preset="published"), False),
        (hb.hyper_tune(SPACE, GOAL, max_resource=9, preset="published"), False),
        (
            hb.mobster(
                SPACE, GOAL, max_resource=9, preset="published", acq_function="log_ei", initial_scoring="acq_func"
            ),
            False,
        ),
        (hb.dyhpo(SPACE, GOAL, max_resource=9), False),
        (hb.asha(SPACE, GOAL, max_resource=9), False),
        (hb.asha(SPACE, GOAL, max_resource=9, type="cost_promotion"), True),
        (hb.bohb(SPACE, GOAL, max_resource=9), False),
    ],
)
def test_a_setup_says_whether_costs_count(setup: hb.Setup, weighs: bool) -> None:
    assert setup.weighs_cost is weighs


def test_dyhpo_has_no_effective_cost_weight() -> None:
    with pytest.raises(hb.SetupError, match="dyhpo has no option 'cost_weight'"):
        hb.dyhpo(SPACE, GOAL, max_resource=9, cost_weight=0.5)  # type: ignore[call-arg]  # that is tested
    with pytest.raises(hb.SetupError, match="dyhpo has no cost_weight"):
        DyHPO(acquisition=AcquisitionOptions(cost_weight=0.5))


# ---- in a state ------------------------------------------------------------------------------------------------------


def test_the_pace_of_a_trial_is_its_total_cost_for_each_resource() -> None:
    setup = hb.mobster(SPACE, GOAL, max_resource=9, points_to_evaluate=[{}] * 1)
    state = hb.initial(setup)
    for worker in "abc":
        state, _ = hb.decide(state, hb.Ask(worker))
    for trial, cost in enumerate((6.0, None, 0.0)):
        state, _ = hb.decide(state, hb.Report(trial, 1, 0.1 * (trial + 1), cost=cost))
    assert [one.pace for one in view(state).known()] == [6.0, None, None]
    state, action = hb.decide(state, hb.Ask("a"))
    assert isinstance(action, hb.Resume)
    assert action.trial == 0
    for resource, cost in ((2, 4.0), (3, 9.0)):
        state, _ = hb.decide(state, hb.Report(0, resource, 0.05, cost=cost))
    assert view(state).known()[0].pace == (6.0 + 9.0) / 3.0
    state, _ = hb.decide(state, hb.Ask("b"))
    for resource in (2, 3):
        state, _ = hb.decide(state, hb.Report(1, resource, 0.01, cost=5e-324))
    assert view(state).known()[1].pace is None


# ---- in a run --------------------------------------------------------------------------------------------------------


def loss(config: Any, resource: int) -> float:
    """A little better with width."""
    return float((config["rate"] - 0.3) ** 2 - 0.02 * math.log2(config["width"]) + 1.0 / resource)


def run(method: str, seconds: Any, **options: Any) -> tuple[hb.Setup, list[tuple[hb.Event, hb.Action]]]:
    problem = hb.problem(loss, SPACE, GOAL, 9, seconds=seconds)
    setup, log = hb.METHODS[method](SPACE, GOAL, max_resource=9, seed=1, opt_nstarts=2, **options), []
    hb.simulate(problem, setup, workers=2, max_trials=24, record=lambda _, event, action: log.append((event, action)))
    return setup, log


def by_width(config: Any) -> float:
    return float(config["width"])


def widths(log: list[tuple[hb.Event, hb.Action]]) -> list[float]:
    return [math.log2(float(action.config["width"])) for _, action in log if isinstance(action, hb.Start)]


@pytest.mark.parametrize("method", ["MOBSTER-JOINT", "HYPERTUNE-INDEP"])
def test_a_search_that_counts_costs_starts_cheaper_trials_says_so_and_is_made_again(method: str) -> None:
    setup, log = run(method, by_width)
    _, careless = run(method, by_width, cost_weight=0.0)
    assert np.mean(widths(log)[8:]) < np.mean(widths(careless)[8:]) - 1.0
    off = [
        abs(math.log2(dict(one.numbers)["expected"] / by_width(action.config)))
        for _, action in log
        if isinstance(action, hb.Start)
        for one in action.evidence
        if isinstance(one, Figures) and one.of == "cost of a resource"
    ]
    assert len(off) > 10
    assert np.median(off) < 0.3, "what is expected is what a resource costs"
    assert "ost of a resource: expected" in hb.explain(
        [action for _, action in log if isinstance(action, hb.Start)][-1]
    )
    assert not any("ost of a resource" in hb.explain(action) for _, action in careless if isinstance(action, hb.Start))
    assert hb.verify(setup, log).ok


def test_costs_that_are_alike_change_nothing() -> None:
    _, log = run("MOBSTER-JOINT", 5.0)
    _, careless = run("MOBSTER-JOINT", 5.0, cost_weight=0.0)
    starts = [[action.config for _, action in one if isinstance(action, hb.Start)] for one in (log, careless)]
    assert starts[0] == starts[1]
    assert all(isinstance(event.cost, float) for event, _ in log if isinstance(event, hb.Report))
    assert all(event.cost is None for event, _ in careless if isinstance(event, hb.Report))


# ---- when tuning -----------------------------------------------------------------------------------------------------

SCRIPT = """
import pure_hb as hb

space, goal, max_resource = hb.Space(width=hb.Int(1, 64, log=True)), hb.Minimize("loss"), 9


def train(config, resume_from, checkpoint_dir):
    for epoch in range(resume_from + 1, max_resource + 1):
        yield ANSWER
"""


def reported_costs(path: Path, setup: hb.Setup, answer: str) -> set[float | None]:
    """The costs that a short run with one worker reported."""
    script, journal = path / "script.py", path / "run.jsonl"
    script.write_text(SCRIPT.replace("ANSWER", answer))
    hb.tune(load_file(script).train, setup, workers=1, max_trials=4, journal=journal, quiet=True)
    return {record.event.cost for record in read_journal(journal)[1] if isinstance(record.event, hb.Report)}


@pytest.mark.usefixtures("modules_as_before")
@pytest.mark.parametrize(("answer", "cost"), [("epoch, 1.0 / epoch, 7.5", 7.5), ("epoch, 1.0 / epoch", None)])
def test_tune_takes_the_costs_of_a_script_and_measures_none(tmp_path: Path, answer: str, cost: float | None) -> None:
    """Seconds of short epochs would not be what a trial costs: a worker also waits for a decision, and imports once."""
    space = hb.Space(width=hb.Int(1, 64, log=True))
    assert reported_costs(tmp_path, hb.mobster(space, GOAL, max_resource=9), answer) == {cost}
