"""Does the page hold what the log says, and nothing that could do anything? With a browser: `test_report_page`."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import pure_hb as hb
from pure_hb.cli import cli
from pure_hb.explaining import Story
from pure_hb.reporting import page
from pure_hb.reporting.data import Kind, columns_of
from pure_hb.reporting.page import SCRIPTS
from tests import flips
from tests.hostile_log import hostile, hostile_play
from tests.logs import busy, write_journal
from tests.play import ERROR, LINE, Play, promotion, stopping
from tests.test_explain import FEW, eventful, simulated

FOLDER = Path(hb.__file__).parent / "reporting"


def typed(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def data_of(html: str) -> dict[str, Any]:
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    data: dict[str, Any] = json.loads(found)
    return data


# ---- what the page draws from --------------------------------------------------------------------------------------


def rungs_of(data: dict[str, Any], number: int) -> dict[tuple[int, int], list[tuple[int, bool]]]:
    """The rungs after a record as the page makes them from its columns: (system, level) -> (trial, waits)."""
    found: dict[tuple[int, int], dict[int, bool]] = {}
    kinds, _, trials, _, _, levels, *_ = data["decisions"]
    for kind, trial, level in list(zip(kinds, trials, levels, strict=True))[:number]:
        if level is None or trial < 0:
            continue
        system = data["trials"]["bracket"][trial] if data["systems"] > 1 else 0
        if kind in (Kind.GOES_ON, Kind.PAUSED, Kind.STOPPED, Kind.NOT_FINITE):
            found.setdefault((system, level), {})[trial] = kind == Kind.PAUSED
        elif kind == Kind.PROMOTED:
            found[system, level][trial] = False
    return {place: sorted(entries.items()) for place, entries in found.items()}


def test_the_columns_give_the_rungs_of_every_record() -> None:
    for _, setup in list(flips.setups(5))[::4]:
        story = flips.played(setup, 5, 80)
        data = columns_of(story)
        for number, told in enumerate(story.told(), 1):
            due: dict[tuple[int, int], list[tuple[int, bool]]] = {}
            for system, rungs in enumerate(told.step.after.ladder.systems):
                for rung in rungs:
                    if len(rung):
                        due[system, rung.level] = sorted((trial, waits) for _, trial, waits in rung.entries)
            assert rungs_of(data, number) == due


def test_legs_are_those_of_the_workers() -> None:
    story = simulated("ASHA-PROM")
    data = columns_of(story)
    starts = [one for one in story.records if isinstance(one.action, hb.Start | hb.Resume)]
    assert len(data["legs"]) == len(starts)
    for worker in range(len(data["workers"])):
        legs = sorted(leg[2:4] for leg in data["legs"] if leg[1] == worker)
        assert all(before[1] <= after[0] for before, after in pairwise(legs))


def test_beliefs_and_theta_are_those_of_the_log() -> None:
    data = columns_of(simulated("MOBSTER-JOINT", **FEW))
    assert data["beliefs"]
    assert all(len(row) == 5 and row[3] > 0 for row in data["beliefs"])
    assert columns_of(simulated("ASHA-PROM"))["beliefs"] == []


def test_every_log_has_a_page() -> None:
    for story in (
        eventful(),
        Story.of_pairs(stopping(), []),
        Story.of_pairs(hb.random_search(LINE, ERROR, max_resource=3), []),
    ):
        assert data_of(page(story))["seed"] == 0


# ---- what it may do ------------------------------------------------------------------------------------------------


def test_the_page_is_one_file_that_loads_nothing() -> None:
    html = page(Story.of_pairs(stopping(max_resource=81), busy(45).log))
    assert re.findall(r"https?:|//[a-z]|@import|url\(|<link|\bsrc=", html) == []
    assert "default-src &#x27;none&#x27;" in html
    scripts = [FOLDER / name for name in SCRIPTS]
    assert sum(len(script.read_bytes()) for script in scripts) <= 120_000
    assert all(len(script.read_text().splitlines()) <= 350 for script in scripts)
    assert "innerHTML" not in html


def test_a_hostile_log_stays_text() -> None:
    html = page(hostile())
    assert html.count("<script") == html.count("</script>") == 2
    assert "<img" not in html
    assert "\x1b" not in html
    data = data_of(html)
    assert data["parameters"][0]["name"].startswith("</script>")
    assert "\x1b" not in json.dumps(data, ensure_ascii=False)
    assert "\u202e" not in json.dumps(data, ensure_ascii=False)


def test_hostile_logs_do_nothing_to_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    play = hostile_play()
    write_journal(path, play)
    other = tmp_path / "other.jsonl"
    write_journal(other, Play(promotion()))
    for arguments in (
        ["audit", path], ["explain", path, 2], ["explain", path, "--trial", 0], ["diff", path, other],
        ["what-if", path, "--eta", 2], ["calibration", path], ["report", path],
        ["explain", path, len(play.log)],
    ):  # fmt: skip
        done = typed(*arguments)
        assert isinstance(done.exception, SystemExit | None), arguments
        assert not set("\x1b\x07\x00\u202e\u2028") & set(done.output), arguments


@pytest.mark.parametrize("command", ["audit", "explain", "diff", "what-if", "calibration", "report"])
def test_a_line_of_a_gigabyte_is_refused_at_once(tmp_path: Path, command: str) -> None:
    """The file is sparse: it has a hole where the line would be."""
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(3))
    with path.open("r+b") as file:
        file.seek(0, 2)
        file.truncate(file.tell() + 2**30)
    more = {"explain": ["1"], "diff": [str(path)]}.get(command, [])
    done = typed(command, path, *more)
    assert done.exit_code in (1, 2)
    assert "run.jsonl line 5: the line is longer than" in done.output


# ---- the command ---------------------------------------------------------------------------------------------------


def test_the_command_writes_beside_the_journal_or_where_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(45))
    assert typed("report", path).exit_code == 0
    assert (tmp_path / "run.jsonl.html").read_text().startswith("<!doctype html>")
    before = path.read_bytes()
    done = typed("report", path, "-o", path)
    assert done.exit_code == 2
    assert "is the journal itself" in done.output
    assert path.read_bytes() == before
    done = typed("report", path, "-o", tmp_path / "missing" / "report.html")
    assert done.exit_code == 1
    assert "No such file" in done.output
