"""WHICH FEW EVENTS SHOW A FAULT? Greedy shrinking of a list: events are left out as long as the rest shows the
fault."""

from collections.abc import Callable
from typing import Final, TypeVar

from pure_hb.testing.breach import Breach

T = TypeVar("T")

_TRIES: Final = 600


def shortest(
    events: tuple[T, ...], breach: Breach, breaks: Callable[[tuple[T, ...]], Breach | None], tries: int = _TRIES
) -> tuple[tuple[T, ...], Breach]:
    """A short list of events that still shows a breach: events after the breach are cut, then smaller and smaller
    groups are left out, with at most ``tries`` attempts."""
    best, found = events, breach
    cut = breaks(events[: breach.number + 1])
    if cut is not None:
        best, found = events[: breach.number + 1], cut
    size = max(1, len(best) // 2)
    while tries > 0:
        start, shorter = 0, False
        while start < len(best) and tries > 0:
            candidate = (*best[:start], *best[start + size :])
            tries -= 1
            still = breaks(candidate)
            if still is None:
                start += size
            else:
                best, found, shorter = candidate[: still.number + 1], still, True
        if size == 1 and not shorter:
            break
        size = size if shorter and size == 1 else max(1, size // 2)
    return best, found
