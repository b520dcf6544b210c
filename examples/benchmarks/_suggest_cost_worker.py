"""The reference system (Syne Tune 0.13) as a worker of `suggest_cost.py`: it suggests when told to, and says how long
that took.

Runs under an interpreter that has `syne-tune[gpsearchers,kde]==0.13.0`, on one thread. Requests and answers are lines
of JSON:

    play      a method, until it has seen so many values; configurations are drawn at random
    suggest   one value more, then one suggestion by the model: seconds of processor time and of wall clock, and whether
              parameters were fitted for it

So that each suggestion asks the model, nothing is promoted by rank any more once it is played to its number of values,
and BOHB draws none at random.
"""

import contextlib
import io
import json
import logging
import os
import platform
import random
import sys
import time
import warnings
from collections.abc import Mapping
from typing import Any, Final

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # before numpy is imported

from _suggest_cost_task import DOMAINS, MAX_RESOURCE, METRIC, WORKERS, error  # noqa: E402  # after the threads

EPOCH, EPOCHS = "epoch", "epochs"
NEVER: Final = 10**9


def scheduler_of(method: str, seed: int) -> Any:
    """The reference's own class for a method, with its own defaults."""
    from syne_tune.optimizer import baselines

    given: dict[str, Any] = {
        "metric": METRIC,
        "mode": "min",
        "resource_attr": EPOCH,
        "max_resource_attr": EPOCHS,
        "random_seed": seed,
        "search_options": {"debug_log": False},
    }
    if method == "DYHPO":
        return baselines.DyHPO(space(), **given)
    name, _, model = method.partition("-")
    if model:
        given["search_options"]["model"] = {"JOINT": "gp_multitask", "INDEP": "gp_independent"}[model]
    kind = {"MOBSTER": baselines.MOBSTER, "HYPERTUNE": baselines.HyperTune, "BOHB": baselines.BOHB}[name]
    return kind(space(), type="promotion", **given)


def space() -> dict[str, Any]:
    """The space in the reference's words."""
    from syne_tune.config_space import choice, lograndint, loguniform, randint, uniform

    kinds = {("float", True): loguniform, ("float", False): uniform, ("int", True): lograndint, ("int", False): randint}
    found: dict[str, Any] = {EPOCHS: MAX_RESOURCE}
    for name, (kind, *about) in DOMAINS.items():
        found[name] = choice(about[0]) if kind == "choice" else kinds[kind, about[2]](*about[:2])
    return found


class Fits:
    """How many fits the reference has made; from now on they are counted."""

    def __init__(self) -> None:
        from syne_tune.optimizer.schedulers.searchers.bayesopt.gpautograd.gp_model import GaussianProcessOptimizeModel

        self.made, original = 0, GaussianProcessOptimizeModel.fit

        def counted(*given: Any, **named: Any) -> Any:
            self.made += 1
            return original(*given, **named)

        GaussianProcessOptimizeModel.fit = counted


class Play:
    """One scheduler and the trials that run under it, which report in turn."""

    def __init__(self, method: str, values: int, seed: int) -> None:
        """Play until there are so many values and all workers are busy."""
        self.scheduler, self.noise = scheduler_of(method, seed), random.Random(seed)
        self.trials: list[Any] = []
        self.epochs: list[int] = []
        self.running: list[int] = []
        self.suggest()  # the first makes the searcher
        inner = getattr(self.scheduler.searcher, "_searcher_int", self.scheduler.searcher)
        self.densities = method == "BOHB"
        knob, at_random, by_model = (
            ("random_fraction", 1.0, 0.0)
            if self.densities
            else ("num_initial_random_choices", NEVER, inner.num_initial_random_choices)
        )
        self.inner = inner
        setattr(inner, knob, at_random)
        while self.values() < values:
            self.fill()
            self.report()
        self.fill()
        setattr(inner, knob, by_model)
        for rungs in self.scheduler.terminator._rung_systems:
            rungs._find_promotable_trial = lambda rung: None

    def values(self) -> int:
        """How many values its searcher has."""
        return len(self.inner.y) if self.densities else self.scheduler.searcher.dataset_size()

    def fill(self) -> None:
        """Give something to every worker that is free."""
        while len(self.running) < WORKERS:
            self.suggest()

    def suggest(self) -> dict[str, float]:
        """Ask for something to run; how long that took."""
        from syne_tune.backend.trial_status import Trial

        number = len(self.trials)
        before, since = time.process_time(), time.perf_counter()
        found = self.scheduler.suggest(number)
        taken = {"cpu": time.process_time() - before, "wall": time.perf_counter() - since}
        if found.spawn_new_trial_id:
            self.trials.append(Trial(trial_id=number, config=found.config, creation_time=None))
            self.epochs.append(0)
            self.scheduler.on_trial_add(self.trials[number])
        else:
            number = found.checkpoint_trial_id
        self.running.append(number)
        return taken

    def report(self) -> bool:
        """The next in turn reports; whether its worker is free after that."""
        number = self.running.pop(0)
        self.epochs[number] += 1
        value = error(self.trials[number].config, self.epochs[number], self.noise.gauss(0.0, 1.0))
        report = {METRIC: value, EPOCH: self.epochs[number]}
        if self.scheduler.on_trial_result(self.trials[number], report) != "CONTINUE":
            return True
        self.running.append(number)
        return False

    def timed(self, fits: Fits) -> dict[str, Any]:
        """A suggestion after one value more."""
        while not self.report():
            pass
        values = self.values()
        model = not self.densities or self.inner._highest_resource_model_can_fit(len(DOMAINS)) is not None
        before = fits.made
        return {**self.suggest(), "values": values, "model": model, "refit": fits.made > before}


def answer_to(request: Mapping[str, Any], plays: dict[str, Play], fits: Fits) -> dict[str, Any]:
    """What was asked for; ``plays`` holds the one scheduler that is kept."""
    if request["do"] == "play":
        plays["now"] = Play(request["method"], request["values"], request["seed"])
        return {"values": plays["now"].values()}
    return plays["now"].timed(fits)


def main() -> None:
    """Answer until the input ends."""
    out = sys.stdout
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stdout(io.StringIO()):  # some imports print advice
        try:
            import numpy
            import scipy
            import syne_tune
            from syne_tune.optimizer.baselines import BOHB, MOBSTER  # noqa: F401  # are they there?
        except ImportError as missing:
            print(json.dumps({"error": str(missing)}), file=out, flush=True)
            return
        about = {
            "name": f"syne-tune {syne_tune.__version__}",
            "python": platform.python_version(),
            "numpy": numpy.__version__,
            "scipy": scipy.__version__,
        }
        print(json.dumps(about), file=out, flush=True)
        plays: dict[str, Play] = {}
        fits = Fits()
        for line in sys.stdin:
            print(json.dumps(answer_to(json.loads(line), plays, fits)), file=out, flush=True)


if __name__ == "__main__":
    main()
