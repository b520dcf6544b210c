"""What do options cost? Milliseconds of processor time of one suggestion, several sets of options in turns.

    python examples/benchmarks/options_cost.py                                   # the sets of OPTIONS
    python examples/benchmarks/options_cost.py --method MOBSTER-INDEP --observations 100 --sets now first

The task is that of `suggest_cost.py`. Each set plays its own run to n values; then they take turns, one value and one
suggestion each. *suggestion* is the mean over whole periods from one fit to the next, *no fit* the median of the same
questions with the parameters kept, *a fit* the median of what a fit adds to that. On a machine that does other work,
only ratios within one run mean something.
"""

import argparse
import sys
from collections.abc import Mapping
from statistics import fmean, median
from typing import Any, Final

from suggest_cost import whole_periods  # sets the number of threads  # isort: skip
from _suggest_cost_play import Play

OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "first": {
        "opt_skip_growth": 0.0,
        "opt_nstarts": 2,
        "num_init_candidates": 20,
        "initial_scoring": "thompson_indep",
        "gp_resource_kernel": "exp-decay-sum",
    },
    "five starts": {"opt_nstarts": 5},
    "now": {},
    "published": {"preset": "published"},
}
"""Name -> options of a method. *first* are the defaults of rules 2, *five starts* nearly those of rules 7."""


def taken(plays: Mapping[str, Play], periods: int) -> dict[str, list[dict[str, Any]]]:
    """What each set of options took, one suggestion after the other, until all have had so many fits."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in plays}
    while any(sum(one["refit"] for one in each) <= periods for each in found.values()):
        for name, play in plays.items():
            found[name].append(play.timed())
    return found


def row(name: str, n: int, each: list[dict[str, Any]], base: float | None) -> tuple[str, float]:
    """A line of the table, and the mean."""
    whole = whole_periods(each)
    mean = 1e3 * fmean(one["cpu"] for one in whole)
    kept = 1e3 * median(one["without_refit"]["cpu"] for one in whole)
    fit = 1e3 * median(one["cpu"] - one["without_refit"]["cpu"] for one in whole if one["refit"])
    fits = sum(one["refit"] for one in whole)
    ratio = "" if base is None else f"{mean / base:.2f}"
    return f"| {n} | {name} | {mean:.3g} | {fits} of {len(whole)} | {kept:.3g} | {fit:.3g} | {ratio} |", mean


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--method", default="MOBSTER-JOINT", help="a method with a surrogate (default MOBSTER-JOINT)")
    parser.add_argument("--observations", nargs="+", type=int, default=[50, 100], metavar="N", help="numbers of values")
    parser.add_argument("--sets", nargs="+", default=list(OPTIONS), choices=list(OPTIONS), metavar="SET")
    parser.add_argument("--periods", type=int, default=3, help="periods between fits (default 3)")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print("| n | options | suggestion [ms] | fits | no fit [ms] | a fit [ms] | of the first |")
    print("|---|---|---|---|---|---|---|")
    for n in given.observations:
        plays = {name: Play(given.method, n, given.seed, OPTIONS[name]) for name in given.sets}
        for play in plays.values():
            play.timed()
        base = None
        for name, each in taken(plays, given.periods).items():
            line, mean = row(name, n, each, base)
            base = mean if base is None else base
            print(line)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
