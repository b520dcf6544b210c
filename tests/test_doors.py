"""What is let in? Constructors of events convert scalars, raise TypeError for a wrong type, and nothing else."""

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from attrs import fields
from attrs.exceptions import FrozenInstanceError

import pure_hb as hb

WHOLE: dict[str, Callable[[Any], hb.Event]] = {
    "trial": lambda value: hb.Report(value, 1, 0.5),
    "resource": lambda value: hb.Report(0, value, 0.5),
    "leg": lambda value: hb.Report(0, 1, 0.5, leg=value),
    "trial of Complete": lambda value: hb.Complete(value),
    "leg of Complete": lambda value: hb.Complete(0, leg=value),
    "trial of Fail": lambda value: hb.Fail(value),
    "leg of Fail": lambda value: hb.Fail(0, "", value),
    "trial of Release": lambda value: hb.Release(value),
    "leg of Release": lambda value: hb.Release(0, "", value),
    "resource of Observe": lambda value: hb.Observe({"x": 0.5}, ((value, 0.5),)),
}
REAL: dict[str, Callable[[Any], hb.Event]] = {
    "value": lambda value: hb.Report(0, 1, value),
    "cost": lambda value: hb.Report(0, 1, 0.5, cost=value),
    "value of Observe": lambda value: hb.Observe({"x": 0.5}, ((1, value),)),
}
TEXT: dict[str, Callable[[Any], hb.Event]] = {
    "worker": lambda value: hb.Ask(value),
    "reason of Fail": lambda value: hb.Fail(0, value),
    "reason of Release": lambda value: hb.Release(0, value),
}
FLAG: dict[str, Callable[[Any], hb.Event]] = {"new_trials": lambda value: hb.Ask("w0", value)}


class Scalar:
    """As other libraries have them: torch, jax and more."""

    def __init__(self, value: object) -> None:
        self.value = value

    def item(self) -> object:
        return self.value


BAD: list[tuple[dict[str, Callable[[Any], hb.Event]], list[object]]] = [
    (WHOLE, [True, np.True_, 1.0, np.float64(1.0), "1", b"1", Decimal(1), Fraction(1), [1], (1,), np.array([1]), 1j]),
    (
        REAL,
        [True, np.False_, "0.5", b"0.5", [0.5], np.array([0.5]), np.array(["a"]), 1j, np.complex64(1), {}, object()],
    ),
    (REAL, [Scalar(True), Scalar("0.5"), Scalar(1j), np.array(True), Decimal("sNaN"), Fraction(10**400)]),
    (WHOLE, [Scalar(1.0), Scalar(True), np.array(1.0), np.array("1")]),
    (TEXT, [None, 1, True, b"w", ["w"], np.float64(1.0)]),
    (FLAG, [None, 1, 0, "yes", [], np.int64(1), np.float64(0.0)]),
]


@pytest.mark.parametrize(
    ("make", "field", "value"),
    [
        pytest.param(make, name.split(" ")[0], value, id=f"{name}={type(value).__name__}")
        for makers, values in BAD
        for name, make in makers.items()
        for value in values
    ],
)
def test_a_wrong_type_is_a_type_error_that_names_the_field_and_the_type(
    make: Callable[[Any], hb.Event], field: str, value: object
) -> None:
    with pytest.raises(TypeError, match=rf"\b{field}\b.*\b{type(value).__name__}\b"):
        make(value)


@pytest.mark.parametrize("value", [None])
@pytest.mark.parametrize("name", ["trial", "resource", "value"])
def test_what_is_needed_may_not_be_none(name: str, value: None) -> None:
    with pytest.raises(TypeError, match=name):
        {**WHOLE, **REAL}[name](value)


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint64])
def test_numpy_integers_are_converted(kind: type[Any]) -> None:
    event = hb.Report(kind(3), kind(5), kind(7), kind(2), kind(1))
    assert repr(event) == "Report(trial=3, resource=5, value=7.0, cost=2.0, leg=1)"
    assert {type(event.trial), type(event.resource), type(event.leg)} == {int}


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_numpy_floats_are_converted(kind: type[Any]) -> None:
    event = hb.Report(0, 1, kind(0.5), kind(2.0))
    assert {type(event.value), type(event.cost)} == {float}
    assert (event.value, event.cost) == (0.5, 2.0)


