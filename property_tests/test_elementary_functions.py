"""Are exp and log right, and made of nothing that differs between machines?"""

import ast
import inspect
import math
import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Context, Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pure_hb as hb
from pure_hb.space import decode, encode, scales
from pure_hb.space.sampling import draw_value

EXACT = Context(prec=800)  # 1 + x for the smallest x
FEW = Context(prec=60)
REALS = {
    "exp": st.floats(-745.0, 709.0) | st.floats(-1.0, 1.0),
    "expm1": st.floats(-745.0, 709.0) | st.floats(-1.0, 1.0) | st.floats(-1e-6, 1e-6),
    "log": st.floats(5e-324, sys.float_info.max) | st.floats(0.5, 2.0),
    "log1p": st.floats(-1.0, 1e300, exclude_min=True) | st.floats(-0.5, 0.5) | st.floats(-1e-6, 1e-6),
}


def exactly(name: str, x: float) -> Decimal:
    match name:
        case "exp":
            return FEW.exp(Decimal(x))
        case "expm1":
            return EXACT.subtract(Context(prec=400).exp(Decimal(x)), 1)
        case "log":
            return FEW.ln(Decimal(x))
        case _:
            return FEW.ln(EXACT.add(Decimal(x), 1))


@pytest.mark.parametrize("name", REALS)
def test_they_are_within_two_units_in_the_last_place(name: str) -> None:
    function: Callable[[float], float] = getattr(scales, name)

    @given(REALS[name])
    @example(5e-324)
    @example(1.0 if name != "log1p" else 0.0)
    @example(math.log(2.0) / 128)
    def holds(x: float) -> None:
        found = function(x)
        wrong = abs(Decimal(found) - exactly(name, x))
        assert wrong <= 2 * Decimal(math.ulp(found))

    holds()


@given(st.floats(-700.0, 700.0))
def test_exp_grows_with_its_argument(x: float) -> None:
    more = math.nextafter(x, math.inf)
    assert scales.exp(more) >= scales.exp(x) * (1.0 - 2.0**-51)


def test_what_is_no_float_is_said() -> None:
    with pytest.raises(OverflowError, match="larger than all floats"):
        scales.exp(710.0)
    assert scales.exp(-746.0) == 0.0
    for x in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="no logarithm"):
            scales.log(x)


def test_nothing_of_them_comes_from_the_c_library() -> None:
    """What is called is exact by IEEE 754, or arithmetic of Python's own: nothing else of `math`, and no power."""
    tree = ast.parse(inspect.getsource(scales))
    called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _is_math(node.value)}
    assert called == {"floor", "frexp", "ldexp"}
    powers = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)]
    assert {ast.unparse(one) for one in powers} == {"2.0 ** (-40)", "2.0 ** (-43)"}


def _is_math(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "math"


@pytest.mark.parametrize("module", ["scales", "sampling", "grids", "values", "encoding"])
def test_spaces_use_these(module: str) -> None:
    source = inspect.getsource(__import__(f"pure_hb.space.{module}", fromlist=["x"]))
    assert "math.exp(" not in source
    assert "math.log" not in source


# ---- values ----------------------------------------------------------------------------------------------------------

WIDE = [
    hb.Float(0.0, 1.0),
    hb.Float(-3.0, 5.0),
    hb.Float(1e-6, 1.0, log=True),
    hb.Float(1e-300, 1e300, log=True),
    hb.Float(5e-324, 1e-310),
    hb.Float(2.0, 3.0, log=True),
]
AS_THEY_ARE = [hb.Float(1e6, 1e6 + 5), hb.Float(0.9, 0.9999999, reverse_log=True), hb.Float(1.0, 1.0 + 1e-9, log=True)]


@pytest.mark.parametrize("domain", WIDE, ids=repr)
@given(u=st.floats(0.0, 1.0, exclude_max=True))
def test_values_have_thirteen_digits_lie_inside_and_where_they_were_drawn(domain: hb.Float, u: float) -> None:
    space = hb.Space(x=domain)
    for value in (draw_value(domain, u), decode(space, np.array([u]))["x"]):
        assert isinstance(value, float)
        assert domain.low <= value <= domain.high
        assert float(f"{value:.13g}") == value or value in (domain.low, domain.high)
        assert (
            abs(encode(space, {"x": value})[0] - u) < 1e-11 or domain.high < 1e-300
        )  # where floats are that far apart


@pytest.mark.parametrize("domain", AS_THEY_ARE, ids=repr)
def test_where_thirteen_digits_would_not_tell_values_apart_they_have_more(domain: hb.Float) -> None:
    values = [draw_value(domain, number / 997) for number in range(997)]
    assert len(set(values)) == 997
    assert any(float(f"{value:.13g}") != value for value in values)


DRAWS = """
from pure_hb import Float, Int, Finite, Space
from pure_hb.draws import KeyedDraws
from pure_hb.draws import Purpose
from pure_hb.space import match_key
from pure_hb.space.sampling import draw
space = Space(a=Float(1e-7, 3.0, log=True), b=Float(0.0, 0.9999, reverse_log=True), c=Int(1, 10**9, log=True),
              d=Float(1.0, 1.0005, log=True), e=Finite(1e-5, 7.0, 1001, log=True))
for seed in range(400):
    config = draw(space, lambda i: KeyedDraws(seed, 1).uniform(Purpose.CONFIGURATION, i))
    print(dict(config), match_key(space, config))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the variable is one of glibc")
def test_draws_are_the_same_with_other_instructions_of_the_c_library() -> None:
    plain, other = (
        subprocess.run(
            [sys.executable, "-c", DRAWS], env={**os.environ, **more}, capture_output=True, text=True, check=True
        ).stdout
        for more in ({}, {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F,-AVX2_Usable,-FMA_Usable"})
    )
    assert plain.count("\n") == 400
    assert plain == other
