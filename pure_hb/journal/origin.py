"""WHERE AND WHEN WAS THIS WRITTEN? Versions, platform and date for the header of a journal."""

import os
import platform as system
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Final

_LIBRARIES: Final = ("pure_hb", "numpy", "attrs", "cattrs", "rpds-py")
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def versions() -> dict[str, str]:
    """The versions of the libraries that decisions depend on."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def platform() -> dict[str, str]:
    """What may change the last bit of a number: system, processor, Python, BLAS and its threads."""
    return {
        "blas": _blas(),
        "blas_threads": next((os.environ[name] for name in _THREADS if name in os.environ), "default"),
        "machine": system.machine(),
        "python": system.python_version(),
        "system": sys.platform,
    }


def _blas() -> str:
    import numpy as np

    configuration = np.show_config(mode="dicts")
    blas = configuration.get("Build Dependencies", {}).get("blas", {}) if configuration else {}
    return f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()


def utc_now() -> str:
    """Date and time in UTC, ISO 8601, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
