"""Which calls does a message propose? They are taken out of its text and made."""

import re
from collections.abc import Iterator
from typing import Any

import pure_hb as hb

SPACE, GOAL = hb.Space(x=hb.Float(0.0, 1.0)), hb.Minimize("error")
KNOWN: dict[str, Any] = {name: getattr(hb, name) for name in hb.__all__} if hasattr(hb, "__all__") else vars(hb)
CALL = re.compile(
    r"\b(?:Float|Int|Choice|Ordinal|Finite|Constant|Space|asha|bohb|mobster|hyper_tune|dyhpo|random_search)\("
)
TEMPLATES = ("*values", "*domains", "(domains)", "(name=", "(low, high, size)", "(...)", "...")
"""What stands for something that only the reader has."""


def calls(message: str) -> Iterator[str]:
    """The calls in a message, the outermost ones, but for templates."""
    end = 0
    for found in CALL.finditer(message):
        if found.start() < end:
            continue
        end, depth = found.end(), 1
        while depth:
            depth += {"(": 1, ")": -1}.get(message[end], 0)
            end += 1
        call = message[found.start() : end]
        if not any(template in call for template in TEMPLATES):
            yield call


def made(call: str) -> hb.Space | hb.Setup:
    """What a call makes: a space or a setup; a domain is put into a space."""
    value = eval(call, {**KNOWN, "space": SPACE, "goal": GOAL})
    return value if isinstance(value, hb.Space | hb.Setup) else hb.Space(x=value)
