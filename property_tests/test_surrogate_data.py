"""Is the data that a surrogate sees what the rules say, told once more report by report and group by group?"""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pure_hb import testing
from pure_hb.draws import KeyedDraws
from pure_hb.protocol import Counts, Learned
from pure_hb.surrogate import (
    ObservationTable,
    RefitOptions,
    SearcherData,
    TrialCurve,
    down_sample,
    due,
    observation_table,
    standardisation,
    standardised,
)
from pure_hb.surrogate.arrays import Indices
from pure_hb.surrogate.training_data import sparse, thinning

MAX = 9
levels = st.sets(st.integers(1, MAX), max_size=4)


@st.composite
def curves(draw: st.DrawFn) -> list[TrialCurve]:
    """Trials with few configurations; reports at any resources, also past the maximum, of any value."""
    found = []
    for number in draw(st.lists(st.integers(0, 50), unique=True, max_size=6)):
        reported = sorted(draw(st.sets(st.integers(1, MAX + 3), max_size=6)))
        values = draw(st.lists(testing.metric_values(), min_size=len(reported), max_size=len(reported)))
        x = draw(st.sampled_from([(0.0,), (0.5,), (1.0,)]))
        pending = tuple(draw(st.sets(st.integers(1, MAX), max_size=2)))
        found.append(TrialCurve(number, x, tuple(zip(reported, values, strict=True)), pending))
    return found


# ---- the table -------------------------------------------------------------------------------------------------------


def told_again(curve: TrialCurve, rungs: list[int], data: SearcherData) -> list[tuple[int, float]]:
    """Resource and value of the rows of one trial, from its reports one after the other."""
    by_resource: dict[int, float] = {}
    highest = 0
    latest: tuple[int, float] | None = None
    for resource, value in curve.curve:
        reached = [level for level in rungs if highest < level <= resource]
        if data is SearcherData.ALL:
            by_resource.setdefault(min(resource, MAX), value)
        elif reached:
            highest = reached[-1]
            by_resource[highest] = value
            latest = None
        elif resource < MAX:
            latest = (resource, value)
    if data is SearcherData.RUNGS_AND_LAST and latest is not None and highest < MAX:
        by_resource[latest[0]] = latest[1]
    return [(resource, value) for resource, value in sorted(by_resource.items()) if math.isfinite(value)]


@given(trials=curves(), levels=levels, data=st.sampled_from(SearcherData))
def test_a_table_is_what_the_reports_say_one_by_one(
    trials: list[TrialCurve], levels: set[int], data: SearcherData
) -> None:
    table = observation_table(trials, levels=tuple(levels), max_resource=MAX, data=data)
    rungs = sorted({*levels, MAX})
    expected = [(one.trial, resource, value) for one in trials for resource, value in told_again(one, rungs, data)]
    seen = table.observed
    assert list(zip(seen.trial.tolist(), seen.resource.tolist(), seen.value.tolist(), strict=True)) == expected
    waiting = [(one.trial, resource) for one in trials for resource in one.pending]
    awaited = table.rows(table.pending)
    assert list(zip(awaited.trial.tolist(), awaited.resource.tolist(), strict=True)) == waiting
    by_trial = {one.trial: one.x for one in trials}
    assert [tuple(x) for x in table.points().x.tolist()] == [by_trial[number] for number in table.trial.tolist()]
    assert len(np.unique(table.configurations, axis=0)) == len(table.configurations)


@given(values=st.lists(testing.finite_values(), min_size=1, max_size=8))
def test_any_finite_values_are_standardised(values: list[float]) -> None:
    """Also the smallest and the largest floats together."""
    trials = [TrialCurve(number, (0.5,), ((1, value),)) for number, value in enumerate(values)]
    table = observation_table(trials, levels=(1,), max_resource=1)
    by = standardisation(table.observed.value)
    z = standardised(table, by).targets[:, 0]
    assert np.isfinite(z).all()
    if len(set(values)) == 1:
        assert z.tolist() == [0.0] * len(values)
    assert abs(float(np.mean(z))) <= 1e-6
    assert float(np.mean(z * z)) <= 1.0 + 1e-6
    if float(np.ptp(np.array(values) / max(1e-290, *map(abs, values)))) > 1e-6 and max(map(abs, values)) > 1e-290:
        assert float(np.mean(z * z)) == pytest.approx(1.0, rel=1e-6)
    order = np.argsort(values, kind="stable")
    assert (np.diff(z[order]) >= 0.0).all(), "no order is turned round"
    mean, deviation = by.back(z[:, None], np.ones(len(z)))
    assert np.isfinite(mean).all()
    assert np.isfinite(deviation).all()


# ---- limits ----------------------------------------------------------------------------------------------------------


