"""How do tests get a journal as a run of some hundred records leaves it? By a simulation, with times as of a run."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pure_hb as hb
from pure_hb.journal import open_file_journal
from tests.small_table import write_table

TRIALS = 90


@cache
def real_log() -> tuple[hb.Setup, bytes]:
    """A setup and the bytes of its journal: two brackets, four workers, values that are no numbers among the others."""
    with TemporaryDirectory() as name:
        table = hb.load_table(write_table(Path(name)))
        setup = hb.asha(table.space, table.goal, max_resource=9, brackets=2, seed=5)
        path = Path(name) / "run.jsonl"
        with open_file_journal(path, setup, sync="batch", timed=False).journal as journal:

            def record(time: float, event: hb.Event, action: hb.Action) -> None:
                number = journal.number + 1
                date = f"2026-01-01T00:{number // 60:02}:{number % 60:02}.000000+00:00"
                journal.append(event, action, round(time, 6), date, number / 4096)

            hb.simulate(table, setup, max_trials=TRIALS, record=record)
        return setup, path.read_bytes()
