"""WHICH WORLD IS NUMBER N? Its setup, its workers and its length, all of them from the seed of the campaign and n.

Most worlds are short, so that many setups are met; a few are long and have hundreds of workers, so that rungs become
large. Workers stand in teams of three, and each team is a `Scene` of its own: whatever a worker may say, it says at a
cost that does not depend on how many others there are.
"""

import random
from collections.abc import Callable, Iterator
from typing import Any, Final

from attrs import evolve, frozen

import pure_hb as hb
from pure_hb import testing
from pure_hb.rungs import AnyRule, BestOfFirst, CoinPromotion
from pure_hb.rungs.rules import CostPromotion, Pasha, RushPromotion
from pure_hb.search import RandomSearch
from pure_hb.testing import LAWS, SPACES, Law, Pick, Scene, World
from pure_hb.testing.fits import with_fit

SMALL, METHOD, RULE, MODEL, LONG = "small", "method", "rule", "model", "long"
KINDS: Final = {
    SMALL: "ASHA and asynchronous Hyperband, all options",
    METHOD: "named methods without a model",
    RULE: "the rules of DyHPO, the one-epoch baseline, PASHA, RUSH and promotion by cost, with random search",
    MODEL: "named methods with a model",
    LONG: "thousands of events, up to 300 workers",
}
_ODDS: Final = {SMALL: 1500, METHOD: 250, RULE: 100, MODEL: 10, LONG: 12}


def _any(method: Callable[..., hb.Setup]) -> hb.Setup:
    return method(SPACES[0], hb.Minimize("error"), max_resource=9)


WITHOUT_MODEL: Final = tuple(
    name for name, method in hb.METHODS.items() if isinstance(_any(method).search, RandomSearch)
)
WITH_MODEL: Final = tuple(name for name in hb.METHODS if name not in WITHOUT_MODEL)

_WIDE: Final = hb.Space(rate=hb.Float(1e-4, 1.0, log=True), width=hb.Int(8, 256, log=True), kind=hb.Choice("a", "b"))
_SPREAD: Final = tuple(number / 4096.0 - 1.0 for number in range(8192))
"""Values of which few are equal."""
_SENT_MAX: Final = 48
"""So many earlier events a team remembers."""


@frozen
class Plan:
    """A world, and what is examined of it besides what is always."""

    seed: int
    number: int
    kind: str
    steps: int
    setup: hb.Setup
    teams: int
    spread: bool
    """Whether few values of the metric are equal."""
    law: Law | None
    """A law that is examined over the first events."""
    json: bool
    """Whether all that is said goes through JSON and back."""
    verified: bool
    """Whether every decision is chosen again from the log."""
    books: bool
    """Whether rungs and indices are rebuilt from the log."""


def _random(seed: int, number: int) -> random.Random:
    return random.Random(f"{seed} {number}")  # a text: the same in every process


def _begun(pick: random.Random) -> tuple[str, int]:
    kind = pick.choices(tuple(_ODDS), tuple(_ODDS.values()))[0]
    low, high = {MODEL: (24, 60), LONG: (2000, 20_000)}.get(kind, (40, 400))
    return kind, round(low * (high / low) ** pick.random())


def steps_of(seed: int, number: int) -> int:
    """How many events a world has; cheaper than its plan."""
    return _begun(_random(seed, number))[1]


def plan_of(seed: int, number: int) -> Plan:
    """The plan of a world."""
    pick = _random(seed, number)
    kind, steps = _begun(pick)
    setup = _SETUPS[kind](pick.choice)
    dear = kind in (SMALL, METHOD, RULE)
    return Plan(
        seed,
        number,
        kind,
        steps,
        setup,
        teams=pick.randint(10, 100) if kind == LONG else 1,
        spread=pick.random() < (0.7 if kind == LONG else 0.2),
        law=pick.choice(LAWS) if dear and pick.random() < 0.06 else None,
        json=pick.random() < 0.1,
        verified=pick.random() < 0.1,
        books=kind == LONG or pick.random() < 0.1,
    )


