"""What must hold over every store? Checks that the tests of each store call with a way to make URLs."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import pure_hb as hb
from pure_hb.journal import Behind, JournalError, SharedJournal, open_shared_journal, place_of, verify_file
from pure_hb.journal.address import Address
from pure_hb.journal.member import Member
from pure_hb.journal.stores import Store, Stored, open_store
from pure_hb.testing import check_journal
from tests.play import promotion

Urls = Callable[[str], str]


def address(url: str) -> Address:
    found = place_of(url)
    assert isinstance(found, Address)
    return found


def opened(url: str, setup: hb.Setup) -> SharedJournal:
    return open_shared_journal(address(url), setup).journal


def session(url: str, folder: Path, setup: hb.Setup | None = None, **options: object) -> hb.Session:
    return hb.Session(url, setup or promotion(), checkpoints=folder / "checkpoints", **options)  # type: ignore[arg-type]  # options of any kind


def keeps_what_it_acknowledges(urls: Urls) -> None:
    checked = check_journal(lambda name, setup: opened(urls(name), setup), seeds=range(4))
    assert {what for what, _ in checked.occurred} == {
        "a closed store refuses to append",
        "a process is killed",
        "a second writer is let in",
        "a writer that has missed a record is refused",
    }


def decides_as_a_file(url: str, file: Path, events: list[hb.Event], setup: hb.Setup) -> None:
    """The same events over a store and over a file: the same actions, and the same states."""
    folder = file.parent
    quiet = {"snapshot_every": None, "warn": lambda text: None}
    with hb.Session(file, setup, **quiet) as alone, session(url, folder, setup, **quiet) as shared:  # type: ignore[arg-type]  # options of any kind
        suffix = f"@{_process(shared)}"
        for event in events:
            named = hb.Ask(event.worker + suffix, event.new_trials) if isinstance(event, hb.Ask) else event
            assert shared.decide(event) == alone.decide(named)
        assert shared.state == alone.state
    assert verify_file(address(url)).ok


def decides_together_as_alone(url: str, file: Path, parts: list[list[hb.Event]], setup: hb.Setup) -> None:
    """Events in parts, from two sessions in turn over one store, each part in one write; and one by one over a file:
    the same actions, states and events in the log, and each event has one action."""
    folder = file.parent
    quiet = {"snapshot_every": None, "warn": lambda text: None}
    with (
        hb.Session(file, setup, **quiet) as alone,  # type: ignore[arg-type]  # options of any kind
        session(url, folder, setup, **quiet) as ann,
        session(url, folder, setup, **quiet) as bob,
    ):
        for number, events in enumerate(parts):
            one = (ann, bob)[number % 2]
            named = [
                hb.Ask(f"{event.worker}@{_process(one)}", event.new_trials) if isinstance(event, hb.Ask) else event
                for event in events
            ]
            assert one.decide_all(events) == tuple(alone.decide(event) for event in named)
            assert one.state == alone.state
        theirs = [(record.number, record.event, record.action) for record in hb.read_journal(address(url))[1]]
        assert theirs == [(record.number, record.event, record.action) for record in hb.read_journal(file)[1]]
    assert verify_file(address(url)).ok


def a_part_is_appended_whole_or_not_at_all(url: str) -> None:
    """Lines of a part are there together, whoever comes too late has written none, and a lost answer is found."""
    setup = promotion()
    with opened(url, setup) as ann, opened(url, setup) as bob:
        head = next(iter(ann.store.lines(0)))
        part = [Stored(number, bytes([number]) * 32, b"{}\n") for number in (1, 2, 3)]
        assert ann.store.append(part, head.digest, "ann")
        assert ann.store.append(part, head.digest, "ann")  # the same again: its answer was lost
        late = [Stored(number, bytes([9]) * 32, b"{}\n") for number in (1, 2, 3, 4)]
        assert not bob.store.append(late, head.digest, "bob")
        assert [line.digest[0] for line in bob.store.lines(1)] == [1, 2, 3]
        broken = [Stored(4, bytes([4]) * 32, b"{}\n"), Stored(4, bytes([5]) * 32, b"{}\n")]
        with pytest.raises(JournalError):
            ann.store.append(broken, part[-1].digest, "ann")
        assert [line.number for line in bob.store.lines(1)] == [1, 2, 3]
        assert bob.store.append([Stored(4, bytes([6]) * 32, b"{}\n")], part[-1].digest, "bob")  # nothing is locked


def a_race_is_lost_as_a_whole(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody appends while several events are decided: all of them are decided again, after that."""
    with session(url, folder) as ann, session(url, folder) as bob:
        slow_ones = 0

        def slow(state: hb.State, event: hb.Event) -> hb.Action:
            nonlocal slow_ones
            if isinstance(event, hb.Ask) and event.worker.startswith("last"):
                slow_ones += 1
                if slow_ones == 1:
                    bob.decide(hb.Ask("bob"))
            return hb.choose(state, event)

        monkeypatch.setattr("pure_hb.session.deciding.choose", slow)
        actions = ann.decide_all([hb.Ask("first"), hb.Ask("last")])
        assert slow_ones == 2
        assert [getattr(action, "trial", None) for action in actions] == [1, 2]
    records = hb.read_journal(address(url))[1]
    assert [record.event.worker.split("@")[0] for record in records[:3] if isinstance(record.event, hb.Ask)] == [
        "bob",
        "first",
        "last",
    ]
    assert verify_file(address(url)).ok


