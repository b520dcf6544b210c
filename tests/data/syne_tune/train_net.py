"""A small network by hand, without checkpoints: what a script for ASHA by stopping looked like."""

from argparse import ArgumentParser

from syne_tune import Reporter

parser = ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--width", type=int)
parser.add_argument("--epochs", type=int, default=9)
given, _ = parser.parse_known_args()
report = Reporter()
for epoch in range(1, given.epochs + 1):
    report(epoch=epoch, error=(given.lr - 0.1) ** 2 + 1 / given.width + 1 / epoch)
