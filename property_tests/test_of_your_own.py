"""A rule of one's own, an invariant of one's own, one `@given`: how a rung invariant is verified, in one page.

Hypothesis draws what the workers do, who report late, fail, vanish and come back, and shrinks it to the fewest events
that break the invariant. `README.md` beside this file begins with it.
"""

import random

from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

import pure_hb as hb
from pure_hb.rungs.rules import Promotion
from pure_hb.rungs.rules.rule import Candidate
from pure_hb.testing import Step, follow, picks, play, subject_of, world_of


@frozen
class Patient(Promotion):
    """My rule: as ASHA, but no trial is promoted before a rung has four entries."""

    def may_go_on(self, candidate: Candidate) -> bool:
        return candidate.standing.entries >= 4 and super().may_go_on(candidate)


def four_entries(step: Step) -> str | None:
    """My invariant: a trial is promoted among four entries or more."""
    if not isinstance(step.action, hb.Resume) or step.promoted_from is None:
        return None
    (rung,) = (one for one in step.before.ladder.systems[0] if one.level == step.promoted_from)
    return None if len(rung) >= 4 else f"trial {step.action.trial} was promoted among {len(rung)}"


ASHA = hb.asha(hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error"), max_resource=9)
MINE = evolve(ASHA, rule=Patient())


@given(st.data())
def test_my_rule_is_patient(data: st.DataObject) -> None:
    subject = subject_of(MINE)
    for turn in follow(subject, play(subject, world_of(MINE), picks(data.draw), 60)):
        assert four_entries(Step(turn.before, turn.event, turn.action, turn.after)) is None


def test_the_invariant_can_fail() -> None:
    """ASHA itself is not patient: an invariant that nothing breaks would prove nothing."""
    violated = False
    subject = subject_of(ASHA)
    for seed in range(5):
        turns = follow(subject, play(subject, world_of(ASHA), random.Random(seed).choice, 80))
        violated |= any(four_entries(Step(t.before, t.event, t.action, t.after)) is not None for t in turns)
    assert violated
