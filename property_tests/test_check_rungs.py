"""Does `check_rungs` find what is wrong at somebody's rungs with few events, and does it leave sound schedulers
alone?"""

import math
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

import pure_hb as hb
from property_tests.rung_bugs import (
    BUGS,
    LEVELS,
    MAXIMUM,
    PROMOTING,
    PROMOTION_CLAIMS,
    SCENERIES,
    STOPPING,
    STOPPING_CLAIMS,
    Bug,
    compiled,
)
from pure_hb import testing
from pure_hb.testing import RungClaims, RungLawBroken, Subject, rung_laws

SPACE, GOAL = hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error")
OURS = RungClaims(LEVELS, MAXIMUM, "promotion", testing.OTHERS, ties=testing.Ties.TOGETHER, fewest=2)


def ours(setup: hb.Setup) -> Subject[Any]:
    return testing.subject_of(setup)


def with_line(source: str, line: str, becomes: str) -> Subject[Any]:
    assert source.count(line) == 1
    return compiled(source.replace(line, becomes))


def percentile(values: list[float], share: float) -> float:
    """The value that lies at a share, a line drawn between neighbours; exact where an entry lies there."""
    ranked, place = sorted(values), (len(values) - 1) * share
    low = round(place) if abs(place - round(place)) < 1e-9 else math.floor(place)
    part = 0.0 if abs(place - low) < 1e-9 else place - low
    return ranked[low] if part == 0 else ranked[low] + (ranked[low + 1] - ranked[low]) * part


def interpolating() -> Subject[Any]:
    class Asha:
        def __init__(self) -> None:
            self.rungs: dict[int, list[float]] = {level: [] for level in LEVELS}
            self.count = 0

        def answer(self, event: hb.Event) -> hb.Action:
            if isinstance(event, hb.Ask):
                self.count += 1
                return hb.Start(self.count - 1, hb.Configuration({"x": 0}), 0, LEVELS[0])
            assert isinstance(event, hb.Report)
            until = next((level for level in LEVELS if level > event.resource), MAXIMUM)
            if event.resource in LEVELS and event.value == event.value:
                self.rungs[event.resource].append(event.value)
                if event.value > percentile(self.rungs[event.resource], 1 / 3):
                    return hb.Stop(event.trial)
            stops = event.resource >= MAXIMUM or event.value != event.value
            return hb.Stop(event.trial) if stops else hb.Continue(event.trial, until)

    return testing.from_mutable(Asha, lambda asha, event: asha.answer(event), by="copy")


def maximising() -> Subject[Any]:
    return with_line(PROMOTING, "key=rung.get", "key=rung.get, reverse=True")


