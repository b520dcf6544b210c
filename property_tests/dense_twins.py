"""What would the formulas give? The surrogates once more: one entry at a time, dense, in any precision.

Written from the table of formulas (`surrogates.md` of the project) and not from the library. Every model is a function
from parameters and rows to the mean and the covariance of those rows; whatever else there is follows from Gaussian
conditioning. Complex parameters give derivatives without cancellation, `numpy.longdouble` ones more digits.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pure_hb.surrogate import Inputs

Numbers = NDArray[Any]
Values = Mapping[str, Any]
Gradient = dict[str, Numbers]

JIT = 1e-9
EPS = 1e-8


@frozen
class Family:
    """A model in words: what the library's model and its twin are built from."""

    kind: str
    """gp_multitask, gp_independent, gp_expdecay or gp_issm."""
    kernel: str = ""
    ard: bool = True
    warping: bool = False
    separate_noise_variances: bool = False
    normalize_resource: bool = False
    gamma_is_one: bool = False
    unit_innovations: bool = False


@frozen
class Row:
    """A value that is observed (``noisy``), or f where it is asked for. ``trial`` is -1 on a curve of its own."""

    x: tuple[float, ...]
    r: int
    trial: int = -1
    noisy: bool = False


# ---- section 2: the base kernel --------------------------------------------------------------------------------------


def warped(u: Numbers, a: Any, b: Any) -> Numbers:
    """1 - (1 - u'^a)^b."""
    inner = (1.0 - 2.0 * JIT) * u + JIT
    bent: Numbers = 1.0 - (-np.expm1(a * np.log(inner))) ** b
    return bent


def matern(x: Numbers, y: Numbers, bandwidths: Any, scale: Any) -> Any:
    """k of two vectors."""
    q = 5.0 * np.sum((bandwidths * (x - y)) ** 2)
    root = np.sqrt(q + JIT)
    return scale * (1.0 + root + q / 3.0) * np.exp(-root)


def features(family: Family, inputs: Inputs, values: Values, x: Sequence[float]) -> Numbers:
    """The coordinates as the kernel sees them."""
    if not family.warping or not any(inputs.warped):
        return np.array(x, dtype=np.result_type(*values.values()))
    a, b = iter(values["warping_a"]), iter(values["warping_b"])
    bent = [warped(np.asarray(u), next(a), next(b)) if bends else u for u, bends in zip(x, inputs.warped, strict=True)]
    return np.array(bent)


def encoded(r: float, inputs: Inputs) -> float:
    """r~."""
    return min(max((r - 0.5 - EPS) / (inputs.max_resource - 2.0 * EPS), 0.0), 1.0)


def kappa(t: Any, values: Values) -> Any:
    """( beta / (t + beta) )^alpha."""
    beta = values["alpha"] / values["mean_lambda"]
    return (beta / (t + beta)) ** values["alpha"]


def gamma_term(theta: Any, mean: float, shape: float) -> Any:
    """The prior term of Gamma(mean, shape), section 2.2."""
    rate = shape / mean
    return (1.0 - shape) * np.log(theta) + rate * theta + math.lgamma(shape) - shape * math.log(rate)


def log_normal_term(theta: Any, mean: float, deviation: float) -> Any:
    """That of LogNormal(mean, deviation)."""
    return np.log(deviation * theta) + (np.log(theta) - mean) ** 2 / (2.0 * deviation**2)


def normal_term(theta: Any, mean: float, deviation: float) -> Any:
    """That of Normal(mean, deviation)."""
    return (theta - mean) ** 2 / (2.0 * deviation**2)


# ---- sections 3 to 5: mean and covariance of rows --------------------------------------------------------------------


def moments(
    family: Family,
    inputs: Inputs,
    values: Values,
    rows: Sequence[Row],
    observed: Mapping[int, Collection[int]] | None = None,
) -> tuple[Numbers, Numbers]:
    """Mean (n,) and covariance (n, n), with the noise of the rows that are noisy. ``observed``: the resources at which
    a trial has reported (ISSM with unit innovations)."""
    mean, covariance = {
        "gp_multitask": _multi_task,
        "gp_independent": _independent,
        "gp_expdecay": _exponential,
        "gp_issm": _state_space,
    }[family.kind](family, inputs, values, rows, observed or {})
    return np.array(mean), np.array(covariance)


Lists = tuple[list[Any], list[list[Any]]]


def _pairs(rows: Sequence[Row], entry: Callable[[int, int], Any]) -> list[list[Any]]:
    return [[entry(i, j) for j in range(len(rows))] for i in range(len(rows))]


