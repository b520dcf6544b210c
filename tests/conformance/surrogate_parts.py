"""Kind `surrogates`, the types without a model: normalise, boxcox, warping, jitter, downsample, skip."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
from attrs import evolve

from pure_hb.draws import KeyedDraws
from pure_hb.protocol import Counts, Learned
from pure_hb.surrogate import (
    ObservationTable,
    RefitOptions,
    SearcherData,
    SingularError,
    TrialCurve,
    down_sample,
    due,
    observation_table,
    standardisation,
)
from pure_hb.surrogate.arrays import Array, factorise
from pure_hb.surrogate.kernels.base import warp
from pure_hb.surrogate.points import decoded_resource, encoded_resource
from pure_hb.surrogate.priors import AnyPrior, Gamma, LogNormal, Normal, Uniform, penalty
from pure_hb.surrogate.training_data import Thinning, sparse, thinning
from tests.conformance.outcome import Document, Outcome, failed, passed, skipped
from tests.conformance.surrogate_models import NO_BOXCOX, Case, guarded

SCALE: Final = "decisions 12: constant targets have scale 1, the floor of the scale is relative"

Item = Mapping[str, Any]


def _each(name: str, document: Document, one: Callable[[Case, Item], Iterator[Outcome]]) -> Iterator[Outcome]:
    for number, item in enumerate(document.get(name) or ()):
        case = Case(f"{document['name']} {name} {number}", document["tolerance"])
        yield from guarded(case.name, one(case, item))


# ---- targets and resources -----------------------------------------------------------------------------------------


def at_the_floor(values: Array) -> bool:
    """Whether a floor decides about the scale: the reference's (1e-9) or ours (1e-9 of the largest magnitude)."""
    return len(values) > 0 and float(np.std(values)) <= 1e-9 * max(1.0, float(np.max(np.abs(values))))


def _normalise(document: Document) -> Iterator[Outcome]:
    yield from _each("items", document, _standardisation)
    yield from _each("resource_encoding", document, _resources)


def _standardisation(case: Case, item: Item) -> Iterator[Outcome]:
    values = np.array(item["values"], dtype=np.float64)
    by = standardisation(values)
    if at_the_floor(values):
        case = evolve(case, excused=dict.fromkeys(("std", "normalised"), SCALE))
    yield from case.near("mean", by.mean, item["mean"])
    yield from case.near("std", by.scale, item["std"])
    yield from case.near("normalised", (values - by.mean) / by.scale, item["normalised"])


def _resources(case: Case, item: Item) -> Iterator[Outcome]:
    encoded = encoded_resource(item["resources"], item["max_resource"])
    yield from case.near("encoded", encoded, item["encoded"])
    decoded = decoded_resource(item["encoded"], item["max_resource"]).tolist()
    yield case.exactly("decoded", decoded, item["resources"])


def _boxcox(document: Document) -> Iterator[Outcome]:
    for number, item in enumerate(document["items"]):
        for quantity in ("transformed", "neg_log_jacobian", "inverse"):
            if quantity in item:
                yield skipped(f"{document['name']} items {number} {quantity}", NO_BOXCOX)


# ---- warping and priors --------------------------------------------------------------------------------------------


def _warping(document: Document) -> Iterator[Outcome]:
    yield from _each("items", document, _warped)
    yield from _each("priors", document, _prior)


def _warped(case: Case, item: Item) -> Iterator[Outcome]:
    column = np.array(item["values"], dtype=np.float64)[:, None]
    a, b = (np.array([item[name]], dtype=np.float64) for name in ("a", "b"))
    yield from case.near("warped", warp(column, a, b).value[:, 0], item["warped"], "values")


def _prior(case: Case, item: Item) -> Iterator[Outcome]:
    prior = _prior_of(item["prior"], *item["arguments"])
    ours = [penalty(prior, np.array([value], dtype=np.float64))[0] for value in item["values"]]
    yield from case.near("neg_log_density", ours, item["neg_log_density"], "values")


def _prior_of(name: str, first: float, second: float) -> AnyPrior:
    match name:
        case "Gamma":
            return Gamma(first, second)
        case "LogNormal":
            return LogNormal(first, second)
        case "Normal":
            return Normal(first, second)
        case "Uniform":
            return Uniform(first, second)
        case unknown:
            raise ValueError(f"unknown prior {unknown!r}")


# ---- jitter --------------------------------------------------------------------------------------------------------


