"""What is said when a public function gets a value of the wrong type, such as when two arguments are exchanged? One
sentence that names what it takes and what it got."""

from collections.abc import Callable
from typing import Any

import pytest

import pure_hb as hb

SPACE, GOAL = hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error")
SETUP = hb.asha(SPACE, GOAL, max_resource=9)
STATE = hb.initial(SETUP)
any_: Any = hb  # so that mypy lets wrong arguments pass

TAKES_A_SETUP = "takes a Setup, got Space; make one: asha(space, goal, max_resource=81)"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: any_.initial(SPACE), f"initial {TAKES_A_SETUP}"),
        (lambda: any_.plan(SPACE), f"plan {TAKES_A_SETUP}"),
        (lambda: any_.setup_notes(SPACE), f"setup_notes {TAKES_A_SETUP}"),
        (lambda: any_.fold(SPACE, []), f"fold {TAKES_A_SETUP}"),
        (lambda: any_.verify(SPACE, []), f"verify {TAKES_A_SETUP}"),
        (lambda: any_.Session("unused.jsonl", SPACE), f"a session {TAKES_A_SETUP}"),
        (lambda: any_.Session(SETUP, "run.jsonl"), "the journal is a Setup; give a path such as run.jsonl, or a URL"),
        (lambda: any_.fold(SETUP, "run.jsonl"), "fold takes pairs of an event and an action, got 'r'; of a journal: "),
        (lambda: any_.verify(SETUP, [(1, 2, 3)]), "verify takes pairs of an event and an action, got (1, 2, 3); "),
        (lambda: any_.explain(STATE), "explain takes an Action, got State; decide returns (state, action)"),
        (lambda: any_.audit(SETUP), "audit takes the path of a journal or steps, got a Setup; make steps of pairs"),
        (lambda: any_.decide(hb.Ask("ann"), STATE), "choose takes a State and an Event (Ask, Report, Complete, "),
        (lambda: any_.asha(GOAL, SPACE, max_resource=9), "space is Minimize(metric='error'); make one: Space(lr="),
        (lambda: any_.asha(SPACE, any_.Minimize(3), max_resource=9), "the metric is 3; give its name, such as "),
        (lambda: any_.cached_problem("answers.cache", SPACE), "path is Space("),
    ],
)
def test_a_wrong_argument_is_named_with_the_way_out(call: Callable[[], object], said: str) -> None:
    with pytest.raises((TypeError, ValueError)) as refused:
        call()
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 250


def test_pairs_may_be_lists() -> None:
    event = hb.Ask("ann")
    after, action = hb.decide(STATE, event)
    assert any_.fold(SETUP, [[event, action]]) == after
    assert any_.verify(SETUP, [[event, action]]).ok
