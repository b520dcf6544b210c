"""WHAT RUNS IN A WORKER PROCESS? One leg after the other, until the other end of the connection is gone.

`main` gets the number of an inherited socket, and the script as JSON. Whatever happens to the scheduler, no worker
outlives it: a thread watches the connection and ends the process, and asks its children to end.
"""

import json
import os
import queue
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from pure_hb.protocol import Report
from pure_hb.tuning.channel import Answer, Channel, Ended, Failed, Leg, Message, Noticed, Ready, Reported
from pure_hb.tuning.ending import signal_group
from pure_hb.tuning.script import Script, ScriptError, is_generator

IN_WORKER: Final = "PURE_HB_WORKER"
"""Set in the environment of worker processes."""


class WorkerTrial:
    """The trial that a plain ``train(trial)`` gets: what to train, from where, and whom to tell."""

    def __init__(self, leg: Leg, ask: Callable[[Reported], Answer], notice: Callable[[str], None]) -> None:
        self.number = leg.trial
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
        self._ask, self._notice = ask, notice

    @property
    def fresh(self) -> bool:
        """Whether to build a new model; otherwise load the checkpoint."""
        return self.start_from == 0

    def epochs(self) -> Iterator[int]:
        """The epochs to train; ends when the trial is paused or stopped."""
        epoch = self.start_from
        while self.running:
            epoch += 1
            yield epoch

    def report(self, resource: int, value: float, cost: float | None = None) -> bool:
        """Reports the metric after an epoch. Returns whether to go on; if not, leave the training loop.

        Raises:
            TypeError: if a value has a type that is no number.
        """
        if not self.running:
            self._notice(
                f"trial {self.number}: train goes on after trial.report returned False; leave the loop then, "
                "or use trial.epochs(), which ends by itself"
            )
            return False
        checked = Report(self.number, resource, value, cost)
        answer = self._ask(Reported(checked.resource, checked.value, checked.cost))
        self.running, self.until = answer.go_on, answer.until
        return answer.go_on


class Worker:
    """The loop of a worker process."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._process = os.getpid()
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
                train = script.load() if train is None else train
                self._train(train, leg)
            except Exception as error:
                traceback.print_exc()
                self._channel.send(Failed(_described(error), isinstance(error, ScriptError)))
            else:
                self._channel.send(Ended())
            sys.stdout.flush()

    def _train(self, train: Callable[..., Any], leg: Leg) -> None:
        if not is_generator(train):
            train(WorkerTrial(leg, self._ask, self._notice))
            return
        results = train(leg.config, leg.start_from, leg.checkpoint)
        try:
            for result in results:
                if not self._ask(_reported(leg, result)).go_on:
                    return
        finally:
            results.close()

    def _ask(self, reported: Reported) -> Answer:
        if os.getpid() != self._process:
            raise RuntimeError(
                f"a fork of the worker reports: process {os.getpid()}; only process {self._process}, which called "
                "train, can. Hand the result over to it, and report it there"
            )
        self._channel.send(reported)
        while True:
            message = self._inbox.get()
            if isinstance(message, Answer):
                return message

    def _notice(self, text: str) -> None:
        self._channel.send(Noticed(text))

    def _listen(self) -> None:
        try:
            while True:
                for message in self._channel.receive():
                    self._inbox.put(message)
        except EOFError:
            if os.getpgrp() == os.getpid():
                signal_group(os.getpgrp(), signal.SIGTERM)
            os._exit(0)  # the scheduler is gone: nobody would hear of what is trained


def _reported(leg: Leg, result: object) -> Reported:
    if not isinstance(result, tuple | list) or len(result) not in (2, 3):
        raise TypeError(f"train yielded {result!r}; it yields (resource, value), for example (epoch, validation_error)")
    checked = Report(leg.trial, *result)
    return Reported(checked.resource, checked.value, checked.cost)


def _described(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name} line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"


def main(arguments: list[str]) -> None:
    """Runs a worker over an inherited socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the scheduler, which then ends its workers
    connection = socket.socket(fileno=int(arguments[0]))
    connection.set_inheritable(False)  # a child of train must not hold it
    os.register_at_fork(after_in_child=connection.close)
    function, file, module = json.loads(arguments[1])
    Worker(Channel(connection)).run(Script(function, file, module))
