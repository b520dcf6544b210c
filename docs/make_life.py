"""Draws the life cycle of a trial into docs/semantics.md, from the table that the code enforces (`pure_hb.LIFE`).

python docs/make_life.py            prints the diagram
python docs/make_life.py --write    puts it between the markers of the page
"""

import re
import sys
from pathlib import Path

from pure_hb.machine import life_diagram

PAGE = Path(__file__).with_name("semantics.md")
BEGIN, END = "<!-- life: made by docs/make_life.py -->", "<!-- life: end -->"


def diagram() -> str:
    """The diagram as a fenced Mermaid block."""
    return f"```mermaid\n{life_diagram()}\n```"


def with_diagram(page: str) -> str:
    """The text of the page with the diagram of today between its markers."""
    between = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    if between.search(page) is None:
        raise ValueError(f"{PAGE.name} lacks the markers {BEGIN} and {END}")
    return between.sub(lambda _: f"{BEGIN}\n{diagram()}\n{END}", page)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(with_diagram(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(diagram())
