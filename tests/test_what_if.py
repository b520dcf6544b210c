"""Is what would have been known, and only that? Counterfactuals beside true re-runs, logs under their own settings."""

import json
from pathlib import Path

import pytest
from attrs import evolve
from click.testing import CliRunner, Result

import pure_hb as hb
from pure_hb.cli import cli
from pure_hb.explaining import Change, Parting, Story, StoryError, parting, what_if
from tests import truths
from tests.logs import busy, write_journal
from tests.play import Play, promotion, stopping
from tests.test_explain import eventful, simulated, stories

JOURNALS = sorted((Path(__file__).parent / "data" / "journals").glob("*.jsonl"))


def typed(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


# ---- what if -------------------------------------------------------------------------------------------------------


def test_what_is_called_known_is_true_and_a_table_fills_in_the_rest() -> None:
    """Three logs; thirty are compared by `python -m tests.truths`."""
    found = truths.shares(3)
    assert len(found) == 30
    assert any(0 < one.known < one.true for one in found), "some is unknown"
    assert any(one.complete for one in found if one.kind not in ("the log's own settings", "max_trials 9"))


def assert_reproduced(story: Story) -> None:
    answer = what_if(story, Change())
    assert (answer.found.parted, answer.found.unknown) == (None, None)
    again = [(one.event, evolve(one.action, evidence=())) for one in answer.found.decisions]
    assert again == [(one.event, evolve(one.action, evidence=())) for one in story.records]


def test_under_its_own_settings_every_log_is_reproduced() -> None:
    for story in stories():
        assert_reproduced(story)


@pytest.mark.parametrize("path", JOURNALS, ids=lambda path: path.stem)
def test_stored_journals_are_reproduced(path: Path) -> None:
    assert_reproduced(Story.of_file(path))


def test_nothing_is_invented() -> None:
    """Trial 0 was never trained past epoch 1; without a level at 1 it would have been."""
    play = Play(promotion(), [hb.Ask("a"), hb.Report(0, 1, 0.5), hb.Ask("a"), hb.Report(1, 1, 0.25)])
    story = Story.of_pairs(play.state.setup, play.log)
    later = what_if(story, Change(method="RANDOM"))
    assert later.found.parted == 1
    assert later.found.unknown == "the value of trial 0 at epoch 2, to which it was never trained"


def test_what_would_need_a_model_is_unknown() -> None:
    story = simulated(
        "DYHPO", probability_sh=0.5, num_init_random=3, num_init_candidates=6, opt_maxiter=4, opt_nstarts=1
    )
    answer = what_if(story, Change(eta=2))
    assert answer.found.unknown is not None
    assert what_if(story, Change()).is_complete
    theta = simulated("HYPERTUNE4-INDEP", num_init_random=3, num_init_candidates=6, opt_maxiter=4, opt_nstarts=1)
    answer = what_if(theta, Change(eta=2))
    assert answer.found.unknown is not None
    assert "theta" in answer.found.unknown


def test_a_trial_that_was_lost_or_told_from_elsewhere_is_not_made_up() -> None:
    assert what_if(eventful(), Change(method="ASHA-STOP")).found.unknown is not None


def test_what_cannot_be_asked_is_refused() -> None:
    story = truths.logged(promotion(), [])
    with pytest.raises(StoryError, match="has 0 configurations"):
        what_if(story, Change(max_trials=3))
    busy_story = Story.of_pairs(stopping(max_resource=81), busy(45).log)
    with pytest.raises(StoryError, match="compares by cost"):
        what_if(busy_story, Change(method="COST-PROM"))


def test_the_command_says_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(45))
    done = typed("what-if", path)
    assert done.exit_code == 0
    assert "All 45 decisions are as recorded." in done.output
    done = typed("what-if", path, "--method", "ASHA-PROM")
    assert done.exit_code == 0
    assert "The first 2 decisions are as recorded. Record 3 says: Continue trial 0 to epoch 3.\n" in done.output
    assert "With the change: Pause trial 0.\n" in done.output
    told = json.loads(typed("what-if", path, "--method", "ASHA-PROM", "--json").output)
    assert told["parted"] == 3
    assert len(told["decisions"]) >= 3


# ---- diff ----------------------------------------------------------------------------------------------------------


def two(first: Play, second: Play) -> Parting:
    one, other = (Story.of_pairs(play.state.setup, play.log) for play in (first, second))
    return parting(one, other)


START: tuple[hb.Event, ...] = (hb.Ask("a"), hb.Ask("b"), hb.Report(0, 1, 0.5))


def test_the_kind_of_action_comes_first() -> None:
    found = two(Play(promotion(), START), Play(stopping(), START))
    assert (found.same, found.what) == (2, "action")
    assert (found.first and found.first.action, found.second and found.second.action) == ("Pause", "Continue")
    assert any("rule" in line for line in found.setups)


def test_other_events_other_decisions_other_ends() -> None:
    same = Play(promotion(), START)
    assert two(same, Play(promotion(), START)).what is None
    assert two(same, Play(promotion(), (*START, hb.Ask("a")))).what == "end"
    found = two(same, Play(promotion(), (*START[:2], hb.Report(0, 1, 0.75))))
    assert (found.same, found.what) == (2, "event")
    assert [place.path for place in found.places] == ["$.value"]
    found = two(same, Play(evolve(promotion(), seed=1), START))
    assert (found.same, found.what) == (1, "decision"), "the first point is no draw"


def test_the_command_explains_both(tmp_path: Path) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    write_journal(one, Play(promotion(), START))
    write_journal(other, Play(stopping(), START))
    done = typed("diff", one, other)
    assert done.exit_code == 1
    assert "Record 3 was answered with Pause and with Continue:" in done.output
    assert "  It goes on to epoch 3.\n" in done.output
    assert json.loads(typed("diff", one, other, "--json").output)["what"] == "action"
    assert typed("diff", one, one).output == "All 3 records say the same.\n"
    assert typed("diff", one, one).exit_code == 0
