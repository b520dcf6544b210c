"""WHAT DID A FIT TEACH? What is remembered after it, what there is to say of it, and how good it is."""

from typing import Final

from attrs import frozen

from pure_hb.protocol import Evidence, Figures, Learned

_FIT_OF: Final = "fit of "
_OBJECTIVE: Final = "objective"
EVALUATIONS: Final = "evaluations"
"""How often a fit looked at its objective: only who makes the fit can count it."""


@frozen
class Lesson:
    """What is remembered after a suggestion or a fit, and what there is to say of it."""

    learned: Learned
    evidence: Evidence


def fit_said(model: str, values: int, used: int, objective: float, evaluations: int) -> Figures:
    """The numbers of a fit, for people: of how many values, how many of them used, and how good."""
    numbers = (("values", float(values)), ("values used", float(used)))
    return Figures(f"{_FIT_OF}{model}", (*numbers, (_OBJECTIVE, objective), (EVALUATIONS, float(evaluations))))


def objective_said(evidence: Evidence) -> float | None:
    """The negative log posterior of a fit, in nats, smaller is better; None if no fit was made."""
    for record in evidence:
        if isinstance(record, Figures) and record.of.startswith(_FIT_OF):
            return dict(record.numbers).get(_OBJECTIVE)
    return None
