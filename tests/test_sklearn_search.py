"""Is `HyperbandSearchCV` an estimator as scikit-learn's own searches are, and does it train what it says?"""

import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pure_hb as hb

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from scipy.stats import loguniform, norm, randint, uniform
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_digits, make_regression
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import RandomizedSearchCV, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from pure_hb.integrations.sklearn import HyperbandSearchCV
from pure_hb.integrations.sklearn_folds import in_order
from pure_hb.integrations.sklearn_spaces import values_of

Data = tuple[NDArray[Any], NDArray[Any]]
DEPTHS = {"max_depth": [2, None, 9], "max_features": randint(2, 20)}


@pytest.fixture(scope="module")
def digits() -> Data:
    x, y = load_digits(return_X_y=True)
    return x[:300], y[:300]


def forest_search(**options: Any) -> HyperbandSearchCV:
    given = {"resource": "n_estimators", "max_resource": 9, "max_trials": 6, "cv": 2, "random_state": 3, **options}
    return HyperbandSearchCV(RandomForestClassifier(random_state=0), DEPTHS, **given)


def test_it_finds_refits_and_scores_and_its_log_verifies(digits: Data) -> None:
    search = forest_search().fit(*digits)
    results = search.cv_results_
    assert search.best_params_ == results["params"][search.best_index_]
    assert search.best_params_["n_estimators"] == 9
    assert search.best_score_ == results["mean_test_score"][search.best_index_]
    at_most = results["mean_test_score"][results["n_resources"] == 9]
    assert search.best_score_ == max(at_most), "the best is the best of those that were trained fully"
    assert len(search.best_estimator_.estimators_) == 9
    assert search.best_estimator_.warm_start is False
    assert search.predict_proba(digits[0]).shape == (300, 10)
    assert list(search.classes_) == list(range(10))
    assert search.score(*digits) > 0.9
    assert hb.verify(search.search_.setup, search.search_.log).ok
    reported = [event.value for event, _ in search.search_.log if isinstance(event, hb.Report)]
    assert sorted(reported) == sorted(results["mean_test_score"])
    assert len(results["rank_test_score"]) == len(results["split1_test_score"]) == len(results["trial"])


def test_the_number_of_jobs_changes_no_decision_and_the_random_state_does(digits: Data) -> None:
    one, two, other = (forest_search(**changed).fit(*digits) for changed in ({}, {"n_jobs": 2}, {"random_state": 4}))
    assert one.search_.log == two.search_.log
    assert list(one.cv_results_["mean_test_score"]) == list(two.cv_results_["mean_test_score"])
    assert one.search_.log != other.search_.log


def test_a_trial_that_goes_on_by_a_warm_start_is_what_a_fit_from_the_beginning_is(digits: Data) -> None:
    on, anew = forest_search().fit(*digits), forest_search(warm_start=False).fit(*digits)
    assert on.search_.continues
    assert not anew.search_.continues
    scores = {
        (str(params["max_depth"]), params["max_features"], params["n_estimators"]): score
        for params, score in zip(anew.cv_results_["params"], anew.cv_results_["mean_test_score"], strict=True)
    }
    compared = 0
    for params, score in zip(on.cv_results_["params"], on.cv_results_["mean_test_score"], strict=True):
        key = (str(params["max_depth"]), params["max_features"], params["n_estimators"])
        if key in scores:
            assert score == scores[key]
            compared += params["n_estimators"] > 1
    assert compared > 2
    direct = cross_val_score(clone(on.estimator).set_params(**on.best_params_), *digits, cv=2)
    assert np.mean(direct) == on.best_score_


def test_passes_over_the_data_go_on_where_they_ended(digits: Data) -> None:
    model = SGDClassifier(random_state=0)
    space = {"alpha": loguniform(1e-6, 1e-1)}
    options: dict[str, Any] = {
        "resource": "partial_fit",
        "max_resource": 9,
        "max_trials": 4,
        "cv": 2,
        "random_state": 0,
    }
    on = HyperbandSearchCV(model, space, **options).fit(*digits)
    anew = HyperbandSearchCV(model, space, warm_start=False, **options).fit(*digits)
    assert isinstance(on.best_estimator_, SGDClassifier)
    assert on.best_params_["partial_fit"] == 9
    again = clone(model).set_params(alpha=on.best_params_["alpha"])
    for _ in range(9):
        again.partial_fit(*digits, classes=range(10))
    assert np.array_equal(again.coef_, on.best_estimator_.coef_)
    first = {alpha: score for alpha, n, score in rows(anew, "alpha") if n == 3}
    assert [score for alpha, n, score in rows(on, "alpha") if n == 3 and alpha in first] != []
    assert all(score == first[alpha] for alpha, n, score in rows(on, "alpha") if n == 3 and alpha in first)


