"""Do model-based searches decide as they promise? Whole runs on curves that are formulas."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

import pure_hb as hb
import pure_hb.search.belief as belief_file
from pure_hb.draws import KeyedDraws, Purpose
from pure_hb.rungs import TYPES, Seen
from pure_hb.rungs.rules import Pasha
from pure_hb.search.acquisition import Acquisition, ExpectedImprovement, LogExpectedImprovement, Mixture
from pure_hb.search.candidates import Excluded
from pure_hb.search.options import RESOURCE_KERNELS, AcquisitionOptions
from pure_hb.search.prior import new_candidates
from pure_hb.search.view import View
from pure_hb.space import as_member, encode, match_key, possible_twins
from pure_hb.space import draw as draw_configuration
from pure_hb.space.sampling import encode_draws
from pure_hb.surrogate import SingularError, fit
from pure_hb.testing import spaces

SPACE = hb.Space(x=hb.Float(0.0, 1.0), y=hb.Float(0.0, 1.0), kind=hb.Choice("a", "b", "c"))
ERROR = hb.Minimize("error")
MODELS = ("MOBSTER-JOINT", "MOBSTER-INDEP", "MOBSTER4-JOINT", "HYPERTUNE-INDEP", "HYPERTUNE4-INDEP", "HYPERTUNE-JOINT")
seeds = st.integers(0, 2**32 - 1)

Step = tuple[hb.State, hb.Event, hb.Action]


def curve(config: Mapping[str, Any], resource: int) -> float:
    """Better near the middle, later, and with kind a."""
    apart = (config["x"] - 0.4) ** 2 + (config["y"] - 0.6) ** 2
    return float(apart + {"a": 0.0, "b": 0.1, "c": 0.2}[config["kind"]] + 1.0 / resource)


def played(setup: hb.Setup, steps: int, workers: int = 3, decide: Callable[..., Any] = hb.decide) -> Iterator[Step]:
    """State before, event and action of each of so many decisions: workers ask in turn and report every resource."""
    state = hb.initial(setup)
    work: list[hb.Start | hb.Resume | None] = [None] * workers
    done: dict[int, int] = {}
    for step in range(steps):
        worker = step % workers
        task = work[worker]
        event: hb.Event = hb.Ask(f"worker-{worker}")
        if task is not None:
            resource = done.get(task.trial, 0) + 1
            event = hb.Report(task.trial, resource, curve(task.config, resource), 1.0, task.leg)
        before = state
        state, action = decide(state, event)
        if isinstance(action, hb.Start | hb.Resume):
            work[worker] = action
        elif task is not None:
            done[task.trial] = done.get(task.trial, 0) + 1
            if not isinstance(action, hb.Continue):
                work[worker] = None
        yield before, event, action


# ---- decisions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_a_resume_never_fits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fits: list[int] = []

    def counted(*given: Any, **named: Any) -> Any:
        fits.append(1)
        return fit(*given, **named)

    monkeypatch.setattr(belief_file, "fit", counted)
    resumed, before = 0, 0
    for _, _, action in played(hb.METHODS[name](SPACE, ERROR, max_resource=9, seed=5), 150):
        if isinstance(action, hb.Resume):
            assert len(fits) == before
            assert action.learned is None
            resumed += 1
        before = len(fits)
    assert resumed > 2
    assert fits


@pytest.mark.parametrize("type", TYPES)
@pytest.mark.parametrize("method", [hb.asha, hb.bohb, hb.mobster, hb.hyper_tune])
def test_every_search_goes_with_every_type(method: Callable[..., hb.Setup], type: str) -> None:
    setup = method(SPACE, ERROR, max_resource=9, type=type, seed=8, points_to_evaluate=[{}])
    log = [(event, action) for _, event, action in played(setup, 60) if action.logged]
    assert len({action.trial for _, action in log if isinstance(action, hb.Start)}) > 5
    assert hb.verify(setup, log).ok


@pytest.mark.parametrize("name", ["MOBSTER-JOINT", "HYPERTUNE-INDEP"])
def test_the_size_cap_changes_no_decision_of_a_rung(name: str) -> None:
    """What was decided with a model of ten values is what one of all values decides, given the same trials."""
    capped = hb.METHODS[name](SPACE, ERROR, max_resource=9, seed=3, max_size_data_for_model=10)
    free = hb.METHODS[name](SPACE, ERROR, max_resource=9, seed=3, max_size_data_for_model=None)
    state, resumed, differing = hb.initial(free), 0, 0
    for _, event, action in played(capped, 150):
        other = hb.choose(state, event)
        assert type(other) is type(action)
        if isinstance(action, hb.Start):
            differing += isinstance(other, hb.Start) and other.config != action.config
        else:
            assert evolve(other, evidence=()) == evolve(action, evidence=())
            resumed += isinstance(action, hb.Resume)
        if action.logged:
            state = hb.advance(state, event, action)
    assert resumed > 2
    assert differing > 2


def _model_level(action: hb.Action) -> str | None:
    told = (record.of for record in action.evidence if isinstance(record, hb.evidence.Figures))
    return next((name for name in told if name.startswith("incumbent at level")), None)


@pytest.mark.parametrize("seed", range(3))
def test_hyper_tune_is_mobster_until_theta(seed: int) -> None:
    """Decision by decision, as long as both judge at the same level."""
    mobster = hb.METHODS["MOBSTER-INDEP"](SPACE, ERROR, max_resource=9, seed=seed)
    hyper_tune = hb.METHODS["HYPERTUNE-INDEP"](SPACE, ERROR, max_resource=9, seed=seed)
    compared = 0
    pairs = zip(played(mobster, 300), played(hyper_tune, 300), strict=True)
    for (_, event, ours), (state, same, theirs) in pairs:
        assert event == same
        if state.learned.theta is not None or _model_level(ours) != _model_level(theirs):
            break
        theirs_learned = getattr(theirs, "learned", None)
        if theirs_learned is not None and theirs_learned.theta is not None:
            break
        assert evolve(ours, evidence=()) == evolve(theirs, evidence=())
        compared += _model_level(ours) is not None
    assert compared > 1


@pytest.mark.parametrize("name", ["MOBSTER-JOINT", "HYPERTUNE-INDEP", "DYHPO"])
def test_without_a_model_a_suggestion_is_random_and_says_why(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unfit(*given: Any, **named: Any) -> Any:
        raise SingularError("planted")

    monkeypatch.setattr(belief_file, "fit", unfit)
    said = 0
    for _, _, action in played(hb.METHODS[name](SPACE, ERROR, max_resource=9, seed=1), 90):
        said += any(isinstance(one, hb.evidence.Because) and "planted" in one.text for one in action.evidence)
    assert said > 2


@pytest.mark.parametrize("name", hb.METHODS)
def test_a_finite_space_gives_each_configuration_once_then_nothing_new(name: str) -> None:
    space = hb.Space(x=hb.Int(1, 4), kind=hb.Choice("a", "b", "c"))
    keys, ends = [], 0
    made = hb.METHODS[name](space, ERROR, max_resource=9, seed=2)

    def error(config: Mapping[str, Any], resource: int) -> float:
        return float(config["x"] + "abc".index(config["kind"]) + 1 / resource)

    state, work = hb.initial(made), list[tuple[hb.Start | hb.Resume, int]]()
    for _ in range(400):
        state, action = hb.decide(state, hb.Ask("ann"))
        if not isinstance(action, hb.Start | hb.Resume):
            ends += 1
            break
        if isinstance(action, hb.Start):
            keys.append(match_key(space, action.config))
        work.append((action, action.start_from if isinstance(action, hb.Resume) else 0))
        while work:
            task, at = work.pop()
            cost = float(at + 1 - (task.start_from if isinstance(task, hb.Resume) else 0))
            report = hb.Report(task.trial, at + 1, error(task.config, at + 1), cost, task.leg)
            state, answer = hb.decide(state, report)
            if isinstance(answer, hb.Continue):
                work.append((task, at + 1))
    assert len(keys) == len(set(keys)) == 12
    assert ends
    if not isinstance(made.rule, Pasha):  # the order of these curves is settled at once
        assert max(trial.highest for trial in state.trials) == 9, "somebody was trained to the end"


@pytest.mark.parametrize("name", [*MODELS, "DYHPO", "BOHB"])
def test_huge_and_tiny_values_stop_nobody(name: str) -> None:
    numbers = (5e-324, -5e-324, 0.0, 1.7e308, -1.7e308, 1e200, -1e-200, 0.3)
    state = hb.initial(hb.METHODS[name](SPACE, ERROR, max_resource=9, seed=4))
    started = 0
    for step in range(40):
        state, action = hb.decide(state, hb.Ask("ann"))
        assert isinstance(action, hb.Start | hb.Resume)
        started += isinstance(action, hb.Start)
        first = action.start_from + 1 if isinstance(action, hb.Resume) else 1
        for resource in range(first, action.until + 1):
            state, answer = hb.decide(state, hb.Report(action.trial, resource, numbers[(step * 5 + resource) % 8]))
            if not isinstance(answer, hb.Continue):
                break
    assert started > 5


def test_dyhpo_starts_nothing_new_where_nothing_new_is_wanted() -> None:
    setup = hb.METHODS["DYHPO"](SPACE, ERROR, max_resource=9, seed=1, probability_sh=0.0)
    *_, (state, _, _) = played(setup, 60)
    for attempt in range(3):
        action = hb.choose(state, hb.Ask(f"idle-{attempt}", new_trials=False))
        assert isinstance(action, hb.Resume | hb.Wait)


VARIANTS: tuple[tuple[str, dict[str, Any]], ...] = (
    *(("MOBSTER-JOINT", {"searcher_data": data}) for data in ("all", "rungs_and_last")),
    *(("MOBSTER-JOINT", {"model": model}) for model in ("gp_expdecay", "gp_issm")),
    *(("MOBSTER-JOINT", {"gp_resource_kernel": kernel}) for kernel in RESOURCE_KERNELS),
    *(("MOBSTER-JOINT", {"target_warping": warping}) for warping in ("none", "half_rank")),
    *(("MOBSTER-JOINT", {"initial_scoring": scoring}) for scoring in ("thompson_indep", "acq_func")),
    *(("MOBSTER-JOINT", {"resource_acq": level, "brackets": 2}) for level in ("first", "final")),
    *(("MOBSTER-JOINT", {"skip_local_optimization": False, "acq_function": rule}) for rule in ("log_ei", "ei", "lcb")),
    ("MOBSTER-JOINT", {"type": "stopping", "register_pending_myopic": True, "input_warping": True}),
    ("MOBSTER-JOINT", {"no_fantasizing": True, "gp_bandwidth_prior": "uniform", "random_fraction": 0.5}),
    ("MOBSTER-INDEP", {"separate_noise_variances": True, "gp_base_kernel": "matern52-noard"}),
    ("HYPERTUNE-INDEP", {"separate_noise_variances": True, "brackets": 2}),
    ("HYPERTUNE-INDEP", {"ensemble": "weighted_sum"}),
    ("HYPERTUNE-JOINT", {"searcher_data": "all", "theta_from": "r_max"}),
    *(("DYHPO", {"model": model}) for model in ("gp_multitask", "gp_expdecay", "gp_issm")),
    ("DYHPO", {"searcher_data": "all", "max_size_data_for_model": 12}),
    *((name, {"prior_fraction": 0.7, "points_to_evaluate": [{"x": 0.1}]}) for name in ("HYPERTUNE-JOINT", "DYHPO")),
    ("MOBSTER-JOINT", {"prior_fraction": 1.0, "prior_width": 0.01, "points_to_evaluate": [{"x": 0.1, "kind": "b"}]}),
)


@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=lambda value: str(value))
def test_every_option_leads_to_decisions_of_the_model(name: str, options: dict[str, Any]) -> None:
    """It suggests by the model and never raises, also at resources that are no rung levels."""
    by_model = 0
    for _, _, action in played(hb.METHODS[name](SPACE, ERROR, max_resource=9, seed=6, **options), 110):
        by_model += any(isinstance(one, hb.evidence.Scored) for one in action.evidence)
        assert not any(isinstance(one, hb.evidence.Because) and "failed" in one.text for one in action.evidence)
    assert by_model > 2


# ---- the coin --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("probability", [0.0, 0.1, 0.25, 0.9, 1.0])
def test_the_coin_falls_as_often_as_it_shall(probability: float) -> None:
    """0 never promotes, 1 always; between, 4,000 keyed tosses lie within five standard deviations."""
    *_, (state, _, _) = played(hb.dyhpo(SPACE, ERROR, max_resource=9, probability_sh=0.0), 60)
    rule, rungs = hb.dyhpo(SPACE, ERROR, max_resource=9, probability_sh=probability).rule, state.ladder.systems[0]
    tosses = 4000
    fell = sum(rule.scan(Seen(rungs), KeyedDraws(7, clock)).promoted is not None for clock in range(tosses))
    spread = 5.0 * np.sqrt(tosses * probability * (1.0 - probability))
    assert abs(fell - tosses * probability) <= spread


# ---- formulas --------------------------------------------------------------------------------------------------------


class _Fixed:
    """A posterior that predicts given numbers for the levels of one configuration."""

    def __init__(self, mean: Any, deviation: Any) -> None:
        self.mean, self.variance = mean[:, None], deviation**2

    def predict(self, at: Any) -> Any:
        return self


@given(seeds)
@settings(max_examples=40)
def test_expected_improvement_of_the_mixture_is_its_integral(seed: int) -> None:
    rng = np.random.default_rng(seed)
    levels, count = (1, 3, 9, 27), 4
    theta = rng.dirichlet(np.ones(count))
    mean, deviation, best = rng.normal(size=count), 10.0 ** rng.uniform(-1, 0.5, count), rng.normal(size=count)

    def improvement(k: int) -> float:
        far = best[k] - 12.0 * deviation[k] - abs(best[k] - mean[k])
        return float(quad(lambda y: (best[k] - y) * norm.pdf(y, mean[k], deviation[k]), far, best[k])[0])

    exact = sum(share * improvement(k) for k, share in enumerate(theta))

    class Belief:
        posterior = _Fixed(mean, deviation)

    def value(rule: Acquisition) -> float:
        weights = dict(zip(levels, theta.tolist(), strict=True))
        incumbents = {level: np.array([one]) for level, one in zip(levels, best, strict=True)}
        return float(Mixture(Belief(), weights, incumbents, rule)(np.zeros((1, 2)))[0])  # type: ignore[arg-type]  # a stand-in with what a mixture asks for

    assert -value(ExpectedImprovement(jitter=0.0)) == pytest.approx(exact, rel=1e-6, abs=1e-9)
    assert np.exp(-value(LogExpectedImprovement())) == pytest.approx(exact, rel=1e-6, abs=1e-9)


@given(seeds, st.integers(0, 1000), st.integers(1, 40), st.integers(0, 3))
def test_many_draws_at_once_are_the_same_draws(seed: int, clock: int, count: int, attempt: int) -> None:
    keyed = KeyedDraws(seed, clock)
    at_once = keyed.uniforms(Purpose.CANDIDATES, count, attempt)
    assert at_once.tolist() == [keyed.uniform(Purpose.CANDIDATES, index, attempt) for index in range(count)]


@given(space=spaces(), seed=seeds)
def test_vectors_of_draws_are_the_vectors_of_what_is_drawn(space: hb.Space, seed: int) -> None:
    width = len(space.searched)
    u = np.random.default_rng(seed).uniform(size=(20, width))
    at_once = encode_draws(space, u)
    one_by_one = [encode(space, draw_configuration(space, row.tolist().__getitem__)) for row in u]
    np.testing.assert_allclose(at_once, np.array(one_by_one).reshape(at_once.shape), rtol=0.0, atol=1e-6)


@given(
    space=spaces(),
    seed=seeds,
    count=st.integers(0, 20),
    known=st.integers(1, 4),
    fraction=st.floats(0.0, 1.0),
    width=st.floats(0.01, 1.0),
)
def test_candidates_with_a_prior_are_new_and_of_the_space(
    space: hb.Space, seed: int, count: int, known: int, fraction: float, width: float
) -> None:
    u = np.random.default_rng(seed).uniform(size=(known, len(space.searched)))
    tried = tuple(draw_configuration(space, row.tolist().__getitem__) for row in u)
    excluded = Excluded({match_key(space, one) for one in tried}, np.array([encode(space, one) for one in tried]))
    view = View(space, None, excluded.keys, frozenset(), points=tried)
    options = AcquisitionOptions(prior_fraction=fraction, prior_width=width)
    found = new_candidates(view, count, options, excluded, KeyedDraws(seed, 0))
    assert len(found.x) <= count
    assert bool(found.said) == (fraction > 0.0 and count > 0)
    for number, x in enumerate(found.x):
        configuration = found.configuration(number)
        assert as_member(space, configuration) == configuration
        assert match_key(space, configuration) not in excluded.keys
        np.testing.assert_allclose(encode(space, configuration), x, rtol=0.0, atol=1e-6)


@given(space=spaces(), seed=seeds)
def test_no_configuration_that_was_tried_escapes(space: hb.Space, seed: int) -> None:
    """What the vectors call no twin has no equal key among the others."""
    width = len(space.searched)
    u = np.random.default_rng(seed).uniform(size=(30, width))
    configurations = [draw_configuration(space, row.tolist().__getitem__) for row in u]
    vectors = encode_draws(space, u)
    tried = {match_key(space, one) for one in configurations[15:]}
    suspects = possible_twins(space, vectors[:15], vectors[15:])
    for suspected, configuration in zip(suspects, configurations[:15], strict=True):
        assert suspected or match_key(space, configuration) not in tried
