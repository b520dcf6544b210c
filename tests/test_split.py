"""A search that stops after any event, and goes on in another process, goes on as if nothing had been.

A history is played here, journal and snapshots are written. Another process, whose sets and maps have another order,
is given the journal up to each record in turn, once with the snapshot of that record and once without; it hears the
events that came after, decides them, and appends. Its journal must be the whole one, to the byte, but for what its
session says of itself.
"""

import json
import os
import random
import sys
from pathlib import Path
from typing import Final

import pytest
from attrs import evolve

import pure_hb as hb
from property_tests.trace import setup_of
from pure_hb import testing
from pure_hb.codec import canonical, event_from_json, event_to_json, to_json
from pure_hb.journal import Opened, open_file_journal, snapshot_path
from pure_hb.journal.reader import read_header_of
from pure_hb.protocol import NOTHING_LEARNED
from pure_hb.search import RandomSearch
from tests.logs import lines_of, without_sessions
from tests.processes import run
from tests.shared import ROOT

PLAIN: Final = tuple(name for name in hb.METHODS if isinstance(setup_of(name, 0).search, RandomSearch))
MODELS: Final = (("BOHB", 60), ("MOBSTER-JOINT", 32), ("DYHPO", 32))
"""Model-based methods, and how many events are enough to use the model."""

PICKED: Final = range(4)
"""Seeds of setups with levels, brackets and goals of all kinds."""

STEPS: Final = 70


@pytest.fixture(autouse=True)
def _no_fsync(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda file: None)  # a busy disk would decide how long this takes


def write_history(folder: Path, setup: hb.Setup, steps: int) -> bytes:
    """Plays a history. Writes its journal, a snapshot after each record, and the events; returns the last state."""
    subject = testing.subject_of(setup)
    events = testing.play(subject, testing.world_of(setup), random.Random(5).choice, steps)
    opened = open_file_journal(folder / "whole.jsonl", setup, sync="batch", timed=False)
    state, after = opened.state, list[list[object]]()
    with opened.journal as journal:
        for turn in testing.follow(subject, events):
            after.append([journal.number, event_to_json(turn.event)])
            if turn.action.logged:
                journal.append(turn.event, turn.action, 0.5 * turn.number)
                journal.save_snapshot(turn.after).rename(folder / f"{journal.number}.snapshot")
            state = turn.after
    (folder / "events.json").write_text(json.dumps(after))
    return canonical(to_json(state))


def go_on(folder: Path) -> None:
    """What the other process does. Prints, for each beginning, where it began and whether all is as it was."""
    pytest.MonkeyPatch().setattr(os, "fsync", lambda file: None)  # as here
    setup = read_header_of(folder / "whole.jsonl").setup
    whole = (folder / "whole.jsonl").read_bytes()
    lines, expected_log = lines_of(whole), without_sessions(whole)
    heard = [(after, event_from_json(data)) for after, data in json.loads((folder / "events.json").read_text())]
    elapsed = [json.loads(line).get("elapsed") for line in lines]
    expected = (folder / "state.json").read_bytes()
    for number in range(1, len(lines)):
        for beginning in ("snapshot", "log"):
            path = folder / f"{number}-{beginning}.jsonl"
            path.write_bytes(b"".join(lines[: number + 1]))
            if beginning == "snapshot":
                (folder / f"{number}.snapshot").rename(snapshot_path(path))
            opened = open_file_journal(path, setup, sync="batch")
            state = _decide(opened, [event for after, event in heard if after >= number], elapsed)
            same_log = without_sessions(path.read_bytes()) == expected_log
            same = same_log and canonical(to_json(state)) == expected
            print(number, beginning, opened.unusable_snapshot or "used", opened.state.clock, same)


def _decide(opened: Opened, events: list[hb.Event], elapsed: list[float]) -> hb.State:
    state = opened.state
    with opened.journal as journal:
        for event in events:
            state, action = hb.decide(state, event)
            if action.logged:
                journal.append(event, action, elapsed[journal.number + 1])
    return state


def assert_goes_on(folder: Path, setup: hb.Setup, steps: int = STEPS) -> None:
    (folder / "state.json").write_bytes(write_history(folder, setup, steps))
    records = len(lines_of((folder / "whole.jsonl").read_bytes())) - 1
    assert records > 8
    code = "import sys, pathlib; from tests.test_split import go_on; go_on(pathlib.Path(sys.argv[1]))"
    done = run([sys.executable, "-c", code, str(folder)], ROOT, {"PYTHONHASHSEED": "77"})
    assert done.stderr == ""
    expected = [f"{number} {way} used {number} True" for number in range(1, records + 1) for way in ("snapshot", "log")]
    assert done.stdout.splitlines() == expected


@pytest.mark.parametrize("name", PLAIN)
def test_a_method_goes_on_after_any_event(tmp_path: Path, name: str) -> None:
    assert_goes_on(tmp_path, setup_of(name, 1))


@pytest.mark.parametrize("seed", PICKED)
def test_setups_of_all_kinds_go_on_after_any_event(tmp_path: Path, seed: int) -> None:
    assert_goes_on(tmp_path, testing.pick_setup(random.Random(seed).choice))


@pytest.mark.parametrize(("name", "steps"), MODELS)
def test_a_model_based_method_goes_on_after_any_event(tmp_path: Path, name: str, steps: int) -> None:
    assert_goes_on(tmp_path, setup_of(name, 1), steps)
    last = json.loads((tmp_path / "state.json").read_bytes())
    assert name == "BOHB" or last["learned"]["parameters"], "the model was never used"


def test_a_search_that_forgets_something_would_not_pass() -> None:
    """The control: a search that goes on without what it has learned goes on elsewhere."""
    setup = setup_of("MOBSTER-JOINT", 1)
    subject = testing.subject_of(setup)
    events = testing.play(subject, testing.world_of(setup), random.Random(5).choice, 60)
    differs = 0
    for turn in testing.follow(subject, events):
        forgetful = evolve(turn.before, learned=NOTHING_LEARNED)
        differs += hb.choose(forgetful, turn.event) != turn.action
    assert differs > 0
