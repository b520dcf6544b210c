"""What does a surrogate see? The observation table, its limits, standardisation, refits, inputs of a space."""

import math
from collections import Counter

import numpy as np
import pytest

import pure_hb as hb
from pure_hb.draws import KeyedDraws
from pure_hb.protocol import Counts, Learned
from pure_hb.space import Value, encode
from pure_hb.surrogate import (
    DataError,
    ObservationTable,
    RefitOptions,
    SearcherData,
    TrialCurve,
    down_sample,
    due,
    inputs_of,
    observation_table,
    standardisation,
    standardised,
)
from pure_hb.surrogate.training_data import AS_THEY_ARE, sparse, thinning

RUNGS, ALL, LAST = SearcherData.RUNGS, SearcherData.ALL, SearcherData.RUNGS_AND_LAST
Curve = tuple[tuple[int, float], ...]


def trial(number: int, *values: float, x: tuple[float, ...] = (0.5,), pending: tuple[int, ...] = ()) -> TrialCurve:
    """A trial that reported these values at 1, 2, 3, ..."""
    return TrialCurve(number, x, tuple(enumerate(values, 1)), pending)


def table(*curves: TrialCurve, data: SearcherData = RUNGS, levels: tuple[int, ...] = (1, 3)) -> ObservationTable:
    return observation_table(curves, levels=levels, max_resource=9, data=data)


def rows(of: ObservationTable) -> list[tuple[int, int, float]]:
    """Trial, resource and value; None for a pending row."""
    return list(zip(of.trial.tolist(), of.resource.tolist(), of.value.tolist(), strict=True))


def seen(curve: Curve, data: SearcherData) -> list[tuple[int, float]]:
    """Resource and value of one trial's rows."""
    return [(resource, value) for _, resource, value in rows(table(TrialCurve(0, (0.5,), curve), data=data))]


# ---- which values ----------------------------------------------------------------------------------------------------


def test_rungs_are_the_values_at_levels_and_at_the_maximum() -> None:
    curve = tuple((epoch, epoch / 10) for epoch in range(1, 10))
    assert seen(curve, RUNGS) == [(1, 0.1), (3, 0.3), (9, 0.9)]
    assert seen(curve[:5], RUNGS) == [(1, 0.1), (3, 0.3)]


def test_all_are_all_and_the_latest_is_the_latest() -> None:
    curve = tuple((epoch, epoch / 10) for epoch in range(1, 6))
    assert seen(curve, ALL) == list(curve)
    assert seen(curve, LAST) == [(1, 0.1), (3, 0.3), (5, 0.5)]
    assert seen(curve[:3], LAST) == [(1, 0.1), (3, 0.3)], "the latest has a row already"
    assert seen(curve[:2], LAST) == [(1, 0.1), (2, 0.2)]


def test_a_report_past_a_level_counts_for_the_highest_that_it_has_reached() -> None:
    """Levels that were jumped over get no row, and the value stands at its level."""
    assert seen(((2, 0.2), (5, 0.5), (8, 0.8)), RUNGS) == [(1, 0.2), (3, 0.5)]
    assert seen(((5, 0.5), (9, 0.9)), RUNGS) == [(3, 0.5), (9, 0.9)]
    assert seen(((4, 0.4), (5, 0.5)), RUNGS) == [(3, 0.4)], "the level was entered by the first"


def test_one_report_has_one_row() -> None:
    """A latest report that has reached a level stands there, and nowhere else."""
    assert seen(((2, 0.2), (5, 0.5)), LAST) == [(1, 0.2), (3, 0.5)]
    assert seen(((2, 0.2), (5, 0.5), (6, 0.6)), LAST) == [(1, 0.2), (3, 0.5), (6, 0.6)]


