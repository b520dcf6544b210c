"""HOW DOES SYNE TUNE'S TUNER USE OUR METHODS? `scheduler(setup)`, and the old baselines under their old names.

    from pure_hb.integrations.syne_tune import MOBSTER
    scheduler = MOBSTER(config_space, metric="error", mode="min", resource_attr="epoch", max_resource_attr="epochs")
    Tuner(LocalBackend("train.py"), scheduler, StoppingCriterion(max_wallclock_time=600), n_workers=4).run()

Syne Tune is imported here, so this module is imported by those who have it.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, assert_never

from attrs import define, evolve

import pure_hb as hb
from pure_hb.integrations.syne_tune_names import GONE, Script, baseline, missing, space_of
from pure_hb.space import Domain

try:
    from syne_tune import config_space
    from syne_tune.optimizer.scheduler import SchedulerDecision, TrialScheduler, TrialSuggestion
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"pure_hb.integrations.syne_tune needs Syne Tune 0.16 or newer ({error}): pip install syne-tune"
    ) from error

logger = logging.getLogger(__name__)

Trial = Any
"""A ``syne_tune.backend.trial_status.Trial``, which has no types."""


@define
class _Running:
    """Where a trial of ours is in the backend."""

    number: int
    leg: int


class PureScheduler(TrialScheduler):
    """A scheduler for the ``Tuner``, which decides as `pure_hb.decide` does. Make it with `scheduler`.

    ``state`` is the state of the search, ``log`` its (event, action) pairs, which `pure_hb.verify` takes.
    """

    def __init__(self, setup: hb.Setup, script: Script) -> None:
        super().__init__(random_seed=setup.seed)
        self.setup: hb.Setup = setup
        self.state: hb.State = hb.initial(setup)
        self.log: list[tuple[hb.Event, hb.Action]] = []
        self.script: Script = script
        self.mode: str = self.metric_mode()
        self._started: hb.Start | None = None
        self._by_id: dict[int, _Running] = {}
        self._ids: dict[int, int] = {}

    # ---- what the Tuner calls -----------------------------------------------------------------------------------

    def suggest(self) -> Any:
        """What a free worker does next: a new trial, or a paused one that goes on.

        None if there is nothing to do now. Then the ``Tuner`` starts no more trials, and ends when the running ones do.
        """
        event = hb.Ask(self._free_worker())
        action = self._decided(event)
        match action:
            case hb.Start():
                self._started = action
                return TrialSuggestion.start_suggestion(self._config(action))
            case hb.Resume():
                identity = self._ids[action.trial]
                self._by_id[identity] = _Running(action.trial, action.leg)
                return TrialSuggestion.resume_suggestion(identity, self._config(action))
            case _:
                logger.info("nothing to start now: %s", hb.explain(action))
                return None

    def on_trial_add(self, trial: Trial) -> None:
        """The trial that was suggested has a number in the backend."""
        if self._started is None:
            raise ValueError(f"trial {trial.trial_id} was added, but none was suggested; call suggest() first")
        number, self._started = self._started.trial, None
        self._by_id[trial.trial_id] = _Running(number, 0)
        self._ids[number] = trial.trial_id

    def on_trial_result(self, trial: Trial, result: dict[str, Any]) -> str:
        """Whether a trial that has reported continues, pauses or stops.

        Raises:
            KeyError: if the report has no metric, no resource or no cost, naming what it has.
        """
        running = self._running(trial)
        resource, value = _reported(result, self.script.resource_attr), _reported(result, self.setup.goal.metric)
        cost = None if self.script.cost_attr is None else _reported(result, self.script.cost_attr)
        action = self._decided(hb.Report(running.number, resource, value, cost, leg=running.leg))
        match action:
            case hb.Pause():
                return str(SchedulerDecision.PAUSE)
            case hb.Stop():
                return str(SchedulerDecision.STOP)
            case hb.Reject(reason=reason):
                logger.warning("a report of trial %s was not accepted: %s", trial.trial_id, reason)
        return str(SchedulerDecision.CONTINUE)

    def on_trial_complete(self, trial: Trial, result: dict[str, Any]) -> None:
        """A script has ended by itself. Its last report counts also where it comes only here, as from
        ``AskTellScheduler``."""
        running = self._running(trial)
        curve = self.state.trials[running.number].curve
        if result.get(self.script.resource_attr, 0) > (curve[-1][0] if curve else 0):
            self.on_trial_result(trial, result)
        self._decided(hb.Complete(running.number, leg=running.leg))

    def on_trial_error(self, trial: Trial) -> None:
        """A script has failed. The backend cannot run it again, so the trial ends."""
        running = self._running(trial)
        self._decided(hb.Fail(running.number, "reported by the backend", leg=running.leg))

    def metric_names(self) -> list[str]:
        """The metric of the goal."""
        return [self.setup.goal.metric]

    def metric_mode(self) -> str:
        """The direction of the goal: "min" or "max"."""
        return "min" if isinstance(self.setup.goal, hb.Minimize) else "max"

    def metadata(self) -> dict[str, Any]:
        """What the ``Tuner`` writes beside its results; the setup is in it, as JSON."""
        return {
            "scheduler_name": "pure_hb",
            "metric_names": self.metric_names(),
            "metric_mode": self.metric_mode(),
            "resource_attr": self.script.resource_attr,
            "setup": hb.to_json(self.setup),
        }

    # ---- inside ---------------------------------------------------------------------------------------------------

    def _decided(self, event: hb.Event) -> hb.Action:
        self.state, action = hb.decide(self.state, event)
        if action.logged:
            self.log.append((event, action))
        return action

    def _running(self, trial: Trial) -> _Running:
        """Where a trial is. ``AskTellScheduler`` does not say which was added: the one that was suggested last."""
        if trial.trial_id not in self._by_id:
            self.on_trial_add(trial)
        return self._by_id[trial.trial_id]

    def _config(self, action: hb.Start | hb.Resume) -> dict[str, Any]:
        """What the script is given. Where trials pause, it may end by itself at the next level; where they are stopped,
        it must be ready to go on."""
        until = action.until if self.setup.rule.waits else self.setup.max_resource
        return self.script.config(action.config, until)

    def _free_worker(self) -> str:
        """A name that no running trial has: the ``Tuner`` does not say which of its workers asks."""
        held = {trial.worker for trial in self.state.trials}
        return next(name for name in (f"worker-{place}" for place in range(len(held) + 1)) if name not in held)


def _reported(result: Mapping[str, Any], name: str) -> Any:
    if name not in result:
        raise KeyError(f"a report has no {name!r}, only {sorted(result)}; report {name}=... in the script")
    return result[name]


def scheduler(
    setup: hb.Setup,
    *,
    resource_attr: str = "epoch",
    max_resource_attr: str | None = None,
    cost_attr: str | None = None,
    constants: Mapping[str, Any] | None = None,
) -> PureScheduler:
    """A scheduler for Syne Tune's ``Tuner`` that decides as a setup says.

    Args:
        setup: the setup of the search.
        resource_attr: the name under which the script reports its epochs, counted from 1.
        max_resource_attr: the name in the configuration of the epoch to which the script trains now, so that it ends by
            itself where it is paused. None: the script is not told.
        cost_attr: the name under which the script reports what it has cost since it was started or resumed.
        constants: values that the script gets with each configuration.

    A script that fails ends its trial, whatever the setup has as ``max_failures``, because the backend resumes only
    paused trials.

    Raises:
        ValueError: if the rule of the setup needs costs, and ``cost_attr`` is not given.
    """
    return _scheduler(setup, Script(resource_attr, max_resource_attr, cost_attr, dict(constants or {})))


def _scheduler(setup: hb.Setup, script: Script) -> PureScheduler:
    if setup.rule.needs_cost and script.cost_attr is None:
        raise ValueError(
            "this setup compares trials by what they cost; name the entry of a report that says it: "
            'cost_attr="elapsed_time"'
        )
    return PureScheduler(evolve(setup, max_failures=1), script)


def from_syne_tune(name: str, config_space: Mapping[str, Any], **arguments: Any) -> PureScheduler:
    """The scheduler that a baseline of the old package was: ``from_syne_tune("MOBSTER", config_space, metric=...)``.

    ``arguments`` have the names that they had there. What cannot be honoured is refused by name.

    Raises:
        ValueError: naming the argument, and what to write instead where there is something.
    """
    return _scheduler(*baseline(name, config_space, arguments))


def config_space_of(space: hb.Space) -> dict[str, Any]:
    """The ``config_space`` of a space, with the same values: what `space_of` makes a space of again."""
    return {name: _entry(domain) for name, domain in space.domains}


def _entry(domain: Domain) -> Any:
    match domain:
        case hb.Float(reverse_log=True):
            return config_space.reverseloguniform(domain.low, domain.high)
        case hb.Float():
            make = config_space.loguniform if domain.log else config_space.uniform
            return make(domain.low, domain.high)
        case hb.Int():
            make = config_space.lograndint if domain.log else config_space.randint
            return make(domain.low, domain.high)
        case hb.Choice():
            return config_space.choice(list(domain.values))
        case hb.Ordinal():
            return config_space.ordinal(list(domain.values), kind=domain.kind)
        case hb.Finite():
            make = config_space.logfinrange if domain.log else config_space.finrange
            return make(domain.low, domain.high, domain.size, cast_int=domain.integer)
        case hb.Constant():
            return domain.value
        case _:
            assert_never(domain)


def _named(name: str) -> Callable[..., PureScheduler]:
    def make(
        config_space: Mapping[str, Any], metric: str | None = None, resource_attr: str | None = None, **arguments: Any
    ) -> PureScheduler:
        return from_syne_tune(name, config_space, metric=metric, resource_attr=resource_attr, **arguments)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"{name} as `from_syne_tune` makes it, with the arguments of the old package."
    return make


ASHA: Final = _named("ASHA")
MOBSTER: Final = _named("MOBSTER")
HyperTune: Final = _named("HyperTune")
DyHPO: Final = _named("DyHPO")
BOHB: Final = _named("BOHB")
PASHA: Final = _named("PASHA")
RUSH: Final = _named("RUSH")
HyperbandScheduler: Final = _named("HyperbandScheduler")


def __getattr__(name: str) -> Any:
    """Names of the old package that are not here: the import says why, and what to write."""
    if name in GONE:
        raise ImportError(missing(name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "ASHA",
    "BOHB",
    "MOBSTER",
    "PASHA",
    "RUSH",
    "DyHPO",
    "HyperTune",
    "HyperbandScheduler",
    "PureScheduler",
    "config_space_of",
    "from_syne_tune",
    "scheduler",
    "space_of",
]
