"""WHAT IS EXAMINED? A scheduler of another library, what it says of itself, and the laws that it can be held to."""

from collections.abc import Callable, Mapping

from attrs import frozen

from pure_hb.testing import RUNG_LAWS, RungClaims, RungLaw, Scenery, Subject, rung_laws
from pure_hb.testing.rung_check import SHORT_AND_LONG

LEVELS, MAXIMUM, ETA = (1, 3, 9), 27, 3


@frozen(eq=False)
class Case:
    """``apart`` names laws that are not asked for, each with the reason: a definition that differs."""

    name: str
    package: str
    make: Callable[[], Subject]
    claims: RungClaims
    apart: Mapping[RungLaw, str]
    sceneries: tuple[Scenery, ...] = tuple(Scenery)
    lengths: tuple[int, ...] = SHORT_AND_LONG

    @property
    def laws(self) -> tuple[RungLaw, ...]:
        return tuple(law for law in RUNG_LAWS if not self.is_apart(law))

    def is_apart(self, law: RungLaw) -> bool:
        """Whether a law is not asked for. What a round waits for is asked of schedulers that have rounds."""
        return law in self.apart or (law == rung_laws.WHOLE_STAGE and self.claims.rounds is None)


PROMOTIONS = (rung_laws.PROMOTES_FIRST, rung_laws.BEST_FIRST, rung_laws.TOP_DOWN)
STOPPING_ONLY = dict.fromkeys(PROMOTIONS, "nothing is ever promoted: it stops trials, or lets them go on")
