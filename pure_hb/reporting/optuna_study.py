"""HOW DO TOOLS FOR OPTUNA SEE A RUN? Its trials as an Optuna study, for optuna-dashboard and the like.

A trial that was trained to the end is COMPLETE with its last value; one that was stopped or waits is PRUNED, with all
of its values; one that failed is FAIL. The study is for looking at: a run cannot be gone on with from there.
"""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pure_hb.explaining.story import Story, StoryError
from pure_hb.journal import fold
from pure_hb.machine import Maximize, State, Status, Trial
from pure_hb.protocol import Start
from pure_hb.space import Choice, Constant, Finite, Float, Int, Ordinal, Space

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial


def export_to_optuna(story: Story, storage: str, name: str) -> int:
    """Write the trials of a log to a new study.

    Args:
        story: the log.
        storage: the address of Optuna's storage, such as ``sqlite:///study.db``.
        name: the name of the study.

    Returns:
        The number of trials.

    Raises:
        ImportError: if Optuna is not installed.
        StoryError: if there is a study of that name already.
        ReplayError: if the log cannot follow on itself.
    """
    try:
        import optuna
    except ImportError:
        raise ImportError("the export needs Optuna: pip install optuna") from None
    state = fold(story.setup, ((one.event, one.action) for one in story.records))
    direction: Literal["minimize", "maximize"] = "maximize" if isinstance(story.setup.goal, Maximize) else "minimize"
    distributions = _distributions(story.setup.space)
    try:
        study = optuna.create_study(study_name=name, storage=storage, direction=direction)
    except optuna.exceptions.DuplicatedStudyError:
        raise StoryError(f"{storage} has a study {name!r} already; give another --name, or another file") from None
    study.set_metric_names([story.setup.goal.metric])
    study.set_user_attr("method", story.setup.method)
    study.set_user_attr("seed", story.setup.seed)
    study.set_user_attr("levels", list(story.setup.levels))
    began = _began(story)
    trials = [_trial(state, trial, distributions, began.get(trial.number)) for trial in state.trials]
    study.add_trials(trials)
    return len(trials)


def _began(story: Story) -> dict[int, datetime]:
    """When each trial was started, where the log says so."""
    return {
        record.action.trial: datetime.fromisoformat(record.time).replace(tzinfo=None)
        for record in story.records
        if isinstance(record.action, Start) and record.time is not None
    }


def _distributions(space: Space) -> "dict[str, BaseDistribution]":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    found: dict[str, BaseDistribution] = {}
    for name, domain in space.domains:
        match domain:
            case Int():
                found[name] = IntDistribution(domain.low, domain.high, log=domain.log)
            case Float() | Finite():
                found[name] = FloatDistribution(float(domain.low), float(domain.high), log=domain.log)
            case Choice() | Ordinal():
                found[name] = CategoricalDistribution(domain.values)
            case Constant():
                pass
    return found


def _trial(
    state: State, trial: Trial, distributions: "Mapping[str, BaseDistribution]", began: datetime | None
) -> "FrozenTrial":
    from optuna.trial import TrialState, create_trial

    last = trial.curve[-1][1] if trial.curve else math.nan
    is_full = trial.highest >= state.setup.max_resource and math.isfinite(last)
    if trial.status is Status.RUNNING:
        status = TrialState.RUNNING
    elif is_full:
        status = TrialState.COMPLETE
    else:
        is_lost = trial.failures >= state.setup.max_failures or not trial.curve
        status = TrialState.FAIL if is_lost else TrialState.PRUNED
    value = last if status in (TrialState.COMPLETE, TrialState.PRUNED) and math.isfinite(last) else None
    said: dict[str, Any] = {"status": "observed" if trial.observed else trial.status.value, "bracket": trial.bracket}
    found = create_trial(
        state=status,
        value=value,
        params={name: trial.config[name] for name in distributions},
        distributions=dict(distributions),
        intermediate_values=dict(trial.curve),
        user_attrs={**said, "legs": trial.leg + 1, "failures": trial.failures},
    )
    if began is not None:
        found.datetime_start = began
    return found
