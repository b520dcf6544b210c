"""Do encoding, draws, casting and equality of configurations fit together, and is a finite space used up exactly?"""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pure_hb as hb
from pure_hb import testing
from pure_hb.codec import canonical, from_json, parse, to_json
from pure_hb.space import (
    Configuration,
    Domain,
    Value,
    as_member,
    bounds,
    cast,
    decode,
    default_configuration,
    dimension,
    draw,
    draw_value,
    encode,
    first_left,
    grid_size,
    initial_points,
    match_key,
    size,
    slices,
    uniform_of,
)

uniforms = st.floats(0.0, 1.0, exclude_max=True) | st.sampled_from((0.0, 0.5, 1.0 - 2.0**-53))


@st.composite
def members(draw: st.DrawFn) -> tuple[hb.Space, Configuration]:
    """A space and one of its configurations."""
    space = draw(testing.spaces())
    return space, draw(testing.configurations(space))


def _near(domain: Domain, value: object, decoded: object) -> bool:
    """Equal; a real number up to the resolution of the cube, which is relative to the width of its scale."""
    if not isinstance(domain, hb.Float):
        return value == decoded
    assert isinstance(value, float)
    assert isinstance(decoded, float)
    if domain.log:
        return math.isclose(value, decoded, rel_tol=1e-12)
    return abs(value - decoded) <= 1e-13 * max(1.0, abs(domain.low), abs(domain.high))


@given(member=members())
def test_a_decoded_code_is_the_configuration(member: tuple[hb.Space, Configuration]) -> None:
    space, config = member
    decoded = decode(space, encode(space, config))
    assert set(decoded) == set(config)
    for name, domain in space.domains:
        assert _near(domain, config[name], decoded[name]), name
    if all(not isinstance(domain, hb.Float) or domain.log for _, domain in space.searched):
        assert match_key(space, decoded) == match_key(space, config)


@given(member=members())
def test_codes_lie_in_their_bounds(member: tuple[hb.Space, Configuration]) -> None:
    space, config = member
    code, limits = encode(space, config), bounds(space)
    assert code.shape == (dimension(space),) == (len(limits),)
    assert all(low <= coordinate <= high for coordinate, (low, high) in zip(code, limits, strict=True))
    assert [stop for _, stop in slices(space).values()][-1:] == [dimension(space)][: len(space.searched)]


@given(space=testing.spaces(), data=st.data())
def test_every_vector_is_decoded_to_a_member(space: hb.Space, data: st.DataObject) -> None:
    count = dimension(space)
    vector = np.array(data.draw(st.lists(st.floats(0.0, 1.0), min_size=count, max_size=count)), dtype=np.float64)
    config = decode(space, vector)
    assert as_member(space, config) == config
    again = decode(space, encode(space, config))
    assert all(_near(domain, config[name], again[name]) for name, domain in space.domains)


@given(space=testing.spaces(), data=st.data())
def test_draws_are_members(space: hb.Space, data: st.DataObject) -> None:
    numbers = data.draw(st.tuples(*[uniforms] * len(space.searched)))
    config = draw(space, numbers.__getitem__)
    assert as_member(space, config) == config
    assert list(config) == sorted(name for name, _ in space.domains)


@given(member=members())
def test_a_value_is_selected_by_its_uniform_number(member: tuple[hb.Space, Configuration]) -> None:
    space, config = member
    for name, domain in space.searched:
        u = uniform_of(domain, config[name])
        assert 0.0 <= u < 1.0
        assert _near(domain, config[name], draw_value(domain, u)), (domain, config[name], u)


@given(domain=testing.domains(), u=uniforms)
def test_casting_twice_is_casting_once(domain: Domain, u: float) -> None:
    value = draw_value(domain, u)
    if isinstance(domain, hb.Finite) and not domain.low <= float(value) <= domain.high:
        return  # an end of the grid that rounding has moved out; `cast` refuses it, as the reference does
    once = cast(domain, value)
    assert once == value
    assert type(once) is type(value)
    assert cast(domain, once) == once


