"""WHERE ARE RUNS OF THE SUITE KEPT? The file of results, and runs in it that a method made before it changed."""

import json
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from _suite_runs import Job, Key, Run
from attrs import frozen


def read(path: Path) -> dict[Key, Run]:
    """The longest run of each kind, in the order in which they were written; what is no whole line is passed over."""
    found: dict[Key, Run] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else ():
        try:
            one = json.loads(line)
            key = (one["problem"], one["method"], one["seed"], one["workers"], one["setup"])
        except (ValueError, KeyError, TypeError):
            continue
        if key not in found or one["budget"] >= found[key]["budget"]:
            found.pop(key, None)
            found[key] = one
    return found


def append(path: Path, one: Run) -> None:
    """Appends a line, after a line break if a kill has left half a line."""
    with path.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(json.dumps(one).encode() + b"\n")


# ---- what a method did before it changed ---------------------------------------------------------------------------


@frozen
class Earlier:
    """``NAME=METHOD`` or ``NAME=METHOD@WHICH``: runs that METHOD made with other rules or defaults, by another name."""

    name: str
    method: str
    which: str
    """The number of the rules, or a digest; empty: what ran last."""

    def among(self, known: Mapping[Key, Run], jobs: Sequence[Job], today: Collection[str]) -> list[Run]:
        """Its runs of the problems and seeds of some jobs, as long as those; ``today`` are the digests that are none.

        Raises:
            SystemExit: if there is none.
        """
        wanted = {(job.problem, job.seed, job.workers): job.budget for job in jobs}
        fitting = [
            run
            for (problem, method, seed, workers, _), run in known.items()
            if method == self.method
            and run["budget"] >= wanted.get((problem, seed, workers), float("inf"))
            and (self.which in (str(run.get("rules")), run["setup"]) if self.which else run["setup"] not in today)
        ]
        last = {run["problem"]: run["setup"] for run in fitting}
        if not last:
            there = sorted({f"{run.get('rules', '?')} ({run['setup']})" for run in known.values()
                            if run["method"] == self.method})  # fmt: skip
            told = f"it has those of the rules (and digests) {', '.join(there)}" if there else "it has no run of it"
            raise SystemExit(
                f"--show {self.name}: no run of {self.method} on these problems and seeds is as long as the largest "
                f"budget and made by {f'rules or digest {self.which}' if self.which else 'another setup than now'}; "
                f"{told}"
            )
        return [
            {**run, "method": self.name, "told": f"{self.method} by rules {run.get('rules', '?')}"}
            for run in fitting
            if run["setup"] == last[run["problem"]]
        ]


def earlier(text: str) -> Earlier:
    """What ``--show`` takes.

    Raises:
        ValueError: if it is not written so.
    """
    name, equals, method = text.partition("=")
    method, _, which = method.partition("@")
    if not (name and equals and method):
        raise ValueError(text)
    return Earlier(name, method, which)
