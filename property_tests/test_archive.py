"""Is the archive a list? Also where its tree grows a level, and with old versions looked at again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pure_hb.machine.trials import Archive, archive

GROWS = (32, 64, 32 * 32, 32 * 32 + 32, 32**3 + 32)
"""So many elements fill the tail, a first leaf, the first tree, and that and the tail."""
SIZES = sorted({0, 1, *(size + more for size in GROWS for more in (-1, 0, 1, 2))})


def agrees(found: Archive[int], plain: list[int]) -> None:
    assert list(found) == plain
    assert len(found) == len(plain)
    assert [found[number] for number in range(len(plain))] == plain


@pytest.mark.parametrize("size", SIZES)
def test_it_holds_what_was_appended(size: int) -> None:
    agrees(archive(range(size)), list(range(size)))


@pytest.mark.parametrize("size", [size for size in SIZES if size])
def test_an_element_is_replaced_and_the_old_version_stays(size: int) -> None:
    before = archive(range(size))
    for number in {0, 1 % size, size // 2, max(0, size - 33), max(0, size - 32), size - 1}:
        plain = list(range(size))
        plain[number] = -1
        agrees(before.put(number, -1), plain)
        agrees(before.put(number, -1).append(-2), [*plain, -2])
    agrees(before, list(range(size)))


@given(data=st.data(), size=st.integers(0, 1200))
def test_versions_of_any_history_are_lists(data: st.DataObject, size: int) -> None:
    found, plain = archive(range(size)), list(range(size))
    old = [(found, list(plain))]
    for element in range(size, size + data.draw(st.integers(0, 40))):
        if data.draw(st.booleans()) and plain:
            number = data.draw(st.integers(0, len(plain) - 1))
            found, plain[number] = found.put(number, element), element
        else:
            found = found.append(element)
            plain.append(element)
        old.append((found, list(plain)))
    for then, was in old[:: max(1, len(old) // 4)]:
        agrees(then, was)


def test_a_version_shares_what_did_not_change() -> None:
    before = archive(range(5000))
    after = before.put(100, -1)
    leaves = [id(leaf) for branch in before.root for leaf in branch]
    changed = [id(leaf) for branch in after.root for leaf in branch]
    assert sum(one != other for one, other in zip(leaves, changed, strict=True)) == 1
    assert max(map(len, (before.root, *before.root, *(leaf for branch in before.root for leaf in branch)))) == 32
