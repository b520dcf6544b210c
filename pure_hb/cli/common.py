"""WHAT DO ALL COMMANDS SHARE? Errors as sentences, durations, options of methods, and the form of numbers."""

import json
import math
import re
import shlex
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeVar, get_args, get_type_hints

import click

from pure_hb.journal import JournalError, Place, place_of
from pure_hb.machine import METHODS, Goal, Setup, Trial, method
from pure_hb.machine.options import BohbOptions, DyHPOOptions, HyperTuneOptions
from pure_hb.machine.ranking import best_result
from pure_hb.rungs import SetupError
from pure_hb.space import SpaceError

_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "": 1.0}
_DURATION: Final = re.compile(r"(?P<number>\d+(\.\d*)?|\.\d+)(?P<unit>[smhd]?)")

_GIVEN: Final = {
    "space": "the file or table says what is searched",
    "goal": "the file or table says what is to be made small or large",
    "max_resource": "the file, the table or --max-resource says how long a full training is",
    "seed": "use --seed",
}

Command = TypeVar("Command", bound=Callable[..., Any])


class JournalPlace(click.ParamType[Place]):
    """The path of a journal, or the URL of its store."""

    name = "PATH or URL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        """The place of a text such as run.jsonl or sqlite:///run.db."""
        try:
            return place_of(value)
        except JournalError as error:
            self.fail(str(error), param, ctx)


class Duration(click.ParamType[float]):
    """Seconds, or a number with s, m, h or d."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds of a text such as 90, 60s, 5m, 2h."""
        if isinstance(value, float):
            return value
        found = _DURATION.fullmatch(value.strip())
        if found is None or float(found["number"]) == 0.0:
            self.fail(f"{value!r} is no time; write for example 60s, 5m, 2h, or seconds", param, ctx)
        return float(found["number"]) * _UNITS[found["unit"]]


class Levels(click.ParamType[tuple[int, ...]]):
    """Integers with commas between them."""

    name = "R1,R2,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """The integers of a text such as 1,3,9."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(part) for part in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is no list of integers; write for example 1,3,9", param, ctx)


class FolderOrUrl(click.ParamType[str | Path]):
    """A folder, or the URL of one."""

    name = "DIRECTORY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | Path:
        """A URL as it is, and anything else as a path."""
        return value if isinstance(value, str) and "://" in value else Path(value)


class Number(click.ParamType[float]):
    """A finite number."""

    name = "NUMBER"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number of a text such as 0.05, -1 or 1e-3."""
        try:
            found = float(value)
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            self.fail(f"{value!r} is no finite number; write for example 0.05", param, ctx)
        return found


class Devices(click.ParamType[tuple[str, ...]]):
    """Numbers or names of devices, with commas between them."""

    name = "ID,ID,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The devices of a text such as 0,1; an id may also be a UUID."""
        if isinstance(value, tuple):
            return value
        devices = tuple(part.strip() for part in value.split(","))
        if not all(devices):
            self.fail(f"{value!r} has an empty part; write the devices with commas, for example 0,1", param, ctx)
        return devices


def parsed_option(value: str, example: str) -> tuple[str, Any]:
    """The name and the value of a text NAME=VALUE; a value that is not JSON is a text.

    Raises:
        click.BadParameter: if it has no ``=``.
    """
    name, equals, text = value.partition("=")
    if not name or not equals:
        raise click.BadParameter(f"{value!r} has no '='; write for example {example}")
    try:
        return name, json.loads(text)
    except (ValueError, RecursionError):
        return name, text


def method_options(command: Command) -> Command:
    """The options that make a setup: --grace-period and so on, and --option for any other."""
    for option in reversed(
        (
            click.option("--grace-period", type=int, help="Lowest rung level (default 1)."),
            click.option("--reduction-factor", type=float, help="Ratio of neighbouring rung levels (default 3)."),
            click.option("--rung-levels", type=Levels(), help="Rung levels, instead of the two above."),
            click.option("--brackets", type=int, help="Number of brackets."),
            click.option(
                "--option",
                "others",
                multiple=True,
                metavar="NAME=VALUE",
                help="Any other option of the method, by its name.",
            ),
        )
    ):
        command = option(command)
    return command


def _import_modules(context: click.Context, option: click.Parameter, names: tuple[str, ...]) -> None:
    if names and "" not in sys.path:
        sys.path.insert(0, "")  # the current folder, as with python -m
    for name in names:
        try:
            import_module(name)
        except Exception as error:  # a module of a user may raise anything
            raise click.BadParameter(f"{name} cannot be imported: {type(error).__name__}: {error}") from None


