"""Is what is shown what was ranked? The best value beside the last, in words and rows; and what notebooks show."""

import csv
import io
import itertools
import json
import math
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from click.testing import CliRunner
from click.testing import Result as Done

import pure_hb as hb
from pure_hb.cli import cli
from pure_hb.cli.tune import summary
from pure_hb.machine.notebook import curves_svg
from pure_hb.machine.ranking import best_first, leaders
from pure_hb.session.running_trial import RunningTrial
from pure_hb.tuning.channel import Leg
from pure_hb.tuning.training import WorkerTrial
from tests.play import ERROR, SCORE

CURVES = ((0.2, 0.8, 0.1), (0.3, 0.4, 0.5))
SPACE = hb.Space(width=hb.Int(1, 9), act=hb.Choice("relu", "tanh"))
COLUMNS = [
    "trial", "status", "bracket", "leg", "epochs", "best_value", "best_epoch", "last_value", "failures", "observed",
]  # fmt: skip


def shown(*arguments: object) -> Done:
    return CliRunner().invoke(cli, ["show", *map(str, arguments)])


def run(
    path: Path, curves: Any = CURVES, goal: hb.Goal = SCORE, space: hb.Space = SPACE, max_resource: int = 3
) -> hb.Result:
    """Trains each curve in turn, by a method without rungs."""
    setup = hb.random_search(space, goal, max_resource=max_resource)
    with hb.Session(path, setup, max_trials=len(curves)) as session:
        for curve in curves:
            trial = session.ask(worker="a")
            assert trial is not None
            with trial:
                for epoch, value in enumerate(curve, 1):
                    trial.report(epoch, value)
        return session.result()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


# ---- a state in one line --------------------------------------------------------------------------------------------


def test_a_state_says_how_many_wait_whatever_brought_them_there() -> None:
    for separate in (False, True):
        setup = hb.asha(
            SPACE, ERROR, max_resource=9, brackets=2, rung_system_per_bracket=separate, points_to_evaluate=[]
        )
        state = hb.initial(setup)
        state, _ = hb.decide(state, hb.Observe(hb.Configuration({"width": 1, "act": "relu"}), ((1, 0.5), (3, 0.2))))
        for number in range(40):
            state, action = hb.decide(state, hb.Ask(f"w{number % 3}"))
            if isinstance(action, hb.Start | hb.Resume):
                value = (math.nan, 0.1 * number, 1.0)[number % 3]
                event = hb.Fail(action.trial) if number % 5 == 4 else hb.Report(action.trial, action.until, value)
                state, _ = hb.decide(state, event)
            paused = sum(trial.status is hb.Status.PAUSED for trial in state.trials)
            assert f"{len(state.trials)} trials, {len(state.trials.running)} running, {paused} paused" in repr(state)


def test_a_state_is_shown_without_a_walk_through_its_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    state = hb.initial(hb.asha(SPACE, ERROR, max_resource=9))
    for number in range(9):
        state, action = hb.decide(state, hb.Ask("a"))
        assert isinstance(action, hb.Start | hb.Resume)
        state, _ = hb.decide(state, hb.Report(action.trial, action.until, 0.1 * number))
    said = str(state)

    def walk(_: object) -> Iterator[hb.Trial]:
        raise AssertionError("somebody walks through the trials")

    monkeypatch.setattr(type(state.trials), "__iter__", walk)
    monkeypatch.setattr(type(state.trials.archive), "__iter__", walk)
    assert str(state) == repr(state) == f"{state}" == said
    assert repr(state.trials) == f"{len(state.trials)} trials"


def test_of_a_state_with_many_trials_a_notebook_ranks_the_first_of_each_rung_and_the_newest() -> None:
    state = hb.initial(hb.asha(SPACE, ERROR, max_resource=9, allow_duplicates=True))
    for number in range(1700):
        state, action = hb.decide(state, hb.Ask("a"))
        assert isinstance(action, hb.Start | hb.Resume)
        state, _ = hb.decide(state, hb.Report(action.trial, action.until, (number * 7919) % 1709 / action.until))
    assert state.best is not None
    assert len(state.trials) > 1000
    ranked = leaders(state.trials, state.ladder, state.best.trial)
    assert len(ranked) <= 10 * 2 + 10 + 1
    shown = state._repr_html_()
    assert f"10 of {len(state.trials)} trials: the best among the first of each rung and the newest." in shown
    best = best_first(state.trials, ERROR, state.best.trial)[0]
    assert best_first(ranked, ERROR, state.best.trial)[0] == best


# ---- the best, everywhere -------------------------------------------------------------------------------------------


