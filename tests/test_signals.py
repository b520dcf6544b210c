"""What if a signal handler speaks in the middle of a call? Then it waits, or it is refused; and the log stays whole.

The handler is called on every line of the session, the journal and the checkpoints in turn, as a signal may come.
"""

import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import pure_hb as hb
from pure_hb.journal import JournalError, open_file_journal
from pure_hb.session import RunningTrial
from tests.logs import SETUP, assert_verifies, busy
from tests.play import promotion, stopping
from tests.shared import ROOT

PACKAGE = str(ROOT / "pure_hb")
WATCHED = ("session", "journal", "checkpoints")


@contextmanager
def calling_at(line: int, handler: Callable[[], object]) -> Iterator[list[int]]:
    """Calls a handler before the line with this number that is executed. Yields the number of lines so far."""
    seen, inside = [0], [False]

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        path = frame.f_code.co_filename
        if inside[0] or not path.startswith(PACKAGE) or not path[len(PACKAGE) + 1 :].startswith(WATCHED):
            return None
        if event == "line":
            seen[0] += 1
            if seen[0] == line:
                inside[0] = True
                try:
                    handler()
                finally:
                    inside[0] = False
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield seen
    finally:
        sys.settrace(before)


def on_every_line(
    folder: Path,
    handle: Callable[[hb.Session, RunningTrial], object],
    check: Callable[[hb.Session, RunningTrial], None],
) -> int:
    """Reports an epoch, with a signal on each line in turn, checks, and that the log is whole. Returns how many lines
    there are."""
    line = 0
    while True:
        line += 1
        path = folder / f"run-{line}.jsonl"
        with hb.Session(path, stopping()) as session:
            trial = session.ask()
            assert trial is not None
            trial.checkpoint.touch()
            with calling_at(line, lambda session=session, trial=trial: handle(session, trial)) as seen:  # type: ignore[misc]  # defaults hold the loop variables
                trial.report(1, 0.5)
            if seen[0] < line:
                return line - 1
            assert session.state.trials[0].curve == ((1, 0.5),), line
            check(session, trial)
        assert_verifies(path)


ENDS: dict[str, tuple[Callable[[RunningTrial], None], type[hb.Event], hb.Status]] = {
    "release": (lambda trial: trial.release("preempted"), hb.Release, hb.Status.BROKEN),
    "fail": (lambda trial: trial.fail("out of memory"), hb.Fail, hb.Status.BROKEN),
    "complete": (lambda trial: trial.complete(), hb.Complete, hb.Status.ENDED),
}


def test_release_complete_and_fail_wait_until_the_report_is_done(memory: Path) -> None:
    kinds = itertools.cycle(ENDS.values())
    now = [next(kinds)]

    def handle(_: hb.Session, trial: RunningTrial) -> None:
        now[0] = next(kinds)
        now[0][0](trial)

    def check(session: hb.Session, trial: RunningTrial) -> None:
        _, kind, status = now[0]
        assert session.state.trials[0].status is status
        assert not trial.running
        assert [type(one.event) for one in open_records(session)] == [hb.Ask, hb.Report, kind]

    assert on_every_line(memory, handle, check) > 60


def open_records(session: hb.Session) -> Any:
    return hb.read_journal(session.path)[1]


ASKS: dict[str, Callable[[hb.Session, RunningTrial], object]] = {
    "ask": lambda session, _: session.ask(worker="other", wait=False),
    "report": lambda _, trial: trial.report(1, 0.25),
    "decide": lambda session, _: session.decide(hb.Ask("other")),
    "observe": lambda session, _: session.observe({"x": 0.25}, [(1, 0.5)]),
}


