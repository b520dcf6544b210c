"""WHAT SHOULD THE MACHINE ANSWER? The naive twin: the table of events, once more, as plain mutable Python.

Written from the table alone, row by row in the order of its rows, and kept apart from `pure_hb.machine`: lists that are
sorted and scanned for every question, nothing shared, nothing clever. It uses the library's spaces, keyed draws, events
and actions, for those are what the two are compared by. What it remembers is in `twin_records.py`.
"""

import math
from functools import partial
from typing import Any, Final

import pure_hb as hb
from property_tests.twin_records import BROKEN, ENDED, PAUSED, RUNNING, Answer, Record, Rungs
from pure_hb.draws import Purpose, uniform
from pure_hb.rungs import Promotion
from pure_hb.search import RandomSearch
from pure_hb.space import Configuration, as_member, draw, first_left, match_key, size

_LARGEST: Final = 2**53


class Twin:
    """The scheduler, written twice. `answer` changes it."""

    def __init__(self, setup: hb.Setup) -> None:
        self.setup = setup
        self.maximum = setup.max_resource
        self.promotes = isinstance(setup.rule, Promotion)
        self.rungs = Rungs(setup)
        self.trials: list[Record] = []
        self.broken: list[int] = []
        self.clock = 0

    def answer(self, event: hb.Event) -> Answer:
        """The answer to an event."""
        rows: dict[type, Any] = {
            hb.Ask: self.ask,
            hb.Report: self.report,
            hb.Complete: self.complete,
            hb.Fail: self.fail,
            hb.Release: self.release,
            hb.Observe: self.observe,
            hb.Fitted: lambda _: Answer("Reject", False),  # random search makes no fits
        }
        answer: Answer = rows[type(event)](event)
        if answer.logged:
            self.clock += 1
        return answer

    # ---- Ask ---------------------------------------------------------------------------------------------------

    def ask(self, event: hb.Ask) -> Answer:
        for trial in self.trials:
            if trial.worker == event.worker:
                return self.assignment_again(trial)
        if self.broken:
            return self.run_again(self.trials[self.broken[0]], event.worker)
        bracket = self.rungs.draw_bracket(self.clock)
        systems = [self.rungs.system(bracket)]
        promoted = self.promote(systems, event.worker)
        if promoted is not None:
            return promoted
        config = self.suggest() if event.new_trials else None
        if config is not None:
            return self.start(config, bracket, event.worker)
        promoted = self.promote(list(range(self.setup.brackets)), event.worker)
        if promoted is not None:
            return promoted
        running = [trial for trial in self.trials if trial.status == RUNNING]
        return Answer("Wait" if running else "Done", False)

    def assignment_again(self, trial: Record) -> Answer:
        if trial.leg == 0:
            bracket = trial.bracket
            return Answer("Start", False, trial.number, trial.until, 0, bracket=bracket, config=trial.config)
        return Answer("Resume", False, trial.number, trial.until, trial.leg, trial.given_from, config=trial.config)

    def start(self, config: Configuration, bracket: int, worker: str) -> Answer:
        trial = Record(len(self.trials), config, bracket, RUNNING)
        trial.worker, trial.until = worker, self.rungs.next_level(bracket, 0)
        self.trials.append(trial)
        return Answer("Start", True, trial.number, trial.until, 0, bracket=bracket, config=config)

    def run_again(self, trial: Record, worker: str) -> Answer:
        self.broken.remove(trial.number)
        return self.resume(trial, worker, trial.until, None)

    def resume(self, trial: Record, worker: str, until: int, promoted_from: int | None) -> Answer:
        trial.status, trial.worker, trial.leg, trial.until = RUNNING, worker, trial.leg + 1, until
        trial.given_from = trial.start_from
        return Answer(
            "Resume", True, trial.number, until, trial.leg, trial.start_from,
            promoted_from=promoted_from, config=trial.config,
        )  # fmt: skip

    def promote(self, systems: list[int], worker: str) -> Answer | None:
        for system in systems:
            found = self.rungs.promotable(system)
            if found is not None:
                self.rungs.waiting.remove(found)
                trial = self.trials[found[0]]
                return self.resume(trial, worker, self.rungs.next_level(trial.bracket, trial.highest), found[1])
        return None

    def suggest(self) -> Configuration | None:
        """Initial points; then draws that were not tried; then what is left of a finite space."""
        space, seed = self.setup.space, self.setup.seed
        tried = {match_key(space, trial.config) for trial in self.trials}
        for point in self.setup.points:
            if match_key(space, point) not in tried:
                return point
        assert isinstance(self.setup.search, RandomSearch)
        if self.setup.search.allow_duplicates:
            limit = self.setup.max_failures
            tried = {match_key(space, trial.config) for trial in self.trials if trial.failures >= limit}
        total = size(space)
        if total is not None and len(tried) >= total:
            return None
        for attempt in range(100):
            config = draw(space, partial(self.parameter, attempt))
            if match_key(space, config) not in tried:
                return config
        if total is None:
            return None
        return first_left(space, tried, uniform(seed, Purpose.ENUMERATION, self.clock))

    def parameter(self, attempt: int, index: int) -> float:
        return uniform(self.setup.seed, Purpose.CONFIGURATION, self.clock, index, attempt)

    # ---- Report ------------------------------------------------------------------------------------------------

    def refused(self, event: Any) -> bool:
        """Unknown trial, or a leg that was not given out."""
        if not 0 <= event.trial < len(self.trials):
            return True
        return event.leg is not None and event.leg not in range(self.trials[event.trial].leg + 1)

    def not_running(self, event: Any) -> Answer | None:
        """The answer to whoever works on a leg that is over."""
        trial = self.trials[event.trial]
        if event.leg is not None and event.leg < trial.leg:
            return Answer("Pause", False, trial.number)
        if trial.status in (PAUSED, BROKEN):
            return Answer("Pause", False, trial.number)
        return Answer("Stop", False, trial.number) if trial.status == ENDED else None

    def report(self, event: hb.Report) -> Answer:
        if self.refused(event) or not 1 <= event.resource <= _LARGEST:
            return Answer("Reject", False)
        if event.cost is not None and (event.cost < 0 or not math.isfinite(event.cost)):
            return Answer("Reject", False)
        over = self.not_running(event)
        if over is not None:
            return over
        trial = self.trials[event.trial]
        if event.resource <= trial.highest:
            return Answer("Continue", False, trial.number, trial.until)
        if not math.isfinite(event.value):
            return self.report_not_finite(trial, event)
        if event.resource >= self.maximum:
            trial.reports.append((self.maximum, event.value))
            return self.end(trial, "Stop")
        trial.reports.append((event.resource, event.value))
        if event.resource >= trial.until:
            return self.judge(trial, event)
        return Answer("Continue", True, trial.number, trial.until)

    def report_not_finite(self, trial: Record, event: hb.Report) -> Answer:
        trial.reports.append((min(event.resource, self.maximum), event.value))
        level = None
        if trial.until <= event.resource < self.maximum:
            level = self.rungs.highest_reached(trial.bracket, event.resource)
            self.rungs.enter(trial, level, event.resource, event.value)
        return self.end(trial, "Stop", level)

    def judge(self, trial: Record, event: hb.Report) -> Answer:
        level = self.rungs.highest_reached(trial.bracket, event.resource)
        self.rungs.enter(trial, level, event.resource, event.value)
        if self.promotes:
            self.rungs.waiting.append((trial.number, level))
            trial.status, trial.worker = PAUSED, None
            return Answer("Pause", True, trial.number, level=level)
        rung = self.rungs.rung(trial.bracket, level)
        if len(rung) == 1 or self.rungs.passes(rung, rung[-1], level):
            trial.until = self.rungs.next_level(trial.bracket, event.resource)
            return Answer("Continue", True, trial.number, trial.until, level=level)
        return self.end(trial, "Stop", level)

    def end(self, trial: Record, kind: str, level: int | None = None) -> Answer:
        trial.status, trial.worker = ENDED, None
        return Answer(kind, True, trial.number, level=level)

    # ---- Complete, Fail, Release -------------------------------------------------------------------------------

    def complete(self, event: hb.Complete) -> Answer:
        if self.refused(event):
            return Answer("Reject", False)
        if self.not_running(event) is not None:
            return Answer("Noted", False, event.trial)
        return self.end(self.trials[event.trial], "Noted")

    def fail(self, event: hb.Fail) -> Answer:
        if self.refused(event):
            return Answer("Reject", False)
        over = self.not_running(event)
        if over is not None:
            return over
        trial = self.trials[event.trial]
        trial.failures += 1
        return self.end(trial, "Stop") if trial.failures == self.setup.max_failures else self.breaks(trial)

    def release(self, event: hb.Release) -> Answer:
        if self.refused(event):
            return Answer("Reject", False)
        over = self.not_running(event)
        return self.breaks(self.trials[event.trial]) if over is None else over

    def breaks(self, trial: Record) -> Answer:
        trial.status, trial.worker = BROKEN, None
        self.broken.append(trial.number)
        return Answer("Pause", True, trial.number)

    # ---- Observe -----------------------------------------------------------------------------------------------

    def observe(self, event: hb.Observe) -> Answer:
        resources = [resource for resource, _ in event.curve]
        if not resources and not event.failed:
            return Answer("Reject", False)
        if resources and (resources != sorted(set(resources)) or resources[0] < 1 or resources[-1] > _LARGEST):
            return Answer("Reject", False)
        try:
            config = as_member(self.setup.space, event.config)
        except hb.SpaceError:
            return Answer("Reject", False)
        for trial in self.trials:
            if event.source and trial.source == event.source:
                return Answer("Noted", False, trial.number)
        for trial in self.trials:
            is_another = bool(trial.source and event.source)
            if trial.observed_curve is not None and not is_another and self.same(trial, config, event):
                return Answer("Noted", False, trial.number)
        trial = Record(len(self.trials), config, 0, ENDED)
        trial.observed_curve, trial.source = event.curve, event.source
        trial.failures = self.setup.max_failures if event.failed else 0
        self.trials.append(trial)
        for resource, value in event.curve:
            until = self.rungs.next_level(0, max((seen for seen, _ in trial.reports), default=0))
            trial.reports.append((resource, value))
            if resource >= self.maximum:
                break
            if resource >= until:
                self.rungs.enter(trial, self.rungs.highest_reached(0, resource), resource, value)
            if not math.isfinite(value):
                break
        return Answer("Noted", True, trial.number)

    def same(self, trial: Record, config: Configuration, event: hb.Observe) -> bool:
        """Whether a trial was observed with this configuration and curve; NaN equals NaN."""
        space, seen, curve = self.setup.space, trial.observed_curve or (), event.curve
        if (trial.failures > 0) != event.failed:
            return False
        if match_key(space, trial.config) != match_key(space, config) or len(seen) != len(curve):
            return False
        pairs = zip(seen, curve, strict=True)
        return all(a == b or (a[0] == b[0] and math.isnan(a[1]) and math.isnan(b[1])) for a, b in pairs)
