"""Do scripts that were written for Syne Tune's old baselines run with our schedulers, in its newest Tuner?

This is a stage of its own in `.ci/run`: it needs Syne Tune, which most have not installed.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import pure_hb as hb

pytest.importorskip("syne_tune", reason="Syne Tune is not installed")

from syne_tune import config_space as cs
from syne_tune.backend.trial_status import Trial

from pure_hb.integrations import syne_tune as ours

SPACE: dict[str, Any] = {
    "lr": cs.loguniform(1e-4, 1.0),
    "width": cs.lograndint(4, 64),
    "momentum": cs.uniform(0.0, 0.99),
    "activation": cs.choice(["relu", "tanh"]),
    "epochs": 9,
}
COMMON = {"metric": "error", "mode": "min", "resource_attr": "epoch", "max_resource_attr": "epochs"}
FEW = {"num_init_candidates": 20, "opt_maxiter": 5, "num_init_random": 3}
"""Options that make a model quick: these are tests of names."""

SCRIPTS: dict[str, tuple[str, dict[str, Any], str | None]] = {
    # name -> (baseline, arguments, the message, or None if it runs)
    "ASHA by stopping": ("ASHA", {}, None),
    "ASHA by promotion": ("ASHA", {"type": "promotion"}, None),
    "ASHA with rungs of one's own": ("ASHA", {"rung_levels": [2, 5], "type": "promotion"}, None),
    "ASHA with linear rungs": ("ASHA", {"rung_increment": 2}, None),
    "ASHA with a seed and eta": ("ASHA", {"random_seed": 31415, "grace_period": 1, "reduction_factor": 2}, None),
    "ASHA that maximises": ("ASHA", {"mode": "max"}, None),
    "ASHA with first points": ("ASHA", {"points_to_evaluate": [{"lr": 0.1}, {}]}, None),
    "Hyperband with brackets": ("ASHA", {"brackets": 2, "rung_system_per_bracket": True}, None),
    "PASHA": ("PASHA", {"random_seed": 1}, None),
    "RUSH": ("RUSH", {"points_to_evaluate": [{"lr": 0.01}, {"lr": 0.1}]}, None),
    "RUSH by promotion": ("RUSH", {"type": "promotion", "points_to_evaluate": [{"lr": 0.01}]}, None),
    "RUSH with evaluations": (
        "RUSH",
        {"transfer_learning_evaluations": {}},
        "transfer_learning_evaluations cannot be honoured: give the best configurations of earlier tasks",
    ),
    "BOHB": ("BOHB", {"type": "promotion", "search_options": {"num_min_data_points": 4}}, None),
    "MOBSTER": ("MOBSTER", {"search_options": FEW}, None),
    "MOBSTER by promotion, with a joint model": (
        "MOBSTER",
        {
            "type": "promotion",
            "search_options": {**FEW, "model": "gp_multitask", "gp_resource_kernel": "exp-decay-sum"},
            "random_seed": 7,
        },
        None,
    ),
    "MOBSTER with independent models": ("MOBSTER", {"search_options": {**FEW, "model": "gp_independent"}}, None),
    "MOBSTER that was quiet": ("MOBSTER", {"search_options": {**FEW, "debug_log": False}}, None),
    "HyperTune": ("HyperTune", {"type": "promotion", "brackets": 2, "search_options": FEW}, None),
    "HyperTune with a joint model": ("HyperTune", {"search_options": {**FEW, "model": "gp_multitask"}}, None),
    "DyHPO": ("DyHPO", {"probability_sh": 0.25, "search_options": FEW}, None),
    "ASHA by cost": ("ASHA", {"type": "cost_promotion", "cost_attr": "epoch"}, None),
    "MOBSTER that removes checkpoints": (
        "MOBSTER",
        {"early_checkpoint_removal_kwargs": {"max_num_checkpoints": 10}},
        "early_checkpoint_removal_kwargs cannot be honoured: checkpoints of paused trials are kept; leave it out",
    ),
    "MOBSTER with an unknown model": (
        "MOBSTER",
        {"search_options": {"model": "gp_bohb"}},
        "model",
    ),
    "ASHA with a maximum that its space says": ("ASHA", {"max_resource_attr": None}, None),
    "ASHA without a maximum": ("ASHA", {"max_resource_attr": "steps"}, "needs the epochs of a full training: max_t=81"),
    "ASHA of the best": ("ASHA", {"mode": "best"}, "mode is 'best'; write 'min' or 'max'"),
    "ASHA without a metric": ("ASHA", {"metric": None}, "ASHA needs metric, the name under which the script"),
    "ASHA with another searcher": ("ASHA", {"searcher": "kde"}, "searcher is 'kde', but ASHA is 'random'; leave it"),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_for_the_old_package_runs_or_names_the_argument(name: str) -> None:
    baseline, arguments, message = SCRIPTS[name]
    options = {**COMMON, **arguments}
    make = getattr(ours, baseline)
    if message is None:
        played(make(SPACE, **options))
    else:
        with pytest.raises(ValueError, match=message) as caught:
            make(SPACE, **options)
        assert str(caught.value).startswith(baseline)


def played(scheduler: ours.PureScheduler, steps: int = 60) -> None:
    """Drives a scheduler as the Tuner does, with two workers, and verifies its log."""
    running: dict[int, tuple[Trial, int]] = {}
    reached: dict[int, int] = {}
    trials: dict[int, Trial] = {}
    for _ in range(steps):
        while len(running) < 2:
            suggested = scheduler.suggest()
            assert suggested is not None
            if suggested.spawn_new_trial_id:
                trial = Trial(100 + len(trials), suggested.config, datetime(2000, 1, 1))
                trials[trial.trial_id] = trial
                scheduler.on_trial_add(trial)
            else:
                trial = trials[suggested.checkpoint_trial_id]
            assert 1 <= suggested.config["epochs"] <= 9
            running[trial.trial_id] = (trial, suggested.config["epochs"])
        identity, (trial, _) = next(iter(running.items()))
        epoch = reached[identity] = reached.get(identity, 0) + 1
        said = scheduler.on_trial_result(trial, {"epoch": epoch, "error": float(trial.config["lr"]) + 1 / epoch})
        if said in ("STOP", "PAUSE"):
            del running[identity]
        else:
            assert said == "CONTINUE"
            assert epoch < 9
    assert len(trials) > 3
    assert hb.verify(scheduler.setup, scheduler.log).ok
    json.dumps(scheduler.metadata())


def test_a_script_that_may_be_stopped_is_told_the_maximum_and_one_that_pauses_its_level() -> None:
    assert ours.ASHA(SPACE, **COMMON).suggest().config["epochs"] == 9
    assert ours.ASHA(SPACE, type="promotion", **COMMON).suggest().config["epochs"] == 1


def test_values_of_a_grid_are_those_of_its_table() -> None:
    grid = cs.logfinrange(1e-4, 1.0, 10)
    scheduler = ours.ASHA({"lr": grid, "epochs": 9}, **COMMON)
    for number in range(10):
        suggested = scheduler.suggest()
        assert suggested.config["lr"] in grid.values
        scheduler.on_trial_add(Trial(number, suggested.config, datetime(2000, 1, 1)))


def test_a_setup_by_cost_needs_the_name_of_the_cost() -> None:
    setup = hb.asha(hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error"), max_resource=9, type="cost_promotion")
    with pytest.raises(ValueError, match='name the entry of a report that says it: cost_attr="elapsed_time"'):
        ours.scheduler(setup)


def test_a_failed_script_ends_its_trial_and_one_that_ends_early_too() -> None:
    scheduler = ours.ASHA(SPACE, **COMMON)
    trials = []
    for number in range(2):
        suggested = scheduler.suggest()
        trials.append(Trial(number, suggested.config, datetime(2000, 1, 1)))
        scheduler.on_trial_add(trials[-1])
    scheduler.on_trial_error(trials[0])
    scheduler.on_trial_complete(trials[1], {"epoch": 1, "error": 0.5})
    assert [trial.status.value for trial in scheduler.state.trials] == ["ended", "ended"]
    assert scheduler.suggest().spawn_new_trial_id


def test_a_report_without_the_metric_says_what_it_has() -> None:
    scheduler = ours.ASHA(SPACE, **COMMON)
    trial = Trial(0, scheduler.suggest().config, datetime(2000, 1, 1))
    scheduler.on_trial_add(trial)
    with pytest.raises(KeyError, match=r"has no 'error', only .*'epoch', 'loss'.*; report error=... in the script"):
        scheduler.on_trial_result(trial, {"epoch": 1, "loss": 0.5})


def test_spaces_are_taken_over_domain_by_domain() -> None:
    given = {
        "a": cs.uniform(0.0, 1.0),
        "b": cs.loguniform(1e-3, 1.0),
        "c": cs.reverseloguniform(0.5, 0.999),
        "d": cs.randint(1, 5),
        "e": cs.lograndint(1, 64),
        "f": cs.choice(["x", "y"]),
        "g": cs.ordinal([1, 2, 8], kind="equal"),
        "h": cs.logordinal([1, 2, 8]),
        "i": cs.finrange(0.1, 0.9, 9),
        "j": cs.logfinrange(8, 512, 7, cast_int=True),
        "k": "a constant",
    }
    space, constants = ours.space_of(given)
    assert space == hb.Space(
        a=hb.Float(0.0, 1.0),
        b=hb.Float(1e-3, 1.0, log=True),
        c=hb.Float(0.5, 0.999, reverse_log=True),
        d=hb.Int(1, 5),
        e=hb.Int(1, 64, log=True),
        f=hb.Choice("x", "y"),
        g=hb.Ordinal(1, 2, 8, kind="equal"),
        h=hb.Ordinal(1, 2, 8, kind="nn-log"),
        i=hb.Finite(0.1, 0.9, 9),
        j=hb.Finite(8, 512, 7, log=True, integer=True),
    )
    assert constants == {"k": "a constant"}
    with pytest.raises(ValueError, match="parameter 'q' is a Float, drawn by Quantized, which has no counterpart here"):
        ours.space_of({"q": cs.quniform(0.0, 1.0, 0.1)})


TRAIN = """
import argparse, json, pathlib, warnings
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
import joblib
from syne_tune import Reporter

