"""IS A FIT DUE? When the parameters are fitted anew, and when those of the last fit are kept.

The answer depends on counts alone: the number of values, and the number of trials with a value at the maximum resource.
"""

from attrs import evolve, frozen

from pure_hb.protocol import Counts, Learned


@frozen
class RefitOptions:
    """When a fit may be skipped. Always, a fit needs more values than the last one, by a share of at least
    ``opt_skip_growth``. From ``opt_skip_init_length`` values on it also needs the following: with
    ``opt_skip_num_max_resource``, one more trial observed at the maximum resource; otherwise, every
    ``opt_skip_period``-th growth of the data.

    Raises:
        ValueError: if a number is out of range.
    """

    opt_skip_init_length: int = 150
    opt_skip_period: int = 1
    opt_skip_num_max_resource: bool = False
    opt_skip_growth: float = 0.0

    def __attrs_post_init__(self) -> None:
        if not 0.0 <= self.opt_skip_growth < float("inf"):
            raise ValueError(f"opt_skip_growth is {self.opt_skip_growth}; give a number from 0 on, such as 0.1")
        for name, least in (("opt_skip_init_length", 0), ("opt_skip_period", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}; give at least {least}")


def due(options: RefitOptions, learned: Learned, observed: int, at_maximum: int) -> tuple[bool, Counts]:
    """Whether to fit the parameters to ``observed`` values now, and the updated counts. ``at_maximum`` is the number of
    trials with a value at the maximum resource. A fit is due if the data have grown enough since the last fit and
    `skip` is false."""
    skips, counts = skip(options, learned.counts, observed, at_maximum)
    growth = observed - learned.observed
    grown = growth != 0 and growth >= options.opt_skip_growth * learned.observed
    return grown and not skips, counts


def skip(options: RefitOptions, counts: Counts, observed: int, at_maximum: int) -> tuple[bool, Counts]:
    """Whether the rule skips this fit, and the updated counts. For the same number of values, a period gives the same
    answer again; ``opt_skip_num_max_resource`` allows one fit for each further trial at the maximum resource."""
    if observed < options.opt_skip_init_length:
        return False, counts
    if options.opt_skip_num_max_resource:
        return counts.at_maximum == at_maximum, evolve(counts, at_maximum=at_maximum)
    if options.opt_skip_period == 1:
        return False, counts
    if observed == counts.observed:
        return counts.skipped, counts
    skips = counts.growths % options.opt_skip_period != 0
    return skips, Counts(observed, skips, counts.growths + 1, counts.at_maximum)
