"""WHAT IS WRONG WITH A TRAINING SCRIPT? Its error."""


class ScriptError(Exception):
    """A training script that cannot be used. The message says what it must offer."""
