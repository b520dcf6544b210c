"""A training loop of your own, made tunable by five lines, marked (1) to (5). Started again, it continues.

python examples/own_loop.py JOURNAL MOST_TRIALS
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import pure_hb as hb

Array = NDArray[np.float64]
EPOCHS = 27
SPACE = hb.Space(
    learning_rate=hb.Float(1e-3, 3.0, log=True), batch_size=hb.Int(4, 128, log=True), width=hb.Int(2, 32, log=True)
)  # in the place of one fixed value for each


def ring(count: int, seed: int) -> tuple[Array, Array]:  # points of the plane; those inside a ring are of class 1
    points = np.random.default_rng(seed).uniform(-1.0, 1.0, size=(count, 2))
    radius = np.hypot(points[:, 0], points[:, 1])
    return points, ((radius > 0.35) & (radius < 0.8)).astype(np.float64)


TRAINING, VALIDATION = ring(600, seed=1), ring(1000, seed=2)


def build(width: int) -> list[Array]:
    draw = np.random.default_rng(0)
    return [draw.normal(size=(2, width)), draw.normal(size=width), draw.normal(size=width) / width, np.zeros(1)]


def scores(model: list[Array], points: Array) -> tuple[Array, Array]:
    hidden = np.tanh(points @ model[0] + model[1])
    return hidden, hidden @ model[2] + model[3]


def train_one_epoch(model: list[Array], epoch: int, learning_rate: float, batch_size: int) -> float:
    points, classes = TRAINING
    order = np.random.default_rng(epoch).permutation(len(points))
    for batch in np.array_split(order, len(order) // batch_size):
        hidden, score = scores(model, points[batch])
        wrong = (1.0 / (1.0 + np.exp(-np.clip(score, -30.0, 30.0))) - classes[batch]) / len(batch)
        back = np.outer(wrong, model[2]) * (1.0 - hidden**2)
        slopes = [points[batch].T @ back, back.sum(axis=0), hidden.T @ wrong, wrong.sum(keepdims=True)]
        for weight, slope in zip(model, slopes, strict=True):
            weight -= learning_rate * slope
    return float(np.mean((scores(model, VALIDATION[0])[1] > 0.0) != VALIDATION[1]))


def save(model: list[Array], path: Path) -> None:
    np.savez(f"{path}.npz", *model)


def load(path: Path) -> list[Array]:
    with np.load(f"{path}.npz") as saved:
        return [saved[name] for name in saved.files]


def main(journal: str = "own_loop.jsonl", trials: int | str = 30) -> None:
    setup = hb.asha(SPACE, hb.Minimize("validation_error"), max_resource=EPOCHS)  # (1)
    with hb.Session(journal, setup, max_trials=int(trials)) as session:  # (2)
        while trial := session.ask():  # (3)
            rate, batch = float(trial.config["learning_rate"]), int(trial.config["batch_size"])
            model = build(int(trial.config["width"])) if trial.fresh else load(trial.checkpoint)
            for epoch in trial.epochs():  # (4)
                error = train_one_epoch(model, epoch, rate, batch)
                save(model, trial.checkpoint)
                trial.report(epoch, error)  # (5)
        best = session.result()
    print(f"best: {best.best_config}, error {best.best_value} after epoch {best.best_resource}")
    print(f"{len(best.trials)} trials took {best.resource_spent} epochs; weights: {best.best_checkpoint}.npz")


if __name__ == "__main__":
    main(*sys.argv[1:])
