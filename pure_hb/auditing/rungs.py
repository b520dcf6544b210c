"""WHAT IS ALWAYS TRUE OF RUNGS? Which trials have an entry, which wait, and which may continue.

One function per invariant; each returns None, or a sentence that says what is violated. Those about ranks hold for the
rules that use ranks alone, plain promotion and stopping; another rule needs its own version.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

from pure_hb.auditing.steps import Place, Step, all_rungs, entries, passes, places, rung_at, system_of
from pure_hb.machine import State, Trial
from pure_hb.protocol import Ask, Continue, Done, Observe, Pause, Report, Start, Stop, Wait
from pure_hb.rungs import LAST, Promotion, Rung, Stopping, System

# ---- entries -------------------------------------------------------------------------------------------------------


def rungs_only_grow(step: Step) -> str | None:
    """No entry is ever lost, changed or moved among the others; values stand in order."""
    if not step.changed:
        return None
    for (_, old), (number, new) in zip(all_rungs(step.before), all_rungs(step.after), strict=True):
        if new is old:
            continue
        rest = iter(zip(new.trials, new.values, strict=True))
        if not all(entry in rest for entry in zip(old.trials, old.values, strict=True)):
            return f"system {number}, level {new.level}: {old.values} became {new.values}"
        if list(new.values) != sorted(new.values) or len(set(new.trials)) != len(new.trials):
            return f"system {number}, level {new.level}: {new.values} of the trials {new.trials}"
    return None


def one_entry(step: Step) -> str | None:
    """A report makes one entry or none, as its action says: at the highest level of its bracket reached, with the value
    to minimise, last if it is not finite; it waits exactly if the answer is Pause. Only observations do more."""
    if not step.changed or isinstance(step.event, Observe):
        return None
    due: list[tuple[int, int, Place]] = []
    if isinstance(step.event, Report) and isinstance(step.action, Continue | Pause | Stop):
        trial = step.before.trials[step.event.trial]
        reached = [level for level in step.before.setup.levels[trial.bracket :] if level <= step.event.resource]
        enters = trial.until <= step.event.resource < step.before.setup.max_resource
        if step.action.level != (reached[-1] if enters else None):
            return f"{step.event} makes an entry at level {step.action.level}; levels reached: {reached}"
        if step.action.level is not None:
            place = Place(trial.number, _rank_value(step.before, step.event), isinstance(step.action, Pause))
            due.append((system_of(step.before, trial.bracket), step.action.level, place))
    found = list(_new_entries(step))
    return None if found == due else f"{step.event} made the entries {found}, not {due}"


def _rank_value(state: State, event: Report) -> float:
    value = state.setup.goal.to_minimise(event.value)
    return (0.0 if value == 0.0 else value) if math.isfinite(value) else LAST


def _new_entries(step: Step) -> Iterator[tuple[int, int, Place]]:
    for (number, old), (_, new) in zip(all_rungs(step.before), all_rungs(step.after), strict=True):
        if new is not old:
            known = set(old.trials)
            yield from ((number, new.level, place) for place in places(new) if place.trial not in known)


def observed_never_wait(step: Step) -> str | None:
    """What was observed before is compared with, but never waits."""
    if not isinstance(step.event, Observe) or not step.changed:
        return None
    waiting = [place for _, _, place in _new_entries(step) if place.waits or place.trial != step.trial]
    return f"an observation made the entries {waiting}" if waiting else None


def promoted_at_most_once(step: Step) -> str | None:
    """An entry leaves the waiting set by its promotion, once, and never returns."""
    if not step.changed:
        return None
    for (number, old), (_, new) in zip(all_rungs(step.before), all_rungs(step.after), strict=True):
        if new is old:
            continue
        before, after = Counter(e.trial for e in old.waiting), Counter(e.trial for e in new.waiting)
        returned = [trial for trial in after if after[trial] > before[trial] and trial in old.trials]
        left = [trial for trial in before if after[trial] < before[trial]]
        promoted = step.promoted_from == new.level
        if returned or any(trial != step.trial or not promoted for trial in left):
            return f"system {number}, level {new.level}: {left} left and {returned} came back with {step.action}"
    if step.promoted_from is not None and step.trial is not None:
        return _still_waits(step, step.after.trials[step.trial], step.promoted_from)
    return None


def _still_waits(step: Step, trial: Trial, level: int) -> str | None:
    old, new = rung_at(step.before, trial, level), rung_at(step.after, trial, level)
    if old is None or new is None or trial.number not in (entry.trial for entry in old.waiting):
        return f"trial {trial.number} was promoted from level {level}, where it did not wait"
    if trial.number in (entry.trial for entry in new.waiting):
        return f"trial {trial.number} was promoted from level {level}, and still waits there"
    return None


def nested(step: Step) -> str | None:
    """A trial's entries stand in the rungs of its bracket; below the highest, its last, all were promoted or continued.
    Observations are excepted: theirs do not wait at all."""
    if not step.changed:
        return None
    found = [(number, rung.level, entries(rung)) for number, rung in all_rungs(step.after)] if step.touched else []
    for one in sorted(step.touched):
        if one >= len(step.after.trials):
            return f"a rung has an entry of trial {one}, and there are {len(step.after.trials)} trials"
        trial = step.after.trials[one]
        own = [(number, level, one in there.waiting) for number, level, there in found if one in there.trials]
        levels = step.after.setup.levels[trial.bracket :]
        system = system_of(step.after, trial.bracket)
        if any(number != system or level not in levels for number, level, _ in own):
            return f"trial {trial.number} of bracket {trial.bracket} has entries at {own}"
        if any(waits for _, _, waits in own[:-1]):
            return f"trial {trial.number} waits below its highest entry: {own}"
        if (trial.entry.level if trial.entry else None) != (own[-1][1] if own else None):
            return f"the last entry of trial {trial.number} is {trial.entry}, its rungs say {own}"
    return None


# ---- promotion -----------------------------------------------------------------------------------------------------


def promoted_in_top(step: Step) -> str | None:
    """At the moment of promotion, at most (n - 1) r_j // r_{j+1} of the n entries are strictly better."""
    found = _promoted(step)
    if found is None:
        return None
    rung, place = found
    return None if passes(rung, place.value) else f"{place} was promoted from level {rung.level} among {rung.values}"


