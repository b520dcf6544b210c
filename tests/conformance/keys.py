"""Match keys: the reference writes floats with seven significant digits, ours count places in the unit cube.

All other parts are equal as texts. Of a float, our place must be that of the reference's number, as far as its digits
tell.
"""

from pure_hb.space import Domain, Float, Space
from pure_hb.space.encoding import KEY_DIGITS, interval

_DIGITS = 5e-7
"""Half of the last of seven significant digits, relatively."""


def same_key(space: Space, ours: str, theirs: str) -> bool:
    """Whether a key of ours stands for what one of the reference stands for."""
    domains = dict(space.in_vector_order)
    parts = [part.split(":") for part in ours.split(",")]
    expected = dict(part.split(":") for part in theirs.split(","))
    return [name for name, _ in parts] == list(expected) and all(
        _same_part(domains[name], part, expected[name]) for name, part in parts
    )


def _same_part(domain: Domain, ours: str, theirs: str) -> bool:
    if not isinstance(domain, Float):
        return ours == theirs
    value = float(theirs)
    off = _DIGITS * abs(value)
    least, most = (interval(domain).to_unit(value + by) for by in (-off, off))
    return least - 10.0**-KEY_DIGITS <= float(ours) <= most + 10.0**-KEY_DIGITS
