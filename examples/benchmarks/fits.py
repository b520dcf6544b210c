"""Do fits arrive? What a run fitted, beside the best of 20 starts on the same data.

    nice -n 19 python examples/benchmarks/fits.py --problems function cliff exact --seeds 3 \\
        --page docs/measurements/fits.md

Each case is a method with some options: every resource kernel, every kind of data, every model. A run is simulated,
its log is played again, and at every few fits the same data are fitted from 20 starts that know nothing of the run:
the initial values, and random perturbations of them, of which every other one has little noise and relevant
coordinates. Each goes to its end, with four times the iterations and a finer tolerance. The gap is the objective that
the run reached, in nats, less the best of all: what a user loses by the history of fits, and by few starts. Owed: 95%
of fits within 0.5 and 99% within 2.
"""

import argparse
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
from _suite_page import write
from _summaries import seed_range
from attrs import evolve, frozen
from problems import chosen, registry, scale_of
from threadpoolctl import threadpool_limits

import pure_hb as hb
from pure_hb.draws import KeyedDraws
from pure_hb.machine import State, advance, initial
from pure_hb.machine.seeing import view
from pure_hb.search.belief import Surrogate, fitted_rows, situation
from pure_hb.search.options import RESOURCE_KERNELS
from pure_hb.surrogate import FitOptions, Observations, standardised
from pure_hb.surrogate.descents import descend
from pure_hb.surrogate.fitting import with_priors

MANY: Final = 20
PATIENT: Final = FitOptions(opt_maxiter=200, tolerance=1e-8)
NEAR: Final = 0.5
FAR: Final = 2.0
UNIFORM: Final = {"gp_bandwidth_prior": "uniform", "target_warping": "none"}


