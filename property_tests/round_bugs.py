"""WHICH BUGS OF ROUNDS MUST `check_rungs` FIND? Synchronous successive halving in twenty lines, and ways to get one of
them wrong.

Four trials to level 1; the best two of them to level 3; the better of these to the maximum.
"""

from textwrap import dedent

from attrs import evolve

from property_tests.rung_bugs import SCENERIES, Bug
from pure_hb import testing
from pure_hb.testing import Rounds, RungClaims, rung_laws

HALVING = dedent("""
    class Asha:
        def __init__(self):
            self.rounds, self.legs, self.gone = [], {}, set()

        def answer(self, event):
            if isinstance(event, Ask):
                for stages in self.rounds:
                    for level, above, size, best in ((3, 9, 2, 1), (1, 3, 4, 2)):
                        stage = stages[level]
                        if len(stage) == size:
                            for trial in sorted(stage, key=stage.get)[:best]:
                                if (trial, level) not in self.gone:
                                    self.gone.add((trial, level))
                                    self.legs[trial] += 1
                                    return Resume(trial, CONFIG, level, above, self.legs[trial], level)
                trial = len(self.legs)
                if trial % 4 == 0:
                    self.rounds.append({1: {}, 3: {}})
                self.legs[trial] = 0
                return Start(trial, CONFIG, 0, 1)
            trial, resource, value = event.trial, event.resource, event.value
            if resource >= 9:
                return Stop(trial)
            if resource in (1, 3):
                self.rounds[trial // 4][resource][trial] = value if value == value else float("inf")
                return Pause(trial, resource)
            return Continue(trial, 3 if resource < 3 else 9)
""")
"""The next round begins while one is incomplete."""
WAITS = "            if trial % 4 == 0:\n"
WAITING = HALVING.replace(
    WAITS,
    "            if trial % 4 == 0 and self.rounds and not self.rounds[-1][3]:\n                return Wait()\n"
    + WAITS,
)
"""A round waits until the one before has been compared, and its best have begun to report."""

CLAIMS = RungClaims(
    (1, 3),
    9,
    "promotion",
    testing.FLOOR,
    nan=testing.NotANumber.LAST,
    same_again=False,
    top_down=False,
    rounds=Rounds(((4, 2, 1),), at_once=True),
)
WAITING_CLAIMS = evolve(CLAIMS, rounds=Rounds(((4, 2, 1),)))
LAWS = rung_laws
NEXT = "if len(stage) == size:"


def bug(name: str, line: str, becomes: str, law: testing.RungLaw, most: int, source: str = HALVING) -> Bug:
    return Bug(name, line, becomes, law, most, source, CLAIMS if source is HALVING else WAITING_CLAIMS)


BUGS = (
    bug("one trial is not waited for", NEXT, "if len(stage) >= size - 1:", LAWS.WHOLE_STAGE, 9),
    bug("nobody is waited for", NEXT, "if True:", LAWS.WHOLE_STAGE, 3),
    bug("two are enough to go on", NEXT, "if len(stage) >= 2:", LAWS.WHOLE_STAGE, 6),
    bug("the second stage waits for one", "(3, 9, 2, 1)", "(3, 9, 1, 1)", LAWS.PROMOTES_FIRST, 14),
    bug("a round is five trials", "4, 2)):", "5, 2)):", LAWS.PROMOTES_FIRST, 11),
    bug("three go on", "4, 2)):", "4, 3)):", LAWS.LEAVES, 12),
    bug("one goes on", "4, 2)):", "4, 1)):", LAWS.PROMOTES_FIRST, 12),
    bug("nobody goes to the maximum", "(3, 9, 2, 1), (1, 3, 4, 2)", "(1, 3, 4, 2),", LAWS.PROMOTES_FIRST, 14),
    bug("two go to the maximum", "(3, 9, 2, 1)", "(3, 9, 2, 2)", LAWS.LEAVES, 16),
    bug("the worst go on", "key=stage.get", "key=stage.get, reverse=True", LAWS.LEAVES, 11),
    bug("trials are ranked by number", ", key=stage.get", "", LAWS.LEAVES, 11),
    bug("the worst of those that pass goes first", "[:best]:", "[:best][::-1]:", LAWS.BEST_FIRST, 11),
    bug("promotions are forgotten", "self.gone.add((trial, level))", "pass", LAWS.ONE_PLACE, 12),
    bug("one round only is promoted from", "in self.rounds:", "in self.rounds[-1:]:", LAWS.PROMOTES_FIRST, 14),
    bug("a level is skipped on the way up", "(1, 3, 4, 2)", "(1, 9, 4, 2)", LAWS.NEXT_LEVEL, 11),
    bug("NaN sorts anywhere", 'value if value == value else float("inf")', "value", LAWS.LEAVES, 12),
    bug("a NaN is no entry", "if resource in (1, 3):", "if resource in (1, 3) and value == value:",
        LAWS.BETWEEN_LEVELS, 2),
    bug("each second question is answered by a new trial", "for stages in self.rounds:",
        "for stages in self.rounds if len(self.legs) % 2 else ():", LAWS.PROMOTES_FIRST, 12),
    bug("rounds share their rungs", "trial // 4", "0", LAWS.PROMOTES_FIRST, 22),
    bug("a round waits before it is full", "trial % 4 == 0 and self.rounds and", "trial % 2 == 0 and self.rounds and",
        LAWS.ANSWERED, 4, WAITING),
    bug("a stage that is complete waits on", NEXT, "if len(stage) == size and event.worker != 'w0':",
        LAWS.NAMES, 12, WAITING),
)  # fmt: skip
"""At most so many events may be left of each."""

__all__ = ["BUGS", "CLAIMS", "HALVING", "SCENERIES", "WAITING", "WAITING_CLAIMS"]