class Floating:
    def __float__(self) -> float:
        return 0.5


@pytest.mark.parametrize(
    "value",
    [
        Scalar(0.5),
        Scalar(np.float64(0.5)),
        np.array(0.5),
        np.longdouble(0.5),
        Decimal("0.5"),
        Fraction(1, 2),
        Floating(),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("make", REAL.values(), ids=REAL)
def test_numbers_of_other_libraries_are_values(make: Callable[[Any], hb.Event], value: object) -> None:
    assert make(value) == make(0.5)
    assert "0.5" in repr(make(value))


@pytest.mark.parametrize("value", [Scalar(3), Scalar(np.int32(3)), np.array(3)], ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("make", WHOLE.values(), ids=WHOLE)
def test_integers_of_other_libraries_are_converted(make: Callable[[Any], hb.Event], value: object) -> None:
    assert make(value) == make(3)


def test_not_a_number_of_another_library_is_one() -> None:
    decimal: Any = Decimal("nan")
    assert repr(hb.Report(0, 1, decimal).value) == "nan"


class Rude:
    def __repr__(self) -> str:
        raise ValueError

    def item(self) -> None:
        raise RuntimeError("a tensor with 3 elements cannot be converted")


@pytest.mark.parametrize("value", [[0.1] * 300_000, "x" * 300_000, [[[0.1] * 99] * 99] * 99, Rude()])
def test_a_message_is_short_and_comes_whatever_the_value_is(value: Any) -> None:
    for make in (*WHOLE.values(), *REAL.values(), *FLAG.values()):
        with pytest.raises(TypeError, match=type(value).__name__) as caught:
            make(value)
        assert len(str(caught.value)) < 500


def test_numpy_bools_are_converted() -> None:
    bool_like: Any = np.bool_(False)
    assert hb.Ask("w0", bool_like).new_trials is False


@pytest.mark.parametrize("value", [math.nan, -math.nan, math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308, 0.1])
def test_every_float_is_let_in_as_it_is(value: float) -> None:
    for made in (hb.Report(0, 1, value).value, hb.Report(0, 1, np.float64(value)).value):
        assert repr(made) == repr(value)
    assert hb.Report(0, 1, value) == hb.Report(0, 1, float(repr(value)))


def test_events_differ_where_only_the_sign_of_zero_does() -> None:
    assert hb.Report(0, 1, 0.0) != hb.Report(0, 1, -0.0)
    assert hb.Report(0, 1, 0.0, cost=0.0) != hb.Report(0, 1, 0.0, cost=-0.0)


@pytest.mark.parametrize("value", [2**53, 2**60, -(2**70), 10**22])
def test_an_int_that_a_float_holds_exactly_is_a_value(value: int) -> None:
    assert hb.Report(0, 1, value).value == value


@pytest.mark.parametrize("value", [2**53 + 1, 10**23, 10**400, 10**5000, -(2**63) + 1], ids=int.bit_length)
def test_an_int_that_no_float_holds_is_a_type_error_with_a_way_out(value: int) -> None:
    with pytest.raises(TypeError, match=f"{value.bit_length()} bits, which no float holds exactly; rescale it"):
        hb.Report(0, 1, value)


def test_a_float_that_is_whole_is_told_how_to_write_it() -> None:
    with pytest.raises(TypeError, match=r"resource must be an int, got 3\.0 of type float; write 3"):
        hb.Report(0, 3.0, 0.5)  # type: ignore[arg-type]  # a wrong type is the test
    with pytest.raises(TypeError, match=r"got inf of type float$"):
        hb.Report(0, math.inf, 0.5)  # type: ignore[arg-type]  # a wrong type is the test


def test_a_value_of_another_kind_is_told_how_to_convert_it() -> None:
    with pytest.raises(TypeError, match=r"value must be a number, got str; convert it first: float\(value\)$"):
        hb.Report(0, 1, "0.5")  # type: ignore[arg-type]  # a wrong type is the test
    with pytest.raises(TypeError, match=r'got NoneType; give float\("nan"\) where there is no number$'):
        hb.Report(0, 1, None)  # type: ignore[arg-type]  # a wrong type is the test
    with pytest.raises(TypeError, match=r"got ndarray of shape \(3,\); give one number, such as value\.mean\(\)$"):
        hb.Report(0, 1, np.zeros(3))  # type: ignore[arg-type]  # a wrong type is the test


def test_lone_surrogates_name_no_worker_but_are_escaped_in_a_reason() -> None:
    with pytest.raises(TypeError, match="no valid Unicode text; remove the lone surrogates"):
        hb.Ask("w\ud800")
    assert hb.Fail(0, "bad \ud800 name").reason == "bad \\ud800 name"
    assert hb.Release(0, "\udfff").reason == "\\udfff"


@pytest.mark.parametrize(
    "config",
    [
        None, 5, "x", [("x", 0.5)], {1: 0.5}, {None: 0.5}, {"\ud800": 0.5}, {"x": None}, {"x": [0.5]}, {"x": b"a"},
        {"x": Decimal("0.5")}, {"x": "\ud800"}, {"x": np.array([0.5])}, {"x": 1j}, {"x": {"y": 1}},
    ],
)  # fmt: skip
def test_what_is_no_configuration_is_a_type_error(config: Any) -> None:
    with pytest.raises(TypeError):
        hb.Observe(config, ((1, 0.5),))


@pytest.mark.parametrize(
    "curve", [None, 5, 0.5, (1, 0.5), ((1,),), ((1, 0.5, 2),), ("ab",), ((1, 0.5), 2), ((),), ({"resource": 1},), "ab"]
)
def test_what_is_no_curve_is_a_type_error(curve: Any) -> None:
    with pytest.raises(TypeError):
        hb.Observe({"x": 0.5}, curve)


def test_a_curve_may_be_any_iterable_of_pairs_also_of_numpy_scalars() -> None:
    expected = hb.Observe({"x": 0.5}, ((1, 0.5), (2, 0.25)))
    assert hb.Observe({"x": 0.5}, [(1, 0.5), (2, 0.25)]) == expected
    assert hb.Observe({"x": np.float64(0.5)}, iter({1: 0.5, 2: 0.25}.items())) == expected
    assert hb.Observe({"x": 0.5}, zip(np.array([1, 2]), np.array([0.5, 0.25]), strict=True)) == expected


def test_a_configuration_is_a_mapping_equal_by_content_and_hashable() -> None:
    numpy_one: Any = np.int64(1)
    one, other = hb.Configuration({"b": 1, "a": "z"}), hb.Configuration({"a": "z", "b": numpy_one})
    assert one == other
    assert hash(one) == hash(other)
    assert dict(one) == {"a": "z", "b": 1}
    assert (list(one), len(one), one["b"], repr(one)) == (["a", "b"], 2, 1, "{a: 'z', b: 1}")
    assert one != hb.Configuration({"a": "z", "b": 2})
    assert hb.Configuration({"x": math.nan}) == hb.Configuration({"x": float("nan")})
    with pytest.raises(KeyError):
        one["c"]


@pytest.mark.parametrize(
    "value",
    [hb.Ask("w0"), hb.Report(0, 1, 0.5), hb.Observe({"x": 0.5}, ((1, 0.5),)), hb.Stop(0), hb.Configuration({"x": 1})],
)
def test_events_actions_and_configurations_are_frozen(value: Any) -> None:
    first = fields(type(value))[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(value, first, 1)


# ---- the names of the package ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tell", "decide(state, Report(trial, resource, value))"),
        ("ask", "decide(state, Ask(worker))"),
        ("should_prune", "trial.report(resource, value)"),
        ("create_study", "Session(journal, setup)"),
        ("Study", "Session(journal, setup)"),
        ("nonsense", "pure_hb has no 'nonsense'"),
    ],
)
def test_names_that_people_bring_along_are_answered_with_ours(name: str, words: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(hb, name)
    assert words in str(caught.value)


def test_every_name_in_the_directory_is_there() -> None:
    assert {name for name in dir(hb) if not hasattr(hb, name)} == set()
    assert {"Session", "tune", "verify", "fold", "simulate", "load_table", "to_json"} <= set(dir(hb))
