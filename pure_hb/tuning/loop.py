"""HOW IS A REAL MODEL TUNED? `tune`: a session decides, worker processes train, and nothing acknowledged is lost."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final, assert_never

from pure_hb.machine import Setup, doubts
from pure_hb.session import Result, RunningTrial, Session
from pure_hb.tuning.channel import Answer, Ended, Failed, Leg, Message, Noticed, Ready, Reported
from pure_hb.tuning.fitter import Fitter
from pure_hb.tuning.pool import Died, Lost, Pool
from pure_hb.tuning.progress import Progress, make_progress
from pure_hb.tuning.script import ScriptError, is_generator, script_of
from pure_hb.tuning.worker import IN_WORKER

_LOOK_S: Final = 0.5
"""So often the budgets are looked at and the display is drawn."""
_HOPELESS: Final = 2
"""So many trials more than there are workers may fail for good before the first result; then the script is broken."""
_LATER: Final = 5
"""Once it has worked, it may fail so many times as often in a row."""


class TuningError(Exception):
    """A run that cannot go on. The message says why and what to do; what was acknowledged is in the journal."""


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
) -> Result:
    """Tunes ``train`` with local worker processes, and resumes where the journal ends.

    ``train(config, resume_from, checkpoint_dir)`` is a generator that yields ``(resource, value)`` after each epoch:
    ``resume_from`` is the epoch that its checkpoint holds, 0 if there is none, and it saves *before* it yields. Or
    ``train(trial)`` is a plain function that calls ``trial.report(resource, value)``. It must stand at the top of a
    file, since worker processes import it. Their output is in ``<journal>.logs``.

    Budgets count over all sessions of the journal. Checkpoints of ended trials are deleted unless ``keep_checkpoints``;
    the best trial's is kept.

    Raises:
        ScriptError: if train cannot be imported by a worker, or has other parameters.
        TuningError: if trial after trial fails, no worker process stays alive, or no budget is given.
        JournalError: if the journal is in use, damaged, of another setup, or cannot be written.
        SessionError: if the folder of the checkpoints is another journal's, or cannot be written.
        KeyboardInterrupt: after Ctrl-C, when the trials that ran have been released and the journal is whole.
    """
    _refuse_in_worker()
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise ValueError(f"workers is {workers!r}; it is the number of worker processes, at least 1")
    if max_trials is None and max_time is None and max_resource_total is None:
        raise TuningError("no budget: give max_time (seconds), max_trials, or max_resource_total (epochs)")
    script = script_of(train)
    is_generator(train)
    names = tuple(f"worker-{number}" for number in range(workers))
    path = Path(journal)
    with make_progress(quiet) as progress, _signals_interrupt():
        session = Session(
            path,
            setup,
            max_trials=max_trials,
            max_time=max_time,
            max_resource_total=max_resource_total,
            checkpoints=checkpoints,
            keep_checkpoints=keep_checkpoints,
            warn=progress.tell,
        )
        with session, Pool(script, names, Path(f"{session.path}.logs")) as pool:
            for doubt in doubts(setup):
                progress.tell(doubt)
            _Run(session, pool, names, progress).run()
            return session.result()


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


class _Run:
    """The loop: gives legs to free workers, and tells the session what they report."""

    def __init__(self, session: Session, pool: Pool, names: tuple[str, ...], progress: Progress) -> None:
        self._session, self._pool, self._names, self._progress = session, pool, names, progress
        self._legs: dict[str, RunningTrial] = {}
        self._fitter = Fitter()
        self._given = self._failures = self._results = 0
        self._last = ""

    def run(self) -> None:
        """Until nothing runs and nothing is given out any more."""
        while True:
            self._fit_beside()
            was_asked = self._assign()
            self._progress.update(self._session, self._tasks())
            if not self._legs and was_asked:
                break
            if self._pool.hopeless is not None:
                raise TuningError(self._pool.hopeless)
            for name, message in self._pool.wait(_LOOK_S):
                self._handle(name, message)

        if self._failures and not self._results:
            raise TuningError(f"{self._failures} failures and no result; the last one: {self._last}. {self._repair()}")
        if not self._given:
            limit = self._session.spent or "no trial may be started, and none can be promoted"
            self._progress.tell(f"Nothing was left to do: {limit} (budgets count over all sessions of a journal)")

    def _fit_beside(self) -> None:
        """Take a fit that is done, and begin the next."""
        made = self._fitter.take()
        if made is not None:
            self._session.decide(made)
        self._fitter.offer(self._session.state)

    def _assign(self) -> bool:
        """Gives legs to free workers. Returns whether there was one that could train, to ask for."""
        was_asked = False
        for name in self._names:
            if name in self._legs or not self._pool.is_ready(name):
                continue
            trial, was_asked = self._session.ask(wait=False, worker=name), True
            if trial is None:
                continue
            self._session.checkpoints.make_folder(trial.number, trial.leg)
            self._legs[name] = trial
            self._given += 1
            folder, config = str(trial.checkpoint.resolve()), dict(trial.config)
            self._pool.send(name, Leg(trial.number, trial.leg, config, trial.start_from, trial.until, folder))
        return was_asked

    def _handle(self, name: str, message: Message | Died | Lost) -> None:
        trial = self._legs.get(name)
        match message:
            case Noticed(text):
                self._progress.tell(text)
            case Reported(resource, value, cost) if trial is not None:
                self._failures, self._results = 0, self._results + 1
                go_on = trial.report(resource, value, cost)
                self._pool.send(name, Answer(go_on, trial.until))
            case Ended() if trial is not None:
                del self._legs[name]
                if trial.running:
                    trial.complete()
            case Failed(reason, hopeless) if trial is not None:
                self._failed(name, trial, reason)
                if hopeless:
                    raise TuningError(f"{reason}. {self._repair()}")
            case Died(how):
                if trial is not None:
                    self._failed(name, trial, f"the worker process died: {how}")
            case Lost(how) if trial is not None:
                del self._legs[name]
                trial.release(f"the worker process died before it could train: {how}")
            case Lost() | Reported() | Ended() | Failed() | Leg() | Answer() | Ready():
                return
            case _:
                assert_never(message)

    def _failed(self, name: str, trial: RunningTrial, reason: str) -> None:
        del self._legs[name]
        trial.fail(reason)
        self._failures, self._last = self._failures + 1, reason
        log = self._pool.log(name)
        self._progress.tell(f"trial {trial.number} failed: {reason}; see {log}")
        limit = self._session.state.setup.max_failures * (len(self._names) + _HOPELESS)
        if self._failures >= (limit * _LATER if self._results else limit):
            raise TuningError(f"{self._failures} failures in a row, the last one: {reason}. {self._repair()}")

    def _repair(self) -> str:
        logs = self._pool.log(self._names[0]).parent
        return f"Repair the script (its output is in {logs}) and start the same command again"

    def _tasks(self) -> dict[str, str]:
        return {name: self._task(self._legs.get(name)) for name in self._names}

    def _task(self, trial: RunningTrial | None) -> str:
        if trial is None:
            return "waits"
        curve = self._session.state.trials[trial.number].curve
        value = f", {curve[-1][1]:.6g} after epoch {curve[-1][0]}" if curve else ""
        return f"trial {trial.number} to epoch {trial.until}{value}  {trial.config!r}"
