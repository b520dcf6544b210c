"""WHERE AND WHEN WAS THIS WRITTEN? Rules, versions, platform and date: of a journal and of each session."""

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


@frozen
class Origin:
    """By what and on what a session decides."""

    rules: int
    """The version of the rules by which it decides, see `pure_hb.machine.RULES_VERSION`."""
    versions: dict[str, str]
    """Library name -> version."""
    platform: dict[str, str]
    """Operating system, processor, Python, C library, linear algebra with its kernels and threads."""

    elapsed: float = 0.0
    """Where the `elapsed` of its records begins, in seconds: that of the record before it."""


def current_origin(setup: Setup, elapsed: float = 0.0) -> Origin:
    """What decides a setup here and now."""
    return Origin(RULES_VERSION, versions(), platform(setup), elapsed)


def versions() -> dict[str, str]:
    """The versions of the libraries that decisions depend on."""
    return {name: _version(name) for name in _LIBRARIES}


@cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def platform(setup: Setup) -> dict[str, str]:
    """What may change the last bit of a number: system, processor, Python, C library, and of the linear algebra that
    the setup uses the kernels that were chosen for this processor and the number of threads."""
    if not isinstance(setup.search, RandomSearch | DensitySearch):
        import scipy.linalg.lapack  # noqa: F401  # brings a linear algebra of its own
    libraries = _linear_algebra()
    return {
        "blas": _listed(libraries, "version"),
        "kernels": _listed(libraries, "architecture"),
        "libc": " ".join(system.libc_ver()).strip() or "unknown",
        "machine": system.machine(),
        "python": system.python_version(),
        "simd": _vector_instructions(),
        "system": sys.platform,
        "threads": _listed(libraries, "num_threads"),
    }


def _linear_algebra() -> dict[str, dict[str, Any]]:
    """Library name -> what is known of its linear algebra, as it is loaded and set now."""
    from threadpoolctl import threadpool_info

    found: dict[str, dict[str, Any]] = {}
    for one in threadpool_info():
        if one.get("user_api") == "blas":
            found.setdefault(_owner(str(one.get("filepath", ""))), one)
    return found


def _owner(path: str) -> str:
    """Whose linear algebra a file is: wheels of numpy and scipy bring their own, beside their folder."""
    parts = path.replace(os.sep, "/").split("/")
    return next((name for part in parts for name in ("numpy", "scipy") if part.split(".")[0] == name), "system")


def _listed(libraries: dict[str, dict[str, Any]], what: str) -> str:
    texts = (f"{name} {libraries[name].get(what) or 'unknown'}" for name in sorted(libraries))
    return ", ".join(texts) or "unknown"


def _vector_instructions() -> str:
    """The vector instructions beyond its baseline for which numpy has loops, and this processor has them."""
    import numpy as np

    configuration = np.show_config(mode="dicts")
    found = configuration.get("SIMD Extensions", {}).get("found", []) if configuration else []
    return " ".join(found) or "none"


def utc_now() -> str:
    """Date and time in UTC, ISO 8601, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
