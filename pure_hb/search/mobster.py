"""MOBSTER: a joint Gaussian process over configurations and resources; new configurations are chosen at one level.

Here stand the steps of a suggestion with a model, which `pure_hb.search.hyper_tune` and `pure_hb.search.dyhpo` share.
Initial points come first, then random configurations until enough are known, then the model: candidates are drawn and
scored, and the best one is improved by gradient descent on the criterion. Whether the space is exhausted is checked
before anything is fitted. If the model cannot be fitted, the suggestion is random, and its evidence says why.

MOBSTER's criterion is the acquisition at one level, r_acq: the highest with enough values. Source: Klein et al.,
"Model-based Asynchronous Hyperparameter and Neural Architecture Search", 2020 (arXiv:2003.10865).
"""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from statistics import fmean
from typing import Final, assert_never

import numpy as np
from attrs import evolve, frozen

from pure_hb.draws import Draws, Purpose
from pure_hb.protocol import Drawn, Evidence, Figures, Learned
from pure_hb.search.acquisition import (
    Acquisition,
    Criterion,
    ExpectedImprovement,
    LogExpectedImprovement,
    LowerConfidenceBound,
    Mixture,
    UnlessLost,
)
from pure_hb.search.belief import UNUSABLE, Belief, Estimate, Situation, believe, fit_now, incumbent, rivals, situation
from pure_hb.search.candidates import (
    Candidates,
    Excluded,
    best_first,
    near_candidates,
    optimised,
    safe_first,
    scored,
    walk,
)
from pure_hb.search.cost import for_its_cost
from pure_hb.search.options import AcquisitionOptions, ResourceAcquisition
from pure_hb.search.prior import new_candidates
from pure_hb.search.random_search import at_random, next_point
from pure_hb.search.searches import WithModel
from pure_hb.search.view import Lesson, Suggestion, View
from pure_hb.space import Configuration, decode, match_key
from pure_hb.surrogate import Standardisation, points
from pure_hb.surrogate.arrays import Array
from pure_hb.threads import one_thread

_DEFAULT_JITTER: Final = 0.01
_NEAR: Final = 0.8
"""The share of the candidates that is near the best configurations, if any is."""
_BEST: Final = 5
"""So many configurations are the best."""
_NO_CANDIDATE: Final = "no candidate was found that had not been tried"


# ---- before there is a model ---------------------------------------------------------------------------------------


@frozen
class Early:
    """An answer that needs no model."""

    suggestion: Suggestion | None


def early(view: View, options: AcquisitionOptions, draws: Draws, *, observed: bool) -> Early | None:
    """The answer while initial points are left, too little is known, or the space is exhausted; None: ask the model.

    Configurations are random until ``num_init_random`` are known and one has been observed. That also ends when the
    whole space is known: random draws never repeat a known configuration, although the model may suggest one that is
    known and not excluded. Later they are random with the probability ``random_fraction``.
    """
    if view.next_point is not None:
        return Early(next_point(view.next_point))
    excluded, known = excluded_keys(view, options), len(view.taken)
    if view.exhausted(excluded):
        return Early(None)
    if known < options.num_init_random or not observed:
        if not view.exhausted(view.taken):
            why = f"{known} of {options.num_init_random} configurations are known"
            return Early(at_random(view, view.taken, draws, why if observed else "nothing has been observed yet"))
        if not observed:
            return Early(None)
    if options.random_fraction == 0.0:
        return None
    coin = draws.uniform(Purpose.COIN, index=1)
    if coin >= options.random_fraction:
        return None
    why = f"the coin, {coin:.6f}, is below the random fraction, {options.random_fraction:g}"
    return Early(at_random(view, excluded, draws, why))


def excluded_keys(view: View, options: AcquisitionOptions) -> Collection[str]:
    """The match keys that the model may not suggest: all that were tried; with ``allow_duplicates`` only those that are
    running or failed."""
    if not options.allow_duplicates:
        return view.taken
    running = {match_key(view.space, one.configuration) for one in view.known() if one.until is not None}
    return running | set(view.failed)


