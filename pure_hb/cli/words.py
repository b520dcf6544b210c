"""WHAT STANDS AFTER --? The words for the script in `pure-hb tune FILE ... -- WORDS`: its `sys.argv[1:]`."""

import glob
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from pure_hb.journal import JournalError
from pure_hb.journal.reader import read_header_of
from pure_hb.tuning import ScriptError

_WORDS: Final = "pure_hb words"


class WithWords(click.Command):
    """A command after whose arguments ``--`` and words for a script may stand."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keeps the words apart; see `words_of`."""
        if "--" in args:
            place = args.index("--")
            ctx.meta[_WORDS] = tuple(args[place + 1 :])
            args = args[:place]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """The words stand at the end."""
        return [*super().collect_usage_pieces(ctx), "[-- WORDS...]"]


def words_of(context: click.Context) -> tuple[str, ...] | None:
    """The words that were typed; None: there was no ``--``."""
    words: tuple[str, ...] | None = context.meta.get(_WORDS)
    return words


def words_before(file: Path, journal: Path | None) -> tuple[str, ...]:
    """The words with which the journal of a file was begun; none if there is none, or it was begun without.

    Raises:
        ScriptError: if no journal was named, and those of the file that stand here do not agree.
    """
    if journal is not None:
        return _recorded(journal)
    paths = [Path(path) for path in sorted(glob.glob(f"{glob.escape(file.stem)}-*.jsonl"))]
    found = {words: path for path in paths if (words := _recorded(path))}
    if len(found) > 1:
        names = ", ".join(str(path) for path in found.values())
        raise ScriptError(
            f"{file}: with which words does it go on? {names} differ; give --journal, or the words after --"
        )
    return next(iter(found), ())


def _recorded(journal: Path) -> tuple[str, ...]:
    try:
        return read_header_of(journal).command_line or () if journal.exists() else ()
    except (JournalError, OSError):  # opening it tells
        return ()


@contextmanager
def command_line_of(file: Path, words: tuple[str, ...]) -> Iterator[None]:
    """As if the file had been run as a program with these words."""
    before: Any = sys.argv
    sys.argv = [str(file), *words]
    try:
        yield
    finally:
        sys.argv = before
