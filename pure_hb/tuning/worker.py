"""WHAT RUNS IN A WORKER PROCESS? One leg after the other, until the other end of the connection is gone.

`main` gets the number of an inherited socket; the first message says what to train with. Whatever happens to the
scheduler, no worker outlives it: a thread watches the connection and ends the process, and asks its children to end.
"""

import contextlib
import ctypes
import os
import queue
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

from attrs import frozen

from pure_hb.protocol import Report, ReportError
from pure_hb.protocol.checks import shown
from pure_hb.space.showing import cut as short
from pure_hb.tuning.channel import (
    Answer,
    Begin,
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
    Useless,
)
from pure_hb.tuning.ending import signal_group
from pure_hb.tuning.forms import Form, form_of, results_of, what_to_write
from pure_hb.tuning.logs import LegLog, Outputs
from pure_hb.tuning.script import Script
from pure_hb.tuning.texts import cut, place_of, sentence_of, write_traceback

IN_WORKER: Final = "PURE_HB_WORKER"
"""The number of a worker, in the environment of its process."""
_LINE_BUFFERED: Final = 1
"""_IOLBF in the C libraries of Linux and macOS."""
_MOST_IGNORED: Final = 100
"""So many reports after the end of its leg may train make; then it is taken out of its loop."""


_NO_CONFIGURATION: Final = "train got a trial, not a configuration"
_AND_REPORT: Final = "and report with trial.report(epoch, value) after each epoch"


class LegIsOverError(BaseException):
    """Takes a train out of its loop that never asks whether to go on. As `GeneratorExit`, it is no `Exception`."""


class WorkerTrial:
    """The trial that a plain ``train(trial)`` gets: what to train, from where, and whom to tell."""

    def __init__(self, leg: Leg, worker: int, ask: Callable[[Reported], Answer], notice: Callable[[str], None]) -> None:
        self.worker = worker
        """The number of the worker: 0 to n - 1 for n workers. A process that takes the place of another has its."""
        self.number: int = leg.trial
        self.leg: int = leg.leg
        self.config: dict[str, Any] = leg.config
        """The values of all parameters."""
        self.start_from: int = leg.start_from
        """The epoch that the checkpoint holds; 0: there is none, begin afresh."""
        self.checkpoint: Path = Path(leg.checkpoint)
        """A folder of its own. Save before you report."""
        self.until: int = leg.until
        """The epoch to which this leg goes, as far as is known now."""
        self.running: bool = True
        """Whether to go on."""
        self.reports: int = 0
        """How many reports of this leg were made."""
        self._ask, self._notice = ask, notice
        self._max_resource, self._ignored = leg.max_resource, 0
        self._trains_since = time.monotonic()

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
        seconds = max(0.0, time.monotonic() - self._trains_since)
        answer = self._ask(Reported(checked.resource, checked.value, checked.cost, seconds))
        self._trains_since = time.monotonic()
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

    def __repr__(self) -> str:
        config = short(repr(self.config), 60)
        return f"<trial {self.number}, leg {self.leg}: {config} from epoch {self.start_from} to {self.until}>"

    def __getitem__(self, name: object) -> NoReturn:
        raise TypeError(f"{_NO_CONFIGURATION}: write trial.config[{shown(name)}], {_AND_REPORT}")

    def __iter__(self) -> NoReturn:
        raise TypeError(f"{_NO_CONFIGURATION}: write trial.config, {_AND_REPORT}")

    def __contains__(self, name: object) -> NoReturn:
        self.__iter__()

    def keys(self) -> NoReturn:
        """For what takes a trial for a dictionary, such as ``fit(**trial)``. Raises `TypeError`, which says more."""
        raise TypeError(f"{_NO_CONFIGURATION}: write trial.config, as in fit(**trial.config), {_AND_REPORT}")

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(
            f"a trial has no {name!r}; the values of the parameters are in trial.config, and results are reported by "
            "trial.report(epoch, value)",
            name=name,
            obj=self,
        )