def _jitter(document: Document) -> Iterator[Outcome]:
    yield from _each("items", document, _added)


def _added(case: Case, item: Item) -> Iterator[Outcome]:
    noise, where = float(item["noise_variance"]), f"{case.name} added"
    try:
        ours = noise + factorise(np.array(item["matrix"], dtype=np.float64), noise).jitter
    except SingularError as error:
        yield passed(where) if item["added"] is None else failed(where, str(error))
        return
    if item["added"] is None:
        yield failed(where, f"got {ours!r}, expected an error")
    else:
        yield from case.near("added", ours, item["added"])


# ---- the limit on the data -----------------------------------------------------------------------------------------


def _downsample(document: Document) -> Iterator[Outcome]:
    yield from _each("items", document, _thinned)


def _thinned(case: Case, item: Item) -> Iterator[Outcome]:
    rows, limit = [tuple(row) for row in item["observations"]], item["limit"]
    pool = sorted(tuple(row) for row in item["pool"])
    kept = sorted(tuple(row) for row in item["always_kept"])
    drawn = item["drawn_from_pool"]
    for quantity, ours, expected in zip(
        ("always_kept", "pool", "drawn_from_pool"),
        _settled(*_rule(rows, limit, dense=bool(item["dense"]))),
        _settled(kept, pool, drawn),
        strict=True,
    ):
        yield case.exactly(quantity, ours, expected)
    table = _table(rows, item["max_resource"])
    chosen = down_sample(table, limit, KeyedDraws(0, 0), dense=bool(item["dense"]))
    left = set(zip(chosen.trial.tolist(), chosen.resource.tolist(), strict=True))
    where, expected = f"{case.name} down_sample", len(kept) + drawn  # ours shares the room among the levels
    yield passed(where) if len(left) == expected and left <= set(rows) else failed(where, f"left {left}")


Rows = list[tuple[int, ...]]


def _rule(rows: Rows, limit: int | None, *, dense: bool) -> tuple[Rows, Rows, int]:
    if limit is None:
        return sorted(rows), [], 0
    left = np.array(rows, dtype=np.intp).reshape(len(rows), 2)
    if dense:
        left = left[list(sparse(left[:, 0], left[:, 1], limit))]
    rule: Thinning = thinning(left[:, 0], left[:, 1], limit)
    kept, pool = ([(int(left[i, 0]), int(left[i, 1])) for i in part] for part in (rule.kept, rule.pool))
    return sorted(kept), sorted(pool), rule.drawn


def _settled(kept: Rows, pool: Rows, drawn: int) -> tuple[Rows, Rows, int]:
    """A pool of which all or nothing is drawn is none."""
    if drawn == len(pool):
        return sorted([*kept, *pool]), [], 0
    return (kept, [], 0) if drawn == 0 else (kept, pool, drawn)


def _table(rows: Rows, max_resource: int) -> ObservationTable:
    trials = sorted({trial for trial, _ in rows})
    curves = [
        TrialCurve(trial, (float(trial),), tuple((r, 0.0) for r in sorted(r for one, r in rows if one == trial)))
        for trial in trials
    ]
    return observation_table(curves, levels=(), max_resource=max_resource, data=SearcherData.ALL)


# ---- refitting -----------------------------------------------------------------------------------------------------


def _skip(document: Document) -> Iterator[Outcome]:
    yield from _each("items", document, _calls)


def _calls(case: Case, item: Item) -> Iterator[Outcome]:
    options = RefitOptions(
        opt_skip_init_length=item["init_length"],
        opt_skip_period=item.get("period") or 1,
        opt_skip_num_max_resource=item["kind"] == "num_max_resource",
    )
    memory, ours = Counts(), []
    for observed, at_maximum, *_ in item["calls"]:
        is_due, memory = due(options, Learned(counts=memory), observed, at_maximum)
        ours.append(not is_due)
    expected = [as_documented for _, _, as_documented, _ in item["calls"]]
    wrong = [number for number, (a, b) in enumerate(zip(ours, expected, strict=True)) if a != b]
    where = f"{case.name} {item['kind']}"
    yield failed(where, f"call {wrong[0]}: got {ours[wrong[0]]}") if wrong else passed(where)


PARTS: Final[Mapping[str, Callable[[Document], Iterator[Outcome]]]] = {
    "normalise": _normalise,
    "boxcox": _boxcox,
    "warping": _warping,
    "jitter": _jitter,
    "downsample": _downsample,
    "skip": _skip,
}
