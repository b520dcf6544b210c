"""Is a posterior a value that depends on its observations alone? Conditioning, order, columns, samples."""

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from property_tests.dense_twins import Family
from property_tests.surrogate_cases import (
    ADDITIVE,
    FAMILIES,
    Case,
    at_rows,
    cases,
    examples,
    label,
)
from pure_hb.surrogate import Posterior, observations
from pure_hb.surrogate.arrays import Array

every_family = pytest.mark.parametrize("family", FAMILIES, ids=label)
columns = st.integers(1, 3)


def same(ours: Posterior, theirs: Posterior, case: Case, tolerance: float = 1e-9) -> None:
    """Both say the same of the wanted points, in every way there is to ask."""

    def close(a: Array, b: Array, lost: float = 1.0) -> bool:
        scale = max(1.0, float(np.max(np.abs(b), initial=0.0)))  # huge at the end of a warped coordinate
        return a.shape == b.shape and float(np.max(np.abs(a - b), initial=0.0)) <= lost * tolerance * scale

    one, other = ours.predict(case.at), theirs.predict(case.at)
    assert close(one.mean, other.mean)
    assert close(ours.mean(case.at), one.mean)
    assert close(one.variance, other.variance)
    assert close(ours.covariance(case.at), theirs.covariance(case.at))
    normals = case.rng.normal(size=(len(case.wanted), 2))
    assert ours.sample(case.at, normals).shape == theirs.sample(case.at, normals).shape
    on_mean, on_variance = case.rng.normal(size=one.mean.shape), case.rng.normal(size=len(case.wanted))
    first, second = ours.predict_and_pull(case.at)[1], theirs.predict_and_pull(case.at)[1]
    for weights in ((on_mean, 0.0 * on_variance), (0.0 * on_mean, on_variance)):  # together they may cancel
        assert close(first(*weights), second(*weights), lost=10.0)


# ---- conditioning ----------------------------------------------------------------------------------------------------


@every_family
@given(data=st.data())
@examples(0.2)
def test_one_by_one_is_at_once_is_from_scratch(family: Family, data: st.DataObject) -> None:
    """Known trials go on, gaps are filled, new trials come, in any order."""
    case = data.draw(cases(family, columns=columns))
    n = len(case.rows)
    begin = data.draw(st.integers(0, n))
    scratch = case.model.posterior(case.inputs, case.data, case.values)
    first = case.model.posterior(case.inputs, case.part(slice(0, begin)), case.values)
    before = first.predict(case.at)
    one_by_one = first
    for number in range(begin, n):
        one_by_one = one_by_one.condition(case.part([number]))
    same(first.condition(case.part(slice(begin, n))), scratch, case)
    same(one_by_one, scratch, case)
    again = first.predict(case.at)
    assert np.array_equal(before.mean, again.mean), "a posterior is a value"
    assert np.array_equal(before.variance, again.variance)


@every_family
@given(data=st.data())
@examples(0.1)
def test_fantasies_share_what_was_observed(family: Family, data: st.DataObject) -> None:
    """Several columns for the last rows, one for those before: as if the first had been repeated."""
    case = data.draw(cases(family, columns=st.integers(2, 3)))
    n, f = case.targets.shape
    begin = data.draw(st.integers(0, n - 1))
    targets = case.targets.copy()
    targets[:begin] = targets[:begin, :1]
    case = evolve(case, targets=targets)
    one_column = observations(case.part(slice(0, begin)).points, targets[:begin, :1])
    first = case.model.posterior(case.inputs, one_column, case.values)
    scratch = case.model.posterior(case.inputs, case.data, case.values)
    same(first.condition(case.part(slice(begin, n))), scratch, case)
    middle = data.draw(st.integers(begin + 1, n))
    known = first.condition(case.part(slice(begin, middle)))
    same(known.condition(case.part(slice(middle, n))), scratch, case)
    last = known.condition(observations(case.part(slice(middle, n)).points, targets[middle:, :1]))
    assert last.predict(case.at).mean.shape == (len(case.wanted), f), "one column holds for all fantasies"


@every_family
@given(data=st.data())
@examples(0.1)
def test_every_column_is_as_if_it_were_alone(family: Family, data: st.DataObject) -> None:
    case = data.draw(cases(family, columns=st.integers(2, 3)))
    together = case.model.posterior(case.inputs, case.data, case.values).predict(case.at)
    for column in range(case.targets.shape[1]):
        data_alone = observations(case.data.points, case.targets[:, column])
        alone = case.model.posterior(case.inputs, data_alone, case.values).predict(case.at)
        assert np.allclose(together.mean[:, [column]], alone.mean, rtol=1e-9, atol=1e-9)
        assert np.allclose(together.variance, alone.variance, rtol=1e-9, atol=1e-9)


# ---- order -----------------------------------------------------------------------------------------------------------


