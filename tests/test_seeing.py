"""What may a search see of a state?"""

import math
from typing import Any

import pytest
from attrs import evolve, frozen

import pure_hb as hb
from pure_hb.machine.seeing import view
from pure_hb.search import Known, Suggestion, Waits
from tests.play import ERROR, LINE, Play


def test_it_sees_each_trial_with_what_may_be_learned_from_it() -> None:
    play = Play(hb.asha(LINE, ERROR, max_resource=9))
    play(hb.Observe({"x": 0.25}, ((1, 0.5), (2, math.nan), (3, 0.4))))
    for worker in ("ann", "bob"):
        play(hb.Ask(worker))
    play(hb.Report(1, 1, 0.3))
    configs = [trial.config for trial in play.state.trials]
    assert view(play.state).known() == (
        Known(0, configs[0], ((1, 0.5),), None, lost=3),
        Known(1, configs[1], ((1, 0.3),), None),
        Known(2, configs[2], (), 1),
    )
    assert view(play.state).new_trials
    assert not view(play.state, new_trials=False).new_trials


def test_it_sees_who_waits_from_the_top_rung_down_best_first() -> None:
    play = Play(hb.asha(LINE, ERROR, max_resource=9))
    for number in range(4):
        play(hb.Ask(f"w{number}"))
    for number, value in enumerate((0.4, 0.1, 0.3, 0.2)):
        play(hb.Report(number, 1, value))
    play(hb.Ask("w0"))
    play(hb.Report(1, 3, 0.05))
    configs = [trial.config for trial in play.state.trials]
    assert view(play.state).waiting() == (
        Waits(1, configs[1], 3, 9),
        *(Waits(number, configs[number], 1, 3) for number in (3, 2, 0)),
    )


def test_a_maximised_metric_is_seen_with_the_sign_turned() -> None:
    for goal, sign in ((hb.Minimize("score"), 1.0), (hb.Maximize("score"), -1.0)):
        play = Play(hb.asha(LINE, goal, max_resource=9))
        play(hb.Ask("w"))
        play(hb.Report(0, 1, 0.75))
        seen = view(play.state)
        assert (seen.sign, seen.known()[0].curve) == (sign, ((1, sign * 0.75),))


@frozen
class Choosy:
    """A search that wants a bracket for each configuration, or leaves it to the draw."""

    bracket: int | None
    resumes = False

    def odds(self, seen: Any) -> tuple[float, ...]:
        return (0.0, 1.0)

    def suggest(self, seen: Any, draws: Any) -> Suggestion:
        return Suggestion(hb.Configuration({"x": 0.5}), (), self.bracket)


@pytest.mark.parametrize(("separate", "wanted", "bracket"), [(False, 0, 0), (False, 1, 1), (True, None, 1)])
def test_a_new_trial_gets_the_bracket_that_the_search_wants(separate: bool, wanted: int | None, bracket: int) -> None:
    setup = hb.asha(LINE, ERROR, max_resource=9, brackets=2, rung_system_per_bracket=separate)
    choosy: Any = Choosy(wanted)
    for seed in range(8):
        start = Play(evolve(setup, search=choosy, seed=seed))(hb.Ask("ann"))
        assert isinstance(start, hb.Start)
        assert (start.bracket, start.until) == (bracket, (1, 3)[bracket])
        assert len([one for one in start.evidence if isinstance(one, hb.evidence.Drawn)]) == separate
