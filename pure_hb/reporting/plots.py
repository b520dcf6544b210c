"""HOW DOES A RUN LOOK IN A NOTEBOOK? `hb.plots`: pictures of a log by matplotlib, which comes with
``pip install 'pure_hb[plots]'``.

Each function takes the path of a journal (or a `pure_hb.explaining.Story`) and draws into the axes ``ax``, or into new
ones, which it returns:

    import pure_hb as hb
    hb.plots.learning_curves("run.jsonl")
"""

import math
from typing import TYPE_CHECKING, Any, Final

from pure_hb.explaining.belief import outcomes
from pure_hb.explaining.story import Story
from pure_hb.journal import Place
from pure_hb.machine import State, initial
from pure_hb.reporting.data import Kind, columns_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Log = str | Place | Story

_BEST, _END, _REST, _LEG = "#c2185b", "#007a5a", "#2f6fb2", "#2f6fb2"
_MANY: Final = 300
"""From so many trials on, curves are thin and pale."""


def learning_curves(log: Log, ax: "Axes | None" = None) -> "Axes":
    """The metric of every trial by epoch, with the rung levels; the best trial in red, those trained to the end in
    green.

    Raises:
        ImportError: if matplotlib is not installed.
        JournalError: if the journal cannot be read.
    """
    story, ax = _story(log), _axes(ax)
    state, setup = _last(story), story.setup
    many = len(state.trials) > _MANY
    for trial in state.trials:
        is_best = state.best is not None and trial.number == state.best.trial
        colour = _BEST if is_best else _END if trial.highest >= setup.max_resource else _REST
        shown = [(epoch, value) for epoch, value in trial.curve if math.isfinite(value)]
        alpha = 1.0 if is_best else 0.15 if many else 0.6
        width, order = (2.0, 3) if is_best else (0.8, 2)
        ax.plot(*zip(*shown, strict=True) if shown else ([], []), color=colour, alpha=alpha, lw=width, zorder=order)
    for level in setup.levels:
        ax.axvline(level, color="0.7", lw=0.8, ls="--", zorder=1)
    if len(setup.levels) > 1 and setup.levels[-1] >= 9 * setup.levels[0]:
        ax.set_xscale("log")
        ax.set_xticks([*setup.levels, setup.max_resource], [str(one) for one in (*setup.levels, setup.max_resource)])
        ax.minorticks_off()
    ax.set(xlabel="epoch", ylabel=setup.goal.metric)
    return ax


def best_so_far(log: Log, ax: "Axes | None" = None) -> "Axes":
    """The best value by seconds of the run, a step for each improvement. Raises as `learning_curves`."""
    story, ax = _story(log), _axes(ax)
    times, values, state = list[float](), list[float](), initial(story.setup)
    for told in story.told():
        best, state = state.best, told.step.after
        if state.best is not None and state.best != best:
            times.append(told.record.elapsed)
            values.append(state.best.value)
    if times:
        times.append(story.records[-1].elapsed)
        values.append(values[-1])
    ax.step(times, values, where="post", color=_BEST)
    ax.set(xlabel="seconds", ylabel=f"best {story.setup.goal.metric}")
    return ax


def workers(log: Log, ax: "Axes | None" = None) -> "Axes":
    """What each worker trained at which time: a bar for each leg. It is darker if the leg began at a higher level, and
    green if it reached the maximum.
    Raises as `learning_curves`."""
    story, ax = _story(log), _axes(ax)
    data = columns_of(story)
    levels = data["levels"]
    for _, worker, begin, end, start, how in data["legs"]:
        share = sum(level <= start for level in levels) / max(1, len(levels))
        colour = _END if how == Kind.FINISHED else _LEG
        ax.barh(worker, end - begin, left=begin, color=colour, alpha=0.3 + 0.7 * share, edgecolor="white", lw=0.3)
    ax.set_yticks(range(len(data["workers"])), data["workers"])
    ax.invert_yaxis()
    ax.set(xlabel="seconds")
    return ax


def funnel(log: Log, ax: "Axes | None" = None) -> "Axes":
    """The number of trials that reached each level and the maximum. Raises as `learning_curves`."""
    story, ax = _story(log), _axes(ax)
    state = _last(story)
    steps = (*story.setup.levels, story.setup.max_resource)
    counts = [sum(trial.highest >= level for trial in state.trials) for level in steps]
    bars = ax.barh([f"epoch {level}" for level in steps], counts, color=_REST)
    ax.bar_label(bars, padding=3)
    ax.invert_yaxis()
    ax.set(xlabel="trials")
    return ax


def beliefs(log: Log, ax: "Axes | None" = None) -> "Axes":
    """What the surrogate predicted, with its 80 % interval, over the reported value; values outside are red. Raises as
    `learning_curves`."""
    story, ax = _story(log), _axes(ax)
    known = [one for one in outcomes(story.setup, story.records).values() if one.value is not None]
    for inside, colour in ((True, _REST), (False, _BEST)):
        these = [one for one in known if one.is_inside is inside]
        spread = [one.belief.high - one.belief.mean for one in these]
        x, y = [one.value for one in these], [one.belief.mean for one in these]
        ax.errorbar(x, y, yerr=spread, fmt="o", ms=3, lw=0.8, color=colour, alpha=0.7)  # type: ignore[arg-type]  # none is None
    ax.axline((0, 0), slope=1, color="0.6", lw=0.8, ls="--")
    ax.set(xlabel="came out", ylabel="believed")
    return ax


def _story(log: Log) -> Story:
    return log if isinstance(log, Story) else Story.of_file(log)


def _last(story: Story) -> State:
    state = initial(story.setup)
    for told in story.told():
        state = told.step.after
    return state


def _axes(ax: Any) -> Any:
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError("hb.plots needs matplotlib: pip install 'pure_hb[plots]'") from None
    return plt.subplots()[1]
