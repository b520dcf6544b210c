"""WHICH OPTIONS DO SEARCHES WITH A MODEL SHARE? Frozen classes of options, named as in Syne Tune: the one place of each
option.

Options are plain numbers and texts, so that a setup is readable JSON; the model is built from them when it is first
needed (`pure_hb.search.belief`). A value that is out of range is a `SetupError` that says what is allowed.
"""

from typing import Final, Literal, get_args

from attrs import fields, frozen

from pure_hb.rungs import SetupError
from pure_hb.rungs.options import choice, flag, names, real, whole

Model = Literal["gp_multitask", "gp_independent", "gp_expdecay", "gp_issm"]
KernelName = Literal[
    "exp-decay-sum",
    "exp-decay-combined",
    "exp-decay-delta1",
    "freeze-thaw",
    "matern52",
    "matern52-res-warp",
    "cross-validation",
]
BaseKernel = Literal["matern52-ard", "matern52-noard"]
BandwidthPrior = Literal["uniform", "log_normal"]
TargetWarping = Literal["none", "half_rank", "rank"]
Data = Literal["rungs", "all", "rungs_and_last"]
WhenToFit = Literal["inside", "background"]
Scoring = Literal["thompson", "thompson_indep", "acq_func"]
ResourceAcquisition = Literal["bohb", "first", "final"]
AcquisitionFunction = Literal["log_ei", "ei", "lcb"]

MODELS: Final[tuple[Model, ...]] = get_args(Model)
ADDITIVE: Final = ("gp_expdecay", "gp_issm")
RESOURCE_KERNELS: Final[tuple[KernelName, ...]] = get_args(KernelName)


