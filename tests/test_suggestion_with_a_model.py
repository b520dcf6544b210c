"""What does MOBSTER answer where no model can say, and what does it remember and say where one can?"""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

import pure_hb as hb
from pure_hb.draws import KeyedDraws, Purpose, choose_index
from pure_hb.protocol import Because, Drawn, Figures, Learned, Scored
from pure_hb.search import AcquisitionOptions, HyperTune, Mobster, RandomSearch, SurrogateOptions
from pure_hb.search import mobster as steps
from pure_hb.search.view import Known, Suggestion, View
from pure_hb.space import match_key
from pure_hb.surrogate import SingularError

LINE = hb.Space(x=hb.Float(0.0, 1.0))
DRAWS = KeyedDraws(0, 0)
COUNT = 8


def seen(*, observed: bool = True, **changes: Any) -> View:
    """Eight trials: all reached level 1, every other one level 3."""
    known = []
    for n in range(COUNT):
        x = (n + 0.5) / COUNT
        curve = tuple((r, abs(x - 0.3) + 1.0 / r) for r in (1, 3)[: 1 + n % 2]) if observed else ()
        known.append(Known(n, hb.Configuration({"x": x}), curve, None))
    taken = {match_key(LINE, one.configuration) for one in known}
    given: dict[str, Any] = {"levels": (1, 3), "max_resource": 9, "odds": (0.6, 0.4), **changes}
    return View(LINE, None, taken, frozenset(), known=lambda: known, **given)


def search(kind: Callable[..., Any] = Mobster, fit: str = "inside", **options: Any) -> Any:
    model: dict[str, Any] = {"model": "gp_independent"} if kind is HyperTune else {"gp_resource_kernel": "matern52"}
    surrogate: Any = SurrogateOptions(opt_maxiter=3, opt_nstarts=1, fit=fit, **model)  # type: ignore[arg-type]  # a literal
    return kind(surrogate, AcquisitionOptions(num_init_candidates=30, **options))


def fails(*_: Any, **__: Any) -> None:
    raise SingularError("of no use")


def drawn(found: Any) -> list[str]:
    return [one.purpose for one in found.evidence if isinstance(one, Drawn)]


def reasons(found: Any) -> list[str]:
    return [one.text for one in found.evidence if isinstance(one, Because)]


@pytest.mark.parametrize(
    ("options", "changes", "reason"),
    [
        ({}, {"observed": False}, "no model: nothing has been observed yet"),
        ({"num_init_random": 9}, {}, "no model: 8 of 9 configurations are known"),
        ({"fit": "background"}, {}, "no model: no fit has been made yet"),
    ],
)
def test_where_no_model_can_say_the_configuration_is_random(
    options: dict[str, Any], changes: dict[str, Any], reason: str
) -> None:
    found = search(**options).suggest(seen(**changes), DRAWS)
    assert isinstance(found, Suggestion)
    assert reasons(found)[0] == reason
    assert (found.learned, found.bracket) == (None, None)


def test_a_surrogate_that_fails_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for step in ("fit_now", "believe"):
        with monkeypatch.context() as patch:
            patch.setattr(steps, step, fails)
            assert reasons(search().suggest(seen(), DRAWS))[0] == "no model: the surrogate failed: of no use"


def test_a_suggestion_says_what_it_is_made_of_and_what_was_learned() -> None:
    found = search().suggest(seen(), DRAWS)
    assert isinstance(found, Suggestion)
    assert found.learned is not None
    assert found.learned.observed == COUNT * 3 // 2
    assert [type(one).__name__ for one in found.evidence] == [
        "Figures", "Figures", "Drawn", "Figures", "Figures", "Drawn", "Scored", "Because", "Scored", "Scored", "Scored"
    ]  # fmt: skip
    fit, data, bracket, level, best = found.evidence[:5]
    assert isinstance(fit, Figures)
    assert fit.of == "fit of gp_multitask"
    assert isinstance(data, Figures)
    assert dict(data.numbers)["values"] == COUNT * 3 / 2
    u = DRAWS.uniform(Purpose.BRACKET)
    assert bracket == Drawn("bracket", u, str(choose_index(u, (0.6, 0.4))))
    assert found.bracket == choose_index(u, (0.6, 0.4))
    assert level == Figures("level of the acquisition", (("r_acq", 3.0),))
    assert isinstance(best, Figures)
    assert best.of == "incumbent at level 3"
    again = search().suggest(seen(learned=found.learned), DRAWS)
    assert again is not None
    assert again.learned is None, "nothing new"
    assert reasons(again)[0] == f"the parameters of the fit to {COUNT * 3 // 2} values are kept"


