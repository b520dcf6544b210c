"""WHAT IS THE COMMAND `pure-hb`? It turns arguments into calls, and errors into sentences."""

import sys
from importlib import import_module
from typing import Any, Final

import click

from pure_hb.interrupts import STATUS, end_at_once, raise_again
from pure_hb.streams import fill_closed_streams

_COMMANDS: Final = {
    "tune": ("pure_hb.cli.tune", "tune_command"),
    "simulate": ("pure_hb.cli.simulate", "simulate_command"),
    "verify": ("pure_hb.cli.verify", "verify_command"),
    "audit": ("pure_hb.cli.audit", "audit_command"),
    "explain": ("pure_hb.cli.explain", "explain_command"),
    "diff": ("pure_hb.cli.diff", "diff_command"),
    "what-if": ("pure_hb.cli.what_if", "what_if_command"),
    "calibration": ("pure_hb.cli.calibration", "calibration_command"),
    "report": ("pure_hb.cli.report", "report_command"),
    "watch": ("pure_hb.cli.watch", "watch_command"),
    "export": ("pure_hb.cli.export_study", "export_command"),
    "show": ("pure_hb.cli.inspect", "show_command"),
    "snapshot": ("pure_hb.cli.snapshot", "snapshot_command"),
    "copy": ("pure_hb.cli.copy", "copy_command"),
    "plan": ("pure_hb.cli.plan", "plan_command"),
}


class _Commands(click.Group):
    """Imports a command when it is used. Ctrl-C ends any command with one line."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            raise_again()
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            raise SystemExit(STATUS) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pure_hb", prog_name="pure-hb")
def cli() -> None:
    """Asynchronous Hyperband and its relatives: tune models, simulate methods, audit decisions."""


def main() -> None:
    """The entry point."""
    fill_closed_streams()
    try:
        cli(prog_name="pure-hb" if not sys.argv[0].endswith("__main__.py") else "python -m pure_hb")
    except BrokenPipeError:
        raise SystemExit(1) from None
    finally:
        end_at_once()  # while Python shuts down
