"""Promotion: a trial pauses at each level, and is promoted when it is among the best entries of the rung.

This is ASHA (Li et al., "A System for Massively Parallel Hyperparameter Tuning", 2020, algorithm 2). No trial waits for
a rung to be complete: a free worker promotes what can be promoted, otherwise it starts a new trial.
"""

from attrs import frozen

from pure_hb.rungs.rules.rule import ByRank, Pausing


@frozen
class Promotion(ByRank, Pausing):
    """From the top rung down, the best waiting entry is promoted if at most floor((n - 1) q) of all n entries, promoted
    ones included, are strictly better; q = level / next level. At least two entries are needed."""
