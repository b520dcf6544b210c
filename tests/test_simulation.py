"""Does simulated time pass as it should, and does a run repeat what the reference does with the same configurations?"""

import json
import math
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attrs import field, frozen

import pure_hb as hb
from pure_hb.problems import problem
from pure_hb.simulation import SimulationError, SimulationResult, simulate
from pure_hb.tables import Table, load_table
from tests.shared import ROOT, shared

TABLES = ROOT / "tests" / "data" / "tables"
TINY = load_table(TABLES / "tiny")
"""Six configurations x = 0 ... 5 and three epochs; of x = 3 the second is NaN."""
LINE = hb.Space(x=hb.Float(0.0, 1.0))


@frozen
class Log:
    """A recorder that keeps what it is told."""

    entries: list[tuple[float, hb.Event, hb.Action]] = field(factory=list)

    def __call__(self, time: float, event: hb.Event, action: hb.Action) -> None:
        self.entries.append((time, event, action))

    def lines(self) -> list[str]:
        return [f"{time:g} {_words(event, action)}" for time, event, action in self.entries]


def _words(event: hb.Event, action: hb.Action) -> str:
    match event, action:
        case hb.Ask(worker=worker), hb.Start(trial=trial, until=until):
            return f"{worker}: start {trial} to {until}"
        case hb.Ask(worker=worker), hb.Resume(trial=trial, start_from=low, until=until):
            return f"{worker}: resume {trial} from {low} to {until}"
        case hb.Report(trial=trial, resource=resource, value=value), _:
            return f"{trial} reports {value:g} at {resource}: {type(action).__name__}"
        case hb.Fail(trial=trial), _:
            return f"{trial} fails: {type(action).__name__}"
        case _:
            raise AssertionError(f"{event!r} was answered by {action!r}")


def in_order(table: Table = TINY, type: Any = "promotion", max_failures: int = 3) -> hb.Setup:
    """ASHA with the level 1 below 3 that starts x = 0, 1, 2, ..., and nothing more."""
    points = [{"x": x} for x in range(6)]
    return hb.asha(
        table.space, table.goal, max_resource=3, type=type, points_to_evaluate=points, max_failures=max_failures
    )


def of_one_second() -> Table:
    """A table with one configuration that takes a second."""
    return Table("second", LINE, hb.Minimize("error"), [[0.5]], [[1.0]], [[1.0]])


# ---- the loop ------------------------------------------------------------------------------------------------------

BY_HAND = """\
0 worker-0: start 0 to 1
0 worker-1: start 1 to 1
1 0 reports 9 at 1: Pause
1 worker-0: start 2 to 1
2 2 reports 7 at 1: Pause
2 worker-0: resume 2 from 1 to 3
2 1 reports 5 at 1: Pause
2 worker-1: resume 1 from 1 to 3
3 2 reports 6 at 2: Continue
4 2 reports 5 at 3: Stop
4 worker-0: start 3 to 1
4 1 reports 4 at 2: Continue
5.5 3 reports 6 at 1: Pause
5.5 worker-0: resume 3 from 1 to 3
6 1 reports 3 at 3: Stop
6 worker-1: start 4 to 1
7 3 reports nan at 2: Stop
7 worker-0: start 5 to 1
8 5 reports 8 at 1: Pause
9 4 reports 4 at 1: Pause
9 worker-0: resume 4 from 1 to 3
12 4 reports 3.5 at 2: Continue
15 4 reports 2 at 3: Stop""".splitlines()
"""Two workers promote on the tiny table. At 8 worker-0 gets nothing; at 9 it asks before worker-1."""


def test_a_run_on_the_tiny_table_goes_as_worked_out_by_hand() -> None:
    log = Log()
    result = simulate(TINY, in_order(), workers=2, max_time=100, record=log)
    assert log.lines() == BY_HAND
    assert result.trajectory == ((1.0, 9.0), (2.0, 7.0), (2.0, 5.0), (4.0, 4.0), (6.0, 3.0), (15.0, 2.0))
    assert (result.best, result.regret, result.time, result.trials) == (2.0, 0.0, 15.0, 6)
    assert result.decisions == 15 + 13  # asks, four of which got nothing, and reports
    assert result.decision_seconds == 0.0


