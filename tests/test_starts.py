"""From where does a fit start? On a landscape whose optima are known: each coordinate is relevant or not, and some are
better off."""

import math
from typing import Any, Final

import numpy as np
import pytest
from attrs import evolve

from pure_hb.draws import KeyedDraws
from pure_hb.surrogate import Fit, FitOptions, Inputs, Model, MultiTask, SingularError, fit
from pure_hb.surrogate.arrays import Array, Values
from pure_hb.surrogate.models.model import Evaluation
from pure_hb.surrogate.parameters import Parameter, Scale, Specification
from pure_hb.surrogate.priors import Flat
from pure_hb.surrogate.shared_parameters import inverse_bandwidths
from tests.surrogate_data import INPUTS

OFF: Final = math.log(1e-3)
"""The logarithm of the inverse bandwidth of a coordinate that is irrelevant; that of one that counts is 0."""
KNOWN, CHOSEN, PERTURBED = 3, 3, 4


class Wells:
    """A model whose objective has two wells for each coordinate, at 0 and at ``OFF``, as the sum over coordinates;
    the gain is by how much the second one is lower. A ridge between them, 20 high, keeps descents apart."""

    def __init__(self, *gains: float) -> None:
        self.gains = np.array(gains)
        widths = evolve(inverse_bandwidths(tuple("abcdefgh"[: len(gains)])), prior=Flat())
        self.given = Specification((widths, Parameter("mean", 0.0, -9.0, 9.0, scale=Scale.LINEAR)))
        self.seen: list[Array] = []

    def specification(self, inputs: Inputs) -> Specification:
        return self.given

    def likelihood(self, inputs: Inputs, data: Any) -> Any:
        def of(values: Values) -> Evaluation:
            b, mean = values["inverse_bandwidths"], float(values["mean"])
            self.seen.append(b)
            u = np.log(b) / OFF
            well, slope = 320.0 * (u * (1.0 - u)) ** 2, 640.0 * u * (1.0 - u) * (1.0 - 2.0 * u)
            return Evaluation(
                float(np.sum(well - self.gains * u)) + mean**2,
                {"inverse_bandwidths": (slope - self.gains) / (OFF * b), "mean": np.array(2.0 * mean)},
            )

        return of


def found(model: Any, starts: int, **options: Any) -> Fit:
    data: Any = None
    return fit(model, INPUTS, data, draws=KeyedDraws(0, 0), options=FitOptions(opt_nstarts=starts, **options))


def relevant(one: Fit) -> list[bool]:
    widths = one.parameters["inverse_bandwidths"]
    assert isinstance(widths, tuple)
    return [width > 0.03 for width in widths]


def test_neighbours_find_which_coordinates_are_irrelevant_where_perturbed_starts_do_not() -> None:
    """Perturbed starts end where all coordinates count: their wells are seven deviations away from the others."""
    model = Wells(-2.0, 3.0, -1.0, 2.0)
    ten = found(model, KNOWN + CHOSEN + PERTURBED)
    assert relevant(ten) == [True] * 4
    assert ten.objective == pytest.approx(0.0, abs=0.1)
    assert relevant(found(model, 14)) == [True, False, True, True], "one coordinate at a time"
    assert relevant(found(model, 50)) == [True, False, True, False]
    assert found(model, 50).objective == pytest.approx(-5.0, abs=0.1)


def test_the_two_lowest_optima_have_their_neighbours_looked_at_first() -> None:
    """One optimum alone is known, of four neighbours; then the two lowest are those that gain 3 and 2."""
    many, ten = found(Wells(-2.0, 3.0, -1.0, 2.0), 26), KNOWN + CHOSEN + PERTURBED
    ends = [one.objective for one in many.starts[ten:26]]
    assert ends[:4] == pytest.approx([2.0, -3.0, 1.0, -2.0], abs=0.1)
    assert ends[4:8] == pytest.approx([-1.0, 0.0, -2.0, -5.0], abs=0.1), "around a gain of 3"
    assert ends[8:12] == pytest.approx([0.0, -5.0, -1.0, 0.0], abs=0.1), "around a gain of 2"
    assert ends[12:] == pytest.approx([-3.0, -2.0, -4.0, -3.0], abs=0.1), "around a gain of 5, known since"


