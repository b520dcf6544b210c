"""Do structure and shortcuts change no number? Likelihoods and posteriors beside the dense twins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_tests import dense_twins as twins
from property_tests.dense_twins import Family, Numbers, Row
from property_tests.surrogate_cases import ADDITIVE, FAMILIES, cases, examples, label
from pure_hb.surrogate import AdditivePosterior

every_family = pytest.mark.parametrize("family", FAMILIES, ids=label)
additive_families = pytest.mark.parametrize("family", ADDITIVE, ids=label)
columns = st.integers(1, 3)


def close(ours: Numbers, theirs: Numbers) -> bool:
    """Equal up to the guard of the Matern root, which is in matrices but not in single variances (5e-10 of c)."""
    assert ours.shape == theirs.shape
    return np.allclose(ours, theirs, rtol=1e-7, atol=1e-7)


@every_family
@given(data=st.data())
@examples(0.2)
def test_a_likelihood_is_that_of_the_dense_twin(family: Family, data: st.DataObject) -> None:
    case = data.draw(cases(family))
    found = case.model.likelihood(case.inputs, case.data)(case.values)
    expected = twins.likelihood(case.family, case.inputs, case.rows, case.targets[:, 0], case.values)
    assert found.jitter == 0.0
    assert found.value == pytest.approx(expected, rel=1e-9, abs=1e-9)


@every_family
@given(data=st.data())
@examples(0.2)
def test_a_posterior_is_the_gaussian_conditional(family: Family, data: st.DataObject) -> None:
    """At new configurations, and on the curves of known trials at resources where they have reported or not."""
    case = data.draw(cases(family, columns=columns))
    posterior = case.model.posterior(case.inputs, case.data, case.values)
    mean, covariance = twins.conditioned(case.family, case.inputs, case.rows, case.targets, case.wanted, case.values)
    prediction = posterior.predict(case.at)
    assert posterior.jitter == 0.0
    assert close(prediction.mean, mean)
    assert close(prediction.variance, np.diagonal(covariance))
    assert close(posterior.covariance(case.at), covariance)


@additive_families
@given(data=st.data())
@examples(0.2)
def test_the_rest_of_a_curve_is_the_gaussian_conditional(family: Family, data: st.DataObject) -> None:
    """Of a trial that is not in the data, whether or not its configuration is, given the values that it has."""
    case = data.draw(cases(family))
    last = case.inputs.max_resource
    seen = data.draw(st.sets(st.integers(1, last)))
    wanted = [r for r in range(1, last + 1) if r not in seen]
    x, new = data.draw(st.sampled_from([row.x for row in case.wanted])), 1000
    prefix = tuple(Row(x, r, new, noisy=True) for r in sorted(seen))
    targets = np.concatenate((case.targets, case.rng.normal(size=(len(prefix), 1))))
    posterior = case.model.posterior(case.inputs, case.data, case.values)
    assert isinstance(posterior, AdditivePosterior)
    resources, rest_at = np.array(sorted(seen), dtype=np.intp), np.array(wanted, dtype=np.intp)
    mean, covariance = posterior.rest_of_curve(np.array(x), resources, targets[len(case.rows) :, 0], rest_at)
    rest = [Row(x, r, new, noisy=True) for r in wanted]
    expected, joint = twins.conditioned(
        case.family, case.inputs, (*case.rows, *prefix), targets, rest, case.values, as_new=[new]
    )
    assert close(mean, expected[:, 0])
    assert close(covariance, joint)
