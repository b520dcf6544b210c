"""HOW MUCH GOES THROUGH ONE JOURNAL? Decisions per second and bytes per decision, in a file and in the stores.

    python examples/benchmarks/scale.py workers --trials 1000000     # simulated workers, one file, written in batches
    python examples/benchmarks/scale.py store sqlite:///scale.db     # real processes on one store
    python examples/benchmarks/scale.py store 'postgresql://me@host/db?journal=scale' --together 20

Prints one JSON object for each measurement. In a store, each append waits until it is on the disk: the last lines say
what that costs by itself, in a file of this folder.
"""

import argparse
import gzip
import heapq
import json
import multiprocessing
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from attrs import evolve

import pure_hb as hb
from pure_hb.journal import Address, open_file_journal, open_shared_journal, place_of
from pure_hb.session.company import Together
from pure_hb.session.deciding import Decider, always

_SAMPLE = 1 << 24
"""So many bytes at the end of a file are compressed, to know how far it can be."""


def setup() -> hb.Setup:
    """Four parameters, three rungs, and decisions that cost little."""
    space = hb.Space(
        lr=hb.Float(1e-5, 1.0, log=True), width=hb.Int(8, 512, log=True), dropout=hb.Float(0.0, 0.9), x=hb.Float(0, 1)
    )
    return hb.asha(space, hb.Minimize("error"), max_resource=27, grace_period=3)


# ---- simulated workers -----------------------------------------------------------------------------------------------


def workers(trials: int, count: int, folder: Path) -> dict[str, Any]:
    """So many simulated workers, who report at rung levels only, until so many trials have begun."""
    path = folder / "scale.jsonl"
    opened = open_file_journal(path, setup(), sync="batch", timed=False, snapshot=False)
    state, began, worked = opened.state, time.perf_counter(), time.process_time()
    running: list[tuple[float, int, int]] = []
    free, now = [f"w{number}" for number in range(count)], 0.0
    with opened.journal as journal:

        def decide(event: hb.Event) -> hb.Action:
            nonlocal state
            state, action = hb.decide(state, event)
            if action.logged:
                journal.append(event, action, now)
            return action

        while True:
            while free:
                action = decide(hb.Ask(free[-1], state.tried.started < trials))
                if not isinstance(action, hb.Start | hb.Resume):
                    break  # nobody else gets anything before a trial reports
                free.pop()
                trial = state.trials[action.trial]
                took = (action.until - trial.highest) * (0.5 + trial.config["x"])
                heapq.heappush(running, (now + took, trial.number, action.until))
            if not running:
                break
            now, number, until = heapq.heappop(running)
            trial = state.trials[number]
            free.append(trial.worker or "")
            decide(hb.Report(number, until, abs(trial.config["x"] - 0.3) / until))
    seconds, size = time.perf_counter() - began, path.stat().st_size
    worked = time.process_time() - worked
    with open(path, "rb") as file:
        file.seek(max(0, size - _SAMPLE))
        sample = file.read()
    packed = len(gzip.compress(sample)) / len(sample)
    return {
        "trials": len(state.trials),
        "workers": count,
        "decisions": state.clock,
        "seconds": round(seconds, 1),
        "processor_seconds": round(worked, 1),
        "decisions_per_second": round(state.clock / seconds),
        "decisions_per_processor_second": round(state.clock / worked),
        "bytes_per_decision": round(size / state.clock),
        "bytes_after_gzip": round(size * packed / state.clock),
    }


# ---- real processes on one store -------------------------------------------------------------------------------------


def store(address: Address, processes: int, records: int, together: int) -> dict[str, Any]:
    """So many processes append to a new journal until it has so many records, each so many in one write."""
    place = evolve(address, name=f"{address.name}-{processes}-{os.getpid()}")
    open_shared_journal(place, setup()).journal.close()
    context = multiprocessing.get_context("spawn")
    ready, told = context.Barrier(processes + 1), context.Queue()
    started = [context.Process(target=_append, args=(place, records, together, ready, told)) for _ in range(processes)]
    for one in started:
        one.start()
    ready.wait()
    began = time.perf_counter()
    counts = [told.get() for _ in started]
    seconds = time.perf_counter() - began
    for one in started:
        one.join()
    done, writes, lost, worked = (sum(numbers) for numbers in zip(*counts, strict=True))
    return {
        "store": address.scheme,
        "processes": processes,
        "together": together,
        "records": done,
        "seconds": round(seconds, 1),
        "appends_per_second": round(done / seconds),
        "share_of_lost_races": round(lost / (writes + lost), 3),
        "processor_ms_per_record": round(1000 * worked / done, 2),
    }


def _append(address: Address, records: int, together: int, ready: Any, told: Any) -> None:
    """One process, as a session decides, with workers who train for no time: each asks, and reports."""
    opened = open_shared_journal(address, setup())
    company = Together(opened.journal, 60.0)
    decider, running, done, writes, lost = Decider(opened.journal, opened.state, company, time.monotonic), {}, 0, 0, 0
    ready.wait()
    began = time.process_time()
    while decider.state.clock < records:
        events = [_event(company.worker(f"w{number}"), running) for number in range(together)]
        for made in decider.decide_all([always(event) for event in events]):
            assert made is not None
            if isinstance(made.action, hb.Start | hb.Resume):
                running[made.event.worker] = made.action
            elif isinstance(made.event, hb.Report):
                del running[made.before.trials[made.event.trial].worker]
            done += made.action.logged
        writes, lost = writes + 1, lost + made.races
    worked = time.process_time() - began
    company.close()
    opened.journal.close()
    told.put((done, writes, lost, worked))


def _event(worker: str, running: dict[str, hb.Start | hb.Resume]) -> hb.Event:
    """What a worker says next: it asks, or its leg is over."""
    if worker not in running:
        return hb.Ask(worker)
    held = running[worker]
    return hb.Report(held.trial, held.until, abs(0.3 - held.trial % 997 / 997), leg=held.leg)


def sync_cost(folder: Path, times: int = 300) -> dict[str, Any]:
    """What the disk takes to make a line safe, by itself."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        began = time.perf_counter()
        for _ in range(times):
            file.write(b"x" * 600)
            file.flush()
            os.fsync(file.fileno())
        return {"syncs_per_second": round(times / (time.perf_counter() - began)), "folder": str(folder)}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parts = parser.add_subparsers(dest="part", required=True)
    simulated = parts.add_parser("workers")
    simulated.add_argument("--trials", type=int, default=1_000_000)
    simulated.add_argument("--workers", type=int, default=10_000)
    real = parts.add_parser("store")
    real.add_argument("url")
    real.add_argument("--records", type=int, default=100_000)
    real.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4, 8])
    real.add_argument("--together", type=int, default=1, help="so many events go into one write")
    given = parser.parse_args()
    if given.part == "workers":
        with tempfile.TemporaryDirectory(dir=".") as name:
            print(json.dumps(workers(given.trials, given.workers, Path(name))), flush=True)
        return
    address = place_of(given.url)
    if not isinstance(address, Address):
        parser.error("give the URL of a store, such as sqlite:///scale.db")
    for processes in given.processes:
        print(json.dumps(store(address, processes, given.records, given.together)), flush=True)
        print(json.dumps(sync_cost(address.file.parent if address.file else Path.cwd())), flush=True)


if __name__ == "__main__":
    main()