def cases() -> dict[str, tuple[str, dict[str, Any]]]:
    """Name -> method and options."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for kernel in RESOURCE_KERNELS:
        found[kernel] = ("MOBSTER-JOINT", {"gp_resource_kernel": kernel})
    for data in ("all", "rungs_and_last"):
        found[f"data {data}"] = ("MOBSTER-JOINT", {"searcher_data": data})
    for warping in ("none", "half_rank"):
        found[f"target warping {warping}"] = ("MOBSTER-JOINT", {"target_warping": warping})
    found["no normalisation"] = ("MOBSTER-JOINT", {"normalize_targets": False, "target_warping": "none"})
    found["input warping"] = ("MOBSTER-JOINT", {"input_warping": True})
    found["one bandwidth"] = ("MOBSTER-JOINT", {"gp_base_kernel": "matern52-noard"})
    found["independent"] = ("MOBSTER-INDEP", {})
    found["separate noises"] = ("MOBSTER-INDEP", {"separate_noise_variances": True})
    found["exponential curves"] = ("MOBSTER-JOINT", {"model": "gp_expdecay"})
    found["state-space curves"] = ("MOBSTER-JOINT", {"model": "gp_issm"})
    found["Hyper-Tune, independent"] = ("HYPERTUNE-INDEP", {})
    found["Hyper-Tune, joint"] = ("HYPERTUNE-JOINT", {})
    found["DyHPO"] = ("DYHPO", {})
    for kernel in RESOURCE_KERNELS:
        found[f"uniform prior, {kernel}"] = ("MOBSTER-JOINT", {"gp_resource_kernel": kernel, **UNIFORM})
    found["as published"] = ("MOBSTER-JOINT", {"preset": "published"})
    return found


@frozen
class Job:
    """One run of one case."""

    case: str
    problem: str
    seed: int
    budget: float
    """Full trainings."""
    every: int
    """Each so many fits one is looked at."""


def run(job: Job) -> list[tuple[int, float, int]]:
    """For each fit that was looked at: values, gap in nats, evaluations."""
    method, options = cases()[job.case]
    entry = registry()[job.problem]
    problem = entry.problem()
    made = hb.METHODS[method](problem.space, problem.goal, max_resource=problem.max_resource, seed=job.seed, **options)
    setup = evolve(made, max_failures=1)
    log: list[tuple[hb.Event, hb.Action]] = []
    with threadpool_limits(1):
        hb.simulate(
            problem,
            setup,
            workers=4,
            max_time=scale_of(entry, problem).cost / 4 * job.budget,
            record=lambda _, event, action: log.append((event, action)),
        )
        fits = [(state, figures) for state, figures in _fits(setup, log)]
        return [_judged(state, figures) for state, figures in fits[job.seed % job.every :: job.every]]


def _fits(setup: hb.Setup, log: list[tuple[hb.Event, hb.Action]]) -> Iterator[tuple[State, Mapping[str, float]]]:
    """The states before each fit, and what the log says of it."""
    state = initial(setup)
    for event, action in log:
        for said in getattr(action, "evidence", ()):
            if isinstance(said, hb.protocol.Figures) and said.of.startswith("fit of"):
                yield state, dict(said.numbers)
        state = advance(state, event, action)


def _judged(state: State, said: Mapping[str, float]) -> tuple[int, float, int]:
    search: Any = state.setup.search
    now = situation(view(state), search.surrogate, dense=search.resumes)
    draws = KeyedDraws(state.setup.seed, state.clock)
    rows, scale = fitted_rows(now, draws)
    best = _best_of_many(
        now.surrogate, standardised(rows.sound, scale), np.random.default_rng((state.setup.seed, state.clock))
    )
    gap = said["objective"] - min(best, said["objective"])
    return int(said["values used"]), gap, int(said["evaluations"])


def _best_of_many(surrogate: Surrogate, data: Observations, numbers: np.random.Generator) -> float:
    """The smallest objective that is found from many starts, in nats."""
    specification = surrogate.model.specification(surrogate.inputs)
    evaluate = with_priors(specification, surrogate.model.likelihood(surrogate.inputs, data))
    first = specification.to_vector(specification.initial.as_arrays())
    perturbed = [first + numbers.normal(size=first.shape) for _ in range(MANY - 1)]
    begins = [first, *(specification.again(one) if number % 2 else one for number, one in enumerate(perturbed))]
    return min(descend(evaluate, specification, begin, PATIENT).start.objective for begin in begins)


def table(found: Mapping[str, list[tuple[int, float, int]]]) -> str:
    """One row a case."""
    lines = [
        f"| case | fits | values | within {NEAR:g} | within {FAR:g} | largest gap | evaluations a fit |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, fits in found.items():
        if not fits:
            lines.append(f"| {name} | 0 | | | | | |")
            continue
        values, gaps, evaluations = (np.array(column) for column in zip(*fits, strict=True))
        near, far = (gaps <= NEAR).mean(), (gaps <= FAR).mean()
        marked = "**" if near < 0.95 or far < 0.99 else ""
        lines.append(
            f"| {name} | {len(fits)} | {values.min()} to {values.max()} | {marked}{near:.1%}{marked} "
            f"| {marked}{far:.1%}{marked} | {gaps.max():.2f} | {evaluations.mean():.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run, and print or write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--problems", nargs="+", default=["function", "cliff", "exact"], metavar="PROBLEM")
    parser.add_argument("--cases", nargs="+", default=list(cases()), choices=list(cases()), metavar="CASE")
    parser.add_argument("--seeds", type=seed_range, default=range(3), help="3 for 0 to 2 (default), or LOW:HIGH")
    parser.add_argument("--budget", type=float, default=20.0, help="full trainings (default 20)")
    parser.add_argument("--every", type=int, default=3, help="look at one fit in so many (default 3)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--page", type=Path, help="write the table into this page; else it is printed")
    given = parser.parse_args()
    problems = [entry.name for entry in chosen(given.problems) if entry.kind != "live"]
    jobs = [
        Job(case, problem, seed, given.budget, given.every)
        for case in given.cases
        for problem in problems
        for seed in given.seeds
    ]
    found: dict[str, list[tuple[int, float, int]]] = {case: [] for case in given.cases}
    with ProcessPoolExecutor(given.processes, mp_context=get_context("spawn")) as pool:
        for job, fits in zip(jobs, pool.map(run, jobs), strict=True):
            found[job.case] += fits
            print(f"{job.case}, {job.problem}, seed {job.seed}: {len(fits)} fits", flush=True)
    text = (
        f"{', '.join(problems)}; {len(given.seeds)} seeds, {given.budget:g} full trainings, one fit in {given.every}. "
        f"**Bold**: fewer than 95% within {NEAR:g} nats of the best of 20 starts, or than 99% within {FAR:g}.\n\n"
        f"{table(found)}\n"
    )
    if given.page:
        write(given.page, text)
    else:
        print(text)


if __name__ == "__main__":
    main()
