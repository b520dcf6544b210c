"""WHAT IS FITTED? Parameters with names, units, bounds and priors; as named values for people and JSON, and as one
vector for the optimiser.

A `Specification` lists the parameters of a model; `Parameters` are numbers for them. Numbers are in *natural* units.
The optimiser works on *internal* coordinates: the logarithm of each parameter that must be positive.
"""

import math
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cached_property
from typing import Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pure_hb.surrogate.arrays import Array, Values
from pure_hb.surrogate.priors import AnyPrior, Flat, Penalty, penalty

_LINEAR_STEP: Final = 0.3
_SLACK: Final = 1e-9
"""The share of a bound by which a parameter may be outside."""
DIGITS: Final = (4, 6, 8)
"""Fitted parameters that a search goes on with have the first of these numbers of significant digits with which they
are as likely as they were; the last one in any case."""

Named = float | tuple[float, ...]


class ParameterError(ValueError):
    """Parameters that do not fit the model. The message names them, and what the model has."""


class Scale(Enum):
    """The internal coordinate of a parameter theta."""

    LOG = "log(theta)"
    LINEAR = "theta"
    LOG_OF_NEGATIVE = "log(-theta)"


@frozen
class Parameter:
    """One parameter of a model: a vector with an entry for each label, or a scalar if ``labels`` is None.

    ``initial``, ``lower`` and ``upper`` are in natural units. ``unit`` is for display: *target* is one standard
    deviation of the targets, *cube* the side of the unit cube of encoded configurations.
    """

    name: str
    initial: float
    lower: float
    upper: float
    scale: Scale = Scale.LOG
    prior: AnyPrior = Flat()  # noqa: RUF009  # immutable
    unit: str = ""
    labels: tuple[str, ...] | None = None
    again: tuple[float, float] = (-math.inf, math.inf)
    """The second start of a fit clips the best end point so far to this range, in natural units."""
    opposite: float | None = None
    """The third start of a fit has this number instead of the initial one, in natural units; None: the initial one."""
    switched: tuple[float, float] | None = None
    """Neighbours of an end point have one entry switched: from what is nearer to the first of these positive numbers to
    the second, and back; in natural units."""
    least: float = -math.inf
    """Fits end at this number or above, in natural units; numbers from elsewhere may be as low as ``lower``."""

    @property
    def size(self) -> int:
        """The number of entries."""
        return 1 if self.labels is None else len(self.labels)

    def internal(self, theta: float) -> float:
        """The internal coordinate of theta, given in natural units."""
        match self.scale:
            case Scale.LOG:
                return math.log(theta)
            case Scale.LINEAR:
                return theta
            case Scale.LOG_OF_NEGATIVE:
                return math.log(-theta)

    @property
    def lowest(self) -> float:
        """The smallest number at which a fit may end, in natural units."""
        return max(self.lower, self.least)

    @property
    def bounds(self) -> tuple[float, float]:
        """The bounds of a fit in internal coordinates, the lower one first."""
        low, high = (self.internal(bound) if math.isfinite(bound) else bound for bound in (self.lowest, self.upper))
        return (low, high) if low <= high else (high, low)


@frozen(repr=False)
class Parameters:
    """Parameter values by name, in natural units: a float for a scalar, a tuple for a vector.

    They print as a table, and are indexed by name. `to_json` and `Specification.from_json` are exact inverses.
    """

    names: tuple[str, ...]
    values: tuple[Named, ...]
    units: tuple[str, ...] = ()
    labels: tuple[tuple[str, ...] | None, ...] = ()

    def __getitem__(self, name: str) -> Named:
        try:
            return self.values[self.names.index(name)]
        except ValueError:
            raise KeyError(f"no parameter {name!r}; there are: {', '.join(self.names)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __repr__(self) -> str:
        rows = []
        labels = self.labels or (None,) * len(self.names)
        units = self.units or ("",) * len(self.names)
        for name, value, unit, label in zip(self.names, self.values, units, labels, strict=True):
            numbers = [f"{number:.6g}" for number in (value if isinstance(value, tuple) else (value,))]
            told = [f"{one}: {number}" for one, number in zip(label, numbers, strict=True)] if label else numbers
            rows.append(f"{name:<28} {', '.join(told)}" + (f"   [{unit}]" if unit else ""))
        return "\n".join(rows)

    def as_arrays(self) -> Values:
        """The values as arrays for a model: shape () for a scalar, (k,) for a vector."""
        return {name: np.asarray(value, dtype=np.float64) for name, value in zip(self.names, self.values, strict=True)}

    def to_json(self) -> dict[str, float | list[float]]:
        """The values by name as plain floats and lists."""
        pairs = zip(self.names, self.values, strict=True)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in pairs}


