"""WHICH RANDOM NUMBERS ARE USED? Each uniform number is a function of (seed, purpose, clock, attempt, index).

There is no generator state. Each number is one word of a Philox 4x64-10 block (Salmon et al., "Parallel random numbers:
as easy as 1, 2, 3", SC 2011), whose counter is made of these five. So no draw depends on how many came before it, and a
draw never changes with the version of numpy. Only counter-based draws and their conversions belong in this module.
"""

from enum import IntEnum
from typing import Protocol

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

_WORD = (1 << 64) - 1
_MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_ROUNDS = 10

SEED_LIMIT = 1 << 64


class Purpose(IntEnum):
    """The purpose of a draw. The numbers are part of the journal format: they are never reused or changed."""

    BRACKET = 1
    COIN = 2
    CONFIGURATION = 3
    ENUMERATION = 4
    CANDIDATES = 5
    THOMPSON = 6
    FANTASIES = 7
    RESTARTS = 8
    SUBSAMPLE = 9
    THETA = 10
    SPLIT = 11
    NEARBY = 12
    PRIOR = 13


def philox(key: tuple[int, int], counter: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """The Philox 4x64-10 block of four 64-bit words for a key of two words and a counter of four (low word first)."""
    k0, k1 = key
    c0, c1, c2, c3 = counter
    for _ in range(_ROUNDS):
        p0, p1 = _MULTIPLIERS[0] * c0, _MULTIPLIERS[1] * c2
        c0, c1, c2, c3 = (p1 >> 64) ^ c1 ^ k0, p1 & _WORD, (p0 >> 64) ^ c3 ^ k1, p0 & _WORD
        k0, k1 = (k0 + _WEYL[0]) & _WORD, (k1 + _WEYL[1]) & _WORD
    return c0, c1, c2, c3


def uniform(seed: int, purpose: Purpose, clock: int, index: int = 0, attempt: int = 0) -> float:
    """A uniform number in [0, 1) with 53 random bits.

    ``clock`` is the number of accepted events, ``attempt`` and ``index`` (which parameter, which sample) count inside
    one decision. The second word of the key is kept for later versions.
    """
    block = philox((seed, 0), (index >> 2, attempt, clock, int(purpose)))
    return (block[index & 3] >> 11) * 2.0**-53


Uniforms = NDArray[np.float64]

_HALF, _MASK = np.uint64(32), np.uint64(0xFFFFFFFF)
_FACTORS = np.array(_MULTIPLIERS, dtype=np.uint64)[:, None]
_FACTORS_HIGH, _FACTORS_LOW = _FACTORS >> _HALF, _FACTORS & _MASK


class Draws(Protocol):
    """The source of a decision's random numbers; a test can replace it."""

    def uniform(self, purpose: Purpose, index: int = 0, attempt: int = 0) -> float:
        """A number in [0, 1); equal arguments always give the same number."""
        ...

    def uniforms(self, purpose: Purpose, count: int, attempt: int = 0) -> Uniforms:
        """The numbers for the indices 0 .. count - 1, shape (count,)."""
        ...


@frozen
class KeyedDraws:
    """The draws of the decision at ``clock`` under ``seed``."""

    seed: int
    clock: int

    def uniform(self, purpose: Purpose, index: int = 0, attempt: int = 0) -> float:
        """The number in [0, 1) of the function `uniform` for this seed and clock."""
        return uniform(self.seed, purpose, self.clock, index, attempt)

    def uniforms(self, purpose: Purpose, count: int, attempt: int = 0) -> Uniforms:
        """The numbers that `uniform` gives for the indices 0 .. count - 1, shape (count,), to the bit.

        All blocks of `philox` are made at once. Both products of a round are made together, each from halves of 32
        bits."""
        blocks = np.arange((count + 3) >> 2, dtype=np.uint64)
        attempts, clocks, purposes = (
            np.full(len(blocks), word, dtype=np.uint64) for word in (attempt, self.clock, int(purpose))
        )
        even, odd, k0, k1 = np.stack((blocks, clocks)), np.stack((attempts, purposes)), self.seed, 0
        for _ in range(_ROUNDS):
            w1, w0 = even >> _HALF, even & _MASK
            middle = _FACTORS_HIGH * w0 + (_FACTORS_LOW * w0 >> _HALF)
            crossed = _FACTORS_LOW * w1 + (middle & _MASK)
            high, low = _FACTORS_HIGH * w1 + (middle >> _HALF) + (crossed >> _HALF), _FACTORS * even
            even = high[::-1] ^ odd ^ np.array([[k0], [k1]], dtype=np.uint64)
            odd = low[::-1]
            k0, k1 = (k0 + _WEYL[0]) & _WORD, (k1 + _WEYL[1]) & _WORD
        words = np.stack((even[0], odd[0], even[1], odd[1]), axis=1).reshape(-1)[:count]
        return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normals(draws: Draws, purpose: Purpose, rows: int, columns: int, attempt: int = 0) -> Uniforms:
    """Standard normal numbers of shape (rows, columns). They go through scipy's inverse of the normal distribution
    function, whose last bits another version of scipy may change."""
    from scipy.special import ndtri

    found = draws.uniforms(purpose, rows * columns, attempt)
    return np.asarray(ndtri(np.maximum(found, 2.0**-54)), dtype=np.float64).reshape(rows, columns)


def choose_index(u: float, weights: tuple[float, ...]) -> int:
    """The index i that a uniform number u in [0, 1) selects with probability weights[i] / sum(weights)."""
    target = u * sum(weights)
    reached = 0.0
    for index, weight in enumerate(weights):
        reached += weight
        if target < reached:
            return index
    return len(weights) - 1
