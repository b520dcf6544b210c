"""What must every resource kernel do? Checks for one kernel, whoever wrote it.

A kernel that is registered in `pure_hb.surrogate.kernels.KERNELS` passes all `CHECKS`; nothing here knows a kernel by
its name. `test_surrogate_kernels.py` runs them, also on a kernel of its own and on broken ones.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import pytest
from attrs import frozen
from attrs.exceptions import FrozenInstanceError
from hypothesis import strategies as st

from property_tests.dense_twins import central_differences
from property_tests.surrogate_cases import BASES, some_values
from pure_hb.surrogate import Base, Inputs, MultiTask, Points, ResourceKernel, objective, observations, points
from pure_hb.surrogate.arrays import Array, Buffers, Gradient, add
from pure_hb.surrogate.models.dense import KernelProcess
from pure_hb.surrogate.parameters import Specification
from pure_hb.surrogate.points import gather, spread, with_resource
from pure_hb.surrogate.priors import penalty

Make = Callable[[Base], ResourceKernel]


@frozen(eq=False)
class World:
    """A kernel, its inputs, two sets of points that share some configurations, and a source of numbers."""

    make: Make
    base: Base
    inputs: Inputs
    left: Points
    right: Points
    seed: int

    @property
    def kernel(self) -> ResourceKernel:
        """The kernel with the base."""
        return self.make(self.base)

    @property
    def specification(self) -> Specification:
        """Of the kernel, without noise."""
        return Specification(self.kernel.parameters(self.inputs))

    def values(self, width: float = 1.0) -> dict[str, Array]:
        """Parameters at most so far from their initial values, in internal coordinates."""
        return some_values(self.specification, np.random.default_rng((self.seed, 1)), width)

    @property
    def rng(self) -> np.random.Generator:
        """For weights and targets."""
        return np.random.default_rng((self.seed, 2))


@st.composite
def worlds(draw: st.DrawFn, make: Make) -> World:
    """A world with any base; coordinates inside the cube and at its ends."""
    dimension = draw(st.integers(0, 3))
    mask = tuple(draw(st.lists(st.booleans(), min_size=dimension, max_size=dimension)))
    inputs = Inputs(tuple(f"x{i}" for i in range(dimension)), draw(st.sampled_from((1, 2, 9, 81))), mask)
    sizes = draw(st.integers(1, 8)), draw(st.integers(1, 5))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    pool = np.concatenate((rng.uniform(0.0, 1.0, (3, dimension)), rng.choice([0.0, 0.5, 1.0], (2, dimension))))
    left, right = (
        points(pool[rng.integers(0, len(pool), size)], rng.integers(1, inputs.max_resource + 1, size)) for size in sizes
    )
    return World(make, Base(*draw(st.sampled_from(BASES))), inputs, left, right, seed)


@frozen(eq=False)
class Covariance:
    """The covariance between two sets of points, and its derivatives."""

    value: Array
    pull: Callable[[Array], Gradient]
    pull_x: Callable[[Array], Array]


def covariance(world: World, values: dict[str, Array], left: Points, right: Points) -> Covariance:
    """Put together from the parts, as the models do it."""
    kernel, inputs, buffers = world.kernel, world.inputs, Buffers()
    asked = left, right
    if kernel.sees_resource:
        left, right = with_resource(left, inputs), with_resource(right, inputs)
    x, y = left.configurations, right.configurations
    over_x = kernel.of_configurations(values, x, y, inputs, buffers)
    over_r = kernel.of_resources(values, left.levels, right.levels, inputs)
    spread_x = tuple(
        spread(matrix, left.configuration, right.configuration, buffers, f"x{i}")
        for i, matrix in enumerate(over_x.matrices)
    )
    spread_r = tuple(
        spread(matrix, left.level, right.level, buffers, f"r{i}") for i, matrix in enumerate(over_r.matrices)
    )
    combined = kernel.combine(values, spread_x, spread_r, buffers)

    def to_levels(large: Array) -> Array:
        small = np.zeros((len(left.levels), len(right.levels)))
        np.add.at(small, (left.level[:, None], right.level[None, :]), large)
        return small

    def pull(weights: Array) -> Gradient:
        on_x, on_r, own = combined.pull(weights)
        gradient = {name: np.zeros_like(value) for name, value in values.items()}
        add(gradient, own)
        add(gradient, over_x.pull(tuple(gather(matrix, left, right) for matrix in on_x)))
        add(gradient, over_r.pull(tuple(to_levels(matrix) for matrix in on_r)))
        return gradient

    def pull_x(weights: Array) -> Array:
        return KernelProcess(kernel, inputs, values).covariance(*asked).pull_x(weights)

    return Covariance(combined.value.copy(), pull, pull_x)


def agree(ours: Array, theirs: Array, tolerance: float) -> None:
    """Equal, relative to the largest entry."""
    assert ours.shape == theirs.shape
    scale = max(1.0, float(np.max(np.abs(theirs), initial=0.0)))
    assert float(np.max(np.abs(ours - theirs), initial=0.0)) <= tolerance * scale


# ---- the checks ------------------------------------------------------------------------------------------------------


def is_a_frozen_value(world: World) -> None:
    """Equal kernels are equal and hash alike, other bases make others, and no attribute can be set."""
    kernel, again = world.kernel, world.make(world.base)
    other = world.make(Base(not world.base.ard, world.base.warping))
    assert kernel == again
    assert hash(kernel) == hash(again)
    assert kernel != other
    assert kernel.name == other.name
    for field in type(kernel).__attrs_attrs__:
        with pytest.raises(FrozenInstanceError):
            setattr(kernel, field.name, None)


def has_sound_parameters(world: World) -> None:
    """Names are not used twice, initial values are inside their bounds, and every one has an influence or a prior."""
    parameters = world.kernel.parameters(world.inputs)
    names = [one.name for one in parameters]
    assert len(names) == len(set(names))
    assert "noise_variance" not in names, "that is the model's"
    for one in parameters:
        assert one.lower <= one.initial <= one.upper
        assert np.isfinite(penalty(one.prior, np.full(one.size, one.initial))[0])
    specification = world.specification
    vector = specification.to_vector(world.values())
    agree(specification.to_vector(specification.to_values(vector)), vector, 1e-14)


def is_positive_semi_definite(world: World) -> None:
    """With any parameters, and points that are there twice."""
    for width in (1.0, 20.0):
        values = world.values(width)
        k = covariance(world, values, world.left, world.left).value
        largest = max(1.0, *(float(np.max(np.abs(value), initial=0.0)) for value in values.values()))
        rounding = 1e-9 * float(np.max(np.abs(k))) + 1e-13 * largest**2
        assert np.isfinite(k).all()
        assert float(np.max(np.abs(k - k.T))) <= rounding
        assert float(np.linalg.eigvalsh(0.5 * (k + k.T))[0]) >= -len(k) * rounding


def has_its_diagonal_as_variance(world: World) -> None:
    """Up to the guard of the Matern root."""
    for width in (1.0, 20.0):
        values = world.values(width)
        k = covariance(world, values, world.left, world.left).value
        variance = world.kernel.variance(values, world.left.levels, world.inputs)[world.left.level]
        agree(variance / np.max(variance), np.diagonal(k) / np.max(variance), 1e-8)


def treats_points_one_by_one(world: World) -> None:
    """An entry depends on its two points alone, and a set and itself are as two sets."""
    values = world.values()
    whole = covariance(world, values, world.left, world.right).value
    for i in range(len(world.left)):
        for j in range(len(world.right)):
            one = covariance(world, values, world.left.rows(np.array([i])), world.right.rows(np.array([j]))).value
            agree(one[0], whole[i, [j]], 1e-12)
    twin = points(world.left.x, world.left.resource)
    within = covariance(world, values, world.left, world.left).value
    agree(covariance(world, values, world.left, twin).value, within, 1e-12)


def has_derivatives_in_the_parameters(world: World) -> None:
    """Of a weighted sum of covariances between two sets, and of means."""
    specification, values = world.specification, world.values()
    weights = world.rng.normal(size=(len(world.left), len(world.right)))
    on_mean = world.rng.normal(size=len(world.left.levels))

    def weighted(vector: Array) -> float:
        moved = specification.to_values(vector)
        mean = world.kernel.mean(moved, world.left.levels, world.inputs).values
        return float(np.vdot(weights, covariance(world, moved, world.left, world.right).value) + on_mean @ mean)

    gradient = covariance(world, values, world.left, world.right).pull(weights)
    add(gradient, world.kernel.mean(values, world.left.levels, world.inputs).pull(on_mean))
    vector = specification.to_vector(values)
    ours = specification.chained(specification.joined(values), specification.joined(gradient))
    agree(ours, central_differences(weighted, vector), 1e-8)


def takes_weights_in_one_triangle(world: World) -> None:
    """Within a set, twice the weights below the diagonal are as good as the weights on both sides."""
    k = covariance(world, world.values(), world.left, world.left)
    half = world.rng.normal(size=k.value.shape)
    whole = half + half.T
    one, other = k.pull(np.tril(whole) + np.tril(whole, -1)), k.pull(whole)
    for name in one:
        agree(one[name], other[name], 1e-9)


def has_derivatives_in_x(world: World) -> None:
    """Of a weighted sum of covariances, in the configurations on the right."""
    values = world.values()
    weights = world.rng.normal(size=(len(world.left), len(world.right)))
    inside = 0.1 + 0.77 * world.right.configurations  # away from the ends of the cube and from the left ones

    def moved(x: Array) -> Points:
        return points(x[world.right.configuration], world.right.resource)

    def weighted(x: Array) -> float:
        return float(np.vdot(weights, covariance(world, values, world.left, moved(x)).value))

    ours = covariance(world, values, world.left, moved(inside))
    order = np.unique(world.right.configuration, return_index=True)[1]
    gradient = np.empty_like(inside)
    gradient[world.right.configuration[order]] = ours.pull_x(weights)[moved(inside).configuration[order]]
    agree(gradient, central_differences(weighted, inside), 1e-7)


def has_a_likelihood_with_derivatives(world: World) -> None:
    """In the multi-task model, and the room that evaluations share does not mix them up."""
    model = MultiTask(world.kernel)
    data = observations(world.left, world.rng.normal(size=len(world.left)))
    specification = model.specification(world.inputs)
    values = some_values(specification, np.random.default_rng((world.seed, 3)))
    evaluate = objective(model, world.inputs, data)
    vector = specification.to_vector(values)
    value, gradient = evaluate(vector)
    agree(gradient, central_differences(lambda at: evaluate(at)[0], vector), 1e-6)
    again, gradient_again = evaluate(vector)
    assert value == again
    assert np.array_equal(gradient, gradient_again)


CHECKS: Final[tuple[Callable[[World], None], ...]] = (
    is_a_frozen_value,
    has_sound_parameters,
    is_positive_semi_definite,
    has_its_diagonal_as_variance,
    treats_points_one_by_one,
    has_derivatives_in_the_parameters,
    takes_weights_in_one_triangle,
    has_derivatives_in_x,
    has_a_likelihood_with_derivatives,
)
