"""WHICH TRIALS ARE THE BEST? Trials ranked by their best finite value, and their data as plain rows and as HTML."""

import math
from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Any, Final

from pure_hb.machine.setup import Goal
from pure_hb.machine.trials import Trial, Trials
from pure_hb.rungs import Ladder

_SHOWN: Final = 10
"""A notebook shows this number of trials."""
_ALL: Final = 1000
"""With more trials than this, a notebook ranks only some of them."""

Row = dict[str, Any]
"""Column name -> a plain value: int, float, str, bool or None."""


def best_result(trial: Trial, goal: Goal) -> tuple[int, float] | None:
    """The best finite result of a trial as (resource, value), the first among equals; None if there is none."""
    finite = ((resource, value) for resource, value in trial.curve if math.isfinite(value))
    return min(finite, key=lambda result: goal.to_minimise(result[1]), default=None)


def best_first(trials: Iterable[Trial], goal: Goal, best: int | None = None) -> list[Trial]:
    """Trials by their best value; then those without a finite value; then those without any. Among equals the trial of
    number ``best`` comes first, then by number."""

    def rank(trial: Trial) -> tuple[float, bool, bool, int]:
        result = best_result(trial, goal)
        value = math.inf if result is None else goal.to_minimise(result[1])
        return (value, not trial.curve, trial.number != best, trial.number)

    return sorted(trials, key=rank)


def trial_columns(names: Iterable[str]) -> tuple[str, ...]:
    """The columns of `trial_row`, for a space with parameters of these names."""
    known = ("trial", "status", "bracket", "leg", "epochs", "best_value", "best_epoch", "last_value", "failures")
    return (*known, "observed", *(f"config.{name}" for name in names))


def trial_row(trial: Trial, goal: Goal, names: Sequence[str]) -> Row:
    """The data of one trial by column. None where it has no result; the last value may be NaN or infinite."""
    epoch, value = best_result(trial, goal) or (None, None)
    last = trial.curve[-1][1] if trial.curve else None
    told = (trial.number, trial.status.value, trial.bracket, trial.leg, trial.highest, value, epoch, last)
    settings = (trial.config[name] for name in names)
    return dict(zip(trial_columns(names), (*told, trial.failures, trial.observed, *settings), strict=True))


def curve_rows(trials: Iterable[Trial]) -> list[Row]:
    """All results: one row for each reported epoch, with the columns trial, epoch and value."""
    return [{"trial": one.number, "epoch": epoch, "value": value} for one in trials for epoch, value in one.curve]


def leaders(trials: Trials, ladder: Ladder, best: int | None) -> list[Trial]:
    """The trials that a notebook ranks: all, or of more than 1000 the first ten of each rung, the ten newest and the
    one of number ``best``. So a state of a million trials is shown as fast as a small one."""
    if len(trials) <= _ALL:
        return list(trials)
    first = {number for system in ladder.systems for rung in system for _, number, _ in islice(rung.entries, _SHOWN)}
    newest = range(len(trials) - _SHOWN, len(trials))
    return [trials[number] for number in sorted({*first, *newest, *(() if best is None else (best,))})]


def trials_html(
    title: str, trials: Collection[Trial], goal: Goal, best: int | None = None, total: int | None = None
) -> str:
    """HTML for notebooks: the best trials as a table, and their curves. ``total``: the number of all trials, if
    ``trials`` are only some."""
    from pure_hb.machine.notebook import six_digits, table_html

    ranked = best_first(trials, goal, best)
    shown, rows = ranked[:_SHOWN], []
    for trial in shown:
        result = best_result(trial, goal)
        rows.append(
            (
                str(trial.number),
                "observed" if trial.observed else trial.status.value,
                "-" if result is None else six_digits(result[1]),
                "-" if result is None else str(result[0]),
                six_digits(trial.curve[-1][1]) if trial.curve else "-",
                str(trial.highest),
                repr(trial.config),
            )
        )
    heads = ("trial", "status", f"best {goal.metric}", "after epoch", "last", "epochs", "configuration")
    note = f"The {_SHOWN} best of {len(ranked)} trials." if len(ranked) > len(shown) else ""
    if total is not None and total > len(ranked):
        note = f"{len(shown)} of {total} trials: the best among the first of each rung and the newest."
    return table_html(title, heads, rows, [trial.curve for trial in shown], note)
