"""Is a task of asyncio a worker, as a thread is? `await session.next()`, and what `ask()` says in coroutines."""

import asyncio
import gc
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

import pure_hb as hb
from pure_hb.session import RunningTrial
from tests.logs import assert_verifies
from tests.play import PAIR, promotion, stopping
from tests.processes import python


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def error_of(config: Any, epoch: int) -> float:
    return float(abs(config["x"] - 0.3) + 1.0 / epoch)


async def worker(session: hb.Session, seen: Counter[int] | None = None) -> None:
    while trial := await session.next():
        assert trial.running
        if seen is not None:
            seen[trial.number] += 1
        for epoch in trial.epochs():
            await asyncio.sleep(0)
            trial.checkpoint.write_text(str(epoch))
            trial.report(epoch, error_of(trial.config, epoch))
            await asyncio.sleep(0)


async def workers(session: hb.Session, number: int) -> None:
    await asyncio.gather(*(worker(session) for _ in range(number)))


def events(path: Path) -> list[hb.Event]:
    return [record.event for record in hb.read_journal(path)[1]]


def askers(path: Path) -> list[str]:
    return [event.worker for event in events(path) if isinstance(event, hb.Ask)]


async def let_run() -> None:
    """Lets all tasks run until they wait."""
    for _ in range(10):
        await asyncio.sleep(0)


# ---- the loop -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [promotion, stopping])
@pytest.mark.parametrize("number", [1, 2, 7])
def test_each_task_is_a_worker_and_none_trains_what_another_does(path: Path, make: Any, number: int) -> None:
    with hb.Session(path, make(), max_trials=12) as session:
        asyncio.run(workers(session, number))
        assert session.done
        assert {trial.status for trial in session.state.trials} <= {hb.Status.ENDED, hb.Status.PAUSED}
    assert set(askers(path)) == {f"task-{place}" for place in range(number)}
    kinds = Counter(type(event) for event in assert_events(path))
    assert set(kinds) == {hb.Ask, hb.Report}, "nothing failed, nothing was released"


def assert_events(path: Path) -> list[hb.Event]:
    return [record.event for record in assert_verifies(path)]


def test_tasks_are_named_by_the_order_in_which_they_first_ask_so_runs_are_the_same(tmp_path: Path) -> None:
    logs = []
    for name in ("one", "other"):
        path = tmp_path / f"{name}.jsonl"
        with hb.Session(path, promotion(), max_trials=9) as session:
            asyncio.run(workers(session, 3))
        logs.append([(record.event, record.action) for record in hb.read_journal(path)[1]])
    assert logs[0] == logs[1]
    assert [event.worker for event, _ in logs[0] if isinstance(event, hb.Ask)][:3] == ["task-0", "task-1", "task-2"]


def test_while_a_task_waits_the_loop_runs_and_a_report_wakes_it_at_once(path: Path) -> None:
    async def main(session: hb.Session) -> None:
        first = await session.next()
        second = session.ask(worker="b")
        assert first is not None
        assert second is not None
        got: list[RunningTrial | None] = []
        other = asyncio.create_task(waits(session, got))
        await let_run()
        assert got == []
        first.checkpoint.touch()
        assert not first.report(1, 0.1)
        await let_run()
        assert got == []
        assert not second.report(1, 0.2)
        while not got:  # it is woken by the loop, not by the clock
            await asyncio.sleep(0)
        assert got[0] is not None
        assert (got[0].number, got[0].leg) == (0, 1)
        got[0].complete()
        await other

    with hb.Session(path, promotion(PAIR)) as session:
        asyncio.run(main(session))


async def waits(session: hb.Session, got: list[RunningTrial | None]) -> None:
    got.append(await session.next())


