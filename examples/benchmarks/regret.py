"""How good is what the methods find? Normalised regret over tables of recorded curves, in simulated time.

    python examples/benchmarks/regret.py TABLE... --methods ASHA-PROM ASHA-STOP \\
        --reference docs/measurements/regret.json

Each run has the simulated time T in which four workers could train 22 (R <= 30), 12 (R <= 60) or 10 (more epochs)
configurations of median cost fully. Shown are interquartile means over the seeds at 25%, 50% and 100% of T with 95%
bootstrap intervals (percentiles), and how many trials the median run started. With a file of regrets of another system
(`docs/measurements/regret.json` has those of Syne Tune 0.13.0), its means and intervals stand beside them, and whether
ours lie inside.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from _summaries import interval, seed_range, time_limit
from attrs import asdict, frozen

import pure_hb as hb
from pure_hb.simulation import Nan

SHARES: Final = (25, 50, 100)
"""Percent of T at which regret is looked at."""


@frozen
class Cell:
    """The regrets of a method on a table at a share of T, one for each seed, and the trials that its runs started."""

    table: str
    method: str
    share: int
    time: float
    regrets: tuple[float, ...]
    trials: tuple[int, ...]


@frozen
class Summary:
    """Interquartile mean, its 95% bootstrap interval, and the median number of trials."""

    mean: float
    low: float
    high: float
    trials: float


# ---- runs ----------------------------------------------------------------------------------------------------------


def cells_of(table: hb.Table, method: str, seeds: Sequence[int], workers: int, nan: Nan) -> list[Cell]:
    """All runs of a method on a table. Trials that fail by a NaN are not run again: they would only diverge again."""
    limit = time_limit(table)
    options = {"max_resource": table.max_resource, **({"max_failures": 1} if nan == "fail" else {})}
    runs = [
        hb.simulate(
            table,
            hb.METHODS[method](table.space, table.goal, seed=seed, **options),
            workers=workers,
            max_time=limit,
            nan=nan,
        )
        for seed in seeds
    ]
    trials = tuple(run.trials for run in runs)
    return [
        Cell(table.name, method, share, limit, tuple(_regret(table, run, limit * share / 100) for run in runs), trials)
        for share in SHARES
    ]


def _regret(table: hb.Table, run: hb.SimulationResult, time: float) -> float:
    best = run.best_at(time)
    return table.regret(table.worst if best is None else best)


def cells_of_reference(path: Path) -> dict[tuple[str, str, int], Cell]:
    """The cells of a file as ``docs/measurements/regret.json``: of each table T and its methods, of each trials
    and regrets."""
    found = {}
    for table, known in json.loads(path.read_text(encoding="utf-8"))["tables"].items():
        for method, runs in known["methods"].items():
            for share in SHARES:
                regrets = tuple(runs["regret"][str(share)])
                found[table, method, share] = Cell(table, method, share, known["T"], regrets, tuple(runs["trials"]))
    return found


# ---- statistics ----------------------------------------------------------------------------------------------------


def summary(cell: Cell) -> Summary:
    """The mean of a cell, and the 2.5% and 97.5% percentiles of the means of its resamples."""
    found = interval(cell.regrets)
    return Summary(found.mean, found.low, found.high, median(cell.trials))


# ---- output --------------------------------------------------------------------------------------------------------


def as_line(cell: Cell, reference: Cell | None) -> str:
    """A row of the table in Markdown."""
    ours = summary(cell)
    line = f"| {cell.table} | {cell.method} | {cell.share}% | {_shown(ours)} | {ours.trials:g} |"
    if reference is None:
        return line
    theirs = summary(reference)
    return f"{line} {_shown(theirs)} | {theirs.trials:g} | {'yes' if _inside(ours, theirs) else '**no**'} |"


def _shown(found: Summary) -> str:
    return f"{found.mean:.4f} [{found.low:.4f}, {found.high:.4f}]"


def _inside(ours: Summary, theirs: Summary) -> bool:
    return theirs.low <= ours.mean <= theirs.high


def as_json(cell: Cell, reference: Cell | None) -> dict[str, Any]:
    """The cell with its summary and, if it is known, the reference's."""
    ours = summary(cell)
    found = {**asdict(cell), **asdict(ours), "trials": cell.trials, "median_trials": ours.trials}
    if reference is None:
        return found
    theirs = summary(reference)
    return {**found, "reference": asdict(theirs), "inside": _inside(ours, theirs)}


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tables", nargs="+", type=Path, metavar="TABLE", help="NAME.npz, beside its NAME.json")
    parser.add_argument("--methods", nargs="+", default=["ASHA-PROM", "ASHA-STOP"], choices=sorted(hb.METHODS))
    parser.add_argument("--seeds", type=seed_range, default=range(20), help="20 for 0 to 19 (default), or LOW:HIGH")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--nan", choices=("value", "fail"), default="value", help="report a NaN as it is, or fail")
    parser.add_argument("--reference", type=Path, help="regrets of another system, as docs/measurements/regret.json")
    parser.add_argument("--json", action="store_true", help="one line of JSON for each cell")
    return parser.parse_args()


def main() -> None:
    """Run all methods on all tables."""
    given = arguments()
    reference = cells_of_reference(given.reference) if given.reference else {}
    if not given.json:
        last = " reference | its trials | inside |" if reference else ""
        print(f"| table | method | of T | IQM [95% interval] | trials |{last}")
        print("| --- " * (8 if reference else 5) + "|")
    inside = []
    for path in given.tables:
        table = hb.load_table(path)
        for method in given.methods:
            for cell in cells_of(table, method, given.seeds, given.workers, given.nan):
                known = reference.get((cell.table, cell.method, cell.share))
                print(json.dumps(as_json(cell, known)) if given.json else as_line(cell, known), flush=True)
                if known is not None and cell.share == 100:
                    inside.append(_inside(summary(cell), summary(known)))
    if inside and not given.json:
        print(f"\nAt 100% of T, {sum(inside)} of {len(inside)} means lie in the intervals of the reference.")


if __name__ == "__main__":
    main()
