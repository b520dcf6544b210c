"""Does each option stand in one place? Signatures and docs are compared with the frozen classes of options."""

import runpy
from collections.abc import Callable, Sequence
from inspect import Parameter, signature
from typing import Any, get_args, get_type_hints

import pytest
from attrs import NOTHING, fields

import pure_hb as hb
from pure_hb.machine.options import (
    BohbOptions,
    DyHPOOptions,
    Frame,
    HyperTuneOptions,
    MobsterOptions,
)
from pure_hb.machine.presets import Preset
from pure_hb.rungs import CoinPromotion
from pure_hb.rungs.options import ALLOWED, SAYS, choice, flag, real, whole
from pure_hb.search import AcquisitionOptions, DensitySearch, DyHPO, HyperTune, RandomSearch, SurrogateOptions
from pure_hb.search.searches import IDLE_IN_DYHPO
from tests.shared import ROOT

MODEL = (Frame, SurrogateOptions, AcquisitionOptions)
OWNERS: dict[type, tuple[type, ...]] = {
    BohbOptions: (Frame, DensitySearch),
    MobsterOptions: MODEL,
    HyperTuneOptions: (*MODEL, HyperTune),
    DyHPOOptions: (*MODEL, CoinPromotion, DyHPO),
}
"""Typed dictionary -> the classes whose options it repeats."""


def options_of(*kinds: type) -> dict[str, Any]:
    return {one.name: one for kind in kinds for one in fields(kind) if SAYS in one.metadata}


def types_of(*kinds: type) -> dict[str, Any]:
    return {name: kind for owner in kinds for name, kind in get_type_hints(owner).items() if name in options_of(owner)}


@pytest.mark.parametrize("typed", OWNERS, ids=lambda typed: typed.__name__)
def test_typed_options_repeat_the_names_and_types_of_the_classes(typed: type) -> None:
    hints = types_of(*OWNERS[typed])
    if typed is DyHPOOptions:
        hints = {name: kind for name, kind in hints.items() if name not in IDLE_IN_DYHPO}
    hints = {name: Sequence[str] | None if kind == tuple[str, ...] | None else kind for name, kind in hints.items()}
    preset = {} if typed is BohbOptions else {"preset": Preset}  # stands for options, and is none of a search
    assert get_type_hints(typed) == preset | hints


@pytest.mark.parametrize("method", [hb.random_search, hb.asha, hb.hyperband, hb.one_epoch, hb.bohb, hb.mobster])
def test_a_signature_repeats_types_and_defaults_of_the_classes(method: Callable[..., hb.Setup]) -> None:
    known, kinds = options_of(Frame, RandomSearch), types_of(Frame, RandomSearch)
    others = {"brackets"} if method is hb.hyperband else {"num_trials", "num_best"}  # a default or options of its own
    hints = get_type_hints(method)
    for name, given in signature(method).parameters.items():
        if given.kind is Parameter.KEYWORD_ONLY and name not in others:
            default = NOTHING if given.default is Parameter.empty else given.default
            assert (hints[name], default) == (kinds[name], known[name].default), name


def test_every_option_has_a_sentence_and_says_what_is_allowed() -> None:
    for kind in (*MODEL, HyperTune, DensitySearch, RandomSearch, CoinPromotion):
        for name, one in options_of(kind).items():
            assert one.metadata[SAYS].endswith("."), name
            assert one.metadata[ALLOWED], name
    described = {name for kind in (SurrogateOptions, AcquisitionOptions) for name in options_of(kind)}
    assert described == {one.name for kind in (SurrogateOptions, AcquisitionOptions) for one in fields(kind)}


def test_the_tables_of_the_docs_are_those_of_the_classes() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_options.py"))
    for page in made["PAGES"]:
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        assert made["with_tables"](page, text) == text, "run: python docs/make_options.py --write"
    with pytest.raises(ValueError, match="lacks the markers"):
        made["with_tables"]("bohb.md", "")


@pytest.mark.parametrize(
    ("field", "wrong", "message"),
    [
        (whole(3, "A.", 2, 9), 1, "it is an int of at least 2"),
        (whole(3, "A."), None, "it is a positive integer"),
        (real(0.5, "A.", 0.0, 1.0), 1.5, "it is a number from 0 to 1"),
        (real(0.5, "A.", 0.0, 1.0), None, "it is a number from 0 to 1"),
        (flag(True, "A."), 1, "it is True or False"),
        (choice("a", "A.", ("a", "b")), "c", "it is one of a, b"),
    ],
)
def test_a_value_out_of_range_is_refused(field: Any, wrong: Any, message: str) -> None:
    from attrs import make_class

    kind: Any = make_class("Kind", {"option": field})
    assert kind(option=field._default).option == field._default
    with pytest.raises(hb.SetupError, match=f"option is .*{message}"):
        kind(option=wrong)


def test_types_and_choices_are_the_same_texts() -> None:
    for kind in (SurrogateOptions, AcquisitionOptions, HyperTune, DensitySearch):
        for name, hint in types_of(kind).items():
            texts = [text for text in get_args(hint) if isinstance(text, str)]
            texts = texts or [text for part in get_args(hint) for text in get_args(part) if isinstance(text, str)]
            if texts:
                assert options_of(kind)[name].metadata[ALLOWED].removesuffix(" or None") == ", ".join(
                    f'"{text}"' for text in texts
                )
