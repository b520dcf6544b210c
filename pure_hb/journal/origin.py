"""WITH WHICH SOFTWARE AND MACHINE WAS A LOG WRITTEN, AND WHEN? Rules, versions, platform and date of each session."""

import os
import platform as system
import sys
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from attrs import frozen

from pure_hb.machine import RULES_VERSION, Setup
from pure_hb.search import DensitySearch, RandomSearch

_LIBRARIES: Final = ("pure_hb", "numpy", "scipy", "attrs", "cattrs", "rpds-py")

_WITHOUT_SURROGATE: Final = (RandomSearch, DensitySearch)


@frozen
class Origin:
    """The software and machine with which a session decides."""

    rules: int
    """The version of the rules by which it decides (`pure_hb.machine.RULES_VERSION`)."""
    versions: dict[str, str]
    """Library name -> version."""
    platform: dict[str, str]
    """Operating system, processor, Python, C library, linear algebra with its kernels."""

    elapsed: float
    """The `elapsed` of the record before the session, in seconds."""


def current_origin(setup: Setup, elapsed: float) -> Origin:
    """The origin of decisions of a setup made here and now."""
    return Origin(RULES_VERSION, versions(), platform(setup), elapsed)


def versions() -> dict[str, str]:
    """Library name -> version, for the libraries that decisions depend on."""
    return {name: _version(name) for name in _LIBRARIES}


@cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def platform(setup: Setup) -> dict[str, str]:
    """Everything that may change the last bit of a number: system, processor, Python, C library, and the kernels that
    the linear algebra has chosen for this processor. (The number of threads changes nothing, see `pure_hb.threads`.)"""
    libraries = _linear_algebra(("numpy",) if isinstance(setup.search, _WITHOUT_SURROGATE) else ("numpy", "scipy"))
    return {
        "blas": _listed(libraries, "version"),
        "kernels": _listed(libraries, "architecture"),
        "libc": " ".join(system.libc_ver()).strip() or "unknown",
        "machine": system.machine(),
        "python": system.python_version(),
        "simd": _vector_instructions(),
        "system": sys.platform,
    }


def _linear_algebra(users: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """For numpy and scipy, the linear algebra that each of them has loaded."""
    if "scipy" in users:
        import scipy.linalg.lapack  # noqa: F401  # loads its linear algebra
    from threadpoolctl import threadpool_info

    found: dict[str, dict[str, Any]] = {}
    for one in threadpool_info():
        if one.get("user_api") == "blas":
            found.setdefault(_owner(str(one.get("filepath", ""))), one)
    shared = found.get("system", {})  # numpy and scipy that were built on this machine use that of the system
    return {user: found.get(user, shared) for user in users}


def _owner(path: str) -> str:
    """The library that a linear algebra file belongs to: wheels include one, beside their folder."""
    folders = {part.split(".")[0] for part in path.replace(os.sep, "/").split("/")}
    return next((name for name in ("numpy", "scipy") if name in folders), "system")


def _listed(libraries: dict[str, dict[str, Any]], what: str) -> str:
    return ", ".join(f"{name} {libraries[name].get(what) or 'unknown'}" for name in sorted(libraries))


def _vector_instructions() -> str:
    """The vector instructions beyond numpy's baseline that this numpy and this processor both have."""
    import numpy as np

    configuration = np.show_config(mode="dicts")
    found = configuration.get("SIMD Extensions", {}).get("found", []) if configuration else []
    return " ".join(found) or "none"


def utc_now() -> str:
    """Date and time in UTC, ISO 8601, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