@pytest.mark.parametrize("data", SearcherData)
def test_reports_past_the_maximum_are_at_the_maximum_and_the_first_one_stands(data: SearcherData) -> None:
    assert seen(((9, 0.9), (12, 1.2)), data)[-1] == (9, 0.9)
    assert seen(((12, 1.2), (15, 1.5)), data) == [(9, 1.2)]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_are_no_data_but_use_up_their_level(bad: float) -> None:
    assert seen(((1, 0.1), (3, bad), (4, 0.4)), RUNGS) == [(1, 0.1)]
    assert seen(((1, 0.1), (3, bad), (4, 0.4)), LAST) == [(1, 0.1), (4, 0.4)]
    assert seen(((1, 0.1), (2, bad)), LAST) == [(1, 0.1)]
    assert seen(((1, 0.1), (2, bad), (3, 0.3)), ALL) == [(1, 0.1), (3, 0.3)]


@pytest.mark.parametrize("data", SearcherData)
def test_a_trial_without_values_has_no_row(data: SearcherData) -> None:
    found = table(trial(0), data=data)
    assert (len(found), found.configurations.shape) == (0, (1, 1))


# ---- rows ------------------------------------------------------------------------------------------------------------


def test_rows_stand_by_trial_then_by_resource_and_pending_ones_after_those_of_their_trial() -> None:
    found = table(trial(7, 0.1, 0.2, 0.3, pending=(9,)), trial(2, 0.4, x=(0.25,), pending=(3,)))
    assert found.trial.tolist() == [7, 7, 7, 2, 2]
    assert found.resource.tolist() == [1, 3, 9, 1, 3]
    assert found.pending.tolist() == [False, False, True, False, True]
    assert np.isnan(found.value).tolist() == found.pending.tolist()
    assert rows(found.observed) == [(7, 1, 0.1), (7, 3, 0.3), (2, 1, 0.4)]
    assert found.rows(found.pending).resource.tolist() == [9, 3]
    assert found.points().x.tolist() == [[0.5], [0.5], [0.5], [0.25], [0.25]]
    assert found.points().trial.tolist() == found.trial.tolist()


def test_equal_configurations_are_shared_and_keep_rows_of_their_own() -> None:
    found = table(trial(0, 0.1, x=(0.0, 1.0)), trial(1, 0.2, x=(0.5, 1.0)), trial(2, 0.3, x=(-0.0, 1.0)))
    assert found.configurations.tolist() == [[0.0, 1.0], [0.5, 1.0]]
    assert found.configuration.tolist() == [0, 1, 0]
    assert rows(found) == [(0, 1, 0.1), (1, 1, 0.2), (2, 1, 0.3)], "nothing is averaged"


def test_an_empty_table_is_a_table() -> None:
    found = observation_table([], levels=(1,), max_resource=9)
    assert (len(found), found.configurations.shape, len(found.observed)) == (0, (0, 0), 0)
    assert len(found.rows(found.pending)) == 0
    assert standardised(found, standardisation(found.observed.value)).targets.shape == (0, 1)
    assert len(down_sample(found, 1, KeyedDraws(0, 0))) == 0


def test_nobody_can_write_into_a_table() -> None:
    found = table(trial(0, 0.1, pending=(3,)))
    for array in (found.configurations, found.trial, found.configuration, found.resource, found.value):
        assert not array.flags.writeable


def test_configurations_of_two_spaces_are_refused() -> None:
    with pytest.raises(DataError, match=r"configurations have \[1, 2\] coordinates; .* encode\(space, configuration\)"):
        table(trial(0, 0.1), trial(1, 0.1, x=(0.5, 0.5)))


@pytest.mark.parametrize("levels", [(1, 3, 27), (0, 1, 3)])
def test_levels_of_another_scheduler_are_refused(levels: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match=r"the levels .* are not all between 1 and the maximum resource 9; give the"):
        table(trial(0, 0.1), levels=levels)


# ---- standardisation -------------------------------------------------------------------------------------------------


def z(*values: float) -> list[float]:
    found = table(*(trial(number, value) for number, value in enumerate(values)))
    targets: list[float] = standardised(found, standardisation(found.observed.value)).targets[:, 0].tolist()
    return targets


