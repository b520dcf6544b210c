"""WHAT IS RAISED FOR A SPACE THAT CANNOT BE USED? `SpaceError`, and `CallError` for a call with wrong arguments."""


class SpaceError(ValueError):
    """A space or a configuration that cannot be used. The message lists every fault with the way out."""


class CallError(SpaceError, TypeError):
    """A call with names or numbers of arguments that a domain or a space does not have. The message says what to write
    instead."""
