"""Is a changed log found? `python property_tests/tampering.py [--alterations N] [--seed N] [--kernel NAME]`

Plays a log of each method, changes one thing in it at random (a number by a thousandth at least, or another category),
and verifies it as if the hash chain had been computed anew. What is not found is told by kind, and must be of a kind
that docs/journal.md lists, and at most one in twenty. With `--kernel` the logs are verified with another kernel of
OpenBLAS than they were written with. Exit code 1: less than is owed.
"""

import argparse
import copy
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from attrs import frozen

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import pure_hb as hb  # noqa: E402  # found by the path above
from property_tests.portability_play import SPACES, played  # noqa: E402  # found by the path above
from property_tests.portability_play import Run as Played  # noqa: E402  # found by the path above
from pure_hb.codec import (  # noqa: E402  # found by the path above
    CodecError,
    action_from_json,
    action_to_json,
    event_from_json,
    event_to_json,
)
from pure_hb.search import EVALUATIONS  # noqa: E402  # found by the path above

Body = dict[str, Any]
Log = list[Body]
Way = tuple[Any, ...]
OWED: Final = 0.95
METHODS: Final = (
    "ASHA-STOP",
    "ASHA-PROM",
    "PASHA",
    "BOHB",
    "MOBSTER-JOINT",
    "MOBSTER-JOINT+BESIDE",
    "MOBSTER-INDEP",
    "HYPERTUNE-INDEP",
    "DYHPO",
)
COUNT: Final = 24
LISTED: Final = ("worker", "reason", "source", "order", "evaluations")
"""Kinds that may be missed: see "What no verification can find" in docs/journal.md."""


def played_log(method: str, seed: int) -> tuple[hb.Setup, Log]:
    """A log of a method as JSON, one body for each record."""
    run = Played(method, seed % len(SPACES), seed, COUNT)
    return run.setup, [
        {"event": event_to_json(event), "action": action_to_json(action)}
        for _, event, action in played(run, incidents=True)
        if action.logged
    ]


# ---- what can be changed --------------------------------------------------------------------------------------------


@frozen
class Place:
    """A place in a log: the container and the key in it, and what kind of thing stands there."""

    kind: str
    holder: Any
    key: Any

    def change(self, pick: random.Random) -> None:
        """Put another value there."""
        self.holder[self.key] = other(self.holder[self.key], pick)


def other(value: Any, pick: random.Random) -> Any:
    """Another value of the same type: a number by a thousandth at least."""
    match value:
        case bool():
            return not value
        case int():
            return value + pick.choice([-2, -1, 1, 2, 3])
        case float():
            share = 10.0 ** pick.uniform(-3.0, 1.0) * pick.choice([-1, 1])
            return value * (1.0 + share) if value else share
        case str():
            return value + "x"
        case _:
            return value


def places(log: Log) -> Iterator[Place]:
    """Everything that a random change may meet, but for orders."""
    for body in log:
        for place, path in _leaves(body, ()):
            yield Place(_kind(body, path), *place)


def _leaves(holder: Any, path: Way) -> Iterator[tuple[tuple[Any, Any], Way]]:
    """Each value that is no container: where it stands, and the way there by keys."""
    for key in sorted(holder) if isinstance(holder, dict) else range(len(holder)):
        value, there = holder[key], (*path, key)
        if isinstance(value, dict | list):
            yield from _leaves(value, there)
        elif value is not None and key != "type":
            yield (holder, key), there


def _kind(body: Body, path: Way) -> str:
    match path:
        case ("action", "evidence", number, "numbers", pair, _):
            is_count = body["action"]["evidence"][number]["numbers"][pair][0] == EVALUATIONS
            return "evaluations" if is_count else "evidence"
        case ("action", "evidence", number, *_):
            return "coin" if body["action"]["evidence"][number]["type"] == "Drawn" else "evidence"
        case (_, "config", *_):
            return "configuration"
        case (_, "learned", "theta", *_):
            return "theta"
        case (_, "learned", *_):
            return "fit"
        case ("action", *_):
            return "action"
        case ("event", "curve", _, 1):
            return "value"
        case ("event", "value" | "cost" | "worker" | "reason" | "source" as name):
            return str(name)
        case _:
            return "event"


