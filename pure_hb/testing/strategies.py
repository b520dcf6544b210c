"""WHICH VALUES CAN THERE BE? Hypothesis strategies for spaces, setups, configurations, metric values, events, actions.

Only this module of the library imports Hypothesis; `pure_hb.testing` imports it when one of its names is used.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

from hypothesis import strategies as st

import pure_hb as hb
from pure_hb.protocol import Counts, Named, Share, Theta
from pure_hb.space import Configuration, Domain, Value, as_member, draw
from pure_hb.space.faults import faults
from pure_hb.testing.small_setups import GOALS, Type, pick_setup
from pure_hb.testing.world import Pick

T = TypeVar("T")

TINY: Final = 5e-324
HUGE: Final = 1.7976931348623157e308


def picks(draw: Callable[[st.SearchStrategy[int]], int]) -> Pick:
    """A `Pick` with choices by Hypothesis, which shrinks to earlier options. ``draw`` is that of a composite strategy,
    or ``data.draw``."""

    def pick(options: Sequence[T], /) -> T:
        return options[draw(st.integers(0, len(options) - 1))]

    return pick


# ---- numbers -------------------------------------------------------------------------------------------------------


def metric_values() -> st.SearchStrategy[float]:
    """Values of a metric: mostly ties, sometimes any float."""
    ties = st.sampled_from((0.0, 1.0, 2.0, 3.0, -1.0, -0.0))
    odd = st.sampled_from((math.nan, math.inf, -math.inf, TINY, -TINY, HUGE, -HUGE, 2.0**53 + 2.0, 0.1 + 0.2, 0.3))
    return st.one_of(ties, ties, ties, odd, st.floats())


def finite_values() -> st.SearchStrategy[float]:
    """Values of a metric without NaN and infinities."""
    return metric_values().filter(math.isfinite)


# ---- spaces --------------------------------------------------------------------------------------------------------

_WORDS: Final = ("a", "b", "relu", "tanh", "\u00e9", "0", "")


def _bounds(low: float, high: float) -> st.SearchStrategy[tuple[float, float]]:
    numbers = st.floats(low, high, allow_nan=False, allow_subnormal=False)
    return st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair)))


def _whole_bounds(low: int, high: int) -> st.SearchStrategy[tuple[int, int]]:
    numbers = st.integers(low, high)
    return st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair)))


def floats_domains() -> st.SearchStrategy[hb.Float]:
    """Float domains, linear, logarithmic and reverse-logarithmic."""
    return st.one_of(
        _bounds(-1e6, 1e6).map(lambda pair: hb.Float(*pair)),
        _bounds(1e-9, 1e9).map(lambda pair: hb.Float(*pair, log=True)),
        _bounds(0.0, 0.9999).map(lambda pair: hb.Float(*pair, reverse_log=True)),
    )


def finite_domains(largest: int = 40) -> st.SearchStrategy[Domain]:
    """Domains with at most ``largest`` values."""
    sizes = st.integers(1, largest)
    entries = st.one_of(
        st.lists(st.sampled_from(_WORDS), min_size=1, max_size=5, unique=True),
        st.lists(st.integers(-5, 50), min_size=1, max_size=5, unique=True),
        st.just([True, False]),
        st.lists(st.sampled_from((0.5, 1.0, 1.5, -2.0, 1e-3)), min_size=1, max_size=5, unique=True),
    )
    numbers = st.lists(st.integers(1, 500), min_size=2, max_size=6, unique=True).map(sorted)
    return st.one_of(
        st.builds(lambda low, size: hb.Int(low, low + size - 1), st.integers(-20, 20), sizes),
        st.builds(lambda low, size: hb.Int(low, low + size - 1, log=True), st.integers(1, 20), sizes),
        entries.map(lambda values: hb.Choice(*values)),
        entries.map(lambda values: hb.Ordinal(*values, kind="equal")),
        numbers.map(lambda values: hb.Ordinal(*values)),
        numbers.map(lambda values: hb.Ordinal(*values, kind="nn-log")),
        _grids(_bounds(-100.0, 100.0), sizes, log=False),
        _grids(_bounds(0.5, 100.0), sizes, log=True),
    )


def _grids(
    bounds: st.SearchStrategy[tuple[float, float]], sizes: st.SearchStrategy[int], *, log: bool
) -> st.SearchStrategy[Domain]:
    made = st.builds(
        lambda pair, size, integer: hb.Finite(pair[0], pair[1], size, log=log, integer=integer),
        bounds,
        sizes,
        st.booleans(),
    )
    return made.filter(lambda domain: not faults(domain))  # two neighbouring floats have no forty values between them


def domains() -> st.SearchStrategy[Domain]:
    """Domains of all six kinds."""
    constants = st.sampled_from(_WORDS).map(hb.Constant)
    ints = _whole_bounds(-(10**6), 10**6).map(lambda pair: hb.Int(*pair))
    log_ints = _whole_bounds(1, 10**6).map(lambda pair: hb.Int(*pair, log=True))
    return st.one_of(finite_domains(), floats_domains(), ints, log_ints, constants)


def spaces(of: st.SearchStrategy[Domain] | None = None, most: int = 4) -> st.SearchStrategy[hb.Space]:
    """Spaces of one to ``most`` parameters."""
    names = st.sampled_from(("lr", "width", "B", "_z", "a", "\u03b1", "with space"))
    found = st.dictionaries(names, domains() if of is None else of, min_size=1, max_size=most)
    return found.map(lambda parameters: hb.Space(**parameters))


def finite_spaces(largest: int = 12) -> st.SearchStrategy[hb.Space]:
    """Spaces of one or two parameters with at most ``largest`` values each."""
    return spaces(finite_domains(largest), most=2)


def configurations(space: hb.Space) -> st.SearchStrategy[Configuration]:
    """Configurations of a space, ends of the ranges included."""
    count = len(space.searched)
    uniforms = st.one_of(st.floats(0.0, 1.0, exclude_max=True), st.sampled_from((0.0, 0.5, 1.0 - 2.0**-53)))
    return st.tuples(*[uniforms] * count).map(lambda us: as_member(space, draw(space, us.__getitem__)))


# ---- setups --------------------------------------------------------------------------------------------------------


def goals() -> st.SearchStrategy[hb.Goal]:
    """Minimising and maximising goals."""
    return st.sampled_from(GOALS)


@st.composite
def setups(draw: st.DrawFn, *, type: Type | None = None, separate: bool | None = None, largest: int = 12) -> hb.Setup:
    """The setups of `pure_hb.testing.pick_setup`, with choices by Hypothesis."""
    return pick_setup(picks(draw), type=type, separate=separate, largest=largest)


# ---- events --------------------------------------------------------------------------------------------------------


def _values(space: hb.Space) -> st.SearchStrategy[dict[str, Value]]:
    """Values of parameters, valid or not."""
    odd: st.SearchStrategy[Value] = st.sampled_from(("?", "nan", -7, 1e9, math.nan, math.inf, True))
    return st.dictionaries(st.sampled_from((*(name for name, _ in space.domains), "unknown")), odd, max_size=3)


def curves() -> st.SearchStrategy[tuple[tuple[int, float], ...]]:
    """Learning curves, valid and invalid ones."""
    points = st.lists(st.tuples(st.integers(-1, 15), metric_values()), max_size=4)
    return st.one_of(points.map(lambda curve: tuple(sorted(curve))), points.map(tuple))


@lru_cache(maxsize=256)  # building a strategy takes longer than drawing from it
def observations(space: hb.Space) -> st.SearchStrategy[hb.Observe]:
    """Observations, most of them of configurations of the space."""
    known = configurations(space)
    failed = st.sampled_from((False, False, False, True))
    sources = st.sampled_from(("", "", "an older search 0", "an older search 1"))
    return st.builds(hb.Observe, st.one_of(known, known, _values(space)), curves(), failed, sources)


def events(state: hb.State) -> st.SearchStrategy[hb.Event]:
    """Any event that could be sent in a state, true or not, often about its trials and resources."""
    return _events(state.setup.space, state.setup.max_resource, len(state.trials))


@lru_cache(maxsize=256)
def _events(space: hb.Space, max_resource: int, known: int) -> st.SearchStrategy[hb.Event]:
    trials = st.integers(-1, known + 1)
    legs = st.none() | st.integers(-1, 3)
    resources = st.integers(-1, max_resource + 2)
    costs = st.none() | st.sampled_from((0.0, 1.5, -1.0, math.nan, math.inf))
    return st.one_of(
        st.builds(hb.Ask, st.sampled_from(("ann", "bob", "eve", "")), st.booleans()),
        st.builds(hb.Report, trials, resources, metric_values(), costs, legs),
        st.builds(hb.Complete, trials, legs),
        st.builds(hb.Fail, trials, st.text(max_size=5), legs),
        st.builds(hb.Release, trials, st.text(max_size=5), legs),
        observations(space),
        st.builds(hb.Fitted, st.integers(-1, 9), fits()),
    )


def fits() -> st.SearchStrategy[hb.Learned]:
    """Contents of a fit, valid and invalid."""
    whole, number = st.integers(-1, 30), metric_values()
    named = st.builds(Named, st.sampled_from(("noise_variance", "mean", "another")), st.lists(number, max_size=2))
    shares = st.lists(st.builds(Share, st.integers(0, 9), number, number), max_size=3)
    counts = st.builds(Counts, whole, st.booleans(), whole, st.none() | whole)
    thetas = st.none() | st.builds(Theta, whole, whole, shares)
    return st.builds(hb.Learned, st.lists(named, max_size=3), whole, counts, thetas, st.booleans())


# ---- actions -------------------------------------------------------------------------------------------------------


def evidence() -> st.SearchStrategy[
    tuple[hb.evidence.Ranked | hb.evidence.Heard | hb.evidence.Drawn | hb.evidence.Because, ...]
]:
    """Records of evidence."""
    whole = st.integers(0, 99)
    cutoffs = st.none() | st.floats()
    ranked = st.builds(hb.evidence.Ranked, whole, whole, whole, whole, whole, st.none() | whole, st.booleans(), cutoffs)
    drawn = st.builds(hb.evidence.Drawn, st.text(max_size=5), st.floats(0, 1, exclude_max=True), st.text(max_size=5))
    results = st.lists(st.tuples(whole, st.floats()), max_size=2).map(tuple)
    heard = st.builds(hb.evidence.Heard, whole, results, st.none() | st.floats())
    return st.lists(
        st.one_of(ranked, heard, drawn, st.builds(hb.evidence.Because, st.text(max_size=9))), max_size=3
    ).map(tuple)


def actions(space: hb.Space) -> st.SearchStrategy[hb.Action]:
    """Actions of all kinds, whether or not they make sense together."""
    whole, level = st.integers(0, 10**6), st.none() | st.integers(1, 99)
    said: dict[str, st.SearchStrategy[Any]] = {"evidence": evidence(), "logged": st.booleans()}
    config = configurations(space)
    build: Callable[..., st.SearchStrategy[Any]] = st.builds
    return st.one_of(
        build(hb.Start, whole, config, whole, whole, whole, **said),
        build(hb.Resume, whole, config, whole, whole, whole, level, **said),
        build(hb.Continue, whole, whole, level, **said),
        build(hb.Pause, whole, level, **said),
        build(hb.Stop, whole, level, **said),
        build(hb.Wait, evidence=evidence()),
        build(hb.Done, evidence=evidence()),
        build(hb.Noted, whole, **said),
        build(hb.Reject, st.text(max_size=9), evidence=evidence()),
    )
