"""IS A JOURNAL TRUE, AS A FILE? Its chain, its decisions, and the snapshot beside it.

`pure_hb.journal.verify` decides pairs again, wherever they come from. Here is what a file adds: who decided, by which
rules and on which machine, and a snapshot that says it is the state after one of the records.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from attrs import frozen

from pure_hb.codec import to_json
from pure_hb.journal.origin import Origin, current_origin
from pure_hb.journal.reader import Reader, Torn, header_of, open_for_reading, read_journal, unusable
from pure_hb.journal.records import Head, Header, Record
from pure_hb.journal.replay import Difference, Verification, differences, step, verify
from pure_hb.journal.snapshot import Snapshot, SnapshotError
from pure_hb.journal.snapshot_file import read_snapshot
from pure_hb.machine import RULES_VERSION, initial

_NUMERICAL: Final = ("numpy", "scipy")
"""Libraries whose version may change the last bit of a number."""


@frozen
class FileVerification:
    """What `verify_file` found."""

    header: Header
    torn: Torn | None
    declined: str | None
    """Why the decisions were not made again, if they were not."""
    same_platform: bool
    """Whether all sessions ran on what this process runs on; else numbers may differ a little."""
    decisions: Verification | None
    """None if they were not made again."""
    unusable_snapshot: str | None
    """Why the snapshot beside the journal cannot be used, if it cannot: nobody believes it."""
    snapshot: tuple[Difference, ...]
    """Where the snapshot beside the journal says something else than the log."""

    @property
    def ok(self) -> bool:
        """Whether all decisions were made again and agree, and so does the snapshot."""
        return self.decisions is not None and self.decisions.ok and not self.snapshot


def verify_file(path: str | Path) -> FileVerification:
    """Decides every event of a journal again, and compares the snapshot beside it with what the log says.

    Decisions under other rules than those of this version are not made again: the log can be read, folded and gone on
    with, but whether it was decided well only the version that decided can tell.

    Raises:
        JournalError: if it cannot be read, or is damaged.
        ReplayError: naming the first record that cannot follow on those before it.
    """
    header, records, torn = read_journal(path)
    here = current_origin(header.setup, 0.0)
    origins = _origins(header, records)
    same = all(_alike(one, here) for one in origins)
    foreign = sorted({one.rules for one in origins} - {RULES_VERSION})
    declined, decisions = None, None
    if foreign:
        declined = (
            f"{path}: decided under version {', '.join(map(str, foreign))} of the rules, and this version of pure_hb "
            f"decides by version {RULES_VERSION}; to verify it use pure_hb {_writers(origins)}"
        )
    else:
        decisions = verify(header.setup, ((one.event, one.action) for one in records), same_platform=same)
    unusable_snapshot, found = None, tuple[Difference, ...]()
    try:
        found = _snapshot_differences(path)
    except SnapshotError as error:
        unusable_snapshot = str(error)
    return FileVerification(header, torn, declined, same, decisions, unusable_snapshot, found)


def _origins(header: Header, records: Iterable[Record]) -> tuple[Origin, ...]:
    begun = Origin(header.rules, header.versions, header.platform, 0.0)
    return (begun, *(record.session for record in records if record.session is not None))


def _alike(one: Origin, other: Origin) -> bool:
    same_libraries = all(one.versions.get(name) == other.versions.get(name) for name in _NUMERICAL)
    return one.platform == other.platform and same_libraries


def _writers(origins: Iterable[Origin]) -> str:
    return " or ".join(
        sorted({one.versions.get("pure_hb", "unknown") for one in origins if one.rules != RULES_VERSION})
    )


def _snapshot_differences(path: str | Path) -> tuple[Difference, ...]:
    """Where the snapshot beside a journal differs from the log; nothing if there is none. Raises `SnapshotError`."""
    try:
        with open_for_reading(path) as file:
            reader = Reader(file, str(path))
            setup = header_of(reader).setup
            snapshot = read_snapshot(Path(path).resolve(), setup)
            if snapshot is None:
                return ()
            state = initial(setup)
            records = iter(reader)
            while state.clock < snapshot.head.number:
                record = next(records, None)
                if record is None:
                    return (Difference("$.number", snapshot.head.number, f"{state.clock}, the last of the log"),)
                state = step(state, record.number, record.event, record.action)
            head = Head(state.clock, reader.digest, reader.offset + len(reader.mend), reader.elapsed)
            return tuple(differences(_as_json(snapshot), _as_json(Snapshot(head, state))))
    except OSError as error:
        raise unusable(path, error) from None


def _as_json(snapshot: Snapshot) -> dict[str, object]:
    head = snapshot.head
    state = to_json(snapshot.state)
    return {"record": head.digest.hex(), "offset": head.offset, "elapsed": head.elapsed, "state": state}
