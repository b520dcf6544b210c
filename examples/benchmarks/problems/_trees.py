"""HOW DOES A FOREST GROW? What the problems share that train an ensemble of trees, some more at each resource."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np


def errors_as_it_grows(model: Any, x: Any, y: Any, rows: int, trees: int, resources: int) -> Iterator[float]:
    """The root mean squared error of the rows after the first ``rows``, on which an ensemble of scikit-learn with
    ``warm_start`` is trained, with ``trees`` more trees at each resource."""
    for resource in range(1, resources + 1):
        model.set_params(n_estimators=trees * resource)
        model.fit(x[:rows], y[:rows])
        yield float(np.sqrt(np.mean((model.predict(x[rows:]) - y[rows:]) ** 2)))


def options_of(space: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """The searched parameters of a configuration."""
    return {name: config[name] for name, _ in space.domains}


def seconds_of(rows: float, features: float, depth: int, trees: int) -> float:
    """What trees take, counted and not measured: rows times features times levels, at a million a second."""
    return trees * rows * features * depth / 1e6
