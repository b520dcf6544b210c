"""FILE OR DATABASE? The address of a journal: a path, or the URL of a store that several processes may write.

    run.jsonl                                        a file
    sqlite:///run.db                                 a database file here; four slashes before an absolute path
    postgresql://ann@db.example.org/runs?journal=a   journal "a" in a database on a server

``journal`` names one of several journals of a database. All other words after ``?`` are for the store.
"""

import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from attrs import field, frozen

from pure_hb.journal.regular import JournalError

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SQUEEZED: Final = re.compile(r"(sqlite|postgres|postgresql):(?!//)/*")
"""What `pathlib` makes of a URL, and a common typing error."""
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_SECRET: Final = frozenset({"password", "passfile", "sslpassword"})
DEFAULT_NAME: Final = "run"


@frozen(repr=False)
class Address:
    """The address of a store and the name of one of its journals. Its text form has no password.

    Raises:
        JournalError: if the name of the journal could not be the name of a file.
    """

    scheme: str
    url: str
    """The URL without ``journal``, as the library of the store takes it; it may hold a password."""
    name: str = DEFAULT_NAME
    """The name of the journal in the database."""
    shown: str = ""
    file: Path | None = field(default=None)
    """The database file, absolute; None if the store is on a server."""
    options: tuple[tuple[str, str], ...] = ()
    """(name, value) of each option after ``?``, without ``journal``."""

    def __attrs_post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise JournalError(
                f"{self.shown}: {self.name!r} is no name of a journal; take letters, digits, '.', '_' and '-', 100 at "
                "most, for example ?journal=run-7"
            )

    def __str__(self) -> str:
        return self.shown

    __repr__ = __str__

    @property
    def key(self) -> str:
        """A text that is the same for all processes that use this journal, on every machine."""
        place = "" if self.file is None else str(self.file)
        return f"{self.scheme}://{place}?journal={self.name}"

    @property
    def beside(self) -> Path:
        """The path to whose name ``.checkpoints`` and ``.logs`` are added: the database file, or NAME here."""
        if self.file is None:
            return Path(os.path.abspath(self.name))
        return self.file if self.name == DEFAULT_NAME else self.file.with_name(f"{self.file.name}-{self.name}")


Place = Path | Address
"""The place of a journal."""


def place_of(journal: str | Path | Address) -> Place:
    """The place that a text means: a URL with a scheme is an address, everything else is a path.

    Raises:
        JournalError: if the name of the journal is not allowed, or a URL was made a path.
        TypeError: if it is neither a text nor a path.
    """
    if isinstance(journal, Address):
        return journal
    if not isinstance(journal, str | bytes | os.PathLike):
        way = "give a path such as run.jsonl, or a URL such as sqlite:///run.db"
        raise TypeError(f"the journal is a {type(journal).__name__}; {way}")
    text = os.fspath(journal)
    if not isinstance(text, str):
        return Path(os.fsdecode(text))
    squeezed = _SQUEEZED.match(text)
    if squeezed is not None:
        slashes = "///" if squeezed[1] == "sqlite" else "//"
        url = f"{squeezed[1]}:{slashes}{text[squeezed.end() :]}"
        raise JournalError(f"{text}: a URL has two slashes, which a path cannot hold; give it as text: {url!r}")
    return _parsed(text) if _URL.match(text) else Path(text)


def _parsed(text: str) -> Address:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise JournalError(f"the URL of a journal cannot be read: {error}") from None
    scheme = {"postgres": "postgresql"}.get(parts.scheme.lower(), parts.scheme.lower())
    words = parse_qsl(parts.query, keep_blank_values=True)
    name = next((value for key, value in words if key == "journal"), DEFAULT_NAME)
    options = tuple((key, value) for key, value in words if key != "journal")
    url = _written(parts._replace(scheme=scheme, query=urlencode(options)))
    return Address(
        scheme,
        url,
        name,
        _shown(parts._replace(scheme=scheme)),
        _file(text, parts) if scheme == "sqlite" else None,
        options,
    )


def _shown(parts: SplitResult) -> str:
    """A URL without its password."""
    user, at, host = parts.netloc.rpartition("@")
    words = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([(key, "***" if key.lower() in _SECRET else value) for key, value in words], safe="*/:")
    return _written(parts._replace(netloc=f"{user.partition(':')[0]}{at}{host}", query=query))


def _written(parts: SplitResult) -> str:
    """A URL with its two slashes, also where no host follows; `geturl` leaves them out then."""
    return f"{parts.scheme}://{parts.netloc}{parts.path}{'?' if parts.query else ''}{parts.query}"


def _file(text: str, parts: SplitResult) -> Path:
    """The file of ``sqlite:///run.db``, in this folder, or of ``sqlite:////data/run.db``."""
    path = unquote(parts.path)[1:]
    if parts.netloc or not path or path.endswith("/"):
        raise JournalError(
            f"{text}: this URL names no database file; write sqlite:///run.db for a file in this folder, and "
            "sqlite:////data/run.db for one elsewhere"
        )
    return Path(os.path.realpath(os.path.expanduser(path)))
