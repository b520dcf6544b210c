"""WHICH PART HAS WHICH OPTIONS? `Setup`: all that is fixed before the first event."""

import itertools
import math
from collections.abc import Mapping
from typing import ClassVar, Final

from attrs import frozen

from pure_hb.draws import SEED_LIMIT
from pure_hb.rungs import (
    LEVEL_LIMIT,
    AnyRule,
    BestOfFirst,
    SetupError,
    bracket_count,
    bracket_distribution,
    whole_number,
)
from pure_hb.search import AnySearch
from pure_hb.space import Configuration, Space, SpaceError, as_member, size
from pure_hb.space.showing import cut, listed, shown

RULES_VERSION: Final = 13
"""Grows when decisions or the numbers of their evidence change under an unchanged setup, or when setups get an option
that they did not have: then `pure_hb.journal.older` says what a setup that does not name it means. Journals hold the
version that decided."""


@frozen
class Minimize:
    """The metric is to be minimised."""

    metric: str
    """The name of the metric, for display: "validation_error"."""
    sign: ClassVar[float] = 1.0
    """The factor from a value of the metric to the value that is minimised, and back."""

    def to_minimise(self, value: float) -> float:
        """The value itself, as rungs and surrogates use it."""
        return value


@frozen
class Maximize:
    """The metric is to be maximised. Every reported value is negated, which is exact, and then minimised."""

    metric: str
    """The name of the metric, for display: "accuracy"."""
    sign: ClassVar[float] = -1.0
    """The factor from a value of the metric to the value that is minimised, and back."""

    def to_minimise(self, value: float) -> float:
        """The negated value, as rungs and surrogates use it."""
        return -value


Goal = Minimize | Maximize

POINT_LIMIT: Final = 2**14
"""The largest number of initial points. Results known before a run are given by `Observe`."""


_SHOWN: Final = 100
"""The most characters of a point that a message shows."""


def too_many(field: str, count: int) -> None:
    """Raises `SetupError` if there are too many ``levels`` or ``points``."""
    limit = LEVEL_LIMIT if field == "levels" else POINT_LIMIT
    if count > limit:
        raise SetupError(f"{field} has {count} entries; it has at most {limit}")


@frozen
class Setup:
    """All that is fixed before the first event: a method with its space, goal and resources. `asha`, `mobster` and the
    other functions of `METHODS` make one.

    Raises:
        SetupError: if the parts do not fit.
    """

    method: str
    """The name of the method, for display."""
    space: Space
    """The space of the configurations."""
    goal: Goal
    """The metric, and whether it is minimised or maximised."""
    max_resource: int
    """The resource of a full training, such as the number of epochs; at least 1."""
    levels: tuple[int, ...]
    """The rung levels in increasing order, below ``max_resource``; empty: every trial runs to the end."""
    brackets: int
    """The number of brackets, at least 1. A trial of bracket s is first compared at level number s, from 0 on."""
    separate_rungs: bool
    """Whether each bracket has rungs of its own (``rung_system_per_bracket``)."""
    rule: AnyRule
    """Who goes on from a rung."""
    search: AnySearch
    """How new configurations are chosen."""
    points: tuple[Configuration, ...]
    """The initial points: the configurations that are tried first."""
    seed: int
    """The seed of all random draws, at least 0."""
    max_failures: int
    """The number of failures at which a trial ends, at least 1. After fewer failures it runs its leg again."""

    def __attrs_post_init__(self) -> None:
        whole_number("seed", self.seed, 0, SEED_LIMIT - 1)
        whole_number("max_failures", self.max_failures)
        whole_number("max_resource", self.max_resource)
        if not isinstance(self.space, Space):
            raise SetupError(f"space is a {type(self.space).__name__}; make one: Space(lr=Float(1e-4, 1.0, log=True))")
        if not isinstance(self.goal, Minimize | Maximize):
            raise SetupError(f'goal is {self.goal!r}; write Minimize("{_metric_name(self.goal)}") or Maximize(...)')
        if not isinstance(self.goal.metric, str):
            raise SetupError(f'the metric is {shown(self.goal.metric)}; give its name, such as "validation_error"')
        too_many("levels", len(self.levels))
        if not isinstance(self.separate_rungs, bool):
            raise SetupError(f"separate_rungs is {self.separate_rungs!r}; it is True or False")
        levels = f"({listed(self.levels)})"
        steps = (0, *self.levels, self.max_resource)
        if any(low >= high for low, high in itertools.pairwise(steps)):
            raise SetupError(f"levels {levels} do not increase strictly below max_resource {self.max_resource}")
        for name, given in (("levels", self.levels), ("points", self.points)):
            if not isinstance(given, tuple):
                raise SetupError(f"{name} is {cut(repr(given), _SHOWN)}; a setup never changes: give a tuple")
        for level in self.levels:
            whole_number("a rung level", level)
        if bracket_count(self.brackets, self.levels) != self.brackets:
            raise SetupError(f"{self.brackets} brackets need at least {self.brackets - 1} levels, got {levels}")
        self._check_points()

    def _check_points(self) -> None:
        too_many("points", len(self.points))
        for number, point in enumerate(self.points):
            if not isinstance(point, Mapping):
                raise SetupError(f"point {number} is {cut(repr(point), _SHOWN)}; it is a Configuration of the space")
            try:
                member = as_member(self.space, point)
            except SpaceError as error:
                raise SetupError(f"point {number} is not in the space: {error}") from None
            if not isinstance(point, Configuration) or _kinds(point) != _kinds(member):
                raise SetupError(
                    f"point {number} is {cut(repr(point), _SHOWN)}; in the space it is {cut(repr(member), _SHOWN)}: "
                    "give points_to_evaluate to the method, or initial_points(space, points) as points"
                )

    @property
    def weighs_cost(self) -> bool:
        """Whether the rule or the search looks at what trials have cost, so that reports should say it."""
        return self.rule.needs_cost or self.search.weighs_cost

    def bracket_distribution(self) -> tuple[float, ...]:
        """The probability of each bracket for a new trial."""
        return bracket_distribution(self.levels, self.max_resource, self.brackets)


