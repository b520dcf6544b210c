"""HOW ARE ALL WAYS TO CHOOSE TRIED? `every`: a function of a `Pick`, run once for each sequence of choices.

So a test that is written with random choices becomes exhaustive without a change.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from attrs import define, field

from pure_hb.testing.world import Pick

T = TypeVar("T")


@define
class _Path:
    """The choices of one run: the given ones, then always the first option."""

    given: list[int]
    widths: list[int] = field(factory=list)

    def __call__(self, options: Sequence[T], /) -> T:
        place = len(self.widths)
        if place == len(self.given):
            self.given.append(0)
        self.widths.append(len(options))
        return options[self.given[place]]


def every(body: Callable[[Pick], T]) -> Iterator[T]:
    """The results of a function, one for each way to choose. Given the same choices, it must go on in the same way."""
    taken: list[int] = []
    while True:
        path = _Path(taken)
        yield body(path)
        while taken and taken[-1] + 1 == path.widths[len(taken) - 1]:
            taken.pop()
        if not taken:
            return
        taken[-1] += 1
