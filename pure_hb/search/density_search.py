"""Asynchronous BOHB: configurations are drawn near good ones, and the one is taken whose ratio of bad to good density
is smallest.

At the highest level with enough values, two kernel densities are estimated: one of the best values and one of the rest
(`pure_hb.search.density`). Source: Falkner, Klein and Hutter, "BOHB: Robust and Efficient Hyperparameter Optimization
at Scale", ICML 2018; default numbers and kernels are those of Syne Tune.
"""

from attrs import field, frozen

from pure_hb.draws import Draws
from pure_hb.protocol import Learned
from pure_hb.rungs import SetupError, whole_number
from pure_hb.search.lesson import Lesson
from pure_hb.search.options import Data, as_float, flags, one_of, real_number
from pure_hb.search.view import Suggestion, View
from pure_hb.space.domains import plain


@frozen
class DensitySearch:
    """The search of asynchronous BOHB, and its options."""

    num_min_data_points: int | None = field(default=None, converter=plain)
    """The least number of good points. None: the number of searched parameters, which is also the least allowed."""
    top_n_percent: int = field(default=15, converter=plain)
    """The percentage of the values of a level that count as good."""
    min_bandwidth: float = field(default=0.1, converter=as_float)
    """The floor of every bandwidth, on the scale [0, 1] of a feature. For a choice it is the probability of another
    value, so it is at most 1."""
    num_candidates: int = field(default=64, converter=plain)
    bandwidth_factor: float = field(default=3.0, converter=as_float)
    random_fraction: float = field(default=0.33, converter=as_float)
    """The probability of a uniform random configuration instead of a suggested one."""
    searcher_data: Data = "rungs"
    allow_duplicates: bool = field(default=False, converter=plain)

    def __attrs_post_init__(self) -> None:
        if self.num_min_data_points is not None:
            whole_number("num_min_data_points", self.num_min_data_points)
        whole_number("top_n_percent", self.top_n_percent, 1, 99)
        whole_number("num_candidates", self.num_candidates)
        real_number("min_bandwidth", self.min_bandwidth, 1e-9, 1.0)
        real_number("bandwidth_factor", self.bandwidth_factor, 1e-9, 1e9)
        real_number("random_fraction", self.random_fraction, 0.0, 1.0)
        one_of("searcher_data", self.searcher_data, ("rungs", "all", "rungs_and_last"))
        flags(self, "allow_duplicates")

    @property
    def resumes(self) -> bool:
        """False: the rule alone decides which paused trials are resumed."""
        return False

    @property
    def fits_beside(self) -> bool:
        """False: densities need no fit."""
        return False

    def odds(self, view: View) -> tuple[float, ...]:
        """The default probability of each bracket."""
        return view.odds

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

    def suggest(self, view: View, draws: Draws) -> Suggestion | None:
        """The next initial point, a random configuration, or the best of the candidates drawn near good configurations;
        None if nothing is left of the space."""
        from pure_hb.search.near_good import suggest_near_good

        return suggest_near_good(self, view, draws)

    def learn(self, view: View, draws: Draws) -> Lesson | None:
        """None: densities are estimated anew for each suggestion."""
        return None

    def objection(self, view: View, learned: Learned) -> str | None:
        """The reason to refuse any fit: this search has none."""
        return "this search makes no fits"