def test_all_values_together_have_mean_0_and_deviation_1() -> None:
    found = table(trial(0, 1.0, 2.0, 4.0), trial(1, 5.0))
    by = standardisation(found.observed.value)
    assert by.mean == pytest.approx(10 / 3)
    assert by.scale == pytest.approx(float(np.std([1.0, 4.0, 5.0])))
    assert np.mean(z(1.0, 4.0, 5.0)) == pytest.approx(0.0, abs=1e-15)
    assert np.std(z(1.0, 4.0, 5.0)) == pytest.approx(1.0)
    mean, deviation = by.back(np.array([[0.0], [1.0]]), np.array([1.0, 4.0]))
    assert mean[:, 0].tolist() == pytest.approx([by.mean, by.mean + by.scale])
    assert deviation.tolist() == pytest.approx([by.scale, 2.0 * by.scale])


@pytest.mark.parametrize("value", [0.0, 0.1, -1e-12, 1e12, 5e-324, -1.7976931348623157e308])
@pytest.mark.parametrize("count", [1, 3])
def test_equal_values_are_exactly_0(value: float, count: int) -> None:
    by = standardisation(np.full(count, value))
    assert (by.mean, by.scale) == (value, 1.0)
    assert z(*[value] * count) == [0.0] * count


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1.0, 1e6, 1e12, 1e300, 1e-300])
def test_any_scale_of_targets_gives_the_same(scale: float) -> None:
    values = (0.3, 0.1, 0.7, -0.2)
    assert z(*(value * scale for value in values)) == pytest.approx(z(*values), rel=1e-12)


def test_values_that_hardly_differ_are_not_blown_up() -> None:
    """The floor of the scale is a part of the largest magnitude: rounding noise does not become signal."""
    assert np.max(np.abs(z(0.1 + 0.2, 0.3, 0.3))) < 1e-6
    assert z(1e-12, 2e-12) == pytest.approx([-1.0, 1.0])


def test_the_largest_and_the_smallest_numbers_are_standardised_too() -> None:
    largest = 1.7976931348623157e308
    assert z(largest, -largest, -largest, -largest) == pytest.approx([3**0.5, -(3**-0.5), -(3**-0.5), -(3**-0.5)])
    assert np.isfinite(z(0.0, 5e-324)).all()
    by = standardisation(np.array([largest, -largest]))
    mean, deviation = by.back(np.array([[1.5], [-1.5]]), np.array([4.0, 0.0]))
    assert mean[:, 0].tolist() == [largest, -largest]
    assert deviation.tolist() == [largest, 0.0]


def test_values_that_are_no_data_are_refused() -> None:
    found = table(trial(0, 0.1, pending=(3,)))
    with pytest.raises(DataError, match=r"value 1 is nan; .*standardisation\(table.observed.value\)"):
        standardisation(found.value)


def test_no_values_and_no_standardisation() -> None:
    assert standardisation(np.zeros(0)) == AS_THEY_ARE
    found = table(trial(0, 0.1), trial(1, 12.5))
    assert standardised(found, AS_THEY_ARE).targets[:, 0].tolist() == [0.1, 12.5]


# ---- limits ----------------------------------------------------------------------------------------------------------


def test_whole_curves_of_trials_that_got_far_stay_first() -> None:
    """Trial 0 reached 9, trials 1 and 2 reached 3, the others 1."""
    far, middle = trial(0, *[0.1] * 9), [trial(number, 0.1, 0.2, 0.3) for number in (1, 2)]
    short = [trial(number, 0.1 * number) for number in range(3, 9)]
    found = table(far, *middle, *short)
    assert len(found) == 3 + 2 * 2 + 6
    for limit in range(1, len(found) + 1):
        kept = down_sample(found, limit, KeyedDraws(1, 0))
        assert len(kept) == limit
        assert set(rows(kept)) <= set(rows(found))
        assert rows(kept) == sorted(rows(kept)), "the order stays"
        whole = [(1, 3, 9), (3, 9), (9,)][max(0, 3 - limit)]
        assert tuple(r for number, r, _ in rows(kept) if number == 0) == whole
        if limit >= 7:
            assert sum(number in (1, 2) for number, _, _ in rows(kept)) == 4
        if limit == 5:
            assert {(1, 3), (2, 3)} <= {(number, r) for number, r, _ in rows(kept)}, "the lowest level goes first"


