"""How long do workers wait for decisions? `tune` with MOBSTER, fits where they are due or beside training.

    python examples/benchmarks/waits.py --max-time 60

Training sleeps, so that the processor is free for fits. An `Ask` is answered to a worker that does nothing meanwhile:
what the journal says that those decisions took is what workers waited for the search. Printed are, for each kind of
fit, its sum, the median and the longest, and how many fits were made.
"""

import argparse
import json
import math
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final

for _library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_library] = "1"

import pure_hb as hb  # noqa: E402  # after the threads
from pure_hb.journal import read_journal  # noqa: E402  # after the threads

MAX_RESOURCE: Final = 27
SECONDS: Final = 0.04
"""What an epoch takes."""
SPACE: Final = hb.Space(
    rate=hb.Float(1e-4, 1.0, log=True),
    momentum=hb.Float(0.0, 0.99),
    width=hb.Int(8, 256, log=True),
    layers=hb.Int(1, 6),
    activation=hb.Choice("relu", "tanh"),
)


def train(config: dict[str, Any], resume_from: int, checkpoint_dir: Path) -> Iterator[tuple[int, float]]:
    """A curve that is a formula, at the pace of a small network."""
    import time

    distance = (math.log10(config["rate"]) + 1.5) ** 2 / 6.0 + (config["momentum"] - 0.8) ** 2
    distance += (math.log2(config["width"]) - 6.0) ** 2 / 16.0 + 0.1 * (config["activation"] == "tanh")
    for epoch in range(resume_from + 1, MAX_RESOURCE + 1):
        time.sleep(SECONDS)
        (Path(checkpoint_dir) / "epoch").write_text(str(epoch))
        yield epoch, 0.1 + 0.3 * distance + 0.6 * epoch**-0.7


def measured(fit: str, workers: int, max_time: float) -> dict[str, Any]:
    """One run."""
    setup = hb.mobster(SPACE, hb.Minimize("error"), max_resource=MAX_RESOURCE, fit=fit, opt_skip_init_length=10**6)
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "run.jsonl"
        hb.tune(train, setup, workers=workers, max_time=max_time, journal=journal, quiet=True)
        _, records, _ = read_journal(journal)
    asks = [record.seconds or 0.0 for record in records if isinstance(record.event, hb.Ask)]
    learned = [getattr(record.action, "learned", None) or getattr(record.event, "learned", None) for record in records]
    return {
        "fit": fit,
        "asks": len(asks),
        "trials": sum(isinstance(record.action, hb.Start) for record in records),
        "fits": sum(one is not None for one in learned),
        "seconds_waited": round(sum(asks), 3),
        "share_of_workers_time": round(sum(asks) / (workers * max_time), 4),
        "median_ms": round(1e3 * median(asks), 2),
        "longest_ms": round(1e3 * max(asks), 1),
    }


def main() -> None:
    """Both kinds of fit, one after the other."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--max-time", type=float, default=60.0, help="seconds of each run (default 60)")
    given = parser.parse_args()
    for fit in ("inside", "background"):
        print(json.dumps(measured(fit, given.workers, given.max_time)), flush=True)


if __name__ == "__main__":
    main()
