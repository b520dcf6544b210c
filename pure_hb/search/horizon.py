"""HOW FAR AHEAD IS A RIVAL JUDGED? At its next level, or as far ahead as a draw says.

By expected improvement at the next level a trial that leads goes on, and one that would overtake later is given up:
where curves cross, a competition that looks one level ahead is won by those that are quick at first. With a random
horizon each decision draws how many levels ahead all rivals are judged, and how large an improvement counts; the rival
that is most likely to be better by that much wins:

    value(x, r) = -log P(f(x, r + h) < b_{r + h} - xi),   h uniform over the levels,   log xi uniform

r + h is the h-th level from r on, at most the maximum, and b the incumbent there. Short horizons with small
improvements go on with what is good, long ones with large improvements try what may become better.

Source: the acquisition MFPI-random of Rakotoarison, Adriaensen, Mallik, Garibov, Bergman and Hutter, "In-Context
Freeze-Thaw Bayesian Optimization for Hyperparameter Optimization" (ICML 2024), with a Gaussian process in place of
their network, in levels in place of epochs, with xi in standard deviations of the targets.
"""

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from pure_hb.draws import Draws, Purpose
from pure_hb.protocol import Drawn, Evidence

_DECADES: Final = 3.0
"""xi is drawn from 10^-3 to 1."""
_HORIZON_INDEX, _IMPROVEMENT_INDEX = 2, 3
"""The indices of these draws among the coins of a decision; 0 is the promotion's, 1 that of random configurations."""


@frozen
class Stakes:
    """What one decision asks: who is better, ``ahead`` levels from where each stands, by at least ``improvement``."""

    ladder: tuple[int, ...]
    """All levels, the maximum resource last."""
    ahead: int
    """1 is the next level."""
    improvement: float
    """xi, in units of the targets."""
    said: Evidence

    def level(self, next_level: int) -> int:
        """The level at which a rival is judged whose next level is ``next_level``."""
        return self.ladder[min(self.ladder.index(next_level) + self.ahead, len(self.ladder)) - 1]


def stakes(levels: Sequence[int], max_resource: int, draws: Draws) -> Stakes:
    """The stakes of a decision."""
    ladder = (*levels, max_resource)
    far, much = (draws.uniform(Purpose.COIN, index) for index in (_HORIZON_INDEX, _IMPROVEMENT_INDEX))
    ahead, improvement = 1 + int(far * len(ladder)), 10.0 ** (-_DECADES * much)
    said = (
        Drawn("horizon", far, f"{ahead} of {len(ladder)} levels ahead"),
        Drawn("improvement", much, f"at least {improvement:.4g} standard deviations"),
    )
    return Stakes(ladder, ahead, improvement, said)
