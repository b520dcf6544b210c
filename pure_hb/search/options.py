"""WHICH OPTIONS DO MODEL-BASED SEARCHES HAVE? Frozen classes of options, named as in Syne Tune.

Options are plain numbers and texts, so that a setup is readable JSON; `pure_hb.search.belief` builds the model from
them when it is first needed. Each class refuses what is out of range with a `SetupError` that says what is allowed.
"""

from importlib import import_module
from typing import Any, ClassVar, Final, Literal

from attrs import field, fields, frozen

from pure_hb.draws import Draws
from pure_hb.protocol import Learned
from pure_hb.rungs import SetupError, whole_number
from pure_hb.search.view import Lesson, Resumption, Search, Suggestion, View
from pure_hb.space.domains import is_number, plain

Model = Literal["gp_multitask", "gp_independent", "gp_expdecay", "gp_issm"]
ResourceKernel = Literal[
    "exp-decay-sum",
    "exp-decay-combined",
    "exp-decay-delta1",
    "freeze-thaw",
    "matern52",
    "matern52-res-warp",
    "cross-validation",
]
Data = Literal["rungs", "all", "rungs_and_last"]

MODELS: Final = ("gp_multitask", "gp_independent", "gp_expdecay", "gp_issm")
ADDITIVE: Final = ("gp_expdecay", "gp_issm")
RESOURCE_KERNELS: Final = (
    "exp-decay-sum",
    "exp-decay-combined",
    "exp-decay-delta1",
    "freeze-thaw",
    "matern52",
    "matern52-res-warp",
    "cross-validation",
)


def as_float(value: Any) -> Any:
    """A number as a float, so that it looks the same in JSON however it was given; anything else as it is."""
    number = plain(value)
    return float(number) if is_number(number) else number


