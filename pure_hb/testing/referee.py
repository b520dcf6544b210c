"""IS EVERY TRIAL IN EXACTLY ONE PLACE? A referee, which sees only events and answers, keeps its own record of each
trial.

It does not know states, rungs or rules, so it can watch any scheduler with this protocol. It is deliberately simple and
mutable: one record for each trial.
"""

from attrs import define, field

from pure_hb.machine import Status
from pure_hb.protocol import (
    Action,
    Ask,
    Complete,
    Continue,
    Done,
    Event,
    Fail,
    Fitted,
    Noted,
    Observe,
    Pause,
    Release,
    Report,
    Resume,
    Start,
    Stop,
    Wait,
)
from pure_hb.space import Configuration


@define
class Score:
    """The record of one trial."""

    config: Configuration | None
    status: Status
    worker: str | None = None
    leg: int = 0
    highest: int = 0
    until: int = 0
    level: int | None = None
    promoted_from: set[int] = field(factory=set)


@define
class Referee:
    """Watches a history, one answer after the other."""

    scores: dict[int, Score] = field(factory=dict)
    broken: list[int] = field(factory=list)
    fitted: int = 0
    """The number of values of the last accepted fit."""

    def objection(self, event: Event, action: Action) -> str | None:
        """The fault of an answer as a text; None if it is right, and then the answer is recorded."""
        match event:
            case Ask():
                return self._ask(event, action)
            case Observe():
                return self._observe(action)
            case Fitted():
                return self._fitted(event, action)
            case _:
                return self._of_trial(event, action)

    def _held(self, worker: str) -> int | None:
        return next((number for number, score in self.scores.items() if score.worker == worker), None)

    # ---- Ask ---------------------------------------------------------------------------------------------------

    def _ask(self, event: Ask, action: Action) -> str | None:
        held = self._held(event.worker)
        match action:
            case Start() | Resume():
                if action.logged:
                    return self._assigned(event.worker, held, action)
                return self._repeated(held, action)
            case Wait() | Done():
                running = sum(score.status is Status.RUNNING for score in self.scores.values())
                if held is not None:
                    return f"{event.worker!r} holds trial {held}, which is not given out again"
                if isinstance(action, Wait) != (running > 0):
                    return f"{type(action).__name__} while {running} trials run"
                return f"{type(action).__name__} while trial {self.broken[0]} is broken" if self.broken else None
            case _:
                return f"an Ask was answered with {type(action).__name__}"

    def _repeated(self, held: int | None, action: Start | Resume) -> str | None:
        if held is None or (action.trial, action.leg) != (held, self.scores[held].leg):
            return f"trial {action.trial}, leg {action.leg} was repeated to a worker that holds {held}"
        due = self.scores[held].until
        return None if action.until == due else f"trial {held} goes to {due}, but {action.until} was repeated"

    def _assigned(self, worker: str, held: int | None, action: Start | Resume) -> str | None:
        if held is not None:
            return f"{worker!r} holds trial {held}, and was given trial {action.trial}"
        if self.broken and action.trial != self.broken[0]:
            return f"trial {self.broken[0]} is broken the longest, but trial {action.trial} was given out"
        if isinstance(action, Start):
            if action.trial in self.scores or action.leg != 0 or action.until < 1:
                return f"trial {action.trial} was started, as leg {action.leg} to {action.until}"
            score = Score(action.config, Status.RUNNING)
            self.scores[action.trial] = score
        else:
            fault = self._resumed(action)
            if fault is not None:
                return fault
            score = self.scores[action.trial]
        score.status, score.worker, score.leg, score.until = Status.RUNNING, worker, action.leg, action.until
        return None

    def _resumed(self, action: Resume) -> str | None:
        score = self.scores.get(action.trial)
        if score is None or score.status not in (Status.PAUSED, Status.BROKEN):
            return f"trial {action.trial} was resumed, which is {score.status.value if score else 'unknown'}"
        if action.leg != score.leg + 1 or action.config != score.config or action.until <= score.highest:
            return f"trial {action.trial} was resumed as leg {action.leg} to {action.until}, after {score}"
        if score.status is Status.BROKEN:
            self.broken.remove(action.trial)
            return None if action.promoted_from is None else f"trial {action.trial} is broken, yet was promoted"
        if action.promoted_from is None or action.promoted_from != score.level:
            return f"trial {action.trial} pauses at {score.level}, but goes on from level {action.promoted_from}"
        if action.promoted_from in score.promoted_from:
            return f"trial {action.trial} was promoted from level {action.promoted_from} before"
        score.promoted_from.add(action.promoted_from)
        return None

    # ---- everything else ---------------------------------------------------------------------------------------

    def _observe(self, action: Action) -> str | None:
        if not isinstance(action, Noted) or not action.logged or action.trial is None:
            return None
        if action.trial in self.scores:
            return f"an observation was given the number {action.trial}, which is taken"
        self.scores[action.trial] = Score(None, Status.ENDED)
        return None

    def _fitted(self, event: Fitted, action: Action) -> str | None:
        if not action.logged:
            return None
        if event.learned.observed <= self.fitted:
            return f"a fit to {event.learned.observed} values was accepted after one to {self.fitted}"
        self.fitted = event.learned.observed
        return None

    def _of_trial(self, event: Report | Complete | Fail | Release, action: Action) -> str | None:
        if not action.logged:
            return None
        score = self.scores.get(event.trial)
        if score is None or score.status is not Status.RUNNING or event.leg not in (None, score.leg):
            return f"{event} was accepted, but of that trial is known: {score}"
        if getattr(action, "trial", None) != event.trial:
            return f"{event} was answered with {action}, of another trial"
        if isinstance(event, Report):
            if event.resource <= score.highest:
                return f"resource {event.resource} was accepted after {score.highest}"
            score.highest = event.resource
        return self._judged(score, event, action)

    def _judged(self, score: Score, event: Report | Complete | Fail | Release, action: Action) -> str | None:
        match event, action:
            case Report(), Continue():
                score.until = action.until
                fine = action.until > event.resource
                return None if fine else f"trial {event.trial} reached {event.resource} and goes to {action.until}"
            case Report(), Pause():
                score.level = action.level
                score.status, score.worker = Status.PAUSED, None
                return f"trial {event.trial} was paused without an entry" if action.level is None else None
            case ((Fail() | Release()), Pause()):
                self.broken.append(event.trial)
                score.status, score.worker = Status.BROKEN, None
                return None
            case ((Report() | Fail()), Stop()) | (Complete(), Noted()):
                score.status, score.worker = Status.ENDED, None
                return None
            case _:
                return f"{type(event).__name__} was answered with {type(action).__name__}"
