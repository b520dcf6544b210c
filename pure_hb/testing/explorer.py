"""DO THE LAWS HOLD IN EVERY CASE? `explore`: all states that a small world can reach, and all events in each state.

    world = World(workers=("ann", "bob"), max_resource=4, values=(0.0, 1.0, math.nan), moves=(Move.ASK, Move.REACH))
    explored = explore(subject_of(setup), world)
    assert explored.fault is None and explored.states == 1234

The search is breadth first, so a fault is shown with the fewest events. Two states that differ only in names count as
one (`state_key.py`). `one_step.py` says what is examined in each step: among others, the same event once more. If the
world has the move, a worker of a leg that is over sends events in every state.
"""

from __future__ import annotations  # arrays take no parameters at run time

import copy
import math
from array import array
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Final, Generic, TypeVar

from attrs import define, evolve, field, frozen
from rpds import HashTrieMap

import pure_hb as hb
from pure_hb.auditing import INVARIANTS, Invariant, Step
from pure_hb.protocol import Action, Ask, Done, Event, Report
from pure_hb.testing.choices import every
from pure_hb.testing.moves import can, make
from pure_hb.testing.one_step import Answered, Broken, NotExplorable, answers, examine, same_for_all
from pure_hb.testing.referee import Referee
from pure_hb.testing.sometimes import Occurrence
from pure_hb.testing.state_key import referee_key, scene_key, state_key
from pure_hb.testing.subject import Events, Subject, Turn
from pure_hb.testing.world import Move, Scene, Task, World, heard

S = TypeVar("S")

DRAWS: Final = (0.0, 1.0 - 2.0**-53)
"""The smallest and the largest number that can be drawn: both sides of a coin, the first bracket and the last."""


@frozen
class Fault:
    """A law or invariant that does not hold, and the fewest events that show it."""

    name: str
    """The name of the law or invariant."""
    what: str
    events: Events

    def __str__(self) -> str:
        listed = "\n".join(f"    {number}: {event!r}" for number, event in enumerate(self.events))
        return f"{self.name} is broken: {self.what}\n  The fewest events that show it:\n{listed}"


@frozen
class Explored:
    """The result of an exploration, and what occurred in it, because an exploration in which little happens proves
    little."""

    states: int
    """The number of distinct states, without regard to names, the first one included."""
    transitions: int
    """The number of accepted events, summed over all states."""
    refusals: int
    """The number of events that changed nothing, summed over all states."""
    depth: int
    """The largest number of events on a shortest way to a state."""
    whole: bool
    """Whether all states were examined: there was no fault, and no limit was met."""
    occurred: tuple[tuple[str, int], ...]
    """("Event -> Action", how often), in the order of the alphabet."""
    missing: tuple[str, ...]
    """The expected occurrences that were never met."""
    fault: Fault | None

    def check(self) -> Explored:
        """Returns itself if there is no fault.

        Raises:
            AssertionError: naming the fault, with the events.
        """
        if self.fault is not None:
            raise AssertionError(str(self.fault))
        return self


def explore(
    subject: Subject[S],
    world: World,
    *,
    key: Callable[[S], Hashable] | None = None,
    invariants: Iterable[Invariant] | None = None,
    sometimes: Iterable[Occurrence] = (),
    draws: tuple[float, ...] = DRAWS,
    states_max: int | None = None,
) -> Explored:
    """Explores a scheduler in a world of workers: every event in every state, until a fault is found, all states were
    examined, or ``states_max`` states were found.

    ``key`` maps a state to a hashable value without the names of workers; states with equal keys count as one. By
    default, states of this library have such a key, and others are used as they are, so they must be hashable. The
    world must have finitely many states: few trials, and a bounded number of ``Fail`` and ``Release`` events, or a key
    that ignores it. A scheduler of this library is explored with each number of ``draws`` for a bracket or a coin.

    Raises:
        NotExplorable: if configurations are drawn; give all of a finite space as ``points_to_evaluate``.
    """
    if invariants is None:
        invariants = () if subject.setup is None else INVARIANTS
    search = _Search(_caught(subject), world, key, tuple(invariants), draws, list(sometimes))
    return search.run(math.inf if states_max is None else states_max)


