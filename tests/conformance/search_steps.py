"""Kind `search`, the steps of a suggestion: phases, candidates, pending evaluations, walks, DyHPO, BOHB's draws."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from attrs import frozen

from pure_hb.draws import KeyedDraws, Purpose, Uniforms
from pure_hb.protocol import Learned
from pure_hb.rungs import CoinPromotion, Rung, Seen, quantiles
from pure_hb.search.acquisition import ExpectedImprovement, thompson_scores
from pure_hb.search.belief import pending_of
from pure_hb.search.bohb import Lots, density, near, ratio, split, usable_level
from pure_hb.search.candidates import rounds, walk
from pure_hb.search.dyhpo import incumbent_at
from pure_hb.search.mobster import acquisition_level, early, excluded_keys
from pure_hb.search.options import AcquisitionOptions, SurrogateOptions
from pure_hb.search.view import Known, View
from pure_hb.space import Choice, Configuration, Domain, Finite, Float, Int, Space, match_key, size
from pure_hb.surrogate import RefitOptions, SearcherData, due
from tests.conformance.comparing import Case, kinds_of, near_to, numbers, same
from tests.conformance.keys import same_key
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


def _view(space: Space, trials: Sequence[Mapping[str, Any]]) -> View:
    """What a search sees of trials. One that is not pending, failed or observed had only a NaN for a value: the
    reference has forgotten it, ours has not, so it is left out."""
    seen = [trial for trial in trials if trial["pending"] or trial["failed"] or trial["observed"]]
    known = tuple(
        Known(
            trial["trial"],
            Configuration(trial["config"]),
            tuple((int(level), value) for level, value in trial["observed"].items()),
            max(trial["pending"], default=None),
        )
        for trial in seen
    )
    keys = {one.trial: match_key(space, one.configuration) for one in known}
    failed = {keys[trial["trial"]] for trial in seen if trial["failed"]}
    return View(space, None, set(keys.values()), failed, known=lambda: known)


# ---- before the model ------------------------------------------------------------------------------------------------


def phase(where: str, case: Case, tolerance: Any) -> Steps:
    for number, (query, expect) in enumerate(zip(case["input"]["queries"], case["expected"]["phases"], strict=True)):
        space, trials = _space(query["space"]), query["trials"]
        view, again, least = _view(space, trials), query["allow_duplicates"], query["num_init_random"]
        options = AcquisitionOptions(num_init_random=max(least, 1), allow_duplicates=again)  # 0 is refused: 1 is as 0
        if again and len(view.taken) == size(space) and len(view.taken) < least:
            yield skipped(f"{where} {number}", _ENDS)
            continue
        observed = any(trial["observed"] for trial in trials)
        found = early(view, options, KeyedDraws(0, number), observed=observed)
        ours = "model" if found is None else "none" if found.suggestion is None else "random"
        yield same(f"{where} {number}", ours, expect)


def candidates(where: str, case: Case, tolerance: Any) -> Steps:
    given, asked_for, found = case["input"], list[int](), list[int]()
    count, stream = given["num_candidates"], iter(given["draws"])
    for _, asked in rounds(count, found):
        asked_for.append(asked)
        found += [one for one in (next(stream) for _ in range(asked)) if one not in given["excluded"]]
    yield same(f"{where} requested", asked_for, case["expected"]["requested"])
    yield same(f"{where} candidates", found[:count], case["expected"]["candidates"])


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
        pending = partial(pending_of, data=SearcherData(options.data), myopic=options.register_pending_myopic)
        ours = sorted([one.trial, resource] for one in known for resource in pending(one))
        yield same(f"{where} {number}", ours, sorted(expect))


# ---- with the model --------------------------------------------------------------------------------------------------


def exclusion(where: str, case: Case, tolerance: Any) -> Steps:
    given, expect = case["input"], case["expected"]
    space = _space(given["space"])
    drawn = [Configuration(one) for one in given["candidates"]]
    ends = [Configuration(one) for one in given["ends"]]
    options = AcquisitionOptions(allow_duplicates=given["allow_duplicates"])
    excluded = excluded_keys(_view(space, given["trials"]), options)
    theirs = {one["trial"]: match_key(space, Configuration(one["config"])) for one in given["trials"]}
    yield same(f"{where} trials", [n for n, key in theirs.items() if key in excluded], expect["excluded_trials"])
    yield same(f"{where} size", size(space), expect["size"])
    keys = [match_key(space, one) for one in drawn]
    agree = [same_key(space, ours, theirs) for ours, theirs in zip(keys, expect["match"], strict=True)]
    yield same(f"{where} match", agree, [True] * len(agree))
    yield same(f"{where} equal", _partition(keys), _partition(expect["match"]))
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


def _partition(keys: Sequence[str]) -> list[int]:
    """For each key, where the first that equals it stands."""
    return [keys.index(key) for key in keys]


def suggest(where: str, case: Case, tolerance: Any) -> Steps:
    given, expect = case["input"], case["expected"]
    space, trials = _space(given["space"]), given["trials"]
    counts: dict[int, int] = {}
    for trial in trials:
        for level in map(int, trial["observed"]):
            counts[level] = counts.get(level, 0) + 1
    level = acquisition_level(
        "bohb",
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
        excluded_keys(_view(space, trials), AcquisitionOptions()),
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
    yield near_to(f"{where} quantiles", quantiles(given["levels"], given["r_max"]), expect["quantiles"], tolerance)
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
        found = CoinPromotion(query["probability_sh"]).scan(Seen(tuple(rungs)), _Coin(query["u"])).promoted
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
    "dyhpo_sh": dyhpo_sh,
    "exclusion": exclusion,
    "kde_candidates": kde_candidates,
    "pending": pending,
    "phase": phase,
    "refit": refit,
    "suggest": suggest,
}
