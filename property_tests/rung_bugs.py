"""WHICH BUGS MUST `check_rungs` FIND? An ASHA of twenty lines, and more than twenty ways to get one of them wrong.

A bug is a line and what stands in its place. The sources are compiled here, so that each bug is one difference from
a sound scheduler and no other.
"""

from collections.abc import Callable
from textwrap import dedent
from typing import Any

from attrs import frozen

import pure_hb as hb
from pure_hb import testing
from pure_hb.testing import RungClaims, RungLaw, rung_laws

PROMOTING = dedent("""
    class Asha:
        def __init__(self):
            self.rungs = {level: {} for level in LEVELS}
            self.gone, self.legs = {level: set() for level in LEVELS}, {}

        def answer(self, event):
            if isinstance(event, Ask):
                for level, above in zip(LEVELS[::-1], (MAXIMUM, *LEVELS[::-1])):
                    rung = self.rungs[level]
                    for trial in sorted(rung, key=rung.get)[: len(rung) // 3]:
                        if trial not in self.gone[level]:
                            self.gone[level].add(trial)
                            self.legs[trial] += 1
                            return Resume(trial, CONFIG, level, above, self.legs[trial], level)
                trial = len(self.legs)
                self.legs[trial] = 0
                return Start(trial, CONFIG, 0, LEVELS[0])
            trial, resource, value = event.trial, event.resource, event.value
            until = next((level for level in LEVELS if level > resource), MAXIMUM)
            if resource >= MAXIMUM or value != value:
                return Stop(trial)
            if resource in self.rungs:
                self.rungs[resource][trial] = value
                return Pause(trial, resource)
            return Continue(trial, until)
""")

STOPPING = dedent("""
    class Asha:
        def __init__(self):
            self.rungs = {level: [] for level in LEVELS}
            self.count = 0

        def answer(self, event):
            if isinstance(event, Ask):
                self.count += 1
                return Start(self.count - 1, CONFIG, 0, LEVELS[0])
            trial, resource, value = event.trial, event.resource, event.value
            until = next((level for level in LEVELS if level > resource), MAXIMUM)
            if resource >= MAXIMUM or value != value:
                return Stop(trial)
            if resource in self.rungs:
                rung = self.rungs[resource]
                rung.append(value)
                cutoff = sorted(rung)[max(1, len(rung) // 3) - 1]
                if value > cutoff:
                    return Stop(trial, resource)
            return Continue(trial, until)
""")

LEVELS, MAXIMUM = (1, 3, 9), 27
PROMOTION_CLAIMS = RungClaims(
    LEVELS, MAXIMUM, "promotion", testing.FLOOR, nan=testing.NotANumber.ENDS_UNCOUNTED, same_again=False
)
STOPPING_CLAIMS = RungClaims(
    LEVELS,
    MAXIMUM,
    "stopping",
    testing.FLOOR_OR_ONE,
    ties=testing.Ties.TOGETHER,
    nan=testing.NotANumber.ENDS_UNCOUNTED,
    same_again=False,
)
SCENERIES = tuple(
    scenery for scenery in testing.Scenery if scenery not in (testing.Scenery.JUMPS, testing.Scenery.TWICE)
)
"""Neither of the two says what it makes of jumps and of reports that come twice."""


def compiled(source: str) -> testing.Subject[Any]:
    """The scheduler that a source describes, as values."""
    names: dict[str, Any] = {"LEVELS": LEVELS, "MAXIMUM": MAXIMUM, "CONFIG": hb.Configuration({"x": 0})}
    names |= {name: getattr(hb, name) for name in ("Ask", "Start", "Resume", "Continue", "Pause", "Stop", "Wait")}
    exec(source, names)
    make: Callable[[], Any] = names["Asha"]
    return testing.from_mutable(make, lambda asha, event: asha.answer(event))


@frozen
class Bug:
    """One line, what it becomes, the law that must be found broken, and the most events that show it."""

    name: str
    line: str
    becomes: str
    law: RungLaw
    most: int
    source: str = PROMOTING
    claims: RungClaims = PROMOTION_CLAIMS

    def subject(self) -> testing.Subject[Any]:
        """The scheduler with the bug."""
        assert self.source.count(self.line) >= 1, f"the line of {self.name} is gone"
        return compiled(self.source.replace(self.line, self.becomes, 1))


