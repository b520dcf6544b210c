"""What can no verification find? The list of docs/journal.md, one by one: it says no more, and no less.

A line is rewritten, and the chain computed anew, as anybody can. What is on the list passes; a decision does not.
"""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pure_hb as hb
from pure_hb.journal import verify_file
from tests.logs import canonical, chained, texts
from tests.play import LINE
from tests.shared import ROOT

Body = dict[str, Any]


def train(path: Path, method: str = "ASHA-STOP", **options: Any) -> None:
    """Two workers in turn; trial 1 fails once, trial 2 is released once."""
    setup = hb.METHODS[method](LINE, hb.Minimize("error"), max_resource=9, seed=2, **options)
    with hb.Session(path, setup, max_trials=8) as session:
        for number in range(40):
            trial = session.ask(worker=f"worker-{number % 2}", wait=False)
            if trial is None:
                continue
            trial.checkpoint.touch()
            if (trial.number, trial.leg) == (1, 0):
                trial.fail("broke")
            elif (trial.number, trial.leg) == (2, 0):
                trial.release("preempted")
            for epoch in trial.epochs() if trial.running else ():
                trial.report(epoch, abs(float(trial.config["x"]) - 0.3) + 1 / epoch, cost=float(epoch))


def changed(path: Path, change: Callable[[Body], None]) -> int:
    """Rewrites all lines and computes the chain anew. Returns how many lines are others than before."""
    before = texts(path)
    bodies = [json.loads(body) for body in before]
    for body in bodies:
        change(body)
    after = [canonical(body) for body in bodies]
    path.write_bytes(chained(after))
    return sum(old != new for old, new in zip(before, after, strict=True))


def heard(body: Body) -> Body:
    """What the answer repeats of its event."""
    return next((one for one in body["action"]["evidence"] if one["type"] == "Heard"), {})


def reported(epochs: set[int], make: Callable[[float], float], *, twice: bool = False) -> Callable[[Body], None]:
    def change(body: Body) -> None:
        event = body.get("event", {})
        if event.get("type") == "Report" and event["resource"] in epochs:
            event["value"] = make(event["value"])
            if twice:
                heard(body)["results"][0][1] = event["value"]

    return change


def set_event(name: str, value: Any, *, twice: bool = False) -> Callable[[Body], None]:
    def change(body: Body) -> None:
        if name in body.get("event", {}):
            body["event"][name] = value
            if twice:
                heard(body)[name] = value

    return change


def rename(body: Body) -> None:
    if "worker" in body.get("event", {}):
        body["event"]["worker"] = {"worker-0": "x", "worker-1": "y"}[body["event"]["worker"]]


def retime(body: Body) -> None:
    for name, value in (("time", "1970-01-01"), ("started", "1970-01-01"), ("seconds", 0.5)):
        if name in body:
            body[name] = value
    if "elapsed" in body:
        body["elapsed"] = float(body["number"])


def reversion(body: Body) -> None:
    for place in (body, body.get("session", {})):
        if "versions" in place:
            place["versions"]["pure_hb"] = "99.0"


def rename_goal(body: Body) -> None:
    if "setup" in body:
        body["setup"]["goal"]["metric"] = "another"
        body["setup"]["method"] = "another"


BLIND: dict[str, Callable[[Body], None]] = {
    "values between levels": reported({2, 4, 5, 6, 7, 8}, lambda value: value / 2, twice=True),
    "values at the maximum": reported({9}, lambda value: value / 2, twice=True),
    "cost": set_event("cost", 0.125, twice=True),
    "times": retime,
    "reasons": set_event("reason", "all is well"),
    "names of workers": rename,
    "versions": reversion,
    "names of method and metric": rename_goal,
}


@pytest.mark.parametrize("kind", BLIND)
def test_what_the_page_lists_passes(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "run.jsonl"
    train(path)
    assert changed(path, BLIND[kind]) > 0
    found = verify_file(path)
    assert found.ok, str(found.decisions and found.decisions.disagreement)


def test_the_end_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    train(path)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-5]))
    assert verify_file(path).ok


SEEN: dict[str, tuple[str, dict[str, Any], Callable[[Body], None]]] = {
    "a value at a level": ("ASHA-STOP", {}, reported({1}, lambda value: -value)),
    "a value between levels, of which a surrogate is told": (
        "MOBSTER-JOINT",
        {"searcher_data": "all", "type": "stopping", "num_init_random": 2},
        reported({2}, lambda value: -100 * value, twice=True),
    ),
    "a cost by which is decided": ("COST-PROM", {}, set_event("cost", 50.0, twice=True)),
    "a value between levels": ("ASHA-STOP", {}, reported({2}, lambda value: value / 2)),
    "a value at the maximum": ("ASHA-STOP", {}, reported({9}, lambda value: value / 2)),
    "a cost": ("ASHA-STOP", {}, set_event("cost", 0.125)),
    "the seed": ("ASHA-STOP", {}, lambda body: body.get("setup", {}).update(seed=3)),
}


@pytest.mark.parametrize("kind", SEEN)
def test_what_decides_is_found(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "run.jsonl"
    method, options, change = SEEN[kind]
    train(path, method, **options)
    assert verify_file(path).ok
    assert changed(path, change) > 0
    with contextlib.suppress(hb.ReplayError):  # found, too
        assert not verify_file(path).ok


def test_the_page_lists_these_kinds() -> None:
    page = (ROOT / "docs" / "journal.md").read_text(encoding="utf-8")
    listed = page.split("## What no verification can find")[1].split("\n## ")[0]
    for word in ("in both places", "order", "times", "reasons", "evaluations", "names", "versions", "the end"):
        assert word in listed
