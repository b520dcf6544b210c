"""HOW IS A CHECKPOINT COPIED? Completely or not at all; links stay links; pipes, sockets and devices are left out.

If a regular file or a folder cannot be copied, there is no copy, since the script may need that file. Such a checkpoint
can still be moved.
"""

import os
import shutil
import stat
from pathlib import Path

from attrs import frozen

from pure_hb.checkpoints.parts import clear, mark, parts, remove


class NotCopied(Exception):
    """A file that cannot be copied. The incomplete copy was removed."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file} cannot be copied ({reason})")
        self.file = file


@frozen
class Oddity:
    """Something in a checkpoint that is not in the copy, or a link without a target."""

    file: str
    what: str


def copy(source: Path, target: Path) -> tuple[Oddity, ...]:
    """Copies all parts of a checkpoint to a path beside it. Until that is done, a mark file stands beside the target.
    Links stay links: those into the checkpoint point into the copy, all others to the same target as before. If the
    path itself is a link to another place, its target is copied.

    Raises:
        NotCopied: if a file or folder could not be copied.
    """
    copying = _Copying(source, target)
    unfinished = mark(target)
    try:
        clear(target)
        unfinished.touch()
        copying.run()
    except OSError as error:
        _give_up(target)
        raise NotCopied(copying.file, error.strerror or str(error)) from None
    unfinished.unlink(missing_ok=True)
    return tuple(copying.oddities)


def move(source: Path, target: Path) -> None:
    """Moves all parts of a checkpoint to a path beside it, which needs no disk space. Links point to the same targets
    as in a copy.

    Raises:
        OSError: if that is not possible. If parts are missing at the source, it gets a mark.
    """
    clear(target)
    mark(source).touch()
    try:
        _Copying(source, target).rename()
    finally:
        if not parts(target) or not parts(source):
            mark(source).unlink()


def _give_up(target: Path) -> None:
    """Removes the incomplete copy. If a part cannot be removed, the mark is kept."""
    try:
        clear(target)
        remove(mark(target))
    except OSError:
        return


class _Copying:
    """One copy in progress."""

    def __init__(self, source: Path, target: Path) -> None:
        self.file = str(source)
        """The path that is being copied now."""
        self.oddities: list[Oddity] = []
        self._source, self._target = source, target
        self._places: list[tuple[str, str]] = []
        """Pairs of a path and its path in the copy."""
        self._hard: dict[tuple[int, int], str] = {}

    def run(self) -> None:
        """Copies all parts."""
        self._find_places()
        for part, copy in list(self._places):
            real = self._elsewhere(part) if os.path.islink(part) else part
            if real is not None:
                self._places.append((real, copy))
                self._tree(real, copy)

    def rename(self) -> None:
        """Moves all parts."""
        self._find_places()
        for part, copy in self._places:
            os.rename(part, copy)
        for part, copy in self._places:
            for folder, folders, files in os.walk(copy):
                for name in filter(os.path.islink, (os.path.join(folder, name) for name in (*folders, *files))):
                    text = self._text(os.readlink(name), part + name[len(copy) :], name)
                    os.unlink(name)
                    os.symlink(text, name)

    def _find_places(self) -> None:
        found = parts(self._source)
        copies = [self._target.with_name(self._target.name + part.name[len(self._source.name) :]) for part in found]
        self._places = [(str(part), str(copy)) for part, copy in zip(found, copies, strict=True)]

    def _elsewhere(self, part: str) -> str | None:
        """What to copy for a part that is a link: the link itself if it points to another part, else its target, if
        that can be copied."""
        self.file = part
        if self._in_copy(os.path.normpath(os.path.join(os.path.dirname(part), os.readlink(part)))) is not None:
            return part
        real = os.path.realpath(part)
        if not os.path.exists(part):
            self._note("is a link to nowhere, and was left out")
        elif _holds(real, str(self._target)):
            self._note("is a link to a folder that it stands in, and was left out")
        else:
            return real
        return None

    def _tree(self, top: str, copy: str) -> None:
        """Copies a folder, without recursion, since folders may be deep. Folders get their modes and times last, after
        their files."""
        folders: list[tuple[str, str]] = []
        pending = [(top, copy)]
        while pending:
            self.file, to = here, there = pending.pop()
            mode = os.lstat(here).st_mode
            if stat.S_ISLNK(mode):
                self._link(here, there)
            elif stat.S_ISDIR(mode):
                os.mkdir(to)
                folders.append((here, there))
                names = sorted(os.listdir(here), reverse=True)
                pending += [(os.path.join(here, name), os.path.join(there, name)) for name in names]
            elif stat.S_ISREG(mode):
                self._regular(here, there)
            else:
                self._note(f"is {_kind(mode)}, and was left out")
        for self.file, to in reversed(folders):
            shutil.copystat(self.file, to)

    def _regular(self, file: str, copy: str) -> None:
        about = os.lstat(file)
        first = self._hard.setdefault((about.st_dev, about.st_ino), copy) if about.st_nlink > 1 else copy
        if first != copy:
            os.link(first, copy)
        else:
            shutil.copy2(file, copy, follow_symlinks=False)

    def _link(self, link: str, copy: str) -> None:
        os.symlink(self._text(os.readlink(link), link, copy), copy)
        shutil.copystat(link, copy, follow_symlinks=False)
        if not os.path.exists(link):
            self._note("is a link to nowhere, and was left as it is")
        elif _holds(os.path.realpath(link), link):
            self._note("is a link to a folder that it stands in, and was left as it is")

    def _text(self, text: str, link: str, copy: str) -> str:
        """The target of the copy of a link: in the copy, or the same as that of the link."""
        folder = os.path.dirname(copy)
        leads_to = os.path.normpath(os.path.join(os.path.dirname(link), text))
        inside = self._in_copy(leads_to)
        if inside is None and os.path.isabs(text):  # the folder may have another name
            inside = self._in_copy(os.path.join(os.path.realpath(os.path.dirname(text)), os.path.basename(text)))
        wanted = leads_to if inside is None else inside
        if (inside is not None and os.path.isabs(text)) or os.path.normpath(os.path.join(folder, text)) != wanted:
            return os.path.relpath(wanted, folder)
        return text

    def _in_copy(self, path: str) -> str | None:
        """The path in the copy of a path of the checkpoint; None if it is not in the checkpoint."""
        return next((copy + path[len(place) :] for place, copy in self._places if _holds(place, path)), None)

    def _note(self, what: str) -> None:
        self.oddities.append(Oddity(self.file, what))


def _holds(folder: str, path: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a named pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"
