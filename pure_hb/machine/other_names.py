"""WHICH OPTIONS COME FROM OTHER TOOLS? Option names of other libraries, answered with what to write here."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from pure_hb.space.showing import shown

_RENAMED: Final = {
    "max_t": "max_resource",
    "R": "max_resource",
    "max_epochs": "max_resource",
    "max_iter": "max_resource",
    "max_budget": "max_resource",
    "max_resources": "max_resource",
    "eta": "reduction_factor",
    "factor": "reduction_factor",
    "min_resource": "grace_period",
    "min_t": "grace_period",
    "min_iter": "grace_period",
    "min_budget": "grace_period",
    "min_resources": "grace_period",
    "random_seed": "seed",
    "random_state": "seed",
    "enqueue_trial": "points_to_evaluate",
    "initial_points": "points_to_evaluate",
    "rung_system": "type",
    "scheduler_type": "type",
    "num_brackets": "brackets",
    "n_brackets": "brackets",
}
_PLACES: Final = {
    "max_trials": "Session(..., max_trials=...)",
    "n_trials": "Session(..., max_trials=...)",
    "num_samples": "Session(..., max_trials=...)",
    "max_time": "Session(..., max_time=...)",
    "timeout": "Session(..., max_time=...)",
    "max_wallclock_time": "Session(..., max_time=...)",
    "mode": "the goal: Minimize(metric) or Maximize(metric)",
    "metric": "the goal: Minimize(metric) or Maximize(metric)",
    "direction": "the goal: Minimize(metric) or Maximize(metric)",
    "config_space": "the first argument: a Space",
    "param_space": "the first argument: a Space",
    "search_space": "the first argument: a Space",
    "configspace": "the first argument: a Space",
}
_NOT_NEEDED: Final = {
    "resource_attr": "the resource is the first argument of report(epoch, value); leave it out",
    "time_attr": "the resource is the first argument of report(epoch, value); leave it out",
    "max_resource_attr": "a training script is told how far to go by its assignment; leave it out",
    "debug_log": "every decision carries its evidence; leave it out",
    "search_options": "its entries are options of the method",
    "searcher_options": "its entries are options of the method",
}
_METHOD_OF: Final = {
    "kde": "bohb",
    "bohb": "bohb",
    "tpe": "bohb",
    "bayesopt": "mobster",
    "mobster": "mobster",
    "gp": "mobster",
    "hypertune": "hyper_tune",
    "hyper_tune": "hyper_tune",
    "dyhpo": "dyhpo",
}
_SEARCHERS: Final = ("searcher", "search_alg", "sampler")
_LONGEST_CALL: Final = 300

Known = Callable[[str], Sequence[str]]
"""From a method to the names of all its parameters; space and goal come first."""


def about_unknown(method: str, known_of: Known, options: Mapping[str, Any]) -> str:
    """The message on options that a method does not have: each with its way out, then the corrected call if more than
    one name changes."""
    known = known_of(method)
    said = [_about(method, known_of, name, options[name]) for name in options if name not in known]
    call = _call(method, known_of, options)
    return "; ".join([*said, f"write {call}"] if call else said)


def _about(method: str, known_of: Known, name: str, value: Any) -> str:
    known, begin = known_of(method), f"{method} has no option {name!r}"
    if name in _NOT_NEEDED:
        return f"{begin}; {_NOT_NEEDED[name]}"
    if name in _SEARCHERS:
        meant = _METHOD_OF.get(str(value).lower())
        found = f"{shown(value)} is the method {meant}" if meant else f"methods are {', '.join(_NAMES)}"
        return f"{begin}; the method says how configurations are chosen: {found}"
    meant = _here(known, name) or _PLACES.get(name)
    if meant is None:
        begins = [option for option in known if option.startswith(name)]
        meant = next(iter([*begins, *get_close_matches(name, known, 1)]), None)
        owners = [other for other in _NAMES if name in known_of(other)]
        if owners:
            nearest = f"; the nearest here is {meant}" if meant else ""
            return f"{begin}, which is one of {', '.join(owners)}{nearest}"
    return f"{begin}; here it is {meant}" if meant else f"{begin}; it has {', '.join(known[2:])}"


_NAMES: Final = ("random_search", "asha", "hyperband", "bohb", "mobster", "hyper_tune", "dyhpo")


def _here(known: Sequence[str], name: str) -> str | None:
    if name in known:
        return name
    meant = _RENAMED.get(name)
    return meant if meant in known else None


def _call(method: str, known_of: Known, options: Mapping[str, Any]) -> str | None:
    """The call that is meant, with all options that have a place there; None if nothing is left to change but one
    name, or a value is too long to be told."""
    entries = next((options[name] for name in ("search_options", "searcher_options") if name in options), None)
    searcher = next((options[name] for name in _SEARCHERS if name in options), None)
    changes = [name for name in options if name not in known_of(method)]
    if entries is None and searcher is None and len(changes) < 2:
        return None
    meant = _METHOD_OF.get(str(searcher).lower(), method)
    known = known_of(meant)
    given = {**options, **(entries if isinstance(entries, Mapping) else {})}
    named = {_here(known[2:], str(name)): value for name, value in given.items()}
    if "max_resource" in known and "max_resource" not in named:
        return None
    parts = [f"{name}={value!r}" for name, value in named.items() if name is not None]
    call = f"{meant}(space, {_goal(options)}, {', '.join(parts)})"
    return call if len(call) <= _LONGEST_CALL else None


def _goal(options: Mapping[str, Any]) -> str:
    metric, mode = options.get("metric"), options.get("mode", options.get("direction", "min"))
    if not isinstance(metric, str):
        return "goal"
    return f"{'Maximize' if str(mode).lower().startswith('max') else 'Minimize'}({metric!r})"
