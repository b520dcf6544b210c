"""pure_hb: asynchronous Hyperband as immutable state and pure transitions, `decide(state, event) -> (state, action)`.

import pure_hb as hb

The core (spaces, methods, events, actions, `decide`) is imported here; journal, session, tuning and simulation are
imported when they are first used.
"""

import os
import sys

if os.path.basename("".join(sys.argv[:1])) in ("pure-hb", "-m"):  # ``python -m`` gives this name while it imports
    from pure_hb import interrupts as interrupts  # first: the imports below take a while

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from pure_hb.machine import LIFE as LIFE
from pure_hb.machine import METHODS as METHODS
from pure_hb.machine import Best as Best
from pure_hb.machine import Goal as Goal
from pure_hb.machine import ImpossibleError as ImpossibleError
from pure_hb.machine import Maximize as Maximize
from pure_hb.machine import Minimize as Minimize
from pure_hb.machine import Plan as Plan
from pure_hb.machine import Setup as Setup
from pure_hb.machine import State as State
from pure_hb.machine import Status as Status
from pure_hb.machine import Trial as Trial
from pure_hb.machine import advance as advance
from pure_hb.machine import asha as asha
from pure_hb.machine import bohb as bohb
from pure_hb.machine import choose as choose
from pure_hb.machine import decide as decide
from pure_hb.machine import dyhpo as dyhpo
from pure_hb.machine import fit_if_due as fit_if_due
from pure_hb.machine import hyper_tune as hyper_tune
from pure_hb.machine import hyperband as hyperband
from pure_hb.machine import initial as initial
from pure_hb.machine import mobster as mobster
from pure_hb.machine import one_epoch as one_epoch
from pure_hb.machine import plan as plan
from pure_hb.machine import random_search as random_search
from pure_hb.machine import setup_notes as setup_notes
from pure_hb.protocol import Action as Action
from pure_hb.protocol import Ask as Ask
from pure_hb.protocol import Assignment as Assignment
from pure_hb.protocol import Complete as Complete
from pure_hb.protocol import Continue as Continue
from pure_hb.protocol import Done as Done
from pure_hb.protocol import Event as Event
from pure_hb.protocol import Fail as Fail
from pure_hb.protocol import Fitted as Fitted
from pure_hb.protocol import Learned as Learned
from pure_hb.protocol import Noted as Noted
from pure_hb.protocol import Observe as Observe
from pure_hb.protocol import Pause as Pause
from pure_hb.protocol import Reject as Reject
from pure_hb.protocol import Release as Release
from pure_hb.protocol import Report as Report
from pure_hb.protocol import Resume as Resume
from pure_hb.protocol import Start as Start
from pure_hb.protocol import Stop as Stop
from pure_hb.protocol import Wait as Wait
from pure_hb.protocol import evidence as evidence
from pure_hb.protocol import explain as explain
from pure_hb.rungs import SetupError as SetupError
from pure_hb.search import AcquisitionOptions as AcquisitionOptions
from pure_hb.search import SurrogateOptions as SurrogateOptions
from pure_hb.space import Choice as Choice
from pure_hb.space import Configuration as Configuration
from pure_hb.space import Constant as Constant
from pure_hb.space import Finite as Finite
from pure_hb.space import Float as Float
from pure_hb.space import Int as Int
from pure_hb.space import Ordinal as Ordinal
from pure_hb.space import Space as Space
from pure_hb.space import SpaceError as SpaceError

