"""WHAT DOES THE NAIVE TWIN REMEMBER? Trials as mutable records, rungs as lists in the order of arrival."""

import math
from typing import NamedTuple

import pure_hb as hb
from pure_hb.draws import Purpose, uniform
from pure_hb.space import Configuration

RUNNING, PAUSED, BROKEN, ENDED = "running", "paused", "broken", "ended"


class Answer(NamedTuple):
    """An action without its evidence and reasons: what twin and machine must agree on."""

    kind: str
    logged: bool
    trial: int | None = None
    until: int | None = None
    leg: int | None = None
    start_from: int | None = None
    level: int | None = None
    promoted_from: int | None = None
    bracket: int | None = None
    config: Configuration | None = None


def answer_of(action: hb.Action) -> Answer:
    """The answer that an action of the machine is."""
    fields = {name: getattr(action, name, None) for name in Answer._fields[2:]}
    return Answer(type(action).__name__, action.logged, **fields)


class Entry(NamedTuple):
    """An entry of a rung, in the order in which they came."""

    value: float
    arrival: int
    trial: int


class Record:
    """All that is known of one trial."""

    def __init__(self, number: int, config: Configuration, bracket: int, status: str) -> None:
        self.number, self.config, self.bracket, self.status = number, config, bracket, status
        self.worker: str | None = None
        self.leg = 0
        self.until = 0
        self.given_from = 0  # the `from` of its last assignment
        self.last_entry: tuple[int, int] | None = None  # level, resource
        self.reports: list[tuple[int, float]] = []
        self.failures = 0
        self.observed_curve: tuple[tuple[int, float], ...] | None = None
        self.source = ""

    @property
    def highest(self) -> int:
        return max((resource for resource, _ in self.reports), default=0)

    @property
    def start_from(self) -> int:
        return self.last_entry[1] if self.last_entry else 0


class Rungs:
    """The rungs of all brackets, the entries that wait, and the arithmetic of levels."""

    def __init__(self, setup: hb.Setup) -> None:
        self.setup = setup
        self.levels = list(setup.levels)
        self.maximum = setup.max_resource
        self.entries: dict[tuple[int, int], list[Entry]] = {}  # (system, level)
        self.waiting: list[tuple[int, int]] = []  # (trial, level)

    def next_level(self, bracket: int, resource: int) -> int:
        above = [level for level in self.levels[bracket:] if level > resource]
        return above[0] if above else self.maximum

    def highest_reached(self, bracket: int, resource: int) -> int:
        return max(level for level in self.levels[bracket:] if level <= resource)

    def system(self, bracket: int) -> int:
        return bracket if self.setup.separate_rungs else 0

    def rung(self, bracket: int, level: int) -> list[Entry]:
        return self.entries.setdefault((self.system(bracket), level), [])

    def enter(self, trial: Record, level: int, resource: int, value: float) -> None:
        """One entry. A maximised metric is negated; NaN and infinities rank last."""
        to_minimise = -value if isinstance(self.setup.goal, hb.Maximize) else value
        rung = self.rung(trial.bracket, level)
        rung.append(Entry(to_minimise if math.isfinite(value) else math.inf, len(rung), trial.number))
        trial.last_entry = (level, resource)

    def passes(self, rung: list[Entry], entry: Entry, level: int) -> bool:
        steps = [*self.levels, self.maximum]
        allowed = (len(rung) - 1) * level // steps[steps.index(level) + 1]
        return len(rung) >= 2 and len([other for other in rung if other.value < entry.value]) <= allowed

    def promotable(self, system: int) -> tuple[int, int] | None:
        """From the highest level down: the best that waits, the earliest of equals, if it passes: (trial, level)."""
        for level in sorted(self.levels, reverse=True):
            rung = self.entries.get((system, level), [])
            waiting = sorted(entry for entry in rung if (entry.trial, level) in self.waiting)
            if waiting and self.passes(rung, waiting[0], level):
                return waiting[0].trial, level
        return None

    def draw_bracket(self, clock: int) -> int:
        if self.setup.brackets == 1:
            return 0
        steps = [*self.levels, self.maximum]
        weights = [len(steps) / ((len(steps) - s) * steps[s]) for s in range(self.setup.brackets)]
        odds = [weight / sum(weights) for weight in weights]
        u = uniform(self.setup.seed, Purpose.BRACKET, clock)
        return next((s for s in range(len(odds)) if u < sum(odds[: s + 1])), len(odds) - 1)
