"""What becomes of a trial when its code leaves it? Values that are no numbers, and what is saved after the end."""

from pathlib import Path
from typing import Any

import pytest

import pure_hb as hb
from pure_hb.session import described
from tests.logs import assert_verifies
from tests.play import ERROR, LINE, promotion


def held(session: hb.Session, worker: str | None = None) -> hb.RunningTrial:
    trial = session.ask(worker=worker)
    assert trial is not None
    return trial


def told(path: Path) -> list[type]:
    return [type(record.event) for record in assert_verifies(path)]


NO_NUMBER: Any = None


def test_a_value_that_is_no_number_is_the_fault_of_the_script_and_not_of_the_trial_unless_it_comes_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "run.jsonl"
    with hb.Session(path, promotion(max_failures=2)) as session:
        for expected in (0, 1, 2):
            with pytest.raises(TypeError, match="value must be a number, got NoneType"), held(session, "w") as trial:
                trial.report(1, NO_NUMBER)
            assert trial.number == 0
            assert session.state.trials[0].failures == expected
        assert session.state.trials[0].status is hb.Status.ENDED, "a loop that catches all exceptions ends"
        with pytest.raises(TypeError), held(session, "w") as trial:
            trial.report(1, NO_NUMBER)
        assert session.state.trials[1].failures == 0
    assert told(path) == [hb.Ask, hb.Release, hb.Ask, hb.Fail, hb.Ask, hb.Fail, hb.Ask, hb.Release]


def test_a_session_that_a_value_that_is_no_number_leaves_releases_the_trial(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    for _ in range(3):
        with pytest.raises(TypeError), hb.Session(path, promotion()) as session:
            held(session).report(1, NO_NUMBER)
    with hb.Session(path, promotion()) as session:
        assert held(session).number == 0
        assert session.state.trials[0].failures == 0
    assert hb.Fail not in told(path)


def test_another_type_error_is_a_failure_as_before(tmp_path: Path) -> None:
    with hb.Session(tmp_path / "run.jsonl", promotion()) as session:
        with pytest.raises(TypeError), held(session):
            raise TypeError("'NoneType' object is not callable")
        assert session.state.trials[0].failures == 1


def test_what_ends_the_program_is_a_release(tmp_path: Path) -> None:
    with hb.Session(tmp_path / "run.jsonl", promotion()) as session:
        with pytest.raises(KeyboardInterrupt), held(session):
            raise KeyboardInterrupt
        assert (session.state.trials[0].status, session.state.trials[0].failures) == (hb.Status.BROKEN, 0)


def test_an_exception_without_a_text_can_be_described() -> None:
    class RudeError(Exception):
        def __str__(self) -> str:
            raise KeyError("x")

    assert described(RudeError()) == "RudeError: <its text cannot be made: KeyError>"


def full(**options: Any) -> hb.Setup:
    """Every trial ends with its second epoch."""
    return hb.random_search(LINE, ERROR, max_resource=2, **options)


def test_a_loop_may_save_once_more_after_its_trial_was_stopped(tmp_path: Path) -> None:
    with hb.Session(tmp_path / "run.jsonl", full(), max_trials=4) as session:
        folders = []
        while trial := session.ask():
            trial.checkpoint.mkdir()
            for epoch in trial.epochs():
                trial.report(epoch, float(epoch + trial.number))
            (trial.checkpoint / "last").touch()
            folders.append(trial.checkpoint.parent)
            assert [folder for folder in folders if folder.exists()] == list(dict.fromkeys((folders[0], folders[-1])))
        assert [folder.exists() for folder in folders] == [True, False, False, False], "the best one's is kept"


def test_what_a_stopped_trial_saved_goes_at_the_latest_when_the_session_closes(tmp_path: Path) -> None:
    with hb.Session(tmp_path / "run.jsonl", full()) as session:
        for value in (0.0, 1.0):
            trial = held(session, worker=f"worker of {value}")
            trial.checkpoint.touch()
            trial.report(2, value)
        assert trial.checkpoint.exists()
    assert not trial.checkpoint.exists()


def test_one_worker_does_not_remove_what_another_may_still_save(tmp_path: Path) -> None:
    """Also where a better trial takes the place of the best one."""
    with hb.Session(tmp_path / "run.jsonl", full()) as session:
        one, other = held(session, "one"), held(session, "other")
        for trial, value in ((one, 1.0), (other, 0.5)):
            trial.checkpoint.touch()
            trial.report(2, value)
        assert one.checkpoint.exists(), "the trial is not the best any more, but its loop may not have ended"
        held(session, "other")
        assert one.checkpoint.exists()
        held(session, "one")
        assert (one.checkpoint.exists(), other.checkpoint.exists()) == (False, True)


def test_who_says_that_a_trial_is_over_has_left_it(tmp_path: Path) -> None:
    with hb.Session(tmp_path / "run.jsonl", full(max_failures=1)) as session:
        for fails in (False, True):
            trial = held(session)
            trial.checkpoint.touch()
            trial.fail("broken") if fails else trial.complete()
            assert not trial.checkpoint.exists()
