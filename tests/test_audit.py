"""Does an audit find what is wrong, in journals and in histories of any scheduler, and say so by exit codes?"""

import json
from pathlib import Path

import pytest
from attrs import evolve
from click.testing import CliRunner, Result

import pure_hb as hb
from pure_hb.auditing import INVARIANTS, Step, history, history_of_log
from pure_hb.cli import cli
from pure_hb.journal import KnownHead
from pure_hb.testing import LAWS
from tests.logs import body_of, busy, canonical, chained, lines_of, write_journal
from tests.play import promotion


def typed(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def honest(tmp_path: Path) -> Path:
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(30))
    return path


def rechained(path: Path, place: int, old: bytes, new: bytes) -> None:
    """A line is changed, and the chain made anew by whoever changed it."""
    bodies = [canonical(body_of(line)) for line in lines_of(path.read_bytes())]
    assert old in bodies[place]
    bodies[place] = bodies[place].replace(old, new)
    path.write_bytes(chained(bodies))


def test_every_invariant_belongs_to_a_law_or_to_the_rule() -> None:
    assert {one.law for one in INVARIANTS} <= {*(law.name for law in LAWS), "RULE"}


def test_an_honest_log_is_whole_and_keeps_every_invariant(honest: Path) -> None:
    found = hb.audit(honest)
    assert found.ok
    assert [row.name for row in found.rows][:4] == ["chain", "decisions", "fits", "evidence"]
    assert {row.name for row in found.rows[4:]} == {one.name for one in INVARIANTS}
    assert {row.examined for row in found.rows} == {30, 0}, "there are no fits"
    done = typed("audit", honest)
    assert done.exit_code == 0
    assert done.output.endswith("All is as it should be.\n")
    assert all(one.name in done.output for one in INVARIANTS)


def test_a_changed_value_breaks_the_chain(honest: Path) -> None:
    honest.write_bytes(honest.read_bytes().replace(b'"value":0.5', b'"value":0.1', 1))
    found = hb.audit(honest)
    assert not found.ok
    assert found.rows[0].result == "broken"
    assert "line 4: the hash does not match" in found.faults[0]
    assert typed("audit", honest).exit_code == 1


def test_a_changed_value_under_a_chain_of_its_own_is_decided_otherwise(honest: Path) -> None:
    rechained(honest, 4, b'"value":0.4', b'"value":0.7')
    found = hb.audit(honest)
    assert {row.name for row in found.rows if row.ok is False} >= {"decisions", "evidence", "stopped_by_rank"}
    assert all(str(honest) in fault for fault in found.faults)
    done = typed("audit", honest, "--json")
    assert done.exit_code == 1
    told = json.loads(done.output)
    assert told["ok"] is False
    assert len(told["faults"]) == len(found.faults)


def test_a_log_that_is_cut_lacks_the_head_that_was_noted(honest: Path) -> None:
    head = hb.audit(honest).subject.rpartition(" ")[2]
    honest.write_bytes(b"".join(lines_of(honest.read_bytes())[:-3]))
    assert hb.audit(honest).ok
    found = hb.audit(honest, head=KnownHead.of(head))
    assert found.faults == (f"{honest}: the log ends before record 30, which was noted",)
    assert typed("audit", honest, "--head", head).exit_code == 1


def test_what_cannot_be_examined_is_no_fault_but_another_exit_code(tmp_path: Path) -> None:
    done = typed("audit", tmp_path / "nothing.jsonl")
    assert done.exit_code == 2
    assert "No such file" in done.stderr
    old = Path(__file__).parent / "data" / "journals" / "journal-3-cost.jsonl"
    done = typed("audit", old)
    assert done.exit_code == 2
    assert "to verify it use pure_hb" in done.output
    assert "one_place" in done.output, "invariants do not depend on the version of the rules"


# ---- other schedulers, other invariants ----------------------------------------------------------------------------


def lazy(state: hb.State, event: hb.Event) -> tuple[hb.State, hb.Action]:
    """A scheduler that forgets to promote."""
    after, action = hb.decide(state, event)
    if isinstance(action, hb.Resume):
        return state, hb.Wait()
    return after, action


def events() -> list[hb.Event]:
    return [*(hb.Ask(f"w{n}") for n in range(4)), *(hb.Report(n, 1, n / 8) for n in range(4)), hb.Ask("w0")]


def test_the_history_of_another_scheduler_is_audited() -> None:
    state = hb.initial(promotion())
    assert hb.audit(history(state, events())).ok
    found = hb.audit(history(state, events(), lazy))
    assert {one.invariant.name for one in found.violations} == {"eager", "promoted_as_the_rule_says", "progress"}
    assert found.violations[0].number == 8
    assert "violated 1 times, first by step 8" in str(found)


def test_an_invariant_of_ones_own_is_checked_beside_the_others() -> None:
    def patient(step: Step) -> str | None:
        """Nobody is promoted before four trials have reported."""
        entries = len(step.before.ladder.systems[0][0])
        return f"promoted among {entries}" if isinstance(step.action, hb.Resume) and entries < 4 else None

    own = hb.Invariant("patient", "Nobody is promoted before four trials have reported.", patient)
    early: list[hb.Event] = [
        hb.Ask("a"),
        hb.Ask("b"),
        hb.Ask("c"),
        hb.Report(0, 1, 0.1),
        hb.Report(1, 1, 0.2),
        hb.Report(2, 1, 0.3),
    ]
    pairs: list[tuple[hb.Event, hb.Action]] = []
    state = hb.initial(evolve(promotion(), levels=(1, 2)))
    for event in (*early, hb.Ask("a")):
        state, action = hb.decide(state, event)
        pairs.append((event, action))
    found = hb.audit(history_of_log(state.setup, pairs), invariants=(*INVARIANTS, own))
    assert [(one.invariant, one.what) for one in found.violations] == [(own, "promoted among 3")]
    assert own.law == "OWN"


def test_pairs_are_no_steps() -> None:
    with pytest.raises(TypeError, match="history_of_log"):
        hb.audit([(hb.Ask("a"), hb.Wait())])  # type: ignore[list-item]  # what it refuses
