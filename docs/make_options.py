"""Writes the tables of options into the pages of docs/, from the frozen classes that hold the options.

python docs/make_options.py            prints the tables
python docs/make_options.py --write    puts them between the markers of their pages
"""

import re
import sys
from pathlib import Path
from typing import Any, Final

from attrs import NOTHING, fields

from pure_hb.machine.options import Frame
from pure_hb.rungs import CoinPromotion
from pure_hb.rungs.options import ALLOWED, SAYS
from pure_hb.search import AcquisitionOptions, DensitySearch, DyHPO, HyperTune, RandomSearch, SurrogateOptions

DOCS: Final = Path(__file__).parent
PAGES: Final[dict[str, tuple[tuple[str, tuple[type, ...]], ...]]] = {
    "asha.md": (("every method", (Frame, RandomSearch)),),
    "bohb.md": (("bohb", (DensitySearch,)),),
    "mobster.md": (("the model", (SurrogateOptions,)), ("the acquisition", (AcquisitionOptions,))),
    "hyper_tune.md": (("hyper_tune", (HyperTune,)),),
    "dyhpo.md": (("dyhpo", (CoinPromotion, DyHPO)),),
}
"""Page -> the names of its tables, and the classes whose options stand in each."""


def table(kinds: tuple[type, ...]) -> str:
    """The options of some classes as a table: name, default, which values are allowed, meaning."""
    lines = ["| option | default | allowed | meaning |", "|---|---|---|---|"]
    for kind in kinds:
        described: list[Any] = [one for one in fields(kind) if SAYS in one.metadata]  # type: ignore[arg-type]  # all of them are attrs classes
        lines += [
            f"| `{one.name}` | {_shown(one.default)} | {one.metadata[ALLOWED]} | {one.metadata[SAYS]} |"
            for one in described
        ]
    return "\n".join(lines)


def _shown(default: Any) -> str:
    if default is NOTHING:
        return "must be given"
    return f'`"{default}"`' if isinstance(default, str) else f"`{default!r}`"


def with_tables(page: str, text: str) -> str:
    """The text of a page with the tables of today between their markers."""
    for name, kinds in PAGES[page]:
        begin, end = f"<!-- options of {name}: made by docs/make_options.py -->", f"<!-- options of {name}: end -->"
        between = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
        if between.search(text) is None:
            raise ValueError(f"{page} lacks the markers {begin} and {end}")
        made = f"{begin}\n\n{table(kinds)}\n\n{end}"
        text = between.sub(lambda _, made=made: made, text)  # type: ignore[misc]  # the default binds it
    return text


if __name__ == "__main__":
    for page in PAGES:
        path = DOCS / page
        made = with_tables(page, path.read_text(encoding="utf-8"))
        if "--write" in sys.argv:
            path.write_text(made, encoding="utf-8")
        else:
            print(made)