SOUND: dict[str, tuple[Callable[[], Subject[Any]], RungClaims, tuple[testing.Scenery, ...]]] = {
    "floor, by promotion": (lambda: compiled(PROMOTING), PROMOTION_CLAIMS, SCENERIES),
    "floor or one, by stopping": (lambda: compiled(STOPPING), STOPPING_CLAIMS, SCENERIES),
    "ceil, by promotion": (
        lambda: with_line(PROMOTING, "[: len(rung) // 3]", "[: -(-len(rung) // 3)]"),
        evolve(PROMOTION_CLAIMS, quota=testing.CEIL),
        SCENERIES,
    ),
    "floor, maximised": (maximising, evolve(PROMOTION_CLAIMS, maximize=True), SCENERIES),
    "interpolated, by stopping": (interpolating, evolve(STOPPING_CLAIMS, quota=testing.INTERPOLATED), SCENERIES),
    "ours, by promotion": (lambda: ours(hb.asha(SPACE, GOAL, max_resource=MAXIMUM)), OURS, tuple(testing.Scenery)),
    "ours, by stopping": (
        lambda: ours(hb.asha(SPACE, GOAL, max_resource=MAXIMUM, type="stopping")),
        evolve(OURS, kind="stopping"),
        tuple(testing.Scenery),
    ),
    "ours, with brackets": (
        lambda: ours(hb.hyperband(SPACE, GOAL, max_resource=MAXIMUM, type="stopping", rung_system_per_bracket=True)),
        evolve(OURS, kind="stopping", separate=True),
        tuple(testing.Scenery),
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_scheduler_passes_and_its_rungs_were_full(name: str) -> None:
    make, claims, sceneries = SOUND[name]
    subject = make()
    checked = testing.check_rungs(subject.initial, subject.decide, claims, sceneries=sceneries)
    assert checked.events > 1000
    assert dict(checked.most_entries)[1] >= 9
    assert dict(checked.most_entries)[9] >= 3


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_is_found_with_few_events_and_named(bug: Bug) -> None:
    subject = bug.subject()
    with pytest.raises(RungLawBroken) as caught:
        testing.check_rungs(subject.initial, subject.decide, bug.claims, sceneries=SCENERIES)
    breach = caught.value.breach
    assert breach.law == bug.law, breach
    assert len(breach.history) <= bug.most, breach
    trials = [action.trial for _, action in breach.history if isinstance(action, hb.Start)]
    assert trials == list(range(len(trials))), "trials are numbered from 0, in their order"
    assert f"rung law {bug.law.name} is broken" in str(breach)


def test_there_are_more_than_twenty_kinds() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 30
    assert len({bug.law for bug in BUGS}) >= 10


def test_all_laws_that_are_broken_are_found_each_where_it_shows_most_simply() -> None:
    subject = with_line(PROMOTING, "// 3]", "// 3 + 1]")
    breaches = testing.rung_breaches(subject.initial, subject.decide, PROMOTION_CLAIMS, lengths=(6, 12, 24))
    found = {(breach.law.name, breach.scenery.name) for breach in breaches}
    assert ("LEAVES", "PLAIN") in found
    assert ("LEAVES", "TIES") not in found, "it is broken in plain worlds already"
    assert "GOES_ON" not in {law for law, _ in found}


def test_copies_and_replays_of_an_object_that_changes_give_the_same_answers() -> None:
    subject = compiled(PROMOTING)
    state, event = subject.initial(), hb.Ask("ann")
    after, start = subject.decide(state, event)
    assert subject.decide(state, event) == (after, start), "the first state is as it was"
    assert isinstance(start, hb.Start)
    report = hb.Report(start.trial, 1, 0.5)
    assert subject.decide(after, report) == subject.decide(after, report)
    assert subject.decide(after, report)[0] != after
    with pytest.raises(ValueError, match="write 'replay' or 'copy'"):
        testing.from_mutable(object, lambda made, event: hb.Wait(), by="pickle")  # type: ignore[arg-type]  # the test


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"levels": (3, 1)}, r"levels are \(3, 1\) and the maximum is 27: .* write for example levels=\(1, 3\)"),
        ({"levels": (1, 27)}, "below the maximum, which is no level"),
        ({"levels": ()}, "levels increase from 1"),
        ({"reduction_factor": 1}, "reduction_factor is 1, at least 2 is needed; leave it out"),
    ],
)
def test_claims_that_cannot_be_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evolve(OURS, **change)


def test_a_check_of_nothing_is_refused() -> None:
    subject = compiled(PROMOTING)
    with pytest.raises(ValueError, match="nothing to check"):
        testing.check_rungs(subject.initial, subject.decide, PROMOTION_CLAIMS, laws=())


def test_the_message_says_law_place_and_events() -> None:
    subject = with_line(PROMOTING, "// 3]", "// 3 + 1]")
    with pytest.raises(RungLawBroken) as caught:
        testing.check_rungs(subject.initial, subject.decide, PROMOTION_CLAIMS)
    assert (
        str(caught.value)
        == """\
rung law LEAVES is broken where all values are different, all reports are at levels: trial 0 was resumed \
from level 1, but trial 0 stands at level 1 with 0.0: it is alone; it does not pass, as floor(n/eta) go on (n 1, eta 3)
  The law: a trial that does not pass at its level does not go on from there.
  The fewest events found that show it (seed 0):
    Ask('w0')  ->  Start(trial=0, bracket=0, until=1)
    Report(trial=0, resource=1, value=0.0)  ->  Pause(trial=0)
    Ask('w0')  ->  Resume(trial=0, start_from=1, until=3)"""
    )
    assert caught.value.breach.law is rung_laws.LEAVES
