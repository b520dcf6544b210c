"""Functions of the literature as the ends of learning curves that cross: Branin's of two variables, Levy's of six,
Styblinski and Tang's of five.

Branin: (v - 5.1 u^2 / (4 pi^2) + 5 u / pi - 6)^2 + 10 (1 - 1 / (8 pi)) cos u + 10 with u = 15 x_0 - 5, v = 15 x_1.
Three least values of 0.397887. Source: Branin, Widely convergent method for finding multiple solutions, 1972.

Levy, many local optima in one wide funnel, with w_i = 1 + (20 x_i - 11) / 4: sin(pi w_1)^2 + sum over all but the
last (w_i - 1)^2 (1 + 10 sin(pi w_i + 1)^2) + (w_d - 1)^2 (1 + sin(2 pi w_d)^2). Least value 0 where all x_i are 0.55.
Source: Levy and Montalvo, The tunneling algorithm, 1985. The middle of the space, where many methods begin, is near it:
its regret is 2% of that of a median configuration.

Styblinski and Tang, 2^d local optima of which one is the best, with z_i = 10 x_i - 5: half the sum of
z_i^4 - 16 z_i^2 + 5 z_i. Least value -39.1661657 d where all z_i are -2.903534. Source: Styblinski and Tang,
Experiments in nonconvex optimization, 1990.

All as in Surjanovic and Bingham's Virtual Library of Simulation Experiments, on the unit cube. All curves begin at
100, a bad value, and end at f(x); how fast is `hartmann.speed`, which has nothing to do with f.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import numpy as np

import pure_hb as hb

from .hartmann import MAX_RESOURCE, left_of, speed

BEGINNING: Final = 100.0
"""The value of each curve before the first resource."""


def branin(x: Any) -> float:
    """f at a point of two coordinates in [0, 1]."""
    u, v = 15.0 * float(x[0]) - 5.0, 15.0 * float(x[1])
    valley = v - 5.1 * u**2 / (4.0 * np.pi**2) + 5.0 * u / np.pi - 6.0
    return float(valley**2 + 10.0 * (1.0 - 1.0 / (8.0 * np.pi)) * np.cos(u) + 10.0)


def levy(x: Any) -> float:
    """f at a point of any number of coordinates in [0, 1]."""
    w = 1.0 + (20.0 * np.asarray(x, dtype=float) - 11.0) / 4.0
    inner = (w[:-1] - 1.0) ** 2 * (1.0 + 10.0 * np.sin(np.pi * w[:-1] + 1.0) ** 2)
    last = (w[-1] - 1.0) ** 2 * (1.0 + np.sin(2.0 * np.pi * w[-1]) ** 2)
    return float(np.sin(np.pi * w[0]) ** 2 + inner.sum() + last)


def styblinski(x: Any) -> float:
    """f at a point of any number of coordinates in [0, 1]."""
    z = 10.0 * np.asarray(x, dtype=float) - 5.0
    return float((z**4 - 16.0 * z**2 + 5.0 * z).sum() / 2.0)


ENDS: Final[Mapping[str, tuple[Callable[[Any], float], int, float]]] = {
    "branin": (branin, 2, 0.397887),
    "levy6": (levy, 6, 0.0),
    "styblinski5": (styblinski, 5, -39.16616570377142 * 5),
}
"""Name -> function, number of variables, least value."""


def curve(name: str, config: Mapping[str, Any], resource: int) -> float:
    """The value of a configuration after a resource."""
    end, dimension, _ = ENDS[name]
    x = [float(config[f"x{place}"]) for place in range(dimension)]
    found = end(x)
    return found + (BEGINNING - found) * left_of(speed(x), resource)


def problem(name: str) -> hb.Problem:
    """The problem of a name in `ENDS`."""
    space = hb.Space(**{f"x{place}": hb.Float(0.0, 1.0) for place in range(ENDS[name][1])})
    return hb.problem(partial(curve, name), space, hb.Minimize("f"), MAX_RESOURCE, name=name)
