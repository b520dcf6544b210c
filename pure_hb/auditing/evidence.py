"""IS THE EVIDENCE TRUE? Ranks and draws in the evidence of an action are computed again.

No decision uses evidence, so a log may lack it; but evidence that is there must be true. One function per invariant, as
in `trials.py` and `rungs.py`.
"""

from attrs import evolve

from pure_hb.auditing.steps import Step, passes, places, rung_at
from pure_hb.draws import KeyedDraws, Purpose, choose_index, uniform
from pure_hb.machine import State
from pure_hb.machine.seeing import view
from pure_hb.protocol import Ask, Drawn, Ranked, Report, Start
from pure_hb.rungs import RULES, BestOfFirst, CoinPromotion


def ranked_truly(step: Step) -> str | None:
    """A ranking names the entries, the rank, how many may be better and the cutoff as they are in its rung: with the
    report's own entry, or as an Ask found them."""
    if not isinstance(step.before.setup.rule, RULES):
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
    values, rule = rung.values, state.setup.rule
    rank = sum(value < own.value for value in values)
    if isinstance(rule, BestOfFirst) and isinstance(step.event, Ask):
        allowed: int | None = rule.best - 1
        due = (len(values), rank, allowed, rank < rule.best)
    else:
        allowed = (len(values) - 1) * rung.level // rung.next_level if len(values) > 1 else None
        due = (len(values), rank, allowed, passes(rung, own.value))
    if (record.entries, record.rank, record.allowed, record.passes) != due:
        return f"it is {due} among {values}"
    resource = step.event.resource if isinstance(step.event, Report) else trial.start_from
    if record.resource != resource:
        return f"the resource was {resource}"
    if allowed is None or record.cutoff is None:
        return None if allowed is None and record.cutoff is None else "a cutoff needs two entries"
    cutoff = state.setup.goal.to_minimise(record.cutoff)
    last = len(values) - 1
    inside = values[min(allowed, last)] <= cutoff <= values[min(allowed + 1, last)]
    return None if inside else f"the cutoff is outside the neighbours among {values}"


def drawn_truly(step: Step) -> str | None:
    """A draw of a bracket is the keyed one of its seed and clock, and selected the bracket that was used, by the odds
    of the search. So is the coin of DyHPO, and it says what it selects."""
    setup = step.before.setup
    for record in step.action.evidence:
        if isinstance(record, Drawn) and record.purpose == "coin" and isinstance(setup.rule, CoinPromotion):
            tossed = setup.rule.toss(KeyedDraws(setup.seed, step.before.clock))
            if record != tossed:
                return f"{record}, but it was {tossed}"
        if isinstance(record, Drawn) and record.purpose == "bracket":
            u = uniform(step.before.setup.seed, Purpose.BRACKET, step.before.clock)
            drawn = choose_index(u, _odds(step))
            used = step.action.bracket if isinstance(step.action, Start) else drawn
            if (record.uniform, record.selected, used) != (u, str(drawn), drawn):
                return f"{record}, but the draw was {u}, which selects bracket {drawn}; {used} was used"
    return None


def _odds(step: Step) -> tuple[float, ...]:
    """The odds of each bracket: with separate rungs from what was learned before, else from what was learned for this
    trial."""
    seen, action = view(step.before), step.action
    if not step.before.setup.separate_rungs and isinstance(action, Start) and action.learned is not None:
        seen = evolve(seen, learned=action.learned)
    return step.before.setup.search.odds(seen)
