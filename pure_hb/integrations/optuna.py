"""HOW DOES OPTUNA USE OUR METHODS? A sampler and a pruner over one setup, by stopping; earlier trials are observed.

    sampler, pruner = sampler_and_pruner(hb.mobster(space, hb.Minimize("error"), max_resource=27, type="stopping"))
    study = optuna.create_study(direction="minimize", sampler=sampler, pruner=pruner)
    study.optimize(objective, n_trials=50)

Optuna is imported here, so this module is imported by those who have it.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define, evolve, field

import pure_hb as hb
from pure_hb.space import Domain

try:
    import optuna
    from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
    from optuna.trial import FrozenTrial, TrialState
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"pure_hb.integrations.optuna needs Optuna ({error}): pip install optuna") from error

logger = logging.getLogger(__name__)


def distributions_of(space: hb.Space) -> dict[str, BaseDistribution]:
    """The distributions that an objective suggests from, so that it gets the values of a space: name -> distribution.

    A `Finite` is a range, an `Ordinal` is categorical. A `Constant` has none.

    Raises:
        TypeError: if it is no space.
    """
    if not isinstance(space, hb.Space):
        raise TypeError(
            f"space is a {type(space).__name__}; give a Space, such as Space(lr=Float(1e-4, 1.0, log=True))"
        )
    found: dict[str, BaseDistribution] = {}
    for name, domain in space.domains:
        match domain:
            case hb.Float():
                found[name] = FloatDistribution(domain.low, domain.high, log=domain.log)
            case hb.Int():
                found[name] = IntDistribution(domain.low, domain.high, log=domain.log)
            case hb.Finite() if domain.integer:
                found[name] = IntDistribution(round(domain.low), round(domain.high), log=domain.log)
            case hb.Finite():
                found[name] = FloatDistribution(domain.low, domain.high, log=domain.log)
            case hb.Choice() | hb.Ordinal():
                found[name] = CategoricalDistribution(domain.values)
    return found


def space_of(distributions: Mapping[str, BaseDistribution]) -> hb.Space:
    """The space of Optuna's distributions, such as ``study.trials[0].distributions``: with the same values.

    Raises:
        ValueError: naming a parameter that has no counterpart here, and what to write.
        TypeError: if it is no dictionary.
    """
    if not isinstance(distributions, Mapping):
        raise TypeError(
            f"distributions is a {type(distributions).__name__}; give a dictionary from names to distributions, such "
            "as study.trials[0].distributions"
        )
    return hb.Space(**{name: _domain(name, given) for name, given in distributions.items()})


def _domain(name: str, given: BaseDistribution) -> Domain:
    match given:
        case FloatDistribution(low=low, high=high, step=None):
            return hb.Constant(low) if low == high else hb.Float(low, high, log=given.log)
        case FloatDistribution(low=low, high=high) | IntDistribution(low=low, high=high) if low == high:
            return hb.Constant(low)
        case FloatDistribution(low=low, high=high, step=step) if step is not None:
            return hb.Finite(low, high, 1 + round((high - low) / step))
        case IntDistribution(low=low, high=high, step=1):
            return hb.Int(low, high, log=given.log)
        case IntDistribution(low=low, high=high, step=step):
            return hb.Finite(low, high, 1 + (high - low) // step, integer=True)
        case CategoricalDistribution(choices=choices):
            kinds = {type(value) for value in choices}
            values = [value for value in choices if isinstance(value, str | int | float)]  # of these kinds, all of them
            if len(kinds) == 1 and kinds <= {str, int, float, bool}:
                return hb.Choice(*values) if len(values) > 1 else hb.Constant(values[0])
            raise ValueError(
                f"the parameter {name!r} is one of {choices!r}; here all values of a list are texts, or all numbers of "
                "one type, or all True and False: suggest names for them, and look the values up in the objective"
            )
    raise ValueError(
        f"the parameter {name!r} is a {type(given).__name__}, which has no counterpart here; take a "
        "FloatDistribution, an IntDistribution or a CategoricalDistribution"
    )


@define
class Search:
    """The search that a sampler and its pruner share.

    ``state`` is its state, ``log`` its (event, action) pairs, which `pure_hb.verify` takes with ``setup``.
    """

    setup: hb.Setup
    first_step: int
    state: hb.State
    log: list[tuple[hb.Event, hb.Action]] = field(factory=list)
    numbers: dict[int, int] = field(factory=dict)
    """The number of a trial in the study -> its number here."""
    lock: threading.RLock = field(factory=threading.RLock, repr=False)

    def decided(self, event: hb.Event) -> hb.Action:
        """The answer to an event, which is taken into the state."""
        with self.lock:
            self.state, action = hb.decide(self.state, event)
            if action.logged:
                self.log.append((event, action))
        if isinstance(action, hb.Reject):
            logger.warning("not accepted: %s", action.reason)
        return action

    def curve(self, trial: FrozenTrial) -> tuple[tuple[int, float], ...]:
        """What a trial has reported, as ((resource, value), ...) in increasing order.

        Raises:
            ValueError: for a step before the first one.
        """
        if trial.intermediate_values and min(trial.intermediate_values) < self.first_step:
            raise ValueError(
                f"trial {trial.number} reported step {min(trial.intermediate_values)}, and the first step is "
                f"{self.first_step}; write sampler_and_pruner(setup, first_step={min(trial.intermediate_values)})"
            )
        return tuple((step - self.first_step + 1, value) for step, value in sorted(trial.intermediate_values.items()))

    def observe_earlier(self, study: optuna.Study) -> None:
        """Take over the trials that the study had before: their configurations and curves."""
        for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)):
            if trial.number in self.numbers:
                continue
            curve = self.curve(trial)
            if not curve and trial.state is TrialState.COMPLETE and trial.value is not None:
                curve = ((self.setup.max_resource, trial.value),)
            constants = {
                name: domain.value for name, domain in self.setup.space.domains if isinstance(domain, hb.Constant)
            }
            config = {**constants, **trial.params}
            noted = self.decided(hb.Observe(config, curve, source=f"trial {trial.number}"))
            if isinstance(noted, hb.Noted) and noted.trial is not None:
                self.numbers[trial.number] = noted.trial


class PureSampler(optuna.samplers.BaseSampler):
    """Suggests the configurations of a search. Make it with `sampler_and_pruner`."""

    def __init__(self, search: Search) -> None:
        self.search: Search = search

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """The distributions of the whole space: its parameters are chosen together."""
        return distributions_of(self.search.setup.space)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The configuration of a new trial.

        Raises:
            ValueError: if the direction of the study is not the goal's, if the trial was enqueued with parameters,
                if the sampler has served another study, or if the space is used up.
        """
        if len(study.directions) != 1:
            raise ValueError(
                f"the study has {len(study.directions)} directions, and a search has one goal; write "
                'create_study(direction="minimize") or "maximize"'
            )
        minimizes = isinstance(self.search.setup.goal, hb.Minimize)
        if (study.direction is optuna.study.StudyDirection.MINIMIZE) != minimizes:
            goal = type(self.search.setup.goal).__name__
            raise ValueError(
                f"the study has the direction {study.direction.name.lower()}, and the goal of the setup is {goal}; "
                f'write create_study(direction="{"minimize" if minimizes else "maximize"}")'
            )
        if trial.system_attrs.get("fixed_params"):
            raise ValueError(
                f"trial {trial.number} was enqueued with parameters of its own, which the search has not chosen; give "
                "them to the method, as points_to_evaluate=[...]"
            )
        with self.search.lock:
            if trial.number in self.search.numbers:
                raise ValueError(
                    f"trial {trial.number} is known already, so this sampler has served another study; make a pair for "
                    "each study: sampler, pruner = sampler_and_pruner(setup)"
                )
            if not self.search.numbers:
                self.search.observe_earlier(study)
            action = self.search.decided(hb.Ask(f"trial {trial.number}"))
            if not isinstance(action, hb.Start):
                raise ValueError(f"there is no configuration left for trial {trial.number}; give a smaller n_trials")
            self.search.numbers[trial.number] = action.trial
        return {name: action.config[name] for name in search_space}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Refused: the objective suggests a parameter that is not in the space, or from another range.

        Raises:
            ValueError: always, naming the parameter and what to write.
        """
        known = distributions_of(self.search.setup.space).get(param_name)
        way_out = "add it to the space" if known is None else f"the space has {known}; suggest it so"
        raise ValueError(f"the objective suggests {param_name!r} from {param_distribution}; {way_out}")

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """A trial is over: its remaining values are reported, and it ends."""
        number = self.search.numbers.get(trial.number)
        if number is None:  # it was over before it suggested anything
            return
        if state is TrialState.FAIL:
            self.search.decided(hb.Fail(number, "the objective raised", leg=0))
            return
        curve = self.search.curve(trial)
        if not curve and state is TrialState.COMPLETE and values:
            curve = ((self.search.setup.max_resource, values[0]),)
        for resource, value in curve:  # what the pruner has heard changes nothing
            self.search.decided(hb.Report(number, resource, value, leg=0))
        self.search.decided(hb.Complete(number, leg=0))


class PurePruner(optuna.pruners.BasePruner):
    """Stops the trials that a search stops. Make it with `sampler_and_pruner`."""

    def __init__(self, search: Search) -> None:
        self.search: Search = search

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Whether a trial is to stop before the maximum, by all that it has reported. A second call gives the same
        answer.

        Raises:
            ValueError: if the study has another sampler, so that nothing here knows its trials.
        """
        action: hb.Action | None = None
        number, maximum = self.search.numbers.get(trial.number), self.search.setup.max_resource
        if number is None:  # it has suggested nothing, so it is none of the search's
            if isinstance(study.sampler, PureSampler) and study.sampler.search is self.search:
                return False
            raise ValueError(
                f"the study has the sampler {type(study.sampler).__name__}, and this pruner knows only the trials of "
                "its own; write create_study(sampler=sampler, pruner=pruner) with the two that belong together"
            )
        reported = self.search.curve(trial)
        for resource, value in reported:
            action = self.search.decided(hb.Report(number, resource, value, leg=0))
            if isinstance(action, hb.Stop):
                break
        return isinstance(action, hb.Stop) and reported[-1][0] < maximum


