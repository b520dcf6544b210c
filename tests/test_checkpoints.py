"""Is what a trial learnt there when it goes on? Paths of their own, copies, what is set aside, what is removed."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pure_hb as hb
from pure_hb.session import RunningTrial
from tests.logs import assert_verifies
from tests.play import ERROR, LINE, PAIR, promotion, stopping


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def held(session: hb.Session, worker: str | None = None) -> RunningTrial:
    trial = session.ask(worker=worker)
    assert trial is not None
    return trial


def save_and_report(trial: RunningTrial, epoch: int, value: float) -> bool:
    trial.checkpoint.write_text(f"trial {trial.number} epoch {epoch}")
    return trial.report(epoch, value)


def tree(session: hb.Session) -> list[str]:
    root = session.checkpoints.root
    return sorted(str(path.relative_to(root)) for path in root.glob("trial-*/**/*") if path.is_file())


# ---- paths ----------------------------------------------------------------------------------------------------------


def test_every_trial_gets_a_fresh_path_beside_the_journal(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        trials = [held(session, f"w{number}") for number in range(3)]
        assert session.checkpoints.root == path.with_name("run.jsonl.checkpoints")
        assert len({trial.checkpoint for trial in trials}) == 3
        for trial in trials:
            assert (trial.fresh, trial.start_from, trial.checkpoint.exists()) == (True, 0, False)
            assert trial.checkpoint.is_relative_to(session.checkpoints.root)
            assert trial.checkpoint.parent.is_dir(), "so that a script can save a file there at once"


def test_the_folder_may_be_elsewhere(path: Path, tmp_path: Path) -> None:
    with hb.Session(path, promotion(), checkpoints=tmp_path / "models" / "here") as session:
        assert held(session).checkpoint.is_relative_to(tmp_path / "models" / "here")


def test_a_promoted_trial_finds_a_copy_of_what_it_saved(path: Path) -> None:
    with hb.Session(path, promotion(PAIR)) as session:
        for value in (0.1, 0.2):
            save_and_report(held(session), 1, value)
        trial = held(session)
        assert (trial.number, trial.leg, trial.start_from, trial.fresh) == (0, 1, 1, False)
        assert trial.checkpoint.read_text() == "trial 0 epoch 1"
        assert trial.checkpoint.name == "leg-1"


def test_a_trial_that_saved_nothing_begins_afresh_with_a_warning_once(path: Path) -> None:
    told: list[str] = []
    with hb.Session(path, promotion(), warn=told.append) as session:
        trials = [held(session, f"w{number}") for number in range(4)]
        for trial in trials:
            trial.report(1, float(trial.number))
        trials = [held(session, f"w{number}") for number in range(2)]
        assert [(trial.number, trial.start_from, trial.fresh) for trial in trials] == [(0, 0, True), (1, 0, True)]
    assert len(told) == 1
    assert "trial 0 should go on from epoch 1, but has saved nothing" in told[0]
    assert "save to trial.checkpoint before each report" in told[0]


def test_a_new_journal_finds_no_checkpoints_of_an_older_one(path: Path) -> None:
    """Who deletes run.jsonl to begin anew may well leave run.jsonl.checkpoints."""
    with hb.Session(path, stopping()) as session:
        save_and_report(held(session), 1, 0.5)
        save_and_report(held(session), 2, 0.5)
    path.unlink()
    told: list[str] = []
    with hb.Session(path, promotion(PAIR), warn=told.append) as session:
        first = held(session)
        assert not first.checkpoint.exists()
        save_and_report(first, 1, 0.1)
        save_and_report(held(session), 1, 0.2)
        resumed = held(session)
        assert (resumed.number, resumed.leg, resumed.start_from) == (0, 1, 1)
        assert resumed.checkpoint.read_text() == "trial 0 epoch 1"


# ---- broken legs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["release", "fail"])
def test_a_broken_leg_begins_again_from_the_checkpoint_of_the_last_entry(path: Path, end: str) -> None:
    with hb.Session(path, promotion(PAIR)) as session:
        for value in (0.1, 0.2):
            save_and_report(held(session), 1, value)
        trial = held(session)
        save_and_report(trial, 2, 0.1)  # past the entry, below the next level
        getattr(trial, end)("gone")
        again = held(session)
        assert (again.leg, again.start_from) == (2, 1)
        assert again.checkpoint.read_text() == "trial 0 epoch 1"
        assert again.checkpoint != trial.checkpoint
        save_and_report(again, 2, 0.1)
        save_and_report(again, 3, 0.1)
        assert session.state.trials[0].entry == hb.machine.Entry(3, 3, 2)
    assert_verifies(path)


def test_a_leg_that_breaks_before_any_entry_begins_afresh(path: Path) -> None:
    setup = hb.asha(LINE, ERROR, max_resource=27, grace_period=9)
    with hb.Session(path, setup) as session:
        trial = held(session)
        save_and_report(trial, 1, 0.5)
        trial.release()
        again = held(session)
        assert (again.number, again.leg, again.start_from, again.fresh) == (0, 1, 0, True)
        assert not again.checkpoint.exists()


def test_a_leg_that_was_killed_in_the_middle_begins_again_after_a_restart(path: Path) -> None:
    with hb.Session(path, promotion(PAIR)) as session:
        for value in (0.1, 0.2):
            save_and_report(held(session), 1, value)
        save_and_report(held(session), 2, 0.1)
    with hb.Session(path, promotion(PAIR)) as session:
        again = held(session)
        assert (again.number, again.leg, again.start_from) == (0, 2, 1)
        assert again.checkpoint.read_text() == "trial 0 epoch 1"


def test_where_a_stopping_trial_goes_on_what_it_saved_is_set_aside(path: Path) -> None:
    with hb.Session(path, stopping()) as session:
        trial = held(session)
        assert save_and_report(trial, 1, 0.5)
        assert save_and_report(trial, 2, 0.4)
        trial.release()
        again = held(session)
        assert (again.leg, again.start_from, again.checkpoint.read_text()) == (1, 1, "trial 0 epoch 1")
        save_and_report(again, 2, 0.4)
        save_and_report(again, 3, 0.4)
        save_and_report(again, 5, 0.4)
        again.release()
        third = held(session)
        assert (third.leg, third.start_from, third.checkpoint.read_text()) == (2, 3, "trial 0 epoch 3")
        assert len(tree(session)) <= 3, "what nobody needs is removed"
    assert_verifies(path)


def test_a_script_that_overwrites_its_checkpoint_after_an_entry_does_not_spoil_it(path: Path) -> None:
    with hb.Session(path, promotion(PAIR)) as session:
        for value in (0.1, 0.2):
            save_and_report(held(session), 1, value)
        trial = held(session)
        trial.checkpoint.write_text("half a che")
        trial.fail("no space left")
        assert held(session).checkpoint.read_text() == "trial 0 epoch 1"


# ---- kinds of checkpoints -------------------------------------------------------------------------------------------


def save_file(path: Path, epoch: int) -> None:
    path.write_text(str(epoch))


def load_file(path: Path) -> int:
    return int(path.read_text())


def save_folder(path: Path, epoch: int) -> None:
    (path / "deep").mkdir(parents=True, exist_ok=True)
    (path / "model.json").write_text(json.dumps(epoch))
    (path / "deep" / f"part-{epoch}").touch()


def load_folder(path: Path) -> int:
    epoch = int(json.loads((path / "model.json").read_text()))
    assert (path / "deep" / f"part-{epoch}").exists()
    return epoch


def save_numpy(path: Path, epoch: int) -> None:
    np.savez(path, epoch=np.array(epoch))  # which appends .npz


def load_numpy(path: Path) -> int:
    with np.load(path.with_name(path.name + ".npz")) as arrays:
        return int(arrays["epoch"])


def save_two_files(path: Path, epoch: int) -> None:
    path.with_name(path.name + ".weights").write_text(str(epoch))
    path.with_name(path.name + ".optimiser.pt").write_text(str(epoch))


def load_two_files(path: Path) -> int:
    epochs = {path.with_name(path.name + end).read_text() for end in (".weights", ".optimiser.pt")}
    (epoch,) = epochs
    return int(epoch)


@pytest.mark.parametrize(
    ("save", "load"),
    [
        (save_file, load_file),
        (save_folder, load_folder),
        (save_numpy, load_numpy),
        (save_two_files, load_two_files),
    ],
)
@pytest.mark.parametrize("make", [promotion, stopping])
def test_whatever_a_checkpoint_is_every_leg_finds_the_epoch_it_goes_on_from(
    path: Path, make: Any, save: Any, load: Any
) -> None:
    resumed = 0
    with hb.Session(path, make(), max_trials=8) as session:
        while trial := session.ask():
            if not trial.fresh:
                resumed += 1
                assert load(trial.checkpoint) == trial.start_from
            for epoch in trial.epochs():
                save(trial.checkpoint, epoch)
                trial.report(epoch, abs(trial.config["x"] - 0.3) + 1 / epoch)  # type: ignore[operator]  # x is a float
                if make is stopping and epoch == 4 and trial.leg < 2:
                    trial.release("preempted")
    assert resumed > 0
    assert_verifies(path)


def test_a_name_that_merely_begins_alike_is_another_one(path: Path) -> None:
    """Leg 1 and leg 10 of a trial."""
    with hb.Session(path, promotion(PAIR)) as session:
        for value in (0.1, 0.2):
            save_and_report(held(session), 1, value)
        for leg in range(1, 12):
            trial = held(session)
            assert (trial.leg, trial.checkpoint.read_text()) == (leg, "trial 0 epoch 1")
            trial.checkpoint.write_text("half")
            trial.release()


# ---- what is removed ------------------------------------------------------------------------------------------------


def test_checkpoints_of_ended_trials_are_removed_but_for_the_best(path: Path) -> None:
    with hb.Session(path, hb.random_search(LINE, ERROR, max_resource=2), max_trials=4) as session:
        for value in (0.4, 0.2, 0.3, 0.1):
            trial = held(session)
            save_and_report(trial, 1, value)
            save_and_report(trial, 2, value)
        assert tree(session) == ["trial-3/leg-0"]
        result = session.result()
        assert result.best_checkpoint is not None
        assert result.best_checkpoint.read_text() == "trial 3 epoch 2"


def test_they_are_kept_if_that_is_asked_for(path: Path) -> None:
    setup = hb.random_search(LINE, ERROR, max_resource=1)
    with hb.Session(path, setup, max_trials=4, keep_checkpoints=True) as session:
        for value in (0.4, 0.2, 0.3, 0.1):
            save_and_report(held(session), 1, value)
        assert tree(session) == [f"trial-{number}/leg-0" for number in range(4)]
    with hb.Session(path, setup, max_trials=4) as session:
        assert tree(session) == ["trial-3/leg-0"], "a later session that does not ask for it removes them"


def test_a_trial_that_failed_for_good_leaves_nothing(path: Path) -> None:
    with hb.Session(path, promotion(max_failures=1)) as session:
        trial = held(session)
        trial.checkpoint.write_text("something")
        trial.fail("broken")
        assert tree(session) == []


def test_paused_trials_keep_theirs(path: Path) -> None:
    with hb.Session(path, promotion()) as session:
        for trial in [held(session, f"w{number}") for number in range(3)]:
            save_and_report(trial, 1, 0.5)
        assert tree(session) == [f"trial-{number}/leg-0" for number in range(3)]


def test_after_a_promotion_the_older_legs_are_tidied_away(path: Path) -> None:
    with hb.Session(path, promotion(PAIR)) as session:
        for value in (0.1, 0.2):
            save_and_report(held(session), 1, value)
        trial = held(session)
        for epoch in (2, 3):
            save_and_report(trial, epoch, 0.1)
        assert tree(session) == ["trial-0/leg-1", "trial-1/leg-0"]


def test_the_best_checkpoint_is_where_the_result_says(path: Path) -> None:
    with hb.Session(path, promotion(PAIR)) as session:
        assert session.result().best_checkpoint is None
        held(session).report(1, 0.3)
        assert session.result().best_checkpoint is None, "nothing was saved"
        save_and_report(held(session), 1, 0.2)
        best = session.result().best_checkpoint
        assert best is not None
        assert best.read_text() == "trial 1 epoch 1"


def test_what_others_put_into_the_folder_is_left_alone(path: Path) -> None:
    with hb.Session(path, promotion(PAIR)) as session:
        root = session.checkpoints.root
        save_and_report(held(session), 9, 0.5)
        (root / "README").write_text("mine")
        (root / "trial-99").mkdir()
    hb.Session(path, promotion(PAIR)).close()
    assert (root / "README").read_text() == "mine"
    assert (root / "trial-99").is_dir()
