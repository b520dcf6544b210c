"""Is a decision made again by the fit that a log tells of, without fitting?"""

from collections.abc import Iterator

import numpy as np
import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.machine import State, choose
from pure_hb.protocol import Action, Figures, Named, Resume, Start
from pure_hb.search import belief
from tests.play import ERROR

PLANE = hb.Space(x=hb.Float(0.0, 1.0), y=hb.Float(1e-3, 1.0, log=True))
METHODS = ["MOBSTER-JOINT", "MOBSTER-INDEP", "HYPERTUNE-INDEP", "DYHPO"]
ASK = hb.Ask("ann")


def asked(method: str, count: int = 30) -> Iterator[tuple[State, Start | Resume]]:
    """States in which a worker asks, and the answers."""
    state = hb.initial(hb.METHODS[method](PLANE, ERROR, max_resource=9, seed=1))
    for _ in range(count):
        before = state
        state, action = hb.decide(state, ASK)
        assert isinstance(action, Start | Resume)
        yield before, action
        while action is not None:
            trial = state.trials[action.trial]
            resource = trial.highest + 1
            x, y = float(trial.config["x"]), float(trial.config["y"])
            value = (x - 0.4) ** 2 + y + 1.0 / (1 + resource)
            state, answer = hb.decide(state, hb.Report(trial.number, resource, value))
            if not isinstance(answer, hb.Continue):
                break


def without_evaluations(action: Action) -> Action:
    """Only who fits can count them."""
    evidence = tuple(
        evolve(one, numbers=tuple(pair for pair in one.numbers if pair[0] != "evaluations"))
        if isinstance(one, Figures)
        else one
        for one in action.evidence
    )
    return evolve(action, evidence=evidence)


@pytest.mark.parametrize("method", METHODS)
def test_the_answer_is_the_same_and_nothing_is_fitted(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = list(asked(method))

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a fit was made")

    monkeypatch.setattr(belief, "fit", refuse)
    told = 0
    for state, action in answers:
        fitted = action.learned.parameters if action.learned is not None else None
        told += fitted is not None and fitted != state.learned.parameters
        assert without_evaluations(choose(state, ASK, fitted=fitted)) == without_evaluations(action)
    assert told >= 2


def test_a_fit_that_was_not_due_is_not_taken() -> None:
    state, _ = list(asked("MOBSTER-JOINT"))[-1]
    kept, _ = hb.decide(state, ASK)  # fitted to all that is known
    forged = tuple(
        evolve(one, numbers=tuple(0.5 * number for number in one.numbers)) for one in kept.learned.parameters
    )
    action = choose(kept, hb.Ask("bob"), fitted=forged)
    assert isinstance(action, Start)
    assert action.learned is None or action.learned.parameters == kept.learned.parameters


@pytest.mark.parametrize("numbers", [np.nan, -1.0, 1e9])
def test_parameters_that_cannot_be_are_not_used(numbers: float) -> None:
    state, action = next(pair for pair in asked("MOBSTER-JOINT") if pair[1].learned is not None)
    assert action.learned is not None
    first, *others = action.learned.parameters
    wrong = choose(state, ASK, fitted=(Named(first.name, (numbers,) * len(first.numbers)), *others))
    assert isinstance(wrong, Start)
    assert wrong.learned is None
    assert "the surrogate failed" in hb.explain(wrong)
