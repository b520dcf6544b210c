"""pure-hb plan: what will a setup do? Shown before anything runs."""

import re
from typing import Any

import click

from pure_hb.cli.common import columns, make_setup, method_choice, method_options, sentences
from pure_hb.machine import Minimize, Plan, Setup, plan, setup_notes
from pure_hb.space import Float, Space


@click.command("plan", short_help="Show what a method will do, before it runs.")
@method_choice(required=True)
@click.option("--max-resource", type=int, required=True, help="Epochs of a full training.")
@click.option(
    "--trials", type=click.IntRange(1), default=100, show_default=True, help="Show numbers for this number of trials."
)
@method_options
def plan_command(method_name: str, max_resource: int, trials: int, **options: Any) -> None:
    """Show what a method will do, before it runs.

    Shows levels, brackets, and the expected share of trials and epochs of each rung.
    """
    with sentences():
        setup = make_setup(method_name, Space(any=Float(0.0, 1.0)), Minimize("metric"), max_resource, None, options)
        for line in plan_in_words(setup, plan(setup), trials):
            click.echo(line)
        for doubt in setup_notes(setup):
            click.echo(f"Note: {doubt}", err=True)


def plan_in_words(setup: Setup, planned: Plan, trials: int) -> list[str]:
    """The plan as lines."""
    rule = re.sub("(?<!^)(?=[A-Z])", " ", type(setup.rule).__name__).lower() if setup.levels else "no comparison"
    levels = ", ".join(map(str, setup.levels)) or "none"
    lines = [f"{setup.method} ({rule}): rung levels {levels}; maximum {setup.max_resource}"]
    rows = [
        (
            *((str(bracket), f"{planned.probabilities[bracket]:.3f}") if index == 0 else ("", "")),
            f"{step.start + 1}-{step.until}" if step.until > step.start + 1 else str(step.until),
            f"{step.trials:.4f}",
            f"{step.trials * trials:.1f}",
            f"{step.epochs * trials:.1f}",
        )
        for bracket, steps in enumerate(planned.brackets)
        for index, step in enumerate(steps)
    ]
    titles = ("bracket", "probability", "from-to epoch", "share of trials", "trials", "epochs in all")
    lines += columns(titles, rows)
    spent, full = planned.epochs_per_trial * trials, setup.max_resource * trials
    lines.append(
        f"In the long run {trials} trials take about {spent:.0f} epochs; "
        f"training all of them fully would take {full}, {full / spent:.1f} times as many."
    )
    return lines
