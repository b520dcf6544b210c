"""Is the copy of a checkpoint what was saved? Links, pipes, rights and full disks: a warning at most, never an end."""

import errno
import os
import random
import shutil
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pure_hb as hb
from pure_hb.session import RunningTrial
from tests.logs import assert_verifies
from tests.play import PAIR, Make, promotion, stopping
from tests.processes import pure_hb
from tests.scripts import PLAIN, write


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def held(session: hb.Session, worker: str | None = None) -> RunningTrial:
    trial = session.ask(worker=worker)
    assert trial is not None
    return trial


class Copied:
    """A trial that has saved something, was promoted, and begins its next leg."""

    def __init__(
        self, path: Path, save: Callable[[Path], object], before_it: Callable[[], object] = lambda: None
    ) -> None:
        self.told: list[str] = []
        with hb.Session(path, promotion(PAIR), warn=self.told.append) as session:
            first = held(session, "w")
            self.source = first.checkpoint
            save(first.checkpoint)
            first.report(1, 0.1)
            held(session, "other").report(1, 0.2)
            before_it()
            trial = held(session, "w")
            assert (trial.number, trial.leg) == (0, 1)
            self.checkpoint, self.start_from = trial.checkpoint, trial.start_from
            self.found = shape(trial.checkpoint)
        assert_verifies(path)


def shape(folder: Path) -> dict[str, str]:
    """What stands in a folder: names, and texts of files or where links lead."""
    found = {}
    for one in sorted(folder.rglob("*")):
        mode = one.lstat().st_mode
        text = "/" if stat.S_ISDIR(mode) else f"-> {os.readlink(one)}" if stat.S_ISLNK(mode) else ""
        if stat.S_ISREG(mode) and os.access(one, os.R_OK):
            text = one.read_text()
        found[str(one.relative_to(folder))] = text
    return found


def nothing(*_: object) -> None:
    """Nothing more."""


def with_weights(more: Callable[[Path], object]) -> Callable[[Path], None]:
    def save(checkpoint: Path) -> None:
        (checkpoint / "deep" / "er").mkdir(parents=True)
        (checkpoint / "weights").write_text("1.5")
        (checkpoint / "deep" / "part").write_text("2.5")
        more(checkpoint)

    return save


WEIGHTS = {"weights": "1.5", "deep": "/", "deep/er": "/", "deep/part": "2.5"}


# ---- links ----------------------------------------------------------------------------------------------------------


def links(checkpoint: Path) -> dict[str, tuple[str, str]]:
    """Link -> where it leads, and where its copy must lead."""
    outside = checkpoint.parents[2] / "data"
    outside.write_text("data")
    up = os.path.relpath(outside, checkpoint)
    return {
        "relative": ("weights", "weights"),
        "relative-folder": ("deep", "deep"),
        "absolute": (f"{checkpoint}/weights", "weights"),
        "absolute-folder": (f"{checkpoint}/deep/", "deep"),
        "deep/absolute": (f"{checkpoint}/weights", "../weights"),
        "deep/er/relative": ("../../weights", "../../weights"),
        "deep/by-its-name": ("../../leg-0/weights", "../weights"),
        "to-a-link": (f"{checkpoint}/relative", "relative"),
        "outside": (str(outside), str(outside)),
        "outside-relative": (up, up),
        "deep/outside-relative": (f"../{up}", f"../{up}"),
    }


def test_links_stay_links_and_those_into_the_leg_s_own_folder_lead_into_the_copy(path: Path) -> None:
    def save(checkpoint: Path) -> None:
        for name, (leads, _) in links(checkpoint).items():
            (checkpoint / name).symlink_to(leads)

    copied = Copied(path, with_weights(save))
    wanted = {name: f"-> {leads}" for name, (_, leads) in links(copied.source).items()}
    assert (copied.start_from, copied.told) == (1, [])
    assert copied.found == WEIGHTS | wanted


def test_links_by_another_name_of_the_journal_s_folder_lead_into_the_copy(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "alias").symlink_to("real")

    def save(checkpoint: Path) -> None:
        alias = tmp_path / "alias" / checkpoint.relative_to(tmp_path / "real")
        (checkpoint / "last").symlink_to(alias / "weights")

    copied = Copied(tmp_path / "alias" / "run.jsonl", with_weights(save))
    assert copied.found == WEIGHTS | {"last": "-> weights"}


