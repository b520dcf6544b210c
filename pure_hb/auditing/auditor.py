"""IS A LOG TRUE, AND DID EVERY STEP KEEP THE INVARIANTS? `audit`: all checks of a run, in one table.

For a journal, the hash chain is checked, every event is decided again (`pure_hb.journal.verify_file`), and every
invariant is checked for each step. For the history of another scheduler, only the invariants are checked: it has no
hash chain, and its decisions cannot be made again here.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from attrs import field, frozen

from pure_hb.auditing.invariants import INVARIANTS, Invariant, Violation
from pure_hb.auditing.parts import faults, notes, parts
from pure_hb.auditing.steps import Step
from pure_hb.journal import (
    Address,
    JournalError,
    KnownHead,
    Part,
    Place,
    ReplayError,
    place_of,
    read_journal,
    verify_file,
)
from pure_hb.journal.reader import read_header_of
from pure_hb.journal.replay import step as replayed
from pure_hb.machine import initial
from pure_hb.space.showing import cut

_PART_OF: Final = {"chain": "", "decisions": "PURE", "fits": "PURE", "evidence": "EVIDENCE"}
"""Part of a verification -> the law that it examines."""
_LONGEST: Final = 400
"""The most characters of a fault that are shown."""
_MOST: Final = 20
"""The most faults that are printed; ``Audit.faults`` has all."""


@frozen
class Checked:
    """One row of an audit: a part of a log, or an invariant."""

    name: str
    law: str
    """The law that it examines a part of; see `Invariant.law`. Empty: none, such as for the chain of a file."""
    examined: int
    """The number of records, fits or steps that were looked at."""
    result: str
    """What was found, in a phrase."""
    ok: bool | None
    """Whether no fault was found; None: it could not be examined."""
    meaning: str = ""
    """What an invariant says, in a sentence."""


@frozen
class Audit:
    """The result of `audit`. Printed, it is a table of its rows with the faults below."""

    subject: str
    """What was audited, for the first line."""
    rows: tuple[Checked, ...]
    """What was examined, and with what result."""
    faults: tuple[str, ...]
    """Every fault in words, in order of the rows, then of the log."""
    violations: tuple[Violation, ...] = ()
    """The violations of invariants. ``number`` counts the steps from 0: record 1 of a journal is step 0."""
    notes: tuple[str, ...] = ()
    """Facts that are not faults, such as a torn last line."""
    declined: str | None = field(default=None)
    """Why something could not be examined; None if all could."""

    @property
    def ok(self) -> bool:
        """Whether everything could be examined, and no fault was found."""
        return self.declined is None and not self.faults

    def __str__(self) -> str:
        shown = [cut(fault, _LONGEST) for fault in self.faults[:_MOST]]
        if len(self.faults) > _MOST:
            shown.append(f"and {len(self.faults) - _MOST} more faults")
        return "\n".join([self.subject, *_table(self.rows), *shown, *([self.declined] if self.declined else [])])


def audit(
    log: str | Place | Iterable[Step],
    *,
    invariants: Iterable[Invariant] = INVARIANTS,
    strict: bool = False,
    head: KnownHead | None = None,
) -> Audit:
    """Checks a journal or a history: its chain of hashes, its decisions, fits and evidence, and every invariant.

    Args:
        log: the path of a journal, or a history: steps that `pure_hb.auditing.history` takes with any ``decide``, or
            that `pure_hb.auditing.history_of_log` makes of (event, action) pairs.
        invariants: the statements to check; those of this library by default. Your own may be among them.
        strict: as for `verify`; of a history it changes nothing.
        head: the number and hash of a record that were written down elsewhere: the journal must still have it.

    Raises:
        JournalError: if there is no such journal, or it cannot be read at all. A damaged one is a fault, not an error.
        TypeError: if ``log`` is neither a path nor steps.
    """
    chosen = tuple(invariants)
    if isinstance(log, str | Path | Address):
        return _of_file(place_of(log), chosen, strict, head)
    found = _Pass(chosen)
    for one in log if isinstance(log, Iterable) else (log,):
        if not isinstance(one, Step):
            raise TypeError(
                f"audit takes the path of a journal or steps, got a {type(one).__name__}; make steps of pairs with "
                "pure_hb.auditing.history_of_log(setup, pairs)"
            )
        found.see(one)
    said = f"a history of {found.steps} steps"
    return Audit(said, found.rows(), found.faults(), tuple(found.violations))


# ---- a journal -----------------------------------------------------------------------------------------------------


def _of_file(path: Place, invariants: tuple[Invariant, ...], strict: bool, head: KnownHead | None) -> Audit:
    if isinstance(path, Address):
        read_header_of(path)  # raises an error if there is none
    elif not path.is_file():
        read_journal(path)  # raises the error that says so
    try:
        verified = verify_file(path, strict=strict, head=head)
    except JournalError as error:
        rest = (Checked(name, law, 0, "not examined", None) for name, law in list(_PART_OF.items())[1:])
        rows: tuple[Checked, ...] = (Checked("chain", "", 0, "broken", False), *rest)
        return Audit(f"{path}: damaged", rows, (str(error),))
    decisions = verified.decisions
    found = _of_records(path, invariants)
    fault = list(faults(path, verified, decisions)) if decisions is not None else []
    if decisions is None:
        rows = (
            Checked("chain", "", verified.head.number, "whole", True),
            *(Checked(name, law, 0, "not decided again", None) for name, law in list(_PART_OF.items())[1:]),
        )
    else:
        wrong = {"decisions": Part.DECISION, "fits": Part.FIT, "evidence": Part.EVIDENCE}
        rows = tuple(
            Checked(
                name,
                _PART_OF[name],
                decisions.fits if name == "fits" else decisions.records,
                text,
                not (name in wrong and decisions.of(wrong[name])),
            )
            for name, text in parts(decisions).items()
        )
    return Audit(
        f"{path}: {verified.head.number} records, head {verified.head}",
        (*rows, *found.rows()),
        (*fault, *found.faults(path)),
        tuple(found.violations),
        tuple(notes(verified)),
        verified.declined,
    )


def _of_records(path: Place, invariants: tuple[Invariant, ...]) -> "_Pass":
    """The steps of a journal, up to the first impossible one."""
    header, records, _ = read_journal(path)
    found, state = _Pass(invariants), initial(header.setup)
    for record in records:
        try:
            after = replayed(state, record.number, record.event, record.action)
        except ReplayError:
            break  # the verification reports it
        found.see(Step(state, record.event, record.action, after))
        state = after
    return found


# ---- invariants ----------------------------------------------------------------------------------------------------


class _Pass:
    """Checks invariants for one step after the other."""

    def __init__(self, invariants: tuple[Invariant, ...]) -> None:
        self.steps = 0
        self.violations: list[Violation] = []
        self._invariants = invariants

    def see(self, step: Step) -> None:
        """Check all invariants for one step."""
        for invariant in self._invariants:
            what = invariant.holds(step)
            if what is not None:
                self.violations.append(Violation(self.steps, invariant, what))
        self.steps += 1

    def rows(self) -> tuple[Checked, ...]:
        """A row for each invariant."""
        return tuple(map(self._row, self._invariants))

    def _row(self, invariant: Invariant) -> Checked:
        violated = [one for one in self.violations if one.invariant is invariant]
        result = "holds" if not violated else f"violated {len(violated)} times, first by step {violated[0].number}"
        return Checked(invariant.name, invariant.law, self.steps, result, not violated, invariant.meaning)

    def faults(self, path: Place | None = None) -> tuple[str, ...]:
        """The violations in words."""
        return tuple(self._faults(path))

    def _faults(self, path: Place | None) -> Iterator[str]:
        for one in self.violations:
            yield str(one) if path is None else f"{path} line {one.number + 2}: {one}"


def _table(rows: tuple[Checked, ...]) -> list[str]:
    cells = [("what", "law", "examined", "found"), *((r.name, r.law, str(r.examined), r.result) for r in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(4)]
    return [f"  {a.ljust(widths[0])}  {b.ljust(widths[1])}  {c.rjust(widths[2])}  {d}".rstrip() for a, b, c, d in cells]
