"""HOW IS A REAL MODEL TUNED? `tune`: a session decides, worker processes train, and nothing acknowledged is lost."""

import functools
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from attrs import asdict, frozen

from pure_hb.journal import Address, JournalError, Place, place_of
from pure_hb.journal.arguments import Given
from pure_hb.journal.reader import read_header_of
from pure_hb.machine import Setup, setup_notes
from pure_hb.session import Result, Session
from pure_hb.space import Value
from pure_hb.space.domains import plain
from pure_hb.streams import fill_closed_streams
from pure_hb.tuning.clocks import Limits
from pure_hb.tuning.engines import AnyEngine, engine_of
from pure_hb.tuning.engines.job import Job
from pure_hb.tuning.environments import Environments
from pure_hb.tuning.forms import form_of
from pure_hb.tuning.patience import TuningError
from pure_hb.tuning.progress import make_progress
from pure_hb.tuning.run import Run
from pure_hb.tuning.script import Script, ScriptError, script_of
from pure_hb.tuning.stored import store_of
from pure_hb.tuning.worker import IN_WORKER


def tune(
    train: Callable[..., Any],
    setup: Setup,
    *,
    workers: int = 2,
    journal: str | Path | Address = "run.jsonl",
    checkpoints: str | Path | None = None,
    max_trials: int | None = None,
    max_time: float | None = None,
    max_resource_total: int | None = None,
    target: float | None = None,
    max_leg_time: float | None = None,
    max_silence: float | None = None,
    worker_env: Sequence[Mapping[str, str | int]] = (),
    keep_checkpoints: bool = False,
    arguments: Mapping[str, Any] | None = None,
    command_line: Sequence[str] | None = None,
    observe: str | Path | Address | Iterable[str | Path | Address] = (),
    observe_defaults: Mapping[str, Value] | None = None,
    lease: float = 60.0,
    engine: str | AnyEngine | None = None,
    executor: Executor | Callable[[], Executor] | None = None,
    quiet: bool = False,
) -> Result:
    """Tunes a training function with local worker processes; called again, it resumes where the journal ends.

    Args:
        train: a generator function ``train(config, resume_from, checkpoint_dir)`` that yields ``(resource, value)``
            after each epoch, and saves its checkpoint *before* it yields; ``resume_from`` is the epoch of the
            checkpoint, 0 if there is none. Or a function ``train(trial)`` that calls ``trial.report(resource, value)``.
            Workers import its file; a function that they cannot import needs cloudpickle (``pure_hb[notebooks]``).
        setup: the setup of the search.
        workers: the number of worker processes, at least 1. What a leg prints is in a file in ``<journal>.logs``.
        journal: as for `Session`. Processes that share a database have workers of their own.
        checkpoints: as for `Session`; or a URL of fsspec, such as ``s3://bucket/run``: then each leg trains in a local
            folder, which is fetched from there and stored there.
        max_trials, max_time, max_resource_total, target: as for `Session`. At least one of them is needed.
        max_leg_time, max_silence: seconds. A leg that trains longer, or reports nothing for so long, is killed, and its
            trial has failed. None: no limit.
        worker_env: the variables to set in the environment of each worker, in turn.
        arguments: keyword arguments of ``train``; see `Session`.
        command_line: the ``sys.argv[1:]`` of workers; None: that of this process. The others are as for `Session`.
        observe, observe_defaults: journals of older searches to observe first; see `Session.observe_journal`.
        engine: "dask", "ray", or a value such as ``hb.Dask(address, gpus=1)``, to train there.
        executor: a `concurrent.futures.Executor`, or a function that makes one. Each leg is one call there.
        quiet: whether to show no progress.

    Raises:
        ScriptError: if train cannot be brought to a worker, is async, or has other parameters.
        TuningError: if the script fails before train is entered, or in each worker before there is any result; if one
            trial after another fails; if there is no result at the end; if no worker stays alive; if there is no
            budget; if a limit or worker_env is impossible with the engine, or the engine cannot be reached.
        TypeError: if worker_env, an argument (a JSON value), an engine or an executor has another type.
        ValueError: if workers, a budget or a limit is not positive, the target or an argument is not finite,
            worker_env cannot be an environment, or there is no such engine.
        JournalError: if the journal is in use, damaged, of another setup or other arguments, or cannot be written.
        SessionError: if the folder of the checkpoints is another journal's, or cannot be written.
        KeyboardInterrupt: after Ctrl-C, when the running trials have been released.
    """
    _refuse_in_worker()
    fill_closed_streams()
    names, environments = _names(workers), Environments.checked(worker_env)
    limits, given = Limits(max_leg_time, max_silence), Given(arguments, command_line)
    budget: dict[str, Any] = {"max_trials": max_trials, "max_time": max_time, "max_resource_total": max_resource_total}
    _refuse_endless(budget, target)
    chosen = engine_of(engine, executor)
    chosen.refuse(limits, environments)
    options = {**budget, "target": target, "lease": lease, "keep_checkpoints": keep_checkpoints, **asdict(given)}
    plan = _Plan(names, environments, limits, chosen, place_of(journal), options, (_listed(observe), observe_defaults))
    return _tuned(train, setup, plan, checkpoints, quiet)


