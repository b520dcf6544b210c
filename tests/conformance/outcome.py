"""The result of comparing one golden check with the library, and how numbers agree."""

import math
from collections.abc import Mapping
from enum import Enum
from typing import Any

from attrs import frozen

Document = Mapping[str, Any]


class Kind(Enum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@frozen
class Outcome:
    kind: Kind
    where: str
    why: str = ""


def passed(where: str) -> Outcome:
    return Outcome(Kind.PASSED, where)


def failed(where: str, why: str) -> Outcome:
    return Outcome(Kind.FAILED, where, why)


def skipped(where: str, why: str) -> Outcome:
    return Outcome(Kind.SKIPPED, where, why)


def compared(where: str, ours: object, expected: object, *, relative: float = 0.0, absolute: float = 0.0) -> Outcome:
    """Passed iff both are equal, floats within the tolerance."""
    if agree(ours, expected, relative, absolute):
        return passed(where)
    return failed(where, f"got {ours!r}, expected {expected!r}")


def agree(ours: Any, expected: Any, relative: float = 0.0, absolute: float = 0.0) -> bool:
    if isinstance(expected, Mapping):
        return set(ours) == set(expected) and all(
            agree(ours[key], expected[key], relative, absolute) for key in expected
        )
    if isinstance(expected, list | tuple):
        return len(ours) == len(expected) and all(
            agree(a, b, relative, absolute) for a, b in zip(ours, expected, strict=True)
        )
    if isinstance(expected, float) and isinstance(ours, int | float) and not isinstance(ours, bool):
        return ours == expected or (
            math.isfinite(expected) and abs(ours - expected) <= absolute + relative * abs(expected)
        )
    return type(ours) is type(expected) and bool(ours == expected)
