"""Which are the oldest versions that pyproject.toml allows? Prints them as arguments of pip, for a stage of `.ci/run`.

python tests/oldest.py
"""

import re
import tomllib
from pathlib import Path

TOOLS = ("hypothesis", "pytest")
"""Of the extra ``dev``, what the tests themselves need."""


def oldest(project: dict[str, object]) -> list[str]:
    """The dependencies, and the tools of the tests, each at the version after its ``>=``."""
    table = project["project"]
    assert isinstance(table, dict)
    wanted = [*table["dependencies"], *(one for one in table["optional-dependencies"]["dev"] if one.startswith(TOOLS))]
    return [re.sub(r">=([^,]*).*", r"==\1", one) for one in wanted if not one.startswith("pytest-")]


if __name__ == "__main__":
    print(*oldest(tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))))