def _process(one: hb.Session) -> str:
    return one.logs.name


def two_sessions_share_a_search(url: str, folder: Path) -> None:
    """Two sessions: each trial goes to one of them, a promotion to whoever asks, and both see all."""
    with session(url, folder) as ann, session(url, folder) as bob:
        assert _process(ann) != _process(bob)
        trials = [one.ask(worker="w") for one in (ann, bob, ann)]
        assert [trial and trial.number for trial in trials] == [0, 1, 0]  # the same worker of ann holds 0 still
        assert ann.state.trials[0].worker == f"w@{_process(ann)}"
        assert trials[0] is not None
        assert trials[1] is not None
        trials[0].checkpoint.write_text("saved by ann")
        trials[0].report(1, 0.1)
        trials[1].report(1, 0.5)
        promoted = bob.ask(worker="v")  # the trial of ann goes on at bob's, with what it has saved
        assert promoted is not None
        assert (promoted.number, promoted.leg, promoted.start_from) == (0, 1, 1)
        assert promoted.checkpoint.read_text() == "saved by ann"
        fresh = ann.ask(worker="w")
        assert fresh is not None
        assert fresh.number == 2
    assert verify_file(address(url)).ok
    with session(url, folder, max_trials=1) as again:
        assert again.resumed
        assert not again.others_run
        assert len(again.state.trials) == 3


def closing_releases_ones_own_only(url: str, folder: Path) -> None:
    with session(url, folder) as ann:
        held = ann.ask(worker="w")
        assert held is not None
        with session(url, folder) as bob:
            mine = bob.ask(worker="w")
            assert mine is not None
            assert bob.others_run
        assert held.report(1, 0.5) is False  # paused by the rule, not taken away
        assert ann.state.trials[mine.number].status is hb.Status.BROKEN
        assert ann.state.trials[mine.number].failures == 0
        assert mine.number in ann.state.broken
        assert held.number not in ann.state.broken


def a_lost_lease_is_a_release_and_the_third_a_failure(url: str, folder: Path) -> None:
    """A process that lets its lease go without a word: its trial goes on elsewhere; at the third time it has failed."""
    failures = []
    for _ in range(4):
        journal = opened(url, promotion())
        journal.close()
        one = session(url, folder)
        trial = one.ask(worker="w")
        assert trial is not None
        assert trial.number == 0
        failures.append(one.state.trials[0].failures)
        _vanish(one)
    assert failures == [0, 0, 0, 1]
    ends = [type(record.event).__name__ for record in hb.read_journal(address(url))[1]]
    assert [end for end in ends if end != "Ask"] == ["Release", "Release", "Fail"]


