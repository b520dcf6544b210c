"""Does a decision turn exactly where `explain` says? A count over sampled stop, pause and promote decisions.

    python -m tests.flips [--decisions 10000] [--seed 0]

Random logs are played under every rule. Of each sampled decision the value at which it turns is asked, and then decided
again, by `decide` alone, with that value and with the next worse float: the first must go on, the second must not.

- A report under a rule that stops is decided again.
- After a report under a rule that pauses, workers ask until nobody is promoted any more: the trial is among those that
  were promoted, or not.
- For a promotion the log is folded again with the other value in the report that made the entry, and its Ask is decided
  again. What the rule remembers stays as it was.
"""

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from typing import Final

from attrs import evolve

import pure_hb as hb
from pure_hb.explaining.story import Story, Told
from pure_hb.explaining.turning import Turn, next_worse, turn_of_promotion, turn_of_report
from pure_hb.rungs.rules import Type

SPACE = hb.Space(x=hb.Float(0.0, 1.0), k=hb.Int(0, 50))
POINTS = [{"x": 0.1}, {"x": 0.9}]
TYPES: Final[tuple[Type, ...]] = ("promotion", "stopping", "pasha", "rush_promotion", "rush_stopping", "cost_promotion")


def setups(seed: int) -> Iterator[tuple[str, hb.Setup]]:
    """A setup for every rule, with one bracket or several, for both goals."""
    for type in TYPES:
        for goal in (hb.Minimize("error"), hb.Maximize("score")):
            for brackets in (1, 3):
                points = POINTS if type.startswith("rush") else None
                yield (
                    type,
                    hb.asha(
                        SPACE, goal, max_resource=27, type=type, brackets=brackets, seed=seed, points_to_evaluate=points
                    ),
                )
    one = hb.one_epoch(SPACE, hb.Minimize("error"), max_resource=9, num_trials=20, num_best=5, seed=seed)
    yield "one epoch", one


def played(setup: hb.Setup, seed: int, events: int) -> Story:
    """A log of workers that train at random speeds; values are rounded, so that many are equal."""
    given = random.Random(f"{seed} {setup.rule}")
    state, pairs = hb.initial(setup), list[tuple[hb.Event, hb.Action]]()
    while len(pairs) < events:
        worker = f"w{given.randrange(6)}"
        held = state.trials.held(worker)
        event: hb.Event = hb.Ask(worker)
        if held is not None:
            value = given.choice((round(given.gauss(), 1), given.gauss() / (held.highest + 1), 0.0, -0.0))
            cost = float(given.randint(1, 9)) if setup.rule.needs_cost else None
            event = hb.Report(held.number, held.highest + 1, value, cost)
        state, action = hb.decide(state, event)
        if action.logged:
            pairs.append((event, action))
        elif isinstance(action, hb.Done):
            break
    return Story.of_pairs(setup, pairs)


def goes_on(story: Story, told: Told, value: float) -> bool:
    """Whether the trial goes on with this value, decided again."""
    event, action, state = told.step.event, told.step.action, told.step.before
    if isinstance(event, hb.Report):
        after, action = hb.decide(state, evolve(event, value=value))
        return isinstance(action, hb.Continue) if not state.setup.rule.waits else event.trial in promoted(after)
    assert isinstance(action, hb.Resume)
    made = max(
        one.number
        for one in story.records[: told.record.number]
        if isinstance(one.event, hb.Report)
        and one.event.trial == action.trial
        and getattr(one.action, "level", None) == action.promoted_from
    )
    before = story.records[: told.record.number - 1]
    other = hb.fold(story.setup, ((_told(one.event, one.number == made, value), one.action) for one in before))
    again = hb.choose(evolve(other, memory=state.memory), event)
    return isinstance(again, hb.Resume) and again.trial == action.trial


def _told(event: hb.Event, is_it: bool, value: float) -> hb.Event:
    return evolve(event, value=value) if is_it and isinstance(event, hb.Report) else event


def promoted(state: hb.State) -> set[int]:
    """Who is promoted when free workers ask, one after the other, in all brackets."""
    found: set[int] = set()
    for number in range(10**6):
        after, action = hb.decide(state, hb.Ask(f"asks {number}", new_trials=False))
        if not isinstance(action, hb.Resume):
            return found
        if action.promoted_from is not None:  # the broken ones come first
            found.add(action.trial)
        state = after
    raise AssertionError


def check(story: Story, told: Told, turn: Turn) -> str:
    """What a turn is, after it has been decided again. Raises AssertionError if it is not so."""
    goal, where = story.setup.goal, f"{story.setup.rule} seed {story.setup.seed} record {told.record.number}: {turn}"
    if turn.limit is not None:
        assert goes_on(story, told, turn.limit), f"{where}: it does not go on"
        assert not goes_on(story, told, next_worse(turn.limit, goal)), f"{where}: one float further it still goes on"
        return "flips"
    best, worst = (goal.to_minimise(sign * 1e300) for sign in (-1, 1))
    if turn.never:
        assert not goes_on(story, told, best), where
        return "never"
    assert turn.always, where
    assert goes_on(story, told, worst), where
    return "always"


def count(decisions: int, seed: int = 0, events: int = 160, each: int = 12) -> Counter[tuple[str, str, str]]:
    """(rule, decision, answer) -> how many there were."""
    found: Counter[tuple[str, str, str]] = Counter()
    given = random.Random(seed)
    while sum(found.values()) < decisions:
        seed += 1
        for name, setup in setups(seed):
            story = played(setup, seed, events)
            told = [one for one in story.told() if _turns(one)]
            for one in given.sample(told, min(each, len(told))):
                turn = turn_of_report(one.step) or turn_of_promotion(one.step, story.arrivals(one.record.number))
                assert turn is not None
                action = "go on" if isinstance(one.step.action, hb.Continue) else type(one.step.action).__name__.lower()
                found[name, "promote" if action == "resume" else action, check(story, one, turn)] += 1
    return found


def _turns(told: Told) -> bool:
    action = told.step.action
    return getattr(action, "level", None) is not None or told.step.promoted_from is not None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Count decisions that turn where explain says.")
    parser.add_argument("--decisions", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    counted = count(chosen.decisions, chosen.seed)
    for key, number in sorted(counted.items()):
        print(f"{number:6}  {', '.join(key)}")
    print(f"{sum(counted.values()):6}  decisions, all of them as explained")
