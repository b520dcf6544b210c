"""HOW IS A TRAINING LOOP A PROBLEM? `live_problem` trains on demand, and only as far as it is asked.

A training is a generator that yields the metric after each resource, and is suspended until more is asked for. Only
``waiting`` of them are kept suspended; one that was dropped is trained again from its beginning when it is needed.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import define, field

from pure_hb.machine import Goal
from pure_hb.problems.answers import (
    Answer,
    Failure,
    ProblemError,
    Seconds,
    check_parts,
    check_resource,
    failure_of,
    key_of,
    name_of,
    not_before,
    seconds_per_resource,
)
from pure_hb.space import Space, Value

Train = Callable[[Mapping[str, Any]], Iterable[float]]

WAITING: Final = 64
"""The default number of suspended trainings that are kept."""


_ENDED: Final = object()


@define
class _Training:
    """One configuration in training."""

    config: Mapping[str, Value]
    train: Train
    seconds: Seconds | None
    answers: list[Answer | Failure] = field(factory=list)
    """After resource 1, 2, ...; a `Failure` is the last."""
    _curve: Iterator[float] | None = None

    def go_to(self, resource: int) -> None:
        """Trains until there is an answer for the resource, or the training has failed."""
        while len(self.answers) < resource and not has_failed(self.answers):
            self.answers.append(self._step())

    def _step(self) -> Answer | Failure:
        before = self.answers[-1].elapsed if self.answers else 0.0
        found, took = self._next()
        elapsed = before + (took if self.seconds is None else seconds_per_resource(self.seconds, self.config))
        if found is _ENDED:
            return Failure(f"training ended by itself after resource {len(self.answers)}", elapsed)
        return failure_of(found, elapsed) if isinstance(found, Exception) else Answer(found, elapsed)

    def _next(self) -> tuple[Any, float]:
        """What training tells next, or what it raises, and the processor seconds that it took."""
        begin = time.process_time()
        found: Any
        try:
            if self._curve is None:
                self._curve = iter(self.train(self.config))
            found = next(self._curve, _ENDED)
        except Exception as error:
            found = error
        return found, time.process_time() - begin


def has_failed(answers: list[Answer | Failure]) -> bool:
    """Whether the last answer is a failure."""
    return bool(answers) and isinstance(answers[-1], Failure)


@define(eq=False, repr=False)
class LiveProblem:
    """A problem that is trained on demand; `live_problem` makes one."""

    name: str
    space: Space
    goal: Goal
    max_resource: int
    train: Train
    seconds: Seconds | None
    waiting: int
    _trainings: OrderedDict[str, _Training] = field(factory=OrderedDict, init=False)
    """By match key, the one that was asked last at the end."""
    _told: dict[str, list[Answer | Failure]] = field(factory=dict, init=False)
    """What was told of each configuration, so far as it was trained."""

    def __repr__(self) -> str:
        return f"<live problem {self.name}: {len(self.space.domains)} parameters, {self.max_resource} resources>"

    def answer(self, config: Mapping[str, Value], resource: int) -> Answer | Failure:
        """The value at a resource. Trains up to it unless that was done before; a `Failure` if the training raised."""
        check_resource(self, resource)
        key = key_of(self, config)
        known = self._told.setdefault(key, [])
        if len(known) < resource and not has_failed(known):
            self._train(key, config, resource, known)
        return known[min(resource, len(known)) - 1]

    def _train(self, key: str, config: Mapping[str, Value], resource: int, known: list[Answer | Failure]) -> None:
        training = self._trainings.pop(key, None) or _Training(config, self.train, self.seconds)
        training.go_to(resource)
        for found in training.answers[len(known) :]:  # what was told stands; measured seconds do not fall after it
            known.append(not_before(found, known[-1].elapsed if known else 0.0))
        self._trainings[key] = training
        while len(self._trainings) > self.waiting:
            self._trainings.popitem(last=False)


def live_problem(
    train: Train,
    space: Space,
    goal: Goal,
    max_resource: int,
    *,
    seconds: Seconds | None = None,
    name: str | None = None,
    waiting: int = WAITING,
) -> LiveProblem:
    """Makes a problem of a training loop: ``hb.live_problem(train, space, hb.Minimize("error"), 27)``.

    Args:
        train: a generator function that takes a configuration and yields the metric after each unit of resource. If it
            raises an exception, or ends before ``max_resource``, the training has failed. It must set its own random
            seeds, because equal questions need equal answers.
        space: the parameters of its configurations.
        goal: the metric, and whether it is minimised or maximised.
        max_resource: the largest resource that may be asked for, at least 1.
        seconds: the simulated seconds of *one* unit of resource, positive; or a function from a configuration to them.
            None: the processor time of this process is measured; then only a `cached_problem` gives the same run twice.
        name: the name of the problem, for display; by default the name of the function.
        waiting: the number of interrupted trainings that are kept in memory. A training that is not kept begins again
            when it is needed.

    Raises:
        ProblemError: if an argument has another type or is out of range.
    """
    called = name_of(train) if name is None else name
    check_parts(called, space, goal, max_resource)
    if not callable(train):
        raise ProblemError(f"{train!r} is no function; it takes a configuration and yields the metric")
    if seconds is not None and not callable(seconds):
        seconds_per_resource(seconds, {})
    if waiting < 1:
        raise ProblemError(f"waiting is {waiting!r}; at least 1 training waits")
    return LiveProblem(called, space, goal, int(max_resource), train, seconds, int(waiting))
