"""Is a space what it says? Flags, widths, grids, equality, and messages whose ways out can be taken."""

import math
import pickle
from typing import Any

import numpy as np
import pytest

import pure_hb as hb
from pure_hb.space import Domain, decode, draw, encode, grid_size, match_key, refuse_stranger, size
from pure_hb.space.grids import value_at
from tests.ways_out import GOAL, SPACE, calls, made

# ---- flags ---------------------------------------------------------------------------------------------------------

FLAGS: dict[str, tuple[str, ...]] = {
    "hb.Int(1, 64, log='false')": ("log is 'false'; it is True or False", "Int(1, 64)"),
    "hb.Int(1, 64, log='true')": ("log is 'true'", "Int(1, 64, log=True)"),
    "hb.Float(0.1, 1.0, 1)": ("log is 1", "Float(0.1, 1.0, log=True)", "Float(0.1, 1.0)"),
    "hb.Int(2, 10, 2)": ("log is 2", "Finite(2, 10, 5, integer=True)"),
    "hb.Int(0, 100, 10)": ("log is 10", "in steps of 10 Finite(0, 100, 11, integer=True)"),
    "hb.Float(0.0, 1.0, 0.1)": ("log is 0.1", "in steps of 0.1 Finite(0.0, 1.0, 11)"),
    "hb.Float(0.0, 1.0, 5)": ("log is 5", "5 values Finite(0.0, 1.0, 5)"),
    "hb.Float(1e-4, 1.0, 10)": ("log is 10", "Float(0.0001, 1.0, log=True)"),
    "hb.Float(0.0, 1.0, None)": ("log is None", "Float(0.0, 1.0)"),
    "hb.Float(0.0, 0.9, reverse_log=1)": ("reverse_log is 1", "Float(0.0, 0.9, reverse_log=True)"),
    "hb.Finite(1.0, 16.0, 5, 'linear')": ("log is 'linear'", "Finite(1.0, 16.0, 5)"),
    "hb.Finite(1.0, 16.0, 5, integer='yes')": ("integer is 'yes'", "Finite(1.0, 16.0, 5, integer=True)"),
    "hb.Finite(1.0, 16.0, 5, log=np.int64(0))": ("log is 0", "Finite(1.0, 16.0, 5)"),
    "hb.Int(1, 9, log=[True])": ("log is [True]", "Int(1, 9)"),
}


def refusal(code: str) -> str:
    with pytest.raises(hb.SpaceError) as caught:
        hb.Space(x=eval(code, {"hb": hb, "np": np}))
    return str(caught.value)


@pytest.mark.parametrize("code", FLAGS)
def test_a_flag_is_true_or_false(code: str) -> None:
    message = refusal(code)
    assert [words for words in FLAGS[code] if words not in message] == [], message


@pytest.mark.parametrize("yes", [True, np.True_, np.bool_(1)])
def test_booleans_of_numpy_are_taken_as_what_they_say(yes: Any) -> None:
    assert hb.Float(0.1, 1.0, yes) == hb.Float(0.1, 1.0, log=True)
    assert hb.Finite(1.0, 9.0, 3, integer=yes).integer is True
    space = hb.Space(x=hb.Float(0.01, 1.0, log=yes))
    config = draw(space, [0.25].__getitem__)
    assert encode(space, config)[0] == pytest.approx(0.25), "drawn and encoded on the same scale"
    assert hb.Space(x=hb.Float(0.0, 1.0, log=np.False_)) == hb.Space(x=hb.Float(0.0, 1.0))


def test_flags_of_methods_may_be_those_of_numpy_too() -> None:
    yes: Any = np.True_
    assert hb.asha(SPACE, GOAL, max_resource=9, allow_duplicates=yes) == hb.asha(
        SPACE, GOAL, max_resource=9, allow_duplicates=True
    )
    assert hb.asha(SPACE, GOAL, max_resource=9, rung_system_per_bracket=yes).separate_rungs is True


# ---- equality ------------------------------------------------------------------------------------------------------


def few(low: float, count: int) -> float:
    """The float ``count`` floats above one."""
    for _ in range(count):
        low = math.nextafter(low, math.inf)
    return low


RANGES = {
    "wide": hb.Float(-8e307, 8e307),
    "far": hb.Float(1e6, 1e6 + 5),
    "far log": hb.Float(1e6, 1e6 + 5, log=True),
    "near one": hb.Float(0.999999, 1.0),
    "near one, reverse": hb.Float(0.99999, 0.999999, reverse_log=True),
    "dates": hb.Float(20241231.0, 20241231.9),
    "below": hb.Float(-1e-3 + 5e5, 5e5),
    "all positive": hb.Float(1e-300, 1.7e308, log=True),
    "tiny": hb.Float(0.0, 1e-300),
    "unit": hb.Float(0.0, 1.0),
    "rates": hb.Float(1e-5, 1.0, log=True),
    "momentum": hb.Float(0.5, 0.9999, reverse_log=True),
}


