"""WHAT IS A RESOURCE KERNEL? A covariance of f(x, r) that is combined, point by point, from matrices over the
configurations and matrices over the resources.

So distances and exponentials are computed only for distinct configurations and distinct resources. Derivatives go back
the same way (reverse mode): from points to these parts, from the parts to the parameters or to x. In every ``pull``,
*weights* are the derivatives of a scalar objective in the entries of a matrix.
"""

from collections.abc import Callable
from typing import ClassVar

import numpy as np
from attrs import frozen

from pure_hb.surrogate.arrays import Array, Buffers, Gradient, Indices, Values
from pure_hb.surrogate.kernels.base import Base, ConfigurationParts, Matrices, matern_part
from pure_hb.surrogate.pairs import Pairs
from pure_hb.surrogate.parameters import Parameter
from pure_hb.surrogate.points import Inputs
from pure_hb.surrogate.shared_parameters import constant_mean


@frozen(eq=False)
class Parts:
    """Matrices over resources, shape (L, K) each, and their derivatives in the parameters."""

    matrices: Matrices
    pull: Callable[[Matrices], Gradient]
    """From weights on the matrices to derivatives by parameter; names that the model does not have are ignored. Weights
    need not be symmetric: within one set, a caller may put all weight on one triangle."""


@frozen(eq=False)
class Combined:
    """The covariance of f(x, r), of the shape of the parts. ``pull`` takes weights on it to weights on the parts over
    configurations, weights on the parts over resources, and derivatives in the parameters that
    `ResourceKernel.combine` itself uses."""

    value: Array
    pull: Callable[[Array], tuple[Matrices, Matrices, Gradient]]


@frozen(eq=False)
class Mean:
    """The prior mean at resources, shape (L,). ``pull`` takes weights on it, (L,), to derivatives by parameter."""

    values: Array
    pull: Callable[[Array], Gradient]


@frozen
class ResourceKernel:
    """What resource kernels share, and what a model asks of them. A kernel derives from it, and adds its name, its
    parameters and its formula: the parts over resources with their gradient (`of_resources`), and how these are
    combined with k_x (`combine`).

    As it stands here, k = k_x(x, x') + the part over resources, or k_x alone if there is none; the mean is a constant
    mu, and the only part over configurations is the covariance k_x of the base kernel.
    """

    base: Base = Base()  # noqa: RUF009  # immutable
    name: ClassVar[str]
    """The value of the option ``gp_resource_kernel``."""
    sees_resource: ClassVar[bool] = False
    """Whether `of_configurations` receives r~ as one more coordinate after those of x. If so, each point is a
    configuration of its own, and `of_resources` has no parts."""
    exponents: ClassVar[tuple[str, str] | None] = None
    """The names of two parameters that warp r~ as a coordinate; None: it is not warped."""
    before: ClassVar[tuple[Parameter, ...]] = ()
    """Parameters that stand before those of k_x; mu is the last one."""
    after: ClassVar[tuple[Parameter, ...]] = ()
    """Parameters that stand between those of k_x and mu."""
    itself: ClassVar[tuple[str | float, ...]] = ("covariance_scale",)
    """The parts of a configuration with itself, without the 1e-9 of `base`, as numbers or names of parameters: of k_x
    its scale c."""

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """All parameters of kernel and mean, in the order of fits and journals. The noise variance belongs to the
        model."""
        more = ("resource",) if self.sees_resource else ()
        return (*self.before, *self.base.parameters(inputs, more), *self.after, constant_mean())

    def mean(self, values: Values, resource: Indices, inputs: Inputs) -> Mean:
        """The prior mean m(r) at resources of shape (L,); it does not depend on x. Here the constant mu."""
        return Mean(np.full(len(resource), float(values["mean"])), lambda weights: {"mean": np.asarray(weights.sum())})

    def of_configurations(
        self, values: Values, left: Array, right: Array | Pairs, inputs: Inputs, buffers: Buffers
    ) -> ConfigurationParts:
        """The parts between configurations of shapes (N, d) and (M, d), or (N, d + 1) and (M, d + 1) if the kernel
        `sees_resource`; or within the left set, if ``right`` is its `Pairs`. Here k_x."""
        features = self.base.features
        u = features(values, left, inputs, self.exponents)
        other = right if isinstance(right, Pairs) else features(values, right, inputs, self.exponents)
        return matern_part(values, u, other, buffers)

    def of_resources(self, values: Values, left: Indices, right: Indices, inputs: Inputs) -> Parts:
        """The parts between resources of shapes (L,) and (K,); here none."""
        return Parts((), lambda weights: {})

    def combine(self, values: Values, x: Matrices, r: Matrices, buffers: Buffers) -> Combined:
        """The covariance k from the parts ``x`` and ``r``, all spread to one shape. The result may lie in the buffers.
        Here the sum of both parts, or the only one."""
        if not r:
            return Combined(x[0], lambda weights: ((weights,), (), {}))
        total = np.add(x[0], r[0], out=buffers.empty("k", *x[0].shape))
        return Combined(total, lambda weights: ((weights,), (weights,), {}))

    def variance(self, values: Values, resource: Indices, inputs: Inputs) -> Array:
        """The prior variance k((x, r), (x, r)) at resources of shape (L,), without the 1e-9 of `base`. It does not
        depend on x."""
        parts = (values[part] if isinstance(part, str) else part for part in self.itself)
        x = tuple(np.full(len(resource), float(part)) for part in parts)
        r = tuple(np.diagonal(part) for part in self.of_resources(values, resource, resource, inputs).matrices)
        return self.combine(values, x, r, Buffers()).value
