"""WHICH CLAIMS ARE TESTED, AND BY WHAT? The arms of each experiment, and what its runs say.

An arm is a method with options; arms of several experiments that are the same are run once. A finding is a number with
its 95% bootstrap interval over (problem, seed) pairs, and a verdict: "seen" if the interval lies on the side that the
claim says, "opposite" if it lies on the other side, else "not seen".
"""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from _runs import QUARTERS, Job
from _summaries import KEY, RESAMPLES, interquartile_mean
from attrs import frozen

Verdict = Literal["seen", "not seen", "opposite", ""]
Run = Mapping[str, Any]
KERNELS: Final = (
    "exp-decay-sum",
    "exp-decay-combined",
    "exp-decay-delta1",
    "freeze-thaw",
    "matern52",
    "cross-validation",
)
"""Those that are not the default, matern52-res-warp."""
LONG: Final = 4.0


@frozen
class Arm:
    """What is run: a method, its options, the delay of starting and stopping, the budget in units of T."""

    method: str
    options: tuple[tuple[str, Any], ...] = ()
    delay: float = 0.0
    budget: float = 1.0

    @property
    def name(self) -> str:
        """What the arm is called in the file and on the page."""
        told = [f"{name}={value}" for name, value in self.options]
        told += [f"delay={self.delay:g}"] * (self.delay > 0.0) + [f"{self.budget:g} T"] * (self.budget != 1.0)
        return f"{self.method} ({', '.join(told)})" if told else self.method

    def job(self, problem: Path | str, seed: int, workers: int) -> Job:
        """A run of it."""
        return Job(problem, self.method, seed, workers, self.budget, self.name, self.options, self.delay)


def _arm(method: str, **options: Any) -> Arm:
    return Arm(method, tuple(options.items()))


@frozen
class Finding:
    """What the runs say on one point."""

    what: str
    value: float
    low: float
    high: float
    verdict: Verdict
    pairs: int


@frozen
class Runs:
    """The runs of arms, by (arm, problem, seed)."""

    of: Mapping[tuple[str, str, int], Run]
    looks: Mapping[str, float]
    """When regrets are compared: what it is called -> a share of a run."""

    def pairs(self, *arms: Arm) -> list[tuple[str, int]]:
        """What all these arms have been run for."""
        each = [{(table, seed) for name, table, seed in self.of if name == arm.name} for arm in arms]
        return sorted(set.intersection(*each))

    def column(self, arm: Arm, number: Callable[[Run], float]) -> Any:
        """A function of an arm, for `sample`."""
        return lambda table, seed: number(self.of[arm.name, table, seed])


# ---- numbers of one run --------------------------------------------------------------------------------------------


def regret(run: Run, share: float = 1.0) -> float:
    """The regret after a share of the run; infinite if nothing was found."""
    until = share * run["budget"] * (1.0 + 1e-9)
    return min((float(value) for when, value in run["regrets"] if when <= until), default=math.inf)


def one_epoch_share(run: Run) -> float:
    """The share of trials that were never trained beyond resource 1."""
    return float(run["spent"]["one_epoch_trials"]) / max(1, run["trials"])


def promising_share(run: Run) -> float:
    """The share of all epochs that were trained above the second rung."""
    epochs = {int(level): count for level, count in run["spent"]["epochs_by_rung"].items()}
    above = sorted(epochs)[2:]
    return sum(epochs[level] for level in above) / max(1, sum(epochs.values()))


def worse_share(quarter: int) -> Callable[[Run], float]:
    """The share of the starts of a quarter that end worse than the median row; NaN if there were none."""
    return lambda run: run["worse_starts"][quarter] / run["starts"][quarter] if run["starts"][quarter] else math.nan


def early_starts(run: Run) -> float:
    """The share of trials that were started before the first resume."""
    return float(run["spent"]["starts_before_first_resume"]) / max(1, run["trials"])


def seconds_per_decision(run: Run) -> float:
    """CPU seconds that deciding took, for each trial that was started."""
    return float(run["decision_seconds"]) / max(1, run["trials"])


def first_theta(run: Run) -> float:
    """When theta was first estimated, as a share of the run; 1 if never."""
    time = run["spent"]["first_theta_time"]
    return 1.0 if time is None else float(time) / (run["T"] * run["budget"])


# ---- findings ------------------------------------------------------------------------------------------------------


