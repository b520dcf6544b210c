"""The same with checkpoints: it goes on where it was paused, with the helpers of Syne Tune."""

import json
from argparse import ArgumentParser
from pathlib import Path

from syne_tune import Reporter
from syne_tune.utils import (
    add_checkpointing_to_argparse,
    checkpoint_model_at_rung_level,
    resume_from_checkpointed_model,
)

parser = ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--width", type=int)
parser.add_argument("--epochs", type=int)
add_checkpointing_to_argparse(parser)
given, _ = parser.parse_known_args()
config = vars(given)
weights = {"sum": 0.0}


def save(folder, epoch):
    Path(folder).mkdir(parents=True, exist_ok=True)
    (Path(folder) / "weights.json").write_text(json.dumps({"epoch": epoch, **weights}))


def load(folder):
    stored = Path(folder) / "weights.json"
    if not stored.exists():
        return 0
    kept = json.loads(stored.read_text())
    weights["sum"] = kept["sum"]
    return kept["epoch"]


report = Reporter()
for epoch in range(resume_from_checkpointed_model(config, load) + 1, given.epochs + 1):
    weights["sum"] += given.lr
    checkpoint_model_at_rung_level(config, save, epoch)
    report(epoch=epoch, error=(given.lr - 0.1) ** 2 + 1 / given.width + 1 / epoch, trained=weights["sum"])
