"""Is a table read as it was written, refused where it is unsound, and does the nearest row answer?"""

import itertools
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pure_hb as hb
from pure_hb.draws import Purpose, uniform
from pure_hb.space import Value, draw, size
from pure_hb.tables import Table, TableError, load_table
from pure_hb.tables.encoding import coordinates
from tests.shared import ROOT, shared

TABLES = ROOT / "tests" / "data" / "tables"
NAN = math.nan
ERROR = hb.Minimize("error")
TINY = hb.Space(x=hb.Int(0, 5))
SHARED = (
    "boost-diamonds",
    "linear-reviews",
    "mlp-digits",
    "mlp-txhousing",
    "taskset-irnn64",
    "taskset-lstm128",
)


def flat(space: hb.Space, configs: Any) -> Table:
    """A table in which only the configurations matter."""
    zeros = np.zeros((len(configs), 1))
    return Table("flat", space, ERROR, configs, zeros, zeros)


def finals(goal: hb.Goal, *values: float) -> Table:
    """A table with one resource and these values."""
    rows = len(values)
    space = hb.Space(x=hb.Int(0, rows))
    return Table("finals", space, goal, [[row] for row in range(rows)], [[value] for value in values], [[1.0]] * rows)


# ---- reading -------------------------------------------------------------------------------------------------------


def test_the_tiny_table_is_what_was_written_by_hand() -> None:
    table = load_table(TABLES / "tiny.npz")
    assert (table.name, table.space, table.goal, table.max_resource) == ("tiny", TINY, ERROR, 3)
    assert table.configs.tolist() == [[0], [1], [2], [3], [4], [5]]
    expected = [[9, 8, 7], [5, 4, 3], [7, 6, 5], [6, NAN, NAN], [4, 3.5, 2], [8, 7.5, 7.25]]
    np.testing.assert_array_equal(table.values, expected)
    assert table.seconds.tolist() == [[1, 2, 3], [2, 4, 6], [1, 2, 3], [1.5, 3, 4.5], [3, 6, 9], [1, 2, 3]]
    assert repr(table) == "<table tiny: 6 configurations of 1 parameters, 3 resources>"


def test_the_valley_table_has_every_type_of_parameter() -> None:
    table = load_table(TABLES / "valley")
    assert table.goal == hb.Maximize("accuracy")
    assert table.space == hb.Space(
        lr=hb.Float(1e-4, 1.0, log=True),
        width=hb.Int(2, 64, log=True),
        depth=hb.Int(1, 3),
        kind=hb.Choice("plain", "gated"),
    )


@pytest.mark.parametrize("path", ["tiny", "tiny.npz", "tiny.json"])
def test_a_table_is_named_by_either_file_or_their_common_path(path: str) -> None:
    assert load_table(str(TABLES / path)).name == "tiny"


def test_a_name_may_have_dots(tmp_path: Path) -> None:
    for suffix in (".npz", ".json"):
        (tmp_path / f"a.b{suffix}").write_bytes((TABLES / f"tiny{suffix}").read_bytes())
    assert load_table(tmp_path / "a.b").name == "a.b"


def test_the_numbers_of_a_table_cannot_be_changed() -> None:
    table = load_table(TABLES / "tiny")
    with pytest.raises(ValueError, match="read-only"):
        table.values[0, 0] = 1.0


def test_cells_are_named_by_row_and_resource() -> None:
    table = load_table(TABLES / "tiny")
    assert (table.value(4, 1), table.value(4, 2), table.value(4, 3)) == (4.0, 3.5, 2.0)
    assert [table.elapsed(3, resource) for resource in range(4)] == [0.0, 1.5, 3.0, 4.5]
    assert math.isnan(table.value(3, 2))


@pytest.mark.parametrize(("row", "resource"), [(-1, 1), (6, 1), (0, 0), (0, 4), (0, -1)])
def test_a_cell_outside_the_table_is_an_error(row: int, resource: int) -> None:
    table = load_table(TABLES / "tiny")
    with pytest.raises(TableError, match=f"no row {row} at resource {resource}; it has rows 0 to 5, resources 1 to 3"):
        table.value(row, resource)
    if resource:
        with pytest.raises(TableError, match=f"no row {row} at resource {resource}; it has rows 0 to 5"):
            table.elapsed(row, resource)


