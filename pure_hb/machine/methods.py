"""WHICH METHODS ARE THERE? Named methods as compositions of levels, rule and search; `METHODS` lists them.

Each method is a function that makes a `Setup`. Options have the names of Syne Tune's.
"""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial, wraps
from inspect import Parameter, signature
from typing import Final, ParamSpec, Unpack, get_args, get_type_hints

from attrs import evolve

from pure_hb.machine.options import (
    BohbOptions,
    DyHPOOptions,
    Frame,
    HyperTuneOptions,
    MobsterOptions,
    assembled,
    frame_levels,
    frame_rule,
    picked,
    warn_of_idle,
    with_prior,
    with_rungs,
)
from pure_hb.machine.other_names import about_unknown
from pure_hb.machine.presets import preset
from pure_hb.machine.setup import Goal, Setup
from pure_hb.rungs import BestOfFirst, CoinPromotion, SetupError, Stopping, Type, rung_levels
from pure_hb.search import (
    AcquisitionOptions,
    DensitySearch,
    DyHPO,
    HyperTune,
    Mobster,
    RandomSearch,
    SurrogateOptions,
)
from pure_hb.space import Point, Space, size

_P = ParamSpec("_P")


def _with_known_options(method: Callable[_P, Setup]) -> Callable[_P, Setup]:
    """Refuses an option the method does not know, naming the one that is meant."""
    known = option_names(method)

    @wraps(method)
    def checked(*args: _P.args, **options: _P.kwargs) -> Setup:
        if any(name not in known for name in options):
            raise SetupError(about_unknown(method.__name__, _options_of, options))
        if "max_resource" in known and "max_resource" not in options:
            raise SetupError(f"{method.__name__} needs max_resource, the epochs of a full training: max_resource=81")
        return method(*args, **options)

    return checked


def option_names(method: Callable[..., Setup]) -> tuple[str, ...]:
    """The names of all parameters of a method; space and goal come first."""
    names: list[str] = []
    for parameter in signature(method).parameters.values():
        if parameter.kind is Parameter.VAR_KEYWORD:
            (options,) = get_args(parameter.annotation)
            names += get_type_hints(options)
        else:
            names.append(parameter.name)
    return tuple(names)


