"""FROM WHERE DOES A FIT START? Likelihoods of learning curves have several optima, so that a fit needs several starts:

1. the last fitted parameters, with ``opt_warmstart`` (`pure_hb.surrogate.fitting.fit`);
2. the initial values;
3. the best end point so far, with little noise and every coordinate made relevant again: the typical local optima of
   these likelihoods explain the data by noise, or by too few coordinates;
4. the initial values, with all that is seen taken for noise: from there a fit takes up the coordinates that explain
   most, and finds optima that it passes by where it explains everything from the first step on;
5. up to three starts, chosen from many: random normal perturbations of the initial values, every other one changed as
   in 3, beginning with the first. There are four for each such start. All get a few evaluations, and the lowest go on,
   since where data have several optima, a random start rarely leads to the best;
6. up to four such perturbations that are not chosen: what is low after a few evaluations often leads to where others
   have ended;
7. neighbours of the two lowest optima: in each, one coordinate is made irrelevant, or relevant again. Then those of the
   two lowest whose neighbours are not known, and so on, until there are no more. Optima differ by which coordinates
   they call irrelevant, and random starts find one of many such choices rarely.

How often each of these finds the best optimum is measured in docs/measurements/fits.md.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import chain, count, islice
from typing import Final

import numpy as np

from pure_hb.draws import Draws, Purpose
from pure_hb.surrogate.arrays import Array
from pure_hb.surrogate.descents import Descent, Evaluate, FitOptions, descend, lowest
from pure_hb.surrogate.parameters import Specification

_KNOWN: Final = 3
"""The number of starts that need neither the last parameters nor random numbers."""
_CHOSEN, _PERTURBED, _GLANCE = 3, 4, 6
"""At most so many starts are chosen; for each, so many perturbed ones get so many evaluations."""
_AS_THEY_ARE: Final = 4
"""The number of perturbed starts that are not chosen."""
_LOWEST, _ONE_OPTIMUM = 2, 0.05
"""A round of neighbours begins from so many optima; objectives that differ by less are those of one optimum."""


def descents(
    evaluate: Evaluate, specification: Specification, draws: Draws, options: FitOptions, last: Array | None
) -> list[Descent]:
    """One descent from each start, and after these the ones among which some starts were chosen, at least one in all.
    ``last`` is the first start, in internal coordinates, shape (size,); None: the initial values are. Random starts are
    drawn for the purpose RESTARTS."""
    found = list[Descent]()
    if last is not None:
        found.append(descend(evaluate, specification, last, options, most=options.opt_warm_evaluations))
    left = options.opt_nstarts - len(found)
    first = specification.to_vector(specification.initial.as_arrays())
    perturbed, glances = _perturbed(specification, first, draws), list[Descent]()
    begins = chain(
        _known_begins(specification, first, found),
        _chosen(evaluate, specification, options, perturbed, min(left - _KNOWN, _CHOSEN), glances),
        islice(perturbed, _AS_THEY_ARE),
        _neighbours(specification, found),
    )
    for begin in islice(begins, left):
        rival = lowest(found).start.objective if found else math.inf
        found.append(descend(evaluate, specification, begin, options, rival=rival))
    return found + glances


def _known_begins(specification: Specification, first: Array, found: Sequence[Descent]) -> Iterator[Array]:
    """Starts 2 to 4; ``found`` grows meanwhile."""
    yield first
    yield specification.again(lowest(found).vector)
    yield specification.opposite(first)


def _chosen(
    evaluate: Evaluate,
    specification: Specification,
    options: FitOptions,
    perturbed: Iterator[Array],
    number: int,
    glances: list[Descent],
) -> Iterator[Array]:
    """So many starts, where the lowest of several perturbed ones have come; all go into ``glances``."""
    begins = islice(perturbed, _PERTURBED * number)
    glances.extend(descend(evaluate, specification, begin, options, most=_GLANCE) for begin in begins)
    for glance in sorted(glances, key=lambda one: one.start.objective)[:number]:
        yield glance.vector


def _perturbed(specification: Specification, first: Array, draws: Draws) -> Iterator[Array]:
    for attempt in count(_KNOWN):
        begin = first + _normals(specification.size, draws, attempt)
        yield specification.again(begin) if attempt % 2 else begin


def _neighbours(specification: Specification, found: Sequence[Descent]) -> Iterator[Array]:
    """Neighbours of the lowest optima, until none is left whose neighbours are not known; ``found`` grows meanwhile."""
    seen: list[float] = []
    while bases := _optima(found, seen)[:_LOWEST]:
        for base in bases:
            seen.append(base.start.objective)
            yield from specification.neighbours(base.vector)


def _optima(found: Sequence[Descent], seen: Sequence[float]) -> list[Descent]:
    """One descent for each optimum, the lowest first, without those of which the objectives were ``seen``."""
    known, optima = list(seen), list[Descent]()
    for one in sorted(found, key=lambda one: one.start.objective):
        objective = one.start.objective
        if math.isfinite(objective) and all(abs(objective - other) > _ONE_OPTIMUM for other in known):
            known.append(objective)
            optima.append(one)
    return optima


def _normals(size: int, draws: Draws, attempt: int) -> Array:
    from scipy.special import ndtri

    uniform = np.array([draws.uniform(Purpose.RESTARTS, index, attempt) for index in range(size)])
    return np.asarray(ndtri(np.clip(uniform, 2.0**-54, None)), dtype=np.float64)
