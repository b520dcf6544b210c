"""Is what was acknowledged there after every crash? The power goes, a system call fails, the process is killed: at each
call in turn, until a run passes."""

import errno
import fcntl
import os
import pwd
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest

import pure_hb as hb
import pure_hb.journal.file as journal_file
import pure_hb.journal.opening as journal_opening
import pure_hb.journal.reader as journal_reader
import pure_hb.journal.regular as journal_regular
import pure_hb.journal.snapshot_file as snapshot_file
from pure_hb.journal import JournalError, open_file_journal, read_journal
from tests.disk import Disk, Remains
from tests.logs import SETUP, assert_verifies, busy, lines_of, pairs, read, write_journal
from tests.processes import python
from tests.shared import ROOT

RECORDS = 6
LOG = busy(RECORDS).log
Sync = Literal["record", "batch"]


class Killed(BaseException):
    """The process is gone, in the middle of what it did."""


def run_on(disk: Disk, patch: pytest.MonkeyPatch, sync: Sync = "record") -> None:
    """Opens the journal of a disk and appends what is missing. Tells the disk what anybody is told."""
    with patch.context() as context:
        context.setattr(journal_file, "os", disk)
        context.setattr(journal_opening, "os", disk)
        context.setattr(snapshot_file, "os", disk)
        journal = open_file_journal(disk.path, SETUP, sync=sync, timed=False).journal
        try:
            disk.tell(journal.number)
            for event, action in LOG[journal.number :]:
                journal.append(event, action, 0.0)
                if sync == "record":
                    disk.tell(journal.number)
            journal.close()
            disk.tell(len(LOG))
        finally:
            journal._file.close()  # the kernel does so when it is killed


def assert_survives(disk: Disk, folder: Path) -> Counter[str]:
    """Nothing that anybody was told is lost, whatever a crash leaves, and nothing is there twice. Counts what is found.

    What keeps the order of writes is opened without a word or with a torn line cut. What does not may look like damage
    behind all that was told; then an error names that place, and the lines before it are a whole journal.
    """
    draw, found, seen = random.Random(7), Counter[str](), set[tuple[bytes | None, int]]()
    path = folder / "after.jsonl"
    for moment, told in dict.fromkeys(disk.moments):
        for remains in moment.remains(draw):
            if (remains.data, told) not in seen:
                seen.add((remains.data, told))
                found[_told_after(remains, told, path)] += 1
    return found


def _told_after(remains: Remains, told: int, path: Path) -> str:
    path.unlink(missing_ok=True)
    if remains.data is None:
        assert told == -1, "the file itself is lost"
        return "no file"
    path.write_bytes(remains.data)
    try:
        opened = open_file_journal(path, SETUP, timed=False)
    except JournalError as error:
        message = str(error)
    else:
        opened.journal.close()
        assert opened.journal.number >= told, f"record {told} was told, and the last one is {opened.journal.number}"
        assert pairs(read_journal(path)[1]) == LOG[: opened.journal.number]
        return "torn" if opened.torn else "whole"
    if told == -1 and "no pure_hb journal" in message:
        return "no header"
    assert not remains.in_order, message
    lines = lines_of(remains.data)
    assert any(f" line {line}: " in message for line in range(told + 2, len(lines) + 1)), message
    assert pairs(read(b"".join(lines[: told + 1]))[1]) == LOG[: max(told, 0)]
    return "damaged"


# ---- the power goes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sync", ["record", "batch"])
def test_after_a_crash_at_any_moment_all_that_was_told_is_there(
    memory: Path, monkeypatch: pytest.MonkeyPatch, sync: Sync
) -> None:
    disk = Disk(memory / "run.jsonl")
    run_on(disk, monkeypatch, sync)
    assert pairs(assert_verifies(disk.path)) == LOG
    found = assert_survives(disk, memory)
    assert min(found[kind] for kind in ("no file", "no header", "torn", "whole", "damaged")) > 0, found
    assert sum(found.values()) > (150 if sync == "record" else 50), found


