"""MOBSTER: a Gaussian process over learning curves chooses the configurations that asynchronous Hyperband starts.

A configuration is judged by its expected improvement at one level, r_acq: the highest with enough data. Source: Tiao et
al., "Model-based Asynchronous Hyperparameter and Neural Architecture Search", 2020.
"""

from attrs import frozen

from pure_hb.draws import Draws
from pure_hb.protocol import Learned
from pure_hb.search.lesson import Lesson
from pure_hb.search.options import AcquisitionOptions, SurrogateOptions
from pure_hb.search.view import Suggestion, View


@frozen
class Mobster:
    """The search of MOBSTER, with any model."""

    surrogate: SurrogateOptions = SurrogateOptions()  # noqa: RUF009  # immutable
    acquisition: AcquisitionOptions = AcquisitionOptions()  # noqa: RUF009  # immutable

    @property
    def resumes(self) -> bool:
        """False: the rule decides who goes on."""
        return False

    @property
    def fits_beside(self) -> bool:
        """Whether fits are made beside training only."""
        return self.surrogate.fit == "background"

    def odds(self, view: View) -> tuple[float, ...]:
        """The default ones."""
        return view.odds

    def suggest(self, view: View, draws: Draws) -> Suggestion | None:
        """An initial point, a random configuration while little is known, then the model's."""
        from pure_hb.search.judging import default_odds, judge_at_one_level
        from pure_hb.search.suggesting import suggest_with_model

        return suggest_with_model(view, draws, self.surrogate, self.acquisition, judge_at_one_level, default_odds)

    def learn(self, view: View, draws: Draws) -> Lesson | None:
        """A fit beside training."""
        from pure_hb.search.suggesting import learn_beside

        return learn_beside(view, draws, self.surrogate)

    def objection(self, view: View, learned: Learned) -> str | None:
        """See `Search.objection`."""
        from pure_hb.search.accepting import objection

        return objection(view, learned, self.surrogate)
