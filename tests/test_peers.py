"""Does the kit find in the schedulers of other libraries what `docs/peers.md` says? Those that are installed are asked.

This is a stage of its own in `.ci/run`. Where a newer release of a library mends a fault, the page must be made anew.
"""

import importlib
import logging
import warnings
from collections.abc import Iterator
from importlib import metadata
from typing import Any, Final

import pytest

from pure_hb import testing
from tests.shared import ROOT

PAGE: Final = ROOT / "docs" / "peers.md"
ADAPTERS: Final = ("optuna_pruners", "ray_asha", "syne_tune_asha", "smac_hyperband")
TOLD: Final = {"optuna": "Optuna", "ray": "Ray", "syne-tune": "Syne Tune", "smac": "SMAC"}


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(ROOT))
    logging.disable(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logging.disable(logging.NOTSET)


def rows() -> dict[str, dict[str, str]]:
    """Scheduler -> law -> what the page says."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    first, *others = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    laws = [cells for cells in others if cells[0].startswith("`") and len(cells) == len(first)]
    return {name: {cells[0].strip("`"): cells[place] for cells in laws} for place, name in enumerate(first) if place}


def test_the_page_has_every_law() -> None:
    for name, told in rows().items():
        assert list(told) == [law.name for law in testing.RUNG_LAWS], name


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_what_the_page_says_is_found(adapter: str) -> None:
    try:
        cases: tuple[Any, ...] = importlib.import_module(f"examples.peers.{adapter}").CASES
    except ModuleNotFoundError as error:
        pytest.skip(f"not installed: {error.name}")
    main = importlib.import_module("examples.peers.__main__")
    for case in cases:
        version = metadata.version(case.package)
        if f"{TOLD[case.package]} {version}" not in " ".join(PAGE.read_text(encoding="utf-8").split()):
            pytest.skip(f"the page tells of another release than {case.package} {version}")
        told = rows()[case.name]
        broken = {breach.law.name for breach in main.breaches_of(case)}
        assert broken == {law for law, cell in told.items() if cell.startswith("**broken**")}
        assert {law.name for law in testing.RUNG_LAWS if case.is_apart(law)} == {
            law for law, cell in told.items() if cell == "apart"
        }


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_adapter_has_at_most_sixty_lines(adapter: str) -> None:
    assert len((ROOT / "examples" / "peers" / f"{adapter}.py").read_text(encoding="utf-8").splitlines()) <= 60