def table_of(rows: Sequence[tuple[int, int]]) -> ObservationTable:
    """A table with an observation for each (trial, resource)."""
    trials = dict.fromkeys(number for number, _ in rows)
    told = [TrialCurve(one, (0.5,), tuple((r, 0.1) for n, r in rows if n == one)) for one in trials]
    return observation_table(told, levels=(), max_resource=MAX, data=SearcherData.ALL)


observed = st.sets(st.tuples(st.integers(0, 5), st.integers(1, MAX)), min_size=1, max_size=30).map(sorted)


def groups(rows: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """All rows of the trials that got to the highest level, then of those that got to the next, ..."""
    best = {number: max(r for n, r in rows if n == number) for number, _ in rows}
    return [[row for row in rows if best[row[0]] == level] for level in sorted(set(best.values()), reverse=True)]


@given(rows=observed, limit=st.integers(1, 30), seed=st.integers(0, 5))
def test_exactly_the_limit_stays_the_farthest_trials_first(rows: list[tuple[int, int]], limit: int, seed: int) -> None:
    found = down_sample(table_of(rows), limit, KeyedDraws(seed, 0))
    kept = set(zip(found.trial.tolist(), found.resource.tolist(), strict=True))
    assert len(found) == len(kept) == min(limit, len(rows))
    found_groups = groups(rows)
    certain = limit // (4 * len(found_groups)) if limit < len(rows) else limit
    left = limit - sum(min(len(group), certain) for group in found_groups)
    for group in found_groups:
        part = [row for row in group if row in kept]
        sure = min(len(group), certain)
        assert len(part) == sure + min(len(group) - sure, left), "a quarter of an equal share, then the farthest first"
        left -= len(part) - sure
        lost = {r for _, r in group} - {r for _, r in part} | {r for row, r in group if (row, r) not in kept}
        if lost and part:
            assert all((n, r) in kept for n, r in group if r > max(lost)), "of a group the lowest levels go"
            assert len({r for n, r in group if (n, r) in kept and r <= max(lost)}) <= 1, "and one level in part"


@given(rows=observed, limit=st.integers(1, 30))
def test_what_is_drawn_is_part_of_one_level_of_one_group(rows: list[tuple[int, int]], limit: int) -> None:
    trial, resource = np.array([n for n, _ in rows]), np.array([r for _, r in rows])
    rule = thinning(trial, resource, limit)
    assert len(rule.kept) + rule.drawn == min(limit, len(rows))
    assert not set(rule.kept) & set(rule.pool)
    assert rule.drawn <= len(rule.pool)
    assert len({int(resource[row]) for row in rule.pool}) <= 1
    again = thinning(trial[::-1], resource[::-1], limit)
    assert (len(again.kept), len(again.pool), again.drawn) == (len(rule.kept), len(rule.pool), rule.drawn)


def dense_again(trial: Indices, resource: Indices, limit: int) -> set[int]:
    """The rule of DyHPO as it is written: 1, 3, 9, ..., the highest; from above, the first of each trial and range."""
    top = int(resource.max())
    bounds = [0, *(3**k for k in range(5) if 3**k < top), top]
    kept, occupied, dropped = set(), set(), 0
    for row in sorted(range(len(trial)), key=lambda row: (resource[row], trial[row]), reverse=True):
        place = next(k for k in range(1, len(bounds)) if resource[row] <= bounds[k]), int(trial[row])
        if place in occupied and len(trial) - dropped > limit:
            dropped += 1
        else:
            kept.add(row)
        occupied.add(place)
    return kept


@given(rows=observed, data=st.data())
def test_dense_curves_are_thinned_by_the_rule(rows: list[tuple[int, int]], data: st.DataObject) -> None:
    limit = data.draw(st.integers(1, len(rows)))
    trial, resource = np.array([n for n, _ in rows]), np.array([r for _, r in rows])
    expected = set(range(len(rows)))
    if len(rows) > limit and resource.max() > 1:
        expected = dense_again(trial, resource, limit)
    assert set(sparse(trial, resource, limit)) == expected
    assert len(down_sample(table_of(rows), limit, KeyedDraws(0, 0), dense=True)) == min(limit, len(rows))


# ---- refits ----------------------------------------------------------------------------------------------------------


@given(
    begin=st.integers(0, 6),
    period=st.integers(1, 4),
    growths=st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), max_size=12),
)
def test_a_period_is_a_period_of_growths(begin: int, period: int, growths: list[tuple[int, int]]) -> None:
    """However often is asked in between, and however much the data grow at once."""
    options = RefitOptions(opt_skip_init_length=begin, opt_skip_period=period)
    memory, observed, reasons = Counts(), 0, 0
    for more, questions in growths:
        observed += more
        for _ in range(questions):
            is_due, memory = due(options, Learned(counts=memory), observed, 0)
            assert is_due == (observed < begin or reasons % period == 0)
        reasons += observed >= begin
