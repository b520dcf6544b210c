"""WHO GOES ON? Levels, brackets, the entries at each level, and the rules that read them."""

from pure_hb.rungs.ladder import Ladder as Ladder
from pure_hb.rungs.ladder import System as System
from pure_hb.rungs.ladder import empty_ladder as empty_ladder
from pure_hb.rungs.levels import SetupError as SetupError
from pure_hb.rungs.levels import bracket_count as bracket_count
from pure_hb.rungs.levels import bracket_distribution as bracket_distribution
from pure_hb.rungs.levels import quantiles as quantiles
from pure_hb.rungs.levels import rung_levels as rung_levels
from pure_hb.rungs.levels import whole_number as whole_number
from pure_hb.rungs.ordered import Ordered as Ordered
from pure_hb.rungs.ordered import ordered as ordered
from pure_hb.rungs.rules import RULES as RULES
from pure_hb.rungs.rules import AnyRule as AnyRule
from pure_hb.rungs.rules import BestOfFirst as BestOfFirst
from pure_hb.rungs.rules import Candidate as Candidate
from pure_hb.rungs.rules import CoinPromotion as CoinPromotion
from pure_hb.rungs.rules import Promotion as Promotion
from pure_hb.rungs.rules import Rule as Rule
from pure_hb.rungs.rules import Scan as Scan
from pure_hb.rungs.rules import Stopping as Stopping
from pure_hb.rungs.rules import Verdict as Verdict
from pure_hb.rungs.rung import LAST as LAST
from pure_hb.rungs.rung import Rung as Rung
from pure_hb.rungs.rung import Standing as Standing
from pure_hb.rungs.rung import Waiting as Waiting
from pure_hb.rungs.rung import rank_value as rank_value
