"""WHOSE FAULT IS IT? What happens to a trial whose leg failed or took too long, what the user is told, and when the run
ends."""

from typing import Final

from attrs import frozen

from pure_hb.session import RunningTrial
from pure_hb.tuning.patience import Patience, TuningError
from pure_hb.tuning.progress import Progress

REPAIR: Final = "Repair the script and start the same command again"
_NOT_THIS_ONE: Final = '. If only this configuration cannot be trained, let train report float("nan") for it'


@frozen
class Faults:
    """Judges failures. ``see``, in all methods, is a text that says where the output is. All methods except
    `tell_silence` raise `TuningError` when too much has failed."""

    patience: Patience
    progress: Progress

    def broke(
        self, trial: RunningTrial, reason: str, see: str, *, of_script: bool = False, may_skip: bool = True
    ) -> bool:
        """A leg broke. It counts as a failure of the trial if the run has a result, which shows that the script works,
        unless the reason shows a fault of the script. ``may_skip``: whether train could have reported NaN for this
        configuration. Returns whether its worker must wait until the script has worked."""
        told, has_result = f"trial {trial.number} failed: {reason}; {see}", self.patience.has_result
        if not trial.running:
            self._tell_late(trial, reason, see)
            return False
        if not has_result:
            trial.release(reason)
            self.progress.tell(f"{told}. It is not counted, as there is no result yet")
        elif not of_script:
            trial.fail(reason)
            self.progress.tell(told)
        elif self.patience.gives_up(trial.number):
            trial.complete()
            self.progress.tell(f"{told}. It has ended, with what it had reported")
        else:
            trial.release(reason)
            self.progress.tell(f"{told}. It is not counted, and runs its leg again")
        self.count(reason, see, _NOT_THIS_ONE if may_skip and not of_script else "")
        return not has_result

    def count(self, reason: str, see: str, hint: str = "") -> None:
        """Count a leg that failed, or ended without a result."""
        if not self.patience.broke(reason):
            return
        if self.patience.has_result:
            raise TuningError(f"{self._failures()} in a row, the last one: {reason}; {see}. {REPAIR}")
        last = "" if self.patience.in_a_row == 1 else ", the last one"
        raise TuningError(
            f"{self._failures()} and no result yet{last}: {reason}; {see}. {REPAIR}: it goes on with all "
            f"configurations{hint}"
        )

    def overran(self, trial: RunningTrial, reason: str, see: str) -> None:
        """A leg was killed at a limit set by the user: its trial fails, whatever the run has found so far."""
        if not trial.running:
            self._tell_late(trial, reason, see)
            return
        trial.fail(reason)
        self.progress.tell(f"trial {trial.number} failed: {reason}; {see}")
        if self.patience.overran(reason):
            raise TuningError(
                f"{self._failures()} in a row, the last one: {reason}; {see}. Raise the limit or repair the script, "
                "and start the same command again"
            )

    def ran_out_of_time(self, trial: RunningTrial, reason: str, see: str) -> None:
        """A leg was killed because the time of the run is over; this does not count against its trial."""
        if trial.running:
            trial.release(reason)
            self.progress.tell(f"trial {trial.number} was released: {reason}; {see}")
        else:
            self._tell_late(trial, reason, see)

    def tell_silence(self, trial: RunningTrial, seconds: float, see: str) -> None:
        """Tell the user that a leg has been silent for very long, without a limit."""
        since = "has reported nothing" if trial.running else "was told to leave, and has not left"
        self.progress.tell(
            f"trial {trial.number} {since} for {seconds:.0f} s; {see}. If it hangs, end the run with Ctrl-C, and start "
            "it again with max_silence=SECONDS (--max-silence): a trial that is silent for so long fails then"
        )

    def _tell_late(self, trial: RunningTrial, reason: str, see: str) -> None:
        self.progress.tell(f"trial {trial.number}: {reason}, after it was told to leave, so this is no failure; {see}")

    def _failures(self) -> str:
        number = self.patience.in_a_row
        return f"{number} failure{'s' if number > 1 else ''}"
