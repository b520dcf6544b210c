"""WHAT HAPPENS NOW? The decision machine: setup, state, `choose`, `advance`, `decide`, and the named methods. Read
`decide.py` first."""

from pure_hb.machine.advance import advance as advance
from pure_hb.machine.decide import choose as choose
from pure_hb.machine.decide import decide as decide
from pure_hb.machine.decide import fit_if_due as fit_if_due
from pure_hb.machine.decide import is_over as is_over
from pure_hb.machine.decide import lesson as lesson
from pure_hb.machine.life import LIFE as LIFE
from pure_hb.machine.life import ImpossibleError as ImpossibleError
from pure_hb.machine.life import Status as Status
from pure_hb.machine.life import life_diagram as life_diagram
from pure_hb.machine.methods import METHODS as METHODS
from pure_hb.machine.methods import asha as asha
from pure_hb.machine.methods import bohb as bohb
from pure_hb.machine.methods import dyhpo as dyhpo
from pure_hb.machine.methods import hyper_tune as hyper_tune
from pure_hb.machine.methods import hyperband as hyperband
from pure_hb.machine.methods import method as method
from pure_hb.machine.methods import mobster as mobster
from pure_hb.machine.methods import one_epoch as one_epoch
from pure_hb.machine.methods import random_search as random_search
from pure_hb.machine.plan import Plan as Plan
from pure_hb.machine.plan import plan as plan
from pure_hb.machine.setup import RULES_VERSION as RULES_VERSION
from pure_hb.machine.setup import Goal as Goal
from pure_hb.machine.setup import Maximize as Maximize
from pure_hb.machine.setup import Minimize as Minimize
from pure_hb.machine.setup import Setup as Setup
from pure_hb.machine.setup import setup_notes as setup_notes
from pure_hb.machine.setup import too_few_trials as too_few_trials
from pure_hb.machine.state import Best as Best
from pure_hb.machine.state import State as State
from pure_hb.machine.state import initial as initial
from pure_hb.machine.trials import Entry as Entry
from pure_hb.machine.trials import Trial as Trial
from pure_hb.machine.trials import Trials as Trials
