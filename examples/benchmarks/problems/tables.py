"""Recorded curves: the exact tables where they are there, and the old tables, which answer by the nearest row, apart.

They are looked for in the folder that the environment variable PURE_HB_SHARED names, or in a folder `shared` beside the
checkout. What they hold and where it comes from is said in `TABLES.md` beside them.
"""

import os
from pathlib import Path

import pure_hb as hb


def folder() -> Path:
    """Where shared tables are."""
    return Path(os.environ.get("PURE_HB_SHARED") or Path(__file__).resolve().parents[4] / "shared")


def exact() -> dict[str, Path]:
    """Name -> file of the exact tables that are there."""
    return _found("tables_exact", "")


def old() -> dict[str, Path]:
    """Name -> file of the tables with neighbours; their names begin with "old-"."""
    return _found("tables", "old-")


def _found(part: str, prefix: str) -> dict[str, Path]:
    return {f"{prefix}{path.stem}": path for path in sorted((folder() / part).glob("*.npz"))}


def problem(path: Path) -> hb.Problem:
    """The table of a file."""
    return hb.load_table(path)
