"""Does a `Setup` refuse parts that do not fit, and say what is odd?"""

from typing import Any

import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.machine.setup import doubts

SETUP = hb.asha(hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error"), max_resource=27, rung_levels=(1, 3, 9))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": -1}, "seed .*at least 0"),
        ({"max_failures": 0}, "max_failures .*at least 1"),
        ({"levels": (), "max_resource": 0}, "max_resource .*at least 1"),
        ({"space": {"x": 1}}, r"space is a dict; make one: Space\("),
        ({"goal": "error"}, r'goal is \'error\'; write Minimize\("error"\) or Maximize'),
        ({"goal": None}, r'goal is None; write Minimize\("validation_error"\)'),
        ({"levels": (1, 9, 3)}, r"levels \(1, 9, 3\) do not increase strictly below max_resource 27"),
        ({"levels": (1, 1, 3)}, r"levels \(1, 1, 3\) do not increase"),
        ({"levels": (0, 1, 3)}, r"levels \(0, 1, 3\) do not increase"),
        ({"levels": (1, 3, 27)}, r"levels \(1, 3, 27\) do not increase"),
        ({"brackets": 5}, "5 brackets need at least 4 levels, got"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(hb.SetupError, match=message):
        evolve(SETUP, **change)


@pytest.mark.parametrize("brackets", [1, 2, 3, 4])
def test_there_may_be_one_bracket_more_than_levels(brackets: int) -> None:
    assert evolve(SETUP, brackets=brackets).brackets == brackets


@pytest.mark.parametrize(("levels", "odd"), [(7, False), (8, True)])
def test_many_levels_are_odd(levels: int, odd: bool) -> None:
    setup = evolve(SETUP, levels=tuple(range(1, levels + 1)))
    question = f"{levels} rung levels from 1 to {levels}: is that meant?"
    assert [found.startswith(question) for found in doubts(setup)] == [True] * odd


@pytest.mark.parametrize(("configurations", "odd"), [(26, True), (27, False)])
def test_a_space_too_small_for_its_levels_is_odd(configurations: int, odd: bool) -> None:
    setup = evolve(SETUP, space=hb.Space(n=hb.Int(1, configurations)), points=())
    expected = (f"The space has only {configurations} configurations for 3 rung levels.",) * odd
    assert doubts(setup) == expected
    assert doubts(evolve(setup, levels=())) == ()
