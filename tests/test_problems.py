"""Can anything that answers be simulated: a table, a function, a live training; and is nothing trained twice?"""

import math
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attrs import define, field, frozen

import pure_hb as hb
from pure_hb.problems import Answer, Failure, ProblemError
from pure_hb.simulation import SimulationError
from pure_hb.tables import load_table
from tests.processes import python
from tests.shared import ROOT

SPACE = hb.Space(x=hb.Float(0.0, 1.0), kind=hb.Choice("a", "b"))
ERROR = hb.Minimize("error")
STEPS = hb.Maximize("steps")


def curve(config: Mapping[str, Any], resource: int) -> float:
    return abs(float(config["x"]) - 0.3) + 1.0 / resource


def random_search(problem: hb.Problem, seed: int = 0, **options: Any) -> hb.Setup:
    return hb.random_search(problem.space, problem.goal, max_resource=problem.max_resource, seed=seed, **options)


def asha(problem: hb.Problem, seed: int = 0, **options: Any) -> hb.Setup:
    return hb.asha(problem.space, problem.goal, max_resource=problem.max_resource, seed=seed, **options)


# ---- any object with the five members ------------------------------------------------------------------------------


@frozen
class Steps:
    """A problem written by hand: the value is the resource, each resource takes two seconds."""

    name: str = "steps"
    space: hb.Space = SPACE
    goal: hb.Goal = STEPS
    max_resource: int = 4
    elapsed: tuple[float, ...] = (2.0, 4.0, 6.0, 8.0)

    def answer(self, config: Mapping[str, Any], resource: int) -> hb.Answer | hb.Failure:
        return Answer(resource, self.elapsed[resource - 1])


def test_an_object_with_the_five_members_is_a_problem() -> None:
    result = hb.simulate(Steps(), random_search(Steps()), workers=1, max_time=17)
    assert (result.best, result.trials, result.time) == (4.0, 3, 17.0)
    assert result.trajectory == ((2.0, 1.0), (4.0, 2.0), (6.0, 3.0), (8.0, 4.0))
    assert result.regret is None, "it does not know how good a value is"


def test_a_table_is_a_problem_and_answers_by_its_row() -> None:
    table = load_table(ROOT / "tests" / "data" / "tables" / "tiny")
    assert table.answer({"x": 4}, 2) == Answer(3.5, 6.0)
    found = table.answer({"x": 3}, 2)
    assert math.isnan(found.value)


def test_seconds_that_fall_are_refused() -> None:
    falling = Steps(elapsed=(2.0, 1.0, 6.0, 8.0))
    with pytest.raises(
        SimulationError, match=r"steps tells 1\.0 s at resource 2 of .* after 2\.0 s at 1; elapsed counts"
    ):
        hb.simulate(falling, random_search(falling), max_time=9)


def test_a_setup_that_does_not_fit_a_problem_is_refused() -> None:
    with pytest.raises(SimulationError, match=r"max_resource is 9; the problem steps ends at 4") as refused:
        hb.simulate(Steps(), hb.asha(hb.Space(y=hb.Int(0, 3)), ERROR, max_resource=9), max_time=1)
    assert "the space has no x, kind; use the problem's: problem.space" in str(refused.value)
    assert "the goal is Minimize(metric='error'); that of the problem steps is Maximize" in str(refused.value)


def test_what_is_no_problem_is_refused_with_the_way_to_make_one() -> None:
    setup = random_search(Steps())
    wrong: tuple[Any, ...] = (curve, None)
    for problem in wrong:
        with pytest.raises(SimulationError, match=r"is no problem, it has no .*answer; make one by problem\("):
            hb.simulate(problem, setup, max_time=1)
    no_setup: Any = "ASHA-PROM"
    with pytest.raises(SimulationError, match=r"setup is 'ASHA-PROM'; make one: asha\("):
        hb.simulate(Steps(), no_setup, max_time=1)


@pytest.mark.parametrize("bad", [None, "0.1", True, [0.1]])
def test_a_value_that_is_no_number_is_an_error(bad: Any) -> None:
    with pytest.raises(ProblemError, match=r"is no number; the value of an Answer is a float"):
        Answer(bad, 1.0)


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf, None, True])
def test_seconds_are_finite_and_not_negative(bad: Any) -> None:
    for make in (lambda: Answer(0.5, bad), lambda: Failure("broke", bad)):
        with pytest.raises(ProblemError, match=r"elapsed is .*; it is seconds from the beginning of training"):
            make()


