"""A random forest of scikit-learn, grown live.

Data: patients with diabetes (`sklearn.datasets.load_diabetes`; Efron and others, Least angle regression, 2004), ten
inputs; 221 rows for training and 221 for validation, in a random order. A resource is three trees; the metric is the
root mean squared error of the validation rows. Curves are nearly parallel, and the best configurations differ by
little more than by chance. Seconds are counted, not measured: rows times features times levels of a tree, at a
million a second.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, Final

import numpy as np

import pure_hb as hb

from ._trees import errors_as_it_grows, options_of, seconds_of

MAX_RESOURCE: Final = 27
TREES: Final = 3
SPACE: Final = hb.Space(
    max_depth=hb.Int(1, 20),
    min_samples_leaf=hb.Int(1, 50, log=True),
    max_features=hb.Finite(0.1, 1.0, 10),
    max_samples=hb.Float(0.1, 1.0),
    ccp_alpha=hb.Float(1e-2, 1e3, log=True),
    criterion=hb.Choice("squared_error", "poisson"),
)
_ROWS: Final = 221
_FEATURES: Final = 10


@lru_cache(maxsize=4)
def data(seed: int) -> tuple[Any, Any]:
    """Inputs and outputs; the first half is for training."""
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True)
    order = np.random.default_rng((seed, 3)).permutation(len(x))
    return x[order], y[order]


def train(seed: int, config: Mapping[str, Any]) -> Iterator[float]:
    """The error of the validation rows after three trees, six, nine, ..."""
    from sklearn.ensemble import RandomForestRegressor

    x, y = data(seed)
    model = RandomForestRegressor(warm_start=True, random_state=seed, **options_of(SPACE, config))
    return errors_as_it_grows(model, x, y, _ROWS, TREES, MAX_RESOURCE)


def seconds(config: Mapping[str, Any]) -> float:
    """What three trees take."""
    rows, features = _ROWS * float(config["max_samples"]), _FEATURES * float(config["max_features"])
    return seconds_of(rows, features, int(config["max_depth"]), TREES)


def problem(seed: int = 0) -> hb.Problem:
    """The problem; the seed decides the order of the rows and what trees leave out."""
    name = "forest" if seed == 0 else f"forest-{seed}"
    return hb.live_problem(partial(train, seed), SPACE, hb.Minimize("rmse"), MAX_RESOURCE, seconds=seconds, name=name)
