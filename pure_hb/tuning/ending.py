"""HOW DO WORKERS AND THEIR CHILDREN END? By process groups, all within one deadline, even if the scheduler is killed.

This file is also a small program: the scheduler starts it beside its workers, and tells it on its standard input which
process groups there are. When the scheduler is gone, however it went, the program ends these groups and itself. It is
started as a file, without the package and without the site's modules, so that it costs little and nothing can break it.
"""

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable
from typing import Final

GRACE_S: Final = 2.0
"""Seconds that processes have to end after SIGTERM; then they are killed."""
_LOOK_S: Final = 0.01
_PARENT_LOOK_S: Final = 1.0
"""Seconds between two checks whether the parent lives: its input may be held open by a fork of the scheduler."""


def signal_group(group: int, number: signal.Signals) -> None:
    """Sends a signal to all processes of a group. If no process is left, or none belongs to this user, nothing
    happens."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def is_left(group: int) -> bool:
    """Whether a group has a process that can be ended (or has ended, and its parent has not looked at it yet)."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def ask_to_end(group: int) -> None:
    """Sends SIGTERM to a group, and wakes up its stopped processes, so that they can end."""
    signal_group(group, signal.SIGTERM)
    signal_group(group, signal.SIGCONT)


def end_groups(groups: Iterable[int], grace_s: float = GRACE_S, reap: Callable[[], None] = lambda: None) -> None:
    """Ends process groups: sends SIGTERM to all, waits for all together, and then kills those that are left (at once if
    an exception such as Ctrl-C ends the waiting). ``reap`` must wait for the caller's own children, since otherwise the
    system keeps them as processes."""
    left = list(groups)
    for group in left:
        ask_to_end(group)
    deadline = time.monotonic() + grace_s
    try:
        while True:
            reap()
            left = [group for group in left if is_left(group)]
            if not left or time.monotonic() >= deadline:
                return
            time.sleep(_LOOK_S)
    finally:
        for group in left:
            signal_group(group, signal.SIGKILL)


def main(scheduler: int) -> None:
    """Waits until standard input ends or its parent, the scheduler, is gone; then ends the groups that it was told of.

    A line ``+ 4711`` says that the group 4711 has begun, ``- 4711`` that it has ended.
    """
    groups: dict[int, None] = {}
    rest = b""
    while os.getppid() == scheduler:
        if not select.select([0], [], [], _PARENT_LOOK_S)[0]:
            continue
        received = os.read(0, 4096)
        if not received:
            break
        *lines, rest = (rest + received).split(b"\n")
        for line in lines:
            sign, number = line.split()
            if sign == b"+":
                groups[int(number)] = None
            else:
                groups.pop(int(number), None)
    end_groups(groups)


if __name__ == "__main__":
    main(int(sys.argv[1]))
