"""HOW ARE THE RUNS OF THE SUITE SHOWN? A page in Markdown, from the lines of the file of results."""

import math
from collections.abc import Sequence
from statistics import median
from typing import Any, Final

from _suite_statistics import FLOOR, Ruler, best_of, compared, median_time, time_to, value_at
from _summaries import interval
from attrs import evolve, frozen

import pure_hb as hb

BEGIN: Final = "<!-- suite: begin -->"
END: Final = "<!-- suite: end -->"

Run = dict[str, Any]


@frozen
class Shown:
    """The runs that a page is about."""

    runs: dict[tuple[str, str, int], Run]
    """By problem, method and seed."""
    rulers: dict[str, Ruler]
    base: str
    """The method that others are compared with."""

    @property
    def problems(self) -> list[str]:
        """In the order of the list of problems."""
        return list(self.rulers)

    @property
    def methods(self) -> list[str]:
        """The base first."""
        found = dict.fromkeys(method for _, method, _ in self.runs)
        return [*([self.base] if self.base in found else []), *(method for method in found if method != self.base)]

    def seeds(self, problem: str, method: str) -> list[int]:
        """The seeds of a method on a problem."""
        return sorted(seed for one, other, seed in self.runs if (one, other) == (problem, method))

    def of(self, method: str) -> list[Run]:
        """All runs of a method."""
        return [run for (_, one, _), run in self.runs.items() if one == method]

    def time(self, problem: str, budget: float) -> float:
        """Simulated seconds of a budget in full trainings."""
        return next(run["unit"] for (one, _, _), run in self.runs.items() if one == problem) * budget

    def regret(self, problem: str, method: str, seed: int, budget: float) -> float:
        """What a run had found within a budget."""
        found = value_at(self.runs[problem, method, seed]["trajectory"], self.time(problem, budget))
        return self.rulers[problem].regret(found)

    def regrets(self, problem: str, method: str, budget: float) -> list[float]:
        """Of all seeds."""
        return [self.regret(problem, method, seed, budget) for seed in self.seeds(problem, method)]


def shown(runs: Sequence[Run], all_runs: Sequence[Run], names: Sequence[str], base: str) -> Shown:
    """Some runs with their rulers. An optimum that is not known is the best value of any run of the problem."""
    rulers = {}
    for name in names:
        own = next((run for run in runs if run["problem"] == name), None)
        if own is None:
            continue
        scale = own["scale"]
        goal = hb.Minimize("") if own["mode"] == "min" else hb.Maximize("")
        best = scale["best"]
        if best is None:
            best = best_of(goal, [run["trajectory"] for run in all_runs if run["problem"] == name])
        rulers[name] = Ruler(goal, scale["median"] if best is None else best, scale["median"], scale["worst"])
    kept = {(run["problem"], run["method"], run["seed"]): run for run in runs if run["problem"] in rulers}
    return Shown(kept, rulers, base)


def page(found: Shown, budgets: Sequence[float]) -> str:
    """All tables, in Markdown; the tables in which neighbours answer stand apart."""
    kinds = {problem: run["kind"] for (problem, _, _), run in found.runs.items()}
    lines = [
        f"Interquartile means of the normalised regret with 95% bootstrap intervals; regrets below {FLOOR:g} count as "
        f"{FLOOR:g}. A budget of F full trainings is the simulated time in which the workers could train F "
        "configurations of median cost fully.",
    ]
    told = {
        method: ", ".join(dict.fromkeys(run.get("told", "") for run in found.of(method))) for method in found.methods
    }
    if any(told.values()):
        lines += ["", "| method | what it is |", "|---|---|"]
        lines += [f"| {label(method)} | {what} |" for method, what in told.items() if what]
    live = [problem for problem in found.problems if kinds[problem] == "live"]
    if live:
        best = ", ".join(f"{problem} {found.rulers[problem].best:.6g}" for problem in live)
        lines += ["", f"No optimum is known of the live problems; the best value of any run stands for it: {best}."]
    for is_old, title in ((False, ""), (True, ", tables answered by the nearest row")):
        group = [problem for problem in found.problems if (kinds[problem] == "old") is is_old]
        for budget in budgets if group else ():
            part = evolve(found, rulers={problem: found.rulers[problem] for problem in group})
            lines += ["", f"### {budget:g} full trainings{title}", "", *_regrets(part, budget)]
            if found.base in found.methods and len(found.methods) > 1:
                lines += ["", *_comparisons(part, budget)]
    return "\n".join(lines)


def label(method: str) -> str:
    """A name with its options below each other, so that columns stay narrow."""
    return method.replace("?", "<br>").replace("&", "<br>")


def _regrets(found: Shown, budget: float) -> list[str]:
    methods = found.methods
    lines = [f"| problem | seeds | {' | '.join(map(label, methods))} |", f"|---|---|{'---|' * len(methods)}"]
    for problem in found.problems:
        counts = sorted({len(found.seeds(problem, method)) for method in methods})
        cells = [found.regrets(problem, method, budget) for method in methods]
        told = [str(interval(cell)) if cell else "" for cell in cells]
        lines.append(f"| {problem} | {' to '.join(map(str, sorted({counts[0], counts[-1]})))} | {' | '.join(told)} |")
    return lines


def _comparisons(found: Shown, budget: float) -> list[str]:
    lines = [
        f"Beside {found.base}, over pairs (problem, seed): the mean of log2(regret / its regret), where -1 is half the "
        f"regret; won less lost; and the median time at which a run was as good as the final median of {found.base} on "
        "the problem, in shares of the budget (never: most runs were not).",
        "",
        "| method | pairs | log2 ratio | won less lost | time to its median |",
        "|---|---|---|---|---|",
    ]
    for method in found.methods:
        pairs = [
            (problem, seed)
            for problem in found.problems
            for seed in found.seeds(problem, method)
            if (problem, found.base, seed) in found.runs
        ]
        if not pairs:
            continue
        ours = [found.regret(problem, method, seed, budget) for problem, seed in pairs]
        theirs = [found.regret(problem, found.base, seed, budget) for problem, seed in pairs]
        result = compared(ours, theirs)
        time = median_time([_share_of_time(found, problem, method, seed, budget) for problem, seed in pairs])
        told = "never" if math.isinf(time) else f"{time:.2f}"
        beside = (str(result.log2_ratio), f"{result.won_less_lost:+.2f}") if method != found.base else ("", "")
        lines.append(f"| {label(method)} | {len(pairs)} | {' | '.join(beside)} | {told} |")
    return lines


def _share_of_time(found: Shown, problem: str, method: str, seed: int, budget: float) -> float:
    """When a run was as good as the final median of the base; infinite: not within the budget."""
    target, end = median(found.regrets(problem, found.base, budget)), found.time(problem, budget)
    when = time_to(found.runs[problem, method, seed]["trajectory"], found.rulers[problem], target)
    return when / end if when <= end else math.inf


def write(path: Any, text: str) -> None:
    """Writes the tables between the marks of a page, or a page of nothing else if there is none."""
    old = path.read_text(encoding="utf-8") if path.exists() else f"# Benchmarks\n\n{BEGIN}\n{END}\n"
    if BEGIN not in old or END not in old:
        raise SystemExit(f"{path} has no lines {BEGIN} and {END}; the tables are written between them")
    before, _, rest = old.partition(BEGIN)
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")