# ---- what cannot be read -------------------------------------------------------------------------------------------


def copy(folder: Path, meaning: Any = None, **arrays: Any) -> Path:
    """The tiny table in a folder, with changes: of the JSON (a text as it is), of arrays (None leaves one out)."""
    known = json.loads((TABLES / "tiny.json").read_bytes())
    text = meaning if isinstance(meaning, str) else json.dumps({**known, **(meaning or {})})
    (folder / "t.json").write_text(text, encoding="utf-8")
    with np.load(TABLES / "tiny.npz") as loaded:
        kept = {name: array for name, array in ({**loaded, **arrays}).items() if array is not None}
    np.savez(folder / "t.npz", **kept)
    return folder / "t"


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_both_files_of_a_pair_are_needed(tmp_path: Path, suffix: str) -> None:
    stem = copy(tmp_path)
    stem.with_suffix(suffix).unlink()
    with pytest.raises(TableError, match=rf"there is no file .*t\{suffix}; a table is a pair, NAME.npz and NAME.json"):
        load_table(stem)


@pytest.mark.parametrize(
    ("meaning", "message"),
    [
        ("{", r"t\.json: \$: no JSON"),
        ("[]", "it is an object whose space is a list"),
        ({"space": {}}, "it is an object whose space is a list"),
        ({"space": [7]}, 'the parameter 7 is no object with a name and a type, one of "float", "int", "choice"'),
        ({"space": [{"name": "x", "type": "grid"}]}, 'one of "float", "int", "choice", "ordinal", "finite"'),
        ({"space": [{"name": "x", "type": "ordinal"}]}, "'values' is missing"),
        ({"space": [{"name": "x", "type": "finite", "low": 0, "high": 5}]}, "'size' is missing"),
        ({"space": [{"name": "x", "type": "finite", "low": 0, "high": 5, "size": 6, "step": 1}]}, "step"),
        ({"exact": "yes"}, r"\$\.exact: 'yes' is no bool"),
        ({"space": [{"name": "x", "type": ["int"]}]}, 'type, one of "float", "int", "choice"'),
        ({"space": [{"type": "int", "low": 0, "high": 5}]}, "no object with a name and a type"),
        ({"space": [{"name": 1, "type": "int", "low": 0, "high": 5}]}, "1 is no str"),
        ({"space": [{"name": "x", "type": "int", "low": 0}]}, "'high' is missing"),
        ({"space": [{"name": "x", "type": "int", "low": 0, "high": 5.5}]}, "5.5 is no int"),
        ({"space": [{"name": "x", "type": "int", "low": 0, "high": 5, "log": True}]}, "log=True needs low > 0"),
        ({"space": [{"name": "x", "type": "choice"}]}, "'values' is missing"),
        ({"space": []}, "no parameters"),
        ({"mode": "best"}, r"\$\.mode: best not in .*'min', 'max'"),
        ({"metric": 3}, "3 is no str"),
        ({"max_resource": 4}, "max_resource is 4; metric has 3 columns"),
        ({"max_resource": "3"}, "'3' is no int"),
    ],
)
def test_an_unsound_json_is_refused(tmp_path: Path, meaning: Any, message: str) -> None:
    with pytest.raises(TableError, match=message):
        load_table(copy(tmp_path, meaning))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"metric": None}, "metric.*it has the arrays configs, metric and elapsed"),
        ({"configs": np.array(["a"] * 6)}, "cannot be read as numpy arrays of numbers"),
        ({"configs": np.array([None] * 6)}, "cannot be read as numpy arrays of numbers"),
        ({"configs": np.zeros((6, 2))}, r"configs has shape \(6, 2\); for 1 parameters it is \(n, 1\), n >= 1"),
        ({"configs": np.zeros((0, 1))}, r"configs has shape \(0, 1\)"),
        ({"metric": np.zeros((5, 3))}, r"metric has shape \(5, 3\); for 6 configurations it is \(6, R\), R >= 1"),
        ({"metric": np.zeros(6)}, r"metric has shape \(6,\)"),
        ({"elapsed": np.zeros((6, 2))}, r"elapsed has shape \(6, 2\); it is that of metric, \(6, 3\)"),
        ({"metric": np.full((6, 3), NAN)}, "metric has no finite value"),
        ({"configs": np.array([[0.0], [NAN], [2], [3], [4], [5]])}, "x is nan in row 1 of configs; it is a finite"),
        ({"elapsed": np.array([[1.0, 2, 3]] * 5 + [[1.0, 0.5, 3]])}, "elapsed is 0.5 in row 5 at resource 2; .* falls"),
        ({"elapsed": np.full((6, 3), -1.0)}, "elapsed is -1.0 in row 0 at resource 1"),
    ],
)
def test_unsound_numbers_are_refused(tmp_path: Path, arrays: Mapping[str, Any], message: str) -> None:
    with pytest.raises(TableError, match=message):
        load_table(copy(tmp_path, **arrays))


