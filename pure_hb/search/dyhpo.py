"""DyHPO: paused trials compete with new configurations for the next leg of training.

Source: Wistuba, Kadra and Grabocka, "Supervising the Multi-Fidelity Race of Hyperparameter Configurations", NeurIPS
2022, with a Gaussian process instead of the deep kernel. The rule that goes with it (`pure_hb.rungs.rules.coin`) tries
ASHA's promotion first with some probability.

Each rival is judged some levels ahead, by the probability that it is better there, or as published: a paused trial at
its next level, a new configuration at the lowest, by expected improvement. The best of all is resumed or started.

By expected improvement at the next level a trial that leads goes on, and one that would overtake later is given up:
where curves cross, a competition that looks one level ahead is won by those that are quick at first. With a random
horizon each decision draws how many levels ahead all rivals are judged, and how large an improvement counts; the rival
that is most likely to be better by that much wins:

    value(x, r) = -log P(f(x, r + h) < b_{r + h} - xi),   h uniform over the levels,   log xi uniform

r + h is the h-th level from r on, at most the maximum, and b the incumbent there. Short horizons with small
improvements go on with what is good, long ones with large improvements try what may become better.

Source of the random horizon: the acquisition MFPI-random of Rakotoarison, Adriaensen, Mallik, Garibov, Bergman and
Hutter, "In-Context Freeze-Thaw Bayesian Optimization for Hyperparameter Optimization" (ICML 2024), with a Gaussian
process in place of their network, in levels in place of epochs, with xi in standard deviations of the targets.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from attrs import evolve, frozen

from pure_hb.draws import Draws, Purpose
from pure_hb.protocol import Because, Drawn, Evidence, Scored
from pure_hb.search import mobster
from pure_hb.search.acquisition import (
    LOG_2_PI_HALF,
    SMALLEST_DEVIATION,
    Acquired,
    Acquisition,
    InLogarithms,
    log_of_sum,
)
from pure_hb.search.belief import UNUSABLE, Belief, Situation, believe, fit_now, incumbent, situation
from pure_hb.search.candidates import Candidates, Excluded, safe_first
from pure_hb.search.mobster import acquisition_of, early, excluded_keys
from pure_hb.search.prior import new_candidates
from pure_hb.search.random_search import at_random
from pure_hb.search.searches import DyHPO
from pure_hb.search.survival import Survival
from pure_hb.search.view import Lesson, Resumption, Suggestion, View, Waits
from pure_hb.space import encoder
from pure_hb.surrogate import Points, points
from pure_hb.surrogate.arrays import Array, Indices
from pure_hb.threads import one_thread

_SHOWN: Final = 4
_DECADES: Final = 3.0
"""xi is drawn from 10^-3 to 1."""
_HORIZON_INDEX, _IMPROVEMENT_INDEX = 2, 3
"""The indices of these draws among the coins of a decision; 0 is the promotion's, 1 that of random configurations."""
Answer = Suggestion | Resumption | None


def suggest(search: DyHPO, view: View, draws: Draws) -> Answer:
    """The next initial point, a random configuration while too little is known, then the winner of the competition.
    When no new configuration is possible, the paused trials compete among themselves."""
    found = compete(search, view, draws)
    if not isinstance(found, Suggestion) or found.learned is not None or not view.learned.resumed:
        return found
    return evolve(found, learned=evolve(view.learned, resumed=False))


def learn(search: DyHPO, view: View, draws: Draws) -> Lesson | None:
    """A fit made beside training; None if none is due."""
    return mobster.learn(search, view, draws, dense=True)


@one_thread
def compete(search: DyHPO, view: View, draws: Draws) -> Answer:
    """The configuration to start or the paused trial to resume; None if there is neither."""
    options = search.acquisition
    simple = early(view, options, draws, observed=True) if view.new_trials else None
    if simple is not None and simple.suggestion is not None:
        return simple.suggestion
    waiting = view.waiting()
    closed = not view.new_trials or simple is not None  # no configuration can be given
    if closed and not waiting:
        return None
    now = situation(view, search.surrogate, dense=True)
    if not now.observed and not closed:
        return at_random(view, view.taken, draws, "nothing has been observed yet")
    if closed and (not now.observed or len(view.taken) < options.num_init_random):
        return _first(waiting, "there is no surrogate yet: the best of the highest rung")
    if search.surrogate.fit == "background" and not view.learned.parameters:
        why = "no fit has been made yet"
        return _first(waiting, why) if closed else at_random(view, excluded_keys(view, options), draws, why)
    try:
        return _by_model(search, view, now, draws, waiting, closed=closed)
    except UNUSABLE as error:
        why = f"the surrogate failed: {error}"
        return _first(waiting, why) if closed else at_random(view, excluded_keys(view, options), draws, why)


