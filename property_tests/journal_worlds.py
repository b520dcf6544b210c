"""WHAT CAN HAPPEN TO A JOURNAL? Every crash of a short run, and every order of two writers: the journal's explorer.

Real files, so that nothing about them is supposed; but the disk loses power on purpose. What was synced is there then;
of what was written after that any part may be, from the beginning on. What must hold is one sentence: whatever was
acknowledged is read again, in its order, and the run goes on.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import define, evolve, field

import pure_hb as hb
from pure_hb.journal import JournalError, Opened, open_file_journal
from pure_hb.testing import Pick, every
from tests.logs import SETUP, assert_verifies, busy, pairs

RECORDS: Final = 3


class PowerLost(BaseException):
    """The machine is off: no handler of errors runs any more."""


@define
class Disk:
    """The calls that change a file, counted. At call number ``last`` the power is lost, before it or after it."""

    path: Path
    last: int
    before: bool
    calls: int = 0
    synced: int = 0
    """So many bytes are there whatever comes."""
    left: bytes | None = None
    """What the file held, as its writer saw it, when the power was lost."""
    _kept: dict[str, Any] = field(factory=dict)

    def plug_in(self, patch: pytest.MonkeyPatch) -> None:
        """From now on calls go through here."""
        for name in ("write", "fsync", "ftruncate"):
            self._kept[name] = getattr(os, name)
            patch.setattr(os, name, lambda *arguments, name=name: self._call(name, *arguments))

    def _call(self, name: str, *arguments: Any) -> Any:
        self.calls += 1
        if self.calls == self.last and self.before:
            self._lose()
        given = self._kept[name](*arguments)
        if name == "fsync":
            self.synced = self.path.stat().st_size
        if self.calls == self.last:
            self._lose()
        return given

    def _lose(self) -> None:
        self.left = self.path.read_bytes()
        raise PowerLost

    def rests(self) -> Iterator[bytes]:
        """What may be found afterwards: all that was synced, and nothing, some or all of the rest."""
        assert self.left is not None
        kept, size = min(self.synced, len(self.left)), len(self.left)
        for length in sorted({kept, min(kept + 1, size), (kept + size) // 2, max(kept, size - 1), size}):
            yield self.left[:length]


def survive_every_crash(folder: Path) -> None:
    """Lose power at each call of a run, before it and after it, and open what is left.

    Raises:
        AssertionError, JournalError: if an acknowledged record is gone, or the run cannot go on.
    """
    log, crashes, number = busy(RECORDS).log, 0, 1
    while found := _run(folder, number, True):
        for before, (disk, acknowledged) in ((True, found), (False, _run(folder, number, False) or found)):
            for place, rest in enumerate(disk.rests()):
                path = folder / f"{number}-{before}-{place}.jsonl"
                path.write_bytes(rest)
                _goes_on(path, log, acknowledged)
                crashes += 1
        number += 1
    assert crashes > 4 * RECORDS, "a run makes more calls than that"


def _run(folder: Path, last: int, before: bool) -> tuple[Disk, int] | None:
    """The disk after a crash, and how many records were acknowledged; None if the run ended without one."""
    path = folder / "run.jsonl"
    disk, acknowledged, opened = Disk(path, last, before), 0, None
    with pytest.MonkeyPatch.context() as patch:
        disk.plug_in(patch)
        try:
            opened = open_file_journal(path, SETUP, timed=False)
            for event, action in busy(RECORDS).log:
                opened.journal.append(event, action, 0.0)
                acknowledged += 1
            assert disk.left is None
            return None
        except PowerLost:
            return disk, acknowledged
        finally:
            patch.undo()
            if opened is not None:
                opened.journal.close()
            path.unlink(missing_ok=True)


def _goes_on(path: Path, log: list[tuple[hb.Event, hb.Action]], acknowledged: int) -> None:
    with open_file_journal(path, SETUP, timed=False).journal as journal:
        assert journal.number >= acknowledged, f"{acknowledged} records were acknowledged, {journal.number} are left"
        for event, action in log[journal.number :]:
            journal.append(event, action, 0.0)
    assert pairs(assert_verifies(path)) == log


# ---- two writers ---------------------------------------------------------------------------------------------------


@define
class Writer:
    """Somebody who opens a journal, has two workers ask, and closes it. Whoever is refused goes away."""

    name: str
    path: Path
    opened: Opened | None = None
    step: int = 0
    acknowledged: list[tuple[hb.Event, hb.Action]] = field(factory=list)

    STEPS = 4

    def go_on(self) -> None:
        """The next step."""
        self.step += 1
        if self.step == 1:
            self._open()
        elif self.opened is None:
            self.step = self.STEPS
        elif self.step == self.STEPS:
            self.opened.journal.close()
        else:
            self._append(self.opened)

    def _open(self) -> None:
        try:
            self.opened = open_file_journal(self.path, SETUP, timed=False)
        except JournalError as error:
            assert "is writing this journal" in str(error), error  # noqa: PT017  # any other refusal is a fault

    def _append(self, opened: Opened) -> None:
        event = hb.Ask(f"{self.name} {self.step}")
        after, action = hb.decide(opened.state, event)
        opened.journal.append(event, action, 0.0)
        self.opened = evolve(opened, state=after)
        self.acknowledged.append((event, action))


def survive_every_order(folder: Path) -> None:
    """Let two writers take their steps in every order, in one journal.

    Raises:
        AssertionError, JournalError: if the journal is not whole afterwards, with all that was acknowledged to either.
    """
    orders = refused = 0
    for number, writers in enumerate(every(lambda pick: _order(folder, pick))):
        acknowledged = [pair for writer in writers for pair in writer.acknowledged]
        orders, refused = number + 1, refused + any(writer.opened is None for writer in writers)
        path = writers[0].path
        assert sorted(map(repr, pairs(assert_verifies(path)))) == sorted(map(repr, acknowledged))
        path.unlink()
    assert orders > refused > 0, "some overlap, and some do not"


def _order(folder: Path, pick: Pick) -> tuple[Writer, ...]:
    writers = tuple(Writer(name, folder / "shared.jsonl") for name in ("ann", "bob"))
    try:
        while going := tuple(writer for writer in writers if writer.step < Writer.STEPS):
            pick(going).go_on()
    finally:
        for writer in writers:
            if writer.opened is not None:
                writer.opened.journal.close()
    return writers
