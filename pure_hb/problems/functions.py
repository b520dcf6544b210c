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

CurveFunction = Callable[[Mapping[str, Any], int], float | Answer | Failure]


@frozen(eq=False, repr=False)
class FunctionProblem:
    """A problem that a function answers. `problem` makes one."""

    name: str
    space: Space
    goal: Goal
    max_resource: int
    function: CurveFunction
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
    function: CurveFunction,
    space: Space,
    goal: Goal,
    max_resource: int,
    *,
    seconds: Seconds = 1.0,
    name: str | None = None,
    scale: tuple[float, float] | None = None,
) -> FunctionProblem:
    """Makes a problem of a function: ``hb.problem(lambda config, epoch: ..., space, hb.Minimize("error"), 27)``.

    Args:
        function: takes a configuration and a resource, and returns the metric after that resource; or an `Answer` or a
            `Failure`, which state their seconds. If it raises an exception, the training has failed.
        space: the parameters of its configurations.
        goal: the metric, and whether it is minimised or maximised.
        max_resource: the largest resource that may be asked for, at least 1.
        seconds: the simulated seconds of *one* unit of resource, positive; or a function from a configuration to them.
        name: the name of the problem, for display; by default the name of the function.
        scale: (the best value, the value of a median configuration), if they are known: they define the regret.

    Raises:
        ProblemError: if an argument has another type or is out of range.
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
