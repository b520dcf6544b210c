"""AT WHICH LEVELS, WITH WHICH WEIGHTS? The criteria of MOBSTER and Hyper-Tune, and Hyper-Tune's estimate of theta.

MOBSTER minimises the acquisition at one level r_acq, Hyper-Tune over all levels with weight theta_r (Klein et al. 2020;
Li et al., VLDB 2022).
"""

from typing import TYPE_CHECKING

import numpy as np

from pure_hb.draws import Draws, Purpose, normals
from pure_hb.protocol import Evidence, Figures, Learned, Share, Theta
from pure_hb.search.criterion import Criterion, Mixture, WeightedSum, incumbent, incumbent_of_sum
from pure_hb.search.level_choice import ResourceAcquisition, acquisition_level, highest_supported
from pure_hb.search.modelling import Situation
from pure_hb.search.suggesting import Task, acquisition_of, incumbent_said
from pure_hb.search.view import View
from pure_hb.search.weighting import adapted, cross_validated_loss, ensemble, fold_sizes, folds, ranking_loss, theta
from pure_hb.surrogate import Observations, ObservationTable, observations, points
from pure_hb.surrogate.arrays import Array

if TYPE_CHECKING:
    from pure_hb.search.hyper_tune import HyperTune


def default_odds(view: View, learned: Learned) -> tuple[float, ...]:
    """The default probabilities of the brackets."""
    return view.odds


def judge_at_one_level(task: Task) -> tuple[Criterion, Evidence]:
    """MOBSTER's criterion: the acquisition at r_acq."""
    level = _acquisition_level(task)
    return _at_levels(task, {level: 1.0}, (Figures("level of the acquisition", (("r_acq", float(level)),)),))


def judge_over_levels(task: Task, *, weighted_sum: bool) -> tuple[Criterion, Evidence]:
    """Hyper-Tune's criterion: the acquisition over the levels with weights theta; the lowest level before the first
    estimate."""
    estimate = task.learned.theta
    if estimate is None:
        lowest = min(task.view.levels, default=task.view.max_resource)
        weights, said = {lowest: 1.0}, Evidence()
    else:
        weights = ensemble(estimate.weights(), renormalise=not weighted_sum)
        said = _theta_said(estimate)
    if not weighted_sum:
        return _at_levels(task, weights, said)
    level, scale = _acquisition_level(task), task.belief.scale
    best = incumbent_of_sum(task.belief, weights, level)
    criterion = WeightedSum(task.belief, weights, best, acquisition_of(task.options, scale))
    return criterion, (*said, incumbent_said(level, best, task.belief, task.view.sign))


def _at_levels(task: Task, weights: dict[int, float], said: Evidence) -> tuple[Criterion, Evidence]:
    scale = task.belief.scale
    best = {level: incumbent(task.belief, level) for level in weights}
    criterion = Mixture(task.belief, weights, best, acquisition_of(task.options, scale))
    return criterion, (*said, *(incumbent_said(level, one, task.belief, task.view.sign) for level, one in best.items()))


def _acquisition_level(task: Task) -> int:
    return acquisition_level(
        ResourceAcquisition(task.options.resource_acq),
        task.now.counts,
        threshold=task.options.resource_acq_bohb_threshold,
        first_milestone=task.view.first_milestone(task.bracket),
        max_resource=task.view.max_resource,
    )


def _theta_said(estimate: Theta) -> Evidence:
    return (
        Figures(f"theta up to level {estimate.supported}", tuple((str(s.level), s.theta) for s in estimate.shares)),
        Figures("mean ranking loss", tuple((str(s.level), s.loss) for s in estimate.shares)),
    )


# ---- theta ---------------------------------------------------------------------------------------------------------


def adapted_odds(view: View, learned: Learned) -> tuple[float, ...]:
    """The probabilities of the brackets under theta: the default ones, with the share of the supported levels divided
    by theta_r / r."""
    if learned.theta is None:
        return view.odds
    levels = (*view.levels, view.max_resource)
    return adapted(view.odds, learned.theta.weights(), levels, learned.theta.supported)


def estimate_theta(
    search: "HyperTune",
    now: Situation,
    rows: ObservationTable,
    data: Observations,
    learned: Learned,
    draws: Draws,
) -> Theta | None:
    """theta from the ranking losses of all levels up to r_*, the highest level with six values. None if only the lowest
    has as many, or nothing has changed there since the last estimate.

    Levels below r_* are judged by posterior samples at the configurations of r_*; r_* itself by cross-validation.
    """
    levels = now.inputs.levels
    highest = highest_supported(now.counts, levels)
    if highest is None or (search.theta_from == "r_max" and highest != levels[-1]):
        return None
    seen = rows.observed
    at_highest = np.flatnonzero((seen.resource == highest) & seen.own)
    before = learned.theta
    if len(at_highest) < 2 or (before and (before.supported, before.observed) == (highest, now.counts[highest])):
        return None
    x, y = seen.configurations[seen.configuration[at_highest]], data.targets[at_highest, 0]
    values = now.parameters(learned).as_arrays()
    posterior = now.model.posterior(now.inputs, data, values)
    samples, half = search.hypertune_distribution_num_samples, search.ties == "half"
    losses: dict[int, Array] = {}
    for number, level in enumerate(level for level in levels if level < highest):
        z = normals(draws, Purpose.THETA, len(x), samples, attempt=number)
        losses[level] = ranking_loss(posterior.sample(points(x, level), z), y, half_ties=half)
    losses[highest] = _loss_at_highest(now, learned, highest, x, y, samples, draws, half=half)
    shares = theta(losses)
    found = tuple(Share(level, shares[level], float(np.mean(loss))) for level, loss in losses.items())
    return Theta(highest, now.counts[highest], found)


def _loss_at_highest(
    now: Situation, learned: Learned, highest: int, x: Array, y: Array, samples: int, draws: Draws, *, half: bool
) -> Array:
    """The loss of r_* itself: each fold is predicted from the other folds, and from nothing else."""
    values, at = now.parameters(learned).as_arrays(), points(x, highest)
    nothing = observations(points(x[:0], []), y[:0])
    prior = now.model.posterior(now.inputs, nothing, values)
    noise = now.noise(values, highest)
    z = [normals(draws, Purpose.SPLIT, size, samples, attempt=number) for number, size in enumerate(fold_sizes(len(y)))]
    found = list(folds(prior.covariance(at), prior.predict(at).mean[:, 0], noise, y, z))
    return cross_validated_loss(found, half_ties=half)
