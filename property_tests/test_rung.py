"""Does a rung answer as a plain sorted list does, and does it leave older versions alone?"""

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from pure_hb import testing
from pure_hb.rungs import LAST, Rung, rank_value

LEVELS = [(1, 3), (2, 3), (3, 9), (7, 10), (1, 2), (5, 81)]


class BesideList(RuleBasedStateMachine):
    """A rung, a list of (value, arrival, trial), and the trials that wait."""

    def __init__(self) -> None:
        super().__init__()
        self.level, self.next_level = LEVELS[0]
        self.rung = Rung(self.level, self.next_level)
        self.entries: list[tuple[float, int, int]] = []
        self.waiting: list[int] = []
        self.old: list[tuple[Rung, list[tuple[float, int, int]], list[int]]] = []

    @precondition(lambda self: not self.entries)
    @rule(levels=st.sampled_from(LEVELS))
    def choose_levels(self, levels: tuple[int, int]) -> None:
        self.level, self.next_level = levels
        self.rung = Rung(self.level, self.next_level)

    def keep(self) -> None:
        self.old.append((self.rung, list(self.entries), list(self.waiting)))

    @rule(value=testing.metric_values(), waits=st.booleans())
    def enter(self, value: float, waits: bool) -> None:
        self.keep()
        trial = 10 * len(self.entries) + 1
        self.rung = self.rung.enter(trial, rank_value(value), waits)
        self.entries.append((value + 0.0 if math.isfinite(value) else LAST, len(self.entries), trial))
        if waits:
            self.waiting.append(trial)
        self.compare()

    @precondition(lambda self: self.waiting)
    @rule()
    def promote_the_best(self) -> None:
        best = self.rung.best_waiting()
        assert best is not None
        self.promote(best.trial)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def promote_another(self, data: Any) -> None:
        self.promote(data.draw(st.sampled_from(self.waiting)))

    def promote(self, trial: int) -> None:
        self.keep()
        self.rung = self.rung.promote(trial)
        self.waiting.remove(trial)
        self.compare()
        for other in (trial, -1):
            with pytest.raises(ValueError, match=f"trial {other} does not wait"):
                self.rung.promote(other)

    def compare(self) -> None:
        agree(self.rung, self.entries, self.waiting)

    def teardown(self) -> None:
        for rung, entries, waiting in self.old:
            agree(rung, entries, waiting)


def agree(rung: Rung, entries: list[tuple[float, int, int]], waiting: list[int]) -> None:
    """The rung says what the list says."""
    ordered = sorted(entries)
    assert len(rung) == len(entries)
    assert [rung.kth_best(k) for k in range(len(rung))] == [value for value, _, _ in ordered]
    best = next((entry for entry in ordered if entry[2] in waiting), None)
    found = rung.best_waiting()
    assert (found and (found.value, found.trial)) == (best and (best[0], best[2]))
    for value, _, _ in (*ordered[:3], *ordered[-3:]):
        better = sum(other < value for other, _, _ in entries)
        standing = rung.standing(value)
        assert rung.rank(value) == standing.rank == better
        allowed = (len(entries) - 1) * rung.level // rung.next_level if len(entries) > 1 else None
        assert (standing.entries, standing.allowed) == (len(entries), allowed)
        assert standing.passes == (allowed is not None and better <= allowed)
        assert (standing.cutoff is None) == (allowed is None)


def test_a_rung_is_a_sorted_list() -> None:
    run_state_machine_as_test(BesideList, settings=settings(max_examples=settings().max_examples * 2))


values = st.lists(testing.metric_values().map(rank_value), min_size=1, max_size=30)


@given(values=values, value=testing.metric_values().map(rank_value), levels=st.sampled_from(LEVELS))
def test_how_a_value_would_stand_is_how_it_stands_once_entered(
    values: list[float], value: float, levels: tuple[int, int]
) -> None:
    rung = Rung(*levels)
    for trial, other in enumerate(values):
        rung = rung.enter(trial, other, waits=False)
    assert rung.standing_if_entered(value) == rung.enter(99, value, waits=False).standing(value)


@given(values=values, levels=st.sampled_from(LEVELS))
def test_the_cutoff_lies_between_the_last_that_passes_and_the_next(
    values: list[float], levels: tuple[int, int]
) -> None:
    rung = Rung(*levels)
    for trial, value in enumerate(values):
        rung = rung.enter(trial, value, waits=False)
        standing = rung.standing(value)
        if standing.allowed is None or standing.cutoff is None:
            assert len(rung) == 1
            continue
        next_one = rung.kth_best(min(standing.allowed + 1, len(rung) - 1))
        assert rung.kth_best(standing.allowed) <= standing.cutoff <= next_one


@given(values=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30), levels=st.sampled_from(LEVELS))
def test_the_cutoff_is_interpolated(values: list[float], levels: tuple[int, int]) -> None:
    rung = Rung(*levels)
    for trial, value in enumerate(values):
        rung = rung.enter(trial, rank_value(value), waits=False)
    place = Fraction((len(values) - 1) * levels[0], levels[1])
    low, high = sorted(values)[math.floor(place)], sorted(values)[math.floor(place) + 1]
    exact = Fraction(low) + (Fraction(high) - Fraction(low)) * (place - math.floor(place))
    cutoff = rung.standing(low).cutoff
    assert cutoff is not None
    assert abs(Fraction(cutoff) - exact) <= Fraction(1e-15) * Fraction(max(map(abs, values)))


def test_a_rung_says_in_a_line_what_it_is() -> None:
    assert repr(Rung(1, 3).enter(7, 0.5, waits=True).enter(8, 0.1, waits=False)) == (
        "Rung(level 1: 2 entries, 1 waiting)"
    )


@pytest.mark.parametrize(
    ("values", "levels", "cutoff"),
    [
        ((0.0, 1.0, LAST, LAST), (1, 3), 1.0),  # the quantile is the second value
        ((0.0, 1.0, LAST), (2, 3), LAST),  # it lies between the second and the third
        ((0.0, 1.0, LAST), (1, 3), 2 / 3),
        ((LAST, LAST), (1, 3), LAST),
    ],
)
def test_the_cutoff_beside_values_that_rank_last(
    values: tuple[float, ...], levels: tuple[int, int], cutoff: float
) -> None:
    rung = Rung(*levels)
    for trial, value in enumerate(values):
        rung = rung.enter(trial, value, waits=False)
    assert rung.standing(values[0]).cutoff == cutoff


@given(value=testing.metric_values())
def test_what_is_not_finite_ranks_last_and_zero_has_no_sign(value: float) -> None:
    ranked = rank_value(value)
    assert ranked == (value if math.isfinite(value) else LAST)
    assert math.copysign(1.0, ranked) == 1.0 or ranked < 0.0


@given(values=st.lists(testing.finite_values(), min_size=2, max_size=25, unique=True), factor=st.integers(2, 4))
def test_of_distinct_values_the_best_nth_part_passes_rounded_up(values: list[float], factor: int) -> None:
    rung = Rung(1, factor)
    ranked = [rank_value(value) for value in values]
    for trial, value in enumerate(ranked):
        rung = rung.enter(trial, value, waits=True)
    if len(set(ranked)) == len(ranked):
        assert sum(rung.standing(value).passes for value in ranked) == -(-len(ranked) // factor)
