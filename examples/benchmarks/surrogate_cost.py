"""What do the surrogates cost? Time of a gradient, a fit and a posterior, beside LAPACK and the reference system.

    python examples/benchmarks/surrogate_cost.py --json > cost.json
    python examples/benchmarks/surrogate_cost.py --reference PYTHON     # an interpreter with syne-tune[gpsearchers]
    python examples/benchmarks/surrogate_cost.py --read cost.json --write docs/measurements/surrogate_cost.md

For each model and number n of observations (`_surrogate_cost_data.py` says of what):

    gradient   the negative log likelihood with priors and its gradient, at changing parameters
    bound      dpotrf + dpotri in place, nothing copied: at n (multi-task), at the sizes of all levels one by one
               (independent), at the number of trials (additive)
    lapack     the same, called plainly, with the copies that scipy makes
    fit        `pure_hb.surrogate.fit` with default options and the posterior's factorisation; evaluations, objective
    one start  the same with `opt_nstarts=1`, beside the reference, whose default fit often ends where that does
    refit      after one more observation, and again, from the last parameters, one start: evaluations
    posterior  mean and variance at 500 new configurations at r = 9, the factorisation being there
    memory     MB that a fit in a process of its own adds to what it has resident; what numpy and Python hold

Everything runs on one thread, in turns: ours, LAPACK, reference, ours again. Times are medians of processor time and
of wall clock, in seconds; ratios are ratios of medians of processor time. Where gp_issm differs from the reference's,
objectives are compared for the variant that does not (`same_objective`).
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Final

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # before numpy is imported

import numpy as np  # noqa: E402  # after the threads
import scipy  # noqa: E402  # after the threads
from _surrogate_cost_clock import (  # noqa: E402  # after the threads
    Times,
    clocked,
    for_a_turn,
    in_turns,
    lapack_as_called,
    lapack_in_place,
    medians,
)
from _surrogate_cost_data import (  # noqa: E402  # after the threads
    CANDIDATES_AT,
    CASES,
    INPUTS,
    Case,
    Data,
    at_candidates,
    candidate_rows,
    candidates,
    data_of,
    sizes_of,
)
from _surrogate_cost_page import as_markdown, owed, with_results  # noqa: E402  # after the threads
from _surrogate_cost_reference import Reference  # noqa: E402  # after the threads

from pure_hb.draws import KeyedDraws  # noqa: E402  # after the threads
from pure_hb.surrogate import Fit, FitOptions, Model, Parameters, fit, objective  # noqa: E402  # after the threads

SEED: Final = 7
REFITS: Final = 3
DEFAULT: Final = FitOptions()


# ---- one model at one n ----------------------------------------------------------------------------------------------


def measured(case: Case, n: int, given: argparse.Namespace, reference: Reference | None) -> dict[str, Any]:
    """All that is printed of a model at n observations."""
    data = data_of(case, n)
    size = case.model.specification(INPUTS).size
    result: dict[str, Any] = {"model": case.name, "n": n, "trials": len(data.trials), "parameters": size}
    theirs: dict[str, Any] = {}
    shifts = 0.01 * data.rng.normal(size=(given.repeats + 1, size))
    asked = candidates(data.rng)
    if reference is not None:
        theirs["parameters"] = reference.prepare(case, data)
    result |= _gradients(case, data, shifts, given.repeats, reference, theirs)
    parameters = case.model.specification(INPUTS).initial
    if given.fit:
        parameters = _fits(case, data, given, reference, result, theirs)
        result["refit"] = _refits(case, n, parameters)
    posterior = case.model.posterior(INPUTS, data.observations, parameters.as_arrays())
    rows = candidate_rows(asked)
    sides = {"posterior": for_a_turn(lambda: posterior.predict(at_candidates(rows)))}
    if reference is not None:
        asking = {"candidates": asked, "resource": CANDIDATES_AT, "times": 4}
        sides["reference"] = lambda: reference.turn("posterior", **asking)
    taken = in_turns(sides, given.repeats)
    result["posterior"] = taken["posterior"]
    if given.memory:
        result["memory"] = memory_apart(case.name, n)
    if reference is not None:
        theirs["posterior"] = taken["reference"]
        result["reference"] = theirs
        both = [what for what in ("gradient", "fit", "posterior") if what in theirs]
        result["times_faster"] = {what: theirs[what]["cpu"] / result[what]["cpu"] for what in both}
        if "one_start" in result:
            result["times_faster"]["one_start"] = theirs["fit"]["cpu"] / result["one_start"]["cpu"]
    return result


def _gradients(
    case: Case, data: Data, shifts: Any, turns: int, reference: Reference | None, theirs: dict[str, Any]
) -> dict[str, Any]:
    """Time of the gradient and of LAPACK, and their ratios; the reference's goes to ``theirs``."""
    specification = case.model.specification(INPUTS)
    evaluate = objective(case.model, INPUTS, data.observations)
    initial = specification.to_vector(specification.initial.as_arrays())
    places = [initial + shift for shift in shifts]
    count = 0

    def call() -> None:
        nonlocal count
        count += 1
        evaluate(places[count % len(places)])

    sizes = sizes_of(case, data)
    sides = {"gradient": for_a_turn(call), "bound": lapack_in_place(sizes), "lapack": lapack_as_called(sizes)}
    if reference is not None:
        there = [(0.01 * row).tolist() for row in np.random.default_rng(SEED).normal(size=(4, theirs["parameters"]))]
        sides["reference"] = lambda: reference.turn("gradient", shifts=there)
    taken = in_turns(sides, turns)
    if reference is not None:
        theirs["gradient"] = taken.pop("reference")
    return {
        **taken,
        "bound": {**taken["bound"], "sizes": sizes},
        "times_bound": taken["gradient"]["cpu"] / taken["bound"]["cpu"],
        "times_lapack": taken["gradient"]["cpu"] / taken["lapack"]["cpu"],
    }