@pytest.mark.parametrize("domain", RANGES.values(), ids=RANGES)
def test_a_float_counts_by_its_place_in_the_unit_cube(domain: hb.Float) -> None:
    space = hb.Space(x=domain)
    configs = [draw(space, [number / 1000].__getitem__) for number in range(1000)]
    assert len({match_key(space, one) for one in configs}) == 1000, "a thousand places are a thousand keys"
    for number, config in enumerate(configs):
        place = float(match_key(space, config).partition(":")[2])
        assert place == pytest.approx(encode(space, config)[0], abs=1e-7)
        assert place == pytest.approx(number / 1000, abs=1e-5)


@pytest.mark.parametrize("domain", RANGES.values(), ids=RANGES)
def test_what_is_the_same_place_to_seven_digits_is_the_same(domain: hb.Float) -> None:
    space = hb.Space(x=domain)
    near, far = (decode(space, np.array([0.3 + by])) for by in (1e-9, 1e-6))
    here = match_key(space, decode(space, np.array([0.3])))
    if domain.high - domain.low > 2e9 * max(math.ulp(domain.low), math.ulp(domain.high)):
        assert match_key(space, near) == here
    assert match_key(space, far) != here


def test_minus_zero_is_zero() -> None:
    for domain in (hb.Float(0.0, 1.0), hb.Float(-1.0, 1.0), hb.Float(-1.0, 0.0), hb.Float(-0.0, 0.0)):
        space = hb.Space(x=domain)
        assert match_key(space, {"x": -0.0}) == match_key(space, {"x": 0.0})
    points = [{"x": 0.0}, {"x": -0.0}]
    assert len(hb.asha(SPACE, GOAL, max_resource=9, points_to_evaluate=points).points) == 1
    assert size(hb.Space(x=hb.Float(-0.0, 0.0))) == 1


@pytest.mark.parametrize(
    ("domain", "count"),
    [
        (hb.Float(1.0, few(1.0, 2)), 3),
        (hb.Float(1e6, few(1e6, 2), log=True), 3),
        (hb.Float(0.9, few(0.9, 6), reverse_log=True), 7),
        (hb.Float(0.0, 5e-324), 2),
        (hb.Float(-5e-324, 5e-324), 3),
        (hb.Float(-1.0, -1.0), 1),
        (hb.Float(1.0, few(1.0, 999)), 1000),
    ],
)
def test_a_range_with_few_floats_is_used_up_when_they_are_used(domain: hb.Float, count: int) -> None:
    space = hb.Space(x=domain)
    assert (size(space), grid_size(space)) == (count, count)
    assert len({match_key(space, {"x": value_at(domain, index)}) for index in range(count)}) == count
    state, seen = hb.initial(hb.random_search(space, GOAL, max_resource=1)), set()
    for number in range(count):
        state, action = hb.decide(state, hb.Ask("ann"))
        assert isinstance(action, hb.Start)
        seen.add(action.config["x"])
        state, _ = hb.decide(state, hb.Report(number, 1, 0.5))
    assert len(seen) == count
    assert isinstance(hb.decide(state, hb.Ask("ann"))[1], hb.Done)


@pytest.mark.parametrize("name", ["MOBSTER-JOINT", "ASHA-PROM", "DYHPO", "BOHB"])
@pytest.mark.parametrize("domains", [("far",), ("near one",), ("dates",), ("below", "far")])
def test_a_narrow_range_is_not_used_up_after_a_few_trials(name: str, domains: tuple[str, ...]) -> None:
    space = hb.Space(**{f"x{number}": RANGES[one] for number, one in enumerate(domains)})
    state = hb.initial(hb.METHODS[name](space, GOAL, max_resource=3))
    keys: list[str] = []
    while len(keys) < 25:
        state, action = hb.decide(state, hb.Ask("ann"))
        assert isinstance(action, hb.Start | hb.Resume), action
        if isinstance(action, hb.Start):
            keys.append(match_key(space, action.config))
        state, _ = hb.decide(state, hb.Report(action.trial, action.until, action.trial * 7 % 13))
    assert len(set(keys)) == 25


