"""WHAT RUNS ON WORKERS OF ANOTHER LIBRARY? `run_call`: one leg, from rung to rung, as one call that asks while it runs.

An executor, Dask or Ray brings a `Call` to one of its workers and an `Outcome` back, with its own pickle. Meanwhile the
leg communicates by `Ask` only, which sends a message to the scheduler and waits for the answer.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from attrs import frozen

from pure_hb.tuning.channel import (
    Answer,
    Arrived,
    Ended,
    Entered,
    Failed,
    Hopeless,
    Leg,
    Message,
    Noticed,
    Reported,
    Useless,
)
from pure_hb.tuning.script import Script
from pure_hb.tuning.stored import fetched, storing
from pure_hb.tuning.texts import cut, sentence_of, traceback_of
from pure_hb.tuning.training import LegIsOverError, Training, WorkerTrial, outcome_of
from pure_hb.tuning.worker import IN_WORKER

_MOST_RUNS: Final = 4
"""The number of runs whose training functions a worker keeps imported."""


@frozen
class Call:
    """One leg, as it is submitted. If an engine begins a call a second time, it is still the same call."""

    identity: str
    run: str
    """The name of the run, the same in all its calls."""
    script: Script
    leg: Leg
    worker: int
    """The number of the worker, 0 to n - 1: of its place in the scheduler, not of a process."""


@frozen
class Outcome:
    """What a call returns."""

    last: Ended | Failed | Useless | Hopeless
    traceback: str = ""


class NobodyAsksError(Exception):
    """The scheduler is gone, or does not want reports of this leg any more."""


Ask = Callable[[Message], Answer]
"""Sends a message to the scheduler and returns its answer. Raises `NobodyAsksError`."""


def run_call(call: Call, ask: Ask) -> Outcome:
    """Trains a leg, if it is still wanted. What `train` raises is in the outcome, `SystemExit` included."""
    try:
        if not ask(Arrived(where())).go_on:
            return Outcome(Ended())
        try:
            training = _training(call)
        except Exception as error:
            return Outcome(Hopeless(cut(str(error))), traceback_of(error))
        ask(Entered())
    except NobodyAsksError:
        return Outcome(Ended())
    return _trained(call, training, ask)


def _trained(call: Call, training: Training, ask: Ask) -> Outcome:
    tracebacks: list[str] = []

    def report(message: Reported) -> Answer:
        try:
            return ask(message)
        except NobodyAsksError:
            raise LegIsOverError("nobody hears of this leg any more") from None  # which a train does not catch

    def notice(text: str) -> None:
        try:
            ask(Noticed(cut(text)))
        except NobodyAsksError:
            return

    def broke(error: Exception) -> None:
        tracebacks.append(traceback_of(error))

    last: Ended | Failed | Useless
    try:
        with fetched(call.leg) as leg:
            trial = WorkerTrial(leg, call.worker, storing(leg, report), notice)
            try:
                last = outcome_of(training, leg, trial, notice, broke)
            except SystemExit as error:  # it would end a process that may train other legs, too
                last = Failed(sentence_of(error)) if trial.running else Ended()
                tracebacks.append(traceback_of(error))
    except Exception as error:  # of the file system that the checkpoint is fetched from
        broke(error)
        last = Failed(sentence_of(error))
    return Outcome(last, "".join(tracebacks))


def where() -> str:
    """This process, in words."""
    return f"process {os.getpid()} on {socket.gethostname()}"


# ---- what a process has imported ------------------------------------------------------------------------------------

_TRAININGS: Final[dict[str, Training]] = {}
_IMPORTING: Final = threading.Lock()


@contextmanager
def known_here(run: str, training: Training) -> Iterator[None]:
    """Calls of a run in this process, or in a fork of it, use the train of this process."""
    _TRAININGS[run] = training
    try:
        yield
    finally:
        _TRAININGS.pop(run, None)


def _training(call: Call) -> Training:
    """Train, imported once for each run in each process. Raises what `Training.of` does."""
    with _IMPORTING:
        if call.run not in _TRAININGS:
            call.script.join()
            with _marked(call.worker):
                training = Training.of(call.script, in_worker=False)
            for old in list(_TRAININGS)[: 1 - _MOST_RUNS]:
                del _TRAININGS[old]
            _TRAININGS[call.run] = training
        return _TRAININGS[call.run]


@contextmanager
def _marked(worker: int) -> Iterator[None]:
    """Marks that a script is being imported, so that a call of tune in it can be refused."""
    os.environ[IN_WORKER] = str(worker)
    try:
        yield
    finally:
        os.environ.pop(IN_WORKER, None)
