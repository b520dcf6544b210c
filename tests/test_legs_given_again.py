"""Does a trial that is handed out hold what it says? However a loop was interrupted, and whoever asks again."""

import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import pure_hb as hb
from pure_hb import checkpoints
from pure_hb.session import RunningTrial
from pure_hb.session import session as session_file
from tests.logs import assert_verifies
from tests.play import ERROR, LINE, PAIR, Make, promotion, stopping

LATE = hb.asha(LINE, ERROR, max_resource=27, grace_period=9)
"""No entry before epoch 9."""
RUNS = 150


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def held(session: hb.Session, worker: str | None = None) -> RunningTrial:
    trial = session.ask(worker=worker)
    assert trial is not None
    return trial


def save(trial: RunningTrial, epoch: int) -> None:
    trial.checkpoint.write_text(f"trial {trial.number} epoch {epoch}")


def save_and_report(trial: RunningTrial, *epochs: int, value: float = 0.5) -> None:
    for epoch in epochs:
        save(trial, epoch)
        trial.report(epoch, value)


def holds_what_it_says(trial: RunningTrial) -> bool:
    if trial.fresh:
        return not trial.checkpoint.exists()
    return trial.checkpoint.read_text() == f"trial {trial.number} epoch {trial.start_from}"


def silent(_: str) -> None:
    """What is told is tested elsewhere."""


# ---- one by one -----------------------------------------------------------------------------------------------------


def test_what_is_repeated_is_not_counted_so_the_leg_begins_where_its_checkpoint_stands(path: Path) -> None:
    """The loop catches an exception in a leg that had reported further before it broke: the file held epoch 12, and
    the trial said 9."""
    with hb.Session(path, hb.asha(LINE, ERROR, max_resource=81, grace_period=9, type="stopping")) as session:
        trial = held(session)
        save_and_report(trial, *range(1, 13))
        trial.release("preempted")
        trial = held(session)
        assert (trial.leg, trial.start_from, holds_what_it_says(trial)) == (1, 9, True)
        save_and_report(trial, 10, 11, 12)
        with pytest.warns(hb.SessionWarning, match="gives trial 0 again"):
            again = held(session)
        assert (again.number, again.leg, again.start_from) == (0, 1, 9)
        assert holds_what_it_says(again)
        assert list(again.epochs())[:1] == [10]


def test_a_first_leg_that_is_given_again_begins_afresh(path: Path) -> None:
    with hb.Session(path, LATE) as session:
        trial = held(session, "w")
        save_and_report(trial, 1, 2)
        again = held(session, "w")
        assert again is trial
        assert (again.start_from, again.fresh, again.checkpoint.exists()) == (0, True, False)
        assert again.checkpoint.parent.is_dir()


def test_a_trial_that_went_on_past_an_entry_is_given_again_from_there(path: Path) -> None:
    with hb.Session(path, stopping()) as session:
        trial = held(session, "w")
        save_and_report(trial, 1, 2, 3, 4, 5)
        again = held(session, "w")
        assert (again.number, again.leg, again.start_from) == (0, 0, 3)
        assert holds_what_it_says(again)
        save_and_report(again, 4, 5)
        again.release()
        assert holds_what_it_says(held(session, "w")), "what was set aside is still there"


def test_a_promoted_leg_is_given_again_as_it_began(path: Path) -> None:
    with hb.Session(path, promotion(PAIR)) as session:
        for value in (0.1, 0.2):
            save_and_report(held(session), 1, value=value)
        for _ in range(3):
            trial = held(session, "w")
            assert (trial.number, trial.leg, trial.start_from, holds_what_it_says(trial)) == (0, 1, 1, True)
            save_and_report(trial, 2, value=0.1)
            save(trial, 3)


@pytest.mark.parametrize("leftover", ["file", "folder", "suffix", "link"])
def test_nothing_that_was_saved_meanwhile_is_left(path: Path, leftover: str) -> None:
    with hb.Session(path, promotion(PAIR)) as session:
        trial = held(session, "w")
        match leftover:
            case "file":
                save(trial, 1)
            case "folder":
                (trial.checkpoint / "deep").mkdir(parents=True)
                (trial.checkpoint / "deep" / "part").touch()
                (trial.checkpoint / "deep").chmod(0o500)
            case "suffix":
                trial.checkpoint.with_name("leg-0.npz").touch()
            case "link":
                trial.checkpoint.symlink_to("nowhere")
        assert list(held(session, "w").checkpoint.parent.iterdir()) == []


def test_what_the_script_keeps_beside_its_checkpoint_is_left_alone(path: Path) -> None:
    with hb.Session(path, promotion(PAIR)) as session:
        trial = held(session, "w")
        (trial.checkpoint.parent / "curve.csv").write_text("1,0.5")
        (trial.checkpoint.parent / "leg-0-notes").touch()
        held(session, "w")
        assert sorted(found.name for found in trial.checkpoint.parent.iterdir()) == ["curve.csv", "leg-0-notes"]


def test_the_first_report_of_a_leg_that_is_given_again_is_questioned_again(path: Path) -> None:
    told: list[str] = []
    with hb.Session(path, stopping(), warn=told.append) as session:
        trial = held(session, "w")
        save_and_report(trial, 1)
        assert held(session, "w").start_from == 1
        trial.report(1, 0.5)
    assert len(told) == 1
    assert "was resumed from epoch 1, but first reports epoch 1" in told[0]