def _vanish(one: hb.Session) -> None:
    """As if the process was killed, and time went by: no word of its trials, and no lease."""
    member = one._company._member  # type: ignore[union-attr]  # the session is over a store
    member.close()
    one._journal.close()
    one.checkpoints.close()
    one._ending.closed = True


def a_process_that_was_paused_is_told_to_stop(url: str, folder: Path) -> None:
    """A lease that is over while the process lives: the trial goes on elsewhere, and its code gets no exception."""
    with session(url, folder) as ann:
        held = ann.ask(worker="w")
        assert held is not None
        held.checkpoint.write_text("ann")
        ann._journal.store.leave(_process(ann))  # type: ignore[union-attr]  # the session is over a store
        with session(url, folder) as bob:
            taken = bob.ask(worker="w")
            assert taken is not None
            assert (taken.number, taken.leg) == (held.number, 1)
            assert held.report(1, 0.5) is False
            assert taken.running
            assert taken.report(1, 0.7) is False  # paused at the level
        assert bob.state.trials[held.number].curve == ((1, 0.7),)


def a_lease_keeps_a_trial(url: str, folder: Path) -> None:
    """Whoever lives keeps what he trains, also from those who open the journal."""
    with session(url, folder) as ann:
        held = ann.ask(worker="w")
        assert held is not None
        with session(url, folder) as bob:
            other = bob.ask(worker="w")
            assert other is not None
            assert other.number != held.number
            assert ann.state.trials[held.number].status is hb.Status.RUNNING


def leases_end_by_the_clock(url: str) -> None:
    with closing(open_store(address(url), write=True)) as store:
        store.renew("ann", 1000.0)
        store.renew("bob", 0.0)
        assert store.living() == {"ann"}
        store.leave("ann")
        assert store.living() == frozenset()
        assert [store.lose(3, leg) for leg in (0, 0, 1, 2)] == [1, 1, 2, 3]
        assert store.lose(4, 0) == 1


def a_claim_keeps_others_out_for_a_bounded_time(url: str) -> None:
    setup = promotion()
    ann, bob = opened(url, setup), opened(url, setup)
    with ann, bob:
        state = hb.initial(setup)
        event = hb.Ask("w")
        action = hb.choose(state, event)
        ann.claim(2, 10.0)  # two lost races are not enough
        bob.append(event, action, 0.0)
        state = ann.catch_up(state)
        ann.claim(3, 10.0)
        after = hb.advance(hb.initial(setup), event, action)
        again = hb.Ask("v")
        with pytest.raises(Behind, match="claimed"):
            bob.append(again, hb.choose(after, again), 0.0)
        bob.claim(3, 10.0)  # it is taken
        ann.append(again, hb.choose(state, again), 0.0)
        ann.unclaim()
        after = bob.catch_up(after)
        third = hb.Ask("u")
        bob.append(third, hb.choose(after, third), 0.0)
        assert ann.store.claim("ann", 0.0)
        assert ann.store.claim("ann", 0.0)  # one's own may be renewed, and one that is over taken
        assert ann.store.claim("bob", 0.0)


def an_answer_that_was_lost_is_found_by_reading(url: str) -> None:
    """The same line appended again by its writer is there; by anybody else it is a lost race."""
    setup = promotion()
    with opened(url, setup) as journal:
        store: Store = journal.store
        head = next(iter(store.lines(0)))
        line = Stored(1, bytes(32), b"{}\n")
        assert store.append([line], head.digest, "ann")
        assert store.append([line], head.digest, "ann")
        assert not store.append([line], head.digest, "bob")
        assert not store.append([Stored(2, bytes(32), b"{}\n")], head.digest, "ann")  # the log ends otherwise
        with pytest.raises(JournalError, match="line 2: the line does not end with a hash"):
            journal.catch_up(hb.initial(setup))


