"""Does `check_rungs` find what is wrong with a synchronous scheduler's rounds, and leave sound ones alone?"""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from property_tests.round_bugs import BUGS, CLAIMS, HALVING, SCENERIES, WAITING, WAITING_CLAIMS
from property_tests.rung_bugs import Bug, compiled
from pure_hb import testing
from pure_hb.testing import NotANumber, Rounds, RungClaims, RungLawBroken, Subject, rung_laws


def changed(*changes: tuple[str, str]) -> Subject[Any]:
    source = HALVING
    for line, becomes in changes:
        assert line in source
        source = source.replace(line, becomes)
    return compiled(source)


TWO_BRACKETS = (
    ("trial = len(self.legs)\n", "trial = len(self.legs); small = trial % 6 >= 4\n"),
    ("if trial % 4 == 0:", "if trial % 6 in (0, 4):"),
    ("self.rounds.append({1: {}, 3: {}})", "self.rounds.append({1: {}, 3: {}} if not small else {1: (), 3: {}})"),
    ("Start(trial, CONFIG, 0, 1)", "Start(trial, CONFIG, int(small), 3 if small else 1)"),
    ("self.rounds[trial // 4]", "stages"),
    (
        "if resource in (1, 3):",
        "stages = self.rounds[trial // 6 * 2 + (trial % 6 >= 4)]\n        if stages.get(resource, ()) != ():",
    ),
)

SOUND: dict[str, tuple[Callable[[], Subject[Any]], RungClaims]] = {
    "the next round begins at once": (lambda: compiled(HALVING), CLAIMS),
    "the next round waits": (lambda: compiled(WAITING), WAITING_CLAIMS),
    "maximised": (
        lambda: changed(("key=stage.get", "key=stage.get, reverse=True"), ('float("inf")', 'float("-inf")')),
        evolve(CLAIMS, maximize=True),
    ),
    "other sizes": (
        lambda: changed(("(3, 9, 2, 1), (1, 3, 4, 2)", "(3, 9, 3, 2), (1, 3, 4, 3)")),
        evolve(CLAIMS, rounds=Rounds(((4, 3, 2),), at_once=True)),
    ),
    "two brackets in turn": (
        lambda: changed(*TWO_BRACKETS),
        evolve(CLAIMS, rounds=Rounds(((4, 2, 1), (2, 1)), at_once=True)),
    ),
    "a NaN ends its trial": (
        lambda: changed(
            ("return Pause(trial, resource)", "return Pause(trial, resource) if value == value else Stop(trial)"),
            ("if resource >= 9:", "if resource >= 9 or value != value and resource not in (1, 3):"),
            ("if len(stage) == size:", "if len(stage) == size or level == 3 and self.short(stages):"),
            ("[:best]:", "[:best]:\n" + " " * 28 + "if stage[trial] == float('inf'): continue"),
            (
                "    def answer",
                "    def short(self, stages):\n"
                "        able = sum(value < float('inf') for value in stages[1].values())\n"
                "        return len(stages[1]) == 4 and able < 2 and len(stages[3]) == able\n\n"
                "    def answer",
            ),
        ),
        evolve(CLAIMS, nan=NotANumber.ENDS),
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_scheduler_passes_and_its_rounds_were_complete(name: str) -> None:
    make, claims = SOUND[name]
    subject = make()
    checked = testing.check_rungs(subject.initial, subject.decide, claims)
    assert checked.events > 500
    assert dict(checked.most_entries)[3] >= 4


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_is_found_with_few_events_and_named(bug: Bug) -> None:
    subject = bug.subject()
    with pytest.raises(RungLawBroken) as caught:
        testing.check_rungs(subject.initial, subject.decide, bug.claims, sceneries=SCENERIES)
    breach = caught.value.breach
    assert breach.law == bug.law, breach
    assert len(breach.history) <= bug.most, breach


def test_there_are_twenty_kinds() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 20


def test_the_sentence_says_how_many_have_reported() -> None:
    subject = changed(("len(stage) == size", "len(stage) >= 2"))
    with pytest.raises(RungLawBroken) as caught:
        testing.check_rungs(subject.initial, subject.decide, CLAIMS)
    assert caught.value.breach.law is rung_laws.WHOLE_STAGE
    assert caught.value.breach.what.endswith("was resumed from level 1, where 2 of 4 trials of its round have reported")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rounds": Rounds(((9, 3),))}, r"bracket 0 are \(9, 3\); it has 3 stages.* write for example \(27, 3, 1\)"),
        ({"rounds": Rounds(((3, 9, 1),))}, "none is larger than the one before"),
        ({"nan": NotANumber.UNCOUNTED}, "a round waits for its entry: write ENDS or LAST"),
        ({"kind": "stopping"}, "trials that wait for a round pause: write 'promotion'"),
    ],
)
def test_rounds_that_cannot_be_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evolve(CLAIMS, **change)
