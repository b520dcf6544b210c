"""Which surrogates and data do the property tests look at? Every family with its options, and small worlds for each.

Hypothesis chooses the shape of a case (how many coordinates, trials and levels, which of them are equal); the numbers
inside come from a seed that it chooses too.
"""

from typing import Final

import numpy as np
from attrs import evolve, frozen
from hypothesis import settings
from hypothesis import strategies as st

from property_tests.dense_twins import Family, Numbers, Row
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
    observations,
    points,
)
from pure_hb.surrogate.arrays import Array
from pure_hb.surrogate.parameters import Scale, Specification

FAMILIES: Final = (
    *(Family("gp_multitask", kernel) for kernel in KERNELS),
    Family("gp_independent"),
    Family("gp_independent", separate_noise_variances=True),
    Family("gp_expdecay"),
    Family("gp_expdecay", normalize_resource=True),
    Family("gp_issm"),
    Family("gp_issm", gamma_is_one=True),
    Family("gp_issm", unit_innovations=True),
    Family("gp_issm", gamma_is_one=True, unit_innovations=True),
)
ONE: Final = st.just(1)
BASES: Final = tuple((ard, warping) for ard in (True, False) for warping in (False, True))


def examples(share: float) -> settings:
    """So many examples for each one of the profile."""
    return settings(max_examples=max(1, round(share * settings().max_examples)))


def label(family: Family) -> str:
    """For the names of tests."""
    options = ("separate_noise_variances", "normalize_resource", "gamma_is_one", "unit_innovations")
    base = ("" if family.ard else "-noard") + ("-warped" if family.warping else "")
    return "-".join([family.kernel or family.kind, *(one for one in options if getattr(family, one))]) + base


def is_additive(family: Family) -> bool:
    """Whether every trial has a curve of its own."""
    return family.kind in ("gp_expdecay", "gp_issm")


ADDITIVE: Final = tuple(family for family in FAMILIES if is_additive(family))


def model_of(family: Family) -> Model:
    """The library's model."""
    base = Base(family.ard, family.warping)
    match family.kind:
        case "gp_multitask":
            return MultiTask(KERNELS[family.kernel](base))
        case "gp_independent":
            return Independent(base, family.separate_noise_variances)
        case "gp_expdecay":
            return Additive(ExponentialCurve(family.normalize_resource), base)
        case _:
            return Additive(StateSpaceCurve(family.gamma_is_one, family.unit_innovations), base)


def at_rows(rows: tuple[Row, ...], dimension: int) -> Points:
    """The rows as points."""
    x = np.array([row.x for row in rows], dtype=np.float64).reshape(len(rows), dimension)
    return points(x, [row.r for row in rows], [row.trial for row in rows])


def some_values(specification: Specification, rng: np.random.Generator, width: float = 1.0) -> dict[str, Array]:
    """Parameters around their initial values: at most ``width`` away in internal coordinates, noise at least 1e-3."""
    values = {}
    for one in specification.parameters:
        low, high = one.bounds
        center = -3.0 if "noise" in one.name else one.internal(one.initial)
        internal = np.clip(center + width * rng.uniform(-1.0, 1.0, one.size), low, high)
        theta = internal if one.scale is Scale.LINEAR else np.exp(internal)
        theta = -theta if one.scale is Scale.LOG_OF_NEGATIVE else theta
        values[one.name] = theta.reshape(()) if one.labels is None else theta
    return values


@frozen(eq=False)
class Case:
    """A model with parameters, observations, and points to ask about; for the library and for the twin."""

    family: Family
    inputs: Inputs
    values: dict[str, Array]
    rows: tuple[Row, ...]
    """Observations, in any order."""
    targets: Numbers
    """Shape (n, F)."""
    wanted: tuple[Row, ...]
    """Points of known trials at other resources, of new trials, and of nobody with a known configuration."""
    seed: int

    @property
    def model(self) -> Model:
        """The library's model."""
        return model_of(self.family)

    @property
    def data(self) -> Observations:
        """What the library takes."""
        return observations(at_rows(self.rows, self.inputs.dimension), self.targets)

    @property
    def at(self) -> Points:
        """The wanted rows as points."""
        return at_rows(self.wanted, self.inputs.dimension)

    @property
    def rng(self) -> np.random.Generator:
        """For more numbers."""
        return np.random.default_rng((self.seed, 1))

    def part(self, chosen: list[int] | slice) -> Observations:
        """Some of the observations."""
        numbers = np.arange(len(self.rows))[chosen]
        rows = tuple(self.rows[number] for number in numbers)
        return observations(at_rows(rows, self.inputs.dimension), self.targets[numbers])


@st.composite
def cases(
    draw: st.DrawFn,
    family: Family,
    *,
    columns: st.SearchStrategy[int] = ONE,
    most_trials: int = 4,
    inside: bool = False,
    any_base: bool = True,
) -> Case:
    """A case of a family with any base. ``inside``: no coordinate at an end of the cube, no two points at one place."""
    ard, warping = draw(st.sampled_from(BASES)) if any_base else (family.ard, family.warping)
    family = evolve(family, ard=ard, warping=warping)
    dimension = draw(st.integers(1 if inside else 0, 3))
    max_resource = draw(st.sampled_from((1, 2, 3, 5, 9)))
    gapless = draw(st.booleans())
    every = range(1, max_resource + 1)
    levels = tuple(every) if gapless else tuple(sorted({*draw(st.sets(st.sampled_from(every))), max_resource}))
    mask = tuple(draw(st.lists(st.booleans(), min_size=dimension, max_size=dimension)))
    inputs = Inputs(tuple(f"x{i}" for i in range(dimension)), max_resource, mask, levels)
    count = draw(st.integers(1, most_trials))
    places = draw(st.lists(st.integers(0, count - 1), min_size=count, max_size=count))  # which configuration
    lengths = draw(st.lists(st.integers(1, len(levels)), min_size=count, max_size=count))
    f, seed = draw(columns), draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    grid = np.array([0.0, 0.25, 0.5, 1.0])
    xs = [
        tuple(
            (
                rng.uniform(0.05, 0.95, dimension) if inside or rng.random() < 0.5 else rng.choice(grid, dimension)
            ).tolist()
        )
        for _ in range(count + 2)
    ]
    rows = [
        Row(xs[place], level, 3 * trial, noisy=True)
        for trial, (place, length) in enumerate(zip(places, lengths, strict=True))
        for level in sorted(levels[:length] if gapless else rng.choice(levels, length, replace=False).tolist())
    ]
    rows = [rows[number] for number in rng.permutation(len(rows))]
    wanted = [
        Row(xs[place], int(level), 3 * trial)
        for trial, place in enumerate(places)
        for level in rng.choice(levels if family.kind == "gp_independent" else list(every), 1)
    ]
    new, other = xs[count:]
    wanted += [Row(xs[0], levels[0]), Row(new, levels[0]), Row(new, levels[-1])]
    wanted += [Row(new, levels[0], 1), Row(new, levels[-1], 1), Row(new, levels[-1], 2), Row(other, levels[0], 4)]
    if inside:
        wanted = [Row(tuple(rng.uniform(0.05, 0.95, dimension).tolist()), row.r, row.trial) for row in wanted]
    model = model_of(family)
    values = some_values(model.specification(inputs), rng)
    return Case(family, inputs, values, tuple(rows), rng.normal(size=(len(rows), f)), tuple(wanted), seed)
