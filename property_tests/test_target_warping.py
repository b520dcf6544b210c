"""Warped targets: what they keep, what they bend, and that one diverged value hides nothing any more."""

import itertools

import numpy as np
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pure_hb.surrogate.training_data import half_ranked, level_scores, standardisation

VALUES = arrays.arrays(np.float64, st.integers(0, 30), elements=st.floats(allow_nan=False, allow_infinity=False))
TAME = arrays.arrays(np.float64, st.integers(2, 30), elements=st.integers(-50, 50).map(float))


@given(VALUES)
@example(np.array([5e-324, 5e-324]))
@example(np.array([-1.0, 5e-324, 5e-324]))
@example(np.array([0.0, 1.4396742e308, 1.4396742e308]))
@example(np.array([0.0, 1.4e308, 1.5e308, 1.6e308, 1.7e308]))
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


# ---- ranks -----------------------------------------------------------------------------------------------------------

LEVELS = (1, 3, 9)


@given(VALUES, st.data())
def test_scores_keep_order_and_ties_at_each_level(values: np.ndarray, data: st.DataObject) -> None:
    resource = np.array([data.draw(st.sampled_from(LEVELS)) for _ in values], dtype=np.intp)
    scores = level_scores(values, resource)
    assert np.isfinite(scores).all()
    for level in LEVELS:
        here = resource == level
        order = np.argsort(values[here], kind="stable")
        ordered, scored = values[here][order], scores[here][order]
        assert ((np.diff(scored) > 0.0) == (np.diff(ordered) > 0.0)).all()


@given(st.data())
def test_losses_leave_order_and_ties_and_move_nobody_up(data: st.DataObject) -> None:
    """Curves of a few trials, some of which end by a loss."""
    values, resource, trial, missing = list[float](), list[int](), list[int](), list[bool]()
    for number in range(data.draw(st.integers(1, 12))):
        reached = data.draw(st.integers(1, len(LEVELS)))
        values += data.draw(st.lists(st.integers(0, 5).map(float), min_size=reached, max_size=reached))
        resource += LEVELS[:reached]
        trial += [number] * reached
        missing += [*([False] * (reached - 1)), data.draw(st.booleans())]
    v, r, t, gone = np.array(values), np.array(resource), np.array(trial), np.array(missing)
    scores, without = level_scores(v, r, gone, t), level_scores(v, r, gone)
    assert np.isfinite(scores).all()
    assert (scores >= without).all()
    np.testing.assert_array_equal(scores[gone], without[gone])
    for level in LEVELS:
        here = (r == level) & ~gone
        order = np.argsort(v[here], kind="stable")
        assert ((np.diff(scores[here][order]) > 0.0) == (np.diff(v[here][order]) > 0.0)).all()
    if not gone.any():
        np.testing.assert_array_equal(scores, without)


@given(VALUES, st.sampled_from([0.125, 4.0, 1024.0]))
def test_scores_know_no_units(values: np.ndarray, scale: float) -> None:
    resource = np.ones(len(values), dtype=np.intp)
    tame = np.clip(values, -1e300, 1e300)
    assume(len(np.unique(tame)) == len(np.unique(tame * scale)))
    np.testing.assert_array_equal(level_scores(tame, resource), level_scores(tame * scale, resource))


def test_who_was_stopped_counts_as_worse_than_who_went_on() -> None:
    """Six trials; the best two went on to level 3, where they changed places."""
    values = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.09, 0.08])
    resource = np.array([1, 1, 1, 1, 1, 1, 3, 3])
    scores = level_scores(values, resource)
    np.testing.assert_allclose(scores[:6], [-1.38299413, -0.67448975, -0.21042839, 0.21042839, 0.67448975, 1.38299413])
    np.testing.assert_allclose(scores[6:], [-0.67448975, -1.38299413])
