"""WHICH CONFIGURATIONS ARE COMPARED? Random candidates that are not excluded; the best is then improved by gradient.

Candidates are vectors of the unit cube; a `Configuration` is built only for the few that are needed.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final, TypeVar

import numpy as np
from attrs import frozen

from pure_hb.draws import Draws, Purpose, Uniforms
from pure_hb.search.criterion import Criterion
from pure_hb.search.rounding import best_first, rounded_end
from pure_hb.space import (
    Configuration,
    Space,
    bounds,
    decode,
    draw,
    encode,
    encode_draws,
    match_key,
    possible_twins,
)
from pure_hb.surrogate.arrays import Array, Indices

T = TypeVar("T")

ROUNDS: Final = 20
"""The most rounds of draws for candidates that are still missing."""
_MOST_ITERATIONS: Final = 1000


@frozen(eq=False)
class Candidates:
    """m random configurations that are not excluded."""

    space: Space
    uniforms: Uniforms
    """The uniform numbers that they were drawn by, shape (m, searched parameters)."""
    x: Array
    """Their encoded vectors, shape (m, d)."""

    def __len__(self) -> int:
        return len(self.x)

    def configuration(self, number: int) -> Configuration:
        """The candidate of this number as a configuration."""
        return draw(self.space, self.uniforms[number].tolist().__getitem__)


@frozen(eq=False)
class Excluded:
    """The configurations that may not be suggested: their match keys, and their encoded vectors, shape (n, d)."""

    keys: Collection[str]
    x: Array


def draw_candidates(space: Space, count: int, excluded: Excluded, draws: Draws) -> Candidates:
    """Up to ``count`` random configurations, uniform in the space and not excluded; duplicates are possible."""
    width = len(space.searched)

    def drawn(asked: int, attempt: int) -> Sequence[Uniforms]:
        u = draws.uniforms(Purpose.CANDIDATES, asked * width, attempt).reshape(asked, width)
        return list(u[_allowed(space, u, excluded)])

    rows = collected(count, drawn)
    uniforms = np.array(rows).reshape(len(rows), width)
    return Candidates(space, uniforms, encode_draws(space, uniforms))


def collected(count: int, drawn: Callable[[int, int], Sequence[T]]) -> list[T]:
    """Up to ``count`` things, collected in rounds. ``drawn(asked, attempt)`` makes ``asked`` draws and returns those
    that are allowed; the smaller the share that was allowed, the more are asked for in the next round."""
    found: list[T] = []
    for attempt in range(ROUNDS):
        missing = count - len(found)
        if not missing:
            break
        found.extend(drawn(min(count, missing * (attempt + 1)), attempt)[:missing])
    return found


def _allowed(space: Space, u: Uniforms, excluded: Excluded) -> Indices:
    suspects = possible_twins(space, encode_draws(space, u), excluded.x)
    allowed = ~suspects
    for row in np.flatnonzero(suspects):
        allowed[row] = match_key(space, draw(space, u[row].tolist().__getitem__)) not in excluded.keys
    return np.flatnonzero(allowed)


# ---- from a candidate downhill -------------------------------------------------------------------------------------


def optimised(space: Space, criterion: Criterion, start: Array) -> Configuration | None:
    """The configuration that L-BFGS-B finds from the vector ``start``, shape (d,), inside the unit cube with every
    coordinate continuous, rounded to the space. None if, after rounding, it is worse than the start."""
    from scipy.optimize import minimize

    result = minimize(
        criterion.with_gradient,
        start,
        method="L-BFGS-B",
        jac=True,
        bounds=bounds(space),
        options={"maxiter": _MOST_ITERATIONS},
    )
    end = rounded_end(np.clip(np.nan_to_num(result.x, nan=0.5), 0.0, 1.0))
    configuration = decode(space, end)
    both = criterion(np.vstack((encode(space, configuration), start)))
    return configuration if best_first(both)[0] == 0 else None


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
    for number, start in _once(order, configuration, key):
        reached = end(number)
        if reached is not None and key(reached) not in excluded:
            return Picked(number, reached, True)
        if key(start) not in excluded:
            return Picked(number, start, False)
    return None


def _once(
    order: Sequence[int], configuration: Callable[[int], Configuration], key: Callable[[Configuration], str]
) -> Iterator[tuple[int, Configuration]]:
    seen: set[str] = set()
    for number in order:
        start = configuration(number)
        if key(start) not in seen:
            seen.add(key(start))
            yield number, start
