"""DyHPO: paused trials compete with new configurations, each judged by its expected improvement at its next level.

Source: Wistuba, Kadra and Grabocka, "Supervising the Multi-Fidelity Race of Hyperparameter Configurations", NeurIPS
2022, with a Gaussian process instead of the deep kernel. The rule that goes with it (`pure_hb.rungs.rules.coin`) tries
ASHA's promotion first with some probability.
"""

from attrs import evolve, frozen

from pure_hb.draws import Draws
from pure_hb.protocol import Learned
from pure_hb.rungs import SetupError
from pure_hb.search.horizon import HORIZONS, Horizon
from pure_hb.search.lesson import Lesson
from pure_hb.search.options import AcquisitionOptions, SurrogateOptions, one_of
from pure_hb.search.view import Resumption, Suggestion, View


@frozen
class DyHPO:
    """The search of DyHPO, with any model except gp_independent."""

    surrogate: SurrogateOptions = SurrogateOptions(opt_skip_period=3)  # noqa: RUF009  # immutable
    acquisition: AcquisitionOptions = AcquisitionOptions()  # noqa: RUF009  # immutable
    horizon: Horizon = "next"
    """How far ahead rivals are judged (`pure_hb.search.horizon`): at their "next" level by the acquisition, or a
    "random" number of levels ahead by the probability of a random improvement."""

    def __attrs_post_init__(self) -> None:
        one_of("horizon", self.horizon, HORIZONS)
        if self.surrogate.model == "gp_independent":
            raise SetupError(
                "dyhpo cannot use gp_independent: it judges trials at levels that nobody has reached yet, where "
                "independent processes know nothing; use gp_multitask"
            )
        defaults = AcquisitionOptions()
        for name in ("resource_acq", "resource_acq_bohb_threshold", "initial_scoring", "skip_local_optimization"):
            if getattr(self.acquisition, name) != getattr(defaults, name):
                raise SetupError(f"dyhpo has no {name}: each trial is judged at its next level; leave it out")

    @property
    def resumes(self) -> bool:
        """True: the search also chooses which paused trial is resumed."""
        return True

    @property
    def fits_beside(self) -> bool:
        """Whether fits are made only in the background, beside training."""
        return self.surrogate.fit == "background"

    def odds(self, view: View) -> tuple[float, ...]:
        """(1.0,): there is one bracket."""
        return view.odds

    def suggest(self, view: View, draws: Draws) -> Suggestion | Resumption | None:
        """The next initial point, a random configuration while too little is known, then the winner of the competition.
        When no new configuration is possible, the paused trials compete among themselves."""
        from pure_hb.search.competing import compete

        found = compete(view, draws, self.surrogate, self.acquisition, self.horizon)
        if not isinstance(found, Suggestion) or found.learned is not None or not view.learned.resumed:
            return found
        return evolve(found, learned=evolve(view.learned, resumed=False))

    def learn(self, view: View, draws: Draws) -> Lesson | None:
        """A fit made beside training; None if none is due."""
        from pure_hb.search.suggesting import learn_beside

        return learn_beside(view, draws, self.surrogate, dense=True)

    def objection(self, view: View, learned: Learned) -> str | None:
        """Why a fit made beside training cannot belong to this search; None if it can."""
        from pure_hb.search.accepting import objection

        return objection(view, learned, self.surrogate)