# ---- grids ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "values"),
    [
        (hb.Finite(0.1, 0.9, 9), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]),
        (hb.Finite(0.001, 0.01, 10), [0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008, 0.009, 0.01]),
        (hb.Finite(-0.3, 0.3, 7), [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3]),
        (hb.Finite(0.0, 1.0, 4), [0.0, 1 / 3, 2 / 3, 1.0]),
        (hb.Finite(1e-5, 1.0, 6, log=True), [1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0]),
        (hb.Finite(8.0, 512.0, 7, log=True), [8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0]),
        (hb.Finite(20241231.1, 20241231.5, 5), [20241231.1, 20241231.2, 20241231.3, 20241231.4, 20241231.5]),
        (hb.Finite(-8e307, 8e307, 3), [-8e307, 0.0, 8e307]),
        (hb.Finite(0.5, 3.5, 4, integer=True), [0, 2, 2, 4]),
    ],
)
def test_values_of_a_grid_are_the_floats_nearest_to_the_exact_ones(domain: hb.Finite, values: list[float]) -> None:
    assert [value_at(domain, index) for index in range(domain.size)] == values


@pytest.mark.parametrize("log", [False, True])
def test_values_of_any_grid_increase_from_end_to_end(log: bool) -> None:
    random = np.random.default_rng(0)
    for _ in range(200):
        low = float(10.0 ** random.uniform(-12, 12))
        high = low + float(10.0 ** random.uniform(-6, 6)) * low
        domain = hb.Finite(low, high, int(random.integers(2, 60)), log=log)
        values = [float(value_at(domain, index)) for index in range(domain.size)]
        assert (values[0], values[-1]) == (low, high)
        assert sorted(set(values)) == values
        assert size(hb.Space(x=domain)) == domain.size


def test_a_first_point_on_a_grid_comes_back_as_it_was_written() -> None:
    space = hb.Space(x=hb.Finite(0.1, 0.9, 9), y=hb.Finite(0.001, 0.01, 10))
    setup = hb.asha(space, GOAL, max_resource=9, points_to_evaluate=[{"x": 0.7, "y": 0.007}])
    assert dict(setup.points[0]) == {"x": 0.7, "y": 0.007}


# ---- names of other tools ------------------------------------------------------------------------------------------

BROUGHT = {
    "hb.Float(0.0, 1.0, q=0.1)": "Finite(0.0, 1.0, 11)",
    "hb.Float(0.0, 1.0, step=0.25)": "Finite(0.0, 1.0, 5)",
    "hb.Float(0.0, 1.0, step=0.3)": "Finite(0.0, 0.9, 4)",
    "hb.Int(low=2, high=10, step=2)": "Finite(2, 10, 5, integer=True)",
    "hb.Int(1, 100, log=True, step=10)": "Finite(1, 100, 10, log=True, integer=True)",
    "hb.Float(1e-4, 1.0, base=10)": "Float(0.0001, 1.0, log=True)",
    "hb.Float(lower=0.0, upper=1.0)": "Float(0.0, 1.0)",
    "hb.Int(min=1, max=9)": "Int(1, 9)",
    "hb.Float(min_value=0.01, max_value=1.0, sampling='log')": "Float(0.01, 1.0, log=True)",
    "hb.Float(np.float64(0.0), 1.0, step=np.float32(0.5))": "Finite(0.0, 1.0, 3)",
    "hb.Finite(0.0, 1.0, num=5)": "Finite(0.0, 1.0, 5)",
    "hb.Finite(0.0, 1.0, step=0.5)": "Finite(0.0, 1.0, 3)",
    "hb.Choice(values=['a', 'b'])": "Choice('a', 'b')",
    "hb.Choice(categories=('a', 'b'))": "Choice('a', 'b')",
    "hb.Ordinal(values=[1, 2, 4])": "Ordinal(1, 2, 4)",
    "hb.Ordinal(values=np.array([1, 2, 4]))": "Ordinal(1, 2, 4)",
    "hb.Float(0.0)": "Float(0.0, 1.0)",
    "hb.Space({'lr': hb.Float(0.0, 1.0)})": "Space(**{'lr': Float(0.0, 1.0)})",
    "hb.Space([('lr', hb.Float(0.0, 1.0))])": "Space(**{'lr': Float(0.0, 1.0)})",
    "hb.Space((('k', hb.Choice('a', 'b')), ('i', hb.Int(1, 3))))": "Space(**{'k': Choice('a', 'b'), 'i': Int(1, 3)})",
    "hb.Space(hb.Float(0.0, 1.0))": "Space(lr=Float(1e-4, 1.0, log=True))",
}


