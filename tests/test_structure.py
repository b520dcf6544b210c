"""Is the code as its design says? Taste as tests: layers, lengths, docstrings, banned calls, costs of importing."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import python, run
from tests.shared import ROOT

PACKAGE = ROOT / "pure_hb"
MODULES: list[Path] = sorted(PACKAGE.rglob("*.py"))
NAMES = [str(module.relative_to(ROOT)) for module in MODULES]
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 350, 70
CORE = ("making", "draws", "space", "protocol", "rungs", "surrogate", "search", "machine")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


def tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def definitions(parent: ast.AST, prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """All functions and classes with their dotted names, but not those inside functions."""
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, Definition):
            yield f"{prefix}{node.name}", node
        if not isinstance(node, Function):
            yield from definitions(node, f"{prefix}{node.name}." if isinstance(node, ast.ClassDef) else prefix)


def test_there_are_modules() -> None:
    assert len(MODULES) > 40


# ---- layers ---------------------------------------------------------------------------------------------------------


def test_imports_point_down_the_layers_only() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    if not program.exists():
        pytest.skip("import-linter is not installed; install pure_hb[dev]")
    done = run([str(program), "--no-cache"], ROOT)
    assert done.returncode == 0, done.stdout
    assert re.search(r"Contracts: \d+ kept, 0 broken", done.stdout)


@pytest.mark.parametrize("name", [name for name in NAMES if re.split(r"[/.]", name)[1] in CORE])
def test_the_core_calls_nothing_that_depends_on_the_outside(name: str) -> None:
    """No clock, no hidden random numbers, no files, no output; warnings alone are for people."""
    banned_names = {"open", "print", "input", "exec", "eval", "id", "hash", "globals", "__import__"}
    banned_modules = {"time", "random", "os", "sys", "datetime", "secrets", "uuid", "threading", "socket", "pickle"}
    found = []
    for node in ast.walk(tree(ROOT / name)):
        match node:
            case ast.Call(func=ast.Name(id=called)) if called in banned_names:
                found.append((node.lineno, called))
            case ast.Import(names=names):
                found += [(node.lineno, one.name) for one in names if one.name.split(".")[0] in banned_modules]
            case ast.ImportFrom(module=str(source)) if source.split(".")[0] in banned_modules:
                found.append((node.lineno, source))
            case ast.Attribute(value=ast.Name(id="np"), attr="random"):
                found.append((node.lineno, "np.random"))
    own_hash = {"hash"}  # they define __hash__
    hashed = ("space/domains.py", "space/space.py", "machine/trials.py")
    allowed = {f"pure_hb/{name}": own_hash for name in hashed}
    allowed["pure_hb/making.py"] = {"exec"}  # of a function that stores fields, of which attrs says the names
    assert [one for one in found if one[1] not in allowed.get(name, set())] == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_pickled_but_for_workers_and_no_assertion_guards_against_users(name: str) -> None:
    module = tree(ROOT / name)
    imported = {alias.name for node in ast.walk(module) if isinstance(node, ast.Import) for alias in node.names}
    assert imported.isdisjoint({"pickle", "marshal", "shelve"})
    assert "cloudpickle" not in imported or name == "pure_hb/tuning/parcels.py"  # for our own workers only
    guards = [node.lineno for node in ast.walk(module) if isinstance(node, ast.Assert) and not _narrows(node)]
    assert guards == [] or name.startswith("pure_hb/testing/")  # which examines schedulers by assertions
    bare = [node.lineno for node in ast.walk(module) if isinstance(node, ast.ExceptHandler) and node.type is None]
    assert bare == []


def _narrows(node: ast.Assert) -> bool:
    """Whether an assertion only tells type checkers what a value is: ``assert isinstance(value, Kind)``."""
    return isinstance(node.test, ast.Call) and ast.unparse(node.test.func) == "isinstance"


# ---- lengths --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_no_module_and_no_function_is_too_long(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    functions = [(one, node) for one, node in definitions(ast.parse(text)) if isinstance(node, Function)]
    long = [(one, node.end_lineno - node.lineno + 1) for one, node in functions if node.end_lineno]
    assert [(one, lines) for one, lines in long if lines > MOST_LINES_OF_A_FUNCTION] == []


# ---- docstrings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_public_has_a_docstring(name: str) -> None:
    missing = [
        one
        for one, node in definitions(tree(ROOT / name))
        if not any(part.startswith("_") for part in one.split("."))
        and ast.get_docstring(node) is None
        and not any(isinstance(mark, ast.Name) and mark.id == "overload" for mark in node.decorator_list)
    ]
    assert missing == []


QUESTION = re.compile(r"[^.]*?\?")
COMMAND = re.compile(r"pure-hb [a-z]+|``python -m pure_hb``")
MEMBER = re.compile(r"[A-Za-z][A-Za-z0-9_ -]+: ")
"""A file with one member of a list, such as a rule or a search, begins with the member's name."""
MEMBERS = ("pure_hb/rungs/rules/", "pure_hb/search/", "pure_hb/surrogate/kernels/", "pure_hb/surrogate/curves/")


