"""What does every event do, in every situation? The table of SEMANTICS.md, row by row, as examples on `hb.decide`."""

import math
from collections.abc import Callable
from unittest.mock import ANY

import pytest
from attrs import frozen

import pure_hb as hb
from pure_hb import (
    Ask,
    Complete,
    Continue,
    Done,
    Fail,
    Noted,
    Observe,
    Pause,
    Release,
    Report,
    Resume,
    Start,
    Stop,
    Wait,
)
from pure_hb.machine.life import next_status
from pure_hb.machine.trials import Entry
from tests.play import ERROR, LINE, PAIR, SCORE, Make, Play, bare, promotion, ranked, reasons, stopping

NAN, INF = math.nan, math.inf

# ---- situations: what happened before -----------------------------------------------------------------------------

NOTHING: tuple[hb.Event, ...] = ()
RUNS = (Ask("w0"),)
TWO_RUN = (Ask("w0"), Ask("w1"))
BROKEN = (*RUNS, Fail(0, "out of memory"))
RELEASED = (*RUNS, Release(0, "preempted"))
ENDED = (*RUNS, Report(0, 9, 0.5))
REPORTED = (Ask("w0", True), Report(0, 2, 0.5))  # with levels (4, 12) only: below the first level
PAUSED = (*TWO_RUN, Report(0, 1, 0.1), Report(1, 1, 0.2))  # promotion: both wait at level 1, trial 0 passes
RESUMED = (*PAUSED, Ask("w0"))  # promotion: trial 0 runs leg 1, from 1 to 3
BROKEN_LEG_1 = (*RESUMED, Fail(0, "out of memory"))
ENDED_ON_LEG_1 = (*RESUMED, Report(0, 9, 0.1))
WENT_ON = (*RUNS, Report(0, 1, 0.1))  # stopping: the first one goes on, to 3
STOPPED = (*TWO_RUN, Report(0, 1, 0.1), Report(1, 1, 0.2))  # stopping: trial 1 is stopped at level 1


@frozen
class Row:
    """A row of the table: in a situation, an event has an answer."""

    name: str
    make: Make
    before: tuple[hb.Event, ...]
    event: hb.Event
    action: hb.Action
    why: str = ""
    """A part of the reasons given."""


def rows(name: str, before: tuple[hb.Event, ...], event: hb.Event, action: hb.Action, why: str = "") -> list[Row]:
    """The same row for both types."""
    return [Row(f"{name} ({make.__name__})", make, before, event, action, why) for make in (promotion, stopping)]


def first(event: hb.Event, until: int = 1) -> Start:
    return Start(0, ANY, bracket=0, until=until)


UNLOGGED_START = Start(0, ANY, bracket=0, until=1, logged=False)

ASKS = [
    *rows("a new trial", NOTHING, Ask("w0"), Start(0, ANY, bracket=0, until=1, leg=0), "initial points"),
    *rows("a second new trial", RUNS, Ask("w1"), Start(1, ANY, bracket=0, until=1, leg=0), "random draw, attempt 1"),
    *rows("the worker holds a running trial", RUNS, Ask("w0"), UNLOGGED_START, "holds it already"),
    *rows("it holds one, and asks for no new one", RUNS, Ask("w0", new_trials=False), UNLOGGED_START, "holds it"),
    Row("it holds one that went on: the current until", stopping, WENT_ON, Ask("w0"),
        Start(0, ANY, bracket=0, until=3, logged=False), "holds it already"),
    Row("it holds a resumed one: the same leg and from", promotion, RESUMED, Ask("w0"),
        Resume(0, ANY, start_from=1, until=3, leg=1, logged=False), "holds it already"),
    *rows("a trial failed: its leg again", BROKEN, Ask("w0"), Resume(0, ANY, start_from=0, until=1, leg=1), "it broke"),
    *rows("a trial was released: its leg again", RELEASED, Ask("w9"), Resume(0, ANY, start_from=0, until=1, leg=1)),
    *rows("a broken one, though no new ones are wanted", BROKEN, Ask("w0", False), Resume(0, ANY, 0, 1, leg=1)),
    Row("a broken one comes before a promotion", promotion, (*PAUSED, Ask("w0", False), Fail(0)), Ask("w1"),
        Resume(0, ANY, start_from=1, until=3, leg=2)),
    Row("the one broken longest", promotion, (*TWO_RUN, Fail(1), Release(0)), Ask("w2"), Resume(1, ANY, 0, 1, leg=1)),
    Row("the rule promotes", promotion, PAUSED, Ask("w9"),
        Resume(0, ANY, start_from=1, until=3, leg=1, promoted_from=1)),
    Row("the rule promotes without new trials", promotion, PAUSED, Ask("w9", new_trials=False),
        Resume(0, ANY, start_from=1, until=3, leg=1, promoted_from=1)),
    Row("one entry promotes nobody", promotion, (*RUNS, Report(0, 1, 0.1)), Ask("w0"), Start(1, ANY, 0, 1)),
    *rows("nothing to give, something runs", RUNS, Ask("w1", new_trials=False), Wait(), "1 trials run"),
    *rows("nothing to give, nothing runs", NOTHING, Ask("w0", new_trials=False), Done(), "nothing runs"),
    *rows("nothing to give after an end", ENDED, Ask("w0", new_trials=False), Done(), "nothing runs"),
]  # fmt: skip