class Stepper(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Scores what its last fit had to do; its passes are counted in `PASSES`."""

    def __init__(self, x: float = 0.0, n_estimators: int = 1, warm_start: bool = False) -> None:
        self.x, self.n_estimators, self.warm_start = x, n_estimators, warm_start

    def fit(self, X: Any, y: Any) -> "Stepper":
        before = getattr(self, "done_", 0) if self.warm_start else 0
        self.work_, self.done_ = self.n_estimators - before, self.n_estimators
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> "Stepper":
        assert list(classes) == list(range(10))
        PASSES.append(self.x)
        return self

    def score(self, X: Any, y: Any) -> float:
        return self.x - getattr(self, "work_", 0)


PASSES: list[float] = []


def test_a_trial_that_goes_on_trains_only_what_is_new(digits: Data) -> None:
    options: dict[str, Any] = {"max_resource": 9, "max_trials": 5, "cv": 2, "random_state": 1}
    search = HyperbandSearchCV(Stepper(), {"x": uniform(0, 1e-3)}, resource="n_estimators", **options).fit(*digits)
    work = {(n, round(-score)) for _, n, score in rows(search, "x")}
    assert work == {(1, 1), (3, 2), (9, 6)}
    PASSES.clear()
    search = HyperbandSearchCV(Stepper(), {"x": uniform(0, 1e-3)}, resource="partial_fit", **options).fit(*digits)
    furthest = [trial.curve[-1][0] for trial in search.search_.state.trials]
    assert max(furthest) == 9
    assert len(PASSES) == 2 * sum(furthest) + 9, "of each fold of each trial, and of the last training"


def rows(search: HyperbandSearchCV, name: str) -> list[tuple[Any, int, float]]:
    results = search.cv_results_
    values = [params[name] for params in results["params"]]
    return list(zip(values, results["n_resources"], results["mean_test_score"], strict=True))


def test_samples_are_the_usual_resource_and_subsets_grow_with_the_classes_in_proportion(digits: Data) -> None:
    search = HyperbandSearchCV(GaussianNB(), {"var_smoothing": loguniform(1e-9, 1e-1)}, cv=3, max_trials=5)
    search.fit(*digits)
    assert set(search.cv_results_["n_resources"]) == {60, 180, 300}
    assert "n_samples" not in search.best_params_
    train = np.arange(50, 250)
    ordered = in_order(train, digits[1], 7)
    assert sorted(ordered) == list(train)
    assert len(set(digits[1][ordered[:10]])) >= 9
    assert list(in_order(train, digits[1], 8)) != list(ordered)
    assert sorted(in_order(train, None, 8)) == list(train)


def test_it_searches_steps_of_a_pipeline_and_goes_on_in_its_last_one(digits: Data) -> None:
    steps = [("select", SelectKBest()), ("scale", StandardScaler()), ("forest", RandomForestClassifier(random_state=1))]
    space = hb.Space(select__k=hb.Int(5, 40), forest__max_depth=hb.Int(2, 9))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of features that are constant
        search = HyperbandSearchCV(
            Pipeline(steps), space, resource="forest__n_estimators", max_resource=9, max_trials=4, cv=2, random_state=0
        ).fit(*digits)
        direct = cross_val_score(clone(search.estimator).set_params(**search.best_params_), *digits, cv=2)
    assert search.search_.continues
    assert np.mean(direct) == search.best_score_
    inside = Pipeline([("scale", StandardScaler()), ("search", clone(search))])
    assert inside.get_params()["search__resource"] == "forest__n_estimators"


def test_it_is_cloned_pickled_and_compared_by_scikit_learns_checks(digits: Data) -> None:
    search = forest_search(scoring="neg_log_loss").fit(*digits)
    assert search.best_score_ < 0
    again = pickle.loads(pickle.dumps(search))
    assert np.array_equal(again.predict(digits[0]), search.predict(digits[0]))
    assert again.search_.log == search.search_.log
    fresh = clone(search)
    assert not hasattr(fresh, "best_params_")
    assert "HyperbandSearchCV" in repr(fresh)


@pytest.mark.parametrize("model", [LogisticRegression(), Ridge()])
def test_it_passes_the_checks_that_scikit_learns_own_random_search_passes(model: Any) -> None:
    space = {"C" if isinstance(model, LogisticRegression) else "alpha": [0.1, 1.0, 10.0]}

    def failed(search: Any) -> set[str]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            told = check_estimator(search, on_fail=None, on_skip=None)
        assert len(told) > 40
        return {check["check_name"] for check in told if check["status"] == "failed"}

    ours = failed(HyperbandSearchCV(model, space, cv=2, max_trials=2, error_score="raise", random_state=0))
    theirs = failed(RandomizedSearchCV(model, space, cv=2, n_iter=2, error_score="raise", random_state=0))
    assert ours <= theirs


class Named(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Has a score that depends on its parameters alone, and cannot be fitted with some of them."""

    def __init__(self, x: float = 0.0, steps: int = 1, fails_above: float = 2.0) -> None:
        self.x, self.steps, self.fails_above = x, steps, fails_above

    def fit(self, X: Any, y: Any) -> "Named":
        if self.x > self.fails_above:
            raise RuntimeError(f"x is {self.x}")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        return np.zeros(len(X))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        return self.x - 1.0 / self.steps


def named_search(model: Any = None, **options: Any) -> HyperbandSearchCV:
    given = {"resource": "steps", "max_resource": 9, "max_trials": 8, "cv": 2, "random_state": 0, **options}
    return HyperbandSearchCV(model or Named(), given.pop("space", {"x": uniform(0, 1)}), **given)


@pytest.mark.parametrize("method", ["RANDOM", "ASHA-STOP", "HYPERBAND-PROM", "PASHA", "COST-PROM", "BOHB", hb.mobster])
def test_every_kind_of_method_searches(method: Any, digits: Data) -> None:
    options = {"num_init_candidates": 20, "opt_maxiter": 5, "num_init_random": 3} if method is hb.mobster else None
    search = named_search(method=method, options=options, max_trials=12).fit(*digits)
    assert search.search_.state.tried.started == 12
    assert search.best_score_ == max(
        score for _, n, score in rows(search, "x") if n == max(search.cv_results_["n_resources"])
    )
    assert hb.verify(search.search_.setup, search.search_.log).ok


def test_a_configuration_that_cannot_be_fitted_ends_and_the_search_goes_on(digits: Data) -> None:
    with pytest.warns() as told:
        search = named_search(Named(fails_above=0.7)).fit(*digits)
    assert any("fits failed out of a total of" in str(one.message) for one in told)
    scores = search.cv_results_["mean_test_score"]
    assert 0 < np.isnan(scores).sum() < len(scores)
    assert search.best_params_["x"] <= 0.7
    with pytest.raises(ValueError, match=r"All the 8 fits failed(.|\n)*x is 0\."):
        named_search(Named(fails_above=-1.0)).fit(*digits)
    with pytest.raises(RuntimeError, match="x is 0"):
        named_search(Named(fails_above=-1.0), error_score="raise").fit(*digits)


def test_values_that_are_no_plain_ones_reach_the_estimator_as_they_are(digits: Data) -> None:
    search = HyperbandSearchCV(
        Pipeline([("scale", "passthrough"), ("model", Named())]),
        {"scale": [StandardScaler(), "passthrough", None], "model__x": hb.Float(0.0, 1.0)},
        resource="model__steps",
        max_resource=9,
        max_trials=9,
        cv=2,
        random_state=0,
    ).fit(*digits)
    kinds = {type(params["scale"]).__name__ for params in search.cv_results_["params"]}
    assert kinds <= {"StandardScaler", "str", "NoneType"}
    space = values_of({"a": [1, 2], "b": uniform(1, 2), "c": loguniform(0.1, 10), "d": randint(1, 5)}).space
    assert space == hb.Space(a=hb.Choice(1, 2), b=hb.Float(1, 3), c=hb.Float(0.1, 10, log=True), d=hb.Int(1, 4))


def test_labels_of_several_columns_are_taken(digits: Data) -> None:
    x, y = digits[0], np.stack([digits[1] % 2, digits[1] % 3 == 0], axis=1).astype(int)
    search = HyperbandSearchCV(
        RandomForestClassifier(4), {"max_depth": randint(2, 9)}, cv=2, max_trials=3, random_state=0
    )
    assert search.fit(x, y).predict(x).shape == y.shape


def test_what_cannot_be_is_refused_with_a_way_out(digits: Data) -> None:
    for changed, message in (
        (
            {"scoring": lambda model, x, y: {"a": 0.5}},
            "the scorer returns a dictionary: several metrics decide nothing",
        ),
        ({"scoring": ["accuracy", "f1_macro"]}, "several metrics decide nothing together; give one scorer, such as"),
        (
            {"space": {"x": norm()}},
            r"'x' is a scipy distribution 'norm', .* take a list, uniform, loguniform or randint",
        ),
        ({"space": {"x": 3}}, r"'x' is 3, a single value; to keep it so write \[3\], or set it on the estimator"),
        ({"space": {"x": {1, 2}}}, "'x' is of the type set, which has no counterpart here; take a list"),
        ({"space": {"steps": [1, 2]}}, "'steps' is the resource and cannot be searched; leave it out of the space"),
        ({"resource": "trees"}, "resource is 'trees', and Named has no such parameter; take one of its integer"),
        ({"resource": "partial_fit"}, 'Named has no partial_fit, which resource="partial_fit" calls; take one of'),
        ({"max_resource": "auto"}, 'max_resource is "auto", which is for resource="n_samples"; say how large steps is'),
        ({"warm_start": True}, "warm_start is True, and there is no parameter warm_start; leave it out"),
        ({"method": "ASHA-PRO"}, "there is no method 'ASHA-PRO'; did you mean ASHA-PROM"),
        ({"options": {"factor": 4}}, "asha has no option 'factor'; here it is reduction_factor"),
        ({"grace_period": 9}, "grace_period is 9, but max_resource is 9: no trial would ever be compared"),
        ({"max_resource": 1}, "choose a larger max_resource, or random_search for no comparison"),
        ({"resource": "n_samples", "max_resource": 301}, "max_resource is 301, and there are 300 samples; leave it"),
        ({"max_trials": 0}, "The 'max_trials' parameter of HyperbandSearchCV must be an int"),
    ):
        with pytest.raises(ValueError, match=message):
            named_search(**changed).fit(*digits)


def test_what_is_of_another_type_is_refused(digits: Data) -> None:
    for changed, error, message in (
        ({"space": [{"x": [1.0]}]}, TypeError, "space is a list; .* where it is a list of several, run a search for"),
        ({"method": hb.tune}, TypeError, "method is tune, which makes no Setup from a space, a goal, max_resource and"),
        ({"method": lambda space, goal, **more: 3}, TypeError, "method is <lambda>, which returned a int, which makes"),
        ({"refit": lambda results: 1000}, IndexError, "best_index_ index out of range"),
        ({"refit": lambda results: "first"}, TypeError, "best_index_ returned is not an integer"),
    ):
        with pytest.raises(error, match=message):
            named_search(**changed).fit(*digits)


def test_a_method_of_ones_own_may_hand_its_options_on(digits: Data) -> None:
    def own(space: hb.Space, goal: hb.Maximize, **options: Any) -> hb.Setup:
        return hb.asha(space, goal, **{**options, "reduction_factor": 2})

    search = named_search(method=own, grace_period=3).fit(*digits)
    assert set(search.cv_results_["n_resources"]) == {3, 6, 9}


def test_a_search_whose_best_model_would_not_be_a_full_one_says_so(digits: Data) -> None:
    few = named_search(space={"x": [0.5]})
    with pytest.warns(UserWarning, match="of 1 trials has steps=1, less than max_resource=9: .* a larger max_trials"):
        few.fit(*digits)
    assert few.best_params_ == {"x": 0.5, "steps": 1}


def test_few_samples_are_not_split_to_single_ones(digits: Data) -> None:
    space = {"var_smoothing": loguniform(1e-9, 1e-1)}
    search = HyperbandSearchCV(GaussianNB(), space, cv=2, max_trials=4, random_state=0)
    assert min(search.fit(digits[0][:40], digits[1][:40]).cv_results_["n_resources"]) == 20, "40 is twice 2 * 10"
    assert min(search.fit(digits[0][:41], digits[1][:41]).cv_results_["n_resources"]) == 40


class Interrupted(Named):
    """Is interrupted in its sixth fit."""

    def fit(self, X: Any, y: Any) -> "Named":
        PASSES.append(self.x)
        if len(PASSES) > 5:
            raise KeyboardInterrupt
        return super().fit(X, y)


def test_an_interrupt_ends_the_search_which_keeps_what_it_decided(
    digits: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    PASSES.clear()
    search = named_search(Interrupted(), trials_at_once=1)
    with pytest.raises(KeyboardInterrupt):
        search.fit(*digits)
    assert list(tmp_path.iterdir()) == []
    log = pickle.loads(pickle.dumps(search)).search_.log
    assert sum(isinstance(event, hb.Report) for event, _ in log) == 2
    assert hb.verify(search.search_.setup, log).ok
    with pytest.raises(NotFittedError):
        search.predict(digits[0])


def test_regression_without_refit_has_results_and_no_estimator() -> None:
    x, y = make_regression(80, 5, random_state=0)
    search = HyperbandSearchCV(Ridge(), {"alpha": loguniform(1e-3, 10)}, max_trials=4, refit=False, random_state=0).fit(
        x, y
    )
    assert search.best_params_["alpha"] > 0
    assert not hasattr(search, "predict")
    assert set(search.cv_results_["n_resources"]) == {10, 30, 80}
