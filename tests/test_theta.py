"""Does theta say which levels rank configurations as the highest level does? By hand, and in a small world."""

from typing import Any

import numpy as np
import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.draws import KeyedDraws
from pure_hb.protocol import Learned, Named, Theta
from pure_hb.search import HyperTune
from pure_hb.search.belief import Situation, fitted_rows, situation
from pure_hb.search.hyper_tune import (
    adapted,
    bracket_weights,
    ensemble,
    estimate_theta,
    fold_sizes,
    highest_supported,
    odds,
    ranking_loss,
    theta,
)
from pure_hb.search.view import Known, View
from pure_hb.surrogate import standardised

LINE = hb.Space(x=hb.Float(0.0, 1.0))


def test_theta_counts_in_how_many_samples_a_level_ranks_best() -> None:
    """Two samples are won by level 1, the last one of them together with level 9; two by level 9, none by level 3."""
    losses = {1: np.array([0.1, 0.5, 0.2]), 3: np.array([0.6, 0.7, 0.3]), 9: np.array([0.2, 0.4, 0.2])}
    assert theta(losses) == pytest.approx({1: 0.5, 3: 0.0, 9: 0.5})
    assert theta({1: np.array([0.1, 0.1, 0.3]), 3: np.array([0.2, 0.2, 0.2])}) == pytest.approx({1: 2 / 3, 3: 1 / 3})


def test_a_ranking_loss_is_the_share_of_pairs_in_another_order() -> None:
    """Of three values (1, 2, 3) the sample (1, 3, 2) orders one pair of three differently."""
    values, samples = np.array([1.0, 2.0, 3.0]), np.array([[1.0, 3.0], [3.0, 2.0], [2.0, 1.0]])
    assert ranking_loss(samples, values).tolist() == pytest.approx([1 / 3, 1.0])
    assert ranking_loss(samples, values, half_ties=True).tolist() == pytest.approx([1 / 3, 1.0])


def test_a_tie_counts_one_half_or_by_the_order_of_rows() -> None:
    values, tied = np.array([1.0, 1.0, 2.0]), np.array([[1.0], [2.0], [3.0]])
    assert ranking_loss(tied, values, half_ties=True).tolist() == pytest.approx([0.5 / 3])
    assert ranking_loss(tied, values).tolist() == pytest.approx([1 / 3]), "1 < 2, but 1 is not below 1"
    assert ranking_loss(tied[::-1], values[::-1]).tolist() == [0.0], "neither is below the other"


@pytest.mark.parametrize(
    ("count", "sizes"),
    [(2, (2,)), (3, (3,)), (4, (2, 2)), (5, (2, 3)), (11, (2, 2, 2, 2, 3)), (13, (2, 2, 3, 3, 3)), (25, (5,) * 5)],
)
def test_folds_by_hand(count: int, sizes: tuple[int, ...]) -> None:
    assert fold_sizes(count) == sizes


def test_six_values_support_a_level_above_the_lowest() -> None:
    assert highest_supported({1: 9, 3: 6, 9: 5}, (1, 3, 9)) == 3
    assert highest_supported({1: 9, 3: 6, 9: 6}, (1, 3, 9)) == 9
    assert highest_supported({1: 9, 3: 5}, (1, 3, 9)) is None


def test_brackets_share_the_part_of_the_supported_levels_by_theta_over_r() -> None:
    """theta_r / r is 0.2 and 0.1, so two thirds of 0.8 for the first bracket."""
    weights = {1: 0.2, 3: 0.3, 9: 0.5}
    default = (0.5, 0.3, 0.2)
    assert adapted(default, weights, (1, 3, 9), 3) == pytest.approx((1.6 / 3.0, 0.8 / 3.0, 0.2))
    each = (0.2, 0.1, 0.5 / 9.0)
    assert adapted(default, weights, (1, 3, 9), 9) == pytest.approx([one / sum(each) for one in each])
    assert adapted((0.7, 0.3), weights, (1, 3, 9), 9) == pytest.approx((2.0 / 3.0, 1.0 / 3.0))
    assert adapted(default, {9: 1.0}, (1, 3, 9), 3) == default
    assert bracket_weights({9: 1.0}, (1, 3, 9), 3, 3) == (1.0, 0.0)
    learned = Learned(theta=Theta(3, 6, ()))
    view = View(LINE, None, (), (), (1, 3), 9, default, learned=learned)
    assert odds(evolve(view, learned=Learned()), Learned()) == default
    assert odds(view, learned) == default, "theta is 0 at all levels"


