"""WHAT IS WRITTEN INTO THE PAGE? One HTML file that needs nothing else: text, style, script and data.

The data stand in a script element of a type that no browser runs, with ``<``, ``>`` and ``&`` escaped, and the script
puts them into the page as text only. A policy in the head lets the browser run that one script and load nothing, so
whatever a log says cannot do anything.
"""

import base64
import hashlib
import html
import json
from pathlib import Path
from typing import Any, Final

from pure_hb.explaining.story import Story
from pure_hb.reporting.data import columns_of
from pure_hb.space.showing import cut, printable

SCRIPTS: Final = ("values.js", "charts.js", "reader.js")
"""The parts of the script, in order."""
_FOLDER: Final = Path(__file__).parent
_ESCAPED: Final = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


def page(story: Story) -> str:
    """The page of a run, as HTML.

    Raises:
        ReplayError: if the log cannot follow on itself.
    """
    data = columns_of(story)
    data["name"] = cut(printable(Path(story.name).name), 120)
    template, style = _asset("page.html"), _asset("page.css")
    script = "\n".join(map(_asset, SCRIPTS))
    filled = {
        "TITLE": html.escape(f"{data['name']}: {data['method']}"),
        "POLICY": html.escape(_policy(script, style)),
        "STYLE": style,
        "DATA": as_json(data),
        "SCRIPT": script,
    }
    before, *rest = template.split("{{")
    parts = [before]
    for piece in rest:
        name, _, after = piece.partition("}}")
        parts += [filled[name], after]
    return "".join(parts)


def write_page(story: Story, path: str | Path) -> None:
    """Write the page of a run to a file.

    Raises:
        ReplayError: if the log cannot follow on itself.
        OSError: if the file cannot be written.
    """
    Path(path).write_text(page(story), encoding="utf-8", newline="\n")


def as_json(data: dict[str, Any]) -> str:
    """JSON in ASCII that ends no script element, whatever is in it."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).translate(_ESCAPED)


def _asset(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _policy(script: str, style: str) -> str:
    """Run this script, use this style, load nothing."""
    return f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}"


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
