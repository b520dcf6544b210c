"""WHAT WAS FOUND WHEN FAULTS WERE PLANTED? The results, what explains the survivors, and the page about both
(`docs/measurements/mutation.md`)."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from property_tests.mutants import mutants_of
from property_tests.mutation_rules import explained_by_rule
from property_tests.mutation_suites import SUITES
from property_tests.planted import PLANTED

ROOT: Final = Path(__file__).resolve().parents[1]
SURVIVORS: Final = ROOT / "property_tests" / "survivors.json"

KILLED, SURVIVED, TIMEOUT, SLOWLY = "killed", "survived", "timeout", "killed by slower tests"
Results = dict[str, dict[str, str]]
"""File -> name of the mutant -> what became of it."""


def files(only: Sequence[str] = ()) -> list[str]:
    """The files of the folders; of them those whose name begins or ends as one of ``only``."""
    found = [str(path.relative_to(ROOT)) for folder in SUITES for path in sorted((ROOT / folder).rglob("*.py"))]
    return [file for file in found if not only or any(file.endswith(end) or file.startswith(end) for end in only)]


def why_it_survives(file: str, name: str) -> str | None:
    """The explanation of a mutant, one of its own or that of its kind; None if there is none."""
    own: dict[str, dict[str, str]] = json.loads(SURVIVORS.read_text())
    return own.get(file, {}).get(name) or explained_by_rule(file, name)


@cache
def _lines(source: str) -> dict[str, int]:
    """The mutants of a source by name, with their lines."""
    return {mutant.name: mutant.line for mutant in mutants_of(source)}


def current(results: Results) -> dict[str, dict[str, tuple[int, str]]]:
    """File -> mutant -> (line, what became of it), of the mutants that the sources have now and that were run."""
    found: dict[str, dict[str, tuple[int, str]]] = {}
    for file in files():
        known = results.get(file, {})
        there = _lines((ROOT / file).read_text())
        found[file] = {name: (line, known[name]) for name, line in there.items() if name in known}
    return found


def score(results: Results, folder: str = "") -> tuple[int, int]:
    """How many mutants of a folder were noticed, and how many were run."""
    became = [
        one for file, mutants in current(results).items() if file.startswith(folder) for _, one in mutants.values()
    ]
    return len(became) - became.count(SURVIVED), len(became)


def page(results: Results, fresh: Results | None = None) -> str:
    """The page of what was found. ``fresh``: a part of the results as they were before any test was written for it."""
    rows, left = [], []
    everything: dict[str, int] = {}
    for file, mutants in current(results).items():
        count = len(_lines((ROOT / file).read_text()))
        everything[file] = count
        alive = {name: line for name, (line, became) in mutants.items() if became == SURVIVED}
        if count:
            rows.append(f"| {file} | {count} | {len(mutants)} | {len(mutants) - len(alive)} | {len(alive)} |")
        if alive:
            left += ["", f"### {file}", ""]
        for name, _ in sorted(alive.items(), key=lambda item: item[1]):
            why = why_it_survives(file, name) or "**Not explained.**"
            left.append(f"- {_told(name)}. {why}")
    noticed, run = score(results)
    return "\n".join(
        [
            *_head(noticed, run, sum(everything.values())),
            *(_of_folder(results, folder, everything) for folder in SUITES),
            "",
            *(_of_fresh(fresh) if fresh is not None else []),
            *_by_hand(results),
            "## By file",
            "",
            "| file | faults | run | noticed | left |",
            "|---|---|---|---|---|",
            *rows,
            "",
            "## What is left, and why",
            "",
            "An *equivalent* fault changes nothing that can be seen. One of *messages* changes what people read, one",
            "of *speed* how soon it is there, one of *tolerance* a number that may as well be a little different.",
            *left,
            "",
        ]
    )


def _told(name: str) -> str:
    """A mutant for people: its line, what was changed, and which of several changes of this kind it is."""
    *text, change = name.split(" | ")
    if change.isdecimal():
        *text, what = text
        change = f"{what}, number {change}"
    return f"`{' | '.join(text)}`: {change}"


def _share(noticed: int, run: int) -> str:
    return f"{100.0 * noticed / run:.1f} %" if run else "-"


def _head(noticed: int, run: int, everything: int) -> list[str]:
    return [
        "# Would a test notice?",
        "",
        "Small faults were planted in the sources of `pure_hb/rungs`, `pure_hb/machine`, `pure_hb/search` and",
        "`pure_hb/surrogate`, one at a time: a comparison swapped, a number one larger or smaller, `and` for `or`, a",
        "condition negated, a statement left out, a function that returns None. Tests that take some seconds were run",
        "on each, those that look at the file first. Made by",
        "",
        "    python property_tests/mutation.py --results mutation.json --sample 300",
        "    python property_tests/mutation.py --results mutation.json --page docs/measurements/mutation.md",
        "",
        f"**{noticed} of {run} faults were noticed ({_share(noticed, run)}).** {everything - run} more were not run:",
        "what is run is a random sample, spread evenly over the lines. (Of an earlier tree of `rungs` and `machine`,",
        "with 2024 faults, all were run, and 1937 noticed: 95.7 %.)",
        "Faults whose lines have changed since they were run are not counted.",
        "",
        "| folder | faults | run | noticed | share |",
        "|---|---|---|---|---|",
    ]


def _of_folder(results: Results, folder: str, everything: dict[str, int]) -> str:
    noticed, run = score(results, f"{folder}/")
    count = sum(number for file, number in everything.items() if file.startswith(f"{folder}/"))
    return f"| {folder} | {count} | {run} | {noticed} | {_share(noticed, run)} |"


def _of_fresh(fresh: Results) -> list[str]:
    said = []
    for folder in SUITES:
        noticed, run = score(fresh, f"{folder}/")
        if run:
            said.append(f"{noticed} of {run} in `{folder}` ({_share(noticed, run)})")
    return [
        "Tests are written for what was not noticed, so that a share of the same faults says little about others. Of a",
        "second sample this was noticed before any test was written for it, by the first three stages of tests:",
        f"{'; '.join(said)}.",
        "",
    ]


def _by_hand(results: Results) -> list[str]:
    said = [(one, results.get(one.file, {}).get(one.name, "not run")) for one in PLANTED]
    return [
        "## Faults made by hand",
        "",
        "Mistakes that change what a decision means ([planted.py](../../property_tests/planted.py)).",
        "",
        "| file | fault | |",
        "|---|---|---|",
        *(f"| {one.file} | {one.what} | {'noticed' if how == KILLED else how} |" for one, how in said),
        "",
    ]