def test_links_between_files_of_one_checkpoint_lead_to_the_copies(path: Path) -> None:
    def save(checkpoint: Path) -> None:
        checkpoint.with_name("leg-0.v3").mkdir()
        (checkpoint.with_name("leg-0.v3") / "weights").write_text("1.5")
        checkpoint.symlink_to("leg-0.v3")
        checkpoint.with_name("leg-0.last").symlink_to(checkpoint / "weights")

    copied = Copied(path, save)
    assert copied.start_from == 1
    assert os.readlink(copied.checkpoint) == "leg-1.v3"
    assert os.readlink(copied.checkpoint.with_name("leg-1.last")) == "leg-1/weights"
    assert (copied.checkpoint / "weights").read_text() == "1.5"
    assert copied.told == []


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_of_a_checkpoint_that_is_a_link_what_it_leads_to_is_copied(path: Path, kind: str) -> None:
    elsewhere = path.parent / "scratch" / "weights"

    def save(checkpoint: Path) -> None:
        elsewhere.parent.mkdir()
        if kind == "folder":
            elsewhere.mkdir()
            (elsewhere / "part").write_text("1.5")
            (elsewhere / "own").symlink_to(elsewhere / "part")
            (elsewhere / "data").symlink_to("../../data")
            (path.parent / "data").write_text("data")
        else:
            elsewhere.write_text("1.5")
        checkpoint.symlink_to(elsewhere)

    copied = Copied(path, save)
    assert (copied.start_from, copied.told) == (1, [])
    assert not copied.checkpoint.is_symlink(), "the next leg must not write over what this one goes on from"
    if kind == "folder":
        assert copied.found == {"part": "1.5", "own": "-> part", "data": "-> ../../../data"}
        assert (copied.checkpoint / "data").read_text() == "data"
    else:
        assert copied.checkpoint.read_text() == "1.5"


def odd_link(checkpoint: Path, leads: str) -> None:
    (checkpoint / "odd").symlink_to(leads)


@pytest.mark.parametrize("leads", ["nowhere", "/nowhere/at/all", "odd", "../leg-0/nowhere", "weights/below"])
def test_a_link_to_nowhere_is_a_warning_that_names_trial_and_file(path: Path, leads: str) -> None:
    copied = Copied(path, with_weights(lambda checkpoint: odd_link(checkpoint, leads)))
    assert copied.start_from == 1
    assert copied.told == [f"trial 0: {copied.source}/odd is a link to nowhere, and was left as it is"]
    assert copied.found.keys() == WEIGHTS.keys() | {"odd"}


@pytest.mark.parametrize("leads", [".", "..", "../..", "{checkpoint}", "{root}", "/", "deep/../../leg-0"])
def test_a_link_to_its_own_parent_is_a_warning_that_names_trial_and_file(path: Path, leads: str) -> None:
    def save(checkpoint: Path) -> None:
        odd_link(checkpoint, leads.format(checkpoint=checkpoint, root=checkpoint.parents[1]))

    copied = Copied(path, with_weights(save))
    assert copied.start_from == 1
    assert copied.told == [
        f"trial 0: {copied.source}/odd is a link to a folder that it stands in, and was left as it is"
    ]
    assert {name for name in copied.found if "odd" not in name} == WEIGHTS.keys()
    assert os.path.samefile(
        copied.checkpoint / "odd",
        copied.checkpoint
        / leads.replace("leg-0", "leg-1").format(checkpoint=copied.checkpoint, root=copied.checkpoint.parents[1]),
    )


@pytest.mark.parametrize("leads", ["nowhere", "leg-0", "..", "../..", "/"])
def test_a_checkpoint_that_is_an_odd_link_is_none(path: Path, leads: str) -> None:
    copied = Copied(path, lambda checkpoint: checkpoint.symlink_to(leads))
    assert (copied.start_from, os.path.lexists(copied.checkpoint)) == (0, False)
    assert len(copied.told) == 1
    assert copied.told[0].startswith("trial 0")


# ---- what is no file ------------------------------------------------------------------------------------------------


def make_socket(place: Path) -> None:
    folder = os.open(place.parent, os.O_RDONLY)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(f"/proc/self/fd/{folder}/{place.name}")
    os.close(folder)


SPECIAL: dict[str, Callable[[Path], object]] = {"a named pipe": os.mkfifo, "a socket": make_socket}


