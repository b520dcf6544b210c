"""HOW IS A FUNCTION A PROBLEM? `problem` wraps one in a line."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from pure_hb.machine import Goal
from pure_hb.problems.answers import (
    Answer,
    Failure,
    ProblemError,
    Seconds,
    check_parts,
    check_resource,
    failure_of,
    name_of,
    seconds_per_resource,
)
from pure_hb.space import Space, Value

Curve = Callable[[Mapping[str, Any], int], float | Answer | Failure]


@frozen(eq=False, repr=False)
class FunctionProblem:
    """A problem that a function answers. `problem` makes one."""

    name: str
    space: Space
    goal: Goal
    max_resource: int
    function: Curve
    seconds: Seconds
    scale: tuple[float, float] | None

    def __repr__(self) -> str:
        return f"<problem {self.name}: {len(self.space.domains)} parameters, {self.max_resource} resources>"

    def answer(self, config: Mapping[str, Value], resource: int) -> Answer | Failure:
        """The result of the function; a `Failure` if it raises.

        Raises:
            ProblemError: if the result is no number, the seconds are not positive, or there is no such resource.
        """
        check_resource(self, resource)
        elapsed = seconds_per_resource(self.seconds, config) * resource
        try:
            found = self.function(config, resource)
        except Exception as error:
            return failure_of(error, elapsed)
        return found if isinstance(found, Answer | Failure) else Answer(found, elapsed)

    def regret(self, value: float) -> float | None:
        """(value - best) / (median - best), if these two were given; else None."""
        if self.scale is None:
            return None
        best, median = self.scale
        return (value - best) / (median - best)


def problem(
    function: Curve,
    space: Space,
    goal: Goal,
    max_resource: int,
    *,
    seconds: Seconds = 1.0,
    name: str | None = None,
    scale: tuple[float, float] | None = None,
) -> FunctionProblem:
    """A function as a problem: ``hb.problem(lambda config, epoch: ..., space, hb.Minimize("error"), 27)``.

    Args:
        function: takes a configuration and a resource; returns the metric after that resource, or an `Answer` or a
            `Failure` with seconds of its own. What it raises is a failed training.
        space: the parameters of its configurations.
        goal: the metric, and whether it is to be small or large.
        max_resource: the last resource that may be asked for.
        seconds: what *one* resource takes, positive; or a function of the configuration that says it.
        name: what people call the problem; by default the name of the function.
        scale: the best value and that of a configuration in the middle, if they are known: they define the regret.

    Raises:
        ProblemError: if the parts cannot be those of a problem.
    """
    called = name_of(function) if name is None else name
    check_parts(called, space, goal, max_resource)
    if not callable(function):
        raise ProblemError(f"{function!r} is no function; it takes a configuration and a resource")
    if not callable(seconds):
        seconds_per_resource(seconds, {})
    if scale is not None and not goal.to_minimise(scale[0]) < goal.to_minimise(scale[1]):
        raise ProblemError(f"scale is {scale!r}; it is the best value, and a worse one")
    return FunctionProblem(called, space, goal, int(max_resource), function, seconds, scale)
