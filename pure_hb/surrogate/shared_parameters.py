"""WHICH PARAMETERS DO SEVERAL MODELS SHARE? The noise, the scale, the inverse bandwidths, the mean and the warping;
each with its bounds, its prior, and with where the starts of a fit put it.
"""

import math
from typing import Final, Literal

from pure_hb.surrogate.parameters import Parameter, Scale
from pure_hb.surrogate.priors import Gamma, LogNormal, Normal, Uniform

_BANDWIDTHS: Final = (1e-4, 100.0)
LEAST_NOISE: Final = 1e-9
"""The smallest noise variance, in squared units of the targets."""
BandwidthPrior = Literal["uniform", "log_normal"]


def noise_variance(
    labels: tuple[str, ...] | None = None, name: str = "noise_variance", *, least: float = LEAST_NOISE
) -> Parameter:
    """The variance sigma^2 of the observation noise, in [1e-9, 1e6]; fits end at ``least`` or above.

    The second start of a fit restarts with at most 1e-6, because a local optimum of the likelihood explains everything
    by noise. The third one begins where everything is noise, 1. The prior has a pole at 0: without noise it gains 12
    nats over a variance of 1e-3, and where values are exact but for a few, fits end at either.
    """
    return Parameter(
        name,
        1e-3,
        LEAST_NOISE,
        1e6,
        prior=Gamma(0.1, 0.1),
        unit="target²",
        labels=labels,
        again=(0.0, 1e-6),
        opposite=1.0,
        least=least,
    )


def covariance_scale(name: str = "covariance_scale", labels: tuple[str, ...] | None = None) -> Parameter:
    """The prior variance c of a function value, in [1e-3, 1e3]."""
    return Parameter(name, 1.0, 1e-3, 1e3, prior=LogNormal(0.0, 1.0), unit="target²", labels=labels)


def inverse_bandwidths(
    labels: tuple[str, ...] | None, name: str = "inverse_bandwidths", prior: BandwidthPrior = "uniform"
) -> Parameter:
    """The inverse bandwidths b_k (reciprocal length scales): how fast the function varies along each coordinate.

    An irrelevant coordinate (b_k near 0) has almost no gradient, so the second start of a fit restarts with at least
    0.5, and neighbours of an optimum have one coordinate at 0.001, or at 1 again. The ``uniform`` prior is Syne Tune's.
    With few values, a fit under it may explain all by one coordinate (100) and none by the others; later fits start
    there and do not leave. The ``log_normal`` prior, of median 1, avoids this.
    """
    believed = Uniform(*_BANDWIDTHS) if prior == "uniform" else LogNormal(0.0, 1.0)
    return Parameter(
        name,
        1.0,
        *_BANDWIDTHS,
        prior=believed,
        unit="1/cube",
        labels=labels,
        again=(0.5, math.inf),
        switched=(1e-3, 1.0),
    )


def constant_mean(name: str = "mean", labels: tuple[str, ...] | None = None) -> Parameter:
    """The prior mean mu, with a standard normal prior."""
    infinity = math.inf
    return Parameter(
        name, 0.0, -infinity, infinity, scale=Scale.LINEAR, prior=Normal(0.0, 1.0), unit="target", labels=labels
    )


def warping(name: str, labels: tuple[str, ...] | None) -> Parameter:
    """One exponent of the Kumaraswamy distribution function, in [0.25, 4]; 1 is no warping."""
    return Parameter(name, 1.0, 0.25, 4.0, prior=LogNormal(0.0, 0.75), labels=labels)
