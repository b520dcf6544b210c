"""WHAT IS ALWAYS TRUE OF TRIALS? The place of each trial, its worker, its resource, and what a step may change of it.

One function per invariant; each returns None, or a sentence that says what is violated.
"""

import math
from collections import Counter
from itertools import pairwise

from pure_hb.auditing.steps import Step, all_rungs, entries, milestones
from pure_hb.machine import LIFE, State, Status, Trial
from pure_hb.protocol import Ask, Done, Fitted, Observe, Reject, Report, Resume, Start, Stop, Wait
from pure_hb.search import RandomSearch
from pure_hb.space import match_key, size

# ---- books ---------------------------------------------------------------------------------------------------------


def unlogged_changes_nothing(step: Step) -> str | None:
    """What is not accepted leaves the very same state; what only refuses or waits is never accepted."""
    kind = type(step.action).__name__
    if step.action.logged and isinstance(step.action, Wait | Done | Reject):
        return f"{kind} is logged"
    if not step.action.logged and step.changed:
        return f"{kind} is not logged, but the state after it is another object"
    return None


def clock_counts_accepted(step: Step) -> str | None:
    """The clock is the number of accepted events."""
    due = step.before.clock + step.action.logged
    return None if step.after.clock == due else f"the clock shows {step.after.clock}, not {due}"


def incumbent_monotone(step: Step) -> str | None:
    """The best result is never lost and never gets worse, and an accepted finite value is no better than it."""
    if not step.changed:
        return None
    before, after = step.before.best, step.after.best
    if before is not None and (after is None or after.to_minimise > before.to_minimise):
        return f"the best was {before}, and is {after} now"
    if isinstance(step.event, Report) and math.isfinite(step.event.value):
        value = step.after.setup.goal.to_minimise(step.event.value)
        if after is None or value < after.to_minimise:
            return f"a value of {step.event.value!r} was accepted, but the best is {after}"
    return None


def life(step: Step) -> str | None:
    """A step changes one trial at most, the one that its action names, and as the table of the life cycle says."""
    if not step.changed:
        return None
    before, after = step.before.trials, step.after.trials
    if len(after) < len(before) or any(number != step.trial for number in step.changed_trials):
        return (
            f"the action names trial {step.trial}; of {len(before)} trials, these changed: {list(step.changed_trials)}"
        )
    for number in step.changed_trials:
        status = before[number].status if number < len(before) else Status.UNBORN
        due = LIFE.get((status, type(step.event), type(step.action)))
        if after[number].status is not due:
            return (
                f"trial {number} was {status.value} and got {type(step.action).__name__} for "
                f"{type(step.event).__name__}: it is {after[number].status.value}, due is {due and due.value}"
            )
    return None


# ---- places --------------------------------------------------------------------------------------------------------


def one_place(step: Step) -> str | None:
    """Every trial is running, paused, broken or ended; exactly the paused wait, in the rung of their last level."""
    if not step.changed:
        return None
    waiting = [(rung.level, entries(rung).waiting) for _, rung in all_rungs(step.after)] if step.touched else []
    for number in sorted(step.touched):
        if number >= len(step.after.trials):
            return f"a rung has an entry of trial {number}, and there are {len(step.after.trials)} trials"
        trial = step.after.trials[number]
        paused = trial.status is Status.PAUSED
        if paused and trial.entry is None:
            return f"trial {trial.number} is paused, but has no entry"
        due = [trial.entry.level] if paused and trial.entry else []
        found = [level for level, there in waiting if number in there]
        if found != due:
            return f"trial {trial.number} is {trial.status.value} and waits at the levels {found}, not {due}"
    broken = {*step.before.broken, *step.after.broken, *step.touched}
    wrong = [one for one in broken if (one in step.after.broken) != (step.after.trials[one].status is Status.BROKEN)]
    if wrong or len(set(step.after.broken)) < len(step.after.broken):
        return f"of the trials {sorted(wrong)} broken and waiting differ: {step.after.broken} wait to run again"
    return None


def capacity(step: Step) -> str | None:
    """A running trial has exactly one worker, any other none, and a worker holds at most one."""
    if not step.changed:
        return None
    state = step.after
    held: Counter[str] = Counter()
    for trial in state.trials:
        if trial.worker is not None:
            held[trial.worker] += 1
            holds = state.trials.held(trial.worker)
            if holds is None or holds.number != trial.number:
                return f"{trial.worker!r} runs trial {trial.number}, but holds {holds}"
    if max(held.values(), default=0) > 1 or len(state.trials.running) != len(held):
        return f"{len(state.trials.running)} workers hold a trial, {sum(held.values())} trials run"
    return None


