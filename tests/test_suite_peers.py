"""Do peers run in the same simulated time as ours, are spaces and failures told as they want, and is all of it shown?

The clock is tried with peers that need nothing installed; adapters where their packages are.
"""

import importlib
import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
from attrs import define, evolve, field

import pure_hb as hb
from pure_hb.space.values import default_configuration
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
    """One of our methods behind the protocol of peers: it has to be told everything at the same time as in `simulate`."""

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
