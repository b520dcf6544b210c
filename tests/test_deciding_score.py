"""The score that decided which candidate was suggested stands in the evidence."""

from typing import Any

import pytest

import pure_hb as hb
from pure_hb.protocol import Scored

SPACE, CURVES = hb.Space(x=hb.Float(0.0, 1.0)), (0.05, 0.2, 0.4, 0.6, 0.75, 0.95)


def scored(goal: hb.Minimize | hb.Maximize, **options: Any) -> list[dict[str, float]]:
    """What is said of the candidates of one suggestion by the model, the chosen one first."""
    setup = hb.mobster(SPACE, goal, max_resource=9, num_init_random=3, points_to_evaluate=[], **options)
    state = hb.initial(setup)
    for x in CURVES:
        value = (x - 0.3) ** 2 if isinstance(goal, hb.Minimize) else -((x - 0.3) ** 2)
        state, _ = hb.decide(state, hb.Observe({"x": x}, [(1, value), (3, value)]))
    _, action = hb.decide(state, hb.Ask("ann"))
    assert isinstance(action, hb.Start)
    return [dict(one.numbers) for one in action.evidence if isinstance(one, Scored)]


@pytest.mark.parametrize("scoring", ["thompson", "thompson_indep"])
def test_the_smallest_draw_was_chosen(scoring: str) -> None:
    draws = [one["draw"] for one in scored(hb.Minimize("loss"), initial_scoring=scoring)]
    assert len(draws) == 4
    assert draws == sorted(draws)


def test_the_largest_draw_was_chosen_where_the_metric_is_maximised() -> None:
    draws = [one["draw"] for one in scored(hb.Maximize("accuracy"), target_warping="none", initial_scoring="thompson")]
    assert draws == sorted(draws, reverse=True)


def test_the_acquisition_is_no_draw() -> None:
    found = scored(hb.Minimize("loss"))
    values = [one["acquisition"] for one in found]
    assert values == sorted(values)
    assert not any("draw" in one for one in found)


def test_what_was_moved_downhill_was_not_drawn_but_its_start_was() -> None:
    found = scored(hb.Minimize("loss"), initial_scoring="thompson", skip_local_optimization=False)
    assert "draw" not in found[0]
    assert found[0]["acquisition"] == min(one["acquisition"] for one in found)
    assert all("draw" in one for one in found[1:])