@pytest.mark.parametrize("kind", SPECIAL)
def test_a_pipe_or_a_socket_is_left_out_with_a_warning_that_names_trial_and_file(path: Path, kind: str) -> None:
    copied = Copied(path, with_weights(lambda checkpoint: SPECIAL[kind](checkpoint / "deep" / "odd")))
    assert (copied.start_from, copied.found) == (1, WEIGHTS)
    assert copied.told == [f"trial 0: {copied.source}/deep/odd is {kind}, and was left out"]


@pytest.mark.parametrize("kind", SPECIAL)
def test_a_checkpoint_that_is_a_pipe_or_a_socket_is_none(path: Path, kind: str) -> None:
    copied = Copied(path, lambda checkpoint: SPECIAL[kind](checkpoint))
    assert (copied.start_from, os.path.lexists(copied.checkpoint)) == (0, False)
    assert copied.told == [f"trial 0: {copied.source} is {kind}, and was left out"]


def test_what_is_odd_is_told_once_for_a_trial(path: Path) -> None:
    told: list[str] = []
    with hb.Session(path, stopping(), warn=told.append, max_trials=1) as session:
        while trial := session.ask():
            for epoch in trial.epochs():
                trial.checkpoint.mkdir(exist_ok=True)
                if not os.path.lexists(trial.checkpoint / "link"):
                    (trial.checkpoint / "link").symlink_to("nowhere")
                    os.mkfifo(trial.checkpoint / "pipe")
                (trial.checkpoint / "epoch").write_text(str(epoch))
                trial.report(epoch, 1 / epoch)
    assert len(told) == 2


# ---- what a copy keeps ----------------------------------------------------------------------------------------------


def test_modes_times_hard_links_and_empty_folders_are_kept(path: Path) -> None:
    def save(checkpoint: Path) -> None:
        (checkpoint / "last").hardlink_to(checkpoint / "weights")
        (checkpoint / "weights").chmod(0o640)
        (checkpoint / "deep" / "part").chmod(0o400)
        (checkpoint / "deep").chmod(0o500)
        for name in ("weights", "deep/er", "deep"):
            os.utime(checkpoint / name, (1_000_000, 2_000_000))

    copied = Copied(path, with_weights(save))
    copy = copied.checkpoint
    about = {name: (copy / name).stat() for name in ("weights", "deep/part", "deep/er", "deep")}
    assert copied.found == WEIGHTS | {"last": "1.5"}
    assert [stat.S_IMODE(about[name].st_mode) for name in ("weights", "deep/part", "deep")] == [0o640, 0o400, 0o500]
    assert {about[name].st_mtime for name in ("weights", "deep/er", "deep")} == {2_000_000}
    assert os.path.samefile(copy / "last", copy / "weights")
    assert not os.path.samefile(copied.source / "weights", copy / "weights")


def test_names_that_are_no_text_and_deep_folders_are_copied(path: Path) -> None:
    def save(checkpoint: Path) -> None:
        checkpoint.mkdir()
        (checkpoint / os.fsdecode(b"\xff\n")).write_text("1.5")
        deep = checkpoint.joinpath(*["d"] * 150)
        deep.mkdir(parents=True)
        (deep / "end").touch()

    copied = Copied(path, save)
    assert (copied.start_from, copied.told) == (1, [])
    assert len(copied.found) == 152


# ---- what cannot be copied ------------------------------------------------------------------------------------------


