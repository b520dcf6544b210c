"""What does a run spend, and on what? Counted by hand over small logs."""

import pure_hb as hb
from pure_hb.auditing import Spent, Tally
from tests.play import ERROR, LINE, Play, promotion


def _counted(play: Play) -> Spent:
    tally = Tally(play.state.setup)
    for time, (event, action) in enumerate(play.log):
        tally.add(float(time), event, action)
    return tally.spent()


def test_nothing_is_spent_at_first() -> None:
    spent = Tally(promotion()).spent()
    assert set(spent.epochs_by_rung.values()) == {0}
    assert spent == Spent(spent.epochs_by_rung, 0, 0, 0, 0, None)


def test_epochs_go_to_the_stretch_in_which_they_were_trained() -> None:
    play = Play(hb.asha(LINE, ERROR, max_resource=9))
    for number in range(4):
        play(hb.Ask(f"w{number}"))
    for trial, value in enumerate((0.5, 0.4, 0.3, 0.2)):
        play(hb.Report(trial, 1, value))
    resumed = play(hb.Ask("w0"))
    assert isinstance(resumed, hb.Resume)
    play(hb.Report(resumed.trial, 2, 0.2))
    play(hb.Report(resumed.trial, 3, 0.2))
    spent = _counted(play)
    assert spent.epochs_by_rung == {1: 4, 3: 2, 9: 0}
    assert (spent.one_epoch_trials, spent.starts_before_first_resume) == (3, 4)
    assert (spent.model_uses, spent.fits, spent.first_theta_time) == (0, 0, None)


def test_a_jump_is_counted_in_full_and_nothing_beyond_the_maximum() -> None:
    play = Play(hb.asha(LINE, ERROR, max_resource=9))
    play(hb.Ask("a"))
    play(hb.Report(0, 5, 0.5))
    play(hb.Ask("b"))
    play(hb.Report(1, 20, 0.5))
    assert _counted(play).epochs_by_rung == {1: 2, 3: 4, 9: 8}


def test_uses_of_a_model_fits_and_the_first_theta() -> None:
    setup = hb.hyper_tune(LINE, ERROR, max_resource=9, num_init_random=2, num_init_candidates=8, opt_maxiter=3)
    play, number = Play(setup), 0
    while play.state.learned.theta is None:
        number += 1
        assert number < 100
        action = play(hb.Ask("w"))
        assert isinstance(action, hb.Start | hb.Resume)
        for resource in range(getattr(action, "start_from", 0) + 1, action.until + 1):
            answer = play(hb.Report(action.trial, resource, abs(float(action.config["x"]) - 0.3) + 1 / resource))
        assert not isinstance(answer, hb.Reject)
    spent = _counted(play)
    with_theta = [getattr(action, "learned", None) or hb.Learned() for _, action in play.log]
    assert spent.first_theta_time == [learned.theta is not None for learned in with_theta].index(True)
    assert 0 < spent.fits <= spent.model_uses < number