REPORTS = [
    Row("below until: it goes on", promotion, RESUMED, Report(0, 2, 0.3), Continue(0, 3), "no level before 3"),
    Row("below until: it goes on", stopping, WENT_ON, Report(0, 2, 0.3), Continue(0, 3), "no level before 3"),
    Row("at until: it waits", promotion, RUNS, Report(0, 1, 0.3), Pause(0, level=1)),
    Row("at until: the first goes on", stopping, RUNS, Report(0, 1, 0.3), Continue(0, 3, level=1)),
    Row("at until: a worse one is stopped", stopping, (*WENT_ON, Ask("w1")), Report(1, 1, 0.2), Stop(1, level=1)),
    Row("at until: a better one goes on", stopping, (*WENT_ON, Ask("w1")), Report(1, 1, 0.05), Continue(1, 3, 1)),
    Row("at until: an equal one goes on", stopping, (*WENT_ON, Ask("w1")), Report(1, 1, 0.1), Continue(1, 3, 1)),
    Row("at until on leg 1: it waits", promotion, RESUMED, Report(0, 3, 0.1, leg=1), Pause(0, level=3)),
    Row("a jump enters the highest level reached", promotion, RUNS, Report(0, 5, 0.3), Pause(0, level=3)),
    Row("a jump enters the highest level reached", stopping, RUNS, Report(0, 5, 0.3), Continue(0, 9, level=3)),
    Row("a jump within a leg", promotion, RESUMED, Report(0, 8, 0.3), Pause(0, level=3)),
    *rows("at the maximum: finished", RUNS, Report(0, 9, 0.3), Stop(0), "finished"),
    *rows("past the maximum: finished", RUNS, Report(0, 12, 0.3), Stop(0), "finished"),
    *rows("with the current leg named", RUNS, Report(0, 9, 0.3, leg=0), Stop(0), "finished"),
    *rows("with a cost", RUNS, Report(0, 9, 0.3, cost=1.5), Stop(0), "finished"),
    *rows("a cost of 0", RUNS, Report(0, 9, 0.3, cost=0.0), Stop(0), "finished"),
    # NaN and infinities
    *rows("NaN at until: an entry that ranks last", RUNS, Report(0, 1, NAN), Stop(0, level=1), "ranks last"),
    *rows("inf at until: an entry that ranks last", RUNS, Report(0, 1, INF), Stop(0, level=1), "ranks last"),
    *rows("-inf at until: an entry that ranks last", RUNS, Report(0, 1, -INF), Stop(0, level=1), "ranks last"),
    *rows("NaN past until: at the highest level reached", RUNS, Report(0, 4, NAN), Stop(0, level=3)),
    Row("NaN below until: no entry", stopping, WENT_ON, Report(0, 2, NAN), Stop(0)),
    Row("NaN below until: no entry", promotion, RESUMED, Report(0, 2, NAN), Stop(0)),
    *rows("NaN at the maximum: no entry", RUNS, Report(0, 9, NAN), Stop(0)),
    *rows("NaN past the maximum: no entry", RUNS, Report(0, 90, NAN), Stop(0)),
    # what is not past the highest accepted resource
    Row("a repeat", stopping, WENT_ON, Report(0, 1, 0.1), Continue(0, 3, logged=False), "a repeat: resource 1"),
    Row("another value: the first stands", stopping, WENT_ON, Report(0, 1, 0.2),
        Continue(0, 3, logged=False), "the first value stands: 0.1 at resource 1, not 0.2"),
    Row("NaN at a known resource: the first stands", stopping, WENT_ON, Report(0, 1, NAN),
        Continue(0, 3, logged=False), "the first value stands: 0.1 at resource 1, not nan"),
    Row("-0.0 is not 0.0", stopping, (*RUNS, Report(0, 1, 0.0)), Report(0, 1, -0.0),
        Continue(0, 3, logged=False), "the first value stands: 0.0 at resource 1, not -0.0"),
    Row("between known resources", stopping, (*RUNS, Report(0, 5, 0.1)), Report(0, 4, 0.1),
        Continue(0, 9, logged=False), "resource 4 is not past 5"),
    Row("a resumed one begins again", promotion, RESUMED, Report(0, 1, 0.1),
        Continue(0, 3, logged=False), "a repeat: resource 1"),
    # strays
    Row("an older leg, the new one runs", promotion, RESUMED, Report(0, 2, 0.1, leg=0), Pause(0, logged=False),
        "leg 0 is over, leg 1 is the last"),
    Row("an older leg, the new one is over", promotion, ENDED_ON_LEG_1, Report(0, 2, 0.1, leg=0),
        Pause(0, logged=False)),
    Row("the current leg is over: paused", promotion, PAUSED, Report(0, 2, 0.1, leg=0), Pause(0, logged=False),
        "trial 0 is paused"),
    Row("the same without the leg", promotion, PAUSED, Report(0, 2, 0.1), Pause(0, logged=False)),
    *rows("the current leg is over: broken", BROKEN, Report(0, 2, 0.1), Pause(0, logged=False), "trial 0 is broken"),
    *rows("the current leg is over: ended", ENDED, Report(0, 9, 0.1), Stop(0, logged=False), "trial 0 is ended"),
    Row("a stopped one reports again", stopping, STOPPED, Report(1, 1, 0.2), Stop(1, logged=False)),
    *rows("NaN of an ended one", ENDED, Report(0, 10, NAN), Stop(0, logged=False)),
]  # fmt: skip

OTHERS = [
    *rows("complete while it runs", RUNS, Complete(0), Noted(0), "ended by itself"),
    *rows("complete, leg named", RUNS, Complete(0, leg=0), Noted(0)),
    Row("complete after a pause", promotion, PAUSED, Complete(0), Noted(0, logged=False), "trial 0 is paused"),
    Row("complete of an older leg", promotion, RESUMED, Complete(0, leg=0), Noted(0, logged=False)),
    Row("a late complete without a leg ends the new leg", promotion, RESUMED, Complete(0), Noted(0)),
    *rows("complete while broken", BROKEN, Complete(0), Noted(0, logged=False), "trial 0 is broken"),
    *rows("complete after the end", ENDED, Complete(0), Noted(0, logged=False), "trial 0 is ended"),
    *rows("a failure", RUNS, Fail(0, "out of memory"), Pause(0), "failure 1 of 3"),
    *rows("a second failure", (*BROKEN, Ask("w0")), Fail(0, leg=1), Pause(0), "failure 2 of 3"),
    *rows("the last failure", (*BROKEN, Ask("w0"), Fail(0), Ask("w0")), Fail(0), Stop(0), "failure 3 of 3"),
    *rows("a release", RUNS, Release(0, "preempted"), Pause(0), "does not count"),
    Row("a failure of an older leg", promotion, RESUMED, Fail(0, leg=0), Pause(0, logged=False), "leg 0 is over"),
    Row("a release of an older leg", promotion, RESUMED, Release(0, leg=0), Pause(0, logged=False), "leg 0 is over"),
    Row("an older leg of an ended one", promotion, ENDED_ON_LEG_1, Fail(0, leg=0), Pause(0, logged=False)),
    Row("the leg on which it ended", promotion, ENDED_ON_LEG_1, Fail(0, leg=1), Stop(0, logged=False)),
    Row("a release on which it ended", promotion, ENDED_ON_LEG_1, Release(0, leg=1), Stop(0, logged=False)),
    Row("a failure after a pause", promotion, PAUSED, Fail(0, leg=0), Pause(0, logged=False), "trial 0 is paused"),
    Row("a release after a pause", promotion, PAUSED, Release(0), Pause(0, logged=False), "trial 0 is paused"),
    *rows("a failure again", BROKEN, Fail(0, leg=0), Pause(0, logged=False), "trial 0 is broken"),
    *rows("a release after a failure", BROKEN, Release(0, leg=0), Pause(0, logged=False), "trial 0 is broken"),
    *rows("a failure after the end", ENDED, Fail(0), Stop(0, logged=False), "trial 0 is ended"),
    *rows("a release after the end", ENDED, Release(0), Stop(0, logged=False), "trial 0 is ended"),
]


