"""WHO GOES ON? One file per rule; this is their list, which codec, docs and tests read."""

from typing import Final

from pure_hb.rungs.rules.best_of_first import BestOfFirst as BestOfFirst
from pure_hb.rungs.rules.coin import CoinPromotion as CoinPromotion
from pure_hb.rungs.rules.promotion import Promotion as Promotion
from pure_hb.rungs.rules.rule import Candidate as Candidate
from pure_hb.rungs.rules.rule import Rule as Rule
from pure_hb.rungs.rules.rule import Scan as Scan
from pure_hb.rungs.rules.rule import Verdict as Verdict
from pure_hb.rungs.rules.stopping import Stopping as Stopping

AnyRule = Stopping | Promotion | CoinPromotion | BestOfFirst
RULES: Final = (Stopping, Promotion, CoinPromotion, BestOfFirst)
