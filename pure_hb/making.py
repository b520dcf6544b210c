"""HOW IS A FROZEN VALUE MADE QUICKLY? `maker`, for the few classes of which every report makes a new instance.

attrs stores each field of a frozen instance by a call of ``object.__setattr__``. A maker stores them as plain
attributes of a twin, an instance of a class with the same slots that is not frozen, and then turns the twin into an
instance of the frozen class. What comes out is what the class itself would have made, in a third of the time. What an
``__init__`` of the class itself refuses is not asked again.
"""

from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

import attrs

P = ParamSpec("P")
T = TypeVar("T")
_FACTORY: Final[Any] = attrs.Factory  # a class, but the stubs call it a function


def maker(kind: Callable[P, T]) -> Callable[P, T]:
    """A function that makes instances of a class, as the class itself does.

    Raises:
        TypeError: if the class does more than to store its arguments, or is not made by
            ``attrs.frozen(weakref_slot=False)``: twins have no slot for weak references.
    """
    frozen: Any = kind  # P keeps the signature, but mypy does not know that it is that of a class of attrs
    fields = attrs.fields(frozen)
    names = [field.name for field in fields]
    if frozen.__slots__ != tuple(names) or hasattr(frozen, "__attrs_post_init__") or not all(map(_is_plain, fields)):
        raise TypeError(f"{kind!r} does more than to store its arguments in slots; call the class itself")
    return unchecked_maker(kind)


def unchecked_maker(kind: Callable[P, T]) -> Callable[P, T]:
    """As `maker`, for a class that converts its arguments: for whoever gives it what they are converted to."""
    frozen: Any = kind
    fields = attrs.fields(frozen)
    names = [field.name for field in fields]
    scope: dict[str, Any] = {"_new": object.__new__, "_frozen": frozen, "_twin": _twin(frozen)}
    scope |= {f"_default_{field.name}": field.default for field in fields}
    parameters = (f.name if f.default is attrs.NOTHING else f"{f.name}=_default_{f.name}" for f in fields)
    steps = ("_it = _new(_twin)", *(f"_it.{name} = {name}" for name in names), "_it.__class__ = _frozen", "return _it")
    exec(f"def make({', '.join(parameters)}):\n " + "\n ".join(steps), scope)  # as attrs makes an __init__
    make: Callable[P, T] = scope["make"]
    return make


def _is_plain(field: "attrs.Attribute[Any]") -> bool:
    """Whether an argument of the field's name is stored as it is."""
    converted = field.converter is not None or field.validator is not None or isinstance(field.default, _FACTORY)
    return field.init and field.alias == field.name and not field.kw_only and not converted


def _twin(frozen: Any) -> type:
    """A class with the same slots, whose instances can become those of the frozen one."""
    bases = {"__orig_bases__": frozen.__orig_bases__} if hasattr(frozen, "__orig_bases__") else {}
    return type(
        frozen.__name__, frozen.__bases__, {"__slots__": frozen.__slots__, "__module__": frozen.__module__, **bases}
    )
