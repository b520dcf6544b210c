"""Does a configuration equal what holds the same? And does a journal say, by name, how another space differs?"""

import math
from collections import OrderedDict
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

import pure_hb as hb
from pure_hb.journal import JournalError

ONE: dict[str, Any] = {"lr": 0.1, "width": 8, "act": "relu", "bias": True}
config = hb.Configuration(ONE)


@pytest.mark.parametrize("kind", [dict, OrderedDict, MappingProxyType, lambda one: one | {"lr": np.float64(0.1)}])
def test_it_equals_a_mapping_with_equal_items_in_both_directions_and_any_order(kind: Any) -> None:
    for mapping in (kind(ONE), kind(dict(reversed(ONE.items())))):
        assert (config == mapping, mapping == config) == (True, True)
        assert (config != mapping, mapping != config) == (False, False)


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"lr": 0.1},
        ONE | {"lr": 0.2},
        ONE | {"more": 1},
        ONE | {"lr": None},
        ONE | {"lr": [0.1]},
        ONE | {"lr": np.array([0.1, 0.2])},
        {**{name: value for name, value in ONE.items() if name != "lr"}, "LR": 0.1},
        {1: 2},
        ONE | {"act": "\ud800"},
    ],
)
def test_it_equals_no_other_mapping(other: Any) -> None:
    assert (config == other, other == config) == (False, False)


@pytest.mark.parametrize("other", [None, 3, "lr", tuple(ONE.items()), list(ONE.items()), set(ONE)])
def test_it_equals_nothing_that_is_no_mapping(other: object) -> None:
    assert (config == other, other == config) == (False, False)


def test_nan_equals_nan_as_between_configurations() -> None:
    nans = [hb.Configuration({"x": float("nan")}), {"x": float("nan")}, {"x": np.float64("nan")}, {"x": math.nan}]
    assert all(nans[0] == other and other == nans[0] for other in nans)


def test_its_hash_is_its_own_and_configurations_are_keys_as_before() -> None:
    same = hb.Configuration(dict(reversed(ONE.items())))
    assert (hash(config), {config: 1}[same]) == (hash(same), 1)


def test_the_best_trial_is_found_among_points(tmp_path: Path) -> None:
    points = [{"b": 2, "a": 0.25}, {"b": 3, "a": 0.75}]
    space = hb.Space(a=hb.Float(0, 1), b=hb.Int(1, 5))
    setup = hb.asha(space, hb.Minimize("error"), max_resource=3, points_to_evaluate=points)
    with hb.Session(tmp_path / "run.jsonl", setup, max_trials=2) as session:
        while trial := session.ask():
            for epoch in trial.epochs():
                trial.checkpoint.touch()
                trial.report(epoch, float(trial.config["a"]))
        result = session.result()
    ranked = sorted(result.trials, key=lambda one: one.curve[-1][1])
    assert ranked[0].config in points
    assert points.index(ranked[0].config) == 0  # type: ignore[arg-type]  # a configuration among dictionaries
    assert result.best(1)[0].config == {"a": 0.25, "b": 2}
    assert {"a": 0.5, "b": 2} not in [trial.config for trial in result.trials]


# ---- another space meets a journal -----------------------------------------------------------------------------------

PARTS: dict[str, Any] = {
    "lr": hb.Float(1e-4, 1.0, log=True),
    "width": hb.Int(8, 256, log=True),
    "act": hb.Choice("relu", "tanh"),
}


def refusal(folder: Path, there: dict[str, Any], here: dict[str, Any]) -> list[str]:
    """The lines that say how two spaces differ."""
    path, goal = folder / "run.jsonl", hb.Minimize("error")
    hb.Session(path, hb.asha(hb.Space(**there), goal, max_resource=9)).close()
    with pytest.raises(JournalError) as caught:
        hb.Session(path, hb.asha(hb.Space(**here), goal, max_resource=9))
    first, *lines, last = str(caught.value).splitlines()
    assert first == f"{path}: the journal is of another setup:"
    assert last == "Use the setup it was begun with, or another journal"
    return lines


def test_a_space_in_another_order_is_one_line(tmp_path: Path) -> None:
    assert refusal(tmp_path, PARTS, dict(reversed(PARTS.items()))) == [
        "  space: the order is lr, width, act there, act, width, lr here; it decides the draws"
    ]


def test_the_order_of_a_large_space_is_told_from_where_it_differs(tmp_path: Path) -> None:
    names = [f"x{number}" for number in range(40)]
    swapped = [*names[:20], "x21", "x20", *names[22:]]
    domain = hb.Float(0.0, 1.0)
    (line,) = refusal(tmp_path, dict.fromkeys(names, domain), dict.fromkeys(swapped, domain))
    assert line.startswith("  space: the order is ..., x20, x21, x22, ")
    assert " there, ..., x21, x20, x22, " in line
    assert line.endswith("..., x30 here; it decides the draws".replace("..., x30", "x29, ..."))


def without(name: str) -> dict[str, Any]:
    return {one: domain for one, domain in PARTS.items() if one != name}


NEW = {"beta": hb.Float(0.0, 1.0)}
CHANGED: list[tuple[str, dict[str, Any], list[str]]] = [
    ("added at the front", NEW | PARTS, ["  space: beta is here only"]),
    ("added at the end", PARTS | NEW, ["  space: beta is here only"]),
    ("left out", without("lr"), ["  space: lr is there only"]),
    ("renamed", {"rate": PARTS["lr"]} | without("lr"), ["  space: lr is there only; rate is here only"]),
    (
        "two others",
        {"a": PARTS["lr"], "b": PARTS["act"]},
        ["  space: lr, width, act are there only; a, b are here only"],
    ),
    (
        "another domain",
        PARTS | {"width": hb.Int(8, 512, log=True)},
        ["  space.width: Int(8, 256, log=True) there, Int(8, 512, log=True) here"],
    ),
    (
        "another kind of domain",
        PARTS | {"width": hb.Choice(8, 256)},
        ["  space.width: Int(8, 256, log=True) there, Choice(8, 256) here"],
    ),
    (
        "added, in another order, and changed",
        {"act": PARTS["act"], **NEW, "lr": hb.Float(1e-4, 1.0), "width": PARTS["width"]},
        [
            "  space: beta is here only",
            "  space: the order is lr, width, act there, act, lr, width here; it decides the draws",
            "  space.lr: Float(0.0001, 1.0, log=True) there, Float(0.0001, 1.0) here",
        ],
    ),
]


@pytest.mark.parametrize(("here", "lines"), [case[1:] for case in CHANGED], ids=[case[0] for case in CHANGED])
def test_what_differs_is_said_by_name_and_not_by_position(
    tmp_path: Path, here: dict[str, Any], lines: list[str]
) -> None:
    assert refusal(tmp_path, PARTS, here) == lines


def test_a_long_list_is_told_by_the_place_that_differs(tmp_path: Path) -> None:
    there = PARTS | {"seed": hb.Choice(*range(300))}
    here = PARTS | {"seed": hb.Choice(*range(299), 1000)}
    assert refusal(tmp_path, there, here) == ["  space.seed.values[299]: 299 there, 1000 here"]


def test_names_cannot_steer_a_terminal(tmp_path: Path) -> None:
    name = "a\x1b[2J\nb"
    told = "\n".join(refusal(tmp_path, PARTS, PARTS | {name: hb.Float(0, 1)}))
    assert r"a\x1b[2J\nb is here only" in told
    assert "\x1b" not in told
