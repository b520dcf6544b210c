"""Whose is a folder of checkpoints? No run goes on from another's weights, and what cannot be saved is told at once."""

import errno
import json
import os
import shutil
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import pure_hb as hb
from pure_hb.journal import JournalError
from pure_hb.session import RunningTrial, SessionWarning
from tests.logs import assert_verifies
from tests.play import PAIR, promotion, stopping
from tests.processes import python

OWNER = "pure_hb-owner.json"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def held(session: hb.Session, worker: str | None = None) -> RunningTrial:
    trial = session.ask(worker=worker)
    assert trial is not None
    return trial


def save_and_report(trial: RunningTrial, epoch: int, text: str, value: float = 0.5) -> None:
    trial.checkpoint.write_text(text)
    trial.report(epoch, value)


def begun(path: Path, text: str = "mine", **options: object) -> Path:
    """A run that has two paused trials, each with a checkpoint. Returns its folder."""
    with hb.Session(path, promotion(PAIR), **options) as session:  # type: ignore[arg-type]  # options of several types
        for _ in range(2):
            save_and_report(held(session), 1, text)
        return session.checkpoints.root


def goes_on_from(path: Path, **options: object) -> str:
    """What the next trial of a run goes on from; "" if it begins afresh."""
    with hb.Session(path, promotion(PAIR), **options) as session:  # type: ignore[arg-type]  # options of several types
        trial = held(session)
        assert trial.leg > 0
        return "" if trial.fresh else trial.checkpoint.read_text()


