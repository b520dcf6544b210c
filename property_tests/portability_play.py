"""WHAT IS DECIDED WHERE? Runs of all methods, written to journals, decided again from them, and played again.

`python -m property_tests.portability_play [FOLDER RUNS]` is the child of `portability.py`: it says as JSON what it
found in the environment that it was started in.
"""

import ctypes
import importlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy.linalg
from attrs import evolve, frozen
from threadpoolctl import threadpool_info

import pure_hb as hb
from pure_hb.codec import action_to_json
from pure_hb.journal import open_file_journal, read_journal
from pure_hb.journal.differences import differences, is_close, without_evaluations
from pure_hb.space import encode

FIELDS: Final = ("type", "trial", "config", "bracket", "level", "until")
BESIDE: Final = "+BESIDE"
"""After the name of a method: fits are made beside training."""
DESCENT: Final = "+DESCENT"
"""After the name of a method: the best candidate by acquisition is moved downhill, which is not the default."""
OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "": {},
    DESCENT: {"skip_local_optimization": False, "initial_scoring": "acq_func"},
    BESIDE: {"fit": "background"},
}
WORKERS: Final = ("ann", "bob", "cat", "dan")
MAX_RESOURCE: Final = 27
SPACES: Final = (
    hb.Space(x=hb.Float(0.0, 1.0), y=hb.Float(1e-4, 1.0, log=True)),
    hb.Space(rate=hb.Float(1e-5, 1e-1, log=True), width=hb.Int(8, 256, log=True), kind=hb.Choice("a", "b", "c")),
    hb.Space(
        x=hb.Float(-2.0, 2.0),
        rate=hb.Float(1e-6, 1.0, log=True),
        depth=hb.Int(1, 9),
        kind=hb.Choice("a", "b"),
        batch=hb.Ordinal(16, 32, 64, 128),
        keep=hb.Finite(0.1, 0.9, 9),
    ),
)


@frozen
class Run:
    """One run: a method on a space, by a seed, of so many suggestions."""

    method: str
    space: int
    seed: int
    count: int

    @property
    def name(self) -> str:
        """What its journal is called."""
        return f"{self.method}-{self.space}-{self.seed}.jsonl"

    @property
    def setup(self) -> hb.Setup:
        """What is played."""
        name, plus, how = self.method.partition("+")
        options = OPTIONS[plus + how]
        goal = hb.Minimize("error")
        return hb.METHODS[name](SPACES[self.space], goal, max_resource=MAX_RESOURCE, seed=self.seed, **options)


def value(space: hb.Space, config: hb.Configuration, resource: int) -> float:
    """A smooth curve, by sums and products only: every processor gives the same."""
    x: list[float] = encode(space, config).tolist()
    bowl: float = sum((one - 0.2 - 0.5 * place / len(x)) ** 2 for place, one in enumerate(x))
    return bowl + 0.2 * x[0] * x[-1] + (0.3 + 0.5 * x[0]) / (1.0 + resource)


def played(run: Run, *, incidents: bool = False) -> Iterator[tuple[hb.State, hb.Event, hb.Action]]:
    """All steps of a run, with the state before each: four workers take turns, a report each. With ``incidents`` it
    begins with results from elsewhere, and trials break, are taken away or end by themselves."""
    state, started, turns = hb.initial(run.setup), 0, 0
    for earlier in observations(run) if incidents else ():
        before = state
        state, action = hb.decide(before, earlier)
        yield before, earlier, action
    held: dict[str, tuple[int, int, int, hb.Configuration, int]] = {}
    while started < run.count:
        for worker in WORKERS:
            if worker not in held:
                beside = hb.fit_if_due(state)
                if beside is not None:
                    before = state
                    state, action = hb.decide(before, beside)
                    yield before, beside, action
                event: hb.Event = hb.Ask(worker)
                before = state
                state, action = hb.decide(before, event)
                yield before, event, action
                started += 1
                if isinstance(action, hb.Start | hb.Resume):
                    begin = 0 if isinstance(action, hb.Start) else action.start_from
                    held[worker] = (action.trial, begin, begin, action.config, action.leg)
        if not held:
            return
        for worker, (trial, begun, seen, config, leg) in list(held.items()):
            resource = seen + 1
            result = value(SPACES[run.space], config, resource)
            report = hb.Report(trial, resource, result, float(resource - begun), leg)
            turns += 1
            event = instead(report, turns) if incidents else report
            before = state
            state, action = hb.decide(before, event)
            yield before, event, action
            if isinstance(action, hb.Continue):
                held[worker] = (trial, begun, resource, config, leg)
            else:
                del held[worker]


def observations(run: Run) -> Iterator[hb.Observe]:
    """Three results of an earlier search, the last of which broke."""
    space = SPACES[run.space]
    for number in range(3):
        action = hb.choose(hb.initial(evolve(run.setup, seed=100 + number)), hb.Ask("earlier"))
        assert isinstance(action, hb.Start)
        curve = [(resource, value(space, action.config, resource)) for resource in range(1, 3 + number)]
        yield hb.Observe(action.config, curve, failed=number == 2, source=f"earlier {number}")


