"""What are the surrogates asked in docs/surrogates.md? Searches over tables of recorded curves, fits, held-out values.

A search by ASHA with one worker starts 60 configurations of a table, chosen at random by a seed. The models are fitted
to what it has seen, with all options at their defaults. They predict all later levels of its trials, and all levels of
60 other configurations. Then the same with the curves cut at random: as many trials as before end at each level, but
any of them.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

import pure_hb as hb
from pure_hb.draws import KeyedDraws
from pure_hb.space import Choice, Int, encode
from pure_hb.surrogate import (
    KERNELS,
    Additive,
    Base,
    ExponentialCurve,
    Independent,
    Inputs,
    Model,
    MultiTask,
    ObservationTable,
    Points,
    Posterior,
    SearcherData,
    Standardisation,
    StateSpaceCurve,
    TrialCurve,
    fit,
    inputs_of,
    observation_table,
    points,
    standardisation,
    standardised,
)

Array = NDArray[np.float64]

STARTED, OTHERS = 60, 60
"""How many configurations a search starts, and how many others are predicted."""
DIVERGED: Final = 2.0
"""A row is left out if it is ever this many times as bad as the median row after the first epoch."""


# ---- models --------------------------------------------------------------------------------------------------------


@frozen
class Candidate:
    """A model, and which values it is fitted to."""

    model: Model
    data: SearcherData = SearcherData.RUNGS


LEADING: Final = ("exp-decay-sum", "freeze-thaw", "gp_independent")
MODELS: Final[Mapping[str, Candidate]] = {
    "exp-decay-sum": Candidate(MultiTask(KERNELS["exp-decay-sum"](Base()))),
    "freeze-thaw": Candidate(MultiTask(KERNELS["freeze-thaw"](Base()))),
    "gp_independent": Candidate(Independent()),
    **{name: Candidate(MultiTask(make(Base()))) for name, make in KERNELS.items() if name not in LEADING},
    "gp_expdecay": Candidate(Additive(ExponentialCurve()), SearcherData.ALL),
    "gp_issm": Candidate(Additive(StateSpaceCurve()), SearcherData.ALL),
}
WITH_ALL_VALUES: Final[Mapping[str, Candidate]] = {
    f"{name}, all": Candidate(MODELS[name].model, SearcherData.ALL) for name in ("exp-decay-sum", "freeze-thaw")
}


@frozen(eq=False)
class Fitted:
    """A model after a search."""

    posterior: Posterior
    noise_variance: float
    scale: Standardisation

    def predict(self, at: Points) -> tuple[Array, Array]:
        """Mean and standard deviation of noisy values, in the units of the metric."""
        found = self.posterior.predict(at)
        return self.scale.back(found.mean[:, 0], found.variance + self.noise_variance)


def fitted(candidate: Candidate, search: "Search") -> Fitted:
    """Fit a model with all options at their defaults."""
    table, model = search.table(candidate.data), candidate.model
    scale = standardisation(table.value)
    data = standardised(table, scale)
    parameters = fit(model, search.inputs, data, draws=KeyedDraws(search.seed, len(table))).parameters
    posterior = model.posterior(search.inputs, data, parameters.as_arrays())
    noise = parameters["noise_variance"]
    assert isinstance(noise, float)
    return Fitted(posterior, noise, scale)


# ---- searches ------------------------------------------------------------------------------------------------------


@frozen(eq=False)
class Search:
    """What ASHA has seen of a table, and what it has not."""

    of: hb.Table
    seed: int
    levels: tuple[int, ...]
    """The maximum is the last one."""
    curves: tuple[TrialCurve, ...]
    rows: tuple[int, ...]
    """The table's row of each trial."""
    others: tuple[int, ...]
    """Rows that were not started."""

    @property
    def inputs(self) -> Inputs:
        """Of all models."""
        return inputs_of(self.of.space, self.of.max_resource, self.levels)

    def table(self, data: SearcherData) -> ObservationTable:
        """What a model is fitted to."""
        return observation_table(self.curves, levels=self.levels, max_resource=self.of.max_resource, data=data)

    def last(self, trial: int) -> int:
        """The level that a trial has reached."""
        return self.curves[trial].curve[-1][0]

    def value(self, row: int, resource: int) -> float:
        """What the table has there, to be minimised."""
        return self.of.goal.to_minimise(self.of.value(row, resource))

    def x(self, row: int) -> tuple[float, ...]:
        """The encoded configuration of a row."""
        return tuple(encode(self.of.space, config_of(self.of, row)).tolist())


