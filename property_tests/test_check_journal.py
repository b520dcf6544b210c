"""Does `check_journal` pass a sound store, ours and others, and find a broken one with few steps?"""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

import pure_hb as hb
from pure_hb.codec import canonical, from_json, parse, to_json
from pure_hb.journal import JournalError, Record, open_file_journal
from pure_hb.journal.replay import fold
from pure_hb.testing import JournalBroken, Store, check_journal, odd_log
from pure_hb.testing.journal_check import Append, Close, Kill, Open, Read, _Run


class Turns:
    """A sound store in memory: any number of writers, who take turns by compare-and-swap."""

    logs: ClassVar[dict[str, list[bytes]]] = {}

    def __init__(self, name: str) -> None:
        self.log = self.logs.setdefault(name, [])
        self.number = len(self.log)
        self.open = True

    def append(self, *what: Any) -> Any:
        if not self.open or self.number != len(self.log):
            raise JournalError("the log has gone on")
        return self.put(Record(self.number + 1, *what))

    def put(self, record: Record) -> Any:
        self.log.append(canonical(to_json(record)))
        self.number = record.number

    def read(self) -> list[Record]:
        return [from_json(parse(line), Record) for line in self.log]

    def close(self) -> None:
        self.open = False


class Lines:
    """A sound enough store in a file, without a lock: what is written is found again."""

    def __init__(self, path: Path) -> None:
        self.file = open(path, "a+b", buffering=0)  # noqa: SIM115  # it stays open
        self.number = len(self.read())

    def append(self, *what: Any) -> Any:
        if self.file.closed or self.number != len(self.read()):
            raise JournalError("the log has gone on")
        self.number += 1
        self.file.write(canonical(to_json(Record(self.number, *what))) + b"\n")

    def read(self) -> list[Record]:
        self.file.seek(0)
        return [from_json(parse(line), Record) for line in self.file.read().splitlines()]

    def close(self) -> None:
        self.file.close()


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Turns, "logs", {})


# ---- the log -------------------------------------------------------------------------------------------------------


def test_the_log_holds_what_is_hard_to_keep() -> None:
    setup, log = odd_log()
    assert fold(setup, [(record.event, record.action) for record in log]).clock == len(log) > 100
    text = b"\n".join(canonical(to_json(record)) for record in log).decode()
    for part in (
        '"nan"',
        '"inf"',
        '"-inf"',
        ":-0.0",
        "5e-324",
        "1.7976931348623157e+308",
        "\U0001f642",
        "\\u0000",
        "\u202e",
    ):
        assert part in text, part
    assert {type(record.event) for record in log} == {*hb.protocol.EVENTS} - {hb.Fitted}


# ---- sound stores --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sync", ["record", "batch"])
def test_our_journal_keeps_all_it_acknowledges(tmp_path: Path, sync: Any) -> None:
    def journal(name: str, setup: hb.Setup) -> Store:
        return open_file_journal(tmp_path / name, setup, sync=sync).journal

    if sync == "record":
        occurred = dict(check_journal(journal).occurred)
        assert occurred["a process is killed"] > 5
        assert occurred["a second writer is refused"] > 10
        assert occurred["a closed store refuses to append"] > 10
    else:  # it promises less: what a killed process has in memory is lost
        check_journal(journal, kill=False)
        with pytest.raises(JournalBroken, match=r"of \d acknowledged records 0 come back") as caught:
            check_journal(journal)
        assert caught.value.schedule in ((Kill(1),), (Kill(2),), (Kill(3),))


def test_a_store_whose_writers_take_turns_passes() -> None:
    checked = check_journal(lambda name, setup: Turns(name), kill=False)
    occurred = dict(checked.occurred)
    assert checked.schedules == 21
    assert occurred["a second writer is let in"] > 10
    assert occurred["a writer that has missed a record is refused"] > 10
    assert "a process is killed" not in occurred


def test_a_file_without_a_lock_passes_where_writers_do_not_meet_in_time(tmp_path: Path) -> None:
    checked = check_journal(lambda name, setup: Lines(tmp_path / name), refusal=(JournalError, ValueError))
    assert dict(checked.occurred)["a process is killed"] > 5


# ---- broken ones ---------------------------------------------------------------------------------------------------


class Overwrites(Turns):
    """Appends at the place that it knows, whoever else has been there."""

    def append(self, *what: Any) -> Any:
        if not self.open:
            raise JournalError("closed")
        del self.log[self.number :]
        return self.put(Record(self.number + 1, *what))


