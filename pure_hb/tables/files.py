"""WHERE DOES A TABLE COME FROM? A pair of files: ``NAME.npz`` has the numbers, ``NAME.json`` what they mean."""

import zipfile
from pathlib import Path
from typing import Final, Literal

import numpy as np
from attrs import frozen

from pure_hb.codec import CodecError, Json, from_json, parse
from pure_hb.machine import Maximize, Minimize
from pure_hb.space import Choice, Finite, Float, Int, Ordinal, Space
from pure_hb.space.domains import is_number
from pure_hb.tables.errors import TableError
from pure_hb.tables.table import Array, Table, frozen_numbers

_KINDS: Final = {"float": Float, "int": Int, "choice": Choice, "ordinal": Ordinal, "finite": Finite}


_READ: Final = ("metric", "mode", "max_resource", "exact")


@frozen
class _Meaning:  # what is needed of NAME.json
    metric: str
    mode: Literal["min", "max"]
    max_resource: int
    space: Space
    exact: bool = False


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
    configs, metric, elapsed = _read_numbers(numbers)
    table = Table(stem.name, known.space, goal, _indices(known.space, configs), metric, elapsed, exact=known.exact)
    if table.max_resource != known.max_resource:
        raise TableError(f"{meaning}: max_resource is {known.max_resource}; metric has {table.max_resource} columns")
    return table


def _indices(space: Space, configs: Array) -> Array:
    """The columns with the index of each ordinal value, where a file has the numbers themselves."""
    found = np.array(configs)
    for place, (_, domain) in enumerate(space.domains):
        if isinstance(domain, Ordinal) and found.ndim == 2 and place < found.shape[1]:
            found[:, place] = _ordinal_indices(domain, found[:, place])
    return found


def _ordinal_indices(domain: Ordinal, column: Array) -> Array:
    if np.isin(column, np.arange(len(domain.values))).all() or not all(map(is_number, domain.values)):
        return column
    values = np.array(domain.values, dtype=float)
    nearest = np.abs(column[:, np.newaxis] - values).argmin(axis=1)
    return nearest.astype(float) if np.allclose(values[nearest], column, rtol=1e-4, atol=0.0) else column


def _read_meaning(file: Path) -> _Meaning:
    try:
        data = parse(file.read_bytes())
        if not isinstance(data, dict) or not isinstance(data.get("space"), list):
            raise TableError(f"{file}: it is an object whose space is a list with an entry for each column of configs")
        needed = {key: value for key, value in data.items() if key in _READ}
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
            return (
                frozen_numbers(arrays["configs"]),
                frozen_numbers(arrays["metric"]),
                frozen_numbers(arrays["elapsed"]),
            )
    except KeyError as error:
        raise TableError(f"{file}: {error.args[0]}; it has the arrays configs, metric and elapsed") from None
    except (OSError, EOFError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise TableError(f"{file} cannot be read as numpy arrays of numbers: {error}") from None
