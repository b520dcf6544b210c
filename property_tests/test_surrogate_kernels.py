"""Does every listed kernel pass the common suite, does a new one that is listed, and does the suite see faults?"""

from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pytest
from attrs import evolve, frozen
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from property_tests.kernel_suite import CHECKS, World, worlds
from property_tests.surrogate_cases import examples
from pure_hb.surrogate import KERNELS, Base, Inputs, Parameter, ResourceKernel, kernels
from pure_hb.surrogate.arrays import Array, Buffers, Gradient, Indices, Values
from pure_hb.surrogate.kernels import Combined, ConfigurationParts, Matrices, Parts
from pure_hb.surrogate.pairs import Pairs
from pure_hb.surrogate.points import encoded_resource

every_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
Check = Callable[[World], None]


@pytest.mark.parametrize("name", KERNELS)
@every_check
@given(data=st.data())
@examples(0.1)
def test_a_listed_kernel_passes_the_suite(name: str, check: Check, data: st.DataObject) -> None:
    world = data.draw(worlds(KERNELS[name]))
    assert world.kernel.name == name
    check(world)


# ---- a new kernel ----------------------------------------------------------------------------------------------------


@frozen
class Toy(ResourceKernel):
    """k = k_x(x, x') (1 + rho r~ r~'), m = mu: all that a new kernel takes. ``fault`` breaks one thing in it."""

    name: ClassVar[str] = "toy"
    before: ClassVar[tuple[Parameter, ...]] = (Parameter("rho", 1.0, 1e-2, 1e2),)
    fault: str = ""

    def of_configurations(
        self, values: Values, left: Array, right: Array | Pairs, inputs: Inputs, buffers: Buffers
    ) -> ConfigurationParts:
        parts = super().of_configurations(values, left, right, inputs, buffers)
        if self.fault != "derivative in x":
            return parts
        return evolve(parts, pull_x=lambda weights: 0.99 * parts.pull_x(weights))

    def of_resources(self, values: Values, left: Indices, right: Indices, inputs: Inputs) -> Parts:
        r, s = (encoded_resource(one, inputs.max_resource) for one in (left, right))
        products = np.outer(r, s if self.fault != "not symmetric" else s**2)
        share = float(values["rho"]) * products
        if self.fault == "not positive":
            share = -share
        wrong = 1.01 if self.fault == "derivative in a parameter" else 1.0
        return Parts((1.0 + share,), lambda weights: {"rho": np.asarray(wrong * np.vdot(weights[0], products))})

    def combine(self, values: Values, x: Matrices, r: Matrices, buffers: Buffers) -> Combined:
        def pull(weights: Array) -> tuple[Matrices, Matrices, Gradient]:
            return (weights * r[0],), (weights * x[0],), {}

        return Combined(x[0] * r[0], pull)

    def variance(self, values: Values, resource: Indices, inputs: Inputs) -> Array:
        (share,) = self.of_resources(values, resource, resource, inputs).matrices
        wrong = 1e-4 if self.fault == "variance" else 0.0
        return values["covariance_scale"] * np.diagonal(share) + wrong


@every_check
@given(data=st.data())
@examples(0.1)
def test_a_new_kernel_takes_a_file_and_a_line_in_the_list(check: Check, data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "KERNELS", {**KERNELS, "toy": Toy})
        for name in kernels.KERNELS:
            if name not in KERNELS:
                check(data.draw(worlds(kernels.KERNELS[name])))


FAULTS = {
    "derivative in a parameter": {"has_derivatives_in_the_parameters", "has_a_likelihood_with_derivatives"},
    "derivative in x": {"has_derivatives_in_x"},
    "variance": {"has_its_diagonal_as_variance"},
    "not positive": {"is_positive_semi_definite"},
    "not symmetric": {"is_positive_semi_definite"},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_suite_sees_what_is_wrong_with_a_kernel(fault: str) -> None:
    def broken(base: Base) -> ResourceKernel:
        return Toy(base, fault)

    def fails(check: Check) -> bool:
        @given(world=worlds(broken))
        @settings(max_examples=30, phases=(Phase.generate,), report_multiple_bugs=False)
        def played(world: World) -> None:
            check(world)

        try:
            played()
        except AssertionError:
            return True
        return False

    found = {check.__name__ for check in CHECKS if fails(check)}
    assert FAULTS[fault] <= found