@pytest.mark.parametrize("cut", [1, 2, 100, 700], ids=lambda cut: f"{cut} bytes")
def test_after_a_crash_while_a_torn_end_is_cut_all_that_was_told_is_there(
    memory: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    path = memory / "run.jsonl"
    data = write_journal(path, busy(4))
    path.write_bytes(data[:-cut])
    disk = Disk(path)
    disk.told = read(data[:-cut])[2].line - 1
    run_on(disk, monkeypatch)
    assert sum(assert_survives(disk, memory).values()) > 40


@pytest.mark.parametrize("call", ["write", "fsync", "ftruncate"])
@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_killed_process_and_then_a_crash_lose_nothing_that_the_next_process_told(
    memory: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    """The next process reads what the first has written and not synced, and people see it: it must be safe by then."""
    count = [0]

    def kill(name: str) -> None:
        count[0] += name == call
        if count[0] == number and name == call:
            raise Killed

    path = memory / "run.jsonl"
    write_journal(path, busy(1))
    path.write_bytes(path.read_bytes()[:-9])
    disk = Disk(path, kill)
    try:
        run_on(disk, monkeypatch)
    except Killed:
        run_on(disk, monkeypatch)
    assert pairs(assert_verifies(path)) == LOG
    assert_survives(disk, memory)


def test_an_interrupted_write_that_is_written_anew_loses_nothing(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C between write and fsync: the line is cut and another one written over it."""
    disk = Disk(memory / "run.jsonl")
    journal = open_file_journal(disk.path, SETUP, timed=False).journal
    journal.append(*LOG[0], 0.0)
    journal.close()
    disk = Disk(disk.path)
    interrupts = [True]

    class Interrupted(Disk):
        def fsync(self, file: int) -> None:
            if self.told == 2 and interrupts and interrupts.pop():
                raise KeyboardInterrupt
            super().fsync(file)

    disk = Interrupted(disk.path)
    monkeypatch.setattr(journal_file, "os", disk)
    monkeypatch.setattr(journal_opening, "os", disk)
    monkeypatch.setattr(snapshot_file, "os", disk)
    journal = open_file_journal(disk.path, SETUP, timed=False).journal
    for number, (event, action) in enumerate(LOG[1:], 2):
        disk.tell(number - 1)
        try:
            journal.append(event, action, 0.0)
        except KeyboardInterrupt:
            journal.append(event, action, 99.0)
    disk.tell(len(LOG))
    journal.close()
    monkeypatch.undo()
    assert not interrupts
    assert pairs(assert_verifies(disk.path)) == LOG
    assert_survives(disk, memory)


def no_sync(_: int) -> None:
    """A planted fault."""


def no_folder_sync(_: Path) -> None:
    """A planted fault."""


def test_a_missing_sync_is_found(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(memory / "run.jsonl")
    monkeypatch.setattr(disk, "fsync", no_sync)
    run_on(disk, monkeypatch)
    assert pairs(assert_verifies(disk.path)) == LOG, "without a crash nothing is wrong"
    with pytest.raises(AssertionError, match=r"the file itself is lost|was told, and the last one is"):
        assert_survives(disk, memory)


def test_a_missing_sync_of_one_record_is_found(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(memory / "run.jsonl")
    sync = disk.fsync
    monkeypatch.setattr(disk, "fsync", lambda file: None if disk.told == 2 else sync(file))
    run_on(disk, monkeypatch)
    with pytest.raises(AssertionError, match="record 3 was told, and the last one is 2"):
        assert_survives(disk, memory)


def test_a_missing_sync_of_the_folder_is_found(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(memory / "run.jsonl")
    with monkeypatch.context() as patch:
        patch.setattr(journal_opening, "sync_folder", no_folder_sync)
        run_on(disk, monkeypatch)
    with pytest.raises(AssertionError, match="the file itself is lost"):
        assert_survives(disk, memory)


def test_a_missing_sync_of_what_a_killed_process_left_is_found(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = memory / "run.jsonl"
    data = write_journal(path, busy(3))
    path.write_bytes(b"".join(lines_of(data)[:-1]))
    disk = Disk(path)
    path.write_bytes(data)
    disk._versions.append(data)
    with monkeypatch.context() as patch:
        patch.setattr(disk, "fsync", no_sync)
        patch.setattr(journal_file, "os", disk)
        patch.setattr(journal_opening, "os", disk)
        patch.setattr(snapshot_file, "os", disk)
        opened = open_file_journal(path, SETUP, timed=False)
        disk.tell(opened.journal.number)
    opened.journal.close()
    with pytest.raises(AssertionError, match="record 3 was told, and the last one is 2"):
        assert_survives(disk, memory)


# ---- system call number k fails -------------------------------------------------------------------------------------

Fault = Callable[[str, Callable[[], Any], tuple[Any, ...]], Any]


def eio(_: str, __: Callable[[], Any], ___: tuple[Any, ...]) -> Any:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def eintr(_: str, __: Callable[[], Any], ___: tuple[Any, ...]) -> Any:
    raise InterruptedError(errno.EINTR, os.strerror(errno.EINTR))


def done_but_failed(name: str, call: Callable[[], Any], arguments: tuple[Any, ...]) -> Any:
    """The call did all it should, or half of it, and reports that the disk is full."""
    if name == "write":
        os.write(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
    elif name in ("ftruncate", "fsync", "close"):
        call()
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Calls:
    """Counts the system calls of a module; the one with number ``fails`` fails."""

    NAMES = ("open", "write", "fsync", "ftruncate", "dup", "close", "stat", "flock", "readline")

    def __init__(self, fails: int, how: Fault) -> None:
        self.names: list[str] = []
        self.fails, self.how = fails, how

    def over(self, module: Any) -> Any:
        return _Seam(module, self)

    def call(self, name: str, call: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        self.names.append(name)
        if len(self.names) == self.fails:
            return self.how(name, lambda: call(*arguments, **more), arguments)
        return call(*arguments, **more)


class _Seam:
    """A module or a file whose calls are counted."""

    def __init__(self, inner: Any, calls: Calls) -> None:
        self._inner, self._calls = inner, calls

    def __getattr__(self, name: str) -> Any:
        found, calls = getattr(self._inner, name), self._calls
        if name == "fdopen":  # makes a file of a descriptor
            return lambda *arguments: _Seam(found(*arguments), calls)
        if name not in Calls.NAMES:
            return found
        return partial(calls.call, name, found)

    def __enter__(self) -> "_Seam":
        return self

    def __exit__(self, *_: object) -> None:
        self._inner.close()


def begins() -> dict[str, bytes]:
    """What stands in the file when a process comes."""
    whole = whole_log()
    return {"new": b"", "whole": whole, "torn": whole[:-50], "newline missing": whole[:-1], "header torn": whole[:99]}


def whole_log() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return write_journal(Path(folder) / "run.jsonl", busy(3))


@pytest.mark.parametrize("how", [eio, eintr, done_but_failed], ids=lambda how: how.__name__)
@pytest.mark.parametrize("begin", ["new", "whole", "torn", "newline missing", "header torn"])
def test_whichever_system_call_fails_it_is_one_sentence_and_the_same_command_goes_on(
    memory: Path, begin: str, how: Fault
) -> None:
    """Opening, reading, locking, mending, writing and syncing alike."""
    number, passed, reached = 0, False, Counter[str]()
    while not passed:
        number += 1
        path = memory / f"run-{number}.jsonl"
        path.write_bytes(begins()[begin])
        before = read(path.read_bytes())[2].line - 1
        calls, told, error = Calls(number, how), max(before, 0), None
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(journal_file, "os", calls.over(os))
            patch.setattr(journal_opening, "os", calls.over(os))
            patch.setattr(snapshot_file, "os", calls.over(os))
            patch.setattr(journal_opening, "fcntl", calls.over(fcntl))
            patch.setattr(journal_regular, "os", calls.over(os))
            try:
                with open_file_journal(path, SETUP, timed=False, snapshot=False).journal as journal:
                    for event, action in LOG[journal.number :]:
                        journal.append(event, action, 0.0)
                        told = journal.number
            except JournalError as caught:
                error = caught
        passed = len(calls.names) < number
        if not passed:
            name = calls.names[number - 1]
            reached[name] += 1
            after = calls.names[number:]
            assert name == "close" or error is not None, f"{name} failed and nobody was told"
            assert name == "close" or "fsync" not in after, "a failed call is not followed by a sync that passes"
            assert error is None or str(error).startswith(str(path))
            assert error is None or len(str(error).splitlines()) == 1
        again = open_file_journal(path, SETUP, timed=False)
        with again.journal:
            assert told <= again.journal.number <= told + (how is done_but_failed), (name, number)
            for event, action in LOG[again.journal.number :]:
                again.journal.append(event, action, 0.0)
        assert pairs(assert_verifies(path)) == LOG
    assert {"open", "write", "fsync", "stat", "flock", "dup", "readline", "close"} - set(reached) == set()
    assert ("ftruncate" in reached) == (begin in ("torn", "newline missing", "header torn"))


def test_a_disk_error_while_reading_is_one_sentence(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = memory / "run.jsonl"
    write_journal(path, busy(3))
    for number in range(1, 5):
        calls = Calls(number, eio)

        def opened(path: Any, calls: Calls = calls) -> Any:
            return calls.over(open(path, "rb"))

        with monkeypatch.context() as patch:
            patch.setattr(journal_reader, "open_for_reading", opened)
            with pytest.raises(JournalError, match=r"run\.jsonl: Input/output error$"):
                read_journal(path)


# ---- a disk that is full, for real ----------------------------------------------------------------------------------

FULL = """
import resource, sys
import pure_hb as hb
from tests.logs import SETUP, busy
from pure_hb.journal import open_file_journal, JournalError
folder, size = sys.argv[1], int(sys.argv[2])
log = busy(4).log
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
for room in range(0, size + 60, 60):
    path, told = f"{folder}/run-{room}.jsonl", 0
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        with open_file_journal(path, SETUP, timed=False).journal as journal:
            for event, action in log:
                journal.append(event, action, 0.0)
                told += 1
        assert room >= size
    except JournalError as error:
        assert "File too large" in str(error), error
        assert room < size
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    again = open_file_journal(path, SETUP, timed=False)
    assert again.journal.number == told, (again.journal.number, told)
    for event, action in log[told:]:
        again.journal.append(event, action, 0.0)
    again.journal.close()
print("all well")
"""


def test_wherever_the_disk_is_full_nothing_acknowledged_is_lost(memory: Path) -> None:
    """The kernel's own limit, every 60 bytes of the file."""
    size = len(write_journal(memory / "whole.jsonl", busy(4)))
    done = python(FULL, memory, size, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("all well\n", "")
    for path in memory.glob("run-*.jsonl"):
        assert len(assert_verifies(path)) == 4


# ---- what may not be written ----------------------------------------------------------------------------------------


@contextmanager
def ordinary_user() -> Iterator[Path]:
    """A folder for files, entered as somebody who may not write everything: root becomes nobody for a while."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "closed").mkdir()
        write_journal(folder / "run.jsonl", busy(3))
        write_journal(folder / "closed" / "run.jsonl", busy(3))
        (folder / "run.jsonl").chmod(0o444)
        (folder / "secret.jsonl").touch(mode=0o000)
        (folder / "closed").chmod(0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(pwd.getpwnam("nobody").pw_uid)
        try:
            if not os.access(folder / "run.jsonl", os.R_OK, effective_ids=os.access in os.supports_effective_ids):
                pytest.skip("an ordinary user cannot enter the folder for temporary files")
            yield folder
        finally:
            if root:
                os.seteuid(0)
            (folder / "closed").chmod(0o755)


def test_what_may_not_be_written_is_refused_before_anything_starts() -> None:
    with ordinary_user() as folder:
        for place in ("run.jsonl", "closed/new.jsonl", "secret.jsonl"):
            for use in (lambda path: open_file_journal(path, SETUP), lambda path: hb.Session(path, SETUP)):
                with pytest.raises(JournalError) as caught:
                    use(folder / place)
                assert str(caught.value) == f"{folder / place}: Permission denied"
        assert sorted(path.name for path in folder.rglob("*")) == ["closed", "run.jsonl", "run.jsonl", "secret.jsonl"]
        assert len(read_journal(folder / "run.jsonl")[1]) == 3, "reading takes no right to write"
        with pytest.raises(JournalError, match=r"secret\.jsonl: Permission denied$"):
            read_journal(folder / "secret.jsonl")


# ---- killed at each system call -------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
import pure_hb as hb
from pure_hb.journal import current_origin
from tests.play import promotion

CHANGES = {"open", "write", "fsync", "ftruncate", "close", "mkdir", "unlink", "rename", "replace", "rmdir", "flock"}
folder, append_told = Path(sys.argv[1]), os.write


def run(path):
    told = os.open(f"{path}.told", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with hb.Session(path, promotion(max_resource=3), max_trials=2, warn=lambda _: None) as session:
        while trial := session.ask():
            append_told(told, f"start {trial.number} {trial.config['x']!r}\\n".encode())
            for epoch in trial.epochs():
                trial.checkpoint.write_text(str(epoch))
                trial.report(epoch, trial.config["x"] / epoch)
                append_told(told, f"report {trial.number} {epoch}\\n".encode())


def kill_before(number):
    "Python tells of each call of C code: those that change a file are counted."
    count = 0

    def profile(frame, event, function):
        nonlocal count
        modules = {getattr(function, "__module__", None), type(getattr(function, "__self__", None)).__module__}
        if event == "c_call" and modules & {"posix", "fcntl", "_io"} and function.__name__ in CHANGES:
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(profile)


def kill_within(number):
    "In the middle of a write."
    count, write = 0, os.write

    def half(file, data):
        nonlocal count
        count += 1
        if count == number:
            write(file, bytes(data)[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return write(file, data)

    os.write = half


def child(*acts):
    pid = os.fork()
    if pid == 0:
        try:
            for act in acts:
                act()
            sys.setprofile(None)
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
    return os.waitpid(pid, 0)[1]


current_origin(promotion(), 0.0)  # what it looks up once, no child need look up again
for kill in (kill_before, kill_within):
    number, status = 0, signal.SIGKILL
    while status == signal.SIGKILL:
        number += 1
        path = folder / f"run-{kill.__name__}-{number}.jsonl"
        status = child(lambda: kill(number), lambda: run(path))
        assert status in (0, signal.SIGKILL), status
        assert child(lambda: run(path)) == 0
    print(number - 1)
"""


def test_killed_at_each_system_call_the_same_command_goes_on_with_the_same_trials(memory: Path) -> None:
    """What was told before the kill stands in the journal, once; every trial that was told keeps its configuration."""
    done = python(KILLED, memory, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    before, within = map(int, done.stdout.split())
    assert before > 40
    assert within > 5
    assert len(list(memory.glob("run-*.jsonl"))) == before + within + 2
    for path in memory.glob("run-*.jsonl"):
        records = assert_verifies(path)
        header, _, _ = read_journal(path)
        state = hb.fold(header.setup, pairs(records))
        assert [trial.number for trial in state.trials] == [0, 1], path
        assert not any(trial.status is hb.Status.RUNNING for trial in state.trials)
        accepted = Counter(
            f"report {record.event.trial} {record.event.resource}"
            for record in records
            if isinstance(record.event, hb.Report)
        )
        configs = {f"start {trial.number} {trial.config['x']!r}" for trial in state.trials}
        told = Path(f"{path}.told").read_text().splitlines()
        assert {line for line in told if line.startswith("start")} <= configs
        assert max(accepted.values()) == 1, path
        assert {line for line in told if line.startswith("report")} <= set(accepted), path
