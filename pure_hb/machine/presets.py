"""WHICH OPTIONS GO TOGETHER? Presets: named sets of options for the methods with a surrogate.

"default" is what the library chose by measurements (docs/measurements/benchmarks.md). "published" is the algorithm of
the paper as Syne Tune runs it: expected improvement at one level, averaged over fantasies of what is pending, from the
best of 250 candidates downhill, with fits that begin afresh. Three things differ. Syne Tune fits again with each new
value; here a fit is due once values have grown by a twentieth, since the fits between cost most of the time. A fit has
four starts and a noise variance of at least 1e-6; with two starts and 1e-9, as in Syne Tune, one fit in seven ended
more than 2 nats above the best of 20 starts (docs/measurements/fits.md). And trials that were lost are seen here
(`pure_hb.search.survival`).

A preset only stands for options that are not given: ``mobster(..., preset="published", opt_skip_growth=0.0)`` fits with
each new value. A setup holds the options themselves, so journals do not depend on what a preset means later.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from pure_hb.rungs import SetupError

Preset = Literal["default", "published"]

_FRESH_FITS: Final = {
    "gp_bandwidth_prior": "uniform",
    "target_warping": "none",
    "opt_warmstart": False,
    "opt_nstarts": 4,
    "opt_skip_growth": 0.05,
    "num_fantasy_samples": 20,
    "num_init_candidates": 250,
    "acq_function": "ei",
    "gp_resource_kernel": "exp-decay-sum",
}
_DOWNHILL: Final = {
    "local_fraction": 0.0,
    "cost_weight": 0.0,
    "initial_scoring": "thompson_indep",
    "skip_local_optimization": False,
    "resource_acq": "bohb",
}
_PUBLISHED: Final[Mapping[str, Mapping[str, Any]]] = {
    "mobster": {**_FRESH_FITS, **_DOWNHILL},
    "hyper_tune": {**_FRESH_FITS, **_DOWNHILL, "ensemble": "weighted_sum", "theta_from": "r_max"},
    "dyhpo": {**_FRESH_FITS, "probability_sh": 0.0, "horizon": "next"},
}
_OWN: Final[Mapping[str, Mapping[str, Any]]] = {
    "mobster": {},
    "hyper_tune": {"model": "gp_independent"},
    "dyhpo": {"opt_skip_period": 3, "num_init_candidates": 20},
}
"""What a method has by default that differs from the default of the option."""
_MANY_STARTS: Final = 50
"""The starts of a fit where six find the best optimum too rarely (docs/measurements/fits.md)."""
PRESETS: Final[tuple[Preset, ...]] = ("default", "published")


def preset(method: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a method with its own defaults and those of its preset filled in, the preset itself left out. Fits
    get more starts where their likelihood has more optima.

    Raises:
        SetupError: for an unknown preset.
    """
    given = dict(options)
    name = given.pop("preset", "default")
    if name not in PRESETS:
        raise SetupError(f"preset is {name!r}; it is one of {', '.join(PRESETS)}")
    own = {**_OWN[method], **given}
    chosen = _PUBLISHED[method] if name == "published" else {}
    full = {**_OWN[method], **{key: value for key, value in chosen.items() if _has(key, own)}, **given}
    return {"opt_nstarts": _MANY_STARTS, **full} if _has_more_optima(full) else full


def _has(option: str, given: Mapping[str, Any]) -> bool:
    """Whether the model that was chosen has the option; kernels over resources belong to one model."""
    return option != "gp_resource_kernel" or given.get("model", "gp_multitask") == "gp_multitask"


def _has_more_optima(options: Mapping[str, Any]) -> bool:
    """Whether likelihoods with these options have more optima than with the defaults."""
    if options.get("gp_bandwidth_prior") == "uniform" or options.get("target_warping") == "none":
        return True
    if options.get("model", "gp_multitask") != "gp_multitask":
        return False
    return options.get("searcher_data") == "all" or options.get("gp_resource_kernel") == "exp-decay-delta1"