def test_a_level_of_exactly_one_hundredth_is_cut() -> None:
    assert ensemble({1: 0.01, 3: 0.99}) == {3: 1.0}
    assert ensemble({1: 0.02, 3: 0.98}) == pytest.approx({1: 0.02, 3: 0.98})


# ---- a small world ---------------------------------------------------------------------------------------------------

COUNT = 12


def world(top: int = 9, **options: Any) -> tuple[HyperTune, View, Situation, Learned]:
    """Twelve curves to a level: those at level 1 lie in the order of the highest, those between in the opposite one."""
    search = HyperTune(**options)
    xs = [(number + 0.5) / COUNT for number in range(COUNT)]
    curves = [tuple((r, -x if 1 < r < top else x) for r in (1, 3, 9) if r <= top) for x in xs]
    known = [
        Known(n, hb.Configuration({"x": x}), curve, None) for n, (x, curve) in enumerate(zip(xs, curves, strict=True))
    ]
    view = View(LINE, None, (), (), (1, 3), 9, known=lambda: known)
    now = situation(view, search.surrogate)
    initial = now.surrogate.model.specification(now.surrogate.inputs).initial
    named = [
        Named(name, value if isinstance(value, tuple) else (value,))
        for name, value in zip(initial.names, initial.values, strict=True)
    ]
    return search, view, now, Learned(named, now.observed)


def estimated(top: int = 9, before: Theta | None = None, **options: Any) -> Theta | None:
    search, _, now, learned = world(top, **options)
    draws = KeyedDraws(0, 0)
    rows, scale = fitted_rows(now, draws)
    return estimate_theta(search, now, rows, standardised(rows, scale), evolve(learned, theta=before), draws)


@pytest.mark.parametrize("ties", ["rows", "half"])
def test_a_level_that_ranks_as_the_highest_has_weight_and_one_that_ranks_backwards_has_none(ties: str) -> None:
    found = estimated(ties=ties)
    assert found is not None
    assert (found.supported, found.observed, [share.level for share in found.shares]) == (9, COUNT, [1, 3, 9])
    loss = {share.level: share.loss for share in found.shares}
    assert loss[1] < 0.05
    assert loss[3] > 0.95
    assert 0.0 < loss[9] < 0.4, "cross-validated: each fold is predicted from the others"
    assert found.weights()[3] == 0.0
    assert found.weights()[1] > found.weights()[9] > 0.0
    assert sum(found.weights().values()) == pytest.approx(1.0)


def test_theta_is_estimated_at_the_highest_supported_level_and_not_twice() -> None:
    found = estimated(top=3)
    assert found is not None
    assert (found.supported, found.observed, list(found.weights())) == (3, COUNT, [1, 3])
    assert estimated(top=3, theta_from="r_max") is None
    assert estimated(top=9, theta_from="r_max") is not None
    assert estimated(top=1) is None
    assert estimated(top=3, before=found) is None, "nothing has changed there"
    assert estimated(top=9, before=found) is not None
    assert estimated(top=3, before=evolve(found, observed=COUNT - 1)) is not None


def test_more_samples_make_shares_finer() -> None:
    few = estimated(hypertune_distribution_num_samples=1)
    assert few is not None
    assert all(share.theta in (0.0, 0.5, 1.0) for share in few.shares)
