"""Does Ray Tune pause and resume trials as our methods say, and are restored searches the same?

This is a stage of its own in `.ci/run`: it needs Ray Tune, which most have not installed.
"""

import json
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import pure_hb as hb

pytest.importorskip("ray.tune", reason="Ray Tune is not installed")

import ray
from ray import tune
from ray.tune.experiment import Trial
from ray.tune.search import Searcher

from pure_hb.integrations.ray_tune import PureScheduler, PureSearcher, searcher_and_scheduler

SPACE = hb.Space(rate=hb.Float(0.01, 1.0, log=True), decay=hb.Float(0.0, 0.5))


def setup_of(**options: Any) -> hb.Setup:
    return hb.asha(SPACE, hb.Minimize("loss"), max_resource=9, seed=1, **options)


def train(config: dict[str, float]) -> None:
    weight, epoch = 10.0, 0
    checkpoint = tune.get_checkpoint()
    if checkpoint:
        with checkpoint.as_directory() as folder:
            weight, epoch = json.loads((Path(folder) / "state.json").read_text())
    while epoch < 9:
        epoch += 1
        weight -= config["rate"] * (weight - config["decay"])
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "state.json").write_text(json.dumps([weight, epoch]))
            told = {"loss": abs(weight), "epoch": epoch, "factor": config["factor"]}
            tune.report(told, checkpoint=tune.Checkpoint.from_directory(folder))


def test_trials_pause_at_their_rungs_and_go_on_from_their_checkpoints(tmp_path: Path) -> None:
    searcher, scheduler = searcher_and_scheduler(setup_of(), resource_attr="epoch")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        results = tune.Tuner(
            train,
            param_space={"factor": 3},
            tune_config=tune.TuneConfig(
                search_alg=searcher,
                scheduler=scheduler,
                num_samples=4,
                max_concurrent_trials=2,
                metric="loss",
                mode="min",
            ),
            run_config=tune.RunConfig(storage_path=str(tmp_path), verbose=0),
        ).fit()
    finally:
        ray.shutdown()
    search = scheduler.search
    assert search is searcher.search
    assert results.num_errors == 0
    assert hb.verify(search.setup, search.log).ok
    trials = search.state.trials
    assert len(trials) == len(results) == 4
    assert not trials.running
    assert max(trial.leg for trial in trials) >= 1
    for trial in trials:
        weight, curve = 10.0, []
        for epoch in range(1, 1 + trial.curve[-1][0]):
            weight -= float(trial.config["rate"]) * (weight - float(trial.config["decay"]))
            curve.append((epoch, abs(weight)))
        assert list(trial.curve) == curve, "pauses change nothing"
        assert curve[-1][0] in (1, 3, 9)
    assert sorted(one.metrics["epoch"] for one in results) == sorted(trial.curve[-1][0] for trial in trials)
    assert {one.metrics["factor"] for one in results} == {3}
    assert results.get_best_result().metrics["loss"] == min(trial.curve[-1][1] for trial in trials)


class Controller:
    """What a scheduler asks of Ray's controller."""

    def __init__(self, searcher: PureSearcher, samples: int) -> None:
        self.searcher, self.samples = searcher, samples
        self.trials: list[Any] = []
        self.search_alg = SimpleNamespace(is_finished=lambda: len(self.trials) >= self.samples)

    def get_trials(self) -> list[Any]:
        return self.trials

    def stop_trial(self, trial: Any) -> None:
        trial.status = Trial.TERMINATED

    def step(self, scheduler: PureScheduler) -> str | None:
        """Suggests, runs one trial for an epoch, and does what the scheduler says."""
        if not self.search_alg.is_finished():
            name = f"ray-{len(self.trials)}"
            if self.searcher.suggest(name) is not None:
                self.trials.append(SimpleNamespace(trial_id=name, status=Trial.PENDING, epoch=0))
                scheduler.on_trial_add(self, self.trials[-1])
        chosen = scheduler.choose_trial_to_run(self)
        assert chosen is scheduler.choose_trial_to_run(self), "asked again, it says the same"
        if chosen is not None:
            chosen.status = Trial.RUNNING
        running = [trial for trial in self.trials if trial.status == Trial.RUNNING]
        if not running:
            return None
        trial = running[0]
        trial.epoch += 1
        loss = float(int(trial.trial_id[-1]) * 7 % 5) + 1 / trial.epoch
        decision = scheduler.on_trial_result(self, trial, {"training_iteration": trial.epoch, "loss": loss})
        trial.status = {"PAUSE": Trial.PAUSED, "STOP": Trial.TERMINATED}.get(decision, trial.status)
        return decision


