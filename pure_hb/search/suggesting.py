"""HOW IS A CONFIGURATION SUGGESTED WITH A MODEL? The steps that MOBSTER and Hyper-Tune share.

Initial points come first, then random configurations until enough are known, then the model: candidates are drawn and
scored, and the best one is improved by gradient descent on the criterion. Whether the space is exhausted is checked
before anything is fitted. If the model cannot be fitted, the suggestion is random, and its evidence says why.
"""

from collections.abc import Callable, Collection
from enum import Enum
from functools import partial
from statistics import fmean
from typing import Final

import numpy as np
from attrs import evolve, frozen

from pure_hb.draws import Draws, Purpose
from pure_hb.protocol import Because, Evidence, Figures, Learned, Scored
from pure_hb.search.acquisition import (
    Acquisition,
    ExpectedImprovement,
    LogExpectedImprovement,
    LowerConfidenceBound,
)
from pure_hb.search.belief import UNUSABLE, Belief, Estimate, Situation, believe, learn, situation
from pure_hb.search.candidates import Candidates, Excluded, Picked, best_first, draw_candidates, optimised, walk
from pure_hb.search.criteria import Criterion, Mixture, incumbent, unless_lost
from pure_hb.search.options import AcquisitionOptions, SurrogateOptions
from pure_hb.search.random_search import exhausted, next_point, random_suggestion
from pure_hb.search.view import Lesson, Suggestion, View
from pure_hb.space import Configuration, Space, encode, match_key
from pure_hb.surrogate import Standardisation
from pure_hb.surrogate.arrays import Array
from pure_hb.threads import one_thread

_SHOWN: Final = 3
"""So many of the best candidates stand in the evidence."""
_DEFAULT_JITTER: Final = 0.01
_NO_CANDIDATE: Final = "no candidate was found that had not been tried"


# ---- before there is a model ---------------------------------------------------------------------------------------


class Phase(Enum):
    """The source of the next configuration after the initial points."""

    RANDOM = "random"
    MODEL = "model"
    NOTHING = "nothing"
    """The space is exhausted."""


def phase_of(
    space: Space, known: Collection[str], excluded: Collection[str], num_init_random: int, *, observed: bool
) -> Phase:
    """Random until ``num_init_random`` configurations are known and one has been observed. The random phase also ends
    when the whole space is known: random draws never repeat a known configuration, although the model may suggest one
    that is known and not ``excluded``."""
    if exhausted(space, excluded):
        return Phase.NOTHING
    if len(known) >= num_init_random and observed:
        return Phase.MODEL
    if not exhausted(space, known):
        return Phase.RANDOM
    return Phase.MODEL if observed else Phase.NOTHING


@frozen
class Early:
    """An answer that needs no model."""

    suggestion: Suggestion | None


def early(view: View, options: AcquisitionOptions, draws: Draws, *, observed: bool) -> Early | None:
    """The answer while initial points are left, too little is known, or the space is exhausted; None: ask the model."""
    if view.next_point is not None:
        return Early(next_point(view.next_point))
    blocked = excluded_keys(view, options)
    match phase_of(view.space, view.taken, blocked, options.num_init_random, observed=observed):
        case Phase.NOTHING:
            return Early(None)
        case Phase.RANDOM:
            known = len(view.taken)
            why = f"{known} of {options.num_init_random} configurations are known"
            return Early(at_random(view, view.taken, draws, why if observed else "nothing has been observed yet"))
        case Phase.MODEL:
            return _by_coin(view, options, draws)


def _by_coin(view: View, options: AcquisitionOptions, draws: Draws) -> Early | None:
    """A random configuration with the probability that is asked for."""
    if options.random_fraction == 0.0:
        return None
    coin = draws.uniform(Purpose.COIN, index=1)
    if coin >= options.random_fraction:
        return None
    why = f"the coin, {coin:.6f}, is below the random fraction, {options.random_fraction:g}"
    return Early(at_random(view, excluded_keys(view, options), draws, why))


def at_random(view: View, excluded: Collection[str], draws: Draws, why: str) -> Suggestion | None:
    """A random configuration, with the reason ``why`` as evidence; None if none is left."""
    found = random_suggestion(view.space, excluded, draws)
    return None if found is None else evolve(found, evidence=(Because(f"no model: {why}"), *found.evidence))


