"""What if a disk is really full? A file system of 1 MB, in a namespace of its own; skipped where none may be mounted.

Everything is on it: the journal, its snapshots, the checkpoints. One session trains until the journal cannot be
written; then there is room again, and the same session or a new one goes on.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.processes import LIMIT_S, environment
from tests.shared import ROOT

MOUNT = ("unshare", "--user", "--map-root-user", "--mount")

SCRIPT = """
import json, os, pathlib, sys
import pure_hb as hb
from pure_hb.journal import place_of, verify_file
from tests.play import promotion

journal = sys.argv[1]
ballast, told = pathlib.Path("ballast"), []


def fill():
    with open(ballast, "wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass


def train(session, most):
    "What was acknowledged, until so many reports or an error of the journal."
    known = []
    for _ in range(most):
        trial = session.ask(wait=False)
        if trial is None:
            break
        for epoch in trial.epochs():
            try:
                trial.checkpoint.write_bytes(bytes(2000))
            except OSError:
                pass  # a script may do without
            trial.report(epoch, abs(float(trial.config["x"]) - 0.3) / epoch)
            known.append((trial.number, epoch))
    return known


known, error = [], None
session = hb.Session(journal, promotion(), snapshot_every=8, warn=told.append)
known += train(session, 12)
fill()
try:
    for _ in range(400):
        known += train(session, 1)
except hb.JournalError as found:
    error = str(found)
full = os.statvfs(".").f_bavail
try:
    session.close()
except (hb.JournalError, hb.SessionError) as found:
    told.append(str(found))
opened_full = None
try:
    for _ in range(100):  # the last block of the journal may have room for some short records
        hb.Session(journal, promotion(), warn=told.append).close()
except (hb.JournalError, hb.SessionError) as found:
    opened_full = str(found)
ballast.unlink()
with hb.Session(journal, promotion(), snapshot_every=8, warn=told.append) as again:
    lost = [one for one in known if one[1] not in dict(again.state.trials[one[0]].curve)]
    before = again.state.clock
    train(again, 5)
    more = again.state.clock - before
verified = verify_file(place_of(journal))
print(json.dumps({
    "error": error, "room": full, "opened_full": opened_full, "lost": lost, "more": more,
    "known": len(known), "ok": verified.ok, "told": told,
    "snapshot": hb.Session(journal, promotion(), warn=told.append)._journal.snapshot,
}))
"""


def on_a_small_disk(journal: str, folder: Path) -> dict[str, Any]:
    """What the script tells of a journal on a disk of 1 MB."""
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare here, so no small disk can be mounted")
    disk = folder / "disk"
    disk.mkdir()
    mount = f'mount -t tmpfs -o size=1m tmpfs "{disk}" && cd "{disk}"'
    if subprocess.run([*MOUNT, "sh", "-c", mount], capture_output=True, timeout=LIMIT_S).returncode:
        pytest.skip("a user namespace may not mount a file system here, so no small disk can be made")
    (folder / "script.py").write_text(SCRIPT)
    command = f'{mount} && exec "{sys.executable}" ../script.py "{journal}"'
    more = environment(PYTHONPATH=str(ROOT))
    done = subprocess.run([*MOUNT, "sh", "-c", command], capture_output=True, text=True, timeout=4 * LIMIT_S, env=more)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("journal", "reason", "way_out"),
    [
        ("run.jsonl", "No space left on device", "remove the cause"),
        ("sqlite:///run.db", "database or disk is full", "make room on the disk"),
    ],
)
def test_a_full_disk_stops_a_run_and_the_same_command_goes_on(
    journal: str, reason: str, way_out: str, tmp_path: Path
) -> None:
    found = on_a_small_disk(journal, tmp_path)
    assert found["room"] == 0, "the disk was full"
    assert reason in found["error"]
    assert "are safe; " in found["error"]
    assert way_out in found["error"]
    assert reason in (found["opened_full"] or "a session was opened a hundred times")
    assert all(reason in text for text in found["told"]), "of a snapshot, if it was due just then"
    assert found["snapshot"] > 0, "later there is one"
    assert found["known"] > 0
    assert found["lost"] == [], "what was acknowledged is there"
    assert found["more"] > 0
    assert found["ok"]