@frozen
class Specification:
    """The parameters of a model. Their order is that of the optimiser's vector, and of the random draws of its
    starts."""

    parameters: tuple[Parameter, ...]

    @cached_property
    def size(self) -> int:
        """The number of internal coordinates."""
        return sum(one.size for one in self.parameters)

    @property
    def initial(self) -> Parameters:
        """The initial value of every parameter: the first start of a fit."""
        return self._named({one.name: np.full(one.size, one.initial) for one in self.parameters})

    @cached_property
    def bounds(self) -> tuple[Array, Array]:
        """Lower and upper bounds in internal coordinates, shape (size,) each; infinite where there is no bound."""
        pairs = [one.bounds for one in self.parameters for _ in range(one.size)]
        return np.array([low for low, _ in pairs]), np.array([high for _, high in pairs])

    def from_json(self, numbers: Mapping[str, object]) -> Parameters:
        """The parameters from the output of `Parameters.to_json`.

        Raises:
            ParameterError: naming what is missing, unknown, out of bounds or not a number.
        """
        return self.checked({name: _plain(name, value) for name, value in numbers.items()})

    def checked(self, numbers: Mapping[str, Named]) -> Parameters:
        """These numbers as `Parameters`.

        Raises:
            ParameterError: if the names are not exactly those of the model, or a value has the wrong size or is out of
                bounds.
        """
        known = {one.name for one in self.parameters}
        if set(numbers) != known:
            wrong = [f"missing: {name}" for name in sorted(known - set(numbers))]
            wrong += [f"unknown: {name}" for name in sorted(set(numbers) - known)]
            raise ParameterError(f"the model has the parameters {', '.join(sorted(known))}; {'; '.join(wrong)}")
        for one in self.parameters:
            value = numbers[one.name]
            entries = value if isinstance(value, tuple) else (value,)
            if (one.labels is None) is isinstance(value, tuple) or len(entries) != one.size:
                wanted = "one number" if one.labels is None else f"{one.size} numbers ({', '.join(one.labels)})"
                raise ParameterError(f"{one.name} is {value!r}; it takes {wanted}")
            low, high = one.lower - _SLACK * abs(one.lower), one.upper + _SLACK * abs(one.upper)
            for entry in entries:
                if not math.isfinite(entry):
                    raise ParameterError(f"{one.name} is {entry!r}; it takes finite numbers")
                if not low <= entry <= high:
                    raise ParameterError(f"{one.name} is {entry!r}, outside its bounds {one.lower:g} to {one.upper:g}")
        return self._named({name: np.asarray(value, dtype=np.float64) for name, value in numbers.items()})

    def again(self, vector: Array) -> Array:
        """The second start of a fit: the end point ``vector``, clipped to the range `Parameter.again` of each
        parameter. Internal coordinates, shape (size,)."""
        moved = self.to_values(vector)
        for one in self.parameters:
            moved[one.name] = np.clip(moved[one.name], *one.again)
        return self.to_vector(moved)

    def opposite(self, vector: Array) -> Array:
        """The third start of a fit: ``vector`` with the number `Parameter.opposite` where a parameter has one. Internal
        coordinates, shape (size,)."""
        moved = self.to_values(vector)
        for one in self.parameters:
            if one.opposite is not None:
                moved[one.name] = np.full_like(moved[one.name], one.opposite)
        return self.to_vector(moved)

    def neighbours(self, vector: Array) -> Iterator[Array]:
        """Further starts of a fit: the end point ``vector`` with one entry of one parameter switched
        (`Parameter.switched`), each in turn. Internal coordinates, shape (size,) each."""
        for one in self.parameters:
            if one.switched is None:
                continue
            low, high = one.switched
            for entry in range(one.size):
                moved = self.to_values(vector)
                values = np.atleast_1d(moved[one.name]).copy()
                values[entry] = high if values[entry] ** 2 < low * high else low
                moved[one.name] = values.reshape(moved[one.name].shape)
                yield self.to_vector(moved)

    def to_vector(self, values: Values) -> Array:
        """From natural units by name to internal coordinates, shape (size,)."""
        vector = self.joined(values) * self._plan.signs
        np.log(vector, out=vector, where=self._plan.is_log)
        return vector

    def to_values(self, vector: Array) -> dict[str, Array]:
        """From internal coordinates, shape (size,), to natural units by name."""
        return self.split(self.natural(vector))

    def natural(self, vector: Array) -> Array:
        """From internal coordinates to a vector in natural units, both of shape (size,)."""
        natural = vector.copy()
        np.exp(vector, out=natural, where=self._plan.is_log)
        natural *= self._plan.signs
        return natural

    def split(self, natural: Array) -> dict[str, Array]:
        """From a vector in natural units to arrays by name: shape () for a scalar, (k,) for a vector."""
        return {name: np.asarray(natural[place]) for name, place in self._plan.places}

    def joined(self, values: Values) -> Array:
        """From arrays by name (values or a gradient in natural units) to one vector, shape (size,)."""
        vector = np.empty(self.size)
        for name, place in self._plan.places:
            vector[place] = values[name]
        return vector

    def rounded(self, numbers: Parameters, digits: int = DIGITS[0]) -> Parameters:
        """The same parameters rounded to so many significant digits, inside the bounds of a fit. Fits on different
        processors end some digits apart, at points whose likelihoods do not differ; rounded, most of them agree."""

        values = {}
        for one in self.parameters:
            few = [float(f"{number:.{digits}g}") for number in np.atleast_1d(numbers[one.name])]
            values[one.name] = np.clip(few, one.lowest, one.upper)
        return self._named(values)

    def to_parameters(self, vector: Array) -> Parameters:
        """From internal coordinates, shape (size,), to `Parameters`."""
        return self._named(self.to_values(vector))

    def chained(self, natural: Array, gradient: Array) -> Array:
        """The chain rule for vectors of shape (size,): d theta / d log(theta) and d theta / d log(-theta) are both
        theta."""
        return gradient * np.where(self._plan.is_log, natural, 1.0)

    def penalties(self, values: Values) -> dict[str, float]:
        """The prior term (negative log density, in nats) of each parameter, summed over its entries."""
        return {one.name: penalty(one.prior, np.atleast_1d(values[one.name]))[0] for one in self.parameters}

    def penalty(self, natural: Array) -> tuple[float, Array]:
        """The sum of all prior terms at a vector in natural units, and its derivative there, shape (size,)."""
        return self._plan.penalty(natural)

    @property
    def steps(self) -> Array:
        """The scale of each internal coordinate for the optimiser, shape (size,): 1 for logarithms, 0.3 for coordinates
        that are not logarithms."""
        return np.where(self._plan.is_log, 1.0, _LINEAR_STEP)

    @cached_property
    def _plan(self) -> "_Plan":
        places: list[tuple[str, slice | int]] = []
        priors: list[AnyPrior] = []
        scales: list[Scale] = []
        for one in self.parameters:
            start = len(scales)
            places.append((one.name, start if one.labels is None else slice(start, start + one.size)))
            priors += [one.prior] * one.size
            scales += [one.scale] * one.size
        return _Plan(
            tuple(places),
            np.array([scale is not Scale.LINEAR for scale in scales]),
            np.array([-1.0 if scale is Scale.LOG_OF_NEGATIVE else 1.0 for scale in scales]),
            Penalty(priors),
        )

    def _named(self, values: Values) -> Parameters:
        numbers: list[Named] = []
        for one in self.parameters:
            entries = tuple(float(entry) for entry in np.atleast_1d(values[one.name]))
            numbers.append(entries[0] if one.labels is None else entries)
        return Parameters(
            tuple(one.name for one in self.parameters),
            tuple(numbers),
            tuple(one.unit for one in self.parameters),
            tuple(one.labels for one in self.parameters),
        )


@frozen(eq=False)
class _Plan:
    """The place, scale, sign and prior of each coordinate of the vector."""

    places: tuple[tuple[str, slice | int], ...]
    is_log: NDArray[np.bool_]
    signs: Array
    penalty: Penalty


def _plain(name: str, value: object) -> Named:
    if isinstance(value, list | tuple):
        return tuple(_number(name, entry) for entry in value)
    return _number(name, value)


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ParameterError(f"{name} is {value!r}; it takes numbers")
    try:
        return float(value)
    except OverflowError:  # an integer beyond all floats
        return math.inf
