"""HOW DOES RAY TUNE USE OUR METHODS? A searcher and a scheduler over one setup, which pause trials and resume them.

    searcher, scheduler = searcher_and_scheduler(hb.mobster(space, hb.Minimize("error"), max_resource=27))
    tune.Tuner(train, tune_config=tune.TuneConfig(
        search_alg=searcher, scheduler=scheduler, num_samples=50, max_concurrent_trials=4)).fit()

Ray is imported here, so this module is imported by those who have it.
"""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import define, evolve, field

import pure_hb as hb

try:
    from ray.tune.experiment import Trial
    from ray.tune.schedulers import TrialScheduler
    from ray.tune.search import Searcher
    from ray.tune.search.sample import Domain
except ImportError as error:
    raise ImportError(f'pure_hb.integrations.ray_tune needs Ray Tune ({error}): pip install "ray[tune]"') from error

logger = logging.getLogger(__name__)


@define
class Search:
    """The search that a searcher and its scheduler share.

    ``state`` is its state, ``log`` its (event, action) pairs, which `pure_hb.verify` takes with ``setup``.
    """

    setup: hb.Setup
    resource_attr: str
    state: hb.State
    workers: int | None = None
    """How many trials run at once: ``max_concurrent_trials`` of Ray."""
    log: list[tuple[hb.Event, hb.Action]] = field(factory=list)
    numbers: dict[str, int] = field(factory=dict)
    """The id of a trial in Ray -> its number here."""

    @property
    def mode(self) -> str:
        """The direction of the goal, in Ray's words."""
        return "min" if isinstance(self.setup.goal, hb.Minimize) else "max"

    def decided(self, event: hb.Event) -> hb.Action:
        """The answer to an event, which is taken into the state."""
        self.state, action = hb.decide(self.state, event)
        if action.logged:
            self.log.append((event, action))
        if isinstance(action, hb.Reject):
            logger.warning("not accepted: %s", action.reason)
        return action

    def asked(self, new_trials: bool) -> hb.Action | None:
        """What a free worker does next; None if none is free.

        Raises:
            ValueError: if Ray does not say how many trials run at once.
        """
        if self.workers is None:
            raise ValueError(
                "a search needs to know how many trials run at once; write TuneConfig(max_concurrent_trials=4, ...)"
            )
        held = {trial.worker for trial in self.state.trials.running.values()}
        free = (name for name in (f"worker-{place}" for place in range(self.workers)) if name not in held)
        worker = next(free, None)
        return None if worker is None else self.decided(hb.Ask(worker, new_trials))

    def runs(self, trial: Trial) -> bool:
        """Whether a trial of Ray is one that runs here: just started, or just resumed."""
        return self.numbers.get(trial.trial_id) in self.state.trials.running

    def told(self, trial: Trial, event: type[hb.Complete] | type[hb.Fail]) -> None:
        """A trial of Ray is over."""
        number = self.numbers.get(trial.trial_id)
        if number is not None and number in self.state.trials.running:
            leg = self.state.trials[number].leg
            self.decided(
                hb.Complete(number, leg=leg) if event is hb.Complete else hb.Fail(number, "told by Ray", leg=leg)
            )

    def check(self, metric: str | None, mode: str | None) -> None:
        """Raises `ValueError` if Ray is told of another goal than that of the setup."""
        goal = self.setup.goal
        for name, given, ours in (("metric", metric, goal.metric), ("mode", mode, self.mode)):
            if given not in (None, ours):
                raise ValueError(
                    f"TuneConfig says {name}={given!r}, and the goal of the setup is {goal}; write "
                    f"metric={goal.metric!r}, mode={self.mode!r}, or leave both out"
                )


class PureSearcher(Searcher):
    """Suggests the configurations of a search. Make it with `searcher_and_scheduler`."""

    def __init__(self, search: Search) -> None:
        super().__init__(metric=search.setup.goal.metric, mode=search.mode)
        self.search: Search = search

    def set_search_properties(self, metric: str | None, mode: str | None, config: Mapping[str, Any], **_: Any) -> bool:
        """Takes over what the ``Tuner`` says. Constants of ``param_space`` are handed on by Ray.

        Raises:
            ValueError: for another goal, and for a ``param_space`` that searches something.
        """
        self.search.check(metric, mode)
        for name, value in (config or {}).items():
            if isinstance(value, Domain) or (isinstance(value, dict) and "grid_search" in value):
                raise ValueError(
                    f"param_space searches {name!r}, and the space is that of the setup; leave it out of param_space"
                )
            if name in self.search.setup.space:
                raise ValueError(f"param_space has {name!r}, which the setup searches; leave it out of param_space")
        return True

    def set_max_concurrency(self, max_concurrent: int) -> bool:
        """How many trials run at once. Paused ones do not count, as they would for Ray."""
        self.search.workers = max_concurrent
        return True

    def suggest(self, trial_id: str) -> Any:
        """The configuration of a new trial; None if there is none now, as when a paused trial is to go on."""
        action = self.search.asked(new_trials=True)
        match action:
            case hb.Start():
                self.search.numbers[trial_id] = action.trial
                return dict(action.config)
            case hb.Done():
                return Searcher.FINISHED
        return None

    def on_trial_complete(self, trial_id: str, result: Any = None, error: bool = False) -> None:
        """Nothing: the scheduler tells of it."""

    def save(self, checkpoint_path: str) -> None:
        """Writes what `restore` reads: JSON."""
        log = [[hb.to_json(event), hb.to_json(action)] for event, action in self.search.log]
        told = {"setup": hb.to_json(self.search.setup), "log": log, "numbers": self.search.numbers}
        Path(checkpoint_path).write_text(json.dumps({**told, "workers": self.search.workers}), encoding="utf-8")

    def restore(self, checkpoint_path: str) -> None:
        """Goes on with the search that was saved.

        Raises:
            ValueError: if it has another setup.
        """
        told = json.loads(Path(checkpoint_path).read_text(encoding="utf-8"))
        if hb.from_json(told["setup"], hb.Setup) != self.search.setup:
            raise ValueError(f"{checkpoint_path}: the search there has another setup; restore it with the same")
        log = [(hb.from_json(event, hb.Event), hb.from_json(action, hb.Action)) for event, action in told["log"]]
        self.search.log[:] = log
        self.search.state = hb.fold(self.search.setup, log)
        self.search.numbers.clear()
        self.search.numbers.update(told["numbers"])
        self.search.workers = told["workers"]