if TYPE_CHECKING:
    from pure_hb import testing as testing
    from pure_hb.auditing import Audit as Audit
    from pure_hb.auditing import Invariant as Invariant
    from pure_hb.auditing import audit as audit
    from pure_hb.codec import CodecError as CodecError
    from pure_hb.codec import from_json as from_json
    from pure_hb.codec import to_json as to_json
    from pure_hb.journal import Header as Header
    from pure_hb.journal import JournalError as JournalError
    from pure_hb.journal import Record as Record
    from pure_hb.journal import ReplayError as ReplayError
    from pure_hb.journal import Verification as Verification
    from pure_hb.journal import fold as fold
    from pure_hb.journal import read_journal as read_journal
    from pure_hb.journal import verify as verify
    from pure_hb.problems import Answer as Answer
    from pure_hb.problems import Failure as Failure
    from pure_hb.problems import Problem as Problem
    from pure_hb.problems import ProblemError as ProblemError
    from pure_hb.problems import cached_problem as cached_problem
    from pure_hb.problems import live_problem as live_problem
    from pure_hb.problems import problem as problem
    from pure_hb.registration import register as register
    from pure_hb.reporting import plots as plots
    from pure_hb.session import BestTrial as BestTrial
    from pure_hb.session import Result as Result
    from pure_hb.session import RunningTrial as RunningTrial
    from pure_hb.session import Session as Session
    from pure_hb.session import SessionError as SessionError
    from pure_hb.session import SessionWarning as SessionWarning
    from pure_hb.session import TakenOver as TakenOver
    from pure_hb.simulation import SimulationError as SimulationError
    from pure_hb.simulation import SimulationResult as SimulationResult
    from pure_hb.simulation import simulate as simulate
    from pure_hb.tables import Table as Table
    from pure_hb.tables import TableError as TableError
    from pure_hb.tables import load_table as load_table
    from pure_hb.tuning import Dask as Dask
    from pure_hb.tuning import Ray as Ray
    from pure_hb.tuning import ScriptError as ScriptError
    from pure_hb.tuning import TuningError as TuningError
    from pure_hb.tuning import tune as tune

__version__: Final = "0.1.0"

_LATER: Final[dict[str, str]] = {
    name: module
    for module, names in {
        "pure_hb.auditing": ("Audit", "Invariant", "audit"),
        "pure_hb.codec": ("CodecError", "from_json", "to_json"),
        "pure_hb.journal": (
            "Header",
            "JournalError",
            "Record",
            "ReplayError",
            "Verification",
            "fold",
            "read_journal",
            "verify",
        ),
        "pure_hb.problems": (
            "Answer",
            "Failure",
            "Problem",
            "ProblemError",
            "cached_problem",
            "live_problem",
            "problem",
        ),
        "pure_hb.registration": ("register",),
        "pure_hb.session": (
            "BestTrial",
            "Result",
            "RunningTrial",
            "Session",
            "SessionError",
            "SessionWarning",
            "TakenOver",
        ),
        "pure_hb.simulation": ("SimulationError", "SimulationResult", "simulate"),
        "pure_hb.tables": ("Table", "TableError", "load_table"),
        "pure_hb.tuning": ("Dask", "Ray", "ScriptError", "TuningError", "tune"),
    }.items()
    for name in names
}
"""Name -> the module that is imported when the name is first used."""

_MODULES: Final = {"testing": "pure_hb.testing", "plots": "pure_hb.reporting.plots"}
"""Name -> the module that it is, imported when it is first used."""

_ELSEWHERE: Final = {
    "fit": "fit_if_due(state)",
    "doubts": "setup_notes(setup)",
    "method": "METHODS[name]",
    "tell": "decide(state, Report(trial, resource, value)), or trial.report(resource, value) in a Session",
    "ask": "decide(state, Ask(worker)), or Session(...).ask()",
    "should_prune": "the answer of trial.report(resource, value): False means leave the loop",
    "create_study": "Session(journal, setup)",
    "Study": "Session(journal, setup)",
}


if not TYPE_CHECKING:  # type checkers read the names above instead, so that a typing error of a name is seen

    def __getattr__(name: str) -> Any:
        if name in _LATER or name in _MODULES:
            value = import_module(_MODULES[name]) if name in _MODULES else getattr(import_module(_LATER[name]), name)
            globals()[name] = value
            return value
        hint = f"; here that is {_ELSEWHERE[name]}" if name in _ELSEWHERE else ""
        raise AttributeError(f"pure_hb has no {name!r}{hint}")


def __dir__() -> list[str]:
    names = {*globals(), *_LATER, *_MODULES} - {
        "Any",
        "Final",
        "TYPE_CHECKING",
        "import_module",
        "os",
        "sys",
        "interrupts",
    }
    return sorted(name for name in names if not name.startswith("_") or name.startswith("__"))