def test_a_report_of_a_thread_wakes_a_task(path: Path) -> None:
    with hb.Session(path, promotion(PAIR)) as session:
        trials = [session.ask(worker=name) for name in ("a", "b")]
        waiting = threading.Event()

        def report() -> None:
            waiting.wait()
            for trial, value in zip(trials, (0.1, 0.2), strict=True):
                assert trial is not None
                trial.checkpoint.touch()
                trial.report(1, value)

        thread = threading.Thread(target=report)
        thread.start()

        async def main() -> None:
            asyncio.get_running_loop().call_soon(waiting.set)
            trial = await session.next()
            assert trial is not None
            assert (trial.number, trial.leg) == (0, 1)
            trial.complete()

        asyncio.run(main())
        thread.join()


def test_several_loops_in_several_threads_share_a_session(path: Path) -> None:
    broken: list[BaseException] = []

    def run(session: hb.Session) -> None:
        try:
            asyncio.run(workers(session, 3))
        except BaseException as error:
            broken.append(error)

    with hb.Session(path, promotion(), max_trials=20) as session:
        threads = [threading.Thread(target=run, args=(session,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert broken == []
        assert not session.state.trials.running
    assert set(askers(path)) == {f"task-{number}" for number in range(9)}
    assert {type(event) for event in assert_events(path)} == {hb.Ask, hb.Report}


def test_a_task_is_told_of_the_end_by_time_while_it_waits(path: Path) -> None:
    now = [0.0]

    async def main(session: hb.Session) -> None:
        session.ask(worker="a")
        session.ask(worker="b")
        got: list[RunningTrial | None] = []
        task = asyncio.create_task(waits(session, got))
        await let_run()
        now[0] = 100.0
        await task
        assert got == [None]

    with hb.Session(path, promotion(PAIR), max_time=50, now=lambda: now[0]) as session:
        asyncio.run(main(session))


def test_a_task_that_waits_is_told_when_the_session_is_closed(path: Path) -> None:
    async def main(session: hb.Session) -> None:
        session.ask(worker="a")
        session.ask(worker="b")
        task = asyncio.create_task(waits(session, []))
        await let_run()
        session.close()
        with pytest.raises(hb.SessionError, match="is closed"):
            await task

    asyncio.run(main(hb.Session(path, promotion(PAIR))))


# ---- tasks that leave, end, or are cancelled -------------------------------------------------------------------------


def test_a_task_that_asks_again_after_reports_has_left_its_trial(path: Path) -> None:
    async def main(session: hb.Session) -> None:
        first = await session.next()
        assert first is not None
        assert first.report(1, 0.5)
        second = await session.next()
        assert second is not None
        assert second.number == 1
        with pytest.warns(hb.SessionWarning, match=r"next\(\) gives trial 1 again.*ask\(worker=\"...\"\)"):
            assert await session.next() is second

    with hb.Session(path, stopping()) as session:
        asyncio.run(main(session))
        assert session.state.trials[0].status is hb.Status.ENDED


async def returns(session: hb.Session) -> None:
    await session.next()


async def raises(session: hb.Session) -> None:
    await session.next()
    raise OSError("no data")


async def sleeps(session: hb.Session) -> None:
    await session.next()
    await asyncio.Event().wait()


ENDS: dict[str, tuple[Callable[[hb.Session], Coroutine[Any, Any, None]], bool, hb.Event]] = {
    "returns": (returns, False, hb.Fail(0, "its task has ended", 0)),
    "raises": (raises, False, hb.Fail(0, "its task has ended", 0)),
    "is cancelled": (sleeps, True, hb.Release(0, "its task was cancelled", 0)),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_task_that_ends_with_a_trial_fails_it_also_while_all_others_wait(path: Path, name: str) -> None:
    run, cancel, event = ENDS[name]

    async def main(session: hb.Session) -> None:
        task = asyncio.create_task(run(session))
        await let_run() if cancel else await asyncio.wait((task,))
        other = asyncio.create_task(worker(session))
        if cancel:
            await let_run()
            assert session.state.trials.held("task-0") is not None
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await other

    with hb.Session(path, stopping(), max_trials=1) as session:
        asyncio.run(main(session))
        assert session.state.trials[0].highest == 9
    found = events(path)
    assert event in found
    assert found[found.index(event) + 1] == hb.Ask("task-1", True) or hb.Ask("task-1", False) in found


def test_a_with_block_says_more_than_the_end_of_the_task(path: Path) -> None:
    async def main(session: hb.Session) -> None:
        async def train() -> None:
            trial = await session.next()
            assert trial is not None
            with trial:
                raise OSError("no data")

        with pytest.raises(OSError, match="no data"):
            await asyncio.create_task(train())

    with hb.Session(path, stopping(), max_trials=1) as session:
        asyncio.run(main(session))
    assert events(path)[-1] == hb.Fail(0, "OSError: no data", 0)


def test_an_exception_that_leaves_the_session_fails_the_trial_of_the_task(path: Path) -> None:
    async def main() -> None:
        with hb.Session(path, stopping()) as session:
            await session.next()
            raise OSError("no data")

    with pytest.raises(OSError, match="no data"):
        asyncio.run(main())
    assert events(path)[-1] == hb.Fail(0, "OSError: no data", 0)


def test_a_loop_that_is_closed_with_a_task_in_it_fails_its_trial(path: Path) -> None:
    with hb.Session(path, stopping(), max_trials=1) as session:
        loop = asyncio.new_event_loop()
        task = loop.create_task(sleeps(session))
        loop.run_until_complete(let_run())
        loop.close()
        trial = session.ask()
        assert trial is not None
        assert trial.number == 0
        assert hb.Fail(0, "the event loop of its task was closed", 0) in events(path)
        task.get_coro().close()
        task._log_destroy_pending = False  # type: ignore[attr-defined]  # private: asyncio would complain of what is meant here


def test_a_task_that_waits_and_is_cancelled_leaves_nothing_behind(path: Path) -> None:
    async def main(session: hb.Session) -> None:
        loop = asyncio.get_running_loop()
        session.ask(worker="a")
        session.ask(worker="b")
        tasks = [asyncio.create_task(waits(session, [])) for _ in range(3)]
        await let_run()
        assert len(session._asking.workers._waiting) == 3
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert session._asking.workers._waiting == {}
        assert not [timer for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]  # private: nobody else says which timers are left
        assert len(session.state.trials.running) == 2

    with hb.Session(path, promotion(PAIR)) as session:
        asyncio.run(main(session))
    assert {type(event) for event in events(path)} == {hb.Ask, hb.Release}


def test_a_trial_asked_for_with_a_time_limit_stays_with_whoever_gets_it(path: Path) -> None:
    """`wait_for` and `gather` may run `next` in a task of its own, which is over when the trial is there."""

    async def main(session: hb.Session) -> None:
        first = await asyncio.wait_for(session.next(), 60)
        second, third = await asyncio.gather(session.next(), session.next())
        trials = [first, second, third]
        await let_run()
        gc.collect()
        for trial in trials:
            assert trial is not None
            assert trial.running
            with trial:
                trial.report(1, 0.5)
        assert sorted(trial.number for trial in trials if trial is not None) == [0, 1, 2]

    with hb.Session(path, stopping()) as session:
        asyncio.run(main(session))
        assert {trial.status for trial in session.state.trials} == {hb.Status.ENDED}


def test_a_time_limit_that_is_over_leaves_nothing_behind(path: Path) -> None:
    async def main(session: hb.Session) -> None:
        session.ask(worker="a")
        session.ask(worker="b")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(session.next(), 0.01)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await waits_beside(session)

    async def waits_beside(session: hb.Session) -> None:
        beside = asyncio.create_task(asyncio.Event().wait())  # else nobody is left to report
        try:
            await session.next()
        finally:
            beside.cancel()

    with hb.Session(path, promotion(PAIR)) as session:
        asyncio.run(main(session))
        assert session._asking.workers._waiting == {}
        assert len(session.state.trials.running) == 2


# ---- what cannot be answered -----------------------------------------------------------------------------------------


def test_waiting_for_ever_is_an_error(path: Path) -> None:
    async def main(session: hb.Session) -> None:
        session.ask(worker="a")
        session.ask(worker="b")
        with pytest.raises(
            hb.SessionError, match=r"^next\(\) would wait for ever: .*no other task and no other thread"
        ):
            await session.next()
        with pytest.raises(hb.SessionError, match=r"^ask\(\) would wait for ever: .*`await session.next\(\)`"):
            session.ask(worker="c")

    with hb.Session(path, promotion(PAIR)) as session:
        asyncio.run(main(session))


def test_ask_never_stops_the_loop_in_which_all_that_runs_is_trained(path: Path) -> None:
    """Also with another thread there, which will never report."""

    async def main(session: hb.Session) -> None:
        tasks = [asyncio.create_task(sleeps(session)) for _ in range(2)]
        await let_run()
        with pytest.raises(
            hb.SessionError, match=r"they are tasks of the event loop that it stops.*`await session.next\(\)`"
        ):
            session.ask(worker="c")
        for task in tasks:
            task.cancel()

    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        with hb.Session(path, promotion(PAIR)) as session:
            asyncio.run(main(session))
    finally:
        stop.set()
        thread.join()


def test_next_outside_of_tasks_says_to_call_ask(path: Path) -> None:
    with hb.Session(path, stopping()) as session:
        waiting = session.next()
        with pytest.raises(hb.SessionError, match=r"call ask\(\)"):
            waiting.send(None)


def test_ask_in_several_coroutines_of_a_thread_says_what_to_write_and_changes_nothing(path: Path) -> None:
    said: list[str] = []

    async def asks(session: hb.Session) -> None:
        while True:
            try:
                trial = session.ask()
            except hb.SessionError as error:
                said.append(str(error))
                return
            if trial is None:
                return
            for epoch in trial.epochs():
                trial.report(epoch, error_of(trial.config, epoch))
                await asyncio.sleep(0)

    async def main(session: hb.Session) -> None:
        await asyncio.gather(*(asks(session) for _ in range(3)))

    with hb.Session(path, stopping(), max_trials=6) as session:
        asyncio.run(main(session))
        assert session.done
    assert len(said) == 2
    assert all("`await session.next()`" in text and 'ask(worker="...")' in text for text in said)
    assert {type(event) for event in assert_events(path)} == {hb.Ask, hb.Report}, "none was completed by it"


def test_ask_in_one_coroutine_or_in_one_after_the_other_is_as_before(path: Path) -> None:
    async def asks(session: hb.Session) -> RunningTrial | None:
        return session.ask()

    with hb.Session(path, stopping()) as session:
        trial = asyncio.run(asks(session))
        assert trial is not None
        assert trial.report(1, 0.5)
        again = asyncio.run(asks(session))
        assert again is not None
        assert (again.number, session.state.trials[0].status) == (1, hb.Status.ENDED)


def test_named_workers_in_coroutines_are_as_in_plain_code(path: Path) -> None:
    async def asks(session: hb.Session, name: str) -> None:
        while trial := session.ask(worker=name, wait=False):
            for epoch in trial.epochs():
                trial.report(epoch, error_of(trial.config, epoch))
                await asyncio.sleep(0)

    async def main(session: hb.Session) -> None:
        await asyncio.gather(asks(session, "a"), asks(session, "b"))

    with hb.Session(path, stopping(), max_trials=6) as session:
        asyncio.run(main(session))
        assert session.done


def test_asyncio_is_imported_by_those_who_use_it(tmp_path: Path) -> None:
    code = """
import sys, pure_hb as hb
setup = hb.asha(hb.Space(x=hb.Float(0, 1)), hb.Minimize("error"), max_resource=3)
with hb.Session("run.jsonl", setup, max_trials=2) as session:
    while trial := session.ask():
        for epoch in trial.epochs():
            trial.report(epoch, 0.5)
print("asyncio" in sys.modules)
"""
    done = python(code, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr
