"""Kind `space`: domains, encoding, match keys, draws, initial points and random suggestions."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pure_hb.draws import Purpose, Uniforms
from pure_hb.search import RandomSearch, View
from pure_hb.space import (
    Choice,
    Configuration,
    Constant,
    Domain,
    Finite,
    Float,
    Int,
    Ordinal,
    Space,
    SpaceError,
    bounds,
    decode,
    default_configuration,
    dimension,
    draw,
    draw_value,
    encode,
    grid_size,
    initial_points,
    match_key,
    slices,
)
from tests.conformance.keys import same_key
from tests.conformance.outcome import Document, Outcome, compared, failed, passed, skipped

RELATIVE, ABSOLUTE = 1e-12, 1e-14
INFINITE = 2**20  # the reference calls a larger space infinite


def domain(given: Mapping[str, Any]) -> Domain:
    match given["type"]:
        case "uniform":
            return Float(given["lower"], given["upper"])
        case "loguniform":
            return Float(given["lower"], given["upper"], log=True)
        case "reverseloguniform":
            return Float(given["lower"], given["upper"], reverse_log=True)
        case "randint":
            return Int(given["lower"], given["upper"])
        case "lograndint":
            return Int(given["lower"], given["upper"], log=True)
        case "choice":
            return Choice(*given["categories"])
        case "ordinal":
            return Ordinal(*given["categories"], kind=given["kind"])
        case "finrange" | "logfinrange" as kind:
            log = kind == "logfinrange"
            return Finite(given["lower"], given["upper"], given["size"], log=log, integer=given["cast_int"])
        case "constant":
            return Constant(given["value"])
        case unknown:
            raise ValueError(f"unknown domain type {unknown!r}")


def check(document: Document) -> Iterator[Outcome]:
    name = document["name"]
    if twice := [key for key, given in document["space"].items() if _lists_twice(given)]:
        yield skipped(name, f"decisions 6.18: equal by match key, so {twice[0]} may list each value once")
        return
    space = Space(**{key: domain(given) for key, given in document["space"].items()})
    size = grid_size(space)
    yield compared(f"{name} order", [key for key, _ in space.in_vector_order], document["order"])
    yield compared(f"{name} slices", {key: list(span) for key, span in slices(space).items()}, document["slices"])
    yield compared(f"{name} dimension", dimension(space), document["dimension"])
    yield compared(f"{name} bounds", [list(bound) for bound in bounds(space)], document["bounds"])
    yield compared(f"{name} size", None if size is None or size > INFINITE else size, document["size"])
    yield _configuration(f"{name} default", space, default_configuration(space), document["default"])
    for number, case in enumerate(document["encode"]):
        where = f"{name} encode {number}"
        vector = encode(space, case["config"]).tolist()
        yield compared(where, vector, case["vector"], relative=RELATIVE, absolute=ABSOLUTE)
        key = match_key(space, case["config"])
        agrees = same_key(space, key, case["key"])
        yield passed(f"{where} key") if agrees else failed(f"{where} key", f"got {key!r}, expected {case['key']!r}")
    for number, case in enumerate(document["decode"]):
        ours = decode(space, np.array(case["vector"], dtype=np.float64))
        yield _configuration(f"{name} decode {number}", space, ours, case["config"])
    for number, case in enumerate(document["draws"]):
        yield _draw(f"{name} draw {number}", space, case)
    for number, case in enumerate(document["points"]):
        yield _points(f"{name} points {number}", space, case)
    for number, case in enumerate(document["suggest"]):
        yield from _suggest(f"{name} suggest {number}", space, case)


def _lists_twice(given: Mapping[str, Any]) -> bool:
    """Whether a list of values has two that are equal: we refuse such a space."""
    return given["type"] in ("choice", "ordinal") and len(set(given["categories"])) < len(given["categories"])


def _configuration(where: str, space: Space, ours: Configuration, expected: Mapping[str, Any]) -> Outcome:
    """The reference leaves constants out where it has no use for them."""
    named = {key: value for key, value in ours.items() if key in expected or key not in space.constants}
    return compared(where, named, dict(expected), relative=RELATIVE, absolute=ABSOLUTE)


def _draw(where: str, space: Space, case: Mapping[str, Any]) -> Outcome:
    if case["config"] is None:
        return skipped(where, "the reference cannot draw from this domain")
    units = [case["unit"][name] for name, _ in space.searched]
    return _configuration(where, space, draw(space, units.__getitem__), case["config"])


def _points(where: str, space: Space, case: Mapping[str, Any]) -> Outcome:
    excuse = _excuse(space, case["given"] or ())
    try:
        ours = initial_points(space, case["given"])
    except SpaceError as error:
        if case.get("error"):
            return passed(where)
        return skipped(where, excuse) if excuse else failed(where, str(error))
    if case.get("error"):
        return skipped(where, excuse) if excuse else failed(where, f"got {ours}, expected an error")
    expected = case["expect"]
    outcomes = [_configuration(where, space, *pair) for pair in zip(ours, expected, strict=False)]
    if len(ours) == len(expected) and all(outcome.kind.value == "passed" for outcome in outcomes):
        return passed(where)
    return skipped(where, excuse) if excuse else failed(where, f"got {ours}, expected {expected}")


def _excuse(space: Space, given: Any) -> str | None:
    """Why the reference's initial points may differ from ours: only for these reasons."""
    for point in given:
        for name, value in point.items():
            if name in space and _is_no_entry(space[name], value):
                return "decisions 6.22: a categorical value that is not exactly an entry is an error"
    try:
        exact = {repr(sorted(dict(initial_points(space, [point])[0]).items())) for point in given}
        keys = {match_key(space, initial_points(space, [point])[0]) for point in given}
    except SpaceError:
        return None
    return "decisions 6.18: equal by match key" if len(keys) < len(exact) else None


def _is_no_entry(domain: Domain, value: object) -> bool:
    categorical = isinstance(domain, Choice) or (isinstance(domain, Ordinal) and domain.kind == "equal")
    return categorical and isinstance(domain, Choice | Ordinal) and value not in domain.values


class _Stream:
    """Draws that are given as whole configurations: attempt k of a suggestion is item k of those left."""

    def __init__(self, space: Space, stream: list[Mapping[str, Any]]) -> None:
        self.names = [name for name, _ in space.searched]
        self.space, self.stream, self.used = space, stream, 0
        self.drawn = 0

    def uniform(self, purpose: Purpose, index: int = 0, attempt: int = 0) -> float:
        if purpose is not Purpose.CONFIGURATION:
            return 0.0
        self.drawn = max(self.drawn, attempt + 1)
        return _inverse(self.space[self.names[index]], self.stream[self.used + attempt][self.names[index]])

    def uniforms(self, purpose: Purpose, count: int, attempt: int = 0) -> Uniforms:
        return np.array([self.uniform(purpose, index, attempt) for index in range(count)])


def _inverse(domain: Domain, value: Any) -> float:
    """A uniform number that draws this value: found by bisection, for draws grow with it, or by trying."""
    if isinstance(domain, Choice) or (isinstance(domain, Ordinal) and domain.kind == "equal"):
        return (domain.values.index(value) + 0.5) / len(domain.values)
    low, high = 0.0, 1.0
    while True:
        middle = 0.5 * (low + high)
        drawn = draw_value(domain, middle)
        if drawn == value or not low < middle < high or _is_near(drawn, value):
            return middle
        low, high = (middle, high) if float(drawn) < float(value) else (low, middle)


def _is_near(drawn: Any, value: Any) -> bool:
    """Whether numbers differ in their last digits only: ours are the nearest floats, the reference's are rounded."""
    return isinstance(value, float) and math.isclose(drawn, value, rel_tol=1e-14)


def _suggest(where: str, space: Space, case: Mapping[str, Any]) -> Iterator[Outcome]:
    search = RandomSearch(case["allow_duplicates"])
    try:
        points = list(initial_points(space, case["points"]))
    except SpaceError as error:
        excuse = _excuse(space, case["points"] or ())
        yield skipped(where, excuse) if excuse else failed(where, str(error))
        return
    stream = _Stream(space, case["stream"])
    taken: set[str] = set()
    dead: set[str] = set()
    suggested: list[str] = []
    for op in case["ops"]:
        if "fail" in op:
            dead.add(suggested[op["fail"]])
            continue
        stream.drawn = 0
        point = points.pop(0) if points else None
        answer = search.suggest(View(space, point, frozenset(taken), frozenset(dead)), stream)
        step = f"{where} ask {op['ask']}"
        if answer is None:
            yield passed(step) if op["expect"] is None else failed(step, f"got none, expected {op['expect']}")
            if op["expect"] is not None:
                return
            suggested.append("")
            continue
        if op["expect"] is None:
            all_in_vain = op["drawn"] >= 100
            yield skipped(step, "decisions 6.17") if all_in_vain else failed(step, f"got {answer.configuration}")
            return
        same = _configuration(step, space, answer.configuration, op["expect"])
        count = stream.drawn == op["drawn"]
        yield same if count else failed(step, f"used {stream.drawn} draws, expected {op['drawn']}")
        stream.used += op["drawn"]
        key = match_key(space, answer.configuration)
        taken.add(key)
        suggested.append(key)
