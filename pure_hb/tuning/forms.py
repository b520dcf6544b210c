"""WHICH FORM HAS TRAIN? By its parameters: it is given a trial, or a configuration and iterated.

What is iterated may be a generator function, or return an iterator: a decorator, or a call of another function, makes
no difference.
"""

import inspect
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Any, Final

from pure_hb.protocol.checks import shown
from pure_hb.tuning.modules import ScriptError

_PARAMETERS: Final = ("config", "resume_from", "checkpoint_dir")
_FORMS: Final = (
    "write either a generator train(config, resume_from, checkpoint_dir) that yields (resource, value), or "
    "train(trial) that calls trial.report(resource, value)"
)
_ANY: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_NAMED: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Form(Enum):
    """How train is called."""

    ITERATED = auto()
    """``train(config, resume_from, checkpoint_dir)``, and what it returns is iterated."""
    REPORTING = auto()
    """``train(trial)``; it reports."""


def form_of(train: Callable[..., Any], arguments: Mapping[str, Any] | None = None) -> Form:
    """The form of train, which is called with these keyword arguments besides.

    Raises:
        ScriptError: if its parameters are neither (config, resume_from, checkpoint_dir) nor (trial), it does not take
            an argument or needs another, or it is async.
    """
    given = arguments or {}
    _refuse_async(train)
    try:
        parameters = list(inspect.signature(train).parameters.values())
    except (TypeError, ValueError):
        raise ScriptError(f"train is {shown(train)}, whose parameters cannot be looked at; {_FORMS}") from None
    _refuse_unknown(parameters, given)
    required = [one for one in parameters if one.default is one.empty and one.kind not in _ANY]
    left = [one.name for one in required if one.name not in given]
    yields = _yields(train)
    if not required and any(one.kind is one.VAR_POSITIONAL for one in parameters):
        if yields:
            return Form.ITERATED
        raise ScriptError(
            f"train has the parameters ({', '.join(map(str, parameters))}), which do not say how it is called. "
            "If it is decorated, put @functools.wraps(function) over the wrapper"
        )
    if len(left) == len(_PARAMETERS):
        return Form.ITERATED
    if len(left) == 1 and not yields:
        return Form.REPORTING
    _refuse_lacking(tuple(left), yields)
    if yields:
        raise ScriptError(f"train yields, so it takes (config, resume_from, checkpoint_dir); it has {tuple(left)}")
    raise ScriptError(f"train has the parameters {tuple(left)}; {_FORMS}")


def _refuse_async(train: Callable[..., Any]) -> None:
    if inspect.iscoroutinefunction(train) or inspect.isasyncgenfunction(train):
        raise ScriptError(
            "train is async, and nobody awaits it; write `def train(trial)`, and in it asyncio.run(main(trial))"
        )


def _yields(train: Callable[..., Any]) -> bool:
    call = getattr(train, "__call__", None)  # noqa: B004  # of an instance
    return inspect.isgeneratorfunction(train) or inspect.isgeneratorfunction(call)


def _refuse_unknown(parameters: list[inspect.Parameter], given: Mapping[str, Any]) -> None:
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return
    known = [one.name for one in parameters if one.kind in _NAMED]
    unknown = [name for name in given if name not in known]
    if unknown:
        raise ScriptError(
            f"arguments has {unknown[0]!r}, but train takes no such parameter; it has ({', '.join(known) or 'none'})"
        )


def _refuse_lacking(left: tuple[str, ...], yields: bool) -> None:
    """Parameters beyond those of a form are for ``arguments``."""
    is_iterated = yields or left[: len(_PARAMETERS)] == _PARAMETERS
    lacking = left[len(_PARAMETERS) :] if is_iterated else left[1:] if left[:1] == ("trial",) else ()
    if lacking:
        text = ", ".join(f"{name!r}: ..." for name in lacking)
        raise ScriptError(
            f"train needs {', '.join(lacking)}, which nobody gives: pass arguments={{{text}}}, or give it a default"
        )
