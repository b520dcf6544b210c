"""What is left of a run whose processes are killed at random? Eight of them, on one journal, again and again.

    python property_tests/storm.py sqlite:///storm.db --seconds 120
    python property_tests/storm.py 'postgresql://postgres@127.0.0.1:5432/postgres?journal=storm' --seconds 120

Each process opens the journal, asks, reports, and is killed with SIGKILL at a random moment; another one takes its
place. While they run, each writes what it does to a file of its own: the histories of the clients. At the end the
journal is verified, and the histories are compared with it.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
import warnings
from collections import Counter
from itertools import pairwise
from multiprocessing.process import BaseProcess
from pathlib import Path

from attrs import asdict, frozen

import pure_hb as hb
from pure_hb.journal import read_journal, verify_file

LEASE_S = 2.0
MEAN_LIFE_S = 2.0
"""Lives are drawn from an exponential distribution."""


def setup() -> hb.Setup:
    """Cheap decisions, so that most of the time goes into races."""
    return hb.asha(hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error"), max_resource=27, seed=3, max_failures=10**6)


@frozen
class Storm:
    """What was found."""

    seconds: float
    processes: int
    kills: int
    records: int
    trials: int
    legs: int
    releases: int
    """Legs whose lease was over."""
    failures: int
    """Those that were the third of a trial, or later."""
    wrong: tuple[str, ...]
    """What must not be, in words."""


# ---- one client ------------------------------------------------------------------------------------------------------


def client(journal: str, folder: Path, until: float) -> None:
    """Asks and reports until the time is over, and writes a line before and after each call of a leg."""
    history = os.open(folder / f"{os.getpid()}-{time.monotonic_ns()}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_EXCL)

    def note(what: str, **more: int) -> None:
        os.write(history, (json.dumps({"at": time.monotonic(), "what": what, **more}) + "\n").encode())

    session = hb.Session(
        journal, setup(), lease=LEASE_S, checkpoints=folder / "checkpoints", snapshot_every=None, warn=lambda text: None
    )
    with session:
        while time.monotonic() < until and (trial := session.ask(wait=False)) is not None:
            leg = {"trial": trial.number, "leg": trial.leg}
            note("begin", **leg)
            for epoch in trial.epochs():
                time.sleep(0.002)
                note("trained", epoch=epoch, **leg)  # from the report on, a paused trial may go on elsewhere
                trial.report(epoch, abs(float(trial.config["x"]) - 0.3) / epoch)
                note("reported", epoch=epoch, **leg)
                if time.monotonic() > until:
                    break
    note("closed")


# ---- the storm -------------------------------------------------------------------------------------------------------


def storm(journal: str, seconds: float, processes: int = 8, seed: int = 0) -> Storm:
    """Lets clients run on a journal for so long, kills them at random, and looks at what is left."""
    draw, began, kills = random.Random(seed), time.monotonic(), 0
    until, alive = began + seconds, dict[BaseProcess, float]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        while time.monotonic() < until:
            while len(alive) < processes:
                alive[_started(journal, folder, until)] = time.monotonic() + draw.expovariate(1.0 / MEAN_LIFE_S)
            time.sleep(0.02)
            for one, death in tuple(alive.items()):
                if not one.is_alive():
                    if one.exitcode != 0:
                        raise RuntimeError(f"a client has ended with {one.exitcode}")
                    del alive[one]
                elif time.monotonic() > death:
                    one.kill()
                    one.join()
                    del alive[one]
                    kills += 1
        for one in alive:
            one.join()
        lasted = time.monotonic() - began
        with _lone_session(journal, folder):
            pass  # opening releases what the killed have left
        return _found(journal, folder, lasted, processes, kills)


def _started(journal: str, folder: Path, until: float) -> BaseProcess:
    """A client, as a fork: nothing has to be imported again, so it is at work after milliseconds."""
    one = multiprocessing.get_context("fork").Process(target=client, args=(journal, folder, until))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, such as numpy's: clients use none of them
        one.start()
    return one


def _lone_session(journal: str, folder: Path) -> hb.Session:
    time.sleep(1.5 * LEASE_S)
    return hb.Session(journal, setup(), lease=LEASE_S, checkpoints=folder / "checkpoints", warn=lambda text: None)


def _found(journal: str, folder: Path, seconds: float, processes: int, kills: int) -> Storm:
    header, records, _ = read_journal(journal)
    state = hb.fold(header.setup, ((record.event, record.action) for record in records))
    kinds = Counter(type(record.event).__name__ for record in records)
    legs = sum(isinstance(record.action, hb.Start | hb.Resume) for record in records)
    histories = [_history(path) for path in sorted(folder.glob("*.jsonl"))]
    wrong = [*_of_journal(journal, state, [record.number for record in records]), *_of_legs(histories)]
    wrong += _of_reports(histories, [record.event for record in records])
    releases = kinds["Release"] + kinds["Fail"]
    return Storm(
        seconds, processes, kills, len(records), len(state.trials), legs, releases, kinds["Fail"], tuple(wrong)
    )


def _history(path: Path) -> list[dict[str, object]]:
    found = []
    for line in path.read_bytes().splitlines():
        with contextlib.suppress(ValueError):  # the last line, if the kill came in the middle
            found.append(json.loads(line))
    return found


def _of_journal(journal: str, state: hb.State, numbers: list[int]) -> list[str]:
    """The journal is whole and true, each record has one event and one action, and nothing runs for ever."""
    wrong = [] if numbers == list(range(1, len(numbers) + 1)) else ["record numbers are missing or repeated"]
    checked = verify_file(journal)
    if not checked.ok:
        wrong.append(f"the journal does not verify: {checked.decisions}")
    running = [trial.number for trial in state.trials if trial.status.value == "running"]
    if running:
        wrong.append(f"trials {running} run, and nobody trains them")
    return wrong


def _of_legs(histories: list[list[dict[str, object]]]) -> list[str]:
    """No leg was given to two workers, and no trial was trained by two at once."""
    spans: dict[object, list[tuple[float, float, object]]] = {}
    given = Counter[tuple[object, object]]()
    for history in histories:
        for line in history:
            if line["what"] == "begin":
                given[line["trial"], line["leg"]] += 1
                spans.setdefault(line["trial"], []).append((float(str(line["at"])), 0.0, line["leg"]))
            elif line["what"] == "trained":
                began, _, leg = spans[line["trial"]][-1]
                spans[line["trial"]][-1] = began, float(str(line["at"])), leg
    wrong = [
        f"leg {leg} of trial {trial} was given {count} times" for (trial, leg), count in given.items() if count > 1
    ]
    for trial, found in spans.items():
        for (_, end, leg), (begin, _, next_leg) in pairwise(sorted(found)):
            if begin < end:
                wrong.append(f"legs {leg} and {next_leg} of trial {trial} were trained at the same time")
    return wrong


def _of_reports(histories: list[list[dict[str, object]]], events: list[hb.Event]) -> list[str]:
    """What a client was told is in the log, is in the log."""
    counted = Counter((one.trial, one.leg, one.resource) for one in events if isinstance(one, hb.Report))
    wrong = [f"report {report} stands {count} times in the log" for report, count in counted.items() if count > 1]
    epochs = {(one.trial, one.resource) for one in events if isinstance(one, hb.Report)}
    # a leg that began afresh repeats epochs that are known: these are answered, and not logged again
    told = (line for history in histories for line in history if line["what"] == "reported")
    lost = (line for line in told if (line["trial"], line["epoch"]) not in epochs)
    return wrong + [f"epoch {line['epoch']} of trial {line['trial']} was acknowledged, and is lost" for line in lost]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("journal")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    found = storm(given.journal, given.seconds, given.processes, given.seed)
    print(json.dumps(asdict(found), indent=1))
    sys.exit(bool(found.wrong))


if __name__ == "__main__":
    main()
