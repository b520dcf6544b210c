"""Prints which rung laws hold of the schedulers of other libraries, and the shortest example found of each that does
not.

    python -m examples.peers            every library that is installed
    python -m examples.peers optuna     one of them
"""

import logging
import sys
import warnings
from importlib import import_module, metadata

from pure_hb.testing import RUNG_LAWS, RungBreach, rung_breaches

from .case import Case

PEERS = {
    "optuna": "optuna_pruners",
    "ray": "ray_asha",
    "syne-tune": "syne_tune_asha",
    "smac": "smac_hyperband",
}


def cases_of(package: str) -> tuple[Case, ...]:
    """The schedulers of a package; none if it is not installed."""
    try:
        return import_module(f"examples.peers.{PEERS[package]}").CASES
    except ModuleNotFoundError as error:
        print(f"{package} is left out: {error}", file=sys.stderr)
        return ()


def breaches_of(case: Case) -> tuple[RungBreach, ...]:
    """The laws that do not hold of a scheduler."""
    subject = case.make()
    options = {"laws": case.laws, "sceneries": case.sceneries, "lengths": case.lengths}
    return rung_breaches(subject.initial, subject.decide, case.claims, **options)


def table(found: dict[Case, tuple[RungBreach, ...]]) -> str:
    """Law by scheduler: holds, broken and where, or apart (its definition differs)."""
    lines = ["| law | " + " | ".join(case.name for case in found) + " |", "|---" * (len(found) + 1) + "|"]
    for law in RUNG_LAWS:
        cells = []
        for case, breaches in found.items():
            where = sorted({breach.scenery.name.lower() for breach in breaches if breach.law == law})
            cells.append("apart" if case.is_apart(law) else f"**broken** ({', '.join(where)})" if where else "holds")
        lines.append(f"| `{law.name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(packages: list[str]) -> None:
    """Examine the packages, and print the table and the examples."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    found = {case: breaches_of(case) for package in packages for case in cases_of(package)}
    print(table(found))
    for case, breaches in found.items():
        print(f"\n{case.name} ({case.package} {metadata.version(case.package)})")
        for breach in breaches:
            print(breach)


if __name__ == "__main__":
    main(sys.argv[1:] or list(PEERS))
