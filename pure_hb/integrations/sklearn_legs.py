"""WHO TRAINS WHAT NEXT, HOWEVER MANY JOBS THERE ARE? A search in which a unit of resource takes one unit of time.

A few trials run at once, by a clock that counts resource. So the order of the results, and with it every decision, is
the same whatever the machine and ``n_jobs``. The legs that run side by side are evaluated together when a first result
of them is needed.
"""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import Parameter, signature
from typing import Any, Final

import numpy as np
from attrs import define, field, frozen

import pure_hb as hb
from pure_hb.rungs.rules.pasha import Pasha


@frozen
class Leg:
    """A stretch of training: a trial, and the resource from which and to which it goes."""

    trial: int
    leg: int
    config: hb.Configuration
    bracket: int
    start_from: int
    until: int
    began: int
    """When it began, by the clock of the search."""


Evaluate = Callable[[Sequence[Leg]], Iterable[float]]
"""Trains legs, and returns the score of each; NaN if it could not be trained."""


@define
class Search:
    """A search over a setup. ``state`` is its state, ``log`` its (event, action) pairs, as `pure_hb.verify` takes them.

    ``at_once`` trials run side by side; ``max_trials`` are started. ``continues``: a leg goes on where the last leg of
    its trial ended; otherwise it trains from the beginning, and takes so much longer.
    """

    setup: hb.Setup
    at_once: int
    max_trials: int
    continues: bool
    evaluate: Evaluate
    ended: Callable[[int], None]
    """Told the number of each trial that has ended."""
    state: hb.State = field(init=False)
    log: list[tuple[hb.Event, hb.Action]] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self.state = hb.initial(self.setup)

    def run(self) -> None:
        """Until nothing runs and nothing is given out any more."""
        workers: Final = [f"worker-{number}" for number in range(self.at_once)]
        legs: dict[str, Leg] = {}
        scores: dict[str, float] = {}
        clock = 0
        while True:
            for worker in workers:
                if worker not in legs and (leg := self._asked(worker, clock)) is not None:
                    legs[worker] = leg
            if not legs:
                return
            first = min(legs, key=lambda worker: (self._ends(legs[worker]), worker))
            if first not in scores:
                waiting = [worker for worker in workers if worker in legs and worker not in scores]
                found = self.evaluate([legs[worker] for worker in waiting])
                scores.update(zip(waiting, found, strict=True))
            leg = legs.pop(first)
            clock = self._ends(leg)
            further = self._reported(leg, scores.pop(first), clock)
            if further is not None:
                legs[first] = further

    def _ends(self, leg: Leg) -> int:
        return leg.began + self._trained(leg)

    def _trained(self, leg: Leg) -> int:
        return leg.until - (leg.start_from if self.continues else 0)

    def _asked(self, worker: str, clock: int) -> Leg | None:
        action = self._decided(hb.Ask(worker, new_trials=self.state.tried.started < self.max_trials))
        match action:
            case hb.Start():
                return Leg(action.trial, action.leg, action.config, action.bracket, 0, action.until, clock)
            case hb.Resume():
                start, until = action.start_from, action.until
                bracket = self.state.trials[action.trial].bracket
                return Leg(action.trial, action.leg, action.config, bracket, start, until, clock)
            case _:
                return None

    def _reported(self, leg: Leg, score: float, clock: int) -> Leg | None:
        """Tells the result of a leg. Returns the leg that follows at once, if one does."""
        cost = float(self._trained(leg)) if self.setup.rule.needs_cost else None
        action = self._decided(hb.Report(leg.trial, leg.until, score, cost, leg=leg.leg))
        match action:
            case hb.Continue():
                return Leg(leg.trial, leg.leg, leg.config, leg.bracket, leg.until, action.until, clock)
            case hb.Stop():
                self.ended(leg.trial)
        return None

    def _decided(self, event: hb.Event) -> hb.Action:
        self.state, action = hb.decide(self.state, event)
        if action.logged:
            self.log.append((event, action))
        return action


def setup_of(
    method: str | Callable[..., hb.Setup],
    space: hb.Space,
    max_resource: int,
    grace_period: int | None,
    options: Mapping[str, object],
    seed: int,
) -> hb.Setup:
    """The setup that a method makes: a name of ``METHODS``, or a function such as `pure_hb.mobster`. Scores are
    maximised. A ``grace_period`` is left out for methods that have none.

    Raises:
        SetupError: for an unknown name, an unknown option, or one that makes no sense.
        TypeError: if the function returns no setup.
    """
    from pure_hb.machine.methods import method as named

    make = named(method) if isinstance(method, str) else method
    known = _options_of(make)
    if known is not None and not {"max_resource", "seed"} <= known:
        raise TypeError(f"method is {_name_of(method)}, {_NO_METHOD}")
    given: dict[str, object] = {"max_resource": max_resource, "seed": seed}
    takes_grace = known is None or "grace_period" in known
    if grace_period is not None and takes_grace and not {"rung_levels", "grace_period"} & set(options):
        given["grace_period"] = grace_period
    setup: object = make(space, hb.Maximize("score"), **{**given, **options})
    if not isinstance(setup, hb.Setup):
        raise TypeError(f"method is {_name_of(method)}, which returned a {type(setup).__name__}, {_NO_METHOD}")
    return setup


def best_row(results: Mapping[str, Any]) -> int:
    """The row with the best score among those with most of the resource that have one."""
    scores, spent = np.asarray(results["mean_test_score"]), np.asarray(results["n_resources"])
    known = np.flatnonzero(~np.isnan(scores))
    if not len(known):
        return 0
    last = known[spent[known] == spent[known].max()]
    return int(last[np.argmax(scores[last])])


def warn_if_none_is_full(search: Search, resource: str) -> None:
    """A `UserWarning` if no trial was trained fully, so that the best will not be. With PASHA that is meant."""
    furthest = max((trial.curve[-1][0] for trial in search.state.trials if trial.curve), default=0)
    most = search.setup.max_resource
    if furthest < most and not isinstance(search.setup.rule, Pasha):
        warnings.warn(
            f"the furthest of {len(search.state.trials)} trials has {resource}={furthest}, less than "
            f"max_resource={most}: too few met at a rung for one to go on; give a larger max_trials (and a space with "
            "as many configurations), or a larger grace_period",
            stacklevel=3,
        )


_NO_METHOD: Final = (
    "which makes no Setup from a space, a goal, max_resource and seed; give a name of hb.METHODS, such as "
    '"ASHA-PROM", or a function such as hb.mobster'
)


def _options_of(make: Callable[..., hb.Setup]) -> frozenset[str] | None:
    """The names of the options that a function takes; None if it takes any: ``def own(space, goal, **options)``."""
    from pure_hb.machine.methods import option_names

    for parameter in signature(make).parameters.values():
        if parameter.kind is Parameter.VAR_KEYWORD and parameter.annotation in (Parameter.empty, Any):
            return None
    return frozenset(option_names(make))


def _name_of(method: object) -> str:
    return str(getattr(method, "__name__", None) or repr(method))
