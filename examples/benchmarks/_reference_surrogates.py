"""The reference system (Syne Tune 0.13) as a worker of `surrogate_cost.py`: measures itself, one request at a time.

Runs under an interpreter that has `syne-tune[gpsearchers]==0.13.0`, on one thread. Requests and answers are lines of
JSON. The models are those that the reference's own factory makes from its default options. It times

    gradient    one evaluation of what its fit minimises, with the gradient, at changing parameters
    fit         its default fit, from initial parameters to posterior
    posterior   mean and variance at candidates, the factorisation being there

in seconds of processor time and of wall clock.
"""

import contextlib
import io
import json
import logging
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # before numpy is imported

import numpy as np  # noqa: E402  # after the threads

RESOURCE: Final = "epoch"
SEED: Final = 7


class Reference:
    """One model with its data."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        """Make the model and the arrays that it takes."""
        from syne_tune.config_space import choice, randint, uniform

        kinds: dict[str, Callable[..., Any]] = {"float": uniform, "int": randint, "choice": choice}
        space = {name: kinds[kind](*arguments) for name, (kind, *arguments) in request["space"].items()}
        self.max_resource: int = request["max_resource"]
        made = self._make(space, request["options"])
        self.extended = made["config_space_ext"]
        self.gp = made["estimator"]._gpmodel
        if hasattr(self.gp, "create_likelihood"):
            self.gp.create_likelihood(list(request["levels"]))
        trials = request["trials"]
        self.data = self._of_curves(trials) if request["curves"] else self._of_points(trials)
        self.gp.likelihood.on_fit_start(self.data)
        self.objective, self.converter = self._start()
        self.initial = self.converter.to_vec()

    def _make(self, space: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
        from syne_tune.optimizer.schedulers.searchers import gp_searcher_factory as factory

        given = {"scheduler": "hyperband_promotion", "random_seed": SEED, "max_epochs": self.max_resource, **options}
        _, defaults, _ = factory.gp_multifidelity_searcher_defaults(given)
        made: dict[str, Any] = factory.gp_multifidelity_searcher_factory(
            **{**defaults, **given, "config_space": dict(space), "resource_attr": RESOURCE}
        )
        return made

    def _of_points(self, trials: Sequence[Any]) -> dict[str, Any]:
        rows = [self._encoded(config, r) for config, resources, _ in trials for r in resources]
        values = [value for _, _, values in trials for value in values]
        return {"features": np.array(rows), "targets": np.array(values)[:, None]}

    def _of_curves(self, trials: Sequence[Any]) -> dict[str, Any]:
        ordered = sorted(trials, key=lambda trial: len(trial[1]), reverse=True)
        configs = [config for config, _, _ in ordered]
        return {
            "configs": configs,
            "features": self.extended.hp_ranges.to_ndarray_matrix(configs),
            "targets": [np.array(values)[:, None] for _, _, values in ordered],
            "r_min": 1,
            "r_max": self.max_resource,
            "do_fantasizing": False,
        }

    def _encoded(self, config: Mapping[str, Any], resource: int) -> Any:
        return self.extended.hp_ranges_ext.to_ndarray(self.extended.get(config, resource))

    def _start(self) -> tuple[Callable[[Any], Any], Any]:
        """The objective at initial parameters, and the converter between them and a vector."""
        from syne_tune.optimizer.schedulers.searchers.bayesopt.gpautograd import optimization_utils as utils

        self.gp.reset_params()
        objective, parameters = utils.create_lbfgs_arguments(criterion=self.gp.likelihood, crit_args=[self.data])
        return objective, utils.ParamVecDictConverter(parameters)

    def prepared(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """The arrays, in the order of the reference."""
        targets = self.data["targets"]
        return {
            "parameters": int(self.initial.size),
            "features": self.data["features"].tolist(),
            "targets": (np.concatenate(targets) if isinstance(targets, list) else targets)[:, 0].tolist(),
        }

    def gradient(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Evaluations at parameters a bit away from the initial ones: a new place each time."""
        places = iter([self.initial + np.array(shift) for shift in request["shifts"]])
        found = clocked(lambda: self.objective(next(places)), len(request["shifts"]))
        self.converter.from_vec(self.initial)
        return found

    def fit(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """A fit; how many evaluations it took, and what it reached."""
        from syne_tune.optimizer.schedulers.searchers.bayesopt.gpautograd import gp_model

        original, count = gp_model.create_lbfgs_arguments, 0

        def counting(*arguments: Any, **named: Any) -> Any:
            objective, parameters = original(*arguments, **named)

            def evaluate(vector: Any) -> Any:
                nonlocal count
                count += 1
                return objective(vector)

            return evaluate, parameters

        gp_model.create_lbfgs_arguments = counting
        try:
            found = clocked(lambda: self.gp.fit(self.data), 1)
        finally:
            gp_model.create_lbfgs_arguments = original
        fitted = self.converter.to_vec()
        reached = float(self.objective(fitted)[0])
        self.converter.from_vec(fitted)
        self.gp.recompute_states(self.data)
        return {**found, "evaluations": count, "objective": reached}

    def posterior(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Mean and variance at candidates, at the fitted parameters (initial ones if there was no fit)."""
        if self.gp.states is None:
            self.gp.recompute_states(self.data)
        at = np.array([self._encoded(config, request["resource"]) for config in request["candidates"]])
        return clocked(lambda: self.gp.predict(at), request["times"])


def clocked(call: Callable[[], object], times: int) -> dict[str, Any]:
    """Processor time and wall clock of each of some calls."""
    cpu, wall = [], []
    for _ in range(times):
        before, since = time.process_time(), time.perf_counter()
        call()
        cpu.append(time.process_time() - before)
        wall.append(time.perf_counter() - since)
    return {"cpu": cpu, "wall": wall}


def main() -> None:
    """Answer until the input ends."""
    out = sys.stdout
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stdout(io.StringIO()):  # some imports print advice
        try:
            import scipy
            import syne_tune
            from syne_tune.optimizer.schedulers.searchers import gp_searcher_factory  # noqa: F401  # is it there?
        except ImportError as error:
            print(json.dumps({"error": str(error)}), file=out, flush=True)
            return
        about = {
            "name": f"syne-tune {syne_tune.__version__}",
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        }
        print(json.dumps(about), file=out, flush=True)
        model = None
        for line in sys.stdin:
            request = json.loads(line)
            if request["do"] == "prepared":
                model = Reference(request)
            answer = getattr(model, request["do"])(request)
            print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
