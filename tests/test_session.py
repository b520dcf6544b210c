"""Does a training loop get what the documentation promises? Ask, report, budgets, threads, resuming, ending.

Checkpoints are in test_checkpoints.py.
"""

import itertools
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pure_hb as hb
from pure_hb.journal import JournalError, read_journal
from pure_hb.session import RunningTrial
from tests.logs import assert_verifies, pairs
from tests.play import ERROR, LINE, PAIR, SCORE, Make, promotion, stopping
from tests.processes import python
from tests.shared import ROOT

JOURNAL = "run.jsonl"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / JOURNAL


def error_of(config: Any, epoch: int) -> float:
    """A learning curve: the nearer x is to 0.3, the better, and every epoch helps."""
    return float(abs(config["x"] - 0.3) + 1.0 / epoch)


def train(trial: RunningTrial, value: Callable[[Any, int], float] = error_of) -> None:
    """Trains one leg as the documentation says: build or load, save, report. Loading checks what was saved."""
    if not trial.fresh:
        assert json.loads(trial.checkpoint.read_text()) == [trial.number, trial.start_from]
    for epoch in trial.epochs():
        trial.checkpoint.write_text(json.dumps([trial.number, epoch]))
        trial.report(epoch, value(trial.config, epoch))


def loop(session: hb.Session) -> None:
    """The loop of the documentation."""
    while trial := session.ask():
        train(trial)


def statuses(session: hb.Session) -> Counter[hb.Status]:
    return Counter(trial.status for trial in session.state.trials)


def events(path: Path) -> list[hb.Event]:
    return [record.event for record in read_journal(path)[1]]


# ---- the loop -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [promotion, stopping])
def test_the_documented_loop_finds_the_best_and_ends(path: Path, make: Make) -> None:
    with hb.Session(path, make(), max_trials=30) as session:
        loop(session)
        assert session.done
        assert session.ask() is None
        result = session.result()
    values = [value for trial in result.trials for _, value in trial.curve]
    assert len(result.trials) == 30
    assert result.best_value == min(values)
    assert result.best_trial is not None
    assert result.best_config == dict(result.trials[result.best_trial].config)
    assert (result.best_resource, result.best_value) in result.trials[result.best_trial].curve
    assert result.resource_spent == sum(trial.highest for trial in result.trials)
    assert result.resource_spent < 30 * 9
    assert result.journal == path
    assert {trial.status for trial in result.trials} <= {hb.Status.PAUSED, hb.Status.ENDED}
    assert_verifies(path)


def test_a_maximised_metric_is_returned_in_its_own_sign(path: Path) -> None:
    with hb.Session(path, promotion(goal=SCORE), max_trials=10) as session:
        while trial := session.ask():
            train(trial, lambda config, epoch: -error_of(config, epoch))
        result = session.result()
    assert result.best_value == max(value for trial in result.trials for _, value in trial.curve)


