"""IS THE EVIDENCE TRUE? What an action says about ranks and draws, counted and drawn again.

Evidence decides nothing, so a log may lack it; but what is there must be so. One function per invariant, as in
`trials.py` and `rungs.py`.
"""

from pure_hb.audit.steps import Step, passes, places, rung_at
from pure_hb.draws import Purpose, uniform
from pure_hb.machine import State
from pure_hb.protocol import Ask, Drawn, Ranked, Report, Start
from pure_hb.rungs import Promotion, Stopping


def ranked_truly(step: Step) -> str | None:
    """A ranking names the entries, the rank, how many may be better and the cutoff as they are in its rung: with the
    report's own entry, or as an Ask found them."""
    if not isinstance(step.before.setup.rule, Promotion | Stopping):
        return None
    state = step.before if isinstance(step.event, Ask) else step.after
    for record in step.action.evidence:
        if isinstance(record, Ranked):
            fault = _wrong_rank(step, state, record)
            if fault is not None:
                return f"{record}: {fault}"
    return None


def _wrong_rank(step: Step, state: State, record: Ranked) -> str | None:
    trial = state.trials[record.trial]
    rung = rung_at(state, trial, record.level)
    own = next((place for place in places(rung) if place.trial == record.trial), None) if rung is not None else None
    if rung is None or own is None:
        return "there is no such entry"
    values = rung.values
    allowed = (len(values) - 1) * rung.level // rung.next_level if len(values) > 1 else None
    due = (len(values), sum(value < own.value for value in values), allowed, passes(rung, own.value))
    if (record.entries, record.rank, record.allowed, record.passes) != due:
        return f"it is {due} among {values}"
    resource = step.event.resource if isinstance(step.event, Report) else trial.start_from
    if record.resource != resource:
        return f"the resource was {resource}"
    if allowed is None or record.cutoff is None:
        return None if allowed is None and record.cutoff is None else "a cutoff needs two entries"
    cutoff = state.setup.goal.to_minimise(record.cutoff)
    inside = values[allowed] <= cutoff <= values[min(allowed + 1, len(values) - 1)]
    return None if inside else f"the cutoff is outside the neighbours among {values}"


def drawn_truly(step: Step) -> str | None:
    """A draw of a bracket is the keyed one of its seed and clock, and selected the bracket that was used."""
    for record in step.action.evidence:
        if isinstance(record, Drawn) and record.purpose == "bracket":
            u = uniform(step.before.setup.seed, Purpose.BRACKET, step.before.clock)
            used = step.action.bracket if isinstance(step.action, Start) else int(record.selected)
            if (record.uniform, record.selected) != (u, str(used)):
                return f"{record}, but the draw was {u} and the bracket {used}"
    return None
