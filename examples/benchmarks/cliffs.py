"""How many suggestions go beyond a cliff, where training diverges or breaks?

    python examples/benchmarks/cliffs.py --seeds 4 --json out.json
    python examples/benchmarks/cliffs.py --methods MOBSTER-JOINT BOHB --shapes corner ball --first 5

For each method and shape: the share, in percent, of the suggestions after the first 20 of 60 that lie beyond. "near":
the best sound configurations lie at the edge, and values go on getting better beyond it; "far": the best lie far from
the edge. Beyond it there is NaN, or a failure, from the first resource on or from a later one. Four workers, in turns.
"""

import argparse
import json
import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from attrs import frozen
from problems import cliff

import pure_hb as hb

MAX_RESOURCE: Final = 27
TRIALS, EARLY, WORKERS = 60, 20, 4
Beyond = Literal["nan", "fail"]
Config = Mapping[str, Any]


@frozen
class Shape:
    """A space, where it breaks, and the loss at the end of training."""

    space: hb.Space
    broken: Callable[[Config], bool]
    loss: Callable[[Config], float]


def _cube(*names: str) -> hb.Space:
    return hb.Space(**{name: hb.Float(0.0, 1.0) for name in names})


def _gap(config: Config) -> float:
    return cliff.edge(config["temper"]) - float(config["rate"])


def _rest(config: Config) -> float:
    return 0.1 + 0.5 * float(config["temper"] - 0.4) ** 2 + 0.3 * float(config["decay"] - 0.6) ** 2


def _log_rate(config: Config) -> float:
    return math.log10(config["rate"] / 0.1)


SHAPES: Final = {
    "half space, near": Shape(cliff.SPACE, lambda c: _gap(c) < 0.0, lambda c: _rest(c) + _gap(c)),
    "half space, far": Shape(cliff.SPACE, lambda c: _gap(c) < 0.0, lambda c: _rest(c) + abs(c["rate"] - 0.25)),
    "corner, near": Shape(
        _cube("a", "b", "c"),
        lambda c: c["a"] > 0.6 and c["b"] > 0.6,
        lambda c: 1.1 - 0.5 * (c["a"] + c["b"]) + 0.3 * (c["c"] - 0.5) ** 2,
    ),
    "ball, near": Shape(
        _cube("a", "b"),
        lambda c: math.hypot(c["a"] - 0.6, c["b"] - 0.6) < 0.22,
        lambda c: 0.1 + math.hypot(c["a"] - 0.6, c["b"] - 0.6),
    ),
    "value of a choice": Shape(
        hb.Space(a=hb.Float(0.0, 1.0), b=hb.Float(0.0, 1.0), kind=hb.Choice(*"pqrstuvw")),
        lambda c: c["kind"] == "w",
        lambda c: 0.8 - 0.1 * "pqrstuvw".index(c["kind"]) + (c["a"] - 0.5) ** 2 + (c["b"] - 0.3) ** 2,
    ),
    "rate, 6 dimensions": Shape(
        hb.Space(rate=hb.Float(1e-4, 0.32, log=True), **{f"x{i}": hb.Float(0.0, 1.0) for i in range(5)}),
        lambda c: _log_rate(c) > 0.0,
        lambda c: 0.6 - 0.3 * _log_rate(c) + 0.5 * sum((c[f"x{i}"] - 0.5) ** 2 for i in range(5)),
    ),
}


def _value(shape: Shape, config: Config, resource: int) -> float:
    return shape.loss(config) + (math.exp(-3.0 * resource / MAX_RESOURCE) - math.exp(-3.0)) / (1.0 - math.exp(-3.0))


def suggested(setup: hb.Setup, shape: Shape, beyond: Beyond, first: int, trials: int = TRIALS) -> Iterator[bool]:
    """Whether each configuration that is started lies beyond the edge."""
    state, held, count = hb.initial(setup), dict[str, Any](), 0
    while count < trials:
        for worker in (f"worker-{number}" for number in range(WORKERS)):
            if worker in held:
                continue
            state, action = hb.decide(state, hb.Ask(worker))
            if isinstance(action, hb.Start):
                count += 1
                yield shape.broken(action.config)
                held[worker] = (action.trial, action.leg, 0, action.config)
            elif isinstance(action, hb.Resume):
                held[worker] = (action.trial, action.leg, action.start_from, action.config)
            elif isinstance(action, hb.Done):
                return
        for worker, (trial, leg, before, config) in list(held.items()):
            resource, lost = before + 1, before + 1 >= first and shape.broken(config)
            held[worker] = (trial, leg, resource, config)
            value = math.nan if lost else _value(shape, config, resource)
            failed = lost and beyond == "fail"
            event = hb.Fail(trial, leg=leg) if failed else hb.Report(trial, resource, value, leg=leg)
            state, action = hb.decide(state, event)
            if not isinstance(action, hb.Continue):
                del held[worker]


def share(setup: Callable[..., hb.Setup], shape: Shape, beyond: Beyond, first: int, seeds: int) -> float:
    """The share of later suggestions beyond the edge, over some seeds."""
    later: list[bool] = []
    for seed in range(seeds):
        chosen = setup(shape.space, hb.Minimize("loss"), max_resource=MAX_RESOURCE, seed=seed)
        later += list(suggested(chosen, shape, beyond, first))[EARLY:]
    return sum(later) / max(len(later), 1)


METHODS: Final = ("RANDOM", "MOBSTER-JOINT", "MOBSTER-INDEP", "HYPERTUNE-INDEP", "HYPERTUNE-JOINT", "DYHPO", "BOHB")


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(hb.METHODS), metavar="METHOD")
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES), metavar="SHAPE", help="or the begin of a name")
    parser.add_argument("--beyond", nargs="+", default=["nan", "fail"], choices=["nan", "fail"])
    parser.add_argument("--first", nargs="+", type=int, default=[1, cliff.LATER], help="beyond it from these resources")
    parser.add_argument("--option", nargs="*", default=[], metavar="NAME=TEXT", help="options of methods with a model")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--json", type=Path, help="also write the shares there")
    return parser.parse_args()


def main() -> None:
    """Print a table in Markdown."""
    given = arguments()
    shapes = [name for name in SHAPES if any(name.startswith(begin) for begin in given.shapes)]
    columns = [(beyond, first) for beyond in given.beyond for first in given.first]
    found = []
    print("| cliff | method |", *(f"{beyond} from {first} |" for beyond, first in columns))
    print("|---|---|", *("---:|" for _ in columns))
    for name in shapes:
        for method in given.methods:
            options = {} if method in ("RANDOM", "BOHB") else dict(one.split("=") for one in given.option)
            setup = partial(hb.METHODS[method], **options)
            shares = [share(setup, SHAPES[name], beyond, first, given.seeds) for beyond, first in columns]
            print(f"| {name} | {method} |", *(f"{100.0 * one:.0f} |" for one in shares), flush=True)
            found.append({"shape": name, "method": method, "shares": shares})
    if given.json:
        given.json.write_text(json.dumps({"columns": columns, "seeds": given.seeds, "found": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
