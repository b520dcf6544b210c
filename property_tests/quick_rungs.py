"""IS THE RIGHT TRIAL PROMOTED OR STOPPED, OF THOUSANDS? The rungs once more, as sorted lists and heaps.

The twin of `twin.py` sorts and scans for every question, which is right for short worlds and too slow for long ones.
This one asks about ranks only, at a cost of a binary search, and knows the rules that need nothing else. What other
rules, or a search that resumes trials by itself, choose is followed, and not examined.
"""

import heapq
import math
from bisect import bisect_left, insort
from collections import defaultdict
from itertools import pairwise

import pure_hb as hb
from pure_hb.draws import Purpose, uniform
from pure_hb.rungs import BestOfFirst, CoinPromotion, Promotion, Stopping
from pure_hb.search import RandomSearch

Place = tuple[int, int]
"""System and level."""


class QuickRungs:
    """Hears what was said, in order, and objects."""

    def __init__(self, setup: hb.Setup) -> None:
        self.setup = setup
        self.next_level = dict(pairwise((*setup.levels, setup.max_resource)))
        self.values: dict[Place, list[float]] = defaultdict(list)
        self.waiting: dict[Place, list[tuple[float, int, int]]] = defaultdict(list)
        self.brackets: list[int] = []
        self.of_trial: dict[tuple[int, int], float] = {}
        known = isinstance(setup.rule, Promotion | CoinPromotion | BestOfFirst)
        self.promotes = known and isinstance(setup.search, RandomSearch)
        self.clock = 0

    def objection(self, event: hb.Event, action: hb.Action) -> str | None:
        """What is wrong with an answer, or None."""
        fault = self._objection(event, action)
        self.clock += action.logged
        return fault

    def _objection(self, event: hb.Event, action: hb.Action) -> str | None:
        match event, action:
            case hb.Ask(), hb.Start(logged=True):
                fault = self._ranks(event, action) or self._nobody_passes(action.bracket) or self._closed()
                self.brackets.append(action.bracket)
                return fault
            case hb.Ask(), hb.Resume(logged=True, promoted_from=int(level)):
                return self._ranks(event, action) or self._promoted(action.trial, level)
            case hb.Ask(), hb.Wait() | hb.Done():
                faults = (self._nobody_passes(bracket) for bracket in range(self.setup.brackets))
                return next((fault for fault in faults if fault is not None), None)
            case hb.Report(), hb.Continue(level=int(level)) | hb.Pause(level=int(level)) | hb.Stop(level=int(level)):
                self._enter(event.trial, level, event.value, isinstance(action, hb.Pause))
                return self._ranks(event, action) or self._stopped(event, action, level)
            case hb.Observe(), hb.Noted(logged=True, trial=int(trial)):
                self.brackets.append(0)
                self._observe(event, trial)
        return None

    def difference(self, state: hb.State) -> str | None:
        """Where the rungs of a state have other values."""
        for bracket in range(self.setup.brackets if self.setup.separate_rungs else 1):
            for rung in state.ladder.rungs(bracket):
                due, found = self.values[bracket, rung.level], list(rung.values)
                if due != found:
                    return f"bracket {bracket}, level {rung.level}: {len(found)} values, due are {len(due)} others"
        return None

    # ---- entries -----------------------------------------------------------------------------------------------

    def _system(self, bracket: int) -> int:
        return bracket if self.setup.separate_rungs else 0

    def _enter(self, trial: int, level: int, value: float, waits: bool) -> None:
        place = (self._system(self.brackets[trial]), level)
        ranked = self.setup.goal.to_minimise(value) + 0.0 if math.isfinite(value) else math.inf
        if waits:
            heapq.heappush(self.waiting[place], (ranked, len(self.values[place]), trial))
        insort(self.values[place], ranked)
        self.of_trial[trial, level] = ranked

    def _observe(self, event: hb.Observe, trial: int) -> None:
        above = 0
        for resource, value in event.curve:
            reached = [level for level in self.setup.levels if above < level <= resource]
            if resource >= self.setup.max_resource:
                return
            if reached:
                above = reached[-1]
                self._enter(trial, above, value, False)
            if not math.isfinite(value):
                return

    # ---- ranks -------------------------------------------------------------------------------------------------

    def _standing(self, place: Place, value: float, asked: bool = True) -> tuple[int, int, int | None, bool]:
        """Entries, rank, how many may be better, and whether it passes: for an ``Ask``, or as a report is answered."""
        values = self.values[place]
        rank = bisect_left(values, value)
        if asked and isinstance(self.setup.rule, BestOfFirst):
            return len(values), rank, self.setup.rule.best - 1, rank < self.setup.rule.best
        if len(values) < 2:
            return len(values), rank, None, False
        allowed = (len(values) - 1) * place[1] // self.next_level[place[1]]
        return len(values), rank, allowed, rank <= allowed

    def _ranks(self, event: hb.Event, action: hb.Action) -> str | None:
        for record in action.evidence:
            if isinstance(record, hb.evidence.Ranked):
                place = (self._system(self.brackets[record.trial]), record.level)
                due = self._standing(place, self.of_trial[record.trial, record.level], isinstance(event, hb.Ask))
                if (record.entries, record.rank, record.allowed, record.passes) != due:
                    return f"{record} should say {due}"
        return None

    def _passing(self, place: Place) -> int | None:
        """The trial that is due: the best that waits, if it passes."""
        waiting = self.waiting.get(place)
        return waiting[0][2] if waiting and self._standing(place, waiting[0][0])[3] else None

    def _due(self, system: int) -> tuple[int, int] | None:
        """The trial that the rule promotes now, and the level that it leaves: of the highest level where one passes."""
        rule, levels = self.setup.rule, self.setup.levels
        if isinstance(rule, CoinPromotion):
            tossed = uniform(self.setup.seed, Purpose.COIN, self.clock)
            levels = levels if tossed < rule.probability_sh else ()
        elif isinstance(rule, BestOfFirst):
            levels = () if self._is_open() else levels[:1]
        for level in reversed(levels):
            trial = self._passing((system, level))
            if trial is not None:
                return trial, level
        return None

    def _is_open(self) -> bool:
        rule = self.setup.rule
        return not isinstance(rule, BestOfFirst) or len(self.values[0, self.setup.levels[0]]) < rule.entries

    def _closed(self) -> str | None:
        return None if self._is_open() else "a trial was started, but the first rung is full"

    def _nobody_passes(self, bracket: int) -> str | None:
        due = self._due(self._system(bracket)) if self.promotes else None
        return None if due is None else f"nobody was promoted, but trial {due[0]} at level {due[1]} passes"

    def _promoted(self, trial: int, level: int) -> str | None:
        system = self._system(self.brackets[trial])
        waiting = self.waiting[system, level]
        place = next((number for number, entry in enumerate(waiting) if entry[2] == trial), None)
        if place is None:
            return f"trial {trial} was promoted from level {level}, where it does not wait"
        fault = None
        if self.promotes:
            due = self._due(system)
            if due != (trial, level):
                fault = f"trial {trial} was promoted from level {level}, due is {due}"
        waiting[place] = waiting[-1]
        waiting.pop()
        if place < len(waiting):
            heapq.heapify(waiting)
        return fault

    def _stopped(self, event: hb.Report, action: hb.Action, level: int) -> str | None:
        if not isinstance(self.setup.rule, Stopping) or not math.isfinite(event.value):
            return None
        place = (self._system(self.brackets[event.trial]), level)
        entries, rank, allowed, passes = self._standing(place, self.of_trial[event.trial, level])
        goes_on = entries < 2 or passes
        if goes_on == isinstance(action, hb.Continue):
            return None
        return f"of {entries} entries {rank} are better, {allowed} may be: {event} was answered with {action}"
