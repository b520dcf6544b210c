"""AT WHICH LEVEL IS A CONFIGURATION JUDGED? The acquisition level r_acq, and the levels with enough data.

Counts map a resource to its number of observations; resources without any are left out.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, assert_never

SUPPORTED: Final = 6
"""The number of observations from which a level counts as supported, for Hyper-Tune."""


class ResourceAcquisition(Enum):
    """The values of the option ``resource_acq``: at which level the acquisition is evaluated."""

    BOHB = "bohb"
    """The highest level with at least ``resource_acq_bohb_threshold`` observations, else the lowest with any (after
    Falkner, Klein and Hutter, "BOHB", 2018, section 4.1)."""
    FIRST = "first"
    """The first milestone of the bracket drawn for the new trial."""
    FINAL = "final"
    """The maximum resource."""


def acquisition_level(
    rule: ResourceAcquisition, counts: Mapping[int, int], *, threshold: int, first_milestone: int, max_resource: int
) -> int:
    """r_acq by this rule, given the number of observations at each resource.

    Raises:
        ValueError: if there is no observation and the rule is BOHB.
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
    """r_*: the highest level (the maximum resource included) with at least six observations. None if that is the lowest
    level or there is none: then there is nothing to compare."""
    found = [level for level in levels[1:] if counts.get(level, 0) >= SUPPORTED]
    return max(found, default=None)
