"""HOW IS A REAL MODEL TUNED? `tune`: a session decides, worker processes train, and nothing acknowledged is lost."""

import functools
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from types import FrameType
from typing import Any

from pure_hb.machine import Setup, doubts
from pure_hb.session import Result, Session
from pure_hb.space import Value
from pure_hb.space.domains import plain
from pure_hb.streams import fill_closed_streams
from pure_hb.tuning.clocks import TimeLimits
from pure_hb.tuning.environment import IN_WORKER, environments
from pure_hb.tuning.patience import TuningError
from pure_hb.tuning.pool import Pool
from pure_hb.tuning.progress import make_progress
from pure_hb.tuning.run import Run
from pure_hb.tuning.script import ScriptError, is_generator, script_of


def tune(
    train: Callable[..., Any],
    setup: Setup,
    *,
    workers: int = 2,
    journal: str | Path = "run.jsonl",
    checkpoints: str | Path | None = None,
    max_trials: int | None = None,
    max_time: float | None = None,
    max_resource_total: int | None = None,
    target: float | None = None,
    max_leg_time: float | None = None,
    max_silence: float | None = None,
    worker_env: Sequence[Mapping[str, str | int]] | None = None,
    keep_checkpoints: bool = False,
    observe: str | Path | Iterable[str | Path] = (),
    observe_defaults: Mapping[str, Value] | None = None,
    quiet: bool = False,
) -> Result:
    """Tunes ``train`` with local worker processes, and resumes where the journal ends.

    ``train(config, resume_from, checkpoint_dir)`` is a generator that yields ``(resource, value)`` after each epoch:
    ``resume_from`` is the epoch that its checkpoint holds, 0 if there is none, and it saves *before* it yields. Or
    ``train(trial)`` is a plain function that calls ``trial.report(resource, value)``. It must stand at the top of a
    file, since worker processes import it. Their output is in ``<journal>.logs``.

    Budgets count over all sessions of the journal; a best value as good as ``target`` ends a run as well. Checkpoints
    of ended trials are deleted unless ``keep_checkpoints``; the best trial's is kept.

    ``max_leg_time`` and ``max_silence``, in seconds: a leg that has trained or not reported for so long is killed with
    its children, and its trial has failed. ``worker_env``: worker i has the variables of entry i in its
    environment before it imports the script; more workers than entries take them in turn.

    ``observe``: journals of older searches; what they have found is taken over, as `Session.observe_journal` does.

    Raises:
        ScriptError: if train cannot be imported by a worker, is async, or has other parameters.
        TuningError: if the script breaks before train is entered; if it breaks in each worker before the run has any
            result; if trial after trial fails later; if the run ends without any result; if no worker process stays
            alive; if no budget is given.
        TypeError, ValueError: if workers, a budget or a limit is not positive, the target is no finite number, or
            ``worker_env`` has what no environment can hold.
        JournalError: if the journal is in use, damaged, of another setup, or cannot be written.
        SessionError: if the folder of the checkpoints is another journal's, or cannot be written.
        KeyboardInterrupt: after Ctrl-C, when the trials that ran have been released and the journal is whole.
    """
    _refuse_in_worker()
    fill_closed_streams()
    names = _names(workers)
    _refuse_endless(max_trials, max_time, max_resource_total, target)
    limits, asked = TimeLimits(max_leg_time, max_silence), environments(worker_env)
    script = script_of(train)
    is_generator(train)
    with make_progress(quiet) as progress, _signals_interrupt():
        session = Session(
            journal,
            setup,
            max_trials=max_trials,
            max_time=max_time,
            max_resource_total=max_resource_total,
            target=target,
            checkpoints=checkpoints,
            keep_checkpoints=keep_checkpoints,
            warn=functools.lru_cache(progress.tell),  # what is rejected again and again is told once
        )
        with session, Pool(script, names, Path(f"{session.path}.logs"), environments=asked) as pool:
            for told in chain(doubts(setup), _taken_over(session, observe, observe_defaults)):
                progress.tell(told)
            Run(session, pool, names, progress, limits).run()
            return session.result()


def _names(workers: int) -> tuple[str, ...]:
    """The names of so many workers."""
    workers = plain(workers)
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise ValueError(f"workers is {workers!r}; it is the number of worker processes, at least 1")
    return tuple(f"worker-{number}" for number in range(workers))


def _taken_over(
    session: Session, observe: str | Path | Iterable[str | Path], defaults: Mapping[str, Value] | None
) -> Iterator[str]:
    """Takes over older journals, one after the other, and says what each had."""
    for older in [observe] if isinstance(observe, str | Path) else observe:
        yield str(session.observe_journal(older, defaults))


def _refuse_endless(
    max_trials: int | None, max_time: float | None, max_resource_total: int | None, target: float | None
) -> None:
    if max_trials is None and max_time is None and max_resource_total is None:
        alone = "" if target is None else "; the target may never be reached"
        raise TuningError(f"no budget: give max_time (seconds), max_trials, or max_resource_total (epochs){alone}")


def _refuse_in_worker() -> None:
    if IN_WORKER in os.environ:
        raise ScriptError(
            "tune was called while a worker process imported the script; put the call under "
            '`if __name__ == "__main__":`, so that importing the file only defines train'
        )


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """SIGTERM is answered like Ctrl-C: release what runs, leave the journal whole."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
