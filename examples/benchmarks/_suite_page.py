"""HOW ARE THE RUNS OF THE SUITE SHOWN? A page in Markdown, from the lines of the file of results."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from _suite_comparisons import beside_the_base, by_problem, one_by_one
from _suite_shown import Shown, label
from _suite_statistics import FLOOR
from _summaries import interval
from attrs import evolve

BEGIN: Final = "<!-- suite: begin -->"
END: Final = "<!-- suite: end -->"


def page(found: Shown, budgets: Sequence[float], named: Sequence[str] = (), used: Collection[str] = ()) -> str:
    """All tables, in Markdown; the tables in which neighbours answer stand apart.

    Arguments:
        named: methods that are also compared with every other one.
        used: problems by which defaults were chosen; what is said of the others is said apart.
    """
    kinds = {problem: run["kind"] for (problem, _, _), run in found.runs.items()}
    lines = [
        f"Interquartile means of the normalised regret with 95% bootstrap intervals; regrets below {FLOOR:g} count as "
        f"{FLOOR:g}. A budget of F full trainings is the simulated time in which the workers could train F "
        "configurations of median cost fully.",
    ]
    told = {
        method: ", ".join(dict.fromkeys(filter(None, (run.get("told") for run in found.of(method)))))
        for method in found.methods
    }
    if any(told.values()):
        lines += ["", "| method | what it is |", "|---|---|"]
        lines += [f"| {label(method)} | {what} |" for method, what in told.items() if what]
    live = [problem for problem in found.problems if kinds[problem] == "live"]
    if live:
        best = ", ".join(f"{problem} {found.rulers[problem].best:.6g}" for problem in live)
        lines += ["", f"No optimum is known of the live problems; the best value of any run stands for it: {best}."]
    for is_old, title in ((False, ""), (True, ", tables answered by the nearest row")):
        for budget in budgets:
            part = _lasting(
                found, budget, [problem for problem in found.problems if (kinds[problem] == "old") is is_old]
            )
            if not part.problems:
                continue
            lines += ["", f"### {budget:g} full trainings{title}", "", *_regrets(part, budget)]
            if found.base in part.methods and len(part.methods) > 1:
                lines += ["", *beside_the_base(part, budget), "", *by_problem(part, budget, used)]
            there = [method for method in named if method in part.methods]
            if there and len(part.methods) > 1:
                lines += ["", *one_by_one(part, budget, there, used)]
    return "\n".join(lines)


def _lasting(found: Shown, budget: float, problems: Sequence[str]) -> Shown:
    """The runs on some problems that lasted for a budget: what a shorter one would have found by then is not known."""
    runs = {key: run for key, run in found.runs.items() if key[0] in problems and run["budget"] >= budget}
    there = {problem for problem, _, _ in runs}
    return evolve(found, runs=runs, rulers={one: ruler for one, ruler in found.rulers.items() if one in there})


def _regrets(found: Shown, budget: float) -> list[str]:
    methods = found.methods
    lines = [f"| problem | seeds | {' | '.join(map(label, methods))} |", f"|---|---|{'---|' * len(methods)}"]
    for problem in found.problems:
        counts = sorted({len(found.seeds(problem, method)) for method in methods})
        cells = [found.regrets(problem, method, budget) for method in methods]
        told = [str(interval(cell)) if cell else "" for cell in cells]
        lines.append(f"| {problem} | {' to '.join(map(str, sorted({counts[0], counts[-1]})))} | {' | '.join(told)} |")
    return lines


def write(path: Any, text: str) -> None:
    """Writes the tables between the marks of a page, or a page of nothing else if there is none."""
    old = path.read_text(encoding="utf-8") if path.exists() else f"# Benchmarks\n\n{BEGIN}\n{END}\n"
    if BEGIN not in old or END not in old:
        raise SystemExit(f"{path} has no lines {BEGIN} and {END}; the tables are written between them")
    before, _, rest = old.partition(BEGIN)
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")