def test_pending_rows_stay_and_do_not_count() -> None:
    found = table(*(trial(number, 0.1, pending=(3,)) for number in range(6)))
    kept = down_sample(found, 2, KeyedDraws(1, 0))
    assert (len(kept.observed), len(kept.rows(kept.pending))) == (2, 6)
    assert len(kept.configurations) == len(found.configurations)
    assert down_sample(found, 6, KeyedDraws(1, 0)) is found
    assert down_sample(found, None, KeyedDraws(1, 0)) is found


def test_what_is_drawn_is_a_function_of_the_draws() -> None:
    found = table(*(trial(number, 0.1 * number) for number in range(20)))
    assert rows(down_sample(found, 5, KeyedDraws(3, 4))) == rows(down_sample(found, 5, KeyedDraws(3, 4)))
    several = {tuple(rows(down_sample(found, 5, KeyedDraws(3, clock)))) for clock in range(20)}
    assert len(several) == 20


def test_what_is_drawn_is_uniform() -> None:
    found = table(*(trial(number, 0.1) for number in range(10)))
    counts = Counter(
        number for clock in range(1000) for number, _, _ in rows(down_sample(found, 3, KeyedDraws(5, clock)))
    )
    assert sum(counts.values()) == 3000
    assert all(abs(count - 300) < 5 * math.sqrt(1000 * 0.3 * 0.7) for count in counts.values())
    assert len(counts) == 10


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(limit: int) -> None:
    found = table(trial(0, 0.1), trial(1, 0.1))
    with pytest.raises(ValueError, match=f"max_size_data_for_model is {limit}; give at least 1, or None for no limit"):
        down_sample(found, limit, KeyedDraws(0, 0))


def test_the_rule_says_what_is_certain_and_what_is_drawn() -> None:
    numbers = np.array([0, 0, 1, 1, 2, 3])
    resource = np.array([1, 3, 1, 3, 1, 1])
    assert thinning(numbers, resource, 6).kept == (0, 1, 2, 3, 4, 5)
    five = thinning(numbers, resource, 5)
    assert (five.kept, five.pool, five.drawn) == ((0, 1, 2, 3), (4, 5), 1)
    assert thinning(numbers, resource, 4).kept == (0, 1, 2, 3)
    three = thinning(numbers, resource, 3)
    assert (three.kept, three.pool, three.drawn) == ((1, 3), (0, 2), 1)
    one = thinning(numbers, resource, 1)
    assert (one.kept, one.pool, one.drawn) == ((), (1, 3), 1)


def test_dense_curves_keep_one_value_in_each_range() -> None:
    """Of the ranges [0, 1], (1, 3] and (3, 9] the highest resources stay, until the limit is met."""
    found = table(trial(0, *[0.1] * 9), trial(1, *[0.1] * 9), data=ALL)
    thin = down_sample(found, 6, KeyedDraws(0, 0), dense=True)
    assert [(number, r) for number, r, _ in rows(thin)] == [(0, 1), (0, 3), (0, 9), (1, 1), (1, 3), (1, 9)]
    nearly = down_sample(found, 17, KeyedDraws(0, 0), dense=True)
    assert (1, 8) not in {(number, r) for number, r, _ in rows(nearly)}, "dropped: the second of the highest trial"
    assert len(nearly) == 17
    assert len(down_sample(found, 3, KeyedDraws(0, 0), dense=True)) == 3
    numbers = np.arange(4)
    assert sparse(numbers, np.ones(4, dtype=np.intp), 2) == (0, 1, 2, 3), "nothing to thin at one level"


# ---- refits ----------------------------------------------------------------------------------------------------------


def answers(options: RefitOptions, *counts: tuple[int, int]) -> list[bool]:
    """Whether a fit was left out, question by question."""
    memory, found = Counts(), []
    for observed, at_maximum in counts:
        is_due, memory = due(options, Learned(counts=memory), observed, at_maximum)
        found.append(not is_due)
    return found


def test_without_options_every_question_may_fit() -> None:
    assert answers(RefitOptions(), *((count, 0) for count in range(100, 200))) == [False] * 100


