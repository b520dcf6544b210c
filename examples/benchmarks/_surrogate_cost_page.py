"""How are the results of `surrogate_cost.py` shown? As tables in Markdown, with what is aimed at and what misses it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

BEGIN: Final = "<!-- cost: made by examples/benchmarks/surrogate_cost.py -->"
END: Final = "<!-- cost: end -->"

MULTI_TASK, INDEPENDENT, ADDITIVE = "multi-task", "independent", "additive"
TIMES_BOUND: Final = {500: 2.2}
"""n -> the most that a multi-task gradient may take, in times of the bound."""
GRADIENT_FASTER: Final = {MULTI_TASK: {100: 10.0, 300: 6.0, 500: 5.0}, INDEPENDENT: 8.0, ADDITIVE: 20.0}
"""How many times faster than the reference's a gradient must be: at some n, or at every n."""
FIT_FASTER: Final = {100: 15.0, 300: 8.0, 500: 6.0}
REFIT_EVALUATIONS: Final = 15
MEMORY_MB: Final = {1000: 200.0}

Result = Mapping[str, Any]


def family(model: str) -> str:
    """Of a model by its name."""
    if model.startswith("independent"):
        return INDEPENDENT
    return ADDITIVE if model in ("expdecay", "issm") else MULTI_TASK


# ---- limits ----------------------------------------------------------------------------------------------------------


def owed(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Every figure that there is a limit for, and whether it is met."""
    return [one for result in results for one in _owed(result)]


def _owed(result: Result) -> Iterator[dict[str, Any]]:
    model, n, faster = result["model"], result["n"], result.get("times_faster", {})

    def figure(what: str, value: float, limit: float | None, *, at_most: bool) -> Iterator[dict[str, Any]]:
        if limit is not None:
            met = value <= limit if at_most else value >= limit
            yield {"model": model, "n": n, "what": what, "value": value, "limit": limit, "met": met}

    if family(model) == MULTI_TASK:
        yield from figure("gradient, times the bound", result["times_bound"], TIMES_BOUND.get(n), at_most=True)
    limits = GRADIENT_FASTER[family(model)]
    limit = limits.get(n) if isinstance(limits, dict) else limits
    if "gradient" in faster:
        yield from figure("gradient, times faster", faster["gradient"], limit, at_most=False)
    if "fit" in faster:
        theirs = result["reference"]["fit"]["objective"]
        slack = max(0.01, 1e-3 * abs(theirs))  # what two optimisers may differ by at one optimum
        yield from figure("objective", comparable_objective(result), theirs + slack, at_most=True)
        yield from figure("fit, times faster", faster["fit"], FIT_FASTER.get(n), at_most=False)
    if "refit" in result:
        yield from figure("refit, evaluations", max(result["refit"]["evaluations"]), REFIT_EVALUATIONS, at_most=True)
    if "memory" in result:
        yield from figure("memory of a fit, MB", result["memory"]["added_mb"], MEMORY_MB.get(n), at_most=True)


def comparable_objective(result: Result) -> float:
    """What our fit reached of the function that the reference minimises."""
    fit = result["fit"]
    return float(fit.get("same_objective", fit)["objective"])


# ---- tables ----------------------------------------------------------------------------------------------------------


def as_markdown(found: Result) -> str:
    """The machine, the tables, and what is owed."""
    results = found["results"]
    parts = [_about(found), _table(*_ours(results))]
    compared = [result for result in results if "reference" in result]
    if compared:
        parts.append(_table(*_beside(compared)))
    misses = [one for one in found["owed"] if not one["met"]]
    parts.append(f"Of {len(found['owed'])} figures with a limit, {len(found['owed']) - len(misses)} are inside it.")
    if misses:
        head = ("outside", "n", "what", "value", "limit")
        parts.append(
            _table(head, [(o["model"], o["n"], o["what"], f"{o['value']:.4g}", f"{o['limit']:.4g}") for o in misses])
        )
    return "\n\n".join(parts)


def with_results(page: str, found: Result, name: str) -> str:
    """The text of a page with the tables between its markers."""
    between = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    if between.search(page) is None:
        raise SystemExit(f"{name} lacks the markers {BEGIN} and {END}")
    return between.sub(lambda _: f"{BEGIN}\n{as_markdown(found)}\n{END}", page)


def _about(found: Result) -> str:
    text = (
        f"{found['cpu']}, {found['threads']} thread; Python {found['python']}, numpy {found['numpy']}, scipy "
        f"{found['scipy']}. Medians of processor time over {found['repeats']} turns; ratios of such medians."
    )
    reference = found["reference"]
    if reference is None:
        return text
    return (
        f"{text} Reference: {reference['name']} in turns with ours, Python {reference['python']}, numpy "
        f"{reference['numpy']}, scipy {reference['scipy']}."
    )


def _ours(results: Sequence[Result]) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    head = (
        "model", "n", "trials", "parameters", "gradient [ms]", "bound [ms]", "times bound", "times lapack", "fit [s]",
        "evaluations", "objective", "refit evaluations", "posterior [ms]", "memory [MB]",
    )  # fmt: skip
    rows = []
    for one in results:
        fit, memory = one.get("fit"), one.get("memory")
        refits = ", ".join(map(str, one["refit"]["evaluations"])) if "refit" in one else ""
        rows.append((
            one["model"], one["n"], one["trials"], one["parameters"], _ms(one["gradient"]), _ms(one["bound"]),
            f"{one['times_bound']:.2f}", f"{one['times_lapack']:.2f}", f"{fit['cpu']:.3g}" if fit else "",
            fit["evaluations"] if fit else "", f"{fit['objective']:.4f}" if fit else "", refits,
            _ms(one["posterior"]), f"{memory['added_mb']:.0f}" if memory else "",
        ))  # fmt: skip
    return head, rows


def _beside(results: Sequence[Result]) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    head = (
        "model", "n", "gradient of the reference [ms]", "ours faster", "its fit [s]", "ours faster", "its evaluations",
        "its objective", "ours", "one start faster", "its objective", "its posterior [ms]", "ours faster",
    )  # fmt: skip
    rows = []
    for one in results:
        theirs, faster, alone = one["reference"], one["times_faster"], one.get("one_start")
        fit = theirs.get("fit")
        fits = (
            (f"{fit['cpu']:.3g}", f"{faster['fit']:.1f}", fit["evaluations"], f"{fit['objective']:.4f}",
             f"{comparable_objective(one):.4f}")
            if fit
            else ("",) * 5
        )  # fmt: skip
        rows.append((
            one["model"], one["n"], _ms(theirs["gradient"]), f"{faster['gradient']:.1f}", *fits,
            f"{faster['one_start']:.1f}" if alone else "", f"{alone['objective']:.4f}" if alone else "",
            _ms(theirs["posterior"]), f"{faster['posterior']:.1f}",
        ))  # fmt: skip
    return head, rows


def _ms(times: Mapping[str, float]) -> str:
    return f"{1000 * times['cpu']:.3g}"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
