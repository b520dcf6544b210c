"""What does `import pure_hb` cost, beside `import numpy`? Processor seconds in fresh processes, by turns.

python examples/benchmarks/import_cost.py
"""

import json
import subprocess
import sys
from statistics import median
from typing import Final

MODULES: Final = ("numpy", "pure_hb")
REPEATS: Final = 11
LIMIT: Final = 0.1
"""So many seconds more than numpy, at most."""
SCRIPT: Final = """
import sys, time

since = time.process_time()
__import__(sys.argv[1])
print(time.process_time() - since)
"""


def seconds(module: str) -> float:
    """What one import takes."""
    command = [sys.executable, "-c", SCRIPT, module]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def main() -> None:
    """Measure and show."""
    found: dict[str, list[float]] = {module: [] for module in MODULES}
    for _ in range(REPEATS):
        for module in MODULES:
            found[module].append(seconds(module))
    numpy, ours = (median(found[module]) for module in MODULES)
    print(
        json.dumps(
            {"numpy": numpy, "pure_hb": ours, "more": ours - numpy, "limit": LIMIT, "met": ours - numpy <= LIMIT}
        )
    )


if __name__ == "__main__":
    main()