class Full:
    """A disk that is full, or otherwise fails, after so many bytes of copies."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, number: int = errno.ENOSPC, most: int = 0) -> None:
        self._left, self._copy, self._number = most, shutil.copy2, number
        self.active = True
        monkeypatch.setattr("shutil.copy2", self)

    def __call__(self, source: Any, target: Any, **more: Any) -> Any:
        self._left -= os.path.getsize(source)
        if self.active and self._left < 0:
            Path(target).write_text("half")
            raise OSError(self._number, os.strerror(self._number), source)
        return self._copy(source, target, **more)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EDQUOT])
@pytest.mark.parametrize("most", [0, 3])
def test_a_file_that_cannot_be_copied_is_a_warning_and_the_trial_goes_on_from_what_it_has(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int, most: int
) -> None:
    def save(checkpoint: Path) -> None:
        (checkpoint / "last").symlink_to(checkpoint / "weights")

    full = Full(monkeypatch, number, most)
    copied = Copied(path, with_weights(save))
    assert (copied.start_from, copied.found) == (1, WEIGHTS | {"last": "-> weights"})
    assert len(copied.told) == 1
    assert f"trial 0: {copied.source}/" in copied.told[0]
    assert f"cannot be copied ({os.strerror(number)}), so the leg goes on with the only one" in copied.told[0]
    assert sorted(os.listdir(copied.checkpoint.parent)) == ["epoch-1", "leg-1"], "no copy that was begun"
    full.active = False
    for leg in (2, 3):
        with hb.Session(path, promotion(PAIR), warn=lambda _: None) as session:
            again = held(session)
            assert (again.leg, again.start_from, again.checkpoint.exists()) == (leg, 0, False), "nobody has it any more"


def test_a_leg_that_has_the_only_one_begins_afresh_when_it_is_given_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    with hb.Session(path, promotion(PAIR), warn=told.append) as session:
        for value in (0.1, 0.2):
            trial = held(session)
            trial.checkpoint.write_text("1")
            trial.report(1, value)
        full = Full(monkeypatch)
        trial = held(session, "w")
        assert (trial.start_from, trial.checkpoint.read_text()) == (1, "1")
        trial.checkpoint.write_text("2")
        full.active = False
        trial = held(session, "w")
        assert (trial.start_from, trial.checkpoint.exists()) == (0, False)
    assert len(told) == 1


def test_what_can_be_neither_copied_nor_moved_stays_and_the_trial_begins_afresh(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Full(monkeypatch)

    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    real = os.rename
    copied = Copied(path, with_weights(nothing), lambda: monkeypatch.setattr("os.rename", broken))
    assert copied.start_from == 0
    assert not copied.checkpoint.exists()
    assert copied.told == [f"trial 0: {copied.checkpoint}: Input/output error, so the trial begins afresh"]
    assert shape(copied.source) == WEIGHTS
    full.active = False
    monkeypatch.setattr("os.rename", real)
    with hb.Session(path, promotion(PAIR)) as session:
        again = held(session)
        assert (again.leg, again.start_from, shape(again.checkpoint)) == (2, 1, WEIGHTS), "it may work later"


def test_without_a_right_to_read_a_trial_goes_on_from_what_it_has(path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("rights do not bind root")
    for kind in ("weights", "deep"):
        journal = path.with_name(f"{kind}.jsonl")

        def save(checkpoint: Path, name: str = kind) -> None:
            (checkpoint / name).chmod(0)

        copied = Copied(journal, with_weights(save))
        assert copied.start_from == 1
        assert f"trial 0: {copied.source}/{kind} cannot be copied (Permission denied)" in copied.told[0]
        assert len(copied.told) == 1
        (copied.checkpoint / kind).chmod(0o700)


def test_what_cannot_be_set_aside_is_told_and_never_taken_for_something_else(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The leg's own path holds epoch 5 when it breaks, and nobody has epoch 3."""
    told: list[str] = []
    full = Full(monkeypatch)
    with hb.Session(path, stopping(), warn=told.append) as session:
        trial = held(session)
        for epoch in range(1, 6):
            trial.checkpoint.write_text(str(epoch))
            assert trial.report(epoch, 0.5)
        full.active = False
        trial.release()
        if session.state.trials[0].leg == 0:
            again = held(session)
            assert (again.leg, again.start_from, again.checkpoint.exists()) == (1, 0, False)
            again.release()
    assert len(told) >= 2
    assert all(
        text.startswith(f"trial 0: {trial.checkpoint} cannot be copied (No space left on dev") for text in told[:2]
    )
    assert "what it saved at epoch 3 is not kept: if this leg breaks, the trial begins afresh" in told[1]
    with hb.Session(path, stopping(), warn=told.append) as session:
        assert held(session).fresh, "nor in another session"