def usable_rows(table: hb.Table) -> list[int]:
    """Rows without NaN that never diverge. All tables are of errors and losses, which are above 0."""
    assert isinstance(table.goal, hb.Minimize)
    limit = DIVERGED * np.nanmedian(table.values[:, 0])
    found: list[int] = np.flatnonzero(np.all(table.values <= limit, axis=1)).tolist()
    return found


def config_of(table: hb.Table, row: int) -> dict[str, Any]:
    """The configuration of a row."""
    found: dict[str, Any] = {}
    for (name, domain), number in zip(table.space.domains, table.configs[row].tolist(), strict=True):
        match domain:
            case Choice(values=values):
                found[name] = values[int(number)]
            case Int():
                found[name] = int(number)
            case _:
                found[name] = number
    return found


def search_by_asha(table: hb.Table, seed: int) -> Search:
    """ASHA by promotion with one worker over random rows, until it would start one more."""
    order = np.random.default_rng(seed).permutation(usable_rows(table)).tolist()
    rows, others = tuple(order[:STARTED]), tuple(order[STARTED : STARTED + OTHERS])
    configs = [config_of(table, row) for row in rows]
    setup = hb.asha(table.space, table.goal, max_resource=table.max_resource, points_to_evaluate=configs)
    state, action = hb.decide(hb.initial(setup), hb.Ask("worker"))
    while not (isinstance(action, hb.Start) and action.trial == STARTED):
        assert isinstance(action, hb.Start | hb.Resume)
        for resource in range(state.trials[action.trial].highest + 1, action.until + 1):
            value = table.value(rows[action.trial], resource)
            state, _ = hb.decide(state, hb.Report(action.trial, resource, value))
        state, action = hb.decide(state, hb.Ask("worker"))
    empty = Search(table, seed, (*setup.levels, table.max_resource), (), rows, others)
    return evolve(empty, curves=_curves(empty, [state.trials[trial].highest for trial in range(STARTED)]))


def cut_at_random(search: Search) -> Search:
    """The same trials, with the levels that they have reached dealt out anew."""
    reached = [search.last(trial) for trial in range(STARTED)]
    return evolve(search, curves=_curves(search, np.random.default_rng((search.seed, 1)).permutation(reached).tolist()))


def _curves(search: Search, reached: Sequence[int]) -> tuple[TrialCurve, ...]:
    return tuple(
        TrialCurve(trial, search.x(row), tuple((r, search.value(row, r)) for r in range(1, last + 1)))
        for trial, (row, last) in enumerate(zip(search.rows, reached, strict=True))
    )


# ---- what is predicted ---------------------------------------------------------------------------------------------


@frozen(eq=False)
class HeldOut:
    """Values that no model has seen, and what is said of them without a model: mean and standard deviation."""

    at: Points
    values: Array
    mean: Array
    deviation: Array


def of_known_trials(search: Search) -> HeldOut:
    """All later levels of the trials of the search."""
    return _of_trials(search, len(search.levels))


def of_next_levels(search: Search) -> HeldOut:
    """Of the trials of the search the next level."""
    return _of_trials(search, 1)


def _of_trials(search: Search, most: int) -> HeldOut:
    """At most so many levels ahead. Without a model: the last value, and each level further on adds the mean square of
    the steps from level to level that were seen."""
    levels, trials = search.levels, range(STARTED)
    later = {trial: [level for level in levels if level > search.last(trial)][:most] for trial in trials}
    pairs = [(trial, level) for trial in trials for level in later[trial]]
    steps = [
        search.value(row, higher) - search.value(row, lower)
        for trial, row in enumerate(search.rows)
        for lower, higher in itertools.pairwise(levels)
        if higher <= search.last(trial)
    ]
    ahead = [levels.index(level) - levels.index(search.last(trial)) for trial, level in pairs]
    return HeldOut(
        points([search.curves[trial].x for trial, _ in pairs], [r for _, r in pairs], [trial for trial, _ in pairs]),
        np.array([search.value(search.rows[trial], level) for trial, level in pairs]),
        np.array([search.curves[trial].curve[-1][1] for trial, _ in pairs]),
        np.sqrt(np.mean(np.square(steps)) * np.array(ahead)),
    )


def of_new_configurations(search: Search) -> HeldOut:
    """All levels of other configurations. Without a model: mean and deviation of all that was seen at rung levels."""
    pairs = [(row, level) for row in search.others for level in search.levels]
    x = {row: search.x(row) for row in search.others}
    seen = standardisation(search.table(SearcherData.RUNGS).value)
    return HeldOut(
        points([x[row] for row, _ in pairs], [level for _, level in pairs]),
        np.array([search.value(row, level) for row, level in pairs]),
        np.full(len(pairs), seen.mean),
        np.full(len(pairs), seen.scale),
    )
