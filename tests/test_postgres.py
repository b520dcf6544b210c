"""Do several processes share a journal in PostgreSQL, and what happens when the server goes away?

The server is one of Debian's binaries, started here; without them all of this is skipped.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pure_hb as hb
from property_tests.storm import storm
from pure_hb.journal import JournalError, read_journal, verify_file
from pure_hb.journal.copying import copy_journal
from tests import stores
from tests.logs import busy, write_journal
from tests.play import promotion
from tests.postgres_server import Server, running_server
from tests.stores import Urls, address, session

pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'pure_hb[postgres]'")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture
def urls(server: Server) -> Urls:
    return server.url


@pytest.fixture
def url(server: Server, request: pytest.FixtureRequest) -> str:
    return server.url(request.node.name.replace("[", "-").rstrip("]")[-90:])


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


def test_decisions_equal_those_over_a_file(url: str, tmp_path: Path) -> None:
    """Examples of what property_tests/test_stores.py looks for over SQLite."""
    draw = random.Random(1)
    events: list[hb.Event] = []
    for _ in range(20):
        trial, epoch = draw.randrange(5), draw.randint(1, 9)
        events.append(hb.Ask(draw.choice("abc")))
        events.append(hb.Report(trial, epoch, draw.random()))
        events.append(draw.choice((hb.Report(trial, epoch, float("nan"), leg=0), hb.Fail(trial, "x"))))
    stores.decides_as_a_file(url, tmp_path / "run.jsonl", events, promotion())


def test_processes_that_are_killed_at_random_leave_a_whole_log(url: str) -> None:
    found = storm(url, 10.0)
    assert found.wrong == ()
    assert found.kills > 0


def test_a_copy_is_the_same_to_the_last_byte(tmp_path: Path, url: str) -> None:
    file, back = tmp_path / "run.jsonl", tmp_path / "back.jsonl"
    write_journal(file, busy(40))
    head = copy_journal(file, url).head
    assert verify_file(address(url)).head == head
    copy_journal(url, back)
    assert back.read_bytes() == file.read_bytes()
    with pytest.raises(JournalError, match="a journal is there already"):
        copy_journal(file, url)


def test_a_server_that_is_restarted_makes_a_run_wait(server: Server, url: str, tmp_path: Path) -> None:
    told: list[str] = []
    with session(url, tmp_path, warn=told.append) as one:
        assert one.decide(hb.Ask("w")).logged
        server.stop()
        again = threading.Timer(1.0, server.start)
        again.start()
        try:
            assert one.decide(hb.Report(0, 1, 0.5)).logged
        finally:
            again.join()
    assert any("waiting for it, 600 s at most" in text for text in told)
    assert "the database is there again" in told[-1]
    assert [type(record.event).__name__ for record in read_journal(address(url))[1]][:2] == ["Ask", "Report"]
    assert verify_file(address(url)).ok


def test_a_server_that_never_comes_back_ends_a_run(
    server: Server, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pure_hb.journal.stores.postgres._PATIENCE_S", 0.3)
    one = session(url, tmp_path, warn=lambda text: None)
    one.decide(hb.Ask("w"))
    server.stop()
    try:
        with pytest.raises(JournalError, match="All records that were acknowledged are safe; see that the server runs"):
            one.decide(hb.Report(0, 1, 0.5))
    finally:
        server.start()
    assert one.decide(hb.Report(0, 1, 0.5)).logged
    one.close()
    assert verify_file(address(url)).ok


def test_a_refused_connection_is_told_at_once(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(JournalError) as error:
        hb.Session("postgresql://ann:secret@127.0.0.1:1/runs", promotion(), checkpoints=tmp_path)
    assert time.monotonic() - began < 30
    assert str(error.value).startswith("postgresql://ann@127.0.0.1:1/runs: ")
    assert "Connection refused" in str(error.value)
    assert "secret" not in str(error.value)


def test_a_database_without_a_journal_is_told(server: Server) -> None:
    with pytest.raises(JournalError, match="this database holds no journal of pure_hb"):
        read_journal(address(server.url("x").replace("/postgres?", "/template1?")))


def test_many_may_make_the_tables_at_once(server: Server) -> None:
    """CREATE TABLE IF NOT EXISTS of two may fail."""
    other = server.url("first").replace("/postgres?", "/template1?")
    errors: list[Exception] = []

    def open_it() -> None:
        try:
            stores.opened(other, promotion()).close()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