def test_a_session_that_is_killed_after_that_leaves_no_other_epoch_either(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Full(monkeypatch)
    with hb.Session(path, stopping(), warn=lambda _: None) as session:
        trial = held(session)
        for epoch in (1, 2):
            trial.checkpoint.write_text(str(epoch))
            trial.report(epoch, 0.5)
    monkeypatch.undo()
    with hb.Session(path, stopping(), warn=lambda _: None) as session:
        assert held(session).fresh


def test_who_saves_only_after_an_entry_does_not_go_on_from_there(path: Path) -> None:
    """Nothing was saved at epoch 1; what was saved at 2 is not it."""
    with hb.Session(path, stopping(), warn=lambda _: None) as session:
        trial = held(session)
        trial.report(1, 0.5)
        trial.checkpoint.write_text("2")
        trial.report(2, 0.5)
        trial.release()
        assert held(session).fresh


@pytest.mark.parametrize("call", ["mkdir", "listdir", "unlink", "symlink", "readlink", "rmtree", "copystat", "lstat"])
@pytest.mark.parametrize("make", [promotion, stopping])
def test_whatever_call_fails_and_when_the_run_goes_on_to_its_end(memory: Path, make: Make, call: str) -> None:
    """Calls fail at random. A trial that is handed out holds what it says, or begins afresh."""
    for seed in range(6):
        draw, failing = random.Random(seed), [False]

        def broken(real: Callable[..., Any], draw: random.Random = draw, failing: list[bool] = failing) -> Any:
            def fails(*arguments: Any, **more: Any) -> Any:
                if failing[0] and draw.random() < 0.2:
                    raise OSError(errno.EIO, "Input/output error", str(arguments[0]))
                return real(*arguments, **more)

            return fails

        with pytest.MonkeyPatch.context() as patch:
            module = "shutil" if call in ("rmtree", "copystat") else "os"
            session = hb.Session(memory / f"{call}-{seed}.jsonl", make(), max_trials=5, warn=lambda _: None)
            patch.setattr(f"{module}.{call}", broken(getattr(shutil if module == "shutil" else os, call)))
            with session:
                while True:
                    failing[0] = True
                    trial = session.ask()
                    failing[0] = False
                    if trial is None:
                        break
                    if not trial.fresh:
                        assert (trial.checkpoint / "epoch").read_text() == str(trial.start_from)
                    for epoch in trial.epochs():
                        trial.checkpoint.mkdir(exist_ok=True, parents=True)
                        (trial.checkpoint / "epoch").write_text(str(epoch))
                        if not os.path.lexists(trial.checkpoint / "link"):
                            (trial.checkpoint / "link").symlink_to("epoch")
                        failing[0] = True
                        trial.report(epoch, 1 / epoch)
                        failing[0] = False
                        if draw.random() < 0.05:
                            trial.release()
        assert_verifies(memory / f"{call}-{seed}.jsonl")


# ---- by worker processes --------------------------------------------------------------------------------------------

ODD = """
def train(trial):
    for epoch in trial.epochs():
        if trial.fresh and epoch == 1:
            os.mkfifo(trial.checkpoint / "pipe")
            (trial.checkpoint / "parent").symlink_to("..")
            (trial.checkpoint / "last").symlink_to(trial.checkpoint / "epoch")
        elif epoch == trial.start_from + 1:
            assert (trial.checkpoint / "last").read_text() == str(trial.start_from)
            assert os.readlink(trial.checkpoint / "last") == "epoch"
        (trial.checkpoint / "epoch").write_text(str(epoch))
        trial.report(epoch, error_of(trial.config, epoch))
"""


def test_a_tuned_script_whose_checkpoints_hold_a_pipe_and_a_link_to_their_parent_goes_on(tmp_path: Path) -> None:
    write(tmp_path, ODD)
    for trials in (5, 5, 9):
        done = pure_hb("tune", "script.py", "--method", "ASHA-PROM", "--max-trials", trials, "--quiet", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        told = done.stderr.splitlines()
        assert len(told) == len(set(told))
        if trials == 9:
            assert any("/pipe is a named pipe, and was left out" in line for line in told)
            assert any("/parent is a link to a folder that it stands in" in line for line in told)
    records = assert_verifies(tmp_path / "script-asha-prom.jsonl")
    assert not [one for one in records if isinstance(one.event, hb.Fail)]


def test_a_path_that_cannot_be_made_a_folder_fails_trials_and_not_the_run(tmp_path: Path) -> None:
    """The script puts a file where its folder was."""
    write(tmp_path, PLAIN.replace("def train(trial):", "def train(trial):\n    if not trial.fresh: return\n"))
    done = pure_hb("tune", "script.py", "--method", "ASHA-PROM", "--max-trials", 3, "--quiet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
