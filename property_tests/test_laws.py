"""Does every method keep every law? Does a seed decide all, and nothing else, in this process and in others?"""

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

import pure_hb as hb
from property_tests.trace import setup_of, trace
from pure_hb import testing
from pure_hb.auditing import history, violations
from pure_hb.testing import LAWS, SOMETIMES_FITS, Law, Tally, World

ROOT = Path(__file__).resolve().parents[1]

SMALL = hb.Space(x=hb.Choice("a", "b", "c"), y=hb.Int(0, 3))
WIDE = hb.Space(x=hb.Float(0.0, 1.0), y=hb.Int(0, 30))


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
@pytest.mark.parametrize("name", hb.METHODS)
def test_every_method_keeps_every_law(name: str, law: Law) -> None:
    law.check(setup_of(name, seed=1), seed=1, steps=100)
    for seed in range(2):
        law.check(hb.METHODS[name](SMALL, hb.Maximize("accuracy"), max_resource=9, seed=seed), seed=seed, steps=80)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_a_random_horizon_keeps_every_law(law: Law) -> None:
    few: dict[str, Any] = {"num_init_random": 2, "num_init_candidates": 4, "opt_maxiter": 3, "opt_nstarts": 1}
    law.check(hb.dyhpo(WIDE, hb.Minimize("error"), max_resource=9, horizon="random", **few), seed=3, steps=80)


FITTED_BESIDE = ("MOBSTER-JOINT", "HYPERTUNE4-INDEP", "DYHPO")


def beside(name: str, seed: int = 0) -> hb.Setup:
    """A method whose fits are made beside training, and are quick."""
    few: dict[str, Any] = {"num_init_random": 2, "num_init_candidates": 4, "opt_maxiter": 3, "opt_nstarts": 1}
    return hb.METHODS[name](WIDE, hb.Minimize("error"), max_resource=9, fit="background", seed=seed, **few)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
@pytest.mark.parametrize("name", FITTED_BESIDE)
def test_every_law_holds_while_fits_are_made_beside_training(name: str, law: Law) -> None:
    law.check(beside(name), seed=2, steps=60)


@pytest.mark.parametrize("name", FITTED_BESIDE)
def test_worlds_hand_in_fits_early_and_late_and_such_as_cannot_be(name: str) -> None:
    setup = beside(name)
    subject, tally, states = testing.subject_of(setup), Tally(SOMETIMES_FITS), dict[int, hb.State]()
    events = testing.play(subject, testing.world_of(setup), random.Random(0).choice, 150)
    for step in history(hb.initial(setup), events, subject.decide):
        assert not violations((step,))
        tally.count(step)
        states[step.before.clock] = step.before
        if isinstance(step.event, hb.Fitted):
            made = step.event.clock in states and hb.fit_if_due(states[step.event.clock]) == step.event
            assert made is isinstance(step.action, hb.Noted), f"{step.event}: {step.action}"
    assert not tally.missing(), tally.missing()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
@given(setup=testing.setups())
def test_every_setup_keeps_every_law(law: Law, setup: hb.Setup) -> None:
    law.check(setup, seed=setup.seed, steps=40)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_the_laws_hold_for_extreme_values(law: Law) -> None:
    values = (5e-324, -5e-324, 0.0, -0.0, 1.7976931348623157e308, -1.7976931348623157e308, 0.1 + 0.2, 0.3)
    world = World(values=values)
    for seed in range(4):
        law.check(hb.hyperband(SMALL, hb.Minimize("error"), max_resource=9), seed=seed, steps=60, world=world)


def test_there_are_eight_laws_by_their_names() -> None:
    names = ["PURE", "TOTAL", "TWO_HALVES", "IDEMPOTENT", "ONE_PLACE", "BLIND", "EVIDENCE", "ONE_TRUTH"]
    assert [law.name for law in LAWS] == names
    assert all(getattr(testing, law.name) is law and law.meaning for law in LAWS)


@pytest.mark.parametrize("name", hb.METHODS)
def test_the_seed_decides(name: str) -> None:
    assert list(trace(name, seed=1)) == list(trace(name, seed=1))
    assert list(trace(name, seed=1)) != list(trace(name, seed=2))


def _in_another_process(hash_seed: str) -> bytes:
    command = [sys.executable, "-m", "property_tests.trace"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True).stdout


def test_another_process_with_other_hashes_decides_the_same() -> None:
    here = b"".join(line + b"\n" for name in hb.METHODS for line in trace(name, seed=1))
    assert len(here.splitlines()) > 100 * len(hb.METHODS)
    for hash_seed in ("0", "1", "4294967295"):
        assert _in_another_process(hash_seed) == here
