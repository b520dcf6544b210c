"""WHICH OPTIONS DO THE METHODS TAKE? Their names and types, once for all methods, and how they become a `Setup`.

`Frame` has the options of every method with rungs. The options of searches are the fields of `SurrogateOptions`,
`AcquisitionOptions` and the searches themselves (`pure_hb.search`). The typed dictionaries repeat only names
and types, so that type checkers know what ``mobster(..., **options)`` takes; tests/test_options.py compares them.
"""

import warnings
from collections.abc import Mapping, Sequence
from inspect import currentframe
from typing import Any, Final, Required, TypedDict, TypeVar

from attrs import NOTHING, fields, frozen

from pure_hb.machine.presets import Preset
from pure_hb.machine.setup import Goal, Setup
from pure_hb.rungs import TYPES, AnyRule, SetupError, Type, bracket_count, rung_levels
from pure_hb.rungs.options import other
from pure_hb.search import AnySearch, DyHPO, HyperTune, Mobster, SurrogateOptions
from pure_hb.search.options import (
    ADDITIVE,
    AcquisitionFunction,
    BandwidthPrior,
    BaseKernel,
    Data,
    KernelName,
    Model,
    ResourceAcquisition,
    Scoring,
    TargetWarping,
    WhenToFit,
)
from pure_hb.search.searches import Ensemble, Horizon, ThetaFrom, Ties
from pure_hb.space import Point, Space, initial_points, unknown_names
from pure_hb.space.domains import plain

T = TypeVar("T")
_WithModel = Mobster | HyperTune | DyHPO
_TO_ACQUIRE: Final = 'use initial_scoring="acq_func" or skip_local_optimization=False'


@frozen
class Frame:
    """The options that do not concern the search: resources, rungs, initial points."""

    max_resource: int = other(NOTHING, "The resource of a full training, in epochs.", "an integer from 1 on")
    seed: int = other(0, "The seed of all random draws.", "an integer from 0 to 2**64 - 1")
    type: Type = other(
        "promotion",
        'Whether trials pause at a level ("promotion") or end there ("stopping"); or a rule with a page of its own: '
        '["cost_promotion"](cost_promotion.md), ["rush_stopping", "rush_promotion"](rush.md), ["pasha"](pasha.md).',
        ", ".join(f'"{name}"' for name in TYPES),
    )
    grace_period: int = other(1, "The lowest level.", "an integer from 1 on")
    reduction_factor: float | None = other(
        None,
        "The ratio of neighbouring levels. None: 3, if there is no `rung_increment`.",
        "a number from 2 on or None",
    )
    rung_increment: int | None = other(
        None, "The distance of neighbouring levels, in place of a ratio.", "an integer from 1 on or None"
    )
    rung_levels: Sequence[int] | None = other(
        None, "All levels; the three options above are then ignored.", "increasing integers below `max_resource`"
    )
    brackets: int = other(
        1, "The number of brackets. With `hyperband`, None means the number of levels.", "at most one more than levels"
    )
    rung_system_per_bracket: bool = other(False, "Whether each bracket has rungs of its own.", "True or False")
    points_to_evaluate: Sequence[Point] | None = other(
        None, "The configurations to try first. None: the middle of the space; `[]`: none.", "mappings or None"
    )
    max_failures: int = other(3, "The number of failures at which a trial ends.", "an integer from 1 on")


class FrameOptions(TypedDict, total=False):
    """The fields of `Frame`."""

    max_resource: Required[int]
    seed: int
    type: Type
    grace_period: int
    reduction_factor: float | None
    rung_increment: int | None
    rung_levels: Sequence[int] | None
    brackets: int
    rung_system_per_bracket: bool
    points_to_evaluate: Sequence[Point] | None
    max_failures: int


class BohbOptions(FrameOptions, total=False):
    """The options of `bohb`: those of `Frame`, and the fields of `pure_hb.search.DensitySearch`."""

    num_min_data_points: int | None
    top_n_percent: int
    min_bandwidth: float
    num_candidates: int
    bandwidth_factor: float
    random_fraction: float
    searcher_data: Data
    allow_duplicates: bool


