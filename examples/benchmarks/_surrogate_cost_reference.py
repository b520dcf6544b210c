"""How is the reference system asked? By lines of JSON, to a worker under its own interpreter."""

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np
from _surrogate_cost_clock import Times
from _surrogate_cost_data import DOMAINS, INPUTS, LEVELS, Case, Data, R

from pure_hb.surrogate.points import encoded_resource

WORKER: Final = Path(__file__).with_name("_reference_surrogates.py")


class Reference:
    """A worker under another interpreter. A context."""

    def __init__(self, interpreter: str) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [interpreter, str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.about = self._answer()
        if "error" in self.about:
            self.end()
            raise SystemExit(
                f"{interpreter} cannot import the reference system ({self.about['error']}); give --reference an "
                'interpreter with it: pip install "syne-tune[gpsearchers]==0.13.0"'
            )

    def __enter__(self) -> "Reference":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def end(self) -> None:
        """Close its input, which ends it."""
        self._process.communicate()

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """One request."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **request}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.end()
            raise SystemExit(f"the reference ended with status {self._process.returncode}; what it said stands above")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def prepare(self, case: Case, data: Data) -> int:
        """Make the model there, and make sure that it sees what ours sees. Returns its number of parameters."""
        trials = [(trial.config, trial.resources, trial.values) for trial in data.trials]
        about = {"space": DOMAINS, "max_resource": R, "levels": LEVELS, "options": case.options, "curves": case.curves}
        answer = self.ask("prepared", trials=trials, **about)
        check_same_data(case, data, answer["features"], answer["targets"])
        return int(answer["parameters"])

    def turn(self, do: str, **request: Any) -> Times:
        """Some calls of a short function; the time of the first one is left out."""
        answer = self.ask(do, **request)
        return {kind: answer[kind][1:] for kind in ("cpu", "wall")}


def check_same_data(case: Case, data: Data, features: Any, targets: Any) -> None:
    """Refuse to compare unless both have the same encoded rows and targets: bit by bit, but for the last bits of r~."""
    at, theirs = data.observations.points, np.array(features)
    x, y = at.x, data.observations.targets[:, 0]
    if case.curves:
        order = sorted(range(len(data.trials)), key=lambda number: len(data.trials[number].resources), reverse=True)
        x = np.array([at.x[np.flatnonzero(at.trial == number)[0]] for number in order])
        y = np.concatenate([data.trials[number].values for number in order])
    same = np.array_equal(x, theirs[:, : INPUTS.dimension]) and np.array_equal(y, targets)
    if not case.curves:
        same = same and bool(np.allclose(theirs[:, -1], encoded_resource(at.resource, R), rtol=0.0, atol=1e-15))
    if not same:
        raise SystemExit(f"{case.name}: the reference sees other data than pure_hb; nothing can be compared")
