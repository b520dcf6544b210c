"""WHICH SMALL WORLDS ARE EXPLORED? The table: one line for a world, with how many states and transitions it has.

A new rule, or a new option of one, is a line here: give the numbers 0 and run `python property_tests/explore.py NAME`,
which says what it counted. What a line pins is the behaviour of the whole world: whoever changes a decision, or what a
state says, changes a number, and says why in the same commit.
"""

import math
from typing import Any, Final

from attrs import evolve, frozen

import pure_hb as hb
from pure_hb import testing
from pure_hb.draws import Draws
from pure_hb.protocol import Because
from pure_hb.rungs import AnyRule, CoinPromotion, Type
from pure_hb.rungs.rules import RushPromotion, RushStopping
from pure_hb.search import RandomSearch, Resumption, View
from pure_hb.search.view import Suggestion
from pure_hb.testing import Move, Occurrence, World

NAN: Final = math.nan
USUAL: Final = (Move.ASK, Move.REACH)
FEW: Final = (Move.ASK, Move.REACH, Move.FAIL)
ENDS: Final = (Move.ASK, Move.REACH, Move.FAIL, Move.RELEASE, Move.COMPLETE, Move.STRAY)
ODD: Final = tuple(dict.fromkeys(Move))
"""All there are; `Move.REPEAT` never comes up, for the explorer repeats every event at once."""

NOTHING: Final = frozenset[str]()
NO_STRAYS: Final = frozenset({"report of a paused trial", "complete of a paused trial"})


@frozen
class Counted:
    """How much there is in a world."""

    states: int = 0
    transitions: int = 0
    refusals: int = 0
    depth: int = 0


@frozen
class SmallWorld:
    """A setup, its workers, how much there is, and what is never seen there."""

    name: str
    setup: hb.Setup
    world: World
    counted: Counted = Counted()
    never: frozenset[str] = NOTHING
    """Of the occurrences that are looked for, those that cannot happen here."""
    other_rule: frozenset[str] = NOTHING
    """The invariants that do not speak of this rule."""

    def explore(self) -> testing.Explored:
        """All of it."""
        invariants = [invariant for invariant in testing.INVARIANTS if invariant.name not in self.other_rule]
        subject = testing.subject_of(self.setup)
        return testing.explore(subject, self.world, invariants=invariants, sometimes=self.sometimes())

    def reached(self, explored: testing.Explored) -> Counted:
        """What is pinned of it."""
        return Counted(explored.states, explored.transitions, explored.refusals, explored.depth)

    def sometimes(self) -> tuple[Occurrence, ...]:
        """What is looked for: what the rule can do, and with all moves what any method can."""
        of_rule = testing.SOMETIMES_PROMOTION if self.setup.rule.waits else testing.SOMETIMES_STOPPING
        return (*testing.SOMETIMES, *of_rule) if self.world.moves == ODD else of_rule


# ---- setups --------------------------------------------------------------------------------------------------------


def grid(trials: int) -> dict[str, Any]:
    """A space of so many configurations, all of them initial points: nothing is drawn."""
    space = hb.Space(x=hb.Int(1, trials))
    return {"space": space, "points_to_evaluate": [{"x": number} for number in range(1, trials + 1)]}


def rungs(trials: int, type: Type, **options: Any) -> hb.Setup:
    """ASHA with the levels 1 and 2 below the maximum 4, unless the options say something else."""
    usual: dict[str, Any] = {"goal": hb.Minimize("error"), "max_resource": 4, "reduction_factor": 2, "max_failures": 1}
    setup: hb.Setup = hb.asha(type=type, **{**grid(trials), **usual, **options})
    return setup


def one_epoch(trials: int, entries: int, best: int, **options: Any) -> hb.Setup:
    """The one-epoch baseline with so few trials."""
    usual: dict[str, Any] = {"goal": hb.Minimize("error"), "max_resource": 3, "max_failures": 1}
    setup: hb.Setup = hb.one_epoch(num_trials=entries, num_best=best, **{**grid(trials), **usual, **options})
    return setup


