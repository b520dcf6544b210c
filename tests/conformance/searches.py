"""Kind `search`: which configuration, which bracket. The types that the library has parts for so far."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from pure_hb.rungs import bracket_distribution
from pure_hb.search.acquisition import Acquisition, ExpectedImprovement, LowerConfidenceBound
from pure_hb.search.bohb import density, ratio, split, usable_level
from pure_hb.search.hyper_tune import (
    adapted,
    bracket_weights,
    cross_validated_loss,
    ensemble,
    fold_sizes,
    folds,
    highest_supported,
    ranking_loss,
    theta,
)
from pure_hb.search.mobster import acquisition_level
from pure_hb.surrogate.training_data import sparse, thinning
from tests.conformance import search_models, search_steps
from tests.conformance.comparing import Case, kinds_of, near_to, numbers, same
from tests.conformance.outcome import Document, Outcome, failed, skipped

_ABOVE: Final = "decisions of search, theta only above the levels of the brackets: P = P_0"


def check(document: Document) -> Iterator[Outcome]:
    """All outcomes of one document."""
    one = _TYPES.get(document["type"])
    for case in document["cases"]:
        where = f"{document['name']} {case['id']}"
        if one is None:
            yield skipped(where, f"type {document['type']} is not built yet")
            continue
        try:
            yield from one(where, case, document["tolerance"])
        except Exception as error:  # any crash is a failed case
            yield failed(where, f"{type(error).__name__}: {error}")


def _by_level(given: Mapping[str, Any]) -> dict[int, Any]:
    return {int(level): value for level, value in given.items()}


# ---- acquisition -----------------------------------------------------------------------------------------------------


def _acquisition(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    given, expect = case["input"], case["expected"]
    rule: Acquisition = (
        LowerConfidenceBound(given["kappa"]) if given["acquisition"] == "lcb" else ExpectedImprovement(given["jitter"])
    )
    mean = numbers(given["means"])
    incumbent = numbers(given["incumbents"]) if given.get("incumbents") else np.zeros(mean.shape[1])
    found = rule(mean, numbers(given["stds"]), incumbent)
    yield near_to(f"{where} value", found.value, expect["value"], tolerance["value"])
    yield near_to(f"{where} d_mean", found.by_mean, expect["d_mean"], tolerance["gradient"])
    yield near_to(f"{where} d_std", found.by_deviation, expect["d_std"], tolerance["gradient"])


def _r_acq(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    for number, (query, level) in enumerate(zip(case["input"]["queries"], case["expected"]["levels"], strict=True)):
        ours = acquisition_level(
            query["rule"],
            _by_level(query["counts"]),
            threshold=query["threshold"],
            first_milestone=query["first_milestone"],
            max_resource=query["r_max"],
        )
        yield same(f"{where} {number}", ours, level)


def _supported(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    for number, (query, level) in enumerate(zip(case["input"]["queries"], case["expected"]["r_star"], strict=True)):
        yield same(f"{where} {number}", highest_supported(_by_level(query["counts"]), query["levels"]), level)


# ---- Hyper-Tune ------------------------------------------------------------------------------------------------------


def _ranking_loss(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    given = case["input"]
    ours = ranking_loss(numbers(given["samples"]), numbers(given["values"]))
    yield near_to(where, ours, case["expected"]["loss"], tolerance)


def _cv_loss(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    given, expect = case["input"], case["expected"]
    values = numbers(given["values"])
    yield same(f"{where} sizes", list(fold_sizes(len(values))), expect["fold_sizes"])
    normals = [numbers(z) for z in given["z"]]
    found = list(
        folds(numbers(given["kernel_matrix"]), numbers(given["mean"]), given["noise_variance"], values, normals)
    )
    for number, (ours, theirs) in enumerate(zip(found, expect["folds"], strict=True)):
        yield near_to(f"{where} mean {number}", ours.mean, theirs["mean"], tolerance["folds"])
        variance = np.diagonal(ours.covariance)
        yield near_to(f"{where} variance {number}", variance, theirs["variance"], tolerance["folds"])
        yield near_to(f"{where} samples {number}", ours.samples, theirs["samples"], tolerance["folds"])
    yield near_to(f"{where} loss", cross_validated_loss(found), expect["loss"], tolerance["loss"])


def _theta(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    given, expect = case["input"], case["expected"]
    levels, losses = given["levels"], given["losses"]
    weights = theta({levels[number]: numbers(loss) for number, loss in enumerate(losses)})
    kept, theirs = ensemble(weights, renormalise=False), _by_level(expect["ensemble"])
    yield same(f"{where} levels", sorted(kept), sorted(theirs))
    yield near_to(
        f"{where} ensemble", [kept[level] for level in sorted(kept)], [theirs[r] for r in sorted(theirs)], tolerance
    )
    brackets = bracket_weights(weights, levels, given["num_brackets"], levels[len(losses) - 1])
    yield near_to(f"{where} brackets", brackets, expect["bracket_weights"], tolerance)


def _bracket_distribution(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    given = case["input"]
    levels = given["levels"]
    default = bracket_distribution(tuple(levels[:-1]), levels[-1], given["num_brackets"])
    for number, (query, expect) in enumerate(zip(given["queries"], case["expected"]["distributions"], strict=True)):
        yield near_to(f"{where} P0 {number}", default, expect["P0"], tolerance)
        if query["theta"] is None:
            yield near_to(f"{where} P {number}", default, expect["P"], tolerance)
            continue
        weights, highest = _by_level(query["theta"]), query["r_star"]
        if not any(weights.get(level, 0.0) for level in levels[: given["num_brackets"]] if level <= highest):
            yield skipped(f"{where} P {number}", _ABOVE)
            continue
        yield near_to(f"{where} P {number}", adapted(default, weights, levels, highest), expect["P"], tolerance)


# ---- densities and the limit on the data -----------------------------------------------------------------------------


def _kde(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    given, expect = case["input"], case["expected"]
    kinds, fewest, top = kinds_of(given["space"]), given["num_min_data_points"], given["top_n_percent"]
    counts: dict[int, int] = {}
    for one in given["observations"]:
        counts[one["level"]] = counts.get(one["level"], 0) + 1
    level = usable_level(counts, len(kinds), fewest, top)
    yield same(f"{where} level", level, expect["level"])
    if level is None:
        return
    rows = [number for number, one in enumerate(given["observations"]) if one["level"] == level]
    features = numbers([given["observations"][number]["features"] for number in rows])
    good, bad = split(numbers([given["observations"][number]["value"] for number in rows]), fewest, top)
    yield same(f"{where} number of good", len(good), expect["n_good"])
    yield same(f"{where} good", [rows[number] for number in good], expect["good"])
    points, found = numbers(given["points"]), {}
    for name, chosen in (("good", good), ("bad", bad)):
        data = features[chosen]
        categories = [len(np.unique(data[:, i])) for i in range(len(kinds))]  # as the golden numbers have it
        ours = density(data, kinds, categories, given["min_bandwidth"])
        found[name] = ours(points)
        yield near_to(f"{where} bandwidth {name}", ours.bandwidths, expect[f"bandwidth_{name}"], tolerance)
        yield near_to(f"{where} density {name}", found[name], expect[f"density_{name}"], tolerance)
    yield near_to(f"{where} acquisition", ratio(found["good"], found["bad"]), expect["acquisition"], tolerance)


def _subsample(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    given, expect = case["input"], case["expected"]
    trial, resource = (np.array([row[column] for row in given["rows"]], dtype=np.intp) for column in (0, 1))
    pairs = [[row[0], row[1]] for row in given["rows"]]
    rows = list(range(len(pairs)))
    if given["dense"]:
        rows = list(sparse(trial, resource, given["max_size"]))
        if expect["thinned"] is not None:
            yield same(f"{where} thinned", sorted(pairs[row] for row in rows), sorted(expect["thinned"]))
    rule = thinning(trial[rows], resource[rows], given["max_size"])
    drawn = [pair for pair in given["sampled_rows"] or () if pair in [pairs[rows[row]] for row in rule.pool]]
    yield same(f"{where} drawn", len(drawn), rule.drawn)
    yield same(f"{where} kept", sorted([pairs[rows[row]] for row in rule.kept] + drawn), sorted(expect["kept"]))


_TYPES: Final[Mapping[str, Callable[[str, Case, Any], Iterator[Outcome]]]] = {
    "ei": _acquisition,
    "r_acq": _r_acq,
    "supported": _supported,
    "ranking_loss": _ranking_loss,
    "cv_loss": _cv_loss,
    "theta": _theta,
    "bracket_distribution": _bracket_distribution,
    "kde": _kde,
    "subsample": _subsample,
    **search_models.TYPES,
    **search_steps.TYPES,
}
