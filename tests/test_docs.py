"""Do the documents say what is true? Their code is run, their output compared, their links and names looked up.

How a page is written so that it can be checked:

- The ``python`` blocks of a page run in order, in one namespace and one temporary folder.
- A ``text`` block directly after one is its output; ``...`` stands for anything.
- A ``python`` block whose first line is ``# file: NAME`` is written to that file instead.
- A ``console`` block has lines ``$ command``, each with its output below. Commands are `pure-hb` and `python`.

Blocks of any other kind (``sh``, ``json``, ``mermaid``, no kind) are not run.
"""

import ast
import doctest
import inspect
import io
import os
import re
import runpy
import shlex
import subprocess
import sys
from contextlib import redirect_stdout
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import attrs
import pytest
from attrs import frozen

import pure_hb as hb
from pure_hb.rungs.options import SAYS

ROOT: Final = Path(__file__).resolve().parent.parent
DOCS: Final = ROOT / "docs"
README: Final = ROOT / "README.md"
PAGES: Final = (README, *sorted(DOCS.rglob("*.md")))
WITH_LINKS: Final = (*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md")

_BLOCK: Final = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\]\((?P<path>[^)#\s]*)(#(?P<anchor>[^)\s]*))?\)")
_METHOD: Final = re.compile(r"\b[A-Z]+\d*-(?:STOP|PROM|JOINT|INDEP)\b")
_SIMILAR: Final = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@frozen
class Block:
    """A fenced block of a page."""

    kind: str
    text: str
    line: int
    """The line of the page on which its text begins."""
    output: str | None
    """What the block directly after it says that it prints."""


def blocks(page: str) -> list[Block]:
    found = list(_BLOCK.finditer(page))
    result = []
    for place, match in enumerate(found):
        after = found[place + 1] if place + 1 < len(found) else None
        follows = after is not None and after["kind"] == "text" and not page[match.end() : after.start()].strip()
        output = after["text"] if after is not None and follows else None
        result.append(Block(match["kind"], match["text"], page.count("\n", 0, match.start()) + 2, output))
    return result


def unlike(expected: str, got: str) -> bool:
    return not doctest.OutputChecker().check_output(expected, got, _SIMILAR)


# ---- code that runs ------------------------------------------------------------------------------------------------


class StubModel:
    """Stands for a model where the README leaves it to its reader."""

    error: float = 1.0


def _train_one_epoch(model: StubModel) -> float:
    model.error *= 0.9
    return model.error


def _stubs() -> dict[str, Any]:
    return {
        "build": lambda config: StubModel(),
        "load": lambda path: StubModel(),
        "save": lambda model, path: Path(path).write_text(repr(model.error)),
        "train_one_epoch": _train_one_epoch,
    }


def run_python(block: Block, names: dict[str, Any], page: Path) -> None:
    first = block.text.partition("\n")[0]
    if first.startswith("# file: "):
        Path(first.removeprefix("# file: ")).write_text(block.text, encoding="utf-8")
        return
    printed = io.StringIO()
    code = compile("\n" * (block.line - 1) + block.text, str(page), "exec")
    with redirect_stdout(printed):
        exec(code, names)
    if block.output is not None and unlike(block.output, printed.getvalue()):
        pytest.fail(f"{page.name} line {block.line} prints\n{printed.getvalue()}\nnot\n{block.output}", pytrace=False)


def run_console(block: Block, page: Path) -> None:
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        program, *arguments = shlex.split(command)
        start = {"pure-hb": [sys.executable, "-m", "pure_hb"], "python": [sys.executable]}[program]
        done = subprocess.run(
            [*start, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "COLUMNS": "80"},
            check=False,
        )
        assert (done.returncode == 0) is ("\nError: " not in f"\n{expected}"), (
            f"{page.name}: $ {command}\n{done.stdout}"
        )
        if expected and unlike(expected, done.stdout):
            pytest.fail(f"{page.name}: $ {command}\nprints\n{done.stdout}\nnot\n{expected}", pytrace=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_of_a_page_runs_and_prints_what_the_page_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda file: None)  # a busy disk would decide how long this takes
    names: dict[str, Any] = {"__name__": "a_page", **(_stubs() if page == README else {})}
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.kind == "python":
            run_python(block, names, page)
        elif block.kind == "console":
            run_console(block, page)


# ---- links and names -----------------------------------------------------------------------------------------------


def anchors(page: str) -> set[str]:
    """Where a link into a page may point: the headings as GitHub names them."""
    found: list[str] = []
    for heading in re.findall(r"^#+ (.*)$", _BLOCK.sub("", page), re.MULTILINE):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        before = sum(re.fullmatch(rf"{re.escape(name)}(-\d+)?", other) is not None for other in found)
        found.append(f"{name}-{before}" if before else name)
    return set(found)


@pytest.mark.parametrize("page", WITH_LINKS, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for match in _LINK.finditer(_BLOCK.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"\w+:", match["path"]):
            continue  # another site
        target = page.parent / match["path"] if match["path"] else page
        if not target.exists():
            broken.append(f"{match['path']}: there is no such file")
        elif match["anchor"] and match["anchor"] not in anchors(target.read_text(encoding="utf-8")):
            broken.append(f"{match[0]}: {target.name} has no such heading")
    assert not broken, broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_method_that_a_page_names_exists(page: Path) -> None:
    named = set(_METHOD.findall(page.read_text(encoding="utf-8")))
    assert named <= set(hb.METHODS), named - set(hb.METHODS)


def test_the_first_page_names_every_method() -> None:
    page = (DOCS / "index.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in hb.METHODS)


def test_the_first_page_leads_to_every_page() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    missing = [
        str(page)
        for page in DOCS.rglob("*.md")
        if page.name != "index.md" and f"({page.relative_to(DOCS)}" not in index
    ]
    assert not missing, missing


# ---- pages that are made -------------------------------------------------------------------------------------------


def test_the_life_cycle_is_drawn_as_the_code_has_it() -> None:
    made = runpy.run_path(str(DOCS / "make_life.py"))
    page = (DOCS / "semantics.md").read_text(encoding="utf-8")
    assert made["with_diagram"](page) == page, "run: python docs/make_life.py --write"


def test_the_reference_is_what_the_docstrings_say() -> None:
    made = runpy.run_path(str(DOCS / "make_reference.py"))
    page = (DOCS / "reference.md").read_text(encoding="utf-8")
    missing = [name for name in made["public_names"]() if f"### `{name}`\n" not in page]
    assert not missing, missing
    assert made["page"]() == page, "run: python docs/make_reference.py --write"


def _undescribed(kind: type[attrs.AttrsInstance]) -> list[str]:
    """The fields without a docstring or the sentence of an option, which the docstring of the class does not name."""
    (body,) = (one.body for one in ast.parse(inspect.getsource(kind)).body if isinstance(one, ast.ClassDef))
    described = {
        one.target.id
        for one, after in pairwise(body)
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    }
    named = set(re.findall(r"\w+", kind.__doc__ or ""))
    fields = [field.name for field in attrs.fields(kind) if SAYS not in field.metadata and field.name[0] != "_"]
    return [name for name in fields if name not in described | named]


def test_every_field_of_a_public_class_is_described() -> None:
    public = [attrgetter(name)(hb) for name in runpy.run_path(str(DOCS / "make_reference.py"))["public_names"]()]
    kinds = [one for one in public if isinstance(one, type) and attrs.has(one)]
    assert len(kinds) > 50
    assert {kind.__name__: missing for kind in kinds if (missing := _undescribed(kind))} == {}


# ---- examples ------------------------------------------------------------------------------------------------------


def run_example(name: str, folder: Path, *arguments: str) -> list[str]:
    command = [sys.executable, str(ROOT / "examples" / name), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout.splitlines()


def test_both_loops_find_the_same_and_go_on(tmp_path: Path) -> None:
    begun = run_example("own_loop.py", tmp_path, "session.jsonl", "6")
    assert begun[0].startswith("best: {"), begun
    whole = run_example("own_loop.py", tmp_path, "session.jsonl", "10")
    run_example("own_loop_pure.py", tmp_path, "log.jsonl", "6")
    pure = run_example("own_loop_pure.py", tmp_path, "log.jsonl", "10")
    assert pure[0] == whole[0]
    assert pure[1].startswith("10 trials took ")
    assert whole[1].startswith(pure[1]), "they train as many epochs"


def test_five_lines_are_marked() -> None:
    text = (ROOT / "examples" / "own_loop.py").read_text(encoding="utf-8")
    assert [int(number) for number in re.findall(r"# \((\d)\)", text)] == [1, 2, 3, 4, 5]
