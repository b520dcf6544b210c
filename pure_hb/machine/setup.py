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
from pure_hb.space.showing import cut, listed

RULES_VERSION: Final = 7
"""Grows when decisions or the numbers of their evidence change under an unchanged setup, or when setups get an option
that they did not have: then `pure_hb.journal.older` says what a setup that does not name it means. Journals hold the
version that decided."""


@frozen
class Minimize:
    """The metric is to be minimised."""

    metric: str
    sign: ClassVar[float] = 1.0
    """A value of the metric times this is a value to minimise, and the other way round."""

    def to_minimise(self, value: float) -> float:
        """The value itself, as rungs and surrogates use it."""
        return value


@frozen
class Maximize:
    """The metric is to be maximised. It is negated, exactly, when it is reported, and minimised inside."""

    metric: str
    sign: ClassVar[float] = -1.0
    """A value of the metric times this is a value to minimise, and the other way round."""

    def to_minimise(self, value: float) -> float:
        """The negated value, as rungs and surrogates use it."""
        return -value


Goal = Minimize | Maximize

POINT_LIMIT: Final = 2**14
"""The largest number of initial points. Results known before a run are given by `Observe`."""


_SHOWN: Final = 100
"""A point is shown with so many characters."""


def too_many(field: str, count: int) -> None:
    """Raises `SetupError` if there are too many ``levels`` or ``points``."""
    limit = LEVEL_LIMIT if field == "levels" else POINT_LIMIT
    if count > limit:
        raise SetupError(f"{field} has {count} entries; it has at most {limit}")


@frozen
class Setup:
    """A method with its space, goal and resources. The functions of `pure_hb.machine.methods` make one.

    Raises:
        SetupError: if the parts do not fit.
    """

    method: str
    """The name of the method, for display."""
    space: Space
    goal: Goal
    max_resource: int
    levels: tuple[int, ...]
    """The rung levels in increasing order, below ``max_resource``; empty: every trial runs to the end."""
    brackets: int
    separate_rungs: bool
    """Whether each bracket has rungs of its own (``rung_system_per_bracket``)."""
    rule: AnyRule
    search: AnySearch
    points: tuple[Configuration, ...]
    """The initial points: the configurations that are tried first."""
    seed: int
    max_failures: int
    """The number of failures with which a trial ends; after fewer, it runs its leg again."""

    def __attrs_post_init__(self) -> None:
        whole_number("seed", self.seed, 0, SEED_LIMIT - 1)
        whole_number("max_failures", self.max_failures)
        whole_number("max_resource", self.max_resource)
        if not isinstance(self.space, Space):
            raise SetupError(f"space is a {type(self.space).__name__}; make one: Space(lr=Float(1e-4, 1.0, log=True))")
        if not isinstance(self.goal, Minimize | Maximize):
            raise SetupError(f'goal is {self.goal!r}; write Minimize("{_metric_name(self.goal)}") or Maximize(...)')
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

    def bracket_distribution(self) -> tuple[float, ...]:
        """The probability of each bracket for a new trial."""
        return bracket_distribution(self.levels, self.max_resource, self.brackets)


def _kinds(point: Configuration) -> dict[str, type]:
    """What kind of value each parameter has: 1 and 1.0 are equal, but only one of them is a value of a Float."""
    return {name: type(value) for name, value in point.items()}


def _metric_name(goal: object) -> str:
    return goal if isinstance(goal, str) else "validation_error"


# ---- what looks odd ------------------------------------------------------------------------------------------------

_MANY_LEVELS: Final = 7


def setup_notes(setup: Setup) -> tuple[str, ...]:
    """Options that are allowed but probably not meant, each as a question with the way out."""
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
