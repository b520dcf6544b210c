"""HOW IS A LONG LOG MADE? By ASHA with simulated workers who report after every epoch, as training code does."""

import heapq
from pathlib import Path

import pure_hb as hb
from pure_hb.journal import open_file_journal

_WORKERS = 100


def setup() -> hb.Setup:
    """Four parameters, four rungs, and decisions that cost little."""
    space = hb.Space(
        lr=hb.Float(1e-5, 1.0, log=True), width=hb.Int(8, 512, log=True), dropout=hb.Float(0.0, 0.9), x=hb.Float(0, 1)
    )
    return hb.asha(space, hb.Minimize("error"), max_resource=81)


def make_log(path: Path, records: int) -> hb.State:
    """Begins a journal and decides until it has so many records; then its snapshot is written. Returns the state."""
    opened = open_file_journal(path, setup(), sync="batch", timed=True, snapshot=False)
    state = opened.state
    running: list[tuple[float, int, int]] = []
    free, now = [f"worker-{number}@node-{number % 8}" for number in range(_WORKERS)], 0.0
    with opened.journal as journal:

        def decide(event: hb.Event) -> hb.Action:
            nonlocal state
            action = hb.choose(state, event)
            if action.logged and state.clock < records:
                journal.append(event, action, round(now, 6), "2026-01-01T00:00:00.000000+00:00", 0.000123)
                state = hb.advance(state, event, action)
            return action

        while state.clock < records:
            while free and state.clock < records:
                action = decide(hb.Ask(free.pop()))
                assert isinstance(action, hb.Start | hb.Resume)
                trial = state.trials[action.trial]
                heapq.heappush(running, (now + 0.5 + trial.config["x"], trial.number, trial.highest + 1))
            now, number, epoch = heapq.heappop(running)
            trial = state.trials[number]
            value = abs(trial.config["x"] - 0.3) + 1.0 / epoch
            action = decide(hb.Report(number, epoch, value, leg=trial.leg))
            if isinstance(action, hb.Continue):
                heapq.heappush(running, (now + 0.5 + trial.config["x"], number, epoch + 1))
            else:
                free.append(trial.worker or "")
        journal.save_snapshot(state)
    return state
