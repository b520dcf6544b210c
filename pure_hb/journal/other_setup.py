"""HOW DO TWO SETUPS DIFFER? In words: parameters by name, everything else by its place. And do they differ only in
defaults that have changed since?"""

import math
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from pure_hb.codec import to_json
from pure_hb.journal.differences import Difference, differences
from pure_hb.machine import Setup
from pure_hb.space import Domain, Space
from pure_hb.space.domains import written
from pure_hb.space.showing import printable, shown
from pure_hb.space.space import shown_name

_MOST: Final = 10
"""The most names that a message lists."""
_LONGEST: Final = 120
"""The longest domain that a message shows completely; of a longer one it shows only the differences."""


def setup_differences(there: Setup, here: Setup) -> list[str]:
    """All differences of the setup of a journal from one that was given, a line each."""
    spaces = list(_of_spaces(there.space, here.space))
    told = {name for name, _ in spaces if name is not None}
    others = (one for one in differences(_without_space(there), _without_space(here)) if not _is_point(one, told))
    return [*(line for _, line in spaces), *map(_line, others)]


def defaults_since(there: Setup, here: Setup, given: Collection[str]) -> list[str] | None:
    """The options in which a journal differs from the same call with today's defaults, a line each; None if they differ
    in anything else. ``given`` are the names of options that the call states."""
    others = list(differences(to_json(there), to_json(here)))
    if all(_is_default(one, given) for one in others):
        return [_line(one) for one in others]
    return None


def _is_default(one: Difference, given: Collection[str]) -> bool:
    """Whether a difference is in an option of the search or the rule that was not given, or in the last digits of an
    initial point."""
    first, _, rest = one.path.removeprefix("$.").partition(".")
    if first.startswith("points["):
        values = (one.recorded, one.recomputed)
        return all(isinstance(value, float) for value in values) and math.isclose(*values, rel_tol=1e-9)
    return first in ("search", "rule") and rest.rpartition(".")[2] not in {"", "type", "model", *given}


def _without_space(setup: Setup) -> dict[str, Any]:
    return {name: value for name, value in to_json(setup).items() if name != "space"}


def _of_spaces(there: Space, here: Space) -> Iterator[tuple[str | None, str]]:
    """Lines, each with the parameter that it is about; None if it is about none."""
    theirs, ours = dict(there.domains), dict(here.domains)
    lost, new = [name for name in theirs if name not in ours], [name for name in ours if name not in theirs]
    if lost or new:
        only = [f"{_listed(names)} {where} only" for names, where in ((lost, "there"), (new, "here")) if names]
        yield None, f"space: {'; '.join(only)}"
    both = [name for name in theirs if name in ours]
    order = [name for name in ours if name in theirs]
    if both != order:
        yield (
            None,
            f"space: the order is {_ordered(both, order)} there, {_ordered(order, both)} here; it decides the draws",
        )
    for name in both:
        for line in _of_domains(f"space.{_name(name)}", theirs[name], ours[name]):
            yield name, line


def _of_domains(place: str, there: Domain, here: Domain) -> list[str]:
    found = list(differences(to_json(there), to_json(here), f"$.{place}"))
    if found and max(len(written(there)), len(written(here))) <= _LONGEST:
        return [f"{place}: {written(there)} there, {written(here)} here"]
    return [_line(one) for one in found]


def _is_point(difference: Difference, told: Collection[str]) -> bool:
    """Whether a difference is a value of an initial point, which follows from other differences."""
    absent = None in (difference.recorded, difference.recomputed)  # None: one space does not have this parameter
    _, bracket, name = difference.path.partition("].")
    return bool(bracket) and difference.path.startswith("$.points[") and (absent or name in told)


def _line(difference: Difference) -> str:
    place = printable(difference.path[2:])
    return f"{place}: {shown(difference.recorded)} there, {shown(difference.recomputed)} here"


def _listed(names: Sequence[str]) -> str:
    told = [_name(name) for name in names[:_MOST]]
    more = [f"and {len(names) - _MOST} more"] if len(names) > _MOST else []
    return f"{', '.join(told + more)} {'is' if len(names) == 1 else 'are'}"


def _ordered(names: Sequence[str], other: Sequence[str]) -> str:
    """Names in their order; if there are many, only some from the first difference on."""
    start = next(place for place, pair in enumerate(zip(names, other, strict=True)) if pair[0] != pair[1])
    first = start if len(names) > _MOST else 0
    told = [_name(name) for name in names[first : first + _MOST]]
    return ", ".join([*(["..."] if first else []), *told, *(["..."] if first + _MOST < len(names) else [])])


def _name(name: str) -> str:
    return printable(shown_name(name))
