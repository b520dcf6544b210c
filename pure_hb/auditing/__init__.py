"""WAS EVERY RULE KEPT? Checks of a history of decisions: which invariants it violates."""

from pure_hb.auditing.auditor import Audit as Audit
from pure_hb.auditing.auditor import Checked as Checked
from pure_hb.auditing.auditor import audit as audit
from pure_hb.auditing.invariants import INVARIANTS as INVARIANTS
from pure_hb.auditing.invariants import Invariant as Invariant
from pure_hb.auditing.invariants import Violation as Violation
from pure_hb.auditing.invariants import violations as violations
from pure_hb.auditing.steps import History as History
from pure_hb.auditing.steps import Place as Place
from pure_hb.auditing.steps import Step as Step
from pure_hb.auditing.steps import history as history
from pure_hb.auditing.steps import history_of_log as history_of_log
from pure_hb.auditing.steps import places as places
from pure_hb.auditing.tally import Spent as Spent
from pure_hb.auditing.tally import Tally as Tally
