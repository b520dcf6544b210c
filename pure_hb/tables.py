"""WHAT DOES A RECORDED CURVE SAY? Tables of learning curves, and their answer to any configuration.

A table is a pair of files: ``NAME.npz`` has the numbers, ``NAME.json`` what they mean. It answers for a configuration
by its nearest row: Euclidean distance over the encoded unit cube, choices one-hot (those with two values too), ints in
an interval widened by a half on both sides before the logarithm, ties to the lowest row. That is *not* the encoding of
`pure_hb.space`, in which a choice of two values is one coordinate.
"""

import math
import zipfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from pure_hb.codec import CodecError, Json, from_json, parse
from pure_hb.machine import Goal, Maximize, Minimize
from pure_hb.problems import Answer
from pure_hb.space import Choice, Domain, Float, Int, Space, Value
from pure_hb.space.domains import is_number, plain
from pure_hb.space.scales import clip

Array = NDArray[np.float64]

_MARGIN: Final = 1e-8


class TableError(ValueError):
    """A table that cannot be used, or a question that it cannot answer; the message says what would be right."""


def _numbers(given: Any) -> Array:
    array = np.array(given, dtype=np.float64)
    array.setflags(write=False)
    return array


@frozen(eq=False, repr=False)
class Table:
    """Recorded learning curves of n configurations over the resources 1 to R.

    Raises:
        TableError: if shapes do not fit, or numbers cannot be what they should be.
    """

    name: str
    space: Space
    """`Float`, `Int` and `Choice` parameters, in the order of the columns of ``configs``."""
    goal: Goal
    configs: Array = field(converter=_numbers)
    """Shape (n, d), in natural units; of a choice the index of its value."""
    values: Array = field(converter=_numbers)
    """Shape (n, R): the metric after resource 1, ..., R. NaN: training had diverged, or nothing was recorded."""
    seconds: Array = field(converter=_numbers)
    """Shape (n, R): seconds from the start of training to the end of resource 1, ..., R."""
    _rows: dict[tuple[float, ...], int] = field(factory=dict, init=False)
    """What `row` has answered already."""

    def __attrs_post_init__(self) -> None:
        found = _shape_faults(self) or _number_faults(self)
        if found:
            raise TableError(f"The table {self.name} cannot be used.\n" + "\n".join(f"  {fault}" for fault in found))

    def __repr__(self) -> str:
        rows, parameters = self.configs.shape
        return f"<table {self.name}: {rows} configurations of {parameters} parameters, {self.max_resource} resources>"

    @property
    def max_resource(self) -> int:
        """R, the last resource that was recorded."""
        return int(self.values.shape[1])

    # ---- answers ---------------------------------------------------------------------------------------------------

    def row(self, config: Mapping[str, Value]) -> int:
        """The row that answers for a configuration: the nearest one, the lowest of equally near ones.

        Numbers outside the space count as its border; names that the table does not have are passed over.

        Raises:
            TableError: if a parameter is missing, a number is none, or a value of a choice is no entry of it.
        """
        natural = tuple(_natural(name, domain, config) for name, domain in self.space.domains)
        known = self._rows.get(natural)
        if known is None:
            gaps = self._codes - np.array(_encode(self.space, natural))
            known = self._rows[natural] = int(np.argmin((gaps * gaps).sum(axis=1)))
        return known

    def value(self, row: int, resource: int) -> float:
        """The metric of a row after a resource of 1 to R, in the table's own sign; NaN where training had diverged.

        Raises:
            TableError: for a row or a resource that the table does not have.
        """
        self._check(row, resource, 1)
        return float(self.values[row, resource - 1])

    def elapsed(self, row: int, resource: int) -> float:
        """Seconds from the start of training to the end of a resource of 0 (no time has passed) to R.

        Raises:
            TableError: for a row or a resource that the table does not have.
        """
        self._check(row, resource, 0)
        return float(self.seconds[row, resource - 1]) if resource else 0.0

    def answer(self, config: Mapping[str, Value], resource: int) -> Answer:
        """Metric and seconds of the row that answers for a configuration, after a resource of 1 to R.

        Raises:
            TableError: as `row`, and for a resource that the table does not have.
        """
        row = self.row(config)
        return Answer(self.value(row, resource), self.elapsed(row, resource))

    def _check(self, row: int, resource: int, lowest: int) -> None:
        if not (0 <= row < len(self.configs) and lowest <= resource <= self.max_resource):
            limits = f"rows 0 to {len(self.configs) - 1}, resources {lowest} to {self.max_resource}"
            raise TableError(f"the table {self.name} has no row {row} at resource {resource}; it has {limits}")

    # ---- how good is a value? --------------------------------------------------------------------------------------

    @property
    def best(self) -> float:
        """The best finite value of any row at any resource, in the table's own sign."""
        return self.goal.to_minimise(self._scale[0])

    @property
    def median(self) -> float:
        """The median over rows of the value at R, in the table's own sign; what is not finite counts as `worst`."""
        return self.goal.to_minimise(self._scale[1])

    @property
    def worst(self) -> float:
        """The worst finite value of any row at any resource, in the table's own sign."""
        return self.goal.to_minimise(self._scale[2])

    def regret(self, value: float) -> float:
        """The normalised regret (value - best) / (median - best) of a value in the table's own sign: 0 is the best of
        the table, 1 a median configuration trained to R. Infinite for worse than best where median and best are equal.
        """
        best, median, _ = self._scale
        gap = self.goal.to_minimise(value) - best
        if median == best:
            return gap * math.inf if gap else 0.0
        return gap / (median - best)

    @cached_property
    def _scale(self) -> tuple[float, float, float]:
        """Best, median final and worst value, to be minimised."""
        signed = self.values if isinstance(self.goal, Minimize) else -self.values
        finite, finals = signed[np.isfinite(signed)], signed[:, -1]
        worst = float(finite.max())
        return float(finite.min()), float(np.median(np.where(np.isfinite(finals), finals, worst))), worst

    @cached_property
    def _codes(self) -> Array:
        """All rows in the unit cube."""
        return np.array([_encode(self.space, tuple(row)) for row in self.configs.tolist()])