def sampler_and_pruner(setup: hb.Setup, *, first_step: int = 0) -> tuple[PureSampler, PurePruner]:
    """A sampler and a pruner for ``optuna.create_study``, which share the search of a setup.

    ``first_step`` is the step of the first report of an objective, after one epoch: 0, as Optuna recommends, or 1.
    Trials that the study has already are observed when the first new one is asked for. An objective that raises ends
    its trial.

    Raises:
        ValueError: if the setup pauses trials, since Optuna cannot run a trial again, or for another ``first_step``.
        TypeError: if it is no setup.
    """
    if not isinstance(setup, hb.Setup):
        raise TypeError(
            f"setup is a {type(setup).__name__}; give a Setup, such as "
            'hb.asha(space, goal, max_resource=27, type="stopping")'
        )
    if not isinstance(first_step, int) or isinstance(first_step, bool) or first_step < 0:
        raise ValueError(
            f"first_step is {first_step!r}; it is the step that an objective reports after one epoch, such as 0 or 1"
        )
    if setup.rule.waits:
        raise ValueError('this setup pauses trials, and Optuna cannot run a trial again; write type="stopping"')
    if setup.rule.needs_cost:
        raise ValueError(
            'this setup compares trials by what they cost, which Optuna does not report; write type="stopping"'
        )
    alone = evolve(setup, max_failures=1)
    search = Search(alone, first_step, hb.initial(alone))
    return PureSampler(search), PurePruner(search)
