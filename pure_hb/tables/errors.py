"""WHAT CAN GO WRONG WITH A TABLE? `TableError`."""


class TableError(ValueError):
    """A table that cannot be used, or a question that it cannot answer. The message says what is allowed."""
