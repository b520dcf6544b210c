"""Kinds `scheduler` (decision traces), `levels` and `cutoff`."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from attrs import evolve

from pure_hb.draws import Draws, Purpose, Uniforms
from pure_hb.machine import Maximize, Minimize, Setup, State, advance, asha, choose, initial
from pure_hb.protocol import (
    Action,
    Ask,
    Complete,
    Continue,
    Done,
    Event,
    Fail,
    Figures,
    Noted,
    Pause,
    Ranked,
    Report,
    Resume,
    Start,
    Stop,
    Wait,
)
from pure_hb.rungs import (
    TYPES,
    CoinPromotion,
    Rung,
    SetupError,
    bracket_count,
    bracket_distribution,
    quantiles,
    rung_levels,
)
from pure_hb.rungs.rules import PashaMemory
from pure_hb.search import RandomSearch, Resumption, Suggestion, View
from pure_hb.space import Float, Space
from tests.conformance.costs import ReferenceCosts
from tests.conformance.outcome import Document, Outcome, agree, compared, failed, passed, skipped

RELATIVE = 1e-12
SPACE = Space(x=Float(0.0, 1.0))


class _Given:
    """The draws that a step gives: its bracket, and a configuration that was not seen before."""

    def __init__(self, setup: Setup, step: int, given: Mapping[str, Any]) -> None:
        probabilities, bracket = setup.bracket_distribution(), given.get("bracket", 0)
        self.bracket = sum(probabilities[:bracket]) + 0.5 * probabilities[bracket]
        self.configuration = (step + 1) * 1e-5
        self.coin: float = given.get("coin", 0.0)

    def uniform(self, purpose: Purpose, index: int = 0, attempt: int = 0) -> float:
        given: dict[Purpose, float] = {Purpose.BRACKET: self.bracket, Purpose.COIN: self.coin}
        return given.get(purpose, self.configuration)

    def uniforms(self, purpose: Purpose, count: int, attempt: int = 0) -> Uniforms:
        return np.array([self.uniform(purpose, index, attempt) for index in range(count)])


class _Pick(RandomSearch):
    """DyHPO's search with a winner that is given; it keeps what was offered to it."""

    pick: ClassVar[Mapping[str, Any]] = {"new": True}
    offered: ClassVar[list[list[int]] | None] = None

    @property
    def resumes(self) -> bool:
        return True

    def suggest(self, view: View, draws: Draws) -> Suggestion | Resumption | None:  # type: ignore[override]  # DyHPO's
        waiting = view.waiting()
        _Pick.offered = [[one.trial, one.next_level] for one in waiting]
        if "trial" not in self.pick:
            return super().suggest(view, draws) if view.new_trials else None
        return Resumption(next(one for one in waiting if one.trial == self.pick["trial"]), ())


def check(document: Document) -> Iterator[Outcome]:
    name, kind, given = document["name"], document["type"], document["setup"]
    if kind not in (*TYPES, "dyhpo"):
        yield skipped(name, f"type {kind} is not built yet")
        return
    if kind == "dyhpo" and given["brackets"] != 1:
        for number in range(len(document["steps"])):
            yield skipped(f"{name} step {number}", "decisions 6.23, 6.25: DyHPO takes one bracket and refuses more")
        return
    goal = Maximize("metric") if given["mode"] == "max" else Minimize("metric")
    options = {key: given[key] for key in ("grace_period", "brackets") if given.get(key) is not None}
    setup = asha(
        SPACE,
        goal,
        type="promotion" if kind == "dyhpo" else kind,
        max_resource=given["max_t"],
        reduction_factor=given["reduction_factor"],
        rung_increment=given["rung_increment"],
        rung_levels=given["rung_levels"],
        rung_system_per_bracket=bool(given["rung_system_per_bracket"]),
        max_failures=1,  # decisions, 3.9: the reference ends a trial at its first failure
        points_to_evaluate=[{"x": 0.5 + 0.01 * place} for place in range(given.get("num_threshold_candidates") or 0)],
        **options,
    )
    if kind == "dyhpo":
        setup = evolve(setup, rule=CoinPromotion(given["probability_sh"]), search=_Pick())
    yield compared(f"{name} levels", list(setup.levels), document["derived"]["levels"])
    yield from _replay(document, setup)


