"""HOW DO OTHERS SEE A SPACE? Every parameter that is searched as an axis of one of three kinds, and values back.

Lists are searched by position, so that their values come back exactly: ordered ones as whole numbers, the others as
choices. The positions of a `Finite` are on its own scale, so a logarithm is in them already. Constants, and ranges of
one value, are no axes.
"""

import math
from collections.abc import Mapping
from typing import Any, Literal, assert_never

from attrs import frozen

import pure_hb as hb
from pure_hb.space.domains import Domain, Value, plain
from pure_hb.space.grids import value_at

Kind = Literal["real", "whole", "choice"]


@frozen
class Axis:
    """A parameter as others see it: numbers from low to high, both included."""

    name: str
    domain: Domain
    kind: Kind
    low: float
    high: float
    log: bool = False

    def value(self, raw: Any) -> Value:
        """The value of the domain at a number of the axis."""
        number = min(max(plain(raw), self.low), self.high)
        match self.domain:
            case hb.Float(low=low, high=high, reverse_log=reverse):
                return min(max(-math.expm1(-number) if reverse else float(number), low), high)
            case hb.Int():
                return round(number)
            case _:
                return value_at(self.domain, round(number))

    def at(self, share: float) -> Value:
        """The value at a share from 0 to 1 of the axis; whole numbers and choices have equal parts of it."""
        if self.kind == "choice" or (self.kind == "whole" and not self.log):
            count = int(self.high - self.low) + 1
            return self.value(self.low + min(int(share * count), count - 1))
        if not self.log:
            return self.value(self.low + share * (self.high - self.low))
        return self.value(math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low))))


def axis(name: str, domain: Domain) -> Axis | None:
    """A parameter as an axis; None: it has one value."""
    match domain:
        case hb.Float(low=low, high=high, log=log, reverse_log=reverse):
            low, high = (-math.log1p(-low), -math.log1p(-high)) if reverse else (low, high)
            found = Axis(name, domain, "real", low, high, log)
        case hb.Int(low=low, high=high, log=log):
            found = Axis(name, domain, "whole", low, high, log)
        case hb.Finite(size=size):
            found = Axis(name, domain, "whole", 0, size - 1)
        case hb.Ordinal(values=values):
            found = Axis(name, domain, "whole", 0, len(values) - 1)
        case hb.Choice(values=values):
            found = Axis(name, domain, "choice", 0, len(values) - 1)
        case hb.Constant():
            return None
        case _:
            assert_never(domain)
    return found if found.low < found.high else None


@frozen
class Axes:
    """A space as others see it."""

    space: hb.Space
    axes: tuple[Axis, ...]

    def config(self, raw: Mapping[str, Any]) -> hb.Configuration:
        """The configuration of numbers of the axes."""
        by_name = {one.name: one.value(raw[one.name]) for one in self.axes}
        return hb.Configuration({name: by_name.get(name, _only(domain)) for name, domain in self.space.domains})

    def config_at(self, shares: Any) -> hb.Configuration:
        """The configuration at shares from 0 to 1, one for each axis."""
        by_name = {one.name: one.at(float(share)) for one, share in zip(self.axes, shares, strict=True)}
        return hb.Configuration({name: by_name.get(name, _only(domain)) for name, domain in self.space.domains})


def _only(domain: Domain) -> Value:
    """The first value of a domain: the only one of those that are no axes."""
    match domain:
        case hb.Constant(value=value):
            return value
        case hb.Float(low=low) | hb.Int(low=low):
            return low
        case _:
            return value_at(domain, 0)


def axes_of(space: hb.Space) -> Axes:
    """A space as others see it."""
    found = (axis(name, domain) for name, domain in space.domains)
    return Axes(space, tuple(one for one in found if one is not None))
