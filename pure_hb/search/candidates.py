"""WHICH CONFIGURATIONS ARE LOOKED AT? Random candidates that were not tried before, and the best of them moved
downhill.

Candidates are vectors of the unit cube; a configuration is built for the few that are needed.
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
"""So many times it is tried to draw the candidates that are still missing."""
_MOST_ITERATIONS: Final = 1000


@frozen(eq=False)
class Candidates:
    """m random configurations that are not excluded."""

    space: Space
    uniforms: Uniforms
    """The numbers that draw them, shape (m, searched parameters)."""
    x: Array
    """Their vectors, shape (m, d)."""

    def __len__(self) -> int:
        return len(self.x)

    def configuration(self, number: int) -> Configuration:
        """One of them."""
        return draw(self.space, self.uniforms[number].tolist().__getitem__)


@frozen(eq=False)
class Excluded:
    """What shall not be suggested: match keys, and the vectors of what they stand for, shape (n, d)."""

    keys: Collection[str]
    x: Array


def draw_candidates(space: Space, count: int, excluded: Excluded, draws: Draws) -> Candidates:
    """Up to ``count`` random configurations, uniform in the space, equal ones among them possible."""
    width = len(space.searched)

    def drawn(asked: int, attempt: int) -> Sequence[Uniforms]:
        u = draws.uniforms(Purpose.CANDIDATES, asked * width, attempt).reshape(asked, width)
        return list(u[_allowed(space, u, excluded)])

    rows = collected(count, drawn)
    uniforms = np.array(rows).reshape(len(rows), width)
    return Candidates(space, uniforms, encode_draws(space, uniforms))


def collected(count: int, drawn: Callable[[int, int], Sequence[T]]) -> list[T]:
    """Up to ``count`` things, round by round. ``drawn(asked, attempt)`` gives what is left of so many draws; the fewer
    were left, the more are asked for."""
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
    """The configuration that L-BFGS-B leads to from a vector, inside the unit cube, every coordinate relaxed, the end
    rounded to the space; None if the start is better than that. It is judged after the rounding."""
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
    """The number of the candidate that was walked to, its configuration or the end of the way down from it, and whether
    it is that end."""

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
    """The first candidate, in order, whose end or which itself is not excluded; None if there is none. Equal candidates
    are looked at once. ``end`` gives where the way down from a candidate ends, None: at itself."""
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