def _named(row: Row) -> str:
    return f"{type(row.event).__name__}: {row.name}"


@pytest.mark.parametrize("row", ASKS + REPORTS + OTHERS, ids=_named)
def test_a_row_of_the_table(row: Row) -> None:
    play = Play(row.make(), row.before)
    action = play(row.event)  # which checks the identity of the state where nothing is logged
    assert bare(action) == row.action
    assert action.logged is row.action.logged
    assert row.why in reasons(action)


@pytest.mark.parametrize("row", [row for row in REPORTS + OTHERS if row.action.logged], ids=_named)
def test_an_event_that_is_accepted_once_changes_nothing_however_late_it_comes_again(row: Row) -> None:
    play = Play(row.make(), row.before)
    play(row.event)
    again = play(row.event)
    assert not again.logged


# ---- rejections: the value, the limit, the way out ------------------------------------------------------------------

OfTrial = Report | Complete | Fail | Release
EACH = (Report, Complete, Fail, Release)


def of_trial(kind: type[OfTrial], trial: int, leg: int | None = None) -> OfTrial:
    return Report(trial, 1, 0.5, leg=leg) if issubclass(kind, Report) else kind(trial, leg=leg)


@pytest.mark.parametrize("kind", EACH)
@pytest.mark.parametrize("make", [promotion, stopping])
@pytest.mark.parametrize(
    ("before", "trial", "known"),
    [(NOTHING, 0, "none yet."), (RUNS, 1, "0."), (TWO_RUN, 2, "0 to 1."), (TWO_RUN, -1, "0 to 1.")],
)
def test_an_unknown_trial_is_rejected(
    make: Make, kind: type[OfTrial], before: tuple[hb.Event, ...], trial: int, known: str
) -> None:
    action = Play(make(), before)(of_trial(kind, trial))
    assert isinstance(action, hb.Reject)
    assert f"trial {trial} is unknown; known trials: {known}" in action.reason
    assert "Use the number that Start gave" in action.reason


@pytest.mark.parametrize("kind", EACH)
@pytest.mark.parametrize(("before", "leg", "last"), [(RUNS, 1, 0), (RUNS, -1, 0), (RESUMED, 2, 1), (ENDED, 1, 0)])
def test_a_leg_that_was_not_given_out_is_rejected(
    kind: type[OfTrial], before: tuple[hb.Event, ...], leg: int, last: int
) -> None:
    action = Play(promotion(), before)(of_trial(kind, 0, leg))
    assert isinstance(action, hb.Reject)
    assert f"leg {leg} of trial 0 was not given out; legs 0 to {last} were" in action.reason


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Report(0, 0, 0.5), ("resource 0", "from 1", "1 is the first epoch")),
        (Report(0, -3, 0.5), ("resource -3", "from 1")),
        (Report(0, 2**53 + 1, 0.5), ("resource 9007199254740993", "2**53")),
        (Report(0, 1, 0.5, cost=-1.0), ("cost -1.0", "at least 0", "None")),
        (Report(0, 1, 0.5, cost=NAN), ("cost nan", "finite")),
        (Report(0, 1, 0.5, cost=INF), ("cost inf", "finite")),
        (Report(0, 0, NAN), ("resource 0",)),
    ],
)
@pytest.mark.parametrize("before", [RUNS, ENDED, BROKEN])
def test_a_report_that_makes_no_sense_is_rejected_in_every_status(
    before: tuple[hb.Event, ...], event: Report, words: tuple[str, ...]
) -> None:
    action = Play(promotion(), before)(event)
    assert isinstance(action, hb.Reject)
    assert all(word in action.reason for word in words), action.reason


def test_the_largest_resource_is_past_the_maximum_and_ends_the_trial() -> None:
    assert bare(Play(promotion(), RUNS)(Report(0, 2**53, 0.5))) == Stop(0)


def test_costs_add_up_from_leg_to_leg_and_those_not_told_count_as_nothing() -> None:
    play = Play(promotion(), RESUMED)
    assert (play.trial(0).cost, play.trial(0).leg_cost, play.trial(0).costs) == (0.0, 0.0, ())
    play(Report(0, 2, 0.4, cost=2.5))
    play(Release(0))
    play(Ask("w9"))
    assert (play.trial(0).worker, play.trial(0).leg_cost) == ("w9", 2.5)
    play(Report(0, 3, 0.4, cost=4.0))
    assert (play.trial(0).cost, play.trial(0).costs) == (6.5, ((2, 2.5), (3, 6.5)))


def test_a_leg_begins_where_its_assignment_says() -> None:
    assert Play(promotion(), RUNS).trial(0).leg_from == 0
    assert Play(promotion(), RESUMED).trial(0).leg_from == 1


def test_trials_read_like_a_sequence() -> None:
    trials = Play(promotion(), PAUSED).state.trials
    assert (len(trials), trials[1].number, [trial.number for trial in trials], 1 in trials) == (2, 1, [0, 1], True)
    assert (2 in trials, -1 in trials, "1" in trials) == (False, False, False)
    with pytest.raises(IndexError, match="there is no trial 2; there are 2"):
        trials[2]
    same = Play(promotion(), PAUSED).state.trials
    assert (trials == same, hash(trials) == hash(same), repr(trials)) == (True, True, "2 trials")
    assert trials != Play(promotion(), TWO_RUN).state.trials


