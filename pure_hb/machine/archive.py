"""WHERE DOES WHAT RESTS LIE? A list that grows at its end, as an immutable value: append, look up and replace cost the
same few steps among ten and among millions.

A tree of tuples with up to 32 members each (Bagwell's trie, by position): the digits of a number, in base 32, say which
way to go. The last few elements lie apart, in the tail, so that most appends copy nothing else.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, Generic, TypeVar

from attrs import frozen

T = TypeVar("T")

_BITS: Final = 5
_WIDTH: Final = 1 << _BITS
_MASK: Final = _WIDTH - 1


@frozen(eq=False, repr=False)
class Archive(Generic[T]):
    """Elements by number 0, 1, 2, ..."""

    tail: tuple[T, ...] = ()
    """The last ones, at most 32."""
    root: tuple[Any, ...] = ()
    """All before them, full leaves only."""
    stored: int = 0
    """How many lie in the tree."""
    shift: int = _BITS
    """By how many bits a number is shifted to give the digit for the root."""

    def __len__(self) -> int:
        return self.stored + len(self.tail)

    def __getitem__(self, number: int) -> T:
        if not 0 <= number < self.stored:
            if not self.stored <= number < len(self):
                raise IndexError(f"there is no element {number}; there are {len(self)}")
            return self.tail[number - self.stored]
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
        """With one more element."""
        if len(self.tail) < _WIDTH:
            return Archive((*self.tail, element), self.root, self.stored, self.shift)
        root, shift = self.root, self.shift
        if self.stored == _WIDTH << shift:  # the tree is full: it grows at the top
            root, shift = (root,), shift + _BITS
        return Archive((element,), _with_leaf(root, shift, self.stored, self.tail), self.stored + _WIDTH, shift)

    def put(self, number: int, element: T) -> "Archive[T]":
        """With another element in place of one.

        Raises:
            IndexError: if there is none with this number.
        """
        place = number - self.stored
        if 0 <= place < len(self.tail):
            return Archive((*self.tail[:place], element, *self.tail[place + 1 :]), self.root, self.stored, self.shift)
        if not 0 <= number < self.stored:
            raise IndexError(f"there is no element {number}; there are {len(self)}")
        way, node, shift = [], self.root, self.shift
        while shift:
            way.append(node)
            node = node[number >> shift & _MASK]
            shift -= _BITS
        new: Any = element
        while True:
            changed = list(node)  # faster than slices around the new one
            changed[number >> shift & _MASK] = new
            new = tuple(changed)
            if not way:
                return Archive(self.tail, new, self.stored, self.shift)
            node = way.pop()
            shift += _BITS


def archive(elements: Iterable[T]) -> Archive[T]:
    """The archive of some elements, in their order."""
    found: Archive[T] = Archive()
    for element in elements:
        found = found.append(element)
    return found


def _with_leaf(node: tuple[Any, ...], shift: int, start: int, leaf: tuple[Any, ...]) -> tuple[Any, ...]:
    """The node with a leaf behind all that it has, for the elements from number ``start`` on."""
    if shift == _BITS:
        return (*node, leaf)
    digit = start >> shift & _MASK
    below = node[digit] if digit < len(node) else ()
    return (*node[:digit], _with_leaf(below, shift - _BITS, start, leaf))


def _elements(node: tuple[Any, ...], shift: int) -> Iterator[Any]:
    if not shift:
        yield from node
        return
    for child in node:
        yield from _elements(child, shift - _BITS)
