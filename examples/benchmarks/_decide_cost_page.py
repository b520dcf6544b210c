"""How are the results of `decide_cost.py` shown? As tables in Markdown, with what is owed and what misses it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

LARGEST: Final = 1_000_000
"""What the limits are for."""
REPORT_US: Final = {"stopping": 20.0, "promotion": 25.0}
RATIO: Final = {"stopping": 2.0, "promotion": 2.5}
BYTES_PER_TRIAL: Final = 1_000.0
FOLDED: Final = 50_000.0
"""Records a second, at least."""

Result = Mapping[str, Any]

_HEAD: Final = """\
# What a decision costs

For users with very many trials: the wall time of `decide`, and the memory of a state. Made by

    python examples/benchmarks/decide_cost.py --peers PYTHON --page docs/measurements/decide_cost.md

where `PYTHON` is an interpreter that has Optuna and Ray Tune.

- **Traffic**: 1,000 workers train. Each asks when it is free, and reports when it has reached the resource that it was
  given, at the levels 1, 3, 9 or at the maximum, 27. A batch is 200 reports, in any order, of running trials; then the
  free workers ask. The garbage collector is on. If the program does other work between reports, a decision takes some
  microseconds more, since the code is no longer in the processor's caches.
- **Report**: the median over batches of their medians, with rank, cutoff, evidence and the new state; *mean* and *99%*
  are those of all timed reports.
- **Ask**: the median, with the draw of a configuration of three parameters.
- **Bytes**: the growth of the process, divided by the number of started trials.
- **Fold**: (event, action) pairs per second that `fold` applies, without parsing.
- **Limits**: at {largest:,} trials a Report takes at most {stopping:g} us when stopping, {promotion:g} when promoting,
  and {ratio_stopping:g} and {ratio_promotion:g} times as much as at the fewest; a trial at most {bytes:,.0f} bytes;
  a fold does at least {folded:,.0f} records a second. **Bold** figures are outside.
"""

_PEERS: Final = """
The same traffic through the pruners of other libraries, which judge running trials only. Optuna in memory, with its
`SuccessiveHalvingPruner`: a report is `trial.report` and `trial.should_prune`, an Ask `study.ask` with the three
parameters. Ray Tune's `ASHAScheduler`: a report is `on_trial_result`; it draws nothing when asked.
"""


def owed(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Every figure that there is a limit for, and whether it is met."""
    return [one for result in results for one in _owed(result)]


def _owed(result: Result) -> Iterator[dict[str, Any]]:
    type, last = result["type"], result["sizes"][-1]
    if last["trials"] >= LARGEST:
        yield _at_most(type, "report_us", last["report_us"], REPORT_US[type])
        yield _at_most(type, "ratio", result["ratio"], RATIO[type])
        yield _at_most(type, "bytes_per_trial", last["bytes_per_trial"], BYTES_PER_TRIAL)
    folded = result["fold_records_per_second"]
    yield {
        "type": type,
        "what": "fold_records_per_second",
        "value": folded,
        "limit": FOLDED,
        "met": folded >= FOLDED,
    }


def _at_most(type: str, what: str, value: float, limit: float) -> dict[str, Any]:
    return {"type": type, "what": what, "value": value, "limit": limit, "met": value <= limit}


def as_markdown(found: Result) -> str:
    """The tables."""
    missed = {(one["type"], one["what"]) for one in found["owed"] if not one["met"]}
    lines = ["| type | trials | Report [us] | mean | 99% | Ask [us] | bytes a trial | reports a trial |"]
    lines.append("| --- " * 8 + "|")
    for result in found["results"]:
        for row in result["sizes"]:
            is_last = row is result["sizes"][-1]
            lines.append(
                f"| {result['type']} | {row['trials']:,} | {_cell(row, 'report_us', '.1f', result, missed, is_last)} "
                f"| {row['report_us_mean']:.1f} | {row['report_us_p99']:.0f} | {row['ask_us']:.0f} "
                f"| {_cell(row, 'bytes_per_trial', ',.0f', result, missed, is_last)} | {row['reports_per_trial']:.2f} |"
            )
    lines += ["", "| type | Report, most by fewest trials | fold [records/s] |", "| --- | --- | --- |"]
    for result in found["results"]:
        ratio = _cell(result, "ratio", ".2f", result, missed, True)
        folded = _cell(result, "fold_records_per_second", ",.0f", result, missed, True)
        lines.append(f"| {result['type']} | {ratio} | {folded} |")
    if found["peers"]:
        lines += [_PEERS, "| system | trials | Report [us] | mean | 99% | Ask [us] |", "| --- " * 6 + "|"]
        lines += [
            f"| {row['system']} | {row['trials']:,} | {row['report_us']:,.1f} | {row['report_us_mean']:,.1f} "
            f"| {row['report_us_p99']:,.0f} | {row['ask_us']:,.0f} |"
            for row in found["peers"]
        ]
    kept = sum(one["met"] for one in found["owed"])
    return "\n".join([*lines, "", f"Of {len(found['owed'])} figures with a limit, {kept} are inside it."])


def _cell(row: Result, what: str, form: str, result: Result, missed: set[tuple[str, str]], is_last: bool) -> str:
    shown = format(row[what], form)
    return f"**{shown}**" if is_last and (result["type"], what) in missed else shown


def as_page(found: Result) -> str:
    """The page of the documentation."""
    head = _HEAD.format(
        largest=LARGEST,
        stopping=REPORT_US["stopping"],
        promotion=REPORT_US["promotion"],
        ratio_stopping=RATIO["stopping"],
        ratio_promotion=RATIO["promotion"],
        bytes=BYTES_PER_TRIAL,
        folded=FOLDED,
    )
    return f"{head}\n## Results\n\nMachine: {found['cpu']}, Python {found['python']}.\n\n{as_markdown(found)}\n"
