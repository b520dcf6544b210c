"""Do large spaces get an answer, and hostile ones a short refusal, in bounded time and memory?"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

import pure_hb as hb
from pure_hb.codec import CodecError, from_json, to_json
from pure_hb.space import dimension, match_key
from pure_hb.space.domains import LIST_LIMIT
from tests.processes import python

GOAL = hb.Minimize("error")
LARGE = {
    "one choice": hb.Space(x=hb.Choice(*range(1100)), y=hb.Float(0.0, 1.0)),
    "2,000 coordinates": hb.Space(x=hb.Choice(*map(str, range(1100))), y=hb.Choice(*range(900))),
    "2,000 floats": hb.Space(**{f"x{number}": hb.Float(0.0, 1.0) for number in range(2000)}),
    "long ordinals": hb.Space(x=hb.Ordinal(*range(2000)), y=hb.Ordinal(*range(1, 3000), kind="nn-log")),
}


def test_the_large_spaces_are_large() -> None:
    assert [dimension(space) for space in LARGE.values()] == [1101, 2000, 2000, 2]


@pytest.mark.parametrize("name", hb.METHODS)
@pytest.mark.parametrize("space", LARGE.values(), ids=LARGE)
def test_every_method_answers_in_a_large_space(name: str, space: hb.Space) -> None:
    options = {} if name in ("RANDOM", "ONE-EPOCH") else {"grace_period": 1}
    state = hb.initial(hb.METHODS[name](space, GOAL, max_resource=9, **options))
    for number in range(9):  # from the seventh on, models choose
        state, action = hb.decide(state, hb.Ask(f"w{number}"))
        assert isinstance(action, hb.Start | hb.Resume), action
        if number % 4:
            told = hb.Report(action.trial, action.until, action.trial * 7 % 5, cost=1.0)
            state, _ = hb.decide(state, told)


def test_densities_of_hundreds_of_coordinates_are_numbers() -> None:
    import numpy as np

    from pure_hb.search.bohb import Kind, density, ratio

    count = 2000
    data = np.random.default_rng(0).uniform(size=(5, count))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = density(data, [Kind.CONTINUOUS] * count, [1] * count, 1e-3)
        assert np.isfinite(found(data)).all()
        assert np.isfinite(ratio(found(data), found(data[:, ::-1]))).all()


# ---- a choice of 100,000 -------------------------------------------------------------------------------------------

MANY = """
import json, resource, time
import pure_hb as hb
from pure_hb.codec import from_json, to_json

begin = time.process_time()
space = hb.Space(x=hb.Choice(*map(str, range(100_000))), y=hb.Ordinal(*range(100_000)), z=hb.Float(0.0, 1.0))
made = time.process_time()
setup = hb.asha(space, hb.Minimize("error"), max_resource=9)
assert from_json(to_json(setup), hb.Setup) == setup
state = hb.initial(setup)
for number in range(200):
    state, action = hb.decide(state, hb.Ask(f"w{number}"))
    state, _ = hb.decide(state, hb.Report(number, 1, number % 7))
try:  # what getrusage says may be of the process that started this one
    peak = int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) / 2**10
