"""Asynchronous BOHB: candidates are drawn near good configurations, and the one with the smallest ratio of bad to good
density is taken.

At the highest level with enough values, two kernel densities are estimated, one of the best values and one of the rest,
as the tree-structured Parzen estimator does. Source: Falkner, Klein and Hutter, "BOHB: Robust and Efficient
Hyperparameter Optimization at Scale", ICML 2018, sections 3.1 and 4.1; default numbers, kernels and bandwidths are
those of Syne Tune.

The density of n configurations X_j in d coordinates has bandwidth h_i = max(1.06 std_i n^(-1/(4 + d)), minimum) in
coordinate i, and is

    p(x) = 1 / n sum_j prod_i k_i(X_ji, x_i)
    continuous:  exp(-(X - x)^2 / (2 h^2)) / (h sqrt(2 pi))
    ordered:     1 - h if X = x, else (1 - h) h^|X - x| / 2
    unordered:   1 - h if X = x, else h / (c - 1),   c categories

A feature is one coordinate in [0, 1] for each parameter: that of the encoded vector, of a choice its index divided by
the number of its values.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import partial
from typing import assert_never

import numpy as np
from attrs import frozen

from pure_hb.draws import Draws, Purpose
from pure_hb.protocol import Because, Drawn, Figures, Scored
from pure_hb.search.candidates import best_first, logarithms, rounded
from pure_hb.search.random_search import at_random, next_point
from pure_hb.search.searches import DensitySearch
from pure_hb.search.survival import Survival, survival
from pure_hb.search.view import Suggestion, View
from pure_hb.space import Choice, Configuration, Domain, Float, Space, decode, encoder, match_key, slices
from pure_hb.space.grids import cardinality
from pure_hb.space.sampling import encode_draws_of
from pure_hb.surrogate import Inputs, ObservationTable, SearcherData, TrialCurve, inputs_of, observation_table, points
from pure_hb.surrogate.arrays import Array, Indices
from pure_hb.surrogate.kernels import Base
from pure_hb.surrogate.models.dense import KernelProcess, base_process
from pure_hb.threads import one_thread

_ROOT_2_PI = math.sqrt(2.0 * math.pi)
_SMALLEST_DENSITY = 1e-32
_LARGEST_DENSITY = 1e200
"""A density of hundreds of coordinates can be larger than floats go: from here on it is all the same."""


@one_thread
def suggest(search: DensitySearch, view: View, draws: Draws) -> Suggestion | None:
    """One suggestion of BOHB from the densities; None if nothing is left of the space."""
    if view.next_point is not None:
        return next_point(view.next_point)
    excluded = view.failed if search.allow_duplicates else view.taken
    if view.exhausted(excluded):
        return None
    parameters = len(view.space.searched)
    fewest = search.fewest(parameters)
    encoded = encoder(view.space)
    curves = [TrialCurve(one.trial, encoded(one.configuration), one.curve, lost=one.lost) for one in view.known()]
    table = observation_table(
        curves, levels=view.levels, max_resource=view.max_resource, data=SearcherData(search.searcher_data)
    )
    table = table.with_lost_above()
    counts, lost = Counter(table.resource.tolist()), Counter(table.resource[table.lost > 0].tolist())
    level = usable_level(counts, parameters, fewest, search.top_n_percent, lost)
    if level is None:
        return at_random(view, excluded, draws, "no level has enough values for two densities")
    coin = draws.uniform(Purpose.COIN)
    if coin < search.random_fraction:
        return at_random(
            view, excluded, draws, f"the coin, {coin:.6f}, is below the random fraction, {search.random_fraction:g}"
        )
    rows = table.rows(np.flatnonzero(table.resource == level))
    places = features(view.space, table.configurations)[rows.configuration]
    shape = Shape(*kinds_of(view.space), search.min_bandwidth)
    losses = losses_seen(table, view.space, view.max_resource, search.min_bandwidth)
    good_rows, bad_rows = split(likely_ranks(rows, losses), fewest, search.top_n_percent)
    good, bad = shape.density(places[good_rows]), shape.density(places[bad_rows])
    drawn = drawn_near(good, view.space, search.num_candidates, search.bandwidth_factor, draws)
    scores = ratio(good(drawn), bad(drawn))
    if losses is not None:
        near = [encoded(configuration_at(view.space, one)) for one in drawn]
        scores /= losses.chance(points(near, view.max_resource))
    said = Figures(
        "densities", (("level", float(level)), ("good", float(len(good_rows))), ("bad", float(len(bad_rows))))
    )
    for place, number in enumerate(best_first(logarithms(scores)).tolist(), 1):
        configuration = configuration_at(view.space, drawn[number])
        if match_key(view.space, configuration) not in excluded:
            scored = Scored(1, (("acquisition", float(scores[number])),), configuration)
            which = Because(f"it is number {place} of {len(drawn)} candidates by acquisition")
            return Suggestion(configuration, (Drawn("coin", coin, "the model"), said, scored, which))
    return at_random(view, excluded, draws, "all candidates had been tried")


# ---- densities -------------------------------------------------------------------------------------------------------


class Kind(Enum):
    """The kind of a coordinate, which determines its kernel."""

    CONTINUOUS = "continuous"
    ORDERED = "ordered"
    UNORDERED = "unordered"


@frozen(eq=False)
class Density:
    """A kernel density estimate over d coordinates."""

    data: Array
    """The configurations, shape (n, d) with n >= 1."""
    kinds: tuple[Kind, ...]
    categories: tuple[int, ...]
    """The number of categories of each unordered coordinate; ignored for others."""
    bandwidths: Array
    """The bandwidth h_i of each coordinate, shape (d,)."""

    def __call__(self, x: Array) -> Array:
        """The density at points of shape (m, d): shape (m,)."""
        product = np.ones((len(x), len(self.data)))
        for i, (kind, h) in enumerate(zip(self.kinds, self.bandwidths, strict=True)):
            apart = np.abs(x[:, None, i] - self.data[None, :, i])
            product *= _kernel(kind, apart, float(h), self.categories[i])
            np.clip(product, -_LARGEST_DENSITY, _LARGEST_DENSITY, out=product, where=np.isfinite(product))
        return np.asarray(product.sum(axis=1) / len(self.data))


def density(data: Array, kinds: Sequence[Kind], categories: Sequence[int], minimum: float) -> Density:
    """The density of data of shape (n, d), with bandwidths by the rule of thumb above, at least ``minimum``."""
    n, d = data.shape
    bandwidths = np.maximum(1.06 * data.std(axis=0) * n ** (-1.0 / (4.0 + d)), minimum)
    return Density(data, tuple(kinds), tuple(categories), bandwidths)


def _kernel(kind: Kind, apart: Array, h: float, categories: int) -> Array:
    match kind:
        case Kind.CONTINUOUS:
            return np.exp(-0.5 * (apart / h) ** 2) / (_ROOT_2_PI * h)
        case Kind.ORDERED:
            return np.where(apart == 0.0, 1.0 - h, 0.5 * (1.0 - h) * h**apart)
        case Kind.UNORDERED:
            elsewhere = h / (categories - 1) if categories > 1 else math.inf  # a value that is no category
            return np.where(apart == 0.0, 1.0 - h, elsewhere)
        case _:
            assert_never(kind)


def good_count(count: int, fewest: int, top_percent: float) -> int:
    """The number of good values among ``count``: ``top_percent`` of them, at least ``fewest``."""
    return max(fewest, math.floor(top_percent * count / 100))


def usable_level(
    counts: Mapping[int, int], parameters: int, fewest: int, top_percent: float, lost: Mapping[int, int] | None = None
) -> int | None:
    """The highest level where the good and the bad set both have more members than there are parameters; None if there
    is none. ``counts`` are values by level, of which ``lost`` belong to lost trials; these are never good."""

    def enough(level: int, count: int) -> bool:
        good = good_count(count, fewest, top_percent)
        return min(good, count - good) > parameters and count - (lost or {}).get(level, 0) >= good

    return max((level for level, count in counts.items() if enough(level, count)), default=None)


def split(values: Array, fewest: int, top_percent: float) -> tuple[Indices, Indices]:
    """The indices of the good values, best first, and of the bad ones; equal values keep their order."""
    order = np.argsort(values, kind="stable")
    count = good_count(len(values), fewest, top_percent)
    return order[:count], order[count:]


def ratio(good: Array, bad: Array) -> Array:
    """The ratio of bad to good density, which is minimised; both are floored at 1e-32."""
    return np.maximum(bad, _SMALLEST_DENSITY) / np.maximum(good, _SMALLEST_DENSITY)


# ---- losses --------------------------------------------------------------------------------------------------------


@frozen(eq=False)
class Shape:
    """What a density needs to know of the features: their kinds, their numbers of categories, and the least
    bandwidth."""

    kinds: tuple[Kind, ...]
    categories: tuple[int, ...]
    minimum: float
    """The floor of every bandwidth."""

    def density(self, data: Array) -> Density:
        """The density of features of shape (n, parameters)."""
        return density(data, self.kinds, self.categories, self.minimum)


def losses_seen(table: ObservationTable, space: Space, max_resource: int, minimum: float) -> Survival | None:
    """The probability of a loss estimated from the rows, by a Matern kernel with the bandwidths of the densities; None
    if no trial was lost."""
    inputs = inputs_of(space, max_resource)
    x = table.configurations
    bandwidths = density(x, (Kind.CONTINUOUS,) * x.shape[1], (), minimum).bandwidths
    return survival(table, partial(_process, inputs), 1.0 / bandwidths)


def _process(inputs: Inputs, mean: float, scale: float, widths: Array) -> KernelProcess:
    return base_process(Base(), inputs, {"inverse_bandwidths": widths}, mean, scale)


def likely_ranks(rows: ObservationTable, losses: Survival | None) -> Array:
    """The expected rank of each row of one level, shape (n,). A row of rank k whose trial is not lost with probability
    c has c k + (1 - c) n."""
    n = len(rows)
    ranks = np.argsort(np.argsort(rows.value, kind="stable"), kind="stable") + 1.0
    chance = np.ones(n) if losses is None else losses.chance(rows.points())
    return rounded(chance * ranks + (1.0 - chance) * n)


# ---- features ------------------------------------------------------------------------------------------------------


def features(space: Space, x: Array) -> Array:
    """From encoded vectors, (n, d), to features, (n, parameters), with parameters sorted by name."""
    domains, columns = dict(space.in_vector_order), []
    for name, (start, stop) in slices(space).items():
        domain = domains[name]
        if isinstance(domain, Choice):
            block = x[:, start:stop]
            index = block.argmax(axis=1) if stop - start > 1 or len(domain.values) == 1 else (block[:, 0] >= 0.5)
            columns.append(index / len(domain.values))
        else:
            columns.append(x[:, start])
    return np.array(columns, dtype=np.float64).reshape(len(columns), len(x)).T


def configuration_at(space: Space, feature: Array) -> Configuration:
    """The configuration nearest to a feature vector of shape (parameters,)."""
    vector: list[float] = []
    for (_, domain), f in zip(space.in_vector_order, feature.tolist(), strict=True):
        if isinstance(domain, Choice):
            index = min(round(f * len(domain.values)), len(domain.values) - 1)
            if len(domain.values) == 2:
                vector.append(0.25 + 0.5 * index)
            else:
                vector += [float(number == index) for number in range(len(domain.values))]
        else:
            vector.append(min(max(f, 0.0), 1.0))
    return decode(space, np.array(vector))


def kinds_of(space: Space) -> tuple[tuple[Kind, ...], tuple[int, ...]]:
    """The kind of each feature, and its number of possible values (1 for kinds that do not use it)."""
    domains = [domain for _, domain in space.in_vector_order]
    return tuple(map(_kind, domains)), tuple(cardinality(domain) or 1 for domain in domains)


def _kind(domain: Domain) -> Kind:
    if isinstance(domain, Choice):
        return Kind.UNORDERED
    return Kind.CONTINUOUS if isinstance(domain, Float) else Kind.ORDERED


# ---- candidates ----------------------------------------------------------------------------------------------------


@frozen(eq=False)
class Lots:
    """The random numbers for m candidates: the row of the good set to start from, shape (m,); and for each parameter,
    shape (m, parameters), a uniform number u and the feature ``other`` of a random value."""

    row: Indices
    u: Array
    other: Array


def drawn_near(good: Density, space: Space, count: int, factor: float, draws: Draws) -> Array:
    """The features of candidates near rows of the good set, shape (count, parameters)."""
    width = len(good.kinds)
    uniforms = draws.uniforms(Purpose.CANDIDATES, count * (1 + 2 * width)).reshape(count, 1 + 2 * width)
    row = np.minimum((uniforms[:, 0] * len(good.data)).astype(np.intp), len(good.data) - 1)
    domains = [domain for _, domain in space.in_vector_order]
    others = [random_features(domain, uniforms[:, 1 + width + i]) for i, domain in enumerate(domains)]
    other = np.array(others).reshape(width, count).T
    return near(good, Lots(row, uniforms[:, 1 : 1 + width], other), factor)


def near(good: Density, lots: Lots, factor: float) -> Array:
    """Candidates from rows of the good set, every coordinate perturbed. A continuous one gets normal noise of
    ``factor`` times the bandwidth, truncated to [0, 1]; any other is kept with probability 1 - bandwidth, otherwise
    replaced."""
    found = good.data[lots.row].copy()
    for i, (kind, h) in enumerate(zip(good.kinds, good.bandwidths.tolist(), strict=True)):
        if kind is Kind.CONTINUOUS:
            found[:, i] = truncated_normal(found[:, i], factor * h, lots.u[:, i])
        else:
            found[:, i] = np.where(lots.u[:, i] < 1.0 - h, found[:, i], lots.other[:, i])
    return found


def truncated_normal(centre: Array, deviation: float, u: Array) -> Array:
    """The u-quantiles of normal distributions truncated to [0, 1]."""
    from scipy.special import ndtr, ndtri

    low, high = ndtr((0.0 - centre) / deviation), ndtr((1.0 - centre) / deviation)
    return np.asarray(np.clip(centre + deviation * ndtri(low + u * (high - low)), 0.0, 1.0))


def random_features(domain: Domain, u: Array) -> Array:
    """The features of random values of a domain, at uniform numbers u."""
    if isinstance(domain, Choice):
        return np.floor(u * len(domain.values)) / len(domain.values)
    return encode_draws_of(domain, u)[:, 0]
