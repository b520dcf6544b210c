"""WITH WHICH CHECKPOINT DOES A LEG BEGIN? Each leg has a path, reset whenever it is given out; and what the next leg
needs.

A leg continues from the resource of the trial's last rung entry (`Trial.start_from`). The checkpoint of that entry must
still exist if the leg fails. So each leg has a path of its own, which begins as a copy of that checkpoint. If a trial
makes an entry and continues without a pause, its checkpoint is copied and kept. Scripts save before they report, so at
an entry the path has exactly the checkpoint of the reported resource.

    trial-3/leg-2      the checkpoint of leg 2
    trial-3/epoch-9    the copy kept at epoch 9; an empty folder: there is none

No error here ends a run: if a call of the file system fails, a warning says so, and the trial begins at the first
epoch.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path

from pure_hb.checkpoints.copying import NotCopied, Oddity, copy, move
from pure_hb.checkpoints.owner import claim
from pure_hb.checkpoints.parts import clear, holds_anything, is_whole, mark, remove, tidy
from pure_hb.machine import State, Status, Trial

Note = tuple[str, str]
"""A message: its topic, and a sentence."""


class Checkpoints:
    """The checkpoints of one journal, in a folder of its own. A checkpoint may be a file, a folder, or files whose
    names go on with a dot (numpy appends ``.npz`` by itself). Paths are absolute and resolved.

    Raises:
        CheckpointsError: if the folder is another journal's, or cannot be written.
    """

    def __init__(
        self, root: Path, journal: str, identity: str, warn: Callable[[str], None], *, keep: bool = False
    ) -> None:
        self.root = root
        self._claim = claim(root, journal, identity)
        self._warn, self._keep = warn, keep
        self.in_use: Callable[[int], bool] = lambda number: False
        """Whether the code of an ended trial may still save; then its checkpoint is not removed yet."""
        self._missing_told = False
        self._told: set[tuple[int, str]] = set()
        self._lost: set[tuple[int, int]] = set()
        """Trial and resource of copies that could not be made: the disk may be too full to note it there."""

    def begin(self, state: State, journal: object, is_alone: bool = True) -> None:
        """Report once what was found in the folder, and remove the checkpoints of ended trials, unless other processes
        use the folder too: their code may still save."""
        if self._claim.moved is not None:
            self._warn(self._claim.moved)
        going_on = (trial for trial in state.trials if trial.entry is not None and trial.status is not Status.ENDED)
        if self._claim.is_new and any(going_on):
            self._missing_told = True
            self._warn(
                f"{journal}: its checkpoints are not there. They were looked for in {self.root}. If the journal was "
                "moved, say where they are: checkpoints=..., or --checkpoints; else trials that go on begin afresh"
            )
        if is_alone:
            self.remove_all_ended(state)

    def remove_all_ended(self, state: State) -> None:
        """Removes the checkpoints of ended trials, also those of other processes. No code may still save."""
        for trial in state.trials:
            self._remove_ended(state, trial.number)

    def close(self) -> None:
        """Release the folder."""
        self._claim.close()

    def path(self, trial: int, leg: int) -> Path:
        """The path where a leg saves its checkpoints."""
        return self._folder(trial) / f"leg-{leg}"

    def begin_leg(self, trial: Trial) -> tuple[Path, int]:
        """Resets the path of the trial's current leg. Returns the path and the resource of its checkpoint, 0 if there
        is none."""
        path = self.path(trial.number, trial.leg)
        try:
            saved, notes = self._begin_leg(trial, path)
        except (NotCopied, OSError) as error:
            saved, notes = 0, [_failure(error, path, "the trial begins afresh")]
            with contextlib.suppress(OSError):
                clear(path)
        self._tell(trial.number, notes)
        is_lost = (trial.number, trial.start_from) in self._lost  # which was reported
        if saved < trial.start_from and not notes and not is_lost and not self._missing_told:
            self._missing_told = True
            self._warn(
                f"trial {trial.number} should go on from epoch {trial.start_from}, but has saved nothing, so it "
                f"begins afresh (as others will): save to trial.checkpoint before each report, that is to {path}"
            )
        return path, saved

    def make_folder(self, trial: int, leg: int) -> None:
        """Makes the path of a leg a folder, for scripts that expect one."""
        path = self.path(trial, leg)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._tell(trial, [_failure(error, path, "nothing can be saved there")])

    def follow(self, before: State, after: State, number: int) -> None:
        """Updates the folder after an accepted event of a trial: keeps a copy at an entry, and removes what is not
        needed."""
        trial = after.trials[number]
        notes: list[Note] = []
        if trial.entry is not None and trial.entry.leg == trial.leg:
            if trial.entry != before.trials[number].entry:
                tidy(self._folder(number), {self.path(number, trial.leg).name})
                if trial.status is Status.RUNNING:
                    notes = self._set_aside(trial)
            elif trial.status is Status.RUNNING and not self._is_set_aside(trial):
                self._lose(trial)  # an interrupt came in between, and the script has saved again since
        self.remove_ended(after, number)
        if before.best is not None and after.best is not None and before.best.trial != after.best.trial:
            self.remove_ended(after, before.best.trial)
        self._tell(number, notes)

    def remove_ended(self, state: State, number: int) -> None:
        """Removes the checkpoints of an ended trial, unless it is the best one or all are kept."""
        if not self.in_use(number):
            self._remove_ended(state, number)

    def _remove_ended(self, state: State, number: int) -> None:
        is_best = state.best is not None and state.best.trial == number
        if state.trials[number].status is Status.ENDED and not is_best and not self._keep:
            with contextlib.suppress(OSError):
                remove(self._folder(number))

    def best(self, state: State) -> Path | None:
        """The path of the last checkpoint of the best trial; None if there is none."""
        if state.best is None:
            return None
        trial = state.trials[state.best.trial]
        saved = self.path(trial.number, trial.leg)
        with contextlib.suppress(OSError):
            return saved if is_whole(saved) and holds_anything(saved) else self._at_entry(trial)
        return None

    # ---- one trial -------------------------------------------------------------------------------------------------

    def _begin_leg(self, trial: Trial, path: Path) -> tuple[int, list[Note]]:
        self._claim.renew()
        path.parent.mkdir(parents=True, exist_ok=True)
        source = self._at_entry(trial)
        if source == path:  # the report that made the entry was interrupted before its checkpoint was copied
            return trial.start_from, self._set_aside(trial)
        tidy(path.parent, {source.name if source else ""})
        if source is None:
            clear(path)
            return 0, []
        try:
            notes = [_note(one) for one in copy(source, path)]
        except NotCopied as error:
            move(source, path)
            self._lose(trial)
            notes = [_failure(error, path, "the leg goes on with the only one: if it breaks, the trial begins afresh")]
        return (trial.start_from if holds_anything(path) else 0), notes

    def _set_aside(self, trial: Trial) -> list[Note]:
        """Keeps a copy of the checkpoint of a trial that continues after its entry."""
        saved, aside, notes = self.path(trial.number, trial.leg), self._aside(trial), []
        try:
            if holds_anything(saved):
                notes = [_note(one) for one in copy(saved, aside)]
                if holds_anything(aside):
                    return notes
        except (NotCopied, OSError) as error:
            then = f"what it saved at epoch {trial.start_from} is not kept: if this leg breaks, the trial begins afresh"
            notes = [_failure(error, saved, then)]
        self._lose(trial)
        return notes

    def _lose(self, trial: Trial) -> None:
        """Notes that there is no checkpoint of the trial's entry."""
        self._lost.add((trial.number, trial.start_from))
        aside = self._aside(trial)
        with contextlib.suppress(OSError):
            aside.mkdir(exist_ok=True)
            mark(aside).unlink(missing_ok=True)

    def _is_set_aside(self, trial: Trial) -> bool:
        with contextlib.suppress(OSError):
            return (trial.number, trial.start_from) in self._lost or is_whole(self._aside(trial))
        return True

    def _at_entry(self, trial: Trial) -> Path | None:
        """The checkpoint of the trial's last entry, if there is one. Raises `OSError` if the folder cannot be read."""
        if trial.entry is None or (trial.number, trial.start_from) in self._lost:
            return None
        aside, saved = self._aside(trial), self.path(trial.number, trial.entry.leg)
        found = aside if is_whole(aside) else saved
        return found if is_whole(found) and holds_anything(found) else None

    def _folder(self, trial: int) -> Path:
        return self.root / f"trial-{trial}"

    def _aside(self, trial: Trial) -> Path:
        return self._folder(trial.number) / f"epoch-{trial.start_from}"

    def _tell(self, trial: int, notes: list[Note]) -> None:
        """Reports each message once, since later legs have the same links."""
        for about, text in notes:
            if (trial, about) not in self._told:
                self._told.add((trial, about))
                self._warn(f"trial {trial}: {text}")


def _note(oddity: Oddity) -> Note:
    return f"{Path(oddity.file).name} {oddity.what}", f"{oddity.file} {oddity.what}"


def _failure(error: NotCopied | OSError, path: Path, then: str) -> Note:
    text = (
        f"{error}, so {then}"
        if isinstance(error, NotCopied)
        else (f"{error.filename or path}: {error.strerror or error}, so {then}")
    )
    return text, text
