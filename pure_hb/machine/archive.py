"""HOW ARE MILLIONS OF TRIALS KEPT? A growing list as an immutable value, with append, lookup and replacement in O(log
n).

It is a tree of tuples with up to 32 members each (a persistent vector, after Bagwell): the base-32 digits of an index
are the path to the element. The last elements are kept apart in a tail, so that most appends copy nothing else.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, Generic, TypeVar

from attrs import frozen

from pure_hb.making import maker

T = TypeVar("T")

_BITS: Final = 5
_WIDTH: Final = 1 << _BITS
_MASK: Final = _WIDTH - 1
Node = tuple[Any, ...]
_EMPTY: Final[Node] = ()


@frozen(eq=False, repr=False, weakref_slot=False)
class Archive(Generic[T]):
    """Elements by index 0, 1, 2, ..."""

    tail: tuple[T, ...] = ()
    """The last elements, at most 32."""
    root: Node = _EMPTY
    """The tree of all elements before the tail; its leaves are full."""
    size: int = 0
    """The number of elements."""
    shift: int = _BITS
    """How many bits an index is shifted to the right to give its digit at the root."""

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, number: int) -> T:
        stored = self.size - len(self.tail)
        if number >= stored:
            return self.tail[number - stored]
        node, shift = self.root, self.shift
        while shift:
            node = node[number >> shift & _MASK]
            shift -= _BITS
        found: T = node[number & _MASK]
        return found

    def __iter__(self) -> Iterator[T]:
        yield from _elements(self.root, self.shift)
        yield from self.tail

    def append(self, element: T) -> "Archive[T]":
        """The archive with one more element at the end."""
        tail, root, size, shift = self.tail, self.root, self.size, self.shift
        if len(tail) < _WIDTH:
            return _archive((*tail, element), root, size + 1, shift)
        stored = size - _WIDTH
        if stored == _WIDTH << shift:  # the tree is full: it grows at the top
            root, shift = (root,), shift + _BITS
        return _archive((element,), _with_leaf(root, shift, stored, tail), size + 1, shift)

    def put(self, number: int, element: T) -> "Archive[T]":
        """The archive with the element of this index replaced."""
        place = number - self.size + len(self.tail)
        if place < 0:
            return _archive(self.tail, _put(self.root, self.shift, number, element), self.size, self.shift)
        return _archive(_with(self.tail, place, element), self.root, self.size, self.shift)


_archive: Final = maker(Archive)


def archive(elements: Iterable[T]) -> Archive[T]:
    """The archive of these elements, in their order."""
    found: Archive[T] = Archive()
    for element in elements:
        found = found.append(element)
    return found


def _with(node: Node, place: int, element: Any) -> Node:
    changed = list(node)  # faster than to join what stands before and behind
    changed[place] = element
    return tuple(changed)


def _put(node: Node, shift: int, number: int, element: Any) -> Node:
    digit, changed = number >> shift & _MASK, list(node)
    changed[digit] = _put(node[digit], shift - _BITS, number, element) if shift else element
    return tuple(changed)


def _with_leaf(node: Node, shift: int, start: int, leaf: Node) -> Node:
    """The node with a leaf behind all that it has, for the elements from number ``start`` on."""
    if shift == _BITS:
        return (*node, leaf)
    digit = start >> shift & _MASK
    below = node[digit] if digit < len(node) else _EMPTY
    return (*node[:digit], _with_leaf(below, shift - _BITS, start, leaf))


def _elements(node: Node, shift: int) -> Iterator[Any]:
    if not shift:
        yield from node
        return
    for child in node:
        yield from _elements(child, shift - _BITS)
