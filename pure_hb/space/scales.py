"""WHERE DOES A NUMBER LIE IN ITS RANGE? From a range to [0, 1] and back: linear, logarithmic, reverse-logarithmic.

Over a narrow range the logarithms of both ends share almost all their digits. There the distance from the lower end is
taken relative to that end, which loses none of the digits of the floats in the range.
"""

from functools import cached_property
from typing import Final, Literal, assert_never

from attrs import frozen

from pure_hb.space.domains import Float
from pure_hb.space.elementary import exp, expm1, log, log1p

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
    def ends(self) -> tuple[float, float]:
        """The place of the lower end on the scale, and the distance of the upper one from there."""
        begin = self._scaled(self.low)
        return begin, self._scaled(self.high) - begin

    def to_unit(self, x: float) -> float:
        """The place of a number in [0, 1], after clipping it to the range; 0 if low = high."""
        x, narrow = clip(x, self.low, self.high), self.relative_width
        if narrow is not None:
            bottom = self.low if self.scale == "log" else self.low - 1.0
            return clip(log1p((x - self.low) / bottom) / log1p(narrow), 0.0, 1.0) if narrow else 0.0
        begin, length = self.ends
        return clip((self._scaled(x) - begin) / length, 0.0, 1.0) if length else 0.0

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

    def _scaled(self, x: float) -> float:
        match self.scale:
            case "linear":
                return x
            case "log":
                return log(x)
            case "reverse-log":
                return -log(1.0 - x)
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
