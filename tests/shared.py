"""Where are the files that are shared between projects? In the folder that the environment variable PURE_HB_SHARED
names, or in a folder `shared` beside the checkout. Tests that need them are skipped where there are none."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
"""The checkout."""


def shared(*parts: str) -> Path:
    """A file or folder of the shared ones; skips the test if it is not there."""
    folder = Path(os.environ.get("PURE_HB_SHARED") or ROOT.parent / "shared")
    path = folder.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path} is not there; name the shared folder in PURE_HB_SHARED")
    return path
