"""WHO IS AHEAD, OF A MILLION? Entries in the order of their values, as an immutable value: insert, rank, k-th best, and
the best that waits, each in a few steps down a tree.

A B+-tree. A leaf holds up to 256 entries as packed arrays, and one integer whose bit i is set while entry i waits. A
branch holds up to 32 children, and of each its least value, how many entries it has and how many of them wait. A change
copies one leaf and the branches above it; everything else is shared with the version before. Equal values keep the
order in which they were entered. Nothing is ever deleted.

What can be seen depends on the entries only, never on the shape that their history gave the tree.
"""

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Final, NamedTuple

from attrs import field, frozen


class Leaf(NamedTuple):
    """Entries, best first. The arrays are never changed once the leaf is there."""

    values: "array[float]"
    trials: "array[int]"
    waits: int
    """Bit i: whether entry i waits."""


class Branch(NamedTuple):
    """Children in order; of each the least value, the number of entries, and of those that wait."""

    children: "tuple[Node, ...]"
    least: "array[float]"
    sizes: "array[int]"
    waiting: "array[int]"


Node = Leaf | Branch


class Entry(NamedTuple):
    """One entry that waits: its value, its trial, and how many entries come before it."""

    value: float
    trial: int
    place: int


LEAF: Final = 256
FAN: Final = 32
_NOTHING: Final = Leaf(array("d"), array("q"), 0)


@frozen(eq=False, repr=False)
class Ordered:
    """The entries. ``leaf`` and ``fan`` are the sizes at which nodes are split."""

    root: Node = field(default=_NOTHING)
    leaf: int = LEAF
    fan: int = FAN

    def __len__(self) -> int:
        return _size(self.root)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return _waits(self.root)

    def rank(self, value: float) -> int:
        """The number of entries strictly less than a value."""
        node, before = self.root, 0
        while isinstance(node, Branch):
            child = max(bisect_left(node.least, value) - 1, 0)
            before += sum(node.sizes[:child])
            node = node.children[child]
        return before + bisect_left(node.values, value)

    def kth(self, k: int) -> float:
        """The value number k = 0, 1, ... from the least.

        Raises:
            IndexError: if there is none.
        """
        return self.kth_and_next(k)[0]

    def kth_and_next(self, k: int) -> tuple[float, float | None]:
        """The value number k, and the one after it, None if it is the last.

        Raises:
            IndexError: if there is no value number k.
        """
        node, place, behind = self.root, k, math.inf
        if not 0 <= k < len(self):
            raise IndexError(f"entry {k} of {len(self)}")
        is_last = True
        while isinstance(node, Branch):
            child = 0
            while place >= node.sizes[child]:
                place -= node.sizes[child]
                child += 1
            if child + 1 < len(node.least):
                behind, is_last = node.least[child + 1], False
            node = node.children[child]
        if place + 1 < len(node.values):
            return node.values[place], node.values[place + 1]
        return node.values[place], None if is_last else behind

    def first_waiting(self) -> Entry | None:
        """The least entry that waits, the earliest among equals."""
        if not self.waiting:
            return None
        node, before = self.root, 0
        while isinstance(node, Branch):
            child = next(number for number, count in enumerate(node.waiting) if count)
            before += sum(node.sizes[:child])
            node = node.children[child]
        place = _lowest_bit(node.waits)
        return Entry(node.values[place], node.trials[place], before + place)

    def enter(self, trial: int, value: float, waits: bool) -> "Ordered":
        """With one more entry, behind all that are equal to it."""
        node, way = self.root, []
        while isinstance(node, Branch):
            child = max(bisect_right(node.least, value) - 1, 0)
            way.append((node, child))
            node = node.children[child]
        new, more = _enter_leaf(node, trial, value, waits, self.leaf)
        for branch, child in reversed(way):
            new, more = _grown(branch, child, new, more, waits, self.fan)
        return Ordered(new if more is None else _branch((new, more)), self.leaf, self.fan)

    def settle(self, place: int) -> "Ordered":
        """The entry at a place does not wait any more.

        Raises:
            ValueError: if it does not wait.
        """
        return Ordered(_settle(self.root, place), self.leaf, self.fan)

    def __iter__(self) -> Iterator[tuple[float, int, bool]]:
        """Value, trial and whether it waits, of each entry in order."""
        for leaf in _leaves(self.root):
            bits = f"{leaf.waits:0{len(leaf.values)}b}"[::-1]
            for value, trial, bit in zip(leaf.values, leaf.trials, bits, strict=False):
                yield value, trial, bit == "1"


