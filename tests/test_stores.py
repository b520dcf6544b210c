"""Do several processes share a journal in an SQLite file, and is what cannot be said in a sentence with a way out?"""

import os
import sqlite3
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import pure_hb as hb
from property_tests.storm import storm
from pure_hb.journal import Address, JournalError, place_of, read_journal, verify_file
from pure_hb.journal.copying import copy_journal
from pure_hb.journal.stores import mounts, open_store
from tests import stores
from tests.logs import busy, write_journal
from tests.play import promotion
from tests.processes import pure_hb
from tests.stores import Urls, address, session


@pytest.fixture
def urls(tmp_path: Path) -> Urls:
    return lambda name: f"sqlite:///{tmp_path}/{name}.db"


@pytest.fixture
def url(urls: Urls) -> str:
    return urls("run")


def test_it_keeps_what_it_acknowledges(urls: Urls) -> None:
    stores.keeps_what_it_acknowledges(urls)


@pytest.mark.parametrize(
    "check",
    [
        stores.two_sessions_share_a_search,
        stores.closing_releases_ones_own_only,
        stores.a_lease_keeps_a_trial,
        stores.a_process_that_was_paused_is_told_to_stop,
        stores.a_lost_lease_is_a_release_and_the_third_a_failure,
        stores.many_threads_of_two_sessions_race,
        stores.a_snapshot_is_used,
    ],
)
def test_processes_share_a_search(check: Callable[[str, Path], None], url: str, tmp_path: Path) -> None:
    check(url, tmp_path)


def test_a_slow_decision_is_not_overtaken_for_ever(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stores.a_slow_decision_is_not_overtaken_for_ever(url, tmp_path, monkeypatch)


def test_a_race_is_lost_as_a_whole(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stores.a_race_is_lost_as_a_whole(url, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    "check",
    [
        stores.leases_end_by_the_clock,
        stores.a_claim_keeps_others_out_for_a_bounded_time,
        stores.an_answer_that_was_lost_is_found_by_reading,
        stores.a_part_is_appended_whole_or_not_at_all,
        stores.work_counts_while_somebody_lives,
    ],
)
def test_the_store_does_what_the_protocol_says(check: Callable[[str], None], url: str) -> None:
    check(url)


def test_processes_that_are_killed_at_random_leave_a_whole_log(url: str) -> None:
    found = storm(url, 4.0, processes=3)
    assert found.wrong == ()
    assert found.legs > 0


# ---- addresses ------------------------------------------------------------------------------------------------------


def test_a_url_is_an_address_and_all_else_a_path(tmp_path: Path) -> None:
    assert place_of("run.jsonl") == Path("run.jsonl")
    assert place_of("a:b/c.jsonl") == Path("a:b/c.jsonl")
    here = address("sqlite:///run.db")
    assert (here.file, here.name, str(here)) == (Path.cwd() / "run.db", "run", "sqlite:///run.db")
    there = address(f"sqlite:///{tmp_path}/run.db?journal=b")
    assert there.beside == tmp_path / "run.db-b"
    assert there.key == f"sqlite://{tmp_path}/run.db?journal=b"


def test_a_password_is_shown_nowhere() -> None:
    found = address("postgres://ann:secret@db.example.org:5433/runs?journal=a&sslmode=require&password=secret")
    assert (
        str(found)
        == repr(found)
        == ("postgresql://ann@db.example.org:5433/runs?journal=a&sslmode=require&password=***")
    )
    assert found.url == "postgresql://ann:secret@db.example.org:5433/runs?sslmode=require&password=secret"
    assert address("postgresql:///runs?host=/run/pg").url == "postgresql:///runs?host=%2Frun%2Fpg"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://host/db", "mysql://host/db: mysql:// is no kind of journal; there are sqlite://, postgresql:// and "),
        ("sqlite://run.db", "this URL names no database file; write sqlite:///run.db for a file in this folder, and "),
        ("sqlite:///run.db?journal=a/b", "'a/b' is no name of a journal; take letters, digits, '.', '_' and '-', 100"),
        ("sqlite:///run.db?timeout=3", "timeout=3 is not known; after '?' may stand journal=NAME and synchronous=FULL"),
        ("sqlite:////nowhere/run.db", "cannot be opened: unable to open database file"),
    ],
)
def test_what_is_no_address_is_told(url: str, message: str) -> None:
    with pytest.raises(JournalError) as error:
        hb.Session(url, promotion())
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("journal", "url"),
    [
        (Path("sqlite:///run.db"), "sqlite:///run.db"),
        ("sqlite:run.db", "sqlite:///run.db"),
        (Path("postgresql://host/runs"), "postgresql://host/runs"),
    ],
)
def test_a_url_that_lost_its_slashes_is_told(journal: str | Path, url: str) -> None:
    with pytest.raises(JournalError, match=f"two slashes, which a path cannot hold; give it as text: '{url}'"):
        hb.Session(journal, promotion())