LAWS = rung_laws
BUGS = (
    Bug("one too many is promoted", "// 3]", "// 3 + 1]", LAWS.LEAVES, 4),
    Bug("one too few is promoted", "[: len(rung) // 3]", "[: max(0, len(rung) // 3 - 1)]", LAWS.PROMOTES_FIRST, 7),
    Bug("the share is rounded down first", "len(rung) // 3]", "int(len(rung) * 0.33)]", LAWS.PROMOTES_FIRST, 7),
    Bug("eta is 2 where 3 is said", "// 3]", "// 2]", LAWS.LEAVES, 5),
    Bug("the metric is maximised", "key=rung.get", "key=rung.get, reverse=True", LAWS.LEAVES, 7),
    Bug("trials are ranked by number", ", key=rung.get", "", LAWS.LEAVES, 7),
    Bug("the worst of those that pass goes first", "// 3]:", "// 3][::-1]:", LAWS.BEST_FIRST, 13),
    Bug("promotions are forgotten", "self.gone[level].add(trial)", "pass", LAWS.ONE_PLACE, 8),
    Bug("lower levels go first", "zip(LEVELS[::-1], (MAXIMUM, *LEVELS[::-1]))", "zip(LEVELS, (*LEVELS[1:], MAXIMUM))",
        LAWS.TOP_DOWN, 40),
    Bug("a level is skipped on the way up", "(MAXIMUM, *LEVELS[::-1])", "(MAXIMUM, MAXIMUM, *LEVELS[::-1])",
        LAWS.NEXT_LEVEL, 7),
    Bug("the top rung promotes nobody", "zip(LEVELS[::-1], (MAXIMUM, *LEVELS[::-1]))",
        "zip(LEVELS[1::-1], LEVELS[2:0:-1])",
        LAWS.PROMOTES_FIRST, 40),
    Bug("a new trial comes before a promotion", "for level, above in",
        "for level, above in () if len(self.legs) < 6 else",
        LAWS.PROMOTES_FIRST, 7),
    Bug("NaN is an entry, and sorts anywhere", " or value != value", "", LAWS.LEAVES, 3),
    Bug("NaN ends a trial from the second level on only", "value != value", "value != value and resource > 1",
        LAWS.LEAVES, 2),
    Bug("the maximum pauses", "return Stop(trial)", "return Pause(trial)", LAWS.MAXIMUM, 40),
    Bug("all levels share one rung", "{level: {} for level in LEVELS}", "dict.fromkeys(LEVELS, {})",
        LAWS.NEXT_LEVEL, 7),
    Bug("a rung forgets all but its last entries", "self.rungs[resource][trial] = value",
        "self.rungs[resource][trial] = value; self.rungs[resource] = dict([*self.rungs[resource].items()][-6:])",
        LAWS.PROMOTES_FIRST, 22),
    Bug("those that were promoted leave the rung", "self.gone[level].add(trial)", "del rung[trial]", LAWS.LEAVES, 10),
    Bug("the last value anywhere is the entry", "rung = self.rungs[level]",
        "rung = {t: max(r[t] for r in self.rungs.values() if t in r) for t in self.rungs[level]}",
        LAWS.LEAVES, 9),
    Bug("any report below the next level pauses", "return Continue(trial, until)", "return Pause(trial, resource)",
        LAWS.BETWEEN_LEVELS, 12),
    Bug("a trial begins again when it is promoted", "CONFIG, level, above", "CONFIG, 0, above", LAWS.NEXT_LEVEL, 7),
    Bug("large values are no entries", "if resource in self.rungs:", "if resource in self.rungs and value < 10:",
        LAWS.BETWEEN_LEVELS, 2),
    Bug("decisions hang on the name of the worker", "// 3]:", "// 3 if event.worker > 'w0' else 0]:", LAWS.NAMES, 7),
    Bug("a free worker waits for nothing", "trial = len(self.legs)",
        "trial = len(self.legs)\n            if trial == 5: return Wait()",
        LAWS.ANSWERED, 11),
    Bug("an empty rung raises", "rung = self.rungs[level]", "rung = self.rungs[level]; min(rung.values())",
        LAWS.ANSWERED, 1),
    Bug("stops who stands at the cutoff", "value > cutoff", "value >= cutoff",
        LAWS.GOES_ON, 2, STOPPING, STOPPING_CLAIMS),
    Bug("only the first trial makes an entry", "rung.append(value)", "rung or rung.append(value)",
        LAWS.LEAVES, 6, STOPPING, STOPPING_CLAIMS),
    Bug("a trial is compared with those before it only", "cutoff = sorted(rung)[max(1, len(rung) // 3) - 1]",
        "others = rung[:-1] or rung; cutoff = sorted(others)[max(1, len(others) // 3) - 1]",
        LAWS.GOES_ON, 12, STOPPING, STOPPING_CLAIMS),
    Bug("rungs are shared by all searches", "self.rungs = {level: [] for level in LEVELS}", "self.rungs = SHARED",
        LAWS.SAME_AGAIN, 40, "SHARED = {level: [] for level in LEVELS}" + STOPPING, STOPPING_CLAIMS),
    Bug("of equal values only the first goes on", "if value > cutoff:", "if value > cutoff or value in rung[:-1]:",
        LAWS.GOES_ON, 4, STOPPING, STOPPING_CLAIMS),
    Bug("does not stop until a rung is full", "if value > cutoff:", "if value > cutoff and len(rung) > 4:",
        LAWS.LEAVES, 4, STOPPING, STOPPING_CLAIMS),
    Bug("stops by the mean of the rung", "sorted(rung)[max(1, len(rung) // 3) - 1]", "sum(rung) / len(rung)",
        LAWS.LEAVES, 6, STOPPING, STOPPING_CLAIMS),
)  # fmt: skip