HUGE = 10**5000
"""Python refuses to write so many digits."""


@pytest.mark.parametrize(
    "make",
    [
        lambda: Report(0, HUGE, 0.5),
        lambda: Report(HUGE, 1, 0.5),
        lambda: Report(0, 1, 0.5, leg=HUGE),
        lambda: Report(0, 1, HUGE),
        lambda: Complete(-HUGE),
        lambda: Fail(0, "", HUGE),
        lambda: Release(HUGE),
        lambda: Observe({"x": 0.5}, ((HUGE, 0.5),)),
        lambda: Observe({"x": HUGE}, ((1, 0.5),)),
    ],
    ids=["resource", "trial", "leg", "value", "complete", "fail", "release", "observed resource", "observed config"],
)
def test_a_number_of_5001_digits_is_refused_at_the_door_or_rejected(make: Callable[[], hb.Event]) -> None:
    play = Play(promotion(), RUNS)
    try:
        event = make()
    except TypeError:
        return
    assert isinstance(play(event), hb.Reject)


# ---- what an accepted report leaves behind --------------------------------------------------------------------------


@pytest.mark.parametrize("make", [promotion, stopping])
def test_a_jump_makes_one_entry_and_levels_jumped_over_get_none_ever(make: Make) -> None:
    play = Play(make(), (*RUNS, Report(0, 5, 0.3)))
    assert play.rung(1)[0] == ()
    assert play.rung(3)[0] == (0.3,)
    play(Report(0, 1, 0.3))
    play(Report(0, 3, 0.3))
    assert (play.rung(1)[0], play.rung(3)[0]) == ((), (0.3,))
    assert play.trial(0).curve == ((5, 0.3),)


def test_the_evidence_of_a_jump_names_level_and_resource() -> None:
    (record,) = ranked(Play(promotion(), RUNS)(Report(0, 5, 0.3)))
    assert (record.trial, record.level, record.resource, record.entries, record.rank) == (0, 3, 5, 1, 0)


def test_after_a_jump_a_trial_goes_on_from_what_it_reported_not_from_the_level() -> None:
    play = Play(promotion(), (*TWO_RUN, Report(0, 5, 0.1), Report(1, 4, 0.2)))
    assert bare(play(Ask("w0"))) == Resume(0, ANY, start_from=5, until=9, leg=1, promoted_from=3)
    play(Release(0))
    assert bare(play(Ask("w0"))) == Resume(0, ANY, start_from=5, until=9, leg=2)


def test_without_an_entry_a_broken_trial_begins_afresh_but_keeps_its_curve() -> None:
    setup = hb.asha(LINE, ERROR, max_resource=27, grace_period=5)
    play = Play(setup, (*RUNS, Report(0, 3, 0.5), Release(0)))
    assert bare(play(Ask("w1"))) == Resume(0, ANY, start_from=0, until=5, leg=1)
    assert bare(play(Report(0, 3, 0.4, leg=1))) == Continue(0, 5, logged=False)
    assert play.trial(0).curve == ((3, 0.5),)
    assert bare(play(Report(0, 4, 0.4, leg=1))) == Continue(0, 5)


@pytest.mark.parametrize("make", [promotion, stopping])
def test_past_the_maximum_the_value_joins_the_curve_at_the_maximum_and_enters_no_rung(make: Make) -> None:
    play = Play(make(), (*RUNS, Report(0, 12, 0.3)))
    assert play.trial(0).curve == ((9, 0.3),)
    assert play.trial(0).status is hb.Status.ENDED
    assert play.state.best == hb.Best(0, 9, 0.3, 0.3)
    assert play.state.resource_spent == 9
    assert (play.rung(1)[0], play.rung(3)[0]) == ((), ())


@pytest.mark.parametrize("value", [NAN, INF, -INF])
@pytest.mark.parametrize("goal", [ERROR, SCORE])
@pytest.mark.parametrize("make", [promotion, stopping])
def test_a_value_that_is_no_number_ranks_last_never_waits_and_is_never_the_best(
    make: Make, goal: hb.Goal, value: float
) -> None:
    play = Play(make(goal=goal), (*TWO_RUN, Report(0, 1, value)))
    assert play.rung(1) == ((INF,), [])
    assert repr(play.trial(0).curve) == repr(((1, value),))
    assert play.trial(0).status is hb.Status.ENDED
    assert play.state.best is None
    play(Report(1, 1, 1e300))
    assert play.state.best is not None
    assert play.state.best.value == 1e300


def test_a_value_that_is_no_number_counts_as_an_entry_for_the_others() -> None:
    play = Play(promotion(), (*TWO_RUN, Report(0, 1, NAN), Report(1, 1, 0.5)))
    assert bare(play(Ask("w0"))) == Resume(1, ANY, start_from=1, until=3, leg=1, promoted_from=1)


def test_minus_zero_equals_zero_in_rungs_but_is_kept_in_the_curve() -> None:
    play = Play(promotion(), (*TWO_RUN, Report(0, 1, 0.0), Report(1, 1, -0.0)))
    assert repr(play.rung(1)[0]) == "(0.0, 0.0)"
    assert repr(play.trial(1).curve) == "((1, -0.0),)"
    assert play.state.best is not None
    assert play.state.best.trial == 0
    first, second = play(Ask("w0")), play(Ask("w1"))
    assert isinstance(first, Resume)
    assert isinstance(second, Resume)
    assert (first.trial, second.trial) == (0, 1)


def test_equal_values_are_promoted_all_in_the_order_of_arrival() -> None:
    workers = [Ask(f"w{number}") for number in range(4)]
    play = Play(promotion(), (*workers, *(Report(trial, 1, 0.5) for trial in (2, 0, 3, 1))))
    promoted = [play(worker) for worker in workers]
    assert [action.trial for action in promoted if isinstance(action, Resume)] == [2, 0, 3, 1]
    assert isinstance(play(Ask("w4")), Start)


