"""WHAT HAPPENS NOW? The file to read first: a decision is a choice and its consequence.

    decide(state, event) -> (state, action)

`choose` computes the action and may be slow; `advance` updates the state and is fast. The action carries, in typed
fields, all that `advance` needs. So a log of (event, action) pairs rebuilds the state without choosing again (*fold*),
and to check a log one chooses again and compares (*verify*).
"""

from pure_hb.machine.advance import advance
from pure_hb.machine.choose import choose
from pure_hb.machine.state import State
from pure_hb.protocol import Action, Event


def decide(state: State, event: Event) -> tuple[State, Action]:
    """The next state and the action that answers an event. Total and pure: every event in every state has an answer,
    and equal arguments give equal results, in every process. An event that is not accepted leaves the very same state.

    Raises:
        TypeError: if ``state`` is no State or ``event`` no Event.
    """
    action = choose(state, event)
    return advance(state, event, action), action