# ---- with a model --------------------------------------------------------------------------------------------------


@frozen
class Task:
    """What a criterion is built from."""

    view: View
    options: AcquisitionOptions
    belief: Belief
    learned: Learned
    level: int
    """r_acq, see `acquisition_level`."""


Judge = Callable[[Task], tuple[Criterion, Evidence]]
"""Makes the criterion to be minimised, and evidence for it."""
Odds = Callable[[View, Learned], tuple[float, ...]]
"""The probability of each bracket for the new trial."""


@one_thread
def suggest(
    search: WithModel,
    view: View,
    draws: Draws,
    judge: Judge | None = None,
    odds: Odds = lambda view, learned: view.odds,
    estimate: Estimate | None = None,
) -> Suggestion | None:
    """The next initial point, a random configuration while too little is known (`early`), then the model's choice; None
    if nothing is left of the space. ``judge`` makes the criterion; None: the acquisition at one level, r_acq. ``odds``
    and ``estimate`` are those of Hyper-Tune."""
    surrogate, options = search.surrogate, search.acquisition
    simple = early(view, options, draws, observed=True)
    if simple is not None:
        return simple.suggestion
    now = situation(view, surrogate)
    if not now.observed:
        return at_random(view, view.taken, draws, "nothing has been observed yet")
    if surrogate.fit == "background" and not view.learned.parameters:
        return at_random(view, excluded_keys(view, options), draws, "no fit has been made yet")
    try:
        lesson = fit_now(now, view.learned, draws, estimate=estimate, told=view.told)
        belief = believe(now, lesson.learned, draws)
        bracket, drawn = view.draw_bracket(odds(view, lesson.learned), draws)
        level = acquisition_level(
            options.resource_acq,
            now.counts,
            threshold=options.resource_acq_bohb_threshold,
            first_milestone=view.levels[bracket] if bracket < len(view.levels) else view.max_resource,
            max_resource=view.max_resource,
        )
        task = Task(view, options, belief, lesson.learned, level)
        if judge is None:
            told = Figures("level of the acquisition", (("r_acq", float(level)),))
            criterion, said = at_levels(task, {level: 1.0}, (told,))
        else:
            criterion, said = judge(task)
        found = suggest_by(for_its_cost(criterion, view, options.effective_cost_weight), task, now, draws)
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


@one_thread
def learn(
    search: WithModel, view: View, draws: Draws, estimate: Estimate | None = None, *, dense: bool = False
) -> Lesson | None:
    """A fit made beside training; None if none is due, or the model cannot be fitted."""
    now = situation(view, search.surrogate, dense=dense)
    if not now.observed:
        return None
    try:
        lesson = fit_now(now, view.learned, draws, beside=True, estimate=estimate, told=view.told)
    except UNUSABLE:
        return None
    return lesson if lesson.learned.observed > view.learned.observed else None


# ---- the criterion -------------------------------------------------------------------------------------------------


def acquisition_level(
    rule: ResourceAcquisition, counts: Mapping[int, int], *, threshold: int, first_milestone: int, max_resource: int
) -> int:
    """r_acq by the option ``resource_acq``, given the number of observations at each resource that has any.

    "bohb" is the highest level with at least ``threshold`` observations, else the lowest with any (after Falkner, Klein
    and Hutter, "BOHB", 2018, section 4.1); "first" the first milestone of the bracket drawn for the new trial; "final"
    the maximum resource.

    Raises:
        ValueError: if there is no observation and the rule is "bohb".
    """
    match rule:
        case "bohb":
            observed = [level for level, count in counts.items() if count]
            if not observed:
                raise ValueError("no observation yet, so no level to judge at; draw the configuration at random")
            return max((level for level in observed if counts[level] >= threshold), default=min(observed))
        case "first":
            return first_milestone
        case "final":
            return max_resource
        case _:
            assert_never(rule)