def test_a_log_folds_to_the_state_at_the_end() -> None:
    log = Log()
    result = simulate(TINY, in_order(), workers=2, max_time=100, record=log)
    state = hb.initial(in_order())
    for _, event, action in log.entries:
        state = hb.advance(state, event, action)
    assert state == result.state
    assert result.state.clock == len(log.entries)


def test_every_report_says_of_which_leg_it_is() -> None:
    log = Log()
    simulate(TINY, in_order(), workers=2, max_time=100, record=log)
    reports = [event for _, event, _ in log.entries if isinstance(event, hb.Report)]
    assert [(report.resource, report.leg) for report in reports if report.trial == 2] == [(1, 0), (2, 1), (3, 1)]


def test_stopping_goes_as_worked_out_by_hand() -> None:
    log = Log()
    simulate(TINY, in_order(type="stopping"), workers=1, max_time=11, record=log)
    assert log.lines() == [
        "0 worker-0: start 0 to 1",
        "1 0 reports 9 at 1: Continue",
        "2 0 reports 8 at 2: Continue",
        "3 0 reports 7 at 3: Stop",
        "3 worker-0: start 1 to 1",
        "5 1 reports 5 at 1: Continue",
        "7 1 reports 4 at 2: Continue",
        "9 1 reports 3 at 3: Stop",
        "9 worker-0: start 2 to 1",
        "10 2 reports 7 at 1: Stop",
        "10 worker-0: start 3 to 1",
    ]


def test_a_maximised_table_runs_like_the_minimised_one() -> None:
    up = Table("up", TINY.space, hb.Maximize("score"), TINY.configs, -TINY.values, TINY.seconds)
    run = partial(simulate, workers=2, max_time=100)
    mirrored, result = run(up, in_order(up)), run(TINY, in_order())
    assert mirrored.trajectory == tuple((time, -value) for time, value in result.trajectory)
    assert (mirrored.best, mirrored.regret, mirrored.decisions) == (-2.0, 0.0, result.decisions)


def test_workers_stand_in_the_order_of_their_numbers() -> None:
    log = Log()
    table = of_one_second()
    setup = hb.random_search(LINE, table.goal, max_resource=1)
    simulate(table, setup, workers=12, max_trials=24, record=log)
    asked = [event.worker for _, event, _ in log.entries if isinstance(event, hb.Ask)]
    assert asked == [f"worker-{number}" for number in range(12)] * 2
    ended = [event.trial for _, event, _ in log.entries if isinstance(event, hb.Report)]
    assert ended == list(range(24))


def test_the_best_value_at_a_time() -> None:
    result = simulate(TINY, in_order(), workers=2, max_time=100)
    assert [result.best_at(time) for time in (0.5, 1.0, 1.9, 2.0, 5.9, 100.0)] == [None, 9.0, 9.0, 5.0, 4.0, 2.0]


# ---- budgets -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("max_time", "time", "best"), [(5.4, 5.4, 4.0), (4, 4.0, 4.0), (3.9, 3.9, 5.0), (0, 0.0, None)]
)
def test_nothing_reports_after_max_time(max_time: float, time: float, best: float | None) -> None:
    result = simulate(TINY, in_order(), workers=2, max_time=max_time)
    assert (result.time, result.best) == (time, best)
    assert (result.regret is None) == (best is None)


def test_a_trial_too_many_is_not_started_and_nobody_asks_any_more() -> None:
    log = Log()
    result = simulate(TINY, in_order(), workers=2, max_trials=3, record=log)
    before = BY_HAND[: BY_HAND.index("4 worker-0: start 3 to 1")]
    assert log.lines() == [*before, "4 1 reports 4 at 2: Continue", "6 1 reports 3 at 3: Stop"]
    assert (result.trials, result.time) == (3, 6.0)
    assert result.decisions == 6 + 7  # the last ask got trial 3, which was not accepted


def test_both_budgets_may_be_given() -> None:
    assert simulate(TINY, in_order(), workers=2, max_trials=3, max_time=5).time == 5.0
    assert simulate(TINY, in_order(), workers=2, max_trials=3, max_time=math.inf).time == 6.0


# ---- delays --------------------------------------------------------------------------------------------------------


