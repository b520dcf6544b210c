"""WHERE DOES A NUMBER LIE IN ITS RANGE? From a range to [0, 1] and back: linear, logarithmic, reverse-logarithmic.

Over a narrow range the logarithms of both ends share almost all their digits. There the distance from the lower end is
taken relative to that end, which loses none of the digits of the floats in the range.
"""

import math
import struct
from typing import Final, Literal, assert_never

from pure_hb.space.domains import Float, Int
from pure_hb.space.elementary import exp, expm1, log, log1p

Scale = Literal["linear", "log", "reverse-log"]

_NARROW: Final = 1e-3
"""A logarithmic range of less than this width is a narrow one."""
FEW_FLOATS: Final = 2**16
"""A range with at most this many floats counts as a list of them: it can be exhausted, and enumerated."""
_FINEST: Final = 1e-9
DIGITS: Final = 13
"""The most significant digits of values that are drawn or decoded."""


def scale_of(domain: Float | Int) -> Scale:
    """The scale on which distances in the domain are measured."""
    if isinstance(domain, Float) and domain.reverse_log:
        return "reverse-log"
    return "log" if domain.log else "linear"


def scaled(x: float, scale: Scale) -> float:
    """A number on its scale."""
    match scale:
        case "linear":
            return x
        case "log":
            return log(x)
        case "reverse-log":
            return -log(1.0 - x)
        case _:
            assert_never(scale)


def unscaled(y: float, scale: Scale) -> float:
    """The number at a point of a scale: the inverse of `scaled`."""
    match scale:
        case "linear":
            return y
        case "log":
            return exp(y)
        case "reverse-log":
            return 1.0 - exp(-y)
        case _:
            assert_never(scale)


def clip(x: float, low: float, high: float) -> float:
    """The number in [low, high] nearest to x."""
    return min(max(x, low), high)


def shortened(x: float, domain: Float) -> float:
    """A number of a domain rounded to 13 significant digits, so that the last bits of a computation do not decide on a
    configuration. It is unchanged in a domain so narrow that these digits would not distinguish its numbers."""
    low, high = domain.low, domain.high
    if domain.reverse_log or high - low < 0.1 * max(abs(low), abs(high)):
        return x
    return clip(float(f"{x:.{DIGITS}g}"), low, high)


def to_unit(x: float, low: float, high: float, scale: Scale) -> float:
    """The place of a number of [low, high] in [0, 1]; 0 if low = high."""
    x, narrow = clip(x, low, high), _relative_width(low, high, scale)
    if narrow is not None:
        bottom = low if scale == "log" else low - 1.0
        return clip(log1p((x - low) / bottom) / log1p(narrow), 0.0, 1.0) if narrow else 0.0
    begin, end = scaled(low, scale), scaled(high, scale)
    return clip((scaled(x, scale) - begin) / (end - begin), 0.0, 1.0) if begin != end else 0.0


def from_unit(u: float, low: float, high: float, scale: Scale) -> float:
    """The number of [low, high] at a place in [0, 1]."""
    narrow = _relative_width(low, high, scale)
    if narrow is not None:
        bottom = low if scale == "log" else low - 1.0
        return clip(low + bottom * expm1(u * log1p(narrow)), low, high)
    begin, end = scaled(low, scale), scaled(high, scale)
    return low if begin == end else clip(unscaled(u * (end - begin) + begin, scale), low, high)


def _relative_width(low: float, high: float, scale: Scale) -> float | None:
    """Of a narrow logarithmic range, its width relative to the end it is measured from; else None."""
    if scale == "linear" or high - low >= _NARROW * (low if scale == "log" else 1.0 - low):
        return None
    return (high - low) / (low if scale == "log" else low - 1.0)


# ---- where floats are few ------------------------------------------------------------------------------------------


def is_narrow(domain: Float) -> bool:
    """Whether the domain is a narrow logarithmic range, see the module."""
    return _relative_width(domain.low, domain.high, scale_of(domain)) is not None


def float_count(low: float, high: float) -> int:
    """The number of floats from low to high, both included; 0.0 and -0.0 are one."""
    return _rank(high) - _rank(low) + 1


def float_at(low: float, index: int) -> float:
    """The float ``index`` steps above low."""
    rank = _rank(low) + index
    (found,) = struct.unpack("<d", struct.pack("<q", abs(rank)))
    return float(math.copysign(found, rank)) if rank else 0.0


def _rank(x: float) -> int:
    """The place of a float among all of them; 0.0 has 0."""
    (bits,) = struct.unpack("<q", struct.pack("<d", abs(x)))
    return int(bits) if x > 0 else -int(bits)


def is_coarse(domain: Float) -> bool:
    """Whether floats are so far apart that the place of a drawn value in the unit cube differs from the uniform
    number."""
    low, high = domain.low, domain.high
    if low == high:
        return False
    if is_narrow(domain):
        return True
    if domain.log:
        return math.ulp(low) > _FINEST * low  # subnormal
    if domain.reverse_log:
        return _FINEST * (1.0 - high) < 2.0**-53
    return max(math.ulp(low), math.ulp(high)) > _FINEST * (high - low)
