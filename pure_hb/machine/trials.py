"""WHO RUNS WHAT? One trial as a value, and all of them.

Millions of trials are kept in an `Archive`, a growing list as an immutable value, with append, lookup and replacement
in O(log n). It is a tree of tuples with up to 32 members each (a persistent vector, after Bagwell): the base-32 digits
of an index are the path to the element. The last elements are kept apart in a tail, so that most appends copy nothing
else.
"""

from __future__ import annotations  # rpds classes take no parameters at run time

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, reduce
from typing import Any, Final, Generic, TypeVar, cast

from attrs import frozen
from rpds import HashTrieMap

from pure_hb.machine.life import Broken, Phase, Running, Status
from pure_hb.making import maker
from pure_hb.protocol import Curve
from pure_hb.space import Configuration
from pure_hb.space.showing import cut

T = TypeVar("T")
_CONFIGURATION: Final = 50
"""The most characters of a configuration that are shown with a trial."""


# ---- one trial -------------------------------------------------------------------------------------------------------


@frozen
class Entry:
    """A trial's last entry in a rung: the level, the resource that was reported, and the number of the leg that
    reported it."""

    level: int
    resource: int
    leg: int


@lru_cache(maxsize=4096)
def entry_of(level: int, resource: int, leg: int) -> Entry:
    """A cached `Entry`: those of a million trials are a few different values."""
    return Entry(level, resource, leg)


@frozen(repr=False, weakref_slot=False)
class Trial:
    """One configuration and its training."""

    number: int
    """Trials are numbered from 0, in order of their start or observation."""
    config: Configuration
    """The values of all parameters."""
    bracket: int
    """The bracket of the trial, from 0 on: its first comparison is at level number ``bracket``."""
    phase: Phase
    """Running, with the worker that has it, or paused, broken or ended; `status` and `worker` are read from it."""
    leg: int
    """The number of the running or last leg, from 0 on."""
    until: int
    """The resource at which the running leg ends. For a broken trial: the resource at which its next leg ends."""
    leg_from: int = 0
    """The resource at which the current leg began, as its `Start` (0) or `Resume` said."""
    curve: Curve = ()
    """All accepted results (resource, value) as reported, NaN and infinities included; resources strictly increase."""
    entry: Entry | None = None
    """Its last entry in a rung; None if it has none."""
    failures: int = 0
    """How many `Fail` events it had."""
    observed: bool = False
    """Whether it comes from an `Observe` event: it was trained elsewhere and never runs here."""
    costs: Curve = ()
    """(resource, total cost so far) for each accepted result that stated its cost."""
    leg_cost: float = 0.0
    """The total cost when the current leg began."""
    source: str = ""
    """For an observed trial: the ``source`` of its `Observe` event; empty if none was given."""

    @property
    def status(self) -> Status:
        """Running, paused, broken or ended."""
        return self.phase.status

    @property
    def worker(self) -> str | None:
        """The worker that runs it; None unless it is running."""
        return self.phase.worker

    @property
    def highest(self) -> int:
        """The highest accepted resource; 0 if there is none."""
        return self.curve[-1][0] if self.curve else 0

    @property
    def start_from(self) -> int:
        """The resource from which the next leg goes on: that of the report that made the last entry. 0: there is no
        entry, the leg begins again."""
        return self.entry.resource if self.entry else 0

    @property
    def cost(self) -> float:
        """The total cost so far; 0 if no report stated any."""
        return self.costs[-1][1] if self.costs else 0.0

    def cost_at(self, level: int) -> float:
        """The total cost when the trial made its entry at a level: that of the first report at or above the level."""
        return next((total for resource, total in self.costs if resource >= level), 0.0)

    def __repr__(self) -> str:
        last = f", {self.curve[-1][1]:.6g} after epoch {self.highest}" if self.curve else ""
        how = "observed" if self.observed else f"{self.status.value}, leg {self.leg}"
        return f"<trial {self.number}: {how}{last}; {cut(repr(self.config), _CONFIGURATION)}>"

    def _repr_html_(self) -> str:
        from pure_hb.machine.notebook import six_digits, table_html

        rows = [("status", "observed" if self.observed else self.status.value), ("epochs", str(self.highest))]
        if self.curve:
            rows.append(("last value", six_digits(self.curve[-1][1])))
        rows += [(name, repr(value)) for name, value in self.config.pairs]
        return table_html(f"trial {self.number}", ("", "value"), rows, [self.curve])


make_trial: Final = maker(Trial)
"""As `Trial`, in a third of the time."""


# ---- a growing list --------------------------------------------------------------------------------------------------

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
        for number in range(0, self.size - len(self.tail), _WIDTH):
            leaf, shift = self.root, self.shift
            while shift:
                leaf = leaf[number >> shift & _MASK]
                shift -= _BITS
            yield from leaf
        yield from self.tail

    def append(self, element: T) -> Archive[T]:
        """The archive with one more element at the end."""
        tail, root, size, shift = self.tail, self.root, self.size, self.shift
        if len(tail) < _WIDTH:
            return _archive((*tail, element), root, size + 1, shift)
        stored = size - _WIDTH
        if stored == _WIDTH << shift:  # the tree is full: it grows at the top
            root, shift = (root,), shift + _BITS
        return _archive((element,), _with_leaf(root, shift, stored, tail), size + 1, shift)

    def put(self, number: int, element: T) -> Archive[T]:
        """The archive with the element of this index replaced."""
        place = number - self.size + len(self.tail)
        if place < 0:
            return _archive(self.tail, _put(self.root, self.shift, number, element), self.size, self.shift)
        tail = list(self.tail)  # faster than to join what stands before and behind
        tail[place] = element
        return _archive(tuple(tail), self.root, self.size, self.shift)