@frozen
class SurrogateOptions:
    """The surrogate model, the data that it sees, and when its parameters are fitted.

    Raises:
        SetupError: if an option is out of range, or the model does not have it.
    """

    model: Model = choice("gp_multitask", "Which [surrogate](surrogates.md#which-one) predicts the curves.", MODELS)
    gp_resource_kernel: KernelName = choice(
        "matern52-res-warp",
        'How resources are related: the kernel over configuration and resource. Only of "gp_multitask".',
        RESOURCE_KERNELS,
    )
    gp_base_kernel: BaseKernel = choice(
        "matern52-ard",
        'The kernel over configurations; "matern52-noard" has one bandwidth for all coordinates.',
        get_args(BaseKernel),
    )
    gp_bandwidth_prior: BandwidthPrior = choice(
        "log_normal",
        "What is believed of the inverse bandwidths before any value is seen: log-normal with median 1, deviation 1, "
        'or "uniform" up to 100. With "uniform" a fit to few values can end at a poor optimum which later fits, that '
        "start there, do not leave.",
        get_args(BandwidthPrior),
    )
    input_warping: bool = flag(False, "Whether coordinates are warped before distances are computed.")
    separate_noise_variances: bool = flag(
        False, 'Whether each level has a noise variance of its own. Only of "gp_independent".'
    )
    issm_gamma_one: bool = flag(
        False, 'Whether gamma, how strongly noise drives a curve, is fixed at 1. Only of "gp_issm".'
    )
    expdecay_normalize_inputs: bool = flag(
        False, 'Whether curves decay over the encoded resource, in (0, 1), instead of epochs. Only of "gp_expdecay".'
    )
    normalize_targets: bool = flag(True, "Whether values are standardised.")
    target_warping: TargetWarping = choice(
        "rank",
        'The targets of the model: "rank": normal scores of the ranks at each level; "half_rank": only values worse '
        'than the median of all count by their rank; "none": the values.',
        get_args(TargetWarping),
    )
    searcher_data: Data | None = choice(
        None,
        'Which values of a curve the model sees. None: "rungs", and "all" for "gp_expdecay" and "gp_issm".',
        get_args(Data),
        none=True,
    )
    register_pending_myopic: bool = flag(
        False,
        "Whether a running trial is pending at its next resource instead of at its next level. Not with "
        '"gp_independent", which knows levels only.',
    )
    max_size_data_for_model: int | None = whole(
        500,
        'The model sees at most so many values, some of each level; None: all. "gp_expdecay" and "gp_issm" see all.',
        none=True,
    )
    opt_skip_init_length: int = whole(150, "Fits may be skipped from so many values on.", 0)
    opt_skip_period: int = whole(1, "From then on, every so many growths of the data are a reason to fit.")
    opt_skip_num_max_resource: bool = flag(
        False, "Whether, from then on, only one more value at the maximum is a reason to fit."
    )
    opt_skip_growth: float = real(
        0.125,
        "A fit is due only when the number of values has grown by this share since the last one. Few fits with several "
        "starts each find better optima than many fits that stay near the first one.",
        0.0,
        10.0,
    )
    opt_maxiter: int = whole(50, "The most iterations of each start of a fit.")
    opt_nstarts: int = whole(
        6,
        "The starts of a fit: the last parameters, the initial values, the best so far with little noise, the initial "
        "values with all taken for noise, up to three perturbed ones (the best of four times as many), four more as "
        "they are, and neighbours of the lowest optima, where one coordinate is made irrelevant or relevant. Methods "
        'take 50 where likelihoods have more optima: with gp_bandwidth_prior="uniform", target_warping="none", '
        'searcher_data="all" or gp_resource_kernel="exp-decay-delta1".',
    )
    opt_warmstart: bool = flag(
        True, "Whether the first start of a fit is the last parameters, for a limited number of evaluations."
    )
    num_fantasy_samples: int = whole(20, "F, the number of fantasies of the pending evaluations.")
    no_fantasizing: bool = flag(
        False, "Whether pending evaluations are left out of the posterior; they stay rivals for the incumbent."
    )
    fit: WhenToFit = choice(
        "inside",
        '"inside": fits are made when they are due, within a decision; "background": only beside training '
        "(`hb.fit_if_due`).",
        get_args(WhenToFit),
    )

    def __attrs_post_init__(self) -> None:
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

    num_init_random: int = whole(6, "The model is used from so many known configurations on.")
    random_fraction: float = real(
        0.0, "The probability of a uniform random configuration when the model is in use.", 0.0, 1.0
    )
    num_init_candidates: int = whole(250, "The number of random candidates.")
    local_fraction: float = real(
        0.1,
        "The probability that four of five candidates are near the five configurations with the best predictions at "
        "r_acq, instead of anywhere. Of 250 points anywhere, few are near the best; a search that always looks there "
        "stays at a local optimum.",
        0.0,
        1.0,
    )
    prior_fraction: float = real(
        0.0,
        "The share of the candidates that an expert's prior gives: they are drawn around the initial points, "
        "`points_to_evaluate`, where others are drawn anywhere. With 1 none is, so a wrong point is hardly left.",
        0.0,
        1.0,
    )
    prior_width: float = real(
        0.3,
        "How far from an initial point these candidates are at most, as a share of the range of each parameter; small "
        "distances are more likely, and a neighbouring value is never too far. It is also the probability that the "
        "entry of a choice is drawn anew.",
        0.01,
        1.0,
    )
    prior_parameters: tuple[str, ...] | None = names(
        None,
        "The parameters that the expert knows; all others of these candidates are drawn anywhere. None: those that "
        "`points_to_evaluate` name.",
    )
    initial_scoring: Scoring = choice(
        "acq_func",
        'The score of a candidate: "thompson": one draw of the value that training would report; "thompson_indep": the '
        'mean over the fantasies of a draw of f from each; "acq_func": the acquisition.',
        get_args(Scoring),
    )
    skip_local_optimization: bool = flag(
        True,
        "Whether the best candidate is suggested as it is. If not, the acquisition is minimised by L-BFGS-B from it.",
    )
    resource_acq: ResourceAcquisition = choice(
        "bohb",
        'r_acq, the level of the acquisition: "bohb": the highest with enough values; "first": the first level of the '
        'drawn bracket; "final": the maximum.',
        get_args(ResourceAcquisition),
    )
    resource_acq_bohb_threshold: int = whole(3, 'How many values r_acq has at least, with "bohb".')
    acq_function: AcquisitionFunction = choice(
        "log_ei",
        'The acquisition: the logarithm of expected improvement, expected improvement, or "lcb", the lower confidence '
        "bound: the mean minus kappa deviations.",
        get_args(AcquisitionFunction),
    )
    jitter: float | None = real(
        None,
        'xi, the least improvement that counts. None: 0 for "log_ei", in standard deviations of all values; 0.01 for '
        '"ei", in units of the metric.',
        0.0,
        1e300,
        none=True,
    )
    kappa: float = real(1.0, 'The weight of the standard deviation; only of "lcb".', 0.0, 1e6)
    cost_weight: float = real(
        1.0,
        "How much costs count, if reports have them: expected improvement is divided by the expected cost of a "
        'resource to this power. 0: not at all. Only of "log_ei" with "acq_func".',
        0.0,
        1.0,
    )
    allow_duplicates: bool = flag(
        False, "Whether the model may suggest what was tried; what runs and what failed is excluded always."
    )

    @property
    def effective_cost_weight(self) -> float:
        """``cost_weight`` where the acquisition is a logarithm that scores candidates, which costs can be added to;
        otherwise 0."""
        is_logarithm = self.acq_function == "log_ei" and self.initial_scoring == "acq_func"
        return self.cost_weight if is_logarithm else 0.0
