"""WHERE DOES A PATH LEAD? To the same place, wherever the process goes."""

import os
from pathlib import Path


def resolved(path: str | Path) -> Path:
    """A path that means the same wherever the process goes: absolute, without links and ``~``."""
    try:
        return Path(os.path.realpath(os.path.expanduser(path)))
    except FileNotFoundError:  # this process stands in a folder that is gone
        return Path(path)
