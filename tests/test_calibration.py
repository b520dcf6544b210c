"""Is it counted rightly how far early results and surrogates could be trusted?"""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import pure_hb as hb
from pure_hb.cli import cli
from pure_hb.explaining import Story, calibration
from pure_hb.explaining.belief import belief_of, outcomes
from pure_hb.machine.seeing import view
from pure_hb.protocol import Scored
from pure_hb.search.belief import situation
from pure_hb.search.options import SurrogateOptions
from pure_hb.surrogate.training_data import level_scores
from tests.logs import write_journal
from tests.play import ERROR, Play
from tests.test_explain import FEW, simulated
from tests.test_failures_seen import PLANE, cliff

SPACE = hb.Space(x=hb.Float(0.0, 1.0))
EARLY, LATE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), (0.5, 0.1, 0.2, 0.6, 0.4, 0.3)
"""At epoch 1 and at the end: of the best two at the end, trials 1 and 2, the second was among the best two before."""


def trained() -> Story:
    """Six trials, of which later ones are better at first, so that all go on to the end."""
    play = Play(hb.asha(SPACE, hb.Minimize("error"), max_resource=9, type="stopping"))
    for trial in range(6):
        play(hb.Ask("a"))
        for epoch, value in ((1, EARLY[5 - trial]), (3, EARLY[5 - trial]), (9, LATE[5 - trial])):
            play(hb.Report(trial, epoch, value))
    return Story.of_pairs(play.state.setup, play.log)


def test_recall_and_order_are_counted_over_those_trained_to_the_end() -> None:
    found = calibration(trained())
    first = found.levels[0]
    assert (first.level, first.trials, first.best) == (1, 6, 2)
    assert first.recall == 0.5
    pairs = [(i, j) for i in range(6) for j in range(i)]
    assert first.ordered == sum((EARLY[i] < EARLY[j]) == (LATE[i] < LATE[j]) for i, j in pairs) / len(pairs)
    assert (found.coverage, found.regret, found.by_table) == ((), None, False)


def table() -> hb.Table:
    """A table in which every configuration ends as its place in the space says, the left ones best."""
    configs = np.linspace(0.0, 1.0, 101)[:, np.newaxis]
    metric = np.repeat(configs, 9, axis=1)
    return hb.Table("line", SPACE, hb.Minimize("error"), configs, metric, np.cumsum(np.ones_like(metric), axis=1))


def test_a_table_knows_what_became_of_those_that_were_stopped() -> None:
    points = [{"x": 0.9}, {"x": 0.2}, {"x": 0.5}]
    play = Play(hb.asha(SPACE, hb.Minimize("error"), max_resource=9, type="stopping", points_to_evaluate=points))
    for trial, value in enumerate((0.1, 0.3, 0.2)):
        play(hb.Ask("a"))
        play(hb.Report(trial, 1, value))
        if play.trial(trial).status is hb.Status.RUNNING:
            play(hb.Report(trial, 3, 0.5))
            play(hb.Report(trial, 9, 0.45))
    story = Story.of_pairs(play.state.setup, play.log)
    found = calibration(story, table())
    assert found.by_table
    assert found.regret is not None
    assert (found.regret.trials, found.regret.better, found.regret.best_missed) == (2, 0, 0.2)
    assert found.regret.best_found == 0.1
    assert found.levels[0].trials == 3


def test_what_came_out_is_scored_as_the_model_scores() -> None:
    story = simulated("MOBSTER-JOINT", **FEW)
    found = outcomes(story.setup, story.records)
    assert found
    for trial, one in found.items():
        start = next(r for r in story.records if isinstance(r.action, hb.Start) and r.action.trial == trial)
        (best,) = (s for s in start.action.evidence if isinstance(s, Scored) and s.place == 1)
        assert one.belief == belief_of(start.action)
        assert one.belief.mean == dict(best.numbers)["mean score"]
    known = [one for one in found.values() if one.value is not None]
    counted = calibration(story).coverage
    assert sum(level.suggestions for level in counted) == len(known)
    assert sum(level.inside for level in counted) == sum(one.is_inside for one in known)
    assert all(abs(one.value or 0.0) < 4 for one in known), "they are normal scores"


@pytest.mark.parametrize(("first", "fail"), [(1, False), (2, False), (2, True)])
def test_losses_count_as_they_do_for_the_model(first: int, fail: bool) -> None:
    setup = hb.METHODS["MOBSTER-JOINT"](PLANE, ERROR, max_resource=9, seed=1, max_failures=1)
    play, _ = cliff(setup, 24, first=first, fail=fail, edge=0.6)
    story = Story.of_pairs(play.state.setup, play.log)
    compared = 0
    for trial, one in outcomes(story.setup, story.records).items():
        state = hb.initial(setup)
        for event, action in play.log:
            state = hb.advance(state, event, action)
            if not isinstance(event, hb.Report) or event.trial != trial or one.value is None:
                continue
            if event.resource == one.belief.level:
                table = situation(view(state), SurrogateOptions()).table.with_values(level_scores)
                (row,) = np.flatnonzero((table.trial == trial) & (table.resource == event.resource))
                assert one.value == table.value[row]
                compared += bool(table.lost.any())
    assert compared > 2


def test_the_command_says_it_in_a_table_and_as_json(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    story = trained()
    play = Play(story.setup, [record.event for record in story.records])
    write_journal(path, play)
    done = CliRunner().invoke(cli, ["calibration", str(path)])
    assert done.exit_code == 0
    assert "level  trials  k  found  order\n    1       6  2    50%" in done.output
    told = json.loads(CliRunner().invoke(cli, ["calibration", str(path), "--json"]).output)
    assert told["levels"][0]["recall"] == 0.5
