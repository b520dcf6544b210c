"""HOW ARE RESULTS TOLD? The tables of `docs/measurements/recorded.md`, in Markdown."""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Final

from _results import BASELINE, Runs, against, ranks, times_to_target
from _summaries import difference, interval

BEGIN: Final = "<!-- measured: begin -->"
END: Final = "<!-- measured: end -->"
SHARES: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
Reference = Mapping[tuple[str, str, int], Sequence[float]]


def page(before: str, measured: str) -> str:
    """The page with its measured part replaced; a page without one gets it at its end."""
    if BEGIN not in before or END not in before:
        before = f"{before.rstrip()}\n\n{BEGIN}\n{END}\n"
    head, tail = before.split(BEGIN)[0], before.split(END)[1]
    return f"{head}{BEGIN}\n\n{measured.strip()}\n\n{END}{tail}"


def measured_part(runs: Runs, reference: Reference, machine: str) -> str:
    """All tables."""
    return "\n\n".join(
        [
            f"Machine: {machine}.",
            "### Ranks and pairs",
            *_ranks(runs),
            "### Time to ASHA-PROM's final regret",
            _targets(runs),
            *(["### Beside the reference", *_beside(runs, reference)] if reference else []),
            "### Regret on each table",
            _regrets(runs),
        ]
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _percent(share: float) -> str:
    return f"{share:.0%}" if share <= 1.0 else f"{share:g} T"


def lasting(runs: Runs) -> list[float]:
    """The shares of T that runs of all methods have reached on some table."""
    return [share for share in SHARES if runs.pairs(runs.methods, share)]


def _ranks(runs: Runs) -> list[str]:
    shares = lasting(runs)
    counts = ", ".join(f"{_percent(share)}: {len(runs.pairs(runs.methods, share))}" for share in shares)
    of = {share: ranks(runs, runs.methods, share) for share in shares}
    shown = sorted(runs.methods, key=lambda method: of[shares[-1]][method]) if shares else []
    ranked = _table(
        ["method", *(f"rank at {_percent(share)}" for share in shares)],
        [[method, *(f"{of[share][method]:.2f}" for share in shares)] for method in shown],
    )
    compared = _table(
        ["method", *(f"at {_percent(share)}" for share in shares), "pairs"],
        [
            [
                method,
                *(str(against(runs, method, BASELINE, share)) for share in shares),
                " / ".join(str(len(runs.pairs((method, BASELINE), share))) for share in shares),
            ]
            for method in shown
            if method != BASELINE
        ],
    )
    return [
        f"Mean rank among all methods by regret, 1 the best, over (table, seed) pairs ({counts}), each table counting "
        "the same:",
        ranked,
        f"Shares of pairs in which a method is better than {BASELINE} with the same seed / equal / worse:",
        compared,
    ]


def _targets(runs: Runs) -> str:
    tables = [table for table, methods in runs.of.items() if BASELINE in methods]
    of = {table: times_to_target(runs, table) for table in tables}

    def shown(table: str, method: str) -> str:
        time = of[table].get(method)
        return "" if time is None else f"{time:.2f}" if math.isfinite(time) else "not reached"

    rows = [[method, *(shown(table, method) for table in tables)] for method in runs.methods]
    return (
        "The median over the seeds of the time, in units of T, at which a run reached the median regret that "
        f"{BASELINE} has at T.\n\n{_table(['method', *tables], rows)}"
    )


def _beside(runs: Runs, reference: Reference) -> list[str]:
    rows, worse, better, compared = [], [], 0, 0
    for table in runs.of:
        for method in runs.of[table]:
            for share in (0.5, 1.0):
                theirs = reference.get((table, method, round(100 * share)))
                ours = runs.regrets(table, method, share)
                if not theirs or not ours or not all(map(math.isfinite, (*theirs, *ours))):
                    continue
                gap = difference(ours, theirs)
                verdict = "**worse**" if gap.low > 0.0 else "better" if gap.high < 0.0 else "alike"
                compared += 1
                better += verdict == "better"
                if gap.low > 0.0:
                    worse.append(f"{method} on {table} at {_percent(share)}")
                seeds = f"{len(ours)} / {len(theirs)}"
                cells = [table, method, _percent(share), str(interval(ours)), str(interval(theirs)), seeds, verdict]
                rows.append(cells)
    told = f"worse: {', '.join(worse)}" if worse else "none is worse"
    return [
        f"Of {compared} comparisons, {better} are better and {len(worse)} worse than the reference's own runs beyond "
        f"the 95% interval of the difference ({told}).",
        _table(["table", "method", "of T", "ours", "reference", "seeds", ""], rows),
    ]


def _regrets(runs: Runs) -> str:
    shares = [share for share in SHARES if any(runs.until(share).of[table] for table in runs.of)]
    rows = []
    for table, methods in runs.of.items():
        for method, curves in methods.items():
            cells = []
            for share in shares:
                found = [one for one in runs.regrets(table, method, share) if math.isfinite(one)]
                cells.append(str(interval(found)) if found else "")
            longest = max(curve.budget for curve in curves.values())
            full = [curve for curve in curves.values() if curve.budget == longest]
            trials = f"{median(curve.trials for curve in full):g}"
            seconds = f"{median(curve.cpu_seconds for curve in full):.1f}"
            rows.append([table, method, *cells, str(len(curves)), f"{longest:g} T", trials, seconds])
    head = ["table", "method", *map(_percent, shares), "seeds", "longest", "trials", "CPU seconds"]
    return (
        "Interquartile mean over the seeds with its 95% bootstrap interval. Trials and CPU seconds are medians of the "
        "longest runs.\n\n" + _table(head, rows)
    )
