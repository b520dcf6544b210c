"""WHICH WORKER TRAINS WHAT? `Run`: gives legs to free workers, and tells the session their reports and failures."""

import time
from typing import Final, assert_never

from pure_hb.session import RunningTrial, Session
from pure_hb.tuning.channel import (
    Answer,
    Arrived,
    Begin,
    Ended,
    Entered,
    Failed,
    Hopeless,
    Leg,
    Noticed,
    Ready,
    Reported,
    Useless,
)
from pure_hb.tuning.clocks import Exceeded, LegClocks, Limits, Silent, Stuck
from pure_hb.tuning.engine import Died, Dropped, Engine, Heard, Lost
from pure_hb.tuning.faults import REPAIR, Faults
from pure_hb.tuning.fitter import Fitter
from pure_hb.tuning.logs import last_lines, size_of
from pure_hb.tuning.patience import Patience, TuningError
from pure_hb.tuning.progress import Progress
from pure_hb.tuning.stored import Store

_LOOK_S: Final = 0.5
"""Seconds between two looks at the budgets, and between two updates of the display."""
_REPEATS_TOLD: Final = 10
"""After this many reports in a row without a new epoch, a message says so. Epochs that a leg must repeat do not
count."""
_REPEATS_ENDED: Final = 100
"""This many end the leg."""