def test_files_that_are_no_npz_are_refused(tmp_path: Path) -> None:
    stem = copy(tmp_path)
    for content in (b"", b"no numbers", (TABLES / "tiny.npz").read_bytes()[:300]):
        stem.with_suffix(".npz").write_bytes(content)
        with pytest.raises(TableError, match="cannot be read as numpy arrays of numbers"):
            load_table(stem)


def test_the_index_of_a_choice_is_checked() -> None:
    with pytest.raises(TableError, match=r"a is 2\.0 in row 1 of configs; it is an index from 0 to 1"):
        flat(hb.Space(a=hb.Choice("u", "v")), [[0], [2]])


@pytest.mark.parametrize("domain", [hb.Constant(1), hb.Float(0.1, 0.9, reverse_log=True)])
def test_other_domains_have_no_place_in_a_table(domain: Any) -> None:
    with pytest.raises(TableError, match="a: a parameter of a table is a Float, an Int, a Choice, an Ordinal or a"):
        flat(hb.Space(a=domain, b=hb.Int(0, 1)), [[0, 0]])


# ---- lists and grids -----------------------------------------------------------------------------------------------

GRID = hb.Finite(0.001, 0.1, 5, log=True)
SIZES = hb.Ordinal(8, 16, 32, 64)
SHAPES = hb.Ordinal("small", "middle", "large")


def every(*columns: Any) -> list[tuple[float, ...]]:
    """All rows whose entries are drawn from the columns, the last changing fastest."""
    return list(itertools.product(*columns))


def grid_values(digits: int = 17) -> list[float]:
    return [float(f"{0.001 * 10 ** (index / 2):.{digits}g}") for index in range(5)]


def exact(space: hb.Space, configs: Any) -> Table:
    """An exact table whose value in row n is n."""
    values = np.arange(len(configs), dtype=float)[:, np.newaxis]
    return Table("all", space, ERROR, configs, values, values, exact=True)