def altered(log: Log, pick: random.Random) -> tuple[str, Log]:
    """A log with one change, and the kind of it: first the kind is drawn, then the place."""
    changed = copy.deepcopy(log)
    by_kind: dict[str, list[Place]] = {}
    for place in places(changed):
        by_kind.setdefault(place.kind, []).append(place)
    told = by_kind.keys() & {"event", "cost", "worker", "reason", "source"}
    kind = pick.choice([*sorted(by_kind.keys() - told - {"evaluations"}), "event", "order", "missing"])
    if kind == "event":  # of these as often as they occur
        kind = pick.choice([name for name in sorted(told) for _ in by_kind[name]])
    if kind == "evidence":
        kind = pick.choice(
            [name for name in sorted(by_kind.keys() & {"evidence", "evaluations"}) for _ in by_kind[name]]
        )
    number = pick.randrange(len(changed) - 1)
    match kind:
        case "order":
            changed[number], changed[number + 1] = changed[number + 1], changed[number]
        case "missing":
            del changed[number]
        case _:
            pick.choice(by_kind[kind]).change(pick)
    return kind, changed


def is_found(setup: hb.Setup, log: Log) -> bool:
    """Whether `verify` finds fault, or the log cannot be read at all."""
    try:
        pairs = [(event_from_json(body["event"]), action_from_json(body["action"])) for body in log]
    except (CodecError, ValueError, TypeError):
        return True
    return not all(action.logged for _, action in pairs) or not hb.verify(setup, pairs).ok


# ---- the program ----------------------------------------------------------------------------------------------------


def tried(folder: Path, alterations: int, seed: int) -> tuple[Counter[str], Counter[str], list[str]]:
    """How many were made and missed, by kind; and logs that are called wrong although nothing was changed."""
    pick = random.Random(seed)
    made, missed, alarms = Counter[str](), Counter[str](), []
    logs = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    setups = {name: hb.from_json(body["setup"], hb.Setup) for name, body in logs.items()}
    for name, body in logs.items():
        if is_found(setups[name], body["log"]):
            alarms.append(name)
    for number in range(alterations):
        name = sorted(logs)[number % len(logs)]
        kind, changed = altered(logs[name]["log"], pick)
        if changed == logs[name]["log"]:
            continue
        made[kind] += 1
        missed[kind] += not is_found(setups[name], changed)
    return made, missed, alarms


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alterations", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--methods", nargs="*", default=METHODS, choices=METHODS)
    parser.add_argument("--kernel", help="verify with this kernel of OpenBLAS, such as Prescott or Nehalem")
    parser.add_argument("--listed", action="store_true", help="however many are missed, if their kinds are listed")
    parser.add_argument("--folder", type=Path, help="of logs that were written before")
    options = parser.parse_args()
    if options.folder is not None:
        return report(*tried(options.folder, options.alterations, options.seed), 0.0 if options.listed else OWED)
    with tempfile.TemporaryDirectory() as name:
        for method in options.methods:
            setup, log = played_log(method, options.seed)
            (Path(name) / f"{method}.json").write_text(json.dumps({"setup": hb.to_json(setup), "log": log}))
        if options.kernel is None:
            return report(*tried(Path(name), options.alterations, options.seed), 0.0 if options.listed else OWED)
        words = [
            "--folder",
            name,
            "--alterations",
            str(options.alterations),
            "--seed",
            str(options.seed),
            *["--listed"] * options.listed,
        ]
        environ = {**os.environ, "OPENBLAS_CORETYPE": options.kernel}
        return subprocess.run([sys.executable, __file__, *words], env=environ, check=False).returncode


def report(made: Counter[str], missed: Counter[str], alarms: list[str], owed: float) -> int:
    """Prints a table; 1 if less than is owed: of kinds that are not listed all, of all together a share."""
    print("| kind | changed | not found |\n| --- | --- | --- |")
    for kind in sorted(made):
        print(f"| {kind} | {made[kind]} | {missed[kind]} |")
    print(f"| all | {made.total()} | {missed.total()} |")
    unlisted = {kind: count for kind, count in missed.items() if count and kind not in LISTED}
    found = 1.0 - missed.total() / max(made.total(), 1)
    good = not unlisted and not alarms and found >= owed
    print(f"\nFound: {found:.1%}. Honest logs called wrong: {', '.join(alarms) or 'none'}.")
    print("As good as is owed." if good else f"Less than is owed. Not found and not listed: {unlisted or 'none'}.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