def test_scalars_of_numpy_become_numbers() -> None:
    answer = Answer(np.float32(0.5), np.int64(3))  # type: ignore[arg-type]  # what users give
    assert (answer, type(answer.value), type(answer.elapsed)) == (Answer(0.5, 3.0), float, float)


# ---- functions -----------------------------------------------------------------------------------------------------


def test_a_function_is_a_problem_in_one_line() -> None:
    problem = hb.problem(curve, SPACE, ERROR, 9)
    assert repr(problem) == "<problem curve: 2 parameters, 9 resources>"
    assert problem.answer({"x": 0.3, "kind": "a"}, 4) == Answer(0.25, 4.0)
    result = hb.simulate(problem, asha(problem), max_time=50)
    assert result == hb.simulate(problem, asha(problem), max_time=50)
    assert result.best is not None
    assert result.best < 0.3


def test_seconds_may_depend_on_the_configuration() -> None:
    problem = hb.problem(curve, SPACE, ERROR, 3, seconds=lambda config: 1.0 + (config["kind"] == "b"))
    assert [problem.answer({"x": 0.0, "kind": kind}, 3).elapsed for kind in "ab"] == [3.0, 6.0]


def test_a_function_may_tell_its_own_seconds() -> None:
    problem = hb.problem(lambda config, resource: Answer(1.0, 7.0 * resource), SPACE, ERROR, 3)
    assert problem.answer({}, 2) == Answer(1.0, 14.0)


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf, "1", True])
def test_a_resource_takes_time(seconds: Any) -> None:
    with pytest.raises(ProblemError, match="one resource takes a positive, finite number of seconds"):
        hb.problem(curve, SPACE, ERROR, 3, seconds=seconds)
    with pytest.raises(ProblemError, match="one resource takes a positive, finite number of seconds"):
        hb.problem(curve, SPACE, ERROR, 3, seconds=lambda _: seconds).answer({"x": 0.1}, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"space": {"x": 1}}, r"space is \{'x': 1\}; make one: Space\("),
        ({"goal": "min"}, r"goal is 'min'; write Minimize\("),
        ({"max_resource": 0}, "max_resource is 0; it is an int of at least 1"),
        ({"max_resource": 2.5}, "max_resource is 2.5"),
        ({"max_resource": True}, "max_resource is True"),
    ],
)
def test_parts_that_make_no_problem_are_refused(arguments: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"space": SPACE, "goal": ERROR, "max_resource": 3, **arguments}
    makers: tuple[Any, ...] = (hb.problem, hb.live_problem)
    for make in makers:
        with pytest.raises(ProblemError, match=message):
            make(curve, **given)


@pytest.mark.parametrize("resource", [0, 4, -1])
def test_only_resources_of_the_problem_are_answered(resource: int) -> None:
    for problem in (hb.problem(curve, SPACE, ERROR, 3), hb.live_problem(lambda config: [1, 2, 3, 4], SPACE, ERROR, 3)):
        with pytest.raises(ProblemError, match=f"has no resource {resource}; it has those from 1 to 3"):
            problem.answer({"x": 0.1, "kind": "a"}, resource)


def test_the_regret_is_known_where_a_scale_is_given() -> None:
    for sign, goal in ((1.0, ERROR), (-1.0, hb.Maximize("score"))):
        problem = hb.problem(lambda config, r: 2.0, SPACE, goal, 3, scale=(sign * 1.0, sign * 3.0))
        assert [problem.regret(sign * value) for value in (1.0, 2.0, 3.0)] == [0.0, 0.5, 1.0]
        assert hb.simulate(problem, random_search(problem), max_trials=1).regret is not None
        with pytest.raises(ProblemError, match="it is the best value, and a worse one"):
            hb.problem(curve, SPACE, goal, 3, scale=(sign * 3.0, sign * 1.0))


# ---- failures ------------------------------------------------------------------------------------------------------


def test_a_failure_is_sent_as_fail_at_its_time_and_ends_the_trial_for_good() -> None:
    def broken(config: Mapping[str, Any], resource: int) -> float | Failure:
        return Failure("out of memory", 1.25) if resource == 2 else 0.5

    problem, log = hb.problem(broken, SPACE, ERROR, 3), list[Any]()
    result = hb.simulate(
        problem,
        random_search(problem, max_failures=2),
        workers=1,
        max_trials=1,
        record=lambda *entry: log.append(entry),
    )
    fails = [(time, event, type(action)) for time, event, action in log if isinstance(event, hb.Fail)]
    assert fails == [
        (1.25, hb.Fail(0, "out of memory", 0), hb.Pause),
        (2.5, hb.Fail(0, "out of memory", 1), hb.Stop),
    ]
    assert (result.failures, result.last_failure, result.best) == (2, "out of memory", 0.5)


