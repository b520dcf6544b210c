"""WHAT DOES A RULE REMEMBER? The base class of what rules keep from one report to the next.

It is part of the state; the answer to a report carries it where it has changed. Each rule with a memory has a frozen
class for it in its own module (`pure_hb.rungs.rules`), so that a new rule changes nothing here.
"""


class Memory:
    """The memory of a rule: a frozen value that can be written as JSON."""

    __slots__ = ()
