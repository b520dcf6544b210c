"""What do PASHA, RUSH and promotion by cost save, and where do they lose? Each beside the method that it changes.

    python examples/benchmarks/family.py --tables ../shared/tables --json family.json \\
        --page docs/measurements/recorded.md

Runs are those of `methods.py`, of length T. RUSH needs configurations to trust: the three that end best among 25 random
ones, as an earlier search might have left them; the method beside it is given the same ones to begin with. Better and
worse are counted over (table, seed) pairs; regrets that differ by less than a thousandth of the table's spread are the
same.
"""

import argparse
import math
import os
import random
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any, Final

from _runs import Job, load, run_all, tables_of

import pure_hb as hb
from pure_hb.space import draw

PAIRS: Final = (
    ("PASHA", "ASHA-PROM"),
    ("COST-PROM", "ASHA-PROM"),
    ("RUSH-STOP, 3 points", "ASHA-STOP, 3 points"),
    ("RUSH-PROM, 3 points", "ASHA-PROM, 3 points"),
    ("MOBSTER-PASHA", "MOBSTER-JOINT"),
)
SHARES: Final = (0.25, 0.5, 1.0)
DRAWN: Final = 25
TRUSTED: Final = 3
SAME: Final = 1e-3
BEGIN: Final = "<!-- family: begin -->"
END: Final = "<!-- family: end -->"


def job(path: Path, arm: str, seed: int) -> Job:
    """The run of an arm."""
    method, _, with_points = arm.partition(", ")
    options = (("points_to_evaluate", trusted(path, seed)),) if with_points else ()
    return Job(path, method, seed, 4, 1.0, arm, options)


def trusted(path: Path, seed: int) -> tuple[dict[str, Any], ...]:
    """The best of a few random configurations of a table, the best first."""
    table, chance = hb.load_table(path), random.Random(seed)
    ends = []
    for _ in range(DRAWN):
        configuration = draw(table.space, lambda _: chance.random())
        value = table.value(table.row(configuration), table.max_resource)
        ends.append((table.goal.to_minimise(value) if math.isfinite(value) else math.inf, configuration))
    best = sorted(ends, key=lambda end: end[0])[:TRUSTED]
    return tuple(dict(configuration) for _, configuration in best)


def regret_at(run: dict[str, Any], share: float) -> float:
    """The regret of what a run had found at a share of T; infinite if nothing."""
    return next((regret for when, regret in reversed(run["regrets"]) if when <= share), math.inf)


def summary(runs: list[dict[str, Any]]) -> str:
    """The tables, in Markdown."""
    found: dict[str, dict[tuple[str, int], dict[str, Any]]] = defaultdict(dict)
    for run in runs:
        found[run["method"]][run["table"], run["seed"]] = run
    lines = [
        "| method | beside | pairs | better / same / worse at 25% | at 50% | at 100% |",
        "|---|---|---|---|---|---|",
    ]
    for arm, base in PAIRS:
        both = sorted(found[arm].keys() & found[base].keys())
        cells = [_counted([(found[arm][one], found[base][one]) for one in both], share) for share in SHARES]
        lines.append(f"| {arm} | {base} | {len(both)} | {' | '.join(cells)} |")
    tables = sorted({run["table"] for run in runs})
    arms = [arm for pair in PAIRS for arm in pair]
    lines += ["", "Median regret at T; in brackets the median number of trials."]
    lines += ["", f"| method | {' | '.join(tables)} |", f"|---|{'---|' * len(tables)}"]
    for arm in dict.fromkeys(arms):
        cells = []
        for table in tables:
            own = [run for (name, _), run in found[arm].items() if name == table]
            cells.append(
                f"{median(regret_at(run, 1.0) for run in own):.4f} ({median(run['trials'] for run in own):.0f})"
            )
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _counted(pairs: list[tuple[dict[str, Any], dict[str, Any]]], share: float) -> str:
    better = same = 0
    for one, other in pairs:
        ours, theirs = regret_at(one, share), regret_at(other, share)
        equal = ours == theirs or abs(ours - theirs) < SAME
        same += equal
        better += not equal and ours < theirs
    shares = (better, same, len(pairs) - better - same)
    return " / ".join(f"{count / max(1, len(pairs)):.2f}" for count in shares)


def main() -> None:
    """Run what is missing, and write the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tables", nargs="+", type=Path, required=True, help="folders of tables, or NAME.npz")
    parser.add_argument("--seeds", type=int, default=30, help="so many; a third of them where there is a surrogate")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default: one for each core")
    parser.add_argument("--json", type=Path, required=True, help="the file with the results, which is added to")
    parser.add_argument("--page", type=Path, metavar="PAGE", help="write the tables between the marks of a page")
    given = parser.parse_args()
    arms = dict.fromkeys(arm for pair in PAIRS for arm in pair)
    jobs = [
        job(path, arm, seed)
        for seed in range(given.seeds)
        for arm in arms
        for path in tables_of(given.tables)
        if "MOBSTER" not in arm or seed < max(1, given.seeds // 3)
    ]
    results = load(given.json)
    run_all(jobs, results, given.processes)
    text = summary(list(results.runs.values()))
    print(text)
    if given.page:
        before, _, rest = given.page.read_text(encoding="utf-8").partition(BEGIN)
        given.page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
