"""Do long logs start fast, and is a log that has lost its end found?"""

import errno
import hashlib
import itertools
import json
import os
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import pure_hb as hb
import pure_hb.journal.opening as journal_opening
import pure_hb.journal.replay as replay
from pure_hb.journal import (
    FileJournal,
    JournalError,
    Opened,
    Snapshot,
    open_file_journal,
    read_journal,
    snapshot_lines,
    snapshot_path,
)
from pure_hb.machine import Trial
from pure_hb.machine.restore import rebuilt
from pure_hb.rungs.rules.rush import RushMemory
from tests.logs import SETUP, assert_verifies, busy, canonical, lines_of, pairs, replaced, write_journal
from tests.processes import pure_hb as command
from tests.shared import ROOT

RECORDS = 30


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    """A journal whose snapshot was made in the middle."""
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(RECORDS // 2))
    take_snapshot(path)
    with open_file_journal(path, SETUP).journal as journal:
        for event, action in busy(RECORDS).log[RECORDS // 2 :]:
            journal.append(event, action, 9.5)
    return path


def take_snapshot(path: Path) -> None:
    opened = open_file_journal(path, SETUP)
    with opened.journal as journal:
        journal.save_snapshot(opened.state)


def opened(path: Path, snapshot: bool = True) -> Opened:
    found = open_file_journal(path, SETUP, snapshot=snapshot)
    found.journal.close()
    return found


def facts(found: Opened) -> tuple[Any, ...]:
    return found.state, found.elapsed, found.journal.head, found.torn, found.is_new


class Steps:
    """Counts the records that are read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.numbers: list[int] = []
        step = replay.step

        def counted(state: hb.State, number: int, event: hb.Event, action: hb.Action) -> hb.State:
            self.numbers.append(number)
            return step(state, number, event, action)

        monkeypatch.setattr(journal_opening, "step", counted)


# ---- opening -------------------------------------------------------------------------------------------------------


def test_only_what_comes_after_the_snapshot_is_read_and_all_is_as_without(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Steps(monkeypatch)
    with_snapshot = opened(path)
    assert steps.numbers == list(range(RECORDS // 2 + 1, RECORDS + 1))
    assert facts(with_snapshot) == facts(opened(path, snapshot=False))
    assert with_snapshot.journal.number == RECORDS
    assert with_snapshot.unusable_snapshot is None


def test_the_journal_goes_on_from_its_snapshot(path: Path) -> None:
    found = open_file_journal(path, SETUP)
    log = busy(RECORDS + 5).log
    with found.journal:
        for event, action in log[RECORDS:]:
            found.journal.append(event, action, 10.0)
    assert pairs(assert_verifies(path)) == log


def test_a_snapshot_of_the_last_record_leaves_nothing_to_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_snapshot(path)
    steps = Steps(monkeypatch)
    assert opened(path).journal.number == RECORDS
    assert steps.numbers == []


def test_a_snapshot_of_an_empty_journal_is_one_too(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    take_snapshot(path)
    found = opened(path)
    assert (found.state, found.is_new, found.unusable_snapshot) == (hb.initial(SETUP), False, None)


def test_a_torn_line_after_the_snapshot_is_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])
    found = opened(path)
    assert found.torn is not None
    assert found.torn.line == RECORDS + 1
    assert facts(opened(path)) == facts(opened(path, snapshot=False))


def test_a_missing_newline_of_the_very_record_is_mended(path: Path) -> None:
    take_snapshot(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert opened(path).journal.number == RECORDS
    assert path.read_bytes() == whole


def test_damage_after_the_snapshot_is_found(path: Path) -> None:
    lines = lines_of(path.read_bytes())
    path.write_bytes(b"".join([*lines[:-2], lines[-1]]))
    with pytest.raises(JournalError, match=rf"line {RECORDS}: record {RECORDS} stands where record {RECORDS - 1} sh"):
        opened(path)


def test_damage_before_the_snapshot_is_for_the_audit_to_find(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"value":0.4', b'"value":0.5', 1))
    assert opened(path).journal.number == RECORDS
    with pytest.raises(JournalError, match="the hash does not match"):
        read_journal(path)
    with pytest.raises(JournalError, match="the hash does not match"):
        opened(path, snapshot=False)


# ---- a log that is not that of its snapshot ------------------------------------------------------------------------


@pytest.mark.parametrize("left", range(RECORDS // 2))
def test_a_log_that_is_shorter_than_its_snapshot_is_found(path: Path, left: int) -> None:
    path.write_bytes(b"".join(lines_of(path.read_bytes())[: left + 1]))
    before = path.read_bytes()
    with pytest.raises(JournalError) as caught:
        opened(path)
    message = str(caught.value)
    assert f"the journal ends with record {left}, but {path}.snapshot was made after record {RECORDS // 2}" in message
    assert "Put back the journal that the snapshot is of; or, if the journal is right, delete the snapshot" in message
    assert path.read_bytes() == before
    snapshot_path(path).unlink()
    assert opened(path).journal.number == left


def test_a_log_that_is_gone_is_found_and_nothing_is_begun(path: Path) -> None:
    path.unlink()
    with pytest.raises(JournalError, match="the journal ends with record 0, but"):
        opened(path)
    assert path.read_bytes() == b""


def test_a_torn_log_that_is_shorter_than_its_snapshot_is_not_cut(path: Path) -> None:
    short = b"".join(lines_of(path.read_bytes())[:5]) + b'{"action"'
    path.write_bytes(short)
    with pytest.raises(JournalError, match="the journal ends with record 4, but"):
        opened(path)
    assert path.read_bytes() == short


def test_a_log_whose_record_has_another_hash_is_found(path: Path) -> None:
    kept = snapshot_path(path).read_bytes()
    path.unlink()
    snapshot_path(path).unlink()
    with open_file_journal(path, SETUP, timed=False).journal as journal:
        for event, action in busy(RECORDS).log:
            journal.append(event, action, 77.0)
    snapshot_path(path).write_bytes(kept)
    with pytest.raises(JournalError) as caught:
        opened(path)
    message = str(caught.value)
    middle = RECORDS // 2
    for digest in (json.loads(lines_of(path.read_bytes())[middle])["hash"], json.loads(lines_of(kept)[0])["record"]):
        assert digest in message
    assert message.startswith(f"{path} line {middle + 1}: record {middle} has the hash")
    assert "delete the snapshot" in message


def test_a_log_that_was_changed_and_sealed_anew_is_found(path: Path) -> None:
    header, records, _ = read_journal(path)
    path.rename(path.with_name("old"))
    with open_file_journal(path, header.setup, timed=False, snapshot=False).journal as journal:
        for record in records:
            journal.append(record.event, record.action, record.elapsed + 1.0)
    with pytest.raises(JournalError, match="they are of different logs"):
        opened(path)


# ---- a snapshot that cannot be used --------------------------------------------------------------------------------


def resealed(path: Path, change: dict[str, Any]) -> None:
    """Changes the first line of the snapshot, and makes the hash right again, as documented."""
    first, *others = lines_of(snapshot_path(path).read_bytes())[:-1]
    body = {**json.loads(first), **change}
    data = json.dumps(body, sort_keys=True, separators=(",", ":")).encode() + b"\n" + b"".join(others)
    snapshot_path(path).write_bytes(data + b'{"hash":"%b"}\n' % hashlib.sha256(data).hexdigest().encode())


UNUSABLE: dict[str, tuple[dict[str, Any], str]] = {
    "newer": (
        {"format": "pure_hb snapshot 2"},
        "it has the format 'pure_hb snapshot 2'; this version of pure_hb reads",
    ),
    "other setup": ({"setup": "00" * 32}, "it is of another setup"),
    "fewer trials": ({"trials": 1}, "$"),
    "no trials": ({"trials": 0}, ""),
    "more trials": ({"trials": 10**6}, ""),
    "no rungs": ({"rungs": []}, "holds what no state can be: the rungs are at"),
    "broken and not": ({"broken": [1]}, "0 trials are broken, and [1] wait to run their leg again"),
    "no number": ({"number": "many"}, "'many' is no int"),
    "no hash": ({"record": "xyz"}, "holds what no state can be"),
    "no object": ({"best": 3}, ""),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_snapshot_that_holds_no_state_is_passed_over_and_said_so(path: Path, kind: str) -> None:
    change, reason = UNUSABLE[kind]
    resealed(path, change)
    found = opened(path)
    assert found.unusable_snapshot is not None
    assert found.unusable_snapshot.startswith(f"{path}.snapshot: ")
    assert reason in found.unusable_snapshot
    assert facts(found) == facts(opened(path, snapshot=False))


@pytest.mark.parametrize("size", [0, 1, 40, 75, 76, 77, 500, -200, -1])
def test_a_snapshot_that_was_cut_is_passed_over_and_said_so(path: Path, size: int) -> None:
    snapshot_path(path).write_bytes(snapshot_path(path).read_bytes()[:size])
    found = opened(path)
    assert found.unusable_snapshot == f"{path}.snapshot: it is damaged: its hash does not match"
    assert facts(found) == facts(opened(path, snapshot=False))


def test_resealing_changes_nothing_by_itself(path: Path) -> None:
    resealed(path, {})
    assert opened(path).unusable_snapshot is None


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_passed_over_and_not_waited_for(path: Path, make: Any) -> None:
    snapshot_path(path).unlink()
    make(snapshot_path(path))
    assert opened(path).unusable_snapshot == f"{path}.snapshot: is no regular file"


def test_a_state_has_trials_by_number_and_the_rungs_of_its_setup() -> None:
    state = busy(RECORDS).state
    trials, systems = tuple(state.trials), state.ladder.systems
    assert rebuilt(SETUP, state.clock, trials, (), systems, state.best, state.learned, None) == state
    with pytest.raises(ValueError, match="not numbered 0, 1, 2"):
        rebuilt(SETUP, state.clock, trials[::-1], (), systems, state.best, state.learned, None)
    with pytest.raises(
        ValueError, match=re.escape("at [[(3, 9), (9, 27), (27, 81)]], those of this setup at [[(1, 3), ")
    ):
        rebuilt(SETUP, state.clock, trials, (), (systems[0][1:],), state.best, state.learned, None)
    with pytest.raises(ValueError, match=r"the rule of this setup cannot remember RushMemory\("):
        rebuilt(SETUP, state.clock, trials, (), systems, state.best, state.learned, RushMemory())


def test_two_trials_are_not_run_by_one_worker() -> None:
    state = busy(RECORDS).state
    runs = next(trial for trial in state.trials if trial.status is hb.Status.RUNNING)
    rests = next(trial for trial in state.trials if trial.status is not hb.Status.RUNNING)
    trials = [evolve(rests, phase=runs.phase) if trial is rests else trial for trial in state.trials]
    with pytest.raises(ValueError, match="not each held by a worker of its own"):
        rebuilt(SETUP, state.clock, trials, (), state.ladder.systems, state.best, state.learned, None)


@pytest.mark.parametrize(
    ("status", "worker"),
    [
        ("running", None),
        ("paused", "ann"),
        ("ended", "ann"),
        ("broken", ""),
        ("unborn", None),
        ("asleep", None),
        (3, None),
    ],
)
def test_a_stored_trial_whose_status_and_worker_contradict_each_other_is_refused(status: Any, worker: Any) -> None:
    trial = hb.to_json(busy(RECORDS).state.trials[0])
    assert hb.to_json(hb.from_json(trial, Trial)) == trial
    with pytest.raises(hb.CodecError) as refused:
        hb.from_json({**trial, "status": status, "worker": worker}, Trial)
    assert str(refused.value) == (
        f"$: status {status!r}, worker {worker!r}: the status is one of running, paused, broken, ended; "
        "a running trial has a worker, any other has null"
    )


# ---- writing -------------------------------------------------------------------------------------------------------


def test_a_snapshot_is_of_the_last_record_and_of_nothing_else(path: Path) -> None:
    found = open_file_journal(path, SETUP)
    with found.journal as journal:
        with pytest.raises(ValueError, match=f"after record 0, the journal is at record {RECORDS}"):
            journal.save_snapshot(hb.initial(SETUP))
        journal.save_snapshot(found.state)
    with pytest.raises(JournalError, match="closed"):
        journal.save_snapshot(found.state)


def test_what_is_batched_is_written_before_the_snapshot_is(tmp_path: Path) -> None:
    path, play = tmp_path / "run.jsonl", busy(RECORDS)
    journal = open_file_journal(path, SETUP, sync="batch", timed=False).journal
    for event, action in play.log:
        journal.append(event, action, 0.0)
    journal.save_snapshot(play.state)
    assert len(read_journal(path)[1]) == RECORDS
    journal.close()
    assert opened(path).state == play.state


class Failing:
    """Lets call number ``fails`` of those that write a snapshot fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fails: int, error: BaseException) -> None:
        self.calls = 0
        for name in ("fsync", "replace"):
            call = getattr(os, name)

            def counted(*arguments: Any, call: Any = call) -> Any:
                self.calls += 1
                if self.calls == fails:
                    raise error
                return call(*arguments)

            monkeypatch.setattr(os, name, counted)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_whichever_call_fails_there_is_the_old_snapshot_or_the_new_one(path: Path, error: BaseException) -> None:
    old, number, failed = snapshot_path(path).read_bytes(), 0, True
    while failed:
        number += 1
        snapshot_path(path).write_bytes(old)
        found = open_file_journal(path, SETUP)
        with pytest.MonkeyPatch.context() as patch, found.journal:
            Failing(patch, number, error)
            try:
                found.journal.save_snapshot(found.state)
                failed = False
            except type(error):
                assert (snapshot_path(path).read_bytes() == old) == (number < 3)
        assert sorted(one.name for one in path.parent.iterdir()) == ["run.jsonl", "run.jsonl.snapshot"]
        assert opened(path).unusable_snapshot is None
    assert number == 4


# ---- a session -----------------------------------------------------------------------------------------------------


def train(path: Path, trials: int, warned: list[str] | None = None, **options: Any) -> list[int]:
    """Trains in a session; returns at which record each snapshot was written."""
    warn = (warned if warned is not None else []).append
    written: list[int] = []
    with hb.Session(path, SETUP, max_trials=trials, warn=warn, keep_checkpoints=True, **options) as session:
        for trial in iter(session.ask, None):
            for epoch in trial.epochs():
                session._snapshots.wait()  # a thread writes them
                trial.report(epoch, 1.0 / epoch + trial.number)
                session._snapshots.wait()
                if not written or written[-1] != session._journal.snapshot:
                    written.append(session._journal.snapshot)
    return [number for number in written if number]


def test_a_short_run_leaves_no_extra_file(tmp_path: Path) -> None:
    train(tmp_path / "run.jsonl", 3)
    assert not snapshot_path(tmp_path / "run.jsonl").exists()


def test_a_session_writes_snapshots_as_it_goes_and_later_less_often(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    written = train(path, 8, snapshot_every=4)
    assert written[:3] == [4, 8, 12]
    gaps = [after - before for before, after in itertools.pairwise(written)]
    assert all(gap == max(4, after // 8) for gap, after in zip(gaps, written[1:], strict=True)), written
    assert gaps[-1] > 4
    assert opened(path).unusable_snapshot is None
    assert facts(opened(path)) == facts(opened(path, snapshot=False))


def test_a_session_leaves_a_snapshot_when_it_closes(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    train(path, 6, snapshot_every=None)
    assert not snapshot_path(path).exists()
    records = len(assert_verifies(path))
    hb.Session(path, SETUP, max_trials=6, snapshot_every=records + 1).close()
    assert not snapshot_path(path).exists()
    hb.Session(path, SETUP, max_trials=6, snapshot_every=records).close()
    assert json.loads(lines_of(snapshot_path(path).read_bytes())[0])["number"] == records


def test_a_session_that_cannot_write_a_snapshot_warns_and_goes_on(tmp_path: Path) -> None:
    path, warned = tmp_path / "run.jsonl", list[str]()
    Path(f"{path}.snapshot.part").mkdir()
    train(path, 3, warned, snapshot_every=40)
    records = len(assert_verifies(path))
    assert len(warned) == records // 40
    assert all("no snapshot could be written (" in text and "the journal is whole" in text for text in warned)


def test_a_session_tells_of_a_snapshot_that_it_could_not_use_and_replaces_it(tmp_path: Path) -> None:
    path, warned = tmp_path / "run.jsonl", list[str]()
    train(path, 3, snapshot_every=10)
    snapshot_path(path).write_bytes(b"")
    train(path, 5, warned, snapshot_every=10)
    assert warned == [
        f"{path}.snapshot: it is damaged: its hash does not match. The journal was read from its beginning instead"
    ]
    assert facts(opened(path)) == facts(opened(path, snapshot=False))
    assert opened(path).unusable_snapshot is None


def test_a_session_goes_on_while_a_snapshot_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, may_write, keep = tmp_path / "run.jsonl", threading.Event(), FileJournal.keep_snapshot

    def waits(journal: FileJournal, snapshot: Snapshot) -> Path:
        assert may_write.wait(60.0)
        return keep(journal, snapshot)

    monkeypatch.setattr(FileJournal, "keep_snapshot", waits)
    with hb.Session(path, SETUP, max_trials=2, snapshot_every=3) as session:
        for trial in iter(session.ask, None):
            for epoch in trial.epochs():
                trial.report(epoch, 1.0 / epoch + trial.number)
        assert session.state.clock > 6
        assert not snapshot_path(path).exists()
        may_write.set()
        session._snapshots.wait()
        assert json.loads(lines_of(snapshot_path(path).read_bytes())[0])["number"] == 3
    assert facts(opened(path)) == facts(opened(path, snapshot=False))


def test_no_snapshot_is_put_beside_a_journal_that_has_come_in_the_place_of_its_own(path: Path) -> None:
    found, old = open_file_journal(path, SETUP), snapshot_path(path).read_bytes()
    taken = found.journal.take_snapshot(found.state)
    path.rename(path.with_name("moved.jsonl"))
    path.write_bytes(b"another")
    with pytest.raises(JournalError, match=r"run\.jsonl: the journal was deleted, moved or replaced while it was open"):
        found.journal.keep_snapshot(taken)
    assert snapshot_path(path).read_bytes() == old
    with pytest.raises(JournalError):
        found.journal.close()


def test_a_rung_of_many_entries_is_written_in_parts_as_it_would_be_as_a_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = open_file_journal(path, SETUP)
    with found.journal:
        taken = found.journal.take_snapshot(found.state)
    whole = b"".join(snapshot_lines(taken))
    monkeypatch.setattr("pure_hb.journal.snapshot._AT_ONCE", 2)
    assert max(len(rung) for system in found.state.ladder.systems for rung in system) >= 4
    assert b"".join(snapshot_lines(taken)) == whole


@pytest.mark.parametrize("every", [0, -1])
def test_a_session_refuses_to_write_snapshots_every_nothing(tmp_path: Path, every: int) -> None:
    with pytest.raises(ValueError, match=f"snapshot_every is {every}; it is a number of records, or None"):
        hb.Session(tmp_path / "run.jsonl", SETUP, snapshot_every=every)
    assert list(tmp_path.iterdir()) == []


# ---- the command ---------------------------------------------------------------------------------------------------


def test_the_command_writes_a_snapshot_of_the_last_record(path: Path) -> None:
    done = command("snapshot", path, cwd=ROOT)
    size = snapshot_path(path).stat().st_size
    assert done.stdout == f"{path}.snapshot: the state after record {RECORDS}, {size} bytes.\n"
    assert facts(opened(path)) == facts(opened(path, snapshot=False))


def test_the_command_makes_no_journal_and_hides_no_loss(path: Path) -> None:
    missing = command("snapshot", path.with_name("missing.jsonl"), cwd=ROOT)
    assert (missing.returncode, path.with_name("missing.jsonl").exists()) == (1, False)
    assert "No such file" in missing.stderr
    path.write_bytes(b"".join(lines_of(path.read_bytes())[:4]))
    short = command("snapshot", path, cwd=ROOT)
    assert short.returncode == 1
    assert "the journal ends with record 3, but" in short.stderr


# ---- a forged snapshot ---------------------------------------------------------------------------------------------


def forge(path: Path, line: int, place: tuple[Any, ...], value: Any) -> None:
    """Changes a value in the snapshot, and makes the hash right again."""
    lines = [json.loads(one) for one in lines_of(snapshot_path(path).read_bytes())[:-1]]
    lines[line] = replaced(lines[line], place, value)
    data = b"".join(canonical(one) + b"\n" for one in lines)
    snapshot_path(path).write_bytes(data + b'{"hash":"%b"}\n' % hashlib.sha256(data).hexdigest().encode())


FORGED: dict[str, tuple[int, tuple[Any, ...], Any, str]] = {
    "the best value": (0, ("best", "value"), 0.001, "best.value is 0.001 there, but by the log it is -0.0"),
    "a value of a curve": (2, ("curve", 0, 1), 0.125, "trials[1].curve[0][1] is 0.125 there"),
    "an entry of a rung": (-1, ("entries",), [[0.25, 1, False]], "rungs[0][3].entries is"),
    "a failure that never was": (1, ("failures",), 2, "trials[0].failures is 2 there"),
    "a configuration": (1, ("config", "x"), 0.75, "trials[0].config.x is 0.75 there"),
    "what was spent of the time": (0, ("elapsed",), 1.25, "elapsed is 1.25 there, but by the log it is 7.5"),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_snapshot_is_found_when_the_journal_is_verified(path: Path, what: str) -> None:
    done = command("verify", path, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    line, place, value, said = FORGED[what]
    forge(path, line, place, value)
    assert opened(path).unusable_snapshot is None, "it is believed"
    done = command("verify", path, cwd=ROOT)
    assert done.returncode == 1
    assert f"{path}.snapshot is not what the log says; delete it:" in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    snapshot_path(path).unlink()
    assert command("verify", path, cwd=ROOT).returncode == 0


def test_verify_notes_a_snapshot_that_cannot_be_used_and_finds_a_log_that_has_lost_its_end(path: Path) -> None:
    whole = path.read_bytes()
    resealed(path, {"setup": "00" * 32})
    done = command("verify", path, cwd=ROOT)
    assert done.returncode == 0
    assert (
        f"Note: {path}.snapshot: it is of another setup. It is passed over when the journal is opened." in done.stdout
    )
    path.write_bytes(whole)
    snapshot_path(path).unlink()
    take_snapshot(path)
    path.write_bytes(b"".join(lines_of(whole)[:5]))
    done = command("verify", path, cwd=ROOT)
    assert done.returncode == 1
    assert f"number is {RECORDS} there, but by the log it is '4, the last of the log'" in done.stderr


# ---- what stands in the way of the file that is written --------------------------------------------------------------


@pytest.fixture(name="part")
def _part(path: Path) -> Path:
    return Path(f"{snapshot_path(path)}.part")


def test_a_snapshot_is_not_written_through_a_link(path: Path, part: Path) -> None:
    precious = path.with_name("precious")
    precious.write_text("precious")
    part.symlink_to(precious)
    take_snapshot(path)
    assert precious.read_text() == "precious"
    assert not snapshot_path(path).is_symlink()
    assert not part.is_symlink()
    assert opened(path).journal.snapshot == RECORDS


def test_a_snapshot_is_not_written_through_a_link_to_nothing(path: Path, part: Path) -> None:
    part.symlink_to(path.with_name("elsewhere"))
    take_snapshot(path)
    assert not path.with_name("elsewhere").exists()
    assert opened(path).journal.snapshot == RECORDS


def test_a_hard_link_to_the_unfinished_file_is_left_as_it_was(path: Path, part: Path) -> None:
    precious = path.with_name("precious")
    precious.write_text("precious")
    os.link(precious, part)
    take_snapshot(path)
    assert precious.read_text() == "precious"


def test_a_pipe_in_place_of_the_unfinished_file_is_not_waited_for(path: Path, part: Path) -> None:
    os.mkfifo(part)
    take_snapshot(path)
    assert opened(path).journal.snapshot == RECORDS
    assert not part.exists()


def test_a_folder_in_place_of_the_unfinished_file_is_a_warning(path: Path, part: Path) -> None:
    part.mkdir()
    told: list[str] = []
    hb.Session(path, SETUP, snapshot_every=1, warn=told.append).close()
    assert [text for text in told if "no snapshot could be written" in text and "the journal is whole" in text]
    assert part.is_dir()
    assert opened(path).journal.snapshot == RECORDS // 2, "the one before is as it was"


def test_a_file_that_somebody_makes_at_the_same_time_is_not_written(
    path: Path, part: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the removal of what stood there, and the new file."""
    unlink = Path.unlink

    def and_another(self: Path, missing_ok: bool = False) -> None:
        unlink(self, missing_ok)
        part.symlink_to(path.with_name("elsewhere"))

    monkeypatch.setattr(Path, "unlink", and_another)
    with pytest.raises(FileExistsError):
        take_snapshot(path)
    assert part.is_symlink()
    assert not path.with_name("elsewhere").exists()


def test_a_snapshot_that_becomes_a_pipe_while_it_is_opened_is_not_waited_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = snapshot_path(path)
    before, stat = os.stat(snapshot), os.stat
    snapshot.unlink()
    os.mkfifo(snapshot)
    monkeypatch.setattr(os, "stat", lambda found, **more: before if found == snapshot else stat(found, **more))
    found = opened(path)
    assert found.unusable_snapshot == f"{snapshot}: is no regular file"
    assert found.state.clock == RECORDS