def excluded_keys(view: View, options: AcquisitionOptions) -> Collection[str]:
    """The match keys that the model may not suggest: all that were tried; with ``allow_duplicates`` only those that are
    running or failed."""
    if not options.allow_duplicates:
        return view.taken
    running = {match_key(view.space, one.configuration) for one in view.known() if one.until is not None}
    return running | set(view.failed)


# ---- with a model --------------------------------------------------------------------------------------------------


def acquisition_of(options: AcquisitionOptions, scale: Standardisation) -> Acquisition:
    """The acquisition function that the options name, with its constants converted to standardised units."""
    match options.acq_function:
        case "log_ei":
            return LogExpectedImprovement(options.jitter or 0.0)
        case "ei":
            jitter = _DEFAULT_JITTER if options.jitter is None else options.jitter
            return ExpectedImprovement(jitter / scale.scale)
        case "lcb":
            return LowerConfidenceBound(options.kappa)


@frozen
class Task:
    """What a criterion is built from."""

    view: View
    options: AcquisitionOptions
    now: Situation
    belief: Belief
    learned: Learned
    bracket: int


Judge = Callable[[Task], tuple[Criterion, Evidence]]
"""Builds the criterion of a search, with evidence on it."""
Odds = Callable[[View, Learned], tuple[float, ...]]
"""The probability of each bracket for a new trial."""


def at_levels(task: Task, weights: dict[int, float], said: Evidence) -> tuple[Criterion, Evidence]:
    """The criterion over levels with these probabilities, with the evidence ``said`` and the incumbents."""
    scale = task.belief.scale
    best = {level: incumbent(task.belief, level) for level in weights}
    acquisition = acquisition_of(task.options, scale)
    criterion = unless_lost(Mixture(task.belief, weights, best, acquisition), task.belief, acquisition)
    return criterion, (*said, *(incumbent_said(level, one, task.belief, task.view.sign) for level, one in best.items()))


@one_thread
def suggest_with_model(
    view: View,
    draws: Draws,
    surrogate: SurrogateOptions,
    options: AcquisitionOptions,
    judge: Judge,
    odds: Odds = lambda view, learned: view.odds,
    estimate: Estimate | None = None,
) -> Suggestion | None:
    """One suggestion: by `early` while that gives an answer, then by the model; None if nothing is left."""
    simple = early(view, options, draws, observed=True)
    if simple is not None:
        return simple.suggestion
    now = situation(view, surrogate)
    if not now.observed:
        return at_random(view, view.taken, draws, "nothing has been observed yet")
    if surrogate.fit == "background" and not view.learned.parameters:
        return at_random(view, excluded_keys(view, options), draws, "no fit has been made yet")
    try:
        lesson = lesson_of(now, view, draws, estimate)
        belief = believe(now, lesson.learned, draws)
        bracket, drawn = view.draw_bracket(odds(view, lesson.learned), draws)
        criterion, said = judge(Task(view, options, now, belief, lesson.learned, bracket))
        found = suggest_by(criterion, view, options, now, belief, draws)
    except UNUSABLE as error:
        return at_random(view, excluded_keys(view, options), draws, f"the surrogate failed: {error}")
    if found is None:
        return None
    return evolve(
        found,
        evidence=(*lesson.evidence, belief.said, *drawn, *said, *found.evidence),
        bracket=bracket,
        learned=None if lesson.learned == view.learned else lesson.learned,
    )


def lesson_of(now: Situation, view: View, draws: Draws, estimate: Estimate | None, *, keep: bool = False) -> Lesson:
    """The fit for this suggestion, if one is due; if fits are made beside training, only what is remembered."""
    if now.options.fit == "background":
        return Lesson(view.learned, (Because(f"the parameters of the fit to {view.learned.observed} values are used"),))
    return learn(now, view.learned, draws, keep=keep, estimate=estimate, told=view.told)


