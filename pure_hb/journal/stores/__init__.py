"""WHERE IS A LOG THAT SEVERAL PROCESSES WRITE? In a database: one module for each kind, and the list of them.

A store appends a line if no other process has appended one in the meantime, and reads lines from any number on. It does
not know what the lines mean. To add a store, write a class with the members of `Store`, and list it here.
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
    """The store at an address. With ``write``, its tables are created at the first use. ``warn`` gets a message when
    the connection is lost, and when it is back.

    Raises:
        JournalError: if there is no such kind of store, it cannot be reached, or it is not a store of `pure_hb`.
    """
    if address.scheme not in STORES:
        known = ", ".join(f"{scheme}://" for scheme in STORES)
        raise JournalError(
            f"{address}: {address.scheme}:// is no kind of journal; there are {known} and paths of files"
        )
    return STORES[address.scheme](address, write=write, warn=warn)
