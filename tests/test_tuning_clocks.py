"""Do clocks of legs count what they should, and nothing else? Told what happens and when; nothing here waits."""

import math
import socket
from typing import Any

import numpy as np
import pytest

from pure_hb.tuning import clocks
from pure_hb.tuning.channel import Channel, Leg, Reported
from pure_hb.tuning.clocks import Clocks, Hangs, TimeLimits, TooLong
from pure_hb.tuning.patience import Patience

SILENT = TooLong("no report for 60 s (max_silence)")
LONG = TooLong("the leg has trained for 100 s (max_leg_time)")


class Told:
    """The clocks of one worker, and the times at which they are told something."""

    def __init__(self, **limits: float) -> None:
        self.clocks = Clocks(TimeLimits(**limits), 0.0, 0.0)
        self.worker = "worker-0"

    def begin(self, now: float, *, has_entered: bool = True) -> "Told":
        self.clocks.begin(self.worker, now, has_entered=has_entered)
        return self

    def report(self, took: float, answered: float) -> "Told":
        self.clocks.report(self.worker, took)
        self.clocks.answer(self.worker, answered)
        return self

    def at(self, now: float) -> TooLong | Hangs | None:
        return self.clocks.judge(self.worker, now)


# ---- limits ---------------------------------------------------------------------------------------------------------


def test_without_limits_nothing_is_too_long() -> None:
    assert not isinstance(Told().begin(0.0).at(1e9), TooLong)


@pytest.mark.parametrize("value", [0, -1, math.nan, True, "60", [1]])
@pytest.mark.parametrize("name", ["max_leg_time", "max_silence"])
def test_a_limit_that_is_no_positive_number_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"{name} is .*; it is a positive number of seconds, or None for no limit"):
        TimeLimits(**{name: value})


def test_limits_may_be_numbers_of_numpy() -> None:
    limits: Any = TimeLimits(np.float32(2.5), np.int64(3))
    assert limits == TimeLimits(2.5, 3)
    assert [type(limits.max_leg_time), type(limits.max_silence)] == [float, int]


# ---- silence --------------------------------------------------------------------------------------------------------


def test_silence_counts_from_the_call_of_train_and_from_our_last_answer() -> None:
    told = Told(max_silence=60).begin(100.0)
    assert (told.at(159.9), told.at(160.0)) == (None, SILENT)
    told.report(took=50.0, answered=155.0)
    assert (told.at(214.9), told.at(215.0)) == (None, SILENT)


def test_imports_never_count() -> None:
    told = Told(max_silence=60, max_leg_time=100).begin(0.0, has_entered=False)
    assert not isinstance(told.at(5000.0), TooLong)
    told.clocks.enter(told.worker, 5000.0)
    assert (told.at(5059.0), told.at(5060.0)) == (None, SILENT)


def test_what_a_worker_that_has_no_leg_says_is_not_counted() -> None:
    told = Told(max_silence=60)
    told.clocks.enter(told.worker, 0.0)
    told.clocks.answer(told.worker, 0.0)
    told.clocks.end(told.worker)
    told.begin(100.0)
    told.clocks.end(told.worker)
    assert told.begin(200.0).at(250.0) is None, "the next leg has a clock of its own"


# ---- the time of a leg ----------------------------------------------------------------------------------------------


def test_waiting_for_our_answer_never_counts_for_a_leg() -> None:
    """The worker says how long it trained; the scheduler may take an hour for each answer."""
    told = Told(max_leg_time=100).begin(0.0)
    for number in range(1, 9):
        told.report(took=10.0, answered=3600.0 * number)
        assert told.at(3600.0 * number) is None
    begun = 3600.0 * 8
    assert told.at(begun + 19.9) is None
    assert told.at(begun + 20.0) == LONG


def test_a_scheduler_that_is_busy_makes_no_leg_longer() -> None:
    """Its report lay unread for 20 s, while a surrogate was fitted."""
    told = Told(max_leg_time=100).begin(0.0).report(took=1.0, answered=21.0)
    assert not isinstance(told.at(21.0 + 98.9), TooLong)
    assert told.at(21.0 + 99.0) == LONG


# ---- a scheduler that was away --------------------------------------------------------------------------------------


def test_an_hour_in_which_the_scheduler_was_stopped_is_given_again() -> None:
    told = Told(max_silence=60, max_leg_time=100).begin(0.0)
    told.clocks.waited(0.5, used=0.1, seconds=0.5)
    told.clocks.waited(3600.5, used=0.1, seconds=0.5)
    assert told.at(3600.5) is None
    assert told.at(3659.0) is None
    assert told.at(3661.0) == SILENT


