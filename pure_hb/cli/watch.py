"""pure-hb watch JOURNAL: a live view of a run in the terminal, from its log alone."""

import time
from collections import Counter, deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from attrs import define, field

from pure_hb.cli.common import Duration, JournalPlace, imports, number, sentences
from pure_hb.journal import Head, Place, Record
from pure_hb.journal.reader import Reader, header_of, open_for_reading
from pure_hb.journal.regular import unusable
from pure_hb.journal.replay import step
from pure_hb.machine import State, Trial, initial
from pure_hb.protocol import explain
from pure_hb.space.showing import cut, printable

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_LAST: Final = 8
"""The number of last decisions that are shown."""
_RUNNING: Final = 16
"""The most running trials that are shown."""
_BAR: Final = 30


@click.command("watch", short_help="Show a run while it goes on.")
@imports
@click.argument("journal", type=JournalPlace())
@click.option("--every", type=Duration(), default="1s", show_default=True, help="Time between two looks at the log.")
@click.option("--once", is_flag=True, help="Print the view once and end, as is done when the output is not a terminal.")
def watch_command(journal: Place, every: float, once: bool) -> None:
    """Show a run while it goes on.

    Shows rungs, running trials, the best result so far and the last decisions. Ctrl-C ends it. The JOURNAL is only
    read; another process may write it.
    """
    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False)
    with sentences():
        watched = Watched(journal)
        watched.look()
        if once or not console.is_terminal:
            console.print(view(watched))
            return
        with Live(view(watched), console=console, refresh_per_second=4, screen=True) as live:
            while True:
                time.sleep(every)
                watched.look()
                live.update(view(watched))


@define
class Watched:
    """A growing log, and the state after the lines that were read."""

    place: Place
    state: State | None = None
    head: Head | None = None
    last: deque[Record] = field(factory=lambda: deque(maxlen=_LAST))

    def look(self) -> None:
        """Read the new lines. An incomplete last line is read the next time.

        Raises:
            JournalError: if it cannot be read, or is damaged.
            ReplayError: if a record is impossible after those before it.
        """
        try:
            with open_for_reading(self.place) as file:
                reader = Reader(file, str(self.place))
                header = header_of(reader)
                if self.head is None or self.state is None or not reader.skip_to(self.head):
                    self.state = initial(header.setup)
                    self.last.clear()
                for record in reader:
                    self.state = step(self.state, record.number, record.event, record.action)
                    self.last.append(record)
                self.head = reader.head
        except OSError as error:
            raise unusable(str(self.place), error) from None


# ---- what is seen --------------------------------------------------------------------------------------------------


def view(watched: Watched) -> "RenderableType":
    """The whole view. Text of the log is inserted as plain text, so that nothing in it is interpreted as markup."""
    from rich.console import Group
    from rich.text import Text

    state, head = watched.state, watched.head
    assert isinstance(state, State)
    assert isinstance(head, Head)
    said = [_words(explain(record.action).partition("\n")[0]) for record in watched.last]
    lines = [f"{record.number}: {text}" for record, text in zip(watched.last, said, strict=True)]
    parts: list[RenderableType] = [
        Text(_words(f"{name_of(watched.place)}: {state.setup.method}, {state.setup.goal!r}"), style="bold"),
        Text(f"{head.number} records, {head.elapsed:.1f} s; {_counts(state)}; {state.resource_spent} epochs"),
        Text(_best(state)),
        Text(""),
        _rungs(state),
        Text(""),
        _running(state) if len(state.trials.running) else Text("nobody trains now"),
        Text(""),
        Text("\n".join(lines), style="dim"),
    ]
    return Group(*parts)


def name_of(place: Place) -> str:
    """The name of the journal: that of its file, or its URL without a password."""
    return place.name if isinstance(place, Path) else str(place)


def _words(text: str) -> str:
    return cut(printable(text), 200)


def _counts(state: State) -> str:
    counts = Counter("observed" if trial.observed else trial.status.value for trial in state.trials)
    return f"{len(state.trials)} trials: " + (", ".join(f"{counts[one]} {one}" for one in sorted(counts)) or "none")


def _best(state: State) -> str:
    if state.best is None:
        return "no result yet"
    best = state.best
    config = _words(repr(state.trials[best.trial].config))
    return f"best {number(best.value)} of trial {best.trial} after epoch {best.resource}: {config}"


def _table(*titles: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, justify="left" if title in ("", "worker", "configuration") else "right", no_wrap=True)
    return table


def _rungs(state: State) -> "Table":
    from rich.text import Text

    table = _table("bracket", "level", "entries", "wait", "best", "")
    most = max((len(rung) for system in state.ladder.systems for rung in system), default=0)
    for bracket, system in enumerate(state.ladder.systems):
        for rung in system:
            best = state.setup.goal.to_minimise(rung.kth_best(0)) if len(rung) else None
            bar = "█" * round(_BAR * len(rung) / max(1, most))
            which = str(bracket) if state.ladder.plan.separate else "all"
            cells = (which, rung.level, len(rung), rung.entries.waiting, number(best))
            table.add_row(*map(str, cells), Text(bar, style="blue"))
    return table


def _running(state: State) -> "Table":
    from rich.text import Text

    table = _table("worker", "trial", "epoch", "to", "value", "configuration")
    running: list[Trial] = sorted(state.trials.running.values(), key=lambda trial: trial.number)
    for trial in running[:_RUNNING]:
        value: Any = trial.curve[-1][1] if trial.curve else None
        cells = (str(trial.number), str(trial.highest), str(trial.until), number(value))
        name, config = Text(cut(printable(trial.worker or ""), 20)), Text(_words(repr(trial.config)))
        table.add_row(name, *cells, config)
    if len(running) > _RUNNING:
        table.add_row("...", str(len(running)), "", "", "", Text("run in all"))
    return table
