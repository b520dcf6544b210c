"""Kind `search`: which configuration, which bracket. The types that the library has parts for so far."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from pure_hb.rungs import bracket_distribution
from pure_hb.search.acquisition import Acquisition, ExpectedImprovement, LowerConfidenceBound
from pure_hb.search.density import Kind, density, ratio, split, usable_level
from pure_hb.search.level_choice import ResourceAcquisition, acquisition_level, highest_supported
from pure_hb.search.weighting import (
    adapted,
    bracket_weights,
    cross_validated_loss,
    ensemble,
    fold_sizes,
    folds,
    ranking_loss,
    theta,
)
from pure_hb.surrogate.arrays import Array
from pure_hb.surrogate.down_sampling import sparse, thinning
from tests.conformance.outcome import Document, Outcome, failed, passed, skipped

Case = Mapping[str, Any]

_ABOVE: Final = "decisions, theta only above the levels of the brackets: P = P_0"


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


def _numbers(given: Any) -> Array:
    """Numbers, some of them written "inf", "-inf" or "nan"."""
    if isinstance(given, list):
        return np.array([_numbers(one) for one in given], dtype=np.float64)
    return np.asarray(float(given))


def _near(where: str, ours: Any, expected: Any, tolerance: Mapping[str, float]) -> Outcome:
    a, b = np.asarray(ours, dtype=np.float64), _numbers(expected)
    if a.shape != b.shape:
        return failed(where, f"got the shape {a.shape}, expected {b.shape}")
    finite = np.isfinite(b)
    off = np.abs(a[finite] - b[finite]) > tolerance["abs"] + tolerance["rel"] * np.abs(b[finite])
    if off.any() or not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return failed(where, f"got {ours!r}, expected {expected!r}")
    return passed(where)


def _same(where: str, ours: object, expected: object) -> Outcome:
    return passed(where) if ours == expected else failed(where, f"got {ours!r}, expected {expected!r}")


def _by_level(given: Mapping[str, Any]) -> dict[int, Any]:
    return {int(level): value for level, value in given.items()}


# ---- acquisition -----------------------------------------------------------------------------------------------------


def _acquisition(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    given, expect = case["input"], case["expected"]
    rule: Acquisition = (
        LowerConfidenceBound(given["kappa"]) if given["acquisition"] == "lcb" else ExpectedImprovement(given["jitter"])
    )
    mean = _numbers(given["means"])
    incumbent = _numbers(given["incumbents"]) if given.get("incumbents") else np.zeros(mean.shape[1])
    found = rule(mean, _numbers(given["stds"]), incumbent)
    yield _near(f"{where} value", found.value, expect["value"], tolerance["value"])
    yield _near(f"{where} d_mean", found.by_mean, expect["d_mean"], tolerance["gradient"])
    yield _near(f"{where} d_std", found.by_deviation, expect["d_std"], tolerance["gradient"])


def _r_acq(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    for number, (query, level) in enumerate(zip(case["input"]["queries"], case["expected"]["levels"], strict=True)):
        ours = acquisition_level(
            ResourceAcquisition(query["rule"]),
            _by_level(query["counts"]),
            threshold=query["threshold"],
            first_milestone=query["first_milestone"],
            max_resource=query["r_max"],
        )
        yield _same(f"{where} {number}", ours, level)


def _supported(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    for number, (query, level) in enumerate(zip(case["input"]["queries"], case["expected"]["r_star"], strict=True)):
        yield _same(f"{where} {number}", highest_supported(_by_level(query["counts"]), query["levels"]), level)


# ---- Hyper-Tune ------------------------------------------------------------------------------------------------------


def _ranking_loss(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    given = case["input"]
    ours = ranking_loss(_numbers(given["samples"]), _numbers(given["values"]))
    yield _near(where, ours, case["expected"]["loss"], tolerance)


def _cv_loss(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    given, expect = case["input"], case["expected"]
    values = _numbers(given["values"])
    yield _same(f"{where} sizes", list(fold_sizes(len(values))), expect["fold_sizes"])
    normals = [_numbers(z) for z in given["z"]]
    found = list(
        folds(_numbers(given["kernel_matrix"]), _numbers(given["mean"]), given["noise_variance"], values, normals)
    )
    for number, (ours, theirs) in enumerate(zip(found, expect["folds"], strict=True)):
        yield _near(f"{where} mean {number}", ours.mean, theirs["mean"], tolerance["folds"])
        variance = np.diagonal(ours.covariance)
        yield _near(f"{where} variance {number}", variance, theirs["variance"], tolerance["folds"])
        yield _near(f"{where} samples {number}", ours.samples, theirs["samples"], tolerance["folds"])
    yield _near(f"{where} loss", cross_validated_loss(found), expect["loss"], tolerance["loss"])


def _theta(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    given, expect = case["input"], case["expected"]
    levels, losses = given["levels"], given["losses"]
    weights = theta({levels[number]: _numbers(loss) for number, loss in enumerate(losses)})
    kept, theirs = ensemble(weights, renormalise=False), _by_level(expect["ensemble"])
    yield _same(f"{where} levels", sorted(kept), sorted(theirs))
    yield _near(
        f"{where} ensemble", [kept[level] for level in sorted(kept)], [theirs[r] for r in sorted(theirs)], tolerance
    )
    brackets = bracket_weights(weights, levels, given["num_brackets"], levels[len(losses) - 1])
    yield _near(f"{where} brackets", brackets, expect["bracket_weights"], tolerance)


def _bracket_distribution(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    given = case["input"]
    levels = given["levels"]
    default = bracket_distribution(levels[:-1], levels[-1], given["num_brackets"])
    for number, (query, expect) in enumerate(zip(given["queries"], case["expected"]["distributions"], strict=True)):
        yield _near(f"{where} P0 {number}", default, expect["P0"], tolerance)
        if query["theta"] is None:
            yield _near(f"{where} P {number}", default, expect["P"], tolerance)
            continue
        weights, highest = _by_level(query["theta"]), query["r_star"]
        if not any(weights.get(level, 0.0) for level in levels[: given["num_brackets"]] if level <= highest):
            yield skipped(f"{where} P {number}", _ABOVE)
            continue
        yield _near(f"{where} P {number}", adapted(default, weights, levels, highest), expect["P"], tolerance)


# ---- densities and the limit on the data -----------------------------------------------------------------------------


def _kind(domain: Mapping[str, Any]) -> Kind:
    match domain["type"]:
        case "choice" | "ordinal":
            return Kind.UNORDERED
        case "int":
            return Kind.ORDERED
        case "finite":
            return Kind.ORDERED if domain.get("cast_int") or _whole(domain) else Kind.CONTINUOUS
        case _:
            return Kind.CONTINUOUS


def _whole(domain: Mapping[str, Any]) -> bool:
    values = domain.get("values", (domain.get("lo", 0.5), domain.get("hi", 0.5)))
    return all(isinstance(value, int) for value in values)


def _kde(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    given, expect = case["input"], case["expected"]
    kinds, fewest, top = [_kind(one) for one in given["space"]], given["num_min_data_points"], given["top_n_percent"]
    counts: dict[int, int] = {}
    for one in given["observations"]:
        counts[one["level"]] = counts.get(one["level"], 0) + 1
    level = usable_level(counts, len(kinds), fewest, top)
    yield _same(f"{where} level", level, expect["level"])
    if level is None:
        return
    rows = [number for number, one in enumerate(given["observations"]) if one["level"] == level]
    features = _numbers([given["observations"][number]["features"] for number in rows])
    good, bad = split(_numbers([given["observations"][number]["value"] for number in rows]), fewest, top)
    yield _same(f"{where} good", [rows[number] for number in good], expect["good"])
    points, found = _numbers(given["points"]), {}
    for name, chosen in (("good", good), ("bad", bad)):
        data = features[chosen]
        categories = [len(np.unique(data[:, i])) for i in range(len(kinds))]  # as the golden numbers have it
        ours = density(data, kinds, categories, given["min_bandwidth"])
        found[name] = ours(points)
        yield _near(f"{where} bandwidth {name}", ours.bandwidths, expect[f"bandwidth_{name}"], tolerance)
        yield _near(f"{where} density {name}", found[name], expect[f"density_{name}"], tolerance)
    yield _near(f"{where} acquisition", ratio(found["good"], found["bad"]), expect["acquisition"], tolerance)


def _subsample(where: str, case: Case, tolerance: Any) -> Iterator[Outcome]:
    given, expect = case["input"], case["expected"]
    trial, resource = (np.array([row[column] for row in given["rows"]], dtype=np.intp) for column in (0, 1))
    pairs = [[row[0], row[1]] for row in given["rows"]]
    rows = list(range(len(pairs)))
    if given["dense"]:
        rows = list(sparse(trial, resource, given["max_size"]))
        if expect["thinned"] is not None:
            yield _same(f"{where} thinned", sorted(pairs[row] for row in rows), sorted(expect["thinned"]))
    rule = thinning(trial[rows], resource[rows], given["max_size"])
    drawn = [pair for pair in given["sampled_rows"] or () if pair in [pairs[rows[row]] for row in rule.pool]]
    yield _same(f"{where} drawn", len(drawn), rule.drawn)
    yield _same(f"{where} kept", sorted([pairs[rows[row]] for row in rule.kept] + drawn), sorted(expect["kept"]))


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
}
