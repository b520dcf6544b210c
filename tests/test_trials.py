"""Can trials be made that no search has: one worker for two of them, a trial that runs twice, a gap in the numbers?"""

from collections.abc import Callable

import attrs
import pytest

import pure_hb as hb
from pure_hb.machine.life import AT_REST, Broken, Ended, Paused, Phase, Running
from pure_hb.machine.restore import rebuilt
from pure_hb.machine.trials import Trial, Trials


def trial(number: int, phase: Phase, leg: int = 0) -> Trial:
    return Trial(number, hb.Configuration({"x": number}), 0, phase, leg, 3)


TWO = Trials().add(trial(0, Running("ann"))).add(trial(1, Paused()))
"""The first runs, the second waits."""


@pytest.mark.parametrize("status", [status for status in hb.Status if status is not hb.Status.UNBORN])
def test_a_trial_has_a_worker_in_the_running_phase_and_in_no_other(status: hb.Status) -> None:
    runs = status is hb.Status.RUNNING
    made = trial(0, Running("ann") if runs else AT_REST[status])
    assert (made.status, made.worker) == (status, "ann" if runs else None)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: TWO.add(trial(3, Paused())), "trial 3 is not the next one, which is 2"),
        (lambda: TWO.add(trial(2, Running("ann"))), "'ann' runs trial 0, and can run no other"),
        (lambda: TWO.begin(trial(1, Running("ann"), 1)), "'ann' runs trial 0, and can run no other"),
        (lambda: TWO.begin(trial(0, Running("bob"), 1)), "trial 0 cannot begin a leg: it runs already"),
        (lambda: TWO.begin(trial(1, Ended())), "trial 1 cannot begin a leg: no worker has it"),
        (lambda: TWO.begin(trial(2, Running("bob"))), "trial 2 cannot begin a leg: there are 2 trials"),
        (lambda: TWO.put(trial(1, Ended())), "trial 1 does not run"),
        (lambda: TWO.put(trial(0, Running("bob"))), "trial 0 is run by 'ann', and cannot go on with 'bob'"),
        (
            lambda: Trials.of([trial(0, Running("ann")), trial(1, Running("ann"))]),
            "not each held by a worker of its own",
        ),
        (lambda: Trials.of([trial(1, Paused())]), "the trials are not numbered 0, 1, 2"),
        (lambda: Trials.of([trial(0, Broken())]), "1 trials are broken, and "),
        (lambda: Trials.of([trial(0, Broken())], (0, 0)), r"1 trials are broken, and \[0, 0\]"),
        (lambda: Trials.of([trial(0, Paused())], (0,)), r"0 trials are broken, and \[0\]"),
    ],
)
def test_what_cannot_be_is_refused(make: Callable[[], Trials], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        make()


def test_what_can_be_is_taken() -> None:
    after = TWO.put(trial(0, Running("ann"))).put(trial(0, Ended())).begin(trial(1, Running("ann"), 1))
    assert [one.status.value for one in after] == ["ended", "running"]
    assert after == Trials.of(after, after.broken)
    assert (held := after.held("ann")) is not None
    assert (held.number, after.held("bob")) == (1, None)


def test_trials_are_broken_in_the_order_in_which_they_broke() -> None:
    both = (
        TWO.begin(trial(1, Running("bob"), 1))
        .put(trial(1, Broken(), 1))
        .put(trial(0, Broken()))
        .add(trial(2, Broken()))
    )
    assert both.broken == (1, 0, 2)
    assert both == Trials.of(both, (1, 0, 2)) != Trials.of(both, (0, 1, 2))
    assert both.begin(trial(1, Running("eve"), 2)).broken == (0, 2)
    assert both.begin(trial(0, Running("eve"), 1)).broken == (1, 2)


def test_maps_of_ones_own_are_not_taken() -> None:
    with pytest.raises(TypeError):
        attrs.evolve(TWO, running=Trials().running)  # type: ignore[call-arg]  # that is the point


def test_in_a_state_as_many_wait_in_rungs_as_are_paused() -> None:
    setup = hb.asha(hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error"), max_resource=9)
    state, _ = hb.decide(hb.initial(setup), hb.Ask("ann"))
    state, _ = hb.decide(state, hb.Report(0, 1, 0.5))
    trials = [attrs.evolve(state.trials[0], phase=Ended())]
    with pytest.raises(ValueError, match=r"^0 trials are paused, and 1 wait in rungs$"):
        rebuilt(setup, state.clock, trials, (), state.ladder.systems, state.best, state.learned, None)
