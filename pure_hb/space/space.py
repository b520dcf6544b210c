"""WHICH PARAMETERS ARE SEARCHED? `Space`: an ordered, judged collection of named domains."""

from typing import Final

from attrs import frozen

from pure_hb.space.domains import (
    DOMAINS,
    Constant,
    Domain,
    faults,
    is_text,
)
from pure_hb.space.grids import (
    cardinality,
    distinct,
)

_OUT_OF_SCOPE: Final = (
    "conditional and nested spaces are not supported; list all parameters flat, or run one search per branch"
)


class SpaceError(ValueError):
    """A space or a configuration that cannot be used. The message lists every fault with the way out."""


@frozen(init=False, repr=False)
class Space:
    """The configuration space: ``Space(lr=Float(1e-4, 1.0, log=True), activation=Choice("relu", "tanh"))``.

    Raises:
        SpaceError: naming every parameter with a fault, the value, the limit and the way out.
    """

    domains: tuple[tuple[str, Domain], ...]
    """(name, domain) in the order of declaration, in which random values are drawn."""

    def __init__(self, /, **domains: Domain) -> None:
        found = [f"{name}: {fault}" for name, domain in domains.items() for fault in _all_faults(name, domain)]
        if not domains:
            found = ["no parameters; name at least one: Space(lr=Float(1e-4, 1.0, log=True))"]
        if found:
            raise SpaceError("The space cannot be used.\n" + "\n".join(f"  {fault}" for fault in found))
        self.__attrs_init__(tuple(domains.items()))

    def __getitem__(self, name: str) -> Domain:
        for key, domain in self.domains:
            if key == name:
                return domain
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(key == name for key, _ in self.domains)

    def __repr__(self) -> str:
        return f"Space({', '.join(f'{name}={domain!r}' for name, domain in self.domains)})"

    @property
    def searched(self) -> tuple[tuple[str, Domain], ...]:
        """The (name, domain) pairs that are no constants, in the order of declaration."""
        return tuple((name, domain) for name, domain in self.domains if not isinstance(domain, Constant))

    @property
    def in_vector_order(self) -> tuple[tuple[str, Domain], ...]:
        """The searched pairs sorted by name (by code point), as they stand in the encoded vector."""
        return tuple(sorted(self.searched, key=lambda pair: pair[0]))

    @property
    def constants(self) -> dict[str, str | int | float | bool]:
        """The values of the constants, by name."""
        return {name: domain.value for name, domain in self.domains if isinstance(domain, Constant)}


def grid_size(space: Space) -> int | None:
    """The number of grid points of a finite space; None if a parameter is continuous."""
    return _product([cardinality(domain) for _, domain in space.searched])


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


def _all_faults(name: object, domain: object) -> tuple[str, ...]:
    found = []
    if not isinstance(name, str) or not name or not is_text(name):
        found.append(f"the name {name!r} is no text; names are non-empty Unicode strings")
    if isinstance(domain, DOMAINS):
        return (*found, *faults(domain))
    if isinstance(domain, type) and domain in DOMAINS:
        return (*found, f"{domain.__name__} is given without its values; call it: {domain.__name__}(...)")
    if isinstance(domain, str | int | float) or domain is None:
        return (*found, f"{domain!r} is no domain; for a fixed value write Constant({domain!r})")
    if isinstance(domain, list | tuple):
        values = ", ".join(map(repr, domain))
        of_range = f"for a range Int({values}) or Float({values}), " if len(domain) == 2 else ""
        return (
            *found,
            f"a {type(domain).__name__} is no domain; write {of_range}for one of its values Choice({values})",
        )
    return (*found, f"{type(domain).__name__} is no domain; {_OUT_OF_SCOPE}")
