"""WHICH SPACE DO THE DISTRIBUTIONS OF A SCIKIT-LEARN SEARCH MEAN? Lists, frozen scipy distributions, and our domains.

Values that a space cannot have (None, tuples, estimators) stand in it under a name; `Values` gives them back.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import frozen

import pure_hb as hb

_PLAIN: Final = (str, int, float, bool)


@frozen
class Values:
    """A space, and the objects that its texts stand for: parameter -> text -> object."""

    space: hb.Space
    objects: Mapping[str, Mapping[str, Any]]

    def given(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of an estimator for a configuration of the space."""
        return {name: self.objects[name][value] if name in self.objects else value for name, value in config.items()}


def values_of(space: hb.Space | Mapping[str, Any]) -> Values:
    """The space that is meant by a space of ours, or by what ``RandomizedSearchCV`` takes as ``param_distributions``.

    An entry is a domain, a list (a `Choice` of its values, whatever they are), or a frozen distribution of
    ``scipy.stats``: ``uniform``, ``loguniform`` or ``randint``.

    Raises:
        ValueError: naming the parameter that has no counterpart here.
        SpaceError: if the space cannot be used.
        TypeError: if it is no mapping.
    """
    if isinstance(space, hb.Space):
        return Values(space, {})
    if not isinstance(space, Mapping):
        several = " One search has one space: where it is a list of several, run a search for each."
        raise TypeError(
            f"space is a {type(space).__name__}; give a Space, or a dictionary from names of parameters to domains, "
            f"lists or distributions of scipy.stats.{several if isinstance(space, list | tuple) else ''}"
        )
    domains: dict[str, Any] = {}
    objects: dict[str, dict[str, Any]] = {}
    for name, given in space.items():
        if _is_list(given) and not _is_plain(given):
            objects[name] = {f"{place}: {value!r}"[:80]: value for place, value in enumerate(given)}
            domains[name] = hb.Choice(*objects[name])
        else:
            domains[name] = _domain(name, given)
    return Values(hb.Space(**domains), objects)


def _is_list(given: object) -> bool:
    return (isinstance(given, Sequence) and not isinstance(given, str)) or type(given).__name__ == "ndarray"


def _is_plain(given: Sequence[Any]) -> bool:
    """Whether a `Choice` takes the values of a list as they are: all of one plain type, each once."""
    values = [value.item() if hasattr(value, "item") else value for value in given]
    kinds = {type(value) for value in values}
    return len(kinds) == 1 and kinds <= set(_PLAIN) and len(set(values)) == len(values)


def _domain(name: str, given: Any) -> Any:
    if isinstance(given, hb.Float | hb.Int | hb.Choice | hb.Ordinal | hb.Finite | hb.Constant):
        return given
    if _is_list(given):
        return hb.Choice(*given)
    kind = getattr(getattr(given, "dist", None), "name", None)
    match kind:
        case "uniform" | "loguniform" | "reciprocal":
            low, high = given.support()
            return hb.Float(float(low), float(high), log=kind != "uniform")
        case "randint":
            low, high = given.support()
            return hb.Int(int(low), int(high))
    if given is None or isinstance(given, _PLAIN):
        raise ValueError(
            f"the parameter {name!r} is {given!r}, a single value; to keep it so write [{given!r}], or set it on the "
            "estimator and leave it out of the space"
        )
    shown = f"a scipy distribution {kind!r}" if kind else f"of the type {type(given).__name__}"
    raise ValueError(
        f"the parameter {name!r} is {shown}, which has no counterpart here; take a list, uniform, loguniform or "
        "randint of scipy.stats, or a domain such as Float(1e-4, 1.0, log=True)"
    )
