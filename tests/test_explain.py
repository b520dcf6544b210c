"""Is it explained truly? Every sentence on real logs, the value at which a decision turns, what became of a trial."""

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from attrs import evolve, frozen
from click.testing import CliRunner, Result

import pure_hb as hb
from pure_hb.cli import cli
from pure_hb.explaining import Explanation, Run, Story, StoryError, explain_record, explain_trial
from pure_hb.explaining.turning import next_worse, turn_now
from pure_hb.explaining.words import SENTENCES
from pure_hb.rungs import Promotion, Standing, Stopping, Verdict
from tests import flips
from tests.logs import busy, write_journal
from tests.play import LINE, Play, promotion, stopping
from tests.small_table import write_table


def typed(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


FEW: dict[str, Any] = {"num_init_random": 3, "num_init_candidates": 6, "opt_maxiter": 4, "opt_nstarts": 1}


@cache
def simulated(name: str, **options: Any) -> Story:
    """A run over a small table, some of whose values are no numbers."""
    with TemporaryDirectory() as folder:
        table = hb.load_table(write_table(Path(folder)))
    setup = hb.METHODS[name](table.space, table.goal, max_resource=9, seed=2, **options)
    pairs: list[tuple[hb.Event, hb.Action]] = []
    hb.simulate(table, setup, max_trials=11, record=lambda _, event, action: pairs.append((event, action)))
    return Story.of_pairs(setup, pairs)


def eventful() -> Story:
    """All that can be told: failures, ends, releases, results from elsewhere, workers who ask for nothing new."""
    play = Play(promotion(max_failures=2))
    for event in (
        hb.Ask("a"), hb.Ask("b"), hb.Report(0, 1, 0.5), hb.Release(1), hb.Ask("b"), hb.Fail(1, "out of memory"),
        hb.Ask("b"), hb.Fail(1), hb.Observe({"x": 0.5}, ((1, 0.25), (2, 0.2))), hb.Ask("c"), hb.Complete(3),
        hb.Ask("c"), hb.Report(4, 1, 0.125), hb.Ask("c", new_trials=False), hb.Release(4, "preempted"),
    ):  # fmt: skip
        assert play(event).logged, event
    return Story.of_pairs(play.state.setup, play.log)


def strict() -> Story:
    """A trusted configuration sets a threshold; the next trial is second of four, and worse than that."""
    setup = hb.asha(LINE, hb.Minimize("e"), max_resource=9, type="rush_stopping", points_to_evaluate=[{"x": 0.5}])
    play = Play(setup, [hb.Ask(f"w{number}") for number in range(4)])
    for trial, value in enumerate((0.1, 0.5, 0.6, 0.2)):
        play(hb.Report(trial, 1, value))
    return Story.of_pairs(setup, play.log)


def stories() -> Iterator[Story]:
    yield eventful()
    yield Story.of_pairs(stopping(max_resource=81), busy(45).log)
    for _, setup in list(flips.setups(3))[::3]:
        yield flips.played(setup, 3, 45)
    yield strict()
    yield simulated("ASHA-PROM")
    yield simulated("MOBSTER-JOINT", skip_local_optimization=False, **FEW)
    yield simulated("MOBSTER-JOINT", initial_scoring="thompson", **FEW)
    yield simulated("MOBSTER-JOINT", fit="background", **FEW)
    yield simulated("HYPERTUNE4-INDEP", **FEW)
    yield simulated("MOBSTER-INDEP", **FEW)
    yield simulated("DYHPO", probability_sh=0.5, **FEW)


@pytest.fixture(scope="module")
def found() -> list[tuple[Story, list[Explanation], list[Explanation | Run]]]:
    every = []
    for story in stories():
        trials = len(hb.fold(story.setup, ((one.event, one.action) for one in story.records)).trials)
        records = [explain_record(story, one.number) for one in story.records]
        every.append((story, records, [part for trial in range(trials) for part in explain_trial(story, trial)]))
    return every


Found = list[tuple[Story, list[Explanation], list[Explanation | Run]]]


def test_every_sentence_is_said_of_a_real_log(found: Found) -> None:
    said = Counter(
        one.key for _, records, trials in found for part in (*records, *trials) for one in part.said
    )  # fmt: skip
    assert set(SENTENCES) - set(said) == set()


def test_what_is_said_of_ranks_is_what_counting_says(found: Found) -> None:
    """Ranks and limits are counted in the curves of all that came before, not in rungs."""
    counted = 0
    for story, records, _ in found:
        if story.setup.separate_rungs or story.setup.method == "one epoch":
            continue
        entries: dict[int, list[float]] = {}
        for one in records:
            record = story.record(one.record)
            level = getattr(record.action, "level", None)
            if isinstance(record.event, hb.Observe):
                break
            if level is None or not isinstance(record.event, hb.Report):
                continue
            value = story.setup.goal.to_minimise(record.event.value)
            value = value if value - value == 0.0 else float("inf")
            at = entries.setdefault(level, [])
            at.append(value)
            steps = (*story.setup.levels, story.setup.max_resource)
            allowed = (len(at) - 1) * level // steps[steps.index(level) + 1]
            rank = sum(other < value for other in at)
            due = f"At level {level}, {rank} of {len(at)} entries were better; at most {allowed} may be."
            texts = [said.text for said in one.said]
            assert due in texts if len(at) > 1 else any(text.startswith("It was the first") for text in texts), one
            counted += 1
    assert counted > 200


def test_decisions_turn_where_it_is_said() -> None:
    """A sample; ten thousand are counted by `python -m tests.flips`."""
    counted = flips.count(280, seed=7)
    kinds = {(rule, decision) for rule, decision, answer in counted if answer == "flips"}
    assert kinds >= {(rule, "pause") for rule in ("promotion", "pasha", "rush_promotion", "cost_promotion")}
    assert kinds >= {(rule, "stop") for rule in ("stopping", "rush_stopping")}
    assert kinds >= {(rule, "promote") for rule in ("promotion", "pasha", "rush_promotion", "cost_promotion")}


def test_the_cutoff_is_not_the_answer() -> None:
    """Five entries at level 1, of which one may be better: the cutoff lies between two of them, the limit is one."""
    play = Play(promotion())
    for trial in range(5):
        play(hb.Ask(f"w{trial}"))
    for trial, value in enumerate((0.1, 0.2448, 0.5, 0.6, 0.2659)):
        play(hb.Report(trial, 1, value))
    story = Story.of_pairs(play.state.setup, play.log)
    told = explain_record(story, 10)
    (ranked,) = (one for one in story.record(10).action.evidence if isinstance(one, hb.evidence.Ranked))
    assert ranked.cutoff is not None
    assert 0.2448 < ranked.cutoff < 0.2659
    assert told.turn is not None
    assert (told.turn.goes_on, told.turn.limit) == (False, 0.2448)
    assert "It would have been free to go on with 0.2448 or better, and with nothing worse." in texts(told)


def texts(one: Explanation | Run) -> list[str]:
    return [said.text for said in one.said]


@frozen
class Band(Stopping):
    """A rule of one's own that lets nothing go on but what lies between the best and the worst."""

    def judge(self, standing: Standing) -> Verdict:
        return Verdict.GO_ON if 0 < standing.rank < standing.entries - 1 else Verdict.END


@frozen
class Moody(Promotion):
    """A rule of one's own that pauses."""


def test_a_rule_of_ones_own_without_a_single_value_is_said_to_have_none() -> None:
    play = Play(evolve(stopping(), rule=Band()))
    for trial, value in enumerate((0.1, 0.3, 0.2, 0.15)):
        play(hb.Ask(f"w{trial}"))
        play(hb.Report(trial, 1, value))
    told = explain_record(Story.of_pairs(play.state.setup, play.log), 8)
    assert told.turn is not None
    assert told.turn.why_not == "the rule Band lets a trial go on with 0.15 that it stops with 0.1"
    play = Play(evolve(promotion(), rule=Moody()), [hb.Ask("a"), hb.Report(0, 1, 0.5)])
    told = explain_record(Story.of_pairs(play.state.setup, play.log), 2)
    assert told.turn is not None


def test_what_a_waiting_trial_would_need_now_is_exact() -> None:
    story = simulated("ASHA-PROM")
    state = hb.fold(story.setup, ((one.event, one.action) for one in story.records))
    seen = 0
    for rung in state.ladder.rungs(0):
        for waiting in rung.waiting:
            turn = turn_now(state, waiting.trial, rung.level)
            assert turn is not None
            if turn.limit is not None:
                others = [value for value, trial, _ in rung.entries if trial != waiting.trial]
                allowed = len(others) * rung.level // rung.next_level
                worse = next_worse(turn.limit, state.setup.goal)
                assert sum(one < turn.limit for one in others) <= allowed < sum(one < worse for one in others)
                seen += 1
    assert seen > 2


def test_what_passed_a_trial_by_is_named() -> None:
    play = Play(promotion())
    for trial, value in enumerate((0.3, 0.2, 0.1, 0.15, 0.05)):
        play(hb.Ask(f"w{trial}"))
        if isinstance(action := play.log[-1][1], hb.Start):
            play(hb.Report(action.trial, 1, value))
    story = Story.of_pairs(play.state.setup, play.log)
    said = {one.key: one.text for one in explain_record(story, 2).said}
    promoted = [one.action.trial for one in story.records if isinstance(one.action, hb.Resume)]
    named = ", ".join(map(str, promoted))
    assert promoted
    assert said["since_passed"].endswith(f"{len(promoted)} others were promoted from there: trials {named}.")
    assert "since_now" in said


def test_runs_of_continue_are_one_line() -> None:
    story = Story.of_pairs(stopping(max_resource=81), busy(45).log)
    parts = explain_trial(story, 3)
    runs = [part for part in parts if isinstance(part, Run)]
    assert [len(run.records) for run in runs][-1] > 3
    dull = [one for one in parts if isinstance(one, Explanation) and "between" in [said.key for said in one.said]]
    assert dull == []


def test_the_command_says_it_in_words_and_as_json(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(45))
    done = typed("explain", path, 4)
    assert done.exit_code == 0
    assert done.output.startswith("Record 4, after 2.000 s: Continue\n  Trial 1 reported 0.4 at epoch 1.\n")
    assert "It would still have gone on with 0.49999999999999994" not in done.output
    told = json.loads(typed("explain", path, 4, "--json").output)
    assert told["record"] == 4
    assert told["turn"]["goes_on"] is True
    parts = json.loads(typed("explain", path, "--trial", 3, "--json").output)
    assert [part["action"] for part in parts].count("Continue") == 8


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["0"], "has records 1 to 45; there is no record 0"),
        (["46"], "there is no record 46"),
        (["--trial", "9"], "has trials 0 to 3; there is no trial 9"),
        ([], "Give the NUMBER of a record, or --trial T"),
        (["3", "--trial", "1"], "Give the NUMBER of a record, or --trial T"),
    ],
)
def test_what_there_is_not_is_said(tmp_path: Path, arguments: list[str], words: str) -> None:
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(45))
    done = typed("explain", path, *arguments)
    assert done.exit_code in (1, 2)
    assert words in done.output


def test_an_empty_log_has_nothing_to_explain() -> None:
    story = Story.of_pairs(promotion(), [])
    with pytest.raises(StoryError, match="no records"):
        explain_record(story, 1)
    with pytest.raises(StoryError, match="no trials"):
        explain_trial(story, 0)
