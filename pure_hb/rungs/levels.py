"""AT WHICH RESOURCES ARE TRIALS COMPARED? Rung levels, brackets, and the probabilities of the brackets.

The maximum resource is never a level, because nothing is compared there. Sources: Li et al. 2018 (Hyperband), Li et al.
2020 (ASHA); rounding and default bracket distribution are those of Syne Tune.
"""

import itertools
import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from pure_hb.space.domains import INT_LIMIT, is_number, plain
from pure_hb.space.showing import shown

DEFAULT_REDUCTION_FACTOR: Final = 3
LEVEL_LIMIT: Final = 2**16
"""The largest number of rung levels."""


class SetupError(ValueError):
    """A setup that cannot work. The message names the fault and the way out."""


def rung_levels(
    max_resource: int,
    *,
    grace_period: int = 1,
    reduction_factor: float | None = None,
    rung_increment: int | None = None,
    rung_levels: Sequence[int] | None = None,
) -> tuple[int, ...]:
    """The rung levels, strictly increasing, all below ``max_resource``.

    ``rung_levels`` wins over all else; then ``reduction_factor`` eta (grace_period * eta^k, rounded half to even);
    then ``rung_increment`` (grace_period + k * rung_increment); with none of them eta = 3.

    Raises:
        SetupError: if an argument is no positive integer, or leaves no level below ``max_resource``.
    """
    whole_number("max_resource", max_resource)
    if rung_levels is not None:
        if isinstance(rung_levels, str) or not hasattr(rung_levels, "__iter__"):
            raise SetupError(f"rung_levels is {shown(rung_levels)}; rung levels are a list of integers: (1, 3, 9)")
        return _explicit(tuple(plain(level) for level in islice(rung_levels, LEVEL_LIMIT + 1)), max_resource)
    whole_number("grace_period", grace_period)
    if grace_period >= max_resource:
        lower = f"a grace_period below {max_resource}" if max_resource > 1 else "a larger max_resource"
        raise SetupError(
            f"grace_period is {grace_period}, but max_resource is {max_resource}: no trial would ever be compared; "
            f"choose {lower}, or random_search for no comparison"
        )
    if rung_increment is not None and reduction_factor is None:
        whole_number("rung_increment", rung_increment)
        levels = range(grace_period, max_resource, rung_increment)
        if len(levels) > LEVEL_LIMIT:
            least = -(-(max_resource - grace_period) // LEVEL_LIMIT)
            raise SetupError(
                f"rung_increment is {rung_increment}, which makes {len(levels)} rung levels; there are at most "
                f"{LEVEL_LIMIT}: rung_increment={least} is enough, reduction_factor=3 makes few"
            )
        return tuple(levels)
    return _geometric(
        grace_period, DEFAULT_REDUCTION_FACTOR if reduction_factor is None else reduction_factor, max_resource
    )


def whole_number(name: str, value: Any, low: int = 1, high: int = INT_LIMIT) -> int:
    """An option that is an integer from ``low`` to ``high``.

    Raises:
        SetupError: naming the option, its value and the limits.
    """
    number = plain(value)
    if isinstance(number, bool) or not isinstance(number, int):
        kind = "a positive integer" if low > 0 else "an int"
        raise SetupError(f"{name} is {shown(value)} of type {type(value).__name__}; it is {kind}")
    if not low <= number <= high:
        limits = f"at least {low}" if number < low else f"at most {high}"
        raise SetupError(f"{name} is {shown(number)}; it is an int of {limits}")
    return number


def _explicit(levels: tuple[int, ...], max_resource: int) -> tuple[int, ...]:
    if len(levels) > LEVEL_LIMIT:
        raise SetupError(f"rung_levels has more than {LEVEL_LIMIT} entries; give fewer, or reduction_factor=3 instead")
    for level in levels:
        whole_number("a rung level", level)
    if len(levels) < 2:
        raise SetupError(f"rung_levels has {len(levels)} entries, {levels}; give at least two, for example (1, 3)")
    if any(low >= high for low, high in itertools.pairwise(levels)):
        raise SetupError(
            f"rung_levels are {shown(levels)}; they must increase strictly: {shown(tuple(sorted(set(levels))))}"
        )
    if levels[-1] > max_resource:
        raise SetupError(
            f"rung level {levels[-1]} is above max_resource {max_resource}; leave it out or raise max_resource"
        )
    return levels[:-1] if levels[-1] == max_resource else levels


def _geometric(grace_period: int, reduction_factor: float, max_resource: int) -> tuple[int, ...]:
    if not is_number(plain(reduction_factor)) or not 2.0 <= reduction_factor < math.inf:
        raise SetupError(f"reduction_factor is {shown(reduction_factor)}; it is a number of at least 2 (3 is usual)")
    levels = []
    exponent = 0
    while (level := grace_period * reduction_factor**exponent) < max_resource:
        levels.append(round(level))
        exponent += 1
    return tuple(levels[:-1] if levels[-1] == max_resource else levels)


def bracket_count(brackets: int, levels: Sequence[int]) -> int:
    """The number of brackets in use, at most one more than levels.

    Raises:
        SetupError: if ``brackets`` is no positive integer.
    """
    whole_number("brackets", brackets)
    return min(brackets, len(levels) + 1)


@lru_cache(maxsize=256)
def bracket_distribution(levels: tuple[int, ...], max_resource: int, brackets: int) -> tuple[float, ...]:
    """The probability of each bracket s = 0, 1, ...: proportional to K / ((K - s) R_s), where R_0 < R_1 < ... are the K
    levels, the maximum resource included."""
    steps = (*levels, max_resource)
    count = len(steps)
    weights = [count / ((count - s) * steps[s]) for s in range(brackets)]
    total = sum(weights)
    return tuple(weight / total for weight in weights)


def quantiles(levels: Sequence[int], max_resource: int) -> tuple[float, ...]:
    """The share q_j = r_j / r_{j+1} of the entries of level j that is promoted; the last r is the maximum resource."""
    steps = (*levels, max_resource)
    return tuple(low / high for low, high in itertools.pairwise(steps))
