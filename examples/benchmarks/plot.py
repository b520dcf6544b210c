"""What did `methods.py` find? Pictures and tables of its file.

    python examples/benchmarks/plot.py out.json

Into the folder `docs` (or `--into`): `results_regret.png`, the regret over simulated time on each table (interquartile
mean over the seeds, 95% bootstrap interval), `results_ranks.png`, mean ranks over time, and the measured part of
`recorded.md`. Regrets of the reference system (`docs/measurements/results_reference.json`) stand beside ours.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from _results import Runs, load_runs, ranks, reference_regrets
from _results_page import lasting, measured_part, page
from _summaries import band

import pure_hb as hb

ROOT: Final = Path(__file__).resolve().parents[2]
SHOWN: Final = (
    "RANDOM", "ONE-EPOCH", "ASHA-PROM", "BOHB", "MOBSTER-JOINT", "HYPERTUNE-INDEP", "HYPERTUNE-JOINT", "DYHPO",
)  # fmt: skip
"""The methods in the pictures; more could not be told apart."""
COLOURS: Final = dict(
    zip(SHOWN, ("#9a9a9a", "#c9a66b", "#000000", "#56a35a", "#d62728", "#1f77b4", "#76b7e0", "#9467bd"), strict=True)
)
DASHED: Final = ("BOHB", "HYPERTUNE-JOINT")
"""Those that often cover another method's line."""
LOWEST: Final = 5e-4
"""Smaller regrets, 0 included, are drawn here, at the bottom."""
POINTS: Final = 120


def draw_regret(runs: Runs, methods: Sequence[str], path: Path) -> None:
    """A panel for each table."""
    plt = _pyplot()
    columns = min(3, len(runs.of))
    rows = -(-len(runs.of) // columns)
    figure, panels = plt.subplots(rows, columns, figsize=(5.2 * columns, 3.7 * rows), squeeze=False)
    for panel, (table, found) in zip(panels.flat, runs.of.items(), strict=False):
        for method in methods:
            if method in found:
                curves = list(found[method].values())
                times = np.geomspace(0.03, min(curve.budget for curve in curves), POINTS)
                regrets = np.array([[curve.at(time) for time in times] for curve in curves])
                started = np.isfinite(regrets).all(axis=0)
                mean, low, high = band(np.where(np.isfinite(regrets), regrets, 0.0))
                colour = COLOURS.get(method)
                mean, low, high = (np.maximum(one[started], LOWEST) for one in (mean, low, high))
                panel.plot(times[started], mean, color=colour, label=method, lw=1.6, ls=_style(method))
                panel.fill_between(times[started], low, high, color=colour, alpha=0.12, lw=0)
        panel.set_title(table, fontsize=11)
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_ylim(LOWEST, 1.2)
        panel.axvline(1.0, color="#bbbbbb", lw=0.8, zorder=0)
        panel.set_xlabel("simulated time / T")
        panel.set_ylabel("normalised regret")
    for panel in list(panels.flat)[len(runs.of) :]:
        panel.set_visible(False)
    handles, labels = panels.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=min(8, len(labels)), frameon=False)
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    figure.savefig(path, dpi=110)
    plt.close(figure)


def draw_ranks(runs: Runs, methods: Sequence[str], path: Path) -> None:
    """Mean ranks among the shown methods, over time."""
    plt = _pyplot()
    figure, panel = plt.subplots(figsize=(7.5, 4.4))
    shares = lasting(runs)
    for end in [share for share in (1.0, 4.0) if share in shares]:
        begin = 0.1 if end == 1.0 else 1.0
        times = np.geomspace(begin, end, POINTS // 3)
        of = [ranks(runs.until(end), methods, float(time)) for time in times]
        for method in methods:
            label = method if end == 1.0 else None
            ranked = [one[method] for one in of]
            panel.plot(times, ranked, color=COLOURS.get(method), label=label, lw=1.8, ls=_style(method))
    panel.set_xscale("log")
    panel.set_xlabel("simulated time / T")
    panel.set_ylabel("mean rank (1 is the best)")
    panel.invert_yaxis()
    panel.axvline(1.0, color="#bbbbbb", lw=0.8, zorder=0)
    panel.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _style(method: str) -> str:
    return "--" if method in DASHED else "-"


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("results", type=Path, help="the file that methods.py has written")
    parser.add_argument(
        "--into",
        type=Path,
        default=ROOT / "docs" / "measurements",
        help="the folder that is written to (default docs/measurements)",
    )
    parser.add_argument("--reference", type=Path, default=ROOT / "docs" / "measurements" / "results_reference.json")
    return parser.parse_args()


def main() -> None:
    """Draw and write."""
    given = arguments()
    runs = load_runs(given.results, list(hb.METHODS))
    if not runs.methods:
        raise SystemExit(f"{given.results} has no runs; make some with examples/benchmarks/methods.py")
    shown = [method for method in SHOWN if method in runs.methods] or runs.methods
    given.into.mkdir(parents=True, exist_ok=True)
    draw_regret(runs, shown, given.into / "results_regret.png")
    draw_ranks(runs, shown, given.into / "results_ranks.png")
    reference = reference_regrets(given.reference) if given.reference.exists() else {}
    machine = json.loads(given.results.read_text(encoding="utf-8"))["machine"]
    told = given.into / "recorded.md"
    before = told.read_text(encoding="utf-8") if told.exists() else "# What do the methods find?\n"
    told.write_text(page(before, measured_part(runs, reference, machine)), encoding="utf-8")
    print(f"{told}, results_regret.png and results_ranks.png beside it")


if __name__ == "__main__":
    main()
