"""Is the site of the documentation whole, and does it ask nothing of anybody? Built, and opened from disk in a browser.

This is a stage of its own in `.ci/run`: it needs the extra ``site``, and Chromium for a part. By hand:
``mkdocs build -f docs/site/mkdocs.yml``, then open ``build/site/index.html``.
"""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import pure_hb as hb
from tests.chromium import PROGRAM, Browser, browser
from tests.shared import ROOT

pytestmark = pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="install pure_hb[site]")

LOOKED_AT: Final = (
    "index.html",
    "concepts.html",
    "semantics.html",
    "reference/goals-methods-and-setups.html",
    "source/pure_hb/draws.py.html",
)
PHONE, DESKTOP = (390, 844), (1280, 900)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a broken link or anchor, or a page that the navigation lacks, is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", "docs/site/mkdocs.yml", "-d", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_every_page_and_every_public_name_is_there(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages if not (site / page).exists()} == set()
    described = "".join(path.read_text(encoding="utf-8") for path in (site / "reference").iterdir())
    names = [name for name in dir(hb) if not name.startswith("_") and isinstance(getattr(hb, name), type)]
    assert [name for name in names if f'id="pure_hb.{name}"' not in described] == []


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    loads = re.compile(r"""<(?:script|img|iframe|link)\b[^>]*?(?:src|href)=["']?(?:https?:)?//[^>]*>""")
    found = {match for page in site.rglob("*.html") for match in loads.findall(page.read_text(encoding="utf-8"))}
    assert found == set()
    assert "fonts.g" not in "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))


# ---- in a browser --------------------------------------------------------------------------------------------------

needs_chromium = pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


def shown(chromium: Browser, page: Path, scheme: str, size: tuple[int, int]) -> None:
    """Opens a page as somebody sees it who comes for the first time, and prefers light or dark."""
    chromium("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    chromium.size(*size)
    chromium.open(page)
    chromium.value("localStorage.clear()")
    chromium.open(page)


@needs_chromium
@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)], ids=["desktop", "phone"])
def test_a_page_opened_from_disk_is_whole_and_asks_nothing(
    site: Path, chromium: Browser, scheme: str, size: tuple[int, int]
) -> None:
    for name in LOOKED_AT:
        shown(chromium, site / name, scheme, size)
        asked = {one["request"]["url"] for one in chromium.told("Network.requestWillBeSent")}
        assert {url for url in asked if not url.startswith((site.as_uri(), "data:"))} == set(), name
        assert chromium.told("Runtime.exceptionThrown", "Network.loadingFailed", "Log.entryAdded") == [], name
        assert chromium.value("document.body.dataset.mdColorScheme") == {"light": "default", "dark": "slate"}[scheme]
        assert chromium.value("document.documentElement.scrollWidth") <= size[0], f"{name} is wider than the window"
        pictures = "[...document.querySelectorAll('article img')].filter((one) => one.offsetParent)"
        assert chromium.value(f"{pictures}.every((one) => one.naturalWidth > 0)"), name
        if name in ("concepts.html", "semantics.html"):
            assert chromium.value(f"{pictures}.length") >= 1
            assert chromium.value(
                f"{pictures}.every((one) => /_dark.svg/.test(one.src) === {str(scheme == 'dark').lower()})"
            )


@needs_chromium
def test_one_can_search_without_a_server(site: Path, chromium: Browser) -> None:
    shown(chromium, site / "index.html", "light", DESKTOP)
    chromium.value("document.querySelector('.md-search__input').focus()")
    chromium("Input.insertText", text="promotion")
    chromium.press("n", 78)  # the theme searches when a key is let go
    found = "[...document.querySelectorAll('.md-search-result__link')].map((one) => one.href)"
    for _ in range(200):
        if chromium.value(f"{found}.length"):
            break
        chromium.value("new Promise((done) => setTimeout(done, 50))")
    links = chromium.value(found)
    assert any("concepts.html" in link for link in links), links
    assert chromium.told("Runtime.exceptionThrown", "Network.loadingFailed") == []
    asked = {one["request"]["url"] for one in chromium.told("Network.requestWillBeSent")}
    assert {url for url in asked if not url.startswith((site.as_uri(), "data:"))} == set()
