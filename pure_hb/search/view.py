"""WHAT MAY A SEARCH SEE, AND WHAT DOES IT ANSWER? A small frozen view in, one suggestion or nothing out."""

from collections.abc import Collection
from typing import Protocol

from attrs import frozen

from pure_hb.draws import Draws
from pure_hb.protocol import Evidence
from pure_hb.space import Configuration, Space


@frozen
class View:
    """What has been tried so far. Configurations are named by their match keys (`pure_hb.space.match_key`)."""

    space: Space
    next_point: Configuration | None
    """The initial configuration whose turn it is; None when all have been tried."""
    taken: Collection[str]
    """The keys of all configurations that were started or observed."""
    failed: Collection[str]
    """The keys of those whose trial ended by failing."""


@frozen
class Suggestion:
    """A configuration to start, and why this one."""

    configuration: Configuration
    evidence: Evidence


class Search(Protocol):
    """A way to choose new configurations. Searches are frozen values without state."""

    def suggest(self, view: View, draws: Draws) -> Suggestion | None:
        """The next configuration to start; None if none is left."""
        ...
