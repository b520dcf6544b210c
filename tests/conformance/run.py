"""Compares the library with golden numbers and traces.

    python tests/conformance/run.py DIR

reads every JSON document below DIR, dispatches on its ``kind``, and prints one line per kind,
``KIND: N passed, M failed, K skipped``, with a reason for each skip. It exits with 1 if anything failed, with 2 if DIR
holds no document.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.conformance import schedulers, searches, spaces, surrogates
from tests.conformance.outcome import Document, Kind, Outcome, failed, skipped

Check = Callable[[Document], Iterator[Outcome]]

CHECKS: Final[Mapping[str, Check]] = {
    "scheduler": schedulers.check,
    "levels": schedulers.check_levels,
    "cutoff": schedulers.check_cutoff,
    "space": spaces.check,
    "search": searches.check,
    "surrogates": surrogates.check,
}


def outcomes(document: Document, name: str) -> Iterator[Outcome]:
    """All outcomes of one document. A crash of the library is a failure, not one of the runner."""
    check = CHECKS.get(document["kind"])
    if check is None:
        yield skipped(name, f"kind {document['kind']} is not built yet")
        return
    try:
        yield from check(document)
    except Exception as error:  # any crash is a failed case
        yield failed(name, f"{type(error).__name__}: {error}")


def run(folder: Path) -> dict[str, list[Outcome]]:
    """All outcomes by kind."""
    found: dict[str, list[Outcome]] = {}
    for path in sorted(folder.rglob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(document, dict) and "kind" in document:
            found.setdefault(document["kind"], []).extend(outcomes(document, path.stem))
    return found


def report(found: Mapping[str, list[Outcome]]) -> Iterator[str]:
    """The lines to print."""
    for kind in sorted(found):
        counts = Counter(outcome.kind for outcome in found[kind])
        yield (f"{kind}: {counts[Kind.PASSED]} passed, {counts[Kind.FAILED]} failed, {counts[Kind.SKIPPED]} skipped")
        for outcome in found[kind]:
            if outcome.kind is Kind.FAILED:
                yield f"  FAILED {outcome.where}: {outcome.why}"
        reasons: dict[str, list[str]] = {}
        for outcome in found[kind]:
            if outcome.kind is Kind.SKIPPED:
                reasons.setdefault(outcome.why, []).append(outcome.where)
        for why, places in reasons.items():
            span = places[0] if len(places) == 1 else f"{places[0]} ... {places[-1]}"
            yield f"  skipped {len(places)}: {why} ({span})"


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("usage: python tests/conformance/run.py DIR (a folder of golden JSON documents)", file=sys.stderr)
        return 2
    found = run(Path(arguments[0]))
    for line in report(found):
        print(line)
    if not found:
        print(f"no golden document below {arguments[0]}", file=sys.stderr)
        return 2
    return int(any(outcome.kind is Kind.FAILED for some in found.values() for outcome in some))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
