"""IS A FIT DUE? When the parameters are fitted anew, and when the last ones do.

The answer depends on counts alone: how many values there are, and how many trials have one at the maximum resource.
"""

from attrs import evolve, frozen


@frozen
class RefitOptions:
    """From ``opt_skip_init_length`` values on: with ``opt_skip_num_max_resource`` a fit is due only when a trial more
    has been observed at the maximum resource; else at every ``opt_skip_period``-th growth of the data."""

    opt_skip_init_length: int = 150
    opt_skip_period: int = 1
    opt_skip_num_max_resource: bool = False

    def __attrs_post_init__(self) -> None:
        for name, least in (("opt_skip_init_length", 0), ("opt_skip_period", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}; give at least {least}")


@frozen
class RefitMemory:
    """What the answer depends on besides the counts."""

    observed: int = -1
    """How many values there were at the last question."""
    skipped: bool = False
    """The last answer."""
    growths: int = 0
    """Growths since ``opt_skip_init_length``."""
    at_maximum: int | None = None
    """How many trials had been observed at the maximum resource when it last allowed a fit."""


def skip(options: RefitOptions, memory: RefitMemory, observed: int, at_maximum: int) -> tuple[bool, RefitMemory]:
    """Whether the parameters stay as they are, and the memory for the next question. Asked again about as many values,
    a period gives the same answer; ``opt_skip_num_max_resource`` allows one fit for each trial that has got so far."""
    if options.opt_skip_num_max_resource:
        skips = observed >= options.opt_skip_init_length and memory.at_maximum == at_maximum
        reached = memory.at_maximum if skips or observed < options.opt_skip_init_length else at_maximum
        return skips, evolve(memory, observed=observed, skipped=skips, at_maximum=reached)
    if observed < options.opt_skip_init_length or options.opt_skip_period == 1:
        return False, evolve(memory, observed=observed, skipped=False)
    if observed == memory.observed:
        return memory.skipped, memory
    skips = memory.growths % options.opt_skip_period != 0
    return skips, evolve(memory, observed=observed, skipped=skips, growths=memory.growths + 1)
