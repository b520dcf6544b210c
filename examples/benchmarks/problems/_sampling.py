"""HOW IS CHANCE MADE REPEATABLE? Draws of configurations, and noise that is a function of what is asked."""

import hashlib
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any, Final

import pure_hb as hb
from pure_hb.draws import Purpose, uniform
from pure_hb.space import draw, match_key

_STANDARD: Final = NormalDist()


def random_configurations(space: hb.Space, count: int, seed: int = 0) -> list[hb.Configuration]:
    """So many random configurations of a space, the same ones each time."""
    return [
        draw(space, lambda index, clock=clock: uniform(seed, Purpose.CONFIGURATION, clock, index))
        for clock in range(count)
    ]


def noise(space: hb.Space, config: Mapping[str, Any], resource: int, seed: int) -> float:
    """A standard normal number that depends on the configuration, the resource and the seed, and on nothing else."""
    asked = f"{seed}|{resource}|{match_key(space, config)}".encode()
    word = int.from_bytes(hashlib.blake2b(asked, digest_size=8).digest(), "big")
    return _STANDARD.inv_cdf((word + 0.5) / 2.0**64)
