"""WHAT DOES A LONG LOG COST? Opening it, reading it, show and verify, and how long a snapshot keeps reports waiting.

    python examples/benchmarks/long_logs.py make run.jsonl --records 1000000
    python examples/benchmarks/long_logs.py measure run.jsonl

`make` plays ASHA with a hundred simulated workers. `measure` prints one JSON object for each measurement, each taken in
a process of its own: seconds by the clock and of the processor (on a machine that others use, the second say more), and
the largest resident memory.
"""

import argparse
import contextlib
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import _long_log

import pure_hb as hb
from pure_hb.cli import main as command_line
from pure_hb.journal import open_file_journal
from pure_hb.journal.reader import reading

_REPORT_EVERY_S = 0.002


def read(path: Path) -> dict[str, Any]:
    """All records are decoded and checked, and none is kept."""
    with reading(path) as reader:
        return {"records": sum(1 for _ in reader)}


def open_from_snapshot(path: Path) -> dict[str, Any]:
    """The journal is opened from the snapshot of its last record."""
    opened = open_file_journal(path, _long_log.setup())
    opened.journal.close()
    return {"records": opened.state.clock, "trials": len(opened.state.trials)}


def open_without(path: Path) -> dict[str, Any]:
    """The journal is opened without a snapshot: all is read, checked and folded."""
    opened = open_file_journal(path, _long_log.setup(), snapshot=False)
    opened.journal.close()
    return {"records": opened.state.clock, "trials": len(opened.state.trials)}


def show(path: Path) -> dict[str, Any]:
    """pure-hb show"""
    return _command("show", path)


def verify(path: Path) -> dict[str, Any]:
    """pure-hb verify"""
    return _command("verify", path)


def _command(name: str, path: Path) -> dict[str, Any]:
    sys.argv = ["pure-hb", name, str(path)]
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.suppress(SystemExit):
        command_line()
    return {"lines": said.getvalue().count("\n")}


def write_snapshot(path: Path) -> dict[str, Any]:
    """A snapshot is written while a thread reports: how long does the longest report take meanwhile, and otherwise?
    The journal is a copy, for reports are appended to it."""
    with tempfile.TemporaryDirectory(dir=path.parent) as name:
        copy = Path(name) / path.name
        for suffix in ("", ".snapshot"):
            shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
        with hb.Session(copy, _long_log.setup(), snapshot_every=None) as session:
            return _stops(session, copy)


def _stops(session: hb.Session, path: Path) -> dict[str, Any]:
    journal, over = session._journal, threading.Event()
    before = _reports(session, 300)
    with session.changed:  # as the session itself: the state is taken under its lock, and written outside
        began = time.perf_counter()
        taken = journal.take_snapshot(session.state)
        took = time.perf_counter() - began

    def write() -> None:
        journal.keep_snapshot(taken)
        over.set()

    began = time.perf_counter()
    thread = threading.Thread(target=write)
    thread.start()
    during: list[float] = []
    while not over.is_set():
        during += _reports(session, 1)
    thread.join()
    return {
        "snapshot_bytes": Path(f"{path}.snapshot").stat().st_size,
        "written_in_s": round(time.perf_counter() - began, 2),
        "taken_under_the_lock_ms": round(took * 1e3, 3),
        "reports_meanwhile": len(during),
        "longest_report_ms": round(max(during) * 1e3, 1),
        "median_report_ms": round(sorted(during)[len(during) // 2] * 1e3, 2),
        "longest_before_ms": round(max(before) * 1e3, 1),
        "median_before_ms": round(sorted(before)[len(before) // 2] * 1e3, 2),
    }


def _reports(session: hb.Session, count: int) -> list[float]:
    """So many asks and reports in a row: the seconds of each report, which is on the disk when it returns."""
    seconds = []
    for _ in range(count):
        trial = session.ask()
        assert trial is not None
        time.sleep(_REPORT_EVERY_S)
        began = time.perf_counter()
        trial.report(trial.start_from + 1, trial.config["x"])
        seconds.append(time.perf_counter() - began)
        trial.complete()
    return seconds


MEASUREMENTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    one.__name__: one for one in (open_from_snapshot, open_without, read, show, verify, write_snapshot)
}


def measured(name: str, path: Path) -> dict[str, Any]:
    """One measurement, in this process."""
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    found = MEASUREMENTS[name](path)
    after, seconds = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - began
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if "records" in found:
        found |= {"per_processor_second": round(found["records"] / worked)}
    return {
        "measured": name,
        "seconds": round(seconds, 2),
        "processor_seconds": round(worked, 2),
        "resident_mb": round(after.ru_maxrss / 1024),
        **found,
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parts = parser.add_subparsers(dest="part", required=True)
    make = parts.add_parser("make")
    make.add_argument("path", type=Path)
    make.add_argument("--records", type=int, default=1_000_000)
    measure = parts.add_parser("measure")
    measure.add_argument("path", type=Path)
    measure.add_argument("--only", nargs="+", choices=list(MEASUREMENTS), default=list(MEASUREMENTS))
    one = parts.add_parser("one")
    one.add_argument("name", choices=list(MEASUREMENTS))
    one.add_argument("path", type=Path)
    given = parser.parse_args()
    if given.part == "make":
        print(_long_log.make_log(given.path, given.records))
    elif given.part == "one":
        print(json.dumps(measured(given.name, given.path)), flush=True)
    else:
        for name in given.only:
            subprocess.run([sys.executable, __file__, "one", name, os.fspath(given.path)], check=True)


if __name__ == "__main__":
    main()
