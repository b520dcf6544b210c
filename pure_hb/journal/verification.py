"""IS A LOG TRUE? *Verify* makes every decision again, over any iterable of (event, action) pairs. No files here.

A decision depends on the state before it and, with a model, on the fitted parameters. On another processor a fit may
end at other parameters, and everything after it would differ. So a decision that differs is made again with the
parameters in the log, and the fit is judged separately: whether a fit was due, and whether its parameters are as good
as those of a fit made here.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, Final

from attrs import evolve, field, frozen

from pure_hb.codec import action_to_json, event_to_json
from pure_hb.journal.differences import Difference, differences, is_close, without_evaluations
from pure_hb.journal.replay import ReplayError, as_pair, step
from pure_hb.machine import Setup, State, choose, initial, lesson
from pure_hb.machine.setup import expect_setup
from pure_hb.protocol import Action, Event, Evidence, Fitted, Learned, Named
from pure_hb.search import Lesson, objective_said

SLACK_NATS: Final = 0.5
"""How much worse than a fit made here the parameters of a log may be, in nats of the negative log posterior."""


class Part(Enum):
    """What a disagreement is about."""

    DECISION = "decision"
    """The action itself: what is done with which trial."""
    FIT = "fit"
    """The fit: whether one was due, and how good it is."""
    EVIDENCE = "evidence"
    """The evidence of the decision."""


@frozen
class Disagreement:
    """A record whose decision differs when it is made again, and where it differs."""

    number: int
    part: Part
    event: Event
    recorded: Action
    recomputed: Action
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        places = "\n".join(f"  {difference}" for difference in self.differences)
        return f"record {self.number}, {self.event}:\n{places}"


@frozen
class Elsewhere:
    """A fit that ends at other, about equally good parameters here."""

    number: int
    worse: float
    """How much worse the objective is at the parameters of the log than at those found here, in nats; negative if it is
    better."""


@frozen
class Verification:
    """The result of `verify`."""

    records: int
    """The number of records that were examined: all, or those up to the first impossible one."""
    disagreements: tuple[Disagreement, ...]
    """All disagreements in order of record number; a record has at most one for each part."""
    fits: int
    """The number of fits in the log."""
    elsewhere: tuple[Elsewhere, ...]
    """The fits that end at other, about equally good parameters here."""
    rounded: tuple[int, ...]
    """The numbers of the records that agree within the tolerance, but not to the last bit. The number of evaluations of
    a fit is not compared."""
    impossible: ReplayError | None
    """The first record that cannot follow the records before it; nothing after it is examined. None: there is none."""
    state: State
    """The state after these records, by the log."""

    @property
    def ok(self) -> bool:
        """Whether nothing disagrees."""
        return not self.disagreements and self.impossible is None

    @property
    def exact(self) -> bool:
        """Whether everything agrees to the last bit."""
        return self.ok and not self.elsewhere and not self.rounded

    @property
    def disagreement(self) -> Disagreement | None:
        """The first disagreement; None if there is none."""
        return self.disagreements[0] if self.disagreements else None

    def of(self, part: Part) -> tuple[Disagreement, ...]:
        """The disagreements of one part."""
        return tuple(one for one in self.disagreements if one.part is part)


def verify(setup: Setup, pairs: Iterable[tuple[Event, Action]], *, strict: bool = False) -> Verification:
    """Makes every decision of a log again and compares it with the log, evidence included. After a difference it
    continues from the state of the log.

    Args:
        setup: the setup of the log.
        pairs: the (event, action) pairs of the log, in order.
        strict: whether every number must agree to the last bit, with fits made here. Otherwise decisions use the
            recorded parameters of the surrogate. A recorded fit may then be worse than one made here by at most 0.5
            nats of the objective, and numbers of models may differ by a relative error of 1e-6.

    Raises:
        TypeError: if ``setup`` is no Setup, or ``pairs`` are no pairs.
    """
    expect_setup(setup, "verify")
    verifier = Verifier(setup, strict=strict)
    for pair in pairs:
        verifier.see(*(pair if isinstance(pair, tuple) and len(pair) == 2 else as_pair(pair, "verify")))
    return verifier.found()


class Verifier:
    """Makes decisions again, one after the other, and collects disagreements. ``state`` is that of the log so far."""

    def __init__(self, setup: Setup, *, strict: bool = False) -> None:
        self.state: State = initial(setup)
        self._strict, self._past = strict, _Past(setup)
        self._records, self._fits = 0, 0
        self._impossible: ReplayError | None = None
        self._disagreements, self._elsewhere, self._rounded = list[Disagreement](), list[Elsewhere](), list[int]()

    def see(self, event: Event, recorded: Action) -> None:
        """Check the next pair. After an impossible one nothing is checked."""
        if self._impossible is not None:
            return
        number = self._records + 1
        self._past.see(self.state)
        learned = event.learned if isinstance(event, Fitted) else _learned(recorded)
        self._fits += learned is not None and learned.parameters != self.state.learned.parameters
        recomputed, found = _decided_again(self.state, event, recorded, strict=self._strict)
        fitted, more = self._past.fitted_again(event, strict=self._strict)
        found = (*found, *more)
        worse = recomputed.elsewhere if fitted is None else fitted
        if worse is not None:
            self._elsewhere.append(Elsewhere(number, worse))
        wrong = found if self._strict else tuple(one for one in found if not is_close(one, recomputed.json))
        if not wrong and (found or recomputed.by_the_log):
            self._rounded.append(number)
        self._disagreements += _by_part(Disagreement(number, Part.DECISION, event, recorded, recomputed.action, wrong))
        try:
            self.state, self._records = step(self.state, number, event, recorded), number
        except ReplayError as error:
            self._impossible = error

    def found(self) -> Verification:
        """The result so far."""
        return Verification(
            self._records,
            tuple(self._disagreements),
            self._fits,
            tuple(self._elsewhere),
            tuple(self._rounded),
            self._impossible,
            self.state,
        )


# ---- one decision ---------------------------------------------------------------------------------------------------


@frozen
class _Recomputed:
    """A decision that was made again."""

    action: Action
    json: Mapping[str, Any] = field(repr=False)
    by_the_log: bool
    """Whether the parameters of the log were used."""
    elsewhere: float | None = None
    """By how many nats the parameters of the log are worse than those of a fit here; None if they are the same."""


def _decided_again(
    state: State, event: Event, recorded: Action, *, strict: bool
) -> tuple[_Recomputed, tuple[Difference, ...]]:
    """A decision made again: with a fit made here and, if the result differs, with the parameters of the log."""
    here = choose(state, event)
    ours = action_to_json(here)
    found = tuple(differences(action_to_json(recorded), ours))
    told = _told(state, recorded)
    if strict or not found or not told:
        return _Recomputed(here, ours, False), found
    again = choose(state, event, fitted=told)
    ours = without_evaluations(action_to_json(again))
    found = tuple(differences(without_evaluations(action_to_json(recorded)), ours))
    if _parameters(again) != told or _parameters(here) in (None, told):
        return _Recomputed(again, ours, True), found
    worse, bad = _judged(here.evidence, again.evidence, "$.learned")
    return _Recomputed(again, ours, True, None if bad else worse), (*found, *bad)


def _told(state: State, recorded: Action) -> tuple[Named, ...]:
    """The parameters in the log with which the action was decided; empty: without a model."""
    return (_learned(recorded) or state.learned).parameters


def _learned(action: Action) -> Learned | None:
    found = getattr(action, "learned", None)
    return found if isinstance(found, Learned) else None


def _parameters(action: Action) -> tuple[Named, ...] | None:
    learned = _learned(action)
    return None if learned is None else learned.parameters


def _judged(here: Evidence, logged: Evidence, path: str) -> tuple[float, tuple[Difference, ...]]:
    """By how many nats a fit of a log is worse than one here, and the differences if that is too much."""
    ours, theirs = objective_said(here), objective_said(logged)
    if ours is None or theirs is None:
        return 0.0, ()
    worse = theirs - ours
    return worse, () if worse <= SLACK_NATS else (Difference(f"{path}.parameters: the objective", theirs, ours),)


def _by_part(whole: Disagreement) -> Iterator[Disagreement]:
    """One disagreement for each part with differences."""
    for part in Part:
        found = tuple(one for one in whole.differences if _part_of(one) is part)
        if found:
            yield evolve(whole, part=part, differences=found)


def _part_of(difference: Difference) -> Part:
    if difference.path.startswith("$.evidence"):
        return Part.EVIDENCE
    is_fit = difference.path.startswith(("$.learned", "$.event")) and not difference.path.endswith(".resumed")
    return Part.FIT if is_fit else Part.DECISION


# ---- fits beside training -------------------------------------------------------------------------------------------


class _Past:
    """The states that a background fit may be of: all since the state of the last accepted fit."""

    def __init__(self, setup: Setup) -> None:
        self._needed = setup.search.fits_beside
        self._states: dict[int, State] = {}

    def see(self, state: State) -> None:
        """Keep a state as long as a fit of it may arrive."""
        if self._needed:
            self._states[state.clock] = state

    def fitted_again(self, event: Event, *, strict: bool) -> tuple[float | None, tuple[Difference, ...]]:
        """A fit that is made again: by how many nats that of the log is worse, if the parameters differ; and the
        differences."""
        if not isinstance(event, Fitted) or not self._needed:
            return None, ()
        if event.clock not in self._states:
            limit = f"at least {min(self._states)}, of the last fit accepted"
            return None, (Difference("$.event.clock", event.clock, limit),)
        state = self._states[event.clock]
        self._states = {clock: one for clock, one in self._states.items() if clock >= event.clock}
        here = lesson(state)
        found = _unlike(event, here)
        if strict or not found or here is None:
            return None, found
        logged = lesson(state, fitted=event.learned.parameters)
        if logged is None:
            return None, found
        worse, bad = _judged(here.evidence, logged.evidence, "$.event.learned")
        return None if bad else worse, (*_unlike(event, logged), *bad)


def _unlike(event: Fitted, made: Lesson | None) -> tuple[Difference, ...]:
    again = None if made is None else event_to_json(Fitted(event.clock, made.learned))
    return tuple(differences(event_to_json(event), again, "$.event"))
