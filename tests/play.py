"""How do tests play a search? Spaces, setups, and `Play`: decide after decide, with what must hold at each of them."""

from collections.abc import Callable, Iterable
from typing import Final

from attrs import evolve

import pure_hb as hb
from pure_hb.draws import KeyedDraws, Purpose, Uniforms

LINE: Final = hb.Space(x=hb.Float(0.0, 1.0))
"""One real number: never exhausted."""
PAIR: Final = hb.Space(x=hb.Choice("a", "b"))
"""Two configurations."""
ERROR: Final = hb.Minimize("error")
SCORE: Final = hb.Maximize("score")


def promotion(
    space: hb.Space = LINE, goal: hb.Goal = ERROR, max_resource: int = 9, brackets: int = 1, max_failures: int = 3
) -> hb.Setup:
    """ASHA by promotion: levels 1 and 3 below 9."""
    return hb.asha(space, goal, max_resource=max_resource, brackets=brackets, max_failures=max_failures)


def stopping(
    space: hb.Space = LINE, goal: hb.Goal = ERROR, max_resource: int = 9, brackets: int = 1, max_failures: int = 3
) -> hb.Setup:
    """ASHA by stopping: levels 1 and 3 below 9."""
    return hb.asha(
        space, goal, max_resource=max_resource, type="stopping", brackets=brackets, max_failures=max_failures
    )


class _Given:
    """Draws that put a new trial into a given bracket; all others are the usual ones."""

    def __init__(self, state: hb.State, bracket: int) -> None:
        odds = state.setup.bracket_distribution()
        self._keyed = KeyedDraws(state.setup.seed, state.clock)
        self._bracket = sum(odds[:bracket]) + 0.5 * odds[bracket]

    def uniform(self, purpose: Purpose, index: int = 0, attempt: int = 0) -> float:
        return self._bracket if purpose is Purpose.BRACKET else self._keyed.uniform(purpose, index, attempt)

    def uniforms(self, purpose: Purpose, count: int, attempt: int = 0) -> Uniforms:
        return self._keyed.uniforms(purpose, count, attempt)


class Play:
    """A search, played step by step. Every step checks that what is not logged changes nothing, to the identity, and
    that what is logged ticks the clock once; the log is kept."""

    def __init__(self, setup: hb.Setup, events: Iterable[hb.Event] = ()) -> None:
        self.state = hb.initial(setup)
        self.log: list[tuple[hb.Event, hb.Action]] = []
        for event in events:
            self(event)

    def __call__(self, event: hb.Event, bracket: int | None = None) -> hb.Action:
        """The action that answers an event. ``bracket`` is drawn if it is given."""
        before = self.state
        if bracket is None:
            self.state, action = hb.decide(before, event)
        else:
            action = hb.choose(before, event, _Given(before, bracket))
            self.state = hb.advance(before, event, action)
        if action.logged:
            assert self.state.clock == before.clock + 1
            self.log.append((event, action))
        else:
            assert self.state is before
        return action

    def trial(self, number: int) -> hb.Trial:
        return self.state.trials[number]

    def rung(self, level: int, bracket: int = 0) -> tuple[tuple[float, ...], list[int]]:
        """The values at a level, best first, and the trials that wait there, best first."""
        rung = self.state.ladder.rung(bracket, level)
        return rung.values, [entry.trial for entry in rung.waiting]


def bare(action: hb.Action) -> hb.Action:
    """An action without its evidence."""
    return evolve(action, evidence=())


def reasons(action: hb.Action) -> str:
    """The evidence that is in words."""
    return "; ".join(record.text for record in action.evidence if isinstance(record, hb.evidence.Because))


def ranked(action: hb.Action) -> list[hb.evidence.Ranked]:
    """The comparisons in the evidence."""
    return [record for record in action.evidence if isinstance(record, hb.evidence.Ranked)]


Make = Callable[..., hb.Setup]
