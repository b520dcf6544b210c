"""What leaves ask and report when the disk fails? `JournalError` or `SessionError`, never an error of the system.

Call k of those that ask the disk for anything fails, k = 1, 2, ... until a run passes: once, or from there on. The
trials save folders with links, are promoted, fail and are given again, so that checkpoints are copied, set aside and
removed.
"""

import errno
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

Fails = Callable[[int], bool]


class Disk:
    """The calls of `os`, of which some fail while it is armed."""

    def __init__(self, patch: pytest.MonkeyPatch, code: int, fails: Fails) -> None:
        self.calls, self._code, self._fails, self._armed = 0, code, fails, False
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
                self.calls += 1
                if self._fails(self.calls):
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


@pytest.mark.parametrize("make", [promotion, stopping])
@pytest.mark.parametrize(
    ("code", "once"), [(errno.ENOSPC, False), (errno.ENOSPC, True), (errno.EIO, True), (errno.EACCES, False)]
)
def test_only_two_kinds_of_errors_leave_ask_and_report_whichever_call_fails(
    memory: Path, code: int, once: bool, make: Callable[..., hb.Setup]
) -> None:
    number, failed, left = 0, Counter[str](), Counter[str]()
    while True:
        number += 1 if number < 60 else 6
        path, told = memory / f"run-{number}.jsonl", list[tuple[int, int]]()
        with pytest.MonkeyPatch.context() as patch:
            session = hb.Session(path, make(max_resource=3), max_trials=3, snapshot_every=4, warn=lambda _: None)
            disk = Disk(patch, code, lambda call, number=number: call == number if once else call >= number)  # type: ignore[misc]  # a default holds the loop variable
            left += play(session, disk, told)
        try:
            session.close()
        except (hb.JournalError, hb.SessionError) as error:
            left[f"close: {type(error).__name__}"] += 1
        failed += disk.failed
        with hb.Session(path, make(max_resource=3), max_trials=3, warn=lambda _: None) as again:
            assert all(epoch in dict(again.state.trials[trial].curve) for trial, epoch in told), number
        assert_verifies(path)
        if disk.calls < number:
            break
    assert number > 60
    assert left["JournalError"] > 0
    assert min(failed[name] for name in ("write", "fsync", "mkdir", "open")) > 0, failed