def test_a_period_counts_growths_not_questions() -> None:
    options = RefitOptions(opt_skip_init_length=3, opt_skip_period=3)
    assert answers(options, *((count, 0) for count in (1, 2, 3, 4, 5, 6, 7, 8, 9))) == [
        False, False, False, True, True, False, True, True, False,
    ]  # fmt: skip
    assert answers(options, *((count, 0) for count in (5, 5, 5, 5))) == [False] * 4
    assert answers(options, *((count, 0) for count in (5, 6, 6, 6, 8))) == [False, True, True, True, True]


def test_a_fit_for_each_trial_that_reaches_the_maximum() -> None:
    options = RefitOptions(opt_skip_init_length=4, opt_skip_period=7, opt_skip_num_max_resource=True)
    assert answers(options, (2, 0), (3, 0), (4, 0), (5, 0), (6, 1), (7, 1), (8, 3), (9, 3)) == [
        False, False, False, True, False, True, False, True,
    ]  # fmt: skip


def test_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="opt_skip_period is 0; give at least 1"):
        RefitOptions(opt_skip_period=0)
    with pytest.raises(ValueError, match="opt_skip_init_length is -1; give at least 0"):
        RefitOptions(opt_skip_init_length=-1)


# ---- inputs of a space -----------------------------------------------------------------------------------------------

SPACE = hb.Space(
    lr=hb.Float(1e-4, 1.0, log=True),
    act=hb.Choice("relu", "tanh", "elu"),
    bias=hb.Choice(True, False),
    one=hb.Choice("only"),
    width=hb.Int(8, 64),
    grid=hb.Finite(0.5, 1.0, 3),
    size=hb.Ordinal("s", "m", "l"),
    depth=hb.Ordinal(1, 2, 4),
    kept=hb.Constant(3),
)


def test_inputs_name_the_coordinates_of_an_encoded_configuration() -> None:
    inputs = inputs_of(SPACE, 9, (1, 3))
    assert dict(zip(inputs.names, inputs.warped, strict=True)) == {
        "act=relu": False,
        "act=tanh": False,
        "act=elu": False,
        "bias": False,
        "depth": True,
        "grid": True,
        "lr": True,
        "one": False,
        "size": True,
        "width": True,
    }
    assert (inputs.levels, inputs.max_resource) == ((1, 3, 9), 9)
    assert inputs.warped_columns.tolist() == [4, 5, 6, 8, 9]


def test_inputs_are_in_the_order_of_the_code() -> None:
    """A coordinate moves when its parameter does, and no other."""
    first: dict[str, Value] = {"lr": 0.1, "act": "relu", "bias": True, "one": "only", "width": 8}
    first |= {"grid": 0.5, "size": "s", "depth": 1}
    moved: dict[str, Value] = {"lr": 0.5, "act": "elu", "bias": False, "width": 9, "grid": 1.0, "size": "l", "depth": 4}
    names = inputs_of(SPACE, 9).names
    assert len(names) == len(encode(SPACE, first))
    for name, value in moved.items():
        changed = np.flatnonzero(encode(SPACE, first) != encode(SPACE, {**first, name: value}))
        labels = {names[column] for column in changed}
        assert labels == ({"act=relu", "act=elu"} if name == "act" else {name})


def test_a_space_without_search_has_no_coordinates() -> None:
    inputs = inputs_of(hb.Space(a=hb.Constant(1)), 1)
    assert (inputs.names, inputs.dimension, inputs.levels, inputs.warped_columns.tolist()) == ((), 0, (1,), [])


def test_a_fit_is_due_once_the_data_have_grown_by_a_share() -> None:
    options = RefitOptions(opt_skip_growth=0.1)
    for last, observed, wanted in ((0, 1, True), (1, 1, False), (1, 2, True), (50, 54, False), (50, 55, True)):
        assert due(options, Learned(observed=last), observed, 0)[0] is wanted, (last, observed)
    for last in (0, 7, 50):  # without a share, any growth is a reason
        assert due(RefitOptions(), Learned(observed=last), last + 1, 0)[0]
    with pytest.raises(ValueError, match="opt_skip_growth is -1; give a number from 0 on"):
        RefitOptions(opt_skip_growth=-1)