class AddsAtTheEnd(Turns):
    """Appends at the end, whatever has come there since."""

    def append(self, *what: Any) -> Any:
        if not self.open:
            raise JournalError("closed")
        return self.put(Record(len(self.log) + 1, *what))


class RoundsNumbers(Turns):
    """Keeps numbers to fifteen digits, as some databases do."""

    def put(self, record: Record) -> Any:
        super().put(record)
        rounded = json.loads(self.log[-1], parse_float=lambda text: float(f"{float(text):.15g}"))
        self.log[-1] = json.dumps(rounded).encode()


class NullForNaN(Turns):
    """Has no NaN."""

    def put(self, record: Record) -> Any:
        super().put(record)
        self.log[-1] = self.log[-1].replace(b'"nan"', b"0.0")


class WritesOnAfterClosing(Turns):
    """Does not notice that it was closed."""

    def close(self) -> None:
        pass


class Begins(Turns):
    """Begins anew when it is opened again."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.log.clear()
        self.number = 0


class Buffers(Lines):
    """Acknowledges before it has written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.file.close()
        self.file = open(path, "a+b")  # type: ignore[assignment]  # noqa: SIM115  # the buffer is the fault


class LeavesItsLock(Lines):
    """Its lock is a file, which nobody takes away when the process is killed."""

    def __init__(self, path: Path) -> None:
        self.lock = path.with_suffix(".lock")
        try:
            self.lock.touch(exist_ok=False)
        except FileExistsError:
            raise JournalError("somebody writes") from None
        super().__init__(path)

    def close(self) -> None:
        super().close()
        self.lock.unlink(missing_ok=True)


IN_MEMORY: list[tuple[Callable[[str], Store], str, int]] = [
    (Overwrites, "ann knows|bob knows", 4),
    (AddsAtTheEnd, "ann knows|bob knows", 4),
    (RoundsNumbers, "comes back as", 2),
    (NullForNaN, "comes back as", 12),
    (WritesOnAfterClosing, "a store that was closed still appends", 2),
    (Begins, r"of \d acknowledged records 0 come back", 3),
]


@pytest.mark.parametrize(("store", "what", "most"), IN_MEMORY, ids=lambda value: getattr(value, "__name__", None))
def test_a_broken_store_is_found_with_few_steps(store: Callable[[str], Store], what: str, most: int) -> None:
    with pytest.raises(JournalBroken, match=what) as caught:
        check_journal(lambda name, setup: store(name), kill=False)
    broken = caught.value
    assert len(broken.schedule) <= most, str(broken)
    assert all(repr(step) in str(broken) for step in broken.schedule)


IN_FILES: list[tuple[Callable[[Path], Store], str, int]] = [
    (Buffers, r"of \d acknowledged records 0 come back", 1),
    (LeavesItsLock, "JournalError was raised: somebody writes", 1),
]


@pytest.mark.parametrize(("store", "what", "most"), IN_FILES, ids=lambda value: getattr(value, "__name__", None))
def test_a_store_that_does_not_survive_a_kill_is_found(
    tmp_path: Path, store: Callable[[Path], Store], what: str, most: int
) -> None:
    with pytest.raises(JournalBroken, match=what) as caught:
        check_journal(lambda name, setup: store(tmp_path / name), refusal=(JournalError, ValueError))
    assert len(caught.value.schedule) <= most, str(caught.value)
    assert isinstance(caught.value.schedule[0], Kill)


def test_the_message_says_where_and_shows_the_steps() -> None:
    with pytest.raises(JournalBroken) as caught:
        check_journal(lambda name, setup: Overwrites(name), kill=False)
    first, *others = str(caught.value).splitlines()
    assert first.startswith(f"at step 3 under seed {caught.value.seed}: ")
    assert "knows 0 records of 1, but could append" in first
    assert others[0] == "  The fewest steps found that show it:"
    assert sorted(type(step).__name__ for step in caught.value.schedule) == ["Append", "Append", "Open", "Open"]


def test_steps_that_cannot_be_made_are_passed_over() -> None:
    """A schedule stays one when steps are left out of it: that is what shrinking needs."""
    run = _Run(lambda name, setup: Turns(name), "a", *odd_log(), JournalError, Counter())
    assert run.breach((Append("ann"), Read("ann"), Close("bob"), Open("ann"), Open("ann"))) is None