class ModelOptions(FrameOptions, total=False):
    """The options of every method with a surrogate: a preset (`pure_hb.machine.presets`), the fields of
    `SurrogateOptions`, and those of `AcquisitionOptions` that `DyHPO` takes."""

    preset: Preset
    model: Model
    gp_resource_kernel: KernelName
    gp_base_kernel: BaseKernel
    gp_bandwidth_prior: BandwidthPrior
    input_warping: bool
    separate_noise_variances: bool
    issm_gamma_one: bool
    expdecay_normalize_inputs: bool
    normalize_targets: bool
    target_warping: TargetWarping
    searcher_data: Data | None
    register_pending_myopic: bool
    max_size_data_for_model: int | None
    opt_skip_init_length: int
    opt_skip_period: int
    opt_skip_num_max_resource: bool
    opt_skip_growth: float
    opt_maxiter: int
    opt_nstarts: int
    opt_warmstart: bool
    num_fantasy_samples: int
    no_fantasizing: bool
    fit: WhenToFit
    num_init_random: int
    random_fraction: float
    num_init_candidates: int
    prior_fraction: float
    prior_width: float
    prior_parameters: Sequence[str] | None
    acq_function: AcquisitionFunction
    jitter: float | None
    kappa: float
    allow_duplicates: bool


class MobsterOptions(ModelOptions, total=False):
    """The options of `mobster`: all fields of `SurrogateOptions` and `AcquisitionOptions`."""

    local_fraction: float
    initial_scoring: Scoring
    skip_local_optimization: bool
    resource_acq: ResourceAcquisition
    resource_acq_bohb_threshold: int
    cost_weight: float


class HyperTuneOptions(MobsterOptions, total=False):
    """The options of `hyper_tune`: those of `mobster`, and the fields of `pure_hb.search.HyperTune`."""

    ensemble: Ensemble
    theta_from: ThetaFrom
    ties: Ties
    hypertune_distribution_num_samples: int


class DyHPOOptions(ModelOptions, total=False):
    """The options of `dyhpo`: those of models, and the fields of `pure_hb.search.DyHPO`."""

    horizon: Horizon
    probability_sh: float


def picked(kind: type[T], options: Mapping[str, Any], **others: Any) -> T:
    """An instance of the frozen class ``kind`` from those options that are its fields; ``others`` are further
    fields."""
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]  # all of them are attrs classes
    return kind(**{name: value for name, value in options.items() if name in known}, **others)


def warn_of_idle(given: Mapping[str, Any], search: _WithModel) -> None:
    """Warn of options that were given but have no effect, with what would give them one."""
    idle = {**_idle_of_acquisition(search), **_idle_of_surrogate(search.surrogate), **_idle_of_prior(given, search)}
    for name, why in idle.items():
        owner = search.surrogate if hasattr(search.surrogate, name) else search.acquisition
        value, default = getattr(owner, name), getattr(fields(type(owner)), name).default
        if name in given and value != default:
            warn(f"{name} is {value!r}, but {why}")


def _idle_of_acquisition(search: _WithModel) -> dict[str, str]:
    options, found = search.acquisition, dict[str, str]()
    by_draw = options.initial_scoring != "acq_func" and options.skip_local_optimization
    if by_draw and not isinstance(search, DyHPO):
        scoring = f'candidates are chosen by Thompson draws, initial_scoring="{options.initial_scoring}"'
        found = dict.fromkeys(("acq_function", "jitter", "kappa"), f"changes nothing: {scoring}; {_TO_ACQUIRE}")
        if options.initial_scoring == "thompson":
            found["num_fantasy_samples"] = f"one of them is looked at: {scoring}; {_TO_ACQUIRE}"
    elif isinstance(search, DyHPO) and search.horizon == "random":
        why = 'changes nothing: horizon is "random", which compares probabilities; use horizon="next"'
        found = dict.fromkeys(("acq_function", "jitter", "kappa"), why)
    elif options.acq_function == "lcb":
        found["jitter"] = 'changes nothing: acq_function is "lcb", which has no improvement'
    else:
        found["kappa"] = f'changes nothing: acq_function is "{options.acq_function}"; use acq_function="lcb"'
    if options.effective_cost_weight != options.cost_weight:
        found["cost_weight"] = (
            'changes nothing: costs count for the logarithm of expected improvement; use acq_function="log_ei" and '
            'initial_scoring="acq_func"'
        )
    if isinstance(search, HyperTune) and search.ensemble == "mixture":
        why = 'changes nothing: a mixture judges at all levels; use ensemble="weighted_sum"'
        found |= dict.fromkeys(("resource_acq", "resource_acq_bohb_threshold"), why)
    elif options.resource_acq != "bohb":
        found["resource_acq_bohb_threshold"] = (
            f'changes nothing: resource_acq is "{options.resource_acq}"; use resource_acq="bohb"'
        )
    return found