def test_ask_and_report_are_refused_in_the_middle_of_a_report_whatever_the_moment(memory: Path) -> None:
    said = []

    def handle(session: hb.Session, trial: RunningTrial) -> None:
        for call in ASKS.values():
            with pytest.raises(hb.SessionError, match=r"\(\) was called in the middle of another call") as caught:
                call(session, trial)
            said.append(str(caught.value))

    def check(session: hb.Session, trial: RunningTrial) -> None:
        assert trial.running
        assert [type(one.event) for one in open_records(session)] == [hb.Ask, hb.Report]

    assert on_every_line(memory, handle, check) * len(ASKS) == len(said)
    assert len(set(said)) == 3, "observe() is one decide()"


def test_a_handler_that_releases_and_leaves_loses_nothing(memory: Path) -> None:
    """What Slurm's preemption is answered with."""
    line = 0
    while True:
        line += 1
        path, told = memory / f"run-{line}.jsonl", []
        session = hb.Session(path, stopping())
        trial = session.ask()
        assert trial is not None

        def handle(trial: RunningTrial = trial) -> None:
            trial.release("preempted")
            raise SystemExit(143)

        try:
            with calling_at(line, handle) as seen:
                for epoch in (1, 2):
                    trial.report(epoch, 0.5)
                    told.append(epoch)
        except SystemExit:
            pass
        session.close()
        if seen[0] < line:
            break
        events = [one.event for one in assert_verifies(path)]
        assert [event.resource for event in events if isinstance(event, hb.Report)][: len(told)] == told
        assert events[-1] == hb.Release(0, "preempted", leg=0), line
    assert line > 100


def test_what_a_handler_says_while_ask_waits_is_done_before_it_waits_on(tmp_path: Path) -> None:
    with hb.Session(tmp_path / "run.jsonl", promotion(), max_trials=1) as session:
        trial = session.ask()
        assert trial is not None

        def handle(_: int, __: FrameType | None) -> None:
            trial.release("preempted")
            with pytest.raises(hb.SessionError, match=r"ask\(\) was called in the middle"):
                session.ask(worker="third", wait=False)

        before = signal.signal(signal.SIGALRM, handle)
        stop = threading.Event()
        other = threading.Thread(target=stop.wait)
        other.start()  # so that ask() waits
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            again = session.ask(worker="second")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            stop.set()
            other.join()
        assert again is not None
        assert (again.number, again.leg) == (0, 1)
    assert_verifies(tmp_path / "run.jsonl")


def test_a_handler_may_close_the_session(memory: Path) -> None:
    line = 0
    while True:
        line += 1
        path = memory / f"run-{line}.jsonl"
        session = hb.Session(path, stopping())
        trial = session.ask()
        assert trial is not None
        with calling_at(line, session.close) as seen:
            trial.report(1, 0.5)
        closed = seen[0] >= line
        if not closed:
            session.close()
            break
        with pytest.raises(hb.SessionError, match="is closed"):
            session.ask()
        assert [type(one.event) for one in assert_verifies(path)] == [hb.Ask, hb.Report, hb.Release]
    assert line > 60


def test_what_a_callback_of_the_session_says_waits_too(tmp_path: Path) -> None:
    """A clock and a function that takes warnings are called in the middle, too."""
    trials: list[RunningTrial] = []

    def warn(_: str) -> None:
        trials[0].release("a warning")

    with hb.Session(tmp_path / "run.jsonl", stopping(), warn=warn) as session:
        trial = session.ask()
        assert trial is not None
        trials.append(trial)
        assert trial.report(1, 0.5)
        trial.report(0, 0.5)  # is rejected, with a warning
        assert session.state.trials[0].status is hb.Status.BROKEN
    assert_verifies(tmp_path / "run.jsonl")


def test_two_sessions_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with hb.Session(tmp_path / "one.jsonl", stopping()) as one, hb.Session(tmp_path / "two.jsonl", stopping()) as two:
        first, second = one.ask(), two.ask()
        assert first is not None
        assert second is not None
        with calling_at(30, lambda: second.report(1, 0.5)) as seen:
            first.report(1, 0.5)
        assert seen[0] > 30
        assert [len(session.state.trials[0].curve) for session in (one, two)] == [1, 1]


