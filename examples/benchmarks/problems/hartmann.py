"""The Hartmann functions of three and six variables, as the ends of learning curves that cross.

f(x) = -sum_i a_i exp(-sum_j A_ij (x_j - P_ij)^2) on the unit cube. Least values: -3.86278 (three variables, at 0.1146,
0.5556, 0.8525) and -3.32237 (six). Source: Dixon and Szego, Towards Global Optimisation 2, 1978; constants as in
Surjanovic and Bingham's Virtual Library of Simulation Experiments.

After resource r of R, with s between 1 and 8 a smooth function of the configuration that has nothing to do with f:

    f(x) - f(x) (exp(-s r / R) - exp(-s)) / (1 - exp(-s)) + noise sigma

So all curves begin near 0 and end at f(x), some fast and some slowly: those that end well may be behind for long.

With ``lost``, that share of all configurations diverges at once, wherever they are: a training that is fragile, or a
cluster that is.
"""

import math
from collections.abc import Mapping
from functools import partial
from statistics import NormalDist
from typing import Any, Final

import numpy as np

import pure_hb as hb

from ._sampling import noise

MAX_RESOURCE: Final = 27
LEAST: Final = {3: -3.86278, 6: -3.32237}

_ALPHA: Final = np.array([1.0, 1.2, 3.0, 3.2])
_A: Final = {
    3: np.array([[3.0, 10, 30], [0.1, 10, 35], [3.0, 10, 30], [0.1, 10, 35]]),
    6: np.array(
        [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
    ),
}
_P: Final = {
    3: 1e-4 * np.array([[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]]),
    6: 1e-4
    * np.array(
        [
            [1312, 1696, 5569, 124, 8283, 5886],
            [2329, 4135, 8307, 3736, 1004, 9991],
            [2348, 1451, 3522, 2883, 3047, 6650],
            [4047, 8828, 8732, 5743, 1091, 381],
        ]
    ),
}


def hartmann(x: Any) -> float:
    """f at a point of three or six coordinates in [0, 1]."""
    point = np.asarray(x, dtype=float)
    gaps = (_A[len(point)] * (point - _P[len(point)]) ** 2).sum(axis=1)
    return -float(_ALPHA @ np.exp(-gaps))


def speed(x: Any) -> float:
    """How fast the curve of a point falls: 1 to 8."""
    return 1.0 + 3.5 * (1.0 + math.sin(7.0 * sum((place + 1) * value for place, value in enumerate(x))))


def left_of(s: float, resource: int) -> float:
    """What is left, after a resource, of the way from the beginning of a curve of speed s to its end: 1 to 0."""
    return (math.exp(-s * resource / MAX_RESOURCE) - math.exp(-s)) / (1.0 - math.exp(-s))


def curve(space: hb.Space, sigma: float, seed: int, config: Mapping[str, Any], resource: int) -> float:
    """The value of a configuration after a resource."""
    x = [float(config[name]) for name, _ in space.domains]
    end = hartmann(x)
    return end - end * left_of(speed(x), resource) + (sigma * noise(space, config, resource, seed) if sigma else 0.0)


def fragile(space: hb.Space, lost: float, seed: int, config: Mapping[str, Any], resource: int) -> float:
    """As `curve` without noise, but NaN for a share ``lost`` of the configurations."""
    if NormalDist().cdf(noise(space, config, 0, seed)) < lost:
        return math.nan
    return curve(space, 0.0, seed, config, resource)


def problem(dimension: int, sigma: float = 0.0, seed: int = 0, lost: float = 0.0) -> hb.Problem:
    """The problem of three or six variables, with noise of a standard deviation at each resource; or with a share of
    the configurations ``lost``."""
    space = hb.Space(**{f"x{number}": hb.Float(0.0, 1.0) for number in range(dimension)})
    name = f"hartmann{dimension}" + (f"-noise{sigma:g}" if sigma else "") + (f"-lost{lost:g}" if lost else "")
    made = partial(fragile, space, lost, seed) if lost else partial(curve, space, sigma, seed)
    return hb.problem(made, space, hb.Minimize("f"), MAX_RESOURCE, name=name)
