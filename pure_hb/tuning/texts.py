"""HOW MUCH OF A LONG TEXT IS SHOWN? Texts of exceptions and tracebacks are cut, since they may contain whole arrays."""

import contextlib
import sys
import traceback
from pathlib import Path
from typing import Final

from pure_hb.session import described

_SENTENCE: Final = 1_000
"""The most characters of a text in a message, on the terminal and in the journal."""
_LINE: Final = 10_000
_OURS: Final = Path(__file__).parent.parent
_TRACEBACK: Final = 100_000


def cut(text: str, length: int = _SENTENCE) -> str:
    """The beginning of a text, and how long it is if that is not all."""
    return text if len(text) <= length else f"{text[:length]}... ({len(text):,} characters)"


def sentence_of(error: BaseException) -> str:
    """An exception in a sentence: type, text, file and line."""
    return cut(described(error)) + place_of(error)


def place_of(error: BaseException) -> str:
    """The file and line at which the script raised an exception, or called what raised it in `pure_hb`."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not Path(frame.filename).is_relative_to(_OURS)]
    return f" ({Path(theirs[-1].filename).name} line {theirs[-1].lineno})" if theirs else ""


def traceback_of(error: BaseException) -> str:
    """The traceback of an exception."""
    try:
        lines = traceback.format_exception(error)
    except Exception:  # the exception may raise when it is formatted
        lines = [f"{sentence_of(error)}\n"]
    text = "".join(line if len(line) <= _LINE else f"{cut(line, _LINE)}\n" for line in lines)
    return text if len(text) <= _TRACEBACK else f"{cut(text, _TRACEBACK)}\n"


def write_traceback(error: BaseException) -> None:
    """Writes the traceback of an exception to standard error, which is the log of a worker."""
    text = traceback_of(error)
    with contextlib.suppress(Exception):  # the script may have closed or replaced it
        sys.stderr.write(text)
