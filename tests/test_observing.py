"""An older search is taken over: `Session.observe_journal`, and the observations that it makes."""

import math
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import pure_hb as hb
from pure_hb.machine import Trial
from pure_hb.space import match_key
from tests.processes import pure_hb
from tests.scripts import PLAIN, write

SPACE = hb.Space(rate=hb.Float(0.1, 1.0), kind=hb.Choice("a", "b"))
LOSS = hb.Minimize("loss")


def error_of(trial: hb.RunningTrial, epoch: int) -> float:
    return abs(float(trial.config.get("rate", 0.5)) - 0.3) + 1 / epoch


def search(
    folder: Path,
    setup: hb.Setup,
    *,
    trials: int = 4,
    epochs: int | None = None,
    name: str = "old.jsonl",
    result: Callable[[hb.RunningTrial, int], float] = error_of,
) -> Path:
    """A search with so many trials, run or resumed. A result that raises fails its trial."""
    path = folder / name
    with hb.Session(path, setup, max_trials=trials, max_resource_total=epochs) as session:
        while trial := session.ask():
            for epoch in trial.epochs():
                try:
                    value = result(trial, epoch)
                except ArithmeticError as error:
                    trial.fail(str(error))
                    break
                trial.checkpoint.write_text(str(epoch))
                trial.report(epoch, value)
    return path


def trials_of(path: Path) -> tuple[Trial, ...]:
    header, records, _ = hb.read_journal(path)
    return tuple(hb.fold(header.setup, ((record.event, record.action) for record in records)).trials)


def observed(
    folder: Path, setup: hb.Setup, old: Path, defaults: Mapping[str, Any] | None = None, name: str = "new.jsonl"
) -> tuple[hb.TakenOver, hb.State]:
    with hb.Session(folder / name, setup) as session:
        return session.observe_journal(old, defaults), session.state


def asha(space: hb.Space = SPACE, goal: hb.Minimize | hb.Maximize = LOSS, **options: Any) -> hb.Setup:
    return hb.asha(space, goal, **{"max_resource": 9, **options})


# ---- what grows ----------------------------------------------------------------------------------------------------


WIDER = hb.Space(rate=hb.Float(0.01, 10.0, log=True), kind=hb.Choice("a", "b", "c"))


@pytest.mark.parametrize(
    "setup",
    [
        pytest.param(asha(WIDER), id="wider range, one more value"),
        pytest.param(hb.mobster(SPACE, LOSS, max_resource=9), id="another method"),
        pytest.param(asha(max_resource=27), id="larger maximum"),
        pytest.param(asha(type="stopping", grace_period=3, seed=7), id="other levels, rule and seed"),
    ],
)
def test_all_that_an_older_search_found_is_taken_over(tmp_path: Path, setup: hb.Setup) -> None:
    old = search(tmp_path, asha())
    found, state = observed(tmp_path, setup, old)
    assert (found.taken, found.known, found.left) == ((0, 1, 2, 3), (), ())
    for theirs, ours in zip(trials_of(old), state.trials, strict=True):
        assert ours.observed
        assert ours.curve == theirs.curve
        assert {**ours.config} == {**theirs.config}
    assert state.best is not None
    assert state.best.value == min(value for trial in state.trials for _, value in trial.curve)


def test_a_new_parameter_needs_the_value_that_the_older_trials_stand_for(tmp_path: Path) -> None:
    old = search(tmp_path, asha())
    more = asha(hb.Space(rate=SPACE["rate"], kind=SPACE["kind"], depth=hb.Int(1, 8)))
    found, state = observed(tmp_path, more, old)
    assert not found.taken
    assert len(state.trials) == 0
    assert all("depth is missing" in text and "defaults={'depth': ...}" in text for text in found.left)
    found, state = observed(tmp_path, more, old, {"depth": 2})
    assert len(found.taken) == 4
    assert {trial.config["depth"] for trial in state.trials} == {2}


def test_a_constant_may_become_a_parameter_and_a_constant_may_go(tmp_path: Path) -> None:
    old = search(tmp_path, asha(hb.Space(rate=SPACE["rate"], kind=hb.Constant("a"), batch=hb.Constant(64))))
    found, state = observed(tmp_path, asha(), old)
    assert len(found.taken) == 4
    assert {trial.config["kind"] for trial in state.trials} == {"a"}


