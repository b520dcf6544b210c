"""Through how many files and functions of pure_hb does one decision go? An Ask and a report of MOBSTER-JOINT, traced.

python examples/benchmarks/way.py [--list]

A search is played with 4 workers until the given number of trials have been started. Then the next ``Ask`` that starts
a trial, and the first ``Report`` after it that reaches a level, are decided under `sys.setprofile`, which tells each
call of a Python function. Counted are the files and the different functions that lie in pure_hb; methods that attrs
writes, comprehensions, generator expressions and lambdas are parts of the functions around them. ``--list`` shows them
in the order of their first call.
"""

import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

from attrs import frozen

import pure_hb as hb

PACKAGE: Final = Path(hb.__file__).parent
ASKS: Final = 30
"""The suggestion that is traced, of a search with `TRIALS` trials."""
TRIALS: Final = 40
WORKERS: Final = 4
MOST_FILES: Final = {"ask": 25, "report": 8}
MOST_FUNCTIONS: Final = {"ask": 150, "report": 20}


@frozen
class Way:
    """The functions that one decision went through, as (file, name) in the order of their first call."""

    functions: tuple[tuple[str, str], ...]
    crossings: int
    """How often a function of one file called one of another file."""

    @property
    def files(self) -> tuple[str, ...]:
        """The files in the order of their first call."""
        return tuple(dict.fromkeys(file for file, _ in self.functions))


def traced(work: Callable[[], Any]) -> Way:
    """The way that ``work`` takes through pure_hb."""
    functions: dict[tuple[str, str], None] = {}
    crossings = 0

    def note(frame: FrameType, event: str, _: Any) -> None:
        nonlocal crossings
        found = _place(frame.f_code) if event == "call" else None
        if found is None:
            return
        functions.setdefault(found)
        caller = frame.f_back and _place(frame.f_back.f_code)
        crossings += bool(caller and caller[0] != found[0])

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return Way(tuple(functions), crossings)


def _place(code: CodeType) -> tuple[str, str] | None:
    path = Path(code.co_filename)
    if not path.is_relative_to(PACKAGE) or code.co_name.startswith("<"):
        return None
    return path.relative_to(PACKAGE).as_posix(), code.co_qualname


def loss(config: hb.Configuration, epoch: int) -> float:
    """A smooth learning curve."""
    x, rate, width = (float(config[name]) for name in ("x", "rate", "width"))
    return (x - 0.3) ** 2 + 0.1 * (math.log10(rate) + 2.0) ** 2 + (0.2 + 0.1 * width / 64) / epoch


def played(setup: hb.Setup, asks: int = ASKS, trials: int = TRIALS) -> Iterator[tuple[hb.State, hb.Event]]:
    """States and the events that came next, until the ``asks``-th trial and the first report after it that reaches a
    level."""
    state, at = hb.initial(setup), dict[int, int]()
    turn = 0
    while True:
        worker = f"worker-{turn % WORKERS}"
        held = state.trials.held(worker)
        last = False
        event: hb.Event = hb.Ask(worker, len(state.trials) < trials)
        if held is not None:
            at[held.number] = max(at.get(held.number, 0), held.start_from) + 1
            event = hb.Report(held.number, at[held.number], loss(held.config, at[held.number]))
            last = len(state.trials) >= asks and at[held.number] >= held.until
        yield state, event
        if last:
            return
        state, _ = hb.decide(state, event)
        turn += 1


def ways(method: str = "MOBSTER-JOINT", asks: int = ASKS) -> dict[str, Way]:
    """The way of the ``Ask`` that starts trial number ``asks``, and that of the first report after it that reaches a
    level."""
    space = hb.Space(x=hb.Float(0.0, 1.0), rate=hb.Float(1e-4, 1.0, log=True), width=hb.Int(8, 64))
    setup = hb.METHODS[method](space, hb.Minimize("loss"), max_resource=27, seed=7)
    found: dict[str, Way] = {}
    for state, event in played(setup, asks):
        if isinstance(event, hb.Ask) and len(state.trials) == asks - 1:
            found["ask"] = traced(lambda state=state, event=event: hb.decide(state, event))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        elif isinstance(event, hb.Report) and len(state.trials) >= asks:
            found["report"] = traced(lambda state=state, event=event: hb.decide(state, event))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    return found


def main() -> None:
    """Trace and show."""
    found = ways()
    for name, way in found.items():
        files, functions = len(way.files), len(way.functions)
        met = files <= MOST_FILES[name] and functions <= MOST_FUNCTIONS[name]
        print(json.dumps({"way": name, "files": files, "functions": functions, "crossings": way.crossings, "met": met}))
        if "--list" in sys.argv:
            for file in way.files:
                print("   ", file, *(function for where, function in way.functions if where == file))


if __name__ == "__main__":
    main()