def small_rung(step: Step) -> str | None:
    """Nothing is promoted from a rung with fewer than two entries."""
    found = _promoted(step)
    return f"{found[1]} was promoted from a rung of its own" if found and len(found[0].values) < 2 else None


def best_first(step: Step) -> str | None:
    """The one promoted is the best that waits, the earliest of equals, and no higher rung has one that passes."""
    found = _promoted(step)
    if found is None:
        return None
    rung, place = found
    first = next(other for other in places(rung) if other.waits)
    if first != place:
        return f"{place} was promoted from level {rung.level}, but {first} is better or came earlier"
    trial = step.before.trials[place.trial]
    system = step.before.ladder.systems[system_of(step.before, trial.bracket)]
    higher = [other for other in system if other.level > rung.level and _can_promote(other)]
    return f"{place} was promoted from level {rung.level}, but {higher[-1]} has one that passes" if higher else None


def _promoted(step: Step) -> tuple[Rung, Place] | None:
    """The rung and the entry of the promotion in this step, as they were before, if plain promotion decided it."""
    if step.promoted_from is None or step.trial is None or not isinstance(step.before.setup.rule, Promotion):
        return None
    rung = rung_at(step.before, step.before.trials[step.trial], step.promoted_from)
    if rung is None:
        return None  # `promoted_at_most_once` says so
    found = [place for place in places(rung) if place.trial == step.trial and place.waits]
    return (rung, found[0]) if found else None


def _can_promote(rung: Rung) -> bool:
    """As `passes` for all waiting entries, with values that are sorted once."""
    entries = places(rung)
    values = sorted(place.value for place in entries)
    allowed = (len(values) - 1) * rung.level // rung.next_level
    return len(values) >= 2 and any(place.waits and bisect_left(values, place.value) <= allowed for place in entries)


def promotion_bound(step: Step) -> str | None:
    """With distinct values, at most n - 1 of n entries are promoted: the worst of all never is."""
    if not isinstance(step.before.setup.rule, Promotion) or step.promoted_from is None:
        return None
    for number, rung in all_rungs(step.after):
        finite = [place for place in places(rung) if math.isfinite(place.value)]
        distinct = len({place.value for place in finite}) == len(finite)
        gone = [place for place in finite if not place.waits and not step.after.trials[place.trial].observed]
        if distinct and gone and len(gone) > len(rung.values) - 1:
            return f"system {number}, level {rung.level}: all {len(gone)} of {len(rung.values)} were promoted"
    return None


def eager(step: Step) -> str | None:
    """A new trial is started only when no waiting entry of its rungs passes; Wait and Done need that of all rungs."""
    if not isinstance(step.event, Ask) or not isinstance(step.before.setup.rule, Promotion):
        return None
    systems: tuple[System, ...]
    match step.action:
        case Start(logged=True, bracket=bracket):
            systems = (step.before.ladder.systems[system_of(step.before, bracket)],)
        case Wait() | Done():
            systems = step.before.ladder.systems
        case _:
            return None
    open_rungs = [rung for system in systems for rung in system if _can_promote(rung)]
    return f"{type(step.action).__name__}, but {open_rungs[0]} has an entry that passes" if open_rungs else None


# ---- stopping ------------------------------------------------------------------------------------------------------


def best_continues(step: Step) -> str | None:
    """Under stopping, an entry with a finite value and none strictly better is never stopped."""
    found = _judged(step)
    if found is None or not isinstance(step.action, Stop):
        return None
    rung, value = found
    return f"the best of level {rung.level}, {value!r}, was stopped" if value == min(rung.values) else None


def stopped_by_rank(step: Step) -> str | None:
    """Under stopping, a finite entry goes on exactly if it is alone or at most (n - 1) r_j // r_{j+1} are better."""
    found = _judged(step)
    if found is None:
        return None
    rung, value = found
    goes_on = len(rung.values) < 2 or passes(rung, value)
    if goes_on == isinstance(step.action, Continue):
        return None
    return f"{value!r} at level {rung.level} among {rung.values} was answered with {type(step.action).__name__}"


def _judged(step: Step) -> tuple[Rung, float] | None:
    """The rung with the entry that plain stopping judged in this step, if it did."""
    state, event, action = step.after, step.event, step.action
    if not isinstance(state.setup.rule, Stopping) or not isinstance(event, Report):
        return None
    if not action.logged or not isinstance(action, Continue | Stop) or action.level is None:
        return None
    rung = rung_at(state, state.trials[event.trial], action.level)
    return (rung, _rank_value(state, event)) if rung is not None and math.isfinite(event.value) else None
