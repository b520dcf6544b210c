"""Every command that reads a log reads it from a store too."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import pure_hb as hb
from pure_hb.cli import cli

SPACE, GOAL = hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("loss")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run of thirty records in a database."""
    place = f"sqlite:///{tmp_path_factory.mktemp('store') / 'run.db'}"
    with hb.Session(place, hb.asha(SPACE, GOAL, max_resource=9), max_trials=8) as session:
        while (trial := session.ask()) is not None:
            for epoch in trial.epochs():
                trial.checkpoint.write_text(str(epoch))
                trial.report(epoch, (float(trial.config["x"]) - 0.3) ** 2 + 1.0 / epoch)
    return place


def run(*arguments: str) -> str:
    done = CliRunner().invoke(cli, list(arguments))
    assert done.exit_code == 0, done.output
    return done.output


def test_audit(url: str) -> None:
    assert "every one comes out as recorded" in run("audit", url)
    assert hb.audit(url).faults == ()


def test_explain(url: str) -> None:
    assert "Trial 0" in run("explain", url, "2")
    assert run("explain", url, "--trial", "0")


def test_diff_and_what_if(url: str) -> None:
    assert "the same" in run("diff", url, url)
    assert json.loads(run("what-if", url, "--eta", "3", "--json"))


def test_watch_report_and_calibration(url: str, tmp_path: Path) -> None:
    assert "asha" in run("watch", url, "--once")
    run("report", url, "-o", str(tmp_path / "page.html"))
    assert (tmp_path / "page.html").stat().st_size > 10_000
    assert run("calibration", url)


def test_a_database_without_a_journal_is_said(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["audit", f"sqlite:///{tmp_path / 'none.db'}"])
    assert done.exit_code == 2
    assert "does not exist" in done.output
