"""What counts as the time of a leg, and as its silence? Clocks that are set by hand; nobody sleeps."""

import math
from typing import Any, Final

import numpy as np
import pytest

from pure_hb.tuning import clocks
from pure_hb.tuning.clocks import Exceeded, LegClocks, Limits, Silent, Stuck

W: Final = "worker-0"
QUIET: Final = Exceeded("no report for 10 s (max_silence)")
LONG: Final = Exceeded("the leg has trained for 100 s (max_leg_time)")


class Legs:
    """The clocks of a run whose scheduler looks at every whole second, or is busy, or is stopped."""

    def __init__(self, limits: Limits | None = None, *, is_imported: bool = True) -> None:
        self.now, self.busy = 1000.0, 5.0
        self.clocks = LegClocks(limits or Limits())
        self.begin(W, is_imported=is_imported)

    def begin(self, worker: str, *, is_imported: bool = True) -> None:
        self.clocks.begin(worker, self.now, is_imported=is_imported)

    def passes(self, seconds: float) -> None:
        """The scheduler waits for messages, and looks now and then."""
        end = self.now + seconds
        while self.now < end:
            self.clocks.look(self.now, self.busy)
            self.now = min(end, self.now + 1.0)
        self.clocks.look(self.now, self.busy)

    def works(self, seconds: float) -> None:
        """The scheduler decides, and does not look."""
        self.now, self.busy = self.now + seconds, self.busy + seconds
        self.clocks.look(self.now, self.busy)

    def is_stopped(self, seconds: float) -> None:
        """By Ctrl-Z, or by a machine that sleeps."""
        self.now += seconds
        self.clocks.look(self.now, self.busy)

    def report(self, seconds: float, worker: str = W) -> None:
        self.clocks.report(worker, self.now, seconds)

    def answer(self, worker: str = W) -> None:
        self.clocks.answer(worker, self.now)

    def trains(self, *seconds: float, worker: str = W) -> None:
        """It trains for so long, and its report is read and answered at once."""
        for one in seconds:
            self.passes(one)
            self.report(one, worker)
            self.answer(worker)

    def remark(self, overtime: float | None = None, worker: str = W) -> Any:
        return self.clocks.remark(worker, self.now, overtime)


# ---- max_silence ----------------------------------------------------------------------------------------------------


def test_a_silence_is_counted_from_the_call_of_train_or_the_last_answer() -> None:
    legs = Legs(Limits(max_silence=10))
    legs.passes(9.9)
    assert legs.remark() is None
    legs.report(9.9)
    legs.answer()
    legs.passes(9.9)
    assert legs.remark() is None
    legs.passes(0.1)
    assert legs.remark() == QUIET


def test_the_import_of_the_script_never_counts() -> None:
    legs = Legs(Limits(max_silence=10, max_leg_time=100), is_imported=False)
    legs.passes(500.0)
    assert legs.remark() is None
    legs.clocks.enter(W, legs.now)
    legs.passes(9.0)
    assert legs.remark() is None
    legs.passes(1.0)
    assert legs.remark() == QUIET


def test_waiting_for_our_answer_never_counts() -> None:
    legs = Legs(Limits(max_silence=10, max_leg_time=100))
    legs.trains(5.0)
    legs.passes(5.0)
    legs.report(5.0)
    legs.works(2000.0)
    assert legs.remark() is None
    legs.answer()
    legs.passes(9.0)
    assert legs.remark() is None
    assert legs.clocks.legs[W].leg_time(legs.now) == pytest.approx(19.0)


def test_time_in_which_a_report_lay_unread_does_not_count_for_the_leg() -> None:
    legs = Legs(Limits(max_leg_time=100))
    for _ in range(8):
        legs.works(60.0)  # the report came after ten seconds
        legs.report(10.0)
        legs.answer()
    assert legs.clocks.legs[W].leg_time(legs.now) == 80.0
    assert legs.clocks.longest == 10.0
    assert legs.remark() is None


def test_a_leg_that_trains_while_the_scheduler_is_busy_is_silent_all_the_same() -> None:
    legs = Legs(Limits(max_silence=10))
    legs.works(20.0)
    assert legs.remark() == QUIET


# ---- max_leg_time ---------------------------------------------------------------------------------------------------


def test_the_time_of_a_leg_is_that_of_all_its_epochs() -> None:
    legs = Legs(Limits(max_leg_time=100, max_silence=50))
    legs.trains(*[9.0] * 11)
    assert legs.remark() is None
    legs.passes(1.0)
    assert legs.remark() == LONG


def test_each_leg_has_a_time_of_its_own() -> None:
    legs = Legs(Limits(max_leg_time=100))
    legs.trains(90.0)
    legs.clocks.end(W)
    legs.begin(W)
    legs.trains(90.0)
    assert legs.remark() is None