except FileNotFoundError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps([made - begin, time.process_time() - made, peak]))
"""


def test_a_choice_of_100_000_is_made_and_drawn_from_quickly(tmp_path: Path) -> None:
    """Seconds would be minutes if every value were looked at for every other one."""
    done = python(MANY, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    made, played, megabytes = json.loads(done.stdout)
    assert made < 10
    assert played < 20
    assert megabytes < 300


def test_the_vectors_of_many_values_are_not_all_made() -> None:
    space = hb.Space(x=hb.Choice(*range(20_000)))
    state = hb.initial(hb.bohb(space, GOAL, max_resource=3, num_min_data_points=2))
    for number in range(12):
        state, action = hb.decide(state, hb.Ask("ann"))
        assert isinstance(action, hb.Start | hb.Resume)
        state, _ = hb.decide(state, hb.Report(action.trial, action.until, number % 5))
    assert len({match_key(space, trial.config) for trial in state.trials}) == len(state.trials)


# ---- hostile JSON --------------------------------------------------------------------------------------------------

SETUP = to_json(hb.asha(hb.Space(x=hb.Float(0.0, 1.0)), GOAL, max_resource=27))

HOSTILE = '''
"""Setups that are as expensive as can be, each in a process of its own. Prints seconds, megabytes, what was said."""
import json, os, resource, sys, time
import pure_hb as hb
from pure_hb.codec import CodecError, from_json, to_json

N = 1_000_000
SETUP = to_json(hb.asha(hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error"), max_resource=27))
FLOAT = {"type": "Float", "low": 0.0, "high": 1.0}


def one(domain):
    return SETUP | {"space": [["x", domain]], "points": []}


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


HOSTILE = {
    "values, one of them twice": lambda: one({"type": "Choice", "values": [*range(N), 0]}),
    "as many as may be, each twice": lambda: one({"type": "Choice", "values": [*range(2**16)] * 2}),
    "texts as many as may be": lambda: one({"type": "Ordinal", "values": [*map(str, range(2**17 - 1)), "3"]}),
    "a fault in every value": lambda: one({"type": "Choice", "values": [None] * 2**17}),
    "two types": lambda: one({"type": "Choice", "values": [1, "a"] * 2**16}),
    "lists as values": lambda: one({"type": "Choice", "values": [[1]] * 2**17}),
    "a text in place of values": lambda: one({"type": "Choice", "values": "a" * N}),
    "long texts": lambda: one({"type": "Choice", "values": ["a" * N, "a" * N]}),
    "lone surrogates": lambda: one({"type": "Choice", "values": ["\\ud800" * N] * 3}),
    "levels": lambda: SETUP | {"max_resource": 3 * N, "levels": [*range(1, 2 * N)]},
    "equal levels": lambda: SETUP | {"levels": [1] * 2**16},
    "points": lambda: SETUP | {"points": [{"x": 0.5}] * N},
    "points of other names": lambda: SETUP | {"points": [{"y": 0.5}] * 2**14},
    "a point of many names": lambda: SETUP | {"points": [{f"x{n}": 0.5 for n in range(10**5)}]},
    "a point nested deeply": lambda: SETUP | {"points": [{"x": nested(900)}]},
    "values nested deeply": lambda: one({"type": "Choice", "values": nested(900)}),
    "a space nested deeply": lambda: SETUP | {"space": nested(900)},
    "a name twice": lambda: SETUP | {"space": [[f"x{n}", FLOAT] for n in range(10**5)] + [["x3", FLOAT]]},
    "as many names as may be, one twice": lambda: SETUP | {"space": [[f"x{n // 2}", FLOAT] for n in range(2**14)]},
    "a fault in every parameter": lambda: SETUP | {"space": [[f"x{n}", FLOAT | {"low": 2.0}] for n in range(2**14)]},
    "a long maximum": lambda: SETUP | {"max_resource": 10**300},
    "a maximum that cannot be printed": lambda: SETUP | {"max_resource": 10**5000},
    "a bound that cannot be printed": lambda: one({"type": "Int", "low": 0, "high": 10**5000}),
    "a size that cannot be printed": lambda: one({"type": "Finite", "low": 0, "high": 1, "size": 10**5000}),
    "no room": lambda: one({"type": "Finite", "low": 1.0, "high": 1.0000000000000004, "size": 2**20}),
    "too wide": lambda: one({"type": "Float", "low": -1.7e308, "high": 1.7e308}),
    "unknown keys": lambda: SETUP | {f"k{n}": 1 for n in range(N)},
    "brackets": lambda: SETUP | {"brackets": 10**9},
    "no setup": lambda: [1] * N,
}


def costs(name):
    sys.stdout.flush()
    if child := os.fork():
        assert os.waitpid(child, 0)[1] == 0, name
        return
    data, said, since = HOSTILE[name](), "accepted", time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        from_json(data, hb.Setup)
    except CodecError as error:
        said = str(error)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / unit
    print(json.dumps([name, time.process_time() - since, peak, len(said), said[:300]]), flush=True)
    os._exit(0)


for name in HOSTILE:
    costs(name)
'''


@pytest.mark.skipif(sys.platform == "win32", reason="it forks")
def test_hostile_setups_are_refused_in_bounded_time_and_memory(tmp_path: Path) -> None:
    done = python(HOSTILE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) > 25
    for name, seconds, megabytes, length, said in found:
        assert said != "accepted", name
        assert length < 12_000, name
        assert seconds < 20, f"{name}: what is looked at is looked at once"
        assert megabytes < 200, name


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"points": [{"y": 0.5}]}, "point 0 is not in the space: y is not a parameter of the space; x is missing"),
        ({"points": [{"x": 2.0}]}, "point 0 is not in the space: x: 2.0 is outside [0.0, 1.0]"),
        ({"levels": list(range(1, 70_000)), "max_resource": 80_000}, "levels has 69999 entries; it has at most 65536"),
        ({"extra": 1}, "'extra' is no field of a setup; it has method, space, goal"),
        ({"space": [["x", {"type": "Choice", "values": "ab"}]]}, "values are 'ab'; they are a list"),
        ({"space": [["x", {"type": "Choice", "values": ["a"], "kind": "nn"}]]}, "Choice has no 'kind'; it has values"),
        ({"space": [["x", {"type": "Choice", "values": [1] * (LIST_LIMIT + 1)}]]}, "there may be 131072"),
        ({"space": [["x", {"type": "Int", "low": 1, "high": 2, "log": 1}]]}, "1 is no bool"),
    ],
)
def test_a_setup_that_cannot_be_is_refused_with_the_reason(change: dict[str, Any], words: str) -> None:
    with pytest.raises(CodecError) as caught:
        from_json(SETUP | change, hb.Setup)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rung_increment": 1, "max_resource": 10**12}, "rung_increment=15258790 is enough"),
        ({"rung_levels": range(1, 10**9), "max_resource": 10**12}, "more than 65536 entries"),
    ],
)
def test_a_million_million_rung_levels_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(hb.SetupError) as caught:
        hb.asha(hb.Space(x=hb.Float(0.0, 1.0)), GOAL, **options)
    assert words in str(caught.value)
    assert (
        len(hb.asha(hb.Space(x=hb.Float(0.0, 1.0)), GOAL, max_resource=10**12, rung_increment=15258790).levels) == 65536
    )
