"""WHICH SENTENCES EXPLAIN DECISIONS? All of them, by name; a test produces each of them from a log."""

from typing import Any, Final

from attrs import frozen

SENTENCES: Final[dict[str, str]] = {
    # what happened
    "asked": "Worker {worker} was free.",
    "asked_no_new": "Worker {worker} was free, and asked for no new trial.",
    "reported": "Trial {trial} reported {value} at epoch {epoch}.",
    "completed": "The script of trial {trial} ended by itself.",
    "failed": "Trial {trial} failed: {reason}.",
    "released": "The worker of trial {trial} let it go: {reason}.",
    "observed": "A result from elsewhere was told, as trial {trial}: {values} values.",
    "fitted": "A fit to {values} values that was made beside training was taken.",
    # what was done
    "start": "Trial {trial} was started in bracket {bracket}, to epoch {until}.",
    "promoted": "Trial {trial} was promoted from level {level}, to train to epoch {until}.",
    "again": "Trial {trial} runs its leg {leg} again, to epoch {until}: a broken trial comes before all others.",
    "goes_on": "It goes on to epoch {until}.",
    "between": "It goes on to epoch {until}: there is no level before, so nothing was compared.",
    "paused": "It paused at level {level}, as every trial does there, and waits to be promoted.",
    "stopped": "It was stopped at level {level}.",
    "finished": "It reached the maximum of {until} epochs and ended.",
    "not_finite": "The value is {value}: it ranks last, and the trial ended.",
    "lost": "It will run its leg again.",
    "ended": "It ended: that was its last failure allowed.",
    # how it compared
    "first": "It was the first at level {level}: there was nothing to compare it with.",
    "rank": "At level {level}, {rank} of {entries} entries were better; at most {allowed} may be.",
    "passed_over": "At level {level}, trial {trial} was looked at and not promoted: {rank} of {entries} entries were "
    "better, at most {allowed} may be.",
    "rule_says": "Of the rule ({of}): {numbers}.",
    "rule_ended": "Its rank would do, but the rule asks for more than a rank.",
    # where it turns
    "turns_up": "It would have gone on with {limit} or better, and with nothing worse.",
    "turns_up_later": "It would have been free to go on with {limit} or better, and with nothing worse.",
    "turns_down": "It would still have gone on with {limit}, and with nothing worse.",
    "turns_down_later": "It is free to go on. With {limit} it would still be, and with nothing worse.",
    "turns_promotion": "It would still have been promoted here with {limit}, and with nothing worse.",
    "turns_never": "No value would have let the rule take it on from there.",
    "turns_always": "Any finite value would have let it go on.",
    "turns_model": "The model may resume it whatever its rank.",
    "turns_not": "There is no single value at which it would have turned: {why}.",
    # why this configuration
    "because": "{text}.",
    "drawn": "The draw for the {purpose}, {uniform}, selected {selected}.",
    "model": "Of the model ({of}): {numbers}.",
    "chosen": "It was chosen among the candidates below; {name} {mean} with deviation {deviation} was believed of it.",
    "runner_up": "The runner-up has the acquisition {second}, against {first}: smaller is better.",
    "runner_up_drawn": "The candidates were ordered by one random draw from what was believed: its draw is {first}, "
    "that of the runner-up {second}, and {better} is better.",
    "downhill": "A descent moved it from its candidate, whose score came first, to where the acquisition is smaller.",
    # what came out
    "came_out": "At level {level} it came out as {outcome}: {side} the 80 % interval from {low} to {high}.",
    "not_reached": "The model judged it at level {level}, which it has not reached: it has trained to {epoch}.",
    "fate": "Now it is {status} after epoch {epoch}, with {value}.",
    "fate_empty": "Now it is {status}, and has reported nothing.",
    # and since
    "since_promoted": "Record {record} promoted it.",
    "since_now": "It waits still. At level {level}, {rank} of {entries} entries are better now; at most {allowed} "
    "may be.",
    "since_needs": "To be free to go on now it would need {limit} or better; it has {value}.",
    "since_free": "It is free to go on now: the next worker that is free may take it.",
    "since_never": "No value would let the rule take it on now.",
    "since_nearest": "It was nearest after record {record}: {rank} of {entries} entries were better, at most {allowed} "
    "could be.",
    "since_passed": "Since then {better} better entries came in, and {count} others were promoted from there: trials "
    "{trials}.",
    "since_nobody": "Since then {better} better entries came in, and nobody else was promoted from there.",
    # many at once
    "run_of_one": "Trial {trial} reported {value} at epoch {epoch}, and went on: nothing was compared.",
    "run": "Trial {trial} reported {count} values from epoch {first} to {last}, from {from_} to {to}, and went on each "
    "time: nothing was compared.",
}
"""Name -> the sentence, with placeholders."""


@frozen
class Said:
    """One sentence of an explanation."""

    key: str
    """Its name in `SENTENCES`."""
    text: str


def say(key: str, **values: Any) -> Said:
    """The sentence of this name. Floats are written with all digits, so that a limit can be tried."""
    return Said(key, SENTENCES[key].format(**{name: _shown(value) for name, value in values.items()}))


def _shown(value: Any) -> str:
    return repr(value + 0.0) if isinstance(value, float) else str(value)


def short(value: float) -> str:
    """A number of a model as a text, with its first digits only."""
    return f"{value + 0.0:.6g}"
