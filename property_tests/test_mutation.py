"""Are the mutants of a source what their names say, one changed place each? And does the page count them?"""

import ast
import importlib
import json
from pathlib import Path

import pytest

from property_tests import mutation
from property_tests.mutants import mutants_of

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
    for file in mutation.files():
        assert importlib.import_module(mutation.module_of(file)).__file__ == str(mutation.ROOT / file)


def test_the_page_counts_what_was_run_and_explains_what_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = "pure_hb/rungs/rules/stopping.py"
    names = [mutant.name for mutant in mutants_of((mutation.ROOT / file).read_text())][:4]
    became = dict(zip(names, (mutation.KILLED, mutation.TIMEOUT, mutation.SLOWLY, mutation.SURVIVED), strict=True))
    survivors = tmp_path / "survivors.json"
    survivors.write_text("{}")
    monkeypatch.setattr(mutation, "SURVIVORS", survivors)
    results = {file: {**became, "a line that is no more | 1 becomes 2": mutation.SURVIVED}}
    assert "**3 of 4 faults were noticed (75.0 %).**" in mutation.page(results)
    assert mutation.page(results).count("**Not explained.**") == 1
    survivors.write_text(json.dumps({file: {names[3]: "Equivalent."}}))
    assert "Not explained" not in mutation.page(results)


def test_what_is_explained_is_still_there() -> None:
    """An explanation of a line that has changed is out of date."""
    for file, explained in json.loads(mutation.SURVIVORS.read_text()).items():
        names = {mutant.name for mutant in mutants_of((mutation.ROOT / file).read_text())}
        assert set(explained) <= names, set(explained) - names