def test_when_nothing_can_come_any_more_paused_trials_are_over() -> None:
    searcher, scheduler = searcher_and_scheduler(setup_of())
    assert searcher.set_max_concurrency(2)
    controller = Controller(searcher, 9)
    decisions = []
    while (decision := controller.step(scheduler)) is not None:
        decisions.append(decision)
    assert {"PAUSE", "CONTINUE", "STOP"} == set(decisions)
    assert {trial.status for trial in controller.trials} == {Trial.TERMINATED}
    assert {"ray-0", "ray-8"} < set(searcher.search.numbers)
    assert hb.verify(searcher.search.setup, searcher.search.log).ok


def test_a_search_that_was_saved_goes_on_as_it_would_have(tmp_path: Path) -> None:
    pairs = searcher_and_scheduler(setup_of()), searcher_and_scheduler(setup_of())
    first, (again, other_scheduler) = pairs[0][0], pairs[1]
    first.set_max_concurrency(2)
    controller = Controller(first, 9)
    for _ in range(12):
        controller.step(pairs[0][1])
    first.save(str(tmp_path / "searcher"))
    again.restore(str(tmp_path / "searcher"))
    assert again.search.state == first.search.state
    assert other_scheduler.search.numbers == first.search.numbers
    assert again.search.log == first.search.log
    with pytest.raises(ValueError, match="the search there has another setup; restore it with the same"):
        searcher_and_scheduler(setup_of(grace_period=3))[0].restore(str(tmp_path / "searcher"))


def test_a_training_that_fails_or_is_over_frees_its_worker_and_a_used_up_space_ends_the_search() -> None:
    setup = hb.asha(hb.Space(x=hb.Choice("a", "b")), hb.Minimize("loss"), max_resource=9)
    searcher, scheduler = searcher_and_scheduler(setup)
    searcher.set_max_concurrency(1)
    first = SimpleNamespace(trial_id="one", status=Trial.RUNNING)
    assert searcher.suggest("one") in ({"x": "a"}, {"x": "b"})
    assert searcher.suggest("two") is None
    scheduler.on_trial_error(None, first)
    scheduler.on_trial_error(None, first)
    assert searcher.suggest("two") is not None
    scheduler.on_trial_complete(None, SimpleNamespace(trial_id="two"), {})
    assert [trial.status.value for trial in searcher.search.state.trials] == ["ended", "ended"]
    assert searcher.suggest("three") == Searcher.FINISHED


def test_what_cannot_be_is_refused_with_a_way_out() -> None:
    searcher, scheduler = searcher_and_scheduler(setup_of())
    with pytest.raises(ValueError, match=r"write TuneConfig\(max_concurrent_trials=4, \.\.\.\)"):
        searcher.suggest("one")
    with pytest.raises(
        ValueError, match=r"mode='max', and the goal .* write metric='loss', mode='min', or leave both out"
    ):
        searcher.set_search_properties("loss", "max", {})
    with pytest.raises(ValueError, match="TuneConfig says metric='error'"):
        scheduler.set_search_properties("error", "min")
    with pytest.raises(
        ValueError, match="param_space searches 'width', and the space is that of the setup; leave it out"
    ):
        searcher.set_search_properties(None, None, {"width": tune.randint(1, 5)})
    with pytest.raises(ValueError, match="param_space has 'rate', which the setup searches; leave it out"):
        searcher.set_search_properties(None, None, {"rate": 0.1})
    assert searcher.set_search_properties("loss", "min", {"factor": 3})
    with pytest.raises(ValueError, match=r"is none of the search; give both of the pair: TuneConfig\(search_alg="):
        scheduler.on_trial_add(None, SimpleNamespace(trial_id="stranger"))
    searcher.set_max_concurrency(1)
    searcher.suggest("one")
    with pytest.raises(KeyError, match=r"a report has no 'loss'; write tune\.report"):
        scheduler.on_trial_result(None, SimpleNamespace(trial_id="one"), {"training_iteration": 1})
    with pytest.raises(ValueError, match="Ray Tune does not report; take another type"):
        searcher_and_scheduler(setup_of(type="cost_promotion"))
