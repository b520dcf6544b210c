"""Does `study.optimize` work with our sampler and pruner, and are earlier trials taken over?

This is a stage of its own in `.ci/run`: it needs Optuna, which most have not installed.
"""

from typing import Any

import pytest

import pure_hb as hb

pytest.importorskip("optuna", reason="Optuna is not installed")

import optuna

from pure_hb.integrations.optuna import distributions_of, sampler_and_pruner, space_of

SPACE = hb.Space(
    lr=hb.Float(1e-4, 1.0, log=True),
    alpha=hb.Float(1e-6, 1e-2, log=True),
    average=hb.Choice(True, False),
    seed=hb.Constant(0),
)
QUICK: dict[str, Any] = {"num_init_candidates": 20, "opt_maxiter": 5, "num_init_random": 3}
optuna.logging.set_verbosity(optuna.logging.ERROR)


def setup_of(**options: Any) -> hb.Setup:
    given = {"max_resource": 9, "type": "stopping", **QUICK, **options}
    return hb.mobster(SPACE, hb.Minimize("error"), **given)


def objective(trial: optuna.Trial) -> float:
    """Trains a linear classifier of the digits, as an Optuna user would."""
    from sklearn.datasets import load_digits
    from sklearn.linear_model import SGDClassifier

    x, y = load_digits(return_X_y=True)
    model = SGDClassifier(
        learning_rate="constant",
        eta0=trial.suggest_float("lr", 1e-4, 1.0, log=True),
        alpha=trial.suggest_float("alpha", 1e-6, 1e-2, log=True),
        average=trial.suggest_categorical("average", [True, False]),
        random_state=0,
    )
    error = 1.0
    for step in range(9):
        model.partial_fit(x[:600], y[:600], classes=range(10))
        error = float(1 - model.score(x[1200:], y[1200:]))
        trial.report(error, step)
        if trial.should_prune():
            assert trial.should_prune(), "asked again, it says the same"
            raise optuna.TrialPruned
    return error


def test_a_study_uses_mobster_on_a_real_training_and_its_log_verifies() -> None:
    sampler, pruner = sampler_and_pruner(setup_of(seed=3))
    study = optuna.create_study(sampler=sampler, pruner=pruner)
    study.optimize(objective, n_trials=12)
    states = [trial.state.name for trial in study.trials]
    assert set(states) == {"COMPLETE", "PRUNED"}
    search = sampler.search
    assert search is pruner.search
    assert [dict(trial.config) for trial in search.state.trials] == [{**t.params, "seed": 0} for t in study.trials]
    assert all(trial.status.value == "ended" for trial in search.state.trials)
    assert search.state.best is not None
    assert search.state.best.value <= study.best_value
    assert hb.verify(search.setup, search.log).ok
    steps = {trial.last_step for trial in study.trials if trial.state.name == "COMPLETE"}
    assert steps == {8}, "who reaches the maximum is complete, and not pruned there"


def test_trials_of_an_earlier_study_are_observed() -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=4)
    study.sampler, study.pruner = sampler_and_pruner(setup_of())
    study.optimize(objective, n_trials=3)
    search = study.sampler.search
    observed = [event for event, _ in search.log if isinstance(event, hb.Observe)]
    assert [len(event.curve) for event in observed] == [9] * 4
    assert len(search.state.trials) == 7
    assert hb.verify(search.setup, search.log).ok


def test_an_objective_that_only_returns_a_value_is_heard_at_the_maximum() -> None:
    sampler, pruner = sampler_and_pruner(hb.asha(SPACE, hb.Maximize("accuracy"), max_resource=9, type="stopping"))
    study = optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)

    def fails_once(trial: optuna.Trial) -> float:
        value = float(trial.suggest_float("lr", 1e-4, 1.0, log=True))
        if trial.number == 1:
            raise RuntimeError("out of memory")
        return value

    study.optimize(fails_once, n_trials=4, catch=(RuntimeError,))
    reports = [event for event, _ in sampler.search.log if isinstance(event, hb.Report)]
    assert [(report.trial, report.resource) for report in reports] == [(0, 9), (2, 9), (3, 9)]
    assert [trial.status.value for trial in sampler.search.state.trials] == ["ended"] * 4


def test_an_objective_that_never_asks_whether_to_stop_is_heard_when_it_is_over() -> None:
    sampler, pruner = sampler_and_pruner(hb.asha(SPACE, hb.Minimize("error"), max_resource=9, type="stopping"))
    study = optuna.create_study(sampler=sampler, pruner=pruner)

    def only_reports(trial: optuna.Trial) -> float:
        value = float(trial.suggest_float("lr", 1e-4, 1.0, log=True))
        for step in range(9):
            trial.report(value - step, step)
        return value - 8

    study.optimize(only_reports, n_trials=1)
    assert sampler.search.state.best is not None
    assert sampler.search.state.best.resource == 9


def test_several_threads_share_one_search() -> None:
    sampler, pruner = sampler_and_pruner(hb.asha(SPACE, hb.Minimize("error"), max_resource=9, type="stopping"))
    study = optuna.create_study(sampler=sampler, pruner=pruner)
    study.optimize(lambda trial: trial.suggest_float("lr", 1e-4, 1.0, log=True), n_trials=20, n_jobs=4)
    assert len(sampler.search.state.trials) == 20
    assert hb.verify(sampler.search.setup, sampler.search.log).ok


