"""IS A FILE ON A DISK OF THIS MACHINE? On a network file system, locks and shared memory do not work between
machines."""

import os
from pathlib import Path
from typing import Final

_NETWORK: Final = frozenset(
    [
        "9p",
        "acfs",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "fuse.ceph",
        "fuse.gcsfuse",
        "fuse.glusterfs",
        "fuse.s3fs",
        "fuse.sshfs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "orangefs",
        "pvfs2",
        "smb2",
        "smb3",
        "smbfs",
    ]
)
_MOUNTS: Final = Path("/proc/self/mounts")


def network_file_system(file: Path, mounts: Path = _MOUNTS) -> str | None:
    """The name of the network file system of a file that exists or will be created; None if it is not on one, or the
    system cannot tell (Linux can). ``file`` is absolute and resolved; ``mounts`` is the system's list of mounts."""
    try:
        lines = mounts.read_bytes().splitlines()
    except OSError:
        return None
    found, longest = "", -1
    for line in lines:
        parts = line.split()
        if len(parts) < 3:
            continue
        point = os.fsdecode(parts[1].decode("unicode_escape").encode("latin-1"))  # a space is written as \040
        if len(point) >= longest and file.is_relative_to(point):
            found, longest = os.fsdecode(parts[2]), len(point)
    return found if found in _NETWORK else None