def test_before_anything_was_reported_there_is_no_best(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        result = session.result()
        assert session.ask() is not None
    assert result.trials == ()
    assert (result.best_config, result.best_value, result.best_trial, result.best_resource) == (None,) * 4
    assert (result.best_checkpoint, result.resource_spent) == (None, 0)


def test_epochs_go_on_from_where_the_trial_stood_and_end_with_a_pause(path: Path) -> None:
    with hb.Session(path, promotion(PAIR)) as session:
        seen = []
        while trial := session.ask():
            for epoch in trial.epochs():
                trial.checkpoint.touch()
                assert (trial.running, trial.until >= epoch) == (True, True)
                seen.append((trial.number, trial.leg, epoch))
                assert trial.report(epoch, float(trial.number)) is trial.running
    assert seen == [(0, 0, 1), (1, 0, 1), (0, 1, 2), (0, 1, 3)]


def test_epochs_may_begin_where_the_script_says_and_end_at_the_maximum(path: Path) -> None:
    with hb.Session(path, hb.random_search(LINE, ERROR, max_resource=5), max_trials=1) as session:
        trial = session.ask()
        assert trial is not None
        assert list(itertools.islice(trial.epochs(done=3), 10)) == [4, 5]
        assert list(itertools.islice(trial.epochs(), 10)) == [1, 2, 3, 4, 5]


def test_repr_of_a_trial_is_one_line(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        trial = session.ask()
        assert repr(trial) == "<trial 0, leg 0: {x: 0.5} from epoch 0 to 1>"


def test_a_script_that_reports_once_after_several_epochs_is_fine(path: Path) -> None:
    with hb.Session(path, promotion(), max_trials=5) as session:
        while trial := session.ask():
            trial.checkpoint.touch()
            trial.report(trial.until, error_of(trial.config, trial.until))
        assert statuses(session)[hb.Status.RUNNING] == 0
    assert_verifies(path)


# ---- threads --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [promotion, stopping])
def test_several_threads_run_no_trial_twice_at_once_and_lose_none(path: Path, make: Make) -> None:
    running: set[int] = set()
    legs: list[tuple[int, int]] = []
    guard = threading.Lock()
    faults: list[str] = []

    def work(session: hb.Session) -> None:
        try:
            while trial := session.ask():
                with guard:
                    if trial.number in running:
                        faults.append(f"{trial!r} runs twice")
                    running.add(trial.number)
                    legs.append((trial.number, trial.leg))
                for epoch in trial.epochs():
                    time.sleep(0.0005)
                    trial.checkpoint.write_text(str(epoch))
                    if epoch == trial.until:  # from the report on it may run elsewhere
                        with guard:
                            running.discard(trial.number)
                    if trial.report(epoch, error_of(trial.config, epoch)):
                        with guard:
                            running.add(trial.number)
        except BaseException as error:
            faults.append(repr(error))

    with hb.Session(path, make(), max_trials=40) as session:
        threads = [threading.Thread(target=work, args=(session,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert not any(thread.is_alive() for thread in threads)
        assert faults == []
        assert session.done
        assert len(session.state.trials) == 40
        assert statuses(session)[hb.Status.RUNNING] == 0
    assert len(legs) == len(set(legs))
    assert {number for number, _ in legs} == set(range(40))
    workers = {event.worker for event in events(path) if isinstance(event, hb.Ask)}
    assert len(workers) == 4
    assert_verifies(path)


def test_a_thread_waits_until_a_report_opens_something(path: Path) -> None:
    got: list[int | None] = []
    with hb.Session(path, promotion(PAIR)) as session:
        first, second = session.ask(worker="a"), session.ask(worker="b")
        assert first is not None
        assert second is not None

        def wait() -> None:
            trial = session.ask(worker="c")
            got.append(trial.number if trial else None)

        thread = threading.Thread(target=wait)
        thread.start()
        first.checkpoint.touch()
        first.report(1, 0.1)
        time.sleep(0.05)
        assert got == []
        second.report(1, 0.2)
        thread.join(timeout=30)
        assert got == [0]


def test_a_thread_that_waits_is_let_go_when_nothing_can_come(path: Path) -> None:
    got: list[object] = []
    with hb.Session(path, stopping(PAIR)) as session:
        first, second = session.ask(worker="a"), session.ask(worker="b")
        thread = threading.Thread(target=lambda: got.append(session.ask(worker="c")))
        thread.start()
        for trial in (first, second):
            assert trial is not None
            trial.report(9, 0.1)
        thread.join(timeout=30)
        assert got == [None]


def test_a_thread_that_waits_is_told_when_the_session_is_closed(path: Path) -> None:
    got: list[str] = []
    session = hb.Session(path, promotion(PAIR))
    session.ask(worker="a")
    session.ask(worker="b")

    def wait() -> None:
        try:
            session.ask(worker="c")
        except hb.SessionError as error:
            got.append(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.05)
    session.close()
    thread.join(timeout=30)
    assert len(got) == 1
    assert "is closed" in got[0]


# ---- budgets --------------------------------------------------------------------------------------------------------


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_at_max_trials_no_new_one_starts_but_promotions_go_on_until_done(path: Path) -> None:
    with hb.Session(path, promotion(), max_trials=7) as session:
        loop(session)
        assert session.state.tried.started == 7
        assert max(trial.highest for trial in session.state.trials) > 1
        action = hb.choose(session.state, hb.Ask("w", new_trials=False))
        assert isinstance(action, hb.Done)


def test_observed_trials_do_not_count_as_started(path: Path) -> None:
    with hb.Session(path, promotion(), max_trials=3) as session:
        for number in range(5):
            assert session.observe({"x": number / 10}, ((1, 0.5),))
        loop(session)
        assert (session.state.tried.started, len(session.state.trials)) == (3, 8)


def test_after_max_time_nothing_is_given_out_but_what_runs_goes_on_to_its_level(path: Path) -> None:
    clock = Clock()
    with hb.Session(path, promotion(), max_time=60, now=clock) as session:
        assert session.elapsed == 0.0
        trial = session.ask()
        assert trial is not None
        clock.now += 59.0
        assert session.spent is None
        clock.now += 1.0
        assert session.spent == "max_time, 60 s"
        assert session.done
        assert session.ask(worker="other") is None
        assert session.ask(worker="other", wait=False) is None
        train(trial)
        assert statuses(session) == {hb.Status.PAUSED: 1}
        assert session.ask() is None


def test_time_counts_over_all_sessions_and_not_between_them(path: Path) -> None:
    for began in (1000.0, 5000.0, 0.0):
        clock = Clock()
        clock.now = began
        with hb.Session(path, promotion(), max_time=60, now=clock) as session:
            trial = session.ask()
            assert trial is not None
            clock.now += 19.0
            train(trial)
    with hb.Session(path, promotion(), max_time=60, now=clock) as session:
        assert session.elapsed == pytest.approx(57.0, abs=1e-5)
        clock.now += 3.1
        assert session.ask() is None
    told = [record.elapsed for record in read_journal(path)[1]]
    assert told == sorted(told)
    assert max(told) == pytest.approx(57.0, abs=1e-5)


def test_a_waiting_thread_notices_that_time_is_over(path: Path) -> None:
    clock = Clock()
    got: list[object] = []
    with hb.Session(path, promotion(PAIR), max_time=60, now=clock) as session:
        session.ask(worker="a")
        session.ask(worker="b")
        thread = threading.Thread(target=lambda: got.append(session.ask(worker="c")))
        thread.start()
        clock.now += 61.0
        thread.join(timeout=30)
        assert got == [None]


def test_at_max_resource_total_nothing_is_given_out(path: Path) -> None:
    with hb.Session(path, promotion(), max_resource_total=20) as session:
        loop(session)
        assert 20 <= session.state.resource_spent < 20 + 9
        assert session.spent == "max_resource_total, 20 epochs"
        assert session.done


def test_a_stopping_trial_is_released_at_its_next_level_when_the_budget_is_spent(path: Path) -> None:
    with hb.Session(path, stopping(), max_resource_total=2) as session:
        trial = session.ask()
        assert trial is not None
        train(trial)
        assert trial.start_from == 0
        assert session.state.trials[0].highest == 3
        assert statuses(session) == {hb.Status.BROKEN: 1}
        assert session.ask() is None
    with hb.Session(path, stopping(), max_resource_total=9) as session:
        trial = session.ask()
        assert trial is not None
        assert (trial.number, trial.start_from) == (0, 3)
        train(trial)
    assert_verifies(path)


def test_a_budget_may_be_raised_since_it_is_not_another_setup(path: Path) -> None:
    for budget in (3, 5, 8):
        with hb.Session(path, promotion(), max_trials=budget) as session:
            loop(session)
            assert session.state.tried.started == budget
    assert_verifies(path)


@pytest.mark.parametrize("name", ["max_trials", "max_time", "max_resource_total"])
@pytest.mark.parametrize("value", [0, -1, True, "10", float("nan"), [5]])
def test_a_budget_that_is_none_is_refused_before_the_journal_is_touched(path: Path, name: str, value: object) -> None:
    given: Any = {name: value}
    with pytest.raises(ValueError, match=f"{name} is .*; it is a positive (number|integer), or None for no limit"):
        hb.Session(path, promotion(), **given)
    assert not path.exists()


# ---- resuming -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [promotion, stopping])
def test_a_run_in_pieces_decides_what_a_whole_run_decides(tmp_path: Path, make: Make) -> None:
    whole, pieces = tmp_path / "whole.jsonl", tmp_path / "pieces.jsonl"
    with hb.Session(whole, make(), max_trials=12) as session:
        loop(session)
    while True:
        with hb.Session(pieces, make(), max_trials=12) as session:
            trial = session.ask()
            if trial is None:
                break
            train(trial)
    assert pairs(assert_verifies(pieces)) == pairs(assert_verifies(whole))


def test_resumed_says_whether_the_journal_was_there(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        assert not session.resumed
    with hb.Session(path, promotion()) as session:
        assert session.resumed


def test_trials_that_ran_when_a_process_was_killed_are_released_and_resumed(path: Path) -> None:
    code = """
import os, signal, sys
import pure_hb as hb
from tests.play import promotion
session = hb.Session(sys.argv[1], promotion())
trials = [session.ask(worker=f"w{number}") for number in range(3)]
trials[1].checkpoint.touch()
trials[1].report(1, 0.5)
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert python(code, path, cwd=ROOT).returncode == -9
    with hb.Session(path, promotion()) as session:
        assert statuses(session) == {hb.Status.BROKEN: 2, hb.Status.PAUSED: 1}
        resumed = [session.ask(worker=f"w{number}") for number in range(2)]
        assert [(trial.number, trial.leg) for trial in resumed if trial] == [(0, 1), (2, 1)]
    reasons = {event.reason for event in events(path) if isinstance(event, hb.Release)}
    assert reasons == {"the session that ran it is gone", "the session was closed"}
    assert_verifies(path)


def test_another_setup_is_refused_and_the_journal_stays_free(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        loop_once = session.ask()
        assert loop_once is not None
    with pytest.raises(JournalError, match="another setup"):
        hb.Session(path, stopping())
    hb.Session(path, promotion()).close()


def test_a_second_session_over_the_same_journal_is_refused(path: Path) -> None:
    with hb.Session(path, promotion()), pytest.raises(JournalError, match="is writing this journal"):
        hb.Session(path, promotion())


def test_a_torn_end_is_told_and_cut(path: Path) -> None:
    with hb.Session(path, promotion(), max_trials=2) as session:
        loop(session)
    path.write_bytes(path.read_bytes() + b'{"action":{"evidence":[{"al')
    with (
        pytest.warns(hb.SessionWarning, match=r"the last line is torn .* It has been cut"),
        hb.Session(path, promotion(), max_trials=2) as session,
    ):
        loop(session)
    assert_verifies(path)


# ---- ending ---------------------------------------------------------------------------------------------------------


def test_an_exception_fails_the_trial_of_this_thread_and_is_raised_again(path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        divide_by_the_number_of_the_trial(path)
    event = events(path)[-1]
    assert event == hb.Fail(0, "ZeroDivisionError: division by zero", leg=0)
    assert_verifies(path)


def divide_by_the_number_of_the_trial(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        while trial := session.ask():
            trial.report(1, 1 / trial.number)


def test_an_exception_in_a_with_trial_fails_it_and_is_raised_again(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        for limit in range(3):
            trial = session.ask()
            assert trial is not None
            with pytest.raises(ValueError, match="nonsense"), trial:
                raise ValueError("nonsense")
            assert session.state.trials[0].failures == limit + 1
            assert not trial.running
        assert session.state.trials[0].status is hb.Status.ENDED
    assert [type(event) for event in events(path)] == [hb.Ask, hb.Fail] * 3


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interruption_releases_and_does_not_count(path: Path, kind: type[BaseException]) -> None:
    with pytest.raises(kind), hb.Session(path, promotion()) as session, held(session):
        raise kind("stop")
    assert [type(event) for event in events(path)] == [hb.Ask, hb.Release]
    with pytest.raises(kind):
        stop_in_the_middle(path, kind)
    assert [type(event) for event in events(path)] == [hb.Ask, hb.Release] * 2


def stop_in_the_middle(path: Path, kind: type[BaseException]) -> None:
    with hb.Session(path, promotion()) as session:
        assert held(session).number == 0
        raise kind("stop")


def held(session: hb.Session) -> RunningTrial:
    trial = session.ask()
    assert trial is not None
    return trial


def test_a_with_trial_that_ends_by_itself_is_complete(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        with held(session) as trial:
            pass
        assert session.state.trials[trial.number].status is hb.Status.ENDED
        with held(session) as trial:
            trial.report(1, 0.5)
        assert session.state.trials[trial.number].status is hb.Status.PAUSED
    assert [type(event) for event in events(path)] == [hb.Ask, hb.Complete, hb.Ask, hb.Report]


def test_complete_fail_and_release_by_hand(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        held(session).complete()
        held(session).fail("bad luck")
        held(session).release("preempted")
    assert events(path)[1::2] == [hb.Complete(0, 0), hb.Fail(1, "bad luck", 0), hb.Release(1, "preempted", 1)]


def test_a_stray_handle_of_an_older_leg_changes_nothing(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        old = held(session)
        old.release()
        new = held(session)
        assert (new.number, new.leg, old.running, new.running) == (0, 1, False, True)
        before = session.state
        assert old.report(1, 0.5) is False
        old.complete()
        old.fail("late")
        old.release()
        assert session.state is before


SCRIPT = """
import sys
import pure_hb as hb
from tests.play import promotion
session = hb.Session(sys.argv[1], promotion())
trial = session.ask()
other = session.ask(worker="other")
trial.report(1, 0.5)
trial = session.ask()
{end}
"""


@pytest.mark.parametrize(
    ("end", "status", "kinds"),
    [
        ("raise RuntimeError('no memory')", 1, {2: hb.Fail, 1: hb.Release}),
        ("1 / 0", 1, {2: hb.Fail, 1: hb.Release}),
        ("sys.exit(3)", 3, {2: hb.Release, 1: hb.Release}),
        ("raise KeyboardInterrupt", -2, {2: hb.Release, 1: hb.Release}),
        ("pass", 0, {2: hb.Release, 1: hb.Release}),
    ],
)
def test_a_script_without_with_fails_or_releases_what_it_held_when_it_ends(
    path: Path, end: str, status: int, kinds: dict[int, type[hb.Event]]
) -> None:
    done = python(SCRIPT.format(end=end), path, cwd=ROOT)
    assert done.returncode == status, done.stderr
    assert "Exception ignored" not in done.stderr
    last = [event for event in events(path)[-2:] if isinstance(event, hb.Fail | hb.Release)]
    assert {event.trial: type(event) for event in last} == kinds
    assert_verifies(path)


def test_closing_leaves_none_running_and_closing_twice_is_no_error(path: Path) -> None:
    session = hb.Session(path, promotion())
    trials = [session.ask(worker=f"w{number}") for number in range(4)]
    session.close()
    session.close()
    assert statuses(session) == {hb.Status.BROKEN: 4}
    assert not any(trial.running for trial in trials if trial)
    trial = trials[0]
    assert trial is not None
    for call in (session.ask, lambda: session.observe({"x": 0.5}, ((1, 0.5),)), lambda: trial.report(1, 0.5)):
        with pytest.raises(hb.SessionError, match=r"run\.jsonl is closed; open another one to go on"):
            call()
    assert len(assert_verifies(path)) == 8


# ---- asking ---------------------------------------------------------------------------------------------------------


def test_without_waiting_none_means_not_now_and_done_says_which(path: Path) -> None:
    with hb.Session(path, stopping(PAIR)) as session:
        first, second = (session.ask(worker=name, wait=False) for name in "ab")
        assert session.ask(worker="c", wait=False) is None
        assert not session.done
        for trial in (first, second):
            assert trial is not None
            trial.report(9, 0.5)
        assert session.ask(worker="c", wait=False) is None
        assert session.done


def test_looking_whether_it_is_done_changes_nothing(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        before = session.state
        assert not session.done
        assert session.state is before
    assert events(path) == []


def test_waiting_for_ever_is_an_error_with_the_way_out(path: Path) -> None:
    with hb.Session(path, promotion(PAIR)) as session:
        held(session)
        session.ask(worker="other")
        with pytest.raises(hb.SessionError, match=r"would wait for ever.*ask\(wait=False\)"):
            session.ask(worker="third")


def test_asking_again_without_a_report_gives_the_same_trial_with_a_warning(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        first = session.ask()
        with pytest.warns(
            hb.SessionWarning, match=r"gives trial 0 again.*trial\.complete\(\) or trial\.fail\(reason\)"
        ):
            again = session.ask()
        assert again is first
        assert len(session.state.trials) == 1


def test_asking_again_after_a_report_completes_the_trial(path: Path) -> None:
    """The loop was left with `break`."""
    with hb.Session(path, hb.asha(LINE, ERROR, max_resource=27, grace_period=9)) as session:
        first = held(session)
        first.report(1, 0.5)
        second = held(session)
        assert (second.number, session.state.trials[0].status) == (1, hb.Status.ENDED)


def test_a_named_worker_that_asks_again_gets_its_trial_again(path: Path) -> None:
    with hb.Session(path, hb.asha(LINE, ERROR, max_resource=27, grace_period=9)) as session:
        first = session.ask(worker="a")
        assert first is not None
        first.report(1, 0.5)
        assert session.ask(worker="a") is first
        assert session.ask(worker="b") is not first


# ---- telling --------------------------------------------------------------------------------------------------------


def test_what_cannot_be_accepted_is_a_warning_and_training_goes_on(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        trial = held(session)
        with pytest.warns(hb.SessionWarning, match="resource 0; it is an integer from 1"):
            assert trial.report(0, 0.5) is True
        with pytest.warns(hb.SessionWarning, match=r"cost -1\.0"):
            assert trial.report(1, 0.5, cost=-1.0) is True
        with pytest.warns(hb.SessionWarning, match="trial 7 is unknown"):
            session.decide(hb.Report(7, 1, 0.5))
        assert trial.report(1, 0.5, cost=1.0) is False
    assert len(events(path)) == 2


def test_a_value_that_is_no_number_is_a_type_error(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        trial = held(session)
        wrong: Any = "0.5"
        with pytest.raises(TypeError, match=r"value must be a number, got str; convert it first: float\(value\)"):
            trial.report(1, wrong)
        assert trial.running


def test_warnings_point_to_the_line_of_the_script(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        trial = held(session)
        with pytest.warns(hb.SessionWarning) as caught:
            trial.report(0, 0.5)
        assert Path(caught[0].filename).name == Path(__file__).name


def test_warnings_may_go_elsewhere(path: Path) -> None:
    told: list[str] = []
    with hb.Session(path, promotion(), warn=told.append) as session:
        held(session).report(0, 0.5)
    assert len(told) == 1
    assert "resource 0" in told[0]


def test_a_resumed_trial_that_begins_again_at_the_first_epoch_is_questioned_once(path: Path) -> None:
    told: list[str] = []
    with hb.Session(path, promotion(PAIR), warn=told.append) as session:
        while trial := session.ask():
            for epoch in range(1, 10):  # forgets trial.start_from
                trial.checkpoint.touch()
                if not trial.report(epoch, float(trial.number)):
                    break
    assert len(told) == 1
    assert "trial 0 was resumed from epoch 1, but first reports epoch 1" in told[0]
    assert "does the script load its checkpoint?" in told[0]
    assert_verifies(path)


def test_observing_earlier_results(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        assert session.observe({"x": 0.25}, ((1, 0.5), (2, 0.4)))
        assert session.observe({"x": 0.25}, [(1, 0.5), (2, 0.4)]), "known before"
        with pytest.warns(hb.SessionWarning, match="x is missing"):
            assert not session.observe({}, ((1, 0.5),))
        assert session.result().best_value == 0.4
        assert held(session).number == 1
    assert len(events(path)) == 3


def test_a_decision_of_its_own_is_appended(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        action = session.decide(hb.Ask("mine"))
        assert isinstance(action, hb.Start)
        assert isinstance(session.decide(hb.Ask("mine", new_trials=False)), hb.Start)
    assert [type(event) for event in events(path)] == [hb.Ask, hb.Release]


# ---- a journal that cannot be written --------------------------------------------------------------------------------


def test_when_a_report_cannot_be_written_it_is_not_acknowledged_and_the_session_says_so(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = hb.Session(path, promotion())
    trial = held(session)
    before = session.state

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.write", full)
        with pytest.raises(JournalError, match="cannot append record 2: No space left on device"):
            trial.report(1, 0.5)
    assert session.state is before
    with pytest.raises(JournalError, match="Open the journal again"):
        trial.report(1, 0.5)
    session.close()
    with hb.Session(path, promotion()) as again:
        assert held(again).leg == 1
    assert [type(event) for event in events(path)] == [hb.Ask, hb.Release, hb.Ask, hb.Release]


def test_the_thread_that_renews_a_lease_is_nobody_who_could_report(tmp_path: Path) -> None:
    with hb.Session(f"sqlite:///{tmp_path / 'run.db'}", promotion(PAIR)) as session:
        held(session)
        session.ask(worker="other")
        with pytest.raises(hb.SessionError, match=r"would wait for ever.*there is no other thread"):
            session.ask(worker="third")


def test_what_is_decided_together_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten workers are heard at a time, and the disk is waited for once; a part with what cannot be written is not."""
    synced = 0
    wait = os.fsync

    def fsync(file: int) -> None:
        nonlocal synced
        synced += 1
        wait(file)

    path = tmp_path / "run.jsonl"
    with hb.Session(path, promotion(), snapshot_every=None) as session:
        monkeypatch.setattr(os, "fsync", fsync)
        assert [type(one) for one in session.decide_all([hb.Ask(f"w{n}") for n in range(10)])] == [hb.Start] * 10
        assert synced == 1
        answers = session.decide_all([hb.Report(n, 1, float(n)) for n in range(10)] + [hb.Report(0, 1, 0.0)])
        assert {type(one) for one in answers} == {hb.Pause}
        assert synced == 2
        assert session.decide_all([]) == ()
        held = session.decide(hb.Ask("v"))
        assert isinstance(held, hb.Start | hb.Resume)
        before, size = session.state, path.stat().st_size
        with pytest.raises(hb.JournalError, match="Shorten it"):
            session.decide_all([hb.Ask("w"), hb.Release(held.trial, "x" * 20_000_000)])
        assert session.state is before
        assert path.stat().st_size == size
        assert session.decide(hb.Ask("w")).logged
    assert_verifies(path)
