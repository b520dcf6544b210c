"""How do tests get a PostgreSQL of their own? By the server binaries of this machine, in a temporary folder, on a free
port; not as root, which PostgreSQL refuses. Without binaries such tests are skipped, with a message."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

_LIMIT_S = 60.0
_USERS = ("postgres", "nobody")


class Server:
    """A server that is running; `stop` and `start` it at will."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self.port = folder, port

    def url(self, journal: str) -> str:
        """The address of a journal of a name."""
        return f"postgresql://tester@127.0.0.1:{self.port}/postgres?journal={journal}"

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -k {self._folder}"
        self._pg_ctl("-l", str(self._folder / "log"), "-o", options, "-w", "start")

    def stop(self, how: str = "immediate") -> None:
        self._pg_ctl("-m", how, "-w", "stop")

    def _pg_ctl(self, *words: str) -> None:
        _as_user(["pg_ctl", "-D", str(self._folder / "data"), *words], self._folder)


@contextmanager
def running_server() -> Iterator[Server]:
    """A server for the time of some tests. Skips if there is none on this machine."""
    if _binary("initdb") is None:
        pytest.skip("no PostgreSQL server binaries on this machine (Debian: apt-get install postgresql)")
    with TemporaryDirectory(prefix="pg") as name:
        folder = Path(name)
        user = _user()
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        _as_user(["initdb", "-A", "trust", "-U", "tester", "-N", "-D", str(folder / "data")], folder)
        server = Server(folder, _free_port())
        server.start()
        try:
            yield server
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                server.stop()


def _binary(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(found[-1]) if found else None)


def _user() -> pwd.struct_passwd | None:
    """The user to be instead of root; None if this is not root."""
    if os.geteuid() != 0:
        return None
    known = {one.pw_name: one for one in pwd.getpwall()}
    return next((known[name] for name in _USERS if name in known), None)


def _as_user(command: list[str], folder: Path) -> None:
    binary = _binary(command[0])
    assert binary is not None
    user = _user()
    as_whom: dict[str, Any] = {}
    if user is not None:
        as_whom = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    command = [binary, *command[1:]]  # a pipe would stay open in the server
    subprocess.run(command, check=True, cwd=folder, timeout=_LIMIT_S, stdout=subprocess.DEVNULL, **as_whom)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
