"""What may be on a disk after the power went? A file whose writes are cached, and all that a crash may leave of it.

The journal writes a real file, through the system calls of `Disk`, which keeps the books: what has been synced, and
what has happened since. After a crash each sector holds any of the contents that it had since the last sync, and the
file has any of the sizes; where a file grew but the data did not come, there are zeros. A name is there for sure only
when its folder was synced.
"""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from attrs import frozen

SECTOR: Final = 64
"""Smaller than real ones, so that a record is torn at more places."""
MANY: Final = 24
"""So many crashes are drawn where there are more possible ones."""


@frozen
class Remains:
    """What a crash leaves of the file; None if not even its name."""

    data: bytes | None
    in_order: bool
    """Whether no sector is there that was written after one that is not."""


@frozen
class Moment:
    """When the power may go: the contents since the last sync, oldest first, and whether the file's name is safe."""

    versions: tuple[bytes, ...]
    named: bool

    def remains(self, draw: random.Random) -> Iterator[Remains]:
        """What may be left. All that keeps the order, and draws of what does not."""
        if not self.named:
            yield Remains(None, True)
        old, new = self.versions[0], self.versions[-1]
        yield Remains(old, True)
        kept = min(map(len, self.versions))
        for end in sorted({*range(kept // SECTOR * SECTOR, len(new), SECTOR), len(new)} - {0}):
            if end >= kept and new.startswith(old[:end]):
                yield Remains(new[:end], True)
                yield Remains(new[:end] + bytes(len(new) - end), True)
        for _ in range(MANY if len(self.versions) > 1 else 0):
            yield Remains(self._any(draw), False)

    def _any(self, draw: random.Random) -> bytes:
        size = draw.choice([len(version) for version in self.versions])
        sectors = [draw.choice(self.versions)[start : start + SECTOR] for start in range(0, size, SECTOR)]
        return b"".join(sector.ljust(SECTOR, b"\0") for sector in sectors)[:size]


class Disk:
    """The system calls of `os`, with books about one file. Everything else is passed on."""

    def __init__(self, path: Path, before_call: Callable[[str], None] = lambda _: None) -> None:
        self.path = path
        self._before_call = before_call
        self._versions: list[bytes] = [path.read_bytes() if path.exists() else b""]
        self._named = path.exists()
        self.moments: list[tuple[Moment, int]] = []
        """All moments so far, each with how many records had been told to anybody."""
        self.told = -1
        """The number of the last record that somebody was told of; -1 before the journal was open."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def _call(self, name: str, file: int, call: Callable[[], Any]) -> Any:
        self._before_call(name)
        self.note()
        result = call()
        if name != "fsync" and self._is_ours(file):
            self._versions.append(self.path.read_bytes())
        self.note()
        return result

    def _is_ours(self, file: int) -> bool:
        return os.path.samestat(os.fstat(file), os.stat(self.path))

    def write(self, file: int, data: Any) -> int:
        return int(self._call("write", file, lambda: os.write(file, data)))

    def ftruncate(self, file: int, size: int) -> None:
        self._call("ftruncate", file, lambda: os.ftruncate(file, size))

    def fsync(self, file: int) -> None:
        self._call("fsync", file, lambda: os.fsync(file))
        if self._is_ours(file):
            self._versions = [self.path.read_bytes()]
        elif os.path.samestat(os.fstat(file), os.stat(self.path.parent)):
            self._named = True
        self.note()

    def note(self) -> None:
        """Here the power may go."""
        self.moments.append((Moment(tuple(self._versions), self._named), self.told))

    def tell(self, number: int) -> None:
        """Somebody was told of the records up to this one."""
        self.told = number
        self.note()
