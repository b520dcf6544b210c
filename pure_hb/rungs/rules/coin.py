"""Coin: with some probability a promotion as in ASHA, otherwise none, so that the search decides which trial is
resumed.

Source: Syne Tune's DyHPO. The published algorithm (Wistuba, Kadra and Grabocka, NeurIPS 2022) has no such coin:
``probability_sh=0``.
"""

from typing import Final

from attrs import frozen

from pure_hb.draws import Draws, Purpose
from pure_hb.protocol import Drawn
from pure_hb.rungs.options import real
from pure_hb.rungs.rules.rule import ByRank, Pausing, Scan, Seen, due

_PROMOTION: Final = "a promotion as in ASHA, if there is one"


@frozen
class CoinPromotion(ByRank, Pausing):
    """All trials pause at each level. With probability ``probability_sh`` the best waiting entry is promoted if it is
    among the best floor((n - 1) q) + 1 of the n entries of its rung; q = level / next level, which is large for linear
    levels."""

    probability_sh: float = real(
        0.25,
        "The probability that a promotion as in ASHA is tried first; 0 is the published algorithm, 1 leaves to the "
        "model only what nobody passes.",
        0.0,
        1.0,
    )

    def toss(self, draws: Draws) -> Drawn:
        """The random draw, and whether a promotion is tried."""
        u = draws.uniform(Purpose.COIN)
        return Drawn("coin", u, _PROMOTION if u < self.probability_sh else "the model")

    def looks(self, draws: Draws) -> bool:
        """Whether the draw says that a promotion is tried."""
        return self.toss(draws).selected == _PROMOTION

    def scan(self, seen: Seen, draws: Draws) -> Scan:
        """Draw, and look for a promotion if the draw says so."""
        tossed = self.toss(draws)
        found = due(self, seen) if tossed.selected == _PROMOTION else Scan((), None)
        return Scan(found.looked_at, found.promoted, (tossed,))
