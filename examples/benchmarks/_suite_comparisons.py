"""HOW DO METHODS STAND BESIDE EACH OTHER? Tables of paired runs: all problems together, each problem, method by method.

A pair is a problem and a seed that both methods have run.
"""

import math
from collections.abc import Collection, Sequence
from statistics import median
from typing import Final

from _suite_shown import Shown, label
from _suite_statistics import Comparison, compared, median_time, time_to
from _summaries import Interval

Pair = tuple[str, int]
"""A problem and a seed."""
HALF: Final = 0.5


def beside_the_base(found: Shown, budget: float) -> list[str]:
    """Each method beside the base over all problems, and when it was as good as the base in the end."""
    lines = [
        f"Beside {found.base}, over pairs (problem, seed): the mean of log2(regret / its regret), where -1 is half the "
        f"regret; won less lost; the median time at which a run was as good as the final median of {found.base} on "
        "the problem, in shares of the budget (never: most runs were not); and on how many problems that median time "
        "is at most half of the budget.",
        "",
        "| method | pairs | log2 ratio | won less lost | time to its median | by half of the budget |",
        "|---|---|---|---|---|---|",
    ]
    for method in found.methods:
        pairs = common(found, found.problems, method, found.base)
        if not pairs:
            continue
        result = comparison(found, pairs, method, found.base, budget)
        beside = (short(result.log2_ratio), short(result.won_less_lost)) if method != found.base else ("", "")
        time = _median_time_to_base(found, pairs, method, budget)
        there = [
            _median_time_to_base(found, [pair for pair in pairs if pair[0] == problem], method, budget) <= HALF
            for problem in found.problems
            if any(pair[0] == problem for pair in pairs)
        ]
        told = "never" if math.isinf(time) else f"{time:.2f}"
        lines.append(
            f"| {label(method)} | {len(pairs)} | {' | '.join(beside)} | {told} | {sum(there)} of {len(there)} |"
        )
    return lines


def by_problem(found: Shown, budget: float, used: Collection[str]) -> list[str]:
    """Each method beside the base on each problem; those ``used`` for choosing defaults first, summed apart."""
    methods = [method for method in found.methods if method != found.base]
    lines = [
        f"The mean of log2(regret / regret of {found.base}) on each problem, and the number of pairs.",
        "",
        f"| problem | {' | '.join(map(label, methods))} |",
        f"|---|{'---|' * len(methods)}",
    ]
    groups = [
        ("problems used for choosing defaults", [problem for problem in found.problems if problem in used]),
        ("problems not used for choosing" if used else "all", [one for one in found.problems if one not in used]),
    ]
    for title, group in groups:
        for problem in group:
            cells = [_cell(found, [problem], method, budget, wins=False) for method in methods]
            lines.append(f"| {problem} | {' | '.join(cells)} |")
        if group:
            cells = [_cell(found, group, method, budget, wins=True) for method in methods]
            lines.append(f"| *{title}* | {' | '.join(cells)} |")
    return lines


def one_by_one(found: Shown, budget: float, named: Sequence[str], used: Collection[str]) -> list[str]:
    """The ``named`` methods beside every other, over all problems and over those not ``used`` for choosing."""
    lines = [
        "Method by method: log2 ratio of regrets, won less lost, and the number of pairs.",
        "",
        "| method | beside | all problems | problems not used for choosing |" if used else "| method | beside | |",
        "|---|---|---|---|" if used else "|---|---|---|",
    ]
    scopes = [found.problems, [problem for problem in found.problems if problem not in used]] if used else [
        found.problems
    ]  # fmt: skip
    for method in named:
        for other in found.methods:
            if other != method:
                cells = [_cell(found, scope, method, budget, wins=True, other=other) for scope in scopes]
                lines.append(f"| {label(method)} | {label(other)} | {' | '.join(cells)} |")
    return lines


def common(found: Shown, problems: Collection[str], method: str, other: str) -> list[Pair]:
    """What both methods have run."""
    return [
        (problem, seed)
        for problem in problems
        for seed in found.seeds(problem, method)
        if (problem, other, seed) in found.runs
    ]


def comparison(found: Shown, pairs: Sequence[Pair], method: str, other: str, budget: float) -> Comparison:
    """One method beside another over some pairs, at the end of a budget."""
    ours, theirs = ([found.regret(problem, one, seed, budget) for problem, seed in pairs] for one in (method, other))
    return compared(ours, theirs)


def short(interval: Interval) -> str:
    """With two decimals, as is enough for logarithms and shares."""
    mean, low, high = (f"{round(value, 2) + 0.0:+.2f}" for value in (interval.mean, interval.low, interval.high))
    return f"{mean} [{low}, {high}]"


def _cell(
    found: Shown, problems: Collection[str], method: str, budget: float, *, wins: bool, other: str | None = None
) -> str:
    against = found.base if other is None else other
    pairs = common(found, problems, method, against)
    if not pairs:
        return ""
    result = comparison(found, pairs, method, against, budget)
    won = f"; {short(result.won_less_lost)}" if wins else ""
    return f"{short(result.log2_ratio)}{won} ({len(pairs)})"


def _median_time_to_base(found: Shown, pairs: Sequence[Pair], method: str, budget: float) -> float:
    return median_time([_share_of_time(found, problem, method, seed, budget) for problem, seed in pairs])


def _share_of_time(found: Shown, problem: str, method: str, seed: int, budget: float) -> float:
    """When a run was as good as the final median of the base; infinite: not within the budget."""
    target, end = median(found.regrets(problem, found.base, budget)), found.time(problem, budget)
    when = time_to(found.runs[problem, method, seed]["trajectory"], found.rulers[problem], target)
    return when / end if when <= end else math.inf
