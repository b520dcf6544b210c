"""Does a fit do no work twice? What a likelihood evaluates, counted; nothing here looks at a clock."""

from typing import Any

import numpy as np
import pytest
from attrs import evolve, frozen

from pure_hb.surrogate import KERNELS, Base, Independent, Model, MultiTask, pairs
from pure_hb.surrogate import decay as decays
from pure_hb.surrogate.arrays import Array, Buffers, Values
from pure_hb.surrogate.kernels import Combined, Matrices
from pure_hb.surrogate.kernels import base as kernel_base
from pure_hb.surrogate.kernels.exp_decay_sum import ExpDecaySum
from pure_hb.surrogate.points import with_resource
from pure_hb.surrogate.priors import AnyPrior, Gamma, LogNormal, Normal, penalty
from tests.surrogate_data import INPUTS, ROWS, TARGETS, data

DATA = data(ROWS, TARGETS)
SEEN: list[int] = []


@frozen
class Watched(ExpDecaySum):
    """Notes how many entries it is asked to combine."""

    def combine(self, values: Values, x: Matrices, r: Matrices, buffers: Buffers) -> Combined:
        SEEN.append(x[0].size)
        return super().combine(values, x, r, buffers)


def evaluate(model: Model, times: int = 1) -> None:
    likelihood, specification = model.likelihood(INPUTS, DATA), model.specification(INPUTS)
    vector = specification.to_vector(specification.initial.as_arrays())
    for time in range(times):
        likelihood(specification.to_values(vector + 0.01 * time))


def test_a_likelihood_computes_what_holds_for_a_pair_once() -> None:
    SEEN.clear()
    evaluate(MultiTask(Watched()))
    n = len(ROWS)
    assert [n * (n + 1) // 2] == SEEN


@pytest.mark.parametrize("model", [*(MultiTask(make(Base())) for make in KERNELS.values()), Independent()], ids=str)
def test_exponentials_are_taken_of_pairs_of_distinct_configurations(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    plain = kernel_base.matern

    def counted(q: Array, *rest: Any) -> Any:
        sizes.append(q.size)
        return plain(q, *rest)

    monkeypatch.setattr(kernel_base, "matern", counted)
    monkeypatch.setattr("pure_hb.surrogate.models.independent.matern", counted)
    evaluate(model)
    at = DATA.points
    sees_resource = isinstance(model, MultiTask) and model.kernel.sees_resource
    distinct = (
        len({*zip(at.configuration.tolist(), at.level.tolist(), strict=True)})
        if sees_resource
        else len(at.configurations)
    )
    assert set(sizes) == {distinct * (distinct + 1) // 2}


@pytest.mark.parametrize("name", ["exp-decay-sum", "exp-decay-combined", "exp-decay-delta1", "freeze-thaw"])
def test_mean_and_covariance_share_one_decay(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    plain = decays.decay

    def counted(*arguments: Any) -> decays.Decay:
        nonlocal calls
        calls += 1
        return plain(*arguments)

    monkeypatch.setattr(decays, "decay", counted)
    decays._curves.cache_clear()
    evaluate(MultiTask(KERNELS[name](Base())), times=3)
    assert calls == 3


def test_the_moments_of_a_decay_cannot_be_written_to() -> None:
    """They are handed out again."""
    found = decays.curves(np.array([0.1, 0.2]), np.array([0.3]), 1.0, 0.5)
    for array in (found.left, found.right, found.both, found.between, found.covariance):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0.0


def test_no_scale_of_a_jitter_is_computed_where_none_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(scale: float) -> Any:
        raise AssertionError(scale)

    monkeypatch.setattr(pairs, "jitters", refuse)
    evaluate(MultiTask())


def test_training_points_are_brought_to_what_a_kernel_sees_once() -> None:
    other = evolve(DATA.points)
    assert with_resource(DATA.points, INPUTS) is with_resource(DATA.points, INPUTS)
    assert with_resource(other, INPUTS) is not with_resource(DATA.points, INPUTS), "two sets are two, equal or not"


@pytest.mark.parametrize("prior", [Gamma(0.1, 0.1), LogNormal(0.0, 1.0)], ids=str)
def test_a_logarithm_is_constant_where_it_has_no_more_digits(prior: AnyPrior) -> None:
    """At or below 1e-12: its derivative is 0 there; that of the terms which are linear stays."""
    linear = prior.terms.weight
    for theta in (1e-12, 1e-13, 0.0, -1.0):
        value, slope = penalty(prior, np.array([theta]))
        assert slope.tolist() == [linear]
        assert value == pytest.approx(penalty(prior, np.array([1e-12]))[0] + linear * (theta - 1e-12))
    assert penalty(Normal(0.5, 1.0), np.array([-1e300, 0.5]))[1].tolist() == [-1e300, 0.0]
