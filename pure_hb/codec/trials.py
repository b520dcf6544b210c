"""HOW DOES A TRIAL LOOK AS JSON? As its fields, with a ``status`` and a ``worker`` where it has its phase.

Journals and snapshots of all versions have these two. They can contradict each other, a phase cannot: a contradiction
is refused when it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from pure_hb.codec.text import shown
from pure_hb.machine import Trial
from pure_hb.machine.life import AT_REST, Phase, Running, Status

_AT_REST: Final = {status.value: phase for status, phase in AT_REST.items()}
_RUNNING: Final = Status.RUNNING.value


def phase_of(status: Any, worker: Any) -> Phase:
    """The phase of a trial with this status and worker, as they stand in JSON.

    Raises:
        ValueError: if there is no such status, or a running trial has no worker, or another has one.
    """
    if worker is None and type(status) is str and status in _AT_REST:
        return _AT_REST[status]
    if status == _RUNNING and type(worker) is str:
        return Running(worker)
    raise ValueError(
        f"status {shown(status)}, worker {shown(worker)}: the status is one of {', '.join((_RUNNING, *_AT_REST))}; "
        "a running trial has a worker, any other has null"
    )


def register_trial(converter: Converter) -> None:
    """From now on the converter reads and writes trials so."""
    converter.register_structure_hook_func(lambda kind: kind == Phase, lambda phase, _: phase)
    write = make_dict_unstructure_fn(Trial, converter, _cattrs_omit_if_default=True, phase=override(omit=True))
    read: Callable[[Any, Any], Trial] = make_dict_structure_fn(
        Trial, converter, _cattrs_forbid_extra_keys=True, phase=override(rename="status")
    )

    def written(trial: Trial) -> dict[str, Any]:
        return {**write(trial), "status": trial.status.value, "worker": trial.worker}

    def structure(data: Any, _: Any) -> Trial:
        if not isinstance(data, Mapping):
            raise ValueError(f"{shown(data)} is no trial")
        given = {key: value for key, value in data.items() if key != "worker"}
        return read({**given, "status": phase_of(data["status"], data["worker"])}, Trial)

    converter.register_structure_hook(Trial, structure)
    converter.register_unstructure_hook(Trial, written)
