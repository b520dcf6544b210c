"""HOW DO LEGS TRAIN ON WORKERS OF ANOTHER LIBRARY? `Submitted`: each leg is a call; a lost call counts as a death.

A worker here is a place for one call at a time. The engine decides which of its processes runs the call.
"""

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self, assert_never

from attrs import define

from pure_hb.space.showing import printable
from pure_hb.tuning.channel import Answer, Arrived, Entered, Leg, Message, Noticed
from pure_hb.tuning.engine import Died, Dropped, Heard
from pure_hb.tuning.engines.call import Call, Outcome, known_here
from pure_hb.tuning.engines.job import Job
from pure_hb.tuning.engines.workplace import Asked, Broken, Over, Workplace
from pure_hb.tuning.logs import open_log

_LEAVE: Final = Answer(False, 0)
_BEGUN_AGAIN: Final = "the engine began its leg again elsewhere, so whoever trained it is gone"


@define
class _Running:
    """A call, and its present attempt."""

    call: Call
    attempt: str = ""
    """The attempt that trains; empty: the call waits for its turn."""
    where: str = ""
    has_entered: bool = False


class Submitted:
    """Trains legs as calls of a workplace: an `Engine`."""

    def __init__(self, workplace: Workplace, job: Job) -> None:
        self._workplace, self._job, self._run = workplace, job, uuid.uuid4().hex[:12]
        self._here = known_here(self._run, job.training())
        self._numbers = {name: number for number, name in enumerate(job.names)}
        self._running: dict[str, _Running] = {}
        self._names: dict[str, str] = {}
        """The worker of each call that runs."""
        self.hopeless: str | None = None
        """Why nothing can be trained any more."""

    def log(self, name: str) -> Path:
        """The path of the log of a worker: where its legs were trained, and how they ended."""
        return self._job.logs / f"{name}.log"

    def leg_log(self, trial: int, leg: int) -> Path:
        """The path of the log of a leg: the traceback, if it broke."""
        return self._job.logs / f"trial-{trial}" / f"leg-{leg}"

    def is_ready(self, name: str) -> bool:
        """Whether no call of a worker runs."""
        return name not in self._running and self.hopeless is None

    def is_given_up(self, name: str) -> bool:
        """Never: a worker is a place, not a process."""
        return False

    def has_entered(self, name: str) -> bool:
        """Always False: each call may run in another process."""
        return False

    def send(self, name: str, message: Message) -> None:
        """Submits a leg, or answers the report of one."""
        if isinstance(message, Leg):
            identity = f"{self._run}-{message.trial}-{message.leg}-{uuid.uuid4().hex[:8]}"
            call = Call(identity, self._run, self._job.script, message, self._numbers[name])
            self._running[name], self._names[identity] = _Running(call), name
            self._workplace.submit(call)
        elif isinstance(message, Answer) and name in self._running:
            self._workplace.answer(self._running[name].attempt, message)

    def is_quiet(self, name: str) -> bool:
        """Whether `wait` has returned all messages."""
        return name in self._running and self._workplace.is_quiet()

    def kill(self, name: str) -> None:
        """Ends the call of a worker if the engine can; otherwise the call is told to end when it asks next."""
        self._workplace.end(self._forget(name).call.identity)

    def wait(self, seconds: float) -> Iterator[tuple[str, Heard]]:
        """Waits for messages of calls, at most ``seconds``."""
        for word in self._workplace.hear(seconds):
            if isinstance(word, Broken):
                self.hopeless = word.why
                continue
            name = self._names.get(word.call)
            if name is not None:
                yield from self._hear(name, word)
            elif isinstance(word, Asked):
                self._workplace.answer(word.attempt, _LEAVE)

    def __enter__(self) -> Self:
        self._here.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            for name in tuple(self._running):
                self.kill(name)
            self._workplace.close()
        finally:
            self._here.__exit__(None, None, None)

    def _forget(self, name: str) -> _Running:
        running = self._running.pop(name)
        del self._names[running.call.identity]
        return running

    def _hear(self, name: str, word: Asked | Over) -> Iterator[tuple[str, Heard]]:
        running = self._running[name]
        match word:
            case Asked(_, attempt, Arrived(where)):
                yield from self._arrive(name, running, attempt, where)
            case Asked(_, attempt, _) if attempt != running.attempt:
                self._workplace.answer(attempt, _LEAVE)
            case Asked(_, attempt, message):
                running.has_entered |= isinstance(message, Entered)
                yield name, message
                if isinstance(message, Entered | Noticed):  # a report is answered by the loop
                    self._workplace.answer(attempt, Answer(True, running.call.leg.until))
            case Over(_, how):
                self._forget(name)
                yield name, self._end(name, running, how)
            case _:
                assert_never(word)

    def _arrive(self, name: str, running: _Running, attempt: str, where: str) -> Iterator[tuple[str, Heard]]:
        """A call has begun. If it had begun before, its first attempt was lost, as if a worker had died. The new
        attempt is refused, since the leg must begin with the checkpoint of its beginning."""
        if running.attempt:
            self._forget(name)
            self._workplace.end(running.call.identity)
            self._workplace.answer(attempt, _LEAVE)
            yield name, self._end(name, running, Died(_BEGUN_AGAIN))
            return
        running.attempt, running.where = attempt, where
        self._note(name, running, f"began in {where}")
        self._workplace.answer(attempt, Answer(True, running.call.leg.until))

    def _end(self, name: str, running: _Running, how: Outcome | Died | Dropped) -> Heard:
        match how:
            case Outcome(last, traceback):
                leg = running.call.leg
                _append(self.leg_log(leg.trial, leg.leg) if running.has_entered else self.log(name), traceback)
                return last
            case Died(why):
                place = f"{why} ({running.where})" if running.where else why
                self._note(name, running, f"lost: {place}")
                return Died(place, running.has_entered)
            case Dropped(why):
                self._note(name, running, f"dropped: {why}")
                return how
            case _:
                assert_never(how)

    def _note(self, name: str, running: _Running, what: str) -> None:
        leg = running.call.leg
        _append(self.log(name), f"trial {leg.trial}, leg {leg.leg}: {printable(what)}\n")


def _append(log: Path, text: str) -> None:
    """Adds to a log. An error of the file system is ignored, so that it does not end the run."""
    if text:
        with contextlib.suppress(OSError), os.fdopen(open_log(log), "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
