"""WHAT DOES A NOTEBOOK SHOW? A small table and learning curves, as self-contained HTML.

All content is escaped, because names and values of parameters may come from a stranger's journal. There are no scripts,
and nothing is loaded.
"""

import math
from collections.abc import Sequence
from html import escape
from typing import Final

from pure_hb.protocol import Curve
from pure_hb.space.showing import cut, printable

_LONGEST: Final = 200
"""A cell of a table is cut to so many characters."""
_MOST_POINTS: Final = 200
"""So many points of a curve are drawn."""
_WIDTH, _HEIGHT, _LEFT, _MARGIN = 360, 140, 70, 16


def table_html(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], curves: Sequence[Curve], note: str = ""
) -> str:
    """HTML: a table with a title, a note below it, and a picture of learning curves. Long cells are cut."""
    head = "".join(f"<th>{_text(one)}</th>" for one in heads)
    cells = ["".join(f"<td>{_text(cut(cell, _LONGEST))}</td>" for cell in row) for row in rows]
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    below = (f"<p>{_text(note)}</p>" if note else "") + curves_svg(curves)
    return f"<div><p>{_text(title)}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}</div>"


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
    labels = [(edge, base, six_digits(low)), (edge, _MARGIN + 8, six_digits(high))] if high > low else []
    labels = labels or [(edge, base, six_digits(low))]
    labels.append((_WIDTH - _MARGIN, _HEIGHT - 2, f"epoch {last}"))
    texts = "".join(f'<text x="{x}" y="{y}" text-anchor="end">{escape(text)}</text>' for x, y, text in labels)
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" fill="none" stroke="currentColor">'
        f'{"".join(drawn)}<g fill="currentColor" stroke="none" font-size="10">{texts}</g></svg>'
    )


def six_digits(value: float) -> str:
    """A value with six digits; -0.0 as 0."""
    return f"{value + 0.0:.6g}"


def _text(text: str) -> str:
    return escape(printable(text))


def _thinned(line: Sequence[tuple[int, float]]) -> Sequence[tuple[int, float]]:
    """At most so many points, the last among them."""
    step = -(-len(line) // _MOST_POINTS)
    return line[::-1][::step][::-1] if line else line