def test_a_leg_that_went_on_while_the_scheduler_was_stopped_has_not_trained_too_long() -> None:
    told = Told(max_leg_time=100).begin(0.0)
    told.clocks.waited(0.5, used=0.1, seconds=0.5)
    told.clocks.waited(3600.5, used=0.1, seconds=0.5)
    told.report(took=3605.0, answered=3610.0)
    assert told.at(3610.0) is None
    assert not isinstance(told.at(3700.0), TooLong)
    assert told.at(3710.0) == LONG, "what came after that counts as ever"


def test_it_may_be_stopped_while_it_works_too() -> None:
    told = Told(max_silence=60).begin(0.0)
    told.clocks.worked(3600.0, used=1.0)
    assert told.at(3600.0) is None
    assert told.at(3659.0) == SILENT


def test_a_slow_disk_gives_no_time() -> None:
    """Else a leg that hangs would never be ended while others report."""
    told = Told(max_silence=60).begin(0.0)
    for second in range(0, 60, 5):
        told.clocks.worked(second + 4.9, used=0.0)
        told.clocks.waited(second + 5.0, used=0.0, seconds=0.5)
    assert told.at(60.0) == SILENT


def test_a_scheduler_that_computes_or_waits_was_not_away() -> None:
    told = Told(max_silence=60).begin(0.0)
    for second in range(20, 60, 20):
        told.clocks.waited(second, used=float(second), seconds=0.5)  # 20 s of a fit, each time
    assert told.at(59.0) is None
    assert told.at(60.0) == SILENT
    told = Told(max_silence=60).begin(0.0)
    for half in range(1, 121):
        told.clocks.waited(half / 2, used=0.0, seconds=0.5)
    assert told.at(60.0) == SILENT


# ---- without limits -------------------------------------------------------------------------------------------------


def test_a_leg_may_hang_after_ten_times_its_longest_gap_and_at_least_a_minute() -> None:
    told = Told().begin(0.0).report(took=1.0, answered=1.0)
    assert (told.at(60.9), told.at(61.0)) == (None, Hangs(60.0, 1.0, True))
    told.report(took=30.0, answered=100.0).report(took=2.0, answered=200.0)
    assert (told.at(499.0), told.at(500.0)) == (None, Hangs(300.0, 30.0, True))


def test_a_leg_without_a_gap_is_measured_by_all_legs_of_the_session() -> None:
    told = Told().begin(0.0).report(took=20.0, answered=20.0)
    told.worker = "worker-1"
    told.begin(100.0)
    assert (told.at(299.0), told.at(300.0)) == (None, Hangs(200.0, 20.0, True))
    told.report(took=1.0, answered=1000.0)
    assert told.at(1060.0) == Hangs(60.0, 1.0, True), "now it has one of its own"


def test_a_silence_is_told_once_in_a_leg() -> None:
    told = Told().begin(0.0)
    assert told.at(70.0) == Hangs(70.0, 0.0, True)
    told.clocks.told(told.worker)
    assert told.at(80.0) == Hangs(80.0, 0.0, False)
    told.report(took=90.0, answered=90.0)
    assert told.at(5000.0) == Hangs(4910.0, 90.0, False)
    assert told.begin(6000.0).at(8000.0) == Hangs(2000.0, 90.0, True), "another leg"


def test_an_import_that_hangs_is_seen_too_but_not_told() -> None:
    """Past max_time it ends the leg; before that there is no limit to name."""
    assert Told().begin(0.0, has_entered=False).at(60.0) == Hangs(60.0, 0.0, False)


def test_the_minute_can_be_another_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "SILENCE_S", 1.0)
    assert Told().begin(0.0).at(1.0) == Hangs(1.0, 0.0, True)


# ---- beside clocks --------------------------------------------------------------------------------------------------


def test_whether_something_lies_unread_is_seen_without_reading_it() -> None:
    ours, theirs = map(Channel, socket.socketpair())
    assert not ours.has_word()
    theirs.send(Reported(1, 0.5, None, 2.5))
    assert ours.has_word()
    assert list(ours.receive()) == [Reported(1, 0.5, None, 2.5)]
    assert not ours.has_word()
    ours.send(Leg(0, 0, {}, 0, 1, "folder"))
    assert list(theirs.receive()) == [Leg(0, 0, {}, 0, 1, "folder")]
    theirs.close()
    assert ours.has_word(), "the end is news as well"
    ours.close()
    assert ours.has_word()


def test_legs_over_a_limit_end_a_run_only_after_the_larger_number_of_failures() -> None:
    """The limit was asked for: that it is over does not show that the script is broken."""
    before = Patience(workers=2, max_failures=3, has_result=False)
    assert [before.broke("x", by_limit=True) for _ in range(12)] == [False] * 11 + [True]
    mixed = Patience(workers=2, max_failures=3, has_result=False)
    assert [mixed.broke("x", by_limit=limit) for limit in (True, False, True, False)] == [False, False, False, True]