# ---- a configuration in the unit cube ------------------------------------------------------------------------------


def _natural(name: str, domain: Domain, config: Mapping[str, Value]) -> float:
    """The number that stands for a parameter's value in the table's columns."""
    if name not in config:
        raise TableError(f"{name} is missing in {config!r}; the table needs a value for it")
    value = plain(config[name])
    if isinstance(domain, Choice):
        if value not in domain.values:
            raise TableError(f"{name} is {value!r}; in the table it is one of {', '.join(map(repr, domain.values))}")
        return float(domain.values.index(value))
    if not is_number(value) or math.isnan(value):
        raise TableError(f"{name} is {value!r}; in the table it is a number")
    return float(value)


def _encode(space: Space, natural: tuple[float, ...]) -> list[float]:
    pairs = zip(space.domains, natural, strict=True)
    return [code for (_, domain), number in pairs for code in _coordinates(domain, number)]


def _coordinates(domain: Domain, number: float) -> list[float]:
    match domain:
        case Choice(values=entries):
            return [1.0 if index == number else 0.0 for index in range(len(entries))]
        case Int(low=low, high=high, log=log):
            return [_to_unit(number, low - 0.5 + _MARGIN, high + 0.5 - _MARGIN, log)]
        case Float(low=low, high=high, log=log):
            return [_to_unit(number, low, high, log)]
        case _:
            raise TypeError(f"{type(domain).__name__} has no place in a table")


def _to_unit(number: float, low: float, high: float, log: bool) -> float:
    inside = clip(number, low, high)
    if log:
        low, high, inside = math.log(low), math.log(high), math.log(inside)
    return clip((inside - low) / (high - low), 0.0, 1.0) if low < high else 0.0


# ---- all that can be wrong with the numbers ------------------------------------------------------------------------


def _shape_faults(table: Table) -> list[str]:
    others = [name for name, domain in table.space.domains if not _fits(domain)]
    if others:
        return [f"{', '.join(others)}: a parameter of a table is a Float, an Int or a Choice, without reverse_log"]
    width = len(table.space.domains)
    configs, values, seconds = table.configs.shape, table.values.shape, table.seconds.shape
    if len(configs) != 2 or configs[0] < 1 or configs[1] != width:
        return [f"configs has shape {configs}; for {width} parameters it is (n, {width}), n >= 1"]
    if len(values) != 2 or values[0] != configs[0] or values[1] < 1:
        return [f"metric has shape {values}; for {configs[0]} configurations it is ({configs[0]}, R), R >= 1"]
    return [] if seconds == values else [f"elapsed has shape {seconds}; it is that of metric, {values}"]


