"""MOBSTER: a Gaussian process over learning curves chooses the configurations that asynchronous Hyperband starts.

A configuration is judged at one level, r_acq: by default the highest with enough data. Source: Klein et al.,
"Model-based Asynchronous Hyperparameter and Neural Architecture Search", 2020 (arXiv:2003.10865).
"""

from attrs import frozen

from pure_hb.draws import Draws
from pure_hb.protocol import Learned
from pure_hb.search.lesson import Lesson
from pure_hb.search.options import AcquisitionOptions, SurrogateOptions
from pure_hb.search.view import Suggestion, View


@frozen
class Mobster:
    """The search of MOBSTER, with any surrogate model."""

    surrogate: SurrogateOptions = SurrogateOptions()  # noqa: RUF009  # immutable
    acquisition: AcquisitionOptions = AcquisitionOptions()  # noqa: RUF009  # immutable

    @property
    def resumes(self) -> bool:
        """False: the rule alone decides which paused trials are resumed."""
        return False

    @property
    def fits_beside(self) -> bool:
        """Whether fits are made only in the background, beside training."""
        return self.surrogate.fit == "background"

    def odds(self, view: View) -> tuple[float, ...]:
        """The default probability of each bracket."""
        return view.odds

    def suggest(self, view: View, draws: Draws) -> Suggestion | None:
        """The next initial point, a random configuration while too little is known, then the model's choice; None if
        nothing is left of the space."""
        from pure_hb.search.judging import default_odds, judge_at_one_level
        from pure_hb.search.suggesting import suggest_with_model

        return suggest_with_model(view, draws, self.surrogate, self.acquisition, judge_at_one_level, default_odds)

    def learn(self, view: View, draws: Draws) -> Lesson | None:
        """A fit made beside training; None if none is due."""
        from pure_hb.search.suggesting import learn_beside

        return learn_beside(view, draws, self.surrogate)

    def objection(self, view: View, learned: Learned) -> str | None:
        """Why a fit made beside training cannot belong to this search; None if it can."""
        from pure_hb.search.accepting import objection

        return objection(view, learned, self.surrogate)
