"""Golden documents of kind `surrogates` as models, data and parameters of the library, and how their numbers agree."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

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
    Parameters,
    Points,
    Specification,
    StateSpaceCurve,
    observations,
    points,
)
from pure_hb.surrogate.arrays import Array
from pure_hb.surrogate.parameters import Named, Parameter
from tests.conformance.outcome import Document, Outcome, failed, passed, skipped

NO_BOXCOX: Final = "decisions 1, 2: no Box-Cox"
NO_LEVEL: Final = "decisions 17: a row at a resource that is no level is an error"
BOXCOX_LAMBDA: Final = "boxcox_lambda"

# ---- models and data -----------------------------------------------------------------------------------------------


def has_boxcox(document: Document) -> bool:
    """Whether the reference transforms the targets. The additive models ignore the option (1.4)."""
    given = document["model"]
    return bool(given.get("boxcox")) and given["family"] in ("gp_multitask", "gp_independent")


def model_of(given: Mapping[str, Any]) -> Model:
    warping = bool(given.get("input_warping"))
    base = Base(ard=given["base_kernel"] != "matern52-noard", warping=warping)
    match given["family"]:
        case "gp_multitask":
            kernel = given["resource_kernel"]
            if kernel in ("matern52", "matern52-res-warp"):
                base = Base(ard=True, warping=warping)  # decisions 7: the reference ignores the base kernel here
            return MultiTask(KERNELS[kernel](base))
        case "gp_independent":
            return Independent(base, bool(given.get("separate_noise_variances")))
        case "gp_expdecay":
            return Additive(ExponentialCurve(bool(given.get("normalize_resource"))), base)
        case "gp_issm":  # decisions 3: the reference's innovations
            return Additive(StateSpaceCurve(bool(given.get("gamma_is_one")), unit_innovations=True), base)
        case unknown:
            raise ValueError(f"unknown family {unknown!r}")


def inputs_of(document: Document) -> Inputs:
    names: list[str] = []
    warped: list[bool] = []
    for number, block in enumerate(document["blocks"]):
        match block["type"]:
            case "float" | "binary" as kind:
                names.append(f"{kind}{number}")
                warped.append(kind == "float")
            case "choice":
                names += [f"choice{number}={value}" for value in range(block["size"])]
                warped += [False] * block["size"]
            case unknown:
                raise ValueError(f"unknown block {unknown!r}")
    return Inputs(tuple(names), document["max_resource"], tuple(warped), tuple(document.get("levels") or ()))


@frozen(eq=False)
class Problem:
    """A model, its inputs, and the configurations that rows refer to."""

    model: Model
    inputs: Inputs
    configurations: Array
    rows: Sequence[Sequence[Any]]

    @property
    def specification(self) -> Specification:
        return self.model.specification(self.inputs)

    @property
    def targets(self) -> Array:
        return np.array([value for _, _, value in self.rows], dtype=np.float64)

    def data(self, targets: ArrayLike | None = None) -> Observations:
        """The observations, with other targets if they are given."""
        return observations(self.of_configurations(self.rows), self.targets if targets is None else targets)

    def of_configurations(self, rows: Sequence[Sequence[Any]]) -> Points:
        """Rows [configuration, resource, ...]. Of the additive models a configuration is a trial."""
        numbers = [int(row[0]) for row in rows]
        x = self.configurations[numbers] if numbers else np.zeros((0, self.inputs.dimension))
        return points(x, [row[1] for row in rows], numbers)

    def at(self, rows: Sequence[Mapping[str, Any]]) -> Points:
        """Rows with x and r, of no known trial."""
        x = np.array([row["x"] for row in rows], dtype=np.float64)
        return points(x.reshape(len(rows), self.inputs.dimension), [row["r"] for row in rows])

    def parameters(self, given: Mapping[str, Any]) -> Parameters:
        """In natural units; that of Box-Cox is left out."""
        known = {one.name: one for one in self.specification.parameters}
        numbers = {name: value for name, value in given.items() if name != BOXCOX_LAMBDA}
        return self.specification.checked(
            {name: _named(entries(known.get(name), value)) for name, value in numbers.items()}
        )


def problem(document: Document) -> Problem:
    inputs = inputs_of(document)
    configurations = np.array(document["configs"], dtype=np.float64).reshape(-1, inputs.dimension)
    return Problem(model_of(document["model"]), inputs, configurations, document["observations"])


def entries(parameter: Parameter | None, given: Any) -> Any:
    """A number or a list in the order of the labels, from the same or from a map by level."""
    if isinstance(given, Mapping):
        labels = parameter.labels if parameter is not None else None
        if labels is None or set(given) != set(labels):
            raise ValueError(f"numbers for {', '.join(given)}, but the model has {labels}")
        return [given[label] for label in labels]
    return given


def _named(given: Any) -> Named:
    return tuple(float(one) for one in given) if isinstance(given, list) else float(given)


# ---- comparing -----------------------------------------------------------------------------------------------------


@frozen
class Case:
    """A document whose numbers are compared: its tolerances by quantity, and what we excuse, by quantity."""

    name: str
    tolerance: Any
    excused: Mapping[str, str] = {}

    def near(self, quantity: str, ours: Any, expected: Any, tolerance: str | None = None) -> Iterator[Outcome]:
        """One outcome for numbers in lists and maps of any depth; none if there are none. The tolerance is that of the
        quantity's first word, or that of another name."""
        where = f"{self.name} {quantity}"
        wanted, found = _flat(expected), _flat(ours)
        if not wanted and not found:
            return
        if quantity in self.excused:
            yield skipped(where, self.excused[quantity])
            return
        limits = self.tolerance[tolerance or quantity.split()[0]]
        yield _agree(where, found, wanted, float(limits["rtol"]), float(limits["atol"]))

    def exactly(self, quantity: str, ours: Any, expected: Any) -> Outcome:
        where = f"{self.name} {quantity}"
        return passed(where) if ours == expected else failed(where, f"got {ours}, expected {expected}")


