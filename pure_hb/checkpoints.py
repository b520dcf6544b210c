"""WHERE DOES A TRIAL KEEP WHAT IT LEARNT? Checkpoint paths, one for each leg, and copies that make a leg repeatable.

A leg goes on from the resource of the trial's last rung entry (`Trial.start_from`). What the trial had saved then must
still be there if the leg breaks half-way. So each leg works on a path of its own, which begins as a copy of that
checkpoint; and where a trial makes an entry and goes on without a pause, what it has saved is set aside. Scripts save
before they report: at an entry, the path holds exactly the resource reported.
"""

import os
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Final

from pure_hb.machine import State, Status, Trial

_UNFINISHED: Final = ".unfinished"


class Checkpoints:
    """The checkpoints of one search, in a folder of their own. A checkpoint may be a file, a folder, or files whose
    names go on with a dot (numpy appends ``.npz`` by itself)."""

    def __init__(self, root: Path, *, keep: bool = False) -> None:
        self.root = root
        self._keep = keep
        self.in_use: Collection[int] = ()
        """Trials whose code may still save, although they have ended: what they saved is not removed yet."""

    def path(self, trial: int, leg: int) -> Path:
        """Where a leg saves."""
        return self._folder(trial) / f"leg-{leg}"

    def begin_leg(self, trial: Trial) -> tuple[Path, int]:
        """Makes the path of the trial's current leg. Returns it with the resource that its checkpoint holds, 0 if it
        holds nothing."""
        target = self.path(trial.number, trial.leg)
        if trial.leg == 0:  # an older journal may have left something under the same number
            shutil.rmtree(target.parent, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        source = self._at_entry(trial)
        if source is None:
            return target, 0
        if source != target:
            _copy(source, target)
        return target, trial.start_from

    def follow(self, before: State, after: State, number: int) -> None:
        """Brings the folder up to date with an accepted event of a trial: sets aside, and removes what nobody needs."""
        trial = after.trials[number]
        saved = self.path(number, trial.leg)
        if trial.entry != before.trials[number].entry and trial.entry is not None:
            if trial.status is Status.RUNNING and _holds_anything(saved):
                _copy(saved, self._aside(trial.number, trial.entry.resource))
            self._tidy(trial)
        self.remove_ended(after, number)
        if before.best is not None and after.best is not None and before.best.trial != after.best.trial:
            self.remove_ended(after, before.best.trial)

    def remove_ended(self, state: State, number: int) -> None:
        """Removes what an ended trial has saved, unless it is the best one or all are kept."""
        if number in self.in_use:
            return
        is_best = state.best is not None and state.best.trial == number
        if state.trials[number].status is Status.ENDED and not is_best and not self._keep:
            shutil.rmtree(self._folder(number), ignore_errors=True)

    def best(self, state: State) -> Path | None:
        """What the best trial has saved last, if it is there."""
        if state.best is None:
            return None
        trial = state.trials[state.best.trial]
        saved = self.path(trial.number, trial.leg)
        return saved if _holds_anything(saved) else self._at_entry(trial)

    def _folder(self, trial: int) -> Path:
        return self.root / f"trial-{trial}"

    def _aside(self, trial: int, resource: int) -> Path:
        return self._folder(trial) / f"epoch-{resource}"

    def _at_entry(self, trial: Trial) -> Path | None:
        """The checkpoint of the trial's last entry, if there is one."""
        if trial.entry is None:
            return None
        candidates = (self._aside(trial.number, trial.entry.resource), self.path(trial.number, trial.entry.leg))
        return next((path for path in candidates if _holds_anything(path)), None)

    def _tidy(self, trial: Trial) -> None:
        """Keeps the leg's own path and the checkpoint of the last entry."""
        needed = {self.path(trial.number, trial.leg), self._at_entry(trial)}
        kept = {part for path in needed if path is not None for part in _parts(path)}
        folder = self._folder(trial.number)
        for path in folder.iterdir() if folder.is_dir() else ():
            if path not in kept:
                _remove(path)


def _parts(path: Path) -> list[Path]:
    """What stands at a path: itself, and files whose names go on with a dot."""
    if not path.parent.is_dir():
        return []
    names = (found for found in path.parent.iterdir() if found.name.split(".")[0] == path.name)
    return [found for found in names if not found.name.endswith(_UNFINISHED)]


def _holds_anything(path: Path) -> bool:
    return any(any(part.iterdir()) if part.is_dir() else True for part in _parts(path))


def _copy(source: Path, target: Path) -> None:
    """A copy each part of which is there whole or not at all."""
    for part in _parts(source):
        copy = target.with_name(target.name + part.name.removeprefix(source.name))
        unfinished = copy.with_name(copy.name + _UNFINISHED)
        _remove(unfinished)
        if part.is_dir():
            shutil.copytree(part, unfinished)
        else:
            shutil.copy2(part, unfinished)
        _remove(copy)
        os.replace(unfinished, copy)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