def test_every_other_perturbed_start_has_all_coordinates_relevant() -> None:
    """Twelve that are glanced at, and the four that are not chosen among."""
    model, ten = Wells(-2.0, 3.0, -1.0, 2.0), KNOWN + CHOSEN + PERTURBED
    starts = found(model, ten).starts
    in_turn = [*starts[:KNOWN], *starts[ten:], *starts[KNOWN:ten]]
    firsts = np.cumsum([0, *(one.evaluations for one in in_turn)])[:-1]
    begun = [model.seen[first] for first in firsts]
    perturbed = [*begun[KNOWN : KNOWN + 4 * CHOSEN], *begun[-PERTURBED:]]
    assert all(widths.min() >= 0.5 for widths in perturbed[::2])
    assert sum(widths.min() < 0.5 for widths in perturbed[1::2]) >= 3
    assert len({tuple(widths) for widths in perturbed}) == len(perturbed)


def test_a_fit_ends_where_the_neighbours_of_all_optima_are_known() -> None:
    """Two coordinates have four optima, with two neighbours each."""
    glances = 4 * CHOSEN
    assert len(found(Wells(3.0, 2.0), 50).starts) == KNOWN + CHOSEN + PERTURBED + 4 * 2 + glances
    assert len(found(Wells(3.0, 2.0), 12).starts) == 12 + glances


@pytest.mark.parametrize("starts", range(1, 15))
def test_a_fit_with_more_starts_begins_with_those_of_one_with_fewer(starts: int) -> None:
    """But for those that are chosen, among more."""
    fewer, more = found(Wells(3.0, 2.0), starts).starts, found(Wells(3.0, 2.0), 14).starts
    chosen = min(max(starts - KNOWN, 0), CHOSEN)
    assert len(fewer) == starts + 4 * chosen
    same = starts if chosen in (0, CHOSEN) else KNOWN
    assert fewer[:same] == more[:same]
    assert fewer[starts:] == more[14:][: 4 * chosen], "what was glanced at"


def test_models_without_coordinates_to_switch_have_ten_starts_at_most() -> None:
    model: Any = Wells(3.0)
    model.given = Specification(tuple(evolve(one, switched=None) for one in model.given.parameters))
    assert len(found(model, 50).starts) == KNOWN + CHOSEN + PERTURBED + 4 * CHOSEN


def test_where_nothing_can_be_evaluated_a_fit_says_so_after_ten_starts() -> None:
    class Singular(Wells):
        tried = 0

        def likelihood(self, inputs: Inputs, data: Any) -> Any:
            def of(values: Values) -> Evaluation:
                self.tried += 1
                raise SingularError("no factor")

            return of

    model = Singular(3.0, 2.0)
    with pytest.raises(SingularError, match="no start of the fit could be evaluated; the first one said: no factor"):
        found(model, 50)
    assert model.tried == KNOWN + CHOSEN + PERTURBED + 4 * CHOSEN


def test_neighbours_of_a_vector_have_one_coordinate_switched() -> None:
    model: Model = MultiTask()
    specification = model.specification(INPUTS)
    values = {**specification.initial.as_arrays(), "inverse_bandwidths": np.array([2.0, 1e-4])}
    vector = specification.to_vector(values)
    first, second = (specification.to_values(one) for one in specification.neighbours(vector))
    assert first["inverse_bandwidths"] == pytest.approx([1e-3, 1e-4])
    assert second["inverse_bandwidths"] == pytest.approx([2.0, 1.0])
    for one in (first, second):
        assert all(one[name] == pytest.approx(values[name]) for name in values if name != "inverse_bandwidths")
    assert specification.to_values(vector)["inverse_bandwidths"] == pytest.approx([2.0, 1e-4]), "it is not changed"


def test_the_one_bandwidth_of_all_coordinates_is_switched_too() -> None:
    specification = Specification((inverse_bandwidths(None),))
    (other,) = specification.neighbours(np.array([math.log(0.02)]))
    assert specification.to_values(other)["inverse_bandwidths"] == pytest.approx(1.0)
    (back,) = specification.neighbours(other)
    assert specification.to_values(back)["inverse_bandwidths"] == pytest.approx(1e-3)
