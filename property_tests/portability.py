"""Are decisions the same on other processors? `python property_tests/portability.py [--by-model N] [--quick]`

Plays runs of all methods here, then starts one child for each environment that can be had: kernels of OpenBLAS, numpy
and glibc without their groups for newer processors, one and two threads. Each child decides every record again from
the state and the fit that the journal tells of, and plays the runs again by itself. Exit code 1: less than is owed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from attrs import astuple, frozen

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import pure_hb as hb  # noqa: E402  # found by the path above
from property_tests.portability_play import DESCENT, FIELDS, SPACES, Run, environment, write  # noqa: E402  # found by the path above

KERNELS: Final = ("Katmai", "Nehalem", "Sandybridge", "Haswell", "SkylakeX")
ASKED: Final = {"Katmai": "Prescott"}
"""What OpenBLAS is asked for where it reports another name."""
GLIBC_OFF: Final = "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F"
METHODS: Final = (*hb.METHODS, *(name + DESCENT for name in ("MOBSTER-JOINT", "MOBSTER-INDEP", "HYPERTUNE-INDEP")))
QUICK_METHODS: Final = ("ASHA-STOP", "BOHB", "MOBSTER-JOINT", "HYPERTUNE-INDEP", "DYHPO")
OWED: Final = 0.9999
OWED_WHOLE: Final = 0.99


@frozen
class Variant:
    """An environment: what is set, and what must be seen in it."""

    name: str
    variables: Mapping[str, str]
    kernel: str | None = None
    threads: int | None = None
    numpy_off: bool = False
    glibc_off: bool = False

    def took(self, seen: Mapping[str, Any], here: Mapping[str, Any]) -> bool:
        """Whether it took effect; ``here`` is what this process sees."""
        return (
            (self.kernel is None or seen["kernels"] == [self.kernel])
            and (self.threads is None or seen["threads"] == [self.threads])
            and (not self.numpy_off or (bool(here["numpy"]) and not seen["numpy"]))
            and (not self.glibc_off or seen["glibc"] != here["glibc"])
        )


def variants(kernels: list[str], here: Mapping[str, Any], *, quick: bool) -> Iterator[Variant]:
    """All environments."""
    for kernel in kernels:
        yield Variant(f"kernel {kernel}", {"OPENBLAS_CORETYPE": ASKED.get(kernel, kernel)}, kernel)
    if quick:
        return
    numpy_off, glibc_off = {"NPY_DISABLE_CPU_FEATURES": " ".join(here["numpy"])}, {"GLIBC_TUNABLES": GLIBC_OFF}
    yield Variant("numpy without its groups", numpy_off, numpy_off=True)
    yield Variant("glibc without its groups", glibc_off, glibc_off=True)
    yield Variant("1 thread", {"OPENBLAS_NUM_THREADS": "1"}, threads=1)
    yield Variant("2 threads", {"OPENBLAS_NUM_THREADS": "2"}, threads=2)
    last = {**numpy_off, **glibc_off, "OPENBLAS_CORETYPE": "Nehalem"}
    yield Variant("Nehalem, numpy and glibc without", last, "Nehalem", numpy_off=True, glibc_off=True)


def asked(variant: Variant, *arguments: str) -> dict[str, Any] | None:
    """What a child says; None if it cannot run there."""
    command = [sys.executable, "-m", "property_tests.portability_play", *arguments]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), **variant.variables}
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode > 0:
        raise SystemExit(f"{variant.name}: {done.stderr}")
    return json.loads(done.stdout) if done.returncode == 0 else None


@frozen
class Plan:
    """What is played: until there are so many states, and so many decisions among them that a model made."""

    methods: tuple[str, ...]
    suggestions: int
    states: int
    by_model: int
    seeds: int


def play(folder: Path, plan: Plan) -> list[Run]:
    """Runs of the methods, seed by seed and space by space."""
    runs, states, by_model = [], 0, 0
    for seed in range(plan.seeds):
        for space in range(len(SPACES)):
            for method in plan.methods:
                run = Run(method, space, seed, plan.suggestions)
                more, more_by_model = write(run, folder)
                states, by_model = states + more, by_model + more_by_model
                runs.append(run)
            if states >= plan.states and by_model >= plan.by_model:
                return runs
    return runs


def line(variant: Variant, found: Mapping[str, Any]) -> tuple[str, bool]:
    """A row of the table, and whether it is as good as is owed."""
    fields = found["fields"]
    states = fields["states"]
    good = all(fields[name] >= OWED * states for name in FIELDS) and fields["numbers"] >= OWED * fields["compared"]
    good = good and fields["same by a model"] >= OWED * fields["by a model"]
    good = good and found["whole"] >= OWED_WHOLE * found["runs"]
    cells = [
        variant.name,
        str(states),
        *(str(states - fields[name]) for name in FIELDS),
        f"{fields['same by a model']} of {fields['by a model']}",
        f"{fields['numbers']} of {fields['compared']}",
        f"{found['whole']} of {found['runs']}",
    ]
    return "| " + " | ".join(cells) + " |", good


def table(folder: Path, runs: list[Run], chosen: list[Variant], jobs: int) -> tuple[list[str], bool, int]:
    """The lines to print, whether all is as it shall be, and how many environments could be had."""
    here = environment()
    listed = folder / "runs.json"
    listed.write_text(json.dumps([astuple(run) for run in runs]))
    probed = [(one, asked(one)) for one in chosen]
    had = [one for one, seen in probed if seen is not None and one.took(seen["environment"], here)]
    with ThreadPoolExecutor(jobs) as pool:
        answers = pool.map(lambda one: asked(one, str(folder), str(listed)), had)
        found = dict(zip([one.name for one in had], answers, strict=True))
    heads = ["environment", "states", *(f"other {name}" for name in FIELDS), "same by a model", "numbers", "whole runs"]
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    verdict = bool(had)
    for one in chosen:
        answer = found.get(one.name)
        if answer is None:
            lines.append("| " + " | ".join([one.name, "cannot be had here", *([""] * (len(heads) - 2))]) + " |")
            verdict = verdict and one not in had
        else:
            row, good = line(one, answer)
            lines.append(row)
            verdict = verdict and good
    return lines, verdict, len(had)


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--states", type=int, default=10_000, help="play until there are so many decisions")
    parser.add_argument("--by-model", type=int, default=0, help="and so many of them by a model")
    parser.add_argument("--suggestions", type=int, default=30, help="of each run")
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS, metavar="METHOD")
    parser.add_argument("--seeds", type=int, default=9, help="at most so many seeds of each method on each space")
    parser.add_argument("--kernels", default=",".join(KERNELS), help="names of kernels as OpenBLAS reports them")
    parser.add_argument("--jobs", type=int, default=2, help="children at a time")
    parser.add_argument("--quick", action="store_true", help="a few methods, one space, kernels only")
    parser.add_argument("--write", type=Path, help="write what is printed to a file, too")
    options = parser.parse_args()
    here, plan = environment(), Plan(QUICK_METHODS, 14, 1, 0, 1)
    if not options.quick:
        plan = Plan(tuple(options.methods), options.suggestions, options.states, options.by_model, options.seeds)
    with tempfile.TemporaryDirectory() as name:
        runs = play(Path(name), plan)
        chosen = list(variants(options.kernels.split(","), here, quick=options.quick))
        lines, good, had = table(Path(name), runs, chosen, options.jobs)
    told = [
        f"Played with {', '.join(here['kernels'])}, numpy with {', '.join(here['numpy']) or 'no groups'}; "
        "numbers are compared as `verify` does.",
        "",
        *lines,
        "",
        f"{had} environments could be had. "
        + ("As good as is owed." if good else "Less than is owed: 9,999 of 10,000 for each field, 99 % of the runs."),
    ]
    print("\n".join(told))
    if options.write:
        options.write.write_text("\n".join(told) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
