"""WHAT DOES A RULE REMEMBER? The common name of what rules keep from one report to the next.

It is part of the state: the answer to a report carries it where it has changed. Each rule that remembers has a frozen
class of its own, beside it (`pure_hb.rungs.rules`), so that a new one changes nothing here.
"""


class Memory:
    """What a rule remembers, as a frozen value that turns to JSON."""

    __slots__ = ()
