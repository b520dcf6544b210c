"""WHICH FAULTS CHANGE NOTHING THAT A TEST SHOULD HOLD? Rules for lines of one kind; what is explained one by one stands
in `survivors.json`.

A rule names the files by the beginning of their path, and the mutants by a pattern that their name (the line, and what
was changed) begins with or holds.
"""

import re
from typing import Final

from attrs import frozen


@frozen
class Rule:
    """All mutants of one kind, and why nobody notices them."""

    files: str
    pattern: str
    why: str

    def fits(self, file: str, name: str) -> bool:
        """Whether this mutant is of the kind."""
        return file.startswith(self.files) and re.search(self.pattern, name) is not None


_NEW = ("pure_hb/search", "pure_hb/surrogate")
_ONE_ROW = "Equivalent: there is one row, the first and the last."
_FAR_AWAY = "Tolerance: a limit that is so far away may be a little farther."
RULES: Final = (
    *(Rule(folder, r"strict=True.*\| True becomes False", "Equivalent: both are equally long.") for folder in _NEW),
    *(Rule(folder, r"^assert_never\(", "Equivalent: mypy shows that nothing comes here.") for folder in _NEW),
    *(
        Rule(folder, r"^\w+: \w+( \| None)? = (real|whole)\(.*\| (1000000000|1000000|1e\+300)\.0 becomes", _FAR_AWAY)
        for folder in _NEW
    ),
    Rule(
        "pure_hb/search",
        r"(zip\(judged, shares\[:, 0\]|\(one\.value\[0\]|by_deviation\[0\]).* \| 0 becomes -1",
        _ONE_ROW,
    ),
    Rule("pure_hb/machine/notebook.py", r" becomes ", "Messages: what a notebook shows."),
    Rule("pure_hb/machine/ranking.py", r" becomes ", "Messages: the table that is printed."),
    Rule("pure_hb/search", r"data\.targets\[.*, 0\].* \| 0 becomes -1", "Equivalent: there is one column."),
    Rule(
        "pure_hb/search/candidates.py",
        r"np\.nan_to_num\(result\.x, nan=0\.5\).*\| 0\.5 becomes",
        "Tolerance: where a descent ends at no number any point inside will do; it is compared with the start.",
    ),
    Rule(
        "pure_hb/search/acquisition.py",
        r"^(safe|size|share|tail) .*np\.where\(.* becomes",
        "Equivalent: a number in the place of what another branch answers.",
    ),
    Rule(
        "pure_hb/surrogate/descents.py",
        r"^_(CORRECTIONS|PATIENCE, _HOPELESS|FAR|LOOKS, _SAME|WALL)\b.* becomes",
        "Speed: how soon a start is given up. Another number finds other last digits of the same optima.",
    ),
    Rule(
        "pure_hb/surrogate/starts.py",
        r"np\.clip\(uniform, 2\.0\*\*-54, None\).* becomes",
        "Tolerance: where a draw of exactly 0 begins, which one of 2^53 is.",
    ),
    Rule(
        "pure_hb/surrogate",
        r"^(while jitter <= |.*_(FIRST|LAST)_JITTER = |_?SMALLEST\w*(: Final)? = )",
        "Tolerance: how much is added where numbers have no digits left.",
    ),
)


def explained_by_rule(file: str, name: str) -> str | None:
    """Why nobody notices this mutant, by the first rule that fits; None if none does."""
    return next((rule.why for rule in RULES if rule.fits(file, name)), None)
