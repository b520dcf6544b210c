"""Hyper-Tune: a level is trusted as far as it ranks configurations as the highest informative level does.

theta_r is the weight of level r. It weights the levels in the acquisition and changes the probabilities of the
brackets. Source: Li et al., "Hyper-Tune: Towards Efficient Hyper-parameter Tuning at Scale", VLDB 2022.
"""

from functools import partial
from typing import Literal

from attrs import field, frozen

from pure_hb.draws import Draws
from pure_hb.protocol import Learned
from pure_hb.rungs import SetupError, whole_number
from pure_hb.search.lesson import Lesson
from pure_hb.search.options import AcquisitionOptions, SurrogateOptions, one_of
from pure_hb.search.view import Suggestion, View
from pure_hb.space.domains import plain


@frozen
class HyperTune:
    """The search of Hyper-Tune, with independent processes or a joint one.

    ``ensemble``: "mixture" (the level is random) or "weighted_sum" (Syne Tune's). ``theta_from``: theta is estimated
    from the time when six values are known at the "second" level, or, as published, at the maximum resource, "r_max".
    ``ties``: how a tie counts in the ranking loss, by the order of "rows" or as "half".
    """

    surrogate: SurrogateOptions = SurrogateOptions(model="gp_independent")  # noqa: RUF009  # immutable
    acquisition: AcquisitionOptions = AcquisitionOptions()  # noqa: RUF009  # immutable
    ensemble: Literal["mixture", "weighted_sum"] = "mixture"
    theta_from: Literal["second", "r_max"] = "second"
    ties: Literal["rows", "half"] = "rows"
    hypertune_distribution_num_samples: int = field(default=50, converter=plain)
    """S, the number of posterior samples for the estimate of theta."""

    def __attrs_post_init__(self) -> None:
        one_of("ensemble", self.ensemble, ("mixture", "weighted_sum"))
        one_of("theta_from", self.theta_from, ("second", "r_max"))
        one_of("ties", self.ties, ("rows", "half"))
        whole_number("hypertune_distribution_num_samples", self.hypertune_distribution_num_samples)
        if self.surrogate.model not in ("gp_independent", "gp_multitask"):
            raise SetupError(
                f"hyper_tune cannot use the model {self.surrogate.model}: it compares levels; use gp_independent or "
                "gp_multitask"
            )

    @property
    def resumes(self) -> bool:
        """False: the rule alone decides which paused trials are resumed."""
        return False

    @property
    def fits_beside(self) -> bool:
        """Whether fits are made only in the background, beside training."""
        return self.surrogate.fit == "background"

    def odds(self, view: View) -> tuple[float, ...]:
        """The probability of each bracket under the last estimate of theta."""
        from pure_hb.search.judging import adapted_odds

        return adapted_odds(view, view.learned)

    def suggest(self, view: View, draws: Draws) -> Suggestion | None:
        """The next initial point, a random configuration while too little is known, then the model's choice; None if
        nothing is left of the space."""
        from pure_hb.search.judging import adapted_odds, estimate_theta, judge_over_levels
        from pure_hb.search.suggesting import suggest_with_model

        return suggest_with_model(
            view,
            draws,
            self.surrogate,
            self.acquisition,
            partial(judge_over_levels, weighted_sum=self.ensemble == "weighted_sum"),
            adapted_odds,
            partial(estimate_theta, self),
        )

    def learn(self, view: View, draws: Draws) -> Lesson | None:
        """A fit made beside training, with an estimate of theta; None if none is due."""
        from pure_hb.search.judging import estimate_theta
        from pure_hb.search.suggesting import learn_beside

        return learn_beside(view, draws, self.surrogate, partial(estimate_theta, self))

    def objection(self, view: View, learned: Learned) -> str | None:
        """Why a fit made beside training cannot belong to this search; None if it can."""
        from pure_hb.search.accepting import objection

        return objection(view, learned, self.surrogate, has_theta=True)
