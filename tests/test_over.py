"""When is a search over, and what does it cost to ask? Nothing is fitted for it, and the answer is that of an `Ask`."""

from pathlib import Path
from typing import Any

import pytest

import pure_hb as hb
from pure_hb.machine import is_over
from pure_hb.search import belief
from tests.play import ERROR

FEW_LEFT = hb.Space(x=hb.Int(0, 3), y=hb.Choice("a", "b"))
LINE = hb.Space(x=hb.Float(0.0, 1.0))
QUICK: dict[str, Any] = {"num_init_random": 3, "num_init_candidates": 4, "opt_maxiter": 3, "opt_nstarts": 1}


def setup_of(name: str, space: hb.Space = FEW_LEFT, **options: Any) -> hb.Setup:
    method = hb.METHODS[name]
    if name == "ONE-EPOCH":
        options |= {"num_trials": 5, "num_best": 2}
    elif hasattr(method(space, ERROR, max_resource=9).search, "surrogate"):
        options |= QUICK
    return method(space, ERROR, max_resource=9, **options)


def over(state: hb.State, new_trials: bool, patch: pytest.MonkeyPatch) -> bool:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a surrogate was fitted")

    with patch.context() as without_fits:
        for name in ("_fitted", "fitted_at"):
            without_fits.setattr(belief, name, refuse)
        return is_over(state, new_trials=new_trials)


@pytest.mark.parametrize("allow_duplicates", [False, True])
@pytest.mark.parametrize("name", hb.METHODS)
def test_a_search_is_over_where_an_ask_hears_done(
    name: str, allow_duplicates: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, found = hb.initial(setup_of(name, allow_duplicates=allow_duplicates)), set()
    for number in range(40):
        for new_trials in (True, False):
            action = hb.choose(state, hb.Ask("w", new_trials))
            assert over(state, new_trials, monkeypatch) is isinstance(action, hb.Done), action
            found.add(isinstance(action, hb.Done))
        state, action = hb.decide(state, hb.Ask("w"))
        if not isinstance(action, hb.Start | hb.Resume):
            break
        if number % 4 == 1:  # it runs, waits to run again, or has ended without a value
            assert not over(state, False, monkeypatch)
            state, _ = hb.decide(state, (hb.Complete if number % 8 == 1 else hb.Fail)(action.trial))
        else:
            value = (action.trial * 7 % 5) / action.until
            state, _ = hb.decide(state, hb.Report(action.trial, action.until, value, 1.0))
    assert found == {True, False}


@pytest.mark.parametrize("name", ["MOBSTER-JOINT", "HYPERTUNE4-INDEP", "DYHPO"])
def test_a_session_that_is_asked_whether_it_is_done_fits_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits, fitted = list[int](), belief._fitted

    def counted(*given: Any) -> Any:
        fits.append(1)
        return fitted(*given)

    monkeypatch.setattr(belief, "_fitted", counted)
    with hb.Session(tmp_path / "run.jsonl", setup_of(name, LINE), max_trials=20) as session:
        for number in range(12):
            before = len(fits)
            assert not session.done
            assert len(fits) == before
            trial = session.ask(worker="a")
            assert trial is not None
            trial.checkpoint.write_text("")
            trial.report(trial.until, number / 8)
    assert fits, "whoever asked for a trial had some made"


# ---- the one-epoch baseline ------------------------------------------------------------------------------------------


def train(session: hb.Session) -> None:
    while trial := session.ask():
        trial.checkpoint.write_text("")
        trial.report(trial.until, 0.5)


def one_epoch(num_trials: int = 5, num_best: int = 2) -> hb.Setup:
    return hb.one_epoch(LINE, ERROR, max_resource=9, num_trials=num_trials, num_best=num_best)


def test_fewer_trials_than_the_one_epoch_baseline_needs_are_told(tmp_path: Path) -> None:
    told: list[str] = []
    with hb.Session(tmp_path / "few.jsonl", one_epoch(), max_trials=4, warn=told.append) as session:
        train(session)
        assert {trial.highest for trial in session.state.trials} == {1}
    assert told == [
        "max_trials is 4, but nobody goes on past epoch 1 before 5 trials have reported there: is that meant? "
        "Give max_trials=5 or more, or num_trials=4 to the method."
    ]
    with hb.Session(tmp_path / "few.jsonl", one_epoch(), max_trials=5, warn=told.append) as session:  # as it says
        train(session)
        assert max(trial.highest for trial in session.state.trials) == 9
    with hb.Session(tmp_path / "other.jsonl", one_epoch(4), max_trials=4, warn=told.append) as session:  # and so
        train(session)
        assert max(trial.highest for trial in session.state.trials) == 9
    assert len(told) == 1


@pytest.mark.parametrize("setup", [one_epoch(), hb.asha(LINE, ERROR, max_resource=9), setup_of("RANDOM")])
def test_nothing_is_told_of_enough_trials_or_none_or_other_methods(setup: hb.Setup, tmp_path: Path) -> None:
    enough = 5 if setup.method == "one epoch" else 1
    for number, limit in enumerate((None, enough, 100)):
        told: list[str] = []
        with hb.Session(tmp_path / f"{number}.jsonl", setup, max_trials=limit, warn=told.append):
            pass
        assert not told


def test_trials_that_were_lost_and_results_of_others_count_when_a_session_goes_on(tmp_path: Path) -> None:
    """Two have reported, one was observed, one has ended without a value, and one is broken: five can with one more."""
    path, told = tmp_path / "run.jsonl", list[str]()
    with hb.Session(path, one_epoch(), max_trials=100, warn=told.append) as session:
        session.observe({"x": 0.5}, [(1, 0.5)])
        for number in range(2):
            trial = session.ask(worker="a")
            assert trial is not None
            trial.report(1, float(number))
        for worker in ("b", "c"):
            trial = session.ask(worker=worker)
            assert trial is not None
            if worker == "b":
                trial.complete()
    assert session.state.tried.started == 4
    with hb.Session(path, one_epoch(), max_trials=5, warn=told.append) as session:
        assert not told
    with hb.Session(path, one_epoch(), max_trials=4, warn=told.append) as session:
        pass
    assert told == [
        "max_trials is 4, but nobody goes on past epoch 1 before 5 trials have reported there: is that meant? "
        "Give max_trials=5 or more."
    ]
