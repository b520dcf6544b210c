"""Half-rank warping: what it keeps, what it bends, and that one diverged value hides nothing any more."""

import itertools

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pure_hb.surrogate.half_rank import half_ranked
from pure_hb.surrogate.table import standardisation

VALUES = arrays.arrays(np.float64, st.integers(0, 30), elements=st.floats(allow_nan=False, allow_infinity=False))
TAME = arrays.arrays(np.float64, st.integers(2, 30), elements=st.integers(-50, 50).map(float))


@given(VALUES)
def test_it_is_finite_and_keeps_order_ties_and_the_better_half(values: np.ndarray) -> None:
    warped = half_ranked(values)
    assert np.isfinite(warped).all()
    order = np.argsort(values, kind="stable")
    assert (np.diff(warped[order]) >= 0.0).all()
    better = order[: (len(values) + 1) // 2]
    assert (warped[better] == values[better]).all()
    for i, j in itertools.pairwise(order):
        assert values[i] != values[j] or warped[i] == warped[j]


@given(TAME, st.sampled_from([0.125, 4.0, 1024.0]), st.integers(-1000, 1000))
def test_it_follows_a_change_of_units(values: np.ndarray, scale: float, shift: int) -> None:
    np.testing.assert_allclose(
        half_ranked(scale * values + shift), scale * half_ranked(values) + shift, rtol=1e-12, atol=1e-9 * scale
    )


@given(TAME, st.floats(1e3, 1e300))
def test_how_bad_the_worst_is_does_not_matter(values: np.ndarray, bad: float) -> None:
    changed = np.append(values, bad)
    assume(np.sort(changed)[0] < np.sort(changed)[len(changed) // 2])  # else nothing is warped
    np.testing.assert_array_equal(half_ranked(np.append(values, 1e3)), half_ranked(changed))


def test_one_diverged_value_hides_nothing() -> None:
    values = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 1e27])
    plain, warped = standardisation(values), standardisation(half_ranked(values))
    assert (0.2 - 0.1) / plain.scale < 1e-20
    assert (0.2 - 0.1) / warped.scale > 0.2


def test_by_hand() -> None:
    warped = half_ranked(np.array([1.0, 2.0, 3.0, 4.0, 100.0]))
    sigma = np.sqrt((4.0 + 1.0 + 0.0) / 3.0)
    np.testing.assert_allclose(warped, [1.0, 2.0, 3.0, 3.0 + sigma * 0.5244005127, 3.0 + sigma * 1.2815515655])
