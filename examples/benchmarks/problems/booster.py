"""Gradient-boosted trees of scikit-learn, trained live.

Data: Friedman's first regression function with noise (`sklearn.datasets.make_friedman1`; Friedman, Multivariate
adaptive regression splines, 1991), 300 rows for training and 300 for validation. A resource is two trees, the metric is
the root mean squared error of the validation rows. Seconds are counted, not measured: rows times features times levels
of a tree, at a million a second.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import pure_hb as hb

from ._trees import errors_as_it_grows, options_of, seconds_of

MAX_RESOURCE: Final = 27
TREES: Final = 2
SPACE: Final = hb.Space(
    learning_rate=hb.Float(0.01, 1.0, log=True),
    max_depth=hb.Int(1, 8),
    subsample=hb.Finite(0.3, 1.0, 8),
    max_features=hb.Finite(0.2, 1.0, 5),
    min_samples_leaf=hb.Int(1, 50, log=True),
    loss=hb.Choice("squared_error", "absolute_error", "huber"),
)
_ROWS: Final = 300
_FEATURES: Final = 10


@lru_cache(maxsize=4)
def data(seed: int) -> tuple[Any, Any]:
    """Inputs and outputs; the first half is for training."""
    from sklearn.datasets import make_friedman1

    x, y = make_friedman1(2 * _ROWS, n_features=_FEATURES, noise=1.0, random_state=seed)
    return x, y


def train(seed: int, config: Mapping[str, Any]) -> Iterator[float]:
    """The error of the validation rows after two trees, four, six, ..."""
    from sklearn.ensemble import GradientBoostingRegressor

    x, y = data(seed)
    model = GradientBoostingRegressor(warm_start=True, random_state=seed, **options_of(SPACE, config))
    return errors_as_it_grows(model, x, y, _ROWS, TREES, MAX_RESOURCE)


def seconds(config: Mapping[str, Any]) -> float:
    """What two trees take."""
    rows, features = _ROWS * float(config["subsample"]), _FEATURES * float(config["max_features"])
    return seconds_of(rows, features, int(config["max_depth"]), TREES)


def problem(seed: int = 0) -> hb.Problem:
    """The problem; the seed decides the data and what trees leave out."""

    def train_seeded(config: Mapping[str, Any]) -> Iterator[float]:
        return train(seed, config)

    name = "booster" if seed == 0 else f"booster-{seed}"
    return hb.live_problem(train_seeded, SPACE, hb.Minimize("rmse"), MAX_RESOURCE, seconds=seconds, name=name)
