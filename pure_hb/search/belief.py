"""WHAT DOES THE SURROGATE SAY NOW? From what a search may see to fitted parameters, and from these to a posterior with
fantasies.

`fit_now` fits parameters when a fit is due. `believe` conditions on all values at known parameters, draws joint samples
of the pending evaluations (fantasies), and conditions on these too. That takes one factorisation, which is extended,
and one column of targets for each fantasy (Snoek, Larochelle and Adams, "Practical Bayesian Optimization of Machine
Learning Algorithms", 2012, section 3.3).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Final

import numpy as np
from attrs import evolve, frozen

from pure_hb.draws import Draws, Purpose, normals
from pure_hb.protocol import Because, Figures, Learned, Named, Theta
from pure_hb.search.options import SurrogateOptions
from pure_hb.search.survival import Survival, survival
from pure_hb.search.view import Known, Lesson, View, fit_said
from pure_hb.space import Space, encoder
from pure_hb.surrogate import (
    KERNELS,
    Additive,
    Base,
    DataError,
    ExponentialCurve,
    Fit,
    FitOptions,
    Independent,
    Inputs,
    Model,
    MultiTask,
    Observations,
    ObservationTable,
    ParameterError,
    Parameters,
    Points,
    Posterior,
    RefitOptions,
    SearcherData,
    SingularError,
    Standardisation,
    StateSpaceCurve,
    TrialCurve,
    down_sample,
    due,
    fit,
    fitted_at,
    inputs_of,
    observation_table,
    observations,
    points,
    standardisation,
    standardised,
)
from pure_hb.surrogate.arrays import Array, Values, frozen_array
from pure_hb.surrogate.models.dense import KernelProcess, base_process
from pure_hb.surrogate.parameters import DIGITS
from pure_hb.surrogate.training_data import AS_THEY_ARE, SCORE_NOISE, VALUE_NOISE, half_scores, level_scores

_AS_LIKELY: Final = 0.5
"""Fits that differ by so many nats are alike."""
UNUSABLE: Final = (SingularError, DataError, ParameterError)
"""The exceptions of a surrogate that cannot be fitted or conditioned."""


@frozen(eq=False)
class Surrogate:
    """The surrogate that options describe, in one space with its levels: made once, used by every suggestion."""

    model: Model
    inputs: Inputs
    base: Base
    """The kernel over configurations."""
    data: SearcherData
    """Which values of a curve the model sees."""
    limit: int | None
    """The most values that the model sees; None: no limit."""
    refits: RefitOptions
    fits: FitOptions

    def parameters(self, named: tuple[Named, ...]) -> Parameters:
        """Remembered or told numbers as `Parameters` of the model.

        Raises:
            ParameterError: if they do not fit the model.
        """
        specification = self.model.specification(self.inputs)
        single = {one.name for one in specification.parameters if one.labels is None}
        return specification.checked(
            {one.name: one.numbers[0] if one.name in single and len(one.numbers) == 1 else one.numbers for one in named}
        )

    @lru_cache(maxsize=4)  # noqa: B019  # keeps alive four small values at most
    def values(self, named: tuple[Named, ...]) -> Values:
        """The same as arrays that cannot be written to: every suggestion until the next fit asks for them."""
        return {name: frozen_array(value, np.float64) for name, value in self.parameters(named).as_arrays().items()}


@lru_cache(maxsize=32)
def surrogate_of(options: SurrogateOptions, space: Space, levels: tuple[int, ...]) -> Surrogate:
    """The surrogate by these options. ``levels``: the rung levels, and the maximum resource last."""
    base = Base(options.gp_base_kernel == "matern52-ard", options.input_warping, options.gp_bandwidth_prior)
    noise = SCORE_NOISE if options.target_warping == "rank" else VALUE_NOISE
    match options.model:
        case "gp_multitask":
            model: Model = MultiTask(KERNELS[options.gp_resource_kernel](base), noise)
        case "gp_independent":
            model = Independent(base, options.separate_noise_variances, noise)
        case "gp_expdecay":
            model = Additive(ExponentialCurve(options.expdecay_normalize_inputs), base, noise)
        case "gp_issm":
            model = Additive(StateSpaceCurve(options.issm_gamma_one), base, noise)
    refits = RefitOptions(
        options.opt_skip_init_length,
        options.opt_skip_period,
        options.opt_skip_num_max_resource,
        options.opt_skip_growth,
    )
    fits = FitOptions(options.opt_maxiter, options.opt_nstarts, options.opt_warmstart)
    inputs = inputs_of(space, levels[-1], levels)
    return Surrogate(model, inputs, base, SearcherData(options.data), options.limit, refits, fits)


@frozen(eq=False)
class Situation:
    """A model, its inputs, and all observations."""

    options: SurrogateOptions
    surrogate: Surrogate
    table: ObservationTable
    """All rows, before down-sampling."""
    counts: Mapping[int, int]
    """Resource -> number of values; a trial that was lost on the way to a level counts there."""
    observed: int
    """The number of values, pending rows excluded."""
    dense: bool = False
    """Whether curves have many levels, so that `pure_hb.surrogate.training_data.sparse` is applied first."""

    def noise(self, values: Values, resource: int) -> float:
        """The noise variance of an observation at a resource, in squared units of the targets."""
        if not self.options.separate_noise_variances:
            return float(values["noise_variance"])
        return float(values["noise_variances"][self.surrogate.inputs.levels.index(resource)])


def situation(view: View, options: SurrogateOptions, *, dense: bool = False) -> Situation:
    """The model, inputs and observations from the view of a search."""
    found, encoded = surrogate_of(options, view.space, (*view.levels, view.max_resource)), encoder(view.space)
    pending = partial(pending_of, data=found.data, myopic=options.register_pending_myopic)
    curves = [
        TrialCurve(one.trial, encoded(one.configuration), one.curve, pending(one), one.lost) for one in view.known()
    ]
    table = observation_table(curves, levels=view.levels, max_resource=view.max_resource, data=found.data)
    own = table.resource[table.own].tolist()
    return Situation(options, found, table, Counter(own), len(own), dense)


def pending_of(known: Known, data: SearcherData, *, myopic: bool) -> tuple[int, ...]:
    """The resources at which a running trial is expected to report a value that counts; ``myopic``: only the next."""
    if known.until is None:
        return ()
    highest = known.curve[-1][0] if known.curve else 0
    if myopic:
        return (highest + 1,)
    return (known.until,) if data is SearcherData.RUNGS else tuple(range(highest + 1, known.until + 1))


# ---- fits ----------------------------------------------------------------------------------------------------------

Estimate = Callable[["Situation", ObservationTable, Observations, Learned, Draws], Theta | None]
"""What a search estimates after each fit (Hyper-Tune: theta), from the fitted rows and the fit; None: nothing new."""


def fit_now(
    now: Situation,
    before: Learned,
    draws: Draws,
    *,
    keep: bool = False,
    beside: bool = False,
    estimate: Estimate | None = None,
    told: tuple[Named, ...] | None = None,
) -> Lesson:
    """The parameters, fitted anew if a fit is due. ``keep``: only if there are no parameters yet. ``beside``: whether
    this happens beside training; if fits are made only there, the parameters are kept otherwise. ``told``: see
    `View.told`.

    Raises:
        SingularError, DataError, ParameterError: if the model cannot be fitted.
    """
    if now.options.fit == "background" and not beside:
        return Lesson(before, (Because(f"the parameters of the fit to {before.observed} values are used"),))
    at_maximum = now.counts.get(now.surrogate.inputs.max_resource, 0)
    is_due, counts = due(now.surrogate.refits, before, now.observed, at_maximum)
    counted = before if counts is before.counts else evolve(before, counts=counts)
    if before.parameters and (keep or not is_due):
        kept = before if keep else counted
        return Lesson(kept, (Because(f"the parameters of the fit to {before.observed} values are kept"),))
    rows, scale = fitted_rows(now, draws)
    data = standardised(rows.sound, scale)
    found = _fitted(now, before, data, draws) if told is None else _told(now, data, told)
    named = tuple(
        Named(name, value if isinstance(value, tuple) else (value,))
        for name, value in zip(found.parameters.names, found.parameters.values, strict=True)
    )
    learned = evolve(counted, parameters=named, observed=now.observed)
    if estimate is not None:
        theta = estimate(now, rows.sound, data, learned, draws)
        learned = learned if theta is None else evolve(learned, theta=theta)
    said = fit_said(now.options.model, now.observed, len(data.points), found.objective, found.evaluations)
    return Lesson(learned, (said,))


def _fitted(now: Situation, before: Learned, data: Observations, draws: Draws) -> Fit:
    """A fit, and what it is worth at the rounded parameters. Where values are exact and noise is at its bound, four
    digits can cost a hundred nats: then more digits stay."""
    last = now.surrogate.parameters(before.parameters) if before.parameters else None
    found = fit(now.surrogate.model, now.surrogate.inputs, data, draws=draws, options=now.surrogate.fits, last=last)
    specification = now.surrogate.model.specification(now.surrogate.inputs)
    for digits in DIGITS:
        rounded = specification.rounded(found.parameters, digits)
        worth = fitted_at(now.surrogate.model, now.surrogate.inputs, data, rounded)
        if worth.objective <= found.objective + _AS_LIKELY:
            break
    return evolve(worth, starts=found.starts)


def _told(now: Situation, data: Observations, told: tuple[Named, ...]) -> Fit:
    """What a log says was fitted, and what that is worth here. Raises `ParameterError` if no fit can end there."""
    parameters = now.surrogate.parameters(told)
    if now.surrogate.model.specification(now.surrogate.inputs).rounded(parameters, DIGITS[-1]) != parameters:
        raise ParameterError(f"no fit ends there; it has few digits and stays in its bounds: {parameters.values}")
    return fitted_at(now.surrogate.model, now.surrogate.inputs, data, parameters)


def fitted_rows(now: Situation, draws: Draws) -> tuple[ObservationTable, Standardisation]:
    """The rows after down-sampling, pending and lost ones included, with values as the model shall see them; and the
    standardisation of the values that were reported. The model sees the sound rows only.

    Raises:
        DataError: if no reported value is left.
    """
    options, table = now.options, now.table
    match options.target_warping:
        case "none":
            pass
        case "rank":
            table = table.with_values(level_scores)
        case "half_rank":
            table = table.with_values(half_scores)
    rows = down_sample(table, now.surrogate.limit, draws, dense=now.dense)
    values = rows.value[rows.reported]
    if not len(values):
        raise DataError(f"all {len(rows)} rows that max_size_data_for_model leaves are of trials that were lost")
    return rows, standardisation(values) if options.normalize_targets else AS_THEY_ARE


# ---- the posterior -------------------------------------------------------------------------------------------------


@frozen(eq=False)
class Belief:
    """The posterior of f, with one column of targets for each of F fantasies of the pending evaluations."""

    posterior: Posterior
    """The posterior of trials that are not lost."""
    scale: Standardisation
    rows: ObservationTable
    """The rows after down-sampling. The posterior is conditioned on the sound ones; the lost ones tell survival."""
    fantasies: int
    """F, the number of fantasies; 1 if nothing is pending."""
    noise: Callable[[int], float]
    """Resource -> noise variance of an observation there, in squared units of the targets."""
    survival: Survival | None = None
    """The chance not to be lost; None if no trial ever was."""
    worst: float = 0.0
    """The target of a lost trial: the worst at any level, since trials that were stopped earlier were better."""
    mean_name: str = "mean"
    """What a mean is called in evidence: "mean", in units of the metric, or "mean score", of normal scores of ranks."""

    def described(
        self, mean: Array, deviation: Array, value: Array, sign: float
    ) -> list[tuple[tuple[str, float], ...]]:
        """Rows of evidence from means, deviations and minimised acquisitions, shape (m,) each. ``sign`` -1 turns means
        into values to be maximised."""
        told, spread = self.scale.back(mean, deviation**2)
        return [
            ((self.mean_name, m), ("deviation", s), ("acquisition", v))
            for m, s, v in zip((sign * told).tolist(), spread.tolist(), value.tolist(), strict=True)
        ]

    @property
    def said(self) -> Figures:
        """The numbers of the posterior as evidence for people."""
        pending, lost = int(self.rows.pending.sum()), int((self.rows.own & (self.rows.lost > 0)).sum())
        numbers = [("values", float(self.rows.own.sum())), ("pending", float(pending))]
        numbers.append(("fantasies", float(self.fantasies if pending else 0)))
        return Figures("data of the model", (*numbers, *([("lost", float(lost))] if lost else [])))


def _process(now: Situation, values: Values, mean: float, scale: float, widths: Array) -> KernelProcess:
    return base_process(now.surrogate.base, now.surrogate.inputs, {**values, "inverse_bandwidths": widths}, mean, scale)


def believe(now: Situation, learned: Learned, draws: Draws) -> Belief:
    """Condition on all values at the remembered parameters, and on fantasies of the pending evaluations.

    Raises:
        SingularError, DataError, ParameterError: if the model cannot be conditioned.
    """
    rows, scale = fitted_rows(now, draws)
    values, data = now.surrogate.values(learned.parameters), standardised(rows.sound, scale)
    posterior = now.surrogate.model.posterior(now.surrogate.inputs, data, values)
    awaited, fantasies, losses = rows.points(rows.pending), 1, None
    if len(awaited) and not now.options.no_fantasizing:
        fantasies = now.options.num_fantasy_samples
        z = normals(draws, Purpose.FANTASIES, len(awaited), fantasies)
        posterior = posterior.condition(observations(awaited, posterior.sample(awaited, z)))
    if rows.lost.any():
        coordinates = now.surrogate.inputs.dimension  # the bandwidth of the resource may come after theirs
        widths = values["inverse_bandwidths"][:coordinates]
        losses = survival(rows, partial(_process, now, values), widths, now.table)
    worst = float(data.targets[:, 0].max())
    mean_name = "mean score" if now.options.target_warping == "rank" else "mean"
    return Belief(posterior, scale, rows, fantasies, partial(now.noise, values), losses, worst, mean_name)


# ---- incumbents ----------------------------------------------------------------------------------------------------


def rivals(belief: Belief, level: int, at: int | None = None) -> Points:
    """The points that can give the incumbent of a level, moved to the resource ``at`` (None: that level): sound rows
    observed or pending at the level; if none, those at the highest level below that has any; if none, all."""
    rows = belief.rows.sound
    below = rows.resource[rows.resource <= level]
    chosen = np.flatnonzero(rows.resource == below.max()) if len(below) else np.arange(len(rows))
    x = rows.configurations[rows.configuration[chosen]]
    return points(x, level if at is None else at, rows.trial[chosen])


def incumbent(belief: Belief, level: int) -> Array:
    """The smallest posterior mean at a level among the rivals there, one for each fantasy, shape (F,). It is a
    prediction, never an observed value, so noise does not make it too small."""
    smallest: Array = belief.posterior.mean(rivals(belief, level)).min(axis=0)
    return smallest
