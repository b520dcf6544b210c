"""Draws one run as a picture: every trial's curve by what became of it, with the rung levels.

python docs/make_picture.py run.jsonl docs/one_run.png
"""

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

import pure_hb as hb

COLOURS = {"paused early": "#c9c9c9", "paused": "#e3a857", "ended": "#3b6ea8"}


def draw(journal: Path, picture: Path) -> None:
    """Reads a journal and writes a picture of it."""
    header, records, _ = hb.read_journal(journal)
    state = hb.fold(header.setup, ((record.event, record.action) for record in records))
    setup = state.setup
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), width_ratios=(3, 2), constrained_layout=True)
    for trial in state.trials:
        if trial.curve:
            epochs, values = zip(*trial.curve, strict=True)
            kind = "ended" if trial.status is hb.Status.ENDED else "paused early" if trial.highest <= 1 else "paused"
            style = {"marker": ".", "markersize": 3, "linewidth": 1.0, "alpha": 0.9}
            left.plot(epochs, values, color=COLOURS[kind], zorder=2 + (kind == "ended"), **style)
    best = state.best
    if best is not None:
        left.plot([best.resource], [best.value], "*", markersize=14, color="#b3312c", zorder=5)
    for level in setup.levels:
        left.axvline(level, color="black", linewidth=0.6, linestyle=":", zorder=1)
    left.set(xscale="log", yscale="log", xlabel="epoch", ylabel=setup.goal.metric)
    left.set_xticks([*setup.levels, setup.max_resource], [str(one) for one in (*setup.levels, setup.max_resource)])
    left.set_title(f"{len(state.trials)} trials, {state.resource_spent} epochs", fontsize=10)
    handles = [plt.Line2D([], [], color=colour) for colour in COLOURS.values()]
    left.legend(handles, ["paused at the first level", "promoted, then paused", "trained to the end"], fontsize=8)
    reached = [sum(trial.highest >= level for trial in state.trials) for level in (*setup.levels, setup.max_resource)]
    names = [f"epoch {level}" for level in (*setup.levels, setup.max_resource)]
    bars = right.barh(names, reached, color="#7f9fbf")
    right.bar_label(bars, fontsize=9, padding=3)
    right.invert_yaxis()
    right.set_title("trials that got as far as", fontsize=10)
    right.spines[["top", "right", "bottom"]].set_visible(False)
    right.set_xticks([])
    left.spines[["top", "right"]].set_visible(False)
    figure.savefig(picture, dpi=110)


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