def test_with_a_maximised_metric_the_larger_value_is_promoted_and_the_cutoff_is_in_its_units() -> None:
    action = Play(promotion(goal=SCORE), (*TWO_RUN, Report(0, 1, 0.1), Report(1, 1, 0.4)))(Ask("w0"))
    assert isinstance(action, Resume)
    assert action.trial == 1
    (record,) = ranked(action)
    assert (record.rank, record.entries, record.allowed, record.passes) == (0, 2, 0, True)
    assert record.cutoff == pytest.approx(0.3)


def test_the_top_rung_is_promoted_first() -> None:
    events = (*PAUSED, Ask("w0"), Ask("w1"), Report(0, 3, 0.1), Report(2, 1, 0.01))
    play = Play(promotion(), events)
    assert [play.rung(level)[1] for level in (1, 3)] == [[2, 1], [0]]
    assert bare(play(Ask("w0"))) == Resume(2, ANY, 1, 3, 1, promoted_from=1)  # alone in the top rung, 0 cannot pass
    play(Report(2, 3, 0.05))
    assert bare(play(Ask("w0"))) == Resume(2, ANY, 3, 9, 2, promoted_from=3)


# ---- failures, releases ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_a_trial_ends_with_the_last_failure_it_may_have(limit: int) -> None:
    play = Play(promotion(max_failures=limit), RUNS)
    for _ in range(limit - 1):
        assert bare(play(Fail(0))) == Pause(0)
        assert isinstance(play(Ask("w0")), Resume)
    assert bare(play(Fail(0))) == Stop(0)
    assert isinstance(play(Ask("w0")), Start)


def test_releases_never_count() -> None:
    play = Play(promotion(max_failures=1), RUNS)
    for leg in range(1, 20):
        assert bare(play(Release(0))) == Pause(0)
        assert bare(play(Ask("w0"))) == Resume(0, ANY, 0, 1, leg)
    assert play.trial(0).failures == 0


def test_the_entries_of_a_trial_that_failed_stay() -> None:
    play = Play(promotion(max_failures=1), (*RESUMED, Fail(0)))
    assert play.rung(1) == ((0.1, 0.2), [1])
    assert play.trial(0).status is hb.Status.ENDED


def test_running_a_leg_again_is_not_a_second_promotion() -> None:
    play = Play(promotion(), BROKEN_LEG_1)
    assert bare(play(Ask("w0"))) == Resume(0, ANY, 1, 3, leg=2, promoted_from=None)
    assert play.rung(1) == ((0.1, 0.2), [1])


def test_a_completed_trial_is_never_resumed() -> None:
    play = Play(promotion(), (*RUNS, Complete(0)))
    assert play.trial(0).status is hb.Status.ENDED
    assert bare(play(Ask("w0"))) == Start(1, ANY, 0, 1)
    assert play.rung(1) == ((), [])


# ---- brackets -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("bracket", "until"), [(0, 1), (1, 3), (2, 9)])
def test_a_trial_of_a_bracket_is_not_compared_below_its_level(bracket: int, until: int) -> None:
    play = Play(promotion(brackets=3))
    assert bare(play(Ask("w0"), bracket)) == Start(0, ANY, bracket, until)
    for epoch in range(1, until):
        assert bare(play(Report(0, epoch, 0.5))) == Continue(0, until)
    assert play.rung(1)[0] == ()


def separate(space: hb.Space = LINE) -> hb.Setup:
    return hb.asha(space, ERROR, max_resource=9, brackets=2, rung_system_per_bracket=True)


def two_wait_in_bracket_1(space: hb.Space = LINE) -> Play:
    play = Play(separate(space))
    for worker in ("w0", "w1"):
        play(Ask(worker), 1)
    play(Report(0, 3, 0.1))
    play(Report(1, 3, 0.2))
    return play


def test_with_separate_rungs_a_promotion_comes_from_the_bracket_that_is_drawn() -> None:
    assert bare(two_wait_in_bracket_1()(Ask("w0"), 1)) == Resume(0, ANY, 3, 9, 1, promoted_from=3)
    assert bare(two_wait_in_bracket_1()(Ask("w0"), 0)) == Start(2, ANY, bracket=0, until=1)


@pytest.mark.parametrize(("space", "new_trials"), [(LINE, False), (PAIR, True), (PAIR, False)])
def test_with_separate_rungs_and_nothing_to_start_the_other_brackets_are_searched(
    space: hb.Space, new_trials: bool
) -> None:
    play = two_wait_in_bracket_1(space)
    assert bare(play(Ask("w0", new_trials), 0)) == Resume(0, ANY, 3, 9, 1, promoted_from=3)
    assert isinstance(play(Ask("w1", new_trials), 0), Wait)


def test_the_lowest_bracket_is_searched_first() -> None:
    play = two_wait_in_bracket_1()
    play(Ask("w2"), 0)
    play(Ask("w3"), 0)
    play(Report(2, 1, 0.5))
    play(Report(3, 1, 0.6))
    setup = play.state.setup
    assert setup.brackets == 2
    assert bare(play(Ask("w0", False), 1)) == Resume(0, ANY, 3, 9, 1, promoted_from=3)  # the one drawn comes before all
    assert bare(play(Ask("w1", False), 1)) == Resume(2, ANY, 1, 3, 1, promoted_from=1)


# ---- the end --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [promotion, stopping])
def test_a_finite_space_is_exhausted_waits_and_is_done(make: Make) -> None:
    play = Play(make(PAIR), TWO_RUN)
    assert {trial.config["x"] for trial in play.state.trials} == {"a", "b"}
    assert bare(play(Ask("w2"))) == Wait()
    play(Report(0, 9, 0.1))
    assert bare(play(Ask("w2"))) == Wait()
    play(Report(1, 9, 0.1))
    assert bare(play(Ask("w2"))) == Done()
    assert bare(play(Ask("w2"))) == Done()


def test_promotions_go_on_until_done_when_the_space_is_exhausted() -> None:
    play = Play(promotion(PAIR), PAUSED)
    assert bare(play(Ask("w0"))) == Resume(0, ANY, 1, 3, 1, promoted_from=1)
    assert bare(play(Ask("w1"))) == Wait()
    play(Report(0, 3, 0.1))
    assert bare(play(Ask("w0"))) == Done()  # alone at level 3, and the worse of two at level 1
    assert [trial.status for trial in play.state.trials] == [hb.Status.PAUSED] * 2


