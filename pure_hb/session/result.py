"""WHAT IS THE RESULT OF A RUN? `Result`: the best trial, the k best ones, and all as tables."""

from pathlib import Path
from typing import Any, Final

from attrs import frozen

from pure_hb.journal import Place
from pure_hb.machine import Goal, Minimize, State, Trial
from pure_hb.machine.ranking import best_first, best_result, curve_rows, trial_row, trials_html
from pure_hb.space import Configuration, Value
from pure_hb.space.domains import plain
from pure_hb.space.showing import printable

_LONGEST_PATH: Final = 30


@frozen
class BestTrial:
    """One of the best trials: the value that ranks it, and how it ended."""

    trial: int
    """The number of the trial."""
    config: Configuration
    """The values of all parameters."""
    value: float
    """Its best finite value, which ranks it."""
    resource: int
    """The epoch of the best value."""
    last_value: float
    """The value that it reported last, NaN and infinities included."""
    last_resource: int
    """The epoch of the last value."""


@frozen(repr=False)
class Result:
    """The result of a run so far."""

    best_config: dict[str, Value] | None
    """The best configuration; None if there is no finite result yet."""
    best_value: float | None
    """The best finite value of the metric, with its own sign; None if there is none yet."""
    best_trial: int | None
    """The number of the trial that reported it; None if there is none yet."""
    best_resource: int | None
    """The epoch of the best value."""
    best_checkpoint: Path | None
    """The path of the last checkpoint of the best trial, if it saved one (files of numpy end with ``.npz`` there)."""
    trials: tuple[Trial, ...]
    """All trials in order of their numbers."""
    resource_spent: int
    """Epochs trained, summed over all trials."""
    journal: Place
    """The path of the journal, or the address of its store."""
    goal: Goal = Minimize("value")  # noqa: RUF009  # immutable
    """The metric, and whether it is minimised or maximised."""

    def best(self, k: int) -> tuple[BestTrial, ...]:
        """The ``k`` best trials, best first; fewer if fewer have a finite value.

        Raises:
            ValueError: if ``k`` is not a positive integer.
        """
        most = plain(k)
        if isinstance(most, bool) or not isinstance(most, int) or most < 1:
            raise ValueError(f"k is {k!r}; it is how many of the best trials are wanted, at least 1")
        found = []
        for trial in best_first(self.trials, self.goal, self.best_trial)[:most]:
            result = best_result(trial, self.goal)
            if result is not None:
                resource, value = result
                last_resource, last_value = trial.curve[-1]
                found.append(BestTrial(trial.number, trial.config, value, resource, last_value, last_resource))
        return tuple(found)

    def table(self) -> list[dict[str, Any]]:
        """All trials, best first, one dictionary each, as `pandas.DataFrame` and `polars.DataFrame` take them.

        All have the same columns: trial, status, bracket, leg, epochs, best_value, best_epoch, last_value, failures,
        observed, and ``config.NAME`` for each parameter. Missing entries are None; the last value may be NaN or
        infinite.
        """
        names = self.trials[0].config.names if self.trials else ()
        ranked = best_first(self.trials, self.goal, self.best_trial)
        return [trial_row(trial, self.goal, names) for trial in ranked]

    def curves(self) -> list[dict[str, Any]]:
        """All reported values: a dictionary with trial, epoch and value for each, in the order of trials and epochs."""
        return curve_rows(self.trials)

    def __repr__(self) -> str:
        best = "no result yet"
        if self.best_value is not None:
            best = f"best {self.best_value:.6g} at epoch {self.best_resource} of trial {self.best_trial}"
        where = short_path(self.journal)
        return f"<result of {where}: {len(self.trials)} trials, {self.resource_spent} epochs, {best}>"

    def _repr_html_(self) -> str:
        title = f"{len(self.trials)} trials, {self.resource_spent} epochs; journal {self.journal}"
        return trials_html(title, self.trials, self.goal, self.best_trial)


def result_of(state: State, journal: Place, best_checkpoint: Path | None) -> Result:
    """The result of a state."""
    best = state.best
    return Result(
        dict(state.trials[best.trial].config) if best else None,
        best.value if best else None,
        best.trial if best else None,
        best.resource if best else None,
        best_checkpoint,
        tuple(state.trials),
        state.resource_spent,
        journal,
        state.setup.goal,
    )


def short_path(path: Place) -> str:
    """A path for a line: its end, if it is long."""
    text = printable(str(path))
    return text if len(text) <= _LONGEST_PATH else f"...{text[3 - _LONGEST_PATH :]}"
