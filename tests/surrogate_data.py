"""Which small data do tests of surrogates share? Five short curves, and all that a posterior says."""

from typing import Any, Final

import numpy as np
import pytest

from property_tests.dense_twins import Family, Row
from property_tests.surrogate_cases import ADDITIVE, FAMILIES, at_rows, label, model_of
from pure_hb.draws import KeyedDraws
from pure_hb.surrogate import Inputs, Observations, observations
from pure_hb.surrogate.arrays import Array, Values

INPUTS = Inputs(("a", "b"), 9, (True, False), (1, 3, 9))
DRAWS = KeyedDraws(0, 0)
every_family: Final = pytest.mark.parametrize("family", FAMILIES, ids=label)
additive_families: Final = pytest.mark.parametrize("family", ADDITIVE, ids=label)


def curves(*values: tuple[float, ...], x: tuple[tuple[float, ...], ...] = ()) -> tuple[tuple[Row, ...], Array]:
    """Rows of one trial for each tuple of values, at 1, 3, 9, and the values."""
    places = x or tuple((0.3 * (number + 1) % 1.0, 0.7 * (number + 1) % 1.0) for number in range(len(values)))
    rows = [
        Row(place, r, trial, noisy=True)
        for trial, (place, curve) in enumerate(zip(places, values, strict=True))
        for r, _ in zip((1, 3, 9), curve, strict=False)
    ]
    return tuple(rows), np.array([value for curve in values for value in curve])


ROWS, TARGETS = curves((1.0, 0.4, 0.1), (0.8, 0.5), (-0.2,), (0.3, 0.2, 0.1), (-1.0,))


def data(rows: tuple[Row, ...] = ROWS, targets: Any = TARGETS) -> Observations:
    return observations(at_rows(rows, len(rows[0].x)), targets)


def initial(family: Family, inputs: Inputs = INPUTS) -> Values:
    return model_of(family).specification(inputs).initial.as_arrays()


def answers(family: Family, given: Observations, values: Values, inputs: Inputs = INPUTS) -> list[Array]:
    """All that a posterior says, at training points and elsewhere, and after one observation more."""
    posterior = model_of(family).posterior(inputs, given, values)
    new = at_rows((Row((0.45, 0.15), 1, 901), Row((0.45, 0.15), 9, 901)), 2)
    said: list[Array] = []
    for known in (posterior, posterior.condition(observations(new.rows(np.array([0])), [0.3]))):
        for at in (given.points, new):
            prediction, pull = known.predict_and_pull(at)
            said += [prediction.mean, prediction.variance, known.predict(at).mean, known.covariance(at)]
            said += [known.sample(at, np.ones((len(at), 2))), pull(np.ones_like(prediction.mean), np.ones(len(at)))]
            assert (prediction.variance > 0.0).all()
    return said


def is_finite(said: list[Array]) -> bool:
    return all(np.isfinite(one).all() for one in said)
