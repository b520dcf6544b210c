"""HOW IS A REAL MODEL TUNED? `tune`: a session decides, worker processes train, and nothing acknowledged is lost."""

import functools
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from pure_hb.journal import JournalError
from pure_hb.journal.arguments import Given
from pure_hb.journal.reader import read_header_of
from pure_hb.machine import Setup, doubts
from pure_hb.session import Result, Session
from pure_hb.space.domains import plain
from pure_hb.streams import fill_closed_streams
from pure_hb.tuning.forms import form_of
from pure_hb.tuning.patience import TuningError
from pure_hb.tuning.pool import Pool
from pure_hb.tuning.progress import make_progress
from pure_hb.tuning.run import Run
from pure_hb.tuning.script import ScriptError, script_of
from pure_hb.tuning.worker import IN_WORKER


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
    keep_checkpoints: bool = False,
    quiet: bool = False,
    arguments: Mapping[str, Any] | None = None,
    command_line: Sequence[str] | None = None,
) -> Result:
    """Tunes ``train`` with local worker processes, and resumes where the journal ends.

    ``train(config, resume_from, checkpoint_dir)`` is a generator that yields ``(resource, value)`` after each epoch:
    ``resume_from`` is the epoch that its checkpoint holds, 0 if there is none, and it saves *before* it yields. Or
    ``train(trial)`` is a plain function that calls ``trial.report(resource, value)``. Worker processes import the file
    in which it stands; what they cannot import is sent to them if cloudpickle is installed (``pure_hb[notebooks]``).
    Their output is in ``<journal>.logs``.

    ``arguments`` are more keyword arguments for train: JSON values, by name. ``command_line`` is what workers see as
    ``sys.argv[1:]``; None: what this process sees. Both are written in the header of a new journal. Left out, they are
    those of the journal; others than there are refused.

    Budgets count over all sessions of the journal. Checkpoints of ended trials are deleted unless ``keep_checkpoints``;
    the best trial's is kept.

    Raises:
        ScriptError: if train can neither be imported by a worker nor sent to it, is async, has other parameters, or
            does not take one of the arguments; if its file hides another module.
        TuningError: if the script breaks before train is entered; if it breaks in each worker before the run has any
            result; if trial after trial fails later; if the run ends without any result; if no worker process stays
            alive; if no budget is given.
        ValueError: if workers or a budget is not positive, or an argument is NaN or infinite.
        TypeError: if an argument is of a type that JSON does not have.
        JournalError: if the journal is in use, damaged, of another setup, begun with other arguments, or cannot be
            written.
        SessionError: if the folder of the checkpoints is another journal's, or cannot be written.
        KeyboardInterrupt: after Ctrl-C, when the trials that ran have been released and the journal is whole.
    """
    _refuse_in_worker()
    fill_closed_streams()
    names = _names_of(workers)
    if max_trials is None and max_time is None and max_resource_total is None:
        raise TuningError("no budget: give max_time (seconds), max_trials, or max_resource_total (epochs)")
    given = Given(arguments, command_line)
    script = script_of(train)
    form_of(train, _in_force(given.arguments, Path(journal)))
    with make_progress(quiet) as progress, _signals_interrupt():
        session = Session(
            journal,
            setup,
            max_trials=max_trials,
            max_time=max_time,
            max_resource_total=max_resource_total,
            checkpoints=checkpoints,
            keep_checkpoints=keep_checkpoints,
            arguments=given.arguments,
            command_line=given.command_line,
            warn=functools.lru_cache(progress.tell),  # what is rejected again and again is told once
        )
        script = script.for_workers(session.arguments, session.command_line)
        with session, Pool(script, names, Path(f"{session.path}.logs")) as pool:
            for doubt in doubts(setup):
                progress.tell(doubt)
            Run(session, pool, names, progress).run()
            return session.result()


def _names_of(workers: Any) -> tuple[str, ...]:
    """The names of so many workers. Raises `ValueError`."""
    number = plain(workers)
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ValueError(f"workers is {number!r}; it is the number of worker processes, at least 1")
    return tuple(f"worker-{one}" for one in range(number))


def _in_force(arguments: dict[str, Any] | None, journal: Path) -> dict[str, Any]:
    """The arguments that were given for train or, where none were, those that the journal says."""
    if arguments is not None:
        return arguments
    try:
        return read_header_of(journal.expanduser()).arguments or {}
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
