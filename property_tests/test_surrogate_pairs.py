"""Is a symmetric matrix the same as the vector of its pairs? Against numpy, for any number of things."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_tests.surrogate_cases import examples
from pure_hb.surrogate import Base, Inputs, ResourceKernel, points
from pure_hb.surrogate.arrays import Array, Buffers
from pure_hb.surrogate.layout import layout
from pure_hb.surrogate.pairs import Pairs

SEEDS = st.integers(0, 2**32 - 1)


def positive(n: int, rng: np.random.Generator) -> Array:
    root = rng.normal(size=(n, n))
    return np.asarray(root @ root.T + np.eye(n))


@given(n=st.integers(1, 40), seed=SEEDS)
@examples(1.0)
def test_a_vector_of_pairs_has_each_entry_once(n: int, seed: int) -> None:
    rng, pairs = np.random.default_rng(seed), Pairs(n)
    matrix = positive(n, rng)
    vector = pairs.of(matrix)
    assert len(vector) == len(pairs) == n * (n + 1) // 2
    assert sorted(vector.tolist()) == sorted(matrix[np.tril_indices(n)].tolist())
    assert np.array_equal(np.tril(pairs.lower(vector)), np.tril(matrix))
    assert np.array_equal(vector[pairs.diagonal], np.diagonal(matrix))
    assert np.array_equal(pairs.identity, pairs.of(np.eye(n)))
    right = rng.normal(size=(n, 3))
    assert pairs.times(vector, right) == pytest.approx(matrix @ right)


@given(n=st.integers(1, 40), seed=SEEDS)
@examples(1.0)
def test_equations_are_solved_in_place(n: int, seed: int) -> None:
    rng, pairs = np.random.default_rng(seed), Pairs(n)
    matrix, right = positive(n, rng), rng.normal(size=n)
    work = pairs.of(matrix)
    assert pairs.factorise(work)
    assert np.tril(pairs.lower(work)) == pytest.approx(np.linalg.cholesky(matrix), abs=1e-9)
    assert pairs.solve(work, right) == pytest.approx(np.linalg.solve(matrix, right), rel=1e-6, abs=1e-6)
    pairs.invert(work)
    pairs.subtract_outer(work, right)
    expected = np.linalg.inv(matrix) - np.outer(right, right)
    assert work == pytest.approx(pairs.of(expected), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("n", [1, 2, 3, 8, 9])
@pytest.mark.parametrize("bad", [-1.0, float("nan")])
def test_what_is_not_positive_definite_has_no_factor(n: int, bad: float) -> None:
    pairs = Pairs(n)
    for thing in range(n):
        matrix = np.eye(n)
        matrix[thing, thing] = bad
        assert not pairs.factorise(pairs.of(matrix))


@given(counts=st.lists(st.integers(0, 4), min_size=1, max_size=8).filter(any), levels=st.integers(1, 4), seed=SEEDS)
@examples(1.0)
def test_parts_cover_the_points_and_derivatives_go_back(counts: list[int], levels: int, seed: int) -> None:
    """Configurations with so many points each, in any order; some configurations have none."""
    rng = np.random.default_rng(seed)
    owner = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    at = layout(points(rng.uniform(size=(len(counts), 2))[owner], rng.integers(1, levels + 1, len(owner))))
    of, buffers = at.points, Buffers()
    over_x = positive(len(of.configurations), rng)
    over_r = positive(len(of.levels), rng)
    spread_x = at.by_configuration.spread(at.distinct.of(over_x), buffers, "x")
    spread_r = at.spread_levels(over_r, buffers, "r")
    assert np.array_equal(spread_x, at.pairs.of(over_x[np.ix_(of.configuration, of.configuration)]))
    assert np.array_equal(spread_r, at.pairs.of(over_r[np.ix_(of.level, of.level)]))
    weights = rng.normal(size=len(at.pairs))
    back_x, back_r = at.by_configuration.gather(weights), at.gather_levels(weights)
    assert back_x @ at.distinct.of(over_x) == pytest.approx(weights @ spread_x)
    assert np.vdot(back_r, over_r) == pytest.approx(weights @ spread_r)
    assert at.sums_by_level(np.ones(len(of))).tolist() == np.bincount(of.level).tolist()


@given(n=st.integers(1, 9), d=st.integers(0, 4), ard=st.booleans(), warping=st.booleans(), seed=SEEDS)
@examples(1.0)
def test_a_kernel_within_a_set_is_that_between_the_set_and_itself(
    n: int, d: int, ard: bool, warping: bool, seed: int
) -> None:
    rng, base, inputs = np.random.default_rng(seed), Base(ard, warping), Inputs(("x",) * d, 9, (True,) * d)
    x = rng.uniform(size=(n, d))[rng.integers(0, n, n)]
    values = {
        "covariance_scale": np.asarray(rng.uniform(0.5, 2.0)),
        "inverse_bandwidths": rng.uniform(0.1, 3.0, d if ard else 1),
        "warping_a": rng.uniform(0.5, 2.0, d),
        "warping_b": rng.uniform(0.5, 2.0, d),
    }
    pairs = Pairs(n)
    kernel = ResourceKernel(base)
    within = kernel.of_configurations(values, x, pairs, inputs, Buffers())
    between = kernel.of_configurations(values, x, x.copy(), inputs, Buffers())
    assert within.matrices[0] == pytest.approx(pairs.of(between.matrices[0]), rel=1e-6)
    weights = rng.normal(size=len(pairs))
    lower = np.tril(pairs.lower(weights))
    ours, theirs = within.pull((weights,)), between.pull((lower,))
    assert set(ours) == set(theirs)
    for name, found in ours.items():
        assert found == pytest.approx(theirs[name], rel=1e-6, abs=1e-9), name
        assert np.shape(found) == values[name].shape
    both = between.pull_x((lower,)) + between.pull_x((lower.T,))
    assert within.pull_x((weights,)) == pytest.approx(both, rel=1e-6, abs=1e-9)
