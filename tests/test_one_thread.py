"""Is the linear algebra on one thread while a surrogate is at work, and as before afterwards?"""

import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import pure_hb as hb
from pure_hb.threads import one_thread
from tests.play import ERROR

PLANE = hb.Space(x=hb.Float(0.0, 1.0), y=hb.Float(0.0, 1.0))
MODELS = ["MOBSTER-JOINT", "HYPERTUNE-INDEP", "DYHPO", "BOHB"]


def threads() -> set[int]:
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two() -> Iterator[None]:
    with one_thread:  # everything is loaded
        pass
    with threadpool_limits(2, user_api="blas"):
        if threads() != {2}:
            pytest.skip("the linear algebra here has one thread whatever is asked")
        yield


def test_inside_there_is_one_and_afterwards_as_many_as_before() -> None:
    with one_thread:
        assert threads() == {1}
        with one_thread:
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == {2}
    with pytest.raises(ValueError, match="inside"), one_thread:
        raise ValueError("inside")
    assert threads() == {2}


def test_the_last_to_leave_sets_it_back() -> None:
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with one_thread:
            inside.set()
            leave.wait(30)

    thread = threading.Thread(target=other)
    with one_thread:
        thread.start()
        inside.wait(30)
    assert threads() == {1}
    leave.set()
    thread.join(30)
    assert threads() == {2}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_process_does_not_wait_for_threads_that_it_has_not() -> None:
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with one_thread:
            inside.set()
            leave.wait(30)

    def child() -> int:
        with one_thread:
            if threads() != {1}:
                return 2
        return 0 if threads() == {2} else 1

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait(30)
    pid = os.fork()
    if pid == 0:
        os._exit(child())
    _, status = os.waitpid(pid, 0)
    leave.set()
    thread.join(30)
    assert os.waitstatus_to_exitcode(status) == 0


def observed(setup: hb.Setup, count: int = 60) -> hb.State:
    generator, state = np.random.default_rng(1), hb.initial(setup)
    for _ in range(count):
        x, y = generator.uniform(size=2).tolist()
        curve = [(r, (x - 0.3) ** 2 + (y - 0.6) ** 2 + 1 / (1 + r)) for r in (1, 3, 9)]
        state, _ = hb.decide(state, hb.Observe({"x": x, "y": y}, curve))
    return state


@pytest.mark.parametrize("method", MODELS)
def test_a_decision_is_made_on_one_thread(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = set[int]()

    def watched(plain: Callable[..., Any], *given: Any, **more: Any) -> Any:
        seen.update(threads())
        return plain(*given, **more)

    for name in ("surrogate.models.dense.factorise", "search.bohb.split"):
        module, _, function = f"pure_hb.{name}".rpartition(".")
        monkeypatch.setattr(f"pure_hb.{name}", partial(watched, getattr(import_module(module), function)))
    state = observed(hb.METHODS[method](PLANE, ERROR, max_resource=9, seed=1, points_to_evaluate=[]))
    hb.decide(state, hb.Ask("ann"))
    assert seen == {1}
    assert threads() == {2}


@pytest.mark.parametrize("method", MODELS)
def test_one_thread_and_two_decide_alike(method: str) -> None:
    state = observed(hb.METHODS[method](PLANE, ERROR, max_resource=9, seed=1, points_to_evaluate=[]))
    on_two, _ = hb.decide(state, hb.Ask("ann"))
    with threadpool_limits(1, user_api="blas"):
        on_one, _ = hb.decide(state, hb.Ask("ann"))
    assert on_two == on_one


def test_a_fit_beside_training_is_made_on_one_thread() -> None:
    state = observed(hb.mobster(PLANE, ERROR, max_resource=9, seed=1, points_to_evaluate=[], fit="background"))
    on_two = hb.fit_if_due(state)
    with threadpool_limits(1, user_api="blas"):
        assert hb.fit_if_due(state) == on_two is not None
