"""Do peers run in the same simulated time as ours, are spaces and failures told as they want, and is all of it shown?

The clock is tried with peers that need nothing installed; adapters where their packages are.
"""

import gzip
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
from attrs import define, evolve, field

import pure_hb as hb
from pure_hb.space import as_member, default_configuration, encode
from tests.shared import ROOT

FOLDER: Final = ROOT / "examples" / "benchmarks"
Module = Callable[[str], ModuleType]


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Module:
    """A module of the benchmarks by its name."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


# ---- the clock -----------------------------------------------------------------------------------------------------


@define
class OursAsPeer:
    """One of our methods behind the protocol of peers: told all at the same time, it decides as in `simulate`."""

    task: Any
    state: hb.State
    max_resource: int
    free: list[str] = field(factory=lambda: [f"worker-{number}" for number in range(8)])

    def ask(self) -> Any:
        worker = self.free.pop(0)
        self.state, action = hb.decide(self.state, hb.Ask(worker))
        if not isinstance(action, hb.Start | hb.Resume):
            self.free.append(worker)
            return None
        return self.task(action.config, self.max_resource, action.trial, (action.trial, action.leg, worker))

    def report(self, task: Any, resource: int, value: float) -> bool:
        trial, leg, worker = task.told
        self.state, action = hb.decide(self.state, hb.Report(trial, resource, value, leg=leg))
        if not isinstance(action, hb.Continue):
            self.free.append(worker)
        return isinstance(action, hb.Continue)

    def fail(self, task: Any, resource: int, value: float | None) -> None:
        trial, leg, worker = task.told
        self.free.append(worker)
        event = hb.Fail(trial, "broke", leg) if value is None else hb.Report(trial, resource, value, leg=leg)
        self.state, _ = hb.decide(self.state, event)


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("method", ["RANDOM", "ASHA-PROM", "ASHA-STOP", "HYPERBAND-PROM"])
@pytest.mark.parametrize("name", ["hartmann3", "cliff-nan-5", "cliff-fail-5", "booster"])
def test_peers_are_told_everything_at_the_same_simulated_time_as_ours(
    module: Module, name: str, method: str, workers: int
) -> None:
    peers, problem = module("peers"), module("problems").registry()[name].problem()
    if name == "booster":  # costs that differ, without trainings
        seconds = importlib.import_module("problems.booster").seconds
        problem = hb.problem(
            lambda config, resource: config["subsample"] / resource + config["max_depth"],
            problem.space, problem.goal, 27, seconds=seconds,
        )  # fmt: skip
    setup = evolve(
        hb.METHODS[method](problem.space, problem.goal, max_resource=problem.max_resource, seed=3), max_failures=1
    )
    answer = problem.answer(default_configuration(problem.space), problem.max_resource)
    max_time = 6 * answer.elapsed
    ours: list[tuple[Any, ...]] = []
    configs: dict[int, hb.Configuration] = {}

    def record(now: float, event: hb.Event, action: hb.Action) -> None:
        if isinstance(action, hb.Start):
            configs[action.trial] = action.config
        if isinstance(event, hb.Report) and math.isfinite(event.value):
            ours.append((now, configs[event.trial], event.resource, event.value))

    expected = hb.simulate(problem, setup, workers=workers, max_time=max_time, record=record)
    theirs: list[tuple[Any, ...]] = []
    peer = OursAsPeer(peers.Task, hb.initial(setup), problem.max_resource)
    run = peers.PeerRun(problem, peer, max_time, lambda: 0.0, lambda *found: theirs.append(found))
    run.to_the_end(workers)
    assert theirs == ours
    assert (run.trials, run.failures, run.decisions) == (expected.trials, expected.failures, expected.decisions)
    assert peer.state.tried.started == run.trials


@define
class Scripted:
    """Gives tasks from a list, and keeps what it is told; stops trainings that report a resource in `stops`."""

    tasks: list[Any]
    stops: tuple[int, ...] = ()
    told: list[tuple[Any, ...]] = field(factory=list)

    def ask(self) -> Any:
        return self.tasks.pop(0) if self.tasks else None

    def report(self, task: Any, resource: int, value: float) -> bool:
        self.told.append((task.training, resource, value))
        return resource not in self.stops

    def fail(self, task: Any, resource: int, value: float | None) -> None:
        self.told.append((task.training, resource, value))


def at_once(peers: ModuleType, curve: Callable[..., float], peer: Scripted, workers: int = 1, until: float = 99) -> Any:
    """Runs a peer on a problem of 9 resources that take 1 second each, and returns the run and when it found what."""
    problem = hb.problem(curve, hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("loss"), 9)
    times: list[float] = []
    run = peers.PeerRun(problem, peer, until, lambda: 0.0, lambda now, *_: times.append(now))
    run.to_the_end(workers)
    return run, times


def test_a_training_that_goes_on_pays_for_what_is_new_and_one_that_went_as_far_begins_anew(module: Module) -> None:
    peers = module("peers")
    config = hb.Configuration({"x": 0.5})
    tasks = [peers.Task(config, until, name) for name, until in (("a", 3), ("b", 1), ("a", 9), ("a", 3))]
    run, times = at_once(peers, lambda config, resource: float(resource), Scripted(tasks))
    assert times == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
    assert run.peer.told[3:5] == [("b", 1, 1.0), ("a", 4, 4.0)]
    assert run.peer.told[-3:] == [("a", 1, 1.0), ("a", 2, 2.0), ("a", 3, 3.0)]
    assert run.trials == 3, "a, b, and a again from the beginning"


def test_what_a_peer_stops_goes_on_later_from_where_it_was_stopped(module: Module) -> None:
    peers = module("peers")
    tasks = [peers.Task(hb.Configuration({"x": 0.5}), 9, "a")] * 2
    run, _ = at_once(peers, lambda config, resource: float(resource), Scripted(tasks, stops=(2, 5)))
    assert [resource for _, resource, _ in run.peer.told] == [1, 2, 3, 4, 5]


def test_a_training_ends_with_a_value_that_is_not_finite_or_with_a_failure(module: Module) -> None:
    peers = module("peers")

    def curve(config: Any, resource: int) -> float:
        if resource == 3 and config["x"] > 0.5:
            raise FloatingPointError("overflow")
        return math.inf if resource == 3 else 0.5

    tasks = [peers.Task(hb.Configuration({"x": x}), 9, x) for x in (0.1, 0.9)]
    run, times = at_once(peers, curve, Scripted(tasks), workers=2)
    assert sorted(run.peer.told[-2:]) == [(0.1, 3, math.inf), (0.9, 3, None)]
    assert (run.failures, times) == (1, [1, 1, 2, 2])


def test_nothing_is_told_after_the_end_and_idle_workers_ask_again_after_a_report(module: Module) -> None:
    peers = module("peers")

    @define
    class OneAtATime(Scripted):
        running: bool = False

        def ask(self) -> Any:
            if self.running:
                return None
            self.running = True
            return Scripted.ask(self)

        def report(self, task: Any, resource: int, value: float) -> bool:
            self.running = resource < task.until
            return Scripted.report(self, task, resource, value)

    tasks = [peers.Task(hb.Configuration({"x": 0.5}), 2, number) for number in range(9)]
    run, times = at_once(peers, lambda config, resource: 1.0, OneAtATime(tasks), workers=3, until=5.0)
    assert (run.trials, times) == (3, [1, 2, 3, 4, 5])


# ---- spaces --------------------------------------------------------------------------------------------------------

SPACE: Final = hb.Space(
    rate=hb.Float(1e-4, 1.0, log=True),
    momentum=hb.Float(0.5, 0.999, reverse_log=True),
    plain=hb.Float(-3.0, 7.0),
    width=hb.Int(4, 512, log=True),
    depth=hb.Int(-2, 5),
    drop=hb.Finite(0.1, 0.9, 9),
    units=hb.Finite(8, 1024, 6, log=True, integer=True),
    batch=hb.Ordinal(8, 16, 64, kind="nn-log"),
    size=hb.Ordinal("s", "m", "l"),
    act=hb.Choice("relu", "tanh", "gelu"),
    flag=hb.Choice(True, False),
    loss=hb.Choice(1.0, 0.5),
    fixed=hb.Constant("adam"),
    only=hb.Int(3, 3),
    lonely=hb.Choice("one"),
    point=hb.Float(0.25, 0.25),
)


def test_every_domain_is_an_axis_whose_values_come_back_exactly(module: Module) -> None:
    axes = module("peers").axes_of(SPACE)
    kinds = {one.name: (one.kind, one.low, one.high, one.log) for one in axes.axes}
    assert kinds["rate"] == ("real", 1e-4, 1.0, True)
    assert kinds["width"] == ("whole", 4, 512, True)
    assert kinds["drop"] == ("whole", 0, 8, False)
    assert kinds["units"] == ("whole", 0, 5, False), "the logarithm is in its positions"
    assert (kinds["size"], kinds["act"]) == (("whole", 0, 2, False), ("choice", 0, 2, False))
    assert not {"fixed", "only", "lonely", "point"} & set(kinds), "there is nothing to search"
    for ends in ("low", "high"):
        in_space(axes.config({one.name: getattr(one, ends) for one in axes.axes}))
    high = axes.config({one.name: one.high for one in axes.axes})
    assert (high["drop"], high["units"], high["size"], high["flag"], high["loss"]) == (0.9, 1024, "l", False, 0.5)
    assert (high["fixed"], high["only"], high["lonely"], high["point"]) == ("adam", 3, "one", 0.25)
    assert high["momentum"] == pytest.approx(0.999)
    assert axes.config({one.name: 4 if one.name == "drop" else one.low for one in axes.axes})["drop"] == 0.5


def test_shares_of_an_axis_reach_all_its_values_in_equal_parts(module: Module) -> None:
    axes = module("peers").axes_of(SPACE)
    shares = [number / 3000 for number in range(3001)]
    by_name = {one.name: [one.at(share) for share in shares] for one in axes.axes}
    assert by_name["depth"].count(-2) == 375, "an eighth each"
    assert sorted(set(by_name["units"])) == [8, 21, 56, 147, 388, 1024]
    assert (by_name["rate"][0], by_name["rate"][-1]) == (pytest.approx(1e-4), 1.0)
    assert by_name["rate"][1500] == pytest.approx(1e-2)
    for number in range(0, 3001, 100):
        in_space(axes.config_at([shares[number]] * len(axes.axes)))


def in_space(config: hb.Configuration) -> None:
    """Fails unless a configuration is one of the space, value for value and type for type."""
    member = as_member(SPACE, config)
    assert {name: (type(value), value) for name, value in member.items()} == {
        name: (type(value), value) for name, value in config.items()
    }


# ---- adapters, where their packages are installed ------------------------------------------------------------------

NAMES: Final = (
    "OPTUNA-TPE-HALVING",
    "OPTUNA-TPE-HYPERBAND",
    "OPTUNA-GP-HALVING",
    "OPTUNA-GP-HYPERBAND",
    "SMAC-MF",
    "DEHB",
)


def installed(module: Module, name: str) -> Any:
    """The entry of a peer; skips the test, with the command that installs it, if it is not there."""
    entry = module("peers").PEERS[name]
    for package in entry.packages:
        pytest.importorskip(package, reason=f"{name}: {entry.missing}")
    return entry


def curve(sign: float, config: Any, resource: int) -> float:
    """Has a cliff of NaN and one of failures; costs are positive if ``sign`` is 1."""
    if config["act"] == "gelu" and resource > 2:
        return math.nan
    if config["depth"] >= 4:
        raise FloatingPointError("overflow")
    return sign * (10.0 + float(config["plain"]) + abs(math.log(config["rate"])) + 1.0 / resource)


def terms(module: Module, folder: Path, problem: hb.Problem, seed: int = 0, sign: float = 1.0) -> Any:
    """What a peer is made for."""
    return module("peers").Terms(problem, module("problems").Scale(None, sign * 12.0, sign * 30.0, 9.0), seed, folder)


def played(
    module: Module, folder: Path, name: str, seed: int, goal: hb.Goal, sign: float, trials: float
) -> list[tuple[Any, ...]]:
    """What a peer does with a problem, in the time of some full trainings."""
    entry, peers = installed(module, name), module("peers")
    problem = hb.problem(lambda config, resource: curve(sign, config, resource), SPACE, goal, 9, name="cliffs")
    found: list[tuple[Any, ...]] = []
    peer = entry.make(terms(module, folder / str(len(list(folder.iterdir()))), problem, seed, sign), {})
    run = peers.PeerRun(problem, peer, trials * 9.0 / 4, lambda: 0.0, lambda *one: found.append(one))
    run.to_the_end(4)
    assert run.failures > 0
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("goal", "sign"), [(hb.Minimize("loss"), 1.0), (hb.Maximize("score"), -1.0)])
@pytest.mark.parametrize("name", NAMES)
def test_adapters_give_configurations_of_the_space_and_survive_nan_and_failures(
    module: Module, tmp_path: Path, name: str, goal: hb.Goal, sign: float
) -> None:
    found = played(module, tmp_path, name, 0, goal, sign, 12)
    for _, config, resource, _ in found:
        in_space(config)
        assert 1 <= resource <= 9
    assert {1, 2, 3, 9} <= {resource for _, _, resource, _ in found}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_adapters_stop_early_and_hang_on_the_seed_alone(module: Module, tmp_path: Path, name: str) -> None:
    goal = hb.Minimize("loss")
    found, again, other = (played(module, tmp_path, name, seed, goal, 1.0, 8) for seed in (0, 0, 1))
    assert found == again != other
    farthest: dict[str, int] = {}
    for _, config, resource, _ in found:
        key = json.dumps(dict(config))
        farthest[key] = max(resource, farthest.get(key, 0))
    assert sum(resource < 9 for resource in farthest.values()) > sum(resource == 9 for resource in farthest.values())


@pytest.mark.filterwarnings("ignore")
def test_optuna_is_told_complete_pruned_and_failed_trials(module: Module, tmp_path: Path) -> None:
    entry = installed(module, "OPTUNA-TPE-HALVING")
    peers = module("peers")
    problem = hb.problem(lambda config, resource: 1.0, SPACE, hb.Minimize("loss"), 9)
    peer = entry.make(terms(module, tmp_path, problem), {})
    tasks = [peer.ask() for _ in range(4)]
    assert all(isinstance(task, peers.Task) and task.until == 9 for task in tasks)
    assert [peer.report(tasks[0], resource, 0.1) for resource in range(1, 10)] == [True] * 8 + [False]
    assert not peer.report(tasks[1], 1, 0.2)
    peer.fail(tasks[2], 1, math.nan)
    peer.fail(tasks[3], 1, None)
    assert [trial.state.name for trial in peer.study.trials] == ["COMPLETE", "PRUNED", "PRUNED", "FAIL"]
    assert peer.study.best_value == 0.1


@pytest.mark.filterwarnings("ignore")
def test_smac_is_told_at_its_budgets_and_of_crashes(module: Module, tmp_path: Path) -> None:
    entry = installed(module, "SMAC-MF")
    problem = hb.problem(lambda config, resource: 1.0, SPACE, hb.Minimize("loss"), 9)
    peer = entry.make(terms(module, tmp_path, problem), {})
    first, second = peer.ask(), peer.ask()
    assert (first.until, second.until) == (1, 1)
    peer.report(first, 1, 0.5)
    peer.fail(second, 1, None)
    told = [(value.cost, value.status.name) for value in peer.smac.runhistory.values()]
    assert sorted(told) == [(0.5, "SUCCESS"), (30.0, "CRASHED")]


@pytest.mark.filterwarnings("ignore")
def test_smac_has_nothing_to_give_once_a_finite_space_is_used_up(module: Module, tmp_path: Path) -> None:
    entry, peers = installed(module, "SMAC-MF"), module("peers")
    problem = hb.problem(lambda config, resource: config["n"] / resource, hb.Space(n=hb.Int(1, 3)), hb.Minimize("l"), 9)
    found: list[Any] = []
    run = peers.PeerRun(
        problem, entry.make(terms(module, tmp_path, problem), {}), 1e6, lambda: 0.0, lambda *one: found.append(one)
    )
    run.to_the_end(4)
    assert {config["n"] for _, config, _, _ in found} == {1, 2, 3}
    assert run.peer.ask() is None


@pytest.mark.filterwarnings("ignore")
def test_dehb_goes_on_with_what_it_promotes(module: Module, tmp_path: Path) -> None:
    entry = installed(module, "DEHB")
    problem = hb.problem(lambda config, resource: 1.0, SPACE, hb.Minimize("loss"), 9)
    peer = entry.make(terms(module, tmp_path, problem), {})
    first = [peer.ask() for _ in range(9)]
    for number, task in enumerate(first):
        peer.report(task, task.until, float(number)) if number else peer.fail(task, task.until, None)
    promoted = [peer.ask() for _ in range(3)]
    assert [task.until for task in (*first, *promoted)] == [1] * 9 + [3] * 3
    assert [task.training for task in promoted] == [task.training for task in first[1:4]]
    assert [task.config for task in promoted] == [task.config for task in first[1:4]]


# ---- in the suite --------------------------------------------------------------------------------------------------

Suite = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def suite(module: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """Runs the suite, all of it in this process, and returns the lines of its file."""
    loaded, out = module("suite"), tmp_path / "suite.jsonl"
    monkeypatch.setattr(loaded, "_as_they_end", lambda jobs, processes: ((job, loaded.tried(job)) for job in jobs))

    def run(*arguments: object) -> list[dict[str, Any]]:
        monkeypatch.setattr(sys, "argv", ["suite", "--out", str(out), "--processes", "1", *map(str, arguments)])
        loaded.main()
        return [json.loads(line) for line in out.read_text().splitlines()]

    return run


@define
class RandomPeer:
    """Trains random configurations fully."""

    task: Any
    problem: hb.Problem
    configs: list[hb.Configuration]
    given: int = 0

    def ask(self) -> Any:
        self.given += 1
        return self.task(self.configs[self.given - 1], self.problem.max_resource, self.given)

    def report(self, task: Any, resource: int, value: float) -> bool:
        return True

    def fail(self, task: Any, resource: int, value: float | None) -> None:
        pass


@pytest.fixture
def fake(module: Module, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Lists a peer FAKE that needs pytest alone; returns the options that it was given."""
    peers, problems, given = module("peers"), module("problems"), dict[str, Any]()

    def make(terms: Any, **options: Any) -> RandomPeer:
        if "wrong" in options:
            raise TypeError("no option wrong")
        assert terms.folder.is_dir()
        given.update(options)
        configs = problems.random_configurations(terms.problem.space, 500, terms.seed)
        return RandomPeer(peers.Task, terms.problem, configs)

    maker = ModuleType("peers._fake")
    vars(maker)["make"] = make
    monkeypatch.setitem(sys.modules, "peers._fake", maker)
    monkeypatch.setitem(peers.PEERS, "FAKE", peers.PeerEntry("_fake", ("pytest",), {"depth": 2}))
    monkeypatch.setitem(peers.MEASURED, "pytest", "0.0.1")
    return given


SMALL: Final = ("--problems", "hartmann3-noise0.1", "cliff-fail-1", "--seeds", 2, "--budgets", 3)


def test_a_peer_runs_beside_ours_and_is_judged_as_they_are(
    suite: Suite, fake: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = suite(*SMALL, "--methods", "ASHA-PROM", "FAKE", "FAKE?width=3&name=relu&on=True&none=None")
    assert fake == {"depth": 2, "width": 3, "name": "relu", "on": True, "none": None}
    assert len(lines) == 12
    theirs = [one for one in lines if one["method"] == "FAKE"]
    assert {one["versions"] for one in theirs} == {f"pytest {pytest.__version__}"}
    assert all(one["trials"] >= 3 for one in theirs)
    assert all(value > -3.86279 for one in theirs for _, value in one["trajectory"]), "judged without noise"
    assert any(one["failures"] for one in theirs)
    told = capsys.readouterr().out
    assert f"| FAKE | pytest {pytest.__version__} |" in told
    assert "| FAKE<br>width=3<br>name=relu<br>on=True<br>none=None |" in told
    assert len(suite(*SMALL, "--methods", "FAKE")) == 12, "nothing is run again"


def test_an_error_of_a_peer_ends_its_run_alone_and_is_told(
    suite: Suite, fake: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    original = RandomPeer.ask

    def ask(self: RandomPeer) -> Any:
        if self.problem.name.startswith("cliff") and self.given == 2:
            raise ValueError("smaller than 0")
        return original(self)

    monkeypatch.setattr(RandomPeer, "ask", ask)
    told = r"2 of the runs ended with an error of the peer.*\ncliff-fail-1 FAKE 0 4: ValueError: smaller than 0\ncliff"
    with pytest.raises(SystemExit, match=told):
        suite(*SMALL, "--methods", "FAKE", "ASHA-PROM")
    lines = [json.loads(line) for line in (tmp_path / "suite.jsonl").read_text().splitlines()]
    assert sorted((one["problem"], one["method"], one["seed"]) for one in lines) == [
        ("cliff-fail-1", "ASHA-PROM", 0),
        ("cliff-fail-1", "ASHA-PROM", 1),
        *(("hartmann3-noise0.1", method, seed) for method in ("ASHA-PROM", "FAKE") for seed in (0, 1)),
    ]


def test_an_error_of_ours_ends_the_suite(suite: Suite, module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(module("_suite_runs").hb, "simulate", breaks)
    with pytest.raises(ZeroDivisionError, match="ours"):
        suite(*SMALL, "--methods", "ASHA-PROM")


def test_other_versions_of_a_peer_are_another_run(
    suite: Suite, fake: dict[str, Any], module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = suite(*SMALL, "--methods", "FAKE")
    monkeypatch.setattr(module("peers"), "version", lambda name: "999")
    lines = suite(*SMALL, "--methods", "FAKE")
    assert len(lines) == 2 * len(first)
    assert {one["versions"] for one in lines[len(first) :]} == {"pytest 999"}


def test_a_peer_that_is_not_installed_is_left_out_with_the_command_but_its_runs_are_shown(
    suite: Suite, fake: dict[str, Any], module: Module, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    peers = module("peers")
    monkeypatch.setitem(peers.MEASURED, "pytest", pytest.__version__)
    suite(*SMALL, "--methods", "FAKE")
    capsys.readouterr()
    monkeypatch.setattr(peers, "find_spec", lambda name: None)
    lines = suite(*SMALL, "--methods", "ASHA-PROM", "FAKE")
    told = capsys.readouterr().out
    assert "left out" not in told
    assert "| hartmann3-noise0.1 | 2 | " in told
    assert "| ASHA-PROM | FAKE |" in told
    longer = (*SMALL[:-1], 4)
    assert len(suite(*longer, "--methods", "ASHA-PROM", "FAKE")) == len(lines) + 4, "ours alone"
    told = capsys.readouterr().out
    assert f"FAKE: 4 runs are left out, for it is not installed: pip install pytest=={pytest.__version__}" in told
    assert "| problem | seeds | ASHA-PROM |" in told
    with pytest.raises(SystemExit, match="no run is left: install a peer, or name another method"):
        suite(*longer, "--methods", "FAKE")


def test_every_peer_says_how_it_is_installed(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    peers = module("peers")
    monkeypatch.setattr(peers, "find_spec", lambda name: None)
    commands = {entry.missing for entry in peers.PEERS.values()}
    pins = {name: f"{name}=={version}" for name, version in peers.MEASURED.items()}
    assert commands == {
        f"pip install {pins['optuna']}",
        f"pip install {pins['optuna']} {pins['torch']}",
        f"pip install {pins['smac']}",
        f"pip install {pins['dehb']}",
    }
    assert set(NAMES) == set(peers.PEERS)
    assert all((FOLDER / "peers" / f"{entry.module}.py").is_file() for entry in peers.PEERS.values())
    for path in (FOLDER / "peers").glob("_with_*.py"):
        assert len(path.read_text().splitlines()) <= 100, path.name


def test_a_variant_is_a_method_with_options(module: Module) -> None:
    method, problem = module("_suite_methods").method, module("problems").registry()["hartmann3"].problem()
    options = "gp_resource_kernel=freeze-thaw&initial_scoring=acq_func&acq_function=lcb&kappa=1e-1&opt_warmstart=False"
    given = f"MOBSTER-JOINT?{options}"
    setup = method(given).setup(problem, 0)
    search = setup.search
    assert (search.surrogate.gp_resource_kernel, search.surrogate.opt_warmstart) == ("freeze-thaw", False)
    assert (search.acquisition.initial_scoring, search.acquisition.kappa) == ("acq_func", 0.1)
    plain = method("MOBSTER-JOINT")
    assert method("MOBSTER-JOINT?kappa=1.0").digest(problem) == plain.digest(problem), "the default"
    assert method(given).digest(problem) != plain.digest(problem)
    assert plain.told == ""


def test_runs_of_earlier_rules_are_shown_where_costs_are_alike_or_do_not_count(module: Module) -> None:
    """Otherwise the pages could not be made from the file of runs any more."""
    path = FOLDER.parents[1] / "docs" / "measurements" / "benchmarks_runs.gz"
    made: dict[tuple[str, str], dict[str, int]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for one in map(json.loads, file):
            made.setdefault((one["problem"], one["method"]), {})[one["setup"]] = one["rules"]

    def digest(problem: str, name: str, **known: bool) -> str:
        made_of = module("problems").registry()[problem].problem()
        return str(module("_suite_methods").method(name).digest(made_of, **known))

    mobster, dyhpo = "MOBSTER-JOINT", "DYHPO"
    assert made["levy6", mobster][digest("levy6", mobster, loses=False, costs=False)] == 10
    assert made["levy6", mobster][digest("levy6", f"{mobster}?cost_weight=0.0", loses=False)] == 10
    assert made["cliff-fail-5", mobster][digest("cliff-fail-5", mobster, costs=False)] == 10
    assert digest("network", dyhpo) in made["network", dyhpo]
    assert made["network", mobster].get(digest("network", mobster), 11) == 11
    assert digest("levy6", mobster, loses=False, costs=True) not in made["levy6", mobster]


def test_the_published_search_is_a_variant_by_name(module: Module) -> None:
    method, problem = module("_suite_methods").method, module("problems").registry()["hartmann3"].problem()
    published = method("MOBSTER-PUBLISHED")
    setup = published.setup(problem, 0)
    model, choice = setup.search.surrogate, setup.search.acquisition
    assert (choice.acq_function, choice.resource_acq, choice.num_init_candidates) == ("ei", "bohb", 250)
    assert (choice.initial_scoring, choice.skip_local_optimization) == ("thompson_indep", False)
    assert (model.gp_bandwidth_prior, model.target_warping) == ("uniform", "none")
    assert (model.opt_warmstart, model.num_fantasy_samples) == (False, 20)
    assert published.told == "MOBSTER-JOINT with preset=published"
    changed = method("MOBSTER-PUBLISHED?num_init_candidates=50").setup(problem, 0)
    assert changed.search.acquisition.num_init_candidates == 50


def test_an_expert_says_something_good_or_something_bad_of_each_problem_and_seed(module: Module) -> None:
    method, problem = module("_suite_methods").method, module("problems").registry()["hartmann3"].problem()

    def point(kind: str, seed: int) -> hb.Configuration:
        setup: hb.Setup = method(f"MOBSTER-JOINT?advice={kind}&prior_fraction=0.5").setup(problem, seed)
        (only,) = setup.points
        return only

    for seed in range(3):
        best, good, bad = (problem.answer(point(kind, seed), 27).value for kind in ("best", "good", "bad"))
        assert best < -3.7 < good < -2.0 < -0.1 < bad, "the optimum is -3.86, a median configuration has -0.57"
        here, there = (encode(problem.space, point(kind, seed)) for kind in ("best", "near"))
        assert 0.01 < np.abs(here - there).max() < 0.6
    assert point("good", 0) == point("good", 0) != point("good", 1)
    digests = {
        method(name).digest(problem)
        for name in ("MOBSTER-JOINT", "MOBSTER-JOINT?advice=good", "MOBSTER-JOINT?advice=good&prior_fraction=0.5")
    }
    assert len(digests) == 3
    wide = "MOBSTER-JOINT?advice=good&prior_fraction=0.5&prior_width=0.2"
    assert method(wide).digest(problem) not in digests
    assert method("MOBSTER-JOINT?advice=bad").digest(problem) not in digests


def test_nothing_is_trained_to_plan_runs_with_advice(module: Module) -> None:
    problem = module("problems").registry()["hartmann3"].problem()
    untrained = hb.problem(never, problem.space, problem.goal, 27)
    one = module("_suite_methods").method("MOBSTER-JOINT?advice=best&prior_fraction=0.5")
    one.check(untrained)
    assert one.digest(untrained) == one.digest(problem)


def never(config: Any, resource: int) -> float:
    raise AssertionError("it was trained")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("NOTHING", "no method NOTHING; there are RANDOM, .*OPTUNA-TPE-HALVING"),
        ("ASHA-PROM?kappa", "'kappa' is no option; write NAME"),
        ("ASHA-PROM?kappa=", "'kappa=' is no option"),
        ("ASHA-PROM?kappa=2", r"ASHA-PROM\?kappa=2 cannot be made: .*no option 'kappa'"),
        ("MOBSTER-JOINT?advice=some", "cannot be made: advice is 'some'; it is one of best, near, good, bad"),
        ("MOBSTER-JOINT?kappa=-1", "cannot be made: kappa is -1.0; it is a number from 0"),
        ("FAKE?wrong=1", r"FAKE\?wrong=1 cannot be made: no option wrong"),
    ],
)
def test_wrong_names_and_options_are_said_before_anything_runs(
    suite: Suite, fake: dict[str, Any], tmp_path: Path, name: str, said: str
) -> None:
    with pytest.raises(SystemExit, match=said):
        suite(*SMALL, "--methods", "ASHA-PROM", name)
    assert not (tmp_path / "suite.jsonl").exists()


def test_what_a_method_did_before_it_changed_is_shown_by_another_name(
    suite: Suite, module: Module, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("--problems", "cliff-nan-1", "--methods", "ASHA-PROM", "--seeds", 1, "--budgets", 2)
    for rules in (101, 102, 103):
        for name in ("_suite_methods", "_suite_runs"):
            monkeypatch.setattr(module(name), "RULES_VERSION", rules)
        lines = suite(*given)
    assert [one["rules"] for one in lines] == [101, 102, 103]
    digests = [one["setup"] for one in lines]

    def shown(text: str) -> str:
        capsys.readouterr()
        assert len(suite(*given, "--show", text)) == 3
        return capsys.readouterr().out

    assert "| old one | ASHA-PROM by rules 102 |" in shown("old one=ASHA-PROM"), "the last of the earlier"
    assert "| first | ASHA-PROM by rules 101 |" in shown("first=ASHA-PROM@101")
    told = shown(f"first=ASHA-PROM@{digests[0]}")
    assert "| problem | seeds | ASHA-PROM | first |" in told
    assert "| first | 1 | +0.00 [+0.00, +0.00] | +0.00 [+0.00, +0.00] |" in told
    with pytest.raises(SystemExit, match=r"no run of ASHA-PROM .* by rules or digest 7; it has .* 101 \("):
        shown("first=ASHA-PROM@7")
    with pytest.raises(SystemExit, match="it has no run of it"):
        shown("first=BOHB")
    with pytest.raises(SystemExit, match="2"):
        shown("first")
