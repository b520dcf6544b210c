"""A log that attacks whoever shows it: script in values, names that steer a terminal, numbers at the end of floats."""

from typing import Final

import pure_hb as hb
from pure_hb.explaining import Story
from tests.play import Play

SCRIPT: Final = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>"
CONTROL: Final = "\x1b[2J\x07\x00‮evil\u2028\u2029"


def hostile_play() -> Play:
    """A short run of it."""
    domains: dict[str, hb.Choice | hb.Float | hb.Int] = {
        SCRIPT: hb.Choice(SCRIPT, CONTROL, "&lt;b&gt;"),
        "wide": hb.Float(-5e307, 5e307),
        CONTROL: hb.Int(0, 2**53),
    }
    space = hb.Space(**domains)
    play = Play(hb.asha(space, hb.Minimize(SCRIPT + CONTROL), max_resource=9, seed=1))
    values = (1e308, -1e308, 5e-324, float("nan"), float("inf"), 0.1)
    for number, value in enumerate(values):
        action = play(hb.Ask(f"{SCRIPT}{CONTROL}{number}"))
        if isinstance(action, hb.Start | hb.Resume):
            play(hb.Report(action.trial, action.until, value))
    play(hb.Ask("w"))
    running = next(iter(play.state.trials.running))
    play(hb.Fail(running, SCRIPT + CONTROL))
    return play


def hostile() -> Story:
    play = hostile_play()
    return Story.of_pairs(play.state.setup, play.log)
