"""WHAT DID A FIT TEACH? The parameters and counts that are remembered after a fit, and the evidence that describes
it."""

from typing import Final

from attrs import frozen

from pure_hb.protocol import Evidence, Figures, Learned

_FIT_OF: Final = "fit of "
_OBJECTIVE: Final = "objective"
EVALUATIONS: Final = "evaluations"
"""The name of the number of evaluations of the objective; only the one who makes the fit can count them."""


@frozen
class Lesson:
    """What a suggestion or a fit leaves behind: the state to remember, and evidence for people."""

    learned: Learned
    evidence: Evidence


def fit_said(model: str, values: int, used: int, objective: float, evaluations: int) -> Figures:
    """Evidence of a fit: the model, the number of values and how many of them were used, and the objective (nats)."""
    numbers = (("values", float(values)), ("values used", float(used)))
    return Figures(f"{_FIT_OF}{model}", (*numbers, (_OBJECTIVE, objective), (EVALUATIONS, float(evaluations))))


def objective_said(evidence: Evidence) -> float | None:
    """The objective of a fit (negative log posterior, in nats; smaller is better) from its evidence; None without a
    fit."""
    for record in evidence:
        if isinstance(record, Figures) and record.of.startswith(_FIT_OF):
            return dict(record.numbers).get(_OBJECTIVE)
    return None
