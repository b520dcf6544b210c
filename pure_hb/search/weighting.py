"""HOW MUCH IS EACH LEVEL WORTH? Hyper-Tune's weight theta_r: how often level r ranks the configurations of the highest
informative level best.

X_* are the configurations observed at the highest supported level r_*, and y_* their values there. Posterior samples of
each level at X_* are compared with y_* by the share of pairs that they order differently (Li et al., "Hyper-Tune:
Towards Efficient Hyper-parameter Tuning at Scale", VLDB 2022, section 4.2). The cross-validation at r_* itself and the
weights of the brackets are those of Syne Tune.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array
from pure_hb.surrogate.linear_algebra import factorise

SAMPLING_NOISE: Final = 1e-5
"""The variance added to the diagonal of a covariance before samples are drawn."""
_MOST_FOLDS: Final = 5
_ENSEMBLE_CUT: Final = 0.01
_NOTHING: Final = 1e-14


def ranking_loss(samples: Array, values: Array, *, half_ties: bool = False) -> Array:
    """The share of pairs that a sample orders differently from the values: samples (m, S), values (m,), losses (S,).

    Comparisons are strict, so the loss of a tie depends on the order of rows, as in Syne Tune. With ``half_ties`` a
    pair that is tied on one side only counts one half.
    """
    m = len(values)
    first, second = np.triu_indices(m, k=1)
    if half_ties:
        apart = np.sign(samples[first] - samples[second]) - np.sign(values[first] - values[second])[:, None]
        return np.asarray(np.abs(apart).sum(axis=0) / (m * (m - 1)))
    differs = (samples[first] < samples[second]) != (values[first] < values[second])[:, None]
    loss: Array = 2.0 / (m * (m - 1)) * np.count_nonzero(differs, axis=0)
    return loss


def fold_sizes(count: int) -> tuple[int, ...]:
    """The sizes of at most five folds of at least two rows each; the last folds are larger by one if need be."""
    folds = min(count // 2, _MOST_FOLDS)
    size, rest = divmod(count, folds)
    return tuple(size + int(number >= folds - rest) for number in range(folds))


@frozen(eq=False)
class Fold:
    """A held-out fold, predicted from the other folds: its values, joint mean and covariance, and samples, (rows,
    S)."""

    values: Array
    mean: Array
    covariance: Array
    samples: Array


def folds(covariance: Array, mean: Array, noise: float, values: Array, normals: Sequence[Array]) -> Iterator[Fold]:
    """Cross-validation at one level: the prior covariance (m, m) and mean (m,) at its rows, the noise variance, the
    values, and standard normal numbers of shape (rows, S) for each fold.

    Raises:
        SingularError: if a covariance has no Cholesky factor.
    """
    start = 0
    for size, z in zip(fold_sizes(len(values)), normals, strict=True):
        held = np.arange(start, start + size)
        rest = np.setdiff1d(np.arange(len(values)), held)
        start += size
        factor = factorise(covariance[np.ix_(rest, rest)], noise)
        solved = factor.solve_lower(covariance[np.ix_(rest, held)])
        centre = mean[held] + solved.T @ factor.solve_lower(values[rest] - mean[rest])
        around = covariance[np.ix_(held, held)] - solved.T @ solved
        spread = factorise(around, SAMPLING_NOISE).lower @ z
        yield Fold(values[held], centre, around, centre[:, None] + spread)


def cross_validated_loss(found: Sequence[Fold], *, half_ties: bool = False) -> Array:
    """The mean of the ranking losses of all folds, shape (S,)."""
    loss: Array = np.mean([ranking_loss(one.samples, one.values, half_ties=half_ties) for one in found], axis=0)
    return loss


def theta(losses: Mapping[int, Array]) -> dict[int, float]:
    """For each level the share of the samples in which it has the smallest loss. Every level that attains the minimum
    of a sample counts; the shares sum to 1."""
    table = np.array(list(losses.values()))
    wins = np.count_nonzero(table == table.min(axis=0), axis=1)
    return {level: float(count) / float(wins.sum()) for level, count in zip(losses, wins, strict=True)}


def ensemble(weights: Mapping[int, float], *, renormalise: bool = True) -> dict[int, float]:
    """The levels with a weight above 0.01, with weights that sum to 1 again unless ``renormalise`` is false."""
    kept = {level: weight for level, weight in weights.items() if weight > _ENSEMBLE_CUT}
    total = sum(kept.values()) if renormalise else 1.0
    return {level: weight / total for level, weight in kept.items()}


def bracket_weights(
    weights: Mapping[int, float], levels: Sequence[int], brackets: int, highest: int
) -> tuple[float, ...]:
    """Weights theta_r / r, which sum to 1, for the brackets that start at a level r up to ``highest``. If theta is 0 at
    all of these levels, the lowest bracket has weight 1."""
    count = min(sum(level <= highest for level in levels), brackets)
    shares = [weights.get(level, 0.0) / level for level in levels[:count]]
    total = sum(shares)
    if total <= _NOTHING:
        return (1.0, *([0.0] * (count - 1)))
    return tuple(share / total for share in shares)


def adapted(
    default: Sequence[float], weights: Mapping[int, float], levels: Sequence[int], highest: int
) -> tuple[float, ...]:
    """P(s): the default probabilities of the brackets, where the brackets that start at supported levels share their
    part by `bracket_weights`. The default is unchanged if theta is 0 at all of their levels."""
    supported = bracket_weights(weights, levels, len(default), highest)
    if sum(weights.get(level, 0.0) / level for level in levels[: len(supported)]) <= _NOTHING:
        return tuple(default)
    mass = sum(default[: len(supported)])
    return (*(share * mass for share in supported), *default[len(supported) :])