@pytest.mark.parametrize("lease", [0.5, 0, -1, "60", True, float("nan")])
def test_a_lease_is_a_number_of_seconds(url: str, tmp_path: Path, lease: object) -> None:
    with pytest.raises(ValueError, match="it is a number of seconds, at least 1"):
        session(url, tmp_path, lease=lease)


# ---- what a disk can do to it ---------------------------------------------------------------------------------------


def test_on_a_network_file_system_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "mounts"
    table.write_text(f"/dev/a / ext4 rw 0 0\nhost:/x {tmp_path}/far\\040away nfs4 rw 0 0\n")
    far = tmp_path / "far away" / "run.db"
    assert mounts.network_file_system(far, table) == "nfs4"
    assert mounts.network_file_system(tmp_path / "run.db", table) is None
    assert mounts.network_file_system(far, tmp_path / "none") is None
    monkeypatch.setattr("pure_hb.journal.stores.sqlite.network_file_system", lambda file: "nfs4")
    with pytest.raises(JournalError, match=r"is on a network file system \(nfs4\), where SQLite loses records; put it"):
        hb.Session(f"sqlite:///{tmp_path}/run.db", promotion())


def test_a_full_disk_stops_a_run_that_goes_on_when_there_is_room(url: str, tmp_path: Path) -> None:
    one = session(url, tmp_path, warn=lambda text: None)
    connection = one._journal.store._connection  # type: ignore[union-attr]  # the journal of a store
    connection.execute("PRAGMA max_page_count = 1")
    told = ""
    for number in range(200):
        try:
            one.decide(hb.Ask(f"w{number}"))
        except JournalError as error:
            told = str(error)
            break
    assert "database or disk is full. All records that were acknowledged are safe; make room on the disk" in told
    known = one.state.clock
    connection.execute("PRAGMA max_page_count = 1000000")
    assert one.decide(hb.Ask("again")).logged
    assert one.state.clock == known + 1
    one.close()
    assert verify_file(address(url)).ok


def test_a_database_that_only_reads_stops_a_run_that_goes_on_when_it_can_be_written(url: str, tmp_path: Path) -> None:
    with session(url, tmp_path) as one:
        connection = one._journal.store._connection  # type: ignore[union-attr]  # the journal of a store
        connection.execute("PRAGMA query_only = ON")
        with pytest.raises(JournalError, match=r"readonly database.* make the file and its folder writable and"):
            one.decide(hb.Ask("w"))
        connection.execute("PRAGMA query_only = OFF")
        assert one.decide(hb.Ask("w")).logged
    assert len(read_journal(address(url))[1]) == 2


def test_a_file_that_only_reads_is_told_and_can_be_shown() -> None:
    """In a folder that may not be written there is no place for SQLite's log."""
    with TemporaryDirectory() as name:
        folder, url = Path(name), f"sqlite:///{name}/run.db"
        session(url, folder).close()
        (folder / "run.db").chmod(0o444)
        folder.chmod(0o555)
        try:
            told = _as_nobody(lambda: _opened_and_read(url))
        finally:
            folder.chmod(0o755)
    assert told.startswith("0 records; ")
    assert "make the file and its folder writable and start the same command again" in told


def _opened_and_read(url: str) -> str:
    found = f"{len(read_journal(address(url))[1])} records; "
    try:
        stores.opened(url, promotion())
    except JournalError as error:
        return found + str(error)
    return found + "it was opened"


def _as_nobody(act: Callable[[], str]) -> str:
    """What a child finds that may not write everything, as root may."""
    heard, told = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads: the child uses none of them
        child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            os.write(told, act().encode())
        except BaseException as error:
            os.write(told, repr(error).encode())
        finally:
            os._exit(0)
    os.close(told)
    with os.fdopen(heard) as text:
        found = text.read()
    os.waitpid(child, 0)
    return found


def test_another_file_in_its_place_is_told(url: str, tmp_path: Path) -> None:
    one = session(url, tmp_path)
    os.rename(tmp_path / "run.db", tmp_path / "aside.db")
    with pytest.raises(JournalError, match=r"is gone \(No such file or directory\) while the journal is open"):
        one.ask(worker="w")
    (tmp_path / "run.db").write_bytes(b"")
    with pytest.raises(JournalError, match="was replaced by another file while the journal is open"):
        one.ask(worker="w")
    os.replace(tmp_path / "aside.db", tmp_path / "run.db")
    assert one.ask(worker="w") is not None
    one.close()


def test_what_is_no_database_or_holds_no_journal_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database, but long enough to be told from an empty file" * 10)
    with pytest.raises(JournalError, match="this is no SQLite database: give another path, or move the file away"):
        hb.Session(f"sqlite:///{tmp_path}/text.db", promotion())
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE t (x)").connection.close()
    with pytest.raises(JournalError, match="this database holds no journal of pure_hb"):
        read_journal(place_of(f"sqlite:///{tmp_path}/other.db"))
    with pytest.raises(JournalError, match="does not exist"):
        read_journal(place_of(f"sqlite:///{tmp_path}/none.db"))


