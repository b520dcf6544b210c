"""Does the audit see through a forged log? Whatever the rule: of who goes on, the coin, and what is remembered."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.auditing import Step, history, violations
from pure_hb.draws import KeyedDraws
from pure_hb.protocol import Drawn, Ranked, Resume, Start
from pure_hb.rungs import CoinPromotion
from pure_hb.rungs.rules import PashaMemory, RushMemory
from pure_hb.rungs.rules.rush import Threshold
from pure_hb.testing.books import Books

SPACE = hb.Space(x=hb.Float(0.0, 1.0), k=hb.Int(0, 50))
POINTS = [{"x": 0.1}, {"x": 0.9}]
FEW: dict[str, Any] = {"num_init_random": 3, "num_init_candidates": 4, "opt_maxiter": 3, "opt_nstarts": 1}
ERROR = hb.Minimize("error")


def by(type: Any, **brackets: Any) -> hb.Setup:
    return hb.asha(SPACE, ERROR, max_resource=9, type=type, points_to_evaluate=POINTS, **brackets)


SHARED: dict[str, Any] = {"brackets": 2}
SEPARATE: dict[str, Any] = {"brackets": 2, "rung_system_per_bracket": True}


PROMOTING: dict[str, Callable[[], hb.Setup]] = {
    "promotion": lambda: by("promotion"),
    "PASHA": lambda: by("pasha"),
    "RUSH": lambda: by("rush_promotion"),
    "cost": lambda: by("cost_promotion"),
    "one epoch": lambda: hb.one_epoch(SPACE, ERROR, max_resource=9, num_trials=6, num_best=3),
    **{
        f"{type}, {name} rungs": partial(by, type, **brackets)
        for type in ("promotion", "pasha", "rush_promotion", "cost_promotion")
        for name, brackets in (("shared", SHARED), ("separate", SEPARATE))
    },
    "coin": lambda: hb.dyhpo(SPACE, ERROR, max_resource=9, probability_sh=0.5, **FEW),
}


def steps_of(setup: hb.Setup, steps: int = 60) -> Iterator[Step]:
    """A run of one worker after the other, whose values fall with the number of the trial and then rise again."""
    state = hb.initial(setup)
    for number in range(steps):
        found = list(history(state, [hb.Ask(f"w{number}")]))
        action = found[0].action
        if isinstance(action, hb.Start | hb.Resume):
            value = abs(action.trial - 6.5) / action.until
            report = hb.Report(action.trial, action.until, value, cost=1.0 + action.trial % 3)
            found += history(found[0].after, [report])
        yield from found
        state = found[-1].after


def judged(step: Step, action: hb.Action) -> list[str]:
    """The invariants that a step violates in which the log says something else."""
    forged = Step(step.before, step.event, action, hb.advance(step.before, step.event, action))
    return [one.invariant.name for one in violations((forged,))]


@pytest.mark.parametrize("name", [*PROMOTING, "stopping", "RUSH, stopping"])
def test_what_decide_says_is_no_forgery(name: str) -> None:
    setup = PROMOTING[name]() if name in PROMOTING else by("stopping" if name == "stopping" else "rush_stopping")
    books = Books(setup)
    for step in steps_of(setup):
        assert not violations((step,))
        if step.action.logged:
            books.write(step.event, step.action)
            assert not list(books.differences(step.after))


def worst(state: hb.State, but: int) -> tuple[int, int] | None:
    """The worst trial that waits anywhere, and its level."""
    systems = state.ladder.systems
    waiting = [
        (entry, rung.level) for rungs in systems for rung in rungs for entry in rung.waiting if entry.trial != but
    ]
    if not waiting:
        return None
    entry, level = max(waiting, key=lambda one: (one[0].value, one[1]))
    return entry.trial, level


def promoted(state: hb.State, place: tuple[int, int]) -> Resume:
    """The promotion of a trial, by a rank that is none."""
    trial, (number, level) = state.trials[place[0]], place
    until = state.ladder.plan.milestone(trial.bracket, trial.highest)
    entries = len(state.ladder.rung(trial.bracket, level))
    evidence = (Ranked(number, level, trial.start_from, entries, 0, entries - 1, True, 0.0),)
    return Resume(number, trial.config, trial.start_from, until, trial.leg + 1, level, evidence=evidence)


@pytest.mark.parametrize("name", PROMOTING)
def test_the_worst_promoted_by_a_false_rank_is_a_violation(name: str) -> None:
    forged = 0
    for step in steps_of(PROMOTING[name]()):
        if not isinstance(step.event, hb.Ask) or not isinstance(step.action, Start | Resume):
            continue
        place = worst(step.before, step.action.trial)
        if place is None:
            continue
        found = judged(step, promoted(step.before, place))
        assert "ranked_truly" in found
        bare = judged(step, evolve(promoted(step.before, place), evidence=()))
        assert "promoted_as_the_rule_says" in bare or name == "coin", "also if the log says nothing of ranks"
        forged += 1
    assert forged > 5


@pytest.mark.parametrize("name", PROMOTING)
def test_whoever_starts_a_trial_or_waits_where_one_is_promoted_violates_the_rule(name: str) -> None:
    forged = 0
    for step in steps_of(PROMOTING[name]()):
        if step.promoted_from is None or (name == "coin" and not says_promotion(step)):
            continue
        config = hb.Configuration({"x": 0.123, "k": step.before.clock % 50})
        assert step.trial is not None
        bracket = step.before.trials[step.trial].bracket
        start = Start(len(step.before.trials), config, bracket, step.before.ladder.plan.milestone(bracket, 0))
        for other in (start, hb.Wait(), hb.Done()):
            assert "promoted_as_the_rule_says" in judged(step, other)
        forged += 1
    assert forged > 2


def says_promotion(step: Step) -> bool:
    rule = step.before.setup.rule
    assert isinstance(rule, CoinPromotion)
    looks = rule.looks(KeyedDraws(step.before.setup.seed, step.before.clock))
    return looks and any(
        isinstance(one, Ranked) and one.passes for one in step.action.evidence
    )  # else it promotes nobody


def test_a_forged_coin_is_a_violation() -> None:
    both = set()
    for step in steps_of(PROMOTING["coin"]()):
        coin = next((one for one in step.action.evidence if isinstance(one, Drawn) and one.purpose == "coin"), None)
        if coin is None:
            continue
        both.add(coin.selected)
        other = evolve(coin, uniform=1.0 - coin.uniform)
        turned = evolve(coin, selected="the model" if coin.selected != "the model" else "a promotion as in ASHA")
        for wrong in (other, turned):
            evidence = tuple(wrong if one is coin else one for one in step.action.evidence)
            assert "drawn_truly" in judged(step, evolve(step.action, evidence=evidence))
    assert len(both) == 2


@pytest.mark.parametrize("brackets", [SHARED, SEPARATE])
@pytest.mark.parametrize("make", [hb.asha, partial(hb.hyper_tune, **FEW)])
def test_a_forged_bracket_is_a_violation(make: Any, brackets: dict[str, Any]) -> None:
    """Also where the draw is said to have selected it."""
    forged = 0
    for step in steps_of(make(SPACE, ERROR, max_resource=9, type="promotion", **brackets)):
        drawn = next((one for one in step.action.evidence if isinstance(one, Drawn) and one.purpose == "bracket"), None)
        if drawn is None or not isinstance(step.action, Start):
            continue
        other = 1 - step.action.bracket
        evidence = tuple(evolve(one, selected=str(other)) if one is drawn else one for one in step.action.evidence)
        until = step.before.ladder.plan.milestone(other, 0)
        for said in (evidence, step.action.evidence):
            assert "drawn_truly" in judged(step, evolve(step.action, bracket=other, until=until, evidence=said))
        forged += 1
    assert forged > 5


@pytest.mark.parametrize(
    ("type", "forge"),
    [
        ("pasha", lambda memory: PashaMemory((evolve(memory.caps[0], cap=9, top=1),))),
        ("pasha", lambda memory: PashaMemory((evolve(memory.caps[0], epsilon=memory.caps[0].epsilon + 1.0),))),
        ("rush_promotion", lambda memory: RushMemory((*memory.candidates, 9), memory.thresholds)),
        ("rush_stopping", lambda memory: RushMemory(memory.candidates, (Threshold(0, 1, 1e-9, 0),))),
        ("rush_stopping", lambda _: RushMemory()),
    ],
)
def test_a_forged_memory_is_a_violation(type: Any, forge: Callable[[Any], Any]) -> None:
    forged = 0
    for step in steps_of(by(type)):
        if not isinstance(step.event, hb.Report) or step.event.resource >= 9:
            continue
        assert isinstance(step.action, hb.Continue | hb.Pause | hb.Stop)
        memory = forge(step.after.memory)
        if memory == step.after.memory:
            continue
        assert "remembered_truly" in judged(step, evolve(step.action, memory=memory))
        forged += 1
    assert forged > 5


@pytest.mark.parametrize("type", ["stopping", "rush_stopping"])
def test_who_goes_on_where_the_rule_ends_a_trial_is_a_violation(type: Any) -> None:
    turned = set()
    for step in steps_of(by(type)):
        event, action = step.event, step.action
        if not isinstance(event, hb.Report) or not isinstance(action, hb.Continue | hb.Stop) or action.level is None:
            continue
        other: hb.Action
        if isinstance(action, hb.Stop):
            until = step.before.ladder.plan.milestone(0, event.resource)
            other = hb.Continue(action.trial, until, action.level, memory=action.memory)
        else:
            other = hb.Stop(action.trial, action.level, memory=action.memory)
        turned.add(hb.Stop if isinstance(action, hb.Stop) else hb.Continue)
        assert "judged_as_the_rule_says" in judged(step, other)
    assert turned == {hb.Stop, hb.Continue}


def test_the_books_say_who_goes_on_next_and_find_another_memory() -> None:
    setup = by("pasha")
    books, last = Books(setup), None
    for step in steps_of(setup):
        if step.action.logged:
            books.write(step.event, step.action)
            last = step.after
    assert last is not None
    assert isinstance(last.memory, PashaMemory)
    assert not list(books.differences(last))
    capped = evolve(last, memory=PashaMemory((evolve(last.memory.caps[0], cap=1),)))
    assert [one.split(":")[0] for one in books.differences(capped)][-1] == "what the rule remembers"
