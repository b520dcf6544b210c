"""WHAT FORM DOES TRAIN HAVE? Judged by its parameters, and by what a call returns; never by how it was written.

If three parameters are left beside ``arguments`` and defaults, it takes (config, resume_from, checkpoint_dir), and its
result is iterated; if one is left, it takes a trial, and reports to it.
"""

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import Parameter
from typing import Any, Final

from attrs import frozen

from pure_hb.protocol.checks import shown
from pure_hb.tuning.errors import ScriptError

_GIVEN_BY_US: Final = frozenset({"resume_from", "checkpoint_dir"})
"""A function with both parameters gets both, even if they have defaults (which help to try it by hand)."""
_RESULTS: Final = "(config, resume_from, checkpoint_dir)"
_WRITE: Final = (
    f"write either a generator train{_RESULTS} that yields (resource, value), "
    "or train(trial) that calls trial.report(resource, value)"
)
_STARS: Final = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


@frozen
class Form:
    """How the training function is called."""

    yields: bool
    """Whether it returns results, which are iterated; otherwise it takes a trial and reports to it."""
    keywords: tuple[str, ...] = ()
    """The names of the parameters that it is called with; empty: its first parameters, by position."""

    def call(self, train: Callable[..., Any], values: Sequence[Any], arguments: Mapping[str, Any]) -> Any:
        """Call train and return its result. It gets copies, so it may change its arguments."""
        more = copy.deepcopy(dict(arguments))
        if self.keywords:
            return train(**dict(zip(self.keywords, values, strict=True)), **more)
        return train(*values, **more)


def form_of(train: Callable[..., Any], arguments: Mapping[str, Any]) -> Form:
    """How train is called when it gets these keyword arguments, too.

    Raises:
        ScriptError: if it is async, its parameters are neither (config, resume_from, checkpoint_dir) nor (trial),
            it needs others that are not given, or it does not take one of the arguments.
    """
    if _is(train, inspect.iscoroutinefunction) or _is(train, inspect.isasyncgenfunction):
        raise ScriptError(
            "train is async, and nobody awaits it; write `def train(trial)`, and in it asyncio.run(main(trial))"
        )
    yields = _is(train, inspect.isgeneratorfunction)
    parameters = _parameters(train)
    _refuse_unknown(parameters, arguments)
    free = _free(parameters, arguments)
    if not free and _takes_anything(parameters):
        if yields:
            return Form(True)
        raise ScriptError(
            f"train takes (*args, **kwargs), which tells nothing; let its decorator use functools.wraps, or {_WRITE}"
        )
    ours = 3 if yields or (len(free) >= 3 and free[0] != "trial") else 1
    if len(free) != ours:
        raise ScriptError(_wrong_number(free, ours, yields))
    first = [one.name for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    return Form(ours == 3, () if first[:ours] == free else tuple(free))


def _is(train: Callable[..., Any], kind: Callable[[Any], bool]) -> bool:
    """Whether a function, or the ``__call__`` of an object, is of a kind."""
    return kind(train) or (not inspect.isroutine(train) and kind(inspect.getattr_static(type(train), "__call__", None)))


def _parameters(train: Callable[..., Any]) -> tuple[Parameter, ...]:
    """The parameters of train; if these are only ``*args, **kwargs``, those of the function that it wraps."""
    try:
        own = tuple(inspect.signature(train, follow_wrapped=False).parameters.values())
        if not _takes_anything(own):
            return own
        return tuple(inspect.signature(train).parameters.values())
    except (TypeError, ValueError):
        raise ScriptError(f"the parameters of train cannot be seen; {_WRITE}") from None


def _takes_anything(parameters: Sequence[Parameter]) -> bool:
    return any(one.kind is Parameter.VAR_POSITIONAL for one in parameters)


def _refuse_unknown(parameters: Sequence[Parameter], arguments: Mapping[str, Any]) -> None:
    if any(one.kind is Parameter.VAR_KEYWORD for one in parameters):
        return
    known = [one.name for one in parameters if one.kind not in (*_STARS, Parameter.POSITIONAL_ONLY)]
    unknown = [name for name in arguments if name not in known]
    if unknown:
        raise ScriptError(
            f"train does not take {', '.join(map(shown, unknown))}, which arguments give; its parameters are "
            f"({', '.join(one.name for one in parameters)}). Leave out of arguments what it does not take"
        )


def _free(parameters: Sequence[Parameter], arguments: Mapping[str, Any]) -> list[str]:
    """The names of the parameters that `tune` must give."""
    both = _GIVEN_BY_US if {one.name for one in parameters} >= _GIVEN_BY_US else frozenset()
    named = [one for one in parameters if one.kind not in _STARS and one.name not in arguments]
    return [one.name for one in named if one.default is one.empty or one.name in both]


def _wrong_number(free: list[str], ours: int, yields: bool) -> str:
    missing = free[ours:]
    if yields and not missing:
        one = " Or, with one parameter, it does not yield, and calls trial.report(epoch, value)" * (len(free) == 1)
        return (
            f"train yields, so it takes {_RESULTS}; it has {_names(free)}.{one}"
            if one
            else (f"train yields, so it takes {_RESULTS}; it has {_names(free)}")
        )
    told = f"train has the parameters {_names(free)}"
    if not missing:
        return f"{told}; {_WRITE}"
    named = ", ".join(map(repr, missing))
    return (
        f"{told}, and nobody gives {named}: call hb.tune(..., arguments={{{missing[0]!r}: ...}}), or let it have a "
        f"default. Or {_WRITE}"
    )


def _names(names: list[str]) -> str:
    return str(tuple(names))


# ---- what a call returned -------------------------------------------------------------------------------------------


def results_of(returned: Any) -> Iterator[Any] | None:
    """The iterator over the results of a train with three parameters; None if it returned something else."""
    is_one_result = isinstance(returned, tuple) and returned and not isinstance(returned[0], tuple | list)
    if is_one_result or isinstance(returned, str | bytes | Mapping):
        return None
    try:
        results: Iterator[Any] = iter(returned)
    except TypeError:
        return None
    return results


def what_to_write(form: Form, returned: Any, was_iterated: bool, max_resource: int) -> str:
    """The message about a train that has reported nothing: what it did instead, and what to write."""
    if inspect.iscoroutine(returned):
        returned.close()  # otherwise Python warns that it was never awaited
        return "train returned a coroutine, which nobody awaits; write asyncio.run(...) around it"
    if form.yields and was_iterated:
        last = "" if returned is None else f" (it returned {shown(returned)})"
        return f"train yielded nothing{last}; it yields (resource, value) after each epoch"
    if form.yields:
        return (
            f"{_what(returned)} and yielded nothing; with the parameters {_RESULTS} it writes `yield epoch, value` "
            f"after each epoch, or, if it has no epochs, `yield {max_resource}, value` at its end"
        )
    if inspect.isgenerator(returned) or inspect.isasyncgen(returned):
        return (
            "train returned a generator, which nobody runs; let train have the parameters "
            f"{_RESULTS} and yield its results itself, with `yield from` if need be"
        )
    return (
        f"{_what(returned)} and had never called trial.report; call trial.report(epoch, value) after each epoch, or, "
        f"if it has no epochs, trial.report({max_resource}, value) at its end"
    )


def _what(returned: Any) -> str:
    return f"train {'ended' if returned is None else f'returned {shown(returned)}'}"
