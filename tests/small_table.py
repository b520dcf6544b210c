"""A table of learning curves small enough to read: 12 configurations, 9 epochs."""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np

MEANING: Final[dict[str, Any]] = {
    "task": "small",
    "metric": "error",
    "mode": "min",
    "max_resource": 9,
    "space": [
        {"name": "x", "type": "float", "low": 0.0, "high": 1.0, "log": False},
        {"name": "kind", "type": "choice", "values": ["a", "b"]},
    ],
}


def write_table(folder: Path, name: str = "small", **changes: Any) -> Path:
    """Writes the pair of files; ``changes`` replace what the JSON says. Returns the path of the .npz."""
    rows = np.arange(12)
    configs = np.stack([rows / 11, rows % 2], axis=1)
    epochs = np.arange(1, 10)
    metric = np.abs(configs[:, :1] - 0.3) + 1 / epochs
    metric[8:, 4:] = np.nan
    elapsed = (1.0 + rows[:, np.newaxis] / 10) * epochs
    path = folder / f"{name}.npz"
    np.savez(path, configs=configs, metric=metric, elapsed=elapsed)
    path.with_suffix(".json").write_text(json.dumps({**MEANING, **changes}))
    return path
