"""WHO GOES ON? The rules that promote or stop trials; one file for each, and this is their list.

Codec, docs and tests read this list.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from pure_hb.protocol import Memory
from pure_hb.rungs.rules.best_of_first import BestOfFirst as BestOfFirst
from pure_hb.rungs.rules.coin import CoinPromotion as CoinPromotion
from pure_hb.rungs.rules.cost_promotion import CostPromotion as CostPromotion
from pure_hb.rungs.rules.pasha import Pasha as Pasha
from pure_hb.rungs.rules.pasha import PashaMemory as PashaMemory
from pure_hb.rungs.rules.promotion import Promotion as Promotion
from pure_hb.rungs.rules.rule import Candidate as Candidate
from pure_hb.rungs.rules.rule import Goes as Goes
from pure_hb.rungs.rules.rule import Heard as Heard
from pure_hb.rungs.rules.rule import Opinion as Opinion
from pure_hb.rungs.rules.rule import Rule as Rule
from pure_hb.rungs.rules.rule import Scan as Scan
from pure_hb.rungs.rules.rule import Seen as Seen
from pure_hb.rungs.rules.rule import Verdict as Verdict
from pure_hb.rungs.rules.rule import due as due
from pure_hb.rungs.rules.rush import RushMemory as RushMemory
from pure_hb.rungs.rules.rush import RushPromotion as RushPromotion
from pure_hb.rungs.rules.rush import RushStopping as RushStopping
from pure_hb.rungs.rules.stopping import Stopping as Stopping

AnyRule = Stopping | Promotion | CoinPromotion | BestOfFirst | Pasha | RushPromotion | RushStopping | CostPromotion
RULES: Final = (Stopping, Promotion, CoinPromotion, BestOfFirst, CostPromotion, RushStopping, RushPromotion, Pasha)
MEMORIES: Final[tuple[type[Memory], ...]] = (
    PashaMemory,
    RushMemory,
)
"""The classes of rule memory, for the codec."""

Type = Literal["promotion", "stopping", "cost_promotion", "rush_stopping", "rush_promotion", "pasha"]
"""The values of the option ``type``: rules that go with any search and any levels."""
TYPES: Final[Mapping[Type, Callable[[int], AnyRule]]] = {
    "promotion": lambda _: Promotion(),
    "stopping": lambda _: Stopping(),
    "cost_promotion": lambda _: CostPromotion(),
    "rush_stopping": RushStopping,
    "rush_promotion": RushPromotion,
    "pasha": lambda _: Pasha(),
}
"""Value of ``type`` -> its rule, given the number of ``points_to_evaluate``."""