def test_what_a_function_raises_is_a_failed_training() -> None:
    def broken(config: Mapping[str, Any], resource: int) -> float:
        if config["x"] > 0.5:
            raise FloatingPointError("overflow")
        return curve(config, resource)

    problem = hb.problem(broken, SPACE, ERROR, 9, seconds=2.0)
    assert problem.answer({"x": 0.6}, 3) == Failure("FloatingPointError: overflow", 6.0)
    result = hb.simulate(problem, asha(problem, max_failures=1), max_time=100)
    assert result.failures > 0
    assert result.last_failure == "FloatingPointError: overflow"
    ended = [trial for trial in result.state.trials if trial.highest or trial.failures]
    assert all(trial.failures == (float(trial.config["x"]) > 0.5) for trial in ended)


def test_a_run_in_which_all_fails_says_why() -> None:
    problem = hb.problem(lambda config, resource: config["tpyo"], SPACE, ERROR, 9)
    result = hb.simulate(problem, asha(problem), max_trials=3)
    assert (result.best, result.failures, result.last_failure) == (None, 3, "KeyError: 'tpyo'")


def test_an_interruption_is_no_failed_training() -> None:
    def interrupted(config: Mapping[str, Any], resource: int = 1) -> Any:
        raise KeyboardInterrupt

    for problem in (hb.problem(interrupted, SPACE, ERROR, 3), hb.live_problem(interrupted, SPACE, ERROR, 3)):
        with pytest.raises(KeyboardInterrupt):
            problem.answer({"x": 0.1, "kind": "a"}, 1)


def test_an_interrupted_training_begins_anew() -> None:
    interrupts = [True]

    def train(config: Mapping[str, Any]) -> Iterator[float]:
        yield 0.5
        if interrupts.pop():
            raise KeyboardInterrupt
        yield 0.25

    problem = live(train)
    with pytest.raises(KeyboardInterrupt):
        problem.answer(POINT, 2)
    interrupts.append(False)
    assert problem.answer(POINT, 2) == Answer(0.25, 2.0)


@frozen
class Regretful(Steps):
    """A problem that knows how good a value is."""

    def regret(self, value: float) -> float | None:
        return 4.0 - value


def test_a_problem_may_know_how_good_a_value_is() -> None:
    problem = Regretful()
    assert hb.simulate(problem, random_search(problem), max_trials=1).regret == 0.0


# ---- live trainings ------------------------------------------------------------------------------------------------


@define
class Trained:
    """A training that counts: how many epochs were trained, how many trainings begun."""

    epochs: int = 0
    begun: list[float] = field(factory=list)
    broken_at: int = 0

    def __call__(self, config: Mapping[str, Any]) -> Iterator[float]:
        self.begun.append(config["x"])
        for epoch in range(1, 10):
            self.epochs += 1
            if epoch == self.broken_at:
                raise ValueError("diverged")
            yield curve(config, epoch)


POINT: dict[str, Any] = {"x": 0.3, "kind": "a"}


def live(train: Any, **options: Any) -> Any:
    return hb.live_problem(train, SPACE, ERROR, 9, seconds=1.0, **options)


def test_a_live_training_goes_only_as_far_as_it_is_asked_and_goes_on_where_it_was() -> None:
    train = Trained()
    problem = live(train)
    assert [problem.answer(POINT, resource) for resource in (2, 1, 4)] == [
        Answer(0.5, 2.0),
        Answer(1.0, 1.0),
        Answer(0.25, 4.0),
    ]
    assert (train.epochs, train.begun) == (4, [0.3])
    assert repr(problem) == "<live problem Trained: 2 parameters, 9 resources>"


def test_a_simulation_trains_each_epoch_once() -> None:
    train = Trained()
    problem = live(train)
    result = hb.simulate(problem, asha(problem), max_trials=20)
    function = hb.problem(curve, SPACE, ERROR, 9)
    assert result == hb.simulate(function, asha(function), max_trials=20)
    assert train.epochs == sum(trial.highest for trial in result.state.trials)
    assert len(train.begun) == 20


