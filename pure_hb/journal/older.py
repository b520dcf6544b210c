"""WHAT DO OLDER HEADERS MEAN? Options that were added to setups later, with their values in older headers.

A header names every option that its version knew. For options that were added later, this module says which value the
older version used, so that an old journal continues with the method that it was begun with, even if the default is
another one now.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from pure_hb.machine import RULES_VERSION
from pure_hb.search.searches import IDLE_IN_DYHPO

Json = Any
"""What `json.loads` returns."""


def _fits_at_every_growth(setup: Json) -> Json:
    """Rules 1: surrogates were fitted at every growth of the data."""
    search = setup["search"]
    if not isinstance(search, dict) or not isinstance(search.get("surrogate"), dict):
        return setup
    return {**setup, "search": {**search, "surrogate": {"opt_skip_growth": 0.0, **search["surrogate"]}}}


def _one_level_ahead(setup: Json) -> Json:
    """Rules 3: DyHPO judged rivals at their next level."""
    search = setup["search"]
    if not isinstance(search, dict) or search.get("type") != "DyHPO":
        return setup
    return {**setup, "search": {"horizon": "next", **search}}


def _without_idle_options(setup: Json) -> Json:
    """Rules 4 and 6: setups named options that they did not use, with the defaults of that time: a kernel over
    resources for models without one, and the scoring of candidates for DyHPO. Up to rules 4, DyHPO judged rivals at
    their next level, also in setups without the option for it."""
    search = setup["search"]
    if isinstance(search, dict) and search.get("type") == "DyHPO" and isinstance(search.get("acquisition"), dict):
        used = {name: value for name, value in search["acquisition"].items() if name not in IDLE_IN_DYHPO}
        search = {"horizon": "next", **search, "acquisition": used}
        setup = {**setup, "search": search}
    if not isinstance(search, dict) or not isinstance(search.get("surrogate"), dict):
        return setup
    surrogate = search["surrogate"]
    if surrogate.get("model", "gp_multitask") == "gp_multitask":
        return setup
    kept = {name: value for name, value in surrogate.items() if name != "gp_resource_kernel"}
    return {**setup, "search": {**search, "surrogate": kept}}


def _candidates_anywhere(setup: Json) -> Json:
    """Rules 9: all candidates of MOBSTER and Hyper-Tune were drawn anywhere in the space."""
    return _with_acquisition(setup, "local_fraction", 0.0)


def _with_acquisition(
    setup: Json, option: str, value: Json, searches: Collection[str] = ("Mobster", "HyperTune")
) -> Json:
    """An option that the acquisition of these searches has since."""
    search = setup["search"]
    if not isinstance(search, dict) or search.get("type") not in searches:
        return setup
    if not isinstance(search.get("acquisition"), dict):
        return setup
    return {**setup, "search": {**search, "acquisition": {option: value, **search["acquisition"]}}}


def _whatever_it_costs(setup: Json) -> Json:
    """Rules 10: MOBSTER and Hyper-Tune did not look at costs."""
    return _with_acquisition(setup, "cost_weight", 0.0)


def _without_a_prior(setup: Json) -> Json:
    """Rules 12: no candidates were drawn around the initial points."""
    return _with_acquisition(setup, "prior_fraction", 0.0, ("Mobster", "HyperTune", "DyHPO"))


STEPS: Final[Mapping[int, Callable[[Json], Json]]] = {
    1: _fits_at_every_growth,
    3: _one_level_ahead,
    4: _without_idle_options,
    6: _without_idle_options,
    9: _candidates_anywhere,
    10: _whatever_it_costs,
    12: _without_a_prior,
}
"""Version of the rules -> the function that turns the JSON of its setups into that of the next version; without an
entry they are the same."""


def as_of_now(setup: Json, rules: int) -> Json:
    """The JSON of a setup that was written under a version of the rules, as this version of the library writes it."""
    for version in range(rules, RULES_VERSION):
        setup = STEPS.get(version, _as_it_is)(setup)
    return setup


def _as_it_is(setup: Json) -> Json:
    return setup
