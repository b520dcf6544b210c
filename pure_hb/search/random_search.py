"""Random search: initial points first, then uniform draws that were not tried before, then what is left."""

from functools import partial
from typing import Final

from attrs import frozen

from pure_hb.draws import Draws, Purpose
from pure_hb.protocol import Because
from pure_hb.search.view import Suggestion, View
from pure_hb.space import draw, first_left, match_key, size

ATTEMPTS: Final = 100
"""So many draws are made before a finite space is enumerated and an infinite one given up."""


@frozen
class RandomSearch:
    """Uniform random configurations. With ``allow_duplicates`` only those that failed are excluded, otherwise all that
    were tried: a finite space of n configurations then gives n different trials, and nothing more."""

    allow_duplicates: bool = False

    def suggest(self, view: View, draws: Draws) -> Suggestion | None:
        """The next initial point, or a random configuration; None if none is left."""
        if view.next_point is not None:
            return Suggestion(view.next_point, (Because("next of the initial points"),))
        excluded = view.failed if self.allow_duplicates else view.taken
        total = size(view.space)
        if total is not None and len(excluded) >= total:
            return None
        for attempt in range(ATTEMPTS):
            configuration = draw(view.space, partial(_parameter, draws, attempt))
            if match_key(view.space, configuration) not in excluded:
                return Suggestion(configuration, (Because(f"random draw, attempt {attempt + 1}"),))
        if total is None:
            return None
        left = first_left(view.space, excluded, draws.uniform(Purpose.ENUMERATION))
        return (
            None
            if left is None
            else Suggestion(left, (Because(f"enumerated: {ATTEMPTS} draws had all been tried before"),))
        )


def _parameter(draws: Draws, attempt: int, index: int) -> float:
    return draws.uniform(Purpose.CONFIGURATION, index, attempt)