def test_a_training_that_was_let_go_begins_anew_and_what_it_told_stands() -> None:
    train = Trained()
    problem = live(train, waiting=1)
    first = problem.answer(POINT, 2)
    problem.answer({"x": 0.9, "kind": "a"}, 1)
    assert problem.answer(POINT, 3) == Answer(1 / 3, 3.0)
    assert problem.answer(POINT, 2) is first
    assert train.begun == [0.3, 0.9, 0.3]


def test_a_training_that_raises_or_ends_early_has_failed() -> None:
    problem = live(Trained(broken_at=3))
    assert problem.answer(POINT, 2) == Answer(0.5, 2.0)
    assert [problem.answer(POINT, resource) for resource in (3, 7)] == [Failure("ValueError: diverged", 3.0)] * 2
    short = live(lambda config: [0.5, 0.4])
    assert short.answer(POINT, 2) == Answer(0.4, 2.0)
    assert short.answer(POINT, 3) == Failure("training ended by itself after resource 2", 3.0)


def test_a_function_that_raises_before_it_trains_has_failed() -> None:
    def refuses(config: Mapping[str, Any]) -> list[float]:
        raise MemoryError("too wide")

    assert live(refuses).answer(POINT, 1) == Failure("MemoryError: too wide", 1.0)


def test_seconds_are_measured_where_none_are_given() -> None:
    problem = hb.live_problem(Trained(), SPACE, ERROR, 9)
    elapsed = [problem.answer(POINT, resource).elapsed for resource in range(1, 10)]
    assert elapsed == sorted(elapsed)
    assert elapsed[0] >= 0.0


def test_a_configuration_outside_the_space_is_named() -> None:
    with pytest.raises(
        ProblemError, match=r"\{'x': 0.3\} is no configuration of the problem Trained \(KeyError: 'kind'"
    ):
        live(Trained()).answer({"x": 0.3}, 1)


# ---- the cache on disk ---------------------------------------------------------------------------------------------


def test_nothing_is_trained_twice_and_the_run_is_the_same(tmp_path: Path) -> None:
    first, second = Trained(), Trained()
    plain = hb.simulate(live(Trained()), asha(live(Trained())), max_trials=20)
    for train in (first, second):
        problem = hb.cached_problem(live(train), tmp_path / "trained.cache")
        assert hb.simulate(problem, asha(problem), max_trials=20) == plain
        problem.close()
    assert first.epochs > 20
    assert second.epochs == 0


def test_a_table_in_a_cache_runs_bit_for_bit_as_without(tmp_path: Path) -> None:
    table = load_table(ROOT / "tests" / "data" / "tables" / "valley")
    cached = hb.cached_problem(table, tmp_path / "valley.cache")
    runs = [hb.simulate(problem, asha(problem), max_time=60) for problem in (table, cached, cached)]
    assert runs[0] == runs[1] == runs[2]
    assert runs[0].regret is not None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0, 0.1, 5e-324, 1.7976931348623157e308])
def test_values_come_back_as_they_were(tmp_path: Path, value: float) -> None:
    cached = hb.cached_problem(hb.problem(lambda config, r: value, SPACE, ERROR, 3), tmp_path / "a.cache")
    for _ in range(2):
        assert repr(cached.answer(POINT, 1)) == repr(Answer(value, 1.0))


def test_failures_are_kept_too(tmp_path: Path) -> None:
    train = Trained(broken_at=2)
    for _ in range(2):
        cached = hb.cached_problem(live(train), tmp_path / "a.cache")
        assert cached.answer(POINT, 2) == Failure("ValueError: diverged", 2.0)
    assert train.epochs == 2


def test_a_point_is_known_by_its_match_key(tmp_path: Path) -> None:
    train = Trained()
    cached = hb.cached_problem(live(train), tmp_path / "a.cache")
    cached.answer(POINT, 1)
    cached.answer({"kind": "a", "x": 0.3 + 1e-12, "other": 5}, 1)
    cached.answer({"kind": "b", "x": 0.3}, 1)
    assert len(train.begun) == 2


def test_the_cache_of_another_problem_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.cache"
    hb.cached_problem(hb.problem(curve, SPACE, ERROR, 3), path)
    hb.cached_problem(hb.problem(curve, SPACE, ERROR, 3), path)
    others = (
        hb.problem(curve, SPACE, ERROR, 4),
        hb.problem(curve, hb.Space(x=hb.Float(0.0, 2.0)), ERROR, 3),
        hb.problem(curve, SPACE, hb.Maximize("error"), 3),
        hb.problem(curve, SPACE, ERROR, 3, name="another"),
    )
    for other in others:
        with pytest.raises(ProblemError, match=r"has the answers of another problem, curve: .* Give a path of its own"):
            hb.cached_problem(other, path)


