"""WHAT CAN HAPPEN IN A SMALL WORLD, IN FULL? Explores whole worlds, says what was counted, and what was seen.

python property_tests/explore.py                     all worlds of the table, two at a time; some minutes
python property_tests/explore.py "stopping, ends"    these
python property_tests/explore.py --page              all, written to docs/measurements/explorer.md
"""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from attrs import frozen

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a command, wherever it is called from

from property_tests.small_worlds import SMALL, WHOLE, SmallWorld  # noqa: E402  # after the path
from pure_hb.testing import Explored  # noqa: E402  # after the path

PAGE: Final = ROOT / "docs" / "measurements" / "explorer.md"
MARK: Final = "<!-- counts -->\n"
WORLDS: Final = {small.name: small for small in (*WHOLE, *SMALL)}
_PROCESSES: Final = 2


@frozen
class Timed:
    """A world, what was explored of it, and how long that kept a processor busy."""

    small: SmallWorld
    explored: Explored
    seconds: float


def timed(name: str) -> Timed:
    """Explore the world of a name."""
    start = time.process_time()
    explored = WORLDS[name].explore()
    return Timed(WORLDS[name], explored, time.process_time() - start)


def as_table(rows: Iterable[tuple[str, ...]]) -> str:
    """Rows as a table of a page; the first one names the columns."""
    head, *body = rows
    lines = [head, tuple("---" if place == 0 else "---:" for place in range(len(head))), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def counts(results: Iterable[Timed]) -> str:
    """How much there was."""
    rows: list[tuple[str, ...]] = [
        ("world", "distinct states", "transitions", "refusals", "deepest", "processor seconds", "faults")
    ]
    for one in results:
        found = one.explored
        numbers = (found.states, found.transitions, found.refusals, found.depth)
        fault = "none" if found.fault is None else found.fault.name
        rows.append((one.small.name, *(f"{number:,}" for number in numbers), f"{one.seconds:.0f}", fault))
    return as_table(rows)


def occurrences(results: Iterable[Timed]) -> str:
    """What was seen in the worlds, by pairs of event and action."""
    chosen = list(results)
    names = sorted({pair for one in chosen for pair, _ in one.explored.occurred})
    seen = [dict(one.explored.occurred) for one in chosen]
    rows: list[tuple[str, ...]] = [("event -> action", *(one.small.name for one in chosen))]
    rows += [(f"`{name}`", *(f"{of.get(name, 0):,}" for of in seen)) for name in names]
    return as_table(rows)


def changed(one: Timed) -> bool:
    """Whether a world is not as the table pins it."""
    small, found = one.small, one.explored
    return found.fault is not None or small.counted != small.reached(found) or set(found.missing) != small.never


def page(results: list[Timed], seconds: float) -> str:
    """The page of the documentation."""
    head = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    seen = occurrences(results[: len(WHOLE)])
    took = f"All of it took {seconds:,.0f} seconds on the wall."
    return f"{head}{MARK}\n{counts(results)}\n\n{took}\n\n## What was seen in the whole ones\n\n{seen}\n"


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {'; '.join(WORLDS)}")
    parser.add_argument("--page", action="store_true", help="write docs/measurements/explorer.md")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in WORLDS]
    if unknown or (options.page and options.names):
        parser.error(f"there is no world {unknown[0]!r}; --help lists them" if unknown else "--page is for all worlds")
    began = time.monotonic()
    with multiprocessing.Pool(_PROCESSES) as pool:
        results = list(pool.imap(timed, options.names or WORLDS, chunksize=1))
    print(counts(results))
    for one in results:
        if one.explored.fault is not None:
            print(f"\n{one.small.name}: {one.explored.fault}")
        if changed(one):
            print(f"\n{one.small.name} is pinned as {one.small.counted}, never {sorted(one.small.never)}, but it is")
            print(f"{one.small.reached(one.explored)}, never {sorted(one.explored.missing)}")
    if options.page:
        PAGE.write_text(page(results, time.monotonic() - began), encoding="utf-8")
    else:
        print(f"\n{occurrences(results)}")
    return int(any(map(changed, results)))


if __name__ == "__main__":
    sys.exit(main())
