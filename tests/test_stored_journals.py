"""Are journals of this format read for ever? Stored ones of each version of the rules, written once and never again.

A later version of the library may decide otherwise: then `RULES_VERSION` has grown. It may have more options: then
`pure_hb.journal.older` says what these headers mean. But it reads, folds and goes on with these files as they are.
"""

import json
import re
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
from pure_hb.journal.older import as_of_now
from pure_hb.machine import RULES_VERSION
from pure_hb.search.searches import IDLE_IN_DYHPO
from tests.logs import pairs
from tests.shared import ROOT

FOLDER = ROOT / "tests" / "data" / "journals"

FIRST = {
    "journal-3-asha": (80, "<asha: 16 trials, 0 running, 8 paused, best 0.151111 at epoch 9>", 45, 3),
    "journal-3-pasha": (37, "<asha: 10 trials, 0 running, 6 paused, best 1.86759 at epoch 1>", 13, 2),
    "journal-3-cost": (17, "<asha: 5 trials, 0 running, 5 paused, best 0.373333 at epoch 3>", 7, 1),
    "journal-3-hyper-tune": (45, "<hyper_tune: 10 trials, 0 running, 0 paused, best 0.136368 at epoch 9>", 26, 2),
    "journal-3-mobster-beside": (77, "<mobster: 15 trials, 0 running, 8 paused, best 0.205278 at epoch 9>", 36, 3),
}
"""Of rules 1. Name -> records, the state after them, epochs, sessions."""
LATER = {
    "journal-3-rules-2-asha": (50, "<asha: 10 trials, 0 running, 8 paused, best 0.308556 at epoch 9>", 34, 2),
    "journal-3-rules-2-bohb": (56, "<bohb: 10 trials, 0 running, 7 paused, best 0.238227 at epoch 9>", 38, 2),
    "journal-3-rules-2-dyhpo": (60, "<dyhpo: 5 trials, 0 running, 0 paused, best 0.184871 at epoch 9>", 38, 2),
    "journal-3-rules-2-hyper-tune": (
        66,
        "<hyper_tune: 10 trials, 0 running, 6 paused, best 0.234945 at epoch 9>",
        46,
        2,
    ),
    "journal-3-rules-2-mobster-indep": (
        66,
        "<mobster: 10 trials, 0 running, 6 paused, best 0.234945 at epoch 9>",
        46,
        2,
    ),
    "journal-3-rules-2-mobster-joint": (
        66,
        "<mobster: 10 trials, 0 running, 6 paused, best 0.294961 at epoch 9>",
        46,
        2,
    ),
    "journal-3-rules-3-asha": (52, "<asha: 10 trials, 0 running, 7 paused, best 0.274637 at epoch 9>", 35, 2),
    "journal-3-rules-3-bohb": (56, "<bohb: 10 trials, 0 running, 7 paused, best 0.274637 at epoch 9>", 38, 2),
    "journal-3-rules-3-dyhpo": (60, "<dyhpo: 5 trials, 0 running, 0 paused, best 0.308556 at epoch 9>", 38, 2),
    "journal-3-rules-3-hyper-tune": (
        48,
        "<hyper_tune: 10 trials, 0 running, 7 paused, best 0.308556 at epoch 9>",
        31,
        2,
    ),
    "journal-3-rules-3-mobster-indep": (
        48,
        "<mobster: 10 trials, 0 running, 7 paused, best 0.308556 at epoch 9>",
        31,
        2,
    ),
    "journal-3-rules-3-mobster-joint": (
        66,
        "<mobster: 10 trials, 0 running, 6 paused, best 0.198556 at epoch 9>",
        46,
        2,
    ),
    "journal-3-rules-4-asha": (54, "<asha: 10 trials, 0 running, 7 paused, best 0.297898 at epoch 9>", 38, 2),
    "journal-3-rules-4-bohb": (46, "<bohb: 10 trials, 0 running, 8 paused, best 0.297898 at epoch 9>", 30, 2),
    "journal-3-rules-4-dyhpo": (60, "<dyhpo: 5 trials, 0 running, 0 paused, best 0.297898 at epoch 9>", 38, 2),
    "journal-3-rules-4-hyper-tune": (
        56,
        "<hyper_tune: 10 trials, 0 running, 7 paused, best 0.247849 at epoch 9>",
        38,
        2,
    ),
    "journal-3-rules-4-mobster-indep": (
        46,
        "<mobster: 10 trials, 0 running, 8 paused, best 0.297898 at epoch 9>",
        30,
        2,
    ),
    "journal-3-rules-4-mobster-joint": (
        56,
        "<mobster: 10 trials, 0 running, 7 paused, best 0.247849 at epoch 9>",
        38,
        2,
    ),
    "journal-3-rules-5-asha": (49, "<asha: 10 trials, 0 running, 7 paused, best 0.279304 at epoch 9>", 33, 2),
    "journal-3-rules-5-bohb": (38, "<bohb: 10 trials, 0 running, 8 paused, best 0.308556 at epoch 9>", 23, 2),
    "journal-3-rules-5-dyhpo": (60, "<dyhpo: 5 trials, 0 running, 0 paused, best 0.308556 at epoch 9>", 38, 2),
    "journal-3-rules-5-hyper-tune": (
        66,
        "<hyper_tune: 10 trials, 0 running, 6 paused, best 0.18034 at epoch 9>",
        46,
        2,
    ),
    "journal-3-rules-5-mobster-indep": (
        63,
        "<mobster: 10 trials, 0 running, 6 paused, best 0.18034 at epoch 9>",
        44,
        2,
    ),
    "journal-3-rules-5-mobster-joint": (
        73,
        "<mobster: 10 trials, 0 running, 5 paused, best 0.166909 at epoch 9>",
        52,
        2,
    ),
    "journal-3-rules-6-asha": (67, "<asha: 10 trials, 0 running, 5 paused, best 0.308556 at epoch 9>", 49, 2),
    "journal-3-rules-6-bohb": (46, "<bohb: 10 trials, 0 running, 8 paused, best 0.308556 at epoch 9>", 30, 2),
    "journal-3-rules-6-dyhpo": (60, "<dyhpo: 5 trials, 0 running, 0 paused, best 0.308556 at epoch 9>", 38, 2),
    "journal-3-rules-6-hyper-tune": (
        69,
        "<hyper_tune: 10 trials, 0 running, 6 paused, best 0.200817 at epoch 9>",
        48,
        2,
    ),
    "journal-3-rules-6-mobster-indep": (
        69,
        "<mobster: 10 trials, 0 running, 6 paused, best 0.175176 at epoch 9>",
        48,
        2,
    ),
    "journal-3-rules-6-mobster-joint": (
        76,
        "<mobster: 10 trials, 0 running, 5 paused, best 0.179036 at epoch 9>",
        54,
        2,
    ),
    "journal-3-rules-7-asha": (58, "<asha: 10 trials, 0 running, 7 paused, best 0.247019 at epoch 9>", 44, 2),
    "journal-3-rules-7-bohb": (46, "<bohb: 10 trials, 0 running, 8 paused, best 0.247019 at epoch 9>", 30, 2),
    "journal-3-rules-7-dyhpo": (60, "<dyhpo: 5 trials, 0 running, 0 paused, best 0.225168 at epoch 9>", 38, 2),
    "journal-3-rules-7-hyper-tune": (
        66,
        "<hyper_tune: 10 trials, 0 running, 6 paused, best 0.168084 at epoch 9>",
        46,
        2,
    ),
    "journal-3-rules-7-mobster-indep": (
        49,
        "<mobster: 10 trials, 0 running, 8 paused, best 0.181806 at epoch 9>",
        32,
        2,
    ),
    "journal-3-rules-7-mobster-joint": (
        56,
        "<mobster: 10 trials, 0 running, 7 paused, best 0.160998 at epoch 9>",
        38,
        2,
    ),
    "journal-3-rules-8-asha": (58, "<asha: 10 trials, 0 running, 6 paused, best 0.235152 at epoch 9>", 43, 2),
    "journal-3-rules-8-bohb": (46, "<bohb: 10 trials, 0 running, 8 paused, best 0.235152 at epoch 9>", 30, 2),
    "journal-3-rules-8-dyhpo": (60, "<dyhpo: 5 trials, 0 running, 0 paused, best 0.308556 at epoch 9>", 38, 2),
    "journal-3-rules-8-hyper-tune": (
        48,
        "<hyper_tune: 10 trials, 0 running, 7 paused, best 0.260475 at epoch 9>",
        31,
        2,
    ),
    "journal-3-rules-8-mobster-indep": (
        48,
        "<mobster: 10 trials, 0 running, 7 paused, best 0.308556 at epoch 9>",
        31,
        2,
    ),
    "journal-3-rules-8-mobster-joint": (
        38,
        "<mobster: 10 trials, 0 running, 8 paused, best 0.308556 at epoch 9>",
        23,
        2,
    ),
    "journal-3-rules-9-asha": (58, "<asha: 10 trials, 0 running, 6 paused, best 0.308556 at epoch 9>", 41, 2),
    "journal-3-rules-9-bohb": (51, "<bohb: 10 trials, 0 running, 7 paused, best 0.308556 at epoch 9>", 33, 2),
    "journal-3-rules-9-dyhpo": (60, "<dyhpo: 5 trials, 0 running, 0 paused, best 0.308556 at epoch 9>", 38, 2),
    "journal-3-rules-9-hyper-tune": (
        55,
        "<hyper_tune: 10 trials, 0 running, 6 paused, best 0.253488 at epoch 9>",
        37,
        2,
    ),
    "journal-3-rules-9-mobster-indep": (
        48,
        "<mobster: 10 trials, 0 running, 7 paused, best 0.281074 at epoch 9>",
        31,
        2,
    ),
    "journal-3-rules-9-mobster-joint": (
        58,
        "<mobster: 10 trials, 0 running, 6 paused, best 0.246139 at epoch 9>",
        39,
        2,
    ),
    "journal-3-rules-10-asha": (61, "<asha: 10 trials, 0 running, 7 paused, best 0.144669 at epoch 9>", 40, 2),
    "journal-3-rules-10-bohb": (41, "<bohb: 10 trials, 0 running, 6 paused, best 0.282778 at epoch 9>", 23, 2),
    "journal-3-rules-10-mobster-joint": (
        72,
        "<mobster: 10 trials, 0 running, 5 paused, best 0.163357 at epoch 9>",
        47,
        2,
    ),
    "journal-3-rules-10-mobster-indep": (
        59,
        "<mobster: 10 trials, 0 running, 6 paused, best 0.196262 at epoch 9>",
        37,
        2,
    ),
    "journal-3-rules-10-hyper-tune": (
        62,
        "<hyper_tune: 10 trials, 0 running, 6 paused, best 0.138618 at epoch 9>",
        39,
        2,
    ),
    "journal-3-rules-10-dyhpo": (62, "<dyhpo: 5 trials, 0 running, 0 paused, best 0.206357 at epoch 9>", 38, 2),
    "journal-3-rules-11-asha": (42, "<asha: 10 trials, 0 running, 7 paused, best 0.282778 at epoch 9>", 24, 2),
    "journal-3-rules-11-bohb": (50, "<bohb: 10 trials, 0 running, 7 paused, best 0.282778 at epoch 9>", 31, 2),
    "journal-3-rules-11-mobster-joint": (
        67,
        "<mobster: 10 trials, 0 running, 6 paused, best 0.175018 at epoch 9>",
        44,
        2,
    ),
    "journal-3-rules-11-mobster-indep": (
        50,
        "<mobster: 10 trials, 0 running, 8 paused, best 0.200018 at epoch 9>",
        30,
        2,
    ),
    "journal-3-rules-11-hyper-tune": (
        63,
        "<hyper_tune: 10 trials, 0 running, 7 paused, best 0.176356 at epoch 9>",
        40,
        2,
    ),
    "journal-3-rules-11-dyhpo": (62, "<dyhpo: 5 trials, 0 running, 0 paused, best 0.282778 at epoch 9>", 38, 2),
    "journal-3-rules-12-asha": (51, "<asha: 10 trials, 0 running, 8 paused, best 0.18743 at epoch 9>", 32, 2),
    "journal-3-rules-12-bohb": (51, "<bohb: 10 trials, 0 running, 8 paused, best 0.18743 at epoch 9>", 32, 2),
    "journal-3-rules-12-mobster-joint": (
        52,
        "<mobster: 10 trials, 0 running, 7 paused, best 0.197158 at epoch 9>",
        31,
        2,
    ),
    "journal-3-rules-12-mobster-indep": (
        49,
        "<mobster: 10 trials, 0 running, 7 paused, best 0.197158 at epoch 9>",
        29,
        2,
    ),
    "journal-3-rules-12-hyper-tune": (
        60,
        "<hyper_tune: 10 trials, 0 running, 7 paused, best 0.197158 at epoch 9>",
        38,
        2,
    ),
    "journal-3-rules-12-dyhpo": (52, "<dyhpo: 5 trials, 0 running, 0 paused, best 0.221908 at epoch 9>", 31, 2),
    "journal-3-rules-13-asha": (61, "<asha: 10 trials, 0 running, 6 paused, best 0.237188 at epoch 9>", 41, 2),
    "journal-3-rules-13-bohb": (40, "<bohb: 10 trials, 0 running, 8 paused, best 0.25156 at epoch 9>", 23, 2),
    "journal-3-rules-13-mobster-joint": (
        48,
        "<mobster: 10 trials, 0 running, 8 paused, best 0.25156 at epoch 9>",
        30,
        2,
    ),
    "journal-3-rules-13-mobster-indep": (
        50,
        "<mobster: 10 trials, 0 running, 8 paused, best 0.188141 at epoch 9>",
        30,
        2,
    ),
    "journal-3-rules-13-hyper-tune": (
        49,
        "<hyper_tune: 10 trials, 0 running, 7 paused, best 0.188141 at epoch 9>",
        29,
        2,
    ),
    "journal-3-rules-13-dyhpo": (60, "<dyhpo: 5 trials, 0 running, 0 paused, best 0.237121 at epoch 9>", 38, 2),
}
"""Of the rules in their names, the same methods for each."""
STORED = FIRST | LATER