@pytest.mark.parametrize("name", NAMES)
def test_every_module_begins_with_its_question_or_its_command(name: str) -> None:
    docstring = ast.get_docstring(tree(ROOT / name))
    assert docstring, "it has none"
    if name == "pure_hb/__init__.py":
        assert docstring.startswith("pure_hb: ")
        return
    is_member = name.startswith(MEMBERS) and MEMBER.match(docstring) is not None
    assert QUESTION.match(docstring) or COMMAND.match(docstring) or is_member, docstring.splitlines()[0]


# ---- importing ------------------------------------------------------------------------------------------------------

HEAVY = ("cattrs", "rich", "click", "scipy", "hypothesis", "sklearn", "asyncio", "multiprocessing", "pytest", "sqlite3")


def test_importing_the_package_imports_nothing_that_is_not_needed_yet(tmp_path: Path) -> None:
    code = "import sys, pure_hb as hb; hb.asha; print(*sys.modules)"
    done = python(code, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), "no warning either"
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint(HEAVY), loaded & set(HEAVY)
    ours = {name for name in done.stdout.split() if name.startswith("pure_hb.")}
    assert {name.split(".")[1] for name in ours} == set(CORE) - {"surrogate"}


EXTRAS = {
    *("sklearn", "matplotlib", "cloudpickle", "hypothesis", "optuna", "syne_tune", "ConfigSpace", "ray", "distributed"),
    *(
        "dask",
        "pandas",
        "torch",
        "keras",
        "lightning",
        "transformers",
        "xgboost",
        "lightgbm",
        "psycopg",
        "fsspec",
        "rich",
    ),
}


def test_a_search_and_the_help_of_the_command_import_no_extra(tmp_path: Path) -> None:
    code = """
import sys
import pure_hb as hb
from click.testing import CliRunner
from pure_hb.cli import cli
space, goal = hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error")
for make in (hb.asha, hb.mobster):
    setup = make(space, goal, max_resource=3, **({} if make is hb.asha else {"num_init_random": 2, "opt_maxiter": 3}))
    with hb.Session(f"{make.__name__}.jsonl", setup, max_trials=4, warn=lambda _: None) as session:
        while trial := session.ask():
            for epoch in trial.epochs():
                trial.report(epoch, trial.config["x"])
assert CliRunner().invoke(cli, ["--help"]).exit_code == 0
print(*sys.modules)
"""
    done = python(code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "scipy" in loaded, "there was a fit"
    assert loaded.isdisjoint(EXTRAS), loaded & EXTRAS


@pytest.mark.parametrize("command", ["plan", "verify"])
def test_a_command_imports_no_display_and_no_test_tools(tmp_path: Path, command: str) -> None:
    code = f"""
import sys
from click.testing import CliRunner
from pure_hb.cli import cli
assert CliRunner().invoke(cli, ["{command}", "--help"]).exit_code == 0
print(*sys.modules)
"""
    done = python(code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint({"rich", "scipy", "hypothesis", "sklearn"})


def test_a_decision_does_not_depend_on_the_seed_of_hashes(tmp_path: Path) -> None:
    code = """
import pure_hb as hb
from pure_hb.codec import canonical
space = hb.Space(b=hb.Choice("x", "y"), a=hb.Float(0, 1), c=hb.Int(1, 9))
state = hb.initial(hb.hyperband(space, hb.Minimize("error"), max_resource=9, seed=3))
for number in range(30):
    for event in (hb.Ask(f"w{number % 4}"), hb.Report(number // 2, 1 + number % 9, number % 5)):
        state, action = hb.decide(state, event)
print(canonical(hb.to_json(state)).decode())
"""
    texts = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, cwd=ROOT, capture_output=True, check=True
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(texts) == 1


# ---- the README -----------------------------------------------------------------------------------------------------

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_python_in_the_readme_compiles() -> None:
    blocks = [code for language, code in BLOCK.findall(README) if language == "python"]
    assert len(blocks) >= 3
    for number, code in enumerate(blocks):
        compile(code, f"README.md block {number}", "exec")


def test_the_two_commands_of_the_readme_are_there_in_order() -> None:
    """The first tunes the example, the second runs all tests: `.ci/run` takes it from there."""
    commands = [code for language, code in BLOCK.findall(README) if language == "sh"]
    assert len(commands) == 2
    assert all(command.count("\n") == 1 for command in commands), "each is one line"
    assert "pure-hb tune examples/digits.py" in commands[0]
    assert all(tool in commands[1] for tool in ("ruff check", "ruff format --check", "mypy", "lint-imports", "pytest"))


def test_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", README)
    local = [link for link in links if "://" not in link]
    assert local
    assert [link for link in local if not (ROOT / link).exists()] == []


def test_what_the_readme_decides_is_what_it_says(tmp_path: Path) -> None:
    """The block of decisions runs as it stands, after the setup that a block before it makes."""
    blocks = [code for language, code in BLOCK.findall(README) if language == "python"]
    setup = next(line for code in blocks for line in code.splitlines() if line.startswith("setup = "))
    space = next(code for code in blocks if "space = hb.Space(" in code).partition("\n\ndef ")[0]
    decisions = next(code for code in blocks if "hb.decide(" in code)
    done = python("\n".join((space, setup, decisions)), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Pause trial 0.")
