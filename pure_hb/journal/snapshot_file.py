"""WHERE IS A SNAPSHOT KEPT? In a file beside its journal, written completely or not at all."""

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NoReturn

from pure_hb.journal.address import Address, Place
from pure_hb.journal.differences import Difference
from pure_hb.journal.records import Head
from pure_hb.journal.regular import JournalError, open_at_once
from pure_hb.journal.snapshot import Snapshot, SnapshotError, contradictions, number_of, restored, snapshot_lines
from pure_hb.journal.stores import open_store
from pure_hb.machine import Setup


def snapshot_path(journal: str | Path) -> Path:
    """The path of the snapshot of a journal: ``run.jsonl.snapshot`` for ``run.jsonl``."""
    return Path(f"{os.fspath(journal)}.snapshot")


def read_snapshot(journal: str | Place, setup: Setup) -> Snapshot | None:
    """The snapshot beside a journal; None if there is none.

    Raises:
        SnapshotError: if it cannot be used; the message names the file.
    """
    with _reading(journal) as file:
        return None if file is None else restored(setup, file)


def head_of_snapshot(journal: str | Place, setup: Setup) -> int | None:
    """The record after which the snapshot beside a journal was made; None if there is none.

    Raises:
        SnapshotError: if it is damaged, of another setup, or of a format that this version does not read.
    """
    with _reading(journal) as file:
        return None if file is None else number_of(setup, file)


def snapshot_contradicts(journal: str | Place, snapshot: Snapshot) -> Iterator[Difference]:
    """The places where the snapshot beside a journal differs from the correct one. They are compared line by line, so
    only one state is in memory.

    Raises:
        SnapshotError: if it cannot be read.
    """
    with _reading(journal) as file:
        yield from contradictions(snapshot, file or ())


@contextlib.contextmanager
def _reading(journal: str | Place) -> Iterator[BinaryIO | None]:
    """The file of the snapshot beside a journal; None if there is none. Raises `SnapshotError`, with its name."""
    if isinstance(journal, Address):
        yield from _in_store(journal)
        return
    path = snapshot_path(journal)
    try:
        _refuse_special(path, path)
        with open_at_once(path) as file:
            _refuse_special(path, file.fileno())  # the file may have been replaced
            yield file
    except FileNotFoundError:
        yield None
    except OSError as error:
        raise SnapshotError(f"{path}: {error.strerror or error}") from None
    except SnapshotError as error:
        raise SnapshotError(str(error) if str(path) in str(error) else f"{path}: {error}") from None


def _in_store(address: Address) -> Iterator[BinaryIO | None]:
    store = open_store(address, write=False)
    try:
        data = store.snapshot()
    finally:
        store.close()
    try:
        yield None if data is None else BytesIO(data)
    except SnapshotError as error:
        raise SnapshotError(f"{snapshot_name(address)}: {error}") from None


def snapshot_name(journal: str | Path | Address) -> str:
    """The name of a journal's snapshot in messages."""
    return f"the snapshot of {journal}" if isinstance(journal, Address) else str(snapshot_path(journal))


def _refuse_special(path: Path, found: Path | int) -> None:
    if not stat.S_ISREG(os.stat(found).st_mode):
        raise SnapshotError(f"{path}: is no regular file")


def usable_snapshot(path: str | Path, setup: Setup) -> tuple[Snapshot | None, str | None]:
    """The snapshot beside a journal, or the reason why it cannot be used."""
    try:
        return read_snapshot(path, setup), None
    except SnapshotError as error:
        return None, str(error)


def write_snapshot(journal: str | Path, snapshot: Snapshot, check: Callable[[], object] = lambda: None) -> Path:
    """Writes the snapshot beside a journal; after a crash, the old one or the new one is there. Returns its path.
    ``check`` is called right before the new one replaces the old one, and may prevent that by an exception.

    Raises:
        OSError: if it cannot be written; the old one is then unchanged.
    """
    path = snapshot_path(journal)
    part = Path(f"{path}.part")
    opened = _open_anew(part)
    try:
        with opened as file:
            file.writelines(snapshot_lines(snapshot))
            file.flush()
            os.fsync(file.fileno())
        check()
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    sync_folder(path)
    return path


def _open_anew(path: Path) -> BinaryIO:
    """A new file, for writing. A file or link at the path is removed first; the target of a link is not touched.

    Raises:
        OSError: if there is a folder, another process creates a file there at the same time, or it cannot be created.
    """
    path.unlink(missing_ok=True)
    return open(path, "xb", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW, 0o644))


def sync_folder(path: str | Path) -> None:
    """Make the name of a file durable (fsync of its folder).

    Raises:
        OSError: if that fails.
    """
    folder = os.open(Path(path).resolve().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def refuse_other_log(journal: str, digest: bytes, head: Head) -> None:
    """Raises `JournalError` if the journal has another record in the place of the snapshot's."""
    if digest != head.digest:
        raise JournalError(
            f"{journal} line {head.number + 1}: record {head.number} has the hash {digest.hex()}, but "
            f"{snapshot_path(journal)} was made after one with the hash {head.digest.hex()}: they are of different "
            "logs. Put back the journal that the snapshot is of; or, if the journal is right, delete the snapshot"
        )


def refuse_short_log(journal: str, last: int, head: Head) -> NoReturn:
    """Raises `JournalError`: a journal ends before the record that its snapshot was made after."""
    raise JournalError(
        f"{journal}: the journal ends with record {last}, but {snapshot_path(journal)} was made after record "
        f"{head.number}: the journal has lost its end, or is another one. Put back the journal that the snapshot is "
        "of; or, if the journal is right, delete the snapshot"
    )
