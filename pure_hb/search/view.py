"""WHAT MAY A SEARCH SEE, AND WHAT DOES IT ANSWER? The contract between the machine and a search: a small frozen view of
the experiment in; one suggestion, one resumption or nothing out."""

from collections.abc import Callable, Collection, Sequence
from importlib import import_module
from typing import ClassVar, Final

from attrs import frozen

from pure_hb.draws import Draws, Purpose, choose_index
from pure_hb.protocol import NOTHING_LEARNED, Drawn, Evidence, Figures, Learned, Named
from pure_hb.space import Configuration, Space, size

_FIT_OF: Final = "fit of "
_OBJECTIVE: Final = "objective"
EVALUATIONS: Final = "evaluations"
"""The name of the number of evaluations of the objective; only the one who makes the fit can count them."""


@frozen
class Known:
    """What is known of one trial, for the models."""

    trial: int
    configuration: Configuration
    curve: tuple[tuple[int, float], ...]
    """(resource, value to minimise) at increasing resources; the first value that is not finite ends the curve."""
    until: int | None
    """The resource that the running leg goes to; None if the trial does not run."""
    lost: int | None = None
    """The level that the trial was running to when it failed or reported a value that is not finite; otherwise None."""
    pace: float | None = None
    """The mean cost of one resource, above 0; None if no report had a cost, or all that they had was 0."""


@frozen
class Waits:
    """A paused trial that may be resumed, to train from ``level`` to ``next_level``."""

    trial: int
    configuration: Configuration
    level: int
    next_level: int


def _nobody() -> tuple[Known, ...]:
    return ()


def _nothing() -> tuple[Waits, ...]:
    return ()


@frozen
class View:
    """What has been tried so far. Configurations are identified by their match keys (`pure_hb.space.match_key`)."""

    space: Space
    next_point: Configuration | None
    """The next initial configuration; None when all have been tried."""
    taken: Collection[str]
    """The keys of all configurations that were started or observed."""
    failed: Collection[str]
    """The keys of the configurations whose trial failed."""
    levels: tuple[int, ...] = ()
    """The rung levels in increasing order, without the maximum resource."""
    max_resource: int = 1
    odds: tuple[float, ...] = (1.0,)
    """The default probability of each bracket for a new trial."""
    bracket: int | None = None
    """The bracket of the next trial if it is decided already (separate rungs); None: the search draws it."""
    new_trials: bool = True
    """Whether a new trial may be started."""
    sign: float = 1.0
    """-1 if the metric is maximised, otherwise 1: a value to minimise times ``sign`` is a value of the metric."""
    learned: Learned = NOTHING_LEARNED
    """What the search remembers from earlier fits."""
    told: tuple[Named, ...] | None = None
    """The parameters that a log records as fitted for this suggestion. If a fit is due they are used instead of
    fitting, so that a decision can be replayed on a machine where the fit would end elsewhere. None: the search fits.
    """
    points: tuple[Configuration, ...] = ()
    """All initial points, tried or not."""
    known: Callable[[], Sequence[Known]] = _nobody
    """All trials by number."""
    waiting: Callable[[], Sequence[Waits]] = _nothing
    """All paused trials, from the highest rung down, within a rung best value first."""

    def exhausted(self, excluded: Collection[str]) -> bool:
        """Whether the keys of all configurations of a finite space are ``excluded``; False for an infinite space."""
        total = size(self.space)
        return total is not None and len(excluded) >= total

    def draw_bracket(self, odds: tuple[float, ...], draws: Draws) -> tuple[int, Evidence]:
        """The bracket of a new trial: the one decided already, or one drawn with these probabilities; and the
        evidence."""
        if self.bracket is not None:
            return self.bracket, ()
        if len(odds) == 1:
            return 0, ()
        u = draws.uniform(Purpose.BRACKET)
        bracket = choose_index(u, odds)
        return bracket, (Drawn("bracket", u, str(bracket)),)


@frozen
class Suggestion:
    """A configuration to start, with the evidence for it."""

    configuration: Configuration
    evidence: Evidence
    bracket: int | None = None
    """The bracket that it was chosen for; None: any."""
    learned: Learned | None = None
    """What to remember from now on; None: no change."""


@frozen
class Resumption:
    """A paused trial to resume, with the evidence for it."""

    waits: Waits
    evidence: Evidence
    learned: Learned | None = None


@frozen
class Lesson:
    """What a suggestion or a fit leaves behind: the state to remember, and evidence for people."""

    learned: Learned
    evidence: Evidence


class Search:
    """A method to choose what a free worker does: a frozen value of options with one function, `suggest`. A search that
    fits a model beside training has a second one, `learn`.

    Why so few: whatever is remembered between two calls is a value that the caller keeps (`View.learned`). So a search
    is not told of reports and stores nothing, and the same view gives the same answer: in a replay, in another process,
    as part of another method. The other members are answers to the machine's questions; those below suit a search
    without a model.

    Derive an attrs class from it (``@attrs.frozen``), write `suggest`, and `pure_hb.register` the class.
    """

    __slots__ = ()

    def suggest(self, view: View, draws: Draws) -> Suggestion | Resumption | None:
        """The configuration to start or the trial to resume; None if there is neither."""
        raise NotImplementedError(f"{type(self).__name__} has no suggest(view, draws)")

    def learn(self, view: View, draws: Draws) -> Lesson | None:
        """A fit beside training: what to remember from now on; None if there is nothing new to learn. By default
        None."""
        return None

    @property
    def resumes(self) -> bool:
        """Whether the search also chooses which paused trial is resumed. If so, it is asked even when no new trial may
        start. By default False: the rule alone decides."""
        return False

    @property
    def fits_beside(self) -> bool:
        """Whether fits are made only in the background, beside training. By default False."""
        return False

    @property
    def weighs_cost(self) -> bool:
        """Whether the search looks at costs, so that reports should have one. By default False."""
        return False

    def odds(self, view: View) -> tuple[float, ...]:
        """The probability of each bracket for a new trial, given what is remembered; they sum to 1. By default those
        of the setup."""
        return view.odds

    def objection(self, view: View, learned: Learned) -> str | None:
        """Why a fit that was made beside training cannot belong to this search; None if it can be taken. By default no
        fit can."""
        return "this search makes no fits"


class InItsFile(Search):
    """A search whose functions stand in a file of its own. The file is imported when the search is first asked: it
    needs the surrogate, and ``import pure_hb`` shall not wait for that."""

    __slots__ = ()
    file: ClassVar[str]
    """The module with the functions suggest(search, view, draws) and, for a search that makes fits, learn."""

    def suggest(self, view: View, draws: Draws) -> Suggestion | Resumption | None:
        """As `Search.suggest`, by the function of this name in the file."""
        found: Suggestion | Resumption | None = import_module(self.file).suggest(self, view, draws)
        return found


# ---- evidence of a fit ----------------------------------------------------------------------------------------------


def fit_said(model: str, values: int, used: int, objective: float, evaluations: int) -> Figures:
    """Evidence of a fit: the model, the number of values and how many of them were used, and the objective (nats)."""
    numbers = (("values", float(values)), ("values used", float(used)))
    return Figures(f"{_FIT_OF}{model}", (*numbers, (_OBJECTIVE, objective), (EVALUATIONS, float(evaluations))))


def objective_said(evidence: Evidence) -> float | None:
    """The objective of a fit (negative log posterior, in nats; smaller is better) from its evidence; None without a
    fit."""
    for record in evidence:
        if isinstance(record, Figures) and record.of.startswith(_FIT_OF):
            return dict(record.numbers).get(_OBJECTIVE)
    return None
