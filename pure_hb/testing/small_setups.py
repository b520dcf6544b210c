"""WHICH SETUPS ARE TESTED? Small ones; each option is chosen by a `Pick`, like the moves of a world."""

from typing import Any, Final, Literal

import pure_hb as hb
from pure_hb.rungs import rung_levels
from pure_hb.testing.world import Pick

Type = Literal["promotion", "stopping"]

TYPES: Final[tuple[Type, ...]] = ("promotion", "stopping")

SPACES: Final = (
    hb.Space(x=hb.Choice("a", "b", "c")),
    hb.Space(x=hb.Choice("a", "b"), y=hb.Int(0, 5)),
    hb.Space(x=hb.Float(0.0, 1.0), z=hb.Constant("fixed")),
)
"""A space with very few configurations, one with more, and an infinite one."""

GOALS: Final[tuple[hb.Goal, ...]] = (hb.Minimize("error"), hb.Maximize("accuracy"))

_POINTS: Final[tuple[list[dict[str, object]] | None, ...]] = (None, [], [{}])


def pick_setup(pick: Pick, *, type: Type | None = None, separate: bool | None = None, largest: int = 12) -> hb.Setup:
    """A setup of ASHA or asynchronous Hyperband: stopping or promotion, one bracket or several, shared or separate
    rungs, levels of all kinds, both goals. Maxima are small, so that rungs fill up; ``largest`` is the largest."""
    max_resource = pick(tuple(range(2, largest + 1)))
    options = _level_options(pick, max_resource)
    count = len(rung_levels(max_resource, **options))
    return hb.asha(
        pick(SPACES),
        pick(GOALS),
        max_resource=max_resource,
        type=pick(TYPES) if type is None else type,
        brackets=pick(tuple(range(1, count + 2))),
        rung_system_per_bracket=pick((False, True)) if separate is None else separate,
        seed=pick((0, 1, 2, 3, 2**64 - 1)),
        points_to_evaluate=pick(_POINTS),
        allow_duplicates=pick((False, True)),
        max_failures=pick((3, 2, 1)),
        **options,
    )


def _level_options(pick: Pick, max_resource: int) -> dict[str, Any]:
    """Options that say where the levels are: geometric, linear, or one by one."""
    kind = pick(("geometric", "geometric", "linear", "explicit"))
    if kind == "explicit":
        among = [level for level in range(1, max_resource + 1) if pick((True, False))]
        return {"rung_levels": among if len(among) > 1 else [1, max_resource]}
    grace = pick(tuple(range(1, max(1, max_resource // 3) + 1)))
    if kind == "linear":
        return {"grace_period": grace, "rung_increment": pick((1, 2, 3))}
    return {"grace_period": grace, "reduction_factor": pick((3, 2, 4, 2.5))}