def test_all_of_them_are_tried() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(STORED)
    events = [record.event for name in STORED for record in read_journal(FOLDER / f"{name}.jsonl")[1]]
    assert {type(event) for event in events} == set(hb.Event.__args__)


@pytest.mark.parametrize("name", STORED)
def test_a_stored_journal_is_read_folded_and_shown(name: str) -> None:
    path = FOLDER / f"{name}.jsonl"
    number, said, epochs, sessions = STORED[name]
    header, records, torn = read_journal(path)
    assert (len(records), torn, header.rules) == (number, None, rules_of(name))
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
        model.pop("gp_resource_kernel", None)  # it has none, and names the default of then
    if written["search"].get("type") == "DyHPO":
        for idle in IDLE_IN_DYHPO:
            written["search"]["acquisition"].pop(idle, None)
    assert said_again(written, now)
    surrogate = now["search"].get("surrogate", {"opt_skip_growth": 0.0})
    if rules_of(name) == 1:
        assert surrogate["opt_skip_growth"] == 0.0  # not the default of today
    if "acquisition" in now["search"]:
        assert (now["search"]["acquisition"]["prior_fraction"] > 0.0) == (rules_of(name) >= 13)
    if now["search"].get("type") in ("Mobster", "HyperTune"):
        assert (now["search"]["acquisition"]["local_fraction"] > 0.0) == (rules_of(name) >= 10)
        assert (now["search"]["acquisition"]["cost_weight"] > 0.0) == (rules_of(name) >= 11)


