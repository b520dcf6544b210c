"""A mixture of normal distributions, fitted live by expectation maximisation of scikit-learn.

Data: measurements of wines (`sklearn.datasets.load_wine`), the first eight of thirteen, standardised, in a random
order; 89 rows for training and 89 for validation. A resource is an iteration; the metric is the mean negative log
density of the validation rows. With many components and little added to their covariances, each iteration fits the
training rows better and the others worse. Seconds are counted, not measured: rows times components times the numbers
of a covariance, at ten thousand a second.
"""

import warnings
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, Final

import numpy as np

import pure_hb as hb

MAX_RESOURCE: Final = 27
SPACE: Final = hb.Space(
    n_components=hb.Int(1, 20),
    covariance_type=hb.Choice("full", "tied", "diag", "spherical"),
    reg_covar=hb.Float(1e-4, 10.0, log=True),
    init_params=hb.Choice("kmeans", "k-means++", "random", "random_from_data"),
    power=hb.Float(0.0, 1.0),
)
_ROWS: Final = 89
_COLUMNS: Final = 8


@lru_cache(maxsize=4)
def data(seed: int) -> tuple[Any, Any]:
    """Rows for training and for validation."""
    from sklearn.datasets import load_wine

    x = load_wine(return_X_y=True)[0][:, :_COLUMNS]
    x = x[np.random.default_rng((seed, 6)).permutation(len(x))]
    x = (x - x[:_ROWS].mean(axis=0)) / x[:_ROWS].std(axis=0)
    return x[:_ROWS], x[_ROWS:]


def train(seed: int, config: Mapping[str, Any]) -> Iterator[float]:
    """The mean negative log density of the validation rows after each iteration."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    rows, others = data(seed)
    # a direction of small variance weighs less, the more so with a high power
    spread = np.linalg.svd(rows, full_matrices=False)
    turned = [some @ spread.Vh.T * (spread.S / spread.S[0]) ** config["power"] for some in (rows, others)]
    volume = float(config["power"]) * float(np.log(spread.S / spread.S[0]).sum())
    options = {name: config[name] for name, _ in SPACE.domains if name != "power"}
    model = GaussianMixture(max_iter=1, warm_start=True, random_state=seed, **options)
    for _ in range(MAX_RESOURCE):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(turned[0])
        yield -float(model.score(turned[1])) - volume


def seconds(config: Mapping[str, Any]) -> float:
    """What an iteration takes."""
    numbers = {"full": _COLUMNS**2, "tied": _COLUMNS**2, "diag": _COLUMNS, "spherical": _COLUMNS}
    return _ROWS * int(config["n_components"]) * numbers[config["covariance_type"]] / 1e4


def problem(seed: int = 0) -> hb.Problem:
    """The problem; the seed decides the order of the rows and where components begin."""
    name = "mixture" if seed == 0 else f"mixture-{seed}"
    return hb.live_problem(partial(train, seed), SPACE, hb.Minimize("nll"), MAX_RESOURCE, seconds=seconds, name=name)
