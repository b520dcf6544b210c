"""WHERE IS THE LOG THAT SEVERAL PROCESSES WRITE? In a database: one file for each kind, and the list of them.

A store appends a line if the log still ends where the writer has seen it end, and reads lines from any number on. What
the lines say, it does not know. To add one, write a class with the members of `Store`, and list it here.
"""

from collections.abc import Callable
from typing import Final

from pure_hb.journal.address import Address
from pure_hb.journal.regular import JournalError
from pure_hb.journal.stores.store import Moment as Moment
from pure_hb.journal.stores.store import Store as Store
from pure_hb.journal.stores.store import Stored as Stored


def _sqlite(address: Address, *, write: bool, warn: Callable[[str], None] | None) -> Store:
    from pure_hb.journal.stores.sqlite import SqliteStore

    return SqliteStore(address, write=write, warn=warn)


def _postgres(address: Address, *, write: bool, warn: Callable[[str], None] | None) -> Store:
    from pure_hb.journal.stores.postgres import PostgresStore

    return PostgresStore(address, write=write, warn=warn)


STORES: Final[dict[str, Callable[..., Store]]] = {"sqlite": _sqlite, "postgresql": _postgres}
"""Scheme of the URL -> the store; each library is imported when it is used."""


def open_store(address: Address, *, write: bool, warn: Callable[[str], None] | None = None) -> Store:
    """The store at an address. With ``write``, what it needs is made on first use. ``warn`` is told when a connection
    was lost, and when it is back.

    Raises:
        JournalError: if there is no such store, it cannot be reached, or is no store of ours.
    """
    if address.scheme not in STORES:
        known = ", ".join(f"{scheme}://" for scheme in STORES)
        raise JournalError(
            f"{address}: {address.scheme}:// is no kind of journal; there are {known} and paths of files"
        )
    return STORES[address.scheme](address, write=write, warn=warn)
