"""Ray Tune's ASHA. Its controller is not run: the scheduler is told what it would be told."""

from types import SimpleNamespace

from ray.tune.schedulers import AsyncHyperBandScheduler

import pure_hb as hb
from examples.peers.case import ETA, LEVELS, MAXIMUM, STOPPING_ONLY, Case
from pure_hb.testing import INTERPOLATED, NotANumber, RungClaims, Subject, Ties, from_mutable, rung_laws


class Asha:
    """One bracket, which needs no random numbers."""

    def __init__(self):
        names = {"time_attr": "epoch", "metric": "error", "mode": "min"}
        self.scheduler = AsyncHyperBandScheduler(max_t=MAXIMUM, grace_period=1, reduction_factor=ETA, **names)
        self.trials = []

    def answer(self, event):
        if isinstance(event, hb.Ask):
            self.trials.append(SimpleNamespace(trial_id=str(len(self.trials))))
            self.scheduler.on_trial_add(None, self.trials[-1])
            return hb.Start(len(self.trials) - 1, hb.Configuration({}), 0, MAXIMUM)
        result = {"epoch": event.resource, "error": event.value}
        said = self.scheduler.on_trial_result(None, self.trials[event.trial], result)
        return hb.Stop(event.trial) if said == "STOP" else hb.Continue(event.trial, MAXIMUM)


def asha() -> Subject:
    return from_mutable(Asha, Asha.answer)


CLAIMS = RungClaims(
    LEVELS,
    MAXIMUM,
    "stopping",
    INTERPOLATED,
    ETA,
    ties=Ties.TOGETHER,
    nan=NotANumber.UNCOUNTED,
    counts_itself=False,
    says_until=False,
    same_again=False,
)
APART = STOPPING_ONLY | {rung_laws.TWICE: "its controller hands a result on once, and none of a trial that was stopped"}
CASES = (Case("Ray Tune ASHAScheduler", "ray", asha, CLAIMS, APART),)
