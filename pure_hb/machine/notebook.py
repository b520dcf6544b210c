"""WHAT DOES A NOTEBOOK SHOW? A small table of the best trials and their curves, as self-contained HTML.

All content is escaped, because names and values of parameters may come from a stranger's journal. There are no scripts,
and nothing is loaded.
"""

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from pure_hb.machine.ranking import best_first, best_result
from pure_hb.machine.setup import Goal
from pure_hb.machine.state import Trial
from pure_hb.protocol import Curve
from pure_hb.space.showing import cut, printable

_MOST: Final = 10
"""So many trials are shown."""
_LONGEST: Final = 200
"""A configuration is cut to so many characters."""
_MOST_POINTS: Final = 200
"""So many points of a curve are drawn."""
_WIDTH, _HEIGHT, _LEFT, _MARGIN = 360, 140, 70, 16


def trials_html(title: str, trials: Iterable[Trial], goal: Goal, best: int | None = None) -> str:
    """HTML: the best trials as a table, and their curves."""
    ranked = best_first(trials, goal, best)
    shown = ranked[:_MOST]
    heads = ("trial", "status", f"best {goal.metric}", "after epoch", "last", "epochs", "configuration")
    rows = [_cells(trial, goal) for trial in shown]
    more = f"<p>The {_MOST} best of {len(ranked)} trials.</p>" if len(ranked) > len(shown) else ""
    return _block(title, heads, rows, more + curves_svg([trial.curve for trial in shown]))


def trial_html(trial: Trial) -> str:
    """HTML: the values of one trial, and its curve."""
    rows = [("status", "observed" if trial.observed else trial.status.value), ("epochs", str(trial.highest))]
    if trial.curve:
        rows.append(("last value", _number(trial.curve[-1][1])))
    rows += [(name, cut(repr(value), _LONGEST)) for name, value in trial.config.pairs]
    return _block(f"trial {trial.number}", ("", "value"), rows, curves_svg([trial.curve]))


def curves_svg(curves: Sequence[Curve]) -> str:
    """Learning curves as an SVG picture; the first curve is drawn last and bold. Empty if no value is finite."""
    lines = [[(epoch, value) for epoch, value in curve if math.isfinite(value)] for curve in curves]
    points = [point for line in lines for point in line]
    if not points:
        return ""
    last, low, high = max(x for x, _ in points), min(y for _, y in points), max(y for _, y in points)
    width, height = _WIDTH - _LEFT - _MARGIN, _HEIGHT - 2 * _MARGIN

    def place(epoch: int, value: float) -> str:
        up = (value / 2 - low / 2) / (high / 2 - low / 2) if high / 2 > low / 2 else 0.5  # halves do not overflow
        return f"{_LEFT + width * epoch / last:.1f},{_MARGIN + height * (1 - up):.1f}"

    drawn = []
    for number, line in reversed(list(enumerate(lines))):
        style = 'stroke-width="2"' if number == 0 else 'stroke-opacity="0.35"'
        path = " ".join(place(epoch, value) for epoch, value in _thinned(line))
        if len(line) == 1:
            x, y = path.split(",")
            drawn.append(f'<circle cx="{x}" cy="{y}" r="2" fill="currentColor" {style}/>')
        elif line:
            drawn.append(f'<polyline points="{path}" {style}/>')
    edge, base = _LEFT - 6, _HEIGHT - _MARGIN
    labels = [(edge, base, _number(low)), (edge, _MARGIN + 8, _number(high))] if high > low else []
    labels = labels or [(edge, base, _number(low))]
    labels.append((_WIDTH - _MARGIN, _HEIGHT - 2, f"epoch {last}"))
    texts = "".join(f'<text x="{x}" y="{y}" text-anchor="end">{escape(text)}</text>' for x, y, text in labels)
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" fill="none" stroke="currentColor">'
        f'{"".join(drawn)}<g fill="currentColor" stroke="none" font-size="10">{texts}</g></svg>'
    )


def _block(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], rest: str) -> str:
    head = "".join(f"<th>{_text(one)}</th>" for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<div><p>{_text(title)}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}</div>"


def _cells(trial: Trial, goal: Goal) -> tuple[str, ...]:
    best = best_result(trial, goal)
    return (
        str(trial.number),
        "observed" if trial.observed else trial.status.value,
        "-" if best is None else _number(best[1]),
        "-" if best is None else str(best[0]),
        _number(trial.curve[-1][1]) if trial.curve else "-",
        str(trial.highest),
        cut(repr(trial.config), _LONGEST),
    )


def _number(value: float) -> str:
    return f"{value + 0.0:.6g}"


def _text(text: str) -> str:
    return escape(printable(text))


def _thinned(line: Sequence[tuple[int, float]]) -> Sequence[tuple[int, float]]:
    """At most so many points, the last among them."""
    step = -(-len(line) // _MOST_POINTS)
    return line[::-1][::step][::-1] if line else line