@one_thread
def learn_beside(
    view: View, draws: Draws, surrogate: SurrogateOptions, estimate: Estimate | None = None, *, dense: bool = False
) -> Lesson | None:
    """A fit beside training; None if none is due, or the model cannot be fitted."""
    now = situation(view, surrogate, dense=dense)
    if not now.observed:
        return None
    try:
        lesson = learn(now, view.learned, draws, estimate=estimate, told=view.told)
    except UNUSABLE:
        return None
    return lesson if lesson.learned.observed > view.learned.observed else None


def suggest_by(
    criterion: Criterion, view: View, options: AcquisitionOptions, now: Situation, belief: Belief, draws: Draws
) -> Suggestion | None:
    """The configuration that minimises a criterion, by random candidates and local optimisation; None if nothing is
    left."""
    excluded = Excluded(excluded_keys(view, options), now.table.configurations)
    candidates = draw_candidates(view.space, options.num_init_candidates, excluded, draws)
    if not len(candidates):
        return at_random(view, excluded.keys, draws, _NO_CANDIDATE)
    scores = _scores(criterion, candidates.x, options, draws)
    order = best_first(scores).tolist()

    def end(number: int) -> Configuration | None:
        return None if options.skip_local_optimization else optimised(view.space, criterion, candidates.x[number])

    picked = walk(order, candidates.configuration, end, partial(match_key, view.space), excluded.keys)
    if picked is None:
        return at_random(view, excluded.keys, draws, _NO_CANDIDATE)
    by_draw = None if options.initial_scoring == "acq_func" else scores
    return Suggestion(picked.configuration, _scored(criterion, view, candidates, order, picked, belief, by_draw))


def _scores(criterion: Criterion, x: Array, options: AcquisitionOptions, draws: Draws) -> Array:
    """What orders the candidates, the smallest first."""
    match options.initial_scoring:
        case "thompson":
            return criterion.thompson(x, draws)
        case "thompson_indep":
            return criterion.mean_thompson(x, draws)
        case "acq_func":
            return criterion(x)


def _scored(
    criterion: Criterion,
    view: View,
    candidates: Candidates,
    order: list[int],
    picked: Picked,
    belief: Belief,
    by_draw: Array | None,
) -> Evidence:
    """What was picked, and the candidates with the best scores, with mean and deviation. ``by_draw``, shape (m,), are
    the scores that ordered the candidates; None: the acquisition did. What was moved downhill has no such score."""
    first = [number for number in order if picked.moved or number != picked.number][:_SHOWN]
    x = np.vstack((encode(view.space, picked.configuration), candidates.x[first]))
    numbers = described(belief, criterion(x), *criterion.moments(x), view.sign)
    if by_draw is not None:
        moved = int(picked.moved)
        said = _draws_said(belief, by_draw[[picked.number, *first][moved:]], view)
        numbers[moved:] = [(*shown, one) for shown, one in zip(numbers[moved:], said, strict=True)]
    way = "moved downhill from" if picked.moved else "is"
    return (
        Scored(1, numbers[0], picked.configuration),
        Because(f"it {way} candidate {order.index(picked.number) + 1} of {len(candidates)} by score"),
        *(
            Scored(place, shown, candidates.configuration(number))
            for place, (shown, number) in enumerate(zip(numbers[1:], first, strict=True), 2)
        ),
    )


def _draws_said(belief: Belief, scores: Array, view: View) -> list[tuple[str, float]]:
    """Draws of values, shape (m,), in the units in which means are shown."""
    told, _, _ = belief.described(scores, np.zeros_like(scores), view.sign)
    return [("draw", one) for one in told]


def described(
    belief: Belief, value: Array, mean: Array, deviation: Array, sign: float
) -> list[tuple[tuple[str, float], ...]]:
    """Rows of evidence: mean, deviation and minimised acquisition of each configuration."""
    means, deviations, name = belief.described(mean, deviation, sign)
    return [
        ((name, m), ("deviation", s), ("acquisition", v))
        for m, s, v in zip(means, deviations, value.tolist(), strict=True)
    ]


def incumbent_said(level: int, incumbents: Array, belief: Belief, sign: float) -> Figures:
    """The incumbent of a level as evidence; the mean over several fantasies."""
    means, _, name = belief.described(incumbents, np.zeros_like(incumbents), sign)
    return Figures(f"incumbent at level {level}", ((name, fmean(means)),))
