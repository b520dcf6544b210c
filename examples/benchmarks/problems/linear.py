"""A linear model on random Fourier features, trained live by stochastic gradient descent of scikit-learn.

Data: Friedman's first regression function with noise (`sklearn.datasets.make_friedman1`), 400 rows for training and
400 for validation, and 200 features (`RBFSampler`; Rahimi and Recht, Random features for large-scale kernel machines,
2007). A resource is an epoch; the metric is the root mean squared error of the validation rows. With a large rate a
training diverges, and scikit-learn raises an error once numbers are too large: such a trial has failed. An epoch of
every configuration takes the same time.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, Final

import numpy as np

import pure_hb as hb

MAX_RESOURCE: Final = 27
SPACE: Final = hb.Space(
    eta0=hb.Float(1e-3, 10.0, log=True),
    learning_rate=hb.Choice("constant", "invscaling"),
    gamma=hb.Float(1e-3, 10.0, log=True),
    alpha=hb.Float(1e-8, 1e-1, log=True),
    l1_ratio=hb.Float(0.0, 1.0),
    loss=hb.Choice("squared_error", "huber", "epsilon_insensitive"),
    average=hb.Choice(True, False),
)
FEATURES: Final = 200
_ROWS: Final = 400


@lru_cache(maxsize=4)
def data(seed: int) -> tuple[Any, Any]:
    """Inputs and outputs; the first half is for training."""
    from sklearn.datasets import make_friedman1

    x, y = make_friedman1(2 * _ROWS, n_features=10, noise=1.0, random_state=seed + 100)
    return x, y - y[:_ROWS].mean()


def train(seed: int, config: Mapping[str, Any]) -> Iterator[float]:
    """The error of the validation rows after each epoch."""
    from sklearn.kernel_approximation import RBFSampler
    from sklearn.linear_model import SGDRegressor

    x, y = data(seed)
    sampler = RBFSampler(gamma=config["gamma"], n_components=FEATURES, random_state=seed)
    features = sampler.fit_transform(x)
    options = {name: config[name] for name, _ in SPACE.domains if name != "gamma"}
    model = SGDRegressor(penalty="elasticnet", random_state=seed, **options)
    for _ in range(MAX_RESOURCE):
        model.partial_fit(features[:_ROWS], y[:_ROWS])
        with np.errstate(all="ignore"):
            yield float(np.sqrt(np.mean((model.predict(features[_ROWS:]) - y[_ROWS:]) ** 2)))


def problem(seed: int = 0) -> hb.Problem:
    """The problem; the seed decides the data, the features and the order of the rows."""
    name = "linear" if seed == 0 else f"linear-{seed}"
    return hb.live_problem(partial(train, seed), SPACE, hb.Minimize("rmse"), MAX_RESOURCE, seconds=1.0, name=name)
