"""WHERE IS OUTPUT PRINTED? On the standard streams as long as they are read; after that the run continues
silently."""

import errno
import os
from typing import Final, TextIO

_STREAMS: Final = (0, 1, 2)


def fill_closed_streams() -> None:
    """Open the null device for each standard stream that is closed. Otherwise the next file that is opened, such as the
    journal, gets its number, and with it all that libraries print."""
    for number in _STREAMS:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free: this one


class Forgiving:
    """A text stream that ignores what cannot be written. None stands for a stream that was closed when Python
    started."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes what can be written."""
        self._try("write", text)
        return len(text)

    def flush(self) -> None:
        """Flushes, if the stream is still read."""
        self._try("flush")

    def isatty(self) -> bool:
        """Whether a person looks at it."""
        return bool(self._try("isatty"))

    @property
    def encoding(self) -> str:
        """The encoding of the stream."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def _try(self, method: str, *arguments: str) -> object:
        if self._stream is None:
            return None
        try:
            return getattr(self._stream, method)(*arguments)
        except (OSError, ValueError) as error:
            drain(self._stream, error)
            return None


def drain(stream: TextIO, error: Exception) -> None:
    """Send what is left in the buffer of a stream without a reader to the null device; otherwise Python would fail at
    exit."""
    if isinstance(error, OSError) and error.errno in (errno.EPIPE, errno.EIO):
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
        except (OSError, ValueError):
            return
