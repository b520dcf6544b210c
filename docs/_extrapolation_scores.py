"""How well do the surrogates of docs/surrogates.md extrapolate? Scores of all models on all tables.

What they are asked is in docs/_extrapolation.py.
"""

import math
import platform
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy
from _extrapolation import (
    MODELS,
    WITH_ALL_VALUES,
    Array,
    cut_at_random,
    fitted,
    of_known_trials,
    of_new_configurations,
    of_next_levels,
    search_by_asha,
)

import pure_hb as hb
from pure_hb.surrogate import SearcherData, standardisation

SEEDS: Final = 20
NO_MODEL: Final = "no model"
CENTRAL: Final = 1.6448536269514722
"""So many standard deviations to either side hold 90%."""
NOISELESS: Final = 1e-6
"""A fit whose noise variance is below this explains all values without noise; the lower bound is 1e-9."""
SCORES: Final = ("log_density", "coverage", "error")
CUTS: Final = {"asha": lambda search: search, "random": cut_at_random}
GROUPS: Final = {"next": of_next_levels, "known": of_known_trials, "new": of_new_configurations}


def scores(values: Array, mean: Array, deviation: Array, unit: float) -> tuple[float, float, float]:
    """Mean log predictive density, coverage of the central 90% interval, and root mean square error; for values in
    ``unit``."""
    z = (values - mean) / deviation
    density = -0.5 * z * z - np.log(deviation / unit) - 0.5 * math.log(2.0 * math.pi)
    error = np.sqrt(np.mean((values - mean) ** 2)) / unit
    return float(np.mean(density)), float(np.mean(np.abs(z) <= CENTRAL)), float(error)


def measure(table: hb.Table, seeds: int) -> dict[str, Any]:
    """Of each cut, group, model and score the mean over the seeds and its standard error; of each cut and model the
    share of fits without noise."""
    found: dict[tuple[str, str, str], list[tuple[float, float, float]]] = {}
    noiseless: dict[str, dict[str, float]] = {cut: {} for cut in CUTS}
    for seed in range(seeds):
        by_asha = search_by_asha(table, seed)
        for cut, made in CUTS.items():
            search = made(by_asha)
            unit = standardisation(search.table(SearcherData.RUNGS).value).scale
            held_out = {group: of(search) for group, of in GROUPS.items()}
            for group, held in held_out.items():
                without = scores(held.values, held.mean, held.deviation, unit)
                found.setdefault((cut, group, NO_MODEL), []).append(without)
            for name, candidate in {**MODELS, **(WITH_ALL_VALUES if cut == "asha" else {})}.items():
                model = fitted(candidate, search)
                share = (model.noise_variance < NOISELESS) / seeds
                noiseless[cut][name] = round(noiseless[cut].get(name, 0.0) + share, 4)
                for group, held in held_out.items():
                    score = scores(held.values, *model.predict(held.at), unit)
                    found.setdefault((cut, group, name), []).append(score)
    nested: dict[str, Any] = {cut: {**{group: {} for group in GROUPS}, "noiseless": noiseless[cut]} for cut in CUTS}
    for (cut, group, name), each in found.items():
        mean, error = np.mean(each, axis=0), np.std(each, axis=0, ddof=1) / math.sqrt(seeds)
        pairs = zip(mean.tolist(), error.tolist(), strict=True)
        nested[cut][group][name] = {
            score: [round(number, 4) for number in pair] for score, pair in zip(SCORES, pairs, strict=True)
        }
    return nested


def results(folder: Path) -> dict[str, Any]:
    """Of all tables of a folder."""
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise SystemExit(f"there is no table NAME.npz in {folder}")
    found = {}
    for path in paths:
        print(path.stem, flush=True)
        found[path.stem] = measure(hb.load_table(path), SEEDS)
    versions = {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__}
    return {
        "what": "by table, cut of the curves, held-out values, model and score: mean over seeds, standard error",
        "made_by": "docs/make_extrapolation.py",
        "seeds": SEEDS,
        "versions": versions,
        "tables": found,
    }
