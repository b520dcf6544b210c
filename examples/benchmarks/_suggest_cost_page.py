"""How are the results of `suggest_cost.py` shown? As a table in Markdown, with what is aimed at and what misses it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

FASTER: Final = {50: 10.0, 100: 10.0, 200: 10.0, 500: 6.0}
"""n -> how many times faster than the reference a suggestion must be."""
AIMED: Final = {500: 30.0}
"""n -> how many times faster it should be."""
SECONDS_WITHOUT_REFIT: Final = {100: 0.010}

Result = Mapping[str, Any]

_HEAD: Final = """\
# What a suggestion costs

For users of model-based methods: the processor time of one suggestion, compared with Syne Tune 0.13. Made by

    python examples/benchmarks/suggest_cost.py --reference PYTHON --page docs/measurements/suggest_cost.md

where `PYTHON` is an interpreter that has `syne-tune[gpsearchers,kde]==0.13.0`.

- **Setting**: six parameters (three numbers, two integers, a binary choice), maximum resource {max_resource},
  {workers} workers, every method with its defaults. Both systems play the same task, each by itself, until it has *n*
  values, with random configurations and its own promotions. From then on nothing is promoted by rank. Before each
  suggestion one value more is reported; the trials of the other workers are pending. The systems take turns, seven
  suggestions each, on one thread.
- **suggestion**: `choose(state, Ask(worker))`, with a fit where the method says that one is due; *refits* counts them.
  BOHB has none, and draws at random where no level has enough values for its densities: marked, and without a limit.
- **no refit**: the same question with the last parameters.
- *suggestion* is a mean over whole periods, from after one fit to the end of another, since a fit is due once the data
  have grown by a tenth. *reference* is a median, of DyHPO, which fits at some suggestions only, a mean. The second
  table has medians by kind.
- **Bold** figures are outside their limit: {limits}.
"""


# ---- limits ----------------------------------------------------------------------------------------------------------


def owed(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Every figure that there is a limit for, and whether it is met."""
    return [one for result in results for one in _owed(result)]


def _owed(result: Result) -> Iterator[dict[str, Any]]:
    n, about = result["n"], {"method": result["method"], "n": result["n"]}
    if not result["model"]:
        return
    if "times_faster" in result and n in FASTER:
        value, limit = result["times_faster"], FASTER[n]
        aim = {"aim": AIMED[n]} if n in AIMED else {}
        yield {**about, "what": "times faster", "value": value, "limit": limit, "met": value >= limit, **aim}
    if n in SECONDS_WITHOUT_REFIT:
        value, limit = result["seconds_without_refit"], SECONDS_WITHOUT_REFIT[n]
        yield {**about, "what": "seconds without refit", "value": value, "limit": limit, "met": value <= limit}


# ---- tables ----------------------------------------------------------------------------------------------------------


def as_page(found: Result) -> str:
    """The whole page."""
    faster = ", ".join(f"{least:g} at n = {n}" for n, least in FASTER.items())
    fast = ", ".join(f"{1000 * most:g} ms at n = {n}" for n, most in SECONDS_WITHOUT_REFIT.items())
    limits = f"at least so many times faster: {faster}; without a refit at most {fast}"
    head = _HEAD.format(max_resource=found["max_resource"], workers=found["workers"], limits=limits)
    return f"{head}\n{as_markdown(found)}\n"


def as_markdown(found: Result) -> str:
    """The machine, the table, and what is owed."""
    parts = [_about(found), _table(found)]
    mixed = [one for one in found["results"] if 0 < one["refits"] < one["suggestions"] and "reference" in one]
    if mixed:
        parts.append(_by_kind(mixed))
    misses = [one for one in found["owed"] if not one["met"]]
    parts.append(f"Of {len(found['owed'])} figures with a limit, {len(found['owed']) - len(misses)} are inside it.")
    if aimed := [one for one in found["owed"] if "aim" in one]:
        reached = sum(one["value"] >= one["aim"] for one in aimed)
        parts.append(f"Of {len(aimed)} ratios with an aim beyond the limit, {reached} reach it.")
    return "\n\n".join(parts)


def _about(found: Result) -> str:
    text = (
        f"{found['cpu']}, {found['threads']} thread; Python {found['python']}, numpy {found['numpy']}, scipy "
        f"{found['scipy']}. {found['repeats']} suggestions each, unless the table says otherwise."
    )
    reference = found["reference"]
    if reference is None:
        return text
    return (
        f"{text} Reference: {reference['name']}, Python {reference['python']}, numpy {reference['numpy']}, scipy "
        f"{reference['scipy']}."
    )


def _table(found: Result) -> str:
    outside = {(one["method"], one["n"], one["what"]) for one in found["owed"] if not one["met"]}

    def marked(one: Result, what: str, text: str) -> str:
        return f"**{text}**" if (one["method"], one["n"], what) in outside else text

    head = ["method", "n", "suggestion [ms]", "refits", "no refit [ms]", "reference [ms]", "its refits", "times faster"]
    rows = [head, ["---"] * len(head)]
    for one in found["results"]:
        theirs = one.get("reference")
        rows.append([
            one["method"],
            str(one["n"]),
            _ms(one["seconds"]) + ("" if one["model"] else " (random)"),
            f"{one['refits']} of {one['suggestions']}",
            marked(one, "seconds without refit", _ms(one["seconds_without_refit"])),
            _ms(theirs["seconds"]) if theirs else "",
            f"{theirs['refits']} of {one['suggestions']}" if theirs else "",
            marked(one, "times faster", f"{one['times_faster']:.1f}") if theirs else "",
        ])  # fmt: skip
    return _lines(rows)


def _by_kind(results: Sequence[Result]) -> str:
    """Suggestions with a fit, and those without, each compared with its like."""
    head = ["method", "n", "kind", "suggestion [ms]", "reference [ms]", "times faster"]
    rows = [head, ["---"] * len(head)]
    for one in results:
        for kind, name in (("refit", "with a fit"), ("kept", "without")):
            ours, theirs = one["by_kind"][kind], one["reference"]["by_kind"][kind]
            faster = f"{theirs / ours:.1f}" if ours and theirs else ""
            times = [_ms(seconds) if seconds else "" for seconds in (ours, theirs)]
            rows.append([one["method"], str(one["n"]), name, *times, faster])
    return _lines(rows)


def _lines(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.3g}"
