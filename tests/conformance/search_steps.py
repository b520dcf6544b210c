"""Kind `search`, the steps of a suggestion: phases, candidates, pending evaluations, fantasies, scores, DyHPO."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from attrs import frozen

from pure_hb.draws import Purpose, Uniforms
from pure_hb.protocol import Learned
from pure_hb.rungs import CoinPromotion, Rung
from pure_hb.search.acquisition import ExpectedImprovement
from pure_hb.search.candidates import collected, optimised, walk
from pure_hb.search.competing import incumbent_at
from pure_hb.search.criterion import Mixture, summed, thompson_scores
from pure_hb.search.density import density, ratio, split, usable_level
from pure_hb.search.level_choice import ResourceAcquisition, acquisition_level, highest_supported
from pure_hb.search.modelling import Belief, pending_of
from pure_hb.search.near_good import Lots, near
from pure_hb.search.options import SurrogateOptions
from pure_hb.search.suggesting import Phase, phase_of
from pure_hb.search.view import Known
from pure_hb.search.weighting import bracket_weights, cross_validated_loss, folds, ranking_loss, theta
from pure_hb.search.weighting import ensemble as ensemble_of
from pure_hb.space import Choice, Configuration, Domain, Finite, Float, Int, Space, encode, match_key, size
from pure_hb.surrogate import Base, Inputs, RefitOptions, Standardisation, due, observation_table, observations, points
from pure_hb.surrogate.linear_algebra import extend, factorise
from pure_hb.surrogate.models.base_process import BaseProcess
from pure_hb.surrogate.models.dense import dense_posterior, joint_samples
from tests.conformance.comparing import Case, kinds_of, near_to, numbers, same
from tests.conformance.outcome import Outcome, skipped

Steps = Iterator[Outcome]

_COIN: Final = "decisions 6.23: the coin is u < p, so that 0 is never"
_ENDS: Final = "decisions of search, 10: the random phase ends with the space"


def _space(given: Sequence[Mapping[str, Any]]) -> Space:
    return Space(**{one["name"]: _domain(one) for one in given})


def _domain(one: Mapping[str, Any]) -> Domain:
    match one["type"]:
        case "float":
            return Float(one["lo"], one["hi"], log=one["log"])
        case "int":
            return Int(one["lo"], one["hi"], log=one["log"])
        case "finite":
            return Finite(one["lo"], one["hi"], one["size"], log=one["log"], integer=one["integer"])
        case "choice":
            return Choice(*one["values"])
        case other:
            raise ValueError(f"unknown domain {other}")


def _excluded(space: Space, trials: Sequence[Mapping[str, Any]], *, all_of_them: bool = True) -> set[str]:
    """Keys of the trials that are pending or failed, and of those observed. Ours excludes all that was started: a trial
    with none of the three is one whose every value was NaN."""
    return {
        match_key(space, Configuration(trial["config"]))
        for trial in trials
        if trial["pending"] or trial["failed"] or (all_of_them and trial["observed"])
    }


# ---- before the model ------------------------------------------------------------------------------------------------


def phase(where: str, case: Case, tolerance: Any) -> Steps:
    names = {Phase.RANDOM: "random", Phase.MODEL: "model", Phase.NOTHING: "none"}
    for number, (query, expect) in enumerate(zip(case["input"]["queries"], case["expected"]["phases"], strict=True)):
        space, trials = _space(query["space"]), query["trials"]
        known = _excluded(space, trials)
        blocked = _excluded(space, trials, all_of_them=False) if query["allow_duplicates"] else known
        observed = any(trial["observed"] for trial in trials)
        if query["allow_duplicates"] and len(known) == size(space) and len(known) < query["num_init_random"]:
            yield skipped(f"{where} {number}", _ENDS)
            continue
        ours = names[phase_of(space, known, blocked, query["num_init_random"], observed=observed)]
        yield same(f"{where} {number}", ours, expect)


def candidates(where: str, case: Case, tolerance: Any) -> Steps:
    given, asked_for = case["input"], []
    stream = iter(given["draws"])

    def drawn(asked: int, attempt: int) -> list[int]:
        asked_for.append(asked)
        return [one for one in (next(stream) for _ in range(asked)) if one not in given["excluded"]]

    found = collected(given["num_candidates"], drawn)
    yield same(f"{where} requested", asked_for, case["expected"]["requested"])
    yield same(f"{where} candidates", found, case["expected"]["candidates"])


def refit(where: str, case: Case, tolerance: Any) -> Steps:
    given = case["input"]
    by_maximum = given["rule"] == "max_resource"
    options = RefitOptions(given["init_length"], 1 if by_maximum else given["period"], by_maximum)
    learned, ours = Learned(), []
    for call in given["calls"]:
        is_due, counts = due(options, learned, call["observations"], call["at_r_max"])
        learned = Learned(observed=call["observations"] if is_due else learned.observed, counts=counts)
        ours.append(is_due)
    yield same(where, ours, case["expected"]["refit"])


def pending(where: str, case: Case, tolerance: Any) -> Steps:
    given = case["input"]
    options = SurrogateOptions(
        searcher_data=given["searcher_data"], register_pending_myopic=given["register_pending_myopic"]
    )
    steps, nothing = (*given["rung_levels"], given["r_max"]), Configuration({})
    curves: dict[int, list[tuple[int, float]]] = {}
    until: dict[int, int | None] = {}
    for number, (event, expect) in enumerate(zip(given["events"], case["expected"]["pending"], strict=True)):
        trial = event["trial"]
        match event["event"]:
            case "start":
                curves[trial], until[trial] = [], steps[event["bracket"]]
            case "resume":
                until[trial] = event["to"]
            case "fail":
                until[trial] = None
            case "report":
                curves[trial].append((event["resource"], 0.5))
                if event["decision"] != "continue" or event["resource"] == given["r_max"]:
                    until[trial] = None
                elif event["resource"] == until[trial]:
                    until[trial] = min(step for step in steps if step > event["resource"])
        known = [Known(one, nothing, tuple(curve), until[one]) for one, curve in curves.items()]
        ours = sorted([one.trial, resource] for one in known for resource in pending_of(one, options))
        yield same(f"{where} {number}", ours, sorted(expect))


# ---- with the model --------------------------------------------------------------------------------------------------


def fantasies(where: str, case: Case, tolerance: Any) -> Steps:
    given, expect = case["input"], case["expected"]
    kernel, mean = numbers(given["kernel_matrix"]), numbers(given["mean"])
    n, m = len(given["targets"]), given["num_pending"]
    data, awaited, new = slice(0, n), slice(n, n + m), slice(n + m, None)
    noise = given["noise_variance"]
    factor = factorise(kernel[data, data], noise)
    p = factor.solve_lower(numbers(given["targets"]) - mean[data])
    solved = factor.solve_lower(kernel[data, awaited])
    centre = mean[awaited] + solved.T @ p
    around = kernel[awaited, awaited] - solved.T @ solved
    z = numbers(given["z"])
    spread = np.sqrt(around) @ z if m == 1 else factorise(around, 1e-5).lower @ z
    samples = centre[:, None] + spread
    yield near_to(f"{where} samples", samples, expect["samples"], tolerance)
    corner = kernel[awaited, awaited] + noise * np.eye(m)
    extended = extend(factor, kernel[data, awaited], corner)
    targets = np.vstack((np.repeat(numbers(given["targets"])[:, None], z.shape[1], axis=1), samples))
    q = extended.solve_lower(targets - mean[: n + m, None])
    cross = extended.solve_lower(kernel[: n + m, new])
    yield near_to(f"{where} means", mean[new, None] + cross.T @ q, expect["means"], tolerance)
    variance = np.diagonal(kernel[new, new]) - np.einsum("ij,ij->j", cross, cross)
    yield near_to(f"{where} variances", variance, expect["variances"], tolerance)


def ensemble(where: str, case: Case, tolerance: Any) -> Steps:
    given, expect = case["input"], case["expected"]
    weights = {level: theta for level, theta in zip(given["levels"], given["theta"], strict=True) if theta > 0.01}
    chosen = [given["levels"].index(level) for level in weights]
    mean, variance = numbers(given["means"])[chosen], numbers(given["variances"])[chosen]
    k, m, f = mean.shape
    total, spread = summed(weights, mean.transpose(1, 0, 2).reshape(m * k, f), variance.T.reshape(m * k))
    scale = given["normalize_std"]
    metric, deviation = given["normalize_mean"] + scale * total, scale * np.sqrt(spread)
    yield near_to(f"{where} mean", metric, expect["mean"], tolerance)
    yield near_to(f"{where} std", deviation, expect["std"], tolerance)
    best = metric[given["incumbent_rows"]].min(axis=0)
    yield near_to(f"{where} incumbents", best, expect["incumbents"], tolerance)
    found = ExpectedImprovement(0.01)(metric, deviation, best)
    yield near_to(f"{where} value", found.value, expect["value"], tolerance)
    yield near_to(f"{where} d_mean", found.by_mean, expect["d_mean"], tolerance)
    yield near_to(f"{where} d_std", found.by_deviation, expect["d_std"], tolerance)


def hypertune(where: str, case: Case, tolerance: Any) -> Steps:
    given, expect = case["input"], case["expected"]
    levels, row_levels = given["levels"], np.array(given["row_levels"])
    counts = {level: int((row_levels == level).sum()) for level in levels}
    highest = highest_supported(counts, levels)
    yield same(f"{where} r_star", highest, expect["r_star"])
    if highest is None:
        return
    kernel, mean, y = numbers(given["kernel_matrix"]), numbers(given["mean"]), numbers(given["targets"])
    z = [numbers(one) for one in given["z"]]
    noise, n = numbers(given["noise_variances"]), len(y)
    top = np.flatnonzero(row_levels == highest)
    factor = factorise(kernel[:n, :n], noise)
    p = factor.solve_lower(y - mean[:n])
    losses = {}
    for number, level in enumerate(given["test_levels"]):
        at = np.arange(n + number * len(top), n + (number + 1) * len(top))
        solved = factor.solve_lower(kernel[:n, at])
        centre, around = mean[at] + solved.T @ p, kernel[np.ix_(at, at)] - solved.T @ solved
        losses[level] = ranking_loss(joint_samples(centre[:, None], around, z[number]), y[top])
    alone = folds(kernel[np.ix_(top, top)], mean[top], float(noise[top[0]]), y[top], z[len(losses) :])
    losses[highest] = cross_validated_loss(list(alone))
    yield near_to(f"{where} losses", list(losses.values()), expect["losses"], tolerance)
    weights = theta(losses)
    kept = {str(level): share for level, share in ensemble_of(weights, renormalise=False).items()}
    yield same(f"{where} levels", sorted(kept), sorted(expect["ensemble"]))
    shares = [kept[level] for level in sorted(kept)]
    yield near_to(f"{where} theta", shares, [expect["ensemble"][level] for level in sorted(kept)], tolerance)
    brackets = bracket_weights(weights, levels, given["num_brackets"], highest)
    yield near_to(f"{where} brackets", brackets, expect["bracket_weights"], tolerance)


def ei_gp(where: str, case: Case, tolerance: Any) -> Steps:
    """Through the criterion of the searches, in standardised units: EI is the same but for the scale."""
    given, expect = case["input"], case["expected"]
    x, b = numbers(given["features"]), numbers(given["inverse_bandwidths"])
    names = tuple(f"x{number}" for number in range(len(b)))
    inputs, values = Inputs(names, 1, (True,) * len(b)), {"inverse_bandwidths": b}
    process = BaseProcess(Base(), inputs, values, given["mean"], given["covariance_scale"], given["noise_variance"])
    posterior = dense_posterior(process, observations(points(x, 1), numbers(given["targets"])))
    scale = Standardisation(given["normalize_mean"], given["normalize_std"])
    table = observation_table([], levels=(1,), max_resource=1)
    best = posterior.predict(points(x, 1)).mean.min(axis=0)
    yield near_to(f"{where} incumbents", scale.mean + scale.scale * best, expect["incumbents"], tolerance["value"])
    acquisition = ExpectedImprovement(given["jitter"] / scale.scale if "jitter" in given else 0.01 / scale.scale)
    criterion = Mixture(Belief(posterior, scale, table, len(best)), {1: 1.0}, {1: best}, acquisition)
    new = numbers(given["candidates"])
    found = posterior.predict(points(new, 1))
    yield near_to(f"{where} means", scale.mean + scale.scale * found.mean, expect["means"], tolerance["value"])
    yield near_to(f"{where} stds", scale.scale * np.sqrt(found.variance), expect["stds"], tolerance["value"])
    yield near_to(f"{where} value", scale.scale * criterion(new), expect["value"], tolerance["value"])
    gradient = [scale.scale * criterion.with_gradient(one)[1] for one in new]
    yield near_to(f"{where} gradient", gradient, expect["gradient"], tolerance["gradient"])
    space = Space(**{name: Float(0.0, 1.0) for name in names})
    start = new[given["start"]]
    reached = optimised(space, criterion, start)
    end = start if reached is None else encode(space, reached)
    ours, theirs = scale.scale * float(criterion(end[None, :])[0]), expect["optimised"]["value"]
    excess = tolerance["optimised"]["value_excess"]
    yield same(f"{where} optimised", "reached" if ours <= theirs + excess else f"{ours} against {theirs}", "reached")


def exclusion(where: str, case: Case, tolerance: Any) -> Steps:
    given, expect = case["input"], case["expected"]
    space = _space(given["space"])
    drawn = [Configuration(one) for one in given["candidates"]]
    ends = [Configuration(one) for one in given["ends"]]
    excluded = _excluded(space, given["trials"], all_of_them=not given["allow_duplicates"])
    yield same(f"{where} match", [match_key(space, one) for one in drawn], expect["match"])
    yield same(f"{where} number", len(excluded), expect["num_excluded"])
    inside = [match_key(space, one) in excluded for one in drawn]
    yield same(f"{where} excluded", inside, expect["candidate_excluded"])
    walked: list[int] = []

    def end(number: int) -> Configuration:
        walked.append(number)
        return ends[number]

    order = np.argsort(numbers(given["scores"]), kind="stable").tolist()
    picked = walk(order, drawn.__getitem__, end, lambda one: match_key(space, one), excluded)
    ours = None if picked is None else {"candidate": picked.number, "which": "end" if picked.moved else "start"}
    yield same(f"{where} walked", walked, expect["optimised_from"])
    yield same(f"{where} picked", ours, expect["picked"])


def suggest(where: str, case: Case, tolerance: Any) -> Steps:
    given, expect = case["input"], case["expected"]
    space, trials = _space(given["space"]), given["trials"]
    counts: dict[int, int] = {}
    for trial in trials:
        for level in map(int, trial["observed"]):
            counts[level] = counts.get(level, 0) + 1
    level = acquisition_level(
        ResourceAcquisition.BOHB,
        counts,
        threshold=given["resource_acq_bohb_threshold"],
        first_milestone=1,
        max_resource=given["r_max"],
    )
    yield same(f"{where} r_acq", level, expect["r_acq"])
    waits = any(trial["pending"] for trial in trials)
    yield same(f"{where} fantasies", given["num_fantasy_samples"] if waits else 1, expect["num_fantasies"])
    known = numbers([one["means"] for one in given["known"]])
    levels = np.array([one["level"] for one in given["known"]])
    best = incumbent_at(level, levels, known, has_data=True)
    yield near_to(f"{where} incumbents", best, expect["incumbents"], tolerance)
    mean, deviation = numbers(given["means"]), numbers(given["stds"])
    value = ExpectedImprovement(0.01)(mean, deviation, best).value
    yield near_to(f"{where} ei", value, expect["ei"], tolerance)
    scores = value if given["z"] is None else thompson_scores(mean, deviation[:, None], numbers(given["z"]))
    ends = {one["candidate"]: Configuration(one["end"]) for one in given["ends"] or ()}
    drawn = [Configuration(one) for one in given["candidates"]]
    picked = walk(
        np.argsort(scores, kind="stable").tolist(),
        drawn.__getitem__,
        ends.get,
        lambda one: match_key(space, one),
        _excluded(space, trials),
    )
    ours = None if picked is None else match_key(space, picked.configuration)
    theirs = None if expect["config"] is None else match_key(space, Configuration(expect["config"]))
    yield same(f"{where} config", ours, theirs)


# ---- DyHPO -----------------------------------------------------------------------------------------------------------


def dyhpo(where: str, case: Case, tolerance: Any) -> Steps:
    given, expect = case["input"], case["expected"]
    known, waiting, new = given["known"], given["paused"], given["new"]
    levels = np.array([one["level"] for one in known])
    means = numbers([one["means"] for one in known])
    observed = {one["level"] for one in known if one["status"] == "observed"}
    level = np.array([one["next_level"] for one in waiting] + [given["r_min"]] * len(new))
    yield same(f"{where} new", max(given["num_init_candidates"], len(waiting)), expect["num_new"])
    mean = numbers([one["means"] for one in (*waiting, *new)])
    deviation = numbers([one["std"] for one in (*waiting, *new)])
    score = np.empty(len(level))
    for r, theirs in expect["incumbents"].items():
        best = incumbent_at(int(r), levels, means, has_data=int(r) in observed)
        yield near_to(f"{where} incumbent {r}", best, theirs, tolerance)
        rows = level == int(r)
        score[rows] = ExpectedImprovement(given["jitter"])(mean[rows], deviation[rows], best).value
    yield near_to(f"{where} scores", score, expect["scores"], tolerance)
    winner = int(np.argmin(score))
    place = winner - len(waiting)
    ours = {"resume": waiting[winner]["trial"]} if place < 0 else {"new": place}
    yield same(f"{where} choice", ours, expect["choice"])


@frozen
class _Coin:
    u: float

    def uniform(self, purpose: Purpose, index: int = 0, attempt: int = 0) -> float:
        return self.u

    def uniforms(self, purpose: Purpose, count: int, attempt: int = 0) -> Uniforms:
        return np.full(count, self.u)


def dyhpo_sh(where: str, case: Case, tolerance: Any) -> Steps:
    given, expect = case["input"], case["expected"]
    steps = (*given["levels"], given["r_max"])
    for number, (query, answer) in enumerate(zip(given["queries"], expect["answers"], strict=True)):
        rungs = []
        for level, following in zip(given["levels"], steps[1:], strict=True):
            rung = Rung(level, following)
            for entry in query["rungs"][str(level)]:
                rung = rung.enter(entry["trial"], entry["value"], waits=not entry["promoted"])
            cutoff = rung.standing(rung.values[0]).cutoff if len(rung) else None
            theirs = answer["cutoffs"][str(level)]
            if theirs is None:
                yield same(f"{where} {number} cutoff {level}", cutoff, None)
            else:
                yield near_to(f"{where} {number} cutoff {level}", cutoff, theirs, tolerance)
            rungs.append(rung)
        found = CoinPromotion(query["probability_sh"]).scan(tuple(rungs), _Coin(query["u"])).promoted
        waiting = [[one.trial, rung.next_level] for rung in reversed(rungs) for one in rung.waiting]
        if query["u"] == query["probability_sh"]:
            yield skipped(f"{where} {number}", _COIN)
            continue
        ours: dict[str, Any] = {"model": waiting}
        if found is not None:
            ours = {"promote": found.entry.trial, "from": found.rung.level, "to": found.rung.next_level}
        yield same(f"{where} {number}", ours, answer["decision"])


# ---- BOHB ------------------------------------------------------------------------------------------------------------


def kde_candidates(where: str, case: Case, tolerance: Any) -> Steps:
    given, expect = case["input"], case["expected"]
    observations, kinds = given["observations"], kinds_of(given["space"])
    counts: dict[int, int] = {}
    for one in observations:
        counts[one["level"]] = counts.get(one["level"], 0) + 1
    fewest, top = given["num_min_data_points"], given["top_n_percent"]
    level = usable_level(counts, len(kinds), fewest, top)
    rows = [one for one in observations if one["level"] == level]
    features = numbers([one["features"] for one in rows])
    sets = []
    for chosen in split(numbers([one["value"] for one in rows]), fewest, top):
        data = features[chosen]
        sets.append(density(data, kinds, [len(np.unique(column)) for column in data.T], given["min_bandwidth"]))
    good, bad = sets
    draws = given["draws"]
    u = numbers([[one["u"] if "u" in one else one["keep"] for one in draw["coordinates"]] for draw in draws])
    other = np.array(
        [[_replacement(one, d) for one, d in zip(draw["coordinates"], given["space"], strict=True)] for draw in draws]
    )
    found = near(good, Lots(np.array([draw["row"] for draw in draws]), u, other), given["bandwidth_factor"])
    yield near_to(f"{where} features", found, expect["features"], tolerance)
    scores = ratio(good(found), bad(found))
    yield near_to(f"{where} acquisition", scores, expect["acquisition"], tolerance)
    order = [n for n in np.argsort(scores, kind="stable").tolist() if n not in given["not_allowed"]]
    yield same(f"{where} chosen", order[0] if order else None, expect["chosen"])


def _replacement(coordinate: Mapping[str, Any], domain: Mapping[str, Any]) -> float:
    """The reference's feature of the value z that was drawn."""
    z = coordinate.get("z")
    if z is None:
        return 0.0
    if domain["type"] == "choice":
        return float(z) / len(domain["values"])
    return float((z - domain["lo"]) / (domain["hi"] - domain["lo"]))


TYPES: Final[Mapping[str, Callable[[str, Case, Any], Steps]]] = {
    "candidates": candidates,
    "dyhpo": dyhpo,
    "ei_gp": ei_gp,
    "hypertune": hypertune,
    "dyhpo_sh": dyhpo_sh,
    "ensemble": ensemble,
    "exclusion": exclusion,
    "fantasies": fantasies,
    "kde_candidates": kde_candidates,
    "pending": pending,
    "phase": phase,
    "refit": refit,
    "suggest": suggest,
}
