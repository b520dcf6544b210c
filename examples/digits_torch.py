"""An ordinary PyTorch script that can be tuned. Train once, by hand:

    python examples/digits_torch.py --epochs 9 --learning-rate 0.1

Tune it, with each worker on a device of its own if there are devices, else on the CPU:

    pure-hb tune examples/digits_torch.py --method ASHA-PROM --workers 2 --max-time 60s -- --loaders 1

The lines for that are marked (1) to (3): `train` yields after each epoch instead of printing, and continues from its
checkpoint; and the file defines the space and the goal.
"""

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

import pure_hb as hb

parser = argparse.ArgumentParser(description="A small convolutional network on the scikit-learn digits.")
parser.add_argument("--epochs", type=int, default=27)
parser.add_argument("--learning-rate", type=float, default=0.05)
parser.add_argument("--loaders", type=int, default=2, help="worker processes of the data loader")
arguments = parser.parse_args()

space = hb.Space(  # (1) the space and the goal
    learning_rate=hb.Float(1e-3, 1.0, log=True),
    momentum=hb.Float(0.0, 0.99),
    batch_size=hb.Choice(32, 64, 128),
    channels=hb.Int(4, 32, log=True),
)
goal = hb.Minimize("validation_error")
max_resource = arguments.epochs


class Digits(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """The first 1,000 digits for training, the others for validation."""

    def __init__(self, training: bool) -> None:
        images, labels = load_digits(return_X_y=True)
        chosen = slice(0, 1000) if training else slice(1000, None)
        self.images = torch.tensor(images[chosen] / 16.0, dtype=torch.float32).reshape(-1, 1, 8, 8)
        self.labels = torch.tensor(labels[chosen])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        return self.images[index], self.labels[index]


class Network(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, channels, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(16 * channels, 10),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.layers(images)
        return scores


@dataclass
class Checkpoint:
    """All that training needs to continue. `torch.save` writes the whole model with its class."""

    model: Network
    optimizer: dict[str, Any]


def own_device() -> torch.device:
    """The device with the number of this worker, or 0 without tuning; the CPU if there is no device."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("PURE_HB_WORKER", "0")) % torch.cuda.device_count())


def train(config: dict[str, Any], resume_from: int, checkpoint_dir: str) -> Iterator[tuple[int, float]]:
    torch.manual_seed(resume_from)
    device = own_device()
    path = Path(checkpoint_dir) / "checkpoint.pt"
    model = Network(config["channels"])
    if resume_from:  # (2) continue from the checkpoint
        saved: Checkpoint = torch.load(path, map_location=device, weights_only=False)
        model = saved.model
    model.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=config["learning_rate"], momentum=config["momentum"])
    if resume_from:
        optimizer.load_state_dict(saved.optimizer)
    loader = DataLoader(
        Digits(training=True),
        batch_size=config["batch_size"],
        shuffle=True,
        num_workers=arguments.loaders,
        persistent_workers=arguments.loaders > 0,
    )
    validation = Digits(training=False)
    for epoch in range(resume_from + 1, max_resource + 1):
        model.train()
        for images, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images.to(device)), labels.to(device)).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            guesses = model(validation.images.to(device)).argmax(dim=1).cpu()
        error = float((guesses != validation.labels).float().mean())
        torch.save(Checkpoint(model, optimizer.state_dict()), path)
        yield epoch, error  # (3) instead of print(epoch, error)


if __name__ == "__main__":
    import tempfile

    values = {"learning_rate": arguments.learning_rate, "momentum": 0.9, "batch_size": 64, "channels": 16}
    with tempfile.TemporaryDirectory() as folder:
        for epoch, error in train(values, 0, folder):
            print(f"epoch {epoch}: {error:.4f}")
