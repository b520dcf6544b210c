"""Do the pictures for notebooks show what the log says?"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import pure_hb as hb
from tests.logs import busy, write_journal
from tests.test_explain import FEW, simulated

plt = pytest.importorskip("matplotlib.pyplot")
BarContainer = pytest.importorskip("matplotlib.container").BarContainer


@pytest.fixture(autouse=True)
def no_window() -> Iterator[None]:
    plt.switch_backend("agg")
    yield
    plt.close("all")


def test_a_curve_for_each_trial_and_a_line_for_each_level() -> None:
    story = simulated("ASHA-PROM")
    axes = hb.plots.learning_curves(story)
    state = hb.fold(story.setup, ((one.event, one.action) for one in story.records))
    assert len(axes.lines) == len(state.trials) + len(story.setup.levels)
    assert axes.get_ylabel() == "error"


def test_the_best_so_far_ends_at_the_best() -> None:
    story = simulated("ASHA-PROM")
    state = hb.fold(story.setup, ((one.event, one.action) for one in story.records))
    (line,) = hb.plots.best_so_far(story).lines
    values = np.asarray(line.get_ydata(), dtype=float).tolist()
    assert state.best is not None
    assert values[-1] == state.best.value
    assert values == sorted(values, reverse=True)


def test_legs_stages_and_beliefs_are_drawn(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(45))
    starts = sum(isinstance(action, hb.Start | hb.Resume) for _, action in busy(45).log)
    assert len(hb.plots.workers(path).patches) == starts
    (bars,) = hb.plots.funnel(path).containers
    assert isinstance(bars, BarContainer)
    assert bars[0].get_width() == 4
    _, axes = plt.subplots()
    assert hb.plots.beliefs(simulated("MOBSTER-JOINT", **FEW), axes) is axes
    assert axes.lines
