"""Random search: initial points first, then uniform random configurations without repetition.

When random draws find nothing new, a finite space is enumerated for what is left. This is the search of ASHA.
"""

from collections.abc import Collection
from functools import partial
from typing import Final

from attrs import evolve, frozen

from pure_hb.draws import Draws, Purpose
from pure_hb.protocol import Because
from pure_hb.rungs.options import flag
from pure_hb.search.view import Search, Suggestion, View
from pure_hb.space import Configuration, Space, draw, first_left, match_key, size

ATTEMPTS: Final = 100
"""The most draws before a finite space is enumerated, and an infinite one counts as exhausted."""


@frozen
class RandomSearch(Search):
    """Uniform random configurations. With ``allow_duplicates`` only failed ones are excluded, otherwise all that were
    tried: then a finite space of n configurations gives n different trials."""

    allow_duplicates: bool = flag(False, "Whether a configuration may be drawn again; those of failed trials are not.")

    def suggest(self, view: View, draws: Draws) -> Suggestion | None:
        """The next initial point, or a random configuration; None if none is left."""
        if view.next_point is not None:
            return next_point(view.next_point)
        return random_suggestion(view.space, view.failed if self.allow_duplicates else view.taken, draws)


def next_point(point: Configuration) -> Suggestion:
    """The suggestion of the next initial point."""
    return Suggestion(point, (Because("next of the initial points"),))


def random_suggestion(space: Space, excluded: Collection[str], draws: Draws) -> Suggestion | None:
    """A random configuration that is not excluded; None if none is left."""
    total = size(space)
    if total is not None and len(excluded) >= total:
        return None
    for attempt in range(ATTEMPTS):
        configuration = draw(space, partial(_parameter, draws, attempt))
        if match_key(space, configuration) not in excluded:
            return Suggestion(configuration, (Because(f"random draw, attempt {attempt + 1}"),))
    if total is None:
        return None
    left = first_left(space, excluded, draws.uniform(Purpose.ENUMERATION))
    return (
        None
        if left is None
        else Suggestion(left, (Because(f"enumerated: {ATTEMPTS} draws had all been tried before"),))
    )


def at_random(view: View, excluded: Collection[str], draws: Draws, why: str) -> Suggestion | None:
    """A random configuration where a model gives none, with the reason ``why`` as evidence; None if none is left."""
    found = random_suggestion(view.space, excluded, draws)
    return None if found is None else evolve(found, evidence=(Because(f"no model: {why}"), *found.evidence))


def _parameter(draws: Draws, attempt: int, index: int) -> float:
    return draws.uniform(Purpose.CONFIGURATION, index, attempt)