def test_curves_are_cut_at_a_smaller_maximum(tmp_path: Path) -> None:
    old = search(tmp_path, asha(grace_period=3))
    _, state = observed(tmp_path, asha(max_resource=3), old)
    for theirs, ours in zip(trials_of(old), state.trials, strict=True):
        assert ours.curve == theirs.curve[:3]
    found, _ = observed(tmp_path, hb.asha(SPACE, LOSS, max_resource=2, grace_period=1), old, name="other.jsonl")
    assert len(found.taken) == 4


# ---- what cannot be taken ------------------------------------------------------------------------------------------


def test_what_cannot_be_taken_is_named_and_the_rest_is_taken(tmp_path: Path) -> None:
    old = search(tmp_path, asha(), trials=12)
    narrower = asha(hb.Space(rate=hb.Float(0.1, 0.5), kind=SPACE["kind"]))
    found, state = observed(tmp_path, narrower, old)
    outside = [trial.number for trial in trials_of(old) if float(trial.config["rate"]) > 0.5]
    assert outside
    assert [text.split(":")[0] for text in found.left] == [f"trial {number}" for number in outside]
    assert all("rate" in text for text in found.left)
    assert len(found.taken) == 12 - len(outside) == len(state.trials)
    assert str(found).startswith(f"{old}: {len(found.taken)} trials taken over, {len(outside)} not taken\n  trial ")


def test_a_parameter_that_is_gone_is_named(tmp_path: Path) -> None:
    old = search(tmp_path, asha())
    found, _ = observed(tmp_path, asha(hb.Space(rate=SPACE["rate"])), old)
    assert not found.taken
    assert all("kind is not a parameter of the space" in text for text in found.left)


def test_a_trial_without_a_value_is_named(tmp_path: Path) -> None:
    old = tmp_path / "old.jsonl"
    with hb.Session(old, asha(), max_trials=1) as session:
        session.ask()
    found, _ = observed(tmp_path, asha(), old)
    assert found.left == ("trial 0: it has no value yet",)


def test_first_values_beyond_the_maximum_are_named(tmp_path: Path) -> None:
    old = tmp_path / "old.jsonl"
    with hb.Session(old, asha(grace_period=3), max_trials=1) as session:
        trial = session.ask()
        assert trial is not None
        trial.report(8, 1.0)
    found, _ = observed(tmp_path, asha(max_resource=3), old)
    assert found.left == ("trial 0: its first value is after epoch 8, and this search goes to 3",)


@pytest.mark.parametrize(
    ("goal", "text"),
    [
        (hb.Maximize("loss"), "minimises 'loss', and this search maximises 'loss'"),
        (hb.Minimize("error"), "minimises 'loss', and this search minimises 'error'"),
    ],
)
def test_another_goal_is_refused(tmp_path: Path, goal: hb.Minimize | hb.Maximize, text: str) -> None:
    old = search(tmp_path, asha())
    with pytest.raises(hb.SessionError, match=text):
        observed(tmp_path, asha(goal=goal), old)


def test_its_own_journal_is_refused_and_so_is_a_copy(tmp_path: Path) -> None:
    old = search(tmp_path, asha())
    shutil.copy(old, tmp_path / "copy.jsonl")
    for name in ("old.jsonl", "copy.jsonl"):
        with pytest.raises(hb.SessionError, match="the journal of this search itself"):
            observed(tmp_path, asha(), tmp_path / name, name="old.jsonl")


@pytest.mark.parametrize(
    ("defaults", "text"),
    [({"rate": 0.5}, "says which value each of its trials had; leave it out"), ({"rates": 1}, "not a parameter")],
)
def test_needless_defaults_are_refused(tmp_path: Path, defaults: dict[str, Any], text: str) -> None:
    old = search(tmp_path, asha())
    with pytest.raises(hb.SessionError, match=text):
        observed(tmp_path, asha(), old, defaults)


def test_a_journal_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(hb.JournalError, match="No such file"):
        observed(tmp_path, asha(), tmp_path / "none.jsonl")
    (tmp_path / "text.jsonl").write_text("hello\n")
    with pytest.raises(hb.JournalError, match="no pure_hb journal"):
        observed(tmp_path, asha(), tmp_path / "text.jsonl")


# ---- once ----------------------------------------------------------------------------------------------------------


