"""Are fits made beside training? What `tune` does with ``fit="background"``, and what `verify` says of it."""

import time
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.protocol import Fitted
from pure_hb.tuning import load_file
from pure_hb.tuning.fitter import Fitter
from tests import scripts
from tests.logs import assert_verifies, pairs
from tests.play import ERROR, LINE

pytestmark = pytest.mark.usefixtures("modules_as_before")


def setup(**options: Any) -> hb.Setup:
    small: dict[str, Any] = {"num_init_random": 2, "num_init_candidates": 8, "opt_maxiter": 5, **options}
    return hb.mobster(LINE, ERROR, max_resource=9, fit="background", **small)


def test_tune_fits_while_workers_train_and_the_log_verifies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take = Fitter.take

    def take_when_done(fitter: Fitter) -> Fitted | None:
        """However slow this machine is, the fit is done before the run ends."""
        if fitter._thread is not None:
            fitter._thread.join()
        return take(fitter)

    monkeypatch.setattr(Fitter, "take", take_when_done)
    script = scripts.write(tmp_path, scripts.GENERATOR, seconds=0.02)
    journal = tmp_path / "run.jsonl"
    hb.tune(load_file(script).train, setup(), workers=2, max_trials=10, journal=journal, quiet=True)
    log = pairs(assert_verifies(journal))
    fits = [number for number, (event, _) in enumerate(log) if isinstance(event, Fitted)]
    assert fits
    observed = [event.learned.observed for event, _ in log if isinstance(event, Fitted)]
    assert observed == sorted(set(observed))
    starts = [action for _, action in log[fits[0] :] if isinstance(action, hb.Start)]
    assert any(isinstance(record, hb.evidence.Scored) for action in starts for record in action.evidence), (
        "the model was used"
    )
    assert all(action.learned is None for action in starts), "no Ask made a fit"
    changed = [_with_other_parameters(event) if n == fits[-1] else event for n, (event, _) in enumerate(log)]
    found = hb.verify(setup(), zip(changed, [action for _, action in log], strict=True))
    assert found.disagreement is not None
    assert found.disagreement.number == fits[-1] + 1
    assert found.disagreement.differences[0].path.startswith("$.event.learned.parameters")


def _with_other_parameters(event: hb.Event) -> hb.Event:
    """Forge a fit that no data of this test can agree with: values of 0 to 1 with a mean of 100 deviations."""
    assert isinstance(event, Fitted)
    parameters = tuple(evolve(one, numbers=(100.0,)) if one.name == "mean" else one for one in event.learned.parameters)
    assert parameters != event.learned.parameters
    return Fitted(event.clock, evolve(event.learned, parameters=parameters))


def test_a_fitter_makes_one_fit_at_a_time_and_hands_errors_on(monkeypatch: pytest.MonkeyPatch) -> None:
    state, fitter = hb.initial(setup()), Fitter()
    assert fitter.take() is None
    for trial in range(3):
        state, _ = hb.decide(state, hb.Ask("w"))
        state, _ = hb.decide(state, hb.Report(trial, 1, 0.1 * trial))
    fitter.offer(state)
    fitter.offer(state)
    made = _taken(fitter)
    assert made == hb.fit_if_due(state)
    fitter.offer(state)
    assert fitter.take() is None, "nothing new to look at"

    def broken(state: hb.State) -> None:
        raise ZeroDivisionError("broken")

    monkeypatch.setattr("pure_hb.tuning.fitter.fit_if_due", broken)
    state, _ = hb.decide(state, made)
    fitter.offer(state)
    with pytest.raises(ZeroDivisionError, match="broken"):
        _taken(fitter)


def _taken(fitter: Fitter) -> Fitted:
    while (made := fitter.take()) is None:
        time.sleep(0.001)
    return made


def test_setups_that_fit_inside_are_left_alone() -> None:
    fitter = Fitter()
    fitter.offer(hb.initial(hb.mobster(LINE, ERROR, max_resource=9)))
    assert fitter.take() is None
    assert hb.fit_if_due(hb.initial(hb.mobster(LINE, ERROR, max_resource=9))) is None