def _first(waiting: Sequence[Waits], why: str) -> Resumption:
    return Resumption(waiting[0], (Because(f"no model: {why}"),))


def _by_model(
    search: DyHPO, view: View, now: Situation, draws: Draws, waiting: Sequence[Waits], *, closed: bool
) -> Answer:
    options = search.acquisition
    excluded = Excluded(excluded_keys(view, options), now.table.configurations)
    wanted = 0 if closed or view.exhausted(excluded.keys) else max(options.num_init_candidates, len(waiting))
    new = new_candidates(view, wanted, options, excluded, draws)
    if not waiting and not len(new.x):
        return at_random(view, excluded.keys, draws, "no candidate was found that had not been tried")
    lesson = fit_now(now, view.learned, draws, keep=view.learned.resumed, told=view.told)
    belief = believe(now, lesson.learned, draws)
    if search.horizon == "random":
        asked = stakes(view.levels, view.max_resource, draws)
        judged, said = judge_ahead(belief, asked, view, waiting, new), asked.said
    else:
        judged, said = judge(belief, acquisition_of(options, belief.scale), view, waiting, new), ()
    winner = int(judged.order[0])
    evidence = (*lesson.evidence, belief.said, *said, *new.said, *_scored(judged, view, waiting, new, belief))
    if winner < len(waiting):
        learned = evolve(lesson.learned, resumed=True)
        return Resumption(waiting[winner], evidence, None if learned == view.learned else learned)
    learned = evolve(lesson.learned, resumed=False)
    number = winner - len(waiting)
    if new.believed(number):
        evidence = (*evidence, Because("the best new one is one of those around the initial points"))
    return Suggestion(new.configuration(number), evidence, learned=None if learned == view.learned else learned)


# ---- how far ahead ---------------------------------------------------------------------------------------------------


@frozen
class Stakes:
    """What one decision asks: who is better, ``ahead`` levels from where each stands, by at least ``improvement``."""

    ladder: tuple[int, ...]
    """All levels, the maximum resource last."""
    ahead: int
    """1 is the next level."""
    improvement: float
    """xi, in units of the targets."""
    said: Evidence

    def level(self, next_level: int) -> int:
        """The level at which a rival is judged whose next level is ``next_level``."""
        return self.ladder[min(self.ladder.index(next_level) + self.ahead, len(self.ladder)) - 1]


def stakes(levels: Sequence[int], max_resource: int, draws: Draws) -> Stakes:
    """The stakes of a decision."""
    ladder = (*levels, max_resource)
    far, much = (draws.uniform(Purpose.COIN, index) for index in (_HORIZON_INDEX, _IMPROVEMENT_INDEX))
    ahead, improvement = 1 + int(far * len(ladder)), 10.0 ** (-_DECADES * much)
    said = (
        Drawn("horizon", far, f"{ahead} of {len(ladder)} levels ahead"),
        Drawn("improvement", much, f"at least {improvement:.4g} standard deviations"),
    )
    return Stakes(ladder, ahead, improvement, said)


@frozen
class ProbabilityOfImprovement(InLogarithms):
    """-log of the mean of Phi(t_k) (Kushner, "A New Method of Locating the Maximum Point of an Arbitrary Multipeak
    Curve in the Presence of Noise", 1964). ``xi``, in units of the targets, is the improvement that is asked for."""

    xi: float = 0.0

    def __call__(self, mean: Array, deviation: Array, incumbent: Array) -> Acquired:
        """-log of the probability, shape (m,), and its derivatives."""
        from scipy.special import log_ndtr

        s = np.maximum(deviation, SMALLEST_DEVIATION)[:, None]
        t = (incumbent - mean - self.xi) / s
        total = log_of_sum(log_ndtr(t), axis=1)
        pull = np.exp(-0.5 * t * t - LOG_2_PI_HALF - total[:, None]) / s  # phi(t) / s, of the sum of Phi
        return Acquired(math.log(mean.shape[1]) - total, pull, (pull * t).sum(axis=1))


