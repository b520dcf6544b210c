"""Are surrogates values? Models, kernels and parameters: equal, hashable, frozen, printed, exact in JSON."""

import copy
import json
import math
from typing import Any

import numpy as np
import pytest
from attrs.exceptions import FrozenInstanceError

from pure_hb.protocol import Counts
from pure_hb.surrogate import (
    CURVES,
    KERNELS,
    Additive,
    Base,
    ExponentialCurve,
    FitOptions,
    Independent,
    Inputs,
    Model,
    MultiTask,
    ParameterError,
    Parameters,
    RefitOptions,
    StateSpaceCurve,
    points,
)
from pure_hb.surrogate.parameters import Specification

INPUTS = Inputs(("lr", "width"), 9, (True, False), (1, 3, 9))


def models() -> list[Model]:
    """One of each, made anew."""
    bases = [Base(ard, warping) for ard in (True, False) for warping in (True, False)]
    found: list[Model] = [MultiTask(make(base)) for make in KERNELS.values() for base in bases]
    found += [Independent(base, separate) for base in bases for separate in (True, False)]
    found += [Additive(ExponentialCurve(normalize), base) for base in bases for normalize in (True, False)]
    curves = [StateSpaceCurve(one, unit) for one in (True, False) for unit in (True, False)]
    return [*found, *(Additive(curve, base) for base in bases for curve in curves)]


NAMES = [repr(model) for model in models()]


# ---- models ----------------------------------------------------------------------------------------------------------


def test_models_are_equal_if_their_options_are_and_only_then() -> None:
    first, second = models(), models()
    assert first == second
    assert [hash(one) for one in first] == [hash(one) for one in second]
    assert len(set(first + second)) == len(first)
    assert len(set(NAMES)) == len(NAMES), "they print as what they are"