def resource_grows(step: Step) -> str | None:
    """A trial's accepted resources strictly increase over its whole life, one for each accepted report."""
    number = step.trial
    if not step.changed or number is None:
        return None
    old = step.before.trials[number].curve if number in step.before.trials else ()
    new = step.after.trials[number].curve
    added = len(new) - len(old)
    if new[: len(old)] != old or (added != isinstance(step.event, Report) and not isinstance(step.event, Observe)):
        return f"the curve of trial {number} was {old}, and is {new} after {step.event}"
    if any(low >= high for (low, _), (high, _) in pairwise(new)):
        return f"the resources of trial {number} do not increase: {new}"
    return None


def milestone(step: Step) -> str | None:
    """A running or broken trial goes to a level of its bracket or the maximum, above all it has reached."""
    if not step.changed:
        return None
    for trial in step.after.trials:
        if trial.status not in (Status.RUNNING, Status.BROKEN):
            continue
        levels = milestones(step.after, trial.bracket)
        above = [level for level in levels if level > trial.highest]
        if not above or trial.until != above[0] or (trial.entry is not None and trial.entry.level >= trial.until):
            return f"trial {trial.number} ({trial.highest} reached, {trial.entry}) goes to {trial.until}, of {levels}"
    return None


def not_finite_ends(step: Step) -> str | None:
    """An accepted NaN or infinity ends its trial and never becomes the best result."""
    if not step.changed or not isinstance(step.event, Report) or math.isfinite(step.event.value):
        return None
    if not isinstance(step.action, Stop):
        return f"the value {step.event.value!r} was answered with {type(step.action).__name__}"
    return None if step.after.best == step.before.best else f"{step.event.value!r} became the best: {step.after.best}"


def fits_are_of_this_search(step: Step) -> str | None:
    """An accepted fit was made at a clock that had been reached, of more values than the last one and of no more than
    there are, and says nothing but finite numbers."""
    event = step.event
    if not step.changed or not isinstance(event, Fitted):
        return None
    fitted, before = event.learned, step.before
    there = sum(len(trial.curve) + 1 for trial in before.trials)  # a trial that was lost counts as one value more
    numbers = [number for named in fitted.parameters for number in named.numbers]
    shares = () if fitted.theta is None else fitted.theta.shares
    if not before.setup.search.fits_beside or not 0 <= event.clock <= before.clock:
        return f"a fit of clock {event.clock} was taken at clock {before.clock} by {before.setup.search}"
    if not before.learned.observed < fitted.observed <= there:
        return f"a fit to {fitted.observed} values was taken after one to {before.learned.observed}, of at most {there}"
    if not numbers or not all(map(math.isfinite, (*numbers, *(one for s in shares for one in (s.theta, s.loss))))):
        return f"a fit was taken with the numbers {numbers} and {shares}"
    return None


# ---- progress ------------------------------------------------------------------------------------------------------


def broken_first(step: Step) -> str | None:
    """Nothing is started or promoted while a trial is broken; the one broken longest runs again first."""
    if not step.action.logged or not isinstance(step.action, Start | Resume) or not step.before.broken:
        return None
    first = step.before.broken[0]
    if step.action.trial != first or step.promoted_from is not None:
        return f"trial {first} is broken, but trial {step.action.trial} was given out"
    return None


def progress(step: Step) -> str | None:
    """A worker waits only while a trial runs, and every assignment or result brings the end nearer.

    Each accepted Ask and Report makes this number grow, which is bounded: trials + sum of their highest resources +
    promotions - broken trials.
    """
    if isinstance(step.event, Ask) and isinstance(step.action, Wait | Done):
        return _idle(step)
    if step.action.logged and isinstance(step.event, Ask | Report):
        gained = _reached(step.after) - _reached(step.before) + (step.promoted_from is not None)
        return None if gained > 0 else f"{type(step.event).__name__} was accepted, but nothing came nearer to the end"
    return None


def _reached(state: State) -> int:
    return len(state.trials) + sum(trial.highest for trial in state.trials) - len(state.broken)


def _idle(step: Step) -> str | None:
    state, running = step.before, len(step.before.trials.running)
    kind = type(step.action).__name__
    if isinstance(step.action, Wait) != (running > 0):
        return f"{kind} while {running} trials run"
    if state.broken:
        return f"{kind} while trial {state.broken[0]} is broken"
    if isinstance(step.event, Ask) and step.event.new_trials and _may_start(state) and _configurations_left(state):
        return f"{kind} while configurations are left to start"
    return None


def _may_start(state: State) -> bool:
    return all(state.setup.rule.is_open(system) for system in state.ladder.systems)


def _configurations_left(state: State) -> bool:
    """Whether a finite space has a configuration that may be started; False for an infinite space."""
    total = size(state.setup.space)
    if total is None:
        return False
    again = isinstance(state.setup.search, RandomSearch) and state.setup.search.allow_duplicates
    excluded = (trial for trial in state.trials if not again or _failed(state, trial))
    return len({match_key(state.setup.space, trial.config) for trial in excluded}) < total


def _failed(state: State, trial: Trial) -> bool:
    return trial.failures >= state.setup.max_failures
