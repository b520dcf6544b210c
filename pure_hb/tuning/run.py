"""WHO TRAINS WHAT NOW? `Run`: gives legs to free workers, and tells the session what they report, or how they broke."""

import time
from collections.abc import Callable
from typing import Final, assert_never

from pure_hb.session import RunningTrial, Session
from pure_hb.tuning.channel import (
    Answer,
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
from pure_hb.tuning.clocks import Clocks, Hangs, TimeLimits, TooLong
from pure_hb.tuning.fitter import Fitter
from pure_hb.tuning.logs import LegLogs
from pure_hb.tuning.patience import Patience, TuningError
from pure_hb.tuning.pool import Died, Lost, Pool
from pure_hb.tuning.progress import Progress

_LOOK_S: Final = 0.5
"""So often the budgets are looked at and the display is drawn."""
_REPEATS_TOLD: Final = 10
"""So many reports in a row without a new epoch are told; what a leg may have to repeat is not counted."""
_REPEATS_ENDED: Final = 100
"""So many end the leg."""
_REPAIR: Final = "Repair the script and start the same command again"
_NOT_THIS_ONE: Final = 'If only this configuration cannot be trained, let train report float("nan") for it'


class Run:
    """The loop: gives legs to free workers, and tells the session what they report."""

    def __init__(
        self,
        session: Session,
        pool: Pool,
        names: tuple[str, ...],
        progress: Progress,
        limits: TimeLimits,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session, self._pool, self._names, self._progress = session, pool, names, progress
        self._legs: dict[str, RunningTrial] = {}
        self._fitter = Fitter()
        self._held: set[str] = set()
        self._now, self._clocks = now, Clocks(limits, now(), time.process_time())
        self._limits = limits
        self._logs = LegLogs(pool.log)
        self._told: set[str] = set()
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
            self._clocks.worked(self._now(), time.process_time())
            said = list(self._pool.wait(_LOOK_S))
            self._clocks.waited(self._now(), time.process_time(), _LOOK_S)
            for name, message in said:
                self._handle(name, message)
            self._watch()

        limit = self._session.spent or "no trial may be started, and none can be promoted"
        if not self._patience.has_result and self._session.state.best is None:
            why = f"the last failure: {self._patience.last}" if self._patience.last else limit
            raise TuningError(
                f"The run has ended without any result; {why}. Repair the script (its output is in {self._pool.logs}) "
                "and start the same command again"
            )
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
            config, log = dict(trial.config), self._pool.leg_log(trial.number, trial.leg)
            leg = Leg(trial.number, trial.leg, config, trial.start_from, trial.until, folder, maximum, str(log))
            self._repeats[name] = 0
            self._logs.begin(name, log)
            has_entered = self._pool.has_entered(name)
            self._pool.send(name, leg)
            self._clocks.begin(name, self._now(), has_entered=has_entered)
        return was_asked

    def _handle(self, name: str, message: Message | Died | Lost) -> None:
        trial = self._legs.get(name)
        if isinstance(message, Ended | Failed | Useless | Died | Lost):
            self._legs.pop(name, None)
            self._clocks.end(name)
        match message:
            case Noticed(text):
                self._progress.tell(text)
            case Entered():
                self._clocks.enter(name, self._now())
                self._script_works = True
            case Unlogged(why):
                self._logs.lose(name)
                self._tell_once(
                    "unlogged", f"{why}; the output of the leg is in {self._pool.log(name)}. Move away what is there"
                )
            case Reported() if trial is not None:
                self._report(name, trial, message)
            case Ended(remark) if trial is not None:
                self._end(name, trial, remark)
            case Failed(reason, end) if trial is not None:
                self._break(name, trial, reason, self._logs.see(name, end))
            case Useless(reason, end) if trial is not None:
                self._break(name, trial, reason, self._logs.see(name, end), of_script=True)
            case Hopeless(reason):
                raise TuningError(f"{reason}; see {self._pool.log(name)}. {_REPAIR}")
            case Died(how, has_entered) if trial is not None:
                self._die(name, trial, how, has_entered)
            case Lost(how) if trial is not None:
                trial.release(f"the worker process died before it could train: {how}")
            case Died() | Lost() | Reported() | Ended() | Failed() | Useless() | Leg() | Answer() | Ready():
                return
            case _:
                assert_never(message)

    def _report(self, name: str, trial: RunningTrial, told: Reported) -> None:
        self._clocks.report(name, told.took)
        accepted, maximum = trial.reports, self._session.state.setup.max_resource
        if trial.running and told.resource > maximum:
            self._tell_once(
                "past the maximum",
                f"trial {trial.number} reports epoch {told.resource}, past max_resource, which is {maximum}: the value "
                f"counts as that of epoch {maximum}, and the trial ends. To train longer, make max_resource larger",
            )
        trial.report(told.resource, told.value, told.cost)
        if trial.reports > accepted:
            self._patience.worked()
            self._held.clear()
            self._repeats[name] = 0
        elif trial.running:
            self._repeat(name, trial, told.resource)
        self._pool.send(name, Answer(trial.running, trial.until))
        self._clocks.answer(name, self._now())

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
            self._break(name, trial, reason, self._logs.see(name), hint="")

    def _watch(self) -> None:
        """Ends legs that have taken too long, and tells of those that may hang. What a worker has sent comes first."""
        limit = self._session.budget.max_time
        is_over = limit is not None and self._session.elapsed >= limit
        for name, trial in tuple(self._legs.items()):
            found = self._clocks.judge(name, self._now())
            if found is None or self._pool.has_word(name):
                continue
            match found:
                case TooLong(reason):
                    self._kill(name)
                    self._break(name, trial, reason, self._logs.see(name), by_limit=True)
                case Hangs(silence) if is_over:
                    self._kill(name)
                    reason = f"no report for {silence:.0f} s, and max_time is over"
                    what = "was released" if trial.running else "did not end"
                    if trial.running:
                        trial.release(reason)
                    self._progress.tell(f"trial {trial.number} {what}: {reason}; {self._logs.see(name)}")
                case Hangs(silence, longest, True) if self._limits.max_silence is None:
                    self._clocks.told(name)
                    before = f"; before, it took {longest:.3g} s at most" if longest else ""
                    self._progress.tell(
                        f"trial {trial.number} has not reported for {silence:.0f} s{before}. If it hangs: Ctrl-C "
                        "loses nothing that was reported, and max_silence=SECONDS (--max-silence) ends such legs; "
                        f"{self._logs.see(name)}"
                    )
                case Hangs():
                    continue
                case _:
                    assert_never(found)

    def _kill(self, name: str) -> None:
        del self._legs[name]
        self._clocks.end(name)
        self._pool.kill(name)

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
            see = self._logs.see(name)
            self._progress.tell(f"trial {trial.number} has ended without a result: {reason}; {see}")
            self._end_if_broken(reason, see)
        else:
            self._break(name, trial, reason, self._logs.see(name), of_script=True)

    def _die(self, name: str, trial: RunningTrial, how: str, has_entered: bool) -> None:
        if has_entered:
            self._break(name, trial, f"the worker process died: {how}", self._logs.see(name))
            return
        reason, see = f"the worker process died before train was entered: {how}", f"see {self._pool.log(name)}"
        if not self._script_works:
            raise TuningError(f"{reason}; {see}. {_REPAIR}")
        trial.release(reason)
        self._progress.tell(f"trial {trial.number} was released: {reason}; {see}")
        self._end_if_broken(reason, see)

    def _break(
        self,
        name: str,
        trial: RunningTrial,
        reason: str,
        see: str,
        *,
        of_script: bool = False,
        by_limit: bool = False,
        hint: str = f". {_NOT_THIS_ONE}",
    ) -> None:
        """A leg broke. That counts as a failure of the trial if the run has a result, so that the script is known to
        work, and if it is not the script that is to blame all the same; or if a limit that was asked for is over."""
        told = f"trial {trial.number} failed: {reason}; {see}"
        if not trial.running:
            self._progress.tell(
                f"trial {trial.number}: {reason}, after it was told to leave, so this is no failure; {see}"
            )
            return
        if by_limit:
            trial.fail(reason)
            self._progress.tell(told)
        elif not self._patience.has_result:
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
        self._end_if_broken(reason, see, by_limit=by_limit, hint="" if of_script else hint)

    def _end_if_broken(self, reason: str, see: str, *, by_limit: bool = False, hint: str = "") -> None:
        """Raises `TuningError` if that is enough."""
        if not self._patience.broke(reason, by_limit=by_limit):
            return
        number = self._patience.in_a_row
        failures = f"{number} failure{'s' if number > 1 else ''}"
        if self._patience.has_result:
            raise TuningError(f"{failures} in a row, the last one: {reason}; {see}. {_REPAIR}")
        last = "" if number == 1 else ", the last one"
        if by_limit:
            raise TuningError(
                f"{failures} and no result yet{last}: {reason}; {see}. Repair the script or raise the limit, and start "
                "the same command again"
            )
        raise TuningError(
            f"{failures} and no result yet{last}: {reason}; {see}. {_REPAIR}: it goes on with all configurations{hint}"
        )

    def _tell_once(self, kind: str, text: str) -> None:
        if kind not in self._told:
            self._told.add(kind)
            self._progress.tell(text)

    def _tasks(self) -> dict[str, str]:
        return {name: self._task(self._legs.get(name)) for name in self._names}

    def _task(self, trial: RunningTrial | None) -> str:
        if trial is None:
            return "waits"
        curve = self._session.state.trials[trial.number].curve
        value = f", {curve[-1][1]:.6g} after epoch {curve[-1][0]}" if curve else ""
        return f"trial {trial.number} to epoch {trial.until}{value}  {trial.config!r}"