@frozen
class FirstThatWaits(RandomSearch):
    """A search that resumes, as DyHPO does, without a model: whoever waits highest and best goes on, else the next."""

    @property
    def resumes(self) -> bool:
        return True

    def suggest(self, view: View, draws: Draws) -> Suggestion | Resumption | None:  # type: ignore[override]  # RandomSearch never resumes
        waiting = view.waiting()
        if waiting and view.next_point is None:
            return Resumption(waiting[0], (Because("the first that waits"),))
        return super().suggest(view, draws) if view.new_trials else None


def coin(trials: int, probability: float, **options: Any) -> hb.Setup:
    """DyHPO's rule at linear levels, 1 and 2 below 3, with a search that needs no model."""
    linear: dict[str, Any] = {"max_resource": 3, "reduction_factor": None, "rung_increment": 1}
    setup = rungs(trials, "promotion", **linear, **options)
    return evolve(setup, rule=CoinPromotion(probability), search=FirstThatWaits())


def ruled(rule: AnyRule, trials: int, type: Type, **options: Any) -> hb.Setup:
    """ASHA with another rule."""
    return evolve(rungs(trials, type, **options), rule=rule)


def workers(
    moves: tuple[Move, ...],
    values: tuple[float, ...] = (0.0, 1.0),
    names: tuple[str, ...] = ("ann", "bob"),
    **options: Any,
) -> World:
    """Two workers who always name their leg."""
    chosen: dict[str, Any] = {"max_resource": 4, "names_leg": (True,), "costs": (None,), **options}
    return World(workers=names, values=values, moves=moves, **chosen)


# ---- the table -----------------------------------------------------------------------------------------------------

_SCORE: Final = hb.Maximize("score")
_SHARED: Final[dict[str, Any]] = {"brackets": 2}
_APART: Final[dict[str, Any]] = {"brackets": 2, "rung_system_per_bracket": True}
_TOLD: Final[dict[str, Any]] = {
    "observations": (hb.Observe({"x": 1}, ((1, 0.5), (2, 0.0))), hb.Observe({"x": 9}, ((1, 0.5),)))
}

WHOLE: Final[tuple[SmallWorld, ...]] = (
    SmallWorld(
        "stopping, whole",
        rungs(3, "stopping"),
        workers((*FEW, Move.COMPLETE), (0.0, 1.0, NAN, math.inf)),
        Counted(219499, 474873, 354750, 12),
    ),
    SmallWorld(
        "promotion, whole",
        rungs(3, "promotion", max_failures=2),
        workers(FEW),
        Counted(268002, 690808, 149052, 24),
        NO_STRAYS,
    ),
)
"""Worlds that take minutes: with three trials, three rungs (the levels 1 and 2, and the maximum), and failures."""

