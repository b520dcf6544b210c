"""HOW IS A PATH MADE INDEPENDENT OF THE WORKING FOLDER? It is resolved."""

import os
from pathlib import Path


def resolved(path: str | Path) -> Path:
    """A path that does not depend on the working folder: absolute, without links and ``~``."""
    try:
        return Path(os.path.realpath(os.path.expanduser(path)))
    except FileNotFoundError:  # the working folder was removed
        return Path(path)
