"""WHICH JOURNAL IS IN A FILE? The hash of its header identifies it, wherever the file is."""

import os
import stat

from pure_hb.journal.records import BEGINNING, LINE_LIMIT, seal


def stands(path: str, identity: str) -> bool:
    """Whether the journal with this identity (see `FileJournal.identity`) is at a path. True if that cannot be told,
    because the file is damaged or may not be read."""
    if "://" in path:  # a store, which may be out of reach now
        return True
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # opening a pipe would block for ever
            return False
        with open(path, "rb") as file:
            header = file.readline(LINE_LIMIT + 1).removesuffix(b"\n")
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError:
        return True
    if not header.startswith(BEGINNING):
        return False
    ending = seal(bytes(32))
    is_sealed = len(header) > len(ending) and header.endswith(ending[-2:])
    return not is_sealed or header.endswith(seal(bytes.fromhex(identity)))