def _fits(
    case: Case,
    data: Data,
    given: argparse.Namespace,
    reference: Reference | None,
    result: dict[str, Any],
    theirs: dict[str, Any],
) -> Parameters:
    """Fits in turns; what they took and reached goes to both results. Returns our parameters."""
    ours: list[Times] = []
    shorter: list[Times] = []
    answers: list[dict[str, Any]] = []
    found: list[Fit] = []
    first: list[Fit] = []
    one_start = partial(_fit, case.model, data, FitOptions(opt_nstarts=1))
    for turn in range(max(given.fit_repeats, given.reference_fit_repeats if reference is not None else 0)):
        if turn < given.fit_repeats:
            ours.append(clocked(partial(_append, found, partial(_fit, case.model, data))))
            if reference is not None:
                shorter.append(clocked(partial(_append, first, one_start)))
        if reference is not None and turn < given.reference_fit_repeats:
            answers.append(reference.ask("fit"))
    one = found[-1]
    result["fit"] = {**medians(ours), "evaluations": one.evaluations, "objective": one.objective}
    result["fit"]["starts"] = [[start.evaluations, start.objective, start.message] for start in one.starts]
    if case.same_objective is not None:
        same = _fit(case.same_objective, data)
        result["fit"]["same_objective"] = {"evaluations": same.evaluations, "objective": same.objective}
    if answers:
        last = {"evaluations": answers[-1]["evaluations"], "objective": answers[-1]["objective"]}
        theirs["fit"] = {**medians(answers), **last}
        alone = {"evaluations": first[-1].evaluations, "objective": first[-1].objective}
        result["one_start"] = {**medians(shorter), **alone}
    return one.parameters


def _fit(model: Model, data: Data, options: FitOptions = DEFAULT) -> Fit:
    found = fit(model, INPUTS, data.observations, draws=KeyedDraws(SEED, 0), options=options)
    model.posterior(INPUTS, data.observations, found.parameters.as_arrays())
    return found


