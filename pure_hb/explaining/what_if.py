"""WHAT WOULD OTHER SETTINGS HAVE DONE? Changes of eta, method, brackets or number of trials, over a recorded log.

The configurations are the recorded ones, in their order, and so are the curves. The answer ends where a
decision needs anything else.
"""

from collections.abc import Iterator
from typing import Any

from attrs import evolve, frozen

from pure_hb.explaining.counterfactual import Counterfactual, played
from pure_hb.explaining.recorded import world_of
from pure_hb.explaining.story import Story, StoryError
from pure_hb.machine import Setup, method
from pure_hb.protocol import Action, Report, explain
from pure_hb.rungs import bracket_count, rung_levels
from pure_hb.tables import Table


@frozen
class Change:
    """Settings that differ from the recorded ones. None: as recorded."""

    eta: float | None = None
    """The ratio of neighbouring rung levels, ``reduction_factor``."""
    method: str | None = None
    """A name of `METHODS`: its rule, levels and brackets are taken; configurations stay the recorded ones."""
    brackets: int | None = None
    max_trials: int | None = None
    """The largest number of trials that are started, at least 1; see `simulate`."""

    def __str__(self) -> str:
        told = {"eta": self.eta, "method": self.method, "brackets": self.brackets, "max_trials": self.max_trials}
        named = [f"{name} {value}" for name, value in told.items() if value is not None]
        return ", ".join(named) or "the log's own settings"


@frozen(eq=False)
class WhatIf:
    """The answer to a change."""

    change: Change
    setup: Setup
    """The setup with the change. Its search is never used."""
    recorded: int
    """The number of records of the log."""
    found: Counterfactual

    @property
    def is_complete(self) -> bool:
        """Whether all decisions are known, to the end of the run."""
        return self.found.unknown is None


def what_if(story: Story, change: Change, table: Table | None = None) -> WhatIf:
    """What a run would have done with other settings.

    Args:
        story: the log.
        change: the settings that differ.
        table: recorded curves for values that were not observed; None: such values are unknown.

    Raises:
        StoryError: if this log cannot be decided with such a change.
        SetupError: if the settings are out of range.
        ReplayError: if a record cannot follow the records before it.
        TableError: if the table has no answer.
    """
    setup = changed(story, change)
    world = world_of(story, table)
    if table is not None and table.max_resource < setup.max_resource:
        raise StoryError(f"the table ends at {table.max_resource}; the log goes to {setup.max_resource}")
    limit = change.max_trials
    if limit is not None and not 1 <= limit <= len(world.configurations):
        raise StoryError(
            f"max_trials is {limit}; {story.name} has {len(world.configurations)} configurations, and more would be "
            "new ones, whose values nobody observed"
        )
    return WhatIf(change, setup, len(story.records), played(world, story.records, setup, limit))


def changed(story: Story, change: Change) -> Setup:
    """The setup of a log with a change. Raises as `what_if`."""
    setup = story.setup
    options: dict[str, Any] = {}
    if change.eta is not None:
        options["reduction_factor"] = change.eta
    if change.brackets is not None:
        options["brackets"] = change.brackets
    if change.method is not None:
        made = method(change.method)(
            setup.space, setup.goal, max_resource=setup.max_resource, seed=setup.seed, **options
        )
        if made.search.resumes and made.rule != setup.rule:
            raise StoryError(
                f"{change.method} chooses by a model who goes on: a record cannot tell what it would choose"
            )
        setup = evolve(
            setup, levels=made.levels, brackets=made.brackets, rule=made.rule, separate_rungs=made.separate_rungs
        )
    else:
        levels = setup.levels
        if change.eta is not None:
            grace = setup.levels[0] if setup.levels else 1
            levels = rung_levels(setup.max_resource, grace_period=grace, reduction_factor=change.eta)
        brackets = bracket_count(setup.brackets if change.brackets is None else change.brackets, levels)
        setup = evolve(setup, levels=levels, brackets=brackets)
    if setup.rule.needs_cost and any(isinstance(one.event, Report) and one.event.cost is None for one in story.records):
        raise StoryError(f"{change.method} compares by cost, and {story.name} has reports without one")
    return setup


def in_words(story: Story, answer: WhatIf) -> Iterator[str]:
    """The answer in sentences."""
    found, setup = answer.found, answer.setup
    levels = ", ".join(map(str, setup.levels)) or "none"
    brackets = f"{setup.brackets} bracket{'s' * (setup.brackets > 1)}"
    yield f"{answer.change}: levels {levels}, {brackets}, maximum {setup.max_resource}."
    if found.parted is None:
        yield f"All {answer.recorded} decisions are as recorded."
    else:
        record = story.record(found.parted)
        same, was = found.parted - 1, _first_line(record.action)
        yield f"The first {same} decisions are as recorded. Record {found.parted} says: {was}"
        if len(found.decisions) > same and found.decisions[same].event == record.event:
            yield f"With the change: {_first_line(found.decisions[same].action)}"
        else:
            yield "With the change no trial would be started any more."
    if found.unknown is not None:
        time = found.decisions[-1].time if found.decisions else 0.0
        known = f"Known are {len(found.decisions)} decisions, up to {time:.6g} s"
        yield f"{known}. Then it would need {found.unknown}: unknown."
    elif found.parted is not None:
        yield f"It is known to its end: {len(found.decisions)} decisions."
    yield _best(story, answer)


def _first_line(action: Action) -> str:
    return explain(action).partition("\n")[0]


def _best(story: Story, answer: WhatIf) -> str:
    state, best = answer.found.state, answer.found.state.best
    spent = f"{state.tried.started} trials were started and {state.resource_spent} epochs trained"
    if best is None:
        return f"{spent}; there is no result yet."
    end = answer.found.decisions[-1].time
    recorded = _best_until(story, end)
    beside = "" if recorded is None else f"; in the log the best up to that time is {recorded:.6g}"
    return f"Up to there {spent}; the best is {best.value:.6g} of trial {best.trial}{beside}."


def _best_until(story: Story, time: float) -> float | None:
    to_minimise = story.setup.goal.to_minimise
    values = (one.event.value for one in story.records if isinstance(one.event, Report) and one.elapsed <= time)
    finite = [value for value in values if value - value == 0.0]
    return min(finite, key=to_minimise, default=None)