def test_the_best_is_the_best_value_of_a_curve_that_fell_again(path: Path) -> None:
    result = run(path)
    assert (result.best_value, result.best_resource, result.best_trial) == (0.8, 2, 0)
    best, second = result.best(5)
    assert (best.trial, best.value, best.resource, best.last_value, best.last_resource) == (0, 0.8, 2, 0.1, 3)
    assert (second.trial, second.value, second.resource, second.last_value, second.last_resource) == (1, 0.5, 3, 0.5, 3)
    assert best.config == result.best_config
    assert [(row["trial"], row["best_value"], row["best_epoch"], row["last_value"]) for row in result.table()] == [
        (0, 0.8, 2, 0.1),
        (1, 0.5, 3, 0.5),
    ]
    text = summary(result, hb.random_search(SPACE, SCORE, max_resource=3))
    assert "\nscore 0.8 after epoch 2 of trial 0; 0.1 after epoch 3, its last.\n" in text


def test_the_end_of_tune_names_the_last_value_only_if_it_is_another(path: Path) -> None:
    result = run(path, CURVES[1:])
    text = summary(result, hb.random_search(SPACE, SCORE, max_resource=3))
    assert "\nscore 0.5 after epoch 3 of trial 0.\n" in text


def test_show_has_the_best_value_its_epoch_and_the_last_one(path: Path) -> None:
    run(path)
    text = shown(path).stdout
    assert "best 0.8 after epoch 2 of trial 0\n" in text
    titles, first, second = text.partition("Trials, best first\n")[2].splitlines()
    assert re.split(r"  +", titles.strip()) == [
        "trial", "status", "bracket", "leg", "epochs", "best value", "at epoch", "last value", "configuration",
    ]  # fmt: skip
    assert first.split()[:8] == ["0", "ended", "0", "0", "3", "0.8", "2", "0.1"]
    assert second.split()[:8] == ["1", "ended", "0", "0", "3", "0.5", "3", "0.5"]


def test_show_of_one_trial_has_them_too(path: Path) -> None:
    run(path)
    assert (
        "\n  1: 0.2, 2: 0.8, 3: 0.1\n  best 0.8 after epoch 2; 0.1 after epoch 3, its last\n"
        in shown(path, "--trial", 0).stdout
    )
    assert "\n  best 0.5 after epoch 3\n" in shown(path, "--trial", 1).stdout


def test_a_trial_without_a_finite_value_says_so(path: Path) -> None:
    result = run(path, ((math.nan,), (0.5,), (-math.inf,)), ERROR)
    assert "no finite value; the last one is nan after epoch 1" in shown(path, "--trial", 0).stdout
    assert [one.trial for one in result.best(9)] == [1]
    assert [row["trial"] for row in result.table()] == [1, 0, 2]
    assert [row["best_value"] for row in result.table()] == [0.5, None, None]
    rows = [line.split()[:8] for line in shown(path).stdout.partition("Trials, best first\n")[2].splitlines()[1:]]
    assert [row[5:8] for row in rows] == [["0.5", "1", "0.5"], ["-", "-", "nan"], ["-", "-", "-inf"]]


def test_the_first_of_equals_is_the_best_trial_everywhere(path: Path) -> None:
    """Trial 1 was there first with the value that trial 0 has reached later."""
    with hb.Session(path, hb.random_search(SPACE, ERROR, max_resource=3), max_trials=2) as session:
        first, second = session.ask(worker="a"), session.ask(worker="b")
        assert first is not None
        assert second is not None
        for trial, epoch in ((second, 1), (first, 1), (second, 2), (second, 3), (first, 2), (first, 3)):
            trial.report(epoch, 0.5)
        result = session.result()
    assert result.best_trial == 1
    assert [(one.trial, one.resource) for one in result.best(2)] == [(1, 1), (0, 1)]
    assert [row["trial"] for row in result.table()] == [1, 0]
    assert [row["trial"] for row in json.loads(shown(path, "--json").stdout)] == [1, 0]


# ---- the result as values -------------------------------------------------------------------------------------------


def test_the_best_few_are_frozen_values(path: Path) -> None:
    result = run(path)
    assert [one.trial for one in result.best(1)] == [0]
    assert result.best(2) == result.best(99)
    with pytest.raises(AttributeError):
        result.best(1)[0].value = 3.0  # type: ignore[misc]  # frozen
    assert hash(result.best(2)) == hash(result.best(2))


@pytest.mark.parametrize("k", [0, -1, True, 1.5, "3", None])
def test_a_wrong_number_of_the_best_is_told(path: Path, k: Any) -> None:
    with pytest.raises(ValueError, match=r"^k is .*; it is how many of the best trials are wanted, at least 1$"):
        run(path).best(k)


