"""WHAT DOES TRAIN GET, AND HOW DOES A LEG END? `WorkerTrial`, `Training`, `outcome_of`: the same for all engines.

Nothing here knows how a leg talks to the scheduler.
"""

import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

from attrs import frozen

from pure_hb.protocol import Report, ReportError
from pure_hb.protocol.checks import shown
from pure_hb.space.showing import cut as short
from pure_hb.tuning.channel import Answer, Ended, Failed, Leg, Reported, Useless
from pure_hb.tuning.forms import Form, form_of, results_of, what_to_write
from pure_hb.tuning.script import Script
from pure_hb.tuning.texts import cut, place_of, sentence_of

_MOST_IGNORED: Final = 100
"""The most reports that train may make after the end of its leg; then an exception ends its loop."""


_NO_CONFIGURATION: Final = "train got a trial, not a configuration"
_AND_REPORT: Final = "and report with trial.report(epoch, value) after each epoch"


class LegIsOverError(BaseException):
    """Ends the loop of a train that ignores the answers to its reports. Like `GeneratorExit`, it is not an
    `Exception`."""


class WorkerTrial:
    """The trial that a plain ``train(trial)`` gets: what to train, from which checkpoint, and how to report."""

    def __init__(self, leg: Leg, worker: int, ask: Callable[[Reported], Answer], notice: Callable[[str], None]) -> None:
        self.worker = worker
        """The number of the worker: 0 to n - 1 for n workers. A process that replaces another one has the same
        number."""
        self.number: int = leg.trial
        self.leg: int = leg.leg
        self.config: dict[str, Any] = leg.config
        """The values of all parameters."""
        self.start_from: int = leg.start_from
        """The epoch of the checkpoint; 0: there is none, build a new model."""
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
        """Called if a trial is used like a dictionary, as in ``fit(**trial)``. Raises a `TypeError` that says what to
        write."""
        raise TypeError(f"{_NO_CONFIGURATION}: write trial.config, as in fit(**trial.config), {_AND_REPORT}")

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(
            f"a trial has no {name!r}; the values of the parameters are in trial.config, and results are reported by "
            "trial.report(epoch, value)",
            name=name,
            obj=self,
        )


def outcome_of(
    training: "Training",
    leg: Leg,
    trial: WorkerTrial,
    notice: Callable[[str], None],
    broke: Callable[[Exception], int | None],
) -> Ended | Failed | Useless:
    """Trains a leg. An exception after its end is reported, but is no failure: the results count. ``broke`` writes the
    traceback of an exception, and returns the size of the leg's log before that; None if it has no log."""
    try:
        remark = training.train(leg, trial)
    except LegIsOverError:
        return Ended()
    except ReportError as error:
        printed = broke(error)
        return Useless(cut(str(error)) + place_of(error), printed)
    except Exception as error:
        printed = broke(error)
        if trial.running:
            return (Useless if _is_misuse(error) else Failed)(sentence_of(error), printed)
        why = sentence_of(error)
        notice(f"trial {leg.trial}: train broke after it was told to leave, so this is no failure: {why}")
        return Ended()
    return Ended(remark or None)


def _is_misuse(error: Exception) -> bool:
    """Whether train used its trial like a configuration: then the script is wrong, not this configuration."""
    codes = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
    return bool(codes) and codes[-1] in (WorkerTrial.__getitem__.__code__, WorkerTrial.__getattr__.__code__)


@frozen
class Training:
    """The function train, and how it is called."""

    function: Callable[..., Any]
    form: Form
    arguments: dict[str, Any]

    @classmethod
    def of(cls, script: Script, *, in_worker: bool = True) -> "Training":
        """Imports train; see `Script.load`. Raises `ScriptError`."""
        function = script.load(in_worker=in_worker)
        return cls(function, form_of(function, script.arguments), script.arguments)

    def train(self, leg: Leg, trial: WorkerTrial) -> str:
        """Trains a leg. Returns the message for the case that train has reported nothing."""
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
