"""What do the surrogates of `surrogate_cost.py` look at? Made curves, the same for every system, and the models.

A configuration has six coordinates: three numbers, an integer and two binary choices. Values decay exponentially to an
asymptote that depends on the configuration, with noise, R = 81; all values together are standardised. Multi-task and
independent models see them at the rung levels, of which a trial reaches the next with probability 1/3; additive models
see whole curves up to such a level. The draws are those with which the reference system was timed on its own.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from attrs import evolve, frozen

import pure_hb as hb
from pure_hb.space import encode
from pure_hb.surrogate import (
    KERNELS,
    Additive,
    Base,
    ExponentialCurve,
    Independent,
    Inputs,
    Model,
    MultiTask,
    Observations,
    Points,
    StateSpaceCurve,
    inputs_of,
    observations,
    points,
)
from pure_hb.surrogate.arrays import Array

R: Final = 81
LEVELS: Final = (1, 3, 9, 27, 81)
CANDIDATES: Final = 500
CANDIDATES_AT: Final = 9
DOMAINS: Final[Mapping[str, tuple[Any, ...]]] = {
    "p0": ("float", 0.0, 1.0),
    "p1": ("float", 0.0, 1.0),
    "p2": ("float", 0.0, 1.0),
    "p3": ("int", 1, 9),
    "p4": ("choice", ["u", "v"]),
    "p5": ("choice", ["u", "v"]),
}
SPACE: Final = hb.Space(
    p0=hb.Float(0.0, 1.0),
    p1=hb.Float(0.0, 1.0),
    p2=hb.Float(0.0, 1.0),
    p3=hb.Int(1, 9),
    p4=hb.Choice("u", "v"),
    p5=hb.Choice("u", "v"),
)
INPUTS: Final[Inputs] = inputs_of(SPACE, R, LEVELS)


@frozen
class Case:
    """A model as the benchmark names it, ours and the options of the reference that give the same."""

    name: str
    model: Model
    options: Mapping[str, Any]
    family: str
    """multi-task, independent or additive."""
    same_objective: Model | None = None
    """The variant that minimises what the reference minimises, if the model itself does not."""

    @property
    def curves(self) -> bool:
        """Whether it sees whole curves."""
        return self.family == "additive"


def _cases() -> tuple[Case, ...]:
    independent = {"model": "gp_independent"}
    return (
        *(
            Case(name, MultiTask(make(Base())), {"model": "gp_multitask", "gp_resource_kernel": name}, "multi-task")
            for name, make in KERNELS.items()
        ),
        Case("independent-shared", Independent(), independent, "independent"),
        Case(
            "independent-separate",
            Independent(separate_noise_variances=True),
            {**independent, "separate_noise_variances": True},
            "independent",
        ),
        Case("expdecay", Additive(ExponentialCurve()), {"model": "gp_expdecay"}, "additive"),
        Case(
            "issm",
            Additive(StateSpaceCurve()),
            {"model": "gp_issm"},
            "additive",
            Additive(StateSpaceCurve(unit_innovations=True)),
        ),
    )


CASES: Final[Mapping[str, Case]] = {case.name: case for case in _cases()}


@frozen
class Trial:
    """A configuration and its standardised values."""

    config: Mapping[str, Any]
    resources: tuple[int, ...]
    values: tuple[float, ...]


@frozen
class Data:
    """What n observations look like, and the generator after them."""

    trials: tuple[Trial, ...]
    observations: Observations
    rng: np.random.Generator

    @property
    def sizes_by_level(self) -> list[int]:
        """How many observations there are at each level that has any."""
        sizes: list[int] = np.bincount(self.observations.points.level).tolist()
        return sizes


def data_of(case: Case, n: int, more: int = 0) -> Data:
    """n observations, and so many more that the same generator gives after them."""
    rng = np.random.Generator(np.random.PCG64(1234 + n))
    trials = _trials(rng, n + more, case.curves)
    x = np.array([encode(SPACE, trial.config) for trial in trials for _ in trial.resources])
    r = [resource for trial in trials for resource in trial.resources]
    number = [number for number, trial in enumerate(trials) for _ in trial.resources]
    return Data(trials, observations(points(x, r, number), [v for trial in trials for v in trial.values]), rng)


def sizes_of(case: Case, data: Data) -> list[int]:
    """Orders of the matrices that cannot but be factorised and inverted."""
    if case.family == "independent":
        return data.sizes_by_level
    return [len(data.trials) if case.curves else len(data.observations.points)]


def candidates(rng: np.random.Generator) -> list[dict[str, Any]]:
    """New configurations."""
    return [_configuration(rng) for _ in range(CANDIDATES)]


def candidate_rows(configurations: list[dict[str, Any]]) -> Array:
    """Encoded, shape (m, d)."""
    return np.array([encode(SPACE, config) for config in configurations])


def at_candidates(rows: Array) -> Points:
    """The points at which the posterior is asked for."""
    return points(rows, CANDIDATES_AT)


def _trials(rng: np.random.Generator, n: int, curves: bool) -> tuple[Trial, ...]:
    found: list[Trial] = []
    count = 0
    while count < n:
        last = LEVELS[min(int(rng.geometric(2 / 3)), len(LEVELS)) - 1]
        seen = range(1, last + 1) if curves else [level for level in LEVELS if level <= last]
        resources = tuple(seen)[: n - count]
        config = _configuration(rng)
        found.append(Trial(config, resources, _values(rng, config, resources)))
        count += len(resources)
    together = np.array([value for trial in found for value in trial.values])
    mean, scale = together.mean(), together.std()
    return tuple(evolve(trial, values=tuple((np.array(trial.values) - mean) / scale)) for trial in found)


def _configuration(rng: np.random.Generator) -> dict[str, Any]:
    numbers = [float(rng.uniform()) for _ in range(3)]
    integer = int(rng.integers(1, 10))
    letters = ["uv"[int(rng.integers(2))] for _ in range(2)]
    return dict(zip(DOMAINS, [*numbers, integer, *letters], strict=True))


def _values(rng: np.random.Generator, config: Mapping[str, Any], resources: tuple[int, ...]) -> tuple[float, ...]:
    asymptote = (config["p0"] - 0.3) ** 2 + 0.5 * config["p1"] + 0.05 * config["p3"] + 0.2 * (config["p4"] == "u")
    height, rate = 0.5 + config["p2"], 0.15 * np.exp(0.3 * rng.normal())
    return tuple(asymptote + height * np.exp(-rate * r) + 0.03 * rng.normal() for r in resources)
