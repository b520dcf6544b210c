"""WHERE DOES A NUMBER LIE IN ITS RANGE, ON EVERY MACHINE? From a range to [0, 1] and back: linear, logarithmic,
reverse-logarithmic; and the exp and log that this takes.

The C library chooses its instructions by processor, so the last bits of its exp and log differ between machines. Then a
logarithmic range would give another value for the same draw, and a search would take another course. So they are
computed here from additions, multiplications and divisions, which IEEE 754 defines exactly. They are within two units
in the last place, and mostly the float nearest to the exact number.

    exp(x) = 2^k 2^(j/64) e^r,   x = (64 k + j) ln 2 / 64 + r,   |r| < 0.0055;   e^r by its power series
    log(x) = e ln 2 + log(c) + log(1 + r),   x = 2^e m,   m = c (1 + r),   c = j/128,   |r| < 0.0056;   likewise

Source: Muller, "Elementary Functions: Algorithms and Implementation", 2016.

Over a narrow range the logarithms of both ends share almost all their digits. There the distance from the lower end is
taken relative to that end, which loses none of the digits of the floats in the range.
"""

import math
from collections.abc import Callable
from decimal import Context, Decimal
from functools import cached_property
from typing import Final, Literal, assert_never

from attrs import frozen

from pure_hb.space.domains import Float

# ---- exp and log ---------------------------------------------------------------------------------------------------

_PRECISE: Final = Context(prec=40)
_LN_2: Final = _PRECISE.ln(Decimal(2))
_PARTS: Final = 64


def _with_rest(exact: Decimal) -> tuple[float, float]:
    """The float nearest to a number, and the float nearest to the rest."""
    nearest = float(exact)
    return nearest, float(_PRECISE.subtract(exact, Decimal(nearest)))


def _short(exact: Decimal, unit: float = 2.0**-40) -> tuple[float, float]:
    """A multiple of a unit, so that sums of such numbers and whole numbers times them are exact, and the rest."""
    short = math.floor(float(exact) / unit) * unit
    return short, float(_PRECISE.subtract(exact, Decimal(short)))


_STEP, _STEP_REST = _short(_PRECISE.divide(_LN_2, Decimal(_PARTS)), 2.0**-43)
_ROOTS: Final = tuple(
    _with_rest(_PRECISE.exp(_PRECISE.divide(_PRECISE.multiply(_LN_2, j), _PARTS))) for j in range(_PARTS)
)
"""2^(j/64)."""
_CELLS: Final = 128
_LN_2_SHORT, _LN_2_REST = _short(_LN_2)
_LOGS: Final = {j: _short(_PRECISE.ln(_PRECISE.divide(Decimal(j), _CELLS))) for j in range(90, 182)}
"""log(j/128), for c from sqrt(1/2) to sqrt(2)."""
_HIGHEST, _LOWEST = 709.79, -745.2
"""Beyond, e^x is no float."""


def exp(x: float) -> float:
    """e^x.

    Raises:
        OverflowError: if the result is larger than all floats.
    """
    if x < _LOWEST:
        return 0.0
    if x > _HIGHEST:
        raise OverflowError(f"e^{x!r} is larger than all floats")
    k, root, rest, p = _parts(x)
    return math.ldexp(root + (rest + root * p), k)


def expm1(x: float) -> float:
    """e^x - 1, accurate also for small x."""
    if not -37.0 < x < 37.0:
        return exp(x) - 1.0
    k, root, rest, p = _parts(x)
    return p if k == 0 and root == 1.0 else (math.ldexp(root, k) - 1.0) + math.ldexp(rest + root * p, k)


def _parts(x: float) -> tuple[int, float, float, float]:
    """k, 2^(j/64) with its rest, and e^r - 1."""
    count = round(x / _STEP)
    k, j = divmod(count, _PARTS)
    r = (x - count * _STEP) - count * _STEP_REST
    p = r + r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r / 720))))
    return k, *_ROOTS[j], p


def log(x: float) -> float:
    """The natural logarithm of a positive number.

    Raises:
        ValueError: for x <= 0.
    """
    if not x > 0.0:
        raise ValueError(f"there is no logarithm of {x!r}")
    m, e = math.frexp(x)
    if m < 0.7071067811865476:
        m, e = 2.0 * m, e - 1
    j = round(m * _CELLS)
    c = j / _CELLS
    short, rest = _LOGS[j]
    return (e * _LN_2_SHORT + short) + _log_near_1((m - c) / c, e * _LN_2_REST + rest)


def log1p(x: float) -> float:
    """log(1 + x), accurate also for small x."""
    if -0.0055 < x < 0.0055:
        return _log_near_1(x, 0.0)
    y = 1.0 + x
    return log(y) + (x - (y - 1.0)) / y


def _log_near_1(r: float, more: float) -> float:
    """log(1 + r) + more, for a small r and much less."""
    tail = 1 / 3 - r * (1 / 4 - r * (1 / 5 - r * (1 / 6 - r * (1 / 7 - r / 8))))
    return r + (more - r * r * (1 / 2 - r * tail))


# ---- ranges --------------------------------------------------------------------------------------------------------

Scale = Literal["linear", "log", "reverse-log"]

_NARROW: Final = 1e-3
"""A logarithmic range of less than this relative width is a narrow one."""
DIGITS: Final = 13
"""The most significant digits of values that are drawn or decoded."""


@frozen
class Interval:
    """The numbers from ``low`` to ``high``, and the scale on which their distances are measured: x itself, log x, or
    -log(1 - x)."""

    low: float
    high: float
    scale: Scale = "linear"

    @cached_property
    def relative_width(self) -> float | None:
        """Of a narrow logarithmic range, its width relative to the end it is measured from; None for any other."""
        low, width = self.low, self.high - self.low
        bottom = low if self.scale == "log" else low - 1.0
        return None if self.scale == "linear" or width >= _NARROW * abs(bottom) else width / bottom

    @cached_property
    def scaled(self) -> Callable[[float], float]:
        """The function from a number to its place on the scale."""
        match self.scale:
            case "linear":
                return lambda x: x
            case "log":
                return log
            case "reverse-log":
                return lambda x: -log(1.0 - x)
            case _:
                assert_never(self.scale)

    @cached_property
    def ends(self) -> tuple[float, float]:
        """The place of the lower end on the scale, and the distance of the upper one from there."""
        begin = self.scaled(self.low)
        return begin, self.scaled(self.high) - begin

    def to_unit(self, x: float) -> float:
        """The place of a number in [0, 1], after clipping it to the range; 0 if low = high."""
        x, narrow = clip(x, self.low, self.high), self.relative_width
        if narrow is not None:
            bottom = self.low if self.scale == "log" else self.low - 1.0
            return clip(log1p((x - self.low) / bottom) / log1p(narrow), 0.0, 1.0) if narrow else 0.0
        begin, length = self.ends
        return clip((self.scaled(x) - begin) / length, 0.0, 1.0) if length else 0.0

    def from_unit(self, u: float) -> float:
        """The number of the range at a place in [0, 1]."""
        narrow = self.relative_width
        if narrow is not None:
            bottom = self.low if self.scale == "log" else self.low - 1.0
            return clip(self.low + bottom * expm1(u * log1p(narrow)), self.low, self.high)
        begin, length = self.ends
        if not length:
            return self.low
        y = u * length + begin
        match self.scale:
            case "linear":
                return clip(y, self.low, self.high)
            case "log":
                return clip(exp(y), self.low, self.high)
            case "reverse-log":
                return clip(1.0 - exp(-y), self.low, self.high)
            case _:
                assert_never(self.scale)


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
