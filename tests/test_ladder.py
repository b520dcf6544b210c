"""Where does a trial of a bracket go, and which levels are not its own?"""

import pytest

from pure_hb.rungs import Ladder, empty_ladder

LEVELS = (1, 3, 9)


@pytest.fixture(params=[False, True], ids=["shared", "separate"])
def ladder(request: pytest.FixtureRequest) -> Ladder:
    return empty_ladder(LEVELS, 27, 3, request.param)


@pytest.mark.parametrize("bracket", [0, 1, 2])
def test_a_bracket_has_the_levels_from_its_own_on(ladder: Ladder, bracket: int) -> None:
    own = LEVELS[bracket:]
    assert [ladder.rung(bracket, level).level for level in own] == list(own)
    assert [ladder.plan.milestone(bracket, resource) for resource in (0, *own)] == [*own, 27]
    assert [ladder.rung_reached(bracket, level + 1).level for level in own] == list(own)


@pytest.mark.parametrize(
    ("bracket", "level", "message"),
    [
        (0, 2, r"level 2 is none of \(1, 3, 9\), the levels of bracket 0"),
        (0, 27, r"level 27 is none of \(1, 3, 9\), the levels of bracket 0"),
        (1, 1, r"level 1 is none of \(3, 9\), the levels of bracket 1"),
        (2, 3, r"level 3 is none of \(9,\), the levels of bracket 2"),
    ],
)
def test_a_level_of_another_bracket_is_refused(ladder: Ladder, bracket: int, level: int, message: str) -> None:
    for use in (
        lambda: ladder.rung(bracket, level),
        lambda: ladder.enter(bracket, level, 0, 0.5, True),
        lambda: ladder.promote(bracket, level, 0),
    ):
        with pytest.raises(ValueError, match=message):
            use()


@pytest.mark.parametrize(
    ("bracket", "resource", "message"),
    [
        (0, 0, r"resource 0 is below the levels \(1, 3, 9\) of bracket 0"),
        (1, 2, r"resource 2 is below the levels \(3, 9\) of bracket 1"),
    ],
)
def test_below_its_first_level_a_trial_has_reached_none(
    ladder: Ladder, bracket: int, resource: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ladder.rung_reached(bracket, resource)


def test_shared_rungs_are_the_same_for_all_brackets_and_separate_ones_are_not(ladder: Ladder) -> None:
    entered = ladder.enter(1, 3, 7, 0.5, True)
    assert [len(entered.rung(bracket, 3)) for bracket in (0, 1)] == ([0, 1] if ladder.plan.separate else [1, 1])
    assert [rung.level for rung in ladder.rungs(1)] == ([3, 9] if ladder.plan.separate else [1, 3, 9])
    assert len(ladder.rung(1, 3)) == 0
    assert repr(entered).startswith("Ladder(((Rung(level 1: 0 entries, 0 waiting), Rung(level 3: ")