@pytest.mark.parametrize(
    ("options", "bracket", "level"),
    [
        ({}, 0, 3),
        ({"resource_acq_bohb_threshold": 5}, 0, 1),
        ({"resource_acq": "first"}, 0, 1),
        ({"resource_acq": "first"}, 1, 3),
        ({"resource_acq": "first"}, 2, 9),
        ({"resource_acq": "final"}, 0, 9),
    ],
)
def test_the_level_is_that_of_the_option_and_of_the_bracket(options: dict[str, Any], bracket: int, level: int) -> None:
    found = search(**options).suggest(seen(bracket=bracket), DRAWS)
    assert isinstance(found, Suggestion)
    (said,) = [one for one in found.evidence if isinstance(one, Figures) and one.of == "level of the acquisition"]
    assert (dict(said.numbers)["r_acq"], found.bracket) == (float(level), bracket)
    assert "bracket" not in drawn(found), "it was decided before"


def test_one_bracket_needs_no_draw() -> None:
    view = seen(odds=(1.0,))
    assert view.draw_bracket(view.odds, DRAWS) == (0, ())
    assert view.draw_bracket((0.5, 0.5), DRAWS)[1] != ()
    assert evolve(view, bracket=2).draw_bracket((0.5, 0.5), DRAWS) == (2, ())
    found = search().suggest(view, DRAWS)
    assert found.bracket == 0
    assert "bracket" not in drawn(found)


@pytest.mark.parametrize("kind", [Mobster, HyperTune])
def test_a_fit_beside_training_is_a_lesson_if_it_is_due(kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    for fit in ("inside", "background"):
        lesson = search(kind, fit).learn(seen(), DRAWS)
        assert lesson is not None
        assert lesson.learned.observed == COUNT * 3 // 2
        assert search(kind, fit).learn(seen(learned=lesson.learned), DRAWS) is None
        assert search(kind, fit).learn(seen(observed=False), DRAWS) is None
        suggestion = search(kind, fit).suggest(seen(learned=lesson.learned), DRAWS)
        assert suggestion is not None
        assert suggestion.learned is None
        assert [one for one in suggestion.evidence if isinstance(one, Scored)]
    monkeypatch.setattr(steps, "fit_now", fails)
    assert search(kind).learn(seen(), DRAWS) is None


def test_where_all_candidates_were_tried_a_random_one_is_given() -> None:
    few = hb.Space(x=hb.Int(0, 400))
    known = [Known(n, hb.Configuration({"x": n}), ((1, float(n)),), None) for n in range(400)]
    taken = {match_key(few, one.configuration) for one in known}
    view = View(few, None, taken, frozenset(), (1, 3), 9, known=lambda: known)
    given = Mobster(SurrogateOptions(opt_maxiter=1, opt_nstarts=1, max_size_data_for_model=10),
                    AcquisitionOptions(num_init_candidates=1))  # fmt: skip
    found = given.suggest(view, KeyedDraws(3, 0))
    assert isinstance(found, Suggestion)
    assert found.configuration["x"] == 400
    everything = evolve(view, taken={*taken, match_key(few, hb.Configuration({"x": 400}))})
    assert given.suggest(everything, DRAWS) is None
    assert Learned().parameters == ()


def test_a_search_without_a_model_takes_no_fit() -> None:
    assert RandomSearch().objection(seen(), Learned()) == "this search makes no fits"
    assert RandomSearch().learn(seen(), DRAWS) is None
