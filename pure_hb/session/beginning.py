"""WHAT MUST A SESSION KNOW OF A JOURNAL THAT IT HAS OPENED? Who else works on it, and what to tell the user."""

from collections.abc import Callable, Iterator

from pure_hb.journal import FileJournal, Joined, Opened
from pure_hb.journal.writers import belongs_to
from pure_hb.session.budget import Budget
from pure_hb.session.company import Alone, Company, Together


def company_of(opened: Opened | Joined, user: object, lease: float, now: Callable[[], float]) -> Company:
    """The other processes that work on a run; ``user`` is the object that messages name as the owner of a file.

    Raises:
        JournalError: if the store cannot be used.
    """
    journal = opened.journal
    if isinstance(journal, FileJournal):
        belongs_to(journal, user)
        return Alone(journal, opened.elapsed, now)
    return Together(journal, lease)


def remarks(opened: Opened | Joined, budget: Budget) -> Iterator[str]:
    """Messages for the user at the beginning."""
    if opened.torn is not None:
        yield f"{opened.torn}. It has been cut"
    if opened.unusable_snapshot is not None:
        yield f"{opened.unusable_snapshot}. The journal was read from its beginning instead"
    doubt = budget.doubt(opened.state)
    if doubt is not None:
        yield doubt
