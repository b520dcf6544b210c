"""The loop of own_loop.py with the pure functions alone: no session, and a log of your own.

    python examples/own_loop_pure.py own_log.jsonl 30

State is a value, events say what happened, actions say what to do. What a session does for its user is here in the
open: keep the log, stop at a budget, name the checkpoints.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from own_loop import EPOCHS, SPACE, build, load, save, train_one_epoch

import pure_hb as hb

SETUP = hb.asha(SPACE, hb.Minimize("validation_error"), max_resource=EPOCHS)


def read(log: Path) -> Iterator[tuple[hb.Event, hb.Action]]:
    for line in log.read_text().splitlines() if log.exists() else ():
        record = hb.from_json(json.loads(line), hb.Record)
        yield record.event, record.action


class Search:
    """The log, and the state after it."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.state = hb.fold(SETUP, read(log))  # applies the logged actions, and decides nothing
        for trial in self.state.trials:
            if trial.status is hb.Status.RUNNING:  # it was interrupted: it runs its leg again
                self.tell(hb.Release(trial.number, "the last run was cut off", trial.leg))

    def tell(self, event: hb.Event) -> hb.Action:
        after, action = hb.decide(self.state, event)
        if action.logged:  # first write the pair, then use the new state
            record = hb.Record(after.clock, event, action)
            with self.log.open("a") as file:
                file.write(json.dumps(hb.to_json(record)) + "\n")
            self.state = after
        return action


def run_leg(search: Search, leg: hb.Start | hb.Resume, checkpoints: Path) -> None:
    def path(epoch: int) -> Path:
        return checkpoints / f"trial-{leg.trial}-epoch-{epoch}"

    done = leg.start_from if isinstance(leg, hb.Resume) else 0
    model = load(path(done)) if done else build(int(leg.config["width"]))
    rate, batch = float(leg.config["learning_rate"]), int(leg.config["batch_size"])
    action: hb.Action = leg
    while isinstance(action, hb.Start | hb.Resume | hb.Continue):
        done += 1
        error = train_one_epoch(model, done, rate, batch)
        save(model, path(done))  # before it is reported
        action = search.tell(hb.Report(leg.trial, done, error, leg=leg.leg))


def main(log: str = "own_log.jsonl", trials: int | str = 30) -> None:
    search, checkpoints = Search(Path(log)), Path(f"{log}.weights")
    checkpoints.mkdir(exist_ok=True)
    while True:
        new = len(search.state.trials) < int(trials)
        action = search.tell(hb.Ask("the only worker", new_trials=new))
        if not isinstance(action, hb.Start | hb.Resume):
            break  # Done: one worker never has to wait for another
        run_leg(search, action, checkpoints)
    best = search.state.best
    if best is not None:
        config = dict(search.state.trials[best.trial].config)
        print(f"best: {config}, error {best.value} after epoch {best.resource}")
    print(f"{len(search.state.trials)} trials took {search.state.resource_spent} epochs")


if __name__ == "__main__":
    main(*sys.argv[1:])