SMALL: Final[tuple[SmallWorld, ...]] = (
    SmallWorld(
        "stopping",
        rungs(3, "stopping", max_resource=2),
        workers(FEW, (0.0, 1.0, NAN), max_resource=2),
        Counted(4079, 8583, 5707, 9),
        frozenset({"stopped above the first rung"}),
    ),
    SmallWorld(
        "promotion",
        rungs(3, "promotion", max_resource=2),
        workers(FEW, (0.0, 1.0, NAN), max_resource=2),
        Counted(4447, 10333, 4897, 12),
        NO_STRAYS | frozenset({"promotion above the first rung", "second promotion of a trial"}),
    ),
    SmallWorld("stopping, two levels", rungs(2, "stopping"), workers(FEW), Counted(1063, 1806, 1498, 8), NOTHING),
    SmallWorld(
        "promotion, two levels",
        rungs(3, "promotion"),
        workers(FEW, names=("ann",)),
        Counted(2981, 2980, 1491, 18),
        NO_STRAYS,
    ),
    SmallWorld(
        "stopping, maximised",
        rungs(2, "stopping", goal=_SCORE),
        workers(FEW, (0.0, -1.0)),
        Counted(1063, 1806, 1498, 8),
        NOTHING,
    ),
    SmallWorld(
        "stopping, ends",
        rungs(2, "stopping", max_resource=2),
        workers(ENDS, max_resource=2),
        Counted(2909, 6608, 30157, 10),
        frozenset({"stopped above the first rung"}),
    ),
    SmallWorld(
        "promotion, ends",
        rungs(2, "promotion", max_failures=2),
        workers(ENDS),
        Counted(3615, 8734, 38844, 16),
        frozenset({"promoted, then overtaken"}),
    ),
    SmallWorld(
        "stopping, all moves",
        rungs(1, "stopping", max_resource=3),
        workers(ODD, max_resource=3, **_TOLD),
        Counted(2485, 5325, 68475, 8),
        frozenset({"all brackets used", "between levels", "entry past its level", "failure", "two broken at once"}),
    ),
    SmallWorld(
        "promotion, all moves",
        rungs(1, "promotion", max_resource=3),
        workers(ODD, max_resource=3, **_TOLD),
        Counted(492, 1058, 13398, 8),
        frozenset(
            {
                "all brackets used",
                "between levels",
                "entry past its level",
                "failure",
                "promoted among equals",
                "promoted, then overtaken",
                "start while somebody waits",
                "two broken at once",
            }
        ),
    ),
    SmallWorld(
        "stopping, brackets share", rungs(2, "stopping", **_SHARED), workers(FEW), Counted(1949, 3346, 2764, 8), NOTHING
    ),
    SmallWorld(
        "stopping, brackets apart", rungs(2, "stopping", **_APART), workers(FEW), Counted(1843, 3220, 5188, 8), NOTHING
    ),
    SmallWorld(
        "promotion, brackets share",
        rungs(2, "promotion", **_SHARED),
        workers(FEW),
        Counted(623, 1058, 728, 12),
        NO_STRAYS | frozenset({"promoted, then overtaken"}),
    ),
    SmallWorld(
        "promotion, brackets apart",
        rungs(2, "promotion", **_APART),
        workers(FEW),
        Counted(623, 1298, 1456, 12),
        NO_STRAYS | frozenset({"promoted, then overtaken"}),
    ),
    SmallWorld(
        "coin never",
        coin(3, 0.0),
        workers(USUAL, names=("ann",), max_resource=3),
        Counted(1534, 2044, 1024, 18),
        NO_STRAYS,
    ),
    SmallWorld(
        "coin always",
        coin(3, 1.0),
        workers(USUAL, names=("ann",), max_resource=3),
        Counted(1534, 2044, 1024, 18),
        NO_STRAYS,
    ),
    SmallWorld(
        "coin", coin(3, 0.5), workers(USUAL, names=("ann",), max_resource=3), Counted(2352, 3464, 1240, 18), NO_STRAYS
    ),
    SmallWorld(
        "one epoch",
        one_epoch(3, 2, 1),
        workers(FEW, (0.0, 1.0, NAN), max_resource=3),
        Counted(3917, 8295, 4819, 12),
        NO_STRAYS | frozenset({"promotion above the first rung", "second promotion of a trial"}),
        other_rule=frozenset({"progress"}),  # it takes configurations that this rule leaves alone for work to do
    ),
    SmallWorld("PASHA", rungs(3, "pasha"), workers(FEW, names=("ann",)), Counted(1065, 1064, 533, 18), NO_STRAYS),
    SmallWorld(
        "RUSH, stopping",
        ruled(RushStopping(1), 3, "rush_stopping"),
        workers(FEW, names=("ann",)),
        Counted(2984, 2983, 1869, 12),
        NOTHING,
    ),
    SmallWorld(
        "RUSH, promotion",
        ruled(RushPromotion(1), 3, "rush_promotion"),
        workers(FEW, names=("ann",)),
        Counted(2313, 2312, 1157, 18),
        NO_STRAYS,
    ),
    SmallWorld(
        "promotion by cost",
        rungs(3, "cost_promotion"),
        workers(FEW, names=("ann",), costs=(1.0, 3.0)),
        Counted(1945, 1944, 1297, 12),
        NO_STRAYS,
    ),
)
"""Worlds that a test explores: a few seconds for all."""
