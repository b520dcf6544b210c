"""Optuna's pruners. A step counts from 0, as its documentation asks for, so step s is resource s + 1 here."""

from functools import partial

import optuna
from attrs import evolve

import pure_hb as hb
from examples.peers.case import ETA, MAXIMUM, STOPPING_ONLY, Case
from pure_hb.testing import FLOOR_OR_ONE, Jumps, NotANumber, RungClaims, Subject, Ties, from_mutable

optuna.logging.set_verbosity(optuna.logging.ERROR)
LEVELS = (2, 4, 10)  # steps 1, 3 and 9


class Pruned:
    def __init__(self, pruner):
        sampler = optuna.samplers.RandomSampler(seed=0)
        self.study = optuna.create_study(study_name="peers", pruner=pruner, sampler=sampler)
        self.trials, self.stopped = [], []

    def answer(self, event):
        if isinstance(event, hb.Ask):
            for trial in self.stopped:  # its worker has left the objective
                self.study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            self.stopped.clear()
            self.trials.append(trial := self.study.ask())
            return hb.Start(trial.number, hb.Configuration({}), self.bracket(trial), MAXIMUM)
        trial = self.trials[event.trial]
        trial.report(event.value, event.resource - 1)
        if trial.should_prune() or event.resource >= MAXIMUM:
            if trial not in self.stopped:
                self.stopped.append(trial)
            return hb.Stop(event.trial)
        return hb.Continue(event.trial, MAXIMUM)

    def bracket(self, trial):
        pruner = self.study.pruner
        if not isinstance(pruner, optuna.pruners.HyperbandPruner):
            return 0
        if not pruner._pruners:  # it makes its brackets at the first report
            pruner._try_initialization(self.study)
        return pruner._get_bracket_id(self.study, self.study.trials[trial.number])


def subject(pruner) -> Subject:
    return from_mutable(lambda: Pruned(pruner()), Pruned.answer)


OPTIONS = {"min_resource": 1, "reduction_factor": ETA}
HALVING = partial(optuna.pruners.SuccessiveHalvingPruner, **OPTIONS)
HYPERBAND = partial(optuna.pruners.HyperbandPruner, max_resource=MAXIMUM, **OPTIONS)
CLAIMS = {"ties": Ties.TOGETHER, "nan": NotANumber.ENDS_UNCOUNTED, "jumps": Jumps.EACH, "says_until": False}
ONE = RungClaims(LEVELS, MAXIMUM, "stopping", FLOOR_OR_ONE, ETA, **CLAIMS)
EACH = evolve(ONE, separate=True)
CASES = (
    Case("Optuna SuccessiveHalvingPruner", "optuna", lambda: subject(HALVING), ONE, STOPPING_ONLY),
    Case("Optuna HyperbandPruner", "optuna", lambda: subject(HYPERBAND), EACH, STOPPING_ONLY),
)