def instead(report: hb.Report, turn: int) -> hb.Event:
    """What happens instead of some reports."""
    match turn % 23:
        case 7:
            return hb.Fail(report.trial, "out of memory", report.leg)
        case 13:
            return hb.Release(report.trial, "taken away", report.leg)
        case 19:
            return hb.Complete(report.trial, report.leg)
        case _:
            return report


def is_by_model(event: hb.Event, action: hb.Action) -> bool:
    """Whether a model chose between candidates."""
    return isinstance(event, hb.Ask) and any(isinstance(one, hb.evidence.Scored) for one in action.evidence)


def write(run: Run, folder: Path) -> tuple[int, int]:
    """Plays a run into a journal; how many decisions it has, and how many of them a model made."""
    count = by_model = 0
    with open_file_journal(folder / run.name, run.setup, sync="batch", timed=False).journal as journal:
        for number, (_, event, action) in enumerate(played(run)):
            if action.logged:
                journal.append(event, action, float(number), "2026-01-01T00:00:00.000000+00:00", 0.0)
                count += 1
                by_model += is_by_model(event, action)
    return count, by_model


def shape(action: hb.Action) -> dict[str, Any]:
    """What has to be equal."""
    values = {name: getattr(action, name, None) for name in FIELDS[1:]}
    config = values["config"]
    return {"type": type(action).__name__, **values, "config": None if config is None else sorted(config.items())}


def again(run: Run, folder: Path) -> Counter[str]:
    """Decides every record of a journal again, by the fit that stands there: how often each field is equal."""
    header, records, _ = read_journal(folder / run.name)
    state, found = hb.initial(header.setup), Counter[str]()
    for record in records:
        logged = record.action
        learned = getattr(logged, "learned", None)
        fitted = None if learned is None else learned.parameters
        made = hb.choose(state, record.event, fitted=fitted)
        old, new = shape(logged), shape(made)
        by_model = is_by_model(record.event, logged)
        found["states"] += 1
        found["by a model"] += by_model
        found["same by a model"] += by_model and old == new
        for name in FIELDS:
            found[name] += old[name] == new[name]
        if old == new:
            found["compared"] += 1
            found["numbers"] += is_near(logged, made)
        state = hb.advance(state, record.event, logged)
    return found


def is_near(logged: hb.Action, made: hb.Action) -> bool:
    """Whether `verify` takes what was learned and the evidence for the same."""
    ours = without_evaluations(action_to_json(made))
    return all(is_close(one, ours) for one in differences(without_evaluations(action_to_json(logged)), ours))


def whole(run: Run, folder: Path) -> bool:
    """Whether a run that is played by itself, fits and all, comes out as its journal says."""
    _, records, _ = read_journal(folder / run.name)
    mine = (shape(action) for _, _, action in played(run) if action.logged)
    return all(shape(record.action) == one for record, one in zip(records, mine, strict=False))


def environment() -> dict[str, Any]:
    """What took effect here: kernels, the groups of numpy, and where the `sin` of glibc is."""
    scipy.linalg.cholesky(np.eye(3))
    compiled: Any = importlib.import_module("numpy._core._multiarray_umath")
    libraries = threadpool_info()
    return {
        "kernels": sorted({str(one.get("architecture")) for one in libraries}),
        "threads": sorted({int(one["num_threads"]) for one in libraries}),
        "numpy": sorted(name for name in compiled.__cpu_dispatch__ if compiled.__cpu_features__[name]),
        "glibc": _sine_address(),
    }


def _sine_address() -> int | None:
    """Where `sin` is inside the mathematics library: another implementation has another place."""
    try:
        library = ctypes.CDLL("libm.so.6")
        maps = Path("/proc/self/maps").read_text().splitlines()
        base = min(int(line.split("-")[0], 16) for line in maps if "libm.so.6" in line)
        return int(ctypes.cast(library.sin, ctypes.c_void_p).value or 0) - base
    except (OSError, ValueError):
        return None


def main() -> None:
    """The child: its environment, and, given a folder and a list of runs, what it found in them."""
    if len(sys.argv) == 1:
        print(json.dumps({"environment": environment()}))
        return
    folder, runs = Path(sys.argv[1]), [Run(*one) for one in json.loads(Path(sys.argv[2]).read_text())]
    totals, same, alone = Counter[str](), 0, [run for run in runs if run.space == run.seed % len(SPACES)]
    for run in runs:
        totals += again(run, folder)
    for run in alone:  # they fit, which takes most of the time: of each seed one space
        same += whole(run, folder)
    print(json.dumps({"environment": environment(), "fields": totals, "whole": same, "runs": len(alone)}))


if __name__ == "__main__":
    main()
