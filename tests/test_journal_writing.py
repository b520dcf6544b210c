"""What is acknowledged is safe: locks, forks, failing disks, and interruptions while a journal is written."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import pure_hb as hb
import pure_hb.journal.file as journal_file
import pure_hb.journal.opening as journal_opening
import pure_hb.session.asking as asking_file
import pure_hb.session.session as session_file
from pure_hb.journal import JournalError, chaining, open_file_journal, read_journal, shared, verify_file
from pure_hb.journal.file import FileJournal
from pure_hb.journal.stores import sql, sqlite
from pure_hb.session import company, deciding
from tests.logs import SETUP, assert_verifies, busy, lines_of, pairs, write_journal
from tests.processes import python

RECORDS = 8

# ---- one process writes ----------------------------------------------------------------------------------------------

OPEN = """
import sys
from tests.logs import SETUP
from pure_hb.journal import open_file_journal, JournalError
try:
    open_file_journal(sys.argv[1], SETUP)
except JournalError as error:
    print(error)
else:
    print("opened")
"""
ROOT = Path(__file__).resolve().parents[1]


def test_a_second_process_is_told_who_holds_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with open_file_journal(path, SETUP).journal:
        held = python(OPEN, path, cwd=ROOT)
    way_out = "wait until it is closed, or use another journal"
    assert held.stdout == f"{path}: process {os.getpid()} is writing this journal; {way_out}\n"
    assert python(OPEN, path, cwd=ROOT).stdout == "opened\n"


def test_who_holds_it_is_told_also_after_the_holder_has_read_it(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with open_file_journal(path, SETUP).journal:
        read_journal(path)
        held = python(OPEN, path, cwd=ROOT)
    assert "is writing this journal" in held.stdout
    assert str(os.getpid()) in held.stdout


def test_the_same_process_cannot_open_it_twice_and_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with open_file_journal(path, SETUP).journal as journal:
        with pytest.raises(JournalError) as caught:
            open_file_journal(path, SETUP)
        assert f"process {os.getpid()}" in str(caught.value) or "this process" in str(caught.value)
        journal.append(*busy(1).log[0], 0.0)
    assert len(assert_verifies(path)) == 1


def test_a_journal_that_is_written_may_be_read(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with open_file_journal(path, SETUP).journal as journal:
        for number, (event, action) in enumerate(busy(RECORDS).log, 1):
            journal.append(event, action, 0.0)
            assert len(assert_verifies(path)) == number


def test_a_killed_writer_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    code = """
import os, sys, signal
from tests.logs import SETUP
from pure_hb.journal import open_file_journal
opened = open_file_journal(sys.argv[1], SETUP)
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert python(code, path, cwd=ROOT).returncode == -9
    open_file_journal(path, SETUP).journal.close()
    assert [name.name for name in tmp_path.iterdir()] == ["run.jsonl"]


FORK = """
import os, sys
from tests.logs import SETUP, busy
from pure_hb.journal import open_file_journal, JournalError
path, sync = sys.argv[1:]
log = busy(8).log
journal = open_file_journal(path, SETUP, sync=sync, timed=False).journal
for event, action in log[:3]:
    journal.append(event, action, 0.0)
child = os.fork()
if child == 0:
    for act in (lambda: journal.append(*log[3], 0.0), journal.flush):
        try:
            act()
        except JournalError as error:
            print(error, flush=True)
    journal.close()
    sys.exit(0)
os.waitpid(child, 0)
for event, action in log[3:]:
    journal.append(event, action, 0.0)
journal.close()
"""


