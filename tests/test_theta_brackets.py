"""By which odds does Hyper-Tune draw brackets? By those of theta, for every new trial, also a random one."""

from typing import Any

import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.draws import Purpose, choose_index, uniform
from pure_hb.machine.seeing import view
from pure_hb.protocol import Drawn, Learned, Share, Theta
from pure_hb.search.hyper_tune import odds as adapted_odds

LINE = hb.Space(x=hb.Float(0.0, 1.0))
ERROR = hb.Minimize("error")
SHARES = {1: 0.05, 3: 0.05, 9: 0.9}
THETA = Theta(9, 8, tuple(Share(level, theta, 0.1) for level, theta in SHARES.items()))


def setup(separate: bool, **options: Any) -> hb.Setup:
    return hb.hyper_tune(
        LINE, ERROR, max_resource=27, brackets=3, rung_system_per_bracket=separate, points_to_evaluate=[], **options
    )


@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("options", [{"num_init_random": 100}, {"random_fraction": 1.0}, {"fit": "background"}])
def test_a_random_configuration_gets_its_bracket_by_theta(separate: bool, options: dict[str, Any]) -> None:
    by_theta: list[int] = []
    for seed in range(40):
        made = setup(separate, seed=seed, **options)
        state = evolve(hb.initial(made), learned=Learned(theta=THETA))
        action = hb.choose(state, hb.Ask("a"))
        assert isinstance(action, hb.Start)
        u, odds = uniform(seed, Purpose.BRACKET, 0), adapted_odds(view(state), state.learned)
        assert action.bracket == choose_index(u, odds)
        assert Drawn("bracket", u, str(action.bracket)) in action.evidence
        by_theta.append(int(action.bracket != choose_index(u, made.bracket_distribution())))
    assert sum(by_theta) > 5, "theta changes some of them"


@pytest.mark.parametrize("separate", [False, True])
def test_without_theta_brackets_are_drawn_by_the_default(separate: bool) -> None:
    for seed in range(20):
        made = setup(separate, seed=seed)
        action = hb.choose(hb.initial(made), hb.Ask("a"))
        assert isinstance(action, hb.Start)
        assert action.bracket == choose_index(uniform(seed, Purpose.BRACKET, 0), made.bracket_distribution())


def test_initial_points_too() -> None:
    for seed in range(20):
        made = evolve(setup(False, seed=seed), points=(hb.Configuration({"x": 0.5}),))
        state = evolve(hb.initial(made), learned=Learned(theta=THETA))
        action = hb.choose(state, hb.Ask("a"))
        assert isinstance(action, hb.Start)
        assert action.config == {"x": 0.5}
        assert action.bracket == choose_index(
            uniform(seed, Purpose.BRACKET, 0), adapted_odds(view(state), state.learned)
        )
