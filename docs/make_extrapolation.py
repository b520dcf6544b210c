"""Writes the tables of docs/surrogates.md: how well the surrogates extrapolate recorded learning curves.

    python docs/make_extrapolation.py           from docs/surrogate_extrapolation.json
    python docs/make_extrapolation.py FOLDER    measures on all tables of a folder first, and writes that file

The second takes some minutes; docs/_extrapolation.py says what is asked.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

PAGE: Final = Path(__file__).with_name("surrogates.md")
RESULTS: Final = Path(__file__).with_name("surrogate_extrapolation.json")


def with_tables(page: str, found: Mapping[str, Any]) -> str:
    """The text of the page with these results between its markers."""
    made = {"known": by_table(found, "known"), "new": by_table(found, "new"), "cuts": over_all_tables(found)}
    for name, lines in made.items():
        begin, end = f"<!-- {name}: made by docs/{Path(__file__).name} -->", f"<!-- {name}: end -->"
        before, marker, rest = page.partition(begin)
        _, other, after = rest.partition(end)
        if not (marker and other):
            raise ValueError(f"{PAGE.name} lacks the markers {begin} and {end}")
        page = before + "\n".join((begin, *lines, end)) + after
    return page


def by_table(found: Mapping[str, Any], group: str) -> list[str]:
    """A row for each model, a column for each table: log predictive density and coverage after ASHA."""
    columns = {name: table["asha"][group] for name, table in found["tables"].items()}
    best = {name: max(one["log_density"][0] for one in column.values()) for name, column in columns.items()}
    lines = [f"| model | {' | '.join(columns)} |", "| --- " * (len(columns) + 1) + "|"]
    for model in next(iter(columns.values())):
        cells = [_cell(column[model], best[name]) for name, column in columns.items()]
        lines.append(f"| {model} | {' | '.join(cells)} |")
    return lines


def _cell(one: Mapping[str, Any], best: float) -> str:
    (density, error), (coverage, coverage_error) = one["log_density"], one["coverage"]
    shown = f"**{density:.2f}**" if f"{density:.2f}" == f"{best:.2f}" else f"{density:.2f}"
    return f"{shown} ± {error:.2f}, {100 * coverage:.0f} ± {100 * coverage_error:.0f}%"


def over_all_tables(found: Mapping[str, Any]) -> list[str]:
    """A row for each model: error and coverage in the mean over the tables, by what is held out and how curves end."""
    tables = list(found["tables"].values())
    columns = {
        (group, cut): f"{group}, {called}"
        for cut, called in (("asha", "ASHA"), ("random", "random"))
        for group in ("next", "known", "new")
    }
    lines = [f"| model | {' | '.join(columns.values())} |", "| --- " * (len(columns) + 1) + "|"]
    for model in tables[0]["random"]["known"]:
        cells = []
        for group, cut in columns:
            each = [table[cut][group][model] for table in tables]
            error, coverage = (_mean(one[score][0] for one in each) for score in ("error", "coverage"))
            cells.append(f"{error:.2f}, {100 * coverage:.0f}%")
        lines.append(f"| {model} | {' | '.join(cells)} |")
    return lines


def _mean(numbers: Iterable[float]) -> float:
    each = list(numbers)
    return sum(each) / len(each)


def as_text(found: Mapping[str, Any]) -> str:
    """JSON with the scores of a model on one line."""
    text = json.dumps(found, indent=1)
    return re.sub(r"\{[^{}]*\}", lambda inner: re.sub(r"\s+", " ", inner[0]), text) + "\n"


def main() -> None:
    """Measure if a folder is given; write."""
    if len(sys.argv) > 1:
        from _extrapolation_scores import results

        RESULTS.write_text(as_text(results(Path(sys.argv[1]))), encoding="utf-8")
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")


if __name__ == "__main__":
    main()