@pytest.mark.parametrize("sync", ["record", "batch"])
def test_a_fork_must_not_write_and_its_end_changes_nothing(tmp_path: Path, sync: str) -> None:
    path = tmp_path / "run.jsonl"
    done = python(FORK, path, sync, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert "and a fork of it must not write; open it in one process" in first
    assert "and a fork of it must not write" in second
    assert len(assert_verifies(path)) == 8


SESSION_FORK = """
import os, sys
import pure_hb as hb
from tests.logs import SETUP
session = hb.Session(sys.argv[1], SETUP)
trial = session.ask()
child = os.fork()
if child == 0:
    sys.exit(0)
_, status = os.waitpid(child, 0)
trial.report(1, 0.5)
session.close()
print(status)
"""


def test_a_fork_of_a_session_ends_without_touching_the_journal_or_a_traceback(tmp_path: Path) -> None:
    done = python(SESSION_FORK, tmp_path / "run.jsonl", cwd=ROOT)
    records = assert_verifies(tmp_path / "run.jsonl")
    assert [type(record.event) for record in records] == [hb.Ask, hb.Report, hb.Release]
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")


LIVING_FORK = """
import os, signal, sys, time
from tests.logs import SETUP, busy
from pure_hb.journal import open_file_journal
path, how = sys.argv[1:]
os.mkfifo(path + ".pipe")
if os.fork() == 0:  # another process, which the fork of the test's own outlives
    journal = open_file_journal(path, SETUP).journal
    journal.append(*busy(1).log[0], 0.0)
    forked, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(tell, b"1")
        open(path + ".pipe").read()
        os._exit(0)
    os.read(forked, 1)  # the fork drops its copy before it does anything else
    print(child, flush=True)
    if how == "closes":
        journal.close()
    os.kill(os.getpid(), signal.SIGKILL)
os.wait()
again = open_file_journal(path, SETUP).journal
print(again.number)
again.close()
os.close(os.open(path + ".pipe", os.O_WRONLY))
"""


@pytest.mark.parametrize("how", ["closes", "is killed"])
def test_a_fork_that_lives_on_holds_no_lock(tmp_path: Path, how: str) -> None:
    """The kernel gives a lock back when the last copy of the open file is closed, and a fork has one."""
    done = python(LIVING_FORK, tmp_path / "run.jsonl", how, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == ["1"]


def test_closing_gives_the_lock_back_whoever_has_a_copy_of_the_open_file(tmp_path: Path) -> None:
    """A fork that other code than Python made has one, too."""
    path = tmp_path / "run.jsonl"
    journal = open_file_journal(path, SETUP).journal
    copy = os.dup(journal._file.fileno())
    try:
        journal.close()
        open_file_journal(path, SETUP).journal.close()
    finally:
        os.close(copy)


CLOSING_FORK = """
import os, sys
from tests.logs import SETUP
from pure_hb.journal import JournalError, open_file_journal
journal = open_file_journal(sys.argv[1], SETUP).journal
child = os.fork()
if child == 0:
    journal.close()
    os._exit(0)
os.waitpid(child, 0)
if os.fork() == 0:
    try:
        open_file_journal(sys.argv[1], SETUP)
    except JournalError as error:
        print(error, flush=True)
    os._exit(0)
os.wait()
"""


def test_a_fork_that_closes_the_journal_does_not_give_the_lock_of_its_parent_away(tmp_path: Path) -> None:
    done = python(CLOSING_FORK, tmp_path / "run.jsonl", cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert "is writing this journal; wait until it is closed" in done.stdout


def test_a_journal_is_no_good_when_it_is_closed_and_closing_twice_is_no_error(tmp_path: Path) -> None:
    journal = open_file_journal(tmp_path / "run.jsonl", SETUP).journal
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="the journal is closed; open it again"):
        journal.append(*busy(1).log[0], 0.0)


def test_a_refused_journal_leaves_no_open_file_and_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(2))
    before = len(os.listdir("/dev/fd"))
    for _ in range(3):
        with pytest.raises(JournalError, match="another setup"):
            open_file_journal(path, hb.asha(SETUP.space, SETUP.goal, max_resource=27))
    assert len(os.listdir("/dev/fd")) == before
    open_file_journal(path, SETUP).journal.close()


# ---- a failing disk: fail call 1, then call 2, then call 3, ... ----------------------------------------------------


class Calls:
    """Counts system calls that write; the one with number ``fails`` fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fails: int, how: Callable[[Any], Any]) -> None:
        self.names: list[str] = []
        self.fails = fails
        for name in ("write", "fsync", "ftruncate"):
            monkeypatch.setattr(os, name, self._counting(name, getattr(os, name), how))

    def _counting(self, name: str, call: Any, how: Callable[[Any], Any]) -> Any:
        def counted(*arguments: Any) -> Any:
            self.names.append(name)
            return how(lambda: call(*arguments)) if len(self.names) == self.fails else call(*arguments)

        return counted


def fails_before(_: Any) -> Any:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def fails_after(call: Any) -> Any:
    call()
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


Log = list[tuple[hb.Event, hb.Action]]


def append_all(path: Path, log: Log) -> tuple[FileJournal | None, int, JournalError | None]:
    """Opens a journal and appends to it. Returns it, how many records were acknowledged, and what went wrong."""
    journal, acknowledged = None, 0
    try:
        journal = open_file_journal(path, SETUP, timed=False).journal
        for event, action in log:
            journal.append(event, action, 0.0)
            acknowledged += 1
    except JournalError as error:
        return journal, acknowledged, error
    return journal, acknowledged, None


def assert_gives_up(journal: FileJournal, acknowledged: int, error: JournalError) -> None:
    assert f"cannot append record {acknowledged + 1}: " in str(error)
    assert "All records before it are safe; remove the cause and start the same command again" in str(error)
    assert not journal.writable
    with pytest.raises(JournalError, match="Open the journal again"):
        journal.append(*busy(1).log[0], 0.0)
    journal.close()


@pytest.mark.parametrize("how", [fails_before, fails_after])
def test_whichever_call_fails_what_was_acknowledged_is_there_and_nothing_is_tried_again(
    tmp_path: Path, how: Callable[[Any], Any]
) -> None:
    log, number, failed = busy(4).log, 0, True
    while failed:
        number += 1
        path = tmp_path / f"run-{number}.jsonl"
        with pytest.MonkeyPatch.context() as patch:
            calls = Calls(patch, number, how)
            journal, acknowledged, error = append_all(path, log)
            failed = error is not None
            if error is not None:
                assert str(error).startswith(str(path))
                assert calls.names[number:] in ([], ["ftruncate"]), "nothing is tried again"
                if journal is not None:
                    assert_gives_up(journal, acknowledged, error)
            elif journal is not None:
                journal.close()
        again = open_file_journal(path, SETUP, timed=False)
        assert (again.journal.number, again.torn) == (acknowledged, None)
        with again.journal:
            for event, action in log[acknowledged:]:
                again.journal.append(event, action, 0.0)
        assert pairs(assert_verifies(path)) == log
    assert number > 2 * len(log)


def test_if_the_rest_cannot_be_cut_off_either_reopening_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, log = tmp_path / "run.jsonl", busy(3).log
    journal = open_file_journal(path, SETUP, timed=False).journal
    journal.append(*log[0], 0.0)

    def half(file: int, data: Any) -> int:
        os.pwrite(file, bytes(data)[: len(data) // 2], os.fstat(file).st_size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        patch.setattr(os, "ftruncate", lambda *_: fails_before(None))
        with pytest.raises(JournalError, match="cannot append record 2: No space left on device"):
            journal.append(*log[1], 0.0)
    journal.close()
    opened = open_file_journal(path, SETUP, timed=False)
    assert opened.torn is not None
    assert opened.torn.line == 3
    with opened.journal as again:
        assert again.number == 1
        again.append(*log[1], 0.0)
    assert len(assert_verifies(path)) == 2


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_short_write_goes_on_with_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, bytes(data)[:size]))
    write_journal(tmp_path / "run.jsonl", busy(RECORDS))
    assert len(assert_verifies(tmp_path / "run.jsonl")) == RECORDS


def test_every_record_is_on_the_disk_before_it_is_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(monkeypatch, 0, fails_before)
    with open_file_journal(tmp_path / "run.jsonl", SETUP).journal as journal:
        assert calls.names == ["write", "fsync", "fsync"], "the header, and the name of the file"
        for event, action in busy(3).log:
            before = len(calls.names)
            journal.append(event, action, 0.0)
            assert calls.names[before:] == ["write", "fsync"], "one write for one record"


def test_batches_are_written_when_they_are_large_and_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with open_file_journal(path, SETUP, sync="batch", timed=False).journal as journal:
        for event, action in busy(5).log:
            journal.append(event, action, 0.0)
        assert len(read_journal(path)[1]) == 0
        journal.flush()
        assert len(read_journal(path)[1]) == 5
        for event, action in busy(6).log[5:]:
            journal.append(event, action, 0.0)
    assert len(assert_verifies(path)) == 6


FULL_DISK = """
import resource, sys
from tests.logs import SETUP, busy
from pure_hb.journal import open_file_journal, JournalError
path, room = sys.argv[1], int(sys.argv[2])
log, acknowledged = busy(8).log, 0
try:
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    journal = open_file_journal(path, SETUP, timed=False).journal
    for event, action in log:
        journal.append(event, action, 0.0)
        acknowledged += 1
except JournalError as error:
    print(error, file=sys.stderr)
print(acknowledged)
"""


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.8])
def test_a_disk_that_is_really_full_costs_nothing_that_was_acknowledged(tmp_path: Path, share: float) -> None:
    path = tmp_path / "run.jsonl"
    size = len(write_journal(tmp_path / "whole.jsonl", busy(8)))
    done = python(FULL_DISK, path, int(share * size), cwd=ROOT)
    assert done.returncode == 0
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    opened = open_file_journal(path, SETUP, timed=False)
    assert opened.journal.number == int(done.stdout)
    assert opened.torn is None or opened.is_new, "of the header only a part may be there"
    for event, action in busy(8).log[opened.journal.number :]:
        opened.journal.append(event, action, 0.0)
    opened.journal.close()
    assert len(assert_verifies(path)) == 8


# ---- Ctrl-C on every line ------------------------------------------------------------------------------------------


@contextmanager
def interrupted_at(line: int) -> Iterator[list[int]]:
    """Raises KeyboardInterrupt before the line with this number that the session or the journal executes, as a signal
    does. Yields the number of lines so far."""
    modules = (
        chaining,
        journal_file,
        journal_opening,
        session_file,
        asking_file,
        deciding,
        company,
        shared,
        sql,
        sqlite,
    )
    files = {one.__file__ for one in modules}
    seen = [0]

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename not in files or frame.f_code.co_name == "__init__":
            return None
        if event == "line":
            seen[0] += 1
            if seen[0] == line:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield seen
    finally:
        sys.settrace(before)


def test_ctrl_c_on_whichever_line_leaves_a_journal_that_verifies_and_all_that_was_acknowledged(tmp_path: Path) -> None:
    line, wrong = 0, []
    while True:
        line += 1
        path = tmp_path / f"run-{line}.jsonl"
        told: list[tuple[int, int]] = []
        session = hb.Session(path, SETUP)
        try:
            with interrupted_at(line) as seen, session:
                trial = session.ask()
                assert trial is not None
                for epoch in (1, 2):
                    trial.report(epoch, 0.5)
                    told.append((trial.number, epoch))
        except KeyboardInterrupt:
            pass
        else:
            break
        session.close()
        try:
            records = assert_verifies(path)
            reported = [(one.event.trial, one.event.resource) for one in records if isinstance(one.event, hb.Report)]
            assert reported[: len(told)] == told
            with hb.Session(path, SETUP) as again:
                assert not [trial for trial in again.state.trials if trial.status is hb.Status.RUNNING]
        except (JournalError, AssertionError) as error:
            wrong.append((line, str(error)[:200]))
    assert line > 60
    assert wrong == []
    assert seen[0] < line


def test_ctrl_c_on_whichever_line_leaves_a_store_that_verifies_and_all_that_was_acknowledged(tmp_path: Path) -> None:
    """The same over a database. The session goes on after the interrupt, and others see what it did."""
    line, wrong = 0, []
    while True:
        line += 1
        url = f"sqlite:///{tmp_path}/run.db?synchronous=NORMAL&journal=run-{line}"
        told: list[tuple[int, int]] = []
        session = hb.Session(url, SETUP, checkpoints=tmp_path / f"checkpoints-{line}")
        try:
            with interrupted_at(line) as seen, session:
                trial = session.ask(worker="ann")
                session.decide_all([hb.Ask("bob"), hb.Ask("cid")])
                assert trial is not None
                for epoch in (1, 2):
                    trial.report(epoch, 0.5)
                    told.append((trial.number, epoch))
        except KeyboardInterrupt:
            pass
        else:
            break
        session.close()
        try:
            assert verify_file(url).ok
            reports = [one.event for one in read_journal(url)[1] if isinstance(one.event, hb.Report)]
            assert [(one.trial, one.resource) for one in reports][: len(told)] == told
            with hb.Session(url, SETUP, checkpoints=tmp_path / f"checkpoints-{line}") as again:
                assert not again.state.trials.running
        except (JournalError, AssertionError) as error:
            wrong.append((line, str(error)[:200]))
    assert line > 60
    assert wrong == []
    assert seen[0] < line


def report_three_epochs(session: hb.Session) -> None:
    with session:
        trial = session.ask()
        assert trial is not None
        for epoch in (1, 2, 3):
            trial.report(epoch, 0.5)


@pytest.mark.parametrize("name", ["write", "fsync"])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_ctrl_c_that_arrives_during_a_system_call_writes_no_record_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, number: int
) -> None:
    """A signal that comes while the process waits for the disk is raised when the call returns."""
    path = tmp_path / "run.jsonl"
    session = hb.Session(path, SETUP)
    call, count = getattr(os, name), [0]

    def interrupted(*arguments: Any) -> Any:
        result = call(*arguments)
        count[0] += 1
        if count[0] == number:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(os, name, interrupted)
    with pytest.raises(KeyboardInterrupt):
        report_three_epochs(session)
    monkeypatch.undo()
    records = assert_verifies(path)
    assert number - 1 <= len(records) <= number + 1, "all that was acknowledged; and a release, if it could be written"
    assert len(lines_of(path.read_bytes())) == len(records) + 1
