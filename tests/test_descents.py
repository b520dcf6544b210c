"""When does a start of a fit end, and what does it keep? By the valley of Rosenbrock, whose way down is long."""

import math

import numpy as np
import pytest

from pure_hb.surrogate import FitOptions, SingularError
from pure_hb.surrogate.arrays import Array
from pure_hb.surrogate.descents import Descent, descend
from pure_hb.surrogate.parameters import Parameter, Scale, Specification

SIX = Specification(tuple(Parameter(name, 1.0, -9.0, 9.0, scale=Scale.LINEAR) for name in "abcdef"))
BEGIN = np.array([-1.2, 1.0, -1.2, 1.0, -1.2, 1.0])
LONG = FitOptions(opt_maxiter=500, tolerance=1e-9)


def valley(at: Array) -> tuple[float, Array]:
    """Rosenbrock's function of each pair of coordinates, lowest at 1: 0; and its gradient."""
    x, y = at[::2], at[1::2]
    gradient = np.empty_like(at)
    gradient[::2] = -400.0 * x * (y - x * x) - 2.0 * (1.0 - x)
    gradient[1::2] = 200.0 * (y - x * x)
    return float(np.sum(100.0 * (y - x * x) ** 2 + (1.0 - x) ** 2)), gradient


class Counted:
    """The valley, higher by an offset, with a wall where x is above a limit; it counts and remembers."""

    def __init__(self, offset: float = 0.0, wall: float = math.inf) -> None:
        self.offset, self.wall = offset, wall
        self.seen: list[tuple[float, Array]] = []

    def __call__(self, at: Array) -> tuple[float, Array, float]:
        value, gradient = valley(at)
        if at[0] > self.wall:
            self.seen.append((math.inf, at))
            raise SingularError("a wall")
        self.seen.append((value + self.offset, at))
        return value + self.offset, gradient, 0.25 * len(self.seen)

    def descend(self, begin: Array = BEGIN, options: FitOptions = LONG, **ends: float) -> Descent:
        found = descend(self, SIX, begin, options, **ends)
        assert found.start.evaluations == len(self.seen)
        best = min(range(len(self.seen)), key=lambda number: self.seen[number][0])
        assert found.start.objective == self.seen[best][0]
        if math.isfinite(found.start.objective):
            assert found.vector == pytest.approx(self.seen[best][1])
            assert found.jitter == 0.25 * (best + 1), "that of the best point"
        return found


def test_without_a_rival_it_goes_on_to_the_lowest_point() -> None:
    found = Counted().descend()
    assert found.vector == pytest.approx(np.ones(6), abs=1e-3)
    assert found.start.evaluations > 30


def test_it_stays_inside_the_bounds_and_begins_there() -> None:
    low = Specification(tuple(Parameter(name, 0.0, -9.0, 0.5, scale=Scale.LINEAR) for name in "abcdef"))
    seen = Counted()
    found = descend(seen, low, np.full(6, 3.0), LONG)
    assert seen.seen[0][1] == pytest.approx(np.full(6, 0.5)), "clipped"
    assert all((at <= 0.5 + 1e-12).all() for _, at in seen.seen)
    assert found.vector[0] == pytest.approx(0.5)


def test_it_ends_after_so_many_evaluations_or_iterations() -> None:
    assert Counted().descend(most=7).start == Counted().descend(most=7).start
    found = Counted().descend(most=7).start
    assert (found.evaluations, found.message) == (7, "ended after 7 evaluations")
    few = Counted().descend(options=FitOptions(opt_maxiter=3, tolerance=1e-9)).start
    assert "LIMIT" in few.message
    assert few.evaluations < 12
    rough = Counted().descend(options=FitOptions(opt_maxiter=500, tolerance=0.5)).start
    assert rough.evaluations < Counted().descend().start.evaluations


@pytest.mark.parametrize(("offset", "after"), [(15.0, 24), (1e3, 18), (1e5, 11), (1e300, 1)])
def test_the_farther_behind_a_start_is_the_sooner_it_is_given_up(offset: float, after: int) -> None:
    """After 24 evaluations if it is 10 behind, one evaluation earlier for each doubling."""
    found = Counted(offset).descend(rival=0.0).start
    assert f"given up after {found.evaluations} evaluations" in found.message
    assert abs(found.evaluations - after) <= 2
    near = Counted(6.0).descend(rival=0.0).start
    assert near.evaluations > 30, "less than 10 behind"


def test_where_another_start_has_ended_it_ends_too() -> None:
    found = Counted().descend(rival=0.0).start
    assert "where another start had ended" in found.message
    assert 0.0 <= found.objective < 0.2
    assert 24 <= found.evaluations < Counted().descend().start.evaluations
    better = Counted().descend(rival=1.0).start
    assert "another" not in better.message, "it is below the other one, and goes on"


def test_a_wall_on_the_way_is_stepped_back_from_and_one_at_the_beginning_ends_it() -> None:
    behind = Counted(wall=0.5)
    found = behind.descend()
    assert math.inf in [value for value, _ in behind.seen]
    assert found.start.objective < 2.0
    assert found.vector[0] <= 0.5
    at_once = Counted(wall=-2.0).descend()
    assert (at_once.start.objective, at_once.start.evaluations, at_once.start.message) == (math.inf, 1, "a wall")


@pytest.mark.parametrize("name", ["opt_maxiter", "opt_nstarts", "opt_warm_evaluations"])
def test_a_count_is_at_least_one(name: str) -> None:
    assert FitOptions(**{name: 1}) is not None  # type: ignore[arg-type]  # names of counts
    with pytest.raises(ValueError, match=f"{name} is 0; give at least 1"):
        FitOptions(**{name: 0})  # type: ignore[arg-type]  # names of counts
    for tolerance in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="give a small positive number"):
            FitOptions(tolerance=tolerance)
