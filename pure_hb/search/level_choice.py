"""AT WHICH LEVEL IS A CONFIGURATION JUDGED? The level of the acquisition, and the levels with enough data.

Counts are numbers of observations by resource; resources without any are left out.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, assert_never

SUPPORTED: Final = 6
"""So many observations support a level for Hyper-Tune."""


class ResourceAcquisition(Enum):
    """``resource_acq``."""

    BOHB = "bohb"
    """The highest level with at least ``resource_acq_bohb_threshold`` observations, else the lowest with any (Falkner,
    Klein and Hutter, "BOHB", 2018, section 3.2)."""
    FIRST = "first"
    """The first milestone of the bracket drawn for the new trial."""
    FINAL = "final"
    """The maximum resource."""


def acquisition_level(
    rule: ResourceAcquisition, counts: Mapping[int, int], *, threshold: int, first_milestone: int, max_resource: int
) -> int:
    """r_acq. There must be at least one observation.

    Raises:
        ValueError: if there is none and the rule needs one.
    """
    match rule:
        case ResourceAcquisition.BOHB:
            observed = [level for level, count in counts.items() if count]
            if not observed:
                raise ValueError("no observation yet, so no level to judge at; draw the configuration at random")
            return max((level for level in observed if counts[level] >= threshold), default=min(observed))
        case ResourceAcquisition.FIRST:
            return first_milestone
        case ResourceAcquisition.FINAL:
            return max_resource
        case _:
            assert_never(rule)


def highest_supported(counts: Mapping[int, int], levels: Sequence[int]) -> int | None:
    """r_*: the highest of the levels (the maximum among them) with six observations; None if no level above the lowest
    has as many, so that there is nothing to compare. Levels below r_* are not looked at."""
    found = [level for level in levels[1:] if counts.get(level, 0) >= SUPPORTED]
    return max(found, default=None)
