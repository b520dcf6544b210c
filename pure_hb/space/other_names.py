"""WHICH NAMES COME FROM OTHER TOOLS? Keywords of other libraries, answered with what to write here.

`answers_other_names` wraps the constructor of a domain. Unknown arguments are refused with a `CallError` that names the
argument meant and, where it can be told, the whole call.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import wraps
from inspect import Parameter, signature
from math import isfinite
from typing import Any, Final, TypeVar

from pure_hb.space.showing import MOST_SHOWN, CallError, entries, example, in_steps, in_values, on_a_scale, shown

T = TypeVar("T")

_LOW: Final = (
    "lower", "min", "lo", "minimum", "min_value", "minval", "lb", "lower_bound", "start", "a", "left", "min_val",
)  # fmt: skip
_HIGH: Final = (
    "upper", "max", "hi", "maximum", "max_value", "maxval", "ub", "upper_bound", "stop", "end", "b", "right",
    "max_val",
)  # fmt: skip
_SIZE: Final = ("num", "n", "count", "steps", "number", "num_values", "length", "k")
_STEP: Final = (
    "step", "q", "step_size", "stepsize", "increment", "quantization", "quantization_factor", "by", "resolution",
)  # fmt: skip
_LOGARITHMIC: Final = ("log_scale", "logscale", "use_log", "is_log", "log10", "logarithmic")
_SCALES: Final = ("scale", "sampling", "prior", "distribution", "spacing", "transform", "scaling")
_VALUES: Final = ("values", "categories", "choices", "options", "items", "sequence", "list", "domain", "entries")
_NOT_HERE: Final = {
    "name": "the name of a parameter is the keyword in Space(name=...)",
    "label": "the name of a parameter is the keyword in Space(name=...)",
    "default": "a first value is given to the method: points_to_evaluate=[{'name': value}]",
    "default_value": "a first value is given to the method: points_to_evaluate=[{'name': value}]",
    "init": "a first value is given to the method: points_to_evaluate=[{'name': value}]",
    "base": "a logarithmic scale is the same for every base",
    "weights": "all values are equally likely",
    "p": "all values are equally likely",
    "probabilities": "all values are equally likely",
    "seed": "the seed is given to the method: seed=7",
    "random_state": "the seed is given to the method: seed=7",
}
_RENAMED: Final = {
    **dict.fromkeys(_LOW, "low"),
    **dict.fromkeys(_HIGH, "high"),
    **dict.fromkeys(_LOGARITHMIC, "log"),
    "cast_int": "integer",
    "as_int": "integer",
    "reverse": "reverse_log",
}


def answers_other_names(kind: type[T]) -> type[T]:
    """The class with a constructor that answers unknown arguments with what to write instead."""
    make, name = kind.__init__, kind.__name__
    declared = signature(make)
    known = [one.name for one in declared.parameters.values() if one.kind is not Parameter.VAR_POSITIONAL][1:]

    @wraps(make)
    def checked(self: Any, *values: Any, **options: Any) -> None:
        unknown = [one for one in options if one not in known]
        if unknown:
            raise CallError("; ".join(_answers(name, known, unknown, _by_name(known, values, options), options)))
        try:
            declared.bind(self, *values, **options)
        except TypeError as error:
            raise CallError(f"{name}: {error}; write for example {example(name)}") from None
        make(self, *values, **options)

    kind.__init__ = checked  # type: ignore[method-assign]  # the same signature
    return kind


def _by_name(known: list[str], values: tuple[Any, ...], options: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by the names that they have here, as far as they have one."""
    renamed = {_here(known, name): value for name, value in options.items()}
    return {**dict(zip(known, values, strict=False)), **{name: value for name, value in renamed.items() if name}}


def _here(known: list[str], name: str) -> str | None:
    if name in known:
        return name
    if name in _SIZE and "size" in known:
        return "size"
    meant = _RENAMED.get(name)
    return meant if meant in known else None


def _answers(
    kind: str, known: list[str], unknown: list[str], given: Mapping[str, Any], options: Mapping[str, Any]
) -> list[str]:
    if kind in ("Choice", "Ordinal"):
        return [_about_entries(kind, name, options[name]) for name in unknown]
    call = _call(kind, given, {name: options[name] for name in unknown if name not in known})
    said = [_about(kind, known, name) for name in unknown]
    return [*said, f"write {call}"] if call else said


def _about(kind: str, known: list[str], name: str) -> str:
    begin = f"{kind} has no {name!r}"
    meant = _here(known, name)
    if meant:
        return f"{begin}; here it is {meant}"
    if name in _STEP:
        return f"{begin}; numbers in equal steps are a Finite: Finite(low, high, size)"
    if name in _SCALES:
        return f"{begin}; a logarithmic scale is log=True"
    if name in _NOT_HERE:
        return f"{begin}; {_NOT_HERE[name]}; leave it out"
    close = get_close_matches(name, known, 1)
    return f"{begin}; here it is {close[0]}" if close else f"{begin}; it has {', '.join(known)}"


def _about_entries(kind: str, name: str, value: Any) -> str:
    if name in _VALUES:
        return f"{kind} has no {name!r}; its values are given one by one: {entries(kind, value, MOST_SHOWN)}"
    if name in _NOT_HERE:
        return f"{kind} has no {name!r}; {_NOT_HERE[name]}; leave it out"
    if name == "ordered":
        return f"{kind} has no {name!r}; values in order are an {example('Ordinal')}; leave it out"
    return f"{kind} has no {name!r} (given: {shown(value)}); its values are given one by one: {example(kind)}"


def _call(kind: str, given: Mapping[str, Any], others: Mapping[str, Any]) -> str | None:
    """The whole call that is meant, None if that cannot be told."""
    low, high = _plain(given.get("low")), _plain(given.get("high"))
    if kind not in ("Float", "Int", "Finite") or not all(map(_is_bound, (low, high))) or not low < high:
        return None
    integer = kind == "Int" or given.get("integer") is True
    scales = " ".join(str(others[name]).lower() for name in _SCALES if name in others)
    log = (given.get("log") is True or "log" in scales or "base" in others) and low > 0
    step = next((_plain(others[name]) for name in _STEP if name in others), None)
    if step is not None and not log:
        return in_steps(low, high, step, integer=integer) if _is_bound(step) else None
    if kind == "Finite":
        size = given.get("size")
        return in_values(low, high, size, log=log, integer=integer) if isinstance(size, int) else None
    if step is not None:
        return in_values(low, high, 10, log=log, integer=integer)
    if kind == "Int" and not (isinstance(low, int) and isinstance(high, int)):
        return None
    return on_a_scale(low, high, log=log, integer=integer)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value


def _is_bound(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53 and isfinite(value)
