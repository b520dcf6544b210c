"""WHAT DOES A NaN MEAN AT A RUNG? The possible meanings."""

from enum import Enum


class NotANumber(Enum):
    """The meaning of a NaN."""

    ENDS = "its trial ends at once; at a level it is an entry that ranks last"
    ENDS_UNCOUNTED = "its trial ends at once, and makes no entry"
    LAST = "it ranks last, and is compared as any other value"
    UNCOUNTED = "its trial goes on, and makes no entry"
