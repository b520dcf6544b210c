"""WHICH JOURNAL OWNS A FOLDER OF CHECKPOINTS? An owner file names it; sessions of other journals are refused.

Trials are numbered from 0 in every journal. So if two journals shared a folder, a trial of one could continue from a
checkpoint of the other. The owner file is created atomically: if two sessions claim a folder, one wins.
"""

import contextlib
import fcntl
import os
import re
from pathlib import Path
from typing import Final, NoReturn
from weakref import finalize

from pure_hb.checkpoints.owner_file import (
    OWNER,
    WAY_OUT,
    CheckpointsError,
    Owner,
    owner_file,
    read_owner,
    try_to_write,
    write_owner,
)
from pure_hb.journal.forks import drop_in_forks
from pure_hb.journal.identity import stands

_TRIAL: Final = re.compile(r"trial-\d+")


class Claim:
    """A folder that belongs to a journal, until `close`."""

    def __init__(self, owner: Owner, lock: int) -> None:
        self.owner = owner
        self.is_new = False
        """Whether it had no owner before, or another one."""
        self.moved: str | None = None
        """The message if checkpoints of a journal that is gone were moved to another folder."""
        self._lock: int | None = lock
        self._garbage = finalize(self, os.close, lock)
        self._garbage.atexit = False
        self._process = os.getpid()
        drop_in_forks(self)

    def renew(self) -> None:
        """Creates folder and owner file again if they were removed. Raises `OSError`."""
        if not os.path.lexists(owner_file(self.owner)):
            os.makedirs(self.owner.folder, exist_ok=True)
            write_owner(self.owner, replace=False)

    def close(self) -> None:
        """Release the folder. It still belongs to the journal."""
        if self._lock is None:
            return
        with contextlib.suppress(OSError):
            if os.getpid() == self._process:  # a fork of it may live on, with the same lock
                fcntl.flock(self._lock, fcntl.LOCK_UN)
        self._garbage()
        self._lock = None


def claim(folder: Path, journal: str, identity: str) -> Claim:
    """Takes a folder for the checkpoints of a journal, and creates it if it does not exist. Paths are absolute and
    resolved; a journal in a store is named by its address.

    Raises:
        CheckpointsError: if it belongs to another journal, does not name its journal, or cannot be written.
    """
    ours = Owner(identity, journal, str(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _unusable(folder, error) from None
    taken = Claim(ours, lock)
    try:
        _take(taken, ours, _is_free(lock))
    except BaseException as error:
        taken.close()
        if isinstance(error, OSError):
            raise _unusable(folder, error) from None
        raise
    return taken


def _take(taken: Claim, ours: Owner, is_free: bool) -> None:
    trials = _trials(ours.folder)
    found = read_owner(ours.folder)
    if found is None:
        if trials:
            _refuse_unnamed(ours.folder, trials)
        taken.is_new = write_owner(ours, replace=False)
        found = ours if taken.is_new else read_owner(ours.folder)
    if found is None or found.identity != ours.identity:
        _take_over(taken, ours, found, is_free)
    elif found == ours:
        try_to_write(ours.folder)
    else:
        if found.journal != ours.journal and _goes_on_here(found, ours):
            _refuse_copy(found, ours)
        if found.journal != ours.journal and not is_free:
            _refuse_in_use(found, ours)
        write_owner(ours, replace=True)


def _take_over(taken: Claim, ours: Owner, found: Owner | None, is_free: bool) -> None:
    """Takes the folder of another journal, if that is gone."""
    if found is None or stands(found.journal, found.identity):
        raise CheckpointsError(
            f"{ours.folder}: holds the checkpoints of another journal, {found.journal if found else 'begun just now'}; "
            f"give {ours.journal} a folder of its own: checkpoints=..., or --checkpoints"
        )
    if not is_free:
        _refuse_in_use(found, ours)
    aside = _move_aside(Path(ours.folder))
    taken.is_new = True
    if aside is None:
        write_owner(ours, replace=True)
        return
    taken.moved = (
        f"{ours.folder}: held checkpoints of a journal that is gone, {found.journal}; they were moved to {aside}. "
        "Delete that folder if nobody needs it"
    )
    if not write_owner(ours, replace=False):
        raise CheckpointsError(f"{ours.folder}: another session has just taken this folder; start the same again")


def _goes_on_here(found: Owner, ours: Owner) -> bool:
    """Whether another copy of our journal is where the owner file says, and uses this very folder. (The owner file of a
    copied folder names the journal of the original.)"""
    if not stands(found.journal, found.identity) or _is_same(found.journal, ours.journal):
        return False
    if found.folder == ours.folder or _is_same(found.folder, ours.folder):
        return True
    try:
        there = read_owner(found.folder)
    except (CheckpointsError, ValueError):
        return True
    return there is None or there.identity != ours.identity


def _is_same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return False


def _move_aside(folder: Path) -> Path | None:
    """Moves the files of `pure_hb`, the owner file last, to a new folder beside this one. Returns that folder; None if
    there were no checkpoints.

    Raises:
        OSError: if that is not possible.
    """
    for trial in _trials(str(folder)):
        for empty, _, _ in os.walk(folder / trial, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(empty)
    names = _trials(str(folder))
    if not names:
        return None
    number = 1
    while True:
        aside = folder.with_name(f"{folder.name}.old-{number}")
        try:
            aside.mkdir()
            break
        except FileExistsError:
            number += 1
    for name in [*names, OWNER]:
        os.rename(folder / name, aside / name)
    return aside


def _trials(folder: str) -> list[str]:
    return sorted(name for name in os.listdir(folder) if _TRIAL.fullmatch(name))


def _is_free(folder: int) -> bool:
    """Takes the lock of a folder, which ends with the process. False if another session has it."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


# ---- messages -------------------------------------------------------------------------------------------------------


def _unusable(folder: Path, error: OSError) -> CheckpointsError:
    place = f" ({error.filename})" if error.filename and str(error.filename) != str(folder) else ""
    return CheckpointsError(
        f"{folder}: no checkpoints can be saved here: {error.strerror or error}{place}; "
        "give another folder: checkpoints=..., or --checkpoints"
    )


def _refuse_unnamed(folder: str, trials: list[str]) -> NoReturn:
    raise CheckpointsError(
        f"{folder}: holds {trials[0]}, but no {OWNER} that says of which journal; {WAY_OUT}",
    )


def _refuse_copy(found: Owner, ours: Owner) -> NoReturn:
    raise CheckpointsError(
        f"{ours.folder}: holds the checkpoints of {found.journal}, and {ours.journal} is a copy of that journal; two "
        "cannot go on in one folder. Give the copy a folder of its own, copied from this one or new: checkpoints=..., "
        "or --checkpoints"
    )


def _refuse_in_use(found: Owner, ours: Owner) -> NoReturn:
    raise CheckpointsError(
        f"{ours.folder}: a session over {found.journal}, which is gone, still uses this folder; end it first, or give "
        f"{ours.journal} another folder: checkpoints=..., or --checkpoints"
    )
