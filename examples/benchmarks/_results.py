"""WHAT DO THE RUNS OF A FILE SAY? Regret curves by table, method and seed, and the numbers made of them."""

import json
import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
from _summaries import Paired, mean_ranks, paired
from attrs import frozen

BASELINE: Final = "ASHA-PROM"
NOTHING_FOUND: Final = math.inf
"""The regret of a run that has not found any finite value yet."""


@frozen
class Curve:
    """What one run had found at which share of T."""

    times: tuple[float, ...]
    regrets: tuple[float, ...]
    budget: float
    """The run's end, in units of T."""
    trials: int
    cpu_seconds: float

    def at(self, share: float) -> float:
        """The regret at a share of T."""
        count = bisect_right(self.times, share + 1e-9)
        return self.regrets[count - 1] if count else NOTHING_FOUND

    def first(self, target: float) -> float:
        """The share of T at which the regret was at most that for the first time; infinite if never."""
        return next((when for when, regret in zip(self.times, self.regrets, strict=True) if regret <= target), math.inf)


@frozen
class Runs:
    """Table -> method -> seed -> curve."""

    of: Mapping[str, Mapping[str, Mapping[int, Curve]]]

    @property
    def methods(self) -> list[str]:
        """The methods, in the order in which they first occur."""
        return list(dict.fromkeys(method for methods in self.of.values() for method in methods))

    def only(self, methods: Iterable[str]) -> "Runs":
        """The runs of some methods."""
        wanted = list(methods)
        return Runs({table: {m: found[m] for m in wanted if m in found} for table, found in self.of.items()})

    def until(self, share: float) -> "Runs":
        """The runs that last at least so long, in units of T."""
        return Runs(
            {
                table: {
                    method: kept
                    for method, curves in methods.items()
                    if (kept := {seed: curve for seed, curve in curves.items() if curve.budget >= share - 1e-9})
                }
                for table, methods in self.of.items()
            }
        )

    def regrets(self, table: str, method: str, share: float) -> list[float]:
        """One number for each seed, in the order of the seeds; those that last so long."""
        curves = self.until(share).of[table].get(method, {})
        return [curve.at(share) for _, curve in sorted(curves.items())]

    def pairs(self, methods: Sequence[str], share: float) -> list[tuple[str, int]]:
        """The (table, seed) pairs that all these methods have run for so long."""
        lasting = self.until(share).of
        return [
            (table, seed)
            for table, found in lasting.items()
            for seed in sorted(set.intersection(*(set(found.get(method, {})) for method in methods)))
        ]

    def at(self, pairs: Iterable[tuple[str, int]], method: str, share: float) -> list[float]:
        """The regrets of a method at those pairs."""
        return [self.of[table][method][seed].at(share) for table, seed in pairs]


def load_runs(path: Path, order: Sequence[str] = ()) -> Runs:
    """The runs of a file of `methods.py`, the methods in the given order, others behind."""
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found: dict[str, dict[str, dict[int, Curve]]] = defaultdict(lambda: defaultdict(dict))
    rank = {name: place for place, name in enumerate(order)}
    for one in sorted(told["runs"], key=lambda one: (one["table"], rank.get(one["method"], len(rank)))):
        times, regrets = zip(*one["regrets"], strict=True) if one["regrets"] else ((), ())
        curve = Curve(times, regrets, one["budget"], one["trials"], one["cpu_seconds"])
        found[one["table"]][one["method"]][one["seed"]] = curve
    return Runs(found)


# ---- numbers over tables -------------------------------------------------------------------------------------------


def ranks(runs: Runs, methods: Sequence[str], share: float) -> dict[str, float]:
    """Method -> mean over tables of the mean over seeds of its rank among the methods, 1 the best; ties share."""
    pairs = runs.pairs(methods, share)
    if not pairs:
        return {}
    of = mean_ranks([runs.at(pairs, method, share) for method in methods])
    tables = np.array([table for table, _ in pairs])
    by_table = [of[:, tables == table].mean(axis=1) for table in dict.fromkeys(tables.tolist())]
    return dict(zip(methods, np.mean(by_table, axis=0).tolist(), strict=True))


def against(runs: Runs, method: str, baseline: str, share: float) -> Paired:
    """A method against another one, over all pairs that they share."""
    pairs = runs.pairs((method, baseline), share)
    return paired(runs.at(pairs, method, share), runs.at(pairs, baseline, share))


def times_to_target(runs: Runs, table: str, baseline: str = BASELINE, share: float = 1.0) -> dict[str, float]:
    """Method -> median over seeds of the share of T at which it reached the baseline's median regret at T."""
    target = median(runs.regrets(table, baseline, share))
    return {
        method: median(curve.first(target) for curve in curves.values()) for method, curves in runs.of[table].items()
    }


def reference_regrets(path: Path) -> dict[tuple[str, str, int], tuple[float, ...]]:
    """(table, method, percent of T) -> regrets of another system, from a file as
    ``docs/measurements/results_reference.json``."""
    told = json.loads(path.read_text(encoding="utf-8"))["tables"]
    return {
        (table, method, int(share)): tuple(NOTHING_FOUND if one is None else one for one in regrets)
        for table, known in told.items()
        for method, runs in known["methods"].items()
        for share, regrets in runs["regret"].items()
    }