@frozen
class _Node(Generic[S]):
    """A state that is to be expanded: all that may happen in it is examined."""

    number: int
    state: S
    scene: Scene
    referee: Referee | None


_UNKNOWN: Final = -1
_DONE: Final = -2


@define
class _Search(Generic[S]):
    """An exploration in progress. States are numbered as they are found."""

    subject: Subject[S]
    world: World
    key: Callable[[S], Hashable] | None
    invariants: tuple[Invariant, ...]
    draws: tuple[float, ...]
    wanted: list[Occurrence]
    numbers: dict[Hashable, int] = field(factory=dict)
    parents: array[int] = field(factory=lambda: array("l"))
    depths: array[int] = field(factory=lambda: array("l"))
    calm: array[int] = field(factory=lambda: array("l"))
    """State -> the next one if workers only train; `_DONE`, or `_UNKNOWN` if the world has no such event."""
    events: list[Event | None] = field(factory=list)
    """State -> the event by which it was found."""
    queue: deque[_Node[S]] = field(factory=deque)
    counts: Counter[tuple[str, str, bool]] = field(factory=Counter)
    said: dict[tuple[tuple[Task, ...], tuple[Task, ...], int], tuple[Event, ...]] = field(factory=dict)
    """Running legs, legs that are over, number of trials -> all possible events."""

    def run(self, states_max: float) -> Explored:
        """Explores everything, breadth first."""
        referee = Referee() if self.subject.setup is None else None
        self._found(_Node(0, self.subject.initial(), Scene(), referee), _UNKNOWN, None)
        fault = None
        while self.queue and fault is None and len(self.numbers) < states_max:
            fault = self._expanded(self.queue.popleft())
        if fault is None and not self.queue:
            fault = self._endless()
        return self._told(fault)

    # ---- one state ---------------------------------------------------------------------------------------------

    def _expanded(self, node: _Node[S]) -> Fault | None:
        asked: dict[bool, list[Action]] = {}
        calm = self._calm_event(node.scene)
        for event in self._possible(node.scene):
            try:
                given = [self._answered(node, event, one, event == calm) for one in self._answers(node, event)]
                if isinstance(event, Ask) and node.scene.task_of(event.worker) is None:
                    for first, other in zip(asked.setdefault(event.new_trials, given), given, strict=True):
                        same_for_all(first, other)
            except Broken as broken:
                return Fault(broken.name, broken.what, (*self._path(node.number), event))
        return None

    def _answers(self, node: _Node[S], event: Event) -> Iterator[Answered]:
        try:
            yield from answers(self.subject, node.state, event, self.draws)
        except (Broken, NotExplorable):
            raise
        except Exception as error:  # of the two halves
            raise Broken("TOTAL", f"{type(error).__name__} was raised: {error}") from error

    def _answered(self, node: _Node[S], event: Event, answered: Answered, is_calm: bool) -> Action:
        turn = answered.turn
        examine(self.subject, answered, self.invariants)
        referee = self._judged(node, turn)
        self._count(turn)
        scene = heard(node.scene, event, turn.action)
        number = node.number
        if turn.action.logged or scene.tasks != node.scene.tasks:
            number = self._found(_Node(len(self.numbers), turn.after, _kept(scene), referee), node.number, event)
        if is_calm and self.calm[node.number] == _UNKNOWN:
            if number == node.number and not isinstance(turn.action, Done):
                raise Broken("PROGRESS", f"nothing comes nearer to the end: it is answered with {turn.action}")
            self.calm[node.number] = _DONE if number == node.number else number
        return turn.action

    def _judged(self, node: _Node[S], turn: Turn[S]) -> Referee | None:
        if node.referee is None:
            return None
        referee = copy.deepcopy(node.referee) if turn.action.logged else node.referee
        objection = referee.objection(turn.event, turn.action)
        if objection is not None:
            raise Broken("ONE_PLACE", objection)
        return referee

    def _possible(self, scene: Scene) -> tuple[Event, ...]:
        """All possible events in a scene, each once."""

        def made(move: Move) -> Iterator[Event]:
            return every(lambda pick: make(self.world, scene, move, pick))

        place = (scene.tasks, scene.strays, len(scene.legs))
        if place not in self.said:
            moves = (move for move in dict.fromkeys(self.world.moves) if can(self.world, scene, move))
            self.said[place] = tuple(dict.fromkeys(event for move in moves for event in made(move)))
        return self.said[place]

    def _calm_event(self, scene: Scene) -> Event:
        if scene.tasks:
            task = scene.tasks[0]
            return Report(task.trial, task.until, self.world.values[0], leg=task.leg)
        return Ask(self.world.workers[0])

    def _count(self, turn: Turn[S]) -> None:
        self.counts[type(turn.event).__name__, type(turn.action).__name__, turn.action.logged] += 1
        if self.wanted and isinstance(turn.before, hb.State) and isinstance(turn.after, hb.State):
            step = Step(turn.before, turn.event, turn.action, turn.after)
            self.wanted = [occurrence for occurrence in self.wanted if not occurrence.occurs(step)]

    # ---- all states --------------------------------------------------------------------------------------------

    def _found(self, node: _Node[S], parent: int, event: Event | None) -> int:
        """The number of a state. A new state is put in the queue."""
        key = self._key(node)
        known = self.numbers.get(key)
        if known is not None:
            return known
        self.numbers[key] = node.number
        self.parents.append(parent)
        self.depths.append(0 if parent < 0 else self.depths[parent] + 1)
        self.calm.append(_UNKNOWN)
        self.events.append(event)
        self.queue.append(node)
        return node.number

    def _key(self, node: _Node[S]) -> Hashable:
        state: Any = node.state
        own: Callable[[Any], Hashable] = _itself if self.subject.setup is None else state_key
        value = own(state) if self.key is None else self.key(state)
        running = scene_key(node.scene)
        return (value, running) if node.referee is None else (value, running, referee_key(node.referee))

    def _path(self, number: int) -> Events:
        events: list[Event] = []
        while (event := self.events[number]) is not None:
            events.append(event)
            number = self.parents[number]
        return tuple(reversed(events))

    def _endless(self) -> Fault | None:
        """A state from which workers that only train return to the same state; None if there is none."""
        comes_to_end = bytearray(len(self.calm))
        for start in range(len(self.calm)):
            way, number = {start: None}, start
            while (after := self.calm[number]) >= 0 and not comes_to_end[after]:
                if after in way:
                    return Fault("PROGRESS", "workers who only train on never come to Done", self._path(after))
                way[after], number = None, after
            for passed in way:
                comes_to_end[passed] = 1
        return None

    def _told(self, fault: Fault | None) -> Explored:
        accepted = sum(count for (_, _, logged), count in self.counts.items() if logged)
        return Explored(
            len(self.numbers),
            accepted,
            sum(self.counts.values()) - accepted,
            max(self.depths),
            fault is None and not self.queue,
            tuple(
                (f"{event} -> {action}" + ("" if logged else ", nothing new"), count)
                for (event, action, logged), count in sorted(self.counts.items())
            ),
            tuple(occurrence.name for occurrence in self.wanted),
            fault,
        )


def _caught(subject: Subject[S]) -> Subject[S]:
    """The subject, with its exceptions turned into faults."""

    def decide(state: S, event: Event) -> tuple[S, Action]:
        try:
            return subject.decide(state, event)
        except Exception as error:
            raise Broken("TOTAL", f"decide raised {type(error).__name__}: {error}") from error

    return evolve(subject, decide=decide)


def _itself(state: Hashable) -> Hashable:
    return state


def _kept(scene: Scene) -> Scene:
    """The reduced scene: for each trial only the last leg that is over, no true values (any value may be reported at
    any time), and no earlier messages (repeats are examined at once)."""
    over = {task.trial: task for task in scene.strays}
    strays = tuple(over[trial] for trial in sorted(over))
    return evolve(scene, strays=strays, sent=(), told=HashTrieMap())
