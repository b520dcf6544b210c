"""WHERE IS A LAW BROKEN? The place in a list of events, and what is wrong there."""

from attrs import frozen


@frozen
class Breach:
    """A breach of a law. ``number`` counts the events from 0; it is the number of events if only the end shows the
    breach."""

    number: int
    what: str
