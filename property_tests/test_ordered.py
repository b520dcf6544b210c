"""Is the tree a sorted list? With nodes so small that every split happens, and old versions looked at again."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pure_hb.rungs.ordered import Ordered, Shape, ordered

SIZES = [(1, 2), (2, 2), (2, 3), (4, 3), (256, 32)]
values = st.one_of(st.integers(-3, 3).map(float), st.floats(allow_nan=False), st.just(math.inf))
Plain = list[tuple[float, int, bool]]


def agrees(tree: Ordered, plain: Plain) -> None:
    assert list(tree) == plain
    assert len(tree) == len(plain)
    assert tree.waiting == sum(waits for _, _, waits in plain)
    inside = [value for value, _, _ in plain]
    assert [tree.kth(k) for k in range(len(plain))] == inside
    assert [tree.kth_and_next(k) for k in range(len(plain))] == list(zip(inside, [*inside[1:], None], strict=False))
    for probe in (*(value for value, _, _ in plain[:4]), 0.0, 0.5, math.inf, -math.inf):
        assert tree.rank(probe) == sum(value < probe for value, _, _ in plain)
    first = next(((v, t, place) for place, (v, t, waits) in enumerate(plain) if waits), None)
    assert tree.first_waiting() == first
    for outside in (-1, len(plain)):
        with pytest.raises(IndexError):
            tree.kth(outside)
        with pytest.raises(ValueError, match="does not wait"):
            tree.settle(outside)


@pytest.mark.parametrize(("leaf", "fan"), SIZES)
@given(data=st.data())
def test_every_version_is_a_sorted_list(leaf: int, fan: int, data: st.DataObject) -> None:
    tree, plain = Ordered(shape=Shape(leaf=leaf, fan=fan)), Plain()
    old: list[tuple[Ordered, Plain]] = []
    for trial in range(data.draw(st.integers(0, 40))):
        old.append((tree, list(plain)))
        if any(waits for _, _, waits in plain) and data.draw(st.booleans()):
            place = data.draw(st.sampled_from([place for place, entry in enumerate(plain) if entry[2]]))
            tree = tree.settle(place)
            plain[place] = (*plain[place][:2], False)
            with pytest.raises(ValueError, match="does not wait"):
                tree.settle(place)
        value, waits = data.draw(values), data.draw(st.booleans())
        tree = tree.enter(trial, value, waits)
        place = sum(other <= value for other, _, _ in plain)
        plain.insert(place, (value, trial, waits))
    agrees(tree, plain)
    for before, then in old[:: max(1, len(old) // 5)]:
        agrees(before, then)


@pytest.mark.parametrize(("leaf", "fan"), SIZES)
@given(entries=st.lists(st.tuples(values, st.integers(0, 99), st.booleans()), max_size=60), more=values)
def test_a_tree_of_a_list_is_that_list_and_goes_on(leaf: int, fan: int, entries: Plain, more: float) -> None:
    plain = sorted(entries, key=lambda entry: entry[0])
    tree = ordered(plain, Shape(0, leaf, fan))
    agrees(tree, plain)
    place = sum(other <= more for other, _, _ in plain)
    agrees(tree.enter(7, more, True), [*plain[:place], (more, 7, True), *plain[place:]])


def test_a_list_out_of_order_is_refused() -> None:
    with pytest.raises(ValueError, match="not in order"):
        ordered([(2.0, 0, True), (1.0, 1, True)])


def test_many_thousands_are_in_order_and_share_what_did_not_change() -> None:
    tree: Any = Ordered()
    for trial in range(20_000):
        tree = tree.enter(trial, float(trial * 7919 % 10_007), trial % 3 == 0)
    found = [value for value, _, _ in tree]
    assert found == sorted(found)
    assert tree.rank(5000.0) == sum(value < 5000.0 for value in found)
    later = tree.enter(20_000, 5000.5, True)
    children, changed = tree.root[0], later.root[0]
    assert len({id(child) for child in children} & {id(child) for child in changed}) == len(children) - 1
