"""Kernel ridge regression on a growing part of the data, trained live: the resource is a number of rows.

Data: Friedman's second regression function with noise (`sklearn.datasets.make_friedman2`; Friedman, Multivariate
adaptive regression splines, 1991), four inputs scaled to [0, 1], 270 rows for training and 300 for validation. A
resource is ten rows; each value is of a model of its own, as in Klein and others, Fast Bayesian optimization of
machine learning hyperparameters on large datasets, 2017. The metric is the root mean squared error of the validation
rows. With few rows a strong penalty is better, with many a weak one. Ten rows more take the same time in every
configuration.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, Final

import numpy as np

import pure_hb as hb

MAX_RESOURCE: Final = 27
ROWS: Final = 10
_INPUTS: Final = 4
SPACE: Final = hb.Space(
    alpha=hb.Float(1e-3, 1e2, log=True),
    kernel=hb.Choice("rbf", "laplacian"),
    **{f"scale{place}": hb.Float(1e-2, 1e2, log=True) for place in range(_INPUTS)},
)
_HELD_BACK: Final = 300


@lru_cache(maxsize=4)
def data(seed: int) -> tuple[Any, Any]:
    """Inputs and outputs; the last 300 rows are for validation."""
    from sklearn.datasets import make_friedman2

    x, y = make_friedman2(ROWS * MAX_RESOURCE + _HELD_BACK, noise=50.0, random_state=seed)
    train = y[:-_HELD_BACK]
    return (x - x.min(axis=0)) / np.ptp(x, axis=0), (y - train.mean()) / train.std()


def train(seed: int, config: Mapping[str, Any]) -> Iterator[float]:
    """The error of the validation rows after a training on ten rows, on twenty, on thirty, ..."""
    from sklearn.kernel_ridge import KernelRidge

    x, y = data(seed)
    scaled = x * [config[f"scale{place}"] for place in range(_INPUTS)]
    model = KernelRidge(alpha=config["alpha"], kernel=config["kernel"], gamma=1.0)
    for resource in range(1, MAX_RESOURCE + 1):
        model.fit(scaled[: ROWS * resource], y[: ROWS * resource])
        yield float(np.sqrt(np.mean((model.predict(scaled[-_HELD_BACK:]) - y[-_HELD_BACK:]) ** 2)))


def problem(seed: int = 0) -> hb.Problem:
    """The problem; the seed decides the data."""
    name = "subset" if seed == 0 else f"subset-{seed}"
    return hb.live_problem(partial(train, seed), SPACE, hb.Minimize("rmse"), MAX_RESOURCE, seconds=1.0, name=name)
