"""WHAT RUNS IN A WORKER PROCESS? One leg after the other, until the other end of the connection is gone.

`main` gets the number of an inherited socket, and the script as JSON. Whatever happens to the scheduler, no worker
outlives it: a thread watches the connection and ends the process, and asks its children to end.
"""

import inspect
import json
import os
import queue
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

from attrs import evolve

from pure_hb.protocol import Report, ReportError
from pure_hb.protocol.checks import shown
from pure_hb.tuning.channel import (
    Answer,
    Channel,
    Ended,
    Entered,
    Failed,
    Hopeless,
    Leg,
    Message,
    Noticed,
    Ready,
    Reported,
    Unlogged,
    Useless,
)
from pure_hb.tuning.ending import signal_group
from pure_hb.tuning.environment import IN_WORKER
from pure_hb.tuning.logs import Output
from pure_hb.tuning.script import Script, is_generator
from pure_hb.tuning.texts import cut, place_of, sentence_of, write_traceback

_MOST_IGNORED: Final = 100
"""So many reports after the end of its leg may train make; then it is taken out of its loop."""


class LegIsOverError(BaseException):
    """Takes a train out of its loop that never asks whether to go on. As `GeneratorExit`, it is no `Exception`."""


class WorkerTrial:
    """The trial that a plain ``train(trial)`` gets: what to train, from where, and whom to tell."""

    def __init__(
        self, leg: Leg, ask: Callable[[Reported], Answer], notice: Callable[[str], None], worker: int = 0
    ) -> None:
        self.number = leg.trial
        self.worker = worker
        """The number of the worker that trains it: 0 to n - 1 of n workers."""
        self.leg = leg.leg
        self.config: dict[str, Any] = leg.config
        """The values of all parameters."""
        self.start_from = leg.start_from
        """The epoch that the checkpoint holds; 0: there is none, begin afresh."""
        self.checkpoint = Path(leg.checkpoint)
        """A folder of its own. Save before you report."""
        self.until = leg.until
        """The epoch to which this leg goes, as far as is known now."""
        self.running = True
        """Whether to go on."""
        self.reports = 0
        """How many reports of this leg were made."""
        self._ask, self._notice = ask, notice
        self._max_resource, self._ignored = leg.max_resource, 0

    @property
    def fresh(self) -> bool:
        """Whether to build a new model; otherwise load the checkpoint."""
        return self.start_from == 0

    def epochs(self, done: int | None = None) -> Iterator[int]:
        """The epochs to train, from the one after ``done`` on (by default `start_from`); ends when the trial is paused
        or stopped, and after the epochs of a full training."""
        epoch = self.start_from if done is None else done
        while self.running and epoch < self._max_resource:
            epoch += 1
            yield epoch

    def report(self, resource: int, value: float, cost: float | None = None) -> bool:
        """Reports the metric after an epoch. Returns whether to go on; if not, leave the training loop.

        Raises:
            TypeError: if a value has a type that is no number.
        """
        if not self.running:
            self._ignore()
            return False
        checked = Report(self.number, resource, value, cost)
        self.reports += 1
        answer = self._ask(Reported(checked.resource, checked.value, checked.cost))
        self.running, self.until = answer.go_on, answer.until
        return answer.go_on

    def _ignore(self) -> None:
        self._ignored += 1
        if self._ignored == 1:
            self._notice(
                f"trial {self.number}: train goes on after trial.report returned False; leave the loop then, "
                "or use trial.epochs(), which ends by itself"
            )
        if self._ignored > _MOST_IGNORED:
            raise LegIsOverError(f"trial.report returned False {_MOST_IGNORED} times; leave the loop then")

    def __getitem__(self, name: object) -> NoReturn:
        raise TypeError(f"train got a trial, not a configuration: write trial.config[{shown(name)}]")

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(
            f"a trial has no {name!r}; the values of the parameters are in trial.config", name=name, obj=self
        )