def _refits(case: Case, n: int, parameters: Parameters) -> dict[str, Any]:
    """Warm refits, each after one more observation; and what a fit from scratch reaches on the last data."""
    options = FitOptions(opt_warmstart=True, opt_nstarts=1)
    last, times = parameters, []
    found: list[Fit] = []
    for more in range(1, REFITS + 1):
        data, draws = data_of(case, n, more).observations, KeyedDraws(SEED, more)
        refit = partial(fit, case.model, INPUTS, data, draws=draws, options=options, last=last)
        times.append(clocked(partial(_append, found, refit)))
        last = found[-1].parameters
    scratch = fit(case.model, INPUTS, data_of(case, n, REFITS).observations, draws=KeyedDraws(SEED, 0))
    evaluations, reached = [one.evaluations for one in found], found[-1].objective
    return {**medians(times), "evaluations": evaluations, "objective": reached, "from_scratch": scratch.objective}


def _append(found: list[Fit], make: Callable[[], Fit]) -> None:
    found.append(make())


# ---- memory ----------------------------------------------------------------------------------------------------------


def memory_apart(name: str, n: int) -> dict[str, float]:
    """`memory_of` in a fresh process."""
    command = [sys.executable, str(Path(__file__).resolve()), "--memory-of", name, str(n)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the process that measures memory failed:\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def memory_of(name: str, n: int) -> dict[str, float]:
    """MB that a fit adds to what the process holds after a small fit, and that numpy and Python hold during one."""
    case = CASES[name]
    _fit(case.model, data_of(case, 10))  # imports and threads of libraries
    data = data_of(case, n)
    before = _status("VmRSS")
    _fit(case.model, data)
    peak = _status("VmHWM")
    tracemalloc.start()
    fit(case.model, INPUTS, data.observations, draws=KeyedDraws(SEED, 0), options=FitOptions(opt_maxiter=2))
    return {"added_mb": peak - before, "process_mb": peak, "traced_mb": tracemalloc.get_traced_memory()[1] / 1e6}


def _status(field: str) -> float:
    """Of this process, in MB. Where there is no /proc, the highest so far stands for both."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="ascii", errors="replace").splitlines()
        return int(next(line for line in lines if line.startswith(field)).split()[1]) * 1024 / 1e6
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest * (1 if sys.platform == "darwin" else 1024) / 1e6


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
    """Measure all models at all sizes."""
    found = []
    with Reference(given.reference) if given.reference else nullcontext() as reference:
        for n in given.sizes:
            for name in given.models:
                there = reference if n in given.reference_sizes else None
                found.append(measured(CASES[name], n, given, there))
                print(f"{name}, n = {n}: done", file=sys.stderr, flush=True)
    about = {**machine(), "repeats": given.repeats, "reference": None if reference is None else reference.about}
    return {**about, "results": found, "owed": owed(found)}


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", nargs="+", type=int, default=[100, 300, 500, 1000], help="numbers of observations")
    parser.add_argument("--models", nargs="+", default=list(CASES), choices=list(CASES), metavar="MODEL")
    parser.add_argument("--repeats", type=int, default=7, help="turns of each short function")
    parser.add_argument("--fit-repeats", type=int, default=3, help="our fits of each model")
    parser.add_argument("--no-fit", dest="fit", action="store_false", help="no fit and no refit")
    parser.add_argument("--no-memory", dest="memory", action="store_false", help="no fit in a process of its own")
    parser.add_argument("--reference", metavar="PYTHON", help="an interpreter that has syne-tune[gpsearchers]==0.13.0")
    parser.add_argument("--reference-sizes", nargs="+", type=int, default=[100, 300, 500], help="at these sizes only")
    parser.add_argument("--reference-fit-repeats", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="everything as one JSON document")
    parser.add_argument("--read", type=Path, metavar="JSON", help="show the results of an earlier run, measure nothing")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables between the markers of a page")
    parser.add_argument("--memory-of", nargs=2, metavar=("MODEL", "N"), help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measure, or read what was measured; show it, and write it if asked to."""
    given = arguments()
    if given.memory_of:
        print(json.dumps(memory_of(given.memory_of[0], int(given.memory_of[1]))))
        return
    found = json.loads(given.read.read_text(encoding="utf-8")) if given.read else results(given)
    print(json.dumps(found, indent=1) if given.json else as_markdown(found))
    if given.write:
        page = given.write.read_text(encoding="utf-8")
        given.write.write_text(with_results(page, found, given.write.name), encoding="utf-8")


if __name__ == "__main__":
    main()