def _replay(document: Document, setup: Setup) -> Iterator[Outcome]:
    name, kind, steps = document["name"], document["type"], document["steps"]
    afresh = document["world"].get("checkpoint") is False  # resumed trials begin at resource 1 again
    state, theirs = initial(setup), ReferenceCosts()
    for number, step in enumerate(steps):
        where = f"{name} step {number}"
        excuse = _excuse(state, step)
        if excuse:
            for later in range(number, len(steps)):
                yield skipped(f"{name} step {later}", excuse)
            return
        given = step.get("given", {})
        event = _event(step, given)
        _Pick.pick, _Pick.offered = given.get("pick", {"new": True}), None
        draws = _Given(setup, number, given)
        action = choose(state, event, draws)
        after = advance(state, event, action)
        wrong = _disagreement(action, step["expect"]) or _evidence(action, step) or _offered(step["expect"])
        wrong = wrong or _of_rule(action, after, step, afresh)
        if wrong and kind in ("pasha", "cost_promotion") and _moved_ties(state):
            for later in range(number, len(steps)):
                yield skipped(f"{name} step {later}", "decisions 3.1: a promoted entry stays before its equals")
            return
        if wrong and kind == "cost_promotion" and theirs.explain(state, step, given.get("bracket", 0), draws):
            for later in range(number, len(steps)):
                yield skipped(
                    f"{name} step {later}", "decisions 3.7: what a restarted script spends again counts again"
                )
            return
        if wrong:
            yield failed(where, f"{event} -> {action}: {wrong}")
            return
        yield passed(where)
        theirs.follow(step)
        state = after


def _moved_ties(state: State) -> bool:
    """Whether a rung has equal entries of which one was promoted: the reference moves it behind the others."""
    return any(
        value == other and not waits
        for system in state.ladder.systems
        for rung in system
        for (value, _, waits), (other, _, _) in pairwise(rung.entries)
    )


def _offered(expect: Mapping[str, Any]) -> str | None:
    """What was offered to DyHPO's search, if it was asked."""
    if _Pick.offered == expect.get("scored"):
        return None
    return f"offered {_Pick.offered}, expected {expect.get('scored')}"


def _event(step: Mapping[str, Any], given: Mapping[str, Any]) -> Event:
    match step["event"]:
        case {"ask": worker}:
            return Ask(worker, new_trials=given["config"] is not None)
        case {"report": {"trial": trial, "resource": resource, "value": value}}:
            return Report(trial, resource, value, step["event"]["report"].get("cost"))
        case {"complete": {"trial": trial}}:
            return Complete(trial)
        case {"fail": {"trial": trial}}:
            return Fail(trial)
        case unknown:
            raise ValueError(f"unknown event {unknown}")


def _excuse(state: State, step: Mapping[str, Any]) -> str | None:
    """From this step on, does the trace follow the reference where we differ on purpose?"""
    if step.get("rounding"):
        return "decisions 6.1: ranks decide, not a rounded cutoff"
    report = step["event"].get("report")
    if report is not None and report["trial"] in state.trials:
        trial = state.trials[report["trial"]]
        jumps = trial.until < report["resource"] and trial.until < state.setup.max_resource
        if trial.worker is not None and jumps and report["resource"] < state.setup.max_resource:
            return "decisions 6.3, 6.16: a report past its milestone makes an entry"
    given = step.get("given", {})
    if state.setup.separate_rungs and "config" in given and given["config"] is None:
        return "decisions 6.10: without a configuration the other brackets are searched too"
    return None


def _disagreement(action: Action, expect: Mapping[str, Any]) -> str | None:
    match expect["action"], action:
        case "start", Start(trial, _, bracket, until):
            ours = {"action": "start", "trial": trial, "bracket": bracket, "until": until}
        case "resume", Resume(trial=trial, start_from=start, until=until):
            ours = {"action": "resume", "trial": trial, "from": start, "until": until}
        case "none", Wait() | Done():
            return None
        case "continue", Continue(logged=logged, level=level, until=until):
            if expect.get("ignored"):
                return "it was accepted" if logged else None
            return f"until is {until}" if "until" in expect and until != expect["until"] else None
        case "pause", Pause(logged=True, level=level):
            return None if level == expect["at"] else f"paused at {level}"
        case "stop", Stop(logged=True):
            return None
        case "ignored", _:
            return "it was accepted" if action.logged else None
        case "noted", Noted() | Stop():
            return None
        case _:
            return f"expected {dict(expect)}"
    shown = {key: value for key, value in expect.items() if key != "scored"}
    return None if ours == shown else f"expected {shown}"


