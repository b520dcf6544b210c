"""WHICH METHODS DOES THE SUITE RUN? Ours by name, variants of them by keyword, and peers.

A name is one of `pure_hb.METHODS`, of `VARIANTS` or of `PEERS`, and may be followed by options as in an address:
``MOBSTER-JOINT?gp_resource_kernel=freeze-thaw&initial_scoring=acq_func``. Options of ours are keyword arguments of the
method, those of a peer are arguments of its `make`. Numbers, True, False and None are taken as such. ``advice=good``
gives a method of ours the point of an expert to begin with (`_suite_advice.py`).
"""

import hashlib
from ast import literal_eval
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from _suite_advice import advice, known_kind
from attrs import evolve, frozen
from peers import PEERS, REVISION, PeerEntry, Terms
from problems import Scale

import pure_hb as hb
from pure_hb.codec import canonical
from pure_hb.machine.setup import RULES_VERSION
from pure_hb.search import DyHPO, HyperTune, Mobster
from pure_hb.space import default_configuration

VARIANTS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "MOBSTER-PUBLISHED": ("MOBSTER-JOINT", {"preset": "published"}),
    "HYPERTUNE-PUBLISHED": ("HYPERTUNE-INDEP", {"preset": "published"}),
    "DYHPO-PUBLISHED": ("DYHPO", {"preset": "published"}),
}
"""Names for methods with options: these search as their papers and Syne Tune do (`pure_hb.machine.presets`)."""

DECIDES_AS: Final[Mapping[int, Mapping[str, int]]] = {
    13: {"RandomSearch": 5, "DensitySearch": 5, "DyHPO": 9, "Mobster": 11, "HyperTune": 11}
}
"""Version of the rules -> search -> an earlier version that decides alike with it, so that their runs are the same.
Rules 12 differ where fits have more than six starts: their number is an option, and its default changed there. Rules 13
differ where there is an expert's prior."""
WITHOUT_LOSSES: Final[Mapping[int, int]] = {9: 8}
"""Version of the rules -> an earlier version that decides alike as long as no trial is lost."""
WITHOUT_COSTS: Final[Mapping[int, int]] = {11: 10}
"""Version of the rules -> an earlier version that decides alike where costs do not count, or are all alike."""
ADDED_IDLE_IN_DYHPO: Final = ("local_fraction", "cost_weight")
"""Options that DyHPO does not use and that setups have since its runs were made."""
ADDED_WITH_COSTS: Final = ("cost_weight",)
"""Options that setups have since costs count."""
ADDED_WITH_PRIOR: Final = ("prior_fraction", "prior_width", "prior_parameters")
"""Options that setups have since there are priors of experts."""
ADVICE: Final = "advice"
"""The option that stands for a point to begin with, another one for each problem and seed."""
LOSES: Final = ("cliff-", "factors", "hartmann3-lost", "linear", "nas-digits", "network", "old-")
"""How the names of problems begin on which trials can be lost: nas-digits has 739 values that are NaN, network diverges
once in a thousand answers, factors for each fourth configuration, linear can. On the others every value is finite."""
ALIKE: Final = ("hartmann", "branin", "levy", "styblinski", "cliff-", "linear", "subset", "old-taskset")
"""How the names of problems begin on which every resource of every configuration costs the same."""


