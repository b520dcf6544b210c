"""Does a campaign play what its seed says, and notice a fault? Does the command that it prints show that again?"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from attrs import evolve
from rich.progress import Progress

import pure_hb as hb
from property_tests import campaign
from property_tests.campaign_checks import Counts, examined, played
from property_tests.campaign_worlds import KINDS, LONG, MODEL, Plan, Teams, plan_of, steps_of
from property_tests.quick_rungs import QuickRungs
from property_tests.test_faults import FAULTS, cutoff_off_by_one

ROOT = Path(__file__).resolve().parents[1]
EVENTS = 4000
SEED = 1


def first_of(kind: str) -> Plan:
    """The first world of a kind."""
    return next(plan for plan in (plan_of(SEED, number) for number in range(5000)) if plan.kind == kind)


def test_a_small_campaign_finds_nothing_and_says_what_it_met(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = tmp_path / "campaign.md"
    assert campaign.main([f"--events={EVENTS}", f"--seed={SEED}", "--processes=1", f"--page={page}"]) == 0
    printed = capsys.readouterr().out
    assert f"seed {SEED}" in printed
    assert "VIOLATION" not in printed
    events = int(re.findall(r"([\d,]+) events in", printed)[0].replace(",", ""))
    assert events >= EVENTS
    answers = re.findall(r"^ +([\d,]+) \w+ -> \w+", printed, re.MULTILINE)
    assert sum(int(count.replace(",", "")) for count in answers) == events
    assert "events with the twin" in printed
    assert "start while somebody waits" in printed
    text = page.read_text()
    assert (
        f"python property_tests/campaign.py --events {EVENTS:_} --seed {SEED} --page docs/measurements/campaign.md"
        in text
    )
    assert printed.split("\n", 1)[1].strip() in text


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != LONG])
def test_a_number_is_the_same_world_again(kind: str) -> None:
    plan = first_of(kind)
    assert plan == plan_of(SEED, plan.number)
    assert plan.steps == steps_of(SEED, plan.number)
    counts, again = Counts(), Counts()
    events, breach = played(plan, counts)
    assert (events, breach) == played(plan, again)
    assert breach is None
    assert counts == again
    assert len(events) == plan.steps == counts.events
    assert examined(plan, events) is None


def test_another_seed_gives_other_worlds() -> None:
    assert [steps_of(1, number) for number in range(20)] != [steps_of(2, number) for number in range(20)]


def test_a_long_world_has_many_workers_and_large_rungs() -> None:
    plan = evolve(first_of(LONG), steps=1500)
    counts = Counts()
    assert played(plan, counts)[1] is None
    assert counts.largest_rung > 100
    assert (
        len({event.worker for _, event, _, _ in Teams(plan).play(hb.initial(plan.setup)) if isinstance(event, hb.Ask)})
        > 10
    )


def test_two_processes_meet_what_one_does() -> None:
    parts = [campaign.run_batch(SEED, batch) for batch in campaign.batches(SEED, 9000)]
    alone = Counts()
    for counts, fault in parts:
        assert fault is None
        alone.add(counts)
    assert len(parts) > 1
    with Progress(disable=True) as progress:
        together, fault = campaign.run(SEED, 9000, 2, None, progress)
    assert fault is None
    assert together == alone


def test_worlds_with_a_model_are_told_of_fits() -> None:
    plans = (plan_of(SEED, number) for number in range(5000))
    plan = next(plan for plan in plans if plan.kind == MODEL and plan.setup.search.fits_beside)
    events, breach = played(evolve(plan, steps=60), Counts())
    assert breach is None
    assert any(isinstance(event, hb.Fitted) for event in events)


# ---- faults --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plant(monkeypatch)
    assert campaign.main(["--events=8000", f"--seed={SEED}", "--processes=1"]) == 1
    assert "VIOLATION in world" in capsys.readouterr().out


def test_the_command_that_is_printed_shows_the_fault_in_few_events(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cutoff_off_by_one(monkeypatch)
    assert campaign.main(["--events=8000", "--seed=3", "--processes=1"]) == 1
    printed = capsys.readouterr().out
    what = re.findall(r"VIOLATION in world (\d+) at event (\d+): (.*)", printed)[0]
    (command,) = re.findall(r"python property_tests/campaign.py (.*--world \d+)", printed)
    assert campaign.main(command.split()) == 1
    shown = capsys.readouterr().out
    assert shown.startswith(f"world {what[0]} of seed 3")
    assert f"at event {what[1]}: {what[2]}" in shown
    few = shown.split("These show it")[1]
    assert 1 < few.count("\n  ") < 12, few


def test_a_machine_that_raises_is_a_fault_with_its_event(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    decide = hb.decide

    def faulty(state: hb.State, event: hb.Event) -> tuple[hb.State, hb.Action]:
        if isinstance(event, hb.Fail) and event.trial == 2:
            raise ZeroDivisionError("planted")
        return decide(state, event)

    monkeypatch.setattr(hb, "decide", faulty)
    assert campaign.main(["--events=8000", f"--seed={SEED}", "--processes=1"]) == 1
    printed = capsys.readouterr().out
    assert "raised ZeroDivisionError: planted" in printed
    (command,) = re.findall(r"python property_tests/campaign.py (.*--world \d+)", printed)
    assert campaign.main(command.split()) == 1
    few = capsys.readouterr().out.split("These show it, at event 0")[1]
    assert "Fail(trial=2" in few


SPACE = hb.Space(x=hb.Float(0.0, 1.0))


def heard(setup: hb.Setup, *events: hb.Event) -> tuple[QuickRungs, hb.State]:
    """The sorted lists, and the state, after some events to which there was no objection."""
    rungs, state = QuickRungs(setup), hb.initial(setup)
    for event in events:
        state, action = hb.decide(state, event)
        assert rungs.objection(event, action) is None
    return rungs, state


def three_reports(type: Literal["promotion", "stopping"]) -> tuple[QuickRungs, hb.State]:
    """Three trials have reached the first level; of promotion, the second is due."""
    asks = [hb.Ask(worker) for worker in ("ann", "bob", "eve", "dan")]
    reports = [hb.Report(trial, 1, value) for trial, value in enumerate((0.5, 0.25, 0.75))]
    count = 3 if type == "promotion" else 4
    setup = hb.asha(SPACE, hb.Minimize("error"), max_resource=9, type=type)
    return heard(setup, *asks[:count], *reports)


def test_sorted_lists_object_to_a_wrong_promotion() -> None:
    ask = hb.Ask("ann")
    due = hb.choose(three_reports("promotion")[1], ask)
    assert isinstance(due, hb.Resume)
    assert due.trial == 1
    wrong: dict[str, hb.Action] = {
        "nobody was promoted, but trial 1 at level 1 passes": hb.Wait(),
        "trial 0 was promoted from level 1, due is (1, 1)": evolve(due, trial=0, evidence=()),
        "trial 1 was promoted from level 3, where it does not wait": evolve(due, promoted_from=3, evidence=()),
        "should say (3, 0, 0, True)": evolve(due, evidence=(evolve(ranked_of(due), rank=1),)),
    }
    for objection, action in wrong.items():
        assert objection in (three_reports("promotion")[0].objection(ask, action) or "")
    assert three_reports("promotion")[0].objection(ask, due) is None


def ranked_of(action: hb.Action) -> hb.evidence.Ranked:
    return next(record for record in action.evidence if isinstance(record, hb.evidence.Ranked))


def test_sorted_lists_object_to_a_wrong_end() -> None:
    for value, action in ((0.0, hb.Stop(3, level=1)), (0.9, hb.Continue(3, 3, level=1))):
        rungs, _ = three_reports("stopping")
        assert "was answered with" in (rungs.objection(hb.Report(3, 1, value), action) or "")


def test_sorted_lists_see_a_rung_with_other_values() -> None:
    rungs, state = three_reports("promotion")
    assert rungs.difference(state) is None
    assert "3 values, due are 0" in (QuickRungs(state.setup).difference(state) or "")


def test_it_runs_as_a_script() -> None:
    """From anywhere, and in processes of its own."""
    script = ROOT / "property_tests" / "campaign.py"
    done = subprocess.run(
        [sys.executable, str(script), "--events", "3000", "--processes", "2"],
        cwd=ROOT.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.match(r"seed \d+\n", done.stdout)
