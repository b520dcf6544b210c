"""WHAT WOULD A USER PICK INSTEAD? Optimisers of others by name, run in the suite's simulated time.

`PEERS` is the list; each is one short file, `_with_....py`, that is imported where it is used.
"""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Final

from attrs import field, frozen

from ._axes import Axes as Axes
from ._axes import axes_of as axes_of
from ._clock import PeerRun as PeerRun
from ._protocol import Peer as Peer
from ._protocol import Task as Task
from ._protocol import Terms as Terms

MEASURED: Final = {"optuna": "5.0.0", "torch": "2.14.1", "smac": "2.4.1", "dehb": "0.1.2"}
"""The versions whose results the documents show."""

REVISION: Final = 1
"""Grows when peers are asked or told in another way: then they run again."""


@frozen
class PeerEntry:
    """A peer of the list."""

    module: str
    """The file beside this one that makes it."""
    packages: tuple[str, ...]
    """What it needs, its own package first."""
    options: Mapping[str, Any] = field(factory=dict)
    """What `make` of the module takes by name; what is not there is as by default."""

    @property
    def missing(self) -> str | None:
        """The command that installs what is not there; None: all is there."""
        if all(find_spec(name) for name in self.packages):
            return None
        return f"pip install {' '.join(f'{name}=={MEASURED[name]}' for name in self.packages)}"

    @property
    def versions(self) -> str:
        """Its packages with their versions; if it is not installed, those of `MEASURED`, whose runs may be at hand."""
        is_here = self.missing is None
        return ", ".join(f"{name} {version(name) if is_here else MEASURED[name]}" for name in self.packages)

    def load(self) -> None:
        """Imports what makes it, so that thread pools are there when they are limited."""
        import_module(f".{self.module}", __name__)

    def make(self, terms: Terms, options: Mapping[str, Any]) -> Peer:
        """A peer for one run, with further options."""
        peer: Peer = import_module(f".{self.module}", __name__).make(terms, **self.options, **options)
        return peer


def _optuna(sampler: str, pruner: str, *others: str) -> PeerEntry:
    return PeerEntry("_with_optuna", ("optuna", *others), {"sampler": sampler, "pruner": pruner})


PEERS: Final[Mapping[str, PeerEntry]] = {
    "OPTUNA-TPE-HALVING": _optuna("TPESampler", "SuccessiveHalvingPruner"),
    "OPTUNA-TPE-HYPERBAND": _optuna("TPESampler", "HyperbandPruner"),
    "OPTUNA-GP-HALVING": _optuna("GPSampler", "SuccessiveHalvingPruner", "torch"),
    "OPTUNA-GP-HYPERBAND": _optuna("GPSampler", "HyperbandPruner", "torch"),
    "SMAC-MF": PeerEntry("_with_smac", ("smac",)),
    "DEHB": PeerEntry("_with_dehb", ("dehb",)),
}
"""By the names that ``--methods`` takes."""