def _multi_task(
    family: Family, inputs: Inputs, values: Values, rows: Sequence[Row], observed: Mapping[int, Collection[int]]
) -> Lists:
    u = [features(family, inputs, values, row.x) for row in rows]
    t = [encoded(row.r, inputs) for row in rows]
    mu = values["mean"]

    def k_x(i: int, j: int) -> Any:
        return matern(u[i], u[j], values["inverse_bandwidths"], values["covariance_scale"])

    def of_decay(delta: Any) -> tuple[list[Any], Callable[[int, int], Any]]:
        height = values["gamma"] - delta * mu

        def k(i: int, j: int) -> Any:
            one, other, both = kappa(t[i], values), kappa(t[j], values), kappa(t[i] + t[j], values)
            return k_x(i, j) * (1.0 - delta * (one + other - delta * both)) + height**2 * (both - one * other)

        return [mu + kappa(one, values) * height for one in t], k

    def freeze_thaw(i: int, j: int) -> Any:
        own = kappa(t[i] + t[j], values) - kappa(t[i], values) * kappa(t[j], values)
        return k_x(i, j) + (values["gamma"] ** 2 * own if rows[i].x == rows[j].x else 0.0)

    def with_resource(i: int, bends: bool) -> Numbers:
        last: Any = t[i]
        if bends:
            last = warped(np.asarray(last), values["resource_warping_a"], values["resource_warping_b"])
        return np.append(u[i], last)

    def of_both(bends: bool) -> Callable[[int, int], Any]:
        z = [with_resource(i, bends) for i in range(len(rows))]
        return lambda i, j: matern(z[i], z[j], values["inverse_bandwidths"], values["covariance_scale"])

    def cross_validation(i: int, j: int) -> Any:
        folds = max(one * inputs.max_resource + 0.5 for one in (t[i], t[j]))
        x, y = np.array(rows[i].x), np.array(rows[j].x)
        residual = matern(x, y, values["residual_inverse_bandwidth"], values["residual_covariance_scale"])
        return k_x(i, j) + residual / folds

    constant = [mu] * len(rows)
    match family.kernel:
        case "exp-decay-sum":
            mean, k = of_decay(0.0)
        case "exp-decay-delta1":
            mean, k = of_decay(1.0)
        case "exp-decay-combined":
            mean, k = of_decay(values["delta"])
        case "freeze-thaw":
            mean, k = [mu + values["gamma"] * kappa(one, values) for one in t], freeze_thaw
        case "matern52":
            mean, k = constant, of_both(bends=False)
        case "matern52-res-warp":
            mean, k = constant, of_both(bends=True)
        case "cross-validation":
            mean, k = constant, cross_validation
        case other:
            raise AssertionError(other)
    noise = [values["noise_variance"] if row.noisy else 0.0 for row in rows]
    return mean, _pairs(rows, lambda i, j: k(i, j) + (noise[i] if i == j else 0.0))


def _independent(
    family: Family, inputs: Inputs, values: Values, rows: Sequence[Row], observed: Mapping[int, Collection[int]]
) -> Lists:
    u = [features(family, inputs, values, row.x) for row in rows]
    level = [inputs.levels.index(row.r) for row in rows]

    def noise(i: int) -> Any:
        if not rows[i].noisy:
            return 0.0
        return values["noise_variances"][level[i]] if family.separate_noise_variances else values["noise_variance"]

    def k(i: int, j: int) -> Any:
        if level[i] != level[j]:
            return 0.0
        share = matern(u[i], u[j], values["inverse_bandwidths"], values["covariance_scales"][level[i]])
        return share + (noise(i) if i == j else 0.0)

    return [values["means"][one] for one in level], _pairs(rows, k)


def _curve_of(row: Row) -> object:
    return row.trial if row.trial >= 0 else row.x


def _exponential(
    family: Family, inputs: Inputs, values: Values, rows: Sequence[Row], observed: Mapping[int, Collection[int]]
) -> Lists:
    u = [features(family, inputs, values, row.x) for row in rows]
    t = [encoded(row.r, inputs) if family.normalize_resource else float(row.r) for row in rows]

    def k(i: int, j: int) -> Any:
        total = matern(u[i], u[j], values["inverse_bandwidths"], values["covariance_scale"])
        if _curve_of(rows[i]) == _curve_of(rows[j]):
            own = kappa(t[i] + t[j], values) - kappa(t[i], values) * kappa(t[j], values)
            total = total + values["gamma"] ** 2 * own
        return total + (values["noise_variance"] if i == j and rows[i].noisy else 0.0)

    return [values["mean"] + values["gamma"] * kappa(one, values) for one in t], _pairs(rows, k)


