"""MOBSTER: a joint Gaussian process over configurations and resources; new configurations are chosen at one level.

The level of the acquisition, r_acq, is the highest with enough values. There the acquisition is minimised over
candidates (`pure_hb.search.suggesting`). Source: Klein et al., "Model-based Asynchronous Hyperparameter and
Neural Architecture Search", 2020 (arXiv:2003.10865).

Counts map a resource to its number of observations; resources without any are left out.
"""

from collections.abc import Mapping
from enum import Enum
from typing import assert_never

from pure_hb.draws import Draws
from pure_hb.protocol import Evidence, Figures
from pure_hb.search.criteria import Criterion
from pure_hb.search.searches import Mobster
from pure_hb.search.suggesting import Task, at_levels, learn_beside, suggest_with_model
from pure_hb.search.view import Lesson, Suggestion, View


def suggest(search: Mobster, view: View, draws: Draws) -> Suggestion | None:
    """The next initial point, a random configuration while too little is known, then the model's choice; None if
    nothing is left of the space."""
    return suggest_with_model(view, draws, search.surrogate, search.acquisition, judge_at_one_level)


def learn(search: Mobster, view: View, draws: Draws) -> Lesson | None:
    """A fit made beside training; None if none is due."""
    return learn_beside(view, draws, search.surrogate)


def judge_at_one_level(task: Task) -> tuple[Criterion, Evidence]:
    """MOBSTER's criterion: the acquisition at r_acq."""
    level = level_of(task)
    return at_levels(task, {level: 1.0}, (Figures("level of the acquisition", (("r_acq", float(level)),)),))


# ---- the choice of the level -----------------------------------------------------------------------------------------


class ResourceAcquisition(Enum):
    """The values of the option ``resource_acq``: at which level the acquisition is evaluated."""

    BOHB = "bohb"
    """The highest level with at least ``resource_acq_bohb_threshold`` observations, else the lowest with any (after
    Falkner, Klein and Hutter, "BOHB", 2018, section 4.1)."""
    FIRST = "first"
    """The first milestone of the bracket drawn for the new trial."""
    FINAL = "final"
    """The maximum resource."""


def acquisition_level(
    rule: ResourceAcquisition, counts: Mapping[int, int], *, threshold: int, first_milestone: int, max_resource: int
) -> int:
    """r_acq by this rule, given the number of observations at each resource.

    Raises:
        ValueError: if there is no observation and the rule is BOHB.
    """
    match rule:
        case ResourceAcquisition.BOHB:
            observed = [level for level, count in counts.items() if count]
            if not observed:
                raise ValueError("no observation yet, so no level to judge at; draw the configuration at random")
            return max((level for level in observed if counts[level] >= threshold), default=min(observed))
        case ResourceAcquisition.FIRST:
            return first_milestone
        case ResourceAcquisition.FINAL:
            return max_resource
        case _:
            assert_never(rule)


def level_of(task: Task) -> int:
    """r_acq for this suggestion."""
    return acquisition_level(
        ResourceAcquisition(task.options.resource_acq),
        task.now.counts,
        threshold=task.options.resource_acq_bohb_threshold,
        first_milestone=task.view.first_milestone(task.bracket),
        max_resource=task.view.max_resource,
    )
