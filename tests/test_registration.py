"""Is a rule or search of one's own refused before a journal begins, and read, verified and resumed once registered?"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, field, frozen

import pure_hb as hb
from pure_hb import registration
from pure_hb.rungs import Verdict
from pure_hb.rungs.rules import Scan
from pure_hb.rungs.rules.rule import Plain

MODULE = """
from attrs import frozen
import pure_hb as hb
from pure_hb.rungs import Verdict
from pure_hb.rungs.rules import Scan
from pure_hb.rungs.rules.rule import Plain
from pure_hb.search import RandomSearch

@hb.register
@frozen
class UpTo(Plain):
    level: int = 3
    waits = False
    def judge(self, standing): return Verdict.GO_ON if standing.rank < self.level else Verdict.END
    def scan(self, seen, draws): return Scan((), None)
    def expected_share(self, level, next_level): return 1.0
    def is_open(self, rungs): return True

@hb.register
@frozen
class MySearch(RandomSearch):
    pass
"""
BEGIN = """
from attrs import evolve
import pure_hb as hb
import my_rules
space = hb.Space(x=hb.Float(0.0, 1.0))
setup = hb.asha(space, hb.Minimize("loss"), max_resource=9, seed=1)
setup = evolve(setup, rule=my_rules.UpTo(2), search=my_rules.MySearch())
with hb.Session("run.jsonl", setup, max_trials=NUMBER) as session:
    print(session.resumed)
    while trial := session.ask():
        for epoch in trial.epochs():
            trial.report(epoch, trial.config["x"] / epoch)
"""


@frozen
class Everybody(Plain):
    note: Any = field(default=0)
    waits = False

    def judge(self, standing: object) -> Verdict:
        return Verdict.GO_ON

    def scan(self, seen: object, draws: object) -> Scan:
        return Scan((), None)

    def expected_share(self, level: int, next_level: int) -> float:
        return 1.0

    def is_open(self, rungs: object) -> bool:
        return True


def setup_with(rule: Any) -> hb.Setup:
    space = hb.Space(x=hb.Float(0.0, 1.0))
    return evolve(hb.asha(space, hb.Minimize("loss"), max_resource=9, seed=1), rule=rule)


def test_a_session_does_not_begin_with_a_rule_that_is_not_registered(tmp_path: Path) -> None:
    journal = tmp_path / "run.jsonl"
    with pytest.raises(hb.JournalError, match=r"Everybody could not be read again; .*hb\.register\(Everybody\)"):
        hb.Session(journal, setup_with(Everybody()))
    assert not journal.exists()


def test_nor_with_one_whose_fields_do_not_come_back(tmp_path: Path) -> None:
    registration.OWN_RULES["Everybody"] = Everybody
    try:
        with pytest.raises(hb.JournalError, match="Everybody is not equal to what its JSON says"):
            hb.Session(tmp_path / "run.jsonl", setup_with(Everybody((1, 2))))
        with hb.Session(tmp_path / "other.jsonl", setup_with(Everybody(3)), max_trials=1) as session:
            assert session.ask() is not None
        read: Any = hb.read_journal(tmp_path / "other.jsonl")[0].setup.rule
        assert read == Everybody(3)
    finally:
        del registration.OWN_RULES["Everybody"]


@pytest.mark.parametrize("name", ["Promotion", "RandomSearch", "PashaMemory"])
def test_no_name_of_the_library_can_be_taken(name: str) -> None:
    own = frozen(type(name, (Everybody,), {}))
    with pytest.raises(ValueError, match=f"{name} is a name of pure_hb; give your class another one"):
        hb.register(own)
    assert name not in {**registration.OWN_RULES, **registration.OWN_SEARCHES, **registration.OWN_MEMORIES}


@pytest.mark.parametrize("wrong", [int, object(), Plain, "Everybody", type("Bare", (), {"judge": 1, "scan": 2})])
def test_what_is_no_rule_and_no_search_cannot_be_registered(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"must be a class with @attrs\.frozen"):
        hb.register(wrong)


def test_two_classes_of_one_name_cannot_be_registered_and_one_can_be_twice() -> None:
    try:
        assert hb.register(Everybody) is hb.register(Everybody) is Everybody
        other = frozen(type("Everybody", (Everybody,), {"__module__": "elsewhere"}))
        with pytest.raises(ValueError, match=r"tests\.test_registration\.Everybody already is"):
            hb.register(other)
    finally:
        registration.OWN_RULES.pop("Everybody", None)


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False)


def test_its_journal_is_resumed_verified_and_shown_by_name_of_the_module_alone(tmp_path: Path) -> None:
    (tmp_path / "my_rules.py").write_text(MODULE)
    for number in ("2", "4"):
        done = run(tmp_path, "-c", BEGIN.replace("NUMBER", number))
        assert (done.stdout, done.stderr) == (f"{number == '4'}\n", "")
    header = json.loads((tmp_path / "run.jsonl").read_text().splitlines()[0])
    assert header["setup"]["rule"] == {"type": "UpTo", "level": 2}
    assert "my_rules" not in (tmp_path / "run.jsonl").read_text()
    for command in ("verify", "show", "snapshot"):
        without = run(tmp_path, "-m", "pure_hb", command, "run.jsonl")
        assert (without.returncode, "--import MODULE" in without.stderr) == (1, True), without.stderr
        done = run(tmp_path, "-m", "pure_hb", command, "--import", "my_rules", "run.jsonl")
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
    wrong = run(tmp_path, "-m", "pure_hb", "verify", "--import", "no_such", "run.jsonl")
    assert (wrong.returncode, "no_such cannot be imported" in wrong.stderr) == (2, True), wrong.stderr
