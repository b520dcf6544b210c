"""WHICH PARAMETERS ARE SEARCHED? `Space`: an ordered, checked collection of named domains."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Any, Final, Never

from attrs import frozen

from pure_hb.space.domains import (
    DOMAINS,
    Constant,
    Domain,
    is_number,
    is_text,
    written,
)
from pure_hb.space.errors import CallError, SpaceError
from pure_hb.space.faults import faults
from pure_hb.space.grids import (
    cardinality,
    distinct,
)
from pure_hb.space.showing import MOST_SHOWN, lines, shown
from pure_hb.space.ways_out import entries, example

_OUT_OF_SCOPE: Final = (
    "conditional and nested spaces are not supported; list all parameters flat, or run one search per branch"
)

PARAMETER_LIMIT: Final = 2**14
"""The largest number of parameters of a space."""
_LONG_NAME: Final = 100
_LONG_CALL: Final = 1000


@frozen(init=False, repr=False)
class Space:
    """The configuration space: ``Space(lr=Float(1e-4, 1.0, log=True), activation=Choice("relu", "tanh"))``.

    Raises:
        SpaceError: naming every parameter with a fault (of many, the first), the value, the limit and the way out.
    """

    domains: tuple[tuple[str, Domain], ...]
    """(name, domain) in order of declaration, which is also the order of random draws."""

    def __init__(self, /, *nothing: Never, **domains: Domain) -> None:
        if nothing:
            raise CallError(_about_positional(nothing))
        if len(domains) > PARAMETER_LIMIT:
            raise SpaceError(f"The space has {len(domains)} parameters; it has at most {PARAMETER_LIMIT}")
        if not domains:
            raise SpaceError(
                "The space cannot be used.\n  no parameters; name at least one: Space(lr=Float(1e-4, 1.0, log=True))"
            )
        found = [f"{name}: {fault}" for name, fault in islice(_all_faults(domains), MOST_SHOWN + 1)]
        if found:
            raise SpaceError("The space cannot be used.\n" + lines(found))
        self.__attrs_init__(tuple(domains.items()))

    @cached_property
    def _by_name(self) -> Mapping[str, Domain]:
        return MappingProxyType(dict(self.domains))

    def __getitem__(self, name: str) -> Domain:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._by_name

    @cached_property
    def _hash(self) -> int:  # remembered: caches ask often
        return hash(self.domains)

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Space({', '.join(f'{name}={domain!r}' for name, domain in self.domains)})"

    @cached_property
    def searched(self) -> tuple[tuple[str, Domain], ...]:
        """The (name, domain) pairs that are not constants, in order of declaration."""
        return tuple((name, domain) for name, domain in self.domains if not isinstance(domain, Constant))

    @cached_property
    def in_vector_order(self) -> tuple[tuple[str, Domain], ...]:
        """The searched pairs sorted by name (by code point), which is the order of the encoded vector."""
        return tuple(sorted(self.searched, key=lambda pair: pair[0]))

    @property
    def constants(self) -> dict[str, str | int | float | bool]:
        """The values of the constants, by name."""
        return {name: domain.value for name, domain in self.domains if isinstance(domain, Constant)}


def grid_size(space: Space) -> int | None:
    """The number of grid points of a finite space; None if a parameter is continuous."""
    return _product([cardinality(domain) for _, domain in space.searched])


@lru_cache(maxsize=64)
def size(space: Space) -> int | None:
    """The number of *different* configurations of a finite space; None if a parameter is continuous.

    Smaller than `grid_size` where rounding makes values of a ``Finite(..., integer=True)`` equal.
    """
    return _product([distinct(domain) for _, domain in space.searched])


def _product(counts: list[int | None]) -> int | None:
    total = 1
    for count in counts:
        if count is None:
            return None
        total *= count
    return total


# ---- what can be wrong ---------------------------------------------------------------------------------------------


def _all_faults(domains: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    return ((shown_name(name), fault) for name, domain in domains.items() for fault in _faults_of(name, domain))


def shown_name(name: object) -> str:
    """A name for a message, cut where it is long."""
    return name if isinstance(name, str) and len(name) <= _LONG_NAME and is_text(name) else shown(name)


def _faults_of(name: object, domain: object) -> tuple[str, ...]:
    found = []
    if not isinstance(name, str) or not name or not is_text(name):
        found.append(f"the name {shown(name)} is no text; names are non-empty Unicode strings")
    if isinstance(domain, DOMAINS):
        return (*found, *faults(domain))
    return (*found, _about_no_domain(domain))


def _about_no_domain(domain: object) -> str:
    if isinstance(domain, type) and domain in DOMAINS:
        return f"{domain.__name__} is given without its values; call it: {example(domain.__name__)}"
    if isinstance(domain, str | int | float):
        return f"{shown(domain)} is no domain; for a fixed value write {written(Constant(domain))}"
    if domain is None:
        return "None is no domain; for a fixed value write Constant('none')"
    if isinstance(domain, list | tuple | range | set | frozenset) or hasattr(domain, "tolist"):
        values = entries("Choice", domain, MOST_SHOWN)
        return f"a {type(domain).__name__} is no domain; write {_as_range(domain)}for one of its values {values}"
    return f"{type(domain).__name__} is no domain; {_OUT_OF_SCOPE}"


def _as_range(domain: Any) -> str:
    pair = domain.tolist() if hasattr(domain, "tolist") else domain
    if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(map(is_number, pair)) or not pair[0] < pair[1]:
        return ""
    whole = [f"Int({pair[0]!r}, {pair[1]!r})"] if all(isinstance(bound, int) for bound in pair) else []
    return f"for a range {' or '.join([*whole, f'Float({pair[0]!r}, {pair[1]!r})'])}, "


def _about_positional(given: tuple[object, ...]) -> str:
    """What to write for ``Space({...})`` and ``Space([("lr", ...)])``."""
    (first, *others) = given
    pairs = _pairs(first) if not others else None
    if pairs is None:
        way = "Space(lr=Float(1e-4, 1.0, log=True))"
        return f"Space takes parameters by name, got {shown(first)}; write {way}, or Space(**domains) for a dictionary"
    told = ", ".join(f"{name!r}: {domain!r}" for name, domain in pairs)
    way = f"Space(**{{{told}}})" if len(told) <= _LONG_CALL else "Space(**dict(domains))"
    return f"Space takes parameters by name, got a {type(first).__name__}; write {way}"


def _pairs(given: object) -> list[tuple[str, object]] | None:
    listed: Iterable[Any] = (
        given.items() if isinstance(given, Mapping) else given if isinstance(given, list | tuple) else ()
    )
    found = list(listed)
    sound = all(isinstance(one, tuple | list) and len(one) == 2 and isinstance(one[0], str) for one in found)
    return [(name, domain) for name, domain in found] if found and sound else None
