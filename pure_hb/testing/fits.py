"""WHICH FITS DO TESTS SEND? Background fits of earlier states, early or late, and fits that do not belong to the
search."""

import math
from typing import Any, Final

from attrs import evolve

import pure_hb as hb
from pure_hb.protocol import Fitted, Named, Share, Theta
from pure_hb.testing.world import Pick, Scene

_KEPT_MAX: Final = 3
_HUGE: Final = 10**9


def with_fit(setup: hb.Setup | None, state: Any, scene: Scene, pick: Pick) -> Scene:
    """The scene in which a fit of the present state may have been made, to be sent some time later."""
    if setup is None or not setup.search.fits_beside or not isinstance(state, hb.State):
        return scene
    event = hb.fit_if_due(state) if pick((True, False, False)) else None
    return scene if event is None else evolve(scene, fits=(*scene.fits, event)[-_KEPT_MAX:])


def spoilt(event: Fitted, pick: Pick) -> Fitted:
    """A fit that every search must reject: a valid fit with one fault."""
    learned, counts = event.learned, event.learned.counts
    first, *rest = learned.parameters
    number = first.numbers[0]
    others: tuple[dict[str, Any], ...] = (
        {"parameters": ()},
        {"parameters": rest},
        {"parameters": (*learned.parameters, Named("another", (1.0,)))},
        {"parameters": (*learned.parameters, first)},
        {"parameters": (Named(first.name, (*first.numbers, number)), *rest)},
        {"parameters": (Named(first.name, ()), *rest)},
        {"parameters": (Named(first.name, (math.nan, *first.numbers[1:])), *rest)},
        {"parameters": (Named(first.name, (-1e300, *first.numbers[1:])), *rest)},
        {"observed": _HUGE},
        {"observed": -1},
        {"counts": evolve(counts, observed=_HUGE)},
        {"counts": evolve(counts, growths=-1)},
        {"counts": evolve(counts, at_maximum=_HUGE)},
        *({"theta": theta} for theta in _thetas(learned.theta)),
    )
    clocks = (Fitted(_HUGE, learned), Fitted(-1, learned))
    return pick((*clocks, *(Fitted(event.clock, evolve(learned, **changed)) for changed in others)))


def _thetas(sound: Theta | None) -> tuple[Theta, ...]:
    """Estimates of theta that do not fit the levels, or are not valid."""
    if sound is None:
        return (Theta(2, 6, ()), Theta(_HUGE, 6, (Share(_HUGE, 1.0, 0.0),)))
    first, *rest = sound.shares
    return (
        evolve(sound, supported=_HUGE),
        evolve(sound, observed=_HUGE),
        evolve(sound, shares=()),
        evolve(sound, shares=rest),
        evolve(sound, shares=(*sound.shares, first)),
        evolve(sound, shares=(evolve(first, theta=math.nan), *rest)),
        evolve(sound, shares=(evolve(first, theta=first.theta + 1.0), *rest)),
        evolve(sound, shares=(evolve(first, loss=math.nan), *rest)),
    )