@frozen
class _Plan:
    """How it is tuned: what was given to `tune`, checked."""

    names: tuple[str, ...]
    environments: Environments
    limits: Limits
    engine: AnyEngine
    place: Place
    options: dict[str, Any]
    """Those of the session, by name."""
    older: tuple[Iterable[str | Path | Address], Mapping[str, Value] | None]
    """Journals to observe, and the values of their trials in new parameters."""


def _tuned(train: Callable[..., Any], setup: Setup, plan: _Plan, checkpoints: str | Path | None, quiet: bool) -> Result:
    store = store_of(checkpoints)
    script = script_of(train) if plan.engine.needs_script else Script(None)
    form_of(train, _in_force(plan.options["arguments"], plan.place))
    with make_progress(quiet) as progress, _signals_interrupt():
        tell = functools.lru_cache(progress.tell)  # the same rejection is shown only once
        session = Session(plan.place, setup, checkpoints=None if store else checkpoints, warn=tell, **plan.options)
        script = script.for_workers(session.arguments, session.command_line)
        job = Job(train, script, plan.names, session.logs, plan.environments, progress.tell)
        with session, plan.engine.open(job) as workplace:
            if store is not None:
                store.claim(session.checkpoints.root)
            journals, defaults = plan.older
            told = (str(session.observe_journal(older, defaults)) for older in journals)
            for text in (*setup_notes(setup), *plan.environments.doubts(len(plan.names)), *told):
                progress.tell(text)
            Run(session, workplace, plan.names, progress, plan.limits, store).run()
            return session.result()


def _listed(observe: str | Path | Address | Iterable[str | Path | Address]) -> Iterable[str | Path | Address]:
    return [observe] if isinstance(observe, str | Path | Address) else observe


def _names(workers: Any) -> tuple[str, ...]:
    """The names of so many workers. Raises `ValueError`."""
    number = plain(workers)
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ValueError(f"workers is {number!r}; it is the number of worker processes, at least 1")
    return tuple(f"worker-{place}" for place in range(number))


def _refuse_endless(budget: Mapping[str, float | None], target: float | None) -> None:
    if all(limit is None for limit in budget.values()):
        besides = "" if target is None else "; a target may never be reached"
        raise TuningError(f"no budget: give max_time (seconds), max_trials, or max_resource_total (epochs){besides}")


def _in_force(arguments: dict[str, Any] | None, journal: Place) -> dict[str, Any]:
    """The arguments that were given for train or, if none were, those in the journal."""
    if arguments is not None:
        return arguments
    try:
        place = journal if isinstance(journal, Address) else journal.expanduser()
        return read_header_of(place).arguments or {}
    except (JournalError, OSError):  # there is none, or the session will tell
        return {}


def _refuse_in_worker() -> None:
    if IN_WORKER in os.environ:
        raise ScriptError(
            "tune was called while a worker process imported the script; put the call under "
            '`if __name__ == "__main__":`, so that importing the file only defines train'
        )


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """SIGTERM acts like Ctrl-C: running trials are released, and the journal is complete."""

    ours = os.getpid()

    def interrupt(number: int, frame: FrameType | None) -> None:
        if os.getpid() != ours:  # a fork, such as a process of an executor: it ends as by default
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
