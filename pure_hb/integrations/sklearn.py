"""HOW DOES SCIKIT-LEARN SEARCH WITH OUR METHODS? `HyperbandSearchCV`, an estimator like ``HalvingRandomSearchCV``.

    from pure_hb.integrations.sklearn import HyperbandSearchCV
    search = HyperbandSearchCV(model, {"max_depth": [3, 5, 9]}, resource="n_estimators", max_resource=81)
    search.fit(X, y).best_params_

scikit-learn is imported here, so this module is imported by those who have it.
"""

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

import pure_hb as hb
from pure_hb.integrations.sklearn_folds import (
    PASSES,
    SAMPLES,
    Fold,
    goes_on,
    in_order,
    labels_of,
    least_samples,
    passes_of,
    trained,
)
from pure_hb.integrations.sklearn_legs import Leg, Search, best_row, setup_of, warn_if_none_is_full
from pure_hb.integrations.sklearn_spaces import Values, values_of

from sklearn.base import clone, is_classifier  # isort: skip  # the module above says what is missing
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.model_selection import check_cv
from sklearn.model_selection._search import BaseSearchCV
from sklearn.model_selection._validation import _warn_or_raise_about_fit_failures
from sklearn.utils import check_random_state, indexable
from sklearn.utils._param_validation import HasMethods, Integral, Interval, StrOptions
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _check_method_params, _num_samples