def test_before_any_trial_there_are_no_rows(path: Path) -> None:
    with hb.Session(path, hb.random_search(SPACE, ERROR, max_resource=3)) as session:
        result = session.result()
        assert (result.best(3), result.table(), result.curves()) == ((), [], [])
        session.ask()
        (row,) = session.result().table()
        assert [row[name] for name in ("best_value", "best_epoch", "last_value", "epochs")] == [None, None, None, 0]


def test_tables_are_plain_values_with_the_same_columns(path: Path) -> None:
    table = run(path).table()
    for row in table:
        assert list(row) == [*COLUMNS, "config.act", "config.width"]
        assert {type(value) for value in row.values()} <= {int, float, str, bool}
    assert run_curves(path) == [
        {"trial": 0, "epoch": 1, "value": 0.2},
        {"trial": 0, "epoch": 2, "value": 0.8},
        {"trial": 0, "epoch": 3, "value": 0.1},
        {"trial": 1, "epoch": 1, "value": 0.3},
        {"trial": 1, "epoch": 2, "value": 0.4},
        {"trial": 1, "epoch": 3, "value": 0.5},
    ]


def run_curves(path: Path) -> list[dict[str, Any]]:
    setup = hb.random_search(SPACE, SCORE, max_resource=3)
    with hb.Session(path, setup) as session:
        return session.result().curves()


def test_trials_that_have_reported_stand_before_those_that_have_not(path: Path) -> None:
    """Tables with types look at the first rows to find them."""
    with hb.Session(path, hb.random_search(SPACE, ERROR, max_resource=3)) as session:
        trials = [session.ask(worker=f"w{number}") for number in range(3)]
        assert trials[2] is not None
        trials[2].report(1, math.nan)
        assert [row["trial"] for row in session.result().table()] == [2, 0, 1]


def test_pandas_takes_the_rows(path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    result = run(path, (*CURVES, (math.nan,)))
    table, curves = pandas.DataFrame(result.table()), pandas.DataFrame(result.curves())
    assert (str(table["best_value"].dtype), str(table["config.width"].dtype)) == ("float64", "int64")
    assert curves.groupby("trial")["value"].max().tolist()[:2] == [0.8, 0.5]


def test_polars_takes_the_rows(path: Path) -> None:
    polars = pytest.importorskip("polars")
    result = run(path, (*((math.nan,) for _ in range(150)), *CURVES), space=hb.Space(x=hb.Float(0, 1)))
    table, curves = polars.DataFrame(result.table()), polars.DataFrame(result.curves())
    assert table.schema["best_value"] == polars.Float64
    assert curves.schema["value"] == polars.Float64


# ---- rows for other programs ----------------------------------------------------------------------------------------


def csv_rows(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode(), newline="")))


def test_csv_of_trials_is_that_of_rfc_4180(path: Path) -> None:
    run(path, (*CURVES, (math.nan,)))
    done = shown(path, "--csv")
    assert done.exit_code == 0
    lines = done.stdout_bytes.split(b"\r\n")
    assert lines[0].decode() == ",".join([*COLUMNS, "config.act", "config.width"])
    assert (len(lines), lines[-1], b"\n" in done.stdout_bytes.replace(b"\r\n", b"")) == (5, b"", False)
    rows = csv_rows(done.stdout_bytes)
    assert [
        (row["trial"], row["best_value"], row["best_epoch"], row["last_value"], row["observed"]) for row in rows
    ] == [
        ("0", "0.8", "2", "0.1", "false"),
        ("1", "0.5", "3", "0.5", "false"),
        ("2", "", "", "nan", "false"),
    ]


def test_csv_quotes_what_must_be_quoted(path: Path) -> None:
    space = hb.Space(**{'a,"b"\n': hb.Choice('x,"y"\r\n', "zö")})
    run(path, ((0.1,), (0.2,)), space=space, max_resource=1)
    rows = csv_rows(shown(path, "--csv").stdout_bytes)
    assert {row['config.a,"b"\n'] for row in rows} == {'x,"y"\r\n', "zö"}


def test_json_of_trials_is_a_list_of_objects(path: Path) -> None:
    result = run(path, (*CURVES, (math.nan,)))
    done = shown(path, "--json")
    rows = json.loads(done.stdout, parse_constant=pytest.fail)
    assert [list(row) for row in rows] == [[*COLUMNS, "config.act", "config.width"]] * 3
    assert rows[:2] == result.table()[:2]
    assert (rows[2]["epochs"], rows[2]["best_value"], rows[2]["last_value"]) == (1, None, None)


