"""HOW DOES A SESSION SAY WHAT IS WRONG? Its error, its warning, and whose line is warned about."""

import sys
import warnings


class SessionWarning(UserWarning):
    """A warning that a script does something that is probably a mistake."""


class SessionError(RuntimeError):
    """A call that this session cannot answer. The message says why, and what to do."""


def warn_user(message: str) -> None:
    """Warn at the line of the user's code that made the call."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("pure_hb."):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, SessionWarning, stacklevel=level)


def refusal(name: str) -> SessionError:
    """The exception for a call made in the middle of another one."""
    return SessionError(
        f"{name}() was called in the middle of another call of this session, by a signal handler most likely; there "
        "call trial.release(), trial.complete() or trial.fail(reason), which wait until the other call is over"
    )
