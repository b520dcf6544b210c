"""WAS ALL AS IT SHOULD BE? Checks of a history of decisions: which invariants it violates."""

from pure_hb.audit.invariants import INVARIANTS as INVARIANTS
from pure_hb.audit.invariants import Invariant as Invariant
from pure_hb.audit.invariants import Violation as Violation
from pure_hb.audit.invariants import violations as violations
from pure_hb.audit.steps import History as History
from pure_hb.audit.steps import Place as Place
from pure_hb.audit.steps import Step as Step
from pure_hb.audit.steps import history as history
from pure_hb.audit.steps import history_of_log as history_of_log
from pure_hb.audit.steps import places as places
from pure_hb.audit.tally import Spent as Spent
from pure_hb.audit.tally import Tally as Tally
