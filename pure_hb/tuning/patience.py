"""HOW MUCH MAY FAIL? Counts of what goes wrong in a run, and when they mean that the script is broken."""

from typing import Final

from attrs import define, field

_MORE_TRIALS: Final = 2
"""As many failures in a row as one trial for each worker, and this many more, may have, end a run."""
_LATER: Final = 5
"""After the first result of a session, this many times as many end it."""


class TuningError(Exception):
    """A run that cannot continue. The message says why and what to do; every acknowledged report is in the journal."""


@define
class Patience:
    """The counts of what has gone wrong in this session."""

    workers: int
    max_failures: int
    has_result: bool
    """Whether anything was ever reported, in this session or an earlier one."""
    in_a_row: int = 0
    """The number of legs that failed, or ended without a report, since the last report."""
    last: str = ""
    """The reason of the last failure."""
    _worked: bool = False
    _overran: int = 0
    _useless: dict[int, int] = field(factory=dict)

    def worked(self) -> None:
        """Note that a report was accepted."""
        self.has_result = self._worked = True
        self.in_a_row = self._overran = 0

    def broke(self, reason: str) -> bool:
        """A leg broke, or ended without any report of its trial. Returns whether the run must end."""
        self.in_a_row, self.last = self.in_a_row + 1, reason
        if not self.has_result and self.in_a_row - self._overran >= self.workers:
            return True
        limit = self.max_failures * (self.workers + _MORE_TRIALS)
        return self.in_a_row >= (limit * _LATER if self._worked else limit)

    def overran(self, reason: str) -> bool:
        """A leg exceeded a limit of the user. That is expected of some legs, so it does not show that the script is
        broken. Returns whether the run must end all the same."""
        self._overran += 1
        return self.broke(reason)

    def gives_up(self, trial: int) -> bool:
        """Note a report of a trial that is not a result. Returns whether the trial has made ``max_failures`` of
        them."""
        self._useless[trial] = self._useless.get(trial, 0) + 1
        return self._useless[trial] >= self.max_failures
