"""HOW DO OTHER PROGRAMS READ A RUN? `show --csv` and `show --json`: trials or curves, a row each."""

import csv
import io
import json
import math
from collections.abc import Sequence
from typing import Any, Literal

from pure_hb.machine import State
from pure_hb.machine.ranking import Row, best_first, curve_rows, trial_columns, trial_row

Form = Literal["csv", "json"]


def exported(state: State, form: Form, *, curves: bool, trial: int | None = None) -> bytes:
    """All trials, best first, or only one; with ``curves`` their results instead. UTF-8.

    CSV follows RFC 4180, with the names of the columns first; a missing value is an empty field. JSON is a list of
    objects. It has no NaN and no infinity: they are null.
    """
    names = sorted(name for name, _ in state.setup.space.domains)
    goal, trials = state.setup.goal, tuple(state.trials) if trial is None else (state.trials[trial],)
    if curves:
        columns: tuple[str, ...] = ("trial", "epoch", "value")
        rows = curve_rows(trials)
    else:
        columns = trial_columns(names)
        ranked = best_first(trials, goal, state.best.trial if state.best else None)
        rows = [trial_row(one, goal, names) for one in ranked]
    return (_as_csv(columns, rows) if form == "csv" else _as_json(rows)).encode()


def _as_csv(columns: Sequence[str], rows: Sequence[Row]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)  # its own dialect is that of RFC 4180
    writer.writerow(columns)
    writer.writerows([_field(row[column]) for column in columns] for row in rows)
    return text.getvalue()


def _field(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _as_json(rows: Sequence[Row]) -> str:
    lines = (json.dumps({name: _number(value) for name, value in row.items()}, allow_nan=False) for row in rows)
    return "[" + ",".join(f"\n{line}" for line in lines) + "\n]\n"


def _number(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
