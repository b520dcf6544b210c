"""Are journals of this format read for ever? Stored ones, written once and never again.

A later version of the library may decide otherwise: then `RULES_VERSION` has grown. It may have more options: then
`pure_hb.journal.older` says what these headers mean. But it reads, folds and goes on with these files as they are.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from click.testing import CliRunner

import pure_hb as hb
from pure_hb.cli import cli
from pure_hb.journal import read_journal
from pure_hb.journal.differences import differences
from tests.logs import pairs
from tests.shared import ROOT

FOLDER = ROOT / "tests" / "data" / "journals"

STORED = {
    "journal-3-asha": (80, "<asha: 16 trials, 0 running, 8 paused, best 0.151111 at epoch 9>", 45, 3),
    "journal-3-pasha": (37, "<asha: 10 trials, 0 running, 6 paused, best 1.86759 at epoch 1>", 13, 2),
    "journal-3-cost": (17, "<asha: 5 trials, 0 running, 5 paused, best 0.373333 at epoch 3>", 7, 1),
    "journal-3-hyper-tune": (45, "<hyper_tune: 10 trials, 0 running, 0 paused, best 0.136368 at epoch 9>", 26, 2),
    "journal-3-mobster-beside": (77, "<mobster: 15 trials, 0 running, 8 paused, best 0.205278 at epoch 9>", 36, 3),
}
"""Name -> records, the state after them, epochs, sessions."""


def test_all_of_them_are_tried() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(STORED)
    events = [record.event for name in STORED for record in read_journal(FOLDER / f"{name}.jsonl")[1]]
    assert {type(event) for event in events} == set(hb.Event.__args__)


@pytest.mark.parametrize("name", STORED)
def test_a_stored_journal_is_read_folded_and_shown(name: str) -> None:
    path = FOLDER / f"{name}.jsonl"
    number, said, epochs, sessions = STORED[name]
    header, records, torn = read_journal(path)
    assert (len(records), torn, header.rules) == (number, None, 1)
    assert sum(record.session is not None for record in records) == sessions
    state = hb.fold(header.setup, pairs(records))
    assert (repr(state), state.resource_spent) == (said, epochs)
    shown = CliRunner().invoke(cli, ["show", str(path)])
    assert shown.exit_code == 0
    assert f"{number} records" in shown.output


@pytest.mark.parametrize("name", STORED)
def test_a_stored_journal_goes_on_with_the_setup_of_its_header(name: str, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    shutil.copy(FOLDER / f"{name}.jsonl", path)
    before = path.read_bytes()
    setup = read_journal(path)[0].setup
    with hb.Session(path, setup, max_trials=100, warn=lambda _: None) as session:
        trial = session.ask()
        assert trial is not None
        trial.report(trial.start_from + 1, 0.5)
    assert path.read_bytes().startswith(before)
    assert len(read_journal(path)[1]) > STORED[name][0]


@pytest.mark.parametrize("name", ["journal-3-asha", "journal-3-pasha", "journal-3-cost"])
def test_decisions_by_ranks_have_come_out_the_same_since_the_first_rules(name: str) -> None:
    header, records, _ = read_journal(FOLDER / f"{name}.jsonl")
    state = hb.initial(header.setup)
    for record in records:
        now = hb.choose(state, record.event)
        as_then = evolve(now, evidence=tuple(one for one in now.evidence if not isinstance(one, hb.evidence.Heard)))
        for one in differences(hb.to_json(record.action), hb.to_json(as_then)):  # values had more digits then
            assert one.recorded == pytest.approx(one.recomputed, rel=1e-9), str(one)
        state = hb.advance(state, record.event, record.action)


@pytest.mark.parametrize("name", STORED)
def test_a_stored_header_means_what_it_says_and_has_the_options_that_came_later(name: str) -> None:
    """No default is left out of it, so no default that changes can change what it means."""
    written = json.loads((FOLDER / f"{name}.jsonl").read_bytes().splitlines()[0])["setup"]
    now = hb.to_json(read_journal(FOLDER / f"{name}.jsonl")[0].setup)
    model = written["search"].get("surrogate", {})
    if model.get("model") == "gp_independent":
        del model["gp_resource_kernel"]  # it has none, and names the default of then
    assert said_again(written, now)
    surrogate = now["search"].get("surrogate", {"opt_skip_growth": 0.0})
    assert surrogate["opt_skip_growth"] == 0.0  # not the default of today


def said_again(there: Any, here: Any) -> bool:
    """Whether all that JSON says is said by another one too, which may say more."""
    if isinstance(there, dict) and isinstance(here, dict):
        return all(name in here and said_again(value, here[name]) for name, value in there.items())
    return bool(there == here)