@pytest.mark.parametrize("code", BROUGHT)
def test_names_of_other_tools_are_answered_with_the_call_to_make(code: str) -> None:
    for kind in (hb.SpaceError, TypeError):
        with pytest.raises(kind) as caught:
            eval(code, {"hb": hb, "np": np})
    assert BROUGHT[code] in list(calls(str(caught.value))), str(caught.value)
    made(BROUGHT[code])


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("hb.Choice('a', 'b', weights=[1, 2])", "all values are equally likely; leave it out"),
        ("hb.Float(0.0, 1.0, name='x')", "the keyword in Space(name=...)"),
        ("hb.Float(0.0, 1.0, default=0.5)", "points_to_evaluate=[{'name': value}]"),
        ("hb.Int(1, 9, lo=3)", "here it is low"),
        ("hb.Float(0.0, 1.0, reverselog=True)", "here it is reverse_log"),
        ("hb.Constant(3, 4)", "write for example Constant(3)"),
        ("hb.Choice('a', 'b', odd=1)", "Choice has no 'odd'"),
    ],
)
def test_what_has_no_counterpart_is_said_to_be_left_out(code: str, words: str) -> None:
    with pytest.raises(hb.SpaceError) as caught:
        eval(code, {"hb": hb})
    assert words in str(caught.value)


METHODS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "search_options": (
        hb.mobster,
        {"max_t": 9, "search_options": {"num_init_random": 4, "debug_log": False}},
        "mobster(space, goal, max_resource=9, num_init_random=4)",
    ),
    "kde": (hb.asha, {"max_resource": 9, "searcher": "kde"}, "bohb(space, goal, max_resource=9)"),
    "bayesopt": (
        hb.asha,
        {"max_resource": 9, "searcher": "bayesopt", "search_options": {"opt_maxiter": 9}},
        "mobster(space, goal, max_resource=9, opt_maxiter=9)",
    ),
    "random": (hb.asha, {"max_resource": 9, "searcher": "random"}, "asha(space, goal, max_resource=9)"),
    "resource_attr": (
        hb.asha,
        {"max_t": 9, "resource_attr": "epoch", "mode": "max", "metric": "accuracy"},
        "asha(space, Maximize('accuracy'), max_resource=9)",
    ),
}


@pytest.mark.parametrize("case", METHODS)
def test_options_of_other_tools_are_answered_with_the_call_to_make(case: str) -> None:
    method, options, call = METHODS[case]
    with pytest.raises(hb.SetupError) as caught:
        method(SPACE, GOAL, **options)
    assert call in list(calls(str(caught.value))), str(caught.value)
    assert isinstance(made(call), hb.Setup)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("resource_attr", "the first argument of report(epoch, value); leave it out"),
        ("max_resource_attr", "leave it out"),
        ("random_seed", "here it is seed"),
        ("config_space", "the first argument: a Space"),
        ("mode", "Minimize(metric) or Maximize(metric)"),
        ("metric", "Minimize(metric) or Maximize(metric)"),
    ],
)
@pytest.mark.parametrize("method", [hb.asha, hb.mobster, hb.bohb, hb.random_search])
def test_one_option_of_another_tool_is_answered_with_its_name_here(method: Any, option: str, words: str) -> None:
    with pytest.raises(hb.SetupError, match=f"{method.__name__} has no option '{option}'") as caught:
        method(SPACE, GOAL, max_resource=9, **{option: "x"})
    assert words in str(caught.value)


# ---- ways out can be taken -----------------------------------------------------------------------------------------

FAULTY = (
    *FLAGS,
    "hb.Float(1.0, 0.0)", "hb.Float(0.0, 1.0, log=True)", "hb.Float(-1.0, 0.0, log=True)", "hb.Int(0, 9, log=True)",
    "hb.Float(0.0, 1e-9, log=True)", "hb.Int(-5, 0, log=True)", "hb.Int(2, 1)", "hb.Int(9, 0, log=True)",
    "hb.Finite(9, 0, 2.5, log=7)",
    "hb.Finite(0, 100, 5, log=True, integer=True)", "hb.Finite(1.0, 0.0, 3)", "hb.Finite(0.0, 1.0, 2.5)",
    "hb.Finite(0.0, 1.0, 0.25)", "hb.Finite(0.0, 1.0, 5.0)", "hb.Finite(0, 9, 2**21)", "hb.Finite(0, 9, 0)",
    "hb.Finite(1.0, 1.0000000000000004, 100)", "hb.Finite(1e6, 1e6 + 1e-6, 100000)",
    "hb.Finite(1e6, 1e6 + 1e-6, 100000, log=True)", "hb.Float(-1.7e308, 1.7e308)", "hb.Finite(-1e308, 1e308, 5)",
    "hb.Ordinal(-1e308, 1e308)", "hb.Ordinal(3, 1, kind='nn')", "hb.Ordinal(0, 1, kind='nn-log')",
    "hb.Ordinal(np.array([1, 2, 4]))", "hb.Choice(np.array(['a', 'b']))", "hb.Choice(['a', 'b'])",
    "hb.Choice(range(3))", "hb.Choice({1, 2})", "hb.Choice(np.arange(3.0))", "hb.Choice(1, 2.5)", "hb.Choice(1, 'a')",
    "hb.Choice('a', 'b', 'a')", "hb.Choice(True, 2)", "hb.Ordinal(1, 1, 2)", "hb.Choice(*range(2**17 + 1))",
    "hb.Float(0.5, 1.5, reverse_log=True)", "hb.Choice()", "3", "0.5", "'a'", "True", "None", "[1, 2]", "(0.0, 1.0)",
    "[2, 1]", "['a', 'b', 'c']", "range(3)", "np.array([1, 2])", "np.array([0.5, 0.1])", "{1, 2}", "hb.Float",
    "hb.Choice", "hb.Int", "hb.Ordinal", "hb.Finite", "hb.Constant",
)  # fmt: skip


