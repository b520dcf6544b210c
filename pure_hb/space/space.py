"""WHICH PARAMETERS ARE SEARCHED, AND WHAT IS A CONFIGURATION? `Space`: an ordered, checked collection of named domains.
`Configuration`: an immutable mapping from their names to values, equal by its content."""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Any, Final, Never

from attrs import field, frozen

from pure_hb.space.domains import DOMAINS, Constant, Domain, Value, is_number, is_text, plain, written
from pure_hb.space.faults import faults
from pure_hb.space.grids import cardinality, distinct
from pure_hb.space.showing import MOST_SHOWN, CallError, SpaceError, entries, example, lines, shown
from pure_hb.space.values import check, default_value, member

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

    @cached_property
    def constants(self) -> Mapping[str, Value]:
        """The values of the constants, by name."""
        return MappingProxyType({name: domain.value for name, domain in self.domains if isinstance(domain, Constant)})


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


# ---- configurations -------------------------------------------------------------------------------------------------


@frozen(init=False, repr=False, eq=False)
class Configuration(Mapping[str, Value]):
    """Values of all parameters, constants included. It is read like a dictionary; ``dict(configuration)`` makes one.

    It equals every mapping with equal items in any order; NaN equals NaN. Its hash is its own: an equal mapping of
    another hashable class may have another hash, so do not mix the two in a set.
    """

    names: tuple[str, ...] = field()
    """The names of the parameters, sorted."""
    settings: tuple[Value, ...] = field()
    """The values, in the order of ``names``."""

    def __init__(self, mapping: Mapping[str, Value]) -> None:
        pairs = _pairs(mapping)
        self.__attrs_init__(_shared(tuple(name for name, _ in pairs)), tuple(value for _, value in pairs))

    @classmethod
    def of_sorted(cls, names: tuple[str, ...], settings: tuple[Value, ...]) -> "Configuration":
        """For whoever knows that the names are sorted, and that all values are of Python's own types and no NaN. Give
        all configurations of a space the same object for ``names``."""
        made = object.__new__(cls)
        made.__attrs_init__(names, settings)
        return made

    @property
    def pairs(self) -> tuple[tuple[str, Value], ...]:
        """(name, value), sorted by name."""
        return tuple(zip(self.names, self.settings, strict=True))

    def __getitem__(self, name: str) -> Value:
        names = self.names
        place = bisect_left(names, name) if isinstance(name, str) else len(names)
        if place == len(names) or names[place] != name:
            raise KeyError(name)
        return self.settings[place]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Configuration):
            if not isinstance(other, Mapping):
                return NotImplemented
            try:
                other = Configuration(other)
            except TypeError:  # no configuration: other names or values
                return False
        return self.names == other.names and self.settings == other.settings

    def __hash__(self) -> int:
        return hash((self.names, self.settings))

    def __repr__(self) -> str:
        shown = (name if name.isprintable() else repr(name) for name in self.names)  # else it could steer a terminal
        return "{" + ", ".join(f"{name}: {value!r}" for name, value in zip(shown, self.settings, strict=True)) + "}"


def _pairs(mapping: object) -> tuple[tuple[str, Value], ...]:
    if not isinstance(mapping, Mapping):
        raise TypeError(f"a configuration is a mapping from names to values, got {type(mapping).__name__}")
    return tuple(sorted((_name(name), _value(name, value)) for name, value in mapping.items()))


def _name(name: object) -> str:
    if not isinstance(name, str) or not is_text(name):
        raise TypeError(f"names of parameters are text, got {name!r}")
    return name


def _value(name: str, value: object) -> Value:
    converted = plain(value)
    if isinstance(converted, str):
        return _name(converted)
    if isinstance(converted, int | float):
        return math.nan if converted != converted else converted  # one NaN object, so that equal means equal
    raise TypeError(f"parameter {name!r} is a {type(value).__name__}; values are str, int, float or bool")


@lru_cache(maxsize=256)
def _shared(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same names as one object: the configurations of a space are many."""
    return names


def with_constants(space: Space, searched: Mapping[str, Value]) -> Configuration:
    """The configuration with these values of all searched parameters, which are not checked, and the constants."""
    values, names = {**space.constants, **searched}, _names(space)
    return Configuration.of_sorted(names, tuple([values[name] for name in names]))


@lru_cache(maxsize=64)
def _names(space: Space) -> tuple[str, ...]:
    """The names of all parameters, sorted; one object for all configurations of a space."""
    return tuple(sorted(name for name, _ in space.domains))


def default_configuration(space: Space) -> Configuration:
    """The configuration with the middle of every range and the first entry of every choice; constants included."""
    return with_constants(space, {name: default_value(domain) for name, domain in space.searched})


def as_member(space: Space, given: Mapping[str, Value]) -> Configuration:
    """``given`` as a configuration of the space: complete, every value inside its domain, constants filled in.

    Raises:
        SpaceError: listing every name that is missing, unknown or has a value outside the space.
    """
    found = [f"{name} is not a parameter of the space" for name in given if name not in space]
    values: dict[str, Value] = {}
    for name, domain in space.domains:
        if isinstance(domain, Constant):
            values[name] = domain.value
            if name in given and given[name] != domain.value:
                found.append(f"{name} is {shown(given[name])}, but the space fixes it to {domain.value!r}")
        elif name not in given:
            found.append(f"{name} is missing; give it a value")
        else:
            try:
                values[name] = member(domain, given[name])
            except ValueError as error:
                found.append(f"{name}: {error}")
    if found:
        more = f"; and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""
        raise SpaceError("; ".join(found[:MOST_SHOWN]) + more)
    return with_constants(space, values)


def refuse_stranger(space: Space, configuration: Configuration) -> None:
    """Check that a configuration is of the space; faster than `as_member` if it is.

    Raises:
        SpaceError: as `as_member`.
    """
    names, checks = _checks(space)
    if configuration.names == names:
        for holds, value in zip(checks, configuration.settings, strict=True):
            if not holds(value):
                break
        else:
            return
    as_member(space, configuration)


@lru_cache(maxsize=64)
def _checks(space: Space) -> tuple[tuple[str, ...], tuple[Callable[[Any], bool], ...]]:
    """The sorted names of all parameters, and of each what says that a value is certainly inside."""
    domains = sorted(space.domains)
    return tuple(name for name, _ in domains), tuple(check(domain) for _, domain in domains)


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
    pairs = _named_domains(first) if not others else None
    if pairs is None:
        way = "Space(lr=Float(1e-4, 1.0, log=True))"
        return f"Space takes parameters by name, got {shown(first)}; write {way}, or Space(**domains) for a dictionary"
    told = ", ".join(f"{name!r}: {domain!r}" for name, domain in pairs)
    way = f"Space(**{{{told}}})" if len(told) <= _LONG_CALL else "Space(**dict(domains))"
    return f"Space takes parameters by name, got a {type(first).__name__}; write {way}"


def _named_domains(given: object) -> list[tuple[str, object]] | None:
    listed: Iterable[Any] = (
        given.items() if isinstance(given, Mapping) else given if isinstance(given, list | tuple) else ()
    )
    found = list(listed)
    sound = all(isinstance(one, tuple | list) and len(one) == 2 and isinstance(one[0], str) for one in found)
    return [(name, domain) for name, domain in found] if found and sound else None
