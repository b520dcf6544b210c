"""WHERE ARE CHECKPOINTS IF THE MACHINES SHARE NO FOLDER? Behind a URL of fsspec: fetched before a leg, and stored.

A leg trains in a local folder. Before it reports at a level, it stores this folder under a new URL; a stored checkpoint
is never changed. In the folder of checkpoints beside the journal, a small file with the URL stands for the checkpoint.
It is copied, kept and removed there like any other checkpoint.
"""

import contextlib
import importlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from attrs import define, evolve, field

from pure_hb.checkpoints.owner_file import OWNER
from pure_hb.machine import State, Status
from pure_hb.session import described
from pure_hb.tuning.channel import Answer, Leg, Reported
from pure_hb.tuning.errors import ScriptError
from pure_hb.tuning.patience import TuningError
from pure_hb.tuning.texts import cut

POINTER: Final = "stored-at.json"
"""The file that has the URL of a checkpoint, in its place."""
_WHOLE: Final = ".whole"
"""The suffix of the file that marks a checkpoint as complete."""


# ---- in a leg -------------------------------------------------------------------------------------------------------


@contextmanager
def fetched(leg: Leg) -> Iterator[Leg]:
    """The leg with a local folder that has its checkpoint; a leg without a store is returned unchanged.

    Raises:
        Exception: any exception of the file system from which it is fetched.
    """
    if not leg.store:
        yield leg
        return
    folder = tempfile.mkdtemp(prefix=f"pure_hb-trial-{leg.trial}-")
    try:
        if leg.fetch:
            files, path = _file_system(leg.fetch)
            if not files.exists(path + _WHOLE):
                raise FileNotFoundError(f"the checkpoint {leg.fetch} is not there, or not whole")
            files.get(f"{path}/", f"{folder}/", recursive=True)
        yield evolve(leg, checkpoint=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def storing(leg: Leg, ask: Callable[[Reported], Answer]) -> Callable[[Reported], Answer]:
    """A function that reports, and before that stores the folder of the leg if the report may make a rung entry."""
    if not leg.store:
        return ask
    until = leg.until

    def report(message: Reported) -> Answer:
        nonlocal until
        if message.resource >= until:
            message = evolve(message, stored=_store(leg, message.resource))
        answer = ask(message)
        until = answer.until
        return answer

    return report


def _store(leg: Leg, resource: int) -> str:
    url = f"{leg.store}/epoch-{resource}"
    files, path = _file_system(url)
    files.makedirs(path, exist_ok=True)
    files.put(f"{leg.checkpoint}/", f"{path}/", recursive=True)
    files.pipe_file(path + _WHOLE, b"")
    return url


def _file_system(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path there. Raises `ScriptError` without fsspec, `ValueError` for an unknown
    scheme, `ImportError` for one whose library is missing."""
    try:
        fsspec = importlib.import_module("fsspec")
    except ImportError:
        raise ScriptError(f"checkpoints at {url} need fsspec: pip install 'pure_hb[fsspec]'") from None
    files, path = fsspec.core.url_to_fs(url)
    return files, str(path).rstrip("/")


# ---- in the process that decides ------------------------------------------------------------------------------------


@define
class Store:
    """A URL with the checkpoints of one journal."""

    url: str
    _trained: set[int] = field(factory=set)
    """Trials with stored checkpoints that must be removed later."""

    @classmethod
    def of(cls, url: str) -> "Store":
        """The store at a URL.

        Raises:
            ScriptError: if fsspec is not installed.
            TuningError: if it does not know the scheme of the URL.
        """
        url = url.rstrip("/")
        try:
            _file_system(url)
        except (ValueError, ImportError, OSError) as error:
            raise TuningError(f"checkpoints cannot be kept at {url}: {cut(described(error))}") from None
        return cls(url)

    def claim(self, folder: Path) -> None:
        """Writes the owner file of the folder beside the journal to the store, too, and notes which trials have
        checkpoints there.

        Raises:
            TuningError: if the store is another journal's, or cannot be written.
        """
        ours = (folder / OWNER).read_bytes()
        names = (path.name.partition("-") for path in folder.glob("trial-*"))
        self._trained.update(int(number) for _, _, number in names if number.isdecimal())
        try:
            files, path = _file_system(self.url)
            files.makedirs(path, exist_ok=True)
            place = f"{path}/{OWNER}"
            found = json.loads(files.cat_file(place)) if files.exists(place) else None
            if found is None:
                files.pipe_file(place, ours)
        except Exception as error:  # any file system may be behind the URL
            raise TuningError(f"{self.url}: checkpoints cannot be kept there: {cut(described(error))}") from None
        if found is not None and found.get("identity") != json.loads(ours)["identity"]:
            raise TuningError(
                f"{self.url}: holds the checkpoints of another journal, {found.get('journal')!r}; give another URL, or "
                "remove what is there"
            )

    def leg(self, leg: Leg, folder: Path) -> Leg:
        """The leg with the URL of its checkpoint, which the folder beside the journal names, and the URL for new
        ones."""
        fetch = ""
        self._trained.add(leg.trial)
        if leg.start_from:
            with contextlib.suppress(OSError, ValueError):
                fetch = str(json.loads((folder / POINTER).read_text(encoding="utf-8"))["url"])
        store = f"{self.url}/trial-{leg.trial}/leg-{leg.leg}"
        return evolve(leg, fetch=fetch, store=store, start_from=leg.start_from if fetch else 0)

    def note(self, stored: str, folder: Path) -> None:
        """Writes the URL of its checkpoint into the folder of a leg. Raises `OSError`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / POINTER).write_text(json.dumps({"url": stored}) + "\n", encoding="utf-8")

    def remove_ended(self, state: State, folder: Path) -> None:
        """Removes the stored checkpoints of ended trials whose folders beside the journal were removed."""
        for number in sorted(self._trained):
            if state.trials[number].status is Status.ENDED and not (folder / f"trial-{number}").exists():
                self._trained.discard(number)
                with contextlib.suppress(Exception):  # files that cannot be removed are left
                    files, path = _file_system(f"{self.url}/trial-{number}")
                    if files.exists(path):
                        files.rm(path, recursive=True)


def store_of(checkpoints: str | Path | None) -> Store | None:
    """The store, if the checkpoints are a URL. Raises the same as `Store.of`."""
    return Store.of(checkpoints) if isinstance(checkpoints, str) and "://" in checkpoints else None