_archive: Final = maker(Archive)


def archive(elements: Iterable[T]) -> Archive[T]:
    """The archive of these elements, in their order."""
    return reduce(Archive.append, elements, Archive())


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


# ---- all trials ------------------------------------------------------------------------------------------------------


@frozen(init=False, repr=False, eq=False, weakref_slot=False)
class Trials:
    """All trials by number 0, 1, 2, ... ``Trials()`` has none.

    Running trials are kept in a small map of their own, because most reports change only these. The archive holds all
    others; for a running trial it holds the trial as it was when it was started or last rested. None of the fields can
    contradict the trials: nobody gives them, only `of`, `add`, `begin` and `put` make them.
    """

    running: HashTrieMap[int, Trial]
    archive: Archive[Trial]
    given: HashTrieMap[str, int]
    """Worker -> the trial that was assigned to it last; it may have left the trial since."""
    broken: tuple[int, ...]
    """The broken trials, the one that broke first first: what a phase cannot say of itself."""

    def __init__(self) -> None:
        self.__attrs_init__(HashTrieMap(), Archive(), HashTrieMap(), ())

    @classmethod
    def of(cls, trials: Iterable[Trial], broken: tuple[int, ...] = ()) -> Trials:
        """These trials, in order of their numbers. ``broken``: the numbers of the broken ones, as they broke.

        Raises:
            ValueError: if numbers do not follow each other, a worker runs two trials, or others are broken.
        """
        known = tuple(trials)
        if [trial.number for trial in known] != list(range(len(known))):
            raise ValueError("the trials are not numbered 0, 1, 2, ...")
        running = {trial.number: trial for trial in known if trial.worker is not None}
        given = {trial.worker: number for number, trial in running.items() if trial.worker is not None}
        if len(given) != len(running):
            raise ValueError("the trials that run are not each held by a worker of its own")
        if sorted(broken) != (found := [trial.number for trial in known if isinstance(trial.phase, Broken)]):
            raise ValueError(f"{len(found)} trials are broken, and {list(broken)} wait to run their leg again")
        return _trials(HashTrieMap(running), archive(known), HashTrieMap(given), broken)

    def __len__(self) -> int:
        return self.archive.size

    def __getitem__(self, number: int) -> Trial:
        if not 0 <= number < self.archive.size:
            raise IndexError(f"there is no trial {number}; there are {len(self)}")
        return self.running.get(number) or self.archive[number]

    def get(self, number: int) -> Trial | None:
        """The trial of this number; None if there is none."""
        return self.running.get(number) or self.archive[number] if number in self else None

    def held(self, worker: str) -> Trial | None:
        """The running trial of a worker; None if it has none."""
        given = self.given.get(worker)
        trial = None if given is None else self.running.get(given)
        return trial if trial is not None and trial.phase.worker == worker else None

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and 0 <= number < self.archive.size

    def __iter__(self) -> Iterator[Trial]:
        """All trials in order of number."""
        running = self.running
        return (running.get(trial.number) or trial for trial in self.archive)

    def __eq__(self, other: object) -> bool:
        return (*self, *self.broken) == (*other, *other.broken) if isinstance(other, Trials) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"{len(self)} trials"

    def add(self, trial: Trial) -> Trials:
        """The trials with one more.

        Raises:
            ValueError: if it has not the next number, or its worker has another trial.
        """
        number, running, given = trial.number, self.running, self.given
        if number != self.archive.size:
            raise ValueError(f"trial {number} is not the next one, which is {self.archive.size}")
        if isinstance(trial.phase, Running):
            if (held := self.held(trial.phase.worker)) is not None:
                raise _busy(held)
            running, given = running.insert(number, trial), given.insert(trial.phase.worker, number)
        broken = (*self.broken, number) if isinstance(trial.phase, Broken) else self.broken
        return _trials(running, self.archive.append(trial), given, broken)

    def begin(self, trial: Trial) -> Trials:
        """The trials in which one that rested has become this trial, which its worker runs.

        Raises:
            ValueError: if it rests still, ran already, or its worker has another trial.
        """
        number, phase = trial.number, trial.phase
        if not isinstance(phase, Running):
            raise ValueError(f"trial {number} cannot begin a leg: no worker has it")
        if number not in self or number in self.running:
            why = "it runs already" if number in self else f"there are {len(self)} trials"
            raise ValueError(f"trial {number} cannot begin a leg: {why}")
        if (held := self.held(phase.worker)) is not None:
            raise _busy(held)
        running, given = self.running.insert(number, trial), self.given.insert(phase.worker, number)
        return _trials(running, self.archive, given, tuple(one for one in self.broken if one != number))

    def put(self, trial: Trial) -> Trials:
        """The trials in which one that ran has become this trial: it goes on with its worker, or rests.

        Raises:
            ValueError: if it did not run, or with another worker.
        """
        number, phase, running = trial.number, trial.phase, self.running
        before = running.get(number)
        if before is None:
            raise ValueError(f"trial {number} does not run")
        if not isinstance(phase, Running):
            broken = (*self.broken, number) if isinstance(phase, Broken) else self.broken
            return _trials(running.remove(number), self.archive.put(number, trial), self.given, broken)
        if before.phase is not phase and before.phase != phase:
            raise ValueError(f"trial {number} is run by {before.worker!r}, and cannot go on with {phase.worker!r}")
        return _trials(running.insert(number, trial), self.archive, self.given, self.broken)


def _busy(held: Trial) -> ValueError:
    return ValueError(f"{held.worker!r} runs trial {held.number}, and can run no other")


_trials: Final = cast(
    "Callable[[HashTrieMap[int, Trial], Archive[Trial], HashTrieMap[str, int], tuple[int, ...]], Trials]", maker(Trials)
)
