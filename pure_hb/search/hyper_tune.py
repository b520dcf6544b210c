"""Hyper-Tune: levels are trusted by how well they rank what the highest of them knows.

theta_r, the share of level r, weighs the levels in the acquisition and tells how brackets are drawn. Source: Li et al.,
"Hyper-Tune: Towards Efficient Hyper-parameter Tuning at Scale", VLDB 2022.
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

    ``ensemble``: "mixture" (the level is random) or "weighted_sum" (the reference system's). ``theta_from``: theta is
    estimated as soon as the "second" level has six values, or as published when the maximum, "r_max", has. ``ties``:
    how a tie counts in a ranking loss, by the order of "rows" or as "half".
    """

    surrogate: SurrogateOptions = SurrogateOptions(model="gp_independent")  # noqa: RUF009  # immutable
    acquisition: AcquisitionOptions = AcquisitionOptions()  # noqa: RUF009  # immutable
    ensemble: Literal["mixture", "weighted_sum"] = "mixture"
    theta_from: Literal["second", "r_max"] = "second"
    ties: Literal["rows", "half"] = "rows"
    hypertune_distribution_num_samples: int = field(default=50, converter=plain)
    """S, the number of samples that theta is estimated from."""

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
        """False: the rule decides who goes on."""
        return False

    @property
    def fits_beside(self) -> bool:
        """Whether fits are made beside training only."""
        return self.surrogate.fit == "background"

    def odds(self, view: View) -> tuple[float, ...]:
        """P(r), by the theta that is remembered."""
        from pure_hb.search.judging import adapted_odds

        return adapted_odds(view, view.learned)

    def suggest(self, view: View, draws: Draws) -> Suggestion | None:
        """An initial point, a random configuration while little is known, then the model's."""
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
        """A fit beside training, and theta."""
        from pure_hb.search.judging import estimate_theta
        from pure_hb.search.suggesting import learn_beside

        return learn_beside(view, draws, self.surrogate, partial(estimate_theta, self))

    def objection(self, view: View, learned: Learned) -> str | None:
        """See `Search.objection`."""
        from pure_hb.search.accepting import objection

        return objection(view, learned, self.surrogate, has_theta=True)