@pytest.mark.parametrize("digits", [17, 8, 5])
def test_an_exact_table_answers_each_configuration_by_its_own_row(digits: int) -> None:
    """Whatever the domains; numbers in files may have fewer digits than those of the space."""
    space = hb.Space(
        rate=GRID,
        kind=hb.Choice("a", "b"),
        size=SIZES,
        shape=SHAPES,
        n=hb.Int(2, 4),
        q=hb.Finite(1, 9, 3, integer=True),
    )
    configs = every(grid_values(digits), (0, 1), range(4), range(3), (2, 3, 4), (1, 5, 9))
    assert len(configs) == size(space)
    order = np.random.default_rng(0).permutation(len(configs))
    table = exact(space, np.array(configs)[order])
    for clock in range(300):
        config = draw(space, lambda index, clock=clock: uniform(0, Purpose.CONFIGURATION, clock, index))  # type: ignore[misc]  # a default in a lambda has no type
        rate, kind, number, shape, n, q = table.configs[table.row(config)].tolist()
        assert rate == pytest.approx(config["rate"], rel=1e-4)
        assert ("ab"[int(kind)], SIZES.values[int(number)], SHAPES.values[int(shape)], n, q) == (
            config["kind"], config["size"], config["shape"], config["n"], config["q"],
        )  # fmt: skip


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"n": 2, "size": 64}, r"\{'n': 2, 'size': 64\}; it has 7 of the 8 configurations of its space"),
        ({"n": 3, "size": 8, "other": 1}, r"\{'n': 3, 'size': 8\}"),
        ({"n": 1.5, "size": 8}, r"\{'n': 1.5, 'size': 8\}"),
        ({"n": -math.inf, "size": 8}, "-inf"),
    ],
)
def test_in_an_exact_table_a_configuration_without_a_row_is_an_error_that_names_it(
    config: dict[str, Value], named: str
) -> None:
    table = exact(hb.Space(n=hb.Int(1, 2), size=SIZES), every((1, 2), range(4))[:-1])
    with pytest.raises(TableError, match=f"the exact table all has no row for .*{named}"):
        table.row(config)


def test_a_number_beside_the_grid_has_no_row_of_its_own() -> None:
    table = exact(hb.Space(x=hb.Finite(0.0, 1.0, 5)), [[0.0], [0.25], [0.5], [0.75], [1.0]])
    assert [table.row({"x": x}) for x in (0.25, 0.2500001, 1)] == [1, 1, 4]
    for x in (0.3, -0.1, 1.1, math.inf):
        with pytest.raises(TableError, match="has no row for"):
            table.row({"x": x})


def test_all_values_of_a_grid_of_integers_are_on_it() -> None:
    """On the scale of this one, 2 lies as near to the third value, 3, as to its own."""
    table = exact(hb.Space(x=hb.Finite(1, 4, 4, log=True, integer=True), n=hb.Int(0, 1)), every((1, 2, 3, 4), (0, 1)))
    assert [table.row({"x": x, "n": 1}) for x in (1, 4)] == [1, 7]


def test_of_equal_rows_the_first_answers() -> None:
    assert exact(hb.Space(x=SHAPES), [[2], [1], [1]]).row({"x": "middle"}) == 1


def test_where_a_row_has_the_match_key_no_distance_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = []

    def watched(*given: Any) -> list[float]:
        measured.append(given)
        return coordinates(*given)

    monkeypatch.setattr("pure_hb.tables.table.coordinates", watched)
    table = flat(hb.Space(x=hb.Float(0.0, 1.0)), [[0.1], [0.2]])
    assert table.row({"x": 0.2}) == 1
    assert not measured
    assert table.row({"x": 0.19}) == 1
    assert len(measured) == 3, "that of the question, and those of the rows"


def test_lists_and_grids_are_near_as_the_ints_that_number_them() -> None:
    space = hb.Space(x=hb.Finite(1.0, 100.0, 3, log=True), y=hb.Float(0.0, 1.0))
    table = flat(space, [[1.0, 0.0], [100.0, 0.0]])
    assert [table.row({"x": 10.0, "y": 0.5}), table.row({"x": 100.0, "y": 0.9})] == [0, 1]
    shapes = flat(hb.Space(x=SHAPES, y=hb.Float(0.0, 1.0)), [[0, 0.0], [2, 0.0]])
    assert [shapes.row({"x": shape, "y": 0.1}) for shape in SHAPES.values] == [0, 0, 1]
    sizes = flat(hb.Space(x=hb.Ordinal(1, 2, 10), y=hb.Float(0.0, 1.0)), [[0, 0.0], [2, 0.0]])
    assert [sizes.row({"x": number, "y": 0.1}) for number in (1, 2, 10)] == [0, 0, 1]


