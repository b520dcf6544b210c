"""HOW IS ONE FOLD OF ONE LEG TRAINED? Subsets of the samples, models that go on, and passes over the data.

Models between two legs are kept in a temporary folder of the search, which joblib writes and reads.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

try:
    import joblib
    from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier
    from sklearn.model_selection._validation import _fit_and_score
    from sklearn.utils import get_tags
except ImportError as error:
    raise ImportError(
        f"pure_hb.integrations.sklearn needs scikit-learn 1.6 or newer ({error}): pip install -U scikit-learn"
    ) from error

SAMPLES: Final = "n_samples"
PASSES: Final = "partial_fit"
_TOTALS: Final = ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")
"""Whose ``max_iter`` is the number of all trees, also with a warm start; elsewhere it is a number of further steps."""


def goes_on(estimator: Any, resource: str) -> bool:
    """Whether an estimator that was fitted with a smaller value of a parameter can be fitted further by a warm start,
    and is then what one fit with the larger value had made of it."""
    prefix, _, name = resource.rpartition("__")
    target = estimator.get_params().get(prefix) if prefix else estimator
    if target is None or "warm_start" not in target.get_params():
        return False
    return name == "n_estimators" or (name == "max_iter" and type(target).__name__ in _TOTALS)


def labels_of(y: Any) -> NDArray[Any] | None:
    """The label of each sample; None if samples have several."""
    labels = np.asarray(y)
    return labels.reshape(-1) if labels.ndim == 1 or labels.shape[1:] == (1,) else None


def in_order(train: NDArray[Any], labels: NDArray[Any] | None, seed: int) -> NDArray[Any]:
    """The indices of a training fold so that each beginning of them is a random subset: with labels, one for each
    sample of all data, it has the classes in proportion, as far as it goes."""
    draw = np.random.default_rng(seed)
    place = draw.random(len(train))
    if labels is not None:
        for label in np.unique(labels[train]):
            own = np.flatnonzero(labels[train] == label)
            place[own] = (draw.permutation(len(own)) + 0.5) / len(own) + 1e-9 * place[own]
    return train[np.argsort(place, kind="stable")]


def least_samples(most: int, splits: int, y: Any) -> int:
    """How many samples the first rung has unless it is said: as few as in scikit-learn's halving, twice the folds times
    the classes (``y`` has the labels; None without classes). Half of all where there are no more than that."""
    least = 2 * splits * (1 if y is None else len(np.unique(np.asarray(y))))
    return least if least < most else max(1, most // 2)


@frozen
class Fold:
    """What is trained for one fold: where from and to, and where its model is kept (None: nowhere)."""

    parameters: Mapping[str, Any]
    train: NDArray[Any]
    test: NDArray[Any]
    kept: Path | None
    fresh: bool


def trained(fold: Fold, base: Any, X: Any, y: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """What scikit-learn tells of the fold: scores, times and, where the fit has failed, its traceback."""
    goes_on = fold.kept is not None and not fold.fresh
    estimator = joblib.load(fold.kept) if goes_on else clone(base)
    told: dict[str, Any] = _fit_and_score(
        estimator,
        X,
        y,
        train=fold.train,
        test=fold.test,
        parameters=dict(fold.parameters),
        return_n_test_samples=True,
        return_times=True,
        return_estimator=True,
        **options,
    )
    estimator = told.pop("estimator")
    if fold.kept is not None and told["fit_error"] is None:
        fold.kept.parent.mkdir(parents=True, exist_ok=True)
        joblib.dump(estimator, fold.kept)
    return told


class Passes(MetaEstimatorMixin, BaseEstimator):
    """An estimator that is trained by ``passes`` calls of its ``partial_fit``; what was done already is not repeated.

    ``classes``: all labels there are, for a classifier; None for others.
    """

    def __init__(self, estimator: Any, passes: int = 1, classes: Any = None) -> None:
        self.estimator = estimator
        self.passes = passes
        self.classes = classes

    def fit(self, X: Any, y: Any = None, **params: Any) -> "Passes":
        """Call ``partial_fit`` until it was called ``passes`` times. ``params`` are handed on."""
        if "estimator_" not in vars(self):
            self.estimator_ = clone(self.estimator)
            self.done_ = 0
        if self.classes is not None:
            params = {"classes": self.classes, **params}
        while self.done_ < self.passes:
            self.estimator_.partial_fit(X, y, **params)
            self.done_ += 1
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "estimator_" not in vars(self):
            raise AttributeError(name)
        return getattr(self.estimator_, name)

    def __sklearn_tags__(self) -> Any:
        return get_tags(self.estimator)


def passes_of(estimator: Any, y: Any) -> Passes:
    """The estimator with its passes as a parameter.

    Raises:
        ValueError: if it has no ``partial_fit``.
    """
    if not hasattr(estimator, "partial_fit"):
        raise ValueError(
            f'{type(estimator).__name__} has no partial_fit, which resource="partial_fit" calls; take one of its '
            'parameters as the resource, or "n_samples"'
        )
    return Passes(estimator, classes=np.unique(np.asarray(y)) if is_classifier(estimator) and y is not None else None)