def _fits(domain: Domain) -> bool:
    return isinstance(domain, Int | Choice) or (isinstance(domain, Float) and not domain.reverse_log)


def _number_faults(table: Table) -> list[str]:
    columns = zip(table.space.domains, table.configs.T, strict=True)
    found = [fault for (name, domain), column in columns for fault in _column_faults(name, domain, column)]
    if not np.isfinite(table.values).any():
        found.append("metric has no finite value; at least one is needed")
    sound = np.isfinite(table.seconds) & (np.diff(table.seconds, axis=1, prepend=0.0) >= 0.0)
    for row, place in np.argwhere(~sound)[:1].tolist():
        seconds = float(table.seconds[row, place])
        found.append(f"elapsed is {seconds!r} in row {row} at resource {place + 1}; it is finite and never falls")
    return found


def _column_faults(name: str, domain: Domain, column: Array) -> list[str]:
    if isinstance(domain, Choice):
        sound, limit = np.isin(column, np.arange(len(domain.values))), f"an index from 0 to {len(domain.values) - 1}"
    else:
        sound, limit = np.isfinite(column), "a finite number"
    bad = np.flatnonzero(~sound)[:1]
    return [f"{name} is {float(column[row])!r} in row {row} of configs; it is {limit}" for row in bad]


# ---- files ---------------------------------------------------------------------------------------------------------

_KINDS: Final = {"float": Float, "int": Int, "choice": Choice}


@frozen
class _Meaning:  # what is needed of NAME.json
    metric: str
    mode: Literal["min", "max"]
    max_resource: int
    space: Space


def load_table(path: str | Path) -> Table:
    """The table of a pair of files, given by either of them or by their common path without a suffix.

    Raises:
        TableError: if a file is missing or cannot be read, or if the table is unsound.
    """
    given = Path(path)
    stem = given.with_suffix("") if given.suffix in (".npz", ".json") else given
    numbers, meaning = (stem.with_name(stem.name + suffix) for suffix in (".npz", ".json"))
    missing = [str(file) for file in (numbers, meaning) if not file.is_file()]
    if missing:
        raise TableError(f"there is no file {' or '.join(missing)}; a table is a pair, NAME.npz and NAME.json")
    known = _read_meaning(meaning)
    goal = Minimize(known.metric) if known.mode == "min" else Maximize(known.metric)
    table = Table(stem.name, known.space, goal, *_read_numbers(numbers))
    if table.max_resource != known.max_resource:
        raise TableError(f"{meaning}: max_resource is {known.max_resource}; metric has {table.max_resource} columns")
    return table


def _read_meaning(file: Path) -> _Meaning:
    try:
        data = parse(file.read_bytes())
        if not isinstance(data, dict) or not isinstance(data.get("space"), list):
            raise TableError(f"{file}: it is an object whose space is a list with an entry for each column of configs")
        needed = {key: value for key, value in data.items() if key in ("metric", "mode", "max_resource")}
        return from_json({**needed, "space": [_pair(file, entry) for entry in data["space"]]}, _Meaning)
    except (OSError, CodecError) as error:
        raise TableError(f"{file}: {error}") from None


def _pair(file: Path, entry: Json) -> tuple[Json, Json]:
    """The name and the domain of a parameter, as the codec reads them."""
    if not isinstance(entry, dict) or entry.get("type") not in tuple(_KINDS) or "name" not in entry:
        kinds = ", ".join(f'"{kind}"' for kind in _KINDS)
        raise TableError(f"{file}: the parameter {entry!r} is no object with a name and a type, one of {kinds}")
    fields = {key: value for key, value in entry.items() if key != "name"}
    return entry["name"], {**fields, "type": _KINDS[entry["type"]].__name__}


def _read_numbers(file: Path) -> tuple[Array, Array, Array]:
    try:
        with file.open("rb") as opened, np.load(opened) as arrays:
            return _numbers(arrays["configs"]), _numbers(arrays["metric"]), _numbers(arrays["elapsed"])
    except KeyError as error:
        raise TableError(f"{file}: {error.args[0]}; it has the arrays configs, metric and elapsed") from None
    except (OSError, EOFError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise TableError(f"{file} cannot be read as numpy arrays of numbers: {error}") from None
