"""Fixtures that several files of tests use."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ONE_THREAD

os.environ.update(ONE_THREAD)


@pytest.fixture
def modules_as_before() -> Iterator[None]:
    """Importing a training script leaves its module and its folder behind, as it must; not so between tests."""
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        file = getattr(sys.modules[name], "__file__", None)
        if isinstance(file, str) and tempfile.gettempdir() in file and sys.prefix not in file:
            del sys.modules[name]


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory, if the system has one: for files that are synced thousands of times and need no disk."""
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=place) as name:
        yield Path(name)