def test_workers_have_clocks_of_their_own() -> None:
    legs = Legs(Limits(max_silence=10))
    legs.passes(6.0)
    legs.begin("worker-1")
    legs.passes(6.0)
    assert (legs.remark(), legs.remark(worker="worker-1")) == (QUIET, None)


# ---- a scheduler that was stopped -----------------------------------------------------------------------------------


def test_a_scheduler_that_was_stopped_for_an_hour_gives_legs_that_time_again() -> None:
    legs = Legs(Limits(max_silence=10, max_leg_time=100))
    legs.passes(5.0)
    legs.is_stopped(3600.0)
    assert legs.remark() is None
    assert legs.clocks.legs[W].leg_time(legs.now) == pytest.approx(5.0)
    legs.report(3605.0)
    legs.answer()
    assert legs.clocks.legs[W].leg_time(legs.now) == pytest.approx(5.0)
    legs.passes(10.0)
    assert legs.remark() == QUIET


def test_a_leg_that_waited_for_an_answer_meanwhile_is_as_before() -> None:
    legs = Legs(Limits(max_silence=10))
    legs.passes(5.0)
    legs.report(5.0)
    legs.is_stopped(3600.0)
    legs.answer()
    legs.passes(9.0)
    assert legs.remark() is None


def test_a_stopped_scheduler_does_not_call_a_leg_stuck() -> None:
    legs = Legs(is_imported=False)
    legs.passes(1.0)
    legs.is_stopped(3600.0)
    assert legs.remark(5.0) is None


# ---- long silences --------------------------------------------------------------------------------------------------


def test_past_max_time_a_leg_is_stuck_after_ten_times_its_longest_gap() -> None:
    legs = Legs()
    legs.trains(3.0, 8.0, 5.0)
    legs.passes(79.0)
    assert legs.remark(60.0) is None
    legs.passes(1.0)
    assert legs.remark(60.0) == Stuck("max_time is over, and nothing was heard of it for 80 s")


def test_no_silence_of_less_than_a_minute_is_long() -> None:
    legs = Legs()
    legs.trains(0.5)
    legs.passes(59.0)
    assert (legs.remark(1.0), legs.remark()) == (None, None)
    legs.passes(1.0)
    assert isinstance(legs.remark(1.0), Stuck)
    assert legs.remark() == Silent(60.0)


def test_the_least_silence_can_be_set_by_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "LEAST_SILENCE_S", 8.0)
    legs = Legs()
    legs.trains(0.5)
    legs.passes(8.0)
    assert isinstance(legs.remark(1.0), Stuck)


def test_a_leg_without_a_report_is_judged_by_the_longest_gap_of_all_legs() -> None:
    legs = Legs()
    legs.trains(9.0, 2.0)
    legs.clocks.end(W)
    legs.begin("worker-1")
    legs.passes(89.0)
    assert legs.remark(1.0, "worker-1") is None
    legs.passes(1.0)
    assert isinstance(legs.remark(1.0, "worker-1"), Stuck)


def test_before_any_report_a_first_epoch_may_take_twice_max_time() -> None:
    legs = Legs()
    legs.passes(1999.0)
    assert not isinstance(legs.remark(1000.0), Stuck)
    legs.passes(1.0)
    assert isinstance(legs.remark(1000.0), Stuck)


def test_an_import_that_hangs_does_not_hold_a_run_past_max_time() -> None:
    legs = Legs(is_imported=False)
    legs.passes(59.0)
    assert legs.remark(1.0) is None
    legs.passes(1.0)
    assert isinstance(legs.remark(1.0), Stuck)


def test_a_long_silence_is_told_once_for_each_leg_and_not_where_there_is_a_limit() -> None:
    legs = Legs()
    legs.trains(1.0)
    legs.passes(60.0)
    assert legs.remark() == Silent(60.0)
    legs.clocks.legs[W].is_told = True
    legs.passes(600.0)
    assert legs.remark() is None
    limited = Legs(Limits(max_silence=1000))
    limited.trains(1.0)
    limited.passes(900.0)
    assert limited.remark() is None


def test_a_leg_that_waits_for_our_answer_is_not_silent() -> None:
    legs = Legs()
    legs.trains(1.0)
    legs.report(1.0)
    legs.works(1000.0)
    assert (legs.remark(1.0), legs.remark()) == (None, None)


# ---- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["max_leg_time", "max_silence"])
@pytest.mark.parametrize("wrong", [0, -1, True, "60s", math.nan, [5], np.array([5.0])])
def test_a_limit_is_a_positive_number_of_seconds(name: str, wrong: object) -> None:
    with pytest.raises(ValueError, match=f"{name} is .*; it is a positive number of seconds, or None for no limit"):
        Limits(**{name: wrong})


def test_limits_may_be_scalars_of_numpy() -> None:
    assert Limits(np.int64(5), np.float32(0.5)) == Limits(5, 0.5)