# ---- setups --------------------------------------------------------------------------------------------------------


def _small(pick: Pick) -> hb.Setup:
    """In half of them the space is never used up: workers that hear `Done` meet little."""
    setup = testing.pick_setup(pick, largest=pick((12, 12, 12, 30, 100)))
    return evolve(setup, space=_WIDE, points=()) if pick((True, False)) else setup


def _method(pick: Pick) -> hb.Setup:
    name = pick(WITHOUT_MODEL)
    options: dict[str, Any] = {}
    if name == "ONE-EPOCH":
        options = {"num_trials": pick((1, 2, 5, 20)), "num_best": pick((1, 2, 5))}
    return _named(name, pick((*SPACES, _WIDE)), pick, options)


def _named(name: str, space: hb.Space, pick: Pick, options: dict[str, Any]) -> hb.Setup:
    return hb.METHODS[name](
        space, pick(testing.small_setups.GOALS), max_resource=pick((3, 9, 27, 81)), seed=pick(range(1000)), **options
    )


def _rule(pick: Pick) -> hb.Setup:
    setup = testing.pick_setup(pick, type="promotion", separate=False)
    rules: tuple[AnyRule, ...] = (
        CostPromotion(),
        Pasha(),
        RushPromotion(len(setup.points)),
        CoinPromotion(pick((0.0, 0.25, 1.0))),
        BestOfFirst(pick((1, 2, 5, 20)), pick((1, 2, 5))),
    )
    return evolve(setup, rule=pick(rules))


def _model(pick: Pick) -> hb.Setup:
    name = pick(WITH_MODEL)
    if name == "BOHB":
        return _named(name, pick((SPACES[1], _WIDE)), pick, {"num_candidates": 8})
    options: dict[str, Any] = {"num_init_random": 3, "num_init_candidates": 10, "opt_maxiter": 5, "opt_nstarts": 1}
    options |= {"opt_skip_init_length": 0, "opt_skip_period": 8, "fit": pick(("inside", "background"))}
    return _named(name, pick((SPACES[1], _WIDE)), pick, options)


def _long(pick: Pick) -> hb.Setup:
    setup = testing.pick_setup(pick, largest=pick((12, 30, 100)))
    return evolve(setup, space=_WIDE, points=())


_SETUPS: Final = {SMALL: _small, METHOD: _method, RULE: _rule, MODEL: _model, LONG: _long}


# ---- playing -------------------------------------------------------------------------------------------------------


class Teams:
    """The workers of a world, who say one thing after the other."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.random = random.Random(f"{plan.seed} {plan.number} events")
        usual = testing.world_of(plan.setup)
        values = _SPREAD if plan.spread else usual.values
        names = [(f"ann {team}", f"bob {team}", f"eve {team}") for team in range(plan.teams)]
        names[0] = ("ann", "bob", "")
        self.worlds: list[World] = [evolve(usual, workers=team, values=values) for team in names]
        self.scenes = [Scene() for _ in names]

    def play(self, state: hb.State) -> Iterator[tuple[hb.State, hb.Event, hb.State, hb.Action]]:
        """State, event, state after and action, from the beginning of the world to its end. What `decide` raises is
        let through, after an attempt that `tried` names."""
        setup = self.plan.setup
        for _ in range(self.plan.steps):
            team = self.random.randrange(len(self.scenes))
            scene = with_fit(setup, state, self.scenes[team], self.random.choice)
            event = testing.next_event(self.worlds[team], scene, self.random.choice)
            assert event is not None, "somebody can always speak of what is unknown"
            self.tried = event
            after, action = hb.decide(state, event)
            self.scenes[team] = _short(testing.heard(scene, event, action))
            yield state, event, after, action
            state = after


def _short(scene: Scene) -> Scene:
    """The scene without what nobody asks for any more: a world would slow down as it grows."""
    if len(scene.sent) <= 2 * _SENT_MAX:
        return scene
    return evolve(scene, sent=scene.sent[-_SENT_MAX:], configurations=scene.configurations[:1])
