"""What does a suggestion cost? Seconds of processor time for each method that has a model, beside the reference system.

    python examples/benchmarks/suggest_cost.py --json > cost.json
    python examples/benchmarks/suggest_cost.py --reference PYTHON    # one that has syne-tune[gpsearchers,kde]==0.13.0
    python examples/benchmarks/suggest_cost.py --read cost.json --page docs/measurements/suggest_cost.md

For each method and number n of values it prints

    seconds                 one suggestion after one value more, with a fit if one is due
    seconds_without_refit   the same question with the last parameters
    times_faster            the reference's seconds / ours

Processor time on one thread, the two systems taking turns. Ours fits once the data have grown enough: `seconds` are
means over whole periods, from after a fit to the end of another one, and `by_kind` has the medians of suggestions with
a fit and without. Of the reference they are medians of seven suggestions, of DYHPO means of more, which fits at some
only. Figures outside their limit are marked, and listed under `owed`.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from statistics import fmean, median
from types import TracebackType
from typing import Any, Final

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # before numpy is imported

import numpy as np  # noqa: E402  # after the threads
import scipy  # noqa: E402  # after the threads
from _suggest_cost_page import as_markdown, as_page, owed  # noqa: E402  # after the threads
from _suggest_cost_play import Play  # noqa: E402  # after the threads
from _suggest_cost_task import MAX_RESOURCE, WORKERS  # noqa: E402  # after the threads

METHODS: Final = ("MOBSTER-JOINT", "MOBSTER-INDEP", "HYPERTUNE-INDEP", "HYPERTUNE-JOINT", "DYHPO", "BOHB")
MEANS: Final = ("DYHPO",)
"""Where only some suggestions of the reference refit."""
MORE: Final = 4
"""So many times as many suggestions of those."""
NEVER_FIT: Final = ("BOHB",)
PERIODS: Final = 2
"""So many periods from one fit of ours to the next are measured at least."""
MOST: Final = 300
"""After so many suggestions no further fit is waited for."""
BLOCK: Final = 7
"""So many suggestions of one system, then of the other: in turns one by one, each finds its caches emptied."""
LARGE: Final = 500
"""From so many values on fewer repeats do."""
WORKER: Final = Path(__file__).with_name("_suggest_cost_worker.py")


class Reference:
    """The reference system under another interpreter, asked by lines of JSON. A context."""

    def __init__(self, interpreter: str) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [interpreter, str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.about = self._answer()
        if "error" in self.about:
            self._process.communicate()
            raise SystemExit(
                f"{interpreter} cannot import the reference system ({self.about['error']}); give --reference an "
                'interpreter with it: pip install "syne-tune[gpsearchers,kde]==0.13.0"'
            )

    def __enter__(self) -> "Reference":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate()  # closes its input, which ends it

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """One request."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **request}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.communicate()
            raise SystemExit(f"the reference ended with status {self._process.returncode}; what it said stands above")
        answer: dict[str, Any] = json.loads(line)
        return answer


# ---- one method at one n ---------------------------------------------------------------------------------------------


def measured(method: str, n: int, repeats: int, seed: int, reference: Reference | None) -> dict[str, Any]:
    """All that is printed of a method at n values. The first suggestion of each system is not counted."""
    play = Play(method, n, seed)
    play.timed()
    if reference is not None:
        reference.ask("play", method=method, values=n, seed=seed)
        reference.ask("suggest")
    ours: list[dict[str, Any]] = []
    theirs: list[dict[str, Any]] = []
    while not _enough(method, ours, repeats) or (reference is not None and len(theirs) < repeats):
        for _ in range(BLOCK):
            if not _enough(method, ours, repeats):
                ours.append(play.timed())
        if reference is not None:
            theirs += [reference.ask("suggest") for _ in range(min(BLOCK, repeats - len(theirs)))]
    without = [one["without_refit"] for one in ours if "without_refit" in one] or ours  # no parameters: never a refit
    kinds = {one["model"] for one in ours}
    result = {
        "method": method,
        "n": n,
        **summary(fmean, whole_periods(ours)),
        "seconds_without_refit": median(one["cpu"] for one in without),
        "wall_seconds_without_refit": median(one["wall"] for one in without),
        "suggestions": len(whole_periods(ours)),
        "model": kinds == {True},
        "values": [ours[0]["values"], ours[-1]["values"]],
    }
    if theirs:
        there = summary(fmean if method in MEANS else median, theirs)
        result["model"] = result["model"] and all(one["model"] for one in theirs)
        result["reference"] = {**there, "values": [theirs[0]["values"], theirs[-1]["values"]]}
        result["times_faster"] = there["seconds"] / result["seconds"]
    return result