def _options_of(method: str) -> tuple[str, ...]:
    return option_names(_BY_NAME[method])


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
    """Random search: every trial trains to ``max_resource``; nothing is compared. The options are those of `asha`.

    Raises:
        SetupError: if an option is out of range.
        SpaceError: if a point is not in the space.
    """
    frame = Frame(max_resource, seed, "stopping", points_to_evaluate=points_to_evaluate, max_failures=max_failures)
    return assembled("random search", space, goal, frame, (), Stopping(), RandomSearch(allow_duplicates))


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

    Args:
        space: the space of the configurations.
        goal: `Minimize` or `Maximize` with the name of the metric.
        max_resource: the resource of a full training, such as the number of epochs; an integer from 1 on.
        seed: the seed of all random draws; an integer from 0 on.
        type: who goes on at a level: "promotion" (trials pause, the best are resumed), "stopping" (trials run on until
            a rung stops them), "pasha", "cost_promotion", "rush_promotion" or "rush_stopping".
        grace_period: the lowest rung level, in epochs.
        reduction_factor: the ratio of neighbouring levels, at least 2; by default 3.
        rung_increment: the distance of neighbouring levels in epochs, in place of a ratio.
        rung_levels: all levels, increasing and below ``max_resource``, in place of the three options before.
        brackets: the number of brackets, at most one more than levels. A new trial joins one at random; in bracket s it
            is first compared at level number s, counted from 0.
        rung_system_per_bracket: whether each bracket has rungs of its own. Otherwise all trials meet in the same rungs.
        points_to_evaluate: the configurations to try first; a parameter that is left out takes the middle of its range.
            None: the middle of the whole space.
        allow_duplicates: whether a configuration may be tried again.
        max_failures: the number of failures at which a trial ends; an integer from 1 on.

    Raises:
        SetupError: if an option is out of range.
        SpaceError: if a point is not in the space.
    """
    frame = Frame(
        max_resource, seed, type, grace_period, reduction_factor, rung_increment, rung_levels, brackets,
        rung_system_per_bracket, points_to_evaluate, max_failures,
    )  # fmt: skip
    return with_rungs("asha", space, goal, frame, RandomSearch(allow_duplicates))


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
    """Asynchronous Hyperband (Li et al. 2018; asynchronous: Li et al. 2020): `asha` with as many brackets as levels,
    unless ``brackets`` is given. The options are those of `asha`.

    Raises:
        SetupError: if an option is out of range.
        SpaceError: if a point is not in the space.
    """
    frame = Frame(
        max_resource, seed, type, grace_period, reduction_factor, rung_increment, rung_levels, 1,
        rung_system_per_bracket, points_to_evaluate, max_failures,
    )  # fmt: skip
    levels = frame_levels(frame)
    frame = evolve(frame, brackets=len(levels) if brackets is None else brackets)
    return assembled("hyperband", space, goal, frame, levels, frame_rule(space, frame), RandomSearch(allow_duplicates))


@_with_known_options
def one_epoch(
    space: Space,
    goal: Goal,
    *,
    max_resource: int,
    seed: int = 0,
    grace_period: int = 1,
    num_trials: int = 100,
    num_best: int = 10,
    points_to_evaluate: Sequence[Point] | None = None,
    allow_duplicates: bool = False,
    max_failures: int = 3,
) -> Setup:
    """The one-epoch baseline: ``num_trials`` random configurations train to ``grace_period``; then the best
    ``num_best`` of them train to ``max_resource``. If the space has fewer configurations, all of them are tried.

    The other options are those of `asha`.

    Raises:
        SetupError: if an option is out of range.
        SpaceError: if a point is not in the space.
    """
    frame = Frame(
        max_resource, seed, grace_period=grace_period, points_to_evaluate=points_to_evaluate, max_failures=max_failures
    )
    levels = rung_levels(max_resource, grace_period=grace_period, rung_increment=max_resource)
    rule = BestOfFirst(num_trials, num_best)
    total = size(space) if isinstance(space, Space) and not allow_duplicates else None
    if total is not None:
        rule = evolve(rule, entries=min(rule.entries, total))
    return assembled("one epoch", space, goal, frame, levels, rule, RandomSearch(allow_duplicates))


@_with_known_options
def bohb(space: Space, goal: Goal, **options: Unpack[BohbOptions]) -> Setup:
    """Asynchronous BOHB (Falkner, Klein and Hutter 2018): `asha` with configurations drawn from the kernel density of
    good configurations, relative to that of the others.

    Options: those of `asha`, and the fields of `pure_hb.search.DensitySearch`.

    Raises:
        SetupError: if an option is out of range.
        SpaceError: if a point is not in the space.
    """
    search = picked(DensitySearch, options)
    if isinstance(space, Space):
        search.fewest(len(space.searched))
    return with_rungs("bohb", space, goal, picked(Frame, options), search)


@_with_known_options
def mobster(space: Space, goal: Goal, **options: Unpack[MobsterOptions]) -> Setup:
    """MOBSTER (Klein et al. 2020): `asha` with configurations chosen by a Gaussian process over learning curves.

    Options: those of `asha`, and the fields of `pure_hb.search.SurrogateOptions` and
    `pure_hb.search.AcquisitionOptions`.

    Raises:
        SetupError: if an option is out of range, or the model does not have it.
        SpaceError: if a point is not in the space.
    """
    full = with_prior(preset("mobster", options), space)
    search = Mobster(picked(SurrogateOptions, full), picked(AcquisitionOptions, full))
    warn_of_idle(options, search)
    return with_rungs("mobster", space, goal, picked(Frame, full), search)


@_with_known_options
def hyper_tune(space: Space, goal: Goal, **options: Unpack[HyperTuneOptions]) -> Setup:
    """Hyper-Tune (Li et al. 2022): as `mobster`, but levels are weighted by how well they rank configurations, both in
    the acquisition and in the choice of brackets. The default model is gp_independent.

    Options: those of `mobster`, and the fields of `pure_hb.search.HyperTune`.

    Raises:
        SetupError: if an option is out of range, or the model does not have it.
        SpaceError: if a point is not in the space.
    """
    full = with_prior(preset("hyper_tune", options), space)
    search = picked(
        HyperTune, full, surrogate=picked(SurrogateOptions, full), acquisition=picked(AcquisitionOptions, full)
    )
    warn_of_idle(options, search)
    return with_rungs("hyper_tune", space, goal, picked(Frame, full), search)


@_with_known_options
def dyhpo(space: Space, goal: Goal, **options: Unpack[DyHPOOptions]) -> Setup:
    """DyHPO (Wistuba, Kadra and Grabocka 2022): paused trials compete with new configurations for the next leg of
    training.

    By default there is a level every 2 epochs (``rung_increment``) from ``grace_period`` on. With probability
    ``probability_sh`` (0.25) a promotion as in ASHA is tried first; 0 is the published algorithm. Options: those of
    `mobster`, without those for the level of the acquisition and its optimisation.

    Raises:
        SetupError: if an option is out of range, the model does not have it, ``type`` is not "promotion" or
            ``brackets`` is not 1.
        SpaceError: if a point is not in the space.
    """
    frame = picked(Frame, options)
    if frame.brackets != 1 or frame.rung_system_per_bracket:
        raise SetupError("dyhpo has one bracket: all trials compete with each other; leave brackets out")
    if frame.type != "promotion":
        raise SetupError(f'type is {frame.type!r}, but dyhpo pauses trials at every level; its type is "promotion"')
    if all(given is None for given in (frame.reduction_factor, frame.rung_increment, frame.rung_levels)):
        frame = evolve(frame, rung_increment=2)
    full = with_prior(preset("dyhpo", options), space)
    search = picked(DyHPO, full, surrogate=picked(SurrogateOptions, full), acquisition=picked(AcquisitionOptions, full))
    warn_of_idle(options, search)
    rule = picked(CoinPromotion, full)
    return assembled("dyhpo", space, goal, frame, frame_levels(frame), rule, search)


METHODS: Final[Mapping[str, Callable[..., Setup]]] = {
    "RANDOM": random_search,
    "ASHA-STOP": partial(asha, type="stopping"),
    "ASHA-PROM": partial(asha, type="promotion"),
    "ASHA6-STOP": partial(asha, type="stopping", brackets=6),
    "HYPERBAND-STOP": partial(hyperband, type="stopping"),
    "ASHA4-PROM": partial(asha, type="promotion", brackets=4),
    "HYPERBAND-PROM": partial(hyperband, type="promotion"),
    "ONE-EPOCH": one_epoch,
    "COST-PROM": partial(asha, type="cost_promotion"),
    "RUSH-STOP": partial(asha, type="rush_stopping"),
    "RUSH-PROM": partial(asha, type="rush_promotion"),
    "PASHA": partial(asha, type="pasha"),
    "MOBSTER-PASHA": partial(mobster, type="pasha"),
    "BOHB": bohb,
    "MOBSTER-JOINT": partial(mobster, model="gp_multitask"),
    "MOBSTER-INDEP": partial(mobster, model="gp_independent"),
    "MOBSTER4-JOINT": partial(mobster, model="gp_multitask", brackets=4),
    "HYPERTUNE-INDEP": partial(hyper_tune, model="gp_independent"),
    "HYPERTUNE4-INDEP": partial(hyper_tune, model="gp_independent", brackets=4),
    "HYPERTUNE-JOINT": partial(hyper_tune, model="gp_multitask"),
    "DYHPO": dyhpo,
}
"""The methods by the names of papers and scripts; call one as ``METHODS[name](space, goal, max_resource=81)``."""


def method(name: str) -> Callable[..., Setup]:
    """The method of this name, in upper or lower case.

    Raises:
        SetupError: naming the nearest known names.
    """
    found = METHODS.get(name.upper())
    if found is None:
        begin = [known for known in METHODS if name and known.startswith(name.upper())]
        near = begin or get_close_matches(name.upper(), METHODS, 1, cutoff=0.5)
        hint = f"did you mean {near[0]}? Known" if near else "known"
        raise SetupError(f"there is no method {name!r}; {hint}: {', '.join(METHODS)}")
    return found


_BY_NAME: Final[Mapping[str, Callable[..., Setup]]] = {
    make.__name__: make for make in (random_search, asha, hyperband, one_epoch, bohb, mobster, hyper_tune, dyhpo)
}
"""The functions that make them, by their names."""
