"""Factors of a matrix of ratings in numpy, trained live by stochastic gradient descent.

Data: 120 users and 80 items with four hidden traits each; a rating is the product of the traits, plus what user and
item add, plus noise. 2,400 ratings are for training and 1,200 for validation. A resource is an epoch; the metric is the
root mean squared error of the validation ratings, NaN once a training has diverged. Model: Koren and others, Matrix
factorization techniques for recommender systems, 2009. Seconds are counted, not measured: multiplications of an epoch
at ten million a second, so that runs are the same on every machine. The problem, the data and the cost model are our
own.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, Final

import numpy as np

import pure_hb as hb

MAX_RESOURCE: Final = 27
SPACE: Final = hb.Space(
    rank=hb.Int(1, 32, log=True),
    rate=hb.Float(1e-4, 1.0, log=True),
    decay=hb.Float(1e-5, 1.0, log=True),
    spread=hb.Float(1e-4, 1.0, log=True),
    batch=hb.Ordinal(16, 32, 64, 128, 256, kind="nn-log"),
    rule=hb.Choice("adagrad", "plain", "momentum"),
    offsets=hb.Choice(False, True),
)
_USERS: Final = 120
_ITEMS: Final = 80
_TRAITS: Final = 4
_RATINGS: Final = 2400
_HELD_BACK: Final = 1200
_KEPT: Final = 0.9


@lru_cache(maxsize=4)
def data(seed: int) -> tuple[Any, Any, Any]:
    """Users, items and ratings; the last 1,200 are for validation."""
    draw = np.random.default_rng((seed, 4))
    users, items = np.divmod(draw.permutation(_USERS * _ITEMS)[: _RATINGS + _HELD_BACK], _ITEMS)
    products = draw.normal(size=(_USERS, _TRAITS)) @ draw.normal(size=(_ITEMS, _TRAITS)).T / np.sqrt(_TRAITS)
    added = 0.5 * draw.normal(size=(_USERS, 1)) + 0.5 * draw.normal(size=(1, _ITEMS))
    return users, items, (products + added)[users, items] + 0.3 * draw.normal(size=len(users))


def train(seed: int, config: Mapping[str, Any]) -> Iterator[float]:
    """The error of the validation ratings after each epoch; NaN once training has diverged."""
    users, items, ratings = data(seed)
    draw = np.random.default_rng((seed, 5))
    rank, batch, has_offsets = int(config["rank"]), int(config["batch"]), bool(config["offsets"])
    # the last two columns are offsets: one is learned, the other one is 1 and belongs to the other side
    sides = [config["spread"] * draw.normal(size=(count, rank + 2)) for count in (_USERS, _ITEMS)]
    for side, learned in zip(sides, (rank, rank + 1), strict=True):
        side[:, learned], side[:, 2 * rank + 1 - learned] = 0.0, float(has_offsets)
    free = [np.arange(rank + 2) != rank + 1, np.arange(rank + 2) != rank]
    memories = [np.zeros_like(side) for side in sides]
    while True:
        with np.errstate(all="ignore"):
            for some in np.array_split(draw.permutation(_RATINGS), max(1, _RATINGS // batch)):
                places = users[some], items[some]
                wrong = (sides[0][places[0]] * sides[1][places[1]]).sum(axis=1) - ratings[some]
                slopes = [np.zeros_like(side) for side in sides]
                for side in (0, 1):
                    np.add.at(slopes[side], places[side], wrong[:, None] * sides[1 - side][places[1 - side]])
                for side in (0, 1):
                    slope = (slopes[side] + config["decay"] * sides[side]) * free[side]
                    sides[side] = sides[side] - config["rate"] * _step(config["rule"], memories[side], slope)
            found = (sides[0][users[_RATINGS:]] * sides[1][items[_RATINGS:]]).sum(axis=1) - ratings[_RATINGS:]
            error = float(np.sqrt(np.mean(found**2)))
        yield error if np.isfinite(error) else float("nan")


def _step(rule: str, memory: Any, slope: Any) -> Any:
    """The direction to go; the memory is changed."""
    if rule == "adagrad":
        memory += slope**2
        return slope / np.sqrt(memory + 1e-8)
    memory *= _KEPT if rule == "momentum" else 0.0
    memory += slope
    return memory


def seconds(config: Mapping[str, Any]) -> float:
    """What an epoch takes: five passes over the training ratings, one over the others, and the steps."""
    rank = int(config["rank"])
    batches = _RATINGS / int(config["batch"])
    return rank * (5 * _RATINGS + _HELD_BACK + 4 * batches * (_USERS + _ITEMS)) / 1e7


def problem(seed: int = 0) -> hb.Problem:
    """The problem; the seed decides data, first factors and order."""
    name = "factors" if seed == 0 else f"factors-{seed}"
    return hb.live_problem(partial(train, seed), SPACE, hb.Minimize("rmse"), MAX_RESOURCE, seconds=seconds, name=name)