def one_of(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    """Raises `SetupError` unless the value is one of the texts."""
    if value not in allowed:
        raise SetupError(f"{name} is {value!r}; it is one of {', '.join(allowed)}")


def flags(owner: Any, *names: str) -> None:
    """Raises `SetupError` unless all these options are True or False."""
    for name in names:
        if not isinstance(getattr(owner, name), bool):
            raise SetupError(f"{name} is {getattr(owner, name)!r}; it is True or False")


def real_number(name: str, value: Any, low: float, high: float) -> None:
    """Raises `SetupError` unless the value is a number from low to high."""
    number = plain(value)
    if not is_number(number) or not low <= number <= high:
        raise SetupError(f"{name} is {value!r}; it is a number from {low:g} to {high:g}")


@frozen
class SurrogateOptions:
    """The surrogate model, the data that it sees, and when its parameters are fitted.

    Raises:
        SetupError: if an option is out of range, or the model does not have it.
    """

    model: Model = "gp_multitask"
    gp_resource_kernel: ResourceKernel = "exp-decay-sum"
    """The kernel over (x, r) (``gp_multitask`` only): a name in `pure_hb.surrogate.KERNELS`."""
    gp_base_kernel: Literal["matern52-ard", "matern52-noard"] = "matern52-ard"
    gp_bandwidth_prior: Literal["uniform", "log_normal"] = "log_normal"
    """The prior of the inverse bandwidths (`pure_hb.surrogate.parameters.inverse_bandwidths`)."""
    input_warping: bool = field(default=False, converter=plain)
    separate_noise_variances: bool = field(default=False, converter=plain)
    """Whether each level has a noise variance of its own (``gp_independent`` only)."""
    issm_gamma_one: bool = field(default=False, converter=plain)
    expdecay_normalize_inputs: bool = field(default=False, converter=plain)
    normalize_targets: bool = field(default=True, converter=plain)
    target_warping: Literal["none", "half_rank", "rank"] = "rank"
    """Whether values are replaced by normal scores of their ranks at their level, or only those worse than the median
    are warped (`pure_hb.surrogate.target_warping`)."""
    searcher_data: Data | None = None
    """Which values of a curve the model sees. None: "rungs", or "all" for the additive models."""
    register_pending_myopic: bool = field(default=False, converter=plain)
    """Whether a running trial is pending at its next resource, instead of at its next level."""
    max_size_data_for_model: int | None = field(default=500, converter=plain)
    """The most values that the model sees; None: no limit. It does not apply to the additive models."""
    opt_skip_init_length: int = field(default=150, converter=plain)
    opt_skip_period: int = field(default=1, converter=plain)
    opt_skip_num_max_resource: bool = field(default=False, converter=plain)
    opt_skip_growth: float = field(default=0.1, converter=as_float)
    """A fit is due only when the number of values has grown by this share since the last fit. Few fits with several
    starts each find better optima than many fits that stay near the first one."""
    opt_maxiter: int = field(default=50, converter=plain)
    opt_nstarts: int = field(default=5, converter=plain)
    opt_warmstart: bool = field(default=True, converter=plain)
    """Whether the first start of a fit is the last fitted parameters, for a limited number of evaluations."""
    num_fantasy_samples: int = field(default=20, converter=plain)
    no_fantasizing: bool = field(default=False, converter=plain)
    fit: Literal["inside", "background"] = "inside"
    """Whether fits are made when they are due, within a decision, or only beside training (`pure_hb.fit`)."""

    def __attrs_post_init__(self) -> None:
        one_of("model", self.model, MODELS)
        one_of("gp_resource_kernel", self.gp_resource_kernel, RESOURCE_KERNELS)
        one_of("gp_base_kernel", self.gp_base_kernel, ("matern52-ard", "matern52-noard"))
        one_of("fit", self.fit, ("inside", "background"))
        one_of("target_warping", self.target_warping, ("none", "half_rank", "rank"))
        one_of("gp_bandwidth_prior", self.gp_bandwidth_prior, ("uniform", "log_normal"))
        if self.searcher_data is not None:
            one_of("searcher_data", self.searcher_data, ("rungs", "all", "rungs_and_last"))
        flags(
            self, "input_warping", "separate_noise_variances", "issm_gamma_one", "expdecay_normalize_inputs",
            "normalize_targets", "register_pending_myopic", "opt_skip_num_max_resource", "opt_warmstart",
            "no_fantasizing",
        )  # fmt: skip
        if self.max_size_data_for_model is not None:
            whole_number("max_size_data_for_model", self.max_size_data_for_model)
        whole_number("opt_skip_init_length", self.opt_skip_init_length, 0)
        for name in ("opt_skip_period", "opt_maxiter", "opt_nstarts", "num_fantasy_samples"):
            whole_number(name, getattr(self, name))
        real_number("opt_skip_growth", self.opt_skip_growth, 0.0, 10.0)
        self._check_model()

    def _check_model(self) -> None:
        if self.model == "gp_independent" and self.data != "rungs":
            raise SetupError(
                f'searcher_data is "{self.data}", but gp_independent has a process for each rung level and for no '
                'other resource; use searcher_data="rungs", or model="gp_multitask"'
            )
        if self.model == "gp_independent" and self.register_pending_myopic:
            raise SetupError(
                "register_pending_myopic is True, but gp_independent has no process for the next resource of a trial, "
                'only for its next level; leave it out, or use model="gp_multitask"'
            )
        if self.model in ADDITIVE and self.data != "all":
            raise SetupError(
                f'searcher_data is "{self.data}", but {self.model} is a model of whole curves; use '
                'searcher_data="all", or leave it out'
            )
        defaults = {one.name: one.default for one in fields(type(self))}
        for name, models in _OF_MODEL.items():
            if getattr(self, name) != defaults[name] and self.model not in models:
                raise SetupError(
                    f"{name} is {getattr(self, name)!r}, but {self.model} has no such thing; it is an option of "
                    f"{' and '.join(models)}"
                )

    @property
    def data(self) -> Data:
        """Which values the model sees, with the default of the model filled in."""
        return self.searcher_data or ("all" if self.model in ADDITIVE else "rungs")

    @property
    def limit(self) -> int | None:
        """The most values that the model sees; None: no limit."""
        return None if self.model in ADDITIVE else self.max_size_data_for_model


_OF_MODEL: Final = {
    "gp_resource_kernel": ("gp_multitask",),
    "separate_noise_variances": ("gp_independent",),
    "issm_gamma_one": ("gp_issm",),
    "expdecay_normalize_inputs": ("gp_expdecay",),
}


@frozen
class AcquisitionOptions:
    """How the next configuration is chosen once the model is in use.

    Raises:
        SetupError: if an option is out of range.
    """

    num_init_random: int = field(default=6, converter=plain)
    """The number of known configurations from which on the model is used."""
    random_fraction: float = field(default=0.0, converter=as_float)
    """The probability of a uniform random configuration when the model is in use."""
    num_init_candidates: int = field(default=20, converter=plain)
    initial_scoring: Literal["thompson", "thompson_indep", "acq_func"] = "thompson"
    """How candidates are scored: by one Thompson draw of the value that training would report, by the mean of draws
    over the fantasies, or by the acquisition."""
    skip_local_optimization: bool = field(default=True, converter=plain)
    """Whether the best candidate is suggested as it is. If not, the acquisition is minimised by L-BFGS-B from it."""
    resource_acq: Literal["bohb", "first", "final"] = "bohb"
    """At which level the acquisition is evaluated (`pure_hb.search.mobster`)."""
    resource_acq_bohb_threshold: int = field(default=3, converter=plain)
    acq_function: Literal["log_ei", "ei", "lcb"] = "log_ei"
    jitter: float | None = field(default=None, converter=as_float)
    """xi, the least improvement that counts. None: 0 for "log_ei", in standard deviations of all values; 0.01 for "ei",
    in units of the metric."""
    kappa: float = field(default=1.0, converter=as_float)
    """The weight of the standard deviation in mean - kappa s (``lcb``)."""
    allow_duplicates: bool = field(default=False, converter=plain)

    def __attrs_post_init__(self) -> None:
        one_of("initial_scoring", self.initial_scoring, ("thompson", "thompson_indep", "acq_func"))
        one_of("resource_acq", self.resource_acq, ("bohb", "first", "final"))
        one_of("acq_function", self.acq_function, ("log_ei", "ei", "lcb"))
        flags(self, "skip_local_optimization", "allow_duplicates")
        for name in ("num_init_random", "num_init_candidates", "resource_acq_bohb_threshold"):
            whole_number(name, getattr(self, name))
        real_number("kappa", self.kappa, 0.0, 1e6)
        real_number("random_fraction", self.random_fraction, 0.0, 1.0)
        if self.jitter is not None:
            real_number("jitter", self.jitter, 0.0, 1e300)


# ---- searches with a model -----------------------------------------------------------------------------------------


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


class WithModel(InItsFile):
    """A search with a Gaussian process over learning curves."""

    __slots__ = ()
    surrogate: SurrogateOptions
    acquisition: AcquisitionOptions

    @property
    def fits_beside(self) -> bool:
        """Whether fits are made only in the background, beside training."""
        return self.surrogate.fit == "background"

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

    surrogate: SurrogateOptions = SurrogateOptions()  # immutable
    acquisition: AcquisitionOptions = AcquisitionOptions()  # immutable
    file: ClassVar[str] = "pure_hb.search.mobster"


@frozen
class HyperTune(WithModel):
    """The search of Hyper-Tune, with independent processes or a joint one.

    ``ensemble``: "mixture" (the level is random) or "weighted_sum" (Syne Tune's). ``theta_from``: theta is estimated
    from the time when six values are known at the "second" level, or, as published, at the maximum resource, "r_max".
    ``ties``: how a tie counts in the ranking loss, by the order of "rows" or as "half".
    """

    surrogate: SurrogateOptions = SurrogateOptions(model="gp_independent")  # immutable
    acquisition: AcquisitionOptions = AcquisitionOptions()  # immutable
    file: ClassVar[str] = "pure_hb.search.hyper_tune"
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

    def odds(self, view: View) -> tuple[float, ...]:
        """The probability of each bracket under the last estimate of theta."""
        if view.learned.theta is None:
            return view.odds
        found: tuple[float, ...] = import_module(self.file).odds(view, view.learned)
        return found


@frozen
class DyHPO(WithModel):
    """The search of DyHPO, with any model except gp_independent."""

    surrogate: SurrogateOptions = SurrogateOptions(opt_skip_period=3)  # immutable
    acquisition: AcquisitionOptions = AcquisitionOptions()  # immutable
    file: ClassVar[str] = "pure_hb.search.dyhpo"

    def __attrs_post_init__(self) -> None:
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


@frozen
class DensitySearch(InItsFile):
    """The search of asynchronous BOHB, and its options."""

    file: ClassVar[str] = "pure_hb.search.bohb"
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
