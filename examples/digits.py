"""A small neural network on the scikit-learn digits, to be tuned:

    pure-hb tune examples/digits.py --method ASHA-PROM --workers 2 --max-time 60s

`pure-hb tune` finds `train`, `space`, `goal` and `max_resource` by their names. The network and its training are plain
numpy, some 60 lines; what makes it tunable is marked (1) to (4).
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import pure_hb as hb

Array = NDArray[np.float64]

space = hb.Space(
    learning_rate=hb.Float(1e-3, 1.0, log=True),
    momentum=hb.Float(0.0, 0.99),
    batch_size=hb.Int(8, 256, log=True),
    width=hb.Int(8, 256, log=True),
    weight_decay=hb.Float(1e-7, 1e-1, log=True),
    activation=hb.Choice("relu", "tanh"),
)
goal = hb.Minimize("validation_error")
max_resource = 27


@cache
def data() -> tuple[Array, Array, Array, Array]:
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))
    images, targets = images[order] / 16.0, np.eye(10)[labels[order]]
    return images[:1000], targets[:1000], images[1000:], targets[1000:]


def train(config: dict[str, float], resume_from: int, checkpoint_dir: str) -> Iterator[tuple[int, float]]:
    checkpoint = Path(checkpoint_dir) / "network.npz"
    if resume_from:  # (1) continue from the checkpoint
        with np.load(checkpoint) as saved:
            weights = [saved[f"weight{i}"] for i in range(4)]
            momenta = [saved[f"momentum{i}"] for i in range(4)]
    else:
        weights = fresh_weights(int(config["width"]))
        momenta = [np.zeros_like(weight) for weight in weights]
    images, targets, validation_images, validation_targets = data()
    for epoch in range(resume_from + 1, max_resource + 1):  # (2) count epochs from 1
        order = np.random.default_rng([epoch, int(config["width"])]).permutation(len(images))
        for batch in np.array_split(order, max(1, len(order) // int(config["batch_size"]))):
            for weight, momentum, slope in zip(
                weights, momenta, gradients(weights, images[batch], targets[batch], config), strict=True
            ):
                momentum *= config["momentum"]
                momentum -= config["learning_rate"] * (slope + config["weight_decay"] * weight)
                weight += momentum
        scores = forward(weights, validation_images, config)[1]
        error = float(np.mean(scores.argmax(axis=1) != validation_targets.argmax(axis=1)))
        np.savez(  # (3) save before the result is reported
            checkpoint,
            **{f"weight{i}": weight for i, weight in enumerate(weights)},
            **{f"momentum{i}": momentum for i, momentum in enumerate(momenta)},
        )
        yield epoch, error if np.isfinite(scores).all() else float("nan")  # (4) report it


def fresh_weights(width: int) -> list[Array]:
    draw = np.random.default_rng(0)
    return [
        draw.normal(size=(64, width)) * np.sqrt(2 / 64),
        np.zeros(width),
        draw.normal(size=(width, 10)) * np.sqrt(2 / width),
        np.zeros(10),
    ]


def forward(weights: list[Array], images: Array, config: dict[str, float]) -> tuple[Array, Array]:
    with np.errstate(over="ignore", invalid="ignore"):
        inputs = images @ weights[0] + weights[1]
        hidden = np.tanh(inputs) if config["activation"] == "tanh" else np.maximum(inputs, 0.0)
        return hidden, hidden @ weights[2] + weights[3]


def gradients(weights: list[Array], images: Array, targets: Array, config: dict[str, float]) -> list[Array]:
    with np.errstate(over="ignore", invalid="ignore"):
        hidden, scores = forward(weights, images, config)
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        wrong = (odds / odds.sum(axis=1, keepdims=True) - targets) / len(images)
        back = wrong @ weights[2].T * (1.0 - hidden**2 if config["activation"] == "tanh" else hidden > 0.0)
        return [images.T @ back, back.sum(axis=0), hidden.T @ wrong, wrong.sum(axis=0)]