def test_a_line_that_was_changed_is_found(url: str, tmp_path: Path) -> None:
    with session(url, tmp_path) as one:
        for name in "abc":
            one.decide(hb.Ask(name))
    with sqlite3.connect(tmp_path / "run.db") as database:
        database.execute("UPDATE pure_hb_lines SET line = CAST(replace(line, 'Ask', 'Ass') AS BLOB) WHERE number = 2")
    with pytest.raises(JournalError, match=r"line 3: .*The 2 lines before it are intact"):
        verify_file(address(url))
    with sqlite3.connect(tmp_path / "run.db") as database:
        database.execute("DELETE FROM pure_hb_lines WHERE number = 2")
    with pytest.raises(JournalError, match="holds record 3, but not record 2"):
        verify_file(address(url))


def test_an_older_copy_in_its_place_ends_a_run(url: str, tmp_path: Path) -> None:
    one = session(url, tmp_path)
    for name in "ab":
        one.decide(hb.Ask(name))
    with sqlite3.connect(tmp_path / "run.db") as database:
        database.execute("DELETE FROM pure_hb_lines WHERE number = 2")
    with pytest.raises(JournalError, match="record 2, which was there, is not there any more: an older copy"):
        one.decide(hb.Ask("c"))
    with pytest.raises(JournalError, match="record 2, which was there"):
        one.close()
    with session(url, tmp_path) as again:
        assert again.state.clock == 1 + 1  # and the release of what ran


def test_another_setup_is_refused(url: str, tmp_path: Path) -> None:
    session(url, tmp_path).close()
    with pytest.raises(JournalError, match="the journal is of another setup"):
        session(url, tmp_path, promotion(max_resource=27))


def test_a_fork_must_open_it_itself(url: str, tmp_path: Path) -> None:
    with session(url, tmp_path) as one:
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                one.decide(hb.Ask("w"))
            except JournalError as error:
                os.write(tell, str(error).encode())
            os._exit(0)
        os.waitpid(child, 0)
        assert "a fork of it must not write; open it there anew" in os.read(told, 10_000).decode()
        assert one.decide(hb.Ask("w")).logged


# ---- copying, and the commands --------------------------------------------------------------------------------------


def test_a_copy_is_the_same_to_the_last_byte(tmp_path: Path, url: str) -> None:
    file, back = tmp_path / "run.jsonl", tmp_path / "back.jsonl"
    write_journal(file, busy(40))
    to = copy_journal(file, url)
    assert (to.head.number, to.torn) == (verify_file(address(url)).head.number, None)
    assert copy_journal(address(url), f"{url}?journal=b").head == to.head
    copy_journal(f"{url}?journal=b", back)
    assert back.read_bytes() == file.read_bytes()
    with pytest.raises(JournalError, match=r"a journal is there already; give another name: \?journal=NAME"):
        copy_journal(file, url)
    with pytest.raises(JournalError, match="is there already; give another path, or move it away"):
        copy_journal(url, file)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back.jsonl", "run.db", "run.jsonl"]


def test_a_damaged_journal_leaves_no_copy(tmp_path: Path, url: str) -> None:
    file = tmp_path / "run.jsonl"
    write_journal(file, busy(20))
    file.write_bytes(file.read_bytes().replace(b'"number":9,', b'"number":7,'))
    for target in (url, str(tmp_path / "copy.jsonl")):
        with pytest.raises(JournalError, match="line 10"):
            copy_journal(file, target)
    assert not (tmp_path / "copy.jsonl").exists()
    store = open_store(address(url), write=False)
    assert list(store.lines(0)) == []
    store.close()


SCRIPT = """
import pure_hb as hb
space, goal, max_resource = hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error"), 3
def train(config, resume_from, checkpoint_dir):
    for epoch in range(resume_from + 1, 4):
        open(f"{checkpoint_dir}/epoch", "w").write(str(epoch))
        yield epoch, abs(config["x"] - 0.3) + 1 / epoch
"""


def test_the_commands_take_urls(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    command = ("tune", "train.py", "--method", "ASHA-PROM", "--max-trials", "4", "--journal", "sqlite:///run.db")
    for _ in range(2):
        done = pure_hb(*command, "--quiet", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "Journal: sqlite:///run.db\n" in done.stdout
    assert (tmp_path / "run.db.checkpoints").is_dir()
    for words in (("verify", "sqlite:///run.db"), ("snapshot", "sqlite:///run.db"), ("show", "sqlite:///run.db")):
        done = pure_hb(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    copied = pure_hb("copy", "sqlite:///run.db", "run.jsonl", cwd=tmp_path)
    assert copied.stdout.startswith("run.jsonl: ")
    assert pure_hb("verify", "run.jsonl", cwd=tmp_path).returncode == 0
    wrong = pure_hb("verify", "mysql://host/db", cwd=tmp_path)
    assert wrong.stderr.startswith("Error: mysql://host/db: mysql:// is no kind of journal")


def test_an_address_is_a_place() -> None:
    assert isinstance(place_of(address("sqlite:///run.db")), Address)
