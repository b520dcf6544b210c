"""Draws the pictures of docs/concepts.md, each twice: for light pages and for dark ones.

python docs/make_concepts.py

What they show was decided by `pure_hb`: small searches are played here, on made learning curves.
The life of a trial and the layers, which design.md and semantics.md show as diagrams, are drawn for the site.
"""

import itertools
import math
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from attrs import frozen
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import pure_hb as hb
from pure_hb.draws import KeyedDraws
from pure_hb.space import encode
from pure_hb.surrogate import (
    MultiTask,
    TrialCurve,
    fit,
    inputs_of,
    observation_table,
    points,
    standardisation,
    standardised,
)

HERE: Final = Path(__file__).parent
SPACE: Final = hb.Space(rate=hb.Float(0.001, 1.0, log=True))
GOAL: Final = hb.Minimize("error")
MAXIMUM: Final = 27


@frozen
class Look:
    """The colours of a picture; they differ in brightness too, so that they can be told apart without colour."""

    suffix: str
    paper: str
    ink: str
    faint: str
    colours: tuple[str, str, str, str]
    """From little training to a full one."""


LOOKS: Final = (
    Look("", "#ffffff", "#222222", "#9a9a9a", ("#b9c3cf", "#e0a04a", "#c2573a", "#2f5f9e")),
    Look("_dark", "#1e2129", "#e6e6e6", "#7d828c", ("#5b6472", "#e3b266", "#ea7f62", "#8ab8ee")),
)


def error(rate: float, epoch: int) -> float:
    """A made learning curve: the floor is lowest near a rate of 0.05, and small rates learn slowly."""
    return 0.1 + 0.06 * math.log10(rate / 0.05) ** 2 + 0.6 * math.exp(-0.9 * epoch * rate**0.45)


@frozen
class Leg:
    """What a worker did without a break: a trial from one epoch to another."""

    trial: int
    begin: int
    first: int
    last: int
    after: str
    """What it ended with: "pause", "stop" or "end"."""


def played(setup: hb.Setup, workers: int, epochs: int) -> tuple[hb.State, list[Leg]]:
    """A search in which each worker trains one epoch in each unit of time."""
    state, legs = hb.initial(setup), []
    doing: dict[int, tuple[int, int, int]] = {}
    for now in range(epochs):
        for worker in sorted(set(range(workers)) - set(doing)):
            state, action = hb.decide(state, hb.Ask(f"worker-{worker}"))
            assert isinstance(action, hb.Start | hb.Resume)
            doing[worker] = (action.trial, now, state.trials[action.trial].highest)
        for worker, (number, begin, known) in sorted(doing.items()):
            epoch = known + 1 + now - begin
            value = error(state.trials[number].config["rate"], epoch)
            state, answer = hb.decide(state, hb.Report(number, epoch, value))
            if not isinstance(answer, hb.Continue):
                del doing[worker]
                after = "pause" if isinstance(answer, hb.Pause) else "end" if epoch == setup.max_resource else "stop"
                legs.append(Leg(number, begin, known + 1, epoch, after))
    return state, legs


def tidy(axes: Axes, look: Look, **settings: Any) -> None:
    """Axes in the colours of the page."""
    axes.set(**settings)
    axes.set_facecolor(look.paper)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(look.faint)
    axes.tick_params(colors=look.ink, labelsize=9)
    for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
        text.set_color(look.ink)
        text.set_fontsize(10)


def shade(setup: hb.Setup, look: Look, highest: int) -> str:
    """The colour of how far a trial got."""
    passed = sum(highest > level for level in setup.levels)
    return look.colours[3 if highest == setup.max_resource else min(passed, 2)]


# ---- the pictures --------------------------------------------------------------------------------------------------


def rungs(look: Look) -> Figure:
    """A search by promotion: its curves, and the rungs at which they were compared."""
    setup = hb.asha(SPACE, GOAL, max_resource=MAXIMUM, seed=4)
    state, _ = played(setup, workers=1, epochs=150)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), width_ratios=(3, 2), layout="constrained")
    for trial in sorted(state.trials, key=lambda one: one.highest):
        colour = shade(setup, look, trial.highest)
        left.plot(*zip(*trial.curve, strict=True), color=colour, marker="o", markersize=3, linewidth=1.3)
    for level in setup.levels:
        left.axvline(level, color=look.faint, linewidth=0.8, linestyle=":")
    ticks = [*setup.levels, MAXIMUM]
    left.set_xscale("log")
    left.set_xticks(ticks, [str(one) for one in ticks])
    left.minorticks_off()
    tidy(
        left,
        look,
        xlabel="epoch; the dotted lines are the rung levels",
        ylabel="error",
        title="Every curve ends where its trial waits",
    )
    counts = [sum(trial.highest >= level for trial in state.trials) for level in ticks]
    bars = right.barh([f"epoch {level}" for level in ticks], counts, color=look.colours)
    right.bar_label(bars, padding=3, color=look.ink, fontsize=9)
    right.invert_yaxis()
    tidy(right, look, title="Trials that got so far", xticks=[])
    return figure


