"""WHICH RUNS IS A PAGE ABOUT? Some runs of the file of results, with the rulers that turn their values into regrets."""

from collections.abc import Sequence

from _suite_runs import Run
from _suite_statistics import Ruler, best_of, value_at
from attrs import frozen

import pure_hb as hb


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


def label(method: str) -> str:
    """A name with its options below each other, so that columns stay narrow."""
    return method.replace("?", "<br>").replace("&", "<br>")
