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
from typing import Final, NoReturn

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
from pure_hb.tuning.logs import LegLog, Outputs
from pure_hb.tuning.script import Script
from pure_hb.tuning.stored import fetched, storing
from pure_hb.tuning.texts import cut, sentence_of, write_traceback
from pure_hb.tuning.training import Training, WorkerTrial, outcome_of

IN_WORKER: Final = "PURE_HB_WORKER"
"""The number of a worker, in the environment of its process."""
_LINE_BUFFERED: Final = 1
"""_IOLBF in the C libraries of Linux and macOS."""


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

    def _outcome(self, train: Training, leg: Leg, log: LegLog | None) -> Ended | Failed | Useless:
        def broke(error: Exception) -> int | None:
            printed = log.size() if log else None
            write_traceback(error)
            return printed

        try:
            with fetched(leg) as here:
                trial = WorkerTrial(here, self._number, storing(here, self._ask), self._notice)
                return outcome_of(train, here, trial, self._notice, broke)
        except Exception as error:  # of the file system that the checkpoint is fetched from
            return Failed(sentence_of(error), broke(error))

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
    """The scheduler is gone, and results could not be reported. Ends the worker and its children silently."""
    if os.getpgrp() == os.getpid():
        signal_group(os.getpgrp(), signal.SIGTERM)
    os._exit(0)


def _write_lines_of_c_code() -> None:
    """Makes C code write its lines at once, like Python, so that they are in the log of the leg that prints them."""
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
