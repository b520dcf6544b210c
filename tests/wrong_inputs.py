"""What do people type wrongly? A table: for each input, words that the one sentence in answer must have.

Files are in a folder of their own (`place`), in which the command is run.
"""

import itertools
import json
from pathlib import Path
from typing import Final

import numpy as np
from attrs import frozen

from tests import scripts
from tests.logs import SETUP, busy, lines_of, write_journal
from tests.play import promotion
from tests.small_table import write_table


@frozen
class Wrong:
    """A command line, and words that its answer must have: a value, a limit, a way out."""

    line: str
    words: tuple[str, ...]
    status: int = 1
    """1: it cannot be done; 2: it cannot be understood (click prints the usage)."""
    leaves: tuple[str, ...] = ()
    """What may be there afterwards: the run had begun."""

    @property
    def arguments(self) -> list[str]:
        return self.line.split()


def place(folder: Path) -> None:
    """Fills the folder with what the command lines name."""
    scripts.write(folder, scripts.GENERATOR, name="script.py")
    scripts.write(folder, scripts.GENERATOR, "setup = hb.asha(space, goal, max_resource=9)", name="with_setup.py")
    scripts.write(folder, name="no_train.py")
    (folder / "empty.py").touch()
    (folder / "syntax.py").write_text("def train(:\n")
    (folder / "binary.py").write_bytes(bytes(range(256)))
    (folder / "notes.txt").write_text("buy milk\n")
    (folder / "folder").mkdir()
    log = write_journal(folder / "good.jsonl", busy(8))
    write_journal(folder / "held.jsonl", busy(8))
    write_journal(folder / "other.jsonl", busy(8))
    lines = lines_of(log)
    (folder / "damaged.jsonl").write_bytes(log.replace(b'"value":0.4', b'"value":0.3'))
    (folder / "swapped.jsonl").write_bytes(b"".join([lines[0], lines[2], lines[1], *lines[3:]]))
    (folder / "begun.jsonl").write_bytes(lines[0])
    (folder / "empty.jsonl").touch()
    (folder / "newer.jsonl").write_bytes(log.replace(b"journal 3", b"journal 7"))
    write_table(folder, "small")
    write_table(folder, "no_space", space=5)
    write_table(folder, "odd_type", space=[{"name": "x", "type": "complex"}])
    write_table(folder, "no_mode", mode=None)
    write_table(folder, "bad_mode", mode="mean")
    write_table(folder, "too_long", max_resource=10)
    write_table(folder, "one_column", space=[{"name": "x", "type": "float", "low": 0.0, "high": 1.0}])
    write_table(folder, "low_high", space=[
        {"name": "x", "type": "float", "low": 1.0, "high": 0.0}, {"name": "k", "type": "choice", "values": ["a", "b"]},
    ])  # fmt: skip
    for name in ("text", "list", "cut", "garbage", "pickled", "lacking"):
        write_table(folder, name)
    (folder / "text.json").write_text("{'mode': 'min'}")
    (folder / "list.json").write_text("[1, 2]")
    cut = (folder / "cut.npz").read_bytes()
    (folder / "cut.npz").write_bytes(cut[: len(cut) // 2])
    (folder / "garbage.npz").write_bytes(b"\x00" * 100)
    np.savez(folder / "pickled.npz", configs=np.array([{}], dtype=object), metric=np.zeros(1), elapsed=np.zeros(1))
    np.savez(folder / "lacking.npz", configs=np.zeros((2, 2)))
    (folder / "alone.npz").write_bytes(cut)
    (folder / "lonely.json").write_text(json.dumps({}))


TUNE: Final = "tune script.py --method ASHA-PROM --max-trials 1 --journal run.jsonl"
SIMULATE: Final = "simulate small --method ASHA-PROM --max-trials 5"
PLAN: Final = "plan --method ASHA-PROM --max-resource 81"

WRONG: Final = (
    # the command itself
    Wrong("tuna script.py", ("No such command", "tuna"), 2),
    Wrong("--verbos", ("No such option", "--verbos"), 2),
    # tune: the file
    Wrong("tune", ("Missing argument", "FILE"), 2),
    Wrong("tune missing.py --method RANDOM --max-trials 1", ("missing.py: there is no such file",)),
    Wrong("tune folder --method RANDOM --max-trials 1", ("folder", "file")),
    Wrong("tune notes.txt --method RANDOM --max-trials 1", ("notes.txt is no Python file", ".py")),
    Wrong("tune empty.py --method RANDOM --max-trials 1", ("empty.py does not define 'space'", "train")),
    Wrong("tune no_train.py --method RANDOM --max-trials 1", ("no_train.py does not define 'train'",)),
    Wrong("tune syntax.py --method RANDOM --max-trials 1", ("syntax.py line 1", "SyntaxError")),
    Wrong("tune binary.py --method RANDOM --max-trials 1", ("binary.py", "broke while it was imported")),
    # tune: the method
    Wrong("tune script.py --max-trials 1", ("which method?", "--method ASHA-PROM")),
    Wrong("tune script.py --method ASHA-PROMO --max-trials 1", ("'ASHA-PROMO'; did you mean ASHA-PROM", "RANDOM")),
    Wrong("tune script.py --method xyz --max-trials 1", ("no method 'xyz'; known: RANDOM, ASHA-STOP",)),
    Wrong("tune with_setup.py --method RANDOM --max-trials 1", ("--method would do nothing", "leave it out")),
    Wrong("tune with_setup.py --seed 0 --max-trials 1", ("--seed would do nothing", "leave it out")),
    Wrong("tune with_setup.py --brackets 2 --max-trials 1", ("--brackets would do nothing", "leave it out")),
    Wrong("tune with_setup.py --grace-period 2 --max-trials 1", ("--grace-period would do nothing",)),
    Wrong("tune with_setup.py --option brackets=2 --max-trials 1", ("--option", "would do nothing")),
    # tune: budgets and numbers
    Wrong("tune script.py --method RANDOM", ("--max-time, --max-trials or --max-resource-total",), 2),
    Wrong(f"{TUNE} --max-time soon", ("'soon' is no time", "60s, 5m, 2h"), 2),
    Wrong(f"{TUNE} --max-time 5w", ("'5w' is no time", "2h"), 2),
    Wrong(f"{TUNE} --max-time -5s", ("'-5s' is no time",), 2),
    Wrong(f"{TUNE} --max-time 0", ("'0' is no time",), 2),
    Wrong(f"{TUNE} --max-time nan", ("'nan' is no time",), 2),
    Wrong(f"{TUNE} --max-time inf", ("'inf' is no time",), 2),
    Wrong(f"{TUNE} --max-time 1e3", ("'1e3' is no time",), 2),
    Wrong(f"{TUNE} --max-time 1h30m", ("'1h30m' is no time",), 2),
    Wrong(f"{TUNE} --max-trials 0", ("--max-trials", "0", "x>=1"), 2),
    Wrong(f"{TUNE} --max-trials -3", ("--max-trials", "-3", "x>=1"), 2),
    Wrong(f"{TUNE} --max-trials 2.5", ("--max-trials", "'2.5'", "integer"), 2),
    Wrong(f"{TUNE} --max-resource-total 0", ("--max-resource-total", "x>=1"), 2),
    Wrong(f"{TUNE} --workers 0", ("--workers", "x>=1"), 2),
    Wrong(f"{TUNE} --workers two", ("--workers", "'two'", "integer"), 2),
    Wrong(f"{TUNE} --seed -1", ("seed is -1", "at least 0")),
    Wrong(f"{TUNE} --seed 18446744073709551616", ("seed is 18446744073709551616", "at most 18446744073709551615")),
    Wrong(f"{TUNE} --seed x", ("--seed", "'x'", "integer"), 2),
    # options of methods
    Wrong(f"{TUNE} --grace-period 9", ("grace_period is 9", "below 9")),
    Wrong(f"{TUNE} --grace-period 0", ("grace_period is 0", "at least 1")),
    Wrong(f"{TUNE} --reduction-factor 1", ("reduction_factor is 1.0", "at least 2")),
    Wrong(f"{TUNE} --reduction-factor nan", ("reduction_factor is nan", "at least 2")),
    Wrong(f"{TUNE} --rung-levels 3", ("rung_levels has 1 entries", "at least two")),
    Wrong(f"{TUNE} --rung-levels 3,1", ("increase strictly", "(1, 3)")),
    Wrong(f"{TUNE} --rung-levels 1;3", ("'1;3' is no list of integers", "1,3,9"), 2),
    Wrong(f"{TUNE} --rung-levels ,", ("',' is no list of integers",), 2),
    Wrong(f"{TUNE} --brackets 0", ("brackets is 0", "at least 1")),
    Wrong(f"{TUNE} --option max_t=9", ("no option 'max_t'; here it is max_resource",)),
    Wrong(f"{TUNE} --option eta=3", ("no option 'eta'; here it is reduction_factor",)),
    Wrong(f"{TUNE} --option grace_perod=3", ("no option 'grace_perod'; here it is grace_period",)),
    Wrong(f"{TUNE} --option brackets", ("'brackets' has no '='", "--option brackets=4"), 2),
    Wrong(f"{TUNE} --option =4", ("'=4' has no",), 2),
    Wrong(f"{TUNE} --option brackets=many", ("brackets is 'many'", "positive integer")),
    Wrong(f"{TUNE} --option type=hyper", ("type is 'hyper'", '"promotion" or "stopping"')),
    Wrong(f"{TUNE} --option rung_levels=3", ("rung_levels is 3",)),
    Wrong(f"{TUNE} --option max_failures=0", ("max_failures is 0", "at least 1")),
    Wrong(f"{TUNE} --option points_to_evaluate=3", ("points_to_evaluate", "3")),
    Wrong(f'{TUNE} --option points_to_evaluate=[{{"x":7}}]', ("point 0, x: 7", "[0.0, 1.0]")),
    Wrong("tune script.py --method RANDOM --max-trials 1 --brackets 2", ("random_search has no option 'brackets'",)),
    # tune: the journal
    Wrong(
        f"{TUNE} --journal other.jsonl", ("other.jsonl: the journal is of another setup", "max_resource: 81 there, 9")
    ),
    Wrong(f"{TUNE} --journal notes.txt", ("notes.txt line 1: this is no pure_hb journal", "another path")),
    Wrong(f"{TUNE} --journal damaged.jsonl", ("damaged.jsonl",)),
    Wrong(f"{TUNE} --journal folder", ("folder: is a folder", "run.jsonl")),
    Wrong(f"{TUNE} --journal missing/run.jsonl", ("missing/run.jsonl: No such file or directory", "create the folder")),
    Wrong(
        "tune held.py --method ASHA-STOP --max-trials 1 --journal held.jsonl", ("held.jsonl:", "writing this journal")
    ),
    Wrong(
        f"{TUNE} --checkpoints notes.txt",
        ("notes.txt: no checkpoints can be saved here", "--checkpoints"),
        leaves=("run.jsonl",),
    ),
    # simulate
    Wrong("simulate", ("Missing argument", "TABLE"), 2),
    Wrong("simulate small --max-trials 5", ("Missing option", "--method"), 2),
    Wrong("simulate small --method ASHA-PROM", ("no end", "max_time", "max_trials")),
    Wrong("simulate missing --method RANDOM --max-trials 5", ("there is no file missing.npz or missing.json", "pair")),
    Wrong("simulate folder --method RANDOM --max-trials 5", ("there is no file folder.npz",)),
    Wrong("simulate alone.npz --method RANDOM --max-trials 5", ("there is no file alone.json", "pair")),
    Wrong("simulate lonely.json --method RANDOM --max-trials 5", ("there is no file lonely.npz", "pair")),
    Wrong("simulate script.py --method RANDOM --max-trials 5", ("there is no file script.py.npz",)),
    Wrong("simulate text --method RANDOM --max-trials 5", ("text.json", "no JSON")),
    Wrong("simulate list --method RANDOM --max-trials 5", ("list.json", "object")),
    Wrong("simulate no_space --method RANDOM --max-trials 5", ("no_space.json", "list with an entry for each column")),
    Wrong("simulate odd_type --method RANDOM --max-trials 5", ("odd_type.json", "complex", '"float", "int", "choice"')),
    Wrong("simulate no_mode --method RANDOM --max-trials 5", ("no_mode.json", "mode")),
    Wrong("simulate bad_mode --method RANDOM --max-trials 5", ("bad_mode.json", "mean")),
    Wrong("simulate too_long --method RANDOM --max-trials 5", ("max_resource is 10; metric has 9 columns",)),
    Wrong("simulate one_column --method RANDOM --max-trials 5", ("configs has shape (12, 2)", "(n, 1)")),
    Wrong("simulate low_high --method RANDOM --max-trials 5", ("low_high.json", "low 1.0 is above high 0.0", "swap")),
    Wrong("simulate cut --method RANDOM --max-trials 5", ("cut.npz cannot be read",)),
    Wrong("simulate garbage.npz --method RANDOM --max-trials 5", ("garbage.npz cannot be read",)),
    Wrong("simulate pickled --method RANDOM --max-trials 5", ("pickled.npz cannot be read",)),
    Wrong("simulate lacking --method RANDOM --max-trials 5", ("lacking.npz", "metric")),
    Wrong(f"{SIMULATE} --workers 0", ("--workers", "x>=1"), 2),
    Wrong(f"{SIMULATE} --max-time never", ("'never' is no time",), 2),
    Wrong(f"{SIMULATE} --start-delay -1", ("start_delay is -1.0", "at least 0")),
    Wrong(f"{SIMULATE} --start-delay nan", ("start_delay is nan", "finite")),
    Wrong(f"{SIMULATE} --stop-delay inf", ("stop_delay is inf", "finite")),
    Wrong(f"{SIMULATE} --stop-delay x", ("--stop-delay", "'x'"), 2),
    Wrong(f"{SIMULATE} --nan ignore", ("--nan", "ignore", "value", "fail"), 2),
    Wrong(f"{SIMULATE} --seed -1", ("seed is -1",)),
    Wrong(f"{SIMULATE} --option max_resource=27", ("max_resource",)),
    Wrong(f"{SIMULATE} --journal good.jsonl", ("good.jsonl", "another")),
    Wrong(f"{SIMULATE} --journal notes.txt", ("notes.txt line 1: this is no pure_hb journal",)),
    Wrong(f"{SIMULATE} --journal missing/run.jsonl", ("missing/run.jsonl", "create the folder first")),
    # verify, show and snapshot
    *(
        Wrong(f"{command} {given}", words)
        for command, (given, words) in itertools.product(
            ("verify", "show", "snapshot"),
            (
                ("missing.jsonl", ("missing.jsonl: No such file or directory",)),
                ("folder", ("folder: is a folder", "run.jsonl")),
                ("notes.txt", ("notes.txt line 1: this is no pure_hb journal",)),
                ("script.py", ("script.py line 1: this is no pure_hb journal",)),
                ("small.npz", ("small.npz line 1: this is no pure_hb journal",)),
                ("empty.jsonl", ("empty.jsonl line 1: the journal has no header", "start the run again")),
                (
                    "damaged.jsonl",
                    ("damaged.jsonl line 5: the hash does not match", "The 4 lines before it are intact"),
                ),
                ("swapped.jsonl", ("swapped.jsonl line 2: record 2 stands where record 1 should",)),
                ("newer.jsonl", ("newer.jsonl line 1", "'pure_hb journal 7'", "'pure_hb journal 3'")),
            ),
        )
    ),
    Wrong("verify", ("Missing argument", "JOURNAL"), 2),
    Wrong("calibration missing.jsonl", ("missing.jsonl: No such file or directory",)),
    Wrong("calibration good.jsonl --table good.jsonl", ("a table is a pair",)),
    Wrong("report", ("Missing argument", "JOURNAL"), 2),
    Wrong("report good.jsonl -o good.jsonl", ("good.jsonl is the journal itself", "-o"), 2),
    Wrong("report damaged.jsonl", ("damaged.jsonl line 5: the hash does not match",)),
    Wrong("watch missing.jsonl", ("missing.jsonl: No such file or directory",)),
    Wrong("watch good.jsonl --every 0", ("'0' is no time",), 2),
    Wrong("export good.jsonl", ("Missing option", "--to"), 2),
    Wrong("export missing.jsonl --to optuna sqlite:///x.db", ("missing.jsonl: No such file or directory",)),
    Wrong("export good.jsonl --to wandb x", ("'wandb' is not", "optuna"), 2),
    Wrong("audit", ("Missing argument", "JOURNAL"), 2),
    Wrong("audit missing.jsonl", ("missing.jsonl: No such file or directory",), 2),
    Wrong("audit good.jsonl --head 3", ("'3' is no head; it is NUMBER:HASH",), 2),
    Wrong("explain", ("Missing argument", "JOURNAL"), 2),
    Wrong("explain good.jsonl", ("Give the NUMBER of a record, or --trial T",), 2),
    Wrong("explain good.jsonl 9", ("good.jsonl has records 1 to 8; there is no record 9",)),
    Wrong("explain good.jsonl --trial 3", ("good.jsonl has trials 0 to 2; there is no trial 3",)),
    Wrong("explain begun.jsonl 1", ("begun.jsonl has no records; there is no record 1",)),
    Wrong("diff good.jsonl", ("Missing argument", "OTHER"), 2),
    Wrong("diff good.jsonl missing.jsonl", ("missing.jsonl: No such file or directory",), 2),
    Wrong("what-if", ("Missing argument", "JOURNAL"), 2),
    Wrong("what-if good.jsonl --seed 2", ("a new seed draws new configurations", "pure-hb simulate"), 2),
    Wrong("what-if good.jsonl --eta 1", ("reduction_factor is 1",)),
    Wrong("what-if good.jsonl --max-trials 50", ("max_trials is 50; good.jsonl has 2 configurations",)),
    Wrong("what-if good.jsonl --method DYHPO", ("DYHPO chooses by a model who goes on",)),
    Wrong("what-if good.jsonl --method ASHA", ("'ASHA'; did you mean ASHA-",)),
    Wrong("what-if good.jsonl --table small.npz", ("the table ends at 9; the log goes to 81",)),
    Wrong("snapshot", ("Missing argument", "JOURNAL"), 2),
    Wrong("copy", ("Missing argument", "A"), 2),
    Wrong("copy nothing.jsonl sqlite:///new.db", ("nothing.jsonl: No such file",)),
    Wrong("copy held.jsonl held.jsonl", ("held.jsonl",)),
    Wrong("snapshot held.jsonl", ("held.jsonl: ", "is writing this journal")),
    Wrong("show good.jsonl --trial 9", ("good.jsonl has trials 0 to 2; there is no trial 9",)),
    Wrong("show good.jsonl --trial -1", ("there is no trial -1",)),
    Wrong("show good.jsonl --trial x", ("--trial", "'x'", "integer"), 2),
    Wrong("show good.jsonl --record 0", ("good.jsonl has records 1 to 8; there is no record 0",)),
    Wrong("show good.jsonl --record 9", ("good.jsonl has records 1 to 8; there is no record 9",)),
    Wrong("show begun.jsonl --trial 0", ("begun.jsonl", "no trial")),
    Wrong("show begun.jsonl --record 1", ("begun.jsonl", "no record")),
    Wrong("show good.jsonl other.jsonl", ("unexpected extra argument", "other.jsonl"), 2),
    # plan
    Wrong("plan --max-resource 81", ("Missing option", "--method"), 2),
    Wrong("plan --method ASHA-PROM", ("Missing option", "--max-resource"), 2),
    Wrong("plan --method ASHA --max-resource 81", ("'ASHA'; did you mean ASHA-",)),
    Wrong("plan --method ASHA-PROM --max-resource 0", ("max_resource is 0", "at least 1")),
    Wrong("plan --method ASHA-PROM --max-resource 1", ("grace_period is 1, but max_resource is 1", "random_search")),
    Wrong("plan --method ASHA-PROM --max-resource many", ("--max-resource", "'many'", "integer"), 2),
    Wrong(f"{PLAN} --trials 0", ("--trials", "x>=1"), 2),
    Wrong(f"{PLAN} --rung-levels 1,100", ("rung level 100 is above max_resource 81",)),
)


SPACES: Final = {
    "hb.Space()": ("no parameters", "Space(lr="),
    "hb.Space(x=hb.Float(1.0, 0.0))": ("x: Float: low 1.0 is above high 0.0", "swap them"),
    "hb.Space(x=hb.Float(0.0, 1.0, log=True))": ("x: Float: low is 0.0", "log=True needs low > 0", "leave log out"),
    "hb.Space(x=hb.Float('a', 1.0))": ("x: Float: low is 'a'", "give a number"),
    "hb.Space(x=hb.Float(0.0, float('inf')))": ("x: Float: high is inf", "finite"),
    "hb.Space(x=hb.Float(0.0, 2**60))": ("x: Float: high is 1152921504606846976", "2**53", "rescale"),
    "hb.Space(x=hb.Float(0.0, 1.0, reverse_log=True))": ("x: Float: reverse_log=True needs", "high < 1"),
    "hb.Space(x=hb.Float(0.1, 0.9, log=True, reverse_log=True))": ("log and reverse_log are both True", "choose one"),
    "hb.Space(x=hb.Int(1.5, 2))": ("x: Int: low is 1.5, which is no int", "Float for real numbers"),
    "hb.Space(x=hb.Int(2, 1))": ("x: Int: low 2 is above high 1", "swap them"),
    "hb.Space(x=hb.Int(0, 9, log=True))": ("x: Int: low is 0", "log=True needs low > 0"),
    "hb.Space(x=hb.Int(True, 9))": ("x: Int: low is True",),
    "hb.Space(x=hb.Choice())": ("x: Choice: has no values", "list them"),
    "hb.Space(x=hb.Choice(['a', 'b']))": ("x: Choice: got one list", "one by one"),
    "hb.Space(x=hb.Choice('a', 'a'))": ("x: Choice: 'a' is listed twice",),
    "hb.Space(x=hb.Choice('a', 1))": ("x: Choice: values have the types int and str", "one type"),
    "hb.Space(x=hb.Choice(None, None))": ("x: Choice: a value is None of type NoneType", "str, int, float or bool"),
    "hb.Space(x=hb.Choice(0.0, float('nan')))": ("x: Choice: a value is nan", "finite"),
    "hb.Space(x=hb.Ordinal(3, 1, kind='nn'))": ('x: Ordinal: kind "nn" needs', "sort them"),
    "hb.Space(x=hb.Ordinal(0, 1, kind='nn-log'))": ('x: Ordinal: kind "nn-log" needs positive numbers', 'kind="nn"'),
    "hb.Space(x=hb.Ordinal(1, 2, kind='near'))": ("x: Ordinal: kind is 'near'", '"equal", "nn" or "nn-log"'),
    "hb.Space(x=hb.Finite(0.0, 1.0, 0))": ("x: Finite: size is 0", "at least 1"),
    "hb.Space(x=hb.Finite(0.0, 1.0, 2.5))": ("x: Finite: size is 2.5", "an int"),
    "hb.Space(x=hb.Finite(1.0, 0.0, 3))": ("x: Finite: low 1.0 is above high 0.0",),
    "hb.Space(x=hb.Finite(0.0, 1.0, 3, log=True))": ("x: Finite: low is 0.0", "log=True needs low > 0"),
    "hb.Space(x=hb.Constant(None))": ("x: a constant is None",),
    "hb.Space(x=0.1)": ("x: 0.1 is no domain", "Constant(0.1)"),
    "hb.Space(x=[1, 2])": ("x: a list is no domain", "Choice(1, 2)"),
    "hb.Space(x=hb.Float)": ("x: Float is given without its values", "call it"),
    "hb.Space(x={'y': hb.Float(0, 1)})": ("x: dict is no domain", "nested spaces are not supported"),
    "hb.Space(x=hb.Float(1, 0), y=hb.Choice(), z=5)": ("x: Float", "y: Choice", "z: 5"),
}
"""Spaces with a fault, and what is said about each."""

assert promotion() != SETUP