def test_a_call_after_an_interrupted_one_is_no_call_in_the_middle(memory: Path) -> None:
    line = 0
    while True:
        line += 1
        with hb.Session(memory / f"run-{line}.jsonl", stopping()) as session:
            trial = session.ask()
            assert trial is not None

            def interrupt() -> None:
                raise KeyboardInterrupt

            try:
                with calling_at(line, interrupt) as seen:
                    trial.report(1, 0.5)
            except KeyboardInterrupt:
                pass
            assert trial.report(2, 0.5)
            trial.release()
            assert session.state.trials[0].status is hb.Status.BROKEN, line
        if seen[0] < line:
            break
    assert line > 60


# ---- the journal by itself ------------------------------------------------------------------------------------------


def test_an_append_in_the_middle_of_an_append_is_refused(memory: Path) -> None:
    line, play = 0, busy(2)
    while True:
        line += 1
        path, refused = memory / f"run-{line}.jsonl", list[str]()
        with open_file_journal(path, SETUP).journal as journal:

            def handle(journal: Any = journal, refused: list[str] = refused) -> None:
                with pytest.raises(JournalError, match=r"append\(\) was called in the middle") as caught:
                    journal.append(*play.log[1], 0.0)
                refused.append(str(caught.value))

            with calling_at(line, handle) as seen:
                journal.append(*play.log[0], 0.0)
            if seen[0] < line:
                break
            journal.append(*play.log[1], 0.0)
        assert len(refused) == 1
        assert len(assert_verifies(path)) == 2
    assert line > 20


# ---- a journal that is deleted or replaced while it is open ---------------------------------------------------------


def deleted(path: Path) -> None:
    path.unlink()


def moved(path: Path) -> None:
    path.rename(path.with_name("elsewhere.jsonl"))


def replaced(path: Path) -> None:
    (path.parent / "new").write_bytes(path.read_bytes())
    os.replace(path.parent / "new", path)


def without_its_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("moved"))


@pytest.mark.parametrize("away", [deleted, moved, replaced, without_its_folder])
def test_a_journal_that_is_gone_is_told_at_the_next_append_and_when_it_is_closed(
    tmp_path: Path, away: Callable[[Path], None]
) -> None:
    (tmp_path / "runs").mkdir()
    path = tmp_path / "runs" / "run.jsonl"
    session = hb.Session(path, stopping(), checkpoints=tmp_path / "checkpoints")
    trial = session.ask()
    assert trial is not None
    assert trial.report(1, 0.5)
    away(path)
    how = "replaced by another file" if away is replaced else "deleted or moved"
    for _ in range(2):
        with pytest.raises(JournalError, match=rf"cannot append record 3: the journal was {how} while it was open"):
            trial.report(2, 0.5)
    with pytest.raises(JournalError, match=rf"the journal was {how} while it was open; .* the 2 records"):
        session.close()
    session.close()


