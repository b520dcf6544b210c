"""What a maker makes is what the class itself would have made."""

import copy
import pickle
from typing import Any

import attrs
import pytest

from pure_hb.machine.state import State
from pure_hb.machine.trials import Archive, Trial
from pure_hb.making import maker
from pure_hb.protocol import Continue, Pause, Ranked, Report, Stop
from pure_hb.rungs import Ladder, Rung
from pure_hb.rungs.ordered import Ordered

MADE = (Archive, Continue, Ladder, Ordered, Pause, Ranked, Rung, State, Stop, Trial)


@pytest.mark.parametrize("kind", MADE, ids=lambda kind: kind.__name__)
def test_it_has_the_fields_and_the_class(kind: Any) -> None:
    fields = attrs.fields(kind)
    given: dict[str, Any] = {field.name: f"the {field.name}" for field in fields}
    needed = [given[field.name] for field in fields if field.default is attrs.NOTHING]
    for arguments in (needed, list(given.values())):
        made, expected = maker(kind)(*arguments), kind(*arguments)
        assert type(made) is kind
        for field in fields:
            assert getattr(made, field.name) is getattr(expected, field.name), field.name
        assert maker(kind)(**{field.name: getattr(expected, field.name) for field in fields}).__class__ is kind


@pytest.mark.parametrize("kind", MADE, ids=lambda kind: kind.__name__)
def test_it_is_frozen(kind: Any) -> None:
    made = maker(kind)(*["something"] * len(attrs.fields(kind)))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(made, attrs.fields(kind)[0].name, "something else")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        made.anything = 1
    assert not hasattr(made, "__dict__")


def test_it_is_equal_and_can_be_copied() -> None:
    made, expected = maker(Stop)(3, 9, evidence=()), Stop(3, 9, evidence=())
    assert made == expected
    assert hash(made) == hash(expected)
    assert repr(made) == repr(expected)
    assert attrs.evolve(made, level=3) == Stop(3, 3)
    assert copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == expected


def test_arguments_are_checked_as_ever() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'until'"):
        maker(Continue)(1)  # type: ignore[call-arg]  # that is the point
    with pytest.raises(TypeError, match="unexpected keyword argument 'levels'"):
        maker(Stop)(1, levels=3)  # type: ignore[call-arg]  # that is the point


@attrs.frozen(weakref_slot=False)
class Converts:
    number: int = attrs.field(converter=int)


@attrs.frozen(weakref_slot=False)
class Checks:
    number: int = attrs.field(validator=attrs.validators.ge(0))


@attrs.frozen(weakref_slot=False)
class HasFactory:
    members: list[int] = attrs.Factory(list)


@attrs.frozen(weakref_slot=False, kw_only=True)
class OnlyByName:
    number: int


@attrs.frozen(weakref_slot=False)
class Renamed:
    _number: int


@attrs.frozen(weakref_slot=False)
class Afterwards:
    number: int

    def __attrs_post_init__(self) -> None:
        """More than to store."""


@attrs.frozen
class HasWeakReferences:
    number: int


@attrs.frozen(weakref_slot=False)
class Inherits(Stop):
    more: int = 0


@pytest.mark.parametrize(
    "kind",
    [Converts, Checks, HasFactory, OnlyByName, Renamed, Afterwards, HasWeakReferences, Inherits, Report],
    ids=lambda kind: kind.__name__,
)
def test_classes_that_do_more_are_refused(kind: Any) -> None:
    with pytest.raises(TypeError, match=f"{kind.__name__}'> does more than to store its arguments in slots"):
        maker(kind)
