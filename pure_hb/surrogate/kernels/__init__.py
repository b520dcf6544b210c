"""HOW ALIKE ARE TWO POINTS OF LEARNING CURVES? The covariance of f(x, r) and f(x', r'): one file for each resource
kernel.

To add a kernel, write a file with a `ResourceKernel`, add it to `KERNELS`, and add its name to
`pure_hb.search.options.KernelName`, which lists the names for type checkers and for messages about options.
"""

from collections.abc import Callable, Mapping
from typing import Final

from pure_hb.surrogate.kernels.base import Base as Base
from pure_hb.surrogate.kernels.base import ConfigurationParts as ConfigurationParts
from pure_hb.surrogate.kernels.base import Matrices as Matrices
from pure_hb.surrogate.kernels.cross_validation import CrossValidation
from pure_hb.surrogate.kernels.exp_decay_combined import ExpDecayCombined
from pure_hb.surrogate.kernels.exp_decay_delta1 import ExpDecayDelta1
from pure_hb.surrogate.kernels.exp_decay_sum import ExpDecaySum
from pure_hb.surrogate.kernels.freeze_thaw import FreezeThaw
from pure_hb.surrogate.kernels.kernel import Combined as Combined
from pure_hb.surrogate.kernels.kernel import Mean as Mean
from pure_hb.surrogate.kernels.kernel import Parts as Parts
from pure_hb.surrogate.kernels.kernel import ResourceKernel as ResourceKernel
from pure_hb.surrogate.kernels.matern52 import Matern52
from pure_hb.surrogate.kernels.matern52_res_warp import Matern52ResWarp

KERNELS: Final[Mapping[str, Callable[[Base], ResourceKernel]]] = {
    kernel.name: kernel
    for kernel in (
        ExpDecaySum,
        ExpDecayCombined,
        ExpDecayDelta1,
        FreezeThaw,
        Matern52,
        Matern52ResWarp,
        CrossValidation,
    )
}
"""The value of the option ``gp_resource_kernel`` -> the kernel over (x, r) made from a base kernel over x."""
