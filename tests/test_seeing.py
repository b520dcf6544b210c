"""What may a search see of a state?"""

import math

import pure_hb as hb
from pure_hb.machine.seeing import view
from pure_hb.search import Known, Waits
from tests.play import ERROR, LINE, Play


def test_it_sees_each_trial_with_what_may_be_learned_from_it() -> None:
    play = Play(hb.asha(LINE, ERROR, max_resource=9))
    play(hb.Observe({"x": 0.25}, ((1, 0.5), (2, math.nan), (3, 0.4))))
    for worker in ("ann", "bob"):
        play(hb.Ask(worker))
    play(hb.Report(1, 1, 0.3))
    configs = [trial.config for trial in play.state.trials]
    assert view(play.state).known() == (
        Known(0, configs[0], ((1, 0.5),), None),
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
