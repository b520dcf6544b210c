"""Draws what the surrogates make of recorded learning curves, for docs/surrogates.md.

    python docs/make_surrogate_pictures.py FOLDER

One picture for each group of models: a row for each model, a column for each table of the folder. The search is that of
docs/_extrapolation.py with seed 0. Three curves are shown: of the trials that ended at the first level, of those that
ended at the third, and of the configurations that were not started, always the one in the middle by its last value.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from _extrapolation import LEADING, MODELS, Fitted, Search, fitted, search_by_asha
from _extrapolation_scores import CENTRAL
from attrs import frozen
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from PIL import Image

import pure_hb as hb
from pure_hb.surrogate import SearcherData, points, standardisation

GROUPS: Final = {
    "surrogates_leading.png": LEADING,
    "surrogates_kernels.png": tuple(name for name in MODELS if name not in LEADING and not name.startswith("gp_")),
    "surrogates_additive.png": ("gp_expdecay", "gp_issm"),
}
COLOURS: Final = ("#d1822a", "#3b6ea8", "#5a9a57")
KINDS: Final = ("ended at the first level", "ended at the third level", "new configuration")


@frozen
class Shown:
    """A curve of the table, and how far the models know it."""

    row: int
    trial: int
    """-1 for a new configuration."""
    last: int
    """0 for a new configuration."""
    colour: str


def chosen(search: Search) -> list[Shown]:
    """Of each kind the curve in the middle by its last value."""

    def middle(rows: Sequence[int]) -> int:
        return sorted(rows, key=lambda row: search.value(row, search.levels[-1]))[len(rows) // 2]

    found = []
    for level, colour in ((search.levels[0], COLOURS[0]), (search.levels[2], COLOURS[1])):
        row = middle([row for trial, row in enumerate(search.rows) if search.last(trial) == level])
        found.append(Shown(row, search.rows.index(row), level, colour))
    return [*found, Shown(middle(search.others), -1, 0, COLOURS[2])]


def limits(search: Search, curves: Sequence[Shown]) -> tuple[float, float]:
    """What the curves show, and half a standard deviation of all that was seen to either side."""
    values = [search.value(one.row, resource) for one in curves for resource in range(1, search.levels[-1] + 1)]
    room = 0.5 * standardisation(search.table(SearcherData.RUNGS).value).scale
    return min(values) - room, max(values) + room


def draw_curve(axes: Any, search: Search, model: Fitted, one: Shown, at: Sequence[int]) -> None:
    """The curve, and the prediction of its unknown part at some resources."""
    epochs = np.arange(1, search.levels[-1] + 1)
    values = np.array([search.value(one.row, int(epoch)) for epoch in epochs])
    known = epochs <= one.last
    axes.plot(epochs[known], values[known], color=one.colour, linewidth=1.8, marker="s", markersize=2.8)
    thinned = np.unique(np.round(np.geomspace(1, len(epochs), 24)).astype(int)) - 1
    dots = thinned[~known[thinned]]
    axes.plot(epochs[dots], values[dots], ".", color=one.colour, markersize=4.0, zorder=4)
    resources = [resource for resource in at if resource > one.last]
    mean, deviation = model.predict(points(np.tile(search.x(one.row), (len(resources), 1)), resources, one.trial))
    low, high = mean - CENTRAL * deviation, mean + CENTRAL * deviation
    if len(at) < len(epochs) // 2:  # known at levels only
        axes.vlines(resources, low, high, color=one.colour, linewidth=5.0, alpha=0.25, zorder=2)
        axes.plot(resources, mean, "_", color=one.colour, markersize=7.0, markeredgewidth=1.4, zorder=3)
        return
    axes.fill_between(resources, low, high, color=one.colour, alpha=0.18, linewidth=0.0, zorder=1)
    axes.plot(resources, mean, color=one.colour, linewidth=1.0, linestyle="--", zorder=3)


def draw(searches: Sequence[Search], names: Sequence[str], picture: Path) -> None:
    """One picture."""
    size = (2.1 * len(searches), 1.75 * len(names) + 0.5)
    figure, grid = plt.subplots(
        len(names), len(searches), squeeze=False, sharex="col", sharey="col", figsize=size, layout="constrained"
    )
    for column, search in enumerate(searches):
        curves = chosen(search)
        low, high = limits(search, curves)
        ticks = [level for level in search.levels if level == search.levels[-1] or 1.5 * level < search.levels[-1]]
        for row, name in enumerate(names):
            axes = grid[row, column]
            at = search.levels if name == "gp_independent" else range(1, search.levels[-1] + 1)
            model = fitted(MODELS[name], search)
            for one in curves:
                draw_curve(axes, search, model, one, at)
            axes.set(xscale="log", ylim=(low, high))
            axes.set_xticks(ticks, [str(level) for level in ticks], fontsize=7)
            axes.minorticks_off()
            axes.tick_params(axis="y", labelsize=7)
            axes.spines[["top", "right"]].set_visible(False)
            if column == 0:
                axes.set_ylabel(name, fontsize=9)
            if row == 0:
                axes.set_title(search.of.name, fontsize=9)
    handles: list[Any] = [Line2D([], [], color=colour, linewidth=3) for colour in COLOURS]
    handles += [Line2D([], [], color="black", marker="s", markersize=2.8, linewidth=1.8)]
    handles += [Line2D([], [], color="black", marker=".", linewidth=0)]
    handles += [Line2D([], [], color="black", linestyle="--", linewidth=1.0)]
    handles += [Rectangle((0, 0), 1, 1, color="black", alpha=0.18, linewidth=0)]
    labels = [*KINDS, "seen", "held out", "mean", "90%"]
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=8, frameon=False)
    figure.savefig(picture, dpi=100)
    plt.close(figure)
    with Image.open(picture) as drawn:
        few = drawn.convert("RGB").quantize(64, dither=Image.Dither.NONE)
    few.save(picture, optimize=True)


def main() -> None:
    """Draw all pictures."""
    tables = [hb.load_table(path) for path in sorted(Path(sys.argv[1]).glob("*.npz"))]
    searches = [search_by_asha(table, 0) for table in tables]
    for picture, names in GROUPS.items():
        draw(searches, names, Path(__file__).with_name(picture))


if __name__ == "__main__":
    main()
