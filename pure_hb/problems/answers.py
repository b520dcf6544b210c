"""WHAT MUST A PROBLEM ANSWER? The protocol `Problem`, and the two kinds of answers: `Answer` and `Failure`."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from attrs import evolve, field, frozen

from pure_hb.machine import Goal, Maximize, Minimize
from pure_hb.space import Space, Value, match_key
from pure_hb.space.domains import is_number, plain


class ProblemError(ValueError):
    """A problem that cannot be used, or an answer that is not allowed. The message says what is allowed."""


def _number(given: float) -> float:
    number = plain(given)
    if not is_number(number):
        raise ProblemError(f"{given!r} is no number; the value of an Answer is a float, NaN where training diverged")
    return float(number)


def _seconds(given: float) -> float:
    number = plain(given)
    if not (is_number(number) and 0.0 <= number < math.inf):
        raise ProblemError(f"elapsed is {given!r}; it is seconds from the beginning of training, finite and at least 0")
    return float(number)


@frozen
class Answer:
    """The result of training to a resource.

    Raises:
        ProblemError: if the value is no number, or the seconds are negative or not finite.
    """

    value: float = field(converter=_number)
    """The metric, with its own sign; NaN or infinite if training diverged."""
    elapsed: float = field(converter=_seconds)
    """Seconds from the *beginning of training* to the end of this resource. They do not decrease with the resource."""


@frozen
class Failure:
    """The training failed before it reached the resource, so there is no value.

    Raises:
        ProblemError: if the seconds are negative or not finite.
    """

    reason: str
    """The cause, in a few words."""
    elapsed: float = field(converter=_seconds)
    """Seconds from the beginning of training to the failure."""


class Problem(Protocol):
    """What `simulate` runs a setup on: any object with these five members. `Table` is one; `problem` makes one from a
    function, `live_problem` one from a training loop."""

    @property
    def name(self) -> str:
        """The name of the problem, for display."""
        ...

    @property
    def space(self) -> Space:
        """The space of its configurations."""
        ...

    @property
    def goal(self) -> Goal:
        """The metric, and whether it is minimised or maximised."""
        ...

    @property
    def max_resource(self) -> int:
        """The largest resource for which there is an answer."""
        ...

    def answer(self, config: Mapping[str, Value], resource: int) -> Answer | Failure:
        """The result of training a configuration to a resource in [1, ``max_resource``].

        Equal questions have equal answers. Names that the space does not have are ignored. A failed training is a
        `Failure`; an exception is a fault of the problem, and ends the simulation.
        """
        ...


@runtime_checkable
class Judged(Protocol):
    """A problem that knows the regret of a value."""

    def regret(self, value: float) -> float | None:
        """The normalised regret of a value of the metric, 0 for the best possible one; None if it is not known."""
        ...


# ---- what all problems share ---------------------------------------------------------------------------------------

Seconds = float | Callable[[Mapping[str, Any]], float]
"""The seconds that one resource takes, or a function from a configuration to these."""


def seconds_per_resource(given: Seconds, config: Mapping[str, Value]) -> float:
    """Seconds that one resource takes: a number, or what a function says of the configuration.

    Raises:
        ProblemError: if it is not positive and finite; simulated time would stand still.
    """
    found = plain(given(config) if callable(given) else given)
    if not (is_number(found) and 0.0 < found < math.inf):
        raise ProblemError(f"seconds is {found!r}; one resource takes a positive, finite number of seconds")
    return float(found)


def name_of(function: Callable[..., object]) -> str:
    """The name of a function, or the class of a callable object."""
    return str(getattr(function, "__name__", type(function).__name__))


def check_parts(name: str, space: object, goal: object, max_resource: object) -> None:
    """Raises `ProblemError` unless the parts can be those of a problem."""
    found = []
    if not isinstance(space, Space):
        found.append(f"space is {space!r}; make one: Space(lr=Float(1e-4, 1.0, log=True))")
    if not isinstance(goal, Minimize | Maximize):
        found.append(f'goal is {goal!r}; write Minimize("validation_error") or Maximize(...)')
    number = plain(max_resource)
    if not (isinstance(number, int) and not isinstance(number, bool) and number >= 1):
        found.append(f"max_resource is {max_resource!r}; it is an int of at least 1")
    if found:
        raise ProblemError(f"The problem {name} cannot be made.\n" + "\n".join(f"  {fault}" for fault in found))


def failure_of(error: Exception, elapsed: float) -> Failure:
    """An exception of a training as a `Failure`: its class and its text."""
    return Failure(f"{type(error).__name__}: {error}", elapsed)


def not_before(found: Answer | Failure, elapsed: float) -> Answer | Failure:
    """The same answer, with ``elapsed`` raised to at least this many seconds."""
    return found if found.elapsed >= elapsed else evolve(found, elapsed=elapsed)


def check_resource(problem: Problem, resource: int) -> None:
    """Raises `ProblemError` for a resource that the problem does not have."""
    if not 1 <= resource <= problem.max_resource:
        raise ProblemError(
            f"the problem {problem.name} has no resource {resource!r}; it has those from 1 to {problem.max_resource}"
        )


def key_of(problem: Problem, config: Mapping[str, Value]) -> str:
    """The match key of a configuration in the problem's space.

    Raises:
        ProblemError: if it is no configuration of the space.
    """
    try:
        return match_key(problem.space, config)
    except (KeyError, TypeError, ValueError) as error:
        told = f"{type(error).__name__}: {error}"
        raise ProblemError(f"{dict(config)!r} is no configuration of the problem {problem.name} ({told})") from None