@pytest.mark.parametrize(
    ("domain", "bad", "limit"),
    [
        (SHAPES, 3.0, "an index from 0 to 2"),
        (SHAPES, 0.5, "an index from 0 to 2"),
        (hb.Finite(0.0, 1.0, 5), 0.3, r"a value of Finite\(0.0, 1.0, 5\)"),
        (hb.Finite(0.0, 1.0, 5), math.nan, "a value of Finite"),
        (hb.Finite(2, 9, 8, integer=True), 3.5, "a value of Finite"),
    ],
)
def test_entries_outside_a_list_or_a_grid_are_refused(domain: Any, bad: float, limit: str) -> None:
    first = domain.low if isinstance(domain, hb.Finite) else 0
    with pytest.raises(TableError, match=f"a is {bad} in row 1 of configs; it is {limit}"):
        flat(hb.Space(a=domain, b=hb.Int(0, 1)), [[first, 0], [bad, 0]])


@pytest.mark.parametrize("numbers", [False, True], ids=["indices", "values"])
def test_files_hold_lists_and_grids(tmp_path: Path, numbers: bool) -> None:
    """An ordinal of numbers may stand as the numbers themselves."""
    values = SIZES.values if numbers else range(4)
    configs = np.array(every(grid_values(), values, range(3)))
    zeros = np.zeros((len(configs), 2))
    np.savez(tmp_path / "t.npz", configs=configs, metric=zeros, elapsed=zeros)
    space = [
        {"name": "rate", "type": "finite", "low": 0.001, "high": 0.1, "size": 5, "log": True},
        {"name": "size", "type": "ordinal", "values": [8, 16, 32, 64]},
        {"name": "shape", "type": "ordinal", "values": ["small", "middle", "large"], "kind": "equal"},
    ]
    meaning = {"metric": "error", "mode": "min", "max_resource": 2, "space": space, "exact": True, "levels": {}}
    (tmp_path / "t.json").write_text(json.dumps(meaning))
    table = load_table(tmp_path / "t")
    assert (table.space, table.exact) == (hb.Space(rate=GRID, size=SIZES, shape=SHAPES), True)
    assert table.row({"rate": 0.1, "size": 8, "shape": "large"}) == 50
    assert table.row({"rate": 0.001, "size": 64, "shape": "small"}) == 9


@pytest.mark.parametrize("name", ["fcnet-diamonds", "nas-digits"])
def test_every_row_of_the_shared_exact_tables_answers_for_itself(name: str) -> None:
    table = load_table(shared("tables_exact", f"{name}.npz"))
    assert table.exact
    assert len(table.configs) == size(table.space)
    for row in range(0, len(table.configs), 97):
        pairs = zip(table.space.domains, table.configs[row].tolist(), strict=True)
        config = {
            key: domain.values[int(number)] if isinstance(domain, hb.Choice) else int(number)
            for (key, domain), number in pairs
        }
        assert table.row(config) == row


# ---- the nearest row -----------------------------------------------------------------------------------------------


def test_the_nearest_row_answers_and_the_lowest_of_equally_near_ones() -> None:
    table = flat(hb.Space(x=hb.Float(0.0, 1.0)), [[0.75], [0.25], [0.25], [1.0]])
    assert [table.row({"x": x}) for x in (0.0, 0.25, 0.49, 0.5, 0.51, 0.875, 0.876)] == [1, 1, 1, 0, 0, 0, 3]


def test_distances_are_those_of_the_scale() -> None:
    linear, log = (flat(hb.Space(x=hb.Float(1.0, 100.0, log=log)), [[1.0], [100.0]]) for log in (False, True))
    assert (linear.row({"x": 11.0}), log.row({"x": 9.0}), log.row({"x": 11.0})) == (0, 0, 1)


def test_ints_are_widened_by_a_half_before_the_logarithm() -> None:
    """Of width, 1 and 2 lie log(2) / log(2.5 / 0.5) = 0.43 apart, less than the 0.5 of x; without the half, 1."""
    space = hb.Space(x=hb.Float(0.0, 1.0), width=hb.Int(1, 2, log=True))
    table = flat(space, [[0.0, 1], [0.5, 2]])
    assert table.row({"x": 0.0, "width": 2}) == 0
    assert flat(hb.Space(x=hb.Float(0.0, 1.0), width=hb.Float(1, 2, log=True)), [[0.0, 1], [0.5, 2]]).row(
        {"x": 0.0, "width": 2.0}
    )


