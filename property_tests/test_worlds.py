"""Do machine and twin agree in every world, and are the invariants kept? And did everything occur that can?

Each test first plays worlds from seeds, which is fast, then lets Hypothesis look for trouble, which shrinks it.
"""

import random
from typing import Any, Final

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

import pure_hb as hb
from property_tests.beside import check, machine
from property_tests.twin import Twin
from pure_hb import testing
from pure_hb.auditing import history
from pure_hb.testing import SOMETIMES, SOMETIMES_PROMOTION, SOMETIMES_STOPPING, Breach, Law, Subject, Tally
from pure_hb.testing.small_setups import Type
from pure_hb.testing.subject import Events

RULES: Final = {"promotion": SOMETIMES_PROMOTION, "stopping": SOMETIMES_STOPPING}

SEEDS: Final = 180
STEPS: Final = 80


def agreement(setup: hb.Setup, tally: Tally) -> Law:
    """Agreement with the twin as a law, so that what breaks it is shrunk to the fewest events."""

    def examine(subject: Subject[Any], events: Events) -> Breach | None:
        twin = Twin(setup)
        for number, step in enumerate(history(subject.initial(), events, subject.decide)):
            tally.count(step)
            try:
                check(step, twin)
            except AssertionError as error:
                return Breach(number, str(error))
        return None

    return Law("AGREEMENT", "machine and twin give the same answers, and all invariants are kept", examine, True)


def play_beside_twin(setup: hb.Setup, seed: int, tally: Tally) -> None:
    """One world from a seed, twin and invariants after every step."""
    world = evolve(testing.world_of(setup), workers=("ann", "bob", ""))
    agreement(setup, tally).check(setup, seed=seed, steps=STEPS, world=world)


@pytest.mark.parametrize("separate", [False, True], ids=["shared", "separate"])
@pytest.mark.parametrize("type", RULES)
def test_machine_and_twin_agree_in_every_world(type: Type, separate: bool) -> None:
    tally = Tally((*SOMETIMES, *RULES[type]))
    for seed in range(SEEDS):
        pick = random.Random(seed).choice
        play_beside_twin(testing.pick_setup(pick, type=type, separate=separate), seed, tally)
    seeded = tally.steps
    run_state_machine_as_test(machine(testing.setups(type=type, separate=separate), tally), settings=settings())
    assert not tally.missing(), f"never occurred in {tally.steps} steps: {tally.missing()}"
    assert seeded == SEEDS * STEPS < tally.steps


def test_random_search_is_the_machine_without_levels() -> None:
    tally = Tally(SOMETIMES)
    for seed in range(60):
        points: list[dict[str, object]] | None = None if seed % 2 else []
        for space in testing.SPACES:
            setup = hb.random_search(
                space, hb.Maximize("accuracy"), max_resource=5, seed=seed, points_to_evaluate=points
            )
            play_beside_twin(setup, seed, tally)
    levels = {"entry of a NaN", "jump over a level", "entry past its level", "observation makes an entry"}
    assert not tally.missing(levels | {"all brackets used", "tie at the cutoff"}), tally.missing()