def test_every_version_of_the_rules_has_journals_of_every_kind_of_method() -> None:
    of_rules = {
        rules: {name.partition(f"rules-{rules}-")[2] for name in LATER if rules_of(name) == rules}
        for rules in range(2, RULES_VERSION + 1)
    }
    assert set(of_rules) == {*range(2, RULES_VERSION + 1)}
    for methods in of_rules.values():
        assert methods == {"asha", "bohb", "mobster-joint", "mobster-indep", "hyper-tune", "dyhpo"}


@pytest.mark.parametrize("name", STORED)
def test_verification_is_as_promised_under_these_rules_and_declined_under_older_ones(name: str) -> None:
    done = CliRunner().invoke(cli, ["verify", str(FOLDER / f"{name}.jsonl")])
    if rules_of(name) == RULES_VERSION:
        assert done.exit_code == 0, done.output
        return
    assert done.exit_code == 1
    declined = f"decided under version {rules_of(name)} of the rules, and this version of pure_hb decides by version"
    assert declined in done.output
    assert re.search(
        r"to verify it use pure_hb 0\.1\.0( as it was on \S+)?\. To read it, to show it and to go on", done.output
    )


TRAIN = """
import pure_hb as hb

space = hb.Space(lr=hb.Float(1e-4, 1.0, log=True), width=hb.Int(4, 64), activation=hb.Choice("relu", "tanh"))
goal, max_resource = hb.Minimize("error"), 9


def train(config, resume_from, checkpoint_dir):
    for epoch in range(resume_from + 1, 10):
        yield epoch, config["lr"]
"""