def at_levels(task: Task, weights: dict[int, float], said: Evidence) -> tuple[Criterion, Evidence]:
    """The criterion over levels with these probabilities, with the evidence ``said`` and the incumbents."""
    best = {level: incumbent(task.belief, level) for level in weights}
    acquisition = acquisition_of(task.options, task.belief.scale)
    return judged(task, Mixture(task.belief, weights, best, acquisition), acquisition, best, said)


def judged(
    task: Task, criterion: Criterion, acquisition: Acquisition, best: Mapping[int, Array], said: Evidence
) -> tuple[Criterion, Evidence]:
    """A criterion, averaged over whether the trial is lost if any ever was; and the evidence ``said``, with the
    incumbents ``best`` of the levels. Of several fantasies the mean is told."""
    belief, shown = task.belief, []
    for level, incumbents in best.items():
        told, _ = belief.scale.back(incumbents, np.zeros_like(incumbents))
        mean = fmean((task.view.sign * told).tolist())
        shown.append(Figures(f"incumbent at level {level}", ((belief.mean_name, mean),)))
    if belief.survival is not None:
        criterion = UnlessLost(criterion, acquisition, belief.survival, belief.worst)
    return criterion, (*said, *shown)


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


# ---- the choice ----------------------------------------------------------------------------------------------------


def candidates_of(task: Task, excluded: Excluded, draws: Draws) -> tuple[Candidates, Evidence]:
    """The random candidates: `new_candidates`, or, with the probability ``local_fraction``, most of them near the best
    configurations that are known."""
    view, options = task.view, task.options
    count, fraction = options.num_init_candidates, options.local_fraction
    coin = draws.uniform(Purpose.NEARBY) if fraction else 1.0
    if coin >= fraction:
        found = new_candidates(view, count, options, excluded, draws)
        told = "anywhere" if found.around is None else "around the initial points and anywhere"
        return found, (*((Drawn("candidates", coin, told),) if fraction else ()), *found.said)
    best = best_known(task)
    near = near_candidates(view.space, round(_NEAR * count), best, excluded, draws)
    found = near.and_more(new_candidates(view, count - len(near.x), options, excluded, draws))
    told = f"{len(near.x)} of {count} near the best {len(best)} that are known"
    return found, (Drawn("candidates", coin, told), *found.said)


def best_known(task: Task) -> tuple[Configuration, ...]:
    """The configurations with the smallest posterior means at r_acq, of those that can give the incumbent there; the
    best first, at most five."""
    those = rivals(task.belief, task.level)
    order = best_first(task.belief.posterior.mean(those).mean(axis=1))[:_BEST]
    return tuple(decode(task.view.space, x) for x in those.x[order])


def suggest_by(criterion: Criterion, task: Task, now: Situation, draws: Draws) -> Suggestion | None:
    """The configuration that minimises a criterion, by random candidates and local optimisation; None if nothing is
    left."""
    view, options, belief = task.view, task.options, task.belief
    excluded = Excluded(excluded_keys(view, options), now.table.configurations)
    candidates, drawn = candidates_of(task, excluded, draws)
    if not len(candidates.x):
        return at_random(view, excluded.keys, draws, _NO_CANDIDATE)
    match options.initial_scoring:
        case "thompson":
            scores = criterion.thompson(candidates.x, draws)
        case "thompson_indep":
            scores = criterion.mean_thompson(candidates.x, draws)
        case "acq_func":
            scores = criterion(candidates.x)
    at, downhill = points(candidates.x, 1), not options.skip_local_optimization
    losses = None if belief.survival is None else belief.survival.among(at)
    order = safe_first(scores, at, losses).tolist()
    picked = walk(
        order,
        candidates.configuration,
        lambda number: optimised(view.space, criterion, candidates.x[number], losses) if downhill else None,
        partial(match_key, view.space),
        excluded.keys,
    )
    if picked is None:
        return at_random(view, excluded.keys, draws, _NO_CANDIDATE)
    by_draw = None if options.initial_scoring == "acq_func" else scores
    said = scored(criterion, view, candidates, order, picked, belief, losses, by_draw)
    return Suggestion(picked.configuration, (*drawn, *said))
