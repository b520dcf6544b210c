"""HOW IS A SCHEDULER TESTED? The laws as values, worlds of workers, and a check for schedulers of your own.

    hb.testing.PURE.check(setup, seed=1)                        one law, for a setup of this library
    hb.testing.check_machine(my_initial, my_decide)             all laws that hold for every scheduler
    hb.testing.check_rungs(my_initial, my_decide, claims)       whether it decides at rungs as you claim
    hb.testing.explore(Subject(my_initial, my_decide), world)   all events in all states of a small world
    hb.testing.check_journal(my_store)                          whether your store keeps acknowledged records
    @given(hb.testing.setups())                                 Hypothesis strategies, if Hypothesis is installed

The same lists drive the tests of this library; `property_tests/README.md` says how.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from pure_hb.auditing import INVARIANTS as INVARIANTS
from pure_hb.auditing import Step as Step
from pure_hb.auditing import violations as violations
from pure_hb.testing.breach import Breach as Breach
from pure_hb.testing.choices import every as every
from pure_hb.testing.claims import CEIL as CEIL
from pure_hb.testing.claims import FLOOR as FLOOR
from pure_hb.testing.claims import FLOOR_AND_ONE as FLOOR_AND_ONE
from pure_hb.testing.claims import FLOOR_OR_ONE as FLOOR_OR_ONE
from pure_hb.testing.claims import INTERPOLATED as INTERPOLATED
from pure_hb.testing.claims import OTHERS as OTHERS
from pure_hb.testing.claims import QUOTAS as QUOTAS
from pure_hb.testing.claims import Jumps as Jumps
from pure_hb.testing.claims import NotANumber as NotANumber
from pure_hb.testing.claims import Place as Place
from pure_hb.testing.claims import Quota as Quota
from pure_hb.testing.claims import RungClaims as RungClaims
from pure_hb.testing.claims import Ties as Ties
from pure_hb.testing.explorer import DRAWS as DRAWS
from pure_hb.testing.explorer import Explored as Explored
from pure_hb.testing.explorer import Fault as Fault
from pure_hb.testing.explorer import explore as explore
from pure_hb.testing.journal_check import JournalBroken as JournalBroken
from pure_hb.testing.journal_check import JournalChecked as JournalChecked
from pure_hb.testing.journal_check import check_journal as check_journal
from pure_hb.testing.laws import BLIND as BLIND
from pure_hb.testing.laws import EVIDENCE as EVIDENCE
from pure_hb.testing.laws import IDEMPOTENT as IDEMPOTENT
from pure_hb.testing.laws import LAWS as LAWS
from pure_hb.testing.laws import ONE_PLACE as ONE_PLACE
from pure_hb.testing.laws import ONE_TRUTH as ONE_TRUTH
from pure_hb.testing.laws import PURE as PURE
from pure_hb.testing.laws import TOTAL as TOTAL
from pure_hb.testing.laws import TWO_HALVES as TWO_HALVES
from pure_hb.testing.laws import Law as Law
from pure_hb.testing.laws import LawBroken as LawBroken
from pure_hb.testing.machine_check import Checked as Checked
from pure_hb.testing.machine_check import check_machine as check_machine
from pure_hb.testing.moves import can as can
from pure_hb.testing.moves import make as make
from pure_hb.testing.moves import next_event as next_event
from pure_hb.testing.mutable import Past as Past
from pure_hb.testing.mutable import from_mutable as from_mutable
from pure_hb.testing.one_step import NotExplorable as NotExplorable
from pure_hb.testing.rounds import Rounds as Rounds
from pure_hb.testing.rung_check import RungBreach as RungBreach
from pure_hb.testing.rung_check import RungLawBroken as RungLawBroken
from pure_hb.testing.rung_check import RungsChecked as RungsChecked
from pure_hb.testing.rung_check import check_rungs as check_rungs
from pure_hb.testing.rung_check import rung_breaches as rung_breaches
from pure_hb.testing.rung_laws import RUNG_LAWS as RUNG_LAWS
from pure_hb.testing.rung_laws import RungLaw as RungLaw
from pure_hb.testing.rung_world import Scenery as Scenery
from pure_hb.testing.small_setups import SPACES as SPACES
from pure_hb.testing.small_setups import pick_setup as pick_setup
from pure_hb.testing.sometimes import SOMETIMES as SOMETIMES
from pure_hb.testing.sometimes import SOMETIMES_FITS as SOMETIMES_FITS
from pure_hb.testing.sometimes import SOMETIMES_PROMOTION as SOMETIMES_PROMOTION
from pure_hb.testing.sometimes import SOMETIMES_STOPPING as SOMETIMES_STOPPING
from pure_hb.testing.sometimes import Occurrence as Occurrence
from pure_hb.testing.sometimes import Tally as Tally
from pure_hb.testing.state_key import state_key as state_key
from pure_hb.testing.store import Store as Store
from pure_hb.testing.store import odd_log as odd_log
from pure_hb.testing.subject import Subject as Subject
from pure_hb.testing.subject import Turn as Turn
from pure_hb.testing.subject import finish as finish
from pure_hb.testing.subject import follow as follow
from pure_hb.testing.subject import play as play
from pure_hb.testing.subject import subject_of as subject_of
from pure_hb.testing.world import MOVES as MOVES
from pure_hb.testing.world import USUAL as USUAL
from pure_hb.testing.world import Move as Move
from pure_hb.testing.world import Pick as Pick
from pure_hb.testing.world import Scene as Scene
from pure_hb.testing.world import Task as Task
from pure_hb.testing.world import World as World
from pure_hb.testing.world import heard as heard
from pure_hb.testing.world import world_of as world_of

if TYPE_CHECKING:
    from pure_hb.testing.strategies import actions as actions
    from pure_hb.testing.strategies import configurations as configurations
    from pure_hb.testing.strategies import domains as domains
    from pure_hb.testing.strategies import events as events
    from pure_hb.testing.strategies import finite_spaces as finite_spaces
    from pure_hb.testing.strategies import finite_values as finite_values
    from pure_hb.testing.strategies import goals as goals
    from pure_hb.testing.strategies import metric_values as metric_values
    from pure_hb.testing.strategies import observations as observations
    from pure_hb.testing.strategies import picks as picks
    from pure_hb.testing.strategies import setups as setups
    from pure_hb.testing.strategies import spaces as spaces

_STRATEGIES: Final = (
    "actions",
    "configurations",
    "domains",
    "events",
    "finite_spaces",
    "finite_values",
    "goals",
    "metric_values",
    "observations",
    "picks",
    "setups",
    "spaces",
)
"""The names that need Hypothesis."""


def __getattr__(name: str) -> Any:
    if name not in _STRATEGIES:
        raise AttributeError(f"pure_hb.testing has no {name!r}")
    try:
        strategies = import_module("pure_hb.testing.strategies")
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        raise ModuleNotFoundError(f"pure_hb.testing.{name} needs Hypothesis: pip install hypothesis") from error
    globals()[name] = getattr(strategies, name)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *_STRATEGIES})