class Run:
    """The loop: gives legs to free workers, and tells the session what they report."""

    def __init__(
        self,
        session: Session,
        engine: Engine,
        names: tuple[str, ...],
        progress: Progress,
        limits: Limits,
        store: Store | None = None,
    ) -> None:
        self._session, self._engine, self._names, self._progress = session, engine, names, progress
        self._legs: dict[str, RunningTrial] = {}
        self._store = store
        self._clocks = LegClocks(limits)
        self._log_began: dict[str, int] = {}
        self._told: set[str] = set()
        self._fitter = Fitter()
        self._held: set[str] = set()
        self._script_works = False
        self._repeats: dict[str, int] = {}
        self._given = 0
        state = session.state
        has_result = any(trial.curve and not trial.observed for trial in state.trials)
        self._faults = Faults(Patience(len(names), state.setup.max_failures, has_result), progress)

    def run(self) -> None:
        """Runs until no leg is running and no trial is given out any more."""
        while True:
            self._fit_beside()
            was_asked = self._assign()
            if self._store is not None:
                self._store.remove_ended(self._session.state, self._session.checkpoints.root)
            self._progress.update(self._session, self._tasks())
            if not self._legs and was_asked and (self._session.spent or not self._session.others_run):
                break
            if self._engine.hopeless is not None:
                raise TuningError(self._engine.hopeless)
            for name, message in self._engine.wait(_LOOK_S):
                self._look()
                self._handle(name, message)
            self._watch()

        limit = self._session.spent or "no trial may be started, and none can be promoted"
        if not self._faults.patience.has_result and self._session.state.best is None:
            why = f"the last failure: {self._faults.patience.last}" if self._faults.patience.last else limit
            logs = self._engine.log(self._names[0]).parent
            raise TuningError(f"The run has ended without any result; {why}. The output is in {logs}. {REPAIR}")
        if not self._given:
            self._progress.tell(f"Nothing was left to do: {limit} (budgets count over all sessions of a journal)")

    def _fit_beside(self) -> None:
        """Take a fit that is done, and begin the next."""
        made = self._fitter.take()
        if made is not None:
            self._session.decide(made)
        self._fitter.offer(self._session.state)

    def _assign(self) -> bool:
        """Gives legs to free workers. Returns whether there was a worker that could train."""
        was_asked = False
        if all(name in self._held or self._engine.is_given_up(name) for name in self._names):
            self._held.clear()  # no other worker is left that could show whether the script works
        for name in self._names:
            if name in self._legs or name in self._held or not self._engine.is_ready(name):
                continue
            trial, was_asked = self._session.ask(wait=False, worker=name), True
            if trial is None:
                continue
            self._session.checkpoints.make_folder(trial.number, trial.leg)
            self._legs[name] = trial
            self._given += 1
            folder, maximum = str(trial.checkpoint.resolve()), self._session.state.setup.max_resource
            config = dict(trial.config)
            log = self._engine.leg_log(trial.number, trial.leg)
            leg = Leg(trial.number, trial.leg, config, trial.start_from, trial.until, folder, maximum, str(log))
            if self._store is not None:
                leg = self._store.leg(leg, trial.checkpoint)
            self._repeats[name], self._log_began[name] = 0, size_of(log) or 0
            self._engine.send(name, leg)
            self._clocks.begin(name, time.monotonic(), is_imported=self._engine.has_entered(name))
        return was_asked

    def _handle(self, name: str, message: Heard) -> None:
        trial = self._legs.get(name)
        if isinstance(message, Ended | Failed | Useless | Died | Lost | Dropped):
            self._legs.pop(name, None)
            self._clocks.end(name)
        match message:
            case Noticed(text, kind):
                if not kind or kind not in self._told:
                    self._progress.tell(text)
                self._told.add(kind)
            case Entered():
                self._clocks.enter(name, time.monotonic())
                self._script_works = True
            case Reported() if trial is not None:
                self._report(name, trial, message)
            case Ended(remark) if trial is not None:
                self._end(name, trial, remark)
            case Failed(reason, printed) if trial is not None:
                self._break(name, trial, reason, self._see(name, trial, printed))
            case Useless(reason, printed) if trial is not None:
                self._break(name, trial, reason, self._see(name, trial, printed), of_script=True)
            case Hopeless(reason):
                raise TuningError(f"{reason}; see {self._engine.log(name)}. {REPAIR}")
            case Died(how, has_entered) if trial is not None:
                self._die(name, trial, how, has_entered)
            case Lost(how) if trial is not None:
                trial.release(f"the worker process died before it could train: {how}")
            case Dropped(why) if trial is not None:
                trial.release(why)
                self._progress.tell(f"trial {trial.number} was released, and goes on elsewhere: {why}")
            case Died() | Lost() | Dropped() | Reported() | Ended() | Failed() | Useless():
                return
            case Begin() | Leg() | Answer() | Ready() | Arrived():
                return
            case _:
                assert_never(message)

    def _report(self, name: str, trial: RunningTrial, told: Reported) -> None:
        self._clocks.report(name, time.monotonic(), told.seconds)
        self._look_at_epoch(trial, told.resource)
        accepted = trial.reports
        if self._store is not None and told.stored and trial.running:
            self._store.note(told.stored, trial.checkpoint)
        trial.report(told.resource, told.value, told.cost)
        if trial.reports > accepted:
            self._faults.patience.worked()
            self._held.clear()
            self._repeats[name] = 0
        elif trial.running:
            self._repeat(name, trial, told.resource)
        remark = self._clocks.remark(name, time.monotonic(), None)
        if trial.running and isinstance(remark, Exceeded):  # max_leg_time, of a leg that may never be quiet
            see = self._see(name, trial)
            self._kill(name)
            self._faults.overran(trial, remark.reason, see)
            return
        self._engine.send(name, Answer(trial.running, trial.until))
        self._clocks.answer(name, time.monotonic())

    def _look_at_epoch(self, trial: RunningTrial, resource: int) -> None:
        maximum = self._session.state.setup.max_resource
        if resource > maximum and "beyond" not in self._told:
            self._told.add("beyond")
            self._session.warn(
                f"trial {trial.number} reports epoch {resource}, beyond the {maximum} epochs of a full training "
                f"(max_resource): that counts as epoch {maximum}, and the trial ends. This is told once"
            )

    def _repeat(self, name: str, trial: RunningTrial, resource: int) -> None:
        """A report brought no new epoch. A leg that began without a checkpoint may repeat the epochs of its trial, and
        no others."""
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
            self._break(name, trial, reason, self._see(name, trial), may_skip=False)

    def _end(self, name: str, trial: RunningTrial, remark: str | None) -> None:
        """The code of a leg has ended. If its trial has not reported anything, a message says so."""
        if not trial.running:
            return
        if self._session.state.trials[trial.number].curve:
            trial.complete()
            return
        reason, see = remark or "train ended, and none of its reports was accepted", self._see(name, trial)
        if self._faults.patience.has_result:
            trial.complete()
            self._progress.tell(f"trial {trial.number} has ended without a result: {reason}; {see}")
            self._faults.count(reason, see)
        else:
            self._break(name, trial, reason, see, of_script=True)

    def _die(self, name: str, trial: RunningTrial, how: str, has_entered: bool) -> None:
        if has_entered:
            self._break(name, trial, f"the worker process died: {how}", self._see(name, trial))
            return
        reason, see = f"the worker process died before train was entered: {how}", f"see {self._engine.log(name)}"
        if not self._script_works:
            raise TuningError(f"{reason}; {see}. {REPAIR}")
        trial.release(reason)
        self._progress.tell(f"trial {trial.number} was released: {reason}; {see}")
        self._faults.count(reason, see)

    def _break(
        self, name: str, trial: RunningTrial, reason: str, see: str, *, of_script: bool = False, may_skip: bool = True
    ) -> None:
        """A leg broke. Before the first result, a worker may break once, and then waits."""
        if self._faults.broke(trial, reason, see, of_script=of_script, may_skip=may_skip):
            self._held.add(name)

    # ---- time ------------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        self._clocks.look(time.monotonic(), time.process_time())

    def _watch(self) -> None:
        """Judges the running legs, after all messages were handled."""
        self._look()
        budget = self._session.budget.max_time
        overtime = budget if budget is not None and self._session.elapsed >= budget else None
        for name, trial in tuple(self._legs.items()):
            remark = self._clocks.remark(name, time.monotonic(), overtime)
            if remark is None or not self._engine.is_quiet(name):
                continue
            see = self._see(name, trial)
            match remark:
                case Exceeded(reason):
                    self._kill(name)
                    self._faults.overran(trial, reason, see)
                case Stuck(reason):
                    self._kill(name)
                    self._faults.ran_out_of_time(trial, reason, see)
                case Silent(seconds):
                    self._clocks.legs[name].is_told = True
                    self._faults.tell_silence(trial, seconds, see)
                case _:
                    assert_never(remark)

    def _kill(self, name: str) -> None:
        """Ends the process of a leg; another one takes its place, and imports the script again."""
        self._engine.kill(name)
        self._clocks.end(name)
        del self._legs[name]

    # ---- what is shown ---------------------------------------------------------------------------------------------

    def _see(self, name: str, trial: RunningTrial, printed: int | None = None) -> str:
        """Where the output of a leg is, and its last lines: up to a size of the log, or up to its end."""
        log = self._engine.leg_log(trial.number, trial.leg)
        if size_of(log) is None:
            return f"see {self._engine.log(name)}"
        last = last_lines(log, self._log_began[name], printed)
        return f"see {log}" + (f", at the end: {last}" if last else "")

    def _tasks(self) -> dict[str, str]:
        return {name: self._task(self._legs.get(name)) for name in self._names}

    def _task(self, trial: RunningTrial | None) -> str:
        if trial is None:
            return "waits"
        curve = self._session.state.trials[trial.number].curve
        value = f", {curve[-1][1]:.6g} after epoch {curve[-1][0]}" if curve else ""
        return f"trial {trial.number} to epoch {trial.until}{value}  {trial.config!r}"
