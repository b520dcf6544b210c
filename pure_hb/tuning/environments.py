"""WHICH ENVIRONMENT DOES EACH WORKER GET? The variables that the user sets for it, such as the device that it may use.

Values may be secrets: they appear in no message, no `repr` and no journal.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

from attrs import field, frozen

from pure_hb.protocol.checks import shown
from pure_hb.space.domains import plain
from pure_hb.tuning.worker import IN_WORKER

_EXAMPLE: Final = '[{"CUDA_VISIBLE_DEVICES": "0"}, {"CUDA_VISIBLE_DEVICES": "1"}]'


@frozen
class Environments:
    """Environment variables for workers; if there are more workers than entries, entries are used in turn."""

    entries: tuple[Mapping[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def checked(cls, given: Any) -> Self:
        """The value of the user's option ``worker_env``, with integers as texts.

        Raises:
            TypeError: if it is no sequence of mappings of texts.
            ValueError: if the system does not allow a name or value, or the name is reserved.
        """
        if isinstance(given, Mapping):
            raise TypeError(
                "worker_env is one mapping; it is a sequence of them, one for each worker in turn. For the same "
                "environment in all workers write [ {...} ]"
            )
        if isinstance(given, str | bytes) or not isinstance(given, Iterable):
            raise TypeError(f"worker_env is a {type(given).__name__}; it is a sequence of mappings, as {_EXAMPLE}")
        return cls(tuple(_checked(f"worker_env[{place}]", entry) for place, entry in enumerate(given)))

    def of(self, worker: int) -> Mapping[str, str]:
        """The variables of a worker, by its number."""
        return self.entries[worker % len(self.entries)] if self.entries else {}

    def doubts(self, workers: int) -> tuple[str, ...]:
        """Sentences about settings that are probably mistakes."""
        if len(self.entries) <= workers:
            return ()
        count = len(self.entries)
        return (f"worker_env has {count} entries (devices), and there are {workers} workers: give workers={count}",)


NO_ENVIRONMENTS: Final = Environments()


def _checked(place: str, entry: Any) -> Mapping[str, str]:
    if not isinstance(entry, Mapping):
        raise TypeError(f"{place} is a {type(entry).__name__}; it is a mapping from names to texts, as in {_EXAMPLE}")
    return {_name(place, name): _text(f"{place}[{shown(name)}]", value) for name, value in entry.items()}


def _name(place: str, name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"{place} has a name that is a {type(name).__name__}; it is a text")
    if name == IN_WORKER:
        raise ValueError(f"{place} sets {IN_WORKER}, which is the number of the worker; leave it out")
    if not name or "=" in name or not _is_possible(name):
        raise ValueError(f"{place} has a name that is empty, or holds '=' or NUL, which no variable can have")
    return name


def _text(place: str, value: Any) -> str:
    value = plain(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise TypeError(f"{place} is a {type(value).__name__}; it is a text")
    if not _is_possible(value):
        raise ValueError(f"{place} has a character that no variable can hold: NUL, or one that cannot be encoded")
    return str(value)


def _is_possible(text: str) -> bool:
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False
