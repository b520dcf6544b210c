"""Kind `surrogates`: objectives, gradients, fits, predictions, fantasies, curves; and the parts of all that."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

import numpy as np
from attrs import evolve
from scipy.optimize import minimize

from pure_hb.draws import KeyedDraws
from pure_hb.surrogate import (
    AdditivePosterior,
    FitOptions,
    Parameters,
    Posterior,
    SingularError,
    Standardisation,
    fit,
    objective,
    observations,
    points,
    standardisation,
)
from pure_hb.surrogate.arrays import Array, Indices
from pure_hb.surrogate.curves import ObservedCurve
from pure_hb.surrogate.models import Additive
from pure_hb.surrogate.parameters import Scale
from pure_hb.surrogate.training_data import AS_THEY_ARE
from tests.conformance import surrogate_parts
from tests.conformance.comparing import reference_samples
from tests.conformance.outcome import Document, Outcome, failed, passed, skipped
from tests.conformance.surrogate_models import (
    BOXCOX_LAMBDA,
    NO_BOXCOX,
    NO_LEVEL,
    Case,
    Problem,
    entries,
    guarded,
    has_boxcox,
    problem,
)

OF_TARGETS: Final = (
    "objective",
    "neg_log_likelihood",
    "neg_log_jacobian",
    f"regulariser {BOXCOX_LAMBDA}",
    "gradient",
    "gradient_internal",
    "mean",
    "mean_gradient",
    "mean_before",
    "mean_incremental",
    "joint_samples",
)
"""What depends on the targets or on their transform: variances and the other prior terms do not."""

MANY: Final = 15_000
"""Evaluations of a start in the reference, at most (6.3)."""


def check(document: Document) -> Iterator[Outcome]:
    kind = document["type"]
    if kind in surrogate_parts.PARTS:
        yield from surrogate_parts.PARTS[kind](document)
        return
    model_check = WITH_MODEL.get(kind)
    if model_check is None:
        yield skipped(document["name"], f"type {kind} is not built yet")
        return
    if document["model"]["family"] == "gp_independent":
        resources = {row[1] for row in document["observations"]}
        if not resources <= set(document.get("levels") or ()):
            yield skipped(document["name"], NO_LEVEL)
            return
    case = Case(document["name"], document["tolerance"])
    if has_boxcox(document):
        case = evolve(case, excused=dict.fromkeys(OF_TARGETS, NO_BOXCOX))
    yield from model_check(case, problem(document), document)


# ---- evaluate ------------------------------------------------------------------------------------------------------


def _evaluate(case: Case, given: Problem, document: Document) -> Iterator[Outcome]:
    parameters, expect = given.parameters(document["parameters"]), document["expect"]
    yield from guarded(f"{case.name} regulariser", _regularisers(case, given, parameters, expect))
    yield from guarded(f"{case.name} objective", _objective(case, given, parameters, expect))
    posterior = given.model.posterior(given.inputs, given.data(), parameters.as_arrays())
    yield from guarded(f"{case.name} predict", _predict(case, given, posterior, expect))
    yield from guarded(f"{case.name} gradients in x", _gradients_in_x(case, given, posterior, expect))
    if expect.get("covariance"):
        yield from guarded(f"{case.name} covariance", _covariance(case, given, posterior, expect))


def _regularisers(case: Case, given: Problem, parameters: Parameters, expect: Mapping[str, Any]) -> Iterator[Outcome]:
    ours = given.specification.penalties(parameters.as_arrays())
    expected = expect["regulariser"]
    for name in {**expected, **ours}:  # a prior term that only one side knows must be zero
        yield from case.near(f"regulariser {name}", ours.get(name, 0.0), expected.get(name, 0.0))


def _objective(case: Case, given: Problem, parameters: Parameters, expect: Mapping[str, Any]) -> Iterator[Outcome]:
    specification, values, data = given.specification, parameters.as_arrays(), given.data()
    found = given.model.likelihood(given.inputs, data)(values)
    yield from case.near("neg_log_likelihood", found.value, expect["neg_log_likelihood"])
    yield from case.near("neg_log_jacobian", 0.0, expect["neg_log_jacobian"])
    total, internal = objective(given.model, given.inputs, data)(specification.to_vector(values))
    yield from case.near("objective", total, expect["objective"])
    sizes = [one.size for one in specification.parameters]
    parts = np.split(internal, np.cumsum(sizes)[:-1])
    by_name = {one.name: part for one, part in zip(specification.parameters, parts, strict=True)}
    _, penalties = specification.penalty(specification.joined(values))
    of_priors = specification.split(penalties)
    natural = {name: found.gradient[name] + part for name, part in of_priors.items()}
    for quantity, ours in (("gradient", natural), ("gradient_internal", by_name)):
        expected = dict(expect[quantity])
        factors = _factors(given, values) if quantity == "gradient" else {}
        for one in specification.parameters:
            if one.name in expected:
                numbers = entries(one, expected[one.name])
                ours[one.name] = np.reshape(ours[one.name], np.shape(numbers)) * factors.get(one.name, 1.0)
                expected[one.name] = np.asarray(numbers, dtype=np.float64) * factors.get(one.name, 1.0)
        yield from case.near(quantity, ours, expected)


def _factors(given: Problem, values: Mapping[str, Array]) -> dict[str, Array]:
    """Derivatives in log-parametrised parameters are compared times the parameter."""
    return {one.name: values[one.name] for one in given.specification.parameters if one.scale is not Scale.LINEAR}


def _predict(case: Case, given: Problem, posterior: Posterior, expect: Mapping[str, Any]) -> Iterator[Outcome]:
    rows = expect["predict"]
    if rows:
        prediction = posterior.predict(given.at(rows))
        yield from case.near("mean", prediction.mean[:, 0], [row["mean"] for row in rows])
        yield from case.near("variance", prediction.variance, [row["variance"] for row in rows])


def _gradients_in_x(case: Case, given: Problem, posterior: Posterior, expect: Mapping[str, Any]) -> Iterator[Outcome]:
    rows = [row for row in expect["predict"] if row.get("mean_gradient") is not None]
    if rows:
        prediction, pull = posterior.predict_and_pull(given.at(rows))
        of_mean = pull(np.ones_like(prediction.mean), np.zeros(len(rows)))
        of_std = pull(np.zeros_like(prediction.mean), 0.5 / np.sqrt(prediction.variance))
        yield from case.near("mean_gradient", of_mean, [row["mean_gradient"] for row in rows])
        yield from case.near("std_gradient", of_std, [row["std_gradient"] for row in rows])


def _covariance(case: Case, given: Problem, posterior: Posterior, expect: Mapping[str, Any]) -> Iterator[Outcome]:
    rows = [expect["predict"][number] for number in expect["covariance"]["points"]]
    if rows:
        yield from case.near("covariance", posterior.covariance(given.at(rows)), expect["covariance"]["matrix"])


# ---- fit -----------------------------------------------------------------------------------------------------------


def _fit(case: Case, given: Problem, document: Document) -> Iterator[Outcome]:
    where = f"{case.name} best objective"
    if has_boxcox(document):
        yield skipped(where, NO_BOXCOX)
        return
    limit = _at_most(document["expect"]["objective"])
    default = fit(given.model, given.inputs, given.data(), draws=KeyedDraws(0, 0)).objective
    best = min([default, *_from_starts(given, document)])
    yield passed(where) if best <= limit else failed(where, f"reached {best!r}, at most {limit!r} allowed")


def _from_starts(given: Problem, document: Document) -> Iterator[float]:
    """From the recorded starts, by our fit and as the reference goes: on internal coordinates as they are."""
    asked, specification = document["options"], given.specification
    lower, upper = specification.bounds
    options = FitOptions(
        opt_maxiter=asked["maxiter"],
        opt_nstarts=1,
        opt_warmstart=True,  # the start is the last parameters
        opt_warm_evaluations=MANY,
        tolerance=min(asked["ftol"], asked["gtol"]),
    )
    for start in document["starts"]:
        last, draws = given.parameters(start), KeyedDraws(0, 0)
        with suppress(SingularError):  # 6.3: a start that fails is dropped
            yield fit(given.model, given.inputs, given.data(), draws=draws, options=options, last=last).objective
        with suppress(SingularError):
            yield minimize(
                objective(given.model, given.inputs, given.data()),
                np.clip(specification.to_vector(last.as_arrays()), lower, upper),
                method="L-BFGS-B",
                jac=True,
                bounds=list(zip(lower.tolist(), upper.tolist(), strict=True)),
                options=asked,
            ).fun


def _at_most(value: float) -> float:
    return value + max(0.01, 1e-3 * abs(value))


# ---- fantasies -----------------------------------------------------------------------------------------------------


def _fantasies(case: Case, given: Problem, document: Document) -> Iterator[Outcome]:
    values, rows = given.parameters(document["parameters"]).as_arrays(), document["expect"]["predict"]
    before = given.model.posterior(given.inputs, given.data(), values)
    if rows:
        prediction = before.predict(given.at(rows))
        for quantity, ours in (("mean_before", prediction.mean[:, 0]), ("variance_before", prediction.variance)):
            yield from case.near(quantity, ours, [row[quantity] for row in rows], quantity.removesuffix("_before"))
        yield from guarded(f"{case.name} after", _after(case, given, document, values))
        yield from guarded(f"{case.name} incremental", _incremental(case, given, document, before))
    samples = document["expect"].get("joint_samples")
    if samples and document["pending"]:
        yield from guarded(f"{case.name} joint_samples", _samples(case, given, document, before))


def _after(case: Case, given: Problem, document: Document, values: Mapping[str, Array]) -> Iterator[Outcome]:
    """Everything in one factorisation."""
    pending, rows = document["pending"], document["expect"]["predict"]
    columns = len(pending[0][2]) if pending else len(rows[0]["mean"])
    observed = np.repeat(given.targets[:, None], columns, axis=1)
    fantasies = np.array([row[2] for row in pending], dtype=np.float64).reshape(len(pending), columns)
    data = observations(given.of_configurations([*given.rows, *pending]), np.vstack((observed, fantasies)))
    prediction = given.model.posterior(given.inputs, data, values).predict(given.at(rows))
    yield from case.near("mean", prediction.mean, [row["mean"] for row in rows])
    yield from case.near("variance", prediction.variance, [row["variance"] for row in rows])


def _incremental(case: Case, given: Problem, document: Document, posterior: Posterior) -> Iterator[Outcome]:
    """Row by row, where the reference can do that."""
    rows = [row for row in document["expect"]["predict"] if row.get("mean_incremental") is not None]
    if not rows:
        return
    for row in document["pending"]:
        fantasies = np.array(row[2], dtype=np.float64)[None, :]
        posterior = posterior.condition(observations(given.of_configurations([row]), fantasies))
    prediction = posterior.predict(given.at(rows))
    for quantity, ours in (("mean_incremental", prediction.mean), ("variance_incremental", prediction.variance)):
        yield from case.near(quantity, ours, [row[quantity] for row in rows], "incremental")


def _samples(case: Case, given: Problem, document: Document, before: Posterior) -> Iterator[Outcome]:
    samples, pending = document["expect"]["joint_samples"], document["pending"]
    normals = np.array(samples["normals"], dtype=np.float64)
    ours = reference_samples(before, given.of_configurations(pending), normals)
    yield from case.near("joint_samples", ours, samples["values"], "samples")


# ---- structured ----------------------------------------------------------------------------------------------------


def _structured(case: Case, given: Problem, document: Document) -> Iterator[Outcome]:
    values, expect = given.parameters(document["parameters"]).as_arrays(), document["expect"]
    model = given.model
    assert isinstance(model, Additive)
    found = model.likelihood(given.inputs, given.data())(values)
    yield from case.near("neg_log_likelihood", found.value, expect["neg_log_likelihood"])
    yield from guarded(f"{case.name} statistics", _statistics(case, given, model, values, expect))
    posterior = model.posterior(given.inputs, given.data(), values)
    yield from guarded(f"{case.name} h", _of_h(case, given, posterior, expect))
    for number, curve in enumerate(expect["rest_of_curve"]):
        where = f"rest_of_curve {number}"
        yield from guarded(f"{case.name} {where}", _rest_of_curve(case, where, given, posterior, curve))


def _statistics(
    case: Case, given: Problem, model: Additive, values: Mapping[str, Array], expect: Mapping[str, Any]
) -> Iterator[Outcome]:
    curves = []
    for number in sorted({row[0] for row in given.rows}):
        rows = [row for row in given.rows if row[0] == number]
        resources: Indices = np.array([row[1] for row in rows], dtype=np.intp)
        curves.append(ObservedCurve(number, number, resources, np.array([[row[2]] for row in rows], dtype=np.float64)))
    found, _ = model.curve.prepare(given.inputs, curves)(values)
    wtv = found.best[:, 0] * found.vtv
    ours = {
        "vtv": found.vtv,
        "wtv": wtv,
        "wtw": found.misfit[:, 0] + found.best[:, 0] * wtv,
        "c": found.c,
        "d": found.d,
    }
    for name, expected in expect["statistics"].items():
        yield from case.near(f"statistics {name}", ours[name], expected)


def _of_h(case: Case, given: Problem, posterior: AdditivePosterior, expect: Mapping[str, Any]) -> Iterator[Outcome]:
    rows = expect["h"]
    if rows:
        prediction = posterior.over_h.predict(points([row["x"] for row in rows], 1))
        yield from case.near("h mean", prediction.mean[:, 0], [row["mean"] for row in rows], "mean")
        yield from case.near("h variance", prediction.variance, [row["variance"] for row in rows], "variance")


def _rest_of_curve(
    case: Case, where: str, given: Problem, posterior: AdditivePosterior, curve: Mapping[str, Any]
) -> Iterator[Outcome]:
    prefix = np.array(curve["prefix"], dtype=np.float64)
    reported = np.arange(1, len(prefix) + 1)
    rest = np.arange(len(prefix) + 1, given.inputs.max_resource + 1)
    mean, covariance = posterior.rest_of_curve(np.array(curve["x"], dtype=np.float64), reported, prefix, rest)
    yield from case.near(f"{where} mean", mean, curve["mean"], "mean")
    yield from case.near(f"{where} covariance", covariance, curve["covariance"], "covariance")


# ---- pipeline ------------------------------------------------------------------------------------------------------


def _pipeline(case: Case, given: Problem, document: Document) -> Iterator[Outcome]:
    raw = 1.0 - given.targets if document["mode"] == "max" else given.targets
    expect, rows = document["expect"], document["expect"]["predict"]
    by: Standardisation = AS_THEY_ARE
    if document["model"].get("normalize_targets") is not False:
        by = standardisation(raw)
        if surrogate_parts.at_the_floor(raw):
            floored = dict.fromkeys(("target_std", "mean", "std"), surrogate_parts.SCALE)
            case = evolve(case, excused={**floored, **case.excused})
    yield from case.near("target_mean", by.mean, expect["target_mean"])
    yield from case.near("target_std", by.scale, expect["target_std"])
    if rows:
        values = given.parameters(document["parameters"]).as_arrays()
        posterior = given.model.posterior(given.inputs, given.data((raw - by.mean) / by.scale), values)
        prediction = posterior.predict(given.at(rows))
        mean, std = by.back(prediction.mean[:, 0], prediction.variance)
        yield from case.near("mean", mean, [row["mean"] for row in rows])
        yield from case.near("std", std, [row["std"] for row in rows])


ModelCheck = Callable[[Case, Problem, Document], Iterator[Outcome]]
WITH_MODEL: Final[Mapping[str, ModelCheck]] = {
    "evaluate": _evaluate,
    "fit": _fit,
    "fantasies": _fantasies,
    "structured": _structured,
    "pipeline": _pipeline,
}
