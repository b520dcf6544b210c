"""WOULD A TEST NOTICE THAT THE SEARCH DOES SOMETHING ELSE? Faults made by hand, each of which changes what a decision
means.

`property_tests/mutants.py` changes one sign or number at a time. These are the mistakes that one makes when one
misreads a paper: the incumbent of another level, pending trials left out, a sign turned.
"""

import ast
from typing import Final

from attrs import frozen


@frozen
class Planted:
    """One fault: in ``file``, ``new`` stands where there was ``old``."""

    file: str
    what: str
    old: str
    """Stands in the file once."""
    new: str
    line: int = 0

    @property
    def name(self) -> str:
        """Begins so that no mutant has the same."""
        return f"planted | {self.what}"

    def tree_of(self, source: str) -> ast.Module:
        """The source with the fault.

        Raises:
            ValueError: if the text is not there once.
        """
        if source.count(self.old) != 1:
            raise ValueError(
                f"{self.file} has this {source.count(self.old)} times, and should have it once: {self.old}"
            )
        return ast.parse(source.replace(self.old, self.new))


_SEARCH, _SURROGATE = "pure_hb/search", "pure_hb/surrogate"
PLANTED: Final = (
    Planted(
        f"{_SEARCH}/mobster.py",
        "the incumbent ignores its level: it is always that of the maximum",
        "best = {level: incumbent(task.belief, level) for level in weights}",
        "best = {level: incumbent(task.belief, task.view.max_resource) for level in weights}",
    ),
    Planted(
        f"{_SEARCH}/belief.py",
        "all that was observed competes for the incumbent, at whatever level",
        "rows.resource == below.max()",
        "rows.resource > 0",
    ),
    Planted(
        f"{_SEARCH}/belief.py",
        "pending evaluations are left out",
        "if len(awaited) and not now.options.no_fantasizing:",
        "if False:",
    ),
    Planted(
        f"{_SEARCH}/belief.py",
        "all fantasies of a pending evaluation have the same value",
        "z = normals(draws, Purpose.FANTASIES, len(awaited), fantasies)",
        "z = np.zeros((len(awaited), fantasies))",
    ),
    Planted(
        f"{_SEARCH}/belief.py",
        "values are standardised by those of the lowest level",
        "standardisation(values)",
        "standardisation(rows.value[rows.reported & (rows.resource == rows.resource.min(initial=1))])",
    ),
    Planted(
        f"{_SEARCH}/hyper_tune.py",
        "theta is the same for all levels",
        "float(count) / float(wins.sum())",
        "1.0 / len(losses)",
    ),
    Planted(
        f"{_SEARCH}/hyper_tune.py",
        "theta is that of the level that ranks worst",
        "table == table.min(axis=0)",
        "table == table.max(axis=0)",
    ),
    Planted(
        f"{_SEARCH}/hyper_tune.py",
        "the comparison of theta is flipped: pairs in the same order count as lost",
        "(samples[first] < samples[second]) != ",
        "(samples[first] < samples[second]) == ",
    ),
    Planted(
        f"{_SEARCH}/acquisition.py",
        "xi of expected improvement has the wrong sign",
        "t = (incumbent - mean - self.jitter) / s",
        "t = (incumbent - mean + self.jitter) / s",
    ),
    Planted(
        f"{_SEARCH}/acquisition.py",
        "xi of its logarithm has the wrong sign",
        "t = (incumbent - mean - self.xi) / s",
        "t = (incumbent - mean + self.xi) / s",
    ),
    Planted(
        f"{_SEARCH}/dyhpo.py",
        "paused trials are judged at the lowest level, as new ones are",
        "[*(level(one.next_level) for one in waiting)",
        "[*(lowest for one in waiting)",
    ),
    Planted(
        f"{_SEARCH}/bohb.py",
        "the ratio of the densities is turned over",
        "scores = ratio(good(drawn), bad(drawn))",
        "scores = ratio(bad(drawn), good(drawn))",
    ),
    Planted(
        f"{_SEARCH}/candidates.py",
        "the worst candidate is taken for the best",
        "np.argsort(rounded(scores), kind=",
        "np.argsort(-rounded(scores), kind=",
    ),
    Planted(
        "pure_hb/rungs/rules/coin.py",
        "the coin of DyHPO never falls",
        "_PROMOTION if u < self.probability_sh else",
        "_PROMOTION if u < 0.0 else",
    ),
    Planted(
        f"{_SURROGATE}/training_data.py",
        "the score of a rank is that of its own level alone",
        "ndtri((ranks - 0.5) / most)",
        "ndtri((ranks - 0.5) / len(told))",
    ),
    Planted(
        f"{_SURROGATE}/shared_parameters.py",
        "a warp may be as steep as 40",
        "Parameter(name, 1.0, 0.25, 4.0, prior",
        "Parameter(name, 1.0, 0.25, 40.0, prior",
    ),
    Planted(
        f"{_SURROGATE}/fitting.py",
        "the prior has the wrong sign",
        "return found.value + penalty, gradient, found.jitter",
        "return found.value - penalty, gradient, found.jitter",
    ),
    Planted(
        f"{_SURROGATE}/fitting.py",
        "the gradient of the prior has the wrong sign",
        "specification.joined(found.gradient) + of_priors",
        "specification.joined(found.gradient) - of_priors",
    ),
    Planted(
        f"{_SURROGATE}/training_data.py",
        "the cap keeps no part of each level for certain",
        "limit // (4 * len(sizes))",
        "0",
    ),
)