def test_a_choice_of_two_values_is_one_hot() -> None:
    """Another value is the distance sqrt(2), so that 1.2 of x's is nearer."""
    space = hb.Space(kind=hb.Choice("u", "v"), x=hb.Float(0.0, 1.0), y=hb.Float(0.0, 1.0))
    table = flat(space, [[1, 0.0, 0.0], [0, 1.0, 0.7]])
    assert table.row({"kind": "u", "x": 0.0, "y": 0.0}) == 1


def test_of_a_choice_of_three_all_other_values_are_equally_far() -> None:
    table = flat(hb.Space(kind=hb.Choice("a", "b", "c")), [[1], [0]])
    assert [table.row({"kind": kind}) for kind in "abc"] == [1, 0, 0]


def test_numbers_outside_the_space_count_as_its_border() -> None:
    space = hb.Space(x=hb.Float(1.0, 2.0, log=True), n=hb.Int(0, 3))
    table = flat(space, [[1.0, 0], [2.0, 3]])
    assert table.row({"x": -5.0, "n": -(10**9)}) == 0
    assert table.row({"x": math.inf, "n": 10**9}) == 1


def test_a_parameter_with_one_value_decides_nothing() -> None:
    table = flat(hb.Space(x=hb.Float(2.0, 2.0), n=hb.Int(0, 3)), [[2.0, 0], [2.0, 3]])
    assert table.row({"x": 2.0, "n": 2}) == 1


def test_an_answer_that_is_known_is_not_computed_again() -> None:
    table = load_table(TABLES / "tiny")
    first = hb.Configuration({"x": 3, "other": "ignored"})
    assert (table.row(first), table.row({"x": int(np.int64(3))}), table.row({"x": 3.0})) == (3, 3, 3)
    assert table._rows == {(3.0,): 3}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "x is missing"),
        ({"x": "3", "kind": "u"}, "x is '3'; in the table it is a number"),
        ({"x": True, "kind": "u"}, "x is True; in the table it is a number"),
        ({"x": NAN, "kind": "u"}, "x is nan; in the table it is a number"),
        ({"x": 0.5, "kind": "w"}, "kind is 'w'; in the table it is one of 'u', 'v'"),
    ],
)
def test_a_configuration_that_cannot_be_compared_is_an_error(config: dict[str, Value], message: str) -> None:
    table = flat(hb.Space(x=hb.Float(0.0, 1.0), kind=hb.Choice("u", "v")), [[0.5, 0]])
    with pytest.raises(TableError, match=message):
        table.row(config)


# ---- regret --------------------------------------------------------------------------------------------------------


def test_regret_is_zero_at_the_best_value_and_one_at_the_median_final_value() -> None:
    table = load_table(TABLES / "tiny")  # finals 7, 3, 5, NaN, 2, 7.25: in order 2 3 5 7 7.25 and the NaN
    assert (table.best, table.median, table.worst) == (2.0, 6.0, 9.0)
    assert [table.regret(value) for value in (2.0, 3.0, 6.0, 10.0)] == [0.0, 0.25, 1.0, 2.0]
    assert math.isnan(table.regret(NAN))


def test_the_best_value_may_stand_at_any_resource() -> None:
    table = Table("t", TINY, ERROR, [[0], [1], [2]], [[1.0, 5.0], [4.0, 3.0], [9.0, 9.0]], [[1.0, 2.0]] * 3)
    assert (table.best, table.median, table.worst) == (1.0, 5.0, 9.0)


@pytest.mark.parametrize("bad", [NAN, math.inf, -math.inf])
def test_what_is_not_finite_counts_as_worst_in_the_median(bad: float) -> None:
    table = finals(ERROR, 1.0, bad, 2.0, bad, bad)
    assert (table.best, table.median, table.worst) == (1.0, 2.0, 2.0)
    assert finals(ERROR, 1.0, bad, 4.0, 2.0).median == 3.0  # in order 1 2 4 and 4


