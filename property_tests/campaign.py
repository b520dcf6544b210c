"""DOES ANYTHING BREAK IN TEN MILLION EVENTS? Random worlds for as long as one likes, and what was met in them.

    python property_tests/campaign.py --events 10_000_000                       a fresh seed, which is printed
    python property_tests/campaign.py --events 10_000_000 --seed 1 --minutes 60
    python property_tests/campaign.py --seed 1 --world 4711                     one world again, and why it fails

A seed and a number make a world, whatever runs beside it: what a campaign meets does not depend on how many processes
play it. At the first world with a fault it ends with exit code 1, and prints the command that plays that one again.
"""

import argparse
import os
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any, Final

for _library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_library, "1")
if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from attrs import frozen  # noqa: E402  # after the threads and the path
from rich.console import Console  # noqa: E402  # after the threads and the path
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn  # noqa: E402  # after the threads and the path

from property_tests.campaign_checks import Counts, examined, played  # noqa: E402  # after the threads and the path
from property_tests.campaign_report import page, report  # noqa: E402  # after the threads and the path
from property_tests.campaign_worlds import plan_of, steps_of  # noqa: E402  # after the threads and the path
from pure_hb.testing.shrink import shortest  # noqa: E402  # after the threads and the path

_BATCH: Final = 4000
"""So many events go to a process at once."""
_SHOWN: Final = 12


@frozen
class Fault:
    """A world that shows one."""

    world: int
    event: int
    what: str


Done = tuple[Counts, Fault | None]


def batches(seed: int, events: int) -> Iterator[tuple[int, ...]]:
    """The numbers of the worlds that have so many events together, a few at a time."""
    batch: list[int] = []
    size = total = number = 0
    while total < events:
        steps = steps_of(seed, number)
        batch.append(number)
        size, total, number = size + steps, total + steps, number + 1
        if size >= _BATCH:
            yield tuple(batch)
            batch, size = [], 0
    if batch:
        yield tuple(batch)


def run_batch(seed: int, numbers: tuple[int, ...]) -> Done:
    """Play some worlds, up to the first fault."""
    counts = Counts()
    for number in numbers:
        _, breach = played(plan_of(seed, number), counts)
        if breach is not None:
            return counts, Fault(number, breach.number, breach.what)
    return counts, None


def run(seed: int, events: int, processes: int, minutes: float | None, progress: Progress) -> Done:
    """Play a campaign; of several faults, the one of the first world."""
    end = None if minutes is None else time.monotonic() + 60.0 * minutes
    counts, fault = Counts(), None
    bar = progress.add_task("events", total=events)
    for done, found in _results(seed, batches(seed, events), processes, end):
        counts.add(done)
        progress.update(bar, completed=min(counts.events, events))
        if found is not None and (fault is None or found.world < fault.world):
            fault = found
    return counts, fault


def _results(seed: int, todo: Iterator[tuple[int, ...]], processes: int, end: float | None) -> Iterator[Done]:
    """The results of the batches as they come, up to the first fault or the end of the time."""
    if processes == 1:
        for batch in todo:
            done = run_batch(seed, batch)
            yield done
            if done[1] is not None or _over(end):
                return
        return
    with ProcessPoolExecutor(processes) as pool:
        running: set[Future[Done]] = set()
        ended = False
        while True:
            while not ended and len(running) < 3 * processes:
                batch = next(todo, ())
                ended = not batch or _over(end)
                if not ended:
                    running.add(pool.submit(run_batch, seed, batch))
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future.result()
                ended = ended or future.result()[1] is not None


def _over(end: float | None) -> bool:
    return end is not None and time.monotonic() >= end


# ---- one world again -----------------------------------------------------------------------------------------------


def replay(seed: int, number: int) -> int:
    """Play one world, and print it; if it shows a fault, the fewest events found that show one."""
    plan = plan_of(seed, number)
    print(f"world {number} of seed {seed}: {plan.kind}, {plan.steps} events, {3 * plan.teams} workers\n{plan.setup}")
    counts = Counts()
    events, breach = played(plan, counts)
    if breach is None:
        print(f"no fault in {counts.events} events")
        for name, count in sorted(counts.answers.items()):
            print(f"  {count:8} {name}")
        return 0
    print(f"at event {breach.number}: {breach.what}\nThe last events up to there:")
    for place, event in list(enumerate(events))[-_SHOWN:]:
        print(f"  {place:6}: {event!r}")
    print("Looking for fewer events that show it ...", flush=True)
    tries = 600 if len(events) < 2000 else 80
    short, found = shortest(events, breach, lambda fewer: examined(plan, fewer), tries)
    print(f"These show it, at event {found.number}: {found.what}")
    for place, event in enumerate(short):
        print(f"  {place:6}: {event!r}")
    print("Put them into property_tests/test_found.py.")
    return 1


# ---- the command line ----------------------------------------------------------------------------------------------


def command(seed: int, *options: str) -> str:
    """What is typed for this seed."""
    return " ".join(("python property_tests/campaign.py", *options, f"--seed {seed}"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a campaign, or one world. 1: something is broken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000, help="how many, over all worlds (default 1_000_000)")
    parser.add_argument("--seed", type=int, help="default: a fresh one")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default: one for each core")
    parser.add_argument("--minutes", type=float, help="hand out no world after so many")
    parser.add_argument(
        "--world", type=int, help="play this one again, and look for the fewest events that show a fault"
    )
    parser.add_argument("--page", type=Path, help="write what is printed as a page")
    given: Any = parser.parse_args(arguments)
    if given.world is not None:
        if given.seed is None:
            parser.error("--world needs --seed: a number is a world of a seed")
        return replay(given.seed, given.world)
    seed = secrets.randbelow(2**32) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    began = time.monotonic()
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        counts, fault = run(seed, given.events, max(1, given.processes), given.minutes, progress)
    text = report(seed, counts, time.monotonic() - began, given.processes)
    if fault is not None:
        text += (
            f"\n\nVIOLATION in world {fault.world} at event {fault.event}: {fault.what}\n"
            f"Play it again with:\n    {command(seed)} --world {fault.world}"
        )
    print(text)
    if given.page is not None:
        given.page.write_text(page(command(seed, f"--events {given.events:_}"), text))
    return 0 if fault is None else 1


if __name__ == "__main__":
    raise SystemExit(main())
