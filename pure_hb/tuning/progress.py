"""WHAT DOES A PERSON SEE WHILE IT RUNS? A live table on a terminal, plain lines elsewhere, nothing when quiet."""

import sys
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final, Protocol, Self, TextIO, cast

from pure_hb.machine import State, Status
from pure_hb.session import Session
from pure_hb.space.showing import printable
from pure_hb.streams import Forgiving

_EVERY_S: Final = 10.0
"""Seconds between two plain status lines."""


class Progress(Protocol):
    """Shows a run. A context manager."""

    def update(self, session: Session, tasks: Mapping[str, str]) -> None:
        """Called after every event; ``tasks`` says in words what each worker does."""
        ...

    def tell(self, text: str) -> None:
        """Shows a line that must not be missed."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def make_progress(quiet: bool) -> Progress:
    """The display that fits where the output goes."""
    if quiet:
        return Quiet()
    return Live() if Forgiving(sys.stderr).isatty() else Plain()


def status_line(state: State, elapsed: float) -> str:
    """The run in one line."""
    running, paused, ended = (
        sum(trial.status is status for trial in state.trials)
        for status in (Status.RUNNING, Status.PAUSED, Status.ENDED)
    )
    best = f"best {state.best.value:.6g} (trial {state.best.trial})" if state.best else "no result yet"
    return (
        f"{elapsed:7.1f} s  {len(state.trials)} trials: {running} running, {paused} paused, {ended} ended; "
        f"{state.resource_spent} epochs, {best}"
    )


class Quiet:
    """Shows only what must not be missed."""

    def update(self, session: Session, tasks: Mapping[str, str]) -> None:
        """Shows nothing."""

    def tell(self, text: str) -> None:
        """Prints the line on standard error."""
        print(printable(text), file=Forgiving(sys.stderr), flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        return None


class Plain(Quiet):
    """A line for every new best value, and a status line now and then."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._last, self._best = now, now(), None

    def update(self, session: Session, tasks: Mapping[str, str]) -> None:
        """Prints a line if there is a new best value, or one is due."""
        best: Any = session.state.best
        if best != self._best or self._now() - self._last >= _EVERY_S:
            self._best, self._last = best, self._now()
            self.tell(status_line(session.state, session.elapsed))


class Live:
    """A table that is redrawn in place."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        self._console = Console(file=cast("TextIO", Forgiving(sys.stderr)))
        self._live = RichLive(console=self._console, refresh_per_second=4, transient=True)

    def update(self, session: Session, tasks: Mapping[str, str]) -> None:
        """Redraws the table."""
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False)
        for title in ("worker", "doing"):
            table.add_column(title, style="bold" if title == "worker" else "", no_wrap=True, overflow="ellipsis")
        for worker, task in tasks.items():
            table.add_row(Text(worker), Text(printable(task)))
        state, best = session.state, session.state.best
        lines = [Text(status_line(state, session.elapsed))]
        if best is not None:
            lines.append(Text(f"best configuration {state.trials[best.trial].config!r}", style="green"))
        self._live.update(Group(*lines, table))

    def tell(self, text: str) -> None:
        """Prints a line above the table."""
        from rich.text import Text

        self._console.print(Text(printable(text)))

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._live.__exit__(kind, error, None)
