"""A linear classifier behind prepared inputs, trained live by scikit-learn, in a finite space of choices.

Data: 800 images of digits (`sklearn.datasets.load_digits`), 400 for training and 400 for validation. Each of the
23,040 configurations says how pixels are scaled, what is made of them, and how the classifier learns. A resource is an
epoch; the metric is the accuracy of the validation rows, to be maximised, so that many configurations are equally
good. Seconds are counted, not measured: rows times features, at a million a second.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, Final

import numpy as np

import pure_hb as hb

MAX_RESOURCE: Final = 27
SPACE: Final = hb.Space(
    scaling=hb.Choice("binary", "none", "range", "standard"),
    features=hb.Choice("sums", "halves", "pixels", "random"),
    loss=hb.Choice("squared_error", "modified_huber", "log_loss", "hinge"),
    penalty=hb.Choice("l1", "elasticnet", "l2"),
    alpha=hb.Ordinal(1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, kind="nn-log"),
    learning_rate=hb.Choice("constant", "invscaling"),
    eta0=hb.Ordinal(1e-4, 1e-3, 1e-2, 1e-1, 1.0, kind="nn-log"),
    average=hb.Choice(False, True),
)
_ROWS: Final = 400
_SIDE: Final = 8
_RANDOM: Final = 150


@lru_cache(maxsize=4)
def data(seed: int) -> tuple[Any, Any]:
    """Pixels from 0 to 16, and classes; the first half is for training."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng((seed, 7)).permutation(len(x))[: 2 * _ROWS]
    return x[order], y[order]


SCALINGS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "none": lambda x: x,
    "range": lambda x: x / 16.0,
    "standard": lambda x: (x - x[:_ROWS].mean(axis=0)) / (x[:_ROWS].std(axis=0) + 1e-3),
    "binary": lambda x: (x > 8.0).astype(float),
}


def _made(features: str, x: Any, seed: int) -> Any:
    """What the classifier sees."""
    if features == "pixels":
        return x
    images = x.reshape(-1, _SIDE, _SIDE)
    if features == "halves":
        return images.reshape(-1, _SIDE // 2, 2, _SIDE // 2, 2).mean(axis=(2, 4)).reshape(len(x), -1)
    if features == "sums":
        return np.concatenate([images.sum(axis=1), images.sum(axis=2)], axis=1) / _SIDE
    turned = x @ np.random.default_rng((seed, 8)).normal(size=(x.shape[1], _RANDOM)) / _SIDE
    return np.maximum(turned, 0.0)


def train(seed: int, config: Mapping[str, Any]) -> Iterator[float]:
    """The accuracy of the validation rows after each epoch."""
    from sklearn.linear_model import SGDClassifier

    x, y = data(seed)
    x = _made(config["features"], SCALINGS[config["scaling"]](x), seed)
    options = {name: config[name] for name, _ in SPACE.domains if name not in ("scaling", "features")}
    model = SGDClassifier(random_state=seed, **options)
    classes = np.unique(y)
    for _ in range(MAX_RESOURCE):
        model.partial_fit(x[:_ROWS], y[:_ROWS], classes=classes)
        yield float(model.score(x[_ROWS:], y[_ROWS:]))


def seconds(config: Mapping[str, Any]) -> float:
    """What an epoch takes."""
    columns = {"pixels": _SIDE**2, "halves": _SIDE**2 // 4, "sums": 2 * _SIDE, "random": _RANDOM}[config["features"]]
    return _ROWS * columns / 1e6


def problem(seed: int = 0) -> hb.Problem:
    """The problem; the seed decides the rows, the random features and their order."""
    name = "pipeline" if seed == 0 else f"pipeline-{seed}"
    return hb.live_problem(
        partial(train, seed), SPACE, hb.Maximize("accuracy"), MAX_RESOURCE, seconds=seconds, name=name
    )