def imports(command: Command) -> Command:
    """The option --import, for commands that read a log: its rule or search may be one of the user's own."""
    return click.option(
        "--import",
        multiple=True,
        metavar="MODULE",
        is_eager=True,
        expose_value=False,
        callback=_import_modules,
        help="Import a module that registers a rule or search of your own; may be given several times.",
    )(command)


def method_choice(required: bool) -> Callable[[Command], Command]:
    """The option --method."""
    text = f"One of {', '.join(METHODS)}."
    return click.option("--method", "method_name", required=required, metavar="NAME", help=text)


def make_setup(name: str, space: Any, goal: Any, max_resource: Any, seed: int | None, options: dict[str, Any]) -> Setup:
    """The setup of a method with the options that were given. What it warns of is printed."""
    chosen = {key: value for key, value in options.items() if value is not None and key != "others"}
    for text in options.get("others", ()):
        key, value = parsed_option(text, "--option brackets=4")
        key = key.replace("-", "_")
        if key in _GIVEN:
            raise SetupError(f"--option {key} does nothing: {_GIVEN[key]}")
        chosen[key] = None if value in _NOTHING and _takes_none(key) else value
    if seed is not None:
        chosen["seed"] = seed
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        setup = method(name)(space, goal, max_resource=max_resource, **chosen)
    for one in caught:  # printed as a sentence, without a line of code
        click.echo(f"Note: {one.message}.", err=True)
    return setup


def given_names(options: dict[str, Any]) -> tuple[str, ...]:
    """The names of the options that were given, including those of --option."""
    others = (text.partition("=")[0].replace("-", "_") for text in options.get("others", ()))
    return (*(name for name, value in options.items() if value is not None and name != "others"), *others)


_NOTHING: Final = ("None", "none")
"""Words that people write instead of JSON's null."""


def _takes_none(option: str) -> bool:
    """Whether an option of any method may be None."""
    kinds = (BohbOptions, HyperTuneOptions, DyHPOOptions)
    return any(type(None) in get_args(get_type_hints(kind).get(option)) for kind in kinds)


@contextmanager
def sentences() -> Iterator[None]:
    """Turns the errors of the library into one sentence on standard error, never a traceback."""
    from pure_hb.explaining.story import StoryError
    from pure_hb.journal import ReplayError
    from pure_hb.session import SessionError
    from pure_hb.simulation import SimulationError
    from pure_hb.tables import TableError
    from pure_hb.tuning import ScriptError, TuningError

    try:
        yield
    except (
        SetupError,
        SpaceError,
        JournalError,
        ReplayError,
        StoryError,
        SessionError,
        TableError,
        SimulationError,
        ScriptError,
        TuningError,
    ) as error:
        raise click.ClickException(printable_lines(str(error))) from None
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        raise click.ClickException(f"{place}{error.strerror or error}") from None


def printable_lines(text: str) -> str:
    """Text with its control characters escaped, except the ends of lines."""
    from pure_hb.space.showing import printable

    return "\n".join(printable(line) for line in text.split("\n"))


def same_command() -> str:
    """The command line that was typed, as far as it is known."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        return shlex.join([Path(sys.executable).name, "-m", "pure_hb", *sys.argv[1:]])
    return shlex.join([sys.argv[0] if len(program.parts) > 1 else program.name, *sys.argv[1:]])


def number(value: float | None) -> str:
    """A number for a table."""
    return "-" if value is None else f"{value + 0.0:.6g}"


def best_and_last(trial: Trial, goal: Goal, whose: str = "", what: str = "best") -> str:
    """The best value of a trial with its epoch, and the last value if it is another one."""
    best, (last, last_value) = best_result(trial, goal), trial.curve[-1]
    if best is None:
        return f"no finite value; the last one is {number(last_value)} after epoch {last}"
    told = f"{what} {number(best[1])} after epoch {best[0]}{whose}"
    return told if best[0] == last else f"{told}; {number(last_value)} after epoch {last}, its last"


def numbered(what: str, first: int, count: int) -> str:
    """The existing numbers as a text: 'trials 0 to 7'."""
    if count == 0:
        return f"no {what}s"
    return f"{what} {first} only" if count == 1 else f"{what}s {first} to {first + count - 1}"


def columns(titles: tuple[str, ...], rows: Sequence[tuple[str, ...]], left: frozenset[str] = frozenset()) -> list[str]:
    """A table as lines, columns as wide as needed; numbers to the right, the columns named in ``left`` to the left."""
    table = [titles, *rows]
    widths = [max(len(row[place]) for row in table) for place in range(len(titles))]

    def cell(text: str, place: int) -> str:
        return text.ljust(widths[place]) if titles[place] in left else text.rjust(widths[place])

    return ["  ".join(cell(text, place) for place, text in enumerate(row)).rstrip() for row in table]
