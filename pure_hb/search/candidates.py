"""WHICH CONFIGURATIONS ARE COMPARED, AND WHICH IS THE BEST? Random candidates that are not excluded, anywhere in the
space or near some configurations; the best is then improved by gradient. And what is said of the choice.

Candidates are vectors of the unit cube; a `Configuration` is built only for the few that are needed.

The best candidate has the smallest score after rounding; among equal scores it is the first. Scores come from linear
algebra, whose last bits differ between processors. They are rounded to a quantum far above these bits, so that all
processors take the same decision. The quantum is the smallest power of two that is at least 2^-20 of the spread (best
score to median score) and at least 2^-33 of the size of the best score. A score close to a boundary between two
multiples can still be rounded either way, with a probability of about error / quantum.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Sized
from typing import Final

import numpy as np
from attrs import frozen

from pure_hb.draws import Draws, Purpose, Uniforms
from pure_hb.protocol import Because, Evidence, Scored
from pure_hb.search.acquisition import Criterion
from pure_hb.search.belief import Belief
from pure_hb.search.cost import cost_said
from pure_hb.search.survival import Survival
from pure_hb.search.view import View
from pure_hb.space import (
    BELOW_ONE,
    Choice,
    Configuration,
    Space,
    Value,
    bounds,
    decode,
    draw,
    encode,
    encode_draws,
    match_key,
    possible_twins,
    uniform_of,
)
from pure_hb.surrogate import Points, points
from pure_hb.surrogate.arrays import Array, Indices, Mask

_SHOWN: Final = 3
"""So many of the best candidates stand in the evidence."""
ROUNDS: Final = 20
"""The most rounds of draws for candidates that are still missing."""
_WIDTHS: Final = (0.5, 0.25, 0.1, 0.05)
"""How far a candidate may be from the configuration that it is near, as shares of the range of a parameter."""
_CHANGED: Final = 0.5
"""The probability that a parameter is changed at all."""
_MOST_ITERATIONS: Final = 1000
_OF_SPREAD: Final = 2.0**-20
_OF_SIZE: Final = 2.0**-33
_END_DIGITS: Final = 4
"""Ends of local optimisations are rounded so. Under other linear algebra most ends differ by less than 1e-6, some by
1e-5; what rounding costs, a few 1e-9 of expected improvement, is less than what the model knows."""


@frozen(eq=False)
class Candidates:
    """m random configurations that are not excluded; duplicates are possible."""

    space: Space
    uniforms: Uniforms
    """The uniform numbers that they were drawn by, shape (m, searched parameters)."""
    x: Array
    """Their encoded vectors, shape (m, d)."""
    around: range | None = None
    """The numbers of those that are around the initial points; None: there is no prior (`pure_hb.search.prior`)."""

    def configuration(self, number: int) -> Configuration:
        """The candidate of this number as a configuration."""
        return draw(self.space, self.uniforms[number].tolist().__getitem__)

    def and_more(self, more: "Candidates") -> "Candidates":
        """These candidates, and then others of the same space."""
        there, around = len(self.x), self.around
        if around is None and more.around is not None:
            around = range(there + more.around.start, there + more.around.stop)
        return Candidates(self.space, np.vstack((self.uniforms, more.uniforms)), np.vstack((self.x, more.x)), around)

    def believed(self, number: int) -> bool:
        """Whether the candidate of this number is around an initial point."""
        return self.around is not None and number in self.around

    @property
    def said(self) -> Evidence:
        """How many of them are around the initial points; nothing if there is no prior."""
        if self.around is None:
            return ()
        return (Because(f"{len(self.around)} of {len(self.x)} candidates are around the initial points"),)


@frozen(eq=False)
class Excluded:
    """The configurations that may not be suggested: their match keys, and their encoded vectors, shape (n, d)."""

    keys: Collection[str]
    x: Array


def draw_candidates(space: Space, count: int, excluded: Excluded, draws: Draws) -> Candidates:
    """Up to ``count`` random configurations, uniform in the space and not excluded; duplicates are possible."""
    width, rows = len(space.searched), list[Uniforms]()
    for attempt, asked in rounds(count, rows):
        rows.extend(allowed(space, draws.uniforms(Purpose.CANDIDATES, asked * width, attempt), excluded))
    return of_rows(space, rows[:count])


def of_rows(space: Space, rows: Sequence[Uniforms] | Uniforms) -> Candidates:
    """The candidates that rows of uniform numbers select."""
    uniforms = np.array(rows).reshape(len(rows), len(space.searched))
    return Candidates(space, uniforms, encode_draws(space, uniforms))


def allowed(space: Space, uniforms: Uniforms, excluded: Excluded) -> Uniforms:
    """The rows of uniform numbers whose configurations are not excluded, from any shape that has whole rows."""
    u = uniforms.reshape(-1, len(space.searched))
    suspects = possible_twins(space, encode_draws(space, u), excluded.x)
    new = ~suspects
    for row in np.flatnonzero(suspects):
        new[row] = match_key(space, draw(space, u[row].tolist().__getitem__)) not in excluded.keys
    return u[new]


def near_candidates(
    space: Space, count: int, around: Sequence[Mapping[str, Value]], excluded: Excluded, draws: Draws
) -> Candidates:
    """At most ``count`` configurations near those of ``around``, taken in turn, without those that are excluded.

    Each parameter is changed with probability 1/2. It moves by the difference of two uniform numbers times a width, on
    the scale on which it is drawn, and is reflected at its ends; widths are taken in turn as well. An entry of a
    `Choice` has no neighbours: it is drawn anew, with probability 1 / parameters.
    """
    width, turn = len(space.searched), np.arange(count)
    begin = np.array([[uniform_of(domain, one[name]) for name, domain in space.searched] for one in around])
    far = np.array(_WIDTHS)[turn // len(around) % len(_WIDTHS), None]
    coin, u, v = draws.uniforms(Purpose.NEARBY, 3 * count * width, attempt=1).reshape(3, count, width)
    anew = np.array([isinstance(domain, Choice) for _, domain in space.searched])
    changed = coin < np.where(anew, 1.0 / width, _CHANGED)
    return of_rows(space, allowed(space, moved(begin[turn % len(around)], far, changed, anew, u, v), excluded))


def moved(begin: Array, far: Array, changed: Mask, anew: Mask, u: Uniforms, v: Uniforms) -> Uniforms:
    """Uniform numbers of candidates, shape (m, parameters), from those of the configurations that they begin at. Those
    that are ``changed`` move by u - v times ``far``, reflected at 0 and 1, or are drawn ``anew``: then they are u."""
    there = np.abs(begin + far * (u - v))
    there = np.minimum(1.0 - np.abs(1.0 - there), BELOW_ONE)
    return np.where(changed, np.where(anew, u, there), begin)


def rounds(count: int, found: Sized) -> Iterator[tuple[int, int]]:
    """The rounds of draws until at least ``count`` things are ``found``: the number of the round, and how many draws to
    make in it. The smaller the share that was allowed, the more are asked for in the next round."""
    for attempt in range(ROUNDS):
        missing = count - len(found)
        if missing <= 0:
            return
        yield attempt, min(count, missing * (attempt + 1))


# ---- from a candidate downhill -------------------------------------------------------------------------------------


def optimised(space: Space, criterion: Criterion, start: Array, losses: Survival | None = None) -> Configuration | None:
    """The configuration that L-BFGS-B finds from the vector ``start``, shape (d,), inside the unit cube with every
    coordinate continuous, rounded to the space. None if, after rounding, it does not come before the start
    (`safe_first`)."""
    from scipy.optimize import minimize

    result = minimize(
        criterion.with_gradient,
        start,
        method="L-BFGS-B",
        jac=True,
        bounds=bounds(space),
        options={"maxiter": _MOST_ITERATIONS},
    )
    inside: Array = np.clip(np.nan_to_num(result.x, nan=0.5), 0.0, 1.0)
    configuration = decode(space, np.round(inside, _END_DIGITS))
    both = np.vstack((encode(space, configuration), start))
    return configuration if safe_first(criterion(both), points(both, 1), losses)[0] == 0 else None


@frozen
class Picked:
    """The number of the chosen candidate; its configuration, or that found by local optimisation from it; and whether
    it is the latter."""

    number: int
    configuration: Configuration
    moved: bool


def walk(
    order: Sequence[int],
    configuration: Callable[[int], Configuration],
    end: Callable[[int], Configuration | None],
    key: Callable[[Configuration], str],
    excluded: Collection[str],
) -> Picked | None:
    """The first candidate in ``order`` that is allowed: its local optimum if that is not excluded, otherwise itself;
    None if there is none. ``end`` gives the local optimum of a candidate, or None. Equal candidates are examined once.
    """
    seen: set[str] = set()
    for number in order:
        start = configuration(number)
        of_start = key(start)
        if of_start in seen:
            continue
        seen.add(of_start)
        reached = end(number)
        if reached is not None and key(reached) not in excluded:
            return Picked(number, reached, True)
        if of_start not in excluded:
            return Picked(number, start, False)
    return None


def scored(
    criterion: Criterion,
    view: View,
    candidates: Candidates,
    order: list[int],
    picked: Picked,
    belief: Belief,
    losses: Survival | None,
    by_draw: Array | None,
) -> Evidence:
    """Evidence: what was picked, and the candidates with the best scores, with mean and deviation. ``by_draw``, shape
    (m,), are the scores that ordered the candidates; None: the acquisition did. What was moved downhill has no such
    score."""
    first = [number for number in order if picked.moved or number != picked.number][:_SHOWN]
    x = np.vstack((encode(view.space, picked.configuration), candidates.x[first]))
    numbers = belief.described(*criterion.told(x), view.sign)
    if by_draw is not None:
        moved = int(picked.moved)
        drawn = by_draw[[picked.number, *first][moved:]]
        told, _ = belief.scale.back(drawn, np.zeros_like(drawn))
        told = (view.sign * told).tolist()
        numbers[moved:] = [(*shown, ("draw", one)) for shown, one in zip(numbers[moved:], told, strict=True)]
    way, of = "moved downhill from" if picked.moved else "is", len(candidates.x)
    whose = ", one of those around the initial points" if candidates.believed(picked.number) else ""
    last = "" if losses is None else ", those that are too likely to be lost last"
    return (
        Scored(1, numbers[0], picked.configuration),
        *(() if losses is None else (losses.said(points(x[:1], 1)),)),
        *cost_said(criterion, x[0]),
        Because(f"it {way} candidate {order.index(picked.number) + 1} of {of} by score{last}{whose}"),
        *(
            Scored(place, shown, candidates.configuration(number))
            for place, (shown, number) in enumerate(zip(numbers[1:], first, strict=True), 2)
        ),
    )


# ---- which score is the best --------------------------------------------------------------------------------------


def quantum(scores: Array) -> float:
    """The quantum for scores of shape (m,); 0 if every finite score is 0, or none is finite."""
    finite = scores[np.isfinite(scores)]
    if not len(finite):
        return 0.0
    best = float(finite.min())
    with np.errstate(over="ignore"):
        spread = float(np.quantile(finite, 0.5, method="lower")) * _OF_SPREAD - best * _OF_SPREAD
    least = max(spread, abs(best) * _OF_SIZE)
    return math.ldexp(1.0, math.ceil(math.log2(least))) if least > 0.0 else 0.0


def rounded(scores: Array) -> Array:
    """Scores of shape (m,), each finite one rounded to a multiple of their quantum."""
    step = quantum(scores)
    if step == 0.0:
        return scores
    with np.errstate(over="ignore", invalid="ignore"):
        multiples = np.rint(scores / step) * step
    found: Array = np.where(np.isfinite(multiples), multiples, scores)
    return found


def best_first(scores: Array) -> Indices:
    """The indices that sort scores of shape (m,) in increasing order; equal ones keep their order, NaN is last."""
    return np.argsort(rounded(scores), kind="stable")


def safe_first(scores: Array, at: Points, losses: Survival | None) -> Indices:
    """The indices that sort scores of points, shape (m,), as `best_first` does; but points that are too likely to be
    lost (`Survival.least`) come after all others, the safest of them first. ``losses`` None: no trial was lost."""
    order = best_first(scores)
    if losses is None:
        return order
    chance = losses.chance(at)
    risky = chance < losses.least
    safest = best_first(np.where(risky, -chance, np.inf))[: np.count_nonzero(risky)]
    return np.concatenate((order[~risky[order]], safest))


def logarithms(ratios: Array) -> Array:
    """The logarithms of ratios of shape (m,), which compares them by order of magnitude; -inf for 0."""
    with np.errstate(divide="ignore"):
        found: Array = np.log(ratios)
    return found
