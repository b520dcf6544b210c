"""What does it cost to find the row of a table that answers? Lookups alone, and their share of a cheap run.

    python examples/benchmarks/table_lookup.py ../shared/tables_exact/nas-digits.npz

Shown are the rows; the milliseconds of the first lookup, which makes an index; the microseconds of a further one, the
median over configurations that were not asked for before; the processor seconds of a run of ASHA-PROM in which four
workers have the time of 100 full trainings of median cost; and the share of them that lookups took. Without a table one
is made that is exact, of six choices of five values: 15,625 rows.
"""

import argparse
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np

import pure_hb as hb

ASKED: Final = 500
FULL_TRAININGS: Final = 100


def made() -> hb.Table:
    """A table with a row for each of 5^6 configurations."""
    space = hb.Space(**{f"edge_{place}": hb.Choice(*"abcde") for place in range(6)})
    configs = np.stack(np.meshgrid(*[np.arange(5)] * 6, indexing="ij"), axis=-1).reshape(-1, 6)
    draw = np.random.default_rng(0)
    floors = draw.uniform(size=(len(configs), 1))
    epochs = np.arange(1, 28)
    seconds = np.broadcast_to(epochs, (len(configs), 27))
    return hb.Table("made", space, hb.Minimize("loss"), configs, floors + 1.0 / epochs, seconds, exact=True)


def configuration(table: hb.Table, row: int) -> dict[str, Any]:
    """The configuration of a row."""
    pairs = zip(table.space.domains, table.configs[row].tolist(), strict=True)
    return {name: _value(domain, number) for (name, domain), number in pairs}


def _value(domain: hb.Choice | hb.Ordinal | Any, number: float) -> Any:
    if isinstance(domain, hb.Choice | hb.Ordinal):
        return domain.values[int(number)]
    return int(number) if isinstance(domain, hb.Int) else number


def lookups(table: hb.Table) -> tuple[float, float]:
    """Seconds of the first lookup, and the median of further ones."""
    rows = np.random.default_rng(1).permutation(len(table.configs))[: ASKED + 1]
    took = []
    for config in [configuration(table, int(row)) for row in rows]:
        begin = time.perf_counter()
        table.row(config)
        took.append(time.perf_counter() - begin)
    return took[0], median(took[1:])


def run(table: hb.Table, one_lookup: float) -> tuple[float, float]:
    """Processor seconds of a cheap run, and the share of them that lookups of new configurations took."""
    setup = hb.METHODS["ASHA-PROM"](table.space, table.goal, max_resource=table.max_resource)
    begin = time.process_time()
    found = hb.simulate(table, setup, max_time=FULL_TRAININGS / 4 * float(np.median(table.seconds[:, -1])))
    took = time.process_time() - begin
    return took, found.trials * one_lookup / took


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tables", nargs="*", type=Path, metavar="TABLE", help="NAME.npz, beside its NAME.json")
    given = parser.parse_args()
    print("| table | rows | first lookup, ms | further lookup, us | run, s | share of lookups |")
    print("|---|---|---|---|---|---|")
    for load in [lambda path=path: hb.load_table(path) for path in given.tables] or [made]:
        table = load()
        first, further = lookups(table)
        took, share = run(load(), further)
        cells = (table.name, len(table.configs), f"{first * 1e3:.0f}", f"{further * 1e6:.0f}", f"{took:.2f}")
        print(f"| {' | '.join(map(str, cells))} | {share:.0%} |")


if __name__ == "__main__":
    main()