def test_a_broken_trial_is_not_done() -> None:
    play = Play(promotion(PAIR), (*TWO_RUN, Report(0, 9, 0.1), Release(1)))
    assert bare(play(Ask("w0", new_trials=False))) == Resume(1, ANY, 0, 1, 1)


@pytest.mark.parametrize("make", [promotion, stopping])
def test_asking_without_new_trials_starts_none(make: Make) -> None:
    play = Play(make(), RUNS)
    for _ in range(20):
        assert bare(play(Ask("w1", new_trials=False))) == Wait()
    assert len(play.state.trials) == 1


def test_polling_changes_no_later_draw() -> None:
    polled = Play(promotion(), RUNS)
    for number in range(50):
        polled(Ask(f"other-{number}", new_trials=False))
        polled(Report(7, 1, 0.5))
    assert polled(Ask("w1")) == Play(promotion(), RUNS)(Ask("w1"))


# ---- workers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("worker", ["", " ", "\x00", "line\nline", "\u202e", "🙂", "w" * 10_000])
def test_any_text_names_a_worker(worker: str) -> None:
    play = Play(stopping())
    assert bare(play(Ask(worker))) == Start(0, ANY, 0, 1)
    assert bare(play(Report(0, 1, 0.1))) == Continue(0, 3, level=1)
    assert bare(play(Ask(worker))) == Start(0, ANY, 0, 3, logged=False)
    assert bare(play(Report(0, 9, 0.1))) == Stop(0)
    assert bare(play(Ask(worker))) == Start(1, ANY, 0, 1)


def test_a_worker_that_reported_a_pause_is_free() -> None:
    play = Play(promotion(), (*RUNS, Report(0, 1, 0.5)))
    assert play.trial(0).worker is None
    assert bare(play(Ask("w0"))) == Start(1, ANY, 0, 1)


# ---- Observe --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "curve", "words"),
    [
        ({}, ((1, 0.5),), ("x is missing", "give it a value")),
        ({"x": 0.5, "y": 1}, ((1, 0.5),), ("y is not a parameter",)),
        ({"x": 1.5}, ((1, 0.5),), ("x: 1.5 is outside [0.0, 1.0]",)),
        ({"x": NAN}, ((1, 0.5),), ("x: nan is no finite number",)),
        ({"x": "0.5"}, ((1, 0.5),), ("'0.5' is no number",)),
        ({"x": True}, ((1, 0.5),), ("True is no number",)),
        ({"x": 0.5}, (), ("no values", "(resource, value)")),
        ({"x": 0.5}, ((0, 0.5),), ("[0]", "from 1")),
        ({"x": 0.5}, ((-1, 0.5), (1, 0.5)), ("[-1, 1]",)),
        ({"x": 0.5}, ((2, 0.5), (1, 0.5)), ("[2, 1]", "sort them")),
        ({"x": 0.5}, ((1, 0.5), (1, 0.5)), ("[1, 1]", "increase strictly")),
    ],
)
def test_an_observation_that_cannot_be_used_is_rejected(
    config: dict[str, hb.Finite], curve: tuple[tuple[int, float], ...], words: tuple[str, ...]
) -> None:
    action = Play(promotion())(Observe(config, curve))  # type: ignore[arg-type]  # values of all kinds
    assert isinstance(action, hb.Reject)
    assert all(word in action.reason for word in words), action.reason


def test_an_observation_takes_the_next_number_and_is_ended() -> None:
    play = Play(promotion(), RUNS)
    assert bare(play(Observe({"x": 0.25}, ((1, 0.5), (2, 0.4))))) == Noted(1)
    trial = play.trial(1)
    assert (trial.status, trial.leg, trial.bracket, trial.worker) == (hb.Status.ENDED, 0, 0, None)
    assert (trial.observed, trial.curve) == (True, ((1, 0.5), (2, 0.4)))
    assert trial.entry == Entry(level=1, resource=1, leg=0)
    assert bare(play(Report(1, 3, 0.1))) == Stop(1, logged=False)
    assert bare(play(Ask("w1"))) == Start(2, ANY, 0, 1)


def test_an_observation_has_cost_nothing_and_may_be_past_the_maximum() -> None:
    play = Play(promotion())
    assert bare(play(Observe({"x": 0.25}, ((1, 0.5), (2**53, 0.4))))) == Noted(0)
    assert (play.trial(0).cost_at(1), play.trial(0).cost_at(9)) == (0.0, 0.0)


def test_the_same_observation_again_is_noted_and_changes_nothing() -> None:
    curve = ((1, 0.5), (2, NAN))
    play = Play(promotion(), (Observe({"x": 0.25}, curve),))
    assert bare(play(Observe({"x": 0.25}, curve))) == Noted(0, logged=False)
    assert bare(play(Observe({"x": 0.25}, ((1, 0.5),)))) == Noted(1)
    assert bare(play(Observe({"x": 0.25}, ((1, 0.5),)))) == Noted(1, logged=False)
    assert bare(play(Observe({"x": 0.25}, curve))) == Noted(0, logged=False)


def test_a_configuration_that_has_run_may_be_observed_too() -> None:
    play = Play(promotion(), RUNS)
    config = play.trial(0).config
    assert bare(play(Observe(config, ((1, 0.5),)))) == Noted(1)
    assert play.trial(0).status is hb.Status.RUNNING


def test_an_observed_configuration_is_not_suggested_again() -> None:
    play = Play(promotion(PAIR), (Observe({"x": "a"}, ((9, 0.5),)),))
    action = play(Ask("w0"))
    assert isinstance(action, Start)
    assert (action.trial, dict(action.config)) == (1, {"x": "b"})
    assert bare(play(Ask("w1"))) == Wait()


def test_observations_do_not_count_as_started_trials_or_spent_resource() -> None:
    play = Play(promotion(), (Observe({"x": 0.25}, ((5, 0.5),)),))
    assert (play.state.tried.started, play.state.resource_spent) == (0, 0)