parser = argparse.ArgumentParser()
for name, kind in (("lr", float), ("momentum", float), ("width", int), ("activation", str), ("epochs", int)):
    parser.add_argument(f"--{name}", type=kind)
parser.add_argument("--st_checkpoint_dir", type=pathlib.Path)
given, _ = parser.parse_known_args()
x, y = load_digits(return_X_y=True)
kept, report = given.st_checkpoint_dir / "model.joblib", Reporter()
start, model = joblib.load(kept) if kept.exists() else (0, SGDClassifier(eta0=given.lr, learning_rate="constant"))
for epoch in range(start + 1, given.epochs + 1):
    model.partial_fit(x[:1200], y[:1200], classes=range(10))
    given.st_checkpoint_dir.mkdir(parents=True, exist_ok=True)
    joblib.dump((epoch, model), kept)
    report(epoch=epoch, error=1 - model.score(x[1200:], y[1200:]))
"""


def test_the_newest_tuner_tunes_a_real_training_with_mobster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SYNETUNE_FOLDER", str(tmp_path / "tuning"))
    from syne_tune import StoppingCriterion, Tuner
    from syne_tune.backend import LocalBackend

    script = tmp_path / "train.py"
    script.write_text(TRAIN)
    scheduler = ours.MOBSTER(SPACE, type="promotion", random_seed=1, search_options=FEW, **COMMON)
    tuner = Tuner(
        trial_backend=LocalBackend(str(script), rotate_gpus=False),
        scheduler=scheduler,
        stop_criterion=StoppingCriterion(max_num_trials_started=6),
        n_workers=2,
        sleep_time=0.1,
        save_tuner=True,
    )
    tuner.run()
    resumed = [action for _, action in scheduler.log if isinstance(action, hb.Resume)]
    assert resumed
    assert all(action.start_from >= 1 for action in resumed)
    best = scheduler.state.best
    assert best is not None
    assert best.value < 0.5
    assert hb.verify(scheduler.setup, scheduler.log).ok


def test_spaces_travel_there_and_back() -> None:
    space = hb.Space(
        lr=hb.Float(1e-4, 1.0, log=True),
        momentum=hb.Float(0.0, 0.99, reverse_log=True),
        drop=hb.Float(0.0, 0.5),
        width=hb.Int(4, 64, log=True),
        depth=hb.Int(1, 5),
        activation=hb.Choice("relu", "tanh"),
        batch=hb.Ordinal(8, 16, 64, kind="nn-log"),
        size=hb.Ordinal("s", "m", kind="equal"),
        step=hb.Ordinal(1, 2, 5, kind="nn"),
        decay=hb.Finite(0.1, 0.9, 9),
        units=hb.Finite(8.0, 64.0, 4, True, integer=True),
        seed=hb.Constant(1),
    )
    again, constants = ours.space_of(ours.config_space_of(space))
    assert constants == {"seed": 1}
    assert dict(again.domains) == {name: domain for name, domain in space.domains if name != "seed"}
