"""PASHA: the noise of curves against the words of its definition, rankings, and a cap that grows."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pure_hb as hb
from pure_hb.codec import from_json, to_json
from pure_hb.protocol import Curve
from pure_hb.rungs import Rung, Seen
from pure_hb.rungs.rules import Pasha, PashaMemory
from pure_hb.rungs.rules.pasha import Cap, disagreeing, estimated_noise
from tests.play import ERROR, LINE, Play

curves = st.dictionaries(st.integers(1, 9), st.integers(0, 4).map(float), max_size=9).map(
    lambda reported: tuple(sorted(reported.items()))
)


def noise_in_words(all_curves: tuple[Curve, ...], lower: int, upper: int, before: float) -> float:
    """Pair by pair and resource by resource, as docs/pasha.md says it."""
    known, distances, met = [dict(curve) for curve in all_curves], [], set()
    for resource in range(upper, lower, -1):
        for a, b in itertools.combinations(range(len(known)), 2):
            if (a, b) in met or resource not in known[a] or resource not in known[b]:
                continue
            met.add((a, b))
            order, turned = known[a][resource] > known[b][resource], False
            for earlier in range(resource - 1, 0, -1):
                if earlier not in known[a] or earlier not in known[b]:
                    continue
                same = (known[a][earlier] > known[b][earlier]) == order
                if turned and same:
                    distances.append(abs(known[a][resource] - known[b][resource]))
                    break
                turned = turned or not same
    return float(np.quantile(np.array(distances), 0.9)) if distances else before


@given(st.lists(curves, max_size=6).map(tuple), st.integers(1, 8), st.data())
def test_the_noise_is_what_the_words_say(all_curves: tuple[Curve, ...], lower: int, data: st.DataObject) -> None:
    upper = data.draw(st.integers(lower + 1, 9))
    assert estimated_noise(all_curves, lower, upper, 0.125) == noise_in_words(all_curves, lower, upper, 0.125)


def groups_in_words(lower: Rung, upper: Rung, epsilon: float) -> bool:
    """Whether the rankings disagree, with groups that grow step by step."""
    shared = [(value, trial) for value, trial, _ in lower.entries if trial in upper.trials]
    ranked = [trial for trial in upper.trials if trial in lower.trials]
    for rank, (value, trial) in enumerate(shared):
        group = {trial}
        for other, name in shared[rank + 1 :]:
            if other > value + epsilon:
                break
            group.add(name)
        for other, name in reversed(shared[:rank]):
            if other < value - epsilon:
                break
            group.add(name)
        if ranked[rank] not in group:
            return True
    return False


def rung(level: int, values: dict[int, float]) -> Rung:
    found = Rung(level, 3 * level)
    for trial, value in values.items():
        found = found.enter(trial, value, True)
    return found


entries = st.dictionaries(st.integers(0, 7), st.integers(0, 5).map(float), max_size=8)


@given(entries, entries, st.sampled_from([0.0, 0.5, 1.0, 2.0]))
def test_rankings_disagree_as_the_words_say(low: dict[int, float], high: dict[int, float], epsilon: float) -> None:
    lower, upper = rung(1, low), rung(3, high)
    assert bool(disagreeing(lower, upper, epsilon)) == groups_in_words(lower, upper, epsilon)


def test_two_that_are_within_the_noise_may_change_places() -> None:
    lower, upper = rung(1, {0: 1.0, 1: 1.5, 7: 1.25}), rung(3, {1: 1.0, 0: 2.0})
    assert disagreeing(lower, upper, 0.5) == ()
    (figures,) = disagreeing(lower, upper, 0.25)
    assert isinstance(figures, hb.evidence.Figures)
    assert dict(figures.numbers) == {"rank": 0.0, "trial at level 1": 0.0, "trial at level 3": 1.0}


def caps(play: Play) -> list[int]:
    assert isinstance(play.state.memory, PashaMemory)
    return [one.cap for one in play.state.memory.caps]


def started(maximum: int = 81, **options: Any) -> Play:
    play = Play(hb.asha(LINE, ERROR, type="pasha", max_resource=maximum, **options))
    for number in range(6):
        play(hb.Ask(f"worker-{number}"))
    for trial, value in enumerate((0.6, 0.5, 0.4, 0.7, 0.8, 0.9)):
        if trial in play.state.trials:
            play(hb.Report(trial, 1, value))
    return play


def test_the_cap_grows_when_rankings_disagree_and_by_one_level_only() -> None:
    play = started()
    assert caps(play) == [3]
    for worker, value in (("worker-0", 0.30), ("worker-1", 0.25)):
        resumed = play(hb.Ask(worker))
        assert isinstance(resumed, hb.Resume)
        play(hb.Report(resumed.trial, 3, value))
    assert caps(play) == [9]
    assert isinstance(play(hb.Ask("worker-0")), hb.Resume)


def test_the_noise_is_that_of_all_curves_with_the_report_that_is_heard() -> None:
    play = started()
    first, second = (play(hb.Ask(worker)) for worker in ("worker-0", "worker-1"))
    assert isinstance(first, hb.Resume)
    assert isinstance(second, hb.Resume)
    noise = []
    for resource, values in ((2, (0.5, 0.3)), (3, (0.25, 0.375))):  # the order changes, and changes back
        for trial, value in zip((first.trial, second.trial), values, strict=True):
            play(hb.Report(trial, resource, value))
            assert isinstance(play.state.memory, PashaMemory)
            noise.append(play.state.memory.caps[0].epsilon)
    assert noise == [0.0, 0.0, 0.0, 0.125]
    assert caps(play) == [3]


def test_the_cap_grows_from_level_to_level_up_to_the_maximum() -> None:
    play, grown = Play(hb.asha(LINE, ERROR, type="pasha", max_resource=81)), [3]
    for _ in range(400):
        given = play(hb.Ask("worker"))
        assert isinstance(given, hb.Start | hb.Resume)
        turned = given.until in (3, 27)  # from level to level the order is another
        play(hb.Report(given.trial, given.until, float(-given.trial if turned else given.trial)))
        grown += [cap for cap in caps(play) if cap != grown[-1]]
    assert grown == [3, 9, 27, 81]


def test_nobody_is_promoted_from_the_cap_on() -> None:
    play = started()
    for worker, value in (("worker-0", 0.30), ("worker-1", 0.35)):
        resumed = play(hb.Ask(worker))
        assert isinstance(resumed, hb.Resume)
        play(hb.Report(resumed.trial, 3, value))
    assert caps(play) == [3]  # the order is the same: trial 3 would pass at level 3
    assert isinstance(play(hb.Ask("worker-0")), hb.Start)


@pytest.mark.parametrize(
    ("levels", "cap"), [((1,), 81), ((1, 3), 3), ((1, 3, 9), 3), ((1, 3, 9, 27), 3)], ids=["1", "2", "3", "4"]
)
def test_with_any_number_of_levels_the_two_lowest_can_be_compared(levels: tuple[int, ...], cap: int) -> None:
    assert Pasha().begin((levels,), 81).caps[0].cap == cap


def test_above_the_last_level_comes_the_maximum_and_it_stays() -> None:
    play = started(9)  # two levels, 1 and 3
    for worker, value in (("worker-0", 0.30), ("worker-1", 0.25)):
        resumed = play(hb.Ask(worker))
        assert isinstance(resumed, hb.Resume)
        play(hb.Report(resumed.trial, 3, value))
    assert caps(play) == [9]
    resumed = play(hb.Ask("worker-0"))
    assert isinstance(resumed, hb.Resume)
    assert resumed.until == 9
    play(hb.Report(resumed.trial, 5, 0.1))
    assert caps(play) == [9]


def test_each_bracket_with_rungs_of_its_own_has_a_cap_of_its_own() -> None:
    play = Play(hb.asha(LINE, ERROR, type="pasha", max_resource=81, brackets=3, rung_system_per_bracket=True))
    assert caps(play) == [3, 9, 27]


def test_what_is_remembered_turns_to_json_and_folds() -> None:
    play = started()
    assert from_json(to_json(play.state), hb.State) == play.state
    assert hb.fold(play.state.setup, play.log) == play.state
    assert from_json(to_json(play.state.memory), hb.protocol.Memory) == PashaMemory((Cap(3, 1),))


def test_the_scan_looks_at_rungs_below_the_cap() -> None:
    low, high = rung(1, {0: 0.1, 1: 0.2, 2: 0.3}).promote(0), rung(3, {0: 0.1, 5: 0.2})
    capped, free = (PashaMemory((Cap(cap, 1),)) for cap in (3, 9))
    draws: Any = None
    assert Pasha().scan(Seen((low, high), memory=capped), draws).promoted is None
    found = Pasha().scan(Seen((low, high), memory=free), draws).promoted
    assert found is not None
    assert found.entry.trial == 0


def test_resources_may_be_as_large_as_they_like() -> None:
    play = Play(hb.asha(LINE, ERROR, type="pasha", max_resource=27 * 10**13, grace_period=10**13))
    for number in range(4):
        play(hb.Ask(f"worker-{number}"))
    for trial in range(3):
        play(hb.Report(trial, 10**13, 0.1 * trial))
    assert isinstance(play(hb.Report(3, 3 * 10**13, 0.05)), hb.Pause)


def test_the_noise_of_one_bracket_is_not_that_of_another() -> None:
    play = Play(hb.asha(LINE, ERROR, type="pasha", max_resource=81, brackets=2, rung_system_per_bracket=True))
    for number, bracket in enumerate((0, 1, 1)):
        play(hb.Ask(f"worker-{number}"), bracket=bracket)
    for resource, values in ((1, (0.1, 0.9)), (2, (0.9, 0.1)), (3, (0.1, 0.9)), (4, (0.9, 0.1)), (5, (0.1, 0.9))):
        for trial, value in zip((1, 2), values, strict=True):
            if play.trial(trial).worker is not None:
                play(hb.Report(trial, resource, value))
    play(hb.Report(0, 1, 0.5))
    assert isinstance(play.state.memory, PashaMemory)
    assert play.state.memory.caps[0].epsilon == 0.0


@pytest.mark.parametrize("caps", [(), (Cap(3, 4),), (Cap(3, -1),), (Cap(3, 1), Cap(3, 1))])
def test_a_state_with_a_memory_of_another_setup_is_refused(caps: tuple[Cap, ...]) -> None:
    state = hb.initial(hb.asha(LINE, ERROR, type="pasha", max_resource=81))
    text = to_json(state)
    text["memory"] = to_json(PashaMemory(caps))
    with pytest.raises(ValueError, match="cannot remember"):
        from_json(text, hb.State)


@pytest.mark.parametrize(("cap", "top"), [(3, 1), (9, 2), (27, 3), (81, 3)])
def test_a_state_with_a_memory_of_its_setup_is_taken(cap: int, top: int) -> None:
    state = hb.initial(hb.asha(LINE, ERROR, type="pasha", max_resource=81))
    text = to_json(state)
    text["memory"] = to_json(PashaMemory((Cap(cap, top),)))
    assert from_json(text, hb.State).memory == PashaMemory((Cap(cap, top),))
