"""Which decisions of pure_hb are timed by `suggest_cost.py`? Those of a run that is played to some number of values.

Until then the method draws configurations at random and promotes by its own rule; after that every free worker asks the
model. Import after the number of threads is set.
"""

import random
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from _suggest_cost_task import DOMAINS, MAX_RESOURCE, METRIC, WORKERS, error
from attrs import evolve

import pure_hb as hb
from pure_hb.machine import METHODS
from pure_hb.rungs import CoinPromotion

NEVER: Final = 10**9
_DOMAINS: Final = {"float": hb.Float, "int": hb.Int}


def space() -> hb.Space:
    """The space of the task."""
    return hb.Space(
        **{
            name: hb.Choice(*about[0]) if kind == "choice" else _DOMAINS[kind](*about)
            for name, (kind, *about) in DOMAINS.items()
        }
    )


def setup_of(method: str, seed: int, options: Mapping[str, Any] = MappingProxyType({})) -> tuple[hb.Setup, hb.Setup]:
    """A method as it draws at random, and as it asks its model each time: nothing is promoted by rank then."""
    made = METHODS[method](space(), hb.Minimize(METRIC), max_resource=MAX_RESOURCE, seed=seed, **options)
    if method == "BOHB":
        at_random, by_model = evolve(made.search, random_fraction=1.0), evolve(made.search, random_fraction=0.0)
    else:
        never = evolve(made.search.acquisition, num_init_random=NEVER)
        at_random, by_model = evolve(made.search, acquisition=never), made.search
    return evolve(made, search=at_random), evolve(made, search=by_model, rule=CoinPromotion(0.0))


class Play:
    """One run, its workers and their trials, which report in turn."""

    def __init__(self, method: str, values: int, seed: int, options: Mapping[str, Any] = MappingProxyType({})) -> None:
        """Play until there are so many values and all workers are busy."""
        at_random, by_model = setup_of(method, seed, options)
        self.state, self.noise = hb.initial(at_random), random.Random(seed)
        self.free = [f"worker-{number}" for number in range(WORKERS)]
        self.running: list[tuple[str, int, int]] = []  # worker, trial, epochs
        while self.values() < values:
            self.fill()
            self.report()
        self.fill()
        self.state = evolve(self.state, setup=by_model)

    def values(self) -> int:
        """How many values the model sees: those at levels and at the maximum."""
        setup = self.state.setup
        seen = {*setup.levels, setup.max_resource}
        return sum(resource in seen for trial in self.state.trials for resource, _ in trial.curve)

    def fill(self) -> None:
        """Every free worker asks."""
        while self.free:
            ask = hb.Ask(self.free[0])
            self.follow(ask, hb.choose(self.state, ask))

    def follow(self, ask: hb.Ask, action: hb.Action) -> None:
        """Give the worker what was decided."""
        if not isinstance(action, hb.Start | hb.Resume):
            raise SystemExit(f"a free worker got nothing to run: {hb.explain(action)}")
        self.state = hb.advance(self.state, ask, action)
        self.free.remove(ask.worker)
        self.running.append((ask.worker, action.trial, action.start_from if isinstance(action, hb.Resume) else 0))

    def report(self) -> None:
        """The next in turn reports."""
        worker, number, epochs = self.running.pop(0)
        value = error(self.state.trials[number].config, epochs + 1, self.noise.gauss(0.0, 1.0))
        self.state, action = hb.decide(self.state, hb.Report(number, epochs + 1, value))
        if isinstance(action, hb.Continue):
            self.running.append((worker, number, epochs + 1))
        else:
            self.free.append(worker)

    def timed(self) -> dict[str, Any]:
        """One value more; then the suggestion that is due, and the same question with the parameters kept."""
        while not self.free:
            self.report()
        before, values, ask = self.state, self.values(), hb.Ask(self.free[0])
        due, action = timed_choice(before, ask)
        found = {"values": values, **due, "refit": refitted(action), "model": by_model(action)}
        if before.learned.parameters:
            kept = evolve(before, learned=evolve(before.learned, observed=values))
            found["without_refit"], answer = timed_choice(kept, ask)
            if refitted(answer):
                raise SystemExit("a suggestion that should keep its parameters has fitted them")
        self.follow(ask, action)
        return found


def timed_choice(state: hb.State, ask: hb.Ask) -> tuple[dict[str, float], hb.Action]:
    """What is decided, and how many seconds that takes."""
    before, since = time.process_time(), time.perf_counter()
    action = hb.choose(state, ask)
    return {"cpu": time.process_time() - before, "wall": time.perf_counter() - since}, action


def refitted(action: hb.Action) -> bool:
    """Whether parameters were fitted."""
    return any(isinstance(one, hb.evidence.Figures) and one.of.startswith("fit of") for one in action.evidence)


def by_model(action: hb.Action) -> bool:
    """Whether a surrogate or densities have decided."""
    return any(
        isinstance(one, hb.evidence.Figures) and one.of in ("data of the model", "densities") for one in action.evidence
    )
