"""WHAT CANNOT BE SIMULATED? The limits of a simulation, and why arguments are refused."""

import math
from collections.abc import Callable
from typing import Final, Literal

from attrs import frozen

from pure_hb.machine import Setup
from pure_hb.problems import Problem
from pure_hb.space.domains import is_number, plain
from pure_hb.space.showing import shown
from pure_hb.tables import Table

Nan = Literal["value", "fail"]
"""What happens with a value that is not finite: "value" reports it, "fail" makes the trial fail."""

Clock = Callable[[], float]
"""Returns seconds, as `time.process_time` does."""

_MEMBERS: Final = ("name", "space", "goal", "max_resource", "answer")


@frozen
class Limits:
    """The arguments of `simulate` that are numbers or words; ``max_time`` is infinite if it was not given."""

    workers: int
    max_time: float
    max_trials: int | None
    start_delay: float
    stop_delay: float
    nan: Nan
    charge_decisions: bool


def named(problem: Problem) -> str:
    """What a message calls a problem."""
    return f"the {'table' if isinstance(problem, Table) else 'problem'} {problem.name}"


def faults(problem: Problem, setup: Setup) -> list[str]:
    """Why a setup cannot be simulated on a problem; empty if it can."""
    missing = [member for member in _MEMBERS if not hasattr(problem, member)]
    if missing:
        way = "make one by problem(function, space, goal, max_resource) or load_table(path)"
        return [f"{shown(problem)} is no problem, it has no {', '.join(missing)}; {way}"]
    if not isinstance(setup, Setup):
        return [
            f"setup is {shown(setup)}; make one: asha(problem.space, problem.goal, max_resource=problem.max_resource)"
        ]
    found, what = [], named(problem)
    if setup.max_resource > problem.max_resource:
        found.append(f"max_resource is {setup.max_resource}; {what} ends at {problem.max_resource}")
    if type(setup.goal) is not type(problem.goal):
        found.append(f"the goal is {setup.goal!r}; that of {what} is {problem.goal!r}")
    missing = [name for name, _ in problem.space.domains if name not in setup.space]
    if missing:
        kind = "table" if isinstance(problem, Table) else "problem"
        found.append(f"the space has no {', '.join(missing)}; use the {kind}'s: {kind}.space")
    return found


def limit_faults(limits: Limits, clock: Clock | None) -> list[str]:
    """Which arguments are out of range; empty if none is."""
    found = []
    if limits.max_time == math.inf and limits.max_trials is None:
        found.append("it has no end; give max_time (simulated seconds), max_trials, or both")
    if not _at_least(1, limits.workers):
        found.append(f"workers is {limits.workers!r}; it is an int of at least 1")
    if limits.max_trials is not None and not _at_least(1, limits.max_trials):
        found.append(f"max_trials is {limits.max_trials!r}; it is an int of at least 1")
    if not (is_number(limits.max_time) and limits.max_time >= 0.0):
        found.append(f"max_time is {limits.max_time!r}; it is simulated seconds, at least 0")
    for name, delay in (("start_delay", limits.start_delay), ("stop_delay", limits.stop_delay)):
        if not (is_number(delay) and 0.0 <= delay < math.inf):
            found.append(f"{name} is {delay!r}; it is simulated seconds, finite and at least 0")
    if limits.nan not in ("value", "fail"):
        found.append(f'nan is {limits.nan!r}; it is "value" or "fail"')
    if limits.charge_decisions and clock is None:
        found.append("charge_decisions needs a clock to charge by: clock=time.process_time")
    return found


def _at_least(limit: int, value: object) -> bool:
    number = plain(value)
    return isinstance(number, int) and not isinstance(number, bool) and number >= limit
