"""WHAT DO THE ARGUMENTS OF SYNE TUNE'S OLD BASELINES MEAN HERE? Spaces, names of options, and what cannot be honoured.

Domains are recognised by the names of their classes, so that this module needs no Syne Tune.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import evolve, frozen

import pure_hb as hb
from pure_hb.rungs.rules.rush import Rush
from pure_hb.space.grids import grid_value

_BASELINES: Final[Mapping[str, tuple[str, str]]] = {
    "ASHA": ("random", "stopping"),
    "MOBSTER": ("bayesopt", "stopping"),
    "HyperTune": ("hypertune", "stopping"),
    "BOHB": ("kde", "stopping"),
    "PASHA": ("random", "pasha"),
    "RUSH": ("random", "stopping"),
    "DyHPO": ("dyhpo", "dyhpo"),
    "HyperbandScheduler": ("random", "stopping"),
}
"""Name -> its searcher, and the type that it had if none was given."""
_METHODS: Final[Mapping[str, Callable[..., hb.Setup]]] = {
    "random": hb.asha,
    "kde": hb.bohb,
    "bayesopt": hb.mobster,
    "hypertune": hb.hyper_tune,
    "dyhpo": hb.dyhpo,
}
"""Searcher -> our method."""
_ANY_SEARCHER: Final = ("PASHA", "RUSH", "HyperbandScheduler")
"""Those that take another searcher than their own."""

_SAME: Final = (
    "grace_period",
    "reduction_factor",
    "rung_levels",
    "rung_increment",
    "brackets",
    "rung_system_per_bracket",
    "points_to_evaluate",
    "probability_sh",
    "searcher_data",
    "register_pending_myopic",
)
_RENAMED: Final = {"random_seed": "seed"}
_FOR_SURROGATES: Final = ("searcher_data", "register_pending_myopic")
"""What searches without a surrogate took as well, and made nothing of."""
_MAXIMA: Final = ("epochs", "max_t", "max_epochs")
"""Entries of config_space that said the maximum where neither max_t nor max_resource_attr was given."""
_WITHOUT_EFFECT: Final = ("debug_log", "opt_verbose", "opt_debug_writer", "profiler")
"""Entries of search_options that change no decision."""
_REFUSED: Final = {
    "transfer_learning_evaluations": "give the best configurations of earlier tasks as points_to_evaluate",
    "early_checkpoint_removal_kwargs": "checkpoints of paused trials are kept; leave it out",
    "do_snapshots": "every decision is in scheduler.log; leave it out",
}
_REFUSED_FOR_SEARCH: Final = {
    "max_size_top_fraction": "which data the model sees depends on their level and on chance; leave it out",
    "restrict_configurations": "write the configurations as one parameter, choice([...]), or leave it out",
    "boxcox_transform": "write target_warping, which has a default; or leave it out",
    "map_reward": "values are standardised, whatever the mode; leave it out",
    "max_retries": "no configuration comes twice, however long the search for one; leave it out",
    "cost_attr": "models of cost are not here; leave it out",
}
_OFF: Final = (None, False)
"""With these values, what is refused in search_options was not asked for."""

_WAITS: Final = "it compares a rung when all of it has reported, and nothing here waits for that; write {}"
_TO_THE_END: Final = "it trains every trial to the end; write {}, which stops what is worse, or take Syne Tune's own {}"
_STANDS: Final = "Syne Tune 0.16 has it: from syne_tune.optimizer.{} import {}"
_OBJECTIVES: Final = "it has several objectives, and here there is one; Syne Tune 0.16 has MOASHA and EHVI"
GONE: Final[Mapping[str, str]] = {
    "SyncHyperband": _WAITS.format("HyperbandScheduler"),
    "SynchronousHyperbandScheduler": _WAITS.format("HyperbandScheduler"),
    "SynchronousGeometricHyperbandScheduler": _WAITS.format("HyperbandScheduler"),
    "SyncBOHB": _WAITS.format("BOHB"),
    "SyncMOBSTER": _WAITS.format('MOBSTER(..., search_options={"model": "gp_independent"})'),
    "DEHB": _WAITS.format("BOHB or MOBSTER"),
    "GeometricDifferentialEvolutionHyperbandScheduler": _WAITS.format("BOHB or MOBSTER"),
    "FIFOScheduler": _TO_THE_END.format("HyperbandScheduler", "SingleObjectiveScheduler"),
    "BayesianOptimization": _TO_THE_END.format("MOBSTER", "BOTorch"),
    "KDE": _TO_THE_END.format("BOHB", "TPE"),
    "GridSearch": _TO_THE_END.format("ASHA", "RandomSearch"),
    "ConstrainedBayesianOptimization": "there are no constraints here; report nan where one is violated",
    "RandomSearch": _STANDS.format("baselines", "RandomSearch") + ", with metrics=[...] and do_minimize",
    **{name: _STANDS.format("baselines", name) for name in ("BORE", "REA", "CQR", "ASHABORE", "ASHACQR")},
    "BoTorch": _STANDS.format("baselines", "BOTorch"),
    "MOASHA": _STANDS.format("schedulers.multiobjective", "MOASHA"),
    **dict.fromkeys(("NSGA2", "MOREA", "MORandomScalarizationBayesOpt", "MOLinearScalarizationBayesOpt"), _OBJECTIVES),
    "ZeroShotTransfer": "earlier tasks are not read here; give their best configurations as points_to_evaluate of RUSH",
    "ASHACTS": "earlier tasks are not read here; give their best configurations as points_to_evaluate of RUSH",
    "BoundingBox": "earlier tasks are not read here; draw the box around their best by hand, as config_space",
}
"""Names of the old package that have no counterpart -> why, and the way out."""


@frozen
class Script:
    """What the scheduler and the training script call things, and how values are written for it."""

    resource_attr: str
    max_resource_attr: str | None = None
    """The name under which the script is told how far to train."""
    cost_attr: str | None = None
    constants: Mapping[str, Any] = {}
    written: Mapping[str, Mapping[Any, Any]] = {}
    """Parameter -> value here -> the same value to its last digit as Syne Tune has it, which its tables ask for."""

    def config(self, config: Mapping[str, Any], until: int) -> dict[str, Any]:
        """What the script is given."""
        told = {} if self.max_resource_attr is None else {self.max_resource_attr: until}
        values = {name: self.written.get(name, {}).get(value, value) for name, value in config.items()}
        return {**self.constants, **values, **told}


def space_of(config_space: Mapping[str, Any]) -> tuple[hb.Space, dict[str, Any]]:
    """The space of a ``config_space`` of Syne Tune, and its constants.

    Raises:
        ValueError: for a domain that has no counterpart here, naming the parameter.
    """
    domains = {name: _domain(name, value) for name, value in config_space.items() if hasattr(value, "sample")}
    constants = {name: value for name, value in config_space.items() if name not in domains}
    return hb.Space(**domains), constants


def _written(config_space: Mapping[str, Any], space: hb.Space) -> dict[str, dict[Any, Any]]:
    grids = {name: domain for name, domain in space.domains if isinstance(domain, hb.Finite)}
    return {
        name: {grid_value(domain, place): value for place, value in enumerate(config_space[name].values)}
        for name, domain in grids.items()
    }


def _domain(name: str, domain: Any) -> Any:
    kind = type(domain).__name__
    sampler = type(domain.get_sampler()).__name__ if hasattr(domain, "get_sampler") else ""
    match kind:
        case "Float" if sampler in ("_Uniform", "_LogUniform", "_ReverseLogUniform"):
            log, reverse_log = sampler == "_LogUniform", sampler == "_ReverseLogUniform"
            return hb.Float(domain.lower, domain.upper, log=log, reverse_log=reverse_log)
        case "Integer" if sampler in ("_Uniform", "_LogUniform"):
            return hb.Int(domain.lower, domain.upper, log=sampler == "_LogUniform")
        case "Categorical":
            return hb.Choice(*domain.categories)
        case "Ordinal":
            return hb.Ordinal(*domain.categories, kind="equal")
        case "OrdinalNearestNeighbor":
            return hb.Ordinal(*domain.categories, kind="nn-log" if domain.log_scale else "nn")
        case "FiniteRange":
            return hb.Finite(domain.lower, domain.upper, domain.size, domain.log_scale, integer=domain.cast_int)
    drawn = f", drawn by {sampler}" if sampler else ""
    raise ValueError(
        f"the parameter {name!r} is a {kind}{drawn}, which has no counterpart here; take uniform, loguniform, randint, "
        "lograndint, choice, ordinal, logordinal, finrange or logfinrange"
    )


def baseline(name: str, config_space: Mapping[str, Any], arguments: Mapping[str, Any]) -> tuple[hb.Setup, Script]:
    """What a baseline of the old package is here, and the names that its script has.

    Raises:
        ValueError: naming the argument that cannot be honoured, or that is missing.
    """
    if name not in _BASELINES:
        raise ValueError(missing(name))
    given = {key: value for key, value in arguments.items() if value is not None}
    for refused, why in _REFUSED.items():
        if refused in given:
            raise ValueError(f"{name}: {refused} cannot be honoured: {why}")
    if name == "HyperbandScheduler":
        given.setdefault("resource_attr", "epoch")
    try:
        metric, resource_attr = given.pop("metric"), given.pop("resource_attr")
    except KeyError as absent:
        raise ValueError(f"{name} needs {absent.args[0]}, the name under which the script reports it") from None
    mode = given.pop("mode", "min")
    if mode not in ("min", "max"):
        raise ValueError(f"{name}: mode is {mode!r}; write 'min' or 'max'")
    goal = hb.Minimize(metric) if mode == "min" else hb.Maximize(metric)
    max_resource_attr, cost_attr = given.pop("max_resource_attr", None), given.pop("cost_attr", None)
    max_resource = _maximum(name, config_space, given.pop("max_t", None), max_resource_attr)
    space, constants = space_of({key: value for key, value in config_space.items() if key != max_resource_attr})
    rung_system = dict(given.pop("rung_system_kwargs", {}))
    cost_attr = rung_system.pop("cost_attr", cost_attr)
    trusted = rung_system.pop("num_threshold_candidates", None)
    searcher, options = _options(name, given | rung_system, constants)
    try:
        setup = _METHODS[searcher](space, goal, max_resource=max_resource, **options)
    except hb.SetupError as error:
        raise ValueError(f"{name}: {error}") from error
    if trusted is not None and isinstance(setup.rule, Rush):
        setup = evolve(setup, rule=evolve(setup.rule, trusted=trusted))
    return setup, Script(resource_attr, max_resource_attr, cost_attr, constants, _written(config_space, space))


def missing(name: str) -> str:
    """What to say of a name that is none of the baselines."""
    if name in GONE:
        return f"there is no {name} here: {GONE[name]}"
    return f"there is no baseline {name!r} here; those that there are: {', '.join(sorted(_BASELINES))}"


def _maximum(name: str, config_space: Mapping[str, Any], max_t: Any, max_resource_attr: str | None) -> Any:
    if max_t is not None:
        return max_t
    for entry in _MAXIMA if max_resource_attr is None else (max_resource_attr,):
        if entry in config_space:
            return config_space[entry]
    raise ValueError(
        f"{name} needs the epochs of a full training: max_t=81, or max_resource_attr, the name of an entry of "
        "config_space that says it"
    )


def _options(name: str, given: dict[str, Any], constants: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The searcher, and the options of our method."""
    searcher, kind = _searcher(name, given.pop("searcher", None)), _type(name, given)
    search = _search_options(name, dict(given.pop("search_options", {})))
    options: dict[str, Any] = {} if searcher == "dyhpo" else {"type": kind}
    for old in tuple(given):
        if old in _SAME or old in _RENAMED:
            options[_RENAMED.get(old, old)] = given.pop(old)
    if given:
        raise ValueError(f"{name}: {min(given)} cannot be honoured: there is nothing like it here; leave it out")
    if searcher in ("random", "kde"):
        options = {key: value for key, value in options.items() if key not in _FOR_SURROGATES}
    if "points_to_evaluate" in options:
        points = options["points_to_evaluate"]
        options["points_to_evaluate"] = [
            {key: value for key, value in point.items() if key not in constants} for point in points
        ]
    return searcher, options | search


def _searcher(name: str, given: Any) -> str:
    usual, _ = _BASELINES[name]
    if given is None or given == usual:
        return usual
    if name not in _ANY_SEARCHER:
        raise ValueError(f"{name}: searcher is {given!r}, but {name} is {usual!r}; leave it out")
    if given not in _METHODS:
        raise ValueError(f"{name}: searcher is {given!r}; it is one of {', '.join(map(repr, _METHODS))}")
    return str(given)


def _type(name: str, given: dict[str, Any]) -> str:
    usual = _BASELINES[name][1]
    kind = str(given.pop("type", usual))
    if name in ("PASHA", "DyHPO") and kind != usual:
        raise ValueError(f"{name}: type is {kind!r}, but {name} is {usual!r}; leave it out")
    return f"rush_{kind}" if name == "RUSH" else kind


def _search_options(name: str, search: dict[str, Any]) -> dict[str, Any]:
    for refused, why in _REFUSED_FOR_SEARCH.items():
        if search.get(refused) in _OFF:
            search.pop(refused, None)
        else:
            raise ValueError(f"{name}: {refused} in search_options cannot be honoured: {why}")
    return {key: value for key, value in search.items() if key not in _WITHOUT_EFFECT}
