"""WHICH JOURNAL STANDS THERE? The hash of its header tells it from every other, wherever its file stands."""

import os
import stat

from pure_hb.journal.records import BEGINNING, LINE_LIMIT, seal


def stands(path: str, identity: str) -> bool:
    """Whether the journal with an identity (see `FileJournal.identity`) stands at a path. If that cannot be told, since
    the file is damaged or may not be read, it is taken to stand there."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # opening a pipe would wait for ever
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