def test_a_leg_begins_to_train_after_the_start_delay() -> None:
    log = Log()
    simulate(TINY, in_order(), workers=2, max_time=36, start_delay=10.0, record=log)
    assert log.lines() == [
        "0 worker-0: start 0 to 1",
        "0 worker-1: start 1 to 1",
        "11 0 reports 9 at 1: Pause",
        "11 worker-0: start 2 to 1",
        "12 1 reports 5 at 1: Pause",
        "12 worker-1: resume 1 from 1 to 3",
        "22 2 reports 7 at 1: Pause",
        "22 worker-0: start 3 to 1",
        "24 1 reports 4 at 2: Continue",
        "26 1 reports 3 at 3: Stop",
        "26 worker-1: start 4 to 1",
        "33.5 3 reports 6 at 1: Pause",
        "33.5 worker-0: resume 3 from 1 to 3",
    ]


def test_a_worker_asks_after_the_stop_delay() -> None:
    log = Log()
    simulate(TINY, in_order(), workers=2, max_time=5, stop_delay=0.25, record=log)
    assert log.lines() == [
        "0 worker-0: start 0 to 1",
        "0 worker-1: start 1 to 1",
        "1 0 reports 9 at 1: Pause",
        "1.25 worker-0: start 2 to 1",
        "2 1 reports 5 at 1: Pause",
        "2.25 2 reports 7 at 1: Pause",
        "2.25 worker-1: resume 1 from 1 to 3",
        "2.5 worker-0: start 3 to 1",
        "4 3 reports 6 at 1: Pause",
        "4.25 worker-0: resume 3 from 1 to 3",  # by time and worker, before the report of worker-1
        "4.25 1 reports 4 at 2: Continue",
    ]


def ticking(step: float) -> Any:
    ticks = count()
    return lambda: next(ticks) * step


def test_measured_seconds_are_told() -> None:
    result = simulate(TINY, in_order(), workers=2, max_time=100, clock=ticking(0.5))
    assert result.time == 15.0
    assert result.decision_seconds == 0.5 * (result.decisions + result.state.clock)  # one choose each, and one advance


def test_decisions_take_simulated_time_if_they_are_charged() -> None:
    """A choose and an advance take half a second each; reports wait until the scheduler has answered."""
    log = Log()
    result = simulate(TINY, in_order(), workers=2, max_time=8, charge_decisions=True, clock=ticking(0.5), record=log)
    assert log.lines() == [
        "1 worker-0: start 0 to 1",
        "2 worker-1: start 1 to 1",
        "3 0 reports 9 at 1: Pause",  # arrived at 2, when worker-1 had just been answered
        "4 worker-0: start 2 to 1",
        "5 1 reports 5 at 1: Pause",  # arrived at 4
        "6 worker-1: resume 1 from 1 to 3",
        "7 2 reports 7 at 1: Pause",  # arrived at 5
        "8 worker-0: start 3 to 1",
        "9 1 reports 4 at 2: Continue",  # arrived at 8
    ]
    assert result.trajectory == ((2.0, 9.0), (4.0, 5.0), (8.0, 4.0))
    assert result.time == 8.0


# ---- fits beside training ------------------------------------------------------------------------------------------

QUICK: dict[str, Any] = {"num_init_random": 2, "num_init_candidates": 4, "opt_maxiter": 3, "opt_nstarts": 1}


@pytest.mark.parametrize("make", [hb.mobster, hb.hyper_tune, hb.dyhpo])
def test_a_fit_beside_training_is_there_before_anybody_asks(make: Callable[..., hb.Setup]) -> None:
    log, valley = Log(), load_table(TABLES / "valley")
    setup = make(valley.space, valley.goal, max_resource=valley.max_resource, fit="background", **QUICK)
    result = simulate(valley, setup, workers=2, max_trials=8, record=log)
    fits = [number for number, (_, event, _) in enumerate(log.entries) if isinstance(event, hb.Fitted)]
    assert fits
    assert result.spent.fits == len(fits)
    assert result.spent.model_uses > 0
    state = hb.initial(setup)
    for number, (time, event, action) in enumerate(log.entries):
        if number in fits:
            assert time == log.entries[number - 1][0], "it takes no simulated time"
            assert isinstance(log.entries[number - 1][1], hb.Report)
            assert hb.fit_if_due(state) == event
        elif isinstance(event, hb.Ask):
            assert hb.fit_if_due(state) is None, "whatever is due has been made"
        state, ours = hb.decide(state, event)
        assert ours == action
    assert state == result.state


