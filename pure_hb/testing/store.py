"""WHAT MUST A STORE DO? The interface of a journal of your own, and a log with values that are hard to store."""

import math
import sys
from collections.abc import Iterable
from typing import Final, Protocol

import pure_hb as hb
from pure_hb.journal import Record
from pure_hb.space import Domain, Value, default_configuration


class Store(Protocol):
    """A journal that is open for writing; `pure_hb.journal.FileJournal` is one."""

    @property
    def number(self) -> int:
        """The number of the last record that this object has found or appended; 0 in a new journal."""
        ...

    def append(
        self, event: hb.Event, action: hb.Action, elapsed: float, time: str | None, seconds: float | None, /
    ) -> object:
        """Appends record ``number + 1``. When this returns, the record is safe. If another writer has appended since,
        it must raise an exception, because the decision was made without that record."""
        ...

    def read(self) -> Iterable[Record]:
        """All records of the journal, in order. `Record.session` is not compared."""
        ...

    def close(self) -> None:
        """Closes the journal, so that another writer may open it."""
        ...


_TEXTS: Final = (
    "\U0001f642",
    "line\nbreak\ttab\x00nul",
    "\u202eright to left",
    'quotes " and \\',
    "e\u0301 and \u00e9",
    "",
)
_NUMBERS: Final = (-0.0, 5e-324, sys.float_info.max, -sys.float_info.max, 0.1, 1e16, 1e-5, -1.0)
_EPOCHS: Final = 81


def odd_log() -> tuple[hb.Setup, tuple[Record, ...]]:
    """A setup, and a log of it with values that are hard to store: NaN, infinities, -0.0, the smallest and the largest
    numbers; emoji, control characters and look-alikes in names and texts; records with and without times."""
    domains: dict[str, Domain] = {"x": hb.Float(0.0, 1.0), "k\u00efnd \U0001f642": hb.Choice(*_TEXTS[:-1])}
    setup = hb.asha(hb.Space(**domains), hb.Minimize("error"), max_resource=_EPOCHS, type="stopping", max_failures=2)
    state, records = hb.initial(setup), list[Record]()
    for event in _events(dict(default_configuration(setup.space))):
        state, action = hb.decide(state, event)
        assert action.logged
        number = len(records) + 1
        time = None if number % 2 else "2026-01-01T00:00:00.000001+00:00"
        records.append(Record(number, event, action, number / 7, time, None if number % 3 else 5e-324))
    return setup, tuple(records)


def _events(config: dict[str, Value]) -> Iterable[hb.Event]:
    yield hb.Ask(_TEXTS[0])
    for epoch, value in enumerate(_NUMBERS, 1):
        yield hb.Report(0, epoch, value, cost=abs(value))
    yield hb.Report(0, len(_NUMBERS) + 1, math.nan)
    yield hb.Observe({**config, "x": 5e-324}, ((1, math.inf),))
    yield hb.Observe({**config, "x": 1.0}, ((1, -0.0), (2, math.nan)))
    for trial, worker in enumerate(_TEXTS[1:3], 3):
        yield hb.Ask(worker)
        yield hb.Fail(trial, "".join(_TEXTS))
        yield hb.Ask(worker, new_trials=False)
        yield hb.Report(trial, 1, -math.inf, leg=1)
    yield hb.Ask(_TEXTS[3])
    yield hb.Release(5, _TEXTS[4])
    yield hb.Ask(_TEXTS[0])
    yield from (hb.Report(5, epoch, -1.0 / epoch) for epoch in range(1, _EPOCHS))
    yield hb.Complete(5)
