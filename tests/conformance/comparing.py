"""What the cases of kind `search` are compared with: numbers within tolerances, kinds of coordinates."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pure_hb.search.bohb import Kind
from pure_hb.surrogate import Points, Posterior
from pure_hb.surrogate.arrays import Array
from tests.conformance.outcome import Outcome, failed, passed

Case = Mapping[str, Any]


def numbers(given: Any) -> Array:
    """Numbers, some of them written "inf", "-inf" or "nan"."""
    if isinstance(given, list):
        return np.array([numbers(one) for one in given], dtype=np.float64)
    return np.asarray(float(given))


def near_to(where: str, ours: Any, expected: Any, tolerance: Mapping[str, float]) -> Outcome:
    a, b = np.asarray(ours, dtype=np.float64), numbers(expected)
    if a.shape != b.shape:
        return failed(where, f"got the shape {a.shape}, expected {b.shape}")
    finite = np.isfinite(b)
    with np.errstate(invalid="ignore"):
        off = ~(np.abs(a[finite] - b[finite]) <= tolerance["abs"] + tolerance["rel"] * np.abs(b[finite]))  # NaN is off
    if off.any() or not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return failed(where, f"got {ours!r}, expected {expected!r}")
    return passed(where)


def same(where: str, ours: object, expected: object) -> Outcome:
    return passed(where) if ours == expected else failed(where, f"got {ours!r}, expected {expected!r}")


def kind_of(domain: Mapping[str, Any]) -> Kind:
    match domain["type"]:
        case "choice" | "ordinal":
            return Kind.UNORDERED
        case "int":
            return Kind.ORDERED
        case "finite":
            return Kind.ORDERED if domain.get("cast_int") or _whole(domain) else Kind.CONTINUOUS
        case _:
            return Kind.CONTINUOUS


def _whole(domain: Mapping[str, Any]) -> bool:
    values = domain.get("values", (domain.get("lo", 0.5), domain.get("hi", 0.5)))
    return all(isinstance(value, int) for value in values)


def kinds_of(space: Sequence[Mapping[str, Any]]) -> list[Kind]:
    """The kinds of all coordinates."""
    return [kind_of(one) for one in space]


def reference_samples(posterior: Posterior, at: Points, z: Array) -> Array:
    """Joint samples as the reference system draws them: it adds 1e-5 to every covariance of more than one point."""
    covariance = posterior.covariance(at) + (1e-5 if len(at) > 1 else 0.0) * np.eye(len(at))
    drawn: Array = posterior.predict(at).mean + np.linalg.cholesky(covariance) @ z
    return drawn
