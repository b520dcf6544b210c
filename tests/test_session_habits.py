"""What do people do in scripts and notebooks, and are they told what to write instead? Threads that end, cells that run
twice, asking several times."""

import _thread
import asyncio
import gc
import sys
import threading
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pure_hb as hb
from pure_hb.journal import JournalError, open_file_journal
from pure_hb.session import RunningTrial
from tests.logs import assert_verifies
from tests.play import stopping
from tests.processes import python


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def events(path: Path) -> list[hb.Event]:
    return [record.event for record in hb.read_journal(path)[1]]


def run(target: Callable[[], object]) -> None:
    thread = threading.Thread(target=target)
    thread.start()
    thread.join()


# ---- asking several times --------------------------------------------------------------------------------------------


def test_asking_several_times_in_plain_code_tells_of_names(path: Path) -> None:
    with hb.Session(path, stopping()) as session:
        with pytest.warns(hb.SessionWarning) as told:
            trials = [session.ask() for _ in range(4)]
        assert len({id(trial) for trial in trials}) == 1
    messages = {str(one.message) for one in told}
    assert messages == {
        "ask() gives trial 0 again, since nothing was reported for it; to leave a trial call trial.complete() or "
        'trial.fail(reason); for several trials at once name who trains them: ask(worker="...")'
    }


def test_several_names_give_several_trials(path: Path) -> None:
    with hb.Session(path, stopping()) as session:
        trials = [session.ask(worker=f"gpu-{number}") for number in range(4)]
        assert [trial.number for trial in trials if trial is not None] == [0, 1, 2, 3]


# ---- threads that end ------------------------------------------------------------------------------------------------


ASKS: dict[str, Callable[[hb.Session], RunningTrial | None]] = {
    "ask": lambda session: session.ask(),
    "next": lambda session: asyncio.run(session.next()),
}


