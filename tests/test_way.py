"""Does `examples/benchmarks/way.py` count the files and functions of a decision, in the order of their first call?"""

import importlib
from typing import Any, Final

import pytest

from tests.shared import ROOT

FOLDER: Final = ROOT / "examples" / "benchmarks"


def test_a_way_names_files_and_functions_in_order_of_their_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    way: Any = importlib.import_module("way")
    found = way.ways(asks=8)
    assert found.keys() == {"ask", "report"}
    for one in found.values():
        assert one.functions[0] == ("machine/decide.py", "decide")
        assert len(set(one.functions)) == len(one.functions)
        assert one.crossings >= len(one.files) - 1
    ask, report = found["ask"].files, found["report"].files
    assert {"search/mobster.py", "machine/advance.py"} <= set(ask)
    assert "machine/advance.py" in report
    assert "search/mobster.py" not in report
    assert way.traced(lambda: None).functions == (), "nothing of pure_hb was called"