@given(domain=testing.domains(), given_value=st.floats(-1e7, 1e7) | st.integers(-(10**7), 10**7))
def test_what_can_be_cast_is_cast_for_good(domain: Domain, given_value: float) -> None:
    try:
        once = cast(domain, given_value)
    except ValueError:
        return
    assert cast(domain, once) == once


@given(space=testing.spaces())
@example(space=hb.Space(lr=hb.Finite(0.5, 1.0, 1, integer=True)))
def test_the_default_is_a_member_and_the_first_point(space: hb.Space) -> None:
    default = default_configuration(space)
    assert as_member(space, default) == default
    assert initial_points(space) == (default,) == initial_points(space, [{}])
    if any(_rounded_out(domain, default[name]) for name, domain in space.searched):
        with pytest.raises(hb.SpaceError, match="is outside"):
            initial_points(space, [dict(default)])
    else:
        assert initial_points(space, [{}, dict(default)]) == (default,)


def _rounded_out(domain: Domain, value: Value) -> bool:
    """Whether rounding took a grid's end out of its range: such a point is refused, as in the reference system."""
    return isinstance(domain, hb.Finite) and not domain.low <= float(value) <= domain.high


@pytest.mark.parametrize("domain", [hb.Finite(0.5, 1.0, 1, integer=True), hb.Finite(0.4, 1.6, 2, integer=True)])
def test_a_grid_whose_ends_are_rounded_out_of_it_has_a_default(domain: hb.Finite) -> None:
    space = hb.Space(x=domain)
    default = default_configuration(space)
    assert as_member(space, default) == default


@given(member=members())
def test_configurations_and_spaces_survive_json(member: tuple[hb.Space, Configuration]) -> None:
    space, config = member
    assert from_json(parse(canonical(to_json(space))), hb.Space) == space
    read = from_json(parse(canonical(to_json(config))), Configuration)
    assert read == config
    assert match_key(space, read) == match_key(space, config)


@given(space=testing.finite_spaces(), u=uniforms)
def test_what_is_left_of_a_finite_space_is_found(space: hb.Space, u: float) -> None:
    total = size(space)
    assert total is not None
    assert total <= (grid_size(space) or 0)
    excluded: set[str] = set()
    while (config := first_left(space, excluded, u)) is not None:
        assert as_member(space, config) == config
        excluded.add(match_key(space, config))
        assert len(excluded) <= total
    assert len(excluded) == total


@given(space=testing.finite_spaces(8), seed=st.integers(0, 2**64 - 1), goal=testing.goals())
def test_a_finite_space_of_n_gives_n_different_trials_then_done(space: hb.Space, seed: int, goal: hb.Goal) -> None:
    total = size(space)
    assert total is not None
    state = hb.initial(hb.random_search(space, goal, max_resource=1, seed=seed))
    keys = set()
    for number in range(total):
        state, action = hb.decide(state, hb.Ask("ann"))
        assert isinstance(action, hb.Start)
        assert action.trial == number
        keys.add(match_key(space, action.config))
        state, _ = hb.decide(state, hb.Report(number, 1, 0.5))
    assert len(keys) == total
    assert isinstance(hb.decide(state, hb.Ask("ann"))[1], hb.Done)


@pytest.mark.parametrize("count", [1, 50, 200])
def test_many_workers_use_a_finite_space_up_too(count: int) -> None:
    state = hb.initial(hb.asha(hb.Space(x=hb.Int(1, count)), hb.Minimize("error"), max_resource=9))
    found = set()
    for number in range(count):
        state, action = hb.decide(state, hb.Ask(f"worker-{number}"))
        assert isinstance(action, hb.Start)
        found.add(action.config["x"])
    assert found == set(range(1, count + 1))
    assert isinstance(hb.decide(state, hb.Ask("one more"))[1], hb.Wait)
