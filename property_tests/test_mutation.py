"""Are the mutants of a source what their names say, one changed place each? And does the page count them?"""

import ast
import importlib
import json
from pathlib import Path

import pytest
from attrs import evolve

from property_tests import mutation, mutation_page
from property_tests.mutants import mutants_of
from property_tests.mutation_suites import MACHINE, SLOW, stages_of
from property_tests.planted import PLANTED

SOURCE = '''
"""A module with 3 things."""
from math import pi

@frozen(eq=False)
def first(values: "list[int]", low: int = 2) -> int | None:
    """The first above a limit."""
    for value in values:
        if not value > low and value != 7:
            continue
        return value + 1
    raise ValueError(f"none above {low + 1}")
'''


def changed(what: str) -> str:
    """The source of the only mutant with this change."""
    (mutant,) = (mutant for mutant in mutants_of(SOURCE) if mutant.what == what)
    return ast.unparse(mutant.tree)


def test_each_mutant_differs_and_has_a_name_of_its_own() -> None:
    mutants = list(mutants_of(SOURCE))
    texts = {ast.unparse(mutant.tree) for mutant in mutants}
    assert len(texts) == len(mutants) == len({mutant.name for mutant in mutants})
    assert ast.unparse(ast.parse(SOURCE)) not in texts
    for mutant in mutants:
        compile(mutant.tree, "mutant", "exec")


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("> becomes >=", "if not value >= low and value != 7:"),
        ("!= becomes ==", "if not value > low and value == 7:"),
        ("and becomes or", "if not value > low or value != 7:"),
        ("not left out", "if value > low and value != 7:"),
        ("condition negated", "if not (not value > low and value != 7):"),
        ("7 becomes 6", "if not value > low and value != 6:"),
        ("2 becomes 3", "low: int=3"),
        ("+ becomes -", "return value - 1"),
        ("returns None", "return None"),
        ("continue becomes break", "break"),
        ("statement left out", "    return value + 1\n    pass"),
    ],
)
def test_a_mutant_is_what_its_name_says(what: str, line: str) -> None:
    assert line in changed(what)


def test_a_number_beyond_the_digits_of_a_float_has_no_neighbour() -> None:
    assert [one.what for one in mutants_of("limit(1e300)")] == ["statement left out"]


def test_texts_annotations_and_decorators_are_left_alone() -> None:
    for mutant in mutants_of(SOURCE):
        text = ast.unparse(mutant.tree)
        assert "@frozen(eq=False)" in text
        assert "from math import pi" in text
        assert '"""A module with 3 things."""' in text
        assert "none above {low + 1}" in text or mutant.what == "statement left out"


def test_a_name_stays_when_its_line_moves() -> None:
    assert [one.name for one in mutants_of(SOURCE)] == [one.name for one in mutants_of("\n\n" + SOURCE)]


def test_every_file_has_the_name_under_which_it_is_imported() -> None:
    for file in mutation_page.files():
        assert importlib.import_module(mutation.module_of(file)).__file__ == str(mutation_page.ROOT / file)


def test_the_page_counts_what_was_run_and_explains_what_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = "pure_hb/rungs/rules/stopping.py"
    monkeypatch.setattr(mutation_page, "files", lambda: [file])
    names = [mutant.name for mutant in mutants_of((mutation_page.ROOT / file).read_text())][:4]
    became = dict(
        zip(
            names,
            (mutation_page.KILLED, mutation_page.TIMEOUT, mutation_page.SLOWLY, mutation_page.SURVIVED),
            strict=True,
        )
    )
    survivors = tmp_path / "survivors.json"
    survivors.write_text("{}")
    monkeypatch.setattr(mutation_page, "SURVIVORS", survivors)
    results = {file: {**became, "a line that is no more | 1 becomes 2": mutation_page.SURVIVED}}
    assert "**3 of 4 faults were noticed (75.0 %).**" in mutation_page.page(results)
    assert mutation_page.page(results).count("**Not explained.**") == 1
    survivors.write_text(json.dumps({file: {names[3]: "Equivalent."}}))
    assert "Not explained" not in mutation_page.page(results)


def test_what_is_explained_is_still_there() -> None:
    """An explanation of a line that has changed is out of date."""
    for file, explained in json.loads(mutation_page.SURVIVORS.read_text()).items():
        names = {mutant.name for mutant in mutants_of((mutation_page.ROOT / file).read_text())}
        assert set(explained) <= names, set(explained) - names


def test_faults_made_by_hand_can_still_be_planted() -> None:
    for one in PLANTED:
        source = (mutation_page.ROOT / one.file).read_text()
        assert ast.unparse(one.tree_of(source)) != ast.unparse(ast.parse(source)), one.what
    with pytest.raises(ValueError, match="has this 0 times"):
        evolve(PLANTED[0], old="what is not there").tree_of("pass")


def test_a_sample_is_spread_over_the_whole_and_another_leaves_it_out(tmp_path: Path) -> None:
    every = [("file", mutant) for mutant in mutants_of(SOURCE)]
    chosen = mutation.spread(every, 4)
    places = sorted(every.index(one) for one in chosen)
    ends = [part * len(every) // 4 for part in range(5)]
    assert all(low <= place < high for place, low, high in zip(places, ends[:-1], ends[1:], strict=True)), (
        "one a quarter"
    )
    assert mutation.spread(every, 4) == chosen
    assert mutation.spread(every, None) == mutation.spread(every, len(every)) == every
    assert mutation.spread(every, 4, seed=1) != chosen


def test_a_kind_is_explained_by_its_rule_and_nothing_else_is() -> None:
    zipped = "for a, b in zip(x, y, strict=True): | True becomes False"
    assert mutation_page.why_it_survives("pure_hb/search/bohb.py", zipped) == "Equivalent: both are equally long."
    assert mutation_page.why_it_survives("pure_hb/journal/file.py", zipped) is None
    assert mutation_page.why_it_survives("pure_hb/search/bohb.py", "return value | returns None") is None


def test_the_tests_that_look_at_a_file_come_first_and_are_there() -> None:
    for file in mutation_page.files():
        for test in [test for stage in stages_of(file) for test in stage]:
            where, _, name = test.partition("[")[0].partition("::")
            assert f"def {name}(" in (mutation_page.ROOT / where).read_text() or not name, test
    assert stages_of("pure_hb/search/bohb.py")[0] == ("tests/test_density_search.py",)
    assert stages_of("pure_hb/machine/decide.py") is MACHINE
    assert stages_of("pure_hb/search/bohb.py", slow=True) is SLOW


def test_the_page_says_what_was_noticed_before_tests_were_written_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    file = "pure_hb/search/view.py"
    monkeypatch.setattr(mutation_page, "files", lambda: [file])
    names = [mutant.name for mutant in mutants_of((mutation_page.ROOT / file).read_text())][:3]
    later = {file: dict.fromkeys(names, mutation_page.KILLED)}
    fresh = {file: {names[0]: mutation_page.SURVIVED, names[1]: mutation_page.KILLED}}
    text = mutation_page.page(later, fresh)
    assert "\n1 of 2 in `pure_hb/search` (50.0 %)." in text
    assert "| pure_hb/search | " in text
    assert PLANTED[0].what in text
