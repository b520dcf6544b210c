"""Fixtures that several files of tests use."""

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture
def modules_as_before() -> Iterator[None]:
    """Importing a training script leaves its module and its folder behind, as it must; not so between tests."""
    path = list(sys.path)
    yield
    sys.path[:] = path
    sys.modules.pop("pure_hb_training_script", None)