def with_prior(options: Mapping[str, Any], space: Space) -> Mapping[str, Any]:
    """The options with ``prior_parameters`` filled in, where there is a prior that leaves some of the space unknown:
    those that any point names.

    Raises:
        SetupError: if a name that was given is not in the space.
    """
    given, points = options.get("prior_parameters"), options.get("points_to_evaluate")
    if not options.get("prior_fraction") or not isinstance(space, Space):
        return options
    searched = [name for name, _ in space.searched]
    if given is not None:
        for name in given if isinstance(given, list | tuple) else ():
            if name not in searched:
                raise SetupError(f"prior_parameters has {name!r}; parameters to search are {', '.join(searched)}")
        return options
    points = points if isinstance(points, Sequence) else ()
    named = {name for point in points if isinstance(point, Mapping) for name in point}
    known = [name for name in searched if name in named]
    return options if len(known) == len(searched) else {**options, "prior_parameters": known}


def _idle_of_prior(given: Mapping[str, Any], search: _WithModel) -> dict[str, str]:
    """Of an expert's prior, which is around the initial points that are given."""
    options, all_of_it = search.acquisition, ("prior_fraction", "prior_width", "prior_parameters")
    if options.prior_fraction == 0.0:
        why = "changes nothing: prior_fraction is 0; use prior_fraction=0.5"
        return dict.fromkeys(all_of_it[1:], why)
    points = given.get("points_to_evaluate")
    if points is None or (isinstance(points, Sequence) and not points):
        why = "changes nothing: there are no points_to_evaluate around which to draw candidates; give one"
        return dict.fromkeys(all_of_it, why)
    if options.prior_parameters == ():
        return dict.fromkeys(all_of_it, "changes nothing: no parameter is known; name one in points_to_evaluate")
    return {}


def _idle_of_surrogate(options: SurrogateOptions) -> dict[str, str]:
    found = dict[str, str]()
    if options.no_fantasizing:
        found["num_fantasy_samples"] = "changes nothing: no_fantasizing is True"
    if options.model in ADDITIVE:
        found["max_size_data_for_model"] = f"changes nothing: {options.model} sees all values"
    return found


def warn(text: str) -> None:
    """Warn at the line outside of this package that called a method."""
    frame, level = currentframe(), 1
    while frame is not None and frame.f_globals["__name__"].startswith("pure_hb.machine."):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, stacklevel=level)


# ---- from options to a setup -----------------------------------------------------------------------------------------


def with_rungs(method: str, space: Space, goal: Goal, frame: Frame, search: AnySearch) -> Setup:
    """The setup of a method with rung levels by its options, and a rule by its ``type``."""
    return assembled(method, space, goal, frame, frame_levels(frame), frame_rule(space, frame), search)


def frame_levels(frame: Frame) -> tuple[int, ...]:
    """The rung levels; with a warning where an option that was given changes nothing."""
    explicit, factor, increment = frame.rung_levels, frame.reduction_factor, frame.rung_increment
    if explicit is not None and (factor is not None or increment is not None or frame.grace_period != 1):
        warn("rung_levels are given: grace_period, reduction_factor and rung_increment do nothing")
    elif factor is not None and increment is not None:
        warn("reduction_factor is given: rung_increment does nothing")
    return rung_levels(
        frame.max_resource,
        grace_period=frame.grace_period,
        reduction_factor=factor,
        rung_increment=increment,
        rung_levels=explicit,
    )


def frame_rule(space: Space, frame: Frame) -> AnyRule:
    """The rule that the option ``type`` names.

    Raises:
        SetupError: if there is none of this name.
    """
    if not isinstance(frame.type, str) or frame.type not in TYPES:
        known = " or ".join(f'"{name}"' for name in TYPES)
        raise SetupError(f"type is {frame.type!r}; it is {known}")
    given = frame.points_to_evaluate is not None and isinstance(space, Space)
    return TYPES[frame.type](len(initial_points(space, frame.points_to_evaluate)) if given else 0)


def assembled(
    method: str, space: Space, goal: Goal, frame: Frame, levels: tuple[int, ...], rule: AnyRule, search: AnySearch
) -> Setup:
    """The setup from its parts, with the initial points as configurations.

    Raises:
        SetupError: if the parts do not fit.
        SpaceError: if a point cannot be used.
    """
    if not isinstance(space, Space):
        raise SetupError(f"space is {space!r}; make one: Space(lr=Float(1e-4, 1.0, log=True))")
    separate = plain(frame.rung_system_per_bracket)
    if not isinstance(separate, bool):
        raise SetupError(f"rung_system_per_bracket is {frame.rung_system_per_bracket!r}; it is True or False")
    for name in unknown_names(space, frame.points_to_evaluate):
        warn(f"points_to_evaluate has {name!r}, which the space does not: it is dropped")
    return Setup(
        method,
        space,
        goal,
        plain(frame.max_resource),
        levels,
        bracket_count(plain(frame.brackets), levels),
        separate,
        rule,
        search,
        initial_points(space, frame.points_to_evaluate),
        plain(frame.seed),
        plain(frame.max_failures),
    )