def test_a_trial_is_not_taken_twice_though_its_curve_has_grown(tmp_path: Path) -> None:
    old = search(tmp_path, asha(), epochs=3)
    first, state = observed(tmp_path, asha(WIDER), old)
    search(tmp_path, asha(), trials=12)
    before = {trial.number: trial.curve for trial in state.trials}
    assert any(trial.curve != before[trial.number] for trial in trials_of(old)[: len(before)])  # promoted meanwhile
    second, state = observed(tmp_path, asha(WIDER), old)
    assert second.known == first.taken
    assert second.taken == tuple(range(len(before), 12))
    assert len(state.trials) == 12
    third, state = observed(tmp_path, asha(WIDER), old)
    assert (third.taken, len(third.known), len(state.trials)) == ((), 12, 12)


def test_a_trial_that_was_handed_on_is_still_the_same(tmp_path: Path) -> None:
    """Search b took over a; search c takes over b, and then a, whose curves have grown."""
    a = search(tmp_path, asha(), trials=4, name="a.jsonl")
    with hb.Session(tmp_path / "b.jsonl", asha(WIDER)) as session:
        session.observe_journal(a)
    search(tmp_path, asha(), trials=8, name="a.jsonl")
    with hb.Session(tmp_path / "c.jsonl", asha(WIDER, seed=1)) as session:
        assert session.observe_journal(tmp_path / "b.jsonl").taken == (0, 1, 2, 3)
        found = session.observe_journal(a)
        assert (found.taken, found.known) == ((4, 5, 6, 7), (0, 1, 2, 3))


def test_two_trials_that_are_alike_are_two(tmp_path: Path) -> None:
    points = [{"rate": 0.5, "kind": "a"}]
    old = search(tmp_path, asha(points_to_evaluate=points), trials=1, name="one.jsonl")
    other = search(tmp_path, asha(points_to_evaluate=points, seed=1), trials=1, name="two.jsonl")
    with hb.Session(tmp_path / "new.jsonl", asha(WIDER)) as session:
        assert session.observe_journal(old).taken == (0,)
        assert session.observe_journal(other).taken == (0,)
        assert len(session.state.trials) == 2
        config, curve = session.state.trials[0].config, session.state.trials[0].curve
        assert session.observe(config, curve)  # of which nothing is known but that it is the same
        assert len(session.state.trials) == 2


def test_a_restart_from_journal_and_snapshot_still_knows(tmp_path: Path) -> None:
    old = search(tmp_path, asha())
    for every in (None, 1):
        with hb.Session(tmp_path / "new.jsonl", asha(WIDER), snapshot_every=every) as session:
            found = session.observe_journal(old)
    assert (found.taken, found.known) == ((), (0, 1, 2, 3))
    with hb.Session(tmp_path / "new.jsonl", asha(WIDER)) as session:  # from the snapshot
        assert session.observe_journal(old).known == (0, 1, 2, 3)
    assert hb.from_json(hb.to_json(session.state), hb.State) == session.state


# ---- failures ------------------------------------------------------------------------------------------------------


def breaks(trial: hb.RunningTrial, epoch: int) -> float:
    """Odd trials break: the first of them at once, others after an epoch."""
    if trial.number % 2 and epoch >= trial.number:
        raise ArithmeticError("broken")
    return error_of(trial, epoch)


def test_failures_are_carried(tmp_path: Path) -> None:
    old = search(tmp_path, asha(max_failures=2, type="stopping"), result=breaks)
    new = asha(WIDER, max_failures=5, allow_duplicates=True)
    found, state = observed(tmp_path, new, old)
    failed = [trial.number for trial in trials_of(old) if trial.failures == 2]
    assert 1 in failed
    assert not trials_of(old)[1].curve
    assert not found.left
    assert [trial.number for trial in state.trials if trial.failures] == failed
    for number in failed:
        assert state.trials[number].failures == 5
        assert match_key(new.space, state.trials[number].config) in state.tried.failed
        assert state.trials[number].curve == trials_of(old)[number].curve


def test_a_configuration_that_failed_before_is_not_tried_even_where_duplicates_are_allowed(tmp_path: Path) -> None:
    few = hb.Space(x=hb.Choice(*range(4)))
    old = search(tmp_path, asha(few, max_failures=1, type="stopping"), trials=4, result=breaks)
    bad = {trial.config["x"] for trial in trials_of(old) if trial.failures}
    assert bad
    with hb.Session(
        tmp_path / "new.jsonl", asha(few, allow_duplicates=True, type="stopping"), max_trials=20
    ) as session:
        session.observe_journal(old)
        tried = []
        while trial := session.ask():
            tried.append(trial.config["x"])
            trial.report(1, 1.0)
    assert len(tried) > 4
    assert not bad & set(tried)


