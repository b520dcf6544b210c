"""Does every option that is given do something? What the chosen search never looks at is told."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest

import pure_hb as hb
from tests.play import ERROR

SPACE = hb.Space(x=hb.Float(0.0, 1.0), y=hb.Float(1e-4, 1.0, log=True))
WORKERS = ("ann", "bob")
DRAWN: dict[str, Any] = {"initial_scoring": "thompson"}
IDLE: list[tuple[Callable[..., hb.Setup], dict[str, Any], dict[str, Any], str]] = [
    (hb.mobster, DRAWN, {"acq_function": "lcb"}, "Thompson draws.*skip_local_optimization=False"),
    (hb.mobster, DRAWN, {"jitter": 0.3}, "Thompson draws"),
    (hb.mobster, DRAWN, {"num_fantasy_samples": 3}, "one of them.*skip_local_optimization=False"),
    (hb.mobster, {**DRAWN, "initial_scoring": "thompson_indep"}, {"kappa": 3.0}, "thompson_indep"),
    (hb.mobster, {}, {"kappa": 3.0}, 'acq_function="lcb"'),
    (hb.mobster, {"acq_function": "lcb"}, {"jitter": 0.3}, "no improvement"),
    (hb.mobster, {"resource_acq": "final"}, {"resource_acq_bohb_threshold": 9}, 'resource_acq="bohb"'),
    (hb.mobster, {"no_fantasizing": True}, {"num_fantasy_samples": 3}, "no_fantasizing is True"),
    (hb.mobster, {"model": "gp_expdecay"}, {"max_size_data_for_model": 5}, "sees all values"),
    (hb.hyper_tune, {}, {"resource_acq": "final"}, 'ensemble="weighted_sum"'),
    (hb.hyper_tune, {}, {"resource_acq_bohb_threshold": 9}, 'ensemble="weighted_sum"'),
    (hb.dyhpo, {}, {"acq_function": "lcb"}, 'horizon="next"'),
    (hb.dyhpo, {"horizon": "next"}, {"kappa": 3.0}, 'acq_function="lcb"'),
    (hb.dyhpo, {"horizon": "next", "acq_function": "lcb"}, {"jitter": 0.3}, "no improvement"),
]
HEARD: list[tuple[Callable[..., hb.Setup], dict[str, Any], dict[str, Any]]] = [
    (hb.mobster, {}, {"acq_function": "lcb"}),
    (hb.mobster, {"acq_function": "lcb"}, {"kappa": 5.0}),
    (hb.mobster, {**DRAWN, "skip_local_optimization": False}, {"jitter": 0.3}),
    (hb.dyhpo, {"horizon": "next"}, {"jitter": 0.3}),
    (hb.dyhpo, {"horizon": "next"}, {"acq_function": "lcb"}),
]


def setup(method: Callable[..., hb.Setup], **options: Any) -> hb.Setup:
    return method(SPACE, ERROR, max_resource=9, seed=3, num_init_random=3, opt_maxiter=9, **options)


def decided(setup: hb.Setup) -> list[hb.Action]:
    """What two workers are told, but for the evidence: 14 assignments, and a report of each in turn."""
    state, found, held = hb.initial(setup), list[hb.Action](), dict[str, tuple[hb.Start | hb.Resume, int]]()
    while len(found) < 28:
        for worker in WORKERS:
            if worker not in held:
                state, action = hb.decide(state, hb.Ask(worker))
                assert isinstance(action, hb.Start | hb.Resume)
                found.append(bare(action))
                held[worker] = (action, 0 if isinstance(action, hb.Start) else action.start_from)
            given, epoch = held[worker][0], held[worker][1] + 1
            x, y = float(given.config["x"]), float(given.config["y"])
            state, told = hb.decide(state, hb.Report(given.trial, epoch, (x - 0.3) ** 2 + y / epoch, leg=given.leg))
            if isinstance(told, hb.Continue):
                held[worker] = (given, epoch)
            else:
                del held[worker]
    return found


def bare(action: hb.Start | hb.Resume) -> hb.Action:
    if isinstance(action, hb.Start):
        return hb.Start(action.trial, action.config, action.bracket, action.until)
    return hb.Resume(action.trial, action.config, action.start_from, action.until, action.leg)


@pytest.mark.parametrize(("method", "others", "idle", "said"), IDLE, ids=lambda value: getattr(value, "__name__", None))
def test_what_changes_nothing_is_told(
    method: Callable[..., hb.Setup], others: dict[str, Any], idle: dict[str, Any], said: str
) -> None:
    (name,) = idle
    with pytest.warns(UserWarning, match=f"{name} is .*, but .*{said}") as caught:
        changed = setup(method, **others, **idle)
    assert len(caught) == 1
    assert decided(changed) == decided(setup(method, **others))


@pytest.mark.parametrize(("method", "others", "option"), HEARD, ids=lambda value: getattr(value, "__name__", None))
def test_what_changes_something_is_not(
    method: Callable[..., hb.Setup], others: dict[str, Any], option: dict[str, Any]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        changed = setup(method, **others, **option)
    assert decided(changed) != decided(setup(method, **others))


@pytest.mark.parametrize("method", [hb.mobster, hb.hyper_tune, hb.dyhpo], ids=lambda method: str(method.__name__))
def test_a_default_that_is_written_out_is_no_reason_to_warn(method: Callable[..., hb.Setup]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert setup(method, kappa=1.0, jitter=None, acq_function="log_ei") == setup(method)


def test_levels_of_a_weighted_sum_are_looked_at() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        setup(hb.hyper_tune, ensemble="weighted_sum", resource_acq="final")
