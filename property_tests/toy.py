"""WHAT DOES A SCHEDULER OF ONE'S OWN LOOK LIKE? A small one, for the tests of `check_machine`: five trials, no rungs.

It shares nothing with the library but events and actions, and shows how little the laws ask for.
"""

import math

from attrs import evolve, frozen

import pure_hb as hb

MAXIMUM = 9
TRIALS_MAX = 5
CONFIG = hb.Configuration({"x": 0})

Decision = tuple["Toy", hb.Action]


@frozen
class ToyTrial:
    """A trial: who runs it, how far it is, and whether it has ended."""

    worker: str | None
    leg: int = 0
    highest: int = 0
    ended: bool = False


@frozen
class Toy:
    """The state: all trials, and those that wait to run again."""

    trials: tuple[ToyTrial, ...] = ()
    broken: tuple[int, ...] = ()

    def put(self, number: int, trial: ToyTrial) -> "Toy":
        """The state with one trial replaced."""
        return evolve(self, trials=(*self.trials[:number], trial, *self.trials[number + 1 :]))


def initial() -> Toy:
    """No trials yet."""
    return Toy()


def decide(state: Toy, event: hb.Event) -> Decision:
    """The next state and the answer."""
    match event:
        case hb.Ask():
            return _ask(state, event)
        case hb.Observe():
            return state, hb.Reject("nothing can be observed here")
        case hb.Fitted():
            return state, hb.Reject("there is nothing to fit")
        case _:
            return _of_trial(state, event)


def _ask(state: Toy, event: hb.Ask) -> Decision:
    for number, trial in enumerate(state.trials):
        if trial.worker == event.worker:
            return state, _assignment(number, trial, logged=False)
    if state.broken:
        number = state.broken[0]
        again = evolve(state.trials[number], worker=event.worker, leg=state.trials[number].leg + 1)
        return evolve(state.put(number, again), broken=state.broken[1:]), _assignment(number, again, logged=True)
    if event.new_trials and len(state.trials) < TRIALS_MAX:
        new = ToyTrial(event.worker)
        return evolve(state, trials=(*state.trials, new)), _assignment(len(state.trials), new, logged=True)
    return state, hb.Wait() if any(trial.worker is not None for trial in state.trials) else hb.Done()


def _assignment(number: int, trial: ToyTrial, *, logged: bool) -> hb.Action:
    if trial.leg == 0:
        return hb.Start(number, CONFIG, 0, MAXIMUM, logged=logged)
    return hb.Resume(number, CONFIG, 0, MAXIMUM, trial.leg, logged=logged)


def _of_trial(state: Toy, event: hb.Report | hb.Complete | hb.Fail | hb.Release) -> Decision:
    number = event.trial
    if not 0 <= number < len(state.trials) or event.leg not in (None, *range(state.trials[number].leg + 1)):
        return state, hb.Reject("unknown")
    trial = state.trials[number]
    malformed = isinstance(event, hb.Report) and (event.resource < 1 or event.resource > 2**53)
    if malformed:
        return state, hb.Reject("no resource")
    if trial.worker is None or event.leg not in (None, trial.leg):
        answer = hb.Stop(number, logged=False) if trial.ended else hb.Pause(number, logged=False)
        return state, hb.Noted(number, logged=False) if isinstance(event, hb.Complete) else answer
    match event:
        case hb.Report(resource=resource, value=value):
            return _report(state, number, resource, value)
        case hb.Complete():
            return state.put(number, evolve(trial, worker=None, ended=True)), hb.Noted(number)
        case hb.Fail() | hb.Release():
            broken = state.put(number, evolve(trial, worker=None))
            return evolve(broken, broken=(*state.broken, number)), hb.Pause(number)


def _report(state: Toy, number: int, resource: int, value: float) -> Decision:
    trial = state.trials[number]
    if resource <= trial.highest:
        return state, hb.Continue(number, MAXIMUM, logged=False)
    if resource >= MAXIMUM or not math.isfinite(value):
        return state.put(number, evolve(trial, worker=None, ended=True)), hb.Stop(number)
    return state.put(number, evolve(trial, highest=resource)), hb.Continue(number, MAXIMUM)
