"""Does each rule answer as it says? By hand, on rungs of a few entries."""

import math
from typing import Any, cast

import pytest
from attrs import frozen

import pure_hb as hb
from pure_hb.draws import Draws, Purpose
from pure_hb.rungs import (
    BestOfFirst,
    CoinPromotion,
    Promotion,
    Rule,
    Rung,
    Scan,
    Seen,
    Standing,
    Stopping,
    Verdict,
    whole_number,
)
from pure_hb.rungs.rules import CostPromotion, Pasha, RushPromotion, RushStopping
from tests.play import ERROR, LINE, Play


@frozen
class Fixed:
    """Draws one number, and only for the coin."""

    number: float

    def uniform(self, purpose: Purpose, index: int = 0, attempt: int = 0) -> float:
        assert purpose is Purpose.COIN
        return self.number


def drawing(number: float = 0.5) -> Draws:
    return cast(Draws, Fixed(number))


def rung(*values: float, level: int = 1, next_level: int = 3, waits: bool = True) -> Rung:
    """The entries of trials 0, 1, ..."""
    made = Rung(level, next_level)
    for trial, value in enumerate(values):
        made = made.enter(trial, value, waits)
    return made


def promoted(scan: Scan) -> tuple[int, int] | None:
    """Trial and level."""
    return None if scan.promoted is None else (scan.promoted.entry.trial, scan.promoted.rung.level)


