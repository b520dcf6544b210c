"""Would anybody notice? The seven named mutants: each is found by an exhaustive search and by the random suites, alone.

Five are of the machine: the explorer finds them in two small worlds, and so do the Hypothesis state machine, the
invariants and the twin of `test_faults.py`. Two are of the journal, of which no state of the machine speaks: there what
is exhaustive are all crashes, and all orders of two writers (`journal_worlds.py`), and what is at random or by example
is the journal's own suite. Without a mutant all of these pass.
"""

import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import pytest
from attrs import evolve, frozen
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

import pure_hb.journal.file as journal_file
import pure_hb.journal.opening as journal_opening
import pure_hb.machine.telling as telling
from property_tests import journal_worlds, test_faults
from property_tests.beside import machine
from property_tests.small_worlds import FEW, NAN, SmallWorld, rungs, workers
from pure_hb import testing
from pure_hb.journal import JournalError
from pure_hb.journal.file import FileJournal
from pure_hb.journal.records import Head
from pure_hb.machine import ImpossibleError
from pure_hb.testing import Tally
from pure_hb.testing.small_setups import TYPES
from tests import test_journal_writing

Patch = pytest.MonkeyPatch
Suite = Callable[[Path], None]

# ---- the suites ----------------------------------------------------------------------------------------------------

WORLDS: Final = tuple(
    SmallWorld(type, rungs(2, type, max_resource=2), workers(FEW, (0.0, 1.0, NAN), max_resource=2)) for type in TYPES
)


def by_explorer(folder: Path) -> None:
    for small in WORLDS:
        assert small.explore().check().whole


def by_stateful(folder: Path) -> None:
    few = settings(max_examples=200, stateful_step_count=40, phases=(Phase.generate,), report_multiple_bugs=False)
    for type in TYPES:
        run_state_machine_as_test(machine(testing.setups(type=type), Tally(())), settings=few)


def by_invariants(folder: Path) -> None:
    test_faults.by_invariants()


def by_twin(folder: Path) -> None:
    test_faults.by_twin()


def by_every_crash(folder: Path) -> None:
    journal_worlds.survive_every_crash(folder)


def by_every_order(folder: Path) -> None:
    journal_worlds.survive_every_order(folder)


def by_journal_suite(folder: Path) -> None:
    """Of the journal's tests, those of what is acknowledged, of one writer, and of what is read."""
    for number, test in enumerate(_JOURNAL_TESTS):
        (folder / str(number)).mkdir()
        with Patch.context() as patch:
            test(folder / str(number), patch)


_JOURNAL_TESTS: Final[tuple[Callable[[Path, Patch], None], ...]] = (
    test_journal_writing.test_every_record_is_on_the_disk_before_it_is_acknowledged,
    lambda folder, _: test_journal_writing.test_the_same_process_cannot_open_it_twice_and_is_told_so(folder),
    lambda folder, _: test_journal_writing.test_a_journal_that_is_written_may_be_read(folder),
)


# ---- the mutants ---------------------------------------------------------------------------------------------------


def nan_let_through(patch: Patch) -> None:
    """It is judged like any value."""
    patch.setattr(telling, "math", SimpleNamespace(isfinite=lambda value: True, inf=math.inf))


def missing_sync(patch: Patch) -> None:
    """A record is acknowledged as soon as it is written."""

    def write(self: FileJournal, data: bytes, head: Head) -> None:
        self._cut_unfinished()
        journal_file.write_all(self._file.fileno(), data)
        self._batch, self._written, self.head, self._unfinished = b"", head, head, False

    patch.setattr(FileJournal, "_write", write)


def stale_compare(patch: Patch) -> None:
    """Nobody makes sure that the head which a writer has read is still the last record when it appends: no lock."""
    patch.setattr(journal_opening, "_lock", lambda file, path: None)


def stale_head(patch: Patch) -> None:
    """The same within one writer: it goes on from the record before its last one."""
    write = FileJournal._write

    def stale(self: FileJournal, data: bytes, head: Head) -> None:
        before = self.head
        write(self, data, head)
        self.head = evolve(head, digest=before.digest)

    patch.setattr(FileJournal, "_write", stale)


@frozen
class Mutant:
    """A fault, and all that must find it."""

    name: str
    plant: Callable[[Patch], None]
    found_by: tuple[Suite, ...]


OF_MACHINE: Final = (by_explorer, by_stateful, by_invariants, by_twin)

MUTANTS: Final = (
    Mutant("cutoff off by one", test_faults.cutoff_off_by_one, OF_MACHINE),
    Mutant("a promotion twice", test_faults.promoted_entry_still_waits, OF_MACHINE),
    Mutant("tie order turned", test_faults.ties_turned, OF_MACHINE),
    Mutant("a pause forgotten", test_faults.pause_forgotten, OF_MACHINE),
    Mutant("a NaN let through", nan_let_through, OF_MACHINE),
    Mutant("a missing sync", missing_sync, (by_every_crash, by_journal_suite)),
    Mutant("a stale compare", stale_compare, (by_every_order, by_journal_suite)),
    Mutant("a stale head", stale_head, (by_every_crash, by_every_order, by_journal_suite)),
)

CASES: Final = [(mutant, suite) for mutant in MUTANTS for suite in mutant.found_by]
SUITES: Final = tuple(dict.fromkeys(suite for _, suite in CASES))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # what a failing test left open
@pytest.mark.parametrize(("mutant", "suite"), CASES, ids=lambda value: getattr(value, "name", None) or value.__name__)
def test_a_mutant_is_found(mutant: Mutant, suite: Suite, tmp_path: Path, monkeypatch: Patch) -> None:
    mutant.plant(monkeypatch)
    with pytest.raises((AssertionError, ImpossibleError, JournalError, pytest.fail.Exception)):
        suite(tmp_path)


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.__name__)
def test_without_a_mutant_every_suite_passes(suite: Suite, tmp_path: Path) -> None:
    suite(tmp_path)
