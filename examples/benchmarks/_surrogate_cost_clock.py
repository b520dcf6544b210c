"""How is a short function timed? In turns with others, by its processor time and by the wall clock.

With the LAPACK calls that no likelihood can do without. Import after the number of threads is set.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any, Final

import numpy as np
from scipy.linalg import lapack

TURN: Final = 0.03
"""Seconds that one side has in one turn of short calls, about."""
Times = dict[str, list[float]]
"""``cpu`` and ``wall``: seconds of each call."""


def clocked(call: Callable[[], object], times: int = 1, between: Callable[[], object] = lambda: None) -> Times:
    """Processor time and wall clock of each call; ``between`` is called before each, untimed."""
    cpu, wall = [], []
    for _ in range(times):
        between()
        before, since = time.process_time(), time.perf_counter()
        call()
        cpu.append(time.process_time() - before)
        wall.append(time.perf_counter() - since)
    return {"cpu": cpu, "wall": wall}


def in_turns(sides: Mapping[str, Callable[[], Times]], turns: int) -> dict[str, dict[str, float]]:
    """Medians for each side, which take turns."""
    found: dict[str, list[Times]] = {name: [] for name in sides}
    for _ in range(turns):
        for name, side in sides.items():
            found[name].append(side())
    return {name: medians(all_turns) for name, all_turns in found.items()}


def medians(turns: Sequence[Times]) -> dict[str, float]:
    """Over all calls of all turns."""
    return {kind: median([one for turn in turns for one in turn[kind]]) for kind in ("cpu", "wall")}


def for_a_turn(call: Callable[[], object], between: Callable[[], object] = lambda: None) -> Callable[[], Times]:
    """A side that calls a short function some times in each turn, the first time untimed."""
    seconds = median(clocked(call, 3, between)["wall"])
    times = int(np.clip(TURN / seconds, 1, 25))

    def turn() -> Times:
        between()
        call()
        return clocked(call, times, between)

    return turn


# ---- LAPACK ----------------------------------------------------------------------------------------------------------


def lapack_in_place(sizes: Sequence[int]) -> Callable[[], Times]:
    """dpotrf + dpotri, nothing copied while the clock runs."""
    matrices = [_positive_definite(n) for n in sizes]
    work = [np.empty_like(matrix) for matrix in matrices]

    def refresh() -> None:
        for room, matrix in zip(work, matrices, strict=True):
            np.copyto(room, matrix)

    def call() -> None:
        for room in work:
            factor, _ = lapack.dpotrf(room, lower=1, clean=0, overwrite_a=1)
            lapack.dpotri(factor, lower=1, overwrite_c=1)

    return for_a_turn(call, refresh)


def lapack_as_called(sizes: Sequence[int]) -> Callable[[], Times]:
    """dpotrf + dpotri on arrays of numpy, with the copies that scipy makes by default."""
    matrices = [np.ascontiguousarray(_positive_definite(n)) for n in sizes]

    def call() -> None:
        for matrix in matrices:
            factor, _ = lapack.dpotrf(matrix, lower=1)
            lapack.dpotri(factor, lower=1)

    return for_a_turn(call)


def _positive_definite(n: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    root = np.random.default_rng(n).normal(size=(n, n))
    return np.asfortranarray(root @ root.T + n * np.eye(n))