@every_family
@given(data=st.data())
@examples(0.1)
def test_the_order_of_observations_does_not_matter(family: Family, data: st.DataObject) -> None:
    case = data.draw(cases(family))
    order = data.draw(st.permutations(range(len(case.rows))))
    shuffled = case.part(list(order))
    one = case.model.likelihood(case.inputs, case.data)(case.values)
    other = case.model.likelihood(case.inputs, shuffled)(case.values)
    assert one.value == pytest.approx(other.value, rel=1e-10, abs=1e-10)
    for name in one.gradient:
        scale = 1.0 + float(np.max(np.abs(one.gradient[name]), initial=0.0))
        assert np.allclose(one.gradient[name], other.gradient[name], rtol=0.0, atol=1e-9 * scale), name
    first, second = (case.model.posterior(case.inputs, rows, case.values) for rows in (case.data, shuffled))
    same(first, second, case, tolerance=1e-8)


@every_family
@given(data=st.data())
@examples(0.1)
def test_the_order_of_questions_does_not_matter(family: Family, data: st.DataObject) -> None:
    """Points that are asked together, one at a time, and often: blocks and equal configurations change nothing."""
    case = data.draw(cases(family, columns=columns))
    posterior = case.model.posterior(case.inputs, case.data, case.values)
    together = posterior.predict(case.at)
    rows = case.wanted * 40  # more than a block
    often = posterior.predict(at_rows(rows, case.inputs.dimension))
    for number, row in enumerate(case.wanted):
        alone = posterior.predict(at_rows((row,), case.inputs.dimension))
        assert np.allclose(together.mean[number], alone.mean[0], rtol=1e-9, atol=1e-9)
        assert np.allclose(together.variance[number], alone.variance[0], rtol=1e-9, atol=1e-9)
    assert np.allclose(often.mean, np.tile(together.mean, (40, 1)), rtol=1e-9, atol=1e-9)
    assert np.allclose(often.variance, np.tile(together.variance, 40), rtol=1e-9, atol=1e-9)


# ---- what an observation does ----------------------------------------------------------------------------------------


@every_family
@given(data=st.data())
@examples(0.1)
def test_an_observation_never_adds_variance(family: Family, data: st.DataObject) -> None:
    """Anywhere; and where it was made, f keeps var sigma^2 / (var + sigma^2), if the noise is of its own."""
    if family.unit_innovations:
        return  # not a joint distribution: an innovation has another variance once it is observed
    case = data.draw(cases(family))
    number = data.draw(st.integers(0, len(case.rows) - 1))
    rest = [other for other in range(len(case.rows)) if other != number]
    at = at_rows((*case.wanted, case.rows[number]), case.inputs.dimension)
    before = case.model.posterior(case.inputs, case.part(rest), case.values).predict(at).variance
    after = case.model.posterior(case.inputs, case.data, case.values).predict(at).variance
    assert np.all(after <= before + 1e-7)
    assert after[-1] < before[-1]
    if family.kind != "gp_issm":
        names = {"noise_variance", "noise_variances"}.intersection(case.values)
        levels = np.broadcast_to(case.values[names.pop()], len(case.inputs.levels))
        sigma2 = float(levels[case.inputs.levels.index(case.rows[number].r)])
        assert after[-1] == pytest.approx(before[-1] * sigma2 / (before[-1] + sigma2), rel=1e-5)


# ---- samples ---------------------------------------------------------------------------------------------------------


@every_family
@given(data=st.data())
@examples(0.1)
def test_samples_have_the_moments_of_the_posterior(family: Family, data: st.DataObject) -> None:
    """A sample is affine in its normal numbers: mean + L normals, L L^T = covariance + jitter."""
    case = data.draw(cases(family, columns=columns))
    posterior = case.model.posterior(case.inputs, case.data, case.values)
    m, f = len(case.wanted), case.targets.shape[1]
    mean = posterior.predict(case.at).mean
    drawn_ones = posterior.sample(case.at, np.concatenate((np.zeros((m, 1)), np.eye(m)), axis=1))
    assert drawn_ones.shape == ((m, m + 1) if f == 1 else (m, f, m + 1))
    by_column = drawn_ones.reshape(m, f, m + 1)
    assert np.allclose(by_column[:, :, 0], mean, rtol=1e-12, atol=1e-12)
    wanted = posterior.covariance(case.at)
    for column in range(f):
        factor = by_column[:, column, 1:] - mean[:, [column]]
        jitter = 1e-8 * max(1.0, float(np.max(np.diagonal(wanted))))
        assert np.allclose(factor @ factor.T, wanted, rtol=1e-9, atol=jitter)
        assert np.allclose(factor, np.tril(factor)), "the first numbers decide the first points"
    normals = case.rng.normal(size=(m, 3))
    spread = by_column[:, 0, 1:] - mean[:, [0]]
    sample = posterior.sample(case.at, normals).reshape(m, f, 3)
    assert np.allclose(sample[:, 0], mean[:, [0]] + spread @ normals, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("family", ADDITIVE, ids=label)
@given(data=st.data())
@examples(0.1)
def test_a_further_value_at_a_known_resource_is_refused(family: Family, data: st.DataObject) -> None:
    case = data.draw(cases(family, columns=columns))
    posterior = case.model.posterior(case.inputs, case.data, case.values)
    number = data.draw(st.integers(0, len(case.rows) - 1))
    with pytest.raises(ValueError, match=r"trial \d+ has .* the first one stands"):
        posterior.condition(case.part([number]))
