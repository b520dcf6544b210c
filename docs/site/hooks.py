"""What does the site have that the pages do not? Source files, the reference by mkdocstrings, pictures for dark pages.

The pages of docs/ are written for a plain viewer of the repository. Here, while mkdocs builds:

- a link to a file outside docs/ leads to a page of the site that shows the file;
- ``reference.md`` becomes a list of names, each with a page made from the docstrings by mkdocstrings;
- a diagram of Mermaid, for which a browser would need a script from elsewhere, becomes a picture;
- a link that says ``tuning.md`` says the heading of that page instead;
- a picture NAME.svg with a NAME_dark.svg beside it is shown in the fitting one of both;
- pages that ``nav`` does not name are added under "How to", or under "Measurements".
"""

import posixpath
import re
import runpy
from pathlib import Path
from typing import Any, Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

DOCS: Final = Path(__file__).resolve().parent.parent
ROOT: Final = DOCS.parent
CODE: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK: Final = re.compile(r"\]\((?P<path>[^)#\s:]+)(?P<anchor>#[^)\s]*)?\)")
NAMED: Final = re.compile(r"\[[\w/]+\.md\]\((?P<path>[\w/.]+\.md)(?P<anchor>#[^)\s]*)?\)")
HEADING: Final = re.compile(r"^# (.*)$", re.MULTILINE)
MERMAID: Final = re.compile(r"^```mermaid\n(?P<kind>\w+).*?^```$", re.MULTILINE | re.DOTALL)
PICTURES: Final = {
    "stateDiagram": ("The life of a trial", "concepts_life.svg"),
    "flowchart": ("The layers", "concepts_layers.svg"),
}
REFERENCE: Final = runpy.run_path(str(DOCS / "make_reference.py"))
LANGUAGES: Final = {".py": "python", ".toml": "toml", ".sh": "sh", ".json": "json"}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Pages that nobody placed, and those of the reference, go into the navigation."""
    assert config.nav is not None
    sections: dict[str, list[Any]] = {name: pages for section in config.nav for name, pages in section.items()}
    named = re.findall(r"[\w/]+\.md", str(config.nav))
    for page in sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")):
        if page not in named:
            sections["Measurements" if page.startswith("measurements/") else "How to"].append(page)
    sections["Reference"] += [{title: name} for title, name in reference_pages()]
    return config


def reference_pages() -> list[tuple[str, str]]:
    """Title and path of the pages of the reference."""
    return [(group[0], f"reference/{re.sub('[^a-z]+', '-', group[0].lower())}.md") for group in REFERENCE["GROUPS"]]


def members(title: str) -> list[str]:
    """The public names of one page of the reference."""
    return sorted(name for name in REFERENCE["public_names"]() if REFERENCE["_group"](name) == title)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Pages that no file of docs/ stands for."""
    for title, path in reference_pages():
        directives = "\n\n".join(f"::: pure_hb.{name}" for name in members(title))
        files.append(File.generated(config, path, content=f"# {title}\n\n{directives}\n"))
    for source in sorted({target for page in DOCS.rglob("*.md") for target in outside(page)}):
        shown = File.generated(config, shown_at(source), content=as_page(source))
        shown.inclusion = InclusionLevel.NOT_IN_NAV
        files.append(shown)
    return files


def outside(page: Path) -> set[Path]:
    """The files outside docs/ that a page links to."""
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    found = {(page.parent / match["path"]).resolve() for match in LINK.finditer(text)}
    return {path for path in found if path.is_file() and not path.is_relative_to(DOCS)}


def shown_at(source: Path) -> str:
    """Where the site shows a file from outside docs/."""
    return f"source/{source.relative_to(ROOT).as_posix()}.md"


def as_page(source: Path) -> str:
    """A page that shows a file."""
    text = source.read_text(encoding="utf-8")
    fence = "`" * (1 + max([3, *map(len, re.findall("`+", text))]))
    name = source.relative_to(ROOT)
    head = "---\nsearch:\n  exclude: true\nhide:\n  - toc\n---\n\n"
    return f"{head}# {name}\n\n{fence}{LANGUAGES.get(source.suffix, 'text')}\n{text.rstrip()}\n{fence}\n"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """A page as the site has it."""
    source = page.file.src_uri
    if source == "reference.md":
        return overview()
    if source.startswith(("source/", "reference/")):
        return markdown
    markdown = MERMAID.sub(lambda match: f"![{PICTURES[match['kind']][0]}]({PICTURES[match['kind']][1]})", markdown)
    parts = re.split(f"({CODE.pattern})", markdown, flags=CODE.flags)
    return "".join(part if number % 2 else linked(part, source) for number, part in enumerate(parts))


def linked(text: str, page: str) -> str:
    """Text with links that the site can follow, and with both pictures where there are two."""

    def target(match: re.Match[str]) -> str:
        path = (DOCS / posixpath.dirname(page) / match["path"]).resolve()
        if not path.is_file() or path.is_relative_to(DOCS):
            return match[0]
        return f"]({posixpath.relpath(shown_at(path), posixpath.dirname(page) or '.')})"

    def both(match: re.Match[str]) -> str:
        path = Path(match["path"])
        dark = path.with_name(f"{path.stem}_dark{path.suffix}")
        if not (DOCS / posixpath.dirname(page) / dark).is_file():
            return match[0]
        return f"![{match['says']}]({path}#only-light)![{match['says']}]({dark}#only-dark)"

    def titled(match: re.Match[str]) -> str:
        path = (DOCS / posixpath.dirname(page) / match["path"]).resolve()
        heading = HEADING.search(path.read_text(encoding="utf-8")) if path.is_file() else None
        return match[0] if heading is None else f"[{heading[1]}]({match['path']}{match['anchor'] or ''})"

    text = LINK.sub(target, NAMED.sub(titled, text))
    return re.sub(r"!\[(?P<says>[^]]*)\]\((?P<path>[^)]+\.(?:svg|png))\)", both, text)


def overview() -> str:
    """The first page of the reference: every public name, and where it is described."""
    lines = ["# Reference", "", "Every public name, from the docstrings: `import pure_hb as hb`.", ""]
    for title, path in reference_pages():
        names = ", ".join(f"[`{name}`][pure_hb.{name}]" for name in members(title))
        lines += [f"**[{title}]({path})**", "", f"{names}", ""]
    return "\n".join(lines)
