"""WHO ENDS THE WORKERS OF A SCHEDULER THAT WAS KILLED? The program in `pure_hb.tuning.ending`; this is its handle."""

import contextlib
import os
import subprocess
import sys

from pure_hb.tuning import ending


class Watcher:
    """The program, started beside the workers. If it cannot be started or is killed, a run continues without it."""

    def __init__(self) -> None:
        self._writes = -1
        self._process: subprocess.Popen[bytes] | None = None
        try:
            reads, self._writes = os.pipe()
        except OSError:
            return
        os.set_blocking(self._writes, False)  # a program that was stopped must not stop the scheduler
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", ending.__file__, str(os.getpid())],
                stdin=reads,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,  # neither Ctrl-C nor a signal to the scheduler's group reaches it
            )
        except OSError:
            return
        finally:
            os.close(reads)

    def begun(self, group: int) -> None:
        """Tells that there is a process group."""
        self._tell(b"+ %d\n" % group)

    def ended(self, group: int) -> None:
        """Tells that a process group is gone, since the system may give its number to another one."""
        self._tell(b"- %d\n" % group)

    def let_go(self) -> None:
        """Closes the connection in a fork of the scheduler, so that the program notices when the scheduler is gone."""
        writes, self._writes = self._writes, -1
        if writes >= 0:
            os.close(writes)

    def close(self) -> None:
        """Ends the program, and with it the groups that it knows."""
        self.let_go()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(2 * ending.GRACE_S)

    def _tell(self, line: bytes) -> None:
        with contextlib.suppress(OSError):  # it is gone, or does not read
            os.write(self._writes, line)
