"""Would the runner notice if a surrogate disagreed with the reference system, and does it excuse only what it says?"""

import copy
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.outcome import Kind
from tests.conformance.run import outcomes
from tests.shared import ROOT

SURROGATES = ROOT / "tests" / "data" / "golden" / "surrogates"
"""A few golden files, as they are."""


def surrogate_document(name: str) -> Any:
    return json.loads((SURROGATES / f"{name}.json").read_text())


def wrong(document: Any) -> list[str]:
    """Where the library disagrees with a document of surrogates."""
    name = document["name"]
    return [one.where.removeprefix(f"{name} ") for one in outcomes(document, name) if one.kind is Kind.FAILED]


UNCHECKED = {"fit-exp-decay-sum-tiny", "fit-issm", "skip"}
"""Without numbers that must be met as they are: see the tests below."""

SAID = ("expect", "mean", "std", "normalised", "encoded", "warped", "neg_log_density", "added", "always_kept", "pool")
"""Below these keys stands what the reference said of surrogates."""

ASKED = ("tolerance", "parameters", "model", "x", "r", "points", "normals", "prefix")
"""Below these keys stands what it was asked."""


def said(data: Any, path: tuple[Any, ...] = (), below: bool = False) -> Iterator[tuple[Any, ...]]:
    """The paths to all numbers that the reference said."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key not in ASKED:
                yield from said(value, (*path, key), below or key in SAID)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from said(value, (*path, index), below)
    elif below and isinstance(data, int | float) and not isinstance(data, bool):
        yield path


def excused(document: Any, path: tuple[Any, ...]) -> bool:
    """Whether a number depends on a Box-Cox transform, or on the scale of targets that hardly differ."""
    if document["type"] == "normalise":
        return bool(path[0] == "items" and path[2] != "mean" and document["items"][path[1]]["std"] <= 1e-9)
    if not document.get("model", {}).get("boxcox"):
        return False
    match path[1:]:
        case ("regulariser", name):
            return bool(name == "boxcox_lambda")
        case ("target_mean" | "target_std" | "covariance", *_):
            return False
    return not {"variance", "std", "std_gradient"} & {*path}


def otherwise(document: Any, path: tuple[Any, ...]) -> Any:
    """The document in which one number is larger."""
    changed = copy.deepcopy(document)
    place = changed
    for step in path[:-1]:
        place = place[step]
    value = place[path[-1]]
    place[path[-1]] = value + 1 if isinstance(value, int) else value + 0.1 + 0.1 * abs(value)
    return changed


@pytest.mark.parametrize("name", sorted({file.stem for file in SURROGATES.glob("*.json")} - UNCHECKED))
def test_every_number_of_a_surrogate_that_is_changed_is_noticed_unless_it_is_excused(name: str) -> None:
    document = surrogate_document(name)
    paths = list(said(document))
    assert len(paths) > 10 or name == "jitter"
    for path in paths[:: max(1, len(paths) // 60)]:
        assert bool(wrong(otherwise(document, path))) is not excused(document, path), path


@pytest.mark.parametrize(
    ("name", "path", "place"),
    [
        ("evaluate-freeze-thaw-small", ("objective",), "objective"),
        ("evaluate-freeze-thaw-small", ("regulariser", "noise_variance"), "regulariser noise_variance"),
        ("evaluate-freeze-thaw-small", ("gradient", "mean_lambda"), "gradient"),
        ("evaluate-issm-one-trial", ("gradient_internal", "alpha"), "gradient_internal"),
        ("evaluate-independent-separate-one-level", ("gradient", "means", "16"), "gradient"),
        ("evaluate-freeze-thaw-small", ("predict", 2, "variance"), "variance"),
        ("evaluate-freeze-thaw-small", ("predict", 0, "std_gradient", 0), "std_gradient"),
        ("evaluate-freeze-thaw-small", ("covariance", "matrix", 1, 4), "covariance"),
        ("fit-issm", ("objective",), "best objective"),
        ("fantasies-exp-decay-combined", ("predict", 3, "mean_incremental", 1), "mean_incremental"),
        ("fantasies-exp-decay-combined", ("joint_samples", "values", 3, 2), "joint_samples"),
        ("structured-issm-1", ("statistics", "wtw", 8), "statistics wtw"),
        ("structured-issm-1", ("rest_of_curve", 2, "covariance", 0, 2), "rest_of_curve 2 covariance"),
        ("pipeline-issm", ("target_std",), "target_std"),
        ("pipeline-exp-decay-sum-boxcox-normalised", ("predict", 6, "std"), "std"),
    ],
)
def test_a_number_of_a_surrogate_that_is_wrong_fails_its_own_check_alone(
    name: str, path: tuple[Any, ...], place: str
) -> None:
    document = surrogate_document(name)
    assert wrong(document) == []
    entry = document["expect"]
    for step in path[:-1]:
        entry = entry[step]
    entry[path[-1]] -= 1e-3 if document["type"] != "fit" else 1.0
    assert wrong(document) == [place]


def test_the_message_names_the_entry_that_is_farthest_off() -> None:
    document = surrogate_document("evaluate-independent-separate-one-level")
    document["expect"]["gradient"]["means"]["3"] += 2.0
    document["expect"]["gradient"]["means"]["9"] += 3.0
    (failure,) = [one for one in outcomes(document, "") if one.kind is Kind.FAILED]
    assert failure.why.startswith("means[2]: got ")
    assert failure.why.endswith(", 3 apart, 3.48e-06 allowed")


def test_a_refit_that_is_due_at_another_call_is_noticed() -> None:
    document = surrogate_document("skip")
    document["items"][2]["calls"][7][2] = False
    assert wrong(document) == ["items 2 num_max_resource"]


def test_a_matrix_that_must_not_be_factorised_and_is_counts_as_wrong() -> None:
    document = surrogate_document("jitter")
    document["items"][0]["added"] = None
    document["items"][7]["added"] = 1.0
    assert wrong(document) == ["items 0 added", "items 7 added"]


@pytest.mark.parametrize(
    ("name", "change", "place", "message"),
    [
        ("evaluate-issm-one-trial", {"parameters": {}}, "evaluate-issm-one-trial", "ParameterError: the model has"),
        ("evaluate-issm-one-trial", {"observations": []}, "objective", "DataError: the targets have shape (0, 1)"),
        ("structured-issm-1", {"model": {"family": "x", "base_kernel": ""}}, "structured-issm-1", "unknown family 'x'"),
        ("pipeline-issm", {"blocks": [{"type": "x"}]}, "pipeline-issm", "ValueError: unknown block 'x'"),
        ("evaluate-issm-one-trial", {"tolerance": {}}, "regulariser", "KeyError: 'regulariser'"),
    ],
)
def test_a_document_that_cannot_be_run_fails_with_the_reason(
    name: str, change: dict[str, Any], place: str, message: str
) -> None:
    found = [one for one in outcomes({**surrogate_document(name), **change}, name) if one.kind is Kind.FAILED]
    assert found[0].where.removeprefix(f"{name} ") == place
    assert message in found[0].why


def test_a_crash_in_one_part_of_a_surrogate_leaves_the_other_checks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("tests.conformance.surrogates.objective", broken)
    found = list(outcomes(surrogate_document("evaluate-issm-one-trial"), ""))
    assert [one.why for one in found if one.kind is Kind.FAILED] == ["RuntimeError: out of order"]
    assert [one.where.split()[-1] for one in found[-4:]] == ["mean", "variance", "mean_gradient", "std_gradient"]


def absent(name: str, **change: Any) -> Counter[str]:
    """How many outcomes of each kind there are when parts of a document are absent or null."""
    document = surrogate_document(name)
    for part, values in change.items():
        document[part].update(values)
    return Counter(one.kind.value for one in outcomes(document, name))


def test_what_a_document_does_not_ask_for_is_not_counted() -> None:
    whole, name = absent("evaluate-exp-decay-combined-small"), "evaluate-exp-decay-combined-small"
    assert absent(name, expect={"covariance": None}) == whole - Counter(passed=1)
    assert absent(name, expect={"covariance": None, "predict": []}) == whole - Counter(passed=5)
    assert absent("evaluate-expdecay-small", model={"boxcox": True}) == absent("evaluate-expdecay-small")
    assert absent("evaluate-expdecay-small", model={"input_warping": None}) == absent("evaluate-expdecay-small")
    none: dict[str, list[Any]] = {"h": [], "rest_of_curve": []}
    assert absent("structured-issm-1", expect=none) == absent("structured-issm-1") - Counter(passed=10)


def test_a_row_at_a_resource_that_is_no_level_is_excused() -> None:
    document = surrogate_document("evaluate-independent-separate-one-level")
    document["observations"].append([0, 5, 0.1])
    (only,) = outcomes(document, "")
    assert (only.kind, only.why.split(":")[0]) == (Kind.SKIPPED, "decisions 17")