def test_a_failure_beyond_a_smaller_maximum_is_none(tmp_path: Path) -> None:
    def late(trial: hb.RunningTrial, epoch: int) -> float:
        if epoch == 5:
            raise ArithmeticError("late")
        return 1.0 / epoch

    old = search(tmp_path, asha(max_failures=1, grace_period=3), trials=6, result=late)
    assert any(trial.failures for trial in trials_of(old))
    _, state = observed(tmp_path, asha(max_resource=3), old)
    assert len(state.trials) == 6
    assert not any(trial.failures for trial in state.trials)


def test_values_that_are_not_finite_are_carried(tmp_path: Path) -> None:
    old = search(tmp_path, asha(), result=lambda trial, epoch: math.nan if trial.number == 1 else 1.0 / epoch)
    _, state = observed(tmp_path, asha(WIDER), old)
    assert [epoch for epoch, value in state.trials[1].curve if math.isnan(value)] == [1]


# ---- what comes after ----------------------------------------------------------------------------------------------


def test_the_search_that_took_over_goes_on_and_verifies(tmp_path: Path) -> None:
    old = search(tmp_path, asha(), trials=8)
    new, setup = tmp_path / "new.jsonl", hb.mobster(WIDER, LOSS, max_resource=27, num_init_random=2)
    with hb.Session(new, setup, max_trials=4) as session:
        session.observe_journal(old)
        keys = {match_key(WIDER, trial.config) for trial in session.state.trials}
        while trial := session.ask():
            assert match_key(WIDER, trial.config) not in keys
            for epoch in trial.epochs():
                trial.checkpoint.write_text(str(epoch))
                trial.report(epoch, error_of(trial, epoch))
    header, records, _ = hb.read_journal(new)
    assert hb.verify(header.setup, ((record.event, record.action) for record in records)).ok


def test_one_source_is_taken_once_also_where_it_says_another_configuration() -> None:
    state = hb.initial(asha())
    first = hb.Observe({"rate": 0.5, "kind": "a"}, [(1, 0.5)], source="elsewhere 1")
    state, action = hb.decide(state, first)
    assert action.logged
    again, answer = hb.decide(state, hb.Observe({"rate": 0.7, "kind": "b"}, [(1, 0.1)], source="elsewhere 1"))
    assert again is state
    assert isinstance(answer, hb.Noted)
    assert answer.trial == 0


def test_an_empty_curve_is_taken_of_a_failure_only() -> None:
    state = hb.initial(asha())
    _, refused = hb.decide(state, hb.Observe({"rate": 0.5, "kind": "a"}, []))
    assert isinstance(refused, hb.Reject)
    after, action = hb.decide(state, hb.Observe({"rate": 0.5, "kind": "a"}, [], failed=True))
    assert action.logged
    assert after.best is None
    with pytest.raises(TypeError):
        hb.Observe({"rate": 0.5}, [], failed="yes")  # type: ignore[arg-type]  # wrong on purpose


# ---- tune ----------------------------------------------------------------------------------------------------------


def test_tune_takes_over_each_time_it_is_run(tmp_path: Path) -> None:
    old = search(
        tmp_path, asha(hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error")), result=lambda trial, epoch: 1.0 / epoch
    )
    more = 'space = hb.Space(x=hb.Float(0.0, 2.0), kind=hb.Choice("a", "b"))'
    script = write(tmp_path, more, PLAIN)
    budget = ("--max-trials", "3", "--quiet", "--journal", "new.jsonl")
    command = ("tune", script, "--method", "ASHA-STOP", *budget, "--observe", old)
    refused = pure_hb(*command, cwd=tmp_path)
    assert "kind is missing" in refused.stderr
    first = pure_hb(*command, "--observe-default", "kind=a", cwd=tmp_path)
    assert f"{old}: 4 trials taken over\n" in first.stderr
    again = pure_hb(*command, "--observe-default", "kind=a", cwd=tmp_path)
    assert f"{old}: 0 trials taken over, 4 known before\n" in again.stderr
    wrong = pure_hb(*command, "--observe-default", "kind", cwd=tmp_path)
    assert "--observe-default optimizer=sgd" in wrong.stderr
