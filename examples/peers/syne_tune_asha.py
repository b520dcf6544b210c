"""Syne Tune's ASHA of the newest release. Its tuner is not run: the scheduler is told what it would be told."""

from datetime import datetime

from attrs import evolve
from syne_tune.backend.trial_status import Trial
from syne_tune.config_space import uniform
from syne_tune.optimizer.schedulers.asha import AsynchronousSuccessiveHalving

import pure_hb as hb
from examples.peers.case import ETA, LEVELS, MAXIMUM, STOPPING_ONLY, Case
from pure_hb.testing import FLOOR_AND_ONE, NotANumber, RungClaims, Scenery, Subject, Ties, from_mutable, rung_laws


class Asha:
    """Random search with a seed; `brackets` brackets."""

    def __init__(self, brackets):
        names = {"metric": "error", "time_attr": "epoch", "random_seed": 0}
        options = {"max_t": MAXIMUM, "grace_period": 1, "reduction_factor": ETA, "brackets": brackets}
        self.scheduler = AsynchronousSuccessiveHalving({"x": uniform(0, 1)}, **names, **options)
        self.trials = []

    def answer(self, event):
        if isinstance(event, hb.Ask):
            number, suggestion = len(self.trials), self.scheduler.suggest()
            self.trials.append(Trial(number, suggestion.config, datetime(2000, 1, 1)))
            self.scheduler.on_trial_add(self.trials[-1])
            bracket = self.scheduler.brackets.index(self.scheduler.trial_info[number])
            return hb.Start(number, hb.Configuration(suggestion.config), bracket, MAXIMUM)
        result = {"epoch": event.resource, "error": event.value}
        said = self.scheduler.on_trial_result(self.trials[event.trial], result)
        return hb.Stop(event.trial) if said == "STOP" else hb.Continue(event.trial, MAXIMUM)


def asha(brackets: int = 1) -> Subject:
    return from_mutable(lambda: Asha(brackets), Asha.answer)


CLAIMS = RungClaims(
    LEVELS,
    MAXIMUM,
    "stopping",
    FLOOR_AND_ONE,
    ETA,
    ties=Ties.TOGETHER,
    nan=NotANumber.LAST,
    says_until=False,
    same_again=False,
)
APART = STOPPING_ONLY | {rung_laws.TWICE: "its documentation promises one call a result, for running trials only"}
ONE = {law: "asked of one bracket" for law in rung_laws.RUNG_LAWS if law != rung_laws.SAME_AGAIN}
CASES = (
    Case("Syne Tune ASHA", "syne-tune", asha, CLAIMS, APART),
    Case(
        "Syne Tune ASHA, 2 brackets", "syne-tune", lambda: asha(2), evolve(CLAIMS, separate=True), ONE, (Scenery.PLAIN,)
    ),
)
