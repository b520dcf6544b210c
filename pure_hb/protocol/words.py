"""WHY WAS THIS DECIDED? Actions and their evidence as sentences."""

from typing import assert_never

from pure_hb.protocol.actions import (
    ACTIONS,
    Action,
    Continue,
    Done,
    Noted,
    Pause,
    Reject,
    Resume,
    Start,
    Stop,
    Wait,
)
from pure_hb.protocol.evidence import Because, Drawn, EvidenceRecord, Figures, Heard, Ranked, Scored


def explain(action: Action) -> str:
    """What an action says and what decided it, one sentence on each line.

    Raises:
        TypeError: if it is no action.
    """
    if not isinstance(action, ACTIONS):
        raise TypeError(f"explain takes an Action, got {type(action).__name__}; decide returns (state, action)")
    return "\n".join([_said(action), *(f"  {_record(record)}" for record in action.evidence)])


def _said(action: Action) -> str:
    match action:
        case Start(trial=trial, until=until, bracket=bracket):
            return f"Start trial {trial} in bracket {bracket}, to epoch {until}."
        case Resume(trial=trial, start_from=start, until=until, leg=leg, promoted_from=level):
            how = "run its leg again" if level is None else f"promoted from level {level}"
            return f"Resume trial {trial} from epoch {start} to {until}, leg {leg}: {how}."
        case Continue(trial=trial, until=until):
            return f"Continue trial {trial} to epoch {until}."
        case Pause(trial=trial):
            return f"Pause trial {trial}."
        case Stop(trial=trial):
            return f"Stop trial {trial}."
        case Wait():
            return "Wait."
        case Done():
            return "Done."
        case Noted(trial=trial):
            return "Noted." if trial is None else f"Noted for trial {trial}."
        case Reject(reason=reason):
            return f"Rejected: {reason}."
        case _:
            assert_never(action)


def _record(record: EvidenceRecord) -> str:
    match record:
        case Ranked():
            return _ranked(record)
        case Heard():
            return _heard(record)
        case Drawn(purpose=purpose, uniform=u, selected=selected):
            return f"The draw for the {purpose}, {u:.6f}, selected {selected}."
        case Because(text=text):
            return f"{text[:1].upper()}{text[1:]}."
        case Figures(of=of, numbers=numbers):
            return f"{of[:1].upper()}{of[1:]}: {_figures(numbers)}."
        case Scored():
            return _scored(record)
        case _:
            assert_never(record)


def _figures(numbers: tuple[tuple[str, float], ...]) -> str:
    return ", ".join(f"{name} {value:.6g}" for name, value in numbers)


def _scored(record: Scored) -> str:
    what = f"trial {record.trial}" if record.configuration is None else f"{record.configuration!r}"
    return f"Number {record.place}: {_figures(record.numbers)}; {what}."


def _heard(record: Heard) -> str:
    results = ", ".join(f"{value:.6g} at epoch {resource}" for resource, value in record.results) or "no result"
    cost = "" if record.cost is None else f", cost {record.cost:.6g}"
    what = "" if record.configuration is None else f" of {record.configuration!r}"
    return f"Heard: {results}{cost}{what}."


def _ranked(record: Ranked) -> str:
    where = f"trial {record.trial} at level {record.level}"
    if record.resource != record.level:
        where += f" (reported at {record.resource})"
    if record.allowed is None:
        return f"Of {where}: the rung has {record.entries} entry, there is nothing to compare with yet."
    verdict = "passes" if record.passes else "does not pass"
    return (
        f"Of {where}: {record.rank} of {record.entries} entries are strictly better, at most {record.allowed} may be "
        f"(cutoff {record.cutoff:.6g}): it {verdict}."
    )