def _flat(value: Any, path: str = "") -> dict[str, float | None]:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        parts = [_flat(one, f"{path}.{key}") for key, one in value.items()]
    elif isinstance(value, list | tuple):
        parts = [_flat(one, f"{path}[{index}]") for index, one in enumerate(value)]
    else:
        return {path: None if value is None else float(value)}
    return {place: number for part in parts for place, number in part.items()}


def _agree(
    where: str, ours: Mapping[str, float | None], expected: Mapping[str, float | None], rtol: float, atol: float
) -> Outcome:
    """The message names the entry that is farthest off."""
    if set(ours) != set(expected):
        strange = sorted(set(ours) ^ set(expected))
        return failed(where, f"{len(ours)} numbers, expected {len(expected)}; only in one: {', '.join(strange[:5])}")
    worst, why, compared = 1.0, "", 0
    for place, b in expected.items():
        a = ours[place]
        if b is None:
            continue  # the reference could not say
        compared += 1
        allowed = atol + rtol * abs(b)
        off = abs(a - b) if a is not None else np.inf
        share = off / allowed if allowed else (np.inf if off else 0.0)
        if not share <= worst:  # also for NaN
            said = f"got {a!r}, expected {b!r}, {off:.3g} apart, {allowed:.3g} allowed"
            worst, why = share, f"{place.lstrip('.')}: {said}" if place else said
    if not compared:
        return skipped(where, "the reference has no number here")
    return failed(where, why) if why else passed(where)


def guarded(where: str, checks: Iterator[Outcome]) -> Iterator[Outcome]:
    """A crash fails these checks and leaves the others alone."""
    try:
        yield from checks
    except Exception as error:  # any crash is a failed check
        yield failed(where, f"{type(error).__name__}: {error}")