@pytest.mark.parametrize("rules", [2, 3, 4])
@pytest.mark.parametrize("method", ["mobster-joint", "mobster-indep", "dyhpo"])
def test_the_same_command_goes_on_under_defaults_that_have_changed(
    method: str, rules: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(FOLDER / f"journal-3-rules-{rules}-{method}.jsonl", "run.jsonl")
    Path("train.py").write_text(TRAIN)
    same = ["tune", "train.py", "--method", method.upper(), "--seed", str(rules), "--journal", "run.jsonl", "--quiet"]
    same += ["--option", "opt_maxiter=10", "--option", "num-init-random=3", "--max-resource-total", "1"]
    done = CliRunner().invoke(cli, same)
    assert done.exit_code == 0, done.output
    assert f"Note: the journal was begun under version {rules} of the rules, and defaults have changed" in done.output
    assert "search.acquisition.num_init_random" not in done.output
    other = CliRunner().invoke(cli, [*same, "--option", "opt_nstarts=7"])
    assert other.exit_code == 1
    assert "search.surrogate.opt_nstarts: 5 there, 7 here" in other.output
    assert "To go on with what it was begun with: setup = hb.read_journal('run.jsonl')[0].setup" in other.output


def test_a_dyhpo_that_had_no_horizon_yet_judged_at_the_next_level() -> None:
    setup = json.loads((FOLDER / "journal-3-rules-4-dyhpo.jsonl").read_bytes().splitlines()[0])["setup"]
    del setup["search"]["horizon"]
    assert as_of_now(setup, 4)["search"]["horizon"] == "next"


def rules_of(name: str) -> int:
    found = re.search(r"rules-(\d+)", name)
    return int(found[1]) if found else 1


def said_again(there: Any, here: Any) -> bool:
    """Whether all that JSON says is said by another one too, which may say more."""
    if isinstance(there, dict) and isinstance(here, dict):
        return all(name in here and said_again(value, here[name]) for name, value in there.items())
    return bool(there == here)
