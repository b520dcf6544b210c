"""HOW DOES A SYNCHRONOUS SCHEDULER COMPARE? Rounds: their sizes, and when a stage is complete.

The trials of a bracket form rounds in the order of their starts; the bracket says how many form a round. The trials of
a round are compared with each other when all of them have reported.
"""

import math
from itertools import pairwise

from attrs import frozen

from pure_hb.testing.nan import NotANumber

Sizes = tuple[int, ...]
"""How many trials of a round reach each level of a bracket, and then how many reach the maximum."""


@frozen
class Rounds:
    """The numbers of trials in the stages of each bracket: ``Rounds(((9, 3, 1), (3, 1)))`` for two brackets.

    ``at_once``: whether the next round begins while a stage is incomplete, so that a free worker gets a new trial.
    Otherwise the worker waits.
    """

    sizes: tuple[Sizes, ...]
    at_once: bool = False

    def check(self, levels: tuple[int, ...], kind: str, nan: NotANumber) -> None:
        """Raises ValueError if they do not fit the levels or the other claims."""
        for bracket, sizes in enumerate(self.sizes):
            wanted = len(levels) - bracket + 1
            if len(sizes) != wanted or sizes[-1] < 1 or any(low < high for low, high in pairwise(sizes)):
                raise ValueError(
                    f"the sizes of bracket {bracket} are {sizes}; it has {wanted} stages, the maximum among them, and "
                    f"none is larger than the one before: write for example {(3**wanted, 3, 1)[-wanted:]}"
                )
        if kind != "promotion":
            raise ValueError(f"kind is {kind!r}, but trials that wait for a round pause: write 'promotion'")
        if nan not in (NotANumber.ENDS, NotANumber.LAST):
            raise ValueError(f"nan is {nan.name}, but a round waits for its entry: write ENDS or LAST")

    def number(self, bracket: int, started: int) -> int:
        """The number of the round of a trial, given how many trials of its bracket were started before it."""
        return started // self.sizes[bracket][0]

    def expected(self, bracket: int, entries: list[list[float]], nan: NotANumber) -> int:
        """How many entries the last of the given stages gets, given the values of the earlier ones."""
        count = self.sizes[bracket][0]
        for place, before in enumerate(entries[:-1], start=1):
            able = sum(value < math.inf for value in before) if nan is NotANumber.ENDS else len(before)
            count = min(self.sizes[bracket][place], able)
        return count
