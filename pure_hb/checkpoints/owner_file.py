"""HOW IS THE OWNER OF A FOLDER WRITTEN DOWN? In the owner file of a folder of checkpoints, created atomically."""

import contextlib
import json
import os
import re
import stat
import uuid
from typing import Final, NoReturn

from attrs import asdict, frozen

from pure_hb.journal.snapshot_file import sync_folder

OWNER: Final = "pure_hb-owner.json"
WAY_OUT: Final = "move the folder away, or give another one: checkpoints=..., or --checkpoints"
_FORMAT: Final = "pure_hb checkpoints 1"
_IDENTITY: Final = re.compile(r"[0-9a-f]{64}")
_LIMIT: Final = 1 << 16


class CheckpointsError(Exception):
    """A folder that cannot be used for the checkpoints of a journal. The message names both, and says what to do."""


@frozen
class Owner:
    """The owner of a folder of checkpoints. Paths are absolute."""

    identity: str
    """The hash of the journal's header."""
    journal: str
    folder: str


def owner_file(owner: Owner) -> str:
    """The path of the owner file."""
    return os.path.join(owner.folder, OWNER)


def read_owner(folder: str) -> Owner | None:
    """The content of a folder's owner file; None if there is none.

    Raises:
        CheckpointsError: if the file cannot be understood.
    """
    path = os.path.join(folder, OWNER)
    try:  # opening a pipe would block for ever, and a link may lead anywhere
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        is_link = os.path.islink(path)
        _refuse_damaged(folder, "is a link" if is_link else f"cannot be read ({error.strerror or error})")
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            _refuse_damaged(folder, "is no regular file")
        data = os.read(file, _LIMIT + 1)
    finally:
        os.close(file)
    try:
        content = json.loads(data) if len(data) <= _LIMIT else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or content.pop("format", None) != _FORMAT:
        _refuse_damaged(folder, f"is damaged, or of another version than {_FORMAT!r}")
    fields = {name: value for name, value in content.items() if isinstance(value, str)}
    if set(fields) != {"identity", "journal", "folder"} or not _IDENTITY.fullmatch(fields["identity"]):
        _refuse_damaged(folder, "is damaged")
    return Owner(**fields)


def write_owner(owner: Owner, *, replace: bool) -> bool:
    """Writes the owner file atomically and syncs it. Returns whether it is ours: unless it may be replaced, the first
    one wins. Raises `OSError`."""
    path = owner_file(owner)
    text = json.dumps({"format": _FORMAT, **asdict(owner)}, indent=1) + "\n"
    part = os.path.join(owner.folder, f".{OWNER}.{uuid.uuid4().hex}")
    try:
        _write_new(part, text)
        if replace:
            os.replace(part, path)
        else:
            try:
                os.link(part, path)
            except FileExistsError:
                return False
            except OSError:  # a file system without hard links
                try:
                    _write_new(path, text)
                except FileExistsError:
                    return False
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part)
    sync_folder(path)
    return True


def _write_new(path: str, text: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    with os.fdopen(file, "w", encoding="ascii") as writable:
        writable.write(text)
        writable.flush()
        os.fsync(file)


def try_to_write(folder: str) -> None:
    """Raises `OSError` if nothing can be saved in a folder."""
    part = os.path.join(folder, f".{OWNER}.{uuid.uuid4().hex}")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    os.unlink(part)


def _refuse_damaged(folder: str, why: str) -> NoReturn:
    raise CheckpointsError(
        f"{os.path.join(folder, OWNER)}: {why}, so nobody knows whose checkpoints these are; {WAY_OUT}"
    )