# ---- the judgement ---------------------------------------------------------------------------------------------------


@frozen(eq=False)
class Judged:
    """Everything that was judged, paused trials first: where, mean over the fantasies, standard deviation and
    acquisition, shape (m,) each; the order, the winner first; and who is likely to be lost."""

    at: Points
    mean: Array
    deviation: Array
    value: Array
    order: Indices
    losses: Survival | None

    @property
    def level(self) -> Array:
        """The level of each."""
        return self.at.resource.astype(np.float64)


def judge(belief: Belief, acquisition: Acquisition, view: View, waiting: Sequence[Waits], new: Candidates) -> Judged:
    """Judge paused trials at their next level and new configurations at the lowest level."""
    at = _rivals(view, waiting, new, lambda level: level)
    return _judged(belief, acquisition, at, incumbents(belief, np.unique(at.resource).tolist()))


def judge_ahead(belief: Belief, asked: Stakes, view: View, waiting: Sequence[Waits], new: Candidates) -> Judged:
    """Judge each rival as far ahead as the stakes say, by the probability of the improvement that they ask for."""
    at = _rivals(view, waiting, new, asked.level)
    best = {level: incumbent(belief, level) for level in np.unique(at.resource).tolist()}
    return _judged(belief, ProbabilityOfImprovement(asked.improvement), at, best)


def _rivals(view: View, waiting: Sequence[Waits], new: Candidates, level: Callable[[int], int]) -> Points:
    """All rivals, paused trials first, each at the ``level`` that belongs to its next one."""
    encoded, nobody = encoder(view.space), -1
    lowest = level(view.levels[0] if view.levels else view.max_resource)
    return points(
        [*(encoded(one.configuration) for one in waiting), *new.x],
        [*(level(one.next_level) for one in waiting), *(lowest for _ in new.x)],
        [*(one.trial for one in waiting), *(nobody for _ in new.x)],
    )


def _judged(belief: Belief, acquisition: Acquisition, at: Points, best: Mapping[int, Array]) -> Judged:
    """The acquisition at points, with an incumbent for each level and fantasy."""
    found = belief.posterior.predict(at)
    deviation = np.sqrt(found.variance)
    levels, place = np.unique(at.resource, return_inverse=True)
    value = acquisition(found.mean, deviation, np.array([best[level] for level in levels.tolist()])[place]).value
    if belief.survival is not None:
        value = acquisition.unless_lost(value, belief.survival.chance(at), belief.worst).value
    losses = None if belief.survival is None else belief.survival.among(at)
    return Judged(at, found.mean.mean(axis=1), deviation, value, safe_first(value, at, losses), losses)


def incumbents(belief: Belief, levels: Sequence[int]) -> dict[int, Array]:
    """Level -> one incumbent for each fantasy, shape (F,)."""
    rows = belief.rows.sound  # what was lost is no rival
    mean = belief.posterior.mean(rows.points())
    observed = set(rows.observed.resource.tolist())
    return {level: incumbent_at(level, rows.resource, mean, has_data=level in observed) for level in levels}


def incumbent_at(level: int, resource: Indices, mean: Array, *, has_data: bool) -> Array:
    """The smallest mean, of means (n, F), among the rows at this level; among all rows, if nothing was observed at the
    level. Shape (F,)."""
    smallest: Array = mean[resource == level].min(axis=0) if has_data else mean.min(axis=0)
    return smallest


def _scored(judged: Judged, view: View, waiting: Sequence[Waits], new: Candidates, belief: Belief) -> Evidence:
    """The best few, the winner first."""
    order = judged.order[:_SHOWN].tolist()
    numbers = belief.described(judged.mean[order], judged.deviation[order], judged.value[order], view.sign)
    winner = judged.at.rows(judged.order[:1])
    risk = () if judged.losses is None else (judged.losses.said(winner),)
    scored = tuple(
        Scored(
            place,
            (("level", float(judged.level[number])), *shown),
            None if number < len(waiting) else new.configuration(number - len(waiting)),
            waiting[number].trial if number < len(waiting) else None,
        )
        for place, (number, shown) in enumerate(zip(order, numbers, strict=True), 1)
    )
    return (*scored, *risk)