class HyperbandSearchCV(BaseSearchCV):
    """A cross-validated search over the parameters of an estimator, with more and more of a resource.

    Args:
        space: a `pure_hb.Space`, or a dictionary from parameters to domains, lists or distributions of scipy.
        method, options: a name of ``pure_hb.METHODS``, or a function such as ``pure_hb.mobster``; and its options.
        max_trials, trials_at_once: how many configurations are tried, and how many of them side by side. With equal
            ``trials_at_once``, decisions are the same for every ``n_jobs``, the number of processors that train.
        resource: "n_samples" (the default); an integer parameter of the estimator that grows, such as "n_estimators" or
            "model__max_iter"; or "partial_fit" for passes over the data.
        max_resource, grace_period: the resource of a full training ("auto": all samples), and the least one ("auto": as
            few samples as scikit-learn's halving searches take, else 1).
        warm_start: whether a trial goes on from its last model, or is fitted from the beginning. "auto": it goes on
            where that gives the model that one fit would give; with "partial_fit" it always does.

    All other arguments are those of scikit-learn's searches. There is one metric: several scores are refused.
    After `fit` there are, as in those searches, ``best_estimator_`` (trained on all samples), ``best_params_``,
    ``best_score_``, ``best_index_``, ``cv_results_``, ``scorer_``, ``n_splits_`` and
    ``refit_time_``. ``cv_results_`` has a row for each rung that a trial reached, with ``trial``, ``bracket`` and
    ``n_resources``; the best row is that with the best score among those with most of the resource. `pure_hb.verify`
    takes ``search_.setup`` and ``search_.log``; ``search_.state`` is the last state.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **BaseSearchCV._parameter_constraints,
        "estimator": [HasMethods(["fit"])],
        "space": [hb.Space, Mapping],
        "method": [str, callable],
        "options": [Mapping, None],
        "resource": [str],
        "max_resource": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "grace_period": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "max_trials": [Interval(Integral, 1, None, closed="left")],
        "trials_at_once": [Interval(Integral, 1, None, closed="left")],
        "warm_start": ["boolean", StrOptions({"auto"})],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any,
        space: hb.Space | Mapping[str, Any],
        *,
        method: str | Callable[..., hb.Setup] = "ASHA-PROM",
        options: Mapping[str, Any] | None = None,
        resource: str = SAMPLES,
        max_resource: int | str = "auto",
        grace_period: int | str = "auto",
        max_trials: int = 27,
        trials_at_once: int = 4,
        warm_start: bool | str = "auto",
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: int | str = "2*n_jobs",
        random_state: Any = None,
        error_score: Any = np.nan,
        return_train_score: bool = False,
    ) -> None:
        super().__init__(
            estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.space = space
        self.method = method
        self.options = options
        self.resource = resource
        self.max_resource = max_resource
        self.grace_period = grace_period
        self.max_trials = max_trials
        self.trials_at_once = trials_at_once
        self.warm_start = warm_start
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, **params: Any) -> "HyperbandSearchCV":
        """Search, and train the best configuration on all samples. ``params`` go to the estimator's ``fit``, the scorer
        and the splitter, as in scikit-learn's searches.

        Raises:
            ValueError: if an argument does not fit, or if every fit of the first trials failed.
            SetupError: if the method refuses its options.
            TypeError: if ``space`` is not a space, or ``method`` makes no setup.
        """
        if isinstance(self.scoring, list | tuple | dict | set):
            raise ValueError(f"scoring is a {type(self.scoring).__name__}: {_SEVERAL}")
        values = values_of(self.space)
        self._validate_params()
        scorer = check_scoring(self.estimator, self.scoring)
        X, y = indexable(X, y)
        params = _check_method_params(X, params=params)
        routed = self._get_routed_params_for_fit(params)
        splitter = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        splits = list(splitter.split(X, y, **routed.splitter.split))
        self.n_splits_: int = len(splits)
        options = {
            "scorer": scorer,
            "fit_params": routed.estimator.fit,
            "score_params": routed.scorer.score,
            "return_train_score": self.return_train_score,
            "error_score": self.error_score,
            "verbose": self.verbose,
        }
        base, resource = self._base(values, y)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        setup = self._setup(values, X, y, seed)
        continues = resource is not None and self._continues(base, resource)
        with (
            tempfile.TemporaryDirectory(prefix="pure_hb-", ignore_cleanup_errors=True) as folder,
            Parallel(n_jobs=self.n_jobs, pre_dispatch=self.pre_dispatch) as parallel,
        ):
            table = _Table(self, parallel, base, X, y, splits, options, values, resource, seed)
            table.folder = Path(folder) if continues else None
            self.search_: Search = Search(
                setup, self.trials_at_once, self.max_trials, continues, table.evaluate, table.forget
            )
            try:
                self.search_.run()
            finally:
                self.search_.evaluate = self.search_.ended = _over  # it is kept with the estimator, the data are not
        if resource is not None:
            warn_if_none_is_full(self.search_, self.resource)
        self._conclude(table, scorer)
        self._refit(base, X, y, routed.estimator.fit)
        return self

    def __sklearn_is_fitted__(self) -> bool:
        """Whether a search has come to its end. After an interrupt there is only ``search_``, what it had decided."""
        return hasattr(self, "best_index_")

    # ---- what is searched -----------------------------------------------------------------------------------------

    def _base(self, values: Values, y: Any) -> tuple[Any, str | None]:
        """The estimator that is trained, and its parameter that grows; None if the samples do."""
        known = self.estimator.get_params()
        for name in values.space.domains:
            if name[0] == self.resource:
                raise ValueError(f"{self.resource!r} is the resource and cannot be searched; leave it out of the space")
        if self.resource == SAMPLES:
            return clone(self.estimator), None
        if self.resource == PASSES:
            return passes_of(self.estimator, y), "passes"
        if self.resource not in known:
            raise ValueError(
                f"resource is {self.resource!r}, and {type(self.estimator).__name__} has no such parameter; take one "
                f'of its integer parameters, "{SAMPLES}" or "{PASSES}"'
            )
        return clone(self.estimator), self.resource

    def _continues(self, base: Any, resource: str) -> bool:
        if self.resource == PASSES:
            return self.warm_start is not False
        if self.warm_start is True:
            prefix, mark, _ = resource.rpartition("__")
            if f"{prefix}{mark}warm_start" not in base.get_params():
                raise ValueError(
                    f"warm_start is True, and there is no parameter {prefix}{mark}warm_start; leave it out"
                )
            return True
        return self.warm_start == "auto" and goes_on(base, resource)

    def _setup(self, values: Values, X: Any, y: Any, seed: int) -> hb.Setup:
        most, least = self.max_resource, self.grace_period
        if most == "auto":
            if self.resource != SAMPLES:
                raise ValueError(
                    f'max_resource is "auto", which is for resource="{SAMPLES}"; say how large {self.resource} is in a '
                    "full training: max_resource=81"
                )
            most = _num_samples(X)
        most = int(most)
        if least == "auto":
            least = 1
            if self.resource == SAMPLES:
                least = least_samples(most, self.n_splits_, y if is_classifier(self.estimator) else None)
        setup = setup_of(self.method, values.space, most, int(least), dict(self.options or {}), seed)
        if self.resource == SAMPLES and setup.max_resource > _num_samples(X):
            raise ValueError(
                f"max_resource is {setup.max_resource}, and there are {_num_samples(X)} samples; leave it out, and a "
                "full training has all of them"
            )
        return setup

    # ---- what came out --------------------------------------------------------------------------------------------

    def _conclude(self, table: "_Table", scorer: Any) -> None:
        _warn_or_raise_about_fit_failures(table.out, self.error_score)
        self.multimetric_: bool = False
        self.scorer_: Any = scorer
        self.cv_results_: dict[str, Any] = self._format_results(
            table.parameters, self.n_splits_, table.out, dict(table.more)
        )
        if callable(self.refit):  # what it returns is checked as in scikit-learn's searches
            self.best_index_: int = self._select_best_index(self.refit, "score", self.cv_results_)
        else:
            self.best_index_ = best_row(self.cv_results_)
        self.best_score_: float = self.cv_results_["mean_test_score"][self.best_index_]
        self.best_params_: dict[str, Any] = self.cv_results_["params"][self.best_index_]

    def _refit(self, base: Any, X: Any, y: Any, fit_params: Mapping[str, Any]) -> None:
        if not self.refit:
            return
        began = time.perf_counter()
        if self.resource == PASSES:
            searched = {name: value for name, value in self.best_params_.items() if name != PASSES}
            inner = clone(self.estimator).set_params(**clone(searched, safe=False))
            fitted = passes_of(inner, y).set_params(passes=self.best_params_[PASSES])
            self.best_estimator_: Any = fitted.fit(X, y, **fit_params).estimator_
        else:
            self.best_estimator_ = clone(base).set_params(**clone(self.best_params_, safe=False))
            self.best_estimator_.fit(*((X,) if y is None else (X, y)), **fit_params)
        self.refit_time_: float = time.perf_counter() - began
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_


_SEVERAL: Final = "several metrics decide nothing together; give one scorer, such as scoring='accuracy'"


def _over(*_: Any) -> Any:
    raise RuntimeError("the search is over; call fit again")


@define
class _Table:
    """All that was evaluated, row by row: it trains the folds of legs, and keeps what scikit-learn told of them."""

    owner: HyperbandSearchCV
    parallel: Any
    base: Any
    X: Any
    y: Any
    splits: Sequence[tuple[NDArray[Any], NDArray[Any]]]
    options: Mapping[str, Any]
    values: Values
    resource: str | None
    seed: int
    folder: Path | None = None
    parameters: list[dict[str, Any]] = field(factory=list)
    out: list[dict[str, Any]] = field(factory=list)
    more: dict[str, list[int]] = field(factory=lambda: defaultdict(list))

    def evaluate(self, legs: Sequence[Leg]) -> list[float]:
        """The mean scores of legs, whose folds are trained side by side."""
        folds = [fold for leg in legs for fold in self._folds(leg)]
        out = self.parallel(delayed(trained)(fold, self.base, self.X, self.y, self.options) for fold in folds)
        if not self.out and all(told["fit_error"] is not None for told in out):
            _warn_or_raise_about_fit_failures(out, self.owner.error_score)
        if any(isinstance(told["test_scores"], dict) for told in out):
            raise ValueError(f"the scorer returns a dictionary: {_SEVERAL}")
        self.out += out
        for leg in legs:
            given = self.values.given(leg.config)
            self.parameters.append(given if self.resource is None else {**given, self.owner.resource: leg.until})
            for name, value in (("trial", leg.trial), ("bracket", leg.bracket), ("n_resources", leg.until)):
                self.more[name].append(value)
        count = len(self.splits)
        return [
            float(np.mean([told["test_scores"] for told in out[first : first + count]]))
            for first in range(0, len(out), count)
        ]

    def forget(self, trial: int) -> None:
        """Delete the models of a trial that has ended."""
        if self.folder is not None:
            for path in (self.folder / str(trial)).glob("*"):
                path.unlink()

    def _folds(self, leg: Leg) -> list[Fold]:
        prefix = "estimator__" if self.owner.resource == PASSES else ""
        parameters = {f"{prefix}{name}": value for name, value in self.values.given(leg.config).items()}
        if self.resource is not None:
            parameters[self.resource] = leg.until
            if self.folder is not None and not prefix:
                before, mark, _ = self.resource.rpartition("__")
                parameters[f"{before}{mark}warm_start"] = True
        kept = None if self.folder is None else self.folder / str(leg.trial)
        return [
            Fold(
                parameters,
                self._subset(train, number, leg.until),
                test,
                None if kept is None else kept / f"fold-{number}",
                leg.start_from == 0,
            )
            for number, (train, test) in enumerate(self.splits)
        ]

    def _subset(self, train: NDArray[Any], number: int, samples: int) -> NDArray[Any]:
        total = _num_samples(self.X)
        if self.resource is not None or samples >= total:
            return train
        labels = labels_of(self.y) if is_classifier(self.base) else None
        ordered = in_order(train, labels, self.seed + number)
        return ordered[: max(1, round(samples * len(train) / total))]