def test_defaults_are_the_documented_ones() -> None:
    assert MultiTask() == MultiTask(KERNELS["exp-decay-sum"](Base(ard=True, warping=False)))
    assert Independent() == Independent(Base(), separate_noise_variances=False)
    assert Additive() == Additive(ExponentialCurve(normalize_resource=False), Base())
    assert [curve().name for curve in CURVES] == ["gp_expdecay", "gp_issm"]
    assert {make(Base()).name for make in KERNELS.values()} == set(KERNELS)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (MultiTask(), "kernel"),
        (Independent(), "base"),
        (Additive(), "curve"),
        (Base(), "ard"),
        (StateSpaceCurve(), "gamma_is_one"),
        (INPUTS, "names"),
        (FitOptions(), "opt_maxiter"),
        (RefitOptions(), "opt_skip_period"),
        (Counts(), "observed"),
        (MultiTask().specification(INPUTS), "parameters"),
        (MultiTask().specification(INPUTS).initial, "values"),
        (MultiTask().specification(INPUTS).parameters[0], "lower"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_nothing_can_be_changed(value: Any, field: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, field, None)
    assert hash(value) == hash(copy.deepcopy(value))
    assert value == copy.deepcopy(value)


def test_arrays_of_points_cannot_be_written_to() -> None:
    at = points([[0.1, 0.2], [0.1, 0.2]], [1, 3], [0, 0])
    for array in (at.configurations, at.configuration, at.levels, at.level, at.trial):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


# ---- parameters ------------------------------------------------------------------------------------------------------


def some(specification: Specification) -> Parameters:
    """Numbers without a short decimal form."""
    low, high = specification.bounds
    vector = specification.to_vector(specification.initial.as_arrays()) + 0.1 * np.sin(np.arange(specification.size))
    return specification.to_parameters(np.clip(vector, low, high))


@pytest.mark.parametrize("model", models(), ids=NAMES)
def test_parameters_survive_json_exactly(model: Model) -> None:
    specification = model.specification(INPUTS)
    for parameters in (specification.initial, some(specification)):
        text = json.dumps(parameters.to_json(), allow_nan=False)
        again = specification.from_json(json.loads(text))
        assert again == parameters
        assert hash(again) == hash(parameters)
        assert json.dumps(again.to_json()) == text
        assert list(parameters) == [one.name for one in specification.parameters]


@pytest.mark.parametrize("model", models(), ids=NAMES)
def test_vectors_and_values_are_the_same_numbers(model: Model) -> None:
    specification = model.specification(INPUTS)
    vector = specification.to_vector(some(specification).as_arrays())
    low, high = specification.bounds
    assert vector.shape == low.shape == high.shape == (specification.size,)
    assert (low < high).all()
    assert specification.to_vector(specification.to_values(vector)) == pytest.approx(vector, rel=1e-14, abs=1e-14)
    shapes = {name: value.shape for name, value in specification.to_values(vector).items()}
    assert shapes == {name: value.shape for name, value in specification.initial.as_arrays().items()}


def test_parameters_print_with_their_names_and_units() -> None:
    assert repr(Independent().specification(INPUTS).initial).splitlines() == [
        "noise_variance               0.001   [target²]",
        "inverse_bandwidths           lr: 1, width: 1   [1/cube]",
        "covariance_scales            1: 1, 3: 1, 9: 1   [target²]",
        "means                        1: 0, 3: 0, 9: 0   [target]",
    ]
    warped = MultiTask(KERNELS["matern52"](Base(warping=True))).specification(INPUTS).initial
    assert "warping_a                    lr: 1" in repr(warped).splitlines()


def test_a_parameter_is_looked_up_by_its_name() -> None:
    parameters = MultiTask().specification(INPUTS).initial
    assert parameters["gamma"] == 0.5
    assert parameters["inverse_bandwidths"] == (1.0, 1.0)
    with pytest.raises(KeyError, match="no parameter 'lambda'; there are: noise_variance, alpha, mean_lambda, gamma"):
        parameters["lambda"]


def dict_of(parameters: Parameters) -> dict[str, float | tuple[float, ...]]:
    return {name: parameters[name] for name in parameters}


NUMBERS = MultiTask().specification(INPUTS).initial.to_json()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gamma": None}, r"gamma is None; it takes numbers"),
        ({"gamma": True}, r"gamma is True; it takes numbers"),
        ({"gamma": "0.5"}, r"gamma is '0.5'; it takes numbers"),
        ({"gamma": [0.5]}, r"gamma is \(0.5,\); it takes one number"),
        ({"gamma": 1.5}, r"gamma is 1.5, outside its bounds 0.0001 to 1"),
        ({"gamma": math.nan}, r"gamma is nan; it takes finite numbers"),
        ({"mean": math.inf}, r"mean is inf; it takes finite numbers"),
        ({"mean": -math.inf}, r"mean is -inf; it takes finite numbers"),
        ({"mean": 10**400}, r"mean is inf; it takes finite numbers"),
        ({"inverse_bandwidths": 1.0}, r"inverse_bandwidths is 1.0; it takes 2 numbers \(lr, width\)"),
        ({"inverse_bandwidths": [1.0]}, r"inverse_bandwidths is \(1.0,\); it takes 2 numbers \(lr, width\)"),
        ({"inverse_bandwidths": [1.0, 101.0]}, r"inverse_bandwidths is 101.0, outside its bounds 0.0001 to 100"),
        ({"inverse_bandwidths": [1.0, [1.0]]}, r"inverse_bandwidths is \[1.0\]; it takes numbers"),
        ({"delta": 0.5}, r"the model has the parameters alpha, .*; unknown: delta"),
    ],
)
def test_parameters_that_do_not_fit_are_refused_by_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        MultiTask().specification(INPUTS).from_json({**NUMBERS, **changes})


@pytest.mark.parametrize("name", NUMBERS)
def test_a_parameter_that_is_missing_is_named(name: str) -> None:
    numbers = {other: value for other, value in NUMBERS.items() if other != name}
    with pytest.raises(ParameterError, match=f"the model has the parameters .*; missing: {name}$"):
        MultiTask().specification(INPUTS).from_json(numbers)


def test_bounds_may_be_met_and_rounding_beyond_them_is_forgiven() -> None:
    specification = MultiTask().specification(INPUTS)
    for one in specification.parameters:
        for bound in filter(math.isfinite, (one.lower, one.upper)):
            value = bound if one.labels is None else (bound,) * one.size
            assert specification.checked({**dict_of(specification.initial), one.name: value})[one.name] == value
    for ends in specification.bounds:
        parameters = specification.to_parameters(np.where(np.isfinite(ends), ends, 0.0))  # exp(log(bound))
        assert specification.from_json(parameters.to_json()) == parameters


def test_integers_are_numbers_too() -> None:
    assert MultiTask().specification(INPUTS).from_json({**NUMBERS, "mean": 2})["mean"] == 2.0