def _fits(taken: Sequence[dict[str, Any]]) -> list[int]:
    return [place for place, one in enumerate(taken) if one["refit"]]


def _enough(method: str, taken: Sequence[dict[str, Any]], repeats: int) -> bool:
    """So many suggestions and so many periods, if the method fits."""
    fits = _fits(taken)
    periods = method in NEVER_FIT or (len(fits) > PERIODS and fits[-1] == len(taken) - 1)
    return len(taken) >= repeats and (periods or len(taken) >= MOST)


def whole_periods(taken: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """The suggestions from after the first fit to the last one; all, if there are no two fits."""
    fits = _fits(taken)
    return taken[fits[0] + 1 : fits[-1] + 1] if len(fits) > 1 else taken


def summary(middle: Callable[[Sequence[float]], float], taken: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of suggestions."""
    cpu = [one["cpu"] for one in taken]
    kinds = {
        "refit": [one["cpu"] for one in taken if one["refit"]],
        "kept": [one["cpu"] for one in taken if not one["refit"]],
    }
    found = {"seconds": middle(cpu), "wall_seconds": middle([one["wall"] for one in taken]), "each": cpu}
    medians = {kind: median(times) if times else None for kind, times in kinds.items()}
    return {**found, "refits": len(kinds["refit"]), "by_kind": medians}


# ---- all of it -------------------------------------------------------------------------------------------------------


def machine() -> dict[str, Any]:
    """What the times were measured on."""
    return {
        "cpu": _cpu(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "threads": 1,
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def results(given: argparse.Namespace) -> dict[str, Any]:
    """Measure all methods at all numbers of values."""
    found = []
    with Reference(given.reference) if given.reference else nullcontext() as reference:
        for n in given.observations:
            for method in given.methods:
                repeats = given.repeats if n < LARGE else min(given.repeats, given.large_repeats)
                repeats *= MORE if method in MEANS else 1
                found.append(measured(method, n, repeats, given.seed, reference))
                print(f"{method}, n = {n}: done", file=sys.stderr, flush=True)
    about = {**machine(), "max_resource": MAX_RESOURCE, "workers": WORKERS, "repeats": given.repeats}
    there = None if reference is None else reference.about
    return {**about, "reference": there, "results": found, "owed": owed(found)}


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--observations", nargs="+", type=int, metavar="N", help="numbers of values")
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS, metavar="METHOD")
    parser.add_argument("--repeats", type=int, help="suggestions of each method")
    parser.add_argument("--large-repeats", type=int, default=5, help=f"at most so many from {LARGE} values on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="50 and 100 values and 3 suggestions, unless given")
    parser.add_argument("--reference", metavar="PYTHON", help="one that has syne-tune[gpsearchers,kde]==0.13.0")
    parser.add_argument("--json", action="store_true", help="everything as one JSON document")
    parser.add_argument("--read", type=Path, metavar="JSON", help="show the results of an earlier run, measure nothing")
    parser.add_argument("--page", type=Path, metavar="PAGE", help="write the table as a page of the documentation")
    given = parser.parse_args()
    given.observations = given.observations or ([50, 100] if given.quick else [50, 100, 200, 500])
    given.repeats = given.repeats or (3 if given.quick else 7)
    return given


def main() -> None:
    """Measure, or read what was measured; show it, and write it if asked to."""
    given = arguments()
    found = json.loads(given.read.read_text(encoding="utf-8")) if given.read else results(given)
    print(json.dumps(found, indent=1) if given.json else as_markdown(found))
    if given.page:
        given.page.write_text(as_page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
