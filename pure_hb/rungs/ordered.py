"""HOW IS A RUNG RANKED, WITH A MILLION ENTRIES? Entries sorted by value as an immutable value, with insertion, rank,
k-th best and best waiting entry in O(log n).

It is a B+-tree. A leaf holds up to 256 entries as packed numbers, and one integer whose bit i is set while entry i
waits. A branch holds up to 32 children; the least value of each child but the first; and for each child its number of
entries and of waiting entries. A change copies one leaf and the branches above it, and shares the rest with the version
before. Nodes are tuples and bytes, so nothing that can be reached from a tree can be modified.

Equal values keep the order in which they were entered. Nothing is ever deleted, so least values never change. Answers
depend on the entries only, never on the shape that their history gave the tree.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from struct import Struct
from typing import Any, Final, NamedTuple

from attrs import frozen

from pure_hb.making import maker

Leaf = tuple[bytes, bytes, int]
"""Values and trials of entries, best first, as packed numbers, and the bits of the entries that wait."""

Branch = tuple[tuple[Any, ...], tuple[float, ...], tuple[int, ...], tuple[int, ...]]
"""Children in order; the least value of each but the first; for each the number of entries and of waiting entries. All
leaves of a tree have the same depth, so no node has to say what its children are."""


class Shape(NamedTuple):
    """The number of branches above a leaf, and the sizes at which leaves and branches are split."""

    depth: int = 0
    leaf: int = 256
    fan: int = 32


class Entry(NamedTuple):
    """A waiting entry: its value, its trial, and how many entries come before it."""

    value: float
    trial: int
    place: int


_NOTHING: Final[Leaf] = (b"", b"", 0)
_VALUE, _TRIAL = Struct("d"), Struct("i")
_pack_value, _value_at, _pack_trial, _trial_at = _VALUE.pack, _VALUE.unpack_from, _TRIAL.pack, _TRIAL.unpack_from
_two_at = Struct("dd").unpack_from
_VALUE_SIZE, _TRIAL_SIZE = _VALUE.size, _TRIAL.size


def _values(packed: bytes) -> "memoryview[float]":
    return memoryview(packed).cast("d")


@frozen(eq=False, repr=False, weakref_slot=False)
class Ordered:
    """The sorted entries."""

    root: Any = _NOTHING
    size: int = 0
    """The number of entries."""
    shape: Shape = Shape()  # noqa: RUF009  # immutable

    def __len__(self) -> int:
        return self.size

    @property
    def waiting(self) -> int:
        """The number of entries that wait."""
        return _waits(self.root, self.shape.depth)

    def rank(self, value: float) -> int:
        """The number of entries strictly less than a value."""
        node, before = self.root, 0
        for _ in range(self.shape.depth):
            children, least, sizes, _waiting = node
            child = bisect_left(least, value)
            before += sum(sizes[:child])
            node = children[child]
        return before + bisect_left(memoryview(node[0]).cast("d"), value)

    def kth(self, k: int) -> float:
        """The k-th smallest value, counted from k = 0.

        Raises:
            IndexError: if there is none.
        """
        return self.kth_and_next(k)[0]

    def kth_and_next(self, k: int) -> tuple[float, float | None]:
        """The k-th smallest value, counted from 0, and the one after it; None if there is none after it.

        Raises:
            IndexError: if there is no k-th value.
        """
        node, place = self.root, k
        behind: float | None = None
        if not 0 <= k < self.size:
            raise IndexError(f"entry {k} of {self.size}")
        for _ in range(self.shape.depth):
            children, least, sizes, _waiting = node
            child = 0
            for size in sizes:
                if place < size:
                    break
                place -= size
                child += 1
            if child < len(least):
                behind = least[child]
            node = children[child]
        values, start = node[0], place * _VALUE_SIZE
        if start + _VALUE_SIZE < len(values):
            return _two_at(values, start)
        return _value_at(values, start)[0], behind

    def first_waiting(self) -> Entry | None:
        """The smallest entry that waits, the earliest among equals; None if none waits."""
        node, before = self.root, 0
        for _ in range(self.shape.depth):
            children, _least, sizes, waiting = node
            for child, count in enumerate(waiting):  # noqa: B007  # the child that the loop ends at
                if count:
                    break
            else:
                return None
            before += sum(sizes[:child])
            node = children[child]
        values, trials, waits = node
        if not waits:
            return None
        place = (waits & -waits).bit_length() - 1  # the lowest bit
        (value,), (trial,) = _value_at(values, place * _VALUE_SIZE), _trial_at(trials, place * _TRIAL_SIZE)
        return Entry(value, trial, before + place)

    def enter(self, trial: int, value: float, waits: bool) -> "Ordered":
        """The tree with one more entry, after all entries of equal value."""
        node, shape, way = self.root, self.shape, []
        for _ in range(shape.depth):
            child = bisect_right(node[1], value)
            way.append((node, child))
            node = node[0][child]
        values, trials, bits = node
        place = bisect_right(memoryview(values).cast("d"), value)
        cut, mark = place * _VALUE_SIZE, place * _TRIAL_SIZE
        values = b"".join((values[:cut], _pack_value(value), values[cut:]))
        trials = b"".join((trials[:mark], _pack_trial(trial), trials[mark:]))
        if bits or waits:
            bits = bits & ((1 << place) - 1) | waits << place | bits >> place << place + 1
        new: Any = (values, trials, bits)
        more: Any = None
        if len(values) > shape.leaf * _VALUE_SIZE:
            new, more = _halves(values, trials, bits)
        for depth, (branch, child) in enumerate(reversed(way)):
            if more is None:
                new = _grown(branch, child, new, waits)
            else:
                new, more = _split(branch, child, new, more, depth, shape.fan)
        if more is None:
            return _ordered(new, self.size + 1, shape)
        return _ordered(_branch((new, more), shape.depth), self.size + 1, shape._replace(depth=shape.depth + 1))

    def settle(self, place: int) -> "Ordered":
        """The tree in which the entry at index ``place`` no longer waits.

        Raises:
            ValueError: if it does not wait.
        """
        return _ordered(_settle(self.root, self.shape.depth, place), self.size, self.shape)

    def __iter__(self) -> Iterator[tuple[float, int, bool]]:
        """(value, trial, whether it waits) of each entry, in order."""
        for values, trials, waits in _leaves(self.root, self.shape.depth):
            bits = f"{waits:0{len(values) // _VALUE_SIZE}b}"[::-1]
            for value, trial, bit in zip(_values(values), memoryview(trials).cast("i"), bits, strict=False):
                yield value, trial, bit == "1"


_ordered: Final = maker(Ordered)


def ordered(entries: "list[tuple[float, int, bool]]", shape: Shape = Shape()) -> Ordered:  # noqa: B008  # immutable
    """The tree of entries that are sorted already.

    Raises:
        ValueError: if they are not sorted.
    """
    values = [value for value, _, _ in entries]
    if any(values[i] > values[i + 1] for i in range(len(values) - 1)):
        raise ValueError("the values are not in order")
    step, width, depth = max(1, shape.leaf * 3 // 4), max(2, shape.fan * 3 // 4), 0
    nodes: list[Any] = [_leaf(entries[start : start + step]) for start in range(0, len(entries), step)] or [_NOTHING]
    while len(nodes) > 1:
        nodes = [_branch(tuple(nodes[start : start + width]), depth) for start in range(0, len(nodes), width)]
        depth += 1
    return Ordered(nodes[0], len(entries), shape._replace(depth=depth))


# ---- nodes ---------------------------------------------------------------------------------------------------------


def _leaf(entries: "list[tuple[float, int, bool]]") -> Leaf:
    waits = sum(1 << place for place, (_, _, waiting) in enumerate(entries) if waiting)
    return b"".join(_pack_value(one[0]) for one in entries), b"".join(_pack_trial(one[1]) for one in entries), waits


def _branch(children: tuple[Any, ...], depth: int) -> Branch:
    """The branch over children that are at a depth."""
    return (
        children,
        tuple(_least(child, depth) for child in children[1:]),
        tuple(_size(child, depth) for child in children),
        tuple(_waits(child, depth) for child in children),
    )


def _least(node: Any, depth: int) -> float:
    for _ in range(depth):
        node = node[0][0]
    least: float = _value_at(node[0])[0]
    return least


def _size(node: Any, depth: int) -> int:
    return sum(node[2]) if depth else len(node[0]) // _VALUE_SIZE


def _waits(node: Any, depth: int) -> int:
    return sum(node[3]) if depth else int(node[2]).bit_count()


def _leaves(node: Any, depth: int) -> Iterator[Leaf]:
    if not depth:
        yield node
    else:
        for child in node[0]:
            yield from _leaves(child, depth - 1)


def _halves(values: bytes, trials: bytes, bits: int) -> tuple[Any, Any]:
    """A full leaf as two."""
    half = len(values) // _VALUE_SIZE // 2
    cut, mark = half * _VALUE_SIZE, half * _TRIAL_SIZE
    return (values[:cut], trials[:mark], bits & ((1 << half) - 1)), (values[cut:], trials[mark:], bits >> half)


def _with(items: tuple[Any, ...], place: int, instead: Any) -> tuple[Any, ...]:
    """A tuple with another one in the place of one."""
    changed = list(items)  # faster than to join what stands before and behind
    changed[place] = instead
    return tuple(changed)


def _grown(node: Branch, child: int, new: Any, waits: bool) -> Branch:
    """The branch in which a child has got an entry. What stays the same is shared."""
    children, least, sizes, waiting = node
    nodes, counts = list(children), list(sizes)  # as in `_with`; written out, since each entry comes here
    nodes[child] = new
    counts[child] += 1
    if waits:
        more = list(waiting)
        more[child] += 1
        waiting = tuple(more)
    return tuple(nodes), least, tuple(counts), waiting


def _split(node: Branch, child: int, new: Any, more: Any, depth: int, fan: int) -> tuple[Branch, Branch | None]:
    """The branch in which a child has become two, which are at a depth; and what was split off from the branch."""
    children = (*node[0][:child], new, more, *node[0][child + 1 :])
    if len(children) <= fan:
        return _branch(children, depth), None
    half = len(children) // 2
    return _branch(children[:half], depth), _branch(children[half:], depth)


def _settle(node: Any, depth: int, place: int) -> Any:
    if not depth:
        values, trials, waits = node
        if place < 0 or not waits >> place & 1:
            raise ValueError("that entry does not wait")
        return values, trials, waits & ~(1 << place)
    children, least, sizes, waiting = node
    child = 0
    while child < len(sizes) - 1 and place >= sizes[child]:
        place -= sizes[child]
        child += 1
    settled = _settle(children[child], depth - 1, place)
    return _with(children, child, settled), least, sizes, _with(waiting, child, waiting[child] - 1)