def brackets(look: Look) -> Figure:
    """Which levels the trials of each bracket pass without being compared."""
    setup = hb.hyperband(SPACE, GOAL, max_resource=MAXIMUM)
    figure, axes = plt.subplots(figsize=(9, 2.6), layout="constrained")
    for bracket, share in enumerate(setup.bracket_distribution()):
        edges = [0.7, *setup.levels[bracket:], MAXIMUM]
        axes.plot([edges[0], edges[-1]], [bracket, bracket], color=look.colours[3], linewidth=3)
        axes.plot(edges[1:-1], [bracket] * len(edges[1:-1]), "o", color=look.colours[2], markersize=11)
        axes.text(MAXIMUM * 1.12, bracket, f"{share:.0%} of new trials", color=look.ink, va="center", fontsize=9)
    ticks = [*setup.levels, MAXIMUM]
    axes.set_xscale("log")
    axes.set_xticks(ticks, [str(one) for one in ticks])
    axes.minorticks_off()
    names = [f"bracket {one}" for one in range(len(setup.levels))]
    axes.set_yticks(range(len(names)), names)
    tidy(
        axes,
        look,
        xlabel="epoch",
        title="A dot: here a trial of this bracket is compared",
        xlim=(0.7, 80),
        ylim=(2.5, -0.5),
    )
    return figure


def two_types(look: Look) -> Figure:
    """The same two workers under both rules, epoch by epoch."""
    figure, both = plt.subplots(1, 2, figsize=(9, 4.2), sharey=True, layout="constrained")
    for axes, kind in zip(both, ("promotion", "stopping"), strict=True):
        setup = hb.asha(SPACE, GOAL, max_resource=9, type=kind, seed=4)
        state, legs = played(setup, workers=2, epochs=22)
        for leg in legs:
            spent = leg.last - leg.first + 1
            axes.barh(leg.trial, spent, left=leg.begin, height=0.7, color=shade(setup, look, leg.last))
            goes_on = any(one.trial == leg.trial and one.begin == leg.begin + spent for one in legs)
            mark = "" if goes_on else {"pause": "‖", "stop": "\N{MULTIPLICATION SIGN}", "end": "✓"}[leg.after]
            axes.text(leg.begin + spent + 0.15, leg.trial, mark, va="center", color=look.ink, fontsize=10)
        for trial in state.trials:
            own = sorted((leg for leg in legs if leg.trial == trial.number), key=lambda one: one.begin)
            for before, after in itertools.pairwise(own):
                paused = before.begin + before.last - before.first + 1
                if after.begin > paused:
                    axes.hlines(trial.number, paused + 0.9, after.begin, color=look.faint, linewidth=1, linestyle=":")
        tidy(
            axes, look, title=f'type="{kind}"', xlabel="time, in epochs", ylabel="trial" if kind == "promotion" else ""
        )
    both[0].invert_yaxis()
    both[0].set_yticks(range(0, 16, 2))
    for axes in both:
        axes.set_xticks(range(0, 25, 5))
    return figure


def surrogate(look: Look) -> Figure:
    """What a surrogate is fitted to, and what it then says of configurations that nobody has tried."""
    levels, started = (
        (1, 3, 9),
        [(0.002, 1), (0.6, 3), (0.012, 3), (0.1, 27), (0.045, 9), (0.3, 9), (0.006, 1), (0.9, 1)],
    )
    curves = [
        TrialCurve(n, tuple(encode(SPACE, {"rate": rate})), tuple((r, error(rate, r)) for r in range(1, last + 1)))
        for n, (rate, last) in enumerate(started)
    ]
    inputs = inputs_of(SPACE, MAXIMUM, levels)
    table = observation_table(curves, levels=levels, max_resource=MAXIMUM)
    scale = standardisation(table.observed.value)
    model, data = MultiTask(), standardised(table, scale)
    fitted = fit(model, inputs, data, draws=KeyedDraws(seed=0, clock=len(table)))
    posterior = model.posterior(inputs, data, fitted.parameters.as_arrays())

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
    for (rate, last), curve in zip(started, curves, strict=True):
        colour = look.colours[min(3, sum(last > level for level in levels))]
        left.plot(*zip(*curve.curve, strict=True), color=colour, linewidth=1)
        seen = [(r, v) for r, v in curve.curve if r in (*levels, MAXIMUM)]
        left.plot(*zip(*seen, strict=True), "o", color=colour, markersize=5)
        right.plot([rate], [error(rate, last)], "o", color=colour, markersize=5)
    left.set_xscale("log")
    left.set_xticks([1, 3, 9, 27], ["1", "3", "9", "27"])
    left.minorticks_off()
    tidy(left, look, title="What it is fitted to: the dots", xlabel="epoch", ylabel="error")
    rates = np.geomspace(0.001, 1.0, 121)
    cube = [encode(SPACE, {"rate": rate}) for rate in rates]
    for level, colour, style in ((3, look.colours[1], "--"), (MAXIMUM, look.colours[3], "-")):
        found = posterior.predict(points(cube, [level] * len(cube)))
        mean, deviation = scale.back(found.mean[:, 0], found.variance)
        right.plot(rates, mean, color=colour, linestyle=style, label=f"at epoch {level}")
        right.fill_between(rates, mean - 2 * deviation, mean + 2 * deviation, color=colour, alpha=0.22, linewidth=0)
    right.set_xscale("log")
    right.legend(frameon=False, labelcolor=look.ink, fontsize=9)
    tidy(right, look, title="What it says then: mean, and two deviations", xlabel="rate")
    return figure