@pytest.mark.parametrize(
    ("curve", "at_1", "at_3", "best"),
    [
        (((1, 0.5), (2, 0.4), (3, 0.3), (9, 0.2)), (0.5,), (0.3,), 0.2),
        (((1, 0.5),), (0.5,), (), 0.5),
        (((2, 0.5),), (0.5,), (), 0.5),
        (((5, 0.5),), (), (0.5,), 0.5),
        (((1, NAN), (3, 0.3)), (INF,), (), None),
        (((1, 0.5), (2, INF), (3, 0.3)), (0.5,), (), 0.5),
        (((1, 0.5), (3, NAN), (9, 0.1)), (0.5,), (INF,), 0.5),
        (((9, 0.5),), (), (), 0.5),
        (((20, 0.5), (30, 0.1)), (), (), 0.5),
    ],
)
@pytest.mark.parametrize("make", [promotion, stopping])
def test_an_observation_enters_as_the_reports_of_a_trial_would_up_to_what_is_no_number(
    make: Make,
    curve: tuple[tuple[int, float], ...],
    at_1: tuple[float, ...],
    at_3: tuple[float, ...],
    best: float | None,
) -> None:
    play = Play(make(), (Observe({"x": 0.25}, curve),))
    assert (play.rung(1), play.rung(3)) == ((at_1, []), (at_3, []))
    assert (play.state.best.value if play.state.best else None) == best


def test_an_observation_counts_in_the_comparison_of_others() -> None:
    play = Play(stopping(), (Observe({"x": 0.25}, ((1, 0.1),)), Ask("w0")))
    assert bare(play(Report(1, 1, 0.2))) == Stop(1, level=1)


def test_an_observed_number_may_miss_the_grid_by_rounding_only() -> None:
    space = hb.Space(x=hb.Finite(0.0, 1.0, 11), n=hb.Int(1, 3))
    play = Play(promotion(space))
    assert bare(play(Observe({"x": 0.3000000001, "n": 2.0}, ((1, 0.1),)))) == Noted(0)
    config = play.trial(0).config
    assert config["x"] == pytest.approx(0.3)
    assert repr(config["n"]) == "2"
    assert isinstance(play(Observe({"x": 0.34, "n": 2}, ((1, 0.1),))), hb.Reject)
    assert isinstance(play(Observe({"x": 0.3, "n": 2.5}, ((1, 0.1),))), hb.Reject)


# ---- the life cycle -------------------------------------------------------------------------------------------------


@frozen
class Life:
    """A row of the life cycle, reached by an example."""

    before: tuple[hb.Event, ...]
    event: hb.Event
    make: Make = promotion


LIVES = {
    (hb.Status.UNBORN, Ask, Start): Life(NOTHING, Ask("w0")),
    (hb.Status.UNBORN, Observe, Noted): Life(NOTHING, Observe({"x": 0.5}, ((1, 0.5),))),
    (hb.Status.PAUSED, Ask, Resume): Life(PAUSED, Ask("w0")),
    (hb.Status.BROKEN, Ask, Resume): Life(BROKEN, Ask("w0")),
    (hb.Status.RUNNING, Report, Continue): Life(RUNS, Report(0, 1, 0.5), stopping),
    (hb.Status.RUNNING, Report, Pause): Life(RUNS, Report(0, 1, 0.5)),
    (hb.Status.RUNNING, Report, Stop): Life(RUNS, Report(0, 9, 0.5)),
    (hb.Status.RUNNING, Complete, Noted): Life(RUNS, Complete(0)),
    (hb.Status.RUNNING, Fail, Pause): Life(RUNS, Fail(0)),
    (hb.Status.RUNNING, Fail, Stop): Life((*BROKEN, Ask("w0"), Fail(0), Ask("w0")), Fail(0)),
    (hb.Status.RUNNING, Release, Pause): Life(RUNS, Release(0)),
}


def status_of(state: hb.State, number: int) -> hb.Status:
    return state.trials[number].status if number in state.trials else hb.Status.UNBORN


def test_every_row_of_the_life_cycle_has_an_example() -> None:
    assert list(LIVES) == list(hb.LIFE)


@pytest.mark.parametrize("row", LIVES, ids=lambda row: f"{row[0].value}-{row[1].__name__}-{row[2].__name__}")
def test_the_example_of_a_row_follows_it(row: tuple[hb.Status, type[hb.Event], type[hb.Action]]) -> None:
    life = LIVES[row]
    play = Play(life.make(), life.before)
    before = status_of(play.state, 0)
    action = play(life.event)
    assert (before, type(life.event), type(action)) == row
    assert status_of(play.state, 0) is hb.LIFE[row]


def test_nothing_occurs_that_is_not_in_the_table() -> None:
    """All orders of a few events, of both types: what occurs is the table, all of it and nothing else."""
    events = (
        Ask("w0"), Ask("w1"), Report(0, 1, 0.5), Report(1, 1, 0.4), Report(0, 3, NAN), Complete(0), Fail(0), Release(1),
        Observe({"x": 0.5}, ((1, 0.5),)),
    )  # fmt: skip
    seen: set[tuple[hb.Status, type[hb.Event], type[hb.Action]]] = set()

    def explore(state: hb.State, depth: int) -> None:
        for event in events:
            after, action = hb.decide(state, event)
            if not action.logged:
                assert after is state
                continue
            number = action.trial  # type: ignore[union-attr]  # whatever is logged concerns a trial
            assert number is not None
            row = (status_of(state, number), type(event), type(action))
            seen.add(row)
            assert hb.LIFE[row] is status_of(after, number)
            if depth:
                explore(after, depth - 1)

    for setup in (promotion(max_failures=2), stopping(max_failures=2)):
        explore(hb.initial(setup), 4)
    assert seen == set(hb.LIFE)


def test_what_is_absent_in_the_table_is_refused() -> None:
    events = {type(life.event): life.event for life in LIVES.values()}
    actions: tuple[hb.Action, ...] = (
        first(Ask("w0")), Resume(0, ANY, 0, 1, 1), Continue(0, 1), Pause(0), Stop(0), Noted(0), Wait(), Done(),
    )  # fmt: skip
    for status in hb.Status:
        for kind, event in events.items():
            for action in actions:
                if (status, kind, type(action)) in hb.LIFE:
                    assert next_status(status, event, action) is hb.LIFE[status, kind, type(action)]
                else:
                    with pytest.raises(hb.ImpossibleError, match="cannot get"):
                        next_status(status, event, action)


