"""WHICH LAWS HOLD FOR RUNGS? A name and a meaning for each law that `check_rungs` examines, with any quota."""

from typing import Final

from attrs import frozen


@frozen
class RungLaw:
    """A named law of rungs."""

    name: str
    meaning: str


ANSWERED: Final = RungLaw(
    "ANSWERED", "every event gets an answer of a fitting kind, and no exception; a free worker gets work"
)
SAME_AGAIN: Final = RungLaw("SAME_AGAIN", "the same events from the beginning are answered in the same way")
NAMES: Final = RungLaw("NAMES", "other names of workers change no answer")
ONE_PLACE: Final = RungLaw(
    "ONE_PLACE", "a trial is started once, and resumed only while it is paused, with the configuration that it has"
)
BETWEEN_LEVELS: Final = RungLaw(
    "BETWEEN_LEVELS", "trials are stopped or paused at the levels of their bracket, and nowhere between"
)
GOES_ON: Final = RungLaw("GOES_ON", "under stopping, a trial that passes at its level is not stopped")
LEAVES: Final = RungLaw("LEAVES", "a trial that does not pass at its level does not go on from there")
WHOLE_STAGE: Final = RungLaw(
    "WHOLE_STAGE", "in rounds, a trial is promoted only when all trials of its round have reported at its level"
)
PROMOTES_FIRST: Final = RungLaw(
    "PROMOTES_FIRST", "under promotion, a trial that waits and passes goes on before a new one starts or a worker waits"
)
BEST_FIRST: Final = RungLaw("BEST_FIRST", "of those that pass at a level, the best is promoted first")
TOP_DOWN: Final = RungLaw("TOP_DOWN", "a promotion from a higher level comes before one from a lower level")
NEXT_LEVEL: Final = RungLaw("NEXT_LEVEL", "a trial is sent to the next level of its bracket, from where it stands")
MAXIMUM: Final = RungLaw("MAXIMUM", "a trial that has reached the maximum ends")
TWICE: Final = RungLaw("TWICE", "a report that comes twice is answered in the same way, and changes nothing")

RUNG_LAWS: Final = (
    ANSWERED,
    SAME_AGAIN,
    NAMES,
    ONE_PLACE,
    BETWEEN_LEVELS,
    GOES_ON,
    LEAVES,
    WHOLE_STAGE,
    PROMOTES_FIRST,
    BEST_FIRST,
    TOP_DOWN,
    NEXT_LEVEL,
    MAXIMUM,
    TWICE,
)