@frozen
class Method:
    """What one name of ``--methods`` stands for."""

    name: str
    """As it was given."""
    base: str
    """In `pure_hb.METHODS` or `PEERS`."""
    options: Mapping[str, Any]

    @property
    def peer(self) -> PeerEntry | None:
        """The peer that it is; None: it is one of ours."""
        return PEERS.get(self.base)

    def setup(self, problem: hb.Problem, seed: int) -> hb.Setup:
        """The setup of one of ours; what has failed would only fail again."""
        return self._made(problem, seed, lambda kind: advice(kind, problem, seed))

    def _made(self, problem: hb.Problem, seed: int, expert: Callable[[str], hb.Configuration]) -> hb.Setup:
        make, options = hb.METHODS[self.base], dict(self.options)
        if ADVICE in options:
            options["points_to_evaluate"] = [expert(known_kind(options.pop(ADVICE)))]
        return evolve(
            make(problem.space, problem.goal, max_resource=problem.max_resource, seed=seed, **options), max_failures=1
        )

    def _without_training(self, problem: hb.Problem) -> hb.Setup:
        """One of ours, with the middle of the space in place of an expert's point, for which configurations are
        trained."""
        return self._made(problem, 0, lambda kind: default_configuration(problem.space))

    def digest(self, problem: hb.Problem, *, loses: bool = True, costs: bool = True) -> str:
        """Names all that decides: the rules and a setup with all its options, or the versions and options of a peer.
        ``loses``: whether trials can be lost on this problem; ``costs``: whether costs differ."""
        if self.peer is None:
            setup = self._without_training(problem)
            rules = DECIDES_AS.get(RULES_VERSION, {}).get(type(setup.search).__name__, RULES_VERSION)
            idle = ADDED_IDLE_IN_DYHPO if isinstance(setup.search, DyHPO) else ()
            if not (costs and setup.search.weighs_cost):
                rules, idle = WITHOUT_COSTS.get(rules, rules), (*idle, *ADDED_WITH_COSTS)
            if not _has_prior(setup.search):
                idle = (*idle, *ADDED_WITH_PRIOR)
            rules = rules if loses else WITHOUT_LOSSES.get(rules, rules)
            told = f" {ADVICE}={self.options[ADVICE]}" if ADVICE in self.options else ""
            return hashed(f"{rules}{told}", _used(hb.to_json(setup), idle))
        return hashed(f"{REVISION} {self.peer.versions}", {**self.peer.options, **self.options})

    def check(self, problem: hb.Problem) -> None:
        """Makes what it stands for, if that can be made here.

        Raises:
            SystemExit: if it does not take its options.
        """
        try:
            if self.peer is None:
                self._without_training(problem)
            elif self.options and self.peer.missing is None:
                with TemporaryDirectory() as folder:
                    self.peer.make(Terms(problem, Scale(1.0, 1.0, 1.0, 1.0), 0, Path(folder)), self.options)
        except Exception as error:  # others raise what they like
            raise SystemExit(f"{self.name} cannot be made: {error}") from None

    @property
    def told(self) -> str:
        """What it is, for a page: its options if they are not as by default, its versions if it is a peer."""
        options = ", ".join(f"{name}={value}" for name, value in self.options.items())
        if self.peer is not None:
            return ", ".join(filter(None, (self.peer.versions, options)))
        return f"{self.base} with {options}" if options else ""


def _has_prior(search: object) -> bool:
    return isinstance(search, Mobster | HyperTune | DyHPO) and search.acquisition.prior_fraction > 0.0


def _used(setup: Any, idle: Collection[str]) -> Any:
    """The JSON of a setup as the file of runs knows it, without options of the acquisition that are not used."""
    search = setup["search"]
    if not isinstance(search, dict) or "acquisition" not in search:
        return setup
    used = {name: value for name, value in search["acquisition"].items() if name not in idle}
    return {**setup, "search": {**search, "acquisition": used}}


def hashed(first: object, second: Any) -> str:
    """A short digest of a text and of JSON."""
    return hashlib.sha256(f"{first} ".encode() + canonical(second)).hexdigest()[:12]


def method(name: str) -> Method:
    """What a name stands for.

    Raises:
        SystemExit: for an unknown name, and for options that are not written ``name=value&name=value``.
    """
    base, _, text = name.partition("?")
    known = [*hb.METHODS, *VARIANTS, *PEERS]
    if base not in known:
        raise SystemExit(
            f"no method {base}; there are {', '.join(known)}; options follow as in MOBSTER-JOINT?opt_nstarts=3"
        )
    pairs = [pair.partition("=") for pair in text.split("&")] if text else []
    wrong = ["".join(pair) for pair in pairs if not (pair[0] and pair[1] and pair[2])]
    if wrong:
        raise SystemExit(f"{name}: {wrong[0]!r} is no option; write NAME?option=value&option=value, in quotes")
    of_variant = VARIANTS.get(base)
    options = {key: value_of(value) for key, _, value in pairs}
    if of_variant is not None:
        return Method(name, of_variant[0], {**of_variant[1], **options})
    return Method(name, base, options)


def value_of(text: str) -> Any:
    """The number, True, False or None that a text writes; else the text."""
    try:
        found = literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return found if found is None or isinstance(found, bool | int | float) else text
