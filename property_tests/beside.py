"""HOW DO MACHINE AND TWIN LIVE THROUGH ONE WORLD? The Hypothesis state machine that the stateful tests run.

Each rule is one move of `pure_hb.testing.Move`, its details drawn by Hypothesis. After every step the machine's answer
is compared with the twin's, all invariants are checked, and what occurred is counted.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

import pure_hb as hb
from property_tests.twin import Twin
from property_tests.twin_records import answer_of
from pure_hb import testing
from pure_hb.auditing import Step, violations
from pure_hb.testing import Move, Scene, Tally, World


def check(step: Step, twin: Twin) -> None:
    """Machine and twin give one answer, and the step keeps all invariants."""
    expected, got = twin.answer(step.event), answer_of(step.action)
    assert got == expected, f"{step.event}\n  machine: {got}\n  twin:    {expected}"
    found = violations((step,))
    assert not found, f"{step.event} -> {step.action}\n{found[0]}"
    check_explained(step)


def check_explained(step: Step) -> None:
    """What decided stands in the evidence: of every entry and promotion its ranking, otherwise at least a reason."""
    action = step.action
    if isinstance(action, hb.Reject):
        assert action.reason
    elif getattr(action, "level", None) is not None or step.promoted_from is not None:
        assert [
            record
            for record in action.evidence
            if isinstance(record, hb.evidence.Ranked) and record.trial == step.trial
        ]
    else:
        assert action.evidence


def _move(move: Move) -> Callable[[Any], bool]:
    return lambda self: testing.can(self.world, self.scene, move)


class Beside(RuleBasedStateMachine):
    """A machine and its twin in one world. Subclasses say of which setups."""

    setups: ClassVar[st.SearchStrategy[hb.Setup]]
    tally: ClassVar[Tally]

    world = World()
    scene = Scene()

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        setup = data.draw(type(self).setups)
        self.state = hb.initial(setup)
        self.twin = Twin(setup)
        self.world = testing.world_of(setup)
        self.scene = Scene()

    def tell(self, event: hb.Event) -> None:
        note(repr(event))
        after, action = hb.decide(self.state, event)
        step = Step(self.state, event, action, after)
        check(step, self.twin)
        type(self).tally.count(step)
        self.state = after
        self.scene = testing.heard(self.scene, event, action)
        running = {trial.number for trial in after.trials if trial.worker is not None}
        assert {task.trial for task in self.scene.tasks} == running

    def make(self, move: Move, data: st.DataObject) -> None:
        self.tell(testing.make(self.world, self.scene, move, testing.picks(data.draw)))

    @precondition(_move(Move.ASK))
    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        self.make(Move.ASK, data)

    @precondition(_move(Move.ASK))
    @rule(data=st.data())
    def ask_too(self, data: st.DataObject) -> None:
        self.make(Move.ASK, data)

    @precondition(_move(Move.ASK))
    @rule(data=st.data())
    def ask_for_nothing_new(self, data: st.DataObject) -> None:
        self.make(Move.ASK_NOTHING_NEW, data)

    @precondition(_move(Move.ASK_AGAIN))
    @rule(data=st.data())
    def ask_again(self, data: st.DataObject) -> None:
        self.make(Move.ASK_AGAIN, data)

    @precondition(_move(Move.STEP))
    @rule(data=st.data())
    def report_next(self, data: st.DataObject) -> None:
        self.make(Move.STEP, data)

    @precondition(_move(Move.REACH))
    @rule(data=st.data())
    def report_at_milestone(self, data: st.DataObject) -> None:
        self.make(Move.REACH, data)

    @precondition(_move(Move.REACH))
    @rule(data=st.data())
    def report_at_milestone_too(self, data: st.DataObject) -> None:
        self.make(Move.REACH, data)

    @precondition(_move(Move.JUMP))
    @rule(data=st.data())
    def report_past_milestone(self, data: st.DataObject) -> None:
        self.make(Move.JUMP, data)

    @precondition(_move(Move.FINISH))
    @rule(data=st.data())
    def report_at_maximum(self, data: st.DataObject) -> None:
        self.make(Move.FINISH, data)

    @precondition(_move(Move.NOT_FINITE))
    @rule(data=st.data())
    def report_no_number(self, data: st.DataObject) -> None:
        self.make(Move.NOT_FINITE, data)

    @precondition(_move(Move.RETELL))
    @rule(data=st.data())
    def report_again(self, data: st.DataObject) -> None:
        self.make(Move.RETELL, data)

    @precondition(_move(Move.REPEAT))
    @rule(data=st.data())
    def repeat_an_event(self, data: st.DataObject) -> None:
        self.make(Move.REPEAT, data)

    @precondition(_move(Move.STRAY))
    @rule(data=st.data())
    def hear_from_an_old_leg(self, data: st.DataObject) -> None:
        self.make(Move.STRAY, data)

    @precondition(_move(Move.COMPLETE))
    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        self.make(Move.COMPLETE, data)

    @precondition(_move(Move.FAIL))
    @rule(data=st.data())
    def fail(self, data: st.DataObject) -> None:
        self.make(Move.FAIL, data)

    @precondition(_move(Move.RELEASE))
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        self.make(Move.RELEASE, data)

    @rule(data=st.data())
    def observe(self, data: st.DataObject) -> None:
        if data.draw(st.booleans()):
            self.make(Move.OBSERVE, data)
        else:
            self.tell(data.draw(testing.observations(self.state.setup.space)))

    @precondition(_move(Move.MALFORMED))
    @rule(data=st.data())
    def report_nonsense(self, data: st.DataObject) -> None:
        self.make(data.draw(st.sampled_from((Move.MALFORMED, Move.UNKNOWN))), data)

    @rule(data=st.data())
    def say_anything(self, data: st.DataObject) -> None:
        self.tell(data.draw(testing.events(self.state)))


def machine(setups: st.SearchStrategy[hb.Setup], tally: Tally) -> type[Beside]:
    """The state machine for these setups, which counts in this tally."""
    return type("Beside", (Beside,), {"setups": setups, "tally": tally})