def _evidence(action: Action, step: Mapping[str, Any]) -> str | None:
    expected = step.get("evidence") or {}
    ranked = [record for record in action.evidence if isinstance(record, Ranked)]
    if "level" in expected:
        ours = {"level": ranked[0].level, "n": ranked[0].entries, "rank": ranked[0].rank, "cutoff": ranked[0].cutoff}
        shown = {key: value for key, value in expected.items() if key in ours}
        named = {key: ours[key] for key in shown}
        return None if agree(named, shown, RELATIVE) else f"evidence {named}, expected {shown}"
    scan = [entry for entry in expected.get("scan", ()) if "best" in entry and "budget" not in entry]
    ours_scan = [
        {"level": one.level, "n": one.entries, "cutoff": one.cutoff, "best": one.trial, "rank": one.rank}
        for one in ranked
    ]
    return None if agree(ours_scan, scan, RELATIVE) else f"scanned {ours_scan}, expected {scan}"


def _of_rule(action: Action, after: State, step: Mapping[str, Any], afresh: bool) -> str | None:
    """What rules that remember, or look at costs, say of themselves."""
    expected = step.get("evidence") or {}
    due = {key: expected[key] for key in ("cap", "epsilon", "threshold", "total_cost") if key in expected}
    budgets = [entry for entry in expected.get("scan", ()) if "budget" in entry]
    if afresh:  # decisions, 3.7: what a restarted script spends again counts again
        budgets, _ = [], due.pop("total_cost", None)
    said: dict[str, Any] = {}
    for figures in action.evidence:
        said |= _numbers(figures) if isinstance(figures, Figures) else {}
    if isinstance(after.memory, PashaMemory) and "report" in step["event"]:
        bracket = after.trials[step["event"]["report"]["trial"]].bracket
        cap = after.memory.caps[bracket if after.setup.separate_rungs else 0]
        said |= {"cap": cap.cap, "epsilon": cap.epsilon}
    if "total_cost" in due:
        said["total_cost"] = after.trials[step["event"]["report"]["trial"]].cost
    ours = {key: said.get(key) for key in due}
    if not agree(ours, due, RELATIVE):
        return f"evidence {ours}, expected {due}"
    found = [_numbers(one) for one in action.evidence if isinstance(one, Figures) and one.of == "cost"]
    names = {"level": "level", "n": "entries", "budget": "budget", "spent": "spent", "best": "trial"}
    scanned = [{key: one[name] for key, name in names.items() if name in one} for one in found]
    return None if not budgets or agree(scanned, budgets, RELATIVE) else f"scanned {scanned}, expected {budgets}"


def _numbers(figures: Figures) -> dict[str, Any]:
    """Figures by name, counts and levels as ints."""
    whole = ("cap", "level", "entries", "trial")
    return {name: int(number) if name in whole else number for name, number in figures.numbers}


# ---- levels and cutoffs --------------------------------------------------------------------------------------------


def check_levels(document: Document) -> Iterator[Outcome]:
    for number, case in enumerate(document["cases"]):
        where = f"{document['name']} {number}"
        given = {key: value for key, value in case["given"].items() if value is not None}
        maximum, brackets = given.pop("max_t"), given.pop("brackets", 1)
        try:
            levels = rung_levels(maximum, **given)
            count = bracket_count(brackets, levels)
        except SetupError as error:
            yield passed(where) if case["expect"].get("error") else failed(where, str(error))
            continue
        ours = {
            "levels": list(levels),
            "quantiles": list(quantiles(levels, maximum)),
            "brackets": count,
            "bracket_distribution": list(bracket_distribution(tuple(levels), maximum, count)),
            "first_milestones": [*levels, maximum][:count],
        }
        yield compared(where, ours, case["expect"], relative=RELATIVE)


def check_cutoff(document: Document) -> Iterator[Outcome]:
    for number, case in enumerate(document["cases"]):
        given, expect = case["given"], case["expect"]
        sign = -1.0 if given["mode"] == "max" else 1.0
        rung = Rung(given["level"], given["next"])
        for trial, value in enumerate(given["values"]):
            rung = rung.enter(trial, sign * value, waits=False)
        standings = [rung.standing(sign * value) for value in given["values"]]
        cutoff = standings[0].cutoff
        ours = {
            "cutoff": None if cutoff is None else sign * cutoff,
            "order": list(rung.trials),
            "ranks": [standing.rank for standing in standings],
            "passing": [trial for trial, one in enumerate(standings) if one.passes or len(rung) < 2],
        }
        exactly = expect.get("passing_exactly", expect["passing"])
        expected = {"cutoff": expect["cutoff"], "order": expect["order"], "ranks": expect["ranks"], "passing": exactly}
        yield compared(f"{document['name']} {number}", ours, expected, relative=RELATIVE)
