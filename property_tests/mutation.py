"""WOULD A TEST NOTICE? Plants small faults in rungs, machine, search and surrogate, one by one, and runs quick tests.

    python property_tests/mutation.py --results mutation.json                 all of the folders, or what is left of it
    python property_tests/mutation.py --results ... --only rungs/ordered.py   one file (may be given several times)
    python property_tests/mutation.py --results ... --sample 50               so many of what is left, spread evenly
    python property_tests/mutation.py --results ... --again                   what survived, after tests were written
    python property_tests/mutation.py --results ... --slow                    slower tests on what survived
    python property_tests/mutation.py --results ... --planted                 the faults that were made by hand
    python property_tests/mutation.py --results ... --page docs/measurements/mutation.md   write what was found

Every result is written at once, so a run may be interrupted and goes on where it was. What survives is explained in
`survivors.json`, by file and mutant, or by a rule for its kind (`property_tests/mutation_rules.py`).

A process that has imported everything but the library forks a child for each mutant; the child puts the mutant in the
place of its module, imports the library and runs the tests, the quickest first, up to the first failure. A child that
takes too long counts as found: a fault that hangs is noticed.
"""

import argparse
import ast
import importlib
import importlib.abc
import importlib.util
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from itertools import pairwise
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from property_tests.mutants import Mutant, mutants_of  # after the path
from property_tests.mutation_page import (
    KILLED,
    ROOT,
    SLOWLY,
    SURVIVED,
    TIMEOUT,
    Results,
    files,
    page,
    why_it_survives,
)
from property_tests.mutation_suites import SLOW, SUITES, Stages, stages_of
from property_tests.planted import PLANTED

SECONDS: Final = 25
"""Of processor time, for one mutant."""
MEMORY: Final = 6 * 2**30


# ---- one mutant ----------------------------------------------------------------------------------------------------


class _Loader(SourceFileLoader):
    code: CodeType

    def get_code(self, fullname: str) -> CodeType:
        return self.code


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module: the mutant."""

    def __init__(self, name: str, path: Path, code: CodeType) -> None:
        self.name, self.loader = name, _Loader(name, str(path))
        self.loader.code = code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.loader.path, loader=self.loader)


def outcome(file: str, faulty: ast.Module | None, *, slow: bool = False) -> str:
    """What becomes of a file with a fault; None: of the file as it is."""
    seconds = 8 * SECONDS if slow else SECONDS
    child = os.fork()
    if child == 0:
        try:
            os.setpgid(0, 0)  # to end it with all that it has started
            _quiet()
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            os._exit(_tested(file, faulty, stages_of(file, slow=slow)))
        finally:
            os._exit(1)
    return _waited_for(child, 40.0 * seconds)  # of time on the wall: others may need the processor


def module_of(file: str) -> str:
    """The name under which a file is imported: that of its folder, if it is the file of a package."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _quiet() -> None:
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)


def _tested(file: str, faulty: ast.Module | None, stages: Stages) -> int:
    """0 if all tests pass."""
    import pytest

    if faulty is not None:
        path = ROOT / file
        sys.meta_path.insert(0, _Finder(module_of(file), path, compile(faulty, str(path), "exec")))
    for stage in stages:
        warm = "ignore::pytest.PytestAssertRewriteWarning"  # plugins that the parent has imported
        if pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-W", warm, *stage]) != 0:
            return 1
    return 0


def _waited_for(child: int, longest: float) -> str:
    end = time.monotonic() + longest
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL):
                return TIMEOUT
            return SURVIVED if os.waitstatus_to_exitcode(status) == 0 else KILLED
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return TIMEOUT


def warm_up() -> None:
    """Import all that the tests import, but for the library and the tests."""
    tests = [test for stages in (*SUITES.values(), SLOW) for stage in stages for test in stage]
    code = (
        "import sys, pytest; sys.stdout = sys.stderr; "
        f"pytest.main(['--collect-only', '-q', '-p', 'no:cacheprovider', *{tests!r}]); "
        "sys.__stdout__.write('\\n'.join(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, env=os.environ
    )
    for name in found.stdout.split("\n"):
        if name.split(".")[0] not in ("pure_hb", "tests", "property_tests", "conftest", "__main__"):
            try:
                importlib.import_module(name)
            except Exception:  # whatever cannot be imported by itself is imported by the child
                continue


# ---- all of them ---------------------------------------------------------------------------------------------------


