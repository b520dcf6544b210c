"""Do checkpoints behind a URL hold? Stored before a report that may be an entry, fetched before a leg. Needs fsspec."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import pure_hb as hb
from pure_hb.tuning import load_file
from tests import scripts
from tests.logs import assert_verifies, pairs
from tests.play import promotion, stopping

pytest.importorskip("fsspec", reason="fsspec is not installed: pip install 'pure_hb[fsspec]'")
pytestmark = pytest.mark.usefixtures("modules_as_before")

SAVES = """
import json
import pure_hb as hb

def train(trial):
    saved = trial.checkpoint / "deep" / "epoch"
    assert str(trial.checkpoint.parent) != str(HERE), "a folder of this machine"
    assert (saved.read_text() if saved.exists() else "0") == str(trial.start_from)
    saved.parent.mkdir(exist_ok=True)
    for epoch in trial.epochs():
        saved.write_text(str(epoch))
        if trial.number == 1 and epoch == 2 and trial.leg == 1:
            raise ValueError("in mid-leg")
        trial.report(epoch, error_of(trial.config, epoch))
"""


def tuned(folder: Path, checkpoints: str, setup: hb.Setup, **options: Any) -> hb.Result:
    script = scripts.write(folder, f"HERE = {str(folder)!r}\n{SAVES}")
    given = {"workers": 1, "max_trials": 8, "journal": folder / "run.jsonl", "quiet": True, **options}
    return hb.tune(load_file(script).train, setup, checkpoints=checkpoints, **given)


@pytest.mark.parametrize("make", [promotion, stopping])
@pytest.mark.parametrize("where", ["processes", "threads"])
def test_legs_go_on_from_what_was_stored_and_ended_trials_are_removed(
    tmp_path: Path, make: Callable[[], hb.Setup], where: str
) -> None:
    """The script itself asserts that each leg finds exactly the epoch that it goes on from."""
    store = tmp_path / "store"
    with ThreadPoolExecutor(1) as executor:
        options = {"executor": executor} if where == "threads" else {}
        tuned(tmp_path, f"file://{store}", make(), max_trials=5, **options)
        result = tuned(tmp_path, f"file://{store}", make(), **options)  # and so does a second session
    assert_verifies(tmp_path / "run.jsonl")
    broken = int(make is promotion)
    assert [trial.failures for trial in result.trials] == [0, broken, 0, 0, 0, 0, 0, 0]
    assert (store / "pure_hb-owner.json").read_bytes() == (
        tmp_path / "run.jsonl.checkpoints" / "pure_hb-owner.json"
    ).read_bytes()
    assert result.best_checkpoint is not None
    best = result.trials[result.best_trial or 0]
    url = json.loads((result.best_checkpoint / "stored-at.json").read_text())["url"]
    assert (Path(url.removeprefix("file://")) / "deep" / "epoch").read_text() == str(best.highest)
    kept = {trial.number for trial in result.trials if trial.status.value == "paused"} | {best.number}
    assert {path.name for path in store.glob("trial-*")} == {f"trial-{number}" for number in kept}


def test_decisions_are_those_of_a_folder(tmp_path: Path) -> None:
    train, logs = load_file(scripts.write(tmp_path, scripts.PLAIN)).train, []
    for name, checkpoints in (("stored", f"file://{tmp_path}/store"), ("folder", None)):
        journal = tmp_path / f"{name}.jsonl"
        options: dict[str, Any] = {"workers": 1, "max_trials": 8, "journal": journal, "quiet": True}
        hb.tune(train, promotion(), checkpoints=checkpoints, **options)
        logs.append(pairs(assert_verifies(journal)))
    assert logs[0] == logs[1]


def test_the_store_of_another_journal_is_refused(tmp_path: Path) -> None:
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
    tuned(tmp_path / "one", f"file://{tmp_path}/store", promotion(), max_trials=1)
    with pytest.raises(hb.TuningError, match=r"holds the checkpoints of another journal, .*one/run\.jsonl"):
        tuned(tmp_path / "two", f"file://{tmp_path}/store", promotion(), max_trials=1)


def test_an_unknown_scheme_is_refused_before_the_journal_is_touched(tmp_path: Path) -> None:
    with pytest.raises(hb.TuningError, match="checkpoints cannot be kept at nowhere://x: ValueError: "):
        tuned(tmp_path, "nowhere://x", promotion())
    assert not (tmp_path / "run.jsonl").exists()


def test_a_checkpoint_that_is_gone_is_a_failure_that_names_it(tmp_path: Path) -> None:
    store = tmp_path / "store"
    tuned(tmp_path, f"file://{store}", promotion(), max_trials=2)
    for mark in store.glob("trial-*/leg-*/*.whole"):
        os.unlink(mark)
    result = tuned(tmp_path, f"file://{store}", promotion(), max_trials=4)
    reasons = [
        event.reason for event, _ in pairs(assert_verifies(tmp_path / "run.jsonl")) if isinstance(event, hb.Fail)
    ]
    assert any("is not there, or not whole" in reason and "file://" in reason for reason in reasons), reasons
    assert len(result.trials) == 4


def test_an_object_store_is_written_and_read_over_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that speaks the protocol of S3: two sessions, a leg that breaks in the middle, and trials that go on."""
    reason = "pip install s3fs 'moto[server]'"
    server_of = pytest.importorskip("moto.server", reason=reason).ThreadedMotoServer
    s3fs = pytest.importorskip("s3fs", reason=reason)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "tester")
    server = server_of(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        monkeypatch.setenv("FSSPEC_S3_ENDPOINT_URL", f"http://{host}:{port}")
        there = s3fs.S3FileSystem(endpoint_url=f"http://{host}:{port}")
        there.mkdir("bucket")
        tuned(tmp_path, "s3://bucket/run", promotion(), max_trials=4)
        result = tuned(tmp_path, "s3://bucket/run", promotion())
        there.invalidate_cache()
        stored = there.find("bucket")
    finally:
        server.stop()
    assert_verifies(tmp_path / "run.jsonl")
    assert [trial.failures for trial in result.trials] == [0, 1, 0, 0, 0, 0, 0, 0]
    assert result.best_checkpoint is not None
    best = json.loads((result.best_checkpoint / "stored-at.json").read_text())["url"].removeprefix("s3://")
    assert {f"{best}.whole", f"{best}/deep/epoch"} <= set(stored)
