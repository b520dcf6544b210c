"""WHICH SPACE IS A SPACE OF CONFIGSPACE? `space_of`; what has no counterpart here is refused by name.

Hyperparameters are recognised by the names of their classes, so that this module needs no ConfigSpace.
"""

from typing import Any

import pure_hb as hb


def space_of(configuration_space: Any) -> hb.Space:
    """The space of a ``ConfigSpace.ConfigurationSpace``, with the same names, in the same order.

    Raises:
        ValueError: naming a condition, a forbidden clause or a hyperparameter that has no counterpart here.
    """
    for what, found in (
        ("condition", configuration_space.conditions),
        ("forbidden clause", configuration_space.forbidden_clauses),
    ):
        if found:
            raise ValueError(
                f"the space has the {what} {found[0]!r}; every parameter here is always there, and every combination "
                "allowed; leave it out, and let the training ignore what does not apply"
            )
    return hb.Space(**{name: _domain(name, given) for name, given in configuration_space.items()})


def _domain(name: str, given: Any) -> Any:
    kind = type(given).__name__
    match kind:
        case "UniformFloatHyperparameter":
            return hb.Float(float(given.lower), float(given.upper), log=given.log)
        case "UniformIntegerHyperparameter":
            return hb.Int(int(given.lower), int(given.upper), log=given.log)
        case "CategoricalHyperparameter" if given.weights is None:
            return hb.Choice(*given.choices)
        case "OrdinalHyperparameter":
            return hb.Ordinal(*given.sequence, kind="equal")
        case "Constant":
            return hb.Constant(given.value)
    weighted = " with weights" if kind == "CategoricalHyperparameter" else ""
    raise ValueError(
        f"the parameter {name!r} is a {kind}{weighted}, which has no counterpart here; take a uniform float or "
        "integer, a categorical one without weights, an ordinal one or a constant"
    )
