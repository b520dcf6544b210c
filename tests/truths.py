"""Is a counterfactual that is called known the truth? Logs of a table, changed, beside true re-runs of the table.

    python -m tests.truths [--logs 30]

Each log is changed in ten ways. The truth is `simulate` with the changed setup, whose initial points are the recorded
configurations: it knows all of the table. What is called known must be the beginning of the truth, decision by
decision; with a table everything is known, and must be all of it. Printed is the share of the true decisions that is
known.
"""

import argparse
from collections.abc import Iterator

import numpy as np
from attrs import evolve, frozen

import pure_hb as hb
from pure_hb.explaining.story import Story
from pure_hb.explaining.what_if import Change, WhatIf, what_if
from pure_hb.journal import Record
from pure_hb.protocol import Action, Event
from pure_hb.search import RandomSearch

CHANGES = (
    Change(),
    Change(eta=2),
    Change(eta=4),
    Change(eta=9),
    Change(brackets=1),
    Change(brackets=3),
    Change(method="ASHA-STOP"),
    Change(method="ASHA-PROM"),
    Change(method="PASHA"),
    Change(max_trials=9),
)
METHODS = ("ASHA-STOP", "ASHA-PROM", "HYPERBAND-STOP", "HYPERBAND-PROM", "PASHA", "RANDOM")


def a_table(seed: int) -> hb.Table:
    """Curves that cross, of which no two epochs take equally long."""
    given = np.random.default_rng(seed)
    rows, epochs = 60, np.arange(1, 28)
    configs = given.random((rows, 2))
    quality, speed = given.random((rows, 1)), given.random((rows, 1)) + 0.2
    metric = quality + (1 - quality) * np.exp(-speed * epochs / 4) + 0.02 * given.standard_normal((rows, 27))
    seconds = np.cumsum(0.5 + given.random((rows, 27)), axis=1)
    space = hb.Space(x=hb.Float(0.0, 1.0), y=hb.Float(0.0, 1.0))
    return hb.Table(f"table {seed}", space, hb.Minimize("error"), configs, metric, seconds)


Pairs = list[tuple[float, Event, Action]]


def simulated(table: hb.Table, setup: hb.Setup, trials: int) -> Pairs:
    found: Pairs = []
    hb.simulate(table, setup, max_trials=trials, record=lambda *one: found.append(one))
    return found


def logged(setup: hb.Setup, found: Pairs) -> Story:
    records = (Record(number, event, action, time) for number, (time, event, action) in enumerate(found, 1))
    return Story("the log", setup, tuple(records))


def logs(count: int, trials: int = 18) -> Iterator[tuple[str, hb.Table, Story]]:
    for seed in range(count):
        table, name = a_table(seed), METHODS[seed % len(METHODS)]
        setup = hb.METHODS[name](table.space, table.goal, max_resource=27, seed=seed)
        yield name, table, logged(setup, simulated(table, setup, trials))


def truth(table: hb.Table, story: Story, answer: WhatIf) -> Pairs:
    configs = tuple(one.action.config for one in story.records if isinstance(one.action, hb.Start))
    setup = evolve(answer.setup, points=configs, search=RandomSearch())
    return simulated(table, setup, answer.change.max_trials or len(configs))


def told(event: Event, action: Action) -> tuple[object, ...]:
    """What is compared: the event with its value, and all of the action but its evidence."""
    return (event, evolve(action, evidence=()))


@frozen
class Share:
    """How much was known of the true decisions."""

    kind: str
    known: int
    true: int
    complete: bool


def check(table: hb.Table, story: Story, change: Change) -> Share:
    """Raises AssertionError where what is called known is not true."""
    answer = what_if(story, change)
    true = truth(table, story, answer)
    known = answer.found.decisions
    where = f"{story.setup.method}, seed {story.setup.seed}, {change}"
    for number, (one, (time, event, action)) in enumerate(zip(known, true, strict=False), 1):
        assert told(one.event, one.action) == told(event, action), (
            f"{where}: decision {number}: {one} is {event} {action}"
        )
        assert abs(one.time - time) <= 1e-9 * max(1.0, time), f"{where}: decision {number} at {one.time}, not {time}"
    assert len(known) <= len(true), where
    assert not answer.is_complete or len(known) == len(true), where
    filled = what_if(story, change, table)
    assert filled.is_complete, f"{where}: {filled.found.unknown}"
    assert [told(one.event, one.action) for one in filled.found.decisions] == [told(e, a) for _, e, a in true], where
    return Share(str(change), len(known), len(true), answer.is_complete)


def shares(count: int) -> list[Share]:
    return [check(table, story, change) for _, table, story in logs(count) for change in CHANGES]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare counterfactuals with true re-runs.")
    parser.add_argument("--logs", type=int, default=30)
    found = shares(parser.parse_args().logs)
    for kind in dict.fromkeys(one.kind for one in found):
        these = [one for one in found if one.kind == kind]
        share = sum(one.known for one in these) / sum(one.true for one in these)
        print(f"{kind:24} {share:6.1%} known; to the end in {sum(one.complete for one in these)} of {len(these)} logs")
    print(f"{len(found)} answers, all that is called known is true")
