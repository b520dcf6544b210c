"""What leaves ask and report when the disk fails? `JournalError` or `SessionError`, never an error of the system.

Call k of those that ask the disk for anything fails, k = 1, 2, ... until a run passes: once, or from there on. Which
kind call k is differs from run to run, so the first call of each kind fails too. The trials save folders with links,
are promoted, fail and are given again, so that checkpoints are copied, set aside and removed.
"""

import errno
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

import pure_hb as hb
from pure_hb.session import RunningTrial
from tests.logs import assert_verifies
from tests.play import promotion, stopping

CALLS = (
    "open", "write", "fsync", "ftruncate", "mkdir", "replace", "rename", "unlink", "rmdir", "link", "symlink",
    "scandir", "listdir", "stat", "lstat", "readlink", "chmod", "utime", "copy_file_range", "sendfile",
)  # fmt: skip
"""What may fail. Closing and asking for numbers does not."""

Fails = Callable[[int, str, int], bool]
"""Number of the call, its kind, its number among those of its kind -> does it fail?"""


class Disk:
    """The calls of `os`, of which some fail while it is armed."""

    def __init__(self, patch: pytest.MonkeyPatch, code: int, fails: Fails) -> None:
        self._code, self._fails, self._armed = code, fails, False
        self.made: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        for name in CALLS:
            if hasattr(os, name):
                call = getattr(os, name)
                wrapped = self._failing(name, call)
                for can in ("supports_fd", "supports_dir_fd", "supports_follow_symlinks"):
                    patch.setattr(os, can, getattr(os, can) | ({wrapped} if call in getattr(os, can) else set()))
                patch.setattr(os, name, wrapped)

    def _failing(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **more: Any) -> Any:
            if self._armed:
                self.made[name] += 1
                if self._fails(self.made.total(), name, self.made[name]):
                    self.failed[name] += 1
                    raise OSError(self._code, os.strerror(self._code))
            return call(*arguments, **more)

        return wrapped

    @contextmanager
    def armed(self) -> Iterator[None]:
        self._armed = True
        try:
            yield
        finally:
            self._armed = False


def save(trial: RunningTrial, epoch: int) -> None:
    """As scripts do; what they cannot save is theirs to see."""
    try:
        trial.checkpoint.mkdir(parents=True, exist_ok=True)
        (trial.checkpoint / f"weights-{epoch}").write_bytes(b"x" * 100)
        if not (trial.checkpoint / "last").is_symlink():
            (trial.checkpoint / "last").symlink_to(f"weights-{epoch}")
    except OSError:
        return


def play(session: hb.Session, disk: Disk, told: list[tuple[int, int]]) -> Counter[str]:
    """Trains until nothing is left, or nothing works any more. Notes what was acknowledged, and what left a call."""
    left: Counter[str] = Counter()
    for _ in range(30):
        try:
            with disk.armed():
                trial = session.ask(wait=False)
            if trial is None:
                break
            for epoch in trial.epochs():
                save(trial, epoch)
                with disk.armed():
                    trial.report(epoch, 1.0 / (epoch + trial.number))
                told.append((trial.number, epoch))
                if (trial.number, trial.leg, epoch) == (1, 0, 2):
                    with disk.armed():
                        trial.fail("broke")
        except (hb.JournalError, hb.SessionError) as error:
            left[type(error).__name__] += 1
            if left.total() > 3:
                break
    return left


def play_on(
    path: Path, setup: hb.Setup, patch: pytest.MonkeyPatch, code: int, fails: Fails
) -> tuple[Disk, Counter[str]]:
    """A search on a disk that fails; what was acknowledged is in its journal, which verifies."""
    told = list[tuple[int, int]]()
    with patch.context() as failing:
        session = hb.Session(path, setup, max_trials=3, snapshot_every=4, warn=lambda _: None)
        disk = Disk(failing, code, fails)
        left = play(session, disk, told)
    try:
        session.close()
    except (hb.JournalError, hb.SessionError) as error:
        left[f"close: {type(error).__name__}"] += 1
    with hb.Session(path, setup, max_trials=3, warn=lambda _: None) as again:
        assert all(epoch in dict(again.state.trials[trial].curve) for trial, epoch in told), path.name
    assert_verifies(path)
    return disk, left


@pytest.mark.parametrize("make", [promotion, stopping])
@pytest.mark.parametrize(
    ("code", "once"), [(errno.ENOSPC, False), (errno.ENOSPC, True), (errno.EIO, True), (errno.EACCES, False)]
)
def test_only_two_kinds_of_errors_leave_ask_and_report_whichever_call_fails(
    memory: Path, monkeypatch: pytest.MonkeyPatch, code: int, once: bool, make: Callable[..., hb.Setup]
) -> None:
    setup, left = make(max_resource=3), Counter[str]()
    numbers = chain(range(1, 60), range(60, 10_000, 6))
    for number in numbers:
        path = memory / f"run-{number}.jsonl"
        fails: Fails = partial(lambda first, call, kind, of_kind: call == first if once else call >= first, number)
        disk, errors = play_on(path, setup, monkeypatch, code, fails)
        left += errors
        if not disk.failed:
            break
    assert number > 60
    failed = Counter[str]()
    for kind in disk.made:
        path = memory / f"run-{kind}.jsonl"
        fails = partial(lambda failing, call, kind, of_kind: kind == failing and (of_kind == 1 or not once), kind)
        found, errors = play_on(path, setup, monkeypatch, code, fails)
        left += errors
        failed += found.failed
    assert left["JournalError"] > 0
    assert min(failed[kind] for kind in ("open", "write", "fsync", "mkdir")) > 0, failed