class Worker:
    """The loop of a worker process."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._process, self._number = os.getpid(), int(os.environ[IN_WORKER])
        self._outputs = Outputs()
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def run(self) -> None:
        """Trains leg after leg; ends with the process."""
        train: Training | None = None
        script: Script | None = None
        self._send(Ready())
        while True:
            leg = self._inbox.get()
            if isinstance(leg, Begin):
                script = Script(**leg.script)
                script.settle()
            if not isinstance(leg, Leg) or script is None:
                continue
            try:
                if train is None:
                    train = Training.of(script)
                    self._send(Entered())
            except Exception as error:
                write_traceback(error)
                self._send(Hopeless(cut(str(error))))
                continue
            with self._outputs.to_leg(leg.log) as log:
                if isinstance(log, OSError):
                    self._tell_lost_log(leg, log)
                outcome = self._outcome(train, leg, log if isinstance(log, LegLog) else None)
            self._send(outcome)

    def _tell_lost_log(self, leg: Leg, error: OSError) -> None:
        text = f"{leg.log}: {error.strerror or error}; the output of trial {leg.trial} stays in the log of its worker"
        self._send(Noticed(f"{cut(text)}. Move away what is there", "lost log"))

    def _outcome(self, train: "Training", leg: Leg, log: LegLog | None) -> Ended | Failed | Useless:
        """Trains a leg. What breaks after its end is told, but is no failure: what it reported counts."""
        trial = WorkerTrial(leg, self._number, self._ask, self._notice)
        try:
            remark = train.train(leg, trial)
        except LegIsOverError:
            return Ended()
        except ReportError as error:
            printed = log.size() if log else None
            write_traceback(error)
            return Useless(cut(str(error)) + place_of(error), printed)
        except Exception as error:
            printed = log.size() if log else None
            write_traceback(error)
            if trial.running:
                return (Useless if _is_misuse(error) else Failed)(sentence_of(error), printed)
            why = sentence_of(error)
            self._notice(f"trial {leg.trial}: train broke after it was told to leave, so this is no failure: {why}")
            return Ended()
        return Ended(remark or None)

    def _ask(self, reported: Reported) -> Answer:
        if os.getpid() != self._process:
            raise RuntimeError(
                f"a fork of the worker reports: process {os.getpid()}; only process {self._process}, which called "
                "train, can. Hand the result over to it, and report it there"
            )
        self._send(reported)
        while True:
            message = self._inbox.get()
            if isinstance(message, Answer):
                return message

    def _notice(self, text: str) -> None:
        self._send(Noticed(cut(text)))

    def _send(self, message: Message) -> None:
        try:
            self._channel.send(message)
        except OSError:
            if os.getpid() != self._process:
                raise  # a fork of the worker, which has no connection
            _leave()

    def _listen(self) -> None:
        try:
            while True:
                for message in self._channel.receive():
                    self._inbox.put(message)
        except EOFError:
            _leave()


def _leave() -> NoReturn:
    """The scheduler is gone: nobody would hear of what is trained. Ends the worker and its children, without a word."""
    if os.getpgrp() == os.getpid():
        signal_group(os.getpgrp(), signal.SIGTERM)
    os._exit(0)


def _is_misuse(error: Exception) -> bool:
    """Whether train took its trial for a configuration: the script is wrong, not this configuration."""
    codes = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
    return bool(codes) and codes[-1] in (WorkerTrial.__getitem__.__code__, WorkerTrial.__getattr__.__code__)


@frozen
class Training:
    """Train, and how it is called."""

    function: Callable[..., Any]
    form: Form
    arguments: dict[str, Any]

    @classmethod
    def of(cls, script: Script) -> "Training":
        """Imports train. Raises `ScriptError`."""
        function = script.load()
        return cls(function, form_of(function, script.arguments), script.arguments)

    def train(self, leg: Leg, trial: WorkerTrial) -> str:
        """Trains a leg. Returns what to say of train if it has reported nothing."""
        if not self.form.yields:
            returned = self.form.call(self.function, (trial,), self.arguments)
            return "" if trial.reports else what_to_write(self.form, returned, False, leg.max_resource)
        returned = self.form.call(self.function, (leg.config, leg.start_from, leg.checkpoint), self.arguments)
        results = results_of(returned)
        if results is not None:
            returned = _report_all(trial, results)
        return "" if trial.reports else what_to_write(self.form, returned, results is not None, leg.max_resource)


def _report_all(trial: WorkerTrial, results: Iterator[Any]) -> object:
    """Reports results until the leg is over. Returns what a generator returned at its end."""
    try:
        while trial.running:
            try:
                result = next(results)
            except StopIteration as end:
                return end.value
            _report(trial, result)
    finally:
        close = getattr(results, "close", None)  # an iterator need not have one
        if callable(close):
            close()
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


def _write_lines_of_c_code() -> None:
    """Lines that C code prints come at once, as those of Python: they belong to the log of the leg that prints them."""
    with contextlib.suppress(Exception):  # a C library without it
        library = ctypes.CDLL(None)
        name = "__stdoutp" if sys.platform == "darwin" else "stdout"
        library.setvbuf(ctypes.c_void_p.in_dll(library, name), None, _LINE_BUFFERED, ctypes.c_size_t(0))


def main(arguments: list[str]) -> None:
    """Runs a worker over an inherited socket, whose number is the only argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the scheduler, which then ends its workers
    connection = socket.socket(fileno=int(arguments[0]))
    connection.set_inheritable(False)  # a child of train must not hold it
    os.register_at_fork(after_in_child=connection.close)
    _write_lines_of_c_code()
    Worker(Channel(connection)).run()
