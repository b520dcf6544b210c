"""WHICH SEARCHES WITH A MODEL ARE THERE? Each is a frozen class of options that names the file of its functions.

A search needs scipy and the surrogate only when it is asked for a suggestion; `import pure_hb` does without.
"""

from importlib import import_module
from typing import ClassVar, Final, Literal, get_args

from attrs import frozen

from pure_hb.draws import Draws
from pure_hb.protocol import Learned
from pure_hb.rungs import SetupError
from pure_hb.rungs.options import choice, flag, real, whole
from pure_hb.search.options import AcquisitionOptions, Data, SurrogateOptions
from pure_hb.search.view import InItsFile, Lesson, View

Ensemble = Literal["mixture", "weighted_sum"]
ThetaFrom = Literal["second", "r_max"]
Ties = Literal["rows", "half"]
Horizon = Literal["next", "random"]


class WithModel(InItsFile):
    """A search with a Gaussian process over learning curves."""

    __slots__ = ()
    surrogate: SurrogateOptions
    acquisition: AcquisitionOptions

    @property
    def fits_beside(self) -> bool:
        """Whether fits are made only in the background, beside training."""
        return self.surrogate.fit == "background"

    @property
    def weighs_cost(self) -> bool:
        """Whether expected improvement is judged for its cost."""
        return self.acquisition.effective_cost_weight > 0.0

    def learn(self, view: View, draws: Draws) -> Lesson | None:
        """As `Search.learn`, by the function of this name in the file."""
        found: Lesson | None = import_module(self.file).learn(self, view, draws)
        return found

    def objection(self, view: View, learned: Learned) -> str | None:
        """As `Search.objection`: whether parameters, counts and theta can be of this search and these values."""
        found: str | None = import_module("pure_hb.search.accepting").objection(view, learned, self)
        return found


@frozen
class Mobster(WithModel):
    """The search of MOBSTER, with any surrogate model."""

    surrogate: SurrogateOptions = SurrogateOptions()  # noqa: RUF009  # immutable
    acquisition: AcquisitionOptions = AcquisitionOptions()  # noqa: RUF009  # immutable
    file: ClassVar[str] = "pure_hb.search.mobster"


@frozen
class HyperTune(WithModel):
    """The search of Hyper-Tune, with independent processes or a joint one."""

    surrogate: SurrogateOptions = SurrogateOptions(model="gp_independent")  # noqa: RUF009  # immutable
    acquisition: AcquisitionOptions = AcquisitionOptions()  # noqa: RUF009  # immutable
    file: ClassVar[str] = "pure_hb.search.hyper_tune"
    ensemble: Ensemble = choice(
        "mixture",
        '"mixture": the level is random; "weighted_sum", as in Syne Tune: mean sum_r theta_r m_r, variance sum_r '
        "theta_r^2 s_r^2, one incumbent, and theta not summing to 1 after the cut.",
        get_args(Ensemble),
    )
    theta_from: ThetaFrom = choice(
        "second",
        '"second": theta is estimated as soon as r_* is above the lowest level; "r_max", as published: once the '
        "maximum has 6 values.",
        get_args(ThetaFrom),
    )
    ties: Ties = choice(
        "rows", 'How a tie counts in a ranking loss: by the order of rows, or as "half".', get_args(Ties)
    )
    hypertune_distribution_num_samples: int = whole(50, "S, the number of posterior samples for the estimate of theta.")

    def __attrs_post_init__(self) -> None:
        if self.surrogate.model not in ("gp_independent", "gp_multitask"):
            raise SetupError(
                f"hyper_tune cannot use the model {self.surrogate.model}: it compares levels; use gp_independent or "
                "gp_multitask"
            )

    def odds(self, view: View) -> tuple[float, ...]:
        """The probability of each bracket under the last estimate of theta."""
        if view.learned.theta is None:
            return view.odds
        found: tuple[float, ...] = import_module(self.file).odds(view, view.learned)
        return found


IDLE_IN_DYHPO: Final = (
    "local_fraction",
    "resource_acq",
    "resource_acq_bohb_threshold",
    "initial_scoring",
    "skip_local_optimization",
    "cost_weight",
)
"""Options of the acquisition that DyHPO does not have."""


@frozen
class DyHPO(WithModel):
    """The search of DyHPO, with any model except gp_independent."""

    surrogate: SurrogateOptions = SurrogateOptions(opt_skip_period=3)  # noqa: RUF009  # immutable
    acquisition: AcquisitionOptions = AcquisitionOptions(num_init_candidates=20)  # noqa: RUF009  # immutable
    horizon: Horizon = choice(
        "random",
        'How far ahead rivals are judged: at their next level by ``acq_function``, or "random": a random number of '
        "levels ahead, by the probability of a random improvement (`pure_hb.search.dyhpo`).",
        get_args(Horizon),
    )
    file: ClassVar[str] = "pure_hb.search.dyhpo"

    def __attrs_post_init__(self) -> None:
        if self.surrogate.model == "gp_independent":
            raise SetupError(
                "dyhpo cannot use gp_independent: it judges trials at levels that nobody has reached yet, where "
                "independent processes know nothing; use gp_multitask"
            )
        defaults = AcquisitionOptions()
        for name in IDLE_IN_DYHPO:
            if getattr(self.acquisition, name) != getattr(defaults, name):
                raise SetupError(f"dyhpo has no {name}: each trial is judged at its next level; leave it out")

    @property
    def weighs_cost(self) -> bool:
        """False: rivals are judged by improvement alone."""
        return False

    @property
    def resumes(self) -> bool:
        """True: the search also chooses which paused trial is resumed."""
        return True


@frozen
class DensitySearch(InItsFile):
    """The search of asynchronous BOHB, and its options."""

    file: ClassVar[str] = "pure_hb.search.bohb"
    num_min_data_points: int | None = whole(
        None,
        "The least number of good points. None: the number of searched parameters, which is also the least allowed.",
        none=True,
    )
    top_n_percent: int = whole(15, "The percentage of the values of a level that count as good.", 1, 99)
    min_bandwidth: float = real(
        0.1,
        "The floor of every bandwidth, on the scale [0, 1] of a feature. For a choice it is the probability of another "
        "value.",
        1e-9,
        1.0,
    )
    num_candidates: int = whole(64, "The number of candidates that are drawn near good ones.")
    bandwidth_factor: float = real(3.0, "Candidates move by so many bandwidths.", 1e-9, 1e9)
    random_fraction: float = real(
        0.33, "The probability of a uniform random configuration instead of a suggested one.", 0.0, 1.0
    )
    searcher_data: Data = choice(
        "rungs", 'Which values count: "rungs": those at levels and the maximum.', get_args(Data)
    )
    allow_duplicates: bool = flag(False, "Whether a configuration may be tried again; those of failed trials are not.")

    def fewest(self, parameters: int) -> int:
        """The least number of good points in a space with this number of searched parameters.

        Raises:
            SetupError: if ``num_min_data_points`` is below the number of parameters.
        """
        if self.num_min_data_points is None:
            return parameters
        if self.num_min_data_points < parameters:
            raise SetupError(
                f"num_min_data_points is {self.num_min_data_points}, below the number of parameters, {parameters}; "
                "give at least that, or leave it out"
            )
        return self.num_min_data_points
