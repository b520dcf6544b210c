"""Does the conformance runner judge cases that the golden set does not have? Each is as small as it can be."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.conformance.outcome import Kind, Outcome
from tests.conformance.run import outcomes

Step = Mapping[str, Any]


def trace(type: str, steps: list[Step], **options: Any) -> dict[str, Any]:
    setup = {"mode": "min", "max_t": 9, "grace_period": 1, "reduction_factor": 3, "rung_increment": None}
    setup |= {"rung_levels": None, "brackets": 1, "rung_system_per_bracket": False, "num_threshold_candidates": None}
    world = {"checkpoint": options.pop("checkpoint", True)}
    derived = {"levels": [1, 3]}
    document = {"kind": "scheduler", "name": "small", "type": type, "setup": setup | options, "derived": derived}
    return document | {"world": world, "steps": steps}


def ask(expect: Mapping[str, Any], config: Any = "any", **given: Any) -> Step:
    return {"event": {"ask": "w"}, "given": {"bracket": 0, "config": config, **given}, "expect": expect}


def report(trial: int, resource: int, value: float, expect: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    cost = {"cost": more.pop("cost")} if "cost" in more else {}
    told = {"trial": trial, "resource": resource, "value": value, **cost}
    return {"event": {"report": told}, "expect": expect, **more}


def start(trial: int, until: int, bracket: int = 0) -> dict[str, Any]:
    return {"action": "start", "trial": trial, "bracket": bracket, "until": until}


def judged(document: Mapping[str, Any]) -> list[Outcome]:
    return list(outcomes(document, "small"))


def kinds(document: Mapping[str, Any]) -> list[str]:
    """How each step was judged; what is said of the levels comes first and is left out."""
    return [outcome.kind.value for outcome in judged(document)][1:]


@pytest.mark.parametrize(("cap", "verdict"), [(9, "passed"), (3, "failed")])
def test_the_cap_of_pasha_is_that_of_the_bracket_whose_trial_reports(cap: int, verdict: str) -> None:
    """The rungs of bracket 0 are 1 and 3, its cap is 3 at first; bracket 1 has one level, and so no cap below 9."""
    steps = [
        ask(start(0, 3, bracket=1), bracket=1),
        report(0, 1, 0.5, {"action": "continue"}, evidence={"cap": cap, "epsilon": 0.0}),
    ]
    assert kinds(trace("pasha", steps, brackets=2, rung_system_per_bracket=True)) == ["passed", verdict]


@pytest.mark.parametrize(("cap", "verdict"), [(3, "passed"), (9, "failed")])
def test_with_shared_rungs_there_is_one_cap_of_pasha(cap: int, verdict: str) -> None:
    steps = [
        ask(start(0, 3, bracket=1), bracket=1),
        report(0, 1, 0.5, {"action": "continue"}, evidence={"cap": cap, "epsilon": 0.0}),
    ]
    assert kinds(trace("pasha", steps, brackets=2)) == ["passed", verdict]


def test_the_search_of_dyhpo_starts_nothing_where_no_configuration_is_left() -> None:
    nothing = {"action": "none", "scored": []}
    steps = [ask(nothing, config=None, coin=1.0, pick={"new": True}), ask(nothing, config=None, coin=1.0)]
    assert kinds(trace("dyhpo", steps, probability_sh=0.25)) == ["passed", "passed"]


def paused(trial: int, at: int, entries: int, cost: float) -> Step:
    """Trials are the worse the higher their number, and report in this order."""
    evidence = {"level": at, "n": entries, "rank": entries - 1}
    return report(trial, at, 0.1 * (trial + 1), {"action": "pause", "at": at}, cost=cost, evidence=evidence)


def resume(trial: int, level: int, until: int) -> dict[str, Any]:
    return {"action": "resume", "trial": trial, "from": level, "until": until}


def restarted(last: Mapping[str, Any]) -> dict[str, Any]:
    """Two trials begin their second leg at resource 1 again. At level 3 the reference counts 3 and 6.5, of which the
    third part is above 3; ours counts 4 and 7.5, of which it is below 4."""
    ignored, steps = {"action": "continue", "ignored": True}, list[Step]()
    for trial in range(6):
        steps += [ask(start(trial, 1)), paused(trial, 1, trial + 1, 1.0)]
        if trial in (2, 5):
            best = 0 if trial == 2 else 1
            steps += [ask(resume(best, 1, 3)), report(best, 1, 0.1 * (best + 1), ignored, cost=1.0)]
            steps.append(paused(best, 3, best + 1, (3.0, 6.5)[best]))
    return trace("cost_promotion", [*steps, ask(last), ask(start(6, 1))], checkpoint=False)


def test_cost_promotion_after_restarts_is_followed_up_to_the_step_at_which_costs_decide_otherwise() -> None:
    found = judged(restarted(resume(0, 3, 9)))
    assert [one for one in found[:-2] if one.kind is not Kind.PASSED] == []
    assert [(one.where, one.kind) for one in found[-2:]] == [(f"small step {n}", Kind.SKIPPED) for n in (18, 19)]
    assert {one.why.split(":")[0] for one in found[-2:]} == {"decisions 3.7"}


def test_what_the_costs_of_the_reference_do_not_explain_is_still_a_failure() -> None:
    assert kinds(restarted(resume(1, 3, 9))) == ["passed"] * 18 + ["failed"]


@pytest.mark.parametrize("type", ["ordinal", "choice"])
@pytest.mark.parametrize("values", [[1, 2, 2, 4], ["a", "b", "a"]])
def test_a_space_that_lists_a_value_twice_is_skipped(type: str, values: list[Any]) -> None:
    domain = {"type": type, "categories": values, "kind": "equal"}
    (only,) = judged({"kind": "space", "name": "small", "space": {"x": domain}, "order": ["x"]})
    assert (only.kind, only.why.split(":")[0]) == (Kind.SKIPPED, "decisions 6.18")