@pytest.mark.parametrize("code", FAULTY)
def test_ways_out_can_be_taken(code: str) -> None:
    message = refusal(code)
    ways = list(calls(message))
    assert ways, message
    for way in ways:
        space = made(way)
        assert isinstance(space, hb.Space)
        hb.decide(hb.initial(hb.asha(space, GOAL, max_resource=9)), hb.Ask("ann"))


@pytest.mark.parametrize(
    "code",
    [
        "hb.Float(0.0, 1.0)", "hb.Float(0.5, 1.0, log=True)", "hb.Float(0.5, 0.9, reverse_log=True)", "hb.Int(1, 9)",
        "hb.Int(1, 9, log=True)", "hb.Choice('a', 'b')", "hb.Ordinal(1, 2, 4)", "hb.Ordinal('a', kind='equal')",
        "hb.Finite(0.0, 1.0, 5)", "hb.Finite(1.0, 9.0, 5, log=True, integer=True)", "hb.Constant(3)",
    ],
)  # fmt: skip
def test_a_domain_looks_like_the_call_that_makes_it(code: str) -> None:
    domain = eval(code, {"hb": hb})
    assert made(repr(domain)) == hb.Space(x=domain)
    assert pickle.loads(pickle.dumps(hb.Space(x=domain))) == hb.Space(x=domain)


# ---- widths --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code", ["hb.Float(-1.7e308, 1.7e308)", "hb.Finite(-1e308, 1e308, 5)", "hb.Ordinal(-8e307, 8e307)"]
)
def test_a_width_beyond_floats_is_refused(code: str) -> None:
    assert "is further than floats go" in refusal(code)


def test_the_widest_ranges_are_searched() -> None:
    space = hb.Space(
        a=hb.Float(-8.5e307, 8.5e307), b=hb.Float(1e-300, 1.7e308, log=True), c=hb.Float(1e308, 1.7e308),
        d=hb.Finite(-8e307, 8e307, 5), e=hb.Ordinal(1.0, 8e307),
    )  # fmt: skip
    state = hb.initial(hb.random_search(space, GOAL, max_resource=1))
    for number in range(5):
        state, action = hb.decide(state, hb.Ask("ann"))
        assert isinstance(action, hb.Start)
        assert np.isfinite(encode(space, action.config)).all()
        state, _ = hb.decide(state, hb.Report(number, 1, 0.5))
    assert state.trials[0].config["c"] == 1.35e308


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (hb.Choice(0, 1), hb.Choice(False, True)),
        (hb.Ordinal(0, 1, kind="equal"), hb.Ordinal(False, True, kind="equal")),
        (hb.Constant(1), hb.Constant(True)),
        (hb.Constant(1), hb.Constant(1.0)),
    ],
)
def test_lists_of_other_types_are_other_domains(one: Domain, other: Domain) -> None:
    """Caches and refusals go by equality; what is a member of one is none of the other."""
    assert one != other
    assert hb.Space(x=one) != hb.Space(x=other)
    assert one == hb.from_json(hb.to_json(one), Domain) != other


def test_a_member_of_an_equal_looking_space_is_a_stranger() -> None:
    for values, strange in (((0, 1), True), ((False, True), 1), ((0, 1), False)):
        space = hb.Space(x=hb.Choice(*values))
        refuse_stranger(space, hb.Configuration({"x": values[1]}))
        with pytest.raises(hb.SpaceError):
            refuse_stranger(space, hb.Configuration({"x": strange}))
