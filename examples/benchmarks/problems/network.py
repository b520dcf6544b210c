"""A small network in numpy, trained live by stochastic gradient descent with momentum.

Data: 300 points for training and 300 for validation, of ten normal inputs; the class, one of three, is that of the
largest output of a fixed random network with one hidden layer of eight tanh units, and a tenth of the training labels
is drawn anew. A resource is an epoch; the metric is the mean cross-entropy of the validation points. Seconds are
counted, not measured: multiplications of an epoch at ten million a second, so that runs are the same on every machine.
The problem, the data and the cost model are our own.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import numpy as np

import pure_hb as hb

MAX_RESOURCE: Final = 27
SPACE: Final = hb.Space(
    rate=hb.Float(1e-3, 3.0, log=True),
    momentum=hb.Float(0.0, 0.99),
    width=hb.Int(4, 64, log=True),
    batch=hb.Ordinal(8, 16, 32, 64, 128, kind="nn-log"),
    decay=hb.Float(1e-6, 1e-1, log=True),
    activation=hb.Choice("relu", "tanh"),
)
_POINTS: Final = 300
_INPUTS: Final = 10
_CLASSES: Final = 3


@lru_cache(maxsize=4)
def data(seed: int) -> tuple[Any, Any, Any, Any]:
    """Inputs and classes for training, inputs and classes for validation."""
    draw = np.random.default_rng((seed, 1))
    x = draw.normal(size=(2 * _POINTS, _INPUTS))
    y = (np.tanh(x @ draw.normal(size=(_INPUTS, 8))) @ draw.normal(size=(8, _CLASSES))).argmax(axis=1)
    noisy = draw.uniform(size=_POINTS) < 0.1
    y[:_POINTS][noisy] = draw.integers(0, _CLASSES, int(noisy.sum()))
    return x[:_POINTS], y[:_POINTS], x[_POINTS:], y[_POINTS:]


def train(seed: int, config: Mapping[str, Any]) -> Iterator[float]:
    """The cross-entropy of the validation points after each epoch; NaN once training has diverged."""
    x, y, x_other, y_other = data(seed)
    draw = np.random.default_rng((seed, 2))
    width, batch, is_relu = int(config["width"]), int(config["batch"]), config["activation"] == "relu"
    weights = [
        draw.normal(size=(_INPUTS, width)) / np.sqrt(_INPUTS),
        draw.normal(size=(width, _CLASSES)) / np.sqrt(width),
    ]
    moves = [np.zeros_like(one) for one in weights]
    while True:
        for some in np.array_split(draw.permutation(len(x)), max(1, len(x) // batch)):
            with np.errstate(all="ignore"):
                slopes = _slopes(weights, x[some], y[some], is_relu)
                for place, slope in enumerate(slopes):
                    step = config["rate"] * (slope + config["decay"] * weights[place])
                    moves[place] = config["momentum"] * moves[place] - step
                    weights[place] = weights[place] + moves[place]
        with np.errstate(all="ignore"):
            found = -float(np.log(_chances(weights, x_other, is_relu)[1][np.arange(len(y_other)), y_other]).mean())
        yield found if np.isfinite(found) else float("nan")


def _chances(weights: list[Any], x: Any, is_relu: bool) -> tuple[Any, Any]:
    """The hidden layer, and the probabilities of the classes."""
    hidden = np.maximum(x @ weights[0], 0.0) if is_relu else np.tanh(x @ weights[0])
    scores = hidden @ weights[1]
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return hidden, shares / shares.sum(axis=1, keepdims=True)


def _slopes(weights: list[Any], x: Any, y: Any, is_relu: bool) -> list[Any]:
    """The gradient of the mean cross-entropy."""
    hidden, chances = _chances(weights, x, is_relu)
    wrong = chances.copy()
    wrong[np.arange(len(y)), y] -= 1.0
    wrong /= len(y)
    back = wrong @ weights[1].T * ((hidden > 0.0) if is_relu else 1.0 - hidden**2)
    return [x.T @ back, hidden.T @ wrong]


def seconds(config: Mapping[str, Any]) -> float:
    """What an epoch takes: three passes over the training points, one over the others, and the steps."""
    weights = int(config["width"]) * (_INPUTS + _CLASSES)
    return (4 * _POINTS * weights + 4 * weights * _POINTS / int(config["batch"])) / 1e7


def problem(seed: int = 0) -> hb.Problem:
    """The problem; the seed decides data, first weights and order."""

    def train_seeded(config: Mapping[str, Any]) -> Iterator[float]:
        return train(seed, config)

    name = "network" if seed == 0 else f"network-{seed}"
    return hb.live_problem(train_seeded, SPACE, hb.Minimize("cross_entropy"), MAX_RESOURCE, seconds=seconds, name=name)