def test_a_file_that_is_no_cache_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.cache"
    path.write_bytes(b"something else altogether, and not a database" * 100)
    with pytest.raises(ProblemError, match=r"a\.cache cannot be used as a cache: file is not a database"):
        hb.cached_problem(hb.problem(curve, SPACE, ERROR, 3), path)
    assert path.read_bytes().startswith(b"something else")
    with pytest.raises(ProblemError, match="cannot be used as a cache: unable to open database file"):
        hb.cached_problem(hb.problem(curve, SPACE, ERROR, 3), tmp_path / "nowhere" / "a.cache")


MANY = """
import sys
import pure_hb as hb
space = hb.Space(x=hb.Int(0, 999))
told = float(sys.argv[2])
cached = hb.cached_problem(hb.problem(lambda config, r: told, space, hb.Minimize("error"), 3, name="many"), sys.argv[1])
print(*[cached.answer({"x": x}, 1).value for x in range(200)])
"""


def test_several_processes_share_a_cache_and_agree(tmp_path: Path) -> None:
    """Each would answer by a number of its own; what stands first in the file counts for all."""
    path = tmp_path / "a.cache"
    started = [
        subprocess.Popen([sys.executable, "-c", MANY, str(path), str(number)], stdout=subprocess.PIPE, cwd=ROOT)
        for number in range(4)
    ]
    outputs = {one.communicate()[0] for one in started}
    assert [one.returncode for one in started] == [0] * 4
    assert len(outputs) == 1
    assert len(outputs.pop().split()) == 200


KILLED = """
import os, signal, sys
import pure_hb as hb
space = hb.Space(x=hb.Int(0, 999))
def curve(config, resource):
    if config["x"] == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return float(config["x"])
cached = hb.cached_problem(hb.problem(curve, space, hb.Minimize("error"), 3), sys.argv[1])
for x in range(9):
    cached.answer({"x": x}, 1)
"""


def test_a_kill_in_the_middle_loses_no_answer_that_was_given(tmp_path: Path) -> None:
    path = tmp_path / "a.cache"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("SELECT count(*) FROM answers").fetchone() == (7,)
    connection.close()
    asked: list[int] = []

    def curve(config: Mapping[str, Any], resource: int) -> float:
        asked.append(config["x"])
        return float(config["x"])

    cached = hb.cached_problem(hb.problem(curve, hb.Space(x=hb.Int(0, 999)), ERROR, 3), path)
    assert [cached.answer({"x": x}, 1).elapsed for x in range(9)] == [1.0] * 9
    assert asked == [7, 8]


def test_a_fork_and_a_thread_have_connections_of_their_own(tmp_path: Path) -> None:
    code = f"""
import os, threading
import pure_hb as hb
space = hb.Space(x=hb.Int(0, 9))
problem = hb.problem(lambda config, r: float(config["x"]), space, hb.Minimize("e"), 3, name="p")
cached = hb.cached_problem(problem, {str(tmp_path / "a.cache")!r})
cached.answer({{"x": 1}}, 1)
thread = threading.Thread(target=cached.answer, args=({{"x": 2}}, 1))
thread.start(); thread.join()
child = os.fork()
if not child:
    cached.answer({{"x": 3}}, 1)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
cached.answer({{"x": 4}}, 1)
print(cached._run("SELECT count(*) FROM answers"))
"""
    done = python(code, cwd=tmp_path)
    assert (done.stdout.strip(), done.returncode) == ("[(4,)]", 0), done.stderr


def test_a_process_that_ends_leaves_one_file(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", MANY, str(tmp_path / "a.cache"), "1"], cwd=ROOT, check=True)
    assert done.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["a.cache"]


def test_measured_seconds_that_are_measured_again_do_not_fall(tmp_path: Path) -> None:
    path = tmp_path / "a.cache"
    slow = hb.cached_problem(hb.problem(curve, SPACE, ERROR, 3, seconds=5.0), path)
    slow.answer(POINT, 1)
    fast = hb.cached_problem(hb.problem(curve, SPACE, ERROR, 3, seconds=1.0), path)
    assert [fast.answer(POINT, resource).elapsed for resource in (1, 2, 3)] == [5.0, 5.0, 5.0]