def test_the_way_out_of_a_deleted_journal_can_be_taken(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with hb.Session(path, stopping()) as session:
        trial = session.ask()
        assert trial is not None
        path.unlink()
        with pytest.raises(JournalError) as caught:
            trial.report(1, 0.5)
        held = next((word.strip(",") for word in str(caught.value).split() if word.startswith("/proc/")), None)
        if held is None:
            pytest.skip("this system does not show the files of a process")
        rescued = Path(held).read_bytes()
        with pytest.raises(JournalError):
            session.close()
    path.write_bytes(rescued)
    assert len(assert_verifies(path)) == 1
    with hb.Session(path, stopping()) as session:
        assert session.state.clock == 2, "the trial that ran was released"


def test_what_a_deleted_journal_held_is_saved_when_it_is_closed_and_goes_on_from_there(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    session = hb.Session(path, stopping())
    trial = session.ask()
    assert trial is not None
    assert trial.report(1, 0.5)
    path.unlink()
    with pytest.raises(
        JournalError, match=r"they were saved as .*\.rescued-1; to go on with them, move it to"
    ) as caught:
        session.close()
    saved = next(word.strip(";") for word in str(caught.value).split() if ".rescued" in word)
    Path(saved).rename(path)
    assert len(assert_verifies(path)) == 2
    with hb.Session(path, stopping()) as session:
        assert session.state.trials[0].curve == ((1, 0.5),)


def test_a_journal_that_is_moved_back_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with hb.Session(path, stopping()) as session:
        trial = session.ask()
        assert trial is not None
        moved(path)
        with pytest.raises(JournalError):
            trial.report(1, 0.5)
        (tmp_path / "elsewhere.jsonl").rename(path)
        assert trial.report(1, 0.5)
    assert [type(one.event) for one in assert_verifies(path)] == [hb.Ask, hb.Report, hb.Release]


def test_a_link_that_changes_and_a_folder_that_is_left_do_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "run.jsonl").symlink_to("real/run.jsonl")
    monkeypatch.chdir(tmp_path)
    with hb.Session("run.jsonl", stopping(), snapshot_every=2) as session:
        monkeypatch.chdir(tmp_path / "real")
        (tmp_path / "run.jsonl").unlink()
        trial = session.ask()
        assert trial is not None
        for epoch in range(1, 6):
            trial.report(epoch, 0.5)
    assert len(assert_verifies(tmp_path / "real" / "run.jsonl")) == 7
    assert (tmp_path / "real" / "run.jsonl.snapshot").is_file()


# ---- where the program leaves the session ---------------------------------------------------------------------------


def test_what_a_handler_says_while_an_error_leaves_the_session_is_done_or_dropped_and_the_error_goes_on(
    memory: Path,
) -> None:
    line = 0
    while True:
        line += 1
        path = memory / f"run-{line}.jsonl"
        session = hb.Session(path, stopping())
        trial = session.ask()
        assert trial is not None
        assert trial.report(1, 0.5)

        release = partial(trial.release, "preempted")
        with pytest.raises(ValueError, match="boom"), calling_at(line, release) as seen, session:
            raise ValueError("boom")
        kinds = [type(one.event) for one in assert_verifies(path)]
        assert kinds in ([hb.Ask, hb.Report, hb.Fail], [hb.Ask, hb.Report, hb.Release]), line
        with hb.Session(path, stopping()) as again:
            assert again.state.trials[0].curve == ((1, 0.5),)
        if seen[0] < line:
            break
    assert line > 60


def test_what_a_handler_says_while_a_session_closes_raises_nothing(memory: Path) -> None:
    line = 0
    while True:
        line += 1
        path = memory / f"run-{line}.jsonl"
        session = hb.Session(path, stopping())
        trial = session.ask()
        assert trial is not None
        with calling_at(line, partial(trial.release, "preempted")) as seen:
            session.close()
        assert [type(one.event) for one in assert_verifies(path)] == [hb.Ask, hb.Release]
        if seen[0] < line:
            break
    assert line > 30


# ---- a journal that is changed in place -----------------------------------------------------------------------------


def overwritten(path: Path) -> None:
    old = path.read_bytes()
    with open(path, "r+b") as file:
        file.write(old[: len(old) // 2])
        file.truncate()


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def added_to(path: Path) -> None:
    with open(path, "ab") as file:
        file.write(b"junk\n")


@pytest.mark.parametrize("change", [overwritten, emptied, added_to])
def test_a_journal_that_is_changed_in_place_is_told_at_the_next_append_and_when_it_is_closed(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    path = tmp_path / "run.jsonl"
    session = hb.Session(path, stopping())
    trial = session.ask()
    assert trial is not None
    assert trial.report(1, 0.5)
    size = path.stat().st_size
    change(path)
    with pytest.raises(JournalError, match=rf"changed by somebody else while it was open: .* {size} were written"):
        trial.report(2, 0.5)
    with pytest.raises(JournalError, match="changed by somebody else"):
        session.close()
    if change is added_to:
        path.write_bytes(path.read_bytes()[:size])  # the way out
        assert len(assert_verifies(path)) == 2
