"""Are starts, bounds and priors of the parameters those of the documentation (docs/surrogates.md)? And do further
starts of a fit go where it says?"""

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pytest

from property_tests.dense_twins import gamma_term, log_normal_term, normal_term
from pure_hb.surrogate import KERNELS, Additive, Base, ExponentialCurve, Independent, Model, MultiTask, StateSpaceCurve
from pure_hb.surrogate.parameters import Parameter, Specification
from pure_hb.surrogate.priors import penalty
from tests.shared import ROOT
from tests.surrogate_data import INPUTS

INF: Final = math.inf
Prior = Callable[[float], float]


def flat(theta: float) -> float:
    return 0.0


def uniform(theta: float) -> float:
    return math.log(100.0 - 1e-4)


def gamma(mean: float, shape: float) -> Prior:
    return lambda theta: float(gamma_term(theta, mean, shape))


def log_normal(deviation: float) -> Prior:
    return lambda theta: float(log_normal_term(theta, 0.0, deviation))


def standard_normal(theta: float) -> float:
    return float(normal_term(theta, 0.0, 1.0))


NOISE: Final = (1e-3, 1e-9, 1e6, gamma(0.1, 0.1), "target²")
SCALE: Final = (1.0, 1e-3, 1e3, log_normal(1.0), "target²")
WARP: Final = (1.0, 0.25, 4.0, log_normal(0.75), "")
TABLE: Final[dict[str, tuple[float, float, float, Prior, str]]] = {
    "noise_variance": NOISE,
    "noise_variances": NOISE,
    "covariance_scale": SCALE,
    "covariance_scales": SCALE,
    "residual_covariance_scale": SCALE,
    "inverse_bandwidths": (1.0, 1e-4, 100.0, uniform, "1/cube"),
    "residual_inverse_bandwidth": (1.0, 1e-4, 100.0, uniform, "1/cube"),
    "mean": (0.0, -INF, INF, standard_normal, "target"),
    "means": (0.0, -INF, INF, standard_normal, "target"),
    "alpha": (1.0, 1e-6, 250.0, flat, ""),
    "mean_lambda": (0.5, 1e-4, 50.0, flat, "1/R"),
    "gamma": (0.5, 1e-4, 1.0, flat, "target"),
    "delta": (0.5, 0.0, 1.0, flat, ""),
    "resource_warping_a": WARP,
    "resource_warping_b": WARP,
    "warping_a": WARP,
    "warping_b": WARP,
    "alpha of gp_issm": (-0.5, -5.0, -1e-3, lambda theta: gamma(0.5, 0.1)(-theta), ""),
    "beta of gp_issm": (0.0, -5.0, 5.0, standard_normal, ""),
    "gamma of gp_issm": (1.0, 1e-3, 10.0, gamma(1.0, 0.1), ""),
    "mean_lambda of gp_expdecay": (0.5, 1e-4, 50.0, flat, "1/resource"),
}
"""Name -> start, lower and upper bound, prior term, unit."""


def models() -> dict[str, Model]:
    base = Base(warping=True)
    return {
        **{name: MultiTask(make(base)) for name, make in KERNELS.items()},
        "gp_independent": Independent(base),
        "separate": Independent(base, separate_noise_variances=True),
        "gp_expdecay": Additive(ExponentialCurve(), base),
        "normalised": Additive(ExponentialCurve(normalize_resource=True), base),
        "gp_issm": Additive(StateSpaceCurve(), base),
    }


def every() -> Iterator[tuple[str, Parameter]]:
    for kind, model in models().items():
        for one in model.specification(INPUTS).parameters:
            name = f"{one.name} of {kind}"
            yield (name if name in TABLE else one.name), one


@pytest.mark.parametrize(("name", "one"), list(every()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_parameter_has_the_start_the_bounds_and_the_prior_of_the_table(name: str, one: Parameter) -> None:
    initial, lower, upper, term, unit = TABLE[name]
    assert (one.initial, one.lower, one.upper, one.unit) == (initial, lower, upper, unit)
    low, high = max(lower, -3.0), min(upper, 3.0)
    for theta in np.linspace(low + 0.01 * (high - low), high - 0.01 * (high - low), 5).tolist():
        assert penalty(one.prior, np.array([theta]))[0] == pytest.approx(term(theta), rel=1e-12)


def test_the_table_of_the_documentation_says_the_same() -> None:
    text = (ROOT / "docs" / "surrogates.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("| `")]
    found = {row[0].strip(): [cell.strip() for cell in row] for row in rows if len(row) == 7}
    for name in ("noise_variance", "covariance_scale", "inverse_bandwidths", "alpha", "mean_lambda", "gamma", "delta"):
        initial, lower, upper, *_ = TABLE[name]
        assert found[f"`{name}`"][4] == f"{initial:g}"
        ends = [float(end) for end in found[f"`{name}`"][5].split(" to ")]
        assert ends == [lower, upper]
    assert found["`warping_a`, `warping_b`"][4:6] == ["1", "0.25 to 4"]


def test_with_the_log_normal_prior_the_median_of_a_bandwidth_is_1() -> None:
    (one,) = [p for p in MultiTask(KERNELS["matern52"](Base(prior="log_normal"))).specification(INPUTS).parameters
              if p.name == "inverse_bandwidths"]  # fmt: skip
    for theta in (0.2, 1.0, 5.0):
        assert penalty(one.prior, np.array([theta]))[0] == pytest.approx(log_normal(1.0)(theta))


# ---- further starts --------------------------------------------------------------------------------------------------


def natural(specification: Specification, vector: Any) -> dict[str, Any]:
    return {name: value.tolist() for name, value in specification.to_values(vector).items()}


def test_the_second_start_has_little_noise_and_every_coordinate_relevant() -> None:
    specification = MultiTask(KERNELS["exp-decay-sum"](Base(warping=True))).specification(INPUTS)
    end = {
        one.name: np.full(one.size, 0.3).reshape(() if one.labels is None else (-1,))
        for one in specification.parameters
    }
    end["gamma"], end["inverse_bandwidths"] = np.array(0.01), np.array([1e-4, 7.0])
    again = natural(specification, specification.again(specification.to_vector(end)))
    assert again["noise_variance"] == pytest.approx(1e-6)
    assert again["inverse_bandwidths"] == pytest.approx([0.5, 7.0])
    assert again["gamma"] == pytest.approx(0.1)
    for name in ("covariance_scale", "alpha", "mean_lambda", "mean"):
        assert again[name] == pytest.approx(0.3)
    assert again["warping_a"] == pytest.approx([0.3])


def test_the_third_start_takes_everything_for_noise() -> None:
    for model in models().values():
        specification = model.specification(INPUTS)
        first = specification.to_vector(specification.initial.as_arrays())
        found, before = (natural(specification, one) for one in (specification.opposite(first), first))
        for name, value in found.items():
            expected = np.ones_like(value) if name.startswith("noise") else before[name]
            assert value == pytest.approx(expected)
