"""Can everything be typed that should, and is everything else answered with one sentence?"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import pure_hb as hb
from pure_hb.cli import cli
from pure_hb.cli.common import make_setup
from pure_hb.journal import open_file_journal
from tests import scripts
from tests.logs import (
    SETUP,
    assert_verifies,
    body_of,
    busy,
    canonical,
    chain_with,
    chained,
    lines_of,
    replaced,
    write_journal,
)
from tests.play import ERROR, LINE, Play, promotion
from tests.processes import PURE_HB, pure_hb, run
from tests.small_table import write_table
from tests.wrong_inputs import PLAN, SPACES, WRONG, Wrong, place

pytestmark = pytest.mark.usefixtures("modules_as_before")

COMMANDS = [
    "tune",
    "simulate",
    "verify",
    "audit",
    "explain",
    "diff",
    "what-if",
    "calibration",
    "report",
    "watch",
    "export",
    "show",
    "snapshot",
    "copy",
    "plan",
]


def typed(*arguments: object) -> Result:
    """The answer to a command line."""
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


# ---- the command itself ---------------------------------------------------------------------------------------------


def test_help_lists_all_commands() -> None:
    done = typed("--help")
    assert done.exit_code == 0
    assert re.findall(r"^  ([\w-]+)  ", done.output, re.MULTILINE)[-len(COMMANDS) :] == COMMANDS
    assert typed("-h").output == done.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_its_options(command: str) -> None:
    done = typed(command, "--help")
    assert done.exit_code == 0
    assert done.output.startswith(f"Usage: cli {command} [OPTIONS]")
    options = re.findall(r"^  (--[a-z-]+)(.*)", done.output, re.MULTILINE)
    assert len(options) >= (0 if command in ("verify", "snapshot", "report", "copy") else 2)


def test_the_version() -> None:
    assert typed("--version").output == f"pure-hb, version {hb.__version__}\n"


def test_python_m_is_the_same_command(tmp_path: Path) -> None:
    done = pure_hb("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: python -m pure_hb [OPTIONS] COMMAND [ARGS]...")
    as_wide = CliRunner().invoke(cli, ["--help"], terminal_width=78).output  # as click writes to no terminal
    assert done.stdout.split()[-20:] == as_wide.split()[-20:]
    assert (done.stderr, list(tmp_path.iterdir())) == ("", [])


# ---- plan -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", hb.METHODS)
def test_the_plan_of_every_method(method: str) -> None:
    done = typed("plan", "--method", method, "--max-resource", 81)
    assert (done.exit_code, done.stderr) == (0, "")
    first, titles, *rows, last = done.stdout.splitlines()
    levels = {"RANDOM": "none", "ONE-EPOCH": "1", "DYHPO": ", ".join(map(str, range(1, 81, 2)))}
    assert first.endswith(f"rung levels {levels.get(method, '1, 3, 9, 27')}; maximum 81")
    assert titles.split()[:2] == ["bracket", "probability"]
    assert len(rows) >= 1
    assert "training all of them fully would take 8100" in last


def test_the_plan_of_asha_in_numbers() -> None:
    lines = typed(*PLAN.split(), "--trials", 81).stdout.splitlines()
    assert [line.split()[-4:] for line in lines[2:-1]] == [
        ["1", "1.0000", "81.0", "81.0"],
        ["2-3", "0.3333", "27.0", "54.0"],
        ["4-9", "0.1111", "9.0", "54.0"],
        ["10-27", "0.0370", "3.0", "54.0"],
        ["28-81", "0.0123", "1.0", "54.0"],
    ]
    assert lines[-1].startswith("In the long run 81 trials take about 297 epochs; ")


def test_options_of_a_method_may_be_given_by_their_name_or_through_option() -> None:
    by_name = typed(*PLAN.split(), "--rung-levels", "2,8", "--brackets", 2)
    through = typed(*PLAN.split(), "--option", "rung_levels=[2,8]", "--option", "brackets=2")
    assert by_name.exit_code == 0
    assert by_name.output == through.output
    assert "rung levels 2, 8; maximum 81" in by_name.output


@pytest.mark.parametrize("text", ["None", "none", "null"])
@pytest.mark.parametrize(
    ("method", "option"),
    [
        ("MOBSTER-JOINT", "max_size_data_for_model"),
        ("MOBSTER-JOINT", "max-size-data-for-model"),
        ("HYPERTUNE-INDEP", "searcher_data"),
        ("DYHPO", "jitter"),
        ("BOHB", "num_min_data_points"),
    ],
)
def test_none_can_be_written_for_an_option_that_takes_it(method: str, option: str, text: str) -> None:
    done = typed("plan", "--method", method, "--max-resource", 81, "--option", f"{option}={text}")
    assert (done.exit_code, done.stderr) == (0, "")
    setup = make_setup(method, LINE, ERROR, 81, None, {"others": (f"{option}={text}",)})
    assert setup == hb.METHODS[method](LINE, ERROR, max_resource=81, **{option.replace("-", "_"): None})


def test_none_as_a_word_stays_one() -> None:
    setup = make_setup("MOBSTER-JOINT", LINE, ERROR, 81, None, {"others": ("target_warping=none",)})
    assert setup == hb.mobster(LINE, ERROR, max_resource=81, target_warping="none")
    done = typed(*PLAN.split(), "--option", "brackets=None")
    assert (done.exit_code, done.stderr) == (1, "Error: brackets is 'None' of type str; it is a positive integer\n")


def test_what_looks_odd_is_questioned() -> None:
    done = typed("plan", "--method", "ASHA-PROM", "--max-resource", 4000)
    assert "Note: 8 rung levels from 1 to 2187: is that meant?" in done.stderr


# ---- simulate -------------------------------------------------------------------------------------------------------


def test_simulate_says_what_came_out(tmp_path: Path) -> None:
    done = typed("simulate", write_table(tmp_path), "--method", "ASHA-PROM", "--max-trials", 20, "--seed", 3)
    assert (done.exit_code, done.stderr) == (0, "")
    assert re.fullmatch(
        r"ASHA-PROM on small, seed 3: best [\d.e-]+ \(regret [\d.e-]+\) at time [\d.]+, 20 trials, "
        r"\d+ decisions in \d\.\d{3} s\n",
        done.stdout,
    )


KEYS = [
    "method", "seed", "table", "workers", "max_time", "best", "time", "trials", "decisions", "decision_seconds",
    "trajectory", "regret", "epochs_by_rung", "one_epoch_trials", "starts_before_first_resume", "model_uses", "fits",
    "first_theta_time",
]  # fmt: skip


@pytest.mark.parametrize("method", hb.METHODS)
def test_simulate_as_json_has_exactly_the_documented_keys(tmp_path: Path, method: str) -> None:
    arguments = ["simulate", write_table(tmp_path), "--method", method, "--max-time", "1m", "--workers", 2, "--json"]
    done = typed(*arguments)
    assert (done.exit_code, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    told = json.loads(done.stdout)
    assert list(told) == KEYS
    assert (told["method"], told["seed"], told["table"], told["workers"]) == (method, 0, "small", 2)
    assert told["max_time"] == 60.0
    assert 0.0 <= told["regret"] <= 5.0
    assert told["best"] == told["trajectory"][-1][1]
    assert told["time"] <= 60.0
    assert told["decisions"] > told["trials"] > 0
    times, values = zip(*told["trajectory"], strict=True)
    assert list(times) == sorted(times)
    assert list(values) == sorted(values, reverse=True)
    again = json.loads(typed(*arguments).stdout)
    assert {**again, "decision_seconds": 0} == {**told, "decision_seconds": 0}, "the same numbers every time"


def test_a_simulation_without_any_result_is_json_all_the_same(tmp_path: Path) -> None:
    done = typed("simulate", write_table(tmp_path), "--method", "RANDOM", "--max-time", "0.5s", "--json")
    told = json.loads(done.stdout, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert (told["best"], told["regret"], told["trajectory"]) == (None, None, [])


def test_a_regret_without_bounds_is_json_all_the_same(tmp_path: Path) -> None:
    """Where a table's median is its best value, anything worse has an infinite regret, which JSON does not have."""
    path = write_table(tmp_path)
    with np.load(path) as arrays:
        numbers = dict(arrays)
    numbers["metric"] = np.full((12, 9), 0.5)
    numbers["metric"][3] = 0.9
    np.savez(path, **numbers)
    point = json.dumps([{"x": numbers["configs"][3, 0], "kind": "b"}])
    options = ["--max-time", "3s", "--workers", 1, "--option", f"points_to_evaluate={point}", "--json"]
    done = typed("simulate", path, "--method", "RANDOM", *options)
    told = json.loads(done.stdout, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert told["best"] == 0.9


def test_a_simulation_writes_a_journal_that_verifies(tmp_path: Path) -> None:
    table, journals = write_table(tmp_path), [tmp_path / "one.jsonl", tmp_path / "other.jsonl"]
    for journal in journals:
        done = typed("simulate", table, "--method", "ASHA-STOP", "--max-trials", 15, "--journal", journal)
        assert done.exit_code == 0
    records = assert_verifies(journals[0])
    assert sum(isinstance(record.action, hb.Start) for record in records) == 15
    assert journals[0].read_bytes() == journals[1].read_bytes(), "byte for byte"


def test_values_that_are_no_numbers_may_count_as_failures(tmp_path: Path) -> None:
    journal = tmp_path / "run.jsonl"
    arguments = ["simulate", write_table(tmp_path), "--method", "RANDOM", "--max-trials", 30, "--journal", journal]
    assert typed(*arguments, "--nan", "fail").exit_code == 0
    assert any(isinstance(record.event, hb.Fail) for record in assert_verifies(journal))


# ---- verify ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "run.jsonl"
    write_journal(path, busy(30))
    return path


def test_verify_says_that_all_is_true(log: Path) -> None:
    done = typed("verify", log)
    assert done.exit_code == 0
    first, *parts = done.output.splitlines()
    digest = last_hash(log)
    assert first == f"{log}: 30 records, head 30:{digest}"
    assert parts == [
        "  chain:     whole",
        "  decisions: every one comes out as recorded",
        "  fits:      there are none",
        "  evidence:  the same to the last bit",
    ]


def last_hash(log: Path) -> str:
    """The hash of the last line."""
    return str(json.loads(lines_of(log.read_bytes())[-1])["hash"])


def test_verify_looks_for_an_end_that_was_noted(log: Path) -> None:
    hashes = [json.loads(line)["hash"] for line in lines_of(log.read_bytes())]
    assert f"head 30:{hashes[30]}" in typed("show", log).output
    for number in (0, 7, 30):
        assert typed("verify", log, "--head", f"{number}:{hashes[number]}").exit_code == 0
        assert typed("verify", log, "--head", f"{number}:{hashes[number][:8]}").exit_code == 0
    log.write_bytes(b"".join(lines_of(log.read_bytes())[:-3]))
    cut = typed("verify", log, "--head", f"30:{hashes[30]}")
    assert (cut.exit_code, "the log ends before record 30, which was noted" in cut.output) == (1, True)
    other = typed("verify", log, "--head", f"5:{hashes[6]}")
    assert (other.exit_code, f"record 5 has the hash {hashes[5]}, noted was {hashes[6]}" in other.output) == (1, True)
    none = typed("verify", log, "--head", "five")
    assert (none.exit_code, "it is NUMBER:HASH" in none.output) == (2, True)


def test_verify_goes_on_after_a_difference_and_names_each_with_its_part(log: Path) -> None:
    lines = [body_of(line) for line in lines_of(log.read_bytes())]
    ranked = [number for number, body in enumerate(lines) if "rank" in str(body.get("action", {}).get("evidence"))]
    assert len(ranked) > 2
    for number in ranked[:2]:
        lines[number]["action"]["evidence"][0]["rank"] += 7
    log.write_bytes(chained([canonical(body) for body in lines]))
    done = typed("verify", log)
    assert done.exit_code == 1
    assert "evidence:  2 of 30 disagree" in done.output
    assert "decisions: every one comes out as recorded" in done.output
    for number in ranked[:2]:
        assert f"{log} line {number + 1}, evidence: record {number}, " in done.output


def test_verify_notes_a_torn_end_and_changes_nothing(log: Path) -> None:
    log.write_bytes(log.read_bytes()[:-9])
    before = log.read_bytes()
    done = typed("verify", log)
    assert done.exit_code == 0
    assert "Note: " in done.output
    assert "line 31: the last line is torn" in done.output
    assert "It is cut when the journal is opened for writing." in done.output
    assert "29 records" in done.output
    assert log.read_bytes() == before


def test_verify_notes_another_platform(log: Path) -> None:
    data = log.read_bytes()
    body = body_of(lines_of(data)[0])
    log.write_bytes(chain_with(log, 0, replaced(body, ("platform", "machine"), "abacus")))
    done = typed("verify", log)
    assert done.exit_code == 0
    here = body["platform"]["machine"]
    assert f"Note: another machine: machine of the session from record 1: abacus; here: {here}\n" in done.output


def test_verify_names_record_and_line_of_a_decision_that_was_changed(log: Path) -> None:
    body = body_of(lines_of(log.read_bytes())[3])
    log.write_bytes(chain_with(log, 3, replaced(body, ("action", "until"), 9)))
    done = typed("verify", log)
    assert done.exit_code == 1
    assert f"Error: {log} line 4, decision: record 3, Report(trial=0, resource=1, value=0.5" in done.output
    assert "$.until is 9 in the log, but decided again it is 3" in done.output


# ---- show -----------------------------------------------------------------------------------------------------------


def test_show_tells_rungs_trials_and_the_best(log: Path) -> None:
    done = typed("show", log)
    assert (done.exit_code, done.stderr) == (0, "")
    text = done.stdout
    assert text.startswith(
        "asha, Minimize(metric='error'), seed 0, begun in a simulation\n30 records, 15.0 s; 4 trials: "
    )
    assert re.search(r"best -?0 after epoch 1 of trial 3\n  \{x: ", text)
    rungs = text.partition("Rungs\n")[2].partition("\n\n")[0].splitlines()
    assert rungs[0].split() == ["bracket", "level", "entries", "waiting", "best", "cutoff"]
    assert [row.split()[1:3] for row in rungs[1:]] == [["1", "4"], ["3", "1"], ["9", "1"], ["27", "0"]]
    trials = text.partition("Trials, best first\n")[2].splitlines()
    assert trials[0].split()[:2] == ["trial", "status"]
    assert [row.split()[0] for row in trials[1:]] == ["3", "1", "0", "2"]
    assert {row.split()[1] for row in trials[1:]} == {"running", "ended", "observed"}


def test_show_tells_seconds_per_decision_of_a_real_run(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with hb.Session(path, promotion()) as session:
        session.ask()
    text = typed("show", path).stdout
    assert re.search(r"begun \d{4}-\d\d-\d\dT", text)
    assert re.search(r"seconds per decision: median \d\.\d{6}, longest \d\.\d{6}", text)


def test_show_cuts_a_long_list_unless_all_are_wanted(tmp_path: Path) -> None:
    path, play = tmp_path / "run.jsonl", Play(promotion())
    for number in range(25):
        play(hb.Ask(f"w{number}"))
    write_journal(path, play)
    short, full = typed("show", path).stdout, typed("show", path, "--all").stdout
    assert "The 20 best of 25 trials (--all)" in short
    assert len(full.splitlines()) - len(short.splitlines()) == 5


def test_show_one_trial_in_words(log: Path) -> None:
    text = typed("show", log, "--trial", 0).stdout
    assert text.startswith("Trial 0: running, bracket 0, leg 1, 1 failures\n  {x: 0.5}\n  1: 0.5\n")
    assert "Record 1, Ask: Start trial 0 in bracket 0, to epoch 1." in text
    assert "Record 3, Report: Continue trial 0 to epoch 3.\n  Of trial 0 at level 1: the rung has 1 entry" in text
    assert "Record 5, Fail: Pause trial 0.\n  Failure 1 of 3." in text
    assert "Record 6, Ask: Resume trial 0 from epoch 1 to 3, leg 1: run its leg again." in text


def test_show_one_record_in_words(log: Path) -> None:
    text = typed("show", log, "--record", 4).stdout
    assert text.startswith("Record 4, after 2.000 s: Report(trial=1, resource=1, value=0.4, cost=1.5, leg=None)\n")
    assert "0 of 2 entries are strictly better, at most 0 may be (cutoff 0.433333): it passes." in text


def test_show_of_a_run_without_rungs_or_without_anything(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write_journal(path, Play(hb.random_search(LINE, ERROR, max_resource=3)))
    done = typed("show", path)
    assert done.exit_code == 0
    assert "0 records, 0.0 s; 0 trials: none; 0 epochs" in done.output
    assert "No rungs: every trial trains to the end" in done.output


def test_show_of_a_maximised_metric_is_in_its_units(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    play = Play(promotion(goal=hb.Maximize("score")), [hb.Ask("w0"), hb.Ask("w1")])
    play(hb.Report(0, 1, 0.0))
    play(hb.Report(1, 1, float("nan")))
    write_journal(path, play)
    text = typed("show", path).stdout
    assert "best 0 after epoch 1 of trial 0" in text
    assert "-0" not in text.partition("Rungs")[2].partition("Trials")[0]


# ---- wrong inputs ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder with good and bad files. The journal held.jsonl is open while the tests run."""
    path = tmp_path_factory.mktemp("wrong")
    place(path)
    text = f"{scripts.HEAD}\nmax_resource = 81\n{scripts.GENERATOR}\nSECONDS = 0.0\n"
    (path / "held.py").write_text(text)
    with open_file_journal(path / "held.jsonl", SETUP).journal:
        yield path


def test_there_are_many_wrong_inputs_of_every_command() -> None:
    assert len(WRONG) + len(SPACES) > 150
    assert {wrong.arguments[0] for wrong in WRONG} > set(COMMANDS)
    assert len({wrong.line for wrong in WRONG}) == len(WRONG)


def assert_one_sentence(output: str, words: tuple[str, ...]) -> None:
    assert "Traceback" not in output
    missing = [word for word in words if word not in " ".join(output.split())]
    assert missing == [], output
    assert not re.search(r"0 to -1|1 to 0\b", output), "no empty ranges"
    assert len(output) < 2000, output


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.line)
def test_a_wrong_input_is_answered_with_value_limit_or_way_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, wrong: Wrong
) -> None:
    monkeypatch.chdir(folder)
    before = set(folder.iterdir())
    done = typed(*wrong.arguments)
    assert isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.exit_code == wrong.status, done.output
    assert_one_sentence(done.output, wrong.words)
    assert done.stdout == "", "it is said on standard error"
    left = {path.name for path in folder.iterdir() if path not in before} - {*wrong.leaves, "__pycache__"}
    assert left == set()


@pytest.mark.parametrize("wrong", WRONG[:: len(WRONG) // 4], ids=lambda wrong: wrong.line)
def test_so_it_is_in_a_process_of_its_own(folder: Path, wrong: Wrong) -> None:
    done = run([*PURE_HB, *wrong.arguments], folder)
    assert (done.returncode, done.stdout) == (wrong.status, "")
    assert_one_sentence(done.stderr, wrong.words)


@pytest.mark.parametrize("space", SPACES)
def test_a_space_with_a_fault_is_told_with_its_name_value_and_way_out(tmp_path: Path, space: str) -> None:
    script = scripts.write(tmp_path, f"space = {space}", scripts.GENERATOR)
    done = typed("tune", script, "--method", "ASHA-PROM", "--max-trials", 1, "--journal", tmp_path / "run.jsonl")
    assert isinstance(done.exception, SystemExit)
    assert done.exit_code == 1
    assert_one_sentence(done.output, ("broke while it was imported", "SpaceError", *SPACES[space]))
    assert not (tmp_path / "run.jsonl").exists()


OPTIONS = (
    "max_resource", "seed", "type", "grace_period", "reduction_factor", "rung_increment", "rung_levels", "brackets",
    "rung_system_per_bracket", "points_to_evaluate", "allow_duplicates", "max_failures", "space", "goal", "self", "",
    "no_such_option",
)  # fmt: skip
JUNK = (
    "", "null", "true", "-1", "0", "1", "1.5", "1e999", "NaN", '"a"', "[]", "[1]", "[1,3]", "[3,1]", '["a"]', "[[1]]",
    "{}", '{"any":1}', '[{"any":0.5}]', '[{"other":1}]', "1" * 30, "\x00", "\u202e",
)  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("option", OPTIONS)
def test_whatever_the_value_of_an_option_it_is_a_plan_or_one_sentence(option: str) -> None:
    crashed = []
    for junk in JUNK:
        done = typed(*PLAN.split(), "--option", f"{option}={junk}")
        sound = done.exception is None or isinstance(done.exception, SystemExit)
        if not sound or done.exit_code not in (0, 1, 2) or "Traceback" in done.output:
            crashed.append((junk[:20], repr(done.exception)))
    assert crashed == []


@pytest.mark.parametrize("value", ["[" * 5000, '{"a":' * 5000, "1" * 5000], ids=["lists", "objects", "digits"])
def test_a_value_that_cannot_be_parsed_at_all_is_one_sentence(value: str) -> None:
    done = typed(*PLAN.split(), "--option", f"brackets={value}")
    assert isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.exit_code in (1, 2)


def test_what_a_setup_warns_of_is_one_sentence(tmp_path: Path) -> None:
    done = pure_hb("plan", "--method", "MOBSTER-JOINT", "--max-resource", "9", "--option", "kappa=3", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.startswith('Note: kappa is 3.0, but changes nothing: acq_function is "log_ei"')
    assert done.stderr.count("\n") == 1
