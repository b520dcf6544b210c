"""WHAT WOULD AN EXPERT SAY? A point to begin with, chosen among random configurations that are trained fully.

- "best": the best of 5,000, which is close to the optimum; for functions and tables, where an answer costs nothing.
- "good": the best of 25, as somebody knows who has tuned something like this before.
- "bad": the worst of 25, a belief that is wrong.

After Mallik et al., "PriorBand: Practical Hyperparameter Optimization in the Age of Deep Learning", NeurIPS 2023, where
priors are good, the best of 25 or bad.
"""

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from problems import random_configurations

import pure_hb as hb

_SEEDS: Final = 1000
"""Seeds from here on, so that they are not the configurations that say what a median one is."""
KINDS: Final[Mapping[str, tuple[int, Callable[..., Any]]]] = {
    "best": (5000, min),
    "good": (25, min),
    "bad": (25, max),
}
"""Kind of advice -> how many configurations the expert knows, and which of them is said."""


@lru_cache(maxsize=256)
def advice(kind: str, problem: hb.Problem, seed: int) -> hb.Configuration:
    """What the expert of this seed says of a problem.

    Raises:
        ValueError: for an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"advice is {kind!r}; it is one of {', '.join(KINDS)}")
    count, which = KINDS[kind]
    known = random_configurations(problem.space, count, seed=_SEEDS + seed)
    said: hb.Configuration = which(known, key=lambda config: _end(problem, config))
    return said


def _end(problem: hb.Problem, config: hb.Configuration) -> float:
    """The value at the end of training, to be minimised; infinite if training breaks or diverges."""
    answer = problem.answer(config, problem.max_resource)
    value = problem.goal.to_minimise(answer.value) if isinstance(answer, hb.Answer) else math.inf
    return value if math.isfinite(value) else math.inf