@pytest.mark.parametrize("form", ["--csv", "--json"])
def test_curves_are_rows_of_trial_epoch_and_value(path: Path, form: str) -> None:
    run(path, (*CURVES, (math.inf,)))
    text = shown(path, form, "--curves").stdout_bytes
    rows = csv_rows(text) if form == "--csv" else json.loads(text)
    told = [tuple(row.values()) for row in rows]
    plain = [(number, epoch, value) for number, curve in enumerate(CURVES) for epoch, value in enumerate(curve, 1)]
    if form == "--csv":
        assert told == [*(tuple(map(str, row)) for row in plain), ("2", "1", "inf")]
    else:
        assert told == [*plain, (2, 1, None)]


@pytest.mark.parametrize("form", ["--csv", "--json"])
def test_one_trial_only(path: Path, form: str) -> None:
    run(path)
    for curves, number in (((), 1), (("--curves",), 3)):
        text = shown(path, "--trial", 1, form, *curves).stdout_bytes
        rows = csv_rows(text) if form == "--csv" else json.loads(text)
        assert [str(row["trial"]) for row in rows] == ["1"] * number
    assert "there is no trial 7" in shown(path, "--trial", 7, form).stderr


def test_a_run_without_trials_has_columns_only(path: Path) -> None:
    hb.Session(path, hb.random_search(SPACE, ERROR, max_resource=3)).close()
    assert shown(path, "--csv").stdout_bytes.decode() == ",".join([*COLUMNS, "config.act", "config.width"]) + "\r\n"
    assert json.loads(shown(path, "--json").stdout) == []
    assert shown(path, "--csv", "--curves").stdout_bytes == b"trial,epoch,value\r\n"


def test_a_note_does_not_get_into_the_rows(path: Path) -> None:
    run(path)
    path.write_bytes(path.read_bytes()[:-9])
    done = shown(path, "--json")
    assert len(json.loads(done.stdout)) == 2
    assert "Note: " in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("--curves",), "--curves goes with --csv or --json"), (("--csv", "--record", 1), "leave --csv out")],
)
def test_options_that_do_not_fit_are_told(path: Path, arguments: tuple[object, ...], words: str) -> None:
    run(path)
    done = shown(path, *arguments)
    assert done.exit_code == 2
    assert words in done.stderr


# ---- in a line ------------------------------------------------------------------------------------------------------

LONG = hb.Space(**{f"parameter_number_{number}": hb.Float(0.0, 1.0) for number in range(30)})


def line_of(value: object) -> str:
    text = repr(value)
    assert "\n" not in text
    assert len(text) <= 120, text
    return text


@pytest.mark.parametrize("space", [SPACE, LONG])
def test_reprs_are_short_lines(tmp_path: Path, space: hb.Space) -> None:
    folder = tmp_path / ("a long name of a folder " * 3)
    folder.mkdir()
    setup = hb.asha(space, hb.Minimize("validation_error"), max_resource=27)
    with hb.Session(folder / "run.jsonl", setup) as session:
        trial = session.ask()
        assert trial is not None
        trial.report(1, 1.0 / 3.0)
        assert line_of(session).startswith("<session over ...")
        assert "run.jsonl: asha: 1 trials, 0 running, 1 paused, best 0.333333 at epoch 1>" in repr(session)
        assert line_of(trial).startswith("<trial 0, leg 0: {")
        assert line_of(session.state.trials[0]).startswith("<trial 0: paused, leg 0, 0.333333 after epoch 1; {")
        assert line_of(session.state) == "<asha: 1 trials, 0 running, 1 paused, best 0.333333 at epoch 1>"
        assert line_of(session.result()).endswith("run.jsonl: 1 trials, 1 epochs, best 0.333333 at epoch 1 of trial 0>")
        leg = Leg(0, 0, dict(trial.config), 0, 1, "checkpoint", 27)
        worker_trial = WorkerTrial(leg, 0, lambda _: pytest.fail("it reports"), lambda _: None)
        assert line_of(worker_trial).startswith("<trial 0, leg 0: {")
        assert line_of(worker_trial).endswith(" from epoch 0 to 1>")
    assert "closed, asha" in line_of(session)


def test_a_result_without_values_has_a_repr_too(path: Path) -> None:
    with hb.Session(path, hb.random_search(SPACE, ERROR, max_resource=3)) as session:
        assert line_of(session.result()).endswith("0 trials, 0 epochs, no result yet>")


def test_trials_are_equal_and_hashed_by_their_content(path: Path) -> None:
    one, other = run(path).trials
    assert (one == evolve(one), hash(one) == hash(evolve(one)), one == other) == (True, True, False)


