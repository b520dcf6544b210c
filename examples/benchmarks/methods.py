"""What do the methods find? Runs all METHODS over tables of recorded curves, in simulated time.

    python examples/benchmarks/methods.py --tables ../shared/tables --seeds 30 --workers 4 --json out.json
    python examples/benchmarks/plot.py out.json

T is the simulated time in which four workers could train 22 (R <= 30), 12 (R <= 60) or 10 (more epochs) configurations
of median cost fully. A run lasts four times that (`--budget`): what it had found at T is read off it, for the end of a
run changes no decision before it. A trial whose metric is not finite has failed, and is not tried again.

The file is written every few seconds. The same command goes on where it was stopped, and runs that are there already,
with at least the same budget, are not made again; so more seeds, methods or tables can be added to it.
"""

import argparse
import os
from pathlib import Path
from typing import Final

from _runs import Job, load, run_all, tables_of
from _summaries import seed_range

import pure_hb as hb

BUDGET: Final = 4.0


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tables", nargs="+", type=Path, required=True, help="folders of tables, or NAME.npz")
    parser.add_argument("--seeds", type=seed_range, default=range(30), help="30 for 0 to 29 (default), or LOW:HIGH")
    parser.add_argument("--workers", type=int, default=4, help="workers in the simulation (default 4)")
    parser.add_argument("--methods", nargs="+", default=list(hb.METHODS), choices=list(hb.METHODS), metavar="METHOD")
    parser.add_argument("--budget", type=float, default=BUDGET, help="simulated time in units of T (default 4)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default: one for each core")
    parser.add_argument("--json", type=Path, required=True, help="the file with the results, which is added to")
    return parser.parse_args()


def main() -> None:
    """Run what is missing."""
    given = arguments()
    tables = tables_of(given.tables)
    jobs = [
        Job(table, method, seed, given.workers, given.budget)
        for seed in given.seeds
        for method in given.methods
        for table in tables
    ]
    results = load(given.json)
    run_all(jobs, results, given.processes)
    print(f"{len(results.runs)} runs are in {given.json}; to see them: python examples/benchmarks/plot.py {given.json}")


if __name__ == "__main__":
    main()