def test_fits_beside_training_are_not_charged() -> None:
    valley, log = load_table(TABLES / "valley"), Log()
    setup = hb.mobster(valley.space, valley.goal, max_resource=valley.max_resource, fit="background", **QUICK)
    clock = ticking(0.5)
    result = simulate(valley, setup, workers=1, max_trials=6, charge_decisions=True, clock=clock, record=log)
    fitted = [time for time, event, _ in log.entries if isinstance(event, hb.Fitted)]
    assert fitted
    assert result.decision_seconds == 0.5 * (result.decisions + result.state.clock - len(fitted))


# ---- a budget that is too small --------------------------------------------------------------------------------------


def test_fewer_trials_than_the_one_epoch_baseline_needs_are_told() -> None:
    """Three workers start two trials more while the last of four is awaited, unless all six configurations are used."""
    space = hb.Space(x=hb.Float(0.0, 5.0))
    on_a_line = problem(lambda config, _: config["x"], space, hb.Minimize("loss"), max_resource=3)
    for workers, needed in ((1, 4), (3, 6)):
        setup = hb.one_epoch(space, on_a_line.goal, max_resource=3, num_trials=4, num_best=2)
        said = rf"max_trials is {needed - 1}, but .* Give max_trials={needed} or more, or num_trials=3 to the method"
        with pytest.warns(UserWarning, match=said) as told:
            result = simulate(on_a_line, setup, workers=workers, max_trials=needed - 1)
        assert told[0].filename == __file__
        assert result.spent.epochs_by_rung[3] == 0
        three = hb.one_epoch(space, on_a_line.goal, max_resource=3, num_trials=3, num_best=2)
        for fewer, limit in ((setup, needed), (three, needed - 1)):
            assert simulate(on_a_line, fewer, workers=workers, max_trials=limit).spent.epochs_by_rung[3] > 0
        simulate(on_a_line, setup, workers=workers, max_time=20.0)


def test_a_space_that_is_used_up_needs_no_more_trials_than_it_has() -> None:
    setup = hb.one_epoch(TINY.space, TINY.goal, max_resource=3)
    for workers in (1, 3, 7):
        assert simulate(TINY, setup, workers=workers, max_trials=6).spent.epochs_by_rung[3] > 0
        with pytest.warns(UserWarning, match="max_trials is 5, .* Give max_trials=6 or more"):
            simulate(TINY, setup, workers=workers, max_trials=5)


# ---- NaN -----------------------------------------------------------------------------------------------------------


def test_a_nan_fails_the_trial_if_that_is_asked_for() -> None:
    log = Log()
    result = simulate(TINY, in_order(max_failures=1), workers=2, max_time=100, nan="fail", record=log)
    assert log.lines() == [line.replace("3 reports nan at 2", "3 fails") for line in BY_HAND]
    assert result.state.trials[3].failures == 1
    failed = [event for _, event, _ in log.entries if isinstance(event, hb.Fail)]
    assert failed == [hb.Fail(3, "the metric is nan at resource 2", leg=1)]


def test_a_failed_trial_runs_its_leg_again_from_where_that_began() -> None:
    log = Log()
    simulate(TINY, in_order(max_failures=2), workers=2, max_time=9, nan="fail", record=log)
    assert log.lines()[16:20] == [
        "7 3 fails: Pause",
        "7 worker-0: resume 3 from 1 to 3",
        "8.5 3 fails: Stop",
        "8.5 worker-0: start 5 to 1",
    ]


@pytest.mark.parametrize("nan", ["value", "fail"])
def test_infinities_are_treated_like_nan(nan: Any) -> None:
    values = np.where(np.isnan(TINY.values), -math.inf, TINY.values)
    table = Table("tiny", TINY.space, TINY.goal, TINY.configs, values, TINY.seconds)
    run = partial(simulate, workers=2, max_time=100, nan=nan)
    assert run(table, in_order()).trajectory == run(TINY, in_order()).trajectory


def test_without_a_finite_value_there_is_no_best() -> None:
    table = Table("t", LINE, TINY.goal, [[0.0], [1.0]], [[math.nan] * 3, [1.0] * 3], [[1.0, 2.0, 3.0]] * 2)
    result = simulate(table, hb.asha(LINE, TINY.goal, max_resource=3, points_to_evaluate=[{"x": 0}]), max_trials=1)
    assert (result.best, result.regret, result.trajectory) == (None, None, ())