def _found(what: str, numbers: Any, claimed: int | None, tables: Sequence[str], mean: Callable[[Any], Any]) -> Finding:
    """The mean of one number for each pair, resampled within tables. ``claimed``: the sign that the claim says; 0: that
    there is no difference; None: nothing, it is a number to be read."""
    given = np.asarray(numbers, dtype=float)
    names = np.asarray(tables)
    kept = np.isfinite(given)
    given, names = given[kept], names[kept]
    generator = np.random.default_rng(KEY)
    columns = [
        given[names == name][generator.integers(0, (names == name).sum(), (RESAMPLES // 5, (names == name).sum()))]
        for name in dict.fromkeys(names.tolist())
    ]
    means = mean(np.hstack(columns))
    low, high = (float(one) for one in np.percentile(means, (2.5, 97.5)))
    inside = low <= 0.0 <= high
    verdict: Verdict
    if claimed is None:
        verdict = ""
    elif claimed == 0:
        verdict = "seen" if inside else "opposite"
    else:
        verdict = "not seen" if inside else "seen" if (low > 0.0) == (claimed > 0) else "opposite"
    return Finding(what, float(mean(given[None, :])[0]), low, high, verdict, len(given))


def _plain_mean(values: Any) -> Any:
    return values.mean(axis=-1)


def wins(runs: Runs, ours: Arm, theirs: Arm, claimed: int = 1) -> list[Finding]:
    """How much more often one arm has the lower regret: the share of pairs that it wins, less the share it loses."""
    pairs, found = runs.pairs(ours, theirs), []
    for when, share in runs.looks.items():
        a, b = (np.array([regret(runs.of[arm.name, *pair], share) for pair in pairs]) for arm in (ours, theirs))
        told = f"pairs won less pairs lost by regret{when}, {ours.name} against {theirs.name}"
        found.append(_found(told, np.sign(b - a), claimed, [problem for problem, _ in pairs], _plain_mean))
    return found


def gap(
    runs: Runs, what: str, ours: Arm, theirs: Arm, number: Callable[[Run], float], claimed: int, *, ratio: bool = False
) -> Finding:
    """The mean difference of a number between two arms; with ``ratio`` the interquartile mean of its log2 ratio."""
    pairs = runs.pairs(ours, theirs)
    a, b = (np.array([number(runs.of[arm.name, *pair]) for pair in pairs]) for arm in (ours, theirs))
    numbers = np.log2(a / b) if ratio else a - b
    told = f"{what}, {ours.name} against {theirs.name}" + (" (log2 of the ratio)" if ratio else "")
    mean = interquartile_mean if ratio else _plain_mean
    return _found(told, numbers, claimed, [table for table, _ in pairs], mean)


def level(runs: Runs, what: str, arm: Arm, number: Callable[[Run], float]) -> Finding:
    """The mean of a number of one arm, to be read."""
    pairs = runs.pairs(arm)
    numbers = [number(runs.of[arm.name, *pair]) for pair in pairs]
    return _found(f"{what}, {arm.name}", numbers, None, [table for table, _ in pairs], _plain_mean)


# ---- the experiments -----------------------------------------------------------------------------------------------


@frozen
class Experiment:
    """A claim, the arms that are run for it, and what is made of the runs."""

    id: str
    claim: str
    arms: tuple[Arm, ...]
    findings: Callable[[Runs], list[Finding]]


JOINT, INDEP = _arm("MOBSTER-JOINT"), _arm("MOBSTER-INDEP")
PROM, STOP, RANDOM = _arm("ASHA-PROM"), _arm("ASHA-STOP"), _arm("RANDOM")
HYPERTUNE, HYPERTUNE4 = _arm("HYPERTUNE-INDEP"), _arm("HYPERTUNE4-INDEP")
WEIGHTED = _arm("HYPERTUNE-INDEP", ensemble="weighted_sum")
LATE_THETA = _arm("HYPERTUNE-INDEP", theta_from="r_max")
KERNEL_ARMS = (JOINT, *(_arm("MOBSTER-JOINT", gp_resource_kernel=kernel) for kernel in KERNELS))
ALL, LAST = (_arm("MOBSTER-JOINT", searcher_data=data) for data in ("all", "rungs_and_last"))
ASHA2, ASHA4 = _arm("ASHA-PROM", brackets=2), _arm("ASHA4-PROM")
JOINT2, JOINT4 = _arm("MOBSTER-JOINT", brackets=2), _arm("MOBSTER4-JOINT")
COINS = {p: _arm("DYHPO", probability_sh=p) for p in (0.0, 0.1, 0.25, 0.5, 1.0)}
DELAYED = {d: tuple(Arm(arm.method, (), d) for arm in (JOINT, PROM, RANDOM)) for d in (1.0, 5.0)}
CAPS = {cap: Arm("MOBSTER-JOINT", (("max_size_data_for_model", cap),), budget=LONG) for cap in (250, 500, 1000, None)}
DECAY, ISSM = _arm("MOBSTER-JOINT", model="gp_expdecay"), _arm("MOBSTER-JOINT", model="gp_issm")


def _outperforms(runs: Runs) -> list[Finding]:
    return [
        *wins(runs, JOINT, PROM),
        *wins(runs, JOINT, RANDOM),
        *wins(runs, PROM, RANDOM),
        _sooner(runs, JOINT, PROM),
    ]


def _sooner(runs: Runs, ours: Arm, theirs: Arm) -> Finding:
    """How much sooner an arm reaches the other one's median final regret; a run that does not, at its end."""
    pairs = runs.pairs(ours, theirs)
    finals: dict[str, list[float]] = {}
    for pair in pairs:
        finals.setdefault(pair[0], []).append(regret(runs.of[theirs.name, *pair]))

    def reached(arm: Arm, table: str, seed: int) -> float:
        run, target = runs.of[arm.name, table, seed], float(np.median(finals[table]))
        return next((when for when, value in run["regrets"] if value <= target), float(run["budget"]))

    saved = np.array([reached(theirs, *pair) - reached(ours, *pair) for pair in pairs])
    told = f"shares of T by which {ours.name} reaches the median final regret of {theirs.name} sooner than that itself"
    return _found(told, saved, 1, [table for table, _ in pairs], _plain_mean)


def _problems_won(runs: Runs, ours: Arm, theirs: Arm) -> Finding:
    """The share of problems on which an arm has the lower median regret, less that on which it has the higher one."""
    pairs = runs.pairs(ours, theirs)
    tables = list(dict.fromkeys(table for table, _ in pairs))

    def median(arm: Arm, name: str) -> float:
        return float(np.median([regret(runs.of[arm.name, *pair]) for pair in pairs if pair[0] == name]))

    signs = [np.sign(median(theirs, name) - median(ours, name)) for name in tables]
    told = f"problems won less problems lost by median regret, {ours.name} against {theirs.name}"
    return _found(told, signs, 1, ["all"] * len(signs), _plain_mean)


def _fewer_starts(runs: Runs) -> list[Finding]:
    quarters = ("first", "second", "third", "last")
    return [
        gap(runs, "share of trials that stop after one epoch", JOINT, PROM, one_epoch_share, -1),
        gap(runs, "share of trials that stop after one epoch", JOINT, STOP, one_epoch_share, -1),
        gap(runs, "trials", JOINT, PROM, lambda run: float(run["trials"]), -1, ratio=True),
        gap(runs, "share of epochs above the second rung", JOINT, PROM, promising_share, 1),
        *(
            gap(runs, f"share of bad starts in the {name} quarter", JOINT, PROM, worse_share(place), -1)
            for place, name in zip(range(1, QUARTERS), quarters[1:], strict=True)
        ),
    ]


def _delays(runs: Runs) -> list[Finding]:
    found = []
    for mobster, asha, _ in DELAYED.values():
        pairs = runs.pairs(mobster, asha, JOINT, PROM)
        of = {
            arm: np.array([regret(runs.of[arm.name, *pair]) for pair in pairs]) for arm in (mobster, asha, JOINT, PROM)
        }
        gain = np.sign(of[asha] - of[mobster]) - np.sign(of[PROM] - of[JOINT])
        told = f"how many more pairs are won with a delay of {mobster.delay:g} median epochs than without"
        found.append(_found(told, gain, 1, [table for table, _ in pairs], _plain_mean))
        found += wins(runs, mobster, asha)
    return found


def _joint_and_kernels(runs: Runs) -> list[Finding]:
    beside = [finding for kernel in KERNEL_ARMS[1:] for finding in wins(runs, kernel, JOINT, 0)]
    return [*wins(runs, JOINT, INDEP), *beside, _spread(runs)]


def _spread(runs: Runs) -> Finding:
    pairs = runs.pairs(*KERNEL_ARMS)
    tables = [table for table, _ in pairs]
    regrets = np.array([[regret(runs.of[arm.name, *pair]) for pair in pairs] for arm in KERNEL_ARMS])
    ratios = []
    for name in dict.fromkeys(tables):
        of = regrets[:, np.asarray(tables) == name]
        ratios.append(float(of.mean(axis=1).std() / max(of.std(axis=1).mean(), 1e-12)))
    told = "1 less (spread between kernels over spread between seeds), one number for each problem"
    return _found(told, 1.0 - np.array(ratios), 1, ["all"] * len(ratios), _plain_mean)


def _searcher_data(runs: Runs) -> list[Finding]:
    return [
        finding
        for arm in (ALL, LAST)
        for finding in (
            *wins(runs, arm, JOINT, 0),
            gap(runs, "CPU seconds a trial", arm, JOINT, seconds_per_decision, 1, ratio=True),
        )
    ]


def _brackets(runs: Runs) -> list[Finding]:
    return [
        finding
        for one, many in ((PROM, (ASHA2, ASHA4)), (JOINT, (JOINT2, JOINT4)))
        for more in many
        for finding in wins(runs, one, more)
    ]


def _ensemble(runs: Runs) -> list[Finding]:
    def on_highest(quarter: int) -> Callable[[Run], float]:
        def share(run: Run) -> float:
            theta = {int(level): weight for level, weight in run["thetas"][quarter].items()}
            return theta[max(theta)] if theta else math.nan

        return share

    return [
        *wins(runs, HYPERTUNE, INDEP),
        *wins(runs, WEIGHTED, INDEP),
        *wins(runs, HYPERTUNE, WEIGHTED),
        *(
            level(runs, f"theta of the highest level, quarter {q + 1}", HYPERTUNE, on_highest(q))
            for q in range(QUARTERS)
        ),
    ]


def _theta_early(runs: Runs) -> list[Finding]:
    return [
        gap(runs, "time of the first theta as a share of the run", HYPERTUNE, LATE_THETA, first_theta, -1),
        *wins(runs, HYPERTUNE, LATE_THETA),
    ]


def _coins(runs: Runs) -> list[Finding]:
    alone, default = COINS[0.0], COINS[0.25]
    return [
        *wins(runs, default, alone),
        gap(runs, "share of trials started before the first resume", alone, default, early_starts, 1),
        gap(runs, "share of trials that stop after one epoch", alone, default, one_epoch_share, 1),
        gap(runs, "trials", alone, default, lambda run: float(run["trials"]), 1, ratio=True),
        *(finding for p in (0.1, 0.5, 1.0) for finding in wins(runs, COINS[p], default, 0)),
    ]


def _caps(runs: Runs) -> list[Finding]:
    return [
        finding
        for cap in (250, 1000, None)
        for finding in (
            *wins(runs, CAPS[cap], CAPS[500], -1 if cap == 250 else 1),
            gap(
                runs,
                "CPU seconds a trial",
                CAPS[cap],
                CAPS[500],
                seconds_per_decision,
                -1 if cap == 250 else 1,
                ratio=True,
            ),
        )
    ]


def _costs(runs: Runs) -> list[Finding]:
    return [
        gap(runs, "CPU seconds a trial", JOINT, INDEP, seconds_per_decision, 1, ratio=True),
        gap(runs, "CPU seconds a trial", DECAY, JOINT, seconds_per_decision, -1, ratio=True),
        gap(runs, "CPU seconds a trial", ISSM, JOINT, seconds_per_decision, -1, ratio=True),
        gap(
            runs, "uses of the model", COINS[0.25], JOINT, lambda run: float(run["spent"]["model_uses"]), 1, ratio=True
        ),
    ]


EXPERIMENTS: Final = (
    Experiment("E1", "MOBSTER outperforms ASHA significantly", (JOINT, PROM, RANDOM), _outperforms),
    Experiment(
        "E2",
        "MOBSTER starts many fewer trials that stop after one epoch, and spends more on promising ones",
        (JOINT, PROM, STOP, RANDOM),
        _fewer_starts,
    ),
    Experiment(
        "E3",
        "The advantage is larger when starting and stopping takes time",
        (JOINT, PROM, *DELAYED[1.0], *DELAYED[5.0]),
        _delays,
    ),
    Experiment(
        "E4",
        "JOINT is slightly better than INDEP; the covariance model matters little",
        (INDEP, *KERNEL_ARMS),
        _joint_and_kernels,
    ),
    Experiment("E5", "All data instead of rung data: dearer, no difference", (JOINT, ALL, LAST), _searcher_data),
    Experiment(
        "E6", "ASHA and MOBSTER work best with one bracket", (PROM, ASHA2, ASHA4, JOINT, JOINT2, JOINT4), _brackets
    ),
    Experiment(
        "E7",
        "Hyper-Tune with several brackets can beat MOBSTER-JOINT",
        (HYPERTUNE4, JOINT),
        lambda runs: [*wins(runs, HYPERTUNE4, JOINT), _problems_won(runs, HYPERTUNE4, JOINT)],
    ),
    Experiment("E8", "The ensemble can beat the r_acq heuristic", (HYPERTUNE, WEIGHTED, INDEP), _ensemble),
    Experiment("E9", "Estimating theta early helps", (HYPERTUNE, LATE_THETA), _theta_early),
    Experiment(
        "E10",
        "A non-zero probability_sh is crucial: alone, the DyHPO rule starts too many trials",
        tuple(COINS.values()),
        _coins,
    ),
    Experiment("E11", "The default size cap is on the small side", tuple(CAPS.values()), _caps),
    Experiment(
        "E12",
        "JOINT is dearer than INDEP, additive models cheaper than JOINT, DyHPO uses its model more often",
        (JOINT, INDEP, DECAY, ISSM, COINS[0.25]),
        _costs,
    ),
)