class Worker:
    """The loop of a worker process."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._process = os.getpid()
        self._number = int(os.environ.get(IN_WORKER) or 0)
        self._output = Output()
        self._at_work_since = 0.0
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def run(self, script: Script) -> None:
        """Trains leg after leg; ends with the process."""
        train: Callable[..., Any] | None = None
        self._channel.send(Ready())
        while True:
            leg = self._inbox.get()
            if not isinstance(leg, Leg):
                continue
            try:
                if train is None:
                    train = script.load()
                    is_generator(train)
                    self._channel.send(Entered())
            except Exception as error:
                write_traceback(error)
                self._channel.send(Hopeless(cut(str(error))))
                continue
            self._log_to(leg)
            outcome = self._outcome(train, leg)
            self._output.back()  # not after what ends the process: that is printed into the log of the leg
            self._channel.send(outcome)

    def _outcome(self, train: Callable[..., Any], leg: Leg) -> Ended | Failed | Useless:
        """Trains a leg. What breaks after its end is told, but is no failure: what it reported counts."""
        trial = WorkerTrial(leg, self._ask, self._notice, self._number)
        self._at_work_since = time.monotonic()
        try:
            returned = _train(train, leg, trial)
        except LegIsOverError:
            return Ended()
        except ReportError as error:
            end = self._output.size()
            write_traceback(error)
            return Useless(cut(str(error)) + place_of(error), end)
        except Exception as error:
            end = self._output.size()
            write_traceback(error)
            if trial.running:
                return (Useless if _is_misuse(error) else Failed)(sentence_of(error), end)
            why = sentence_of(error)
            self._notice(f"trial {leg.trial}: train broke after it was told to leave, so this is no failure: {why}")
            return Ended()
        return Ended(None if trial.reports else _remark(train, returned, leg))

    def _ask(self, reported: Reported) -> Answer:
        if os.getpid() != self._process:
            raise RuntimeError(
                f"a fork of the worker reports: process {os.getpid()}; only process {self._process}, which called "
                "train, can. Hand the result over to it, and report it there"
            )
        took = time.monotonic() - self._at_work_since
        self._channel.send(evolve(reported, took=took))
        while True:
            message = self._inbox.get()
            if isinstance(message, Answer):
                self._at_work_since = time.monotonic()
                return message

    def _log_to(self, leg: Leg) -> None:
        """What train prints from here on goes to the log of the leg, if there can be one."""
        if leg.log is None:
            return
        try:
            self._output.to(Path(leg.log))
        except OSError as error:
            self._channel.send(Unlogged(f"{leg.log}: {error.strerror or error}"))

    def _notice(self, text: str) -> None:
        self._channel.send(Noticed(cut(text)))

    def _listen(self) -> None:
        try:
            while True:
                for message in self._channel.receive():
                    self._inbox.put(message)
        except EOFError:
            if os.getpgrp() == os.getpid():
                signal_group(os.getpgrp(), signal.SIGTERM)
            os._exit(0)  # the scheduler is gone: nobody would hear of what is trained


def _train(train: Callable[..., Any], leg: Leg, trial: WorkerTrial) -> object:
    """Trains a leg. Returns what train returned."""
    if not is_generator(train):
        return train(trial)
    results = train(leg.config, leg.start_from, leg.checkpoint)
    try:
        while trial.running:
            try:
                result = next(results)
            except StopIteration as end:
                return end.value
            _report(trial, result)
    finally:
        results.close()
    return None


def _report(trial: WorkerTrial, result: object) -> None:
    """Reports what train yielded. Raises `ReportError` if that is no result."""
    if not isinstance(result, tuple | list) or len(result) not in (2, 3):
        raise ReportError(
            f"train yielded {shown(result)}; it yields (resource, value), for example (epoch, validation_error)"
        )
    try:
        trial.report(*result)
    except ReportError as error:
        raise ReportError(f"train yielded {shown(result)}: {error}") from None


def _is_misuse(error: Exception) -> bool:
    """Whether train took its trial for a configuration: the script is wrong, not this configuration."""
    last = None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        last = frame.f_code
    return last in (WorkerTrial.__getitem__.__code__, WorkerTrial.__getattr__.__code__)


def _remark(train: Callable[..., Any], returned: object, leg: Leg) -> str:
    """What train did instead of reporting, and what to write."""
    if is_generator(train):
        last = "" if returned is None else f" (it returned {shown(returned)})"
        return f"train yielded nothing{last}; it yields (resource, value) after each epoch"
    if inspect.iscoroutine(returned):
        returned.close()  # else Python warns that nobody awaited it
        return "train returned a coroutine, which nobody awaits; write asyncio.run(...) around it"
    if inspect.isgenerator(returned) or inspect.isasyncgen(returned):
        return (
            "train returned a generator, which nobody runs; let train have the parameters "
            "(config, resume_from, checkpoint_dir) and yield its results itself, with `yield from` if need be"
        )
    what = "ended" if returned is None else f"returned {shown(returned)}"
    return (
        f"train {what} and had never called trial.report; call trial.report(epoch, value) after each epoch, or, if it "
        f"has no epochs, trial.report({leg.max_resource}, value) at its end"
    )


def main(arguments: list[str]) -> None:
    """Runs a worker over an inherited socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the scheduler, which then ends its workers
    connection = socket.socket(fileno=int(arguments[0]))
    connection.set_inheritable(False)  # a child of train must not hold it
    os.register_at_fork(after_in_child=connection.close)
    function, file, module = json.loads(arguments[1])
    Worker(Channel(connection)).run(Script(function, file, module))
