"""WHAT WOULD AN EXPERT SAY? A point to begin with: of some random configurations, trained fully, the best or the worst.

The best one is what somebody knows who has tuned something like this before; the worst is a belief that is wrong.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from problems import random_configurations

import pure_hb as hb

_KNOWN: Final = 25
"""So many configurations does the expert know."""
_SEEDS: Final = 1000
"""Seeds from here on, so that they are not the configurations that say what a median one is."""
KINDS: Final[Mapping[str, Callable[..., Any]]] = {"good": min, "bad": max}


def advice(kind: str, problem: hb.Problem, seed: int) -> hb.Configuration:
    """What the expert of this seed says of a problem: something "good", or something "bad".

    Raises:
        ValueError: for another kind.
    """
    if kind not in KINDS:
        raise ValueError(f"advice is {kind!r}; it is one of {', '.join(KINDS)}")
    known = random_configurations(problem.space, _KNOWN, seed=_SEEDS + seed)
    best: hb.Configuration = KINDS[kind](known, key=lambda config: _end(problem, config))
    return best


def _end(problem: hb.Problem, config: hb.Configuration) -> float:
    """The value at the end of training, to be minimised; infinite if training breaks or diverges."""
    answer = problem.answer(config, problem.max_resource)
    value = problem.goal.to_minimise(answer.value) if isinstance(answer, hb.Answer) else math.inf
    return value if math.isfinite(value) else math.inf