def _kinds(point: Configuration) -> dict[str, type]:
    """What kind of value each parameter has: 1 and 1.0 are equal, but only one of them is a value of a Float."""
    return {name: type(value) for name, value in point.items()}


def _metric_name(goal: object) -> str:
    return goal if isinstance(goal, str) else "validation_error"


def expect_setup(given: object, function: str) -> None:
    """Raises `TypeError` if what a function got for a setup is none."""
    if not isinstance(given, Setup):
        raise TypeError(
            f"{function} takes a Setup, got {type(given).__name__}; make one: asha(space, goal, max_resource=81)"
        )


# ---- what looks odd ------------------------------------------------------------------------------------------------

_MANY_LEVELS: Final = 7


def setup_notes(setup: Setup) -> tuple[str, ...]:
    """Remarks on options that are allowed but probably not meant, each a sentence with the way out; empty if there is
    none.

    Raises:
        TypeError: if it is no Setup.
    """
    expect_setup(setup, "setup_notes")
    found = []
    if len(setup.levels) > _MANY_LEVELS and not setup.search.resumes:
        found.append(
            f"{len(setup.levels)} rung levels from {setup.levels[0]} to {setup.levels[-1]}: is that meant? "
            "A larger grace_period or reduction_factor gives fewer."
        )
    total = size(setup.space)
    if total is not None and setup.levels and total < math.prod([3] * len(setup.levels)):
        found.append(f"The space has only {total} configurations for {len(setup.levels)} rung levels.")
    return tuple(found)


def too_few_trials(setup: Setup, max_trials: int, *, lost: int | None = None, asking: int = 1) -> str | None:
    """A question about a limit of trials with which the one-epoch baseline promotes none, with the way out; None if the
    limit is large enough.

    ``lost``: how many started trials make no entry, less the entries of observed ones; None: none was started.
    ``asking``: how many workers ask for new trials until the rung is full.
    """
    rule, total = setup.rule, size(setup.space)
    if not isinstance(rule, BestOfFirst) or not setup.levels:
        return None
    needed = rule.entries + (lost or 0) + asking - 1
    missing = (needed if total is None or asking == 1 else min(needed, total)) - max_trials
    if missing <= 0:
        return None
    fewer = max_trials - asking + 1
    other = f", or num_trials={fewer} to the method" if lost is None and fewer > 0 else ""
    return (
        f"max_trials is {max_trials}, but nobody goes on past epoch {setup.levels[0]} before {rule.entries} trials "
        f"have reported there: is that meant? Give max_trials={max_trials + missing} or more{other}."
    )