def spread(left: list[tuple[str, Mutant]], sample: int | None, seed: int = 0) -> list[tuple[str, Mutant]]:
    """So many of a list: it is cut into parts of equal length, and one of each is drawn at random. They come in random
    order, so that what was run when a run is interrupted is spread evenly too."""
    if sample is None or sample >= len(left):
        return left
    rng, ends = random.Random(seed), [place * len(left) // sample for place in range(sample + 1)]
    chosen = [left[rng.randrange(begin, end)] for begin, end in pairwise(ends)]
    rng.shuffle(chosen)
    return chosen


def run(
    path: Path, only: Sequence[str], sample: int | None, slow: bool, again: bool, *, apart: Path | None = None
) -> Results:
    """Run what is left; or, slowly or again, what survived and is not explained. Return all results. Mutants that stand
    in the results ``apart`` are not run."""
    results: Results = json.loads(path.read_text()) if path.exists() else {}
    others: Results = json.loads(apart.read_text()) if apart is not None else {}
    left = [
        (file, mutant)
        for file in files(only)
        for mutant in mutants_of((ROOT / file).read_text())
        if mutant.name not in others.get(file, {}) and _is_due(file, mutant.name, results, again=slow or again)
    ]
    chosen = spread(left, sample)
    if not chosen:
        return results
    warm_up()
    _without_a_fault(chosen[0][0], slow=slow)
    for number, (file, mutant) in enumerate(chosen, 1):
        began = time.monotonic()
        found = outcome(file, mutant.tree, slow=slow)
        found = SLOWLY if slow and found != SURVIVED else found
        results.setdefault(file, {})[mutant.name] = found
        path.write_text(json.dumps(results, indent=1, sort_keys=True))
        took = time.monotonic() - began
        print(f"{number}/{len(chosen)} {took:5.1f} s {found:8} {file}:{mutant.line} {mutant.name}", flush=True)
    return results


def _without_a_fault(file: str, *, slow: bool = False) -> None:
    if outcome(file, None, slow=slow) != SURVIVED:
        raise SystemExit("the tests fail without any fault; make them pass first")


def _is_due(file: str, name: str, results: Results, *, again: bool) -> bool:
    became = results.get(file, {}).get(name)
    return became == SURVIVED and why_it_survives(file, name) is None if again else became is None


def run_planted(path: Path, *, again: bool) -> Results:
    """Run the faults that were made by hand (``again``: only those that survived), each by the quick tests of its file.
    Return all results."""
    results: Results = json.loads(path.read_text()) if path.exists() else {}
    warm_up()
    _without_a_fault(PLANTED[0].file)
    for one in PLANTED:
        if results.get(one.file, {}).get(one.name) not in ((None, SURVIVED) if again else (None,)):
            continue
        found = outcome(one.file, one.tree_of((ROOT / one.file).read_text()))
        results.setdefault(one.file, {})[one.name] = found
        path.write_text(json.dumps(results, indent=1, sort_keys=True))
        print(f"{found:8} {one.file} {one.what}", flush=True)
    return results


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and write what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--results", type=Path, required=True, help="where results are kept, as JSON")
    parser.add_argument("--only", action="append", default=[], help="a folder, or a file as its name ends; repeatable")
    parser.add_argument("--sample", type=int, help="at most so many mutants")
    parser.add_argument("--apart", type=Path, help="results of another sample, whose mutants are not run")
    parser.add_argument("--slow", action="store_true", help="run slower tests on what survived and is not explained")
    parser.add_argument("--again", action="store_true", help="run what survived and is not explained once more")
    parser.add_argument("--planted", action="store_true", help="run the faults that were made by hand")
    parser.add_argument("--fresh", type=Path, help="with --page: a sample as it was before tests were written for it")
    parser.add_argument("--page", type=Path, help="write the page of what was found, and run nothing")
    given: Any = parser.parse_args(arguments)
    os.environ.setdefault("HYPOTHESIS_PROFILE", "quick")
    os.chdir(ROOT)
    if given.page is not None:
        fresh = None if given.fresh is None else json.loads(given.fresh.read_text())
        given.page.write_text(page(json.loads(given.results.read_text()), fresh))
        return 0
    if given.planted:
        results = run_planted(given.results, again=given.again)
    else:
        results = run(given.results, given.only, given.sample, given.slow, given.again, apart=given.apart)
    became = [one for mutants in results.values() for one in mutants.values()]
    print(f"{len(became) - became.count(SURVIVED)} of {len(became)} noticed, {became.count(TIMEOUT)} by their time")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
