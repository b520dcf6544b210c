"""Does the page work in a real browser? By keyboard and screen reader, light and dark, printed, and attacked.

Skipped without Chromium: Debian's package is `chromium`.
"""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pure_hb.explaining import Story
from pure_hb.reporting import write_page
from tests import flips
from tests.chromium import PROGRAM, Browser, browser
from tests.hostile_log import hostile
from tests.test_explain import FEW, simulated

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


def shown(chromium: Browser, story: Story, folder: Path) -> Browser:
    path = folder / "report.html"
    write_page(story, path)
    chromium.open(path)
    assert int(chromium.value("document.documentElement.dataset.ready")) > 0, "its script ran to the end"
    return chromium


def assert_quiet(chromium: Browser, folder: Path) -> None:
    """No exception, no dialog, no complaint, and no request but for the file itself."""
    assert chromium.told("Runtime.exceptionThrown", "Page.javascriptDialogOpening", "Log.entryAdded") == []
    requests = {one["request"]["url"] for one in chromium.told("Network.requestWillBeSent")}
    assert requests == {(folder / "report.html").as_uri()}


SETUP = next(flips.setups(5))[1]
CHARTS = ("rungs", "curves", "progress", "workers", "funnel", "space")


DRAWN = """(() => {
    const c = document.getElementById("ID"), image = c.getContext("2d").getImageData(0, 0, c.width, c.height);
    return image.data.some((value) => value !== 0);
})()"""
"""Whether anything is drawn on a canvas."""


@pytest.mark.parametrize("name", ["played", "model", "hostile", "empty"])
def test_the_page_draws_and_loads_nothing(chromium: Browser, tmp_path: Path, name: str) -> None:
    stories: dict[str, Callable[[], Story]] = {
        "played": lambda: flips.played(SETUP, 5, 200),
        "model": lambda: simulated("MOBSTER-JOINT", **FEW),
        "hostile": hostile,
        "empty": lambda: Story.of_pairs(SETUP, []),
    }
    story = stories[name]()
    shown(chromium, story, tmp_path)
    assert_quiet(chromium, tmp_path)
    assert chromium.value("window.hacked") is None
    for chart in CHARTS:
        assert chromium.value(DRAWN.replace("ID", chart)), chart


def test_every_record_can_be_reached_by_keyboard(chromium: Browser, tmp_path: Path) -> None:
    story = flips.played(SETUP, 5, 60)
    shown(chromium, story, tmp_path)
    chromium.value("document.getElementById('number').focus()")
    chromium.press("ArrowLeft", 37)
    said = chromium.value("document.getElementById('said').textContent")
    assert said.startswith("Record 59 of 60")
    chromium.press("Home", 36)
    assert chromium.value("document.getElementById('said').textContent").startswith("Record 1 of 60")
    reached = []
    for _ in range(14):
        chromium.press("Tab", 9)
        reached.append(chromium.value("document.activeElement.id"))
    assert {"on", "typed", "previous", "next"} <= set(reached)
    chromium.value("document.getElementById('trial').focus()")
    chromium("Input.insertText", text="0")
    assert chromium.value("document.getElementById('told').textContent").startswith("Trial 0: ")


def test_a_screen_reader_finds_names_for_all(chromium: Browser, tmp_path: Path) -> None:
    shown(chromium, flips.played(SETUP, 5, 60), tmp_path)
    nodes = chromium("Accessibility.getFullAXTree")["nodes"]
    named = [(one["role"]["value"], one.get("name", {}).get("value", "")) for one in nodes if "role" in one]
    for role, least in (("image", len(CHARTS)), ("slider", 1), ("button", 6), ("table", 1), ("heading", 7)):
        names = [name for found, name in named if found == role]
        assert len(names) >= least, role
        assert role == "table" or all(names), (role, names)


def test_light_dark_and_paper_look_different_and_all_print(chromium: Browser, tmp_path: Path) -> None:
    shown(chromium, flips.played(SETUP, 5, 60), tmp_path)
    ground = "getComputedStyle(document.body).backgroundColor"
    seen = {}
    for scheme in ("light", "dark"):
        chromium("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        seen[scheme] = chromium.value(ground)
    assert seen == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 26)"}
    chromium("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert chromium.value(ground) == "rgb(255, 255, 255)"
    assert chromium.value("getComputedStyle(document.querySelector('nav')).display") == "none"
    paper = base64.b64decode(chromium("Page.printToPDF")["data"])
    assert paper.startswith(b"%PDF")
    chromium("Emulation.setEmulatedMedia", media="", features=[])


def test_it_fits_a_narrow_window(chromium: Browser, tmp_path: Path) -> None:
    shown(chromium, flips.played(SETUP, 5, 60), tmp_path)
    chromium.size(360, 700)
    assert chromium.value("document.documentElement.scrollWidth") <= 360
    chromium.size(1100, 900)
