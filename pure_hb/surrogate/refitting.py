"""IS A FIT DUE? When the parameters are fitted anew, and when the last ones do.

The answer depends on counts alone: how many values there are, and how many trials have one at the maximum resource.
"""

from attrs import evolve, frozen

from pure_hb.protocol import Counts, Learned


@frozen
class RefitOptions:
    """From ``opt_skip_init_length`` values on: with ``opt_skip_num_max_resource`` a fit is due only when a trial more
    has been observed at the maximum resource; else at every ``opt_skip_period``-th growth of the data. And always: only
    when there are more values than at the last fit, by a share of at least ``opt_skip_growth``."""

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
    """Whether parameters are to be fitted to ``observed`` values, and the counts for the next question: the data must
    have grown enough since the last fit, and the rule must not skip this one."""
    skips, counts = skip(options, learned.counts, observed, at_maximum)
    growth = observed - learned.observed
    grown = growth != 0 and growth >= options.opt_skip_growth * learned.observed
    return grown and not skips, counts


def skip(options: RefitOptions, counts: Counts, observed: int, at_maximum: int) -> tuple[bool, Counts]:
    """Whether the parameters stay as they are, and the counts for the next question. Asked again about as many values,
    a period gives the same answer; ``opt_skip_num_max_resource`` allows one fit for each trial that has got so far."""
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