def test_what_cannot_be_is_refused_with_a_way_out() -> None:
    with pytest.raises(ValueError, match='Optuna cannot run a trial again; write type="stopping"'):
        sampler_and_pruner(hb.asha(SPACE, hb.Minimize("error"), max_resource=9))
    sampler, pruner = sampler_and_pruner(setup_of())
    study = optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)
    with pytest.raises(ValueError, match=r'is Minimize; write create_study\(direction="minimize"\)'):
        study.ask().suggest_float("lr", 1e-4, 1.0, log=True)
    study = optuna.create_study(sampler=sampler, pruner=pruner)
    trial = study.ask()
    with pytest.raises(ValueError, match=r"suggests 'depth' from IntDistribution.*; add it to the space"):
        trial.suggest_int("depth", 1, 5)
    with pytest.raises(
        ValueError, match=r"the space has FloatDistribution\(high=1.0, log=True, low=0.0001.*suggest it so"
    ):
        trial.suggest_float("lr", 1e-9, 1e-8, log=True)
    study.enqueue_trial({"lr": 0.1})
    with pytest.raises(ValueError, match=r"enqueued with parameters of its own.* as points_to_evaluate=\[\.\.\.\]"):
        study.ask().suggest_float("alpha", 1e-6, 1e-2, log=True)


def test_a_study_that_does_not_fit_is_told_what_to_write() -> None:
    def pair() -> dict[str, Any]:
        return dict(zip(("sampler", "pruner"), sampler_and_pruner(setup_of(), first_step=1), strict=True))

    def objective(trial: optuna.Trial) -> float:
        trial.suggest_float("lr", 1e-4, 1.0, log=True)
        trial.report(0.5, 0)
        return float(trial.should_prune())

    def optimize(**given: Any) -> None:
        optuna.create_study(**given).optimize(objective, n_trials=1)

    with pytest.raises(ValueError, match=r"trial 0 reported step 0, and the first step is 1; .*first_step=0\)"):
        optimize(**pair())
    with pytest.raises(ValueError, match=r"the study has the sampler RandomSampler, .*sampler=sampler, pruner=pruner"):
        optimize(**{**pair(), "sampler": optuna.samplers.RandomSampler()})
    used = pair()
    optuna.create_study(**used).ask().suggest_float("lr", 1e-4, 1.0, log=True)
    with pytest.raises(ValueError, match="trial 0 is known already, so this sampler has served another study; make"):
        optimize(**used)
    with pytest.raises(ValueError, match="the study has 2 directions, and a search has one goal; write"):
        optimize(directions=["minimize", "minimize"], **pair())


def test_what_is_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="setup is a Space; give a Setup, such as"):
        sampler_and_pruner(SPACE)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(ValueError, match="first_step is -1; it is the step that an objective reports after one epoch"):
        sampler_and_pruner(setup_of(), first_step=-1)
    with pytest.raises(TypeError, match="space is a dict; give a Space"):
        distributions_of({"lr": 1})  # type: ignore[arg-type]  # on purpose
    with pytest.raises(TypeError, match=r"distributions is a Space; .* such as study\.trials\[0\]\.distributions"):
        space_of(SPACE)  # type: ignore[arg-type]  # on purpose


def test_every_domain_has_a_distribution() -> None:
    space = hb.Space(
        a=hb.Int(1, 8, log=True), b=hb.Finite(0.1, 0.9, 9), c=hb.Finite(8, 64, 4, integer=True), d=hb.Ordinal(1, 2, 8)
    )
    found = distributions_of(space)
    assert found["a"] == optuna.distributions.IntDistribution(1, 8, log=True)
    assert found["b"] == optuna.distributions.FloatDistribution(0.1, 0.9)
    assert found["c"] == optuna.distributions.IntDistribution(8, 64)
    assert found["d"] == optuna.distributions.CategoricalDistribution((1, 2, 8))
    assert "seed" not in distributions_of(SPACE)


def test_distributions_are_a_space_with_the_same_values() -> None:
    made = optuna.distributions
    given = {
        "lr": made.FloatDistribution(1e-4, 1.0, log=True),
        "drop": made.FloatDistribution(0.0, 0.75, step=0.25),
        "width": made.IntDistribution(1, 64, log=True),
        "depth": made.IntDistribution(2, 8, step=3),
        "one": made.IntDistribution(4, 4),
        "kind": made.CategoricalDistribution(("a", "b")),
        "only": made.CategoricalDistribution((True,)),
    }
    space = space_of(given)
    assert space == hb.Space(
        lr=hb.Float(1e-4, 1.0, log=True),
        drop=hb.Finite(0.0, 0.75, 4),
        width=hb.Int(1, 64, log=True),
        depth=hb.Finite(2, 8, 3, integer=True),
        one=hb.Constant(4),
        kind=hb.Choice("a", "b"),
        only=hb.Constant(True),
    )
    assert {name: given[name] for name in ("lr", "width", "kind")}.items() <= distributions_of(space).items()
    study = optuna.create_study()
    study.ask().suggest_int("depth", 2, 8, step=3)
    assert space_of(study.trials[0].distributions) == hb.Space(depth=hb.Finite(2, 8, 3, integer=True))
    with pytest.raises(ValueError, match=r"'size' is one of \(None, 3\); here all values .* suggest names for them"):
        space_of({"size": made.CategoricalDistribution((None, 3))})
