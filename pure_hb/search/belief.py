"""WHAT DOES THE SURROGATE SAY NOW? From what a search may see to fitted parameters, and from these to a posterior with
fantasies.

`learn` fits parameters when a fit is due. `believe` conditions on all values at known parameters, draws joint samples
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
    standardisation,
    standardised,
)
from pure_hb.surrogate.arrays import Array, Values
from pure_hb.surrogate.models.dense import BaseProcess
from pure_hb.surrogate.training_data import AS_THEY_ARE, half_ranked, level_scores

UNUSABLE: Final = (SingularError, DataError, ParameterError)
"""The exceptions of a surrogate that cannot be fitted or conditioned."""


@lru_cache(maxsize=32)
def model_of(options: SurrogateOptions) -> Model:
    """The surrogate model that these options describe."""
    base = _base(options)
    match options.model:
        case "gp_multitask":
            return MultiTask(KERNELS[options.gp_resource_kernel](base))
        case "gp_independent":
            return Independent(base, options.separate_noise_variances)
        case "gp_expdecay":
            return Additive(ExponentialCurve(options.expdecay_normalize_inputs), base)
        case "gp_issm":
            return Additive(StateSpaceCurve(options.issm_gamma_one), base)


def _base(options: SurrogateOptions) -> Base:
    return Base(options.gp_base_kernel == "matern52-ard", options.input_warping, options.gp_bandwidth_prior)


@lru_cache(maxsize=32)
def _inputs(space: Space, max_resource: int, levels: tuple[int, ...]) -> Inputs:
    return inputs_of(space, max_resource, levels)


@frozen(eq=False)
class Situation:
    """A model, its inputs, and all observations."""

    options: SurrogateOptions
    model: Model
    inputs: Inputs
    table: ObservationTable
    """All rows, before down-sampling."""
    counts: Mapping[int, int]
    """Resource -> number of values; a trial that was lost on the way to a level counts there."""
    dense: bool = False
    """Whether curves have many levels, so that `pure_hb.surrogate.training_data.sparse` is applied first."""

    @property
    def observed(self) -> int:
        """The number of values, pending rows excluded."""
        return sum(self.counts.values())

    def noise(self, values: Values, resource: int) -> float:
        """The noise variance of an observation at a resource, in squared units of the targets."""
        if not self.options.separate_noise_variances:
            return float(values["noise_variance"])
        return float(values["noise_variances"][self.inputs.levels.index(resource)])

    def parameters(self, learned: Learned) -> Parameters:
        """The remembered parameters as `Parameters` of the model.

        Raises:
            ParameterError: if they do not fit the model.
        """
        specification = self.model.specification(self.inputs)
        single = {one.name for one in specification.parameters if one.labels is None}
        return specification.checked(
            {one.name: one.numbers[0] if one.name in single else one.numbers for one in learned.parameters}
        )


def situation(view: View, options: SurrogateOptions, *, dense: bool = False) -> Situation:
    """The model, inputs and observations from the view of a search."""
    encoded = encoder(view.space)
    curves = [
        TrialCurve(one.trial, encoded(one.configuration), one.curve, pending_of(one, options), one.lost)
        for one in view.known()
    ]
    table = observation_table(
        curves, levels=view.levels, max_resource=view.max_resource, data=SearcherData(options.data)
    )
    counts = Counter(table.resource[table.own].tolist())
    levels = (*view.levels, view.max_resource)
    return Situation(options, model_of(options), _inputs(view.space, view.max_resource, levels), table, counts, dense)


def pending_of(known: Known, options: SurrogateOptions) -> tuple[int, ...]:
    """The resources at which a running trial is expected to report."""
    if known.until is None:
        return ()
    highest = known.curve[-1][0] if known.curve else 0
    if options.register_pending_myopic:
        return (highest + 1,)
    return (known.until,) if options.data == "rungs" else tuple(range(highest + 1, known.until + 1))


# ---- fits ----------------------------------------------------------------------------------------------------------

Estimate = Callable[["Situation", ObservationTable, Observations, Learned, Draws], Theta | None]
"""What a search estimates after each fit (Hyper-Tune: theta), from the fitted rows and the fit; None: nothing new."""


def learn(
    now: Situation,
    before: Learned,
    draws: Draws,
    *,
    keep: bool = False,
    estimate: Estimate | None = None,
    told: tuple[Named, ...] | None = None,
) -> Lesson:
    """The parameters, fitted anew if a fit is due. ``keep``: only if there are no parameters yet. ``told``: see
    `View.told`.

    Raises:
        SingularError, DataError, ParameterError: if the model cannot be fitted.
    """
    is_due, counts = due(_refit_options(now.options), before, now.observed, now.counts.get(now.inputs.max_resource, 0))
    counted = evolve(before, counts=counts)
    if before.parameters and (keep or not is_due):
        kept = before if keep else counted
        return Lesson(kept, (Because(f"the parameters of the fit to {before.observed} values are kept"),))
    rows, scale = fitted_rows(now, draws)
    data = standardised(rows, scale)
    found = _fitted(now, before, data, draws) if told is None else _told(now, data, told)
    named = tuple(
        Named(name, value if isinstance(value, tuple) else (value,))
        for name, value in zip(found.parameters.names, found.parameters.values, strict=True)
    )
    learned = evolve(counted, parameters=named, observed=now.observed)
    if estimate is not None:
        theta = estimate(now, rows, data, learned, draws)
        learned = learned if theta is None else evolve(learned, theta=theta)
    said = fit_said(now.options.model, now.observed, len(data), found.objective, found.evaluations)
    return Lesson(learned, (said,))


def _fitted(now: Situation, before: Learned, data: Observations, draws: Draws) -> Fit:
    """A fit, and what it is worth at the rounded parameters."""
    last = now.parameters(before) if before.parameters else None
    options = FitOptions(now.options.opt_maxiter, now.options.opt_nstarts, now.options.opt_warmstart)
    found = fit(now.model, now.inputs, data, draws=draws, options=options, last=last)
    rounded = now.model.specification(now.inputs).rounded(found.parameters)
    return evolve(fitted_at(now.model, now.inputs, data, rounded), starts=found.starts)


def _told(now: Situation, data: Observations, told: tuple[Named, ...]) -> Fit:
    """What a log says was fitted, and what that is worth here. Raises `ParameterError` if no fit can end there."""
    parameters = now.parameters(Learned(told))
    if now.model.specification(now.inputs).rounded(parameters) != parameters:
        raise ParameterError(f"they have more digits than fits have: {parameters.values}")
    return fitted_at(now.model, now.inputs, data, parameters)


def _refit_options(options: SurrogateOptions) -> RefitOptions:
    return RefitOptions(
        options.opt_skip_init_length,
        options.opt_skip_period,
        options.opt_skip_num_max_resource,
        options.opt_skip_growth,
    )


def fitted_rows(now: Situation, draws: Draws) -> tuple[ObservationTable, Standardisation]:
    """The rows that the model sees after down-sampling, pending ones included, and the standardisation of their
    values."""
    rows = down_sample(_warped(now), now.options.limit, draws, dense=now.dense)
    return rows, standardisation(rows.observed.value) if now.options.normalize_targets else AS_THEY_ARE


def _warped(now: Situation) -> ObservationTable:
    """All rows, the values as the model shall see them."""
    table = now.table.with_lost_above() if now.options.model == "gp_independent" else now.table
    match now.options.target_warping:
        case "none":
            return table
        case "rank":
            return table.with_values(level_scores)
        case "half_rank":
            return table.with_values(lambda values, *_: half_ranked(values))


# ---- the posterior -------------------------------------------------------------------------------------------------


@frozen(eq=False)
class Belief:
    """The posterior of f, with one column of targets for each of F fantasies of the pending evaluations."""

    posterior: Posterior
    """The posterior of trials that are not lost."""
    scale: Standardisation
    rows: ObservationTable
    """The rows that the posterior is conditioned on; pending rows hold samples."""
    fantasies: int
    """F, the number of fantasies; 1 if nothing is pending."""
    noise: Callable[[int], float]
    """Resource -> noise variance of an observation there, in squared units of the targets."""
    survival: Survival | None = None
    """The chance not to be lost; None if no trial ever was."""
    worst: float = 0.0
    """The target of a lost trial: the worst at any level, since trials that were stopped earlier were better."""
    scores: bool = False
    """Whether targets are normal scores of ranks instead of values of the metric."""

    def described(self, mean: Array, deviation: Array, sign: float) -> tuple[list[float], list[float], str]:
        """Means and deviations, shape (m,) each, for display: in units of the metric or in normal scores; and the name
        of such a mean. ``sign`` -1 turns them into values to be maximised."""
        told, variance = self.scale.back(mean, deviation**2)
        return (sign * told).tolist(), np.sqrt(variance).tolist(), "mean score" if self.scores else "mean"

    @property
    def said(self) -> Figures:
        """The numbers of the posterior as evidence for people."""
        pending, lost = int(self.rows.pending.sum()), int((self.rows.own & (self.rows.lost > 0)).sum())
        numbers = [("values", float(self.rows.own.sum())), ("pending", float(pending))]
        numbers.append(("fantasies", float(self.fantasies if pending else 0)))
        return Figures("data of the model", (*numbers, *([("lost", float(lost))] if lost else [])))


def _process(now: Situation, values: Values, mean: float, scale: float, noise: float, widths: Array) -> BaseProcess:
    return BaseProcess(_base(now.options), now.inputs, {**values, "inverse_bandwidths": widths}, mean, scale, noise)


def believe(now: Situation, learned: Learned, draws: Draws) -> Belief:
    """Condition on all values at the remembered parameters, and on fantasies of the pending evaluations.

    Raises:
        SingularError, DataError, ParameterError: if the model cannot be conditioned.
    """
    rows, scale = fitted_rows(now, draws)
    values, data = now.parameters(learned).as_arrays(), standardised(rows, scale)
    posterior = now.model.posterior(now.inputs, data, values)
    awaited, by_rank, fantasies = rows.awaited, now.options.target_warping == "rank", 1
    if len(awaited) and not now.options.no_fantasizing:
        fantasies = now.options.num_fantasy_samples
        z = normals(draws, Purpose.FANTASIES, len(awaited), fantasies)
        posterior = posterior.condition(observations(awaited.points, posterior.sample(awaited.points, z)))
    of_configurations = values["inverse_bandwidths"][: now.inputs.dimension]  # that of the resource may come after them
    losses = survival(rows, partial(_process, now, values), of_configurations)
    worst = float(data.targets[:, 0].max())
    return Belief(posterior, scale, rows, fantasies, partial(now.noise, values), losses, worst, by_rank)