PLACES: Final = {
    "unborn": (0.0, 1.0),
    "running": (2.0, 1.0),
    "paused": (4.2, 2.0),
    "broken": (4.2, 0.0),
    "ended": (6.4, 1.0),
}


def life(look: Look) -> Figure:
    """The life of a trial, from the table that the code enforces."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (before, event, action), after in hb.LIFE.items():
        arrows.setdefault((before.value, after.value), []).append(f"{event.__name__} / {action.__name__}")
    figure, axes = plt.subplots(figsize=(9, 4.2), layout="constrained")
    for (before, after), labels in arrows.items():
        (x, y), (u, v) = PLACES[before], PLACES[after]
        bend = {("unborn", "ended"): -0.55, ("running", "ended"): 0.0}.get((before, after), 0.22)
        if before == after:
            axes.text(x - 0.1, y + 0.36, f"↻ {', '.join(labels)}", ha="center", color=look.ink, fontsize=8)
            continue
        style = {
            "arrowstyle": "-|>",
            "color": look.faint,
            "shrinkA": 26,
            "shrinkB": 26,
            "connectionstyle": f"arc3,rad={bend}",
        }
        axes.annotate("", (u, v), (x, y), arrowprops=style)
        across = np.array([v - y, x - u]) * bend * 0.5
        middle = np.array([(x + u) / 2, (y + v) / 2]) + across
        box = {"facecolor": look.paper, "edgecolor": "none", "pad": 1.0}
        axes.text(*middle, "\n".join(labels), ha="center", va="center", color=look.ink, fontsize=8, bbox=box)
    for name, (x, y) in PLACES.items():
        shown = "●" if name == "unborn" else name
        box = {"boxstyle": "round,pad=0.5", "facecolor": look.paper, "edgecolor": look.colours[3], "linewidth": 1.5}
        axes.text(x, y, shown, ha="center", va="center", color=look.ink, fontsize=11, bbox=box)
    axes.set(xlim=(-0.5, 7.0), ylim=(-0.7, 2.9))
    axes.axis("off")
    return figure


def layers(look: Look) -> Figure:
    """The layers of the package, from the contract that a linter checks."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    names: list[str] = project["tool"]["importlinter"]["contracts"][0]["layers"]
    core = names.index("machine")
    figure, axes = plt.subplots(figsize=(9, 5.6), layout="constrained")
    for place, name in enumerate(names):
        is_core = core <= place < len(names) - 1
        axes.barh(place, 1, height=0.78, color=look.paper, edgecolor=look.colours[3 if is_core else 1], linewidth=1.5)
        axes.text(0.5, place, name.replace(" | ", ", "), ha="center", va="center", color=look.ink, fontsize=9)
    axes.text(1.03, core / 2, "shell", color=look.colours[1], va="center", fontsize=11)
    axes.text(
        1.03, (core + len(names) - 2) / 2, "core: no input\nor output", color=look.colours[3], va="center", fontsize=11
    )
    axes.set(xlim=(-0.02, 1.3), title="Imports point down only")
    axes.title.set_color(look.ink)
    axes.invert_yaxis()
    axes.axis("off")
    return figure


PICTURES: Final[dict[str, Callable[[Look], Figure]]] = {
    "concepts_rungs": rungs,
    "concepts_brackets": brackets,
    "concepts_types": two_types,
    "concepts_surrogate": surrogate,
    "concepts_life": life,
    "concepts_layers": layers,
}

if __name__ == "__main__":
    mpl.rcParams.update({"svg.hashsalt": "pure_hb", "font.size": 9})
    for name, draw in PICTURES.items():
        for look in LOOKS:
            figure = draw(look)
            figure.set_facecolor(look.paper)
            figure.savefig(HERE / f"{name}{look.suffix}.svg", metadata={"Date": None})
            plt.close(figure)