# ---- in a notebook --------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """The elements of a piece of HTML, which must all be closed; and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.elements.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.cells.append(data)


HARMLESS = {"div", "p", "table", "thead", "tbody", "tr", "th", "td", "svg", "polyline", "circle", "g", "text"}
DRAWING = {"width", "height", "viewbox", "fill", "stroke", "points", "stroke-width", "stroke-opacity", "cx", "cy", "r"}
DRAWING |= {"x", "y", "text-anchor", "font-size"}


def page(value: Any) -> Page:
    text = value._repr_html_()
    found = Page(text)
    assert {tag for tag, _ in found.elements} <= HARMLESS
    assert {name for _, attributes in found.elements for name in attributes} <= DRAWING
    assert "://" not in text.replace("journal", "")
    assert len(text) < 20_000
    return found


def in_notebook(session: hb.Session) -> Iterator[Any]:
    yield from (session, session.state, session.result(), session.state.trials[0])


def test_a_notebook_shows_the_best_trials_and_a_curve(path: Path) -> None:
    run(path)
    with hb.Session(path, hb.random_search(SPACE, SCORE, max_resource=3)) as session:
        for value in in_notebook(session):
            found = page(value)
            assert [tag for tag, _ in found.elements].count("svg") == 1
            lines = [attributes for tag, attributes in found.elements if tag == "polyline"]
            assert len(lines) == (1 if isinstance(value, hb.Trial) else 2)
            assert lines[-1]["stroke-width"] == "2", "the best one is bold"
        first_row = page(session).cells
        assert first_row[first_row.index("configuration") + 1 :][:6] == ["0", "ended", "0.8", "2", "0.1", "3"]


def test_of_many_trials_the_best_ten_are_shown(path: Path) -> None:
    run(path, [(float(number),) for number in range(25)], space=LONG, max_resource=1)
    with hb.Session(path, hb.random_search(LONG, SCORE, max_resource=1)) as session:
        found = page(session)
        assert [tag for tag, _ in found.elements].count("tr") == 11
        assert "The 10 best of 25 trials." in found.cells
        assert found.cells[found.cells.index("configuration") + 1] == "24"


HOSTILE = "<script>alert(\"1\")</script><img src=http://x onerror='a()'>&\x1b]0;\u202e"


def test_names_and_values_are_escaped(tmp_path: Path) -> None:
    space = hb.Space(**{HOSTILE: hb.Choice(HOSTILE, "b")})
    setup = evolve(hb.random_search(space, hb.Minimize(HOSTILE), max_resource=1), method=HOSTILE)
    path = tmp_path / "<script>run<img>.jsonl"
    with hb.Session(path, setup, max_trials=2) as session:
        for number in range(2):
            trial = session.ask(worker="a")
            assert trial is not None
            trial.report(1, float(number))
        for value in in_notebook(session):
            text = value._repr_html_()
            found = Page(text)
            assert {tag for tag, _ in found.elements} <= HARMLESS
            assert {name for _, attributes in found.elements for name in attributes} <= DRAWING
            assert "\x1b" not in text
            assert "\u202e" not in text


@pytest.mark.parametrize(
    "curve",
    [
        (),
        ((1, math.nan),),
        ((1, 0.5),),
        ((1, 1e308), (2, -1e308)),
        ((1, 0.5), (2, 0.5)),
        ((1, 5e-324), (2, 0.0)),
        ((1, math.inf), (2, 0.5), (3, -math.inf), (4, 0.25)),
        tuple((epoch, 1.0 / epoch) for epoch in range(1, 50_000)),
        ((10**9, 1.0), (2 * 10**9, 2.0)),
    ],
    ids=lambda curve: f"{len(curve)} points",
)
def test_any_curve_can_be_drawn(curve: hb.protocol.Curve) -> None:
    text = curves_svg([curve])
    assert bool(text) == any(math.isfinite(value) for _, value in curve)
    assert "nan" not in text
    assert len(text) < 6000
    for x, y in re.findall(r"(-?[\d.e+]+),(-?[\d.e+]+)", "".join(re.findall(r'points="([^"]*)"', text))):
        assert 0 <= float(x) <= 360
        assert 0 <= float(y) <= 140


def test_a_running_trial_says_what_it_is_in_a_notebook(path: Path) -> None:
    with hb.Session(path, hb.random_search(SPACE, ERROR, max_resource=3)) as session:
        trials = [session.ask(worker=name) for name in "ab"]
        assert all(isinstance(trial, RunningTrial) for trial in trials)
        found = page(session.state.trials[0])
        assert list(itertools.islice(found.cells, 1)) == ["trial 0"]