# ---- at random ------------------------------------------------------------------------------------------------------


class Interrupted(Exception):
    """Raised by a training loop, at random."""


def a_random_run(path: Path, setup: hb.Setup, seed: int) -> Counter[str]:
    """A loop that catches whatever comes, and asks again. Returns how often trials were handed out, and how."""
    draw, seen = random.Random(seed), Counter[str]()
    named = draw.random() < 0.5
    given: set[tuple[int, int]] = set()

    def perhaps() -> None:
        if draw.random() < 0.1:
            raise draw.choice([Interrupted, KeyboardInterrupt])

    with hb.Session(path, setup, max_trials=3, warn=silent) as session:
        while True:
            trial = session.ask(worker="w" if named else None)
            if trial is None:
                return seen
            assert holds_what_it_says(trial), (seed, trial, trial.start_from)
            seen["again" if (trial.number, trial.leg) in given else "resumed" if trial.leg else "first"] += 1
            given.add((trial.number, trial.leg))
            try:
                for epoch in trial.epochs():
                    perhaps()
                    save(trial, epoch)
                    perhaps()
                    trial.report(epoch, abs(float(str(trial.config["x"])) - 0.3) + 1 / epoch)
                    perhaps()
            except (Interrupted, KeyboardInterrupt):
                if draw.random() < 0.3:
                    trial.release("interrupted")


@pytest.mark.parametrize("make", [promotion, stopping])
def test_however_loops_are_interrupted_a_trial_holds_what_it_says(memory: Path, make: Make) -> None:
    seen = Counter[str]()
    for seed in range(RUNS):
        for brackets in (1, 2):
            path = memory / f"{seed}-{brackets}.jsonl"
            seen += a_random_run(path, make(brackets=brackets), seed)
    assert min(seen["again"], seen["resumed"], seen["first"]) > RUNS


# ---- on every line --------------------------------------------------------------------------------------------------

OURS = (str(Path(session_file.__file__).parent), str(Path(checkpoints.__file__).parent))
EVERY = int(os.environ.get("PURE_HB_EVERY", "31"))
"""So many lines are passed over, for time. All of them were tried: PURE_HB_EVERY=1."""
PARTS = ("", ".npz", ".optimiser")


@contextmanager
def stopped_at(line: int, how: Callable[[], object]) -> Iterator[list[int]]:
    """Stops before the line with this number of the session or the checkpoints. Yields the number of lines so far."""
    seen = [0]

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(OURS) or frame.f_code.co_name == "__init__":
            return None
        if event == "line":
            seen[0] += 1
            if seen[0] == line:
                how()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield seen
    finally:
        sys.settrace(before)


def interrupt() -> None:
    raise KeyboardInterrupt


def save_parts(trial: RunningTrial, epoch: int) -> None:
    for part in PARTS:
        trial.checkpoint.with_name(trial.checkpoint.name + part).write_text(f"trial {trial.number} epoch {epoch}")


def parts_are_what_they_say(trial: RunningTrial) -> bool:
    paths = [trial.checkpoint.with_name(trial.checkpoint.name + part) for part in PARTS]
    texts = [path.read_text() if path.exists() else "" for path in paths]
    return texts == [f"trial {trial.number} epoch {trial.start_from}" if trial.start_from else ""] * len(PARTS)


def train_parts(session: hb.Session) -> None:
    """To the end. Only a leg that is given again begins with less than its entry: never, since all is saved."""
    while trial := session.ask(worker="w"):
        assert parts_are_what_they_say(trial), trial
        assert trial.start_from == session.state.trials[trial.number].start_from
        for epoch in trial.epochs():
            save_parts(trial, epoch)
            trial.report(epoch, 1 / epoch)


def train_parts_whatever_comes(session: hb.Session) -> None:
    try:
        train_parts(session)
    except KeyboardInterrupt:
        train_parts(session)


@pytest.mark.parametrize("make", [promotion, stopping])
def test_ctrl_c_on_whichever_line_a_trial_holds_all_that_it_says(memory: Path, make: Make) -> None:
    line = 0
    while True:
        line += EVERY
        with hb.Session(memory / f"{line}.jsonl", make(PAIR), warn=silent) as session:
            with stopped_at(line, interrupt) as seen:
                train_parts_whatever_comes(session)
            if seen[0] < line:
                break
    assert line > 300


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # numpy may have threads
@pytest.mark.parametrize("make", [promotion, stopping])
def test_killed_on_whichever_line_a_trial_holds_all_that_it_says(memory: Path, make: Make) -> None:
    line = 0
    while True:
        line += EVERY
        path = memory / f"{line}.jsonl"
        child = os.fork()
        if child == 0:
            end = 1
            try:
                session = hb.Session(path, make(PAIR), warn=silent)
                with stopped_at(line, lambda: os._exit(3)):
                    train_parts(session)
                end = 0
            finally:
                os._exit(end)
        _, status = os.waitpid(child, 0)
        with hb.Session(path, make(PAIR), warn=silent) as session:
            train_parts(session)
        assert_verifies(path)
        end = os.waitstatus_to_exitcode(status)
        assert end in (0, 3)
        if end == 0:
            break
    assert line > 300
