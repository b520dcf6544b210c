"""WHO TRAINS WHAT NOW? `Run`: gives legs to free workers, and tells the session what they report, or how they broke."""

from typing import Final, assert_never

from pure_hb.session import RunningTrial, Session
from pure_hb.tuning.channel import (
    Answer,
    Begin,
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
from pure_hb.tuning.fitter import Fitter
from pure_hb.tuning.patience import Patience, TuningError
from pure_hb.tuning.pool import Died, Lost, Pool
from pure_hb.tuning.progress import Progress

_LOOK_S: Final = 0.5
"""So often the budgets are looked at and the display is drawn."""
_REPEATS_TOLD: Final = 10
"""So many reports in a row without a new epoch are told; what a leg may have to repeat is not counted."""
_REPEATS_ENDED: Final = 100
"""So many end the leg."""
_NOT_THIS_ONE: Final = 'If only this configuration cannot be trained, let train report float("nan") for it'


class Run:
    """The loop: gives legs to free workers, and tells the session what they report."""

    def __init__(self, session: Session, pool: Pool, names: tuple[str, ...], progress: Progress) -> None:
        self._session, self._pool, self._names, self._progress = session, pool, names, progress
        self._legs: dict[str, RunningTrial] = {}
        self._fitter = Fitter()
        self._held: set[str] = set()
        self._entered: set[str] = set()
        self._script_works = False
        self._repeats: dict[str, int] = {}
        self._given = 0
        state = session.state
        has_result = any(trial.curve and not trial.observed for trial in state.trials)
        self._patience = Patience(len(names), state.setup.max_failures, has_result)

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

        limit = self._session.spent or "no trial may be started, and none can be promoted"
        if not self._patience.has_result and self._session.state.best is None:
            why = f"the last failure: {self._patience.last}" if self._patience.last else limit
            raise TuningError(f"The run has ended without any result; {why}. {self._repair()}")
        if not self._given:
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
        if all(name in self._held or self._pool.is_given_up(name) for name in self._names):
            self._held.clear()  # nobody else is left to show whether the script works
        for name in self._names:
            if name in self._legs or name in self._held or not self._pool.is_ready(name):
                continue
            trial, was_asked = self._session.ask(wait=False, worker=name), True
            if trial is None:
                continue
            self._session.checkpoints.make_folder(trial.number, trial.leg)
            self._legs[name] = trial
            self._given += 1
            folder, maximum = str(trial.checkpoint.resolve()), self._session.state.setup.max_resource
            config = dict(trial.config)
            leg = Leg(trial.number, trial.leg, config, trial.start_from, trial.until, folder, maximum)
            self._repeats[name] = 0
            self._pool.send(name, leg)
        return was_asked

    def _handle(self, name: str, message: Message | Died | Lost) -> None:
        trial = self._legs.get(name)
        if isinstance(message, Ended | Failed | Useless | Died | Lost):
            self._legs.pop(name, None)
        match message:
            case Noticed(text):
                self._progress.tell(text)
            case Entered():
                self._entered.add(name)
                self._script_works = True
            case Reported() if trial is not None:
                self._report(name, trial, message)
            case Ended(remark) if trial is not None:
                self._end(name, trial, remark)
            case Failed(reason) if trial is not None:
                self._break(name, trial, reason)
            case Useless(reason) if trial is not None:
                self._break(name, trial, reason, of_script=True)
            case Hopeless(reason):
                raise TuningError(f"{reason}; see {self._pool.log(name)}. {self._repair()}")
            case Died(how):
                self._die(name, trial, how)
            case Lost(how) if trial is not None:
                trial.release(f"the worker process died before it could train: {how}")
            case Lost() | Reported() | Ended() | Failed() | Useless() | Begin() | Leg() | Answer() | Ready():
                return
            case _:
                assert_never(message)

    def _report(self, name: str, trial: RunningTrial, told: Reported) -> None:
        accepted = trial.reports
        trial.report(told.resource, told.value, told.cost)
        if trial.reports > accepted:
            self._patience.worked()
            self._held.clear()
            self._repeats[name] = 0
        elif trial.running:
            self._repeat(name, trial, told.resource)
        self._pool.send(name, Answer(trial.running, trial.until))

    def _repeat(self, name: str, trial: RunningTrial, resource: int) -> None:
        """A report brought no new epoch. A leg that began afresh repeats what the trial has reported, and no more."""
        self._repeats[name] += 1
        more = self._repeats[name] - self._session.state.trials[trial.number].highest
        if more == _REPEATS_TOLD:
            self._session.warn(
                f"trial {trial.number} reports epoch {resource} and brings no new epoch: the first value of an epoch "
                "counts, and the next epoch has a higher number"
            )
        if more >= _REPEATS_ENDED:
            number = self._repeats[name]
            reason = f"{number} reports in a row, the last of epoch {resource}, brought no new epoch"
            self._break(name, trial, reason)

    def _end(self, name: str, trial: RunningTrial, remark: str | None) -> None:
        """The code of a leg is over. Where a trial has nothing to show for it, that is told."""
        if not trial.running:
            return
        if self._session.state.trials[trial.number].curve:
            trial.complete()
            return
        reason = remark or "train ended, and none of its reports was accepted"
        if self._patience.has_result:
            trial.complete()
            self._progress.tell(
                f"trial {trial.number} has ended without a result: {reason}; see {self._pool.log(name)}"
            )
            self._end_if_broken(name, reason)
        else:
            self._break(name, trial, reason, of_script=True)

    def _die(self, name: str, trial: RunningTrial | None, how: str) -> None:
        has_entered = name in self._entered
        self._entered.discard(name)
        if trial is None:
            return
        if has_entered:
            self._break(name, trial, f"the worker process died: {how}")
            return
        reason, log = f"the worker process died before train was entered: {how}", self._pool.log(name)
        if not self._script_works:
            raise TuningError(f"{reason}; see {log}. {self._repair()}")
        trial.release(reason)
        self._progress.tell(f"trial {trial.number} was released: {reason}; see {log}")
        self._end_if_broken(name, reason)

    def _break(self, name: str, trial: RunningTrial, reason: str, *, of_script: bool = False) -> None:
        """A leg broke. That counts as a failure of the trial if the run has a result, so that the script is known to
        work, and if it is not the script that is to blame all the same."""
        log = self._pool.log(name)
        told = f"trial {trial.number} failed: {reason}; see {log}"
        if not trial.running:
            self._progress.tell(
                f"trial {trial.number}: {reason}, after it was told to leave, so this is no failure; see {log}"
            )
            return
        if not self._patience.has_result:
            trial.release(reason)
            self._held.add(name)  # until the script has worked, a worker breaks once
            self._progress.tell(f"{told}. It is not counted, as there is no result yet")
        elif not of_script:
            trial.fail(reason)
            self._progress.tell(told)
        elif self._patience.gives_up(trial.number):
            trial.complete()
            self._progress.tell(f"{told}. It has ended, with what it had reported")
        else:
            trial.release(reason)
            self._progress.tell(f"{told}. It is not counted, and runs its leg again")
        self._end_if_broken(name, reason, of_script=of_script)

    def _end_if_broken(self, name: str, reason: str, *, of_script: bool = True) -> None:
        """Raises `TuningError` if that is enough."""
        if not self._patience.broke(reason):
            return
        number, log = self._patience.in_a_row, self._pool.log(name)
        failures = f"{number} failure{'s' if number > 1 else ''}"
        if self._patience.has_result:
            raise TuningError(f"{failures} in a row, the last one: {reason}; see {log}. {self._repair()}")
        last = "" if number == 1 else ", the last one"
        hint = "" if of_script else f". {_NOT_THIS_ONE}"
        raise TuningError(
            f"{failures} and no result yet{last}: {reason}; see {log}. {self._repair()}: it goes on with all "
            f"configurations{hint}"
        )

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
