"""WHAT DOES CTRL-C DO WHILE THE COMMAND STARTS? It ends the command with one line and status 130, without a traceback.

`pure_hb` imports this module first when the process may be the command, because its other imports take a while. No
journal is open yet, so there is nothing to clean up. Where Ctrl-C is ignored, as under `nohup`, it stays ignored.
SIGTERM is handled like Ctrl-C. The module imports little, because imports take time too.
"""

import itertools
import os
import signal
import sys

STATUS = 130
"""The exit status of a command that was interrupted."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def is_command(arguments: list[str], of_python: list[str]) -> bool:
    """Whether the process runs `pure-hb` or ``python -m pure_hb``, by its arguments and those of Python."""
    program = "".join(arguments[:1])
    if program == "-m":  # it is so while Python looks for the module
        return ("-m", "pure_hb") in itertools.pairwise(of_python)
    return os.path.basename(program) == "pure-hb"


def end_at_once() -> None:
    """From now on Ctrl-C ends the process, until `raise_again`."""
    for number in _SIGNALS:
        if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
            signal.signal(number, _end)


def raise_again() -> None:
    """From now on Ctrl-C raises KeyboardInterrupt, as usual."""
    for number in _SIGNALS:
        if signal.getsignal(number) is _end:
            signal.signal(number, signal.default_int_handler)


def _end(number: int, frame: object) -> None:
    try:
        os.write(2, b"Interrupted.\n")
    finally:
        os._exit(STATUS)


if is_command(sys.argv, sys.orig_argv):
    end_at_once()
