"""WHAT ARE METHODS COMPARED ON? All problems by name, each with its optimum if that is known.

`registry()` is the list; `scale_of` says how good, middling and bad values are and what a full training costs.
"""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, Literal

import numpy as np
from attrs import frozen

import pure_hb as hb

from . import (
    booster,
    cliff,
    factors,
    forest,
    hartmann,
    landscapes,
    linear,
    mixture,
    network,
    pipeline,
    subset,
    tables,
)
from ._sampling import random_configurations as random_configurations

Kind = Literal["function", "cliff", "live", "exact", "old"]
KINDS: Final = ("function", "cliff", "live", "exact", "old")


LIVE: Final = {
    "network": network,
    "booster": booster,
    "forest": forest,
    "linear": linear,
    "subset": subset,
    "factors": factors,
    "mixture": mixture,
    "pipeline": pipeline,
}


@frozen
class Entry:
    """A problem of the list."""

    name: str
    kind: Kind
    make: Callable[[], hb.Problem]
    best: float | None = None
    """The best value there is; None: known of tables only, else the best that any run has found stands for it."""
    judge: Callable[[], hb.Problem] | None = None
    """The same without noise, by which a configuration that was found is judged; None: the problem itself."""
    sample: int = 501
    """So many random configurations say what a median one is."""

    def problem(self, cache: Path | None = None) -> hb.Problem:
        """The problem; a live one keeps its answers in a folder, if there is one."""
        made = self.make()
        if self.kind != "live" or cache is None:
            return made
        cache.mkdir(parents=True, exist_ok=True)
        return hb.cached_problem(made, cache / f"{self.name}.cache")


@frozen
class Scale:
    """Values of a problem to compare with, in its own sign, and seconds."""

    best: float | None
    """None: not known."""
    median: float
    """Of random configurations, or of all rows, trained fully; what is not finite counts as the worst."""
    worst: float
    cost: float
    """Median seconds of a full training."""


def registry() -> dict[str, Entry]:
    """All problems that are there, by name."""
    found = [
        Entry(f"hartmann{dimension}{suffix}", "function", partial(hartmann.problem, dimension, sigma), best, judge)
        for dimension, best in hartmann.LEAST.items()
        for sigma, suffix, judge in ((0.0, "", None), (0.1, "-noise0.1", partial(hartmann.problem, dimension)))
    ]
    plain = partial(hartmann.problem, 3)
    found.append(Entry("hartmann3-lost0.3", "function", partial(plain, lost=0.3), hartmann.LEAST[3], plain))
    found += [
        Entry(name, "function", partial(landscapes.problem, name), best)
        for name, (_, _, best) in landscapes.ENDS.items()
    ]
    found += [
        Entry(f"cliff-{beyond}-{first}", "cliff", partial(cliff.problem, beyond, first), cliff.LEAST)
        for beyond in ("nan", "fail")
        for first in (1, cliff.LATER)
    ]
    found += [Entry(name, "live", module.problem, sample=21) for name, module in LIVE.items()]
    found += [Entry(name, "exact", partial(tables.problem, path)) for name, path in tables.exact().items()]
    found += [Entry(name, "old", partial(tables.problem, path)) for name, path in tables.old().items()]
    return {entry.name: entry for entry in found}


def chosen(names: list[str]) -> list[Entry]:
    """Entries by their names or their kinds, in the order of the list.

    Raises:
        SystemExit: for a name that is neither.
    """
    known = registry()
    wrong = [name for name in names if name not in known and name not in KINDS]
    if wrong:
        raise SystemExit(
            f"no problem {', '.join(wrong)}; there are {', '.join(known)}, and the kinds {', '.join(KINDS)}"
        )
    return [entry for entry in known.values() if entry.name in names or entry.kind in names]


def scale_of(entry: Entry, problem: hb.Problem) -> Scale:
    """The scale of a problem: of a table from all rows, else from random configurations, the same ones each time."""
    if isinstance(problem, hb.Table):
        return Scale(problem.best, problem.median, problem.worst, float(np.median(problem.seconds[:, -1])))
    judge = problem if entry.judge is None else entry.judge()
    configs = random_configurations(problem.space, entry.sample)
    answers = [judge.answer(config, problem.max_resource) for config in configs]
    values = [answer.value if isinstance(answer, hb.Answer) else math.nan for answer in answers]
    signed = np.array([problem.goal.to_minimise(value) for value in values])
    sound = np.isfinite(signed)
    if not sound.any():
        raise SystemExit(
            f"{entry.name}: no random configuration has a finite value at the end; the last: {answers[-1]}"
        )
    worst = float(signed[sound].max())
    median = float(np.median(np.where(sound, signed, worst)))
    cost = float(np.median([answer.elapsed for answer in answers]))
    return Scale(entry.best, problem.goal.to_minimise(median), problem.goal.to_minimise(worst), cost)