# ---- purity --------------------------------------------------------------------------------------------------------


def valley(seed: int) -> SimulationResult:
    table = load_table(TABLES / "valley")
    return simulate(table, hb.asha(table.space, table.goal, max_resource=9, seed=seed), max_time=60)


def test_equal_arguments_give_equal_results_and_the_seed_decides() -> None:
    assert valley(1) == valley(1)
    assert valley(1).trajectory != valley(2).trajectory


def test_another_process_with_another_hash_seed_gives_the_same_result() -> None:
    script = """
from pure_hb import to_json
from pure_hb.codec import canonical
from tests.test_simulation import valley
result = valley(1)
print(result.trajectory, result.decisions, canonical(to_json(result.state)))
"""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env={"PYTHONHASHSEED": hash_seed}, capture_output=True, check=True
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(outputs) == 1


# ---- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_time": None}, "it has no end; give max_time"),
        ({"max_time": math.inf}, "it has no end"),
        ({"max_time": -1}, "max_time is -1; it is simulated seconds, at least 0"),
        ({"max_time": math.nan}, "max_time is nan"),
        ({"max_time": "2h"}, "max_time is '2h'"),
        ({"max_trials": 0}, "max_trials is 0; it is an int of at least 1"),
        ({"max_trials": 2.0}, r"max_trials is 2\.0"),
        ({"workers": 0}, "workers is 0; it is an int of at least 1"),
        ({"workers": True}, "workers is True"),
        ({"start_delay": -1.0}, r"start_delay is -1\.0; it is simulated seconds, finite and at least 0"),
        ({"stop_delay": math.inf}, "stop_delay is inf"),
        ({"nan": "worst"}, 'nan is \'worst\'; it is "value" or "fail"'),
        ({"charge_decisions": True}, "charge_decisions needs a clock to charge by: clock=time.process_time"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        simulate(TINY, in_order(), **{"max_time": 5, **arguments})


@pytest.mark.parametrize(
    ("setup", "message"),
    [
        (hb.asha(TINY.space, TINY.goal, max_resource=9), "max_resource is 9; the table tiny ends at 3"),
        (hb.asha(TINY.space, hb.Maximize("error"), max_resource=3), "the goal is Maximize.*; that of the table tiny"),
        (hb.asha(hb.Space(y=hb.Int(0, 5)), TINY.goal, max_resource=3), "the space has no x; use the table's"),
    ],
)
def test_a_setup_that_does_not_fit_the_table_is_refused(setup: hb.Setup, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        simulate(TINY, setup, max_time=5)


def test_exchanged_arguments_are_told_in_one_sentence() -> None:
    with pytest.raises(SimulationError) as refused:
        simulate(in_order(), TINY, max_trials=5)  # type: ignore[arg-type]  # that is the point
    assert str(refused.value) == (
        "simulate takes the problem first and the setup second, and got a Setup first; "
        "write simulate(problem, setup, max_trials=100)"
    )
    with pytest.raises(SimulationError) as refused:
        simulate([0.5] * 10**5, in_order(), max_trials=5)  # type: ignore[arg-type]  # that is the point
    assert len(str(refused.value)) < 600


def test_a_shorter_training_and_a_larger_space_fit() -> None:
    space = hb.Space(x=hb.Int(0, 9), y=hb.Float(0.0, 1.0))
    result = simulate(TINY, hb.asha(space, TINY.goal, max_resource=2), max_trials=5)
    assert max(trial.highest for trial in result.state.trials) == 2


# ---- the reference -------------------------------------------------------------------------------------------------

REFERENCE = json.loads((TABLES / "valley-reference.json").read_bytes())


@pytest.mark.parametrize("run", REFERENCE["runs"], ids=lambda run: f"{run['method']}-{run['points']}")
def test_with_the_configurations_of_the_reference_a_run_is_that_of_the_reference(run: dict[str, Any]) -> None:
    table = load_table(TABLES / "valley")
    names = [name for name, _ in table.space.domains]
    points = [dict(zip(names, values, strict=True)) for values in REFERENCE["points"][run["points"]]]
    setup = hb.METHODS[run["method"]](
        table.space, table.goal, max_resource=9, max_failures=1, points_to_evaluate=points
    )
    log = Log()
    limits = {"workers": run["workers"], "max_time": run["max_time"], "max_trials": run["max_trials"]}
    result = simulate(table, setup, **limits, nan="fail", record=log)
    assert [action.trial for _, _, action in log.entries if isinstance(action, hb.Resume)] == run["resumed"]
    assert [list(point) for point in result.trajectory] == run["trajectory"]
    found = (result.best, result.time, result.trials, result.decisions, result.regret)
    assert found == (run["best"], run["time"], run["trials"], run["decisions"], run["regret"])


# ---- the shared tables ---------------------------------------------------------------------------------------------


def legs(entries: Iterable[tuple[float, hb.Event, hb.Action]]) -> dict[tuple[int, int], tuple[float, int]]:
    """(trial, leg) -> when it was given out, and from where it trains."""
    found = {}
    for time, _, action in entries:
        if isinstance(action, hb.Start | hb.Resume):
            found[action.trial, action.leg] = (time, action.start_from if isinstance(action, hb.Resume) else 0)
    return found


@pytest.mark.parametrize("name", ["mlp-txhousing", "taskset-irnn64"])
@pytest.mark.parametrize("method", ["ASHA-PROM", "ASHA-STOP"])
def test_the_clock_of_a_leg_is_that_of_the_recorded_seconds(name: str, method: str) -> None:
    table = load_table(shared("tables", name + ".npz"))
    setup = hb.METHODS[method](table.space, table.goal, max_resource=table.max_resource)
    log = Log()
    limit = 3.0 * float(np.median(table.seconds[:, -1]))
    result = simulate(table, setup, max_time=limit, record=log)
    given_out = legs(log.entries)
    times = [time for time, _, _ in log.entries]
    assert times == sorted(times)
    assert times[-1] <= limit
    assert result.time == round(limit, 6)
    for time, event, _ in log.entries:
        if isinstance(event, hb.Report):
            assert event.leg is not None
            since, start_from = given_out[event.trial, event.leg]
            row = table.row(result.state.trials[event.trial].config)
            spent = table.elapsed(row, event.resource) - table.elapsed(row, start_from)
            assert time == pytest.approx(since + spent, rel=1e-9)
            np.testing.assert_equal(event.value, table.value(row, event.resource))


# ---- the benchmark -------------------------------------------------------------------------------------------------

BENCHMARK = ROOT / "examples" / "benchmarks" / "regret.py"


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Runs the script as if from its folder, where its other modules lie."""
    monkeypatch.syspath_prepend(str(BENCHMARK.parent))
    return lambda name=None: runpy.run_path(str(BENCHMARK), run_name=name)


def test_the_benchmark_compares_with_a_reference(
    benchmark: Callable[..., dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = TABLES / "valley.npz"
    monkeypatch.setattr(sys, "argv", ["regret.py", str(table), "--methods", "ASHA-STOP", "--seeds", "5", "--json"])
    benchmark("__main__")
    cells = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [cell["share"] for cell in cells] == [25, 50, 100]
    assert all(cell["low"] <= cell["mean"] == np.mean(sorted(cell["regrets"])[1:4]) <= cell["high"] for cell in cells)
    runs = {"trials": cells[0]["trials"], "regret": {str(cell["share"]): cell["regrets"] for cell in cells}}
    known = tmp_path / "itself.json"
    known.write_text(json.dumps({"tables": {"valley": {"T": cells[0]["time"], "methods": {"ASHA-STOP": runs}}}}))
    monkeypatch.setattr(sys, "argv", [*sys.argv[:-1], "--reference", str(known)])
    benchmark("__main__")
    shown = capsys.readouterr().out
    assert shown.count("| yes |") == 3
    assert "At 100% of T, 1 of 1 means lie in the intervals of the reference." in shown


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("boost-diamonds", 0.3221),
        ("linear-reviews", 0.6564),
        ("mlp-digits", 0.8064),
        ("mlp-txhousing", 1.594),
        ("taskset-irnn64", 150.0),
        ("taskset-lstm128", 150.0),
    ],
)
def test_the_time_of_the_benchmark_is_that_of_the_baselines(
    benchmark: Callable[..., dict[str, Any]], name: str, limit: float
) -> None:
    time_limit = benchmark()["time_limit"]
    assert float(f"{time_limit(load_table(shared('tables', name + '.npz'))):.4g}") == limit