@pytest.mark.parametrize("how", ASKS)
def test_a_thread_that_ends_between_two_looks_of_the_last_one_fails_its_trial(
    path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    with hb.Session(path, stopping(), max_trials=1) as session:
        end = threading.Event()
        asked = threading.Event()

        def hold() -> None:
            session.ask()
            asked.set()
            end.wait()

        thread = threading.Thread(target=hold)
        thread.start()
        asked.wait()
        workers = session._asking.workers
        others = workers.others

        def end_first(*arguments: Any) -> bool:
            end.set()
            thread.join()
            return others(*arguments)

        monkeypatch.setattr(workers, "others", end_first)
        trial = ASKS[how](session)
        assert trial is not None
        assert trial.number == 0
    assert hb.Fail(0, "its thread has ended", 0) in events(path)


def test_a_thread_that_ends_fails_its_trial_while_all_others_wait(path: Path) -> None:
    got: list[int] = []

    def train(session: hb.Session) -> None:
        while trial := session.ask():
            got.append(trial.number)
            for epoch in trial.epochs():
                trial.report(epoch, 0.5)

    with hb.Session(path, stopping(), max_trials=1) as session:
        held, end = threading.Event(), threading.Event()

        def hold() -> None:
            session.ask()
            held.set()
            end.wait()

        holder = threading.Thread(target=hold)
        holder.start()
        held.wait()
        waiting = [threading.Thread(target=train, args=(session,)) for _ in range(2)]
        for thread in waiting:
            thread.start()
        end.set()
        for thread in waiting:
            thread.join(timeout=60)
        assert session.done
    assert got == [0]
    assert hb.Fail(0, "its thread has ended", 0) in events(path)


def test_a_thread_that_python_did_not_make_is_seen_to_end(path: Path) -> None:
    with hb.Session(path, stopping(), max_trials=1) as session:
        _thread.start_new_thread(session.ask, ())
        while not session.state.trials.running:
            time.sleep(0.001)
        trial = None
        while trial is None:  # it may be about to end
            trial = session.ask(wait=False)
        assert trial.number == 0
    assert hb.Fail(0, "its thread has ended", 0) in events(path)


def test_a_thread_that_has_ended_fails_its_trial_also_when_the_session_closes(path: Path) -> None:
    with hb.Session(path, stopping()) as session:
        session.ask()
        run(session.ask)
    assert events(path)[-2:] == [hb.Fail(1, "its thread has ended", 0), hb.Release(0, "the session was closed", 0)]


def test_a_script_that_ends_without_closing_releases_what_its_main_thread_held(tmp_path: Path) -> None:
    code = """
import pure_hb as hb
setup = hb.asha(hb.Space(x=hb.Float(0, 1)), hb.Minimize("error"), max_resource=3)
session = hb.Session("run.jsonl", setup)
trial = session.ask()
"""
    done = python(code, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert isinstance(events(tmp_path / "run.jsonl")[-1], hb.Release)


# ---- a journal that is open in this process --------------------------------------------------------------------------


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The variables of a script."""
    module = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    return vars(module)


CELL = "session = hb.Session(path, setup)"


def test_a_cell_that_runs_twice_says_which_object_to_close(path: Path, notebook: dict[str, Any]) -> None:
    notebook |= {"hb": hb, "path": path, "setup": stopping()}
    exec(CELL, notebook)
    notebook["_3"] = notebook["session"]  # what a notebook remembers
    with pytest.raises(JournalError) as caught:
        exec(CELL, notebook)
    assert str(caught.value) == (
        f"{path}: this process is writing this journal: `session` has it open; close that first, with "
        "session.close(); or use another journal"
    )
    exec("session.close()", notebook)
    exec(CELL, notebook)
    notebook["session"].close()


def test_an_object_without_a_name_is_shown(path: Path, notebook: dict[str, Any]) -> None:
    sessions = [hb.Session(path, stopping())]
    with pytest.raises(JournalError) as caught:
        hb.Session(path, stopping())
    assert f"{sessions[0]!r} has it open; close that first, with its close()" in str(caught.value)
    sessions[0].close()


def test_a_journal_without_a_session_is_named_too(path: Path, notebook: dict[str, Any]) -> None:
    notebook["log"] = open_file_journal(path, stopping()).journal
    with pytest.raises(JournalError, match=r"`log` has it open; close that first, with log\.close\(\)"):
        hb.Session(path, stopping())
    notebook["log"].close()
    hb.Session(path, stopping()).close()


def test_a_journal_by_another_path_is_the_same(path: Path, notebook: dict[str, Any]) -> None:
    notebook["first"] = hb.Session(path, stopping())
    (path.parent / "link.jsonl").symlink_to(path)
    with pytest.raises(JournalError, match="`first` has it open"):
        hb.Session(path.parent / "link.jsonl", stopping())
    notebook["first"].close()


def test_a_session_that_nobody_can_reach_keeps_no_journal(path: Path) -> None:
    session = hb.Session(path, stopping())
    trial = session.ask()
    assert trial is not None
    trial.report(1, 0.5)
    gc.disable()  # so that it is the second session which looks
    try:
        del session, trial
        with hb.Session(path, stopping()) as again:
            assert again.state.trials[0].curve == ((1, 0.5),)
    finally:
        gc.enable()
    assert_verifies(path)


def test_a_session_whose_trial_is_in_use_is_no_garbage(path: Path, notebook: dict[str, Any]) -> None:
    trial = hb.Session(path, stopping()).ask()
    gc.collect()
    assert trial is not None
    assert trial.report(1, 0.5)
    with pytest.raises(JournalError, match=r"<session over .*run\.jsonl.* has it open"):
        hb.Session(path, stopping())
    teller: Any = trial._teller
    teller.close()


# ---- numbers of numpy ------------------------------------------------------------------------------------------------


def test_budgets_may_be_numbers_of_numpy(path: Path) -> None:
    limits: dict[str, Any] = {
        "max_time": np.float64(60.0),
        "max_trials": np.int64(2),
        "max_resource_total": np.int32(500),
        "snapshot_every": np.int64(100),
    }
    value: Any = np.float32(0.5)
    with hb.Session(path, stopping(), **limits) as session:
        assert (type(session.budget.max_time), type(session.budget.max_trials)) == (float, int)
        while trial := session.ask():
            for epoch in trial.epochs():
                trial.report(epoch, value)
        assert len(session.state.trials) == 2
    wrong: Any
    for wrong in (np.float64("nan"), np.float64(0.0), np.bool_(True), np.float64(-1)):
        with pytest.raises(ValueError, match="max_time is"):
            hb.Session(path, stopping(), max_time=wrong)
