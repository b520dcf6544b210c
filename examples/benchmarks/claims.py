"""Which claims of the tutorial on these methods hold on our problems? Runs its experiments, writes
`docs/measurements/claims.md`.

    python examples/benchmarks/claims.py --problems hartmann3 cliff-nan-1 nas-digits --seeds 10 --json claims.json

The experiments are in `_claims.py`. On problems of the suite runs last 60 full trainings, and regrets are compared
after 20 and 60; on recorded tables (``--tables``) they last T, as in `methods.py`. Those about the size cap take four
times that. The same command goes on where it was stopped. `--only E1 E10` runs some of them; the page always says what
is there.
"""

import argparse
import os
from pathlib import Path
from typing import Final

from _claims import EXPERIMENTS, Experiment, Finding, Runs
from _results_page import page
from _runs import FULL_TRAININGS, load, machine, run_all, tables_of
from _summaries import seed_range

ROOT: Final = Path(__file__).resolve().parents[2]


def told(experiment: Experiment, runs: Runs) -> str:
    """The part of the page about one claim."""
    lines = [f"### {experiment.id}: {experiment.claim}", ""]
    if any(not runs.pairs(arm) for arm in experiment.arms):
        return "\n".join([*lines, "Not run."])
    lines += ["| what | mean [95% interval] | pairs | |", "| --- | --- | --- | --- |"]
    return "\n".join(lines + [_row(finding) for finding in experiment.findings(runs)])


def _row(found: Finding) -> str:
    numbers = f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"
    return f"| {found.what} | {numbers} | {found.pairs} | {found.verdict} |"


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tables", nargs="+", type=Path, default=[], help="folders of tables, or NAME.npz")
    parser.add_argument("--problems", nargs="+", default=[], help="names of problems of the suite (suite.py)")
    parser.add_argument("--seeds", type=seed_range, default=range(10), help="10 for 0 to 9 (default), or LOW:HIGH")
    parser.add_argument("--workers", type=int, default=4, help="workers in the simulation (default 4)")
    parser.add_argument("--only", nargs="+", choices=[one.id for one in EXPERIMENTS], metavar="ID")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default: one for each core")
    parser.add_argument("--json", type=Path, required=True, help="the file with the runs, which is added to")
    parser.add_argument(
        "--page",
        type=Path,
        default=ROOT / "docs" / "measurements" / "claims.md",
        help="default docs/measurements/claims.md",
    )
    given = parser.parse_args()
    if bool(given.tables) == bool(given.problems):
        parser.error("name problems of the suite with --problems, or recorded tables with --tables, one of the two")
    return given


def main() -> None:
    """Run what is missing, and write the page."""
    given = arguments()
    chosen = [one for one in EXPERIMENTS if given.only is None or one.id in given.only]
    arms = list(dict.fromkeys(arm for experiment in chosen for arm in experiment.arms))
    problems = given.problems or tables_of(given.tables)
    looks = (
        {f" after {n} full trainings": n / FULL_TRAININGS for n in (20, FULL_TRAININGS)}
        if given.problems
        else {"": 1.0}
    )
    results = load(given.json)
    run_all(
        [arm.job(problem, seed, given.workers) for seed in given.seeds for arm in arms for problem in problems],
        results,
        given.processes,
    )
    runs = Runs({(one["method"], one["table"], one["seed"]): one for one in results.runs.values()}, looks)
    measured = "\n\n".join([f"Machine: {machine()}.", *(told(one, runs) for one in EXPERIMENTS)])
    before = given.page.read_text(encoding="utf-8") if given.page.exists() else "# Which claims hold here?\n"
    given.page.write_text(page(before, measured), encoding="utf-8")
    print(f"{len(results.runs)} runs are in {given.json}; what they say is in {given.page}")


if __name__ == "__main__":
    main()
