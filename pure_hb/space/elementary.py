"""WHAT ARE exp AND log ON EVERY MACHINE? From additions, multiplications and divisions, which IEEE 754 defines exactly.

Those of the C library have other last bits on another processor: it chooses its instructions for it. Then a
logarithmic range would give another value for the same draw, and a search would go another way. These are within two
units in the last place.

    exp(x) = 2^k 2^(j/64) e^r,   x = (64 k + j) ln 2 / 64 + r,   |r| < 0.0055;   e^r by its power series
    log(x) = e ln 2 + 2 artanh(s),   x = 2^e m,  sqrt(1/2) <= m < sqrt(2),   s = (m - 1) / (m + 1);   likewise

Source: Muller, "Elementary Functions: Algorithms and Implementation", 2016.
"""

import math
from decimal import Context, Decimal
from typing import Final

_PRECISE: Final = Context(prec=50)
_LN_2: Final = _PRECISE.ln(Decimal(2))
_PARTS: Final = 64


def _with_rest(exact: Decimal) -> tuple[float, float]:
    """The float nearest to a number, and the float nearest to the rest."""
    nearest = float(exact)
    return nearest, float(_PRECISE.subtract(exact, Decimal(nearest)))


def _short(exact: Decimal) -> tuple[float, float]:
    """A float of so few digits that whole numbers times it are exact, and the rest."""
    short = float(exact)
    unit = math.ulp(short) * 2.0**17
    short = math.floor(short / unit) * unit
    return short, float(_PRECISE.subtract(exact, Decimal(short)))


_STEP, _STEP_REST = _short(_PRECISE.divide(_LN_2, Decimal(_PARTS)))
_LN_2_SHORT, _LN_2_REST = _short(_LN_2)
_ROOTS: Final = tuple(
    _with_rest(_PRECISE.exp(_PRECISE.divide(_PRECISE.multiply(_LN_2, j), _PARTS))) for j in range(_PARTS)
)
"""2^(j/64)."""
_HIGHEST, _LOWEST = 709.79, -745.2
"""Beyond, e^x is no float."""


def exp(x: float) -> float:
    """e^x.

    Raises:
        OverflowError: if it is larger than all floats.
    """
    if x < _LOWEST:
        return 0.0
    if x > _HIGHEST:
        raise OverflowError(f"e^{x!r} is larger than all floats")
    k, root, rest, p = _parts(x)
    return math.ldexp(root + (rest + root * p), k)


def expm1(x: float) -> float:
    """e^x - 1, with all its digits where x is small."""
    if not -37.0 < x < 37.0:
        return exp(x) - 1.0
    k, root, rest, p = _parts(x)
    return p if k == 0 and root == 1.0 else (math.ldexp(root, k) - 1.0) + math.ldexp(rest + root * p, k)


def _parts(x: float) -> tuple[int, float, float, float]:
    """k, 2^(j/64) with its rest, and e^r - 1."""
    count = round(x / _STEP)
    k, j = divmod(count, _PARTS)
    r = (x - count * _STEP) - count * _STEP_REST
    p = r + r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r / 720))))
    return k, *_ROOTS[j], p


def log(x: float) -> float:
    """The natural logarithm of a positive number.

    Raises:
        ValueError: for zero and less.
    """
    if not x > 0.0:
        raise ValueError(f"there is no logarithm of {x!r}")
    m, e = math.frexp(x)
    if m < 0.7071067811865476:
        m, e = 2.0 * m, e - 1
    s = (m - 1.0) / (m + 1.0)
    return e * _LN_2_SHORT + (_twice_artanh(s) + e * _LN_2_REST)


def log1p(x: float) -> float:
    """log(1 + x), with all its digits where x is small."""
    return _twice_artanh(x / (2.0 + x)) if -0.25 < x < 0.25 else log(1.0 + x)


def _twice_artanh(s: float) -> float:
    """2 artanh(s), for s in -0.18 to 0.18."""
    q = s * s
    tail = 1 / 13 + q * (1 / 15 + q * (1 / 17 + q * (1 / 19 + q / 21)))
    return 2.0 * s + 2.0 * s * q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * (1 / 9 + q * (1 / 11 + q * tail)))))
