"""WHAT DO THE ARGUMENTS OF SYNE TUNE'S OLD BASELINES MEAN HERE? Spaces, names of options, and what cannot be honoured.

Domains are recognised by the names of their classes, so that this module needs no Syne Tune.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pure_hb as hb

_METHODS: Final[Mapping[str, tuple[Callable[..., hb.Setup], str | None]]] = {
    "ASHA": (hb.asha, "stopping"),
    "MOBSTER": (hb.mobster, "stopping"),
    "HyperTune": (hb.hyper_tune, "stopping"),
    "BOHB": (hb.bohb, "stopping"),
    "PASHA": (hb.asha, "pasha"),
    "RUSH": (hb.asha, "stopping"),
    "DyHPO": (hb.dyhpo, None),
}
"""Name -> our method, and the type that it had if none was given."""

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
)
_RENAMED: Final = {"random_seed": "seed"}
_WITHOUT_EFFECT: Final = ("debug_log",)
"""Entries of search_options that change no decision."""
_REFUSED: Final = {
    "transfer_learning_evaluations": "give the best configurations of earlier tasks as points_to_evaluate",
    "early_checkpoint_removal_kwargs": "checkpoints of paused trials are kept; leave it out",
    "cost_attr": "the Tuner reports no cost to the scheduler; leave it out",
    "do_snapshots": "every decision is in scheduler.log; leave it out",
    "searcher": "the name of the baseline says how configurations are chosen; leave it out",
}


def space_of(config_space: Mapping[str, Any]) -> tuple[hb.Space, dict[str, Any]]:
    """The space of a ``config_space`` of Syne Tune, and its constants.

    Raises:
        ValueError: for a domain that has no counterpart here, naming the parameter.
    """
    domains = {name: _domain(name, value) for name, value in config_space.items() if hasattr(value, "sample")}
    constants = {name: value for name, value in config_space.items() if name not in domains}
    return hb.Space(**domains), constants


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


def baseline(
    name: str, config_space: Mapping[str, Any], arguments: Mapping[str, Any]
) -> tuple[hb.Setup, str, str | None, dict[str, Any]]:
    """What a baseline of the old package is here: setup, resource_attr, max_resource_attr, and the constants of its
    space.

    Raises:
        ValueError: naming the argument that cannot be honoured, or that is missing.
    """
    if name not in _METHODS:
        raise ValueError(f"there is no baseline {name!r} here; those that there are: {', '.join(sorted(_METHODS))}")
    given = dict(arguments)
    for refused, why in _REFUSED.items():
        if refused in given:
            raise ValueError(f"{name}: {refused} cannot be honoured: {why}")
    try:
        metric, resource_attr = given.pop("metric"), given.pop("resource_attr")
    except KeyError as missing:
        raise ValueError(f"{name} needs {missing.args[0]}, the name under which the script reports it") from None
    mode = given.pop("mode", "min")
    if mode not in ("min", "max"):
        raise ValueError(f"{name}: mode is {mode!r}; write 'min' or 'max'")
    max_resource_attr = given.pop("max_resource_attr", None)
    space, constants = space_of({key: value for key, value in config_space.items() if key != max_resource_attr})
    max_resource = given.pop("max_t", config_space.get(max_resource_attr) if max_resource_attr else None)
    if max_resource is None:
        raise ValueError(
            f"{name} needs the epochs of a full training: max_t=81, or max_resource_attr, the name of an entry of "
            "config_space that says it"
        )
    goal = hb.Minimize(metric) if mode == "min" else hb.Maximize(metric)
    options = _options(name, given)
    try:
        setup = _METHODS[name][0](space, goal, max_resource=max_resource, **options)
    except hb.SetupError as error:
        raise ValueError(f"{name}: {error}") from error
    return setup, resource_attr, max_resource_attr, constants


def _options(name: str, given: dict[str, Any]) -> dict[str, Any]:
    usual = _METHODS[name][1]
    search = dict(given.pop("search_options", {}))
    options: dict[str, Any] = {} if usual is None else {"type": given.pop("type", usual)}
    if name == "PASHA":
        options["type"] = "pasha"
    if name == "RUSH":
        options["type"] = f"rush_{options['type']}"
    for old in tuple(given):
        if old in _SAME or old in _RENAMED:
            options[_RENAMED.get(old, old)] = given.pop(old)
    if given:
        old = sorted(given)[0]
        raise ValueError(f"{name}: {old} cannot be honoured: there is nothing like it here; leave it out")
    return options | {key: value for key, value in search.items() if key not in _WITHOUT_EFFECT}