def test_a_maximised_table_mirrors_the_minimised_one() -> None:
    down, up = finals(ERROR, 1.0, 2.0, 6.0, NAN), finals(hb.Maximize("score"), -1.0, -2.0, -6.0, NAN)
    assert (up.best, up.median, up.worst) == (-1.0, -4.0, -6.0) == (-down.best, -down.median, -down.worst)
    assert [up.regret(-value) for value in (1.0, 2.5, 4.0)] == [down.regret(value) for value in (1.0, 2.5, 4.0)]
    assert up.regret(-2.5) == 0.5


def test_where_median_and_best_are_equal_all_worse_values_are_infinitely_bad() -> None:
    table = finals(ERROR, 1.0, 1.0, 2.0)
    assert (table.regret(1.0), table.regret(1.5), table.regret(0.5)) == (0.0, math.inf, -math.inf)


# ---- the shared tables ---------------------------------------------------------------------------------------------


def codes(meaning: Any, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The encoding as the reference's simulator does it, written again column by column."""
    columns: list[NDArray[np.float64]] = []
    for parameter, column in zip(meaning["space"], rows.T, strict=True):
        if parameter["type"] == "choice":
            columns += [np.where(column == index, 1.0, 0.0) for index in range(len(parameter["values"]))]
            continue
        widened = 0.5 - 1e-8 if parameter["type"] == "int" else 0.0
        ends = np.array([parameter["low"] - widened, parameter["high"] + widened])
        low, high = np.log(ends) if parameter["log"] else ends
        on_scale = np.log(column) if parameter["log"] else column
        columns.append(np.clip((on_scale - low) / (high - low), 0.0, 1.0))
    return np.stack(columns, axis=1)


@pytest.mark.parametrize("name", SHARED)
def test_rows_are_those_of_the_reference_and_every_row_answers_for_itself(name: str) -> None:
    path = shared("tables", f"{name}.npz")
    table, meaning = load_table(path), json.loads(path.with_suffix(".json").read_bytes())

    def natural(config: Mapping[str, Value]) -> list[float]:
        domains = table.space.domains
        return [
            float(domain.values.index(config[key]) if isinstance(domain, hb.Choice) else config[key])
            for key, domain in domains
        ]

    def config(row: list[float]) -> dict[str, Value]:
        pairs = zip(table.space.domains, row, strict=True)
        return {
            key: domain.values[int(number)] if isinstance(domain, hb.Choice) else number
            for (key, domain), number in pairs
        }

    rows = table.configs
    assert [table.row(config(row)) for row in rows.tolist()] == list(range(len(rows)))
    drawn = [
        draw(table.space, lambda index, clock=clock: uniform(0, Purpose.CONFIGURATION, clock, index))  # type: ignore[misc]  # a default in a lambda has no type
        for clock in range(200)
    ]
    queries = codes(meaning, np.array([natural(one) for one in drawn]))
    gaps = codes(meaning, rows)[None, :, :] - queries[:, None, :]
    assert [table.row(one) for one in drawn] == np.argmin((gaps * gaps).sum(axis=2), axis=1).tolist()


@pytest.mark.parametrize(
    ("name", "best", "median"),
    [
        ("boost-diamonds", 0.0984433, 0.329082),
        ("linear-reviews", 0.219667, 0.310833),
        ("mlp-digits", 0.0175439, 0.353383),
        ("mlp-txhousing", 0.286216, 0.404386),
        ("taskset-irnn64", 0.484701, 0.931138),
        ("taskset-lstm128", 0.522438, 0.694465),
    ],
)
def test_best_and_median_are_those_that_the_baselines_state(name: str, best: float, median: float) -> None:
    table = load_table(shared("tables", name + ".npz"))
    assert float(f"{table.best:.6g}") == best
    assert float(f"{table.median:.6g}") == median
