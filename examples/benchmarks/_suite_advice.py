"""WHAT WOULD AN EXPERT SAY? A point to begin with, chosen among random configurations that are trained fully.

- "best": the best of 5,000, which is close to the optimum; for functions and tables, where an answer costs nothing.
- "near": where the best of 5,000 lies, roughly: every number is off by 0.15 of its range in standard deviation.
- "good": the best of 25, as somebody knows who has tuned something like this before.
- "bad": the worst of 25, a belief that is wrong.
"""

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from statistics import NormalDist
from typing import Any, Final

from problems import random_configurations

import pure_hb as hb
from pure_hb.draws import Purpose, uniform
from pure_hb.space import BELOW_ONE, draw, uniform_of

_STANDARD: Final = NormalDist()
_OFF: Final = 0.15
"""How far off the advice "near" is, in standard deviation, as a share of the range of a number."""
_SEEDS: Final = 1000
"""Seeds from here on, so that they are not the configurations that say what a median one is."""
KINDS: Final[Mapping[str, tuple[int, Callable[..., Any]]]] = {
    "best": (5000, min),
    "near": (5000, min),
    "good": (25, min),
    "bad": (25, max),
}
"""Kind of advice -> how many configurations the expert knows, and which of them is said."""


def known_kind(kind: str) -> str:
    """The kind of advice, if there is one of this name.

    Raises:
        ValueError: if there is none.
    """
    if kind not in KINDS:
        raise ValueError(f"advice is {kind!r}; it is one of {', '.join(KINDS)}")
    return kind


@lru_cache(maxsize=256)
def advice(kind: str, problem: hb.Problem, seed: int) -> hb.Configuration:
    """What the expert of this seed says of a problem."""
    count, which = KINDS[kind]
    known = random_configurations(problem.space, count, seed=_SEEDS + seed)
    said: hb.Configuration = which(known, key=lambda config: _end(problem, config))
    return _roughly(problem.space, said, seed) if kind == "near" else said


def _roughly(space: hb.Space, config: hb.Configuration, seed: int) -> hb.Configuration:
    """A configuration near another one; an entry of a choice stays."""

    def moved(index: int) -> float:
        name, domain = space.searched[index]
        off = 0.0 if isinstance(domain, hb.Choice) else _OFF * _STANDARD.inv_cdf(uniform(seed, Purpose.PRIOR, 0, index))
        return min(max(uniform_of(domain, config[name]) + off, 0.0), BELOW_ONE)

    return draw(space, moved)


def _end(problem: hb.Problem, config: hb.Configuration) -> float:
    """The value at the end of training, to be minimised; infinite if training breaks or diverges."""
    answer = problem.answer(config, problem.max_resource)
    value = problem.goal.to_minimise(answer.value) if isinstance(answer, hb.Answer) else math.inf
    return value if math.isfinite(value) else math.inf
