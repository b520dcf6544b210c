"""WHERE DOES A SNAPSHOT STAND? In a file beside its journal, written as a whole or not at all."""

import contextlib
import os
import stat
from pathlib import Path

from pure_hb.journal.snapshot import Snapshot, SnapshotError, restored, snapshot_lines
from pure_hb.machine import Setup


def snapshot_path(journal: str | Path) -> Path:
    """Where the snapshot of a journal stands: ``run.jsonl.snapshot`` for ``run.jsonl``."""
    return Path(f"{os.fspath(journal)}.snapshot")


def read_snapshot(journal: str | Path, setup: Setup) -> Snapshot | None:
    """The snapshot beside a journal; None if there is none.

    Raises:
        SnapshotError: if it cannot be used; the message names the file.
    """
    path = snapshot_path(journal)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # opening a pipe would wait for ever
            raise SnapshotError(f"{path}: is no regular file")
        with open(path, "rb") as file:
            return restored(setup, file)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SnapshotError(f"{path}: {error.strerror or error}") from None
    except SnapshotError as error:
        raise SnapshotError(str(error) if str(path) in str(error) else f"{path}: {error}") from None


def write_snapshot(journal: str | Path, snapshot: Snapshot) -> Path:
    """Writes the snapshot beside a journal; after a crash the one before is there, or this one. Returns its path.

    Raises:
        OSError: if it cannot be written; the one before is then left as it was.
    """
    path = snapshot_path(journal)
    part = Path(f"{path}.part")
    try:
        with open(part, "wb") as file:
            file.writelines(snapshot_lines(snapshot))
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    sync_folder(path)
    return path


def sync_folder(path: str | Path) -> None:
    """Makes the name of a file safe. Raises `OSError`."""
    folder = os.open(Path(path).resolve().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
