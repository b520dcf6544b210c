"""What is tuned by `suggest_cost.py`: one space and one curve for both systems. Needs only Python.

Resources go from 1 to 81. The space has six parameters, by name: ("float" or "int", low, high, logarithmic) or
("choice", values).
"""

import math
from collections.abc import Mapping
from typing import Any, Final

MAX_RESOURCE: Final = 81
WORKERS: Final = 4
METRIC: Final = "error"
DOMAINS: Final[dict[str, tuple[Any, ...]]] = {
    "rate": ("float", 1e-4, 1.0, True),
    "momentum": ("float", 0.0, 0.99, False),
    "decay": ("float", 1e-6, 1e-2, True),
    "units": ("int", 8, 256, True),
    "layers": ("int", 1, 6, False),
    "activation": ("choice", ["relu", "tanh"]),
}


def error(config: Mapping[str, Any], epoch: int, noise: float) -> float:
    """The error after an epoch: a valley in all six parameters, a power of the epoch, and some noise (0, 1)."""
    steps = (
        (math.log10(config["rate"]) + 1.5) / 2.5,
        2.0 * (config["momentum"] - 0.8),
        (math.log10(config["decay"]) + 4.5) / 4.0,
        math.log2(config["units"] / 64) / 4.0,
        (config["layers"] - 3) / 5.0,
        0.3 if config["activation"] == "tanh" else 0.0,
    )
    end = 0.1 + 0.5 * sum(step * step for step in steps)
    return end + 0.6 * epoch ** (-0.4 - 0.4 * config["momentum"]) + 0.01 * noise
