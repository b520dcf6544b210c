"""WHAT IS A RESOURCE KERNEL? A covariance of f(x, r) that is put together, point by point, from parts that depend on
the configurations alone and parts that depend on the resources alone.

So distances and exponentials are computed for distinct configurations and distinct resources, and every derivative
goes back the same way: from the points to the parts, from the parts to the parameters or to x.
"""

from collections.abc import Callable
from typing import Protocol

from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Gradient, Indices, Values
from pure_hb.surrogate.pairs import Pairs
from pure_hb.surrogate.parameters import Parameter
from pure_hb.surrogate.points import Inputs

Matrices = tuple[Array, ...]


@frozen(eq=False)
class Parts:
    """Matrices over resources, (L, K), and their derivative."""

    matrices: Matrices
    pull: Callable[[Matrices], Gradient]
    """From weights on the matrices to the parameters; names that the model does not know are ignored. Weights are
    taken as they are: who evaluates between a set and itself may give all weight to one triangle."""


@frozen(eq=False)
class ConfigurationParts:
    """Matrices over configurations, (N, M), or the vectors of their pairs, (m,), and their derivatives."""

    matrices: Matrices
    pull: Callable[[Matrices], Gradient]
    """As that of `Parts`."""
    pull_x: Callable[[Matrices], Array]
    """From weights to the configurations on the right, (M, d); of pairs, to those of the set, (N, d)."""


@frozen(eq=False)
class Combined:
    """The covariance, of the shape of the parts, and its derivative: from weights on it to weights on the parts over
    configurations, on those over resources, and to the parameters that `Kernel.combine` itself uses."""

    value: Array
    pull: Callable[[Array], tuple[Matrices, Matrices, Gradient]]


@frozen(eq=False)
class Mean:
    """The prior mean at some resources, shape (L,), and its derivative: from weights to the parameters."""

    values: Array
    pull: Callable[[Array], Gradient]


class Kernel(Protocol):
    """A resource kernel. Kernels are frozen values; their options are fields."""

    @property
    def name(self) -> str:
        """What users write as ``gp_resource_kernel``."""
        ...

    @property
    def sees_resource(self) -> bool:
        """Whether `of_configurations` is given the encoded resource as one coordinate more, after those of x. Then
        every point is a configuration of its own, and nothing is left for `of_resources`."""
        ...

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Everything but the noise variance."""
        ...

    def mean(self, values: Values, resource: Indices, inputs: Inputs) -> Mean:
        """m(r) at resources of shape (L,); no kernel here has a mean that depends on x."""
        ...

    def of_configurations(
        self, values: Values, left: Array, right: Array | Pairs, inputs: Inputs, buffers: Buffers
    ) -> ConfigurationParts:
        """The parts between configurations of shapes (N, d) and (M, d), or (N, d + 1) and (M, d + 1) if the kernel
        `sees_resource`; or within a set, of which the ``right`` side is its pairs."""
        ...

    def of_resources(self, values: Values, left: Indices, right: Indices, inputs: Inputs) -> Parts:
        """The parts between resources of shapes (L,) and (K,)."""
        ...

    def combine(self, values: Values, x: Matrices, r: Matrices, buffers: Buffers) -> "Combined":
        """The covariance from parts of one shape. It may lie in one of the buffers."""
        ...

    def variance(self, values: Values, resource: Indices, inputs: Inputs) -> Array:
        """k((x, r), (x, r)) at resources of shape (L,), exactly; no kernel here has a variance that depends on x."""
        ...