CONFIG = hb.Configuration({"x": 0.5})


@pytest.mark.parametrize(
    ("before", "event", "action"),
    [
        (NOTHING, Ask("w0"), Start(1, CONFIG, 0, 1)),
        (NOTHING, Ask("w0"), Start(0, CONFIG, 0, 2)),
        (NOTHING, Ask("w0"), Start(0, CONFIG, 1, 1)),
        (NOTHING, Ask("w0"), Start(0, CONFIG, -1, 1)),
        (NOTHING, Ask("w0"), Start(0, CONFIG, 1, 3)),
        (NOTHING, Report(0, 1, 0.5), Start(0, CONFIG, 0, 1)),
        (NOTHING, Ask("w0"), Resume(0, CONFIG, 0, 1, 1)),
        (NOTHING, Report(0, 1, 0.5), Pause(0, level=1)),
        (RUNS, Ask("w0"), Start(1, CONFIG, 0, 1)),
        (RUNS, Ask("w1"), Resume(0, CONFIG, 0, 1, 1)),
        (RUNS, Report(1, 1, 0.5), Pause(0, level=1)),
        (RUNS, Report(0, 1, 0.5, leg=1), Pause(0, level=1)),
        (RUNS, Report(0, 1, 0.5), Pause(0, level=2)),
        (RUNS, Report(0, 1, 0.5), Pause(0, level=9)),
        (RUNS, Report(0, 1, 0.5), Noted(0)),
        (RUNS, Fail(0), Noted(0)),
        (RUNS, Complete(0), Noted(None)),
        (RUNS, Ask("w0"), Noted(0)),
        (RUNS, Observe({"x": 0.5}, ((1, 0.5),)), Noted(0)),
        (PAUSED, Ask("w0"), Resume(0, CONFIG, 1, 3, 1)),
        (PAUSED, Ask("w0"), Resume(0, CONFIG, 1, 3, 2, promoted_from=1)),
        (PAUSED, Ask("w0"), Resume(0, CONFIG, 0, 3, 1, promoted_from=1)),
        (PAUSED, Ask("w0"), Resume(0, CONFIG, 1, 3, 1, promoted_from=3)),
        (RESUMED, Report(0, 1, 0.5), Pause(0, level=1)),
        (ENDED, Complete(0), Noted(0)),
        (ENDED, Fail(0), Pause(0)),
    ],
)
def test_advance_refuses_what_decide_would_never_answer(
    before: tuple[hb.Event, ...], event: hb.Event, action: hb.Action
) -> None:
    state = Play(promotion(), before).state
    with pytest.raises(hb.ImpossibleError):
        hb.advance(state, event, action)


# ---- decide itself --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [None, "Ask", {"ask": "w0"}, Start(0, CONFIG, 0, 1), Ask])
def test_decide_names_what_it_takes(wrong: object) -> None:
    state = hb.initial(promotion())
    with pytest.raises(TypeError, match="takes a State and an Event"):
        hb.decide(state, wrong)  # type: ignore[arg-type]  # a wrong type is the test
    with pytest.raises(TypeError, match="takes a State and an Event"):
        hb.decide(wrong, Ask("w0"))  # type: ignore[arg-type]  # a wrong type is the test
    with pytest.raises(TypeError, match="initial takes a Setup"):
        hb.initial(wrong)  # type: ignore[arg-type]  # a wrong type is the test


def test_an_old_state_is_as_it_was_and_decides_the_same_again() -> None:
    before = Play(promotion(), PAUSED).state
    text = hb.to_json(before)
    after, action = hb.decide(before, Ask("w0"))
    assert hb.to_json(before) == text
    assert hb.decide(before, Ask("w0")) == (after, action)


def test_stripping_evidence_changes_no_fold() -> None:
    play = Play(promotion(brackets=3), [*ENDED_ON_LEG_1, Observe({"x": 0.5}, ((1, NAN),)), Ask("w0"), Fail(1)])
    assert hb.fold(play.state.setup, play.log) == play.state
    assert hb.fold(play.state.setup, [(event, bare(action)) for event, action in play.log]) == play.state


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        (NOTHING, "<asha: 0 trials, 0 running, 0 paused, no result yet>"),
        (RUNS, "<asha: 1 trials, 1 running, 0 paused, no result yet>"),
        (PAUSED, "<asha: 2 trials, 0 running, 2 paused, best 0.1 at epoch 1>"),
        (BROKEN_LEG_1, "<asha: 2 trials, 0 running, 1 paused, 1 broken, best 0.1 at epoch 1>"),
        ((*RUNS, Report(0, 9, NAN)), "<asha: 1 trials, 0 running, 0 paused, no result yet>"),
    ],
)
def test_repr_of_a_state_is_one_line_a_person_can_read(before: tuple[hb.Event, ...], shown: str) -> None:
    assert repr(Play(promotion(), before).state) == shown


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (Play(promotion(), PAUSED)(Ask("w0")), ("Resume trial 0 from epoch 1 to 3, leg 1", "it passes", "cutoff 0.13")),
        (Play(promotion(), RUNS)(Report(0, 1, 0.5)), ("Pause trial 0.", "1 entry", "nothing to compare")),
        (Play(promotion(), BROKEN)(Ask("w0")), ("run its leg again", "It broke")),
        (Play(promotion(brackets=3))(Ask("w0")), ("Start trial 0 in bracket", "The draw for the bracket")),
        (Play(stopping(), (*WENT_ON, Ask("w1")))(Report(1, 1, 0.2)), ("Stop trial 1.", "it does not pass")),
        (Play(promotion(), RUNS)(Report(0, 5, 0.5)), ("trial 0 at level 3 (reported at 5)",)),
        (Play(promotion())(Report(0, 5, 0.5)), ("Rejected: trial 0 is unknown",)),
        (Play(promotion())(Ask("w0", False)), ("Done.",)),
    ],
)
def test_explain_says_it_in_sentences(action: hb.Action, words: tuple[str, ...]) -> None:
    text = hb.explain(action)
    assert all(word in text for word in words), text
