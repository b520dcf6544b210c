"""Does the live view show what the log says, while it grows?"""

from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from pure_hb.cli import cli
from pure_hb.cli.common import number
from pure_hb.cli.watch import Watched, view
from pure_hb.journal import JournalError
from tests.hostile_log import hostile_play
from tests.logs import busy, lines_of, write_journal


def seen(watched: Watched) -> str:
    console = Console(width=120, highlight=False, no_color=True)
    with console.capture() as capture:
        console.print(view(watched))
    return capture.get()


def test_the_view_follows_a_log_that_grows_and_waits_for_whole_lines(tmp_path: Path) -> None:
    whole = write_journal(tmp_path / "whole.jsonl", busy(45))
    lines = lines_of(whole)
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"".join(lines[:3]))
    watched = Watched(path)
    watched.look()
    assert "2 records, 1.0 s; 2 trials: 2 running; 0 epochs" in seen(watched)
    assert "no result yet" in seen(watched)
    path.write_bytes(b"".join(lines[:5]) + lines[5][:40])
    watched.look()
    assert "4 records, 2.0 s;" in seen(watched)
    path.write_bytes(whole)
    watched.look()
    text = seen(watched)
    assert "45 records" in text
    assert watched.state is not None
    assert watched.state.best is not None
    assert f"best {number(watched.state.best.value)} of trial {watched.state.best.trial}" in text
    assert "45: Continue trial 3" in text
    again = Watched(path)
    again.look()
    assert again.state == watched.state
    assert seen(again) == text


def test_a_log_that_was_begun_anew_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(45))
    watched = Watched(path)
    watched.look()
    path.unlink()
    write_journal(path, busy(3))
    watched.look()
    assert watched.state is not None
    assert watched.state.clock == 3
    assert len(watched.last) == 3


def test_text_of_the_log_is_text(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write_journal(path, hostile_play())
    done = CliRunner().invoke(cli, ["watch", str(path), "--once"])
    assert done.exit_code == 0, done.output
    assert not set("\x1b\x07\x00\u202e") & set(done.output)
    assert "</script>" in done.output


def test_without_a_terminal_it_prints_once(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(45))
    done = CliRunner().invoke(cli, ["watch", str(path)])
    assert done.exit_code == 0
    assert "bracket  level  entries" in done.output


def test_damage_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(write_journal(tmp_path / "whole.jsonl", busy(9)).replace(b'"value":0.5', b'"value":0.1', 1))
    with pytest.raises(JournalError, match="line 4"):
        Watched(path).look()