def _state_space(
    family: Family, inputs: Inputs, values: Values, rows: Sequence[Row], observed: Mapping[int, Collection[int]]
) -> Lists:
    """Every value is h + a constant + a sum of innovations; a list says how often each one counts."""
    u = [features(family, inputs, values, row.x) for row in rows]
    alpha, beta, last = values["alpha"], values["beta"], inputs.max_resource
    gamma = 1.0 if family.gamma_is_one else values["gamma"]
    a = [0.0] + [alpha * r ** (alpha - 1.0) * np.exp(beta) for r in range(1, last + 1)]

    def constant_and_innovations(row: Row) -> tuple[Any, list[Any]]:
        constant, counts = 0.0, [0.0] * (last + 1)
        for r in range(last, row.r, -1):  # f_{r-1} = f_r - a_r (1 + gamma eps_r)
            constant, counts[r] = constant - a[r], counts[r] - a[r] * gamma
        if row.noisy:
            counts[row.r] += 1.0
        return constant, counts

    def variance(trial: int, r: int) -> Any:
        seen = r in observed.get(trial, ())
        return 1.0 if family.unit_innovations and not seen else values["noise_variance"]

    parts = [constant_and_innovations(row) for row in rows]

    def k(i: int, j: int) -> Any:
        total = matern(u[i], u[j], values["inverse_bandwidths"], values["covariance_scale"])
        if _curve_of(rows[i]) != _curve_of(rows[j]):
            return total
        one, other, trial = parts[i][1], parts[j][1], rows[i].trial
        return total + sum(one[r] * other[r] * variance(trial, r) for r in range(1, last + 1))

    return [values["mean"] + constant for constant, _ in parts], _pairs(rows, k)


# ---- Gaussian likelihood and conditioning ----------------------------------------------------------------------------


def cholesky(matrix: Numbers) -> Numbers:
    """L with L L^T = matrix (no conjugation, so that complex steps pass through)."""
    lower = np.zeros_like(matrix)
    for j in range(len(matrix)):
        lower[j, j] = np.sqrt(matrix[j, j] - lower[j, :j] @ lower[j, :j])
        lower[j + 1 :, j] = (matrix[j + 1 :, j] - lower[j + 1 :, :j] @ lower[j, :j]) / lower[j, j]
    return lower


def solve_lower(lower: Numbers, right: Numbers) -> Numbers:
    """L^-1 right."""
    solved = np.zeros(right.shape, dtype=np.result_type(lower, right))
    for i in range(len(lower)):
        solved[i] = (right[i] - lower[i, :i] @ solved[:i]) / lower[i, i]
    return solved


def negative_log_likelihood(mean: Numbers, covariance: Numbers, targets: Numbers) -> Any:
    """n/2 log(2 pi) + sum_i log L_ii + p^T p / 2."""
    lower = cholesky(covariance)
    p = solve_lower(lower, targets - mean)
    return 0.5 * len(targets) * math.log(2.0 * math.pi) + np.sum(np.log(np.diagonal(lower))) + 0.5 * (p @ p)


def resources_by_trial(rows: Sequence[Row]) -> dict[int, set[int]]:
    """At which resources the noisy rows of each trial are."""
    found: dict[int, set[int]] = {}
    for row in rows:
        if row.noisy:
            found.setdefault(row.trial, set()).add(row.r)
    return found


def likelihood(family: Family, inputs: Inputs, rows: Sequence[Row], targets: Numbers, values: Values) -> Any:
    """The negative log likelihood of the targets (n,) of noisy rows."""
    mean, covariance = moments(family, inputs, values, rows, resources_by_trial(rows))
    return negative_log_likelihood(mean, covariance, targets)


def conditioned(
    family: Family,
    inputs: Inputs,
    rows: Sequence[Row],
    targets: Numbers,
    wanted: Sequence[Row],
    values: Values,
    as_new: Collection[int] = (),
) -> tuple[Numbers, Numbers]:
    """Mean (m, F) and covariance (m, m) of the wanted rows given targets (n, F) of noisy rows. The innovations of the
    trials ``as_new`` count as not observed."""
    known = {trial: resources for trial, resources in resources_by_trial(rows).items() if trial not in as_new}
    n = len(rows)
    mean, covariance = moments(family, inputs, values, (*rows, *wanted), known)
    lower = cholesky(covariance[:n, :n]) if n else np.zeros((0, 0))
    solved = solve_lower(lower, covariance[:n, n:])
    white = solve_lower(lower, targets - mean[:n, None])
    return mean[n:, None] + solved.T @ white, covariance[n:, n:] - solved.T @ solved


# ---- derivatives -----------------------------------------------------------------------------------------------------

_STEP = 1e-40


def complex_step(function: Callable[[Values], Any], values: Values) -> Gradient:
    """The derivative of a function of parameters in each of their entries, exact up to rounding."""
    gradient = {}
    for name, value in values.items():
        gradient[name] = np.zeros(np.shape(value))
        for index in np.ndindex(*np.shape(value)):
            moved = np.array(value, dtype=np.complex128)
            moved[index] += 1j * _STEP
            gradient[name][index] = np.imag(function({**values, name: moved})) / _STEP
    return gradient


def central_differences(function: Callable[[Numbers], float], at: Numbers, step: float = 1e-3) -> Numbers:
    """The gradient of a function of a vector, of fourth order in the step."""
    gradient = np.zeros(at.shape)
    for index in np.ndindex(*at.shape):
        unit = np.zeros(at.shape)
        unit[index] = step
        near, far = (function(at + times * unit) - function(at - times * unit) for times in (1.0, 2.0))
        gradient[index] = (8.0 * near - far) / (12.0 * step)
    return gradient
