"""Coin: with some probability a promotion as in ASHA, else none, and the search decides who goes on.

Source: the reference system. Wistuba, Kadra and Grabocka (NeurIPS 2022) have no such coin: ``probability_sh=0`` is
their algorithm.
"""

from typing import Any, Final

from attrs import field, frozen

from pure_hb.draws import Draws, Purpose
from pure_hb.protocol import Drawn
from pure_hb.rungs.ladder import System
from pure_hb.rungs.levels import SetupError
from pure_hb.rungs.rules.rule import ByRank, Pausing, Scan, Seen, due
from pure_hb.space.domains import is_number, plain

_PROMOTION: Final = "a promotion as in ASHA, if there is one"


def _as_float(value: Any) -> Any:
    number = plain(value)
    return float(number) if is_number(number) else number


@frozen
class CoinPromotion(ByRank, Pausing):
    """Everybody pauses at each level. With probability ``probability_sh`` the best waiting entry that is among the best
    floor((n - 1) q) + 1 of its rung goes on; q = level / next level is large where levels are linear."""

    probability_sh: float = field(default=0.25, converter=_as_float)

    def __attrs_post_init__(self) -> None:
        if not is_number(self.probability_sh) or not 0.0 <= self.probability_sh <= 1.0:
            raise SetupError(f"probability_sh is {self.probability_sh!r}; it is a probability, from 0 to 1")

    def toss(self, draws: Draws) -> Drawn:
        """The coin, and what it says."""
        u = draws.uniform(Purpose.COIN)
        return Drawn("coin", u, _PROMOTION if u < self.probability_sh else "the model")

    def looks(self, draws: Draws) -> bool:
        """If the coin says so."""
        return self.toss(draws).selected == _PROMOTION

    def scan(self, seen: Seen, draws: Draws) -> Scan:
        """Toss the coin, and look for a promotion if it says so."""
        tossed = self.toss(draws)
        found = due(self, seen) if tossed.selected == _PROMOTION else Scan((), None)
        return Scan(found.looked_at, found.promoted, (tossed,))

    def expected_share(self, level: int, next_level: int) -> float:
        """q."""
        return level / next_level

    def is_open(self, rungs: System) -> bool:
        """New trials may always start."""
        return True
