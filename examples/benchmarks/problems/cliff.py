"""A valley whose best points lie at the edge of a cliff: a step further, training diverges or breaks.

The first of three variables is a rate. With the edge e = 0.88 + 0.06 sin(2 pi temper) the loss at the end is

    0.1 + |e - rate| + 0.5 (temper - 0.4)^2 + 0.3 (decay - 0.6)^2        for rate <= e, least: 0.1 at the edge
    0.1 + (e - rate) + the same                                          beyond: it would go on getting better

and after resource r of R it is that plus (exp(-3 r / R) - exp(-3)) / (1 - exp(-3)). Beyond the edge there is no value
from some resource on: NaN, or the training fails. If that is not the first, what is told before looks best of all. An
eighth of the space lies beyond, less than the third that rungs promote: else nothing sound would ever be promoted. A
made-up function, after what learning rates do to the training of networks.
"""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Literal

import pure_hb as hb

MAX_RESOURCE: Final = 27
LEAST: Final = 0.1
LATER: Final = 5
"""A resource above the second rung level of three-fold levels."""

SPACE: Final = hb.Space(rate=hb.Float(0.0, 1.0), temper=hb.Float(0.0, 1.0), decay=hb.Float(0.0, 1.0))


def edge(temper: float) -> float:
    """The largest rate that still trains."""
    return 0.88 + 0.06 * math.sin(2.0 * math.pi * temper)


def curve(beyond: Literal["nan", "fail"], first: int, config: Mapping[str, Any], resource: int) -> float:
    """The loss of a configuration after a resource."""
    rate, temper, decay = (float(config[name]) for name in ("rate", "temper", "decay"))
    gap = edge(temper) - rate
    if gap < 0.0 and resource >= first:
        if beyond == "fail":
            raise FloatingPointError(f"the loss overflowed at rate {rate:.4f}")
        return math.nan
    end = LEAST + gap + 0.5 * (temper - 0.4) ** 2 + 0.3 * (decay - 0.6) ** 2
    return end + (math.exp(-3.0 * resource / MAX_RESOURCE) - math.exp(-3.0)) / (1.0 - math.exp(-3.0))


def problem(beyond: Literal["nan", "fail"], first: int = 1) -> hb.Problem:
    """The problem; beyond the edge there is NaN or a failure from resource ``first`` on."""
    name = f"cliff-{beyond}-{first}"
    return hb.problem(partial(curve, beyond, first), SPACE, hb.Minimize("loss"), MAX_RESOURCE, name=name)