def many_threads_of_two_sessions_race(url: str, folder: Path) -> None:
    """Races for every record: the log is whole, the budget is kept, every trial is somewhere."""

    def work(one: hb.Session, name: str) -> None:
        while (trial := one.ask(worker=name)) is not None:
            for epoch in trial.epochs():
                trial.report(epoch, abs(float(trial.config["x"]) - 0.3) / epoch)

    with session(url, folder, max_trials=12, warn=lambda text: None) as ann:
        with session(url, folder, max_trials=12, warn=lambda text: None) as bob:
            threads = [threading.Thread(target=work, args=(one, f"w{n}")) for one in (ann, bob) for n in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
            assert not any(thread.is_alive() for thread in threads)
        assert ann.done
        assert len(ann.state.trials) == 12
        assert not ann.state.trials.running
        ended = {trial.number for trial in ann.state.trials if trial.status is hb.Status.ENDED}
        best = ann.state.best
    assert best is not None
    left = {int(path.name.removeprefix("trial-")) for path in (folder / "checkpoints").glob("trial-*")}
    assert left & ended == {best.trial} & ended  # the last to leave has cleared up
    found = verify_file(address(url))
    assert found.ok
    records = hb.read_journal(address(url))[1]
    elapsed = [record.elapsed for record in records]
    assert elapsed == sorted(elapsed)
    processes = {record.event.worker.rpartition("@")[2] for record in records if isinstance(record.event, hb.Ask)}
    assert sum(record.session is not None for record in records) == len(processes)  # each says once what it runs on


def a_slow_decision_is_not_overtaken_for_ever(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One session thinks long, another one appends all the time: after three lost races the first one has its turn."""
    most, counted, is_over = 50_000, 0, threading.Event()  # far beyond what a fast machine appends in four turns

    def slow(state: hb.State, event: hb.Event) -> hb.Action:
        if isinstance(event, hb.Ask) and event.worker.startswith("slow"):
            time.sleep(0.1)
        return hb.choose(state, event)

    monkeypatch.setattr("pure_hb.session.deciding.choose", slow)
    with session(url, folder) as ann, session(url, folder) as bob:

        def append_all_the_time() -> None:
            nonlocal counted
            while counted < most and not is_over.is_set():
                bob.decide(hb.Ask(f"fast-{counted}"))
                counted += 1

        fast = threading.Thread(target=append_all_the_time)
        fast.start()
        try:
            assert ann.decide(hb.Ask("slow")).logged
        finally:
            is_over.set()
            fast.join(60)
        assert counted < most, counted
        events = [record.event for record in hb.read_journal(address(url))[1]]
        assert isinstance(events[0], hb.Ask)
        assert not events[0].worker.startswith("slow")  # it did lose races


def a_snapshot_is_used(url: str, folder: Path) -> None:
    with session(url, folder, snapshot_every=1) as one:
        trial = one.ask(worker="w")
        assert trial is not None
        trial.report(1, 0.5)
    with open_shared_journal(address(url), promotion()).journal as journal:
        assert journal.snapshot == 2
        journal.store.save_snapshot(1, b"older")  # an older one does not replace it
    assert verify_file(address(url)).ok
    with open_shared_journal(address(url), promotion()).journal as journal:
        assert journal.snapshot == 2
        journal.store.save_snapshot(3, b"not one")
    found = open_shared_journal(address(url), promotion())
    found.journal.close()
    assert found.state.clock == 2
    assert found.unusable_snapshot is not None
    assert f"the snapshot of {address(url)}" in found.unusable_snapshot


def work_counts_while_somebody_lives(url: str) -> None:
    """Seconds of work begin where the log ends if nobody lives, and go on if somebody does."""
    with opened(url, promotion()) as journal:
        ann = Member(journal, 100.0)
        begun = ann.elapsed()
        assert 0.0 <= begun < 50.0
        with opened(url, promotion()) as other:
            bob = Member(other, 100.0)
            assert bob.elapsed() >= begun
            assert not ann.is_alone()
            bob.close()
        assert ann.is_alone()
        assert ann.utc() > "2026"
        ann.close()
        ann.close()