class PureScheduler(TrialScheduler):
    """Pauses, resumes and stops trials as a search says. Make it with `searcher_and_scheduler`."""

    _supports_buffered_results = False

    def __init__(self, search: Search) -> None:
        super().__init__()
        self.search: Search = search
        self._metric = search.setup.goal.metric

    def set_search_properties(self, metric: str | None, mode: str | None, **_: Any) -> bool:
        """Raises `ValueError` for another goal than that of the setup."""
        self.search.check(metric, mode)
        return True

    def on_trial_add(self, tune_controller: Any, trial: Trial) -> None:
        """Raises `ValueError` for a trial that the searcher has not suggested."""
        if trial.trial_id not in self.search.numbers:
            raise ValueError(
                f"trial {trial.trial_id} is none of the search; give both of the pair: "
                "TuneConfig(search_alg=searcher, scheduler=scheduler, ...)"
            )

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: Mapping[str, Any]) -> str:
        """Whether a trial that has reported continues, pauses or stops.

        Raises:
            KeyError: if the report has no metric or no resource, naming what to report.
        """
        number, metric = self.search.numbers[trial.trial_id], self.search.setup.goal.metric
        for name in (self.search.resource_attr, metric):
            if name not in result:
                raise KeyError(f"a report has no {name!r}; write tune.report({{{name!r}: ...}})")
        leg = self.search.state.trials[number].leg
        action = self.search.decided(hb.Report(number, result[self.search.resource_attr], result[metric], leg=leg))
        match action:
            case hb.Pause():
                return str(TrialScheduler.PAUSE)
            case hb.Stop():
                return str(TrialScheduler.STOP)
        return str(TrialScheduler.CONTINUE)

    def on_trial_complete(self, tune_controller: Any, trial: Trial, result: Any) -> None:
        """A training has ended by itself, or because it was told to."""
        self.search.told(trial, hb.Complete)

    def on_trial_error(self, tune_controller: Any, trial: Trial) -> None:
        """A training has failed, and Ray does not try again."""
        self.search.told(trial, hb.Fail)

    def on_trial_remove(self, tune_controller: Any, trial: Trial) -> None:
        """A trial is taken away before it runs."""
        self.search.told(trial, hb.Complete)

    def choose_trial_to_run(self, tune_controller: Any) -> Trial | None:
        """The trial that goes on or begins. When nothing can come any more, the paused ones are over."""
        waiting = [trial for trial in tune_controller.get_trials() if trial.status in (Trial.PENDING, Trial.PAUSED)]
        if (found := self._running(waiting)) is not None or not tune_controller.search_alg.is_finished():
            return found
        action = self.search.asked(new_trials=False)
        if isinstance(action, hb.Done):
            for trial in waiting:
                tune_controller.stop_trial(trial)
        return self._running(waiting)

    def _running(self, waiting: list[Trial]) -> Trial | None:
        return next((trial for trial in waiting if self.search.runs(trial)), None)

    def debug_string(self) -> str:
        """One line about the search."""
        return f"pure_hb {self.search.state!r}"


def searcher_and_scheduler(
    setup: hb.Setup, *, resource_attr: str = "training_iteration"
) -> tuple[PureSearcher, PureScheduler]:
    """A searcher and a scheduler for ``tune.TuneConfig``, which share the search of a setup.

    Give ``num_samples``, how many configurations are tried, and ``max_concurrent_trials``, too. ``resource_attr`` is
    the name under which the epochs are reported, counted from 1; Ray counts reports as "training_iteration". A training
    reports with a checkpoint and begins with ``tune.get_checkpoint()``; a trial that pauses without one begins again at
    the first epoch.

    Raises:
        ValueError: if the rule of the setup needs costs, which Ray does not report.
    """
    if setup.rule.needs_cost:
        raise ValueError(
            "this setup compares trials by what they cost, which Ray Tune does not report; take another type, "
            'for example type="promotion"'
        )
    alone = evolve(setup, max_failures=1)
    search = Search(alone, resource_attr, hb.initial(alone))
    return PureSearcher(search), PureScheduler(search)
