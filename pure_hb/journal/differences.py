"""WHERE DO TWO VALUES DIFFER, AS JSON? All places, and which of them are the same number except for its last digits."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from pure_hb.search import EVALUATIONS

RELATIVE_TOLERANCE: Final = 1e-6
"""The relative difference up to which learned numbers count as the same."""
OF_THE_LARGEST: Final = 1e-8
"""The same tolerance relative to the largest number of the same name in the same action, since a mean near 0 may be a
difference of larger numbers."""

OF_THE_DEVIATION: Final = 1e-4
"""The same tolerance for a mean, relative to the posterior's deviation at the same configuration. A mean is a sum k^T
a. If two rows are equal for the model and noise is at its lower bound, the terms may be 1e9 times as large as the sum:
then it has 6 digits, and processors agree to some 1e-5 deviations."""

_MEANS: Final = ("mean", "mean score", "draw")
_IN_EVIDENCE: Final = re.compile(r"\$\.evidence\[(\d+)\]\.numbers\[(\d+)\]\[1\]")
_IN_THETA: Final = re.compile(r"\$(?:\.event)?\.learned\.theta\.shares\[\d+\]\.(?:theta|loss)")


@frozen
class Difference:
    """A place where the log and the recomputed value differ."""

    path: str
    recorded: Any
    recomputed: Any

    def __str__(self) -> str:
        return f"{self.path} is {self.recorded!r} in the log, but decided again it is {self.recomputed!r}"


def differences(recorded: Any, recomputed: Any, path: str = "$") -> Iterator[Difference]:
    """All places at which two JSON values differ."""
    if isinstance(recorded, Mapping) and isinstance(recomputed, Mapping):
        for name in sorted({*recorded, *recomputed}):
            yield from differences(recorded.get(name), recomputed.get(name), f"{path}.{name}")
    elif _are_lists(recorded, recomputed) and len(recorded) == len(recomputed):
        for index, pair in enumerate(zip(recorded, recomputed, strict=True)):
            yield from differences(*pair, f"{path}[{index}]")
    elif type(recorded) is not type(recomputed) or repr(recorded) != repr(recomputed):
        yield Difference(path, recorded, recomputed)


def _are_lists(*values: Any) -> bool:
    return all(isinstance(value, Sequence) and not isinstance(value, str) for value in values)


def is_close(difference: Difference, action: Mapping[str, Any]) -> bool:
    """Whether two learned numbers, or two numbers of a model, are equal except for their last digits. ``action``: the
    recomputed action as JSON. Other numbers, such as draws and ranks, have no tolerance."""
    ours, theirs = difference.recorded, difference.recomputed
    if not (isinstance(ours, float) and isinstance(theirs, float)):
        return False
    place = _IN_EVIDENCE.fullmatch(difference.path)
    if place is None and _IN_THETA.fullmatch(difference.path) is None:
        return False
    allowed = RELATIVE_TOLERANCE * max(abs(ours), abs(theirs))
    if place is not None:
        allowed = max(allowed, _allowed_beside_others(action["evidence"], int(place[1]), int(place[2])))
    return abs(ours - theirs) <= allowed


def without_evaluations(action: dict[str, Any]) -> dict[str, Any]:
    """The JSON of an action without the number of evaluations of a fit, which only the one who makes the fit can
    count."""
    evidence = [
        one if "numbers" not in one else {**one, "numbers": [pair for pair in one["numbers"] if pair[0] != EVALUATIONS]}
        for one in action.get("evidence", ())
    ]
    return {**action, "evidence": evidence}


def _allowed_beside_others(evidence: Sequence[Mapping[str, Any]], record: int, number: int) -> float:
    """The tolerance that follows from other numbers: the largest number of the same name in the action and, for a mean,
    the deviation in its record."""
    name, _ = evidence[record]["numbers"][number]
    alike = [value for one in evidence for other, value in one.get("numbers", ()) if other == name]
    largest = max((abs(value) for value in alike if isinstance(value, float)), default=0.0)
    deviation = dict(evidence[record]["numbers"]).get("deviation", 0.0) if name in _MEANS else 0.0
    return max(OF_THE_LARGEST * largest, OF_THE_DEVIATION * deviation)
