"""Do last bits decide between scores?"""

import math

import numpy as np
import pytest

from pure_hb.search.candidates import best_first, logarithms, optimised, quantum, rounded
from pure_hb.space import Float, Space, encode
from pure_hb.surrogate.arrays import Array


def shaken(scores: Array, random: np.random.Generator, size: float = 1e-12) -> Array:
    return np.asarray(scores * (1.0 + size * random.standard_normal(len(scores))))


@pytest.mark.parametrize("scale", [1e-250, 1e-12, 1.0, 1e12, 1e250])
def test_of_scores_that_differ_in_last_bits_the_first_is_the_best(scale: float) -> None:
    scores = scale * np.array([3.0, 1.0 + 1e-13, 2.0, 1.0, 1.0 - 1e-13, 5.0])
    assert best_first(scores).tolist() == [1, 3, 4, 2, 0, 5]


def test_scores_that_are_all_the_same_but_for_last_bits_keep_their_order() -> None:
    scores = -7.0 + 1e-14 * np.random.default_rng(0).standard_normal(200)
    assert best_first(scores).tolist() == list(range(200))


@pytest.mark.parametrize("shape", ["normal", "log of improvement", "log of densities", "few values"])
def test_the_same_candidate_is_the_best_after_a_change_of_last_bits(shape: str) -> None:
    """The odds that it is another are about 1e-12 / 1e-6; a thousand times as much is allowed."""
    random, other = np.random.default_rng(1), 0
    for _ in range(1000):
        scores = random.standard_normal(100)
        match shape:
            case "log of improvement":
                scores = 10.0 ** (4.0 * random.random(100))
            case "log of densities":
                scores = logarithms(np.exp(30.0 * scores))
            case "few values":
                scores = np.round(scores)
        other += best_first(scores)[0] != best_first(shaken(scores, random))[0]
    assert other <= 1


def test_a_candidate_that_is_far_worse_does_not_make_the_others_ties() -> None:
    assert best_first(np.array([2.0, 1.0, 3.0, 1e30])).tolist() == [1, 0, 2, 3]
    assert best_first(np.array([1.0 + 1e-4, 1.0, 2.0, 3.0]))[0] == 1


def test_the_quantum_is_a_power_of_two_and_bits_of_the_spread_do_not_change_it() -> None:
    random = np.random.default_rng(2)
    for _ in range(200):
        scores = random.standard_normal(50)
        step = quantum(scores)
        assert math.frexp(step)[0] == 0.5
        assert step == quantum(shaken(scores, random))


@pytest.mark.parametrize(
    ("scores", "order"),
    [
        ([], []),
        ([0.0, 0.0], [0, 1]),
        ([math.inf, 1.0, -math.inf, math.nan, 1.0], [2, 1, 4, 0, 3]),
        ([math.nan, math.nan], [0, 1]),
        ([math.inf, -math.inf], [1, 0]),
        ([1.7e308, -1.7e308], [1, 0]),
        ([5e-324, 0.0], [1, 0]),
    ],
)
def test_what_is_not_finite_or_at_the_end_of_floats_is_ordered(scores: list[float], order: list[int]) -> None:
    with np.errstate(all="raise", under="ignore"):
        assert best_first(np.array(scores)).tolist() == order


def test_whole_numbers_stay_as_they_are() -> None:
    ranks = np.arange(1.0, 300.0)
    assert np.array_equal(rounded(ranks), ranks)


class Bowl:
    """A criterion whose least value is at ``at``."""

    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self, x: Array) -> Array:
        return np.asarray(((x - self.at) ** 2).sum(axis=1))

    def with_gradient(self, x: Array) -> tuple[float, Array]:
        return float(((x - self.at) ** 2).sum()), 2.0 * (x - self.at)


def test_the_end_of_a_descent_is_on_a_grid_of_4_digits() -> None:
    space = Space(x=Float(0.0, 1.0))
    ends = [optimised(space, Bowl(1 / 3 + shift), np.array([0.9])) for shift in (0.0, 1e-12)]  # type: ignore[arg-type]  # the part of a criterion that it needs
    assert ends[0] is not None
    assert ends[0] == ends[1]
    assert encode(space, ends[0]).tolist() == [0.3333]