RULES: list[Rule] = [
    Promotion(), Stopping(), CoinPromotion(0.5), BestOfFirst(10, 2), Pasha(), CostPromotion(), RushStopping(1),
    RushPromotion(1),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_who_waits_and_what_share_goes_on(rule: Rule) -> None:
    assert rule.waits is (not isinstance(rule, Stopping | RushStopping))
    assert rule.expected_share(2, 8) == (0.2 if isinstance(rule, BestOfFirst) else 0.25)
    assert rule.is_open((rung(*range(9)),)) is True
    if rule.waits:
        assert rule.judge(Standing(4, 0, 1, 0.5)) is Verdict.WAIT


def test_stopping_lets_the_first_and_the_best_go_on() -> None:
    assert Stopping().judge(Standing(1, 0, None, None)) is Verdict.GO_ON
    assert Stopping().judge(Standing(4, 1, 1, 0.5)) is Verdict.GO_ON
    assert Stopping().judge(Standing(4, 2, 1, 0.5)) is Verdict.END
    assert Stopping().scan(Seen((rung(1, 2, 3),)), drawing()) == Scan((), None)


def test_promotion_takes_the_best_of_the_highest_rung_where_it_passes() -> None:
    low, high = rung(0.5, 0.25, 0.75), rung(0.5, 0.25, level=3, next_level=9)
    assert promoted(Promotion().scan(Seen((low, high)), drawing())) == (1, 3)
    alone = rung(0.5, level=3, next_level=9)
    scan = Promotion().scan(Seen((low, alone)), drawing())
    assert (promoted(scan), len(scan.looked_at)) == ((1, 1), 1)
    gone = low.promote(1)
    scan = Promotion().scan(Seen((gone, alone)), drawing())
    assert (promoted(scan), [one.entry.trial for one in scan.looked_at]) == (None, [0])


# ---- the coin ------------------------------------------------------------------------------------------------------


def test_the_coin_promotes_below_its_probability_only() -> None:
    rungs = (rung(0.5, 0.25, 0.75),)
    heads = CoinPromotion(0.25).scan(Seen(rungs), drawing(0.2499))
    assert promoted(heads) == (1, 1)
    assert heads.looked_at == Promotion().scan(Seen(rungs), drawing()).looked_at
    assert heads.evidence == (hb.evidence.Drawn("coin", 0.2499, "a promotion as in ASHA, if there is one"),)
    assert CoinPromotion(0.25).scan(Seen(rungs), drawing(0.25)) == Scan(
        (), None, (hb.evidence.Drawn("coin", 0.25, "the model"),)
    )
    assert promoted(CoinPromotion(0.0).scan(Seen(rungs), drawing(0.0))) is None
    assert promoted(CoinPromotion(1.0).scan(Seen(rungs), drawing(0.9999))) == (1, 1)


def test_the_coin_is_a_quarter_by_default_and_a_float() -> None:
    assert CoinPromotion() == CoinPromotion(0.25)
    assert repr(CoinPromotion(1)) == repr(CoinPromotion(1.0))


@pytest.mark.parametrize("value", [-0.25, 1.25, math.nan, math.inf, "0.5", None, True])
def test_what_is_no_probability_is_refused(value: Any) -> None:
    with pytest.raises(hb.SetupError, match=r"probability_sh is .*; it is a number from 0 to 1"):
        CoinPromotion(value)


# ---- the one-epoch baseline ----------------------------------------------------------------------------------------


def test_the_baseline_takes_the_best_once_the_first_rung_is_full() -> None:
    second = rung(level=3, next_level=9)
    rule = BestOfFirst(entries=4, best=2)
    filling = rung(0.5, 0.25, 0.75)
    assert rule.is_open((filling, second)) is True
    assert rule.scan(Seen((filling, second)), drawing()) == Scan((), None)
    full = filling.enter(3, 1.0, True)
    assert rule.is_open((full, second)) is False
    scan = rule.scan(Seen((full, second)), drawing())
    assert promoted(scan) == (1, 1)
    (looked_at,) = scan.looked_at
    assert looked_at.standing == Standing(entries=4, rank=0, allowed=1, cutoff=0.5)
    assert promoted(rule.scan(Seen((full.promote(1), second)), drawing())) == (0, 1)
    enough = rule.scan(Seen((full.promote(1).promote(0), second)), drawing())
    assert (promoted(enough), len(enough.looked_at)) == (None, 1)
    assert rule.scan(Seen((rung(0.5, 0.25, 0.75, 1.0, waits=False), second)), drawing()) == Scan((), None)


def test_the_baseline_with_few_entries_promotes_them_all() -> None:
    rule = BestOfFirst(entries=1, best=5)
    scan = rule.scan(Seen((rung(0.5),)), drawing())
    assert promoted(scan) == (0, 1)
    assert scan.looked_at[0].standing == Standing(entries=1, rank=0, allowed=4, cutoff=0.5)
    assert rule.expected_share(1, 3) == 1.0


def test_the_baseline_trains_a_hundred_and_the_best_ten_by_default() -> None:
    assert BestOfFirst() == BestOfFirst(100, 10)
    assert hb.one_epoch(LINE, ERROR, max_resource=9).rule == BestOfFirst(100, 10)


@pytest.mark.parametrize(("entries", "best", "named"), [(0, 1, "num_trials is 0"), (1, 0, "num_best is 0")])
def test_a_baseline_of_nobody_is_refused(entries: int, best: int, named: str) -> None:
    with pytest.raises(hb.SetupError, match=named):
        BestOfFirst(entries, best)


def test_a_search_by_the_baseline_ends_with_the_best() -> None:
    play = Play(hb.one_epoch(LINE, ERROR, max_resource=9, num_trials=4, num_best=2))
    for trial, value in enumerate((0.4, 0.1, 0.3, 0.2)):
        assert isinstance(play(hb.Ask("ann")), hb.Start)
        assert isinstance(play(hb.Report(trial, 1, value)), hb.Pause)
    for trial in (1, 3):
        resumed = play(hb.Ask("ann"))
        assert isinstance(resumed, hb.Resume)
        assert (resumed.trial, resumed.until, resumed.promoted_from) == (trial, 9, 1)
        assert isinstance(play(hb.Report(trial, 9, 0.05)), hb.Stop)
    assert isinstance(play(hb.Ask("ann")), hb.Done)


# ---- numbers -------------------------------------------------------------------------------------------------------


def test_a_whole_number_is_given_back() -> None:
    assert whole_number("seed", 7, 0) == 7


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 1.0}, "seed is 1.0 of type float; it is an int"),
        ({"grace_period": 1.5}, "grace_period is 1.5 of type float; it is a positive integer"),
        ({"seed": 2**64 + 1}, "seed is an int of 65 bits; it is an int of at most 18446744073709551615"),
        ({"rung_levels": (1, 3, 30)}, "rung level 30 is above max_resource 9; leave it out or raise max_resource"),
    ],
)
def test_a_message_says_it_to_the_letter(options: dict[str, Any], message: str) -> None:
    with pytest.raises(hb.SetupError) as caught:
        hb.asha(LINE, ERROR, max_resource=9, **options)
    assert str(caught.value) == message


def test_the_cutoff_lies_between_its_neighbours() -> None:
    """(n - 1) q = 5/3 of six entries: two thirds of the way from the second to the third."""
    cutoffs = {
        (0.0, 1.0, 4.0, 5.0, 6.0, 7.0): 3.0,
        (0.0, 1.0, 1.0, 5.0, 6.0, 7.0): 1.0,
        (0.0, 1.0, math.inf, math.inf, math.inf, math.inf): math.inf,
    }
    for values, cutoff in cutoffs.items():
        assert rung(*values).standing(values[0]).cutoff == pytest.approx(cutoff, rel=1e-12)
    assert rung(0.0, 1.0, 4.0, 5.0, 6.0).standing(0.0).cutoff == pytest.approx(2.0, rel=1e-12)
    four = rung(0.0, 1.0, 2.0, 3.0)
    assert four.standing(0.0).cutoff == 1.0
    assert rung(0.0, 4.0, 5.0).standing(0.0).cutoff == pytest.approx(8 / 3, rel=1e-12)
