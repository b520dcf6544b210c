"""WHICH METHODS ARE THERE? Named methods as compositions of levels, rule and search; `METHODS` lists them.

Options keep the names that users of the reference system know. A method is a value: `asha` makes a `Setup`, and that is
all there is to a method.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial, wraps
from inspect import signature
from typing import Final, Literal, ParamSpec

from pure_hb.machine.setup import Goal, Setup
from pure_hb.rungs import Promotion, SetupError, Stopping, bracket_count, rung_levels
from pure_hb.search import RandomSearch
from pure_hb.space import Point, Space, initial_points, unknown_names
from pure_hb.space.domains import plain

Type = Literal["promotion", "stopping"]

_ELSEWHERE: Final = {
    "max_t": "max_resource",
    "R": "max_resource",
    "max_epochs": "max_resource",
    "eta": "reduction_factor",
    "min_resource": "grace_period",
    "min_t": "grace_period",
    "min_iter": "grace_period",
    "random_seed": "seed",
    "enqueue_trial": "points_to_evaluate",
    "initial_points": "points_to_evaluate",
    "rung_system": "type",
    "max_trials": "Session(..., max_trials=...)",
    "max_time": "Session(..., max_time=...)",
    "timeout": "Session(..., max_time=...)",
    "mode": "the goal: Minimize(metric) or Maximize(metric)",
    "metric": "the goal: Minimize(metric) or Maximize(metric)",
}

_P = ParamSpec("_P")


def _with_known_options(method: Callable[_P, Setup]) -> Callable[_P, Setup]:
    """Refuses an option the method does not know, naming the one that is meant."""
    known = tuple(signature(method).parameters)

    @wraps(method)
    def checked(*args: _P.args, **options: _P.kwargs) -> Setup:
        for name in options:
            if name not in known:
                begins = [option for option in known if option.startswith(name)]
                elsewhere = [meant for meant in (_ELSEWHERE.get(name),) if meant and (meant in known or " " in meant)]
                meant = next(iter([*elsewhere, *begins, *get_close_matches(name, known, 1)]), None)
                hint = f"here it is {meant}" if meant else f"it has {', '.join(known[2:])}"
                raise SetupError(f"{method.__name__} has no option {name!r}; {hint}")
        if "max_resource" in known and "max_resource" not in options:
            raise SetupError(f"{method.__name__} needs max_resource, the epochs of a full training: max_resource=81")
        return method(*args, **options)

    return checked


@_with_known_options
def random_search(
    space: Space,
    goal: Goal,
    *,
    max_resource: int,
    seed: int = 0,
    points_to_evaluate: Sequence[Point] | None = None,
    allow_duplicates: bool = False,
    max_failures: int = 3,
) -> Setup:
    """Random search: every trial trains to ``max_resource``; nothing is compared.

    Raises:
        SetupError: if an option is out of range.
        SpaceError: if a point cannot be used.
    """
    return _setup(
        "random search", space, goal, max_resource, (), 1, False, "stopping", seed, points_to_evaluate,
        allow_duplicates, max_failures,
    )  # fmt: skip


@_with_known_options
def asha(
    space: Space,
    goal: Goal,
    *,
    max_resource: int,
    seed: int = 0,
    type: Type = "promotion",
    grace_period: int = 1,
    reduction_factor: float | None = None,
    rung_increment: int | None = None,
    rung_levels: Sequence[int] | None = None,
    brackets: int = 1,
    rung_system_per_bracket: bool = False,
    points_to_evaluate: Sequence[Point] | None = None,
    allow_duplicates: bool = False,
    max_failures: int = 3,
) -> Setup:
    """ASHA (Li et al. 2020): random configurations, compared at rung levels by promotion or stopping.

    Levels are ``grace_period * reduction_factor**k`` (factor 3 by default), or every ``rung_increment``, or as given by
    ``rung_levels``; all below ``max_resource``. A new trial joins bracket s at level number s, drawn at random.

    Raises:
        SetupError: if an option is out of range.
        SpaceError: if a point cannot be used.
    """
    levels = _levels(max_resource, grace_period, reduction_factor, rung_increment, rung_levels)
    return _setup(
        "asha", space, goal, max_resource, levels, brackets, rung_system_per_bracket, type, seed, points_to_evaluate,
        allow_duplicates, max_failures,
    )  # fmt: skip


@_with_known_options
def hyperband(
    space: Space,
    goal: Goal,
    *,
    max_resource: int,
    seed: int = 0,
    type: Type = "promotion",
    grace_period: int = 1,
    reduction_factor: float | None = None,
    rung_increment: int | None = None,
    rung_levels: Sequence[int] | None = None,
    brackets: int | None = None,
    rung_system_per_bracket: bool = False,
    points_to_evaluate: Sequence[Point] | None = None,
    allow_duplicates: bool = False,
    max_failures: int = 3,
) -> Setup:
    """Asynchronous Hyperband: `asha` with as many brackets as levels, unless ``brackets`` says how many.

    Raises:
        SetupError: if an option is out of range.
        SpaceError: if a point cannot be used.
    """
    levels = _levels(max_resource, grace_period, reduction_factor, rung_increment, rung_levels)
    count = len(levels) if brackets is None else brackets
    return _setup(
        "hyperband", space, goal, max_resource, levels, count, rung_system_per_bracket, type, seed,
        points_to_evaluate, allow_duplicates, max_failures,
    )  # fmt: skip


# ---- parts ---------------------------------------------------------------------------------------------------------


def _levels(
    max_resource: int,
    grace_period: int,
    reduction_factor: float | None,
    rung_increment: int | None,
    explicit: Sequence[int] | None,
) -> tuple[int, ...]:
    if explicit is not None and (reduction_factor is not None or rung_increment is not None or grace_period != 1):
        warnings.warn(
            "rung_levels are given: grace_period, reduction_factor and rung_increment do nothing", stacklevel=4
        )
    elif reduction_factor is not None and rung_increment is not None:
        warnings.warn("reduction_factor is given: rung_increment does nothing", stacklevel=4)
    return rung_levels(
        max_resource,
        grace_period=grace_period,
        reduction_factor=reduction_factor,
        rung_increment=rung_increment,
        rung_levels=explicit,
    )


def _setup(
    method: str,
    space: Space,
    goal: Goal,
    max_resource: int,
    levels: tuple[int, ...],
    brackets: int,
    separate_rungs: bool,
    type: Type,
    seed: int,
    points: Sequence[Point] | None,
    allow_duplicates: bool,
    max_failures: int,
) -> Setup:
    if type not in ("promotion", "stopping"):
        raise SetupError(f'type is {type!r}; it is "promotion" or "stopping"')
    if not isinstance(space, Space):
        raise SetupError(f"space is {space!r}; make one: Space(lr=Float(1e-4, 1.0, log=True))")
    if not isinstance(separate_rungs, bool) or not isinstance(allow_duplicates, bool):
        raise SetupError("rung_system_per_bracket and allow_duplicates are True or False")
    for name in unknown_names(space, points):
        warnings.warn(f"points_to_evaluate has {name!r}, which the space does not: it is dropped", stacklevel=4)
    return Setup(
        method,
        space,
        goal,
        plain(max_resource),
        levels,
        bracket_count(plain(brackets), levels),
        separate_rungs,
        Promotion() if type == "promotion" else Stopping(),
        RandomSearch(allow_duplicates),
        initial_points(space, points),
        plain(seed),
        plain(max_failures),
    )


METHODS: Final[Mapping[str, Callable[..., Setup]]] = {
    "RANDOM": random_search,
    "ASHA-STOP": partial(asha, type="stopping"),
    "ASHA-PROM": partial(asha, type="promotion"),
    "ASHA6-STOP": partial(asha, type="stopping", brackets=6),
    "HYPERBAND-STOP": partial(hyperband, type="stopping"),
    "HYPERBAND-PROM": partial(hyperband, type="promotion"),
}
"""The methods by the names that papers and scripts use; call one as ``METHODS[name](space, goal, max_resource=81)``."""


def method(name: str) -> Callable[..., Setup]:
    """The method of a name, whatever its case.

    Raises:
        SetupError: naming the nearest known names.
    """
    found = METHODS.get(name.upper())
    if found is None:
        near = get_close_matches(name.upper(), METHODS, 1, cutoff=0.5)
        hint = f"did you mean {near[0]}? Known" if near else "known"
        raise SetupError(f"there is no method {name!r}; {hint}: {', '.join(METHODS)}")
    return found