def files(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


# ---- the whole name -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [("mnist.v1", "mnist.v2"), ("run.json", "run.jsonl"), ("a", "a.b"), (".x", ".x.y")])
def test_journals_whose_names_differ_have_folders_that_differ(tmp_path: Path, names: tuple[str, str]) -> None:
    for name in names:
        assert begun(tmp_path / name, name) == tmp_path / f"{name}.checkpoints"
    for name in names:
        assert goes_on_from(tmp_path / name) == name


def test_logs_have_the_whole_name_too(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "import pure_hb as hb\n"
        "space, goal, max_resource = hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize('error'), 3\n"
        "def train(trial):\n"
        "    for epoch in trial.epochs():\n"
        "        (trial.checkpoint / 'name').write_text(trial.checkpoint.parents[1].name)\n"
        "        trial.report(epoch, 0.5)\n"
        "if __name__ == '__main__':\n"
        "    setup = hb.asha(space, goal, max_resource=3)\n"
        "    for name in ('mnist.v1', 'mnist.v2', 'mnist.v1'):\n"
        "        best = hb.tune(train, setup, journal=name, max_trials=2, workers=1, quiet=True).best_checkpoint\n"
        "        assert (best / 'name').read_text() == f'{name}.checkpoints'\n"
    )
    done = python("import runpy; runpy.run_path('script.py', run_name='__main__')", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(one.name for one in tmp_path.glob("mnist*")) == sorted(
        f"mnist.v{number}{end}" for number in (1, 2) for end in ("", ".checkpoints", ".logs")
    )
    assert (tmp_path / "mnist.v1.logs" / "worker-0.log").exists()


# ---- two journals, one folder ---------------------------------------------------------------------------------------


def test_the_owner_file_holds_the_identity_of_the_journal(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        owner = json.loads((session.checkpoints.root / OWNER).read_text())
    header = json.loads(path.read_bytes().splitlines()[0])
    assert owner["identity"] == header["hash"]
    assert (owner["journal"], owner["folder"]) == (str(path), f"{path}.checkpoints")


@pytest.mark.parametrize("is_open", [True, False])
def test_one_folder_given_to_two_runs_is_refused_by_name(tmp_path: Path, is_open: bool) -> None:
    one, two, folder = tmp_path / "one.jsonl", tmp_path / "two.jsonl", tmp_path / "models"
    begun(one, "one", checkpoints=folder)
    before = files(folder)
    first = hb.Session(one, promotion(PAIR), checkpoints=folder)
    if not is_open:
        first.close()
    with pytest.raises(hb.SessionError) as caught:
        hb.Session(two, stopping(), checkpoints=folder)
    first.close()
    for part in (f"{folder}: ", f"another journal, {one};", str(two), "checkpoints=", "--checkpoints"):
        assert part in str(caught.value)
    assert files(folder) == before
    assert goes_on_from(one, checkpoints=folder) == "one"
    with hb.Session(two, stopping(), checkpoints=tmp_path / "others") as session:  # the way out
        assert held(session).fresh


def test_a_refused_session_lets_go_of_its_journal(tmp_path: Path) -> None:
    folder = begun(tmp_path / "one.jsonl")
    for _ in range(2):
        with pytest.raises(hb.SessionError, match="another journal"):
            hb.Session(tmp_path / "two.jsonl", promotion(), checkpoints=folder)
    hb.Session(tmp_path / "two.jsonl", promotion()).close()


def test_a_copy_of_a_journal_does_not_get_the_folder_of_the_first(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    folder = begun(one, "one")
    shutil.copy(one, two)
    with pytest.raises(hb.SessionError, match=r"two\.jsonl is a copy of that journal") as caught:
        hb.Session(two, promotion(PAIR), checkpoints=folder)
    assert str(one) in str(caught.value)
    shutil.copytree(folder, tmp_path / "copied")
    assert goes_on_from(two, checkpoints=tmp_path / "copied") == "one", "the way out: a copy of the folder too"
    assert goes_on_from(one) == "one"


def test_a_whole_run_may_be_copied_and_both_go_on(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    begun(tmp_path / "first" / "run.jsonl", "first")
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    for _ in range(2):
        for name in ("first", "second"):
            goes_on_from(tmp_path / name / "run.jsonl")


@pytest.mark.parametrize("how", ["all", "journal", "folder"])
def test_what_is_moved_is_the_journal_s_still(tmp_path: Path, how: str) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    begun(here / "run.jsonl", "moved")
    for end in {"all": ("", ".checkpoints"), "journal": ("",), "folder": (".checkpoints",)}[how]:
        shutil.move(here / f"run.jsonl{end}", there / f"run.jsonl{end}")
    journal = (here if how == "folder" else there) / "run.jsonl"
    folder = (here if how == "journal" else there) / "run.jsonl.checkpoints"
    for _ in range(2):
        assert goes_on_from(journal, checkpoints=folder) == "moved"


def test_a_journal_with_two_names_is_one_journal(tmp_path: Path) -> None:
    folder = begun(tmp_path / "one.jsonl", "one")
    os.link(tmp_path / "one.jsonl", tmp_path / "two.jsonl")
    assert goes_on_from(tmp_path / "two.jsonl", checkpoints=folder) == "one"
    (tmp_path / "three.jsonl").symlink_to("one.jsonl")
    assert goes_on_from(tmp_path / "three.jsonl") == "one"


def test_of_sessions_that_race_for_a_folder_exactly_one_wins(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    for number in range(20):
        barrier, won, refused = threading.Barrier(4), list[hb.Session](), list[str]()

        def race(name: str, barrier: threading.Barrier = barrier, won: list[hb.Session] = won) -> None:
            barrier.wait()
            try:
                won.append(hb.Session(tmp_path / name, promotion(), checkpoints=folder))
            except hb.SessionError as error:
                refused.append(str(error))  # noqa: B023  # called in this turn of the loop only

        threads = [threading.Thread(target=race, args=(f"{number}-{one}.jsonl",)) for one in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(won), len(refused)) == (1, 3)
        assert all(str(won[0].path) in text for text in refused)
        assert [one.name for one in folder.iterdir()] == [OWNER], "nothing unfinished is left"
        won[0].close()
        shutil.rmtree(folder)


def test_a_file_system_without_hard_links_and_locks_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("os.link", unsupported)
    monkeypatch.setattr(
        "pure_hb.checkpoints.owner.fcntl", SimpleNamespace(flock=unsupported, LOCK_EX=2, LOCK_NB=4, LOCK_UN=8)
    )
    folder = begun(tmp_path / "one.jsonl", "one")
    with pytest.raises(hb.SessionError, match="another journal"):
        hb.Session(tmp_path / "two.jsonl", promotion(), checkpoints=folder)
    assert goes_on_from(tmp_path / "one.jsonl") == "one"


# ---- a journal that is gone -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("instead", ["nothing", "begun anew", "something else", "folder"])
def test_the_folder_of_a_journal_that_is_gone_is_moved_aside_and_told(tmp_path: Path, instead: str) -> None:
    gone, folder = tmp_path / "gone.jsonl", tmp_path / "models"
    begun(gone, "old", checkpoints=folder)
    before = files(folder)
    gone.unlink()
    match instead:
        case "begun anew":
            hb.Session(gone, stopping()).close()
        case "something else":
            gone.write_text("notes\n")
        case "folder":
            gone.mkdir()
    told: list[str] = []
    for _ in range(2):
        with hb.Session(tmp_path / "new.jsonl", promotion(PAIR), checkpoints=folder, warn=told.append) as session:
            trial = held(session)
            assert (trial.fresh, trial.checkpoint.exists()) == (True, False)
    aside = tmp_path / "models.old-1"
    assert len(told) == 1
    assert all(part in told[0] for part in (str(gone), str(folder), f"they were moved to {aside}"))
    assert files(aside) == before


def test_aside_there_is_always_room(path: Path) -> None:
    for number in range(3):
        with hb.Session(path, promotion(), warn=lambda _: None) as session:
            save_and_report(held(session), 1, str(number))
        path.unlink()
    names = sorted(one.name for one in path.parent.iterdir())
    assert names == [f"run.jsonl.checkpoints{end}" for end in ("", ".old-1", ".old-2")]


def test_what_was_moved_aside_can_be_used_when_the_journal_is_back(path: Path, tmp_path: Path) -> None:
    begun(path, "old")
    shutil.move(path, tmp_path / "kept.jsonl")
    with pytest.warns(SessionWarning, match="of a journal that is gone"):
        hb.Session(path, promotion()).close()
    assert goes_on_from(tmp_path / "kept.jsonl", checkpoints=tmp_path / "run.jsonl.checkpoints.old-1") == "old"


def test_where_nothing_was_saved_there_is_nothing_to_move_or_tell(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        held(session).checkpoint.mkdir()
    path.unlink()
    with hb.Session(path, promotion()) as session:
        held(session)
    assert sorted(one.name for one in path.parent.iterdir()) == ["run.jsonl", "run.jsonl.checkpoints"]


def test_a_session_whose_journal_was_deleted_keeps_its_folder_until_it_ends(path: Path, tmp_path: Path) -> None:
    old = hb.Session(path, promotion())
    held(old).checkpoint.write_text("old")
    path.unlink()
    with pytest.raises(hb.SessionError, match=r"which is gone, still uses this folder; end it first"):
        hb.Session(path, promotion())
    assert files(old.checkpoints.root).keys() == {OWNER, "trial-0/leg-0"}
    with pytest.raises(JournalError, match="while it was open"):
        old.close()
    with pytest.warns(SessionWarning, match="moved to"), hb.Session(path, promotion()) as session:
        assert held(session).fresh


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # numpy may have threads
def test_a_fork_that_lives_on_keeps_no_folder(path: Path) -> None:
    reader, writer = os.pipe()
    session = hb.Session(path, promotion())
    child = os.fork()
    if child == 0:
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
    try:
        save_and_report(held(session), 1, "old")
        session.close()
        path.unlink()
        hb.Session(path, promotion(), warn=lambda _: None).close()
    finally:
        os.close(writer)
        os.waitpid(child, 0)
        os.close(reader)


# ---- folders that say nothing ---------------------------------------------------------------------------------------


def test_what_others_have_in_the_folder_is_left_alone(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    (folder / "trial").mkdir(parents=True)
    for name in ("README", "trial/leg-0", "trial-x", "leg-0"):
        (folder / name).write_text("mine")
    before = files(folder)
    begun(path, checkpoints=folder)
    path.unlink()
    with hb.Session(path, promotion(), checkpoints=folder, warn=lambda _: None) as session:
        held(session)
    assert before.items() <= files(folder).items()


def test_trials_of_nobody_knows_whom_are_refused_and_kept(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    (folder / "trial-0").mkdir(parents=True)
    (folder / "trial-0" / "leg-0").write_text("whose?")
    before = files(folder)
    with pytest.raises(hb.SessionError, match=rf"models: holds trial-0, but no {OWNER}.*move the folder away, or give"):
        hb.Session(path, promotion(), checkpoints=folder)
    assert files(folder) == before
    folder.rename(tmp_path / "away")
    hb.Session(path, promotion(), checkpoints=folder).close()


def damaged_folder(path: Path) -> None:
    path.mkdir()


def damaged_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(os.path.relpath(path))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.touch(),
    "garbage": lambda path: path.write_bytes(b"\xff\x00garbage"),
    "list": lambda path: path.write_text("[]"),
    "other": lambda path: path.write_text('{"format": "pure_hb checkpoints 9"}'),
    "lacks": lambda path: path.write_text('{"format": "pure_hb checkpoints 1", "identity": "00"}'),
    "identity": lambda path: path.write_text(
        '{"format": "pure_hb checkpoints 1", "identity": "00", "journal": "a", "folder": "b"}'
    ),
    "deep": lambda path: path.write_text("[" * 60_000),
    "long": lambda path: path.write_text("[" + "1," * 100_000 + "1]"),
    "folder": damaged_folder,
    "pipe": os.mkfifo,
    "socket": damaged_socket,
    "link": lambda path: path.symlink_to("/etc/passwd"),
    "link to nowhere": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_an_owner_file_that_says_nothing_is_a_sentence(path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    folder = begun(path)
    (folder / OWNER).unlink()
    DAMAGES[kind](folder / OWNER)
    with pytest.raises(hb.SessionError, match=rf"{OWNER}: (is|cannot).*so nobody knows whose.*checkpoints=") as caught:
        hb.Session(path, promotion(PAIR))
    assert len(str(caught.value)) < 600
    with hb.Session(path, promotion(PAIR), checkpoints=path.parent / "new", warn=lambda _: None) as session:
        assert held(session).fresh


def test_an_owner_file_that_names_impossible_paths_is_no_crash(path: Path) -> None:
    folder = begun(path)
    content = {"format": "pure_hb checkpoints 1", "identity": "0" * 64, "journal": "a\0b", "folder": "\ud800"}
    (folder / OWNER).write_text(json.dumps(content))
    told: list[str] = []
    hb.Session(path, promotion(PAIR), warn=told.append).close()
    assert "of a journal that is gone" in told[0]


def test_a_folder_that_is_removed_meanwhile_comes_again_with_its_owner(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        shutil.rmtree(session.checkpoints.root)
        save_and_report(held(session), 1, "after")
    hb.Session(path, promotion()).close()


# ---- a folder that cannot be written --------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["file", "file/below", "link", "/proc/nobody", "/dev/null"])
def test_a_folder_that_cannot_be_written_is_told_before_any_trial_begins(path: Path, place: str) -> None:
    (path.parent / "file").write_text("mine")
    (path.parent / "link").symlink_to("file")
    with pytest.raises(hb.SessionError, match=r"no checkpoints can be saved here: .*; give another folder") as caught:
        hb.Session(path, promotion(), checkpoints=path.parent / place)
    assert os.path.realpath(path.parent / place) in str(caught.value)
    assert assert_verifies(path) == ()
    assert (path.parent / "file").read_text() == "mine"
    hb.Session(path, promotion(), checkpoints=path.parent / "elsewhere").close()


@pytest.mark.skipif(os.geteuid() == 0, reason="rights do not bind root")
def test_a_folder_without_rights_is_told_before_any_trial_begins(path: Path) -> None:
    folder = begun(path)
    folder.chmod(0o500)
    try:
        with pytest.raises(hb.SessionError, match="no checkpoints can be saved here: Permission denied"):
            hb.Session(path, promotion(PAIR))
    finally:
        folder.chmod(0o700)


def test_on_a_file_system_that_only_reads_it_is_told_before_any_trial_begins(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, real = begun(path), os.open

    def read_only(name: str, flags: int, *rest: int, **more: int) -> int:
        if flags & os.O_CREAT and str(name).startswith(str(folder)):
            raise OSError(30, "Read-only file system", name)
        return real(name, flags, *rest, **more)

    monkeypatch.setattr("os.open", read_only)
    with pytest.raises(hb.SessionError, match="no checkpoints can be saved here: Read-only file system"):
        hb.Session(path, promotion(PAIR))


# ---- paths ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("checkpoints", [None, "models"])
def test_the_process_may_go_elsewhere(path: Path, monkeypatch: pytest.MonkeyPatch, checkpoints: str | None) -> None:
    (path.parent / "elsewhere").mkdir()
    monkeypatch.chdir(path.parent)
    session = hb.Session("run.jsonl", promotion(), checkpoints=checkpoints, snapshot_every=2, max_trials=3)
    monkeypatch.chdir("elsewhere")
    with session:
        while trial := session.ask():
            for epoch in trial.epochs():
                save_and_report(trial, epoch, str(epoch))
        result = session.result()
    folder = path.parent / (checkpoints or "run.jsonl.checkpoints")
    assert session.checkpoints.root == folder
    assert result.journal == path
    assert result.best_checkpoint is not None
    assert result.best_checkpoint.is_relative_to(folder)
    assert list((path.parent / "elsewhere").iterdir()) == []
    assert path.with_name("run.jsonl.snapshot").exists()


@pytest.mark.parametrize(
    "name", ["link.jsonl", "folder/run.jsonl", "../{here}/run.jsonl", "~/run.jsonl", "./run.jsonl"]
)
def test_however_the_journal_is_called_its_checkpoints_are_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    begun(path, "found")
    (path.parent / "link.jsonl").symlink_to("run.jsonl")
    (path.parent / "folder").symlink_to(".")
    monkeypatch.setenv("HOME", str(path.parent))
    monkeypatch.chdir(path.parent)
    assert goes_on_from(Path(name.format(here=path.parent.name))) == "found"


def test_a_tilde_is_the_home_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(path.parent / "home"))
    assert begun(path, checkpoints="~/ckpt") == path.parent / "home" / "ckpt"
    assert not Path("~").exists()


def test_the_folder_may_be_a_link_to_a_larger_disk(path: Path) -> None:
    path.with_name("run.jsonl.checkpoints").symlink_to("disk")
    assert begun(path, "there") == path.with_name("disk")
    assert goes_on_from(path) == "there"


# ---- a journal moved without its checkpoints ------------------------------------------------------------------------


def test_a_journal_moved_without_its_checkpoints_is_told_once_with_the_folder_looked_for(tmp_path: Path) -> None:
    old, new = tmp_path / "old" / "run.jsonl", tmp_path / "new" / "run.jsonl"
    old.parent.mkdir()
    new.parent.mkdir()
    with hb.Session(old, promotion(), max_trials=4) as session:
        for first in [held(session, f"w{number}") for number in range(4)]:
            save_and_report(first, 1, "old")
    shutil.move(old, new)
    told: list[str] = []
    with hb.Session(new, promotion(), max_trials=12, warn=told.append) as session:
        assert len(told) == 1, "before any trial begins"
        while trial := session.ask():
            for epoch in trial.epochs():
                save_and_report(trial, epoch, "new")
    hb.Session(new, promotion(), warn=told.append).close()
    assert len(told) == 1
    assert f"{new}: its checkpoints are not there" in told[0]
    assert f"in {new}.checkpoints" in told[0]
    assert "checkpoints=" in told[0]
    assert_verifies(new)


def test_the_way_out_is_to_say_where_they_are(tmp_path: Path) -> None:
    folder = begun(tmp_path / "old.jsonl", "old")
    shutil.move(tmp_path / "old.jsonl", tmp_path / "new.jsonl")
    with pytest.warns(SessionWarning, match="its checkpoints are not there"):
        hb.Session(tmp_path / "new.jsonl", promotion(PAIR)).close()
    assert goes_on_from(tmp_path / "new.jsonl", checkpoints=folder) == "old"


def test_where_nothing_goes_on_nothing_is_missed(path: Path) -> None:
    with hb.Session(path, hb.random_search(PAIR, hb.Minimize("error"), max_resource=1)) as session:
        while trial := session.ask():
            trial.report(1, 0.5)
    shutil.rmtree(session.checkpoints.root)
    hb.Session(path, hb.random_search(PAIR, hb.Minimize("error"), max_resource=1)).close()
