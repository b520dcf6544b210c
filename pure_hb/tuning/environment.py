"""WHAT ENVIRONMENT DOES A WORKER GET? Ours, its share of the cores, its number, and what the user says for it.

Values of a user may be secrets: no message holds one.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pure_hb.protocol.checks import shown
from pure_hb.space.domains import plain

IN_WORKER: Final = "PURE_HB_WORKER"
"""Set in the environment of worker processes: the number of the worker, from 0 on."""
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_PATHS: Final = "PYTHONPATH"


def environment(ours: Mapping[str, str], workers: int, number: int, asked: Mapping[str, str]) -> dict[str, str]:
    """The environment of one of so many workers. It finds modules where this process does, knows its number, and has
    its share of the cores (unless the user has said how many threads to use). What is asked for it comes over all
    else; its own folders of modules come before ours, without which it could not run."""
    paths = [path or os.getcwd() for path in sys.path]
    if asked.get(_PATHS):
        paths.insert(0, asked[_PATHS])
    share = str(max(1, (os.cpu_count() or 1) // workers))
    return {
        **dict.fromkeys(_THREADS, share),
        **ours,
        "PYTHONUNBUFFERED": "1",
        **asked,
        _PATHS: os.pathsep.join(paths),
        IN_WORKER: str(number),
    }


def environments(given: object) -> tuple[dict[str, str], ...]:
    """What a user asks for the environments of workers, as texts: worker i gets entry i, and begins anew at the end.

    Raises:
        TypeError: if it is no sequence of mappings, or a name or value has another type than text (or int, for values).
        ValueError: if it is empty, if no environment can hold a name or value, or if a name is reserved.
    """
    if given is None:
        return ({},)
    if isinstance(given, Mapping):
        raise TypeError("worker_env is one mapping; write [ {...} ], one for each worker, which they take in turn")
    if not isinstance(given, Sequence) or isinstance(given, str | bytes):
        raise TypeError(
            f'worker_env is a {type(given).__name__}; write a list such as [{{"CUDA_VISIBLE_DEVICES": "0"}}]'
        )
    if not given:
        raise ValueError("worker_env is empty; leave it out, or give at least one mapping")
    return tuple(_checked(f"worker_env[{place}]", one) for place, one in enumerate(given))


def _checked(place: str, given: object) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise TypeError(f'{place} is a {type(given).__name__}; write a mapping such as {{"CUDA_VISIBLE_DEVICES": "0"}}')
    return {_name(place, name): _value(f"{place}[{shown(name)}]", value) for name, value in given.items()}


def _name(place: str, name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"{place} has the name {shown(name)}; names of environment variables are texts")
    if name == IN_WORKER:
        raise ValueError(f"{place} sets {IN_WORKER}, which is the number of the worker; leave it out")
    if not name or "=" in name or not _can_be_held(name):
        raise ValueError(f"{place} has the name {shown(name)}; no environment variable can be called so")
    return name


def _value(place: str, value: Any) -> str:
    value = plain(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise TypeError(f"{place} is a {type(value).__name__}; give a text, or an int")
    if not _can_be_held(value):
        raise ValueError(f"{place} has a character that no environment variable can hold")
    return value


def _can_be_held(text: str) -> bool:
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False