def ordered(entries: "list[tuple[float, int, bool]]", leaf: int = LEAF, fan: int = FAN) -> Ordered:
    """The tree of entries that are in order already.

    Raises:
        ValueError: if they are not.
    """
    values = [value for value, _, _ in entries]
    if any(values[i] > values[i + 1] for i in range(len(values) - 1)):
        raise ValueError("the values are not in order")
    step = max(1, leaf * 3 // 4)
    nodes: list[Node] = [_leaf(entries[start : start + step]) for start in range(0, len(entries), step)] or [_NOTHING]
    width = max(2, fan * 3 // 4)
    while len(nodes) > 1:
        nodes = [_branch(tuple(nodes[start : start + width])) for start in range(0, len(nodes), width)]
    return Ordered(nodes[0], leaf, fan)


# ---- nodes ---------------------------------------------------------------------------------------------------------


def _leaf(entries: "list[tuple[float, int, bool]]") -> Leaf:
    waits = sum(1 << place for place, (_, _, waiting) in enumerate(entries) if waiting)
    return Leaf(array("d", (entry[0] for entry in entries)), array("q", (entry[1] for entry in entries)), waits)


def _branch(children: tuple[Node, ...]) -> Branch:
    return Branch(
        children,
        array("d", map(_least, children)),
        array("q", map(_size, children)),
        array("q", map(_waits, children)),
    )


def _least(node: Node) -> float:
    return node.least[0] if isinstance(node, Branch) else node.values[0]


def _size(node: Node) -> int:
    return sum(node.sizes) if isinstance(node, Branch) else len(node.values)


def _waits(node: Node) -> int:
    return sum(node.waiting) if isinstance(node, Branch) else node.waits.bit_count()


def _leaves(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
    else:
        for child in node.children:
            yield from _leaves(child)


def _lowest_bit(number: int) -> int:
    return (number & -number).bit_length() - 1


def _enter_leaf(node: Leaf, trial: int, value: float, waits: bool, leaf: int) -> tuple[Node, Node | None]:
    """The leaf with the entry; and what was split off behind it, if it was full."""
    place = bisect_right(node.values, value)
    values, trials, bits = node.values[:], node.trials[:], node.waits
    values.insert(place, value)
    trials.insert(place, trial)
    if bits or waits:
        below = bits & ((1 << place) - 1)
        bits = below | (waits << place) | (bits >> place << place + 1)
    if len(values) <= leaf:
        return Leaf(values, trials, bits), None
    half = len(values) // 2
    return (
        Leaf(values[:half], trials[:half], bits & ((1 << half) - 1)),
        Leaf(values[half:], trials[half:], bits >> half),
    )


def _grown(
    node: Branch, child: int, new: Node, more: Node | None, waits: bool, fan: int
) -> tuple[Branch, Branch | None]:
    """The branch in which a child has got an entry, and may have been split; and what was split off from the branch.
    Arrays that stay the same are shared."""
    children, sizes, least, waiting = list(node.children), node.sizes[:], node.least, node.waiting
    children[child] = new
    first = _least(new)
    if first < least[child]:
        least = least[:]
        least[child] = first
    if more is None:
        sizes[child] += 1
        if waits:
            waiting = waiting[:]
            waiting[child] += 1
        return Branch(tuple(children), least, sizes, waiting), None
    least, waiting = least[:], waiting[:]
    sizes[child], waiting[child] = _size(new), _waits(new)
    children.insert(child + 1, more)
    least.insert(child + 1, _least(more))
    sizes.insert(child + 1, _size(more))
    waiting.insert(child + 1, _waits(more))
    if len(children) <= fan:
        return Branch(tuple(children), least, sizes, waiting), None
    half = len(children) // 2
    return (
        Branch(tuple(children[:half]), least[:half], sizes[:half], waiting[:half]),
        Branch(tuple(children[half:]), least[half:], sizes[half:], waiting[half:]),
    )


def _settle(node: Node, place: int) -> Node:
    if isinstance(node, Leaf):
        if place < 0 or not node.waits >> place & 1:
            raise ValueError("that entry does not wait")
        return node._replace(waits=node.waits & ~(1 << place))
    child = 0
    while child < len(node.sizes) - 1 and place >= node.sizes[child]:
        place -= node.sizes[child]
        child += 1
    waiting = node.waiting[:]
    waiting[child] -= 1
    children = (*node.children[:child], _settle(node.children[child], place), *node.children[child + 1 :])
    return node._replace(children=children, waiting=waiting)
