"""SMAC's Hyperband, asked and told. It is synchronous: a stage is compared when all of it has reported."""

import tempfile
from pathlib import Path

from ConfigSpace import ConfigurationSpace
from smac import HyperbandFacade, Scenario
from smac.runhistory.dataclasses import TrialValue

import pure_hb as hb
from examples.peers.case import ETA, Case
from pure_hb.testing import FLOOR, NotANumber, Rounds, RungClaims, Scenery, from_mutable, rung_laws

FOLDER = Path(tempfile.mkdtemp())
SYNCHRONOUS = "a stage is compared when all of it has reported, each trial once; the next bracket begins meanwhile"


class Hyperband:
    def __init__(self, maximum):
        space = ConfigurationSpace(space={"x": (0.0, 1.0)}, seed=0)
        budgets = {"min_budget": 1, "max_budget": maximum, "n_trials": 10_000}
        scenario = Scenario(space, output_directory=FOLDER, deterministic=True, seed=0, **budgets)
        intensifier = HyperbandFacade.get_intensifier(scenario, eta=ETA)
        options = {"intensifier": intensifier, "overwrite": True, "logging_level": "ERROR"}
        self.facade = HyperbandFacade(scenario, lambda config, seed, budget: 0.0, **options)
        self.numbers, self.running, self.reached, self.legs, self.maximum = {}, {}, {}, {}, maximum

    def answer(self, event):
        if isinstance(event, hb.Ask):
            info = self.facade.ask()
            config, budget = hb.Configuration(dict(info.config)), round(info.budget)
            number = self.numbers.setdefault(info.config, len(self.numbers))
            self.running[number], self.legs[number] = info, self.legs.get(number, -1) + 1
            if self.legs[number]:
                return hb.Resume(number, config, self.reached[number], budget, self.legs[number])
            return hb.Start(number, config, self.bracket(info.config), budget)
        self.facade.tell(self.running[event.trial], TrialValue(event.value))
        self.reached[event.trial] = event.resource
        return hb.Stop(event.trial) if event.resource >= self.maximum else hb.Pause(event.trial)

    def bracket(self, config):
        stages = self.facade.intensifier._tracker.items()
        return next(key[0] for key, batches in stages for _, found in batches if config in found)


def hyperband(maximum):
    return from_mutable(lambda: Hyperband(maximum), Hyperband.answer)


TOPS = (((1, 3), 9, Rounds(((9, 3, 1), (5, 1), (3,)), at_once=True)), ((1, 3, 9, 27, 81), 243, None))
CLAIMS = {"separate": True, "nan": NotANumber.LAST, "same_again": False, "reduction_factor": ETA, "top_down": False}
SMALL, LARGE = (RungClaims(low, top, "promotion", FLOOR, **CLAIMS, rounds=rounds) for low, top, rounds in TOPS)
ALWAYS = (rung_laws.PROMOTES_FIRST, rung_laws.TOP_DOWN, rung_laws.GOES_ON, rung_laws.TWICE)
APART, MORE = (dict.fromkeys(laws, SYNCHRONOUS) for laws in (ALWAYS, (*ALWAYS, rung_laws.BEST_FIRST)))
REST = ((Scenery.PLAIN, Scenery.TIES, Scenery.NAN), (6, 12, 14, 14, 14, 14))  # no more than one round of brackets
CASES = (
    Case("SMAC Hyperband, 1 to 9", "smac", lambda: hyperband(9), SMALL, APART, *REST),
    Case("SMAC Hyperband, 1 to 243", "smac", lambda: hyperband(243), LARGE, MORE, *REST),
)
