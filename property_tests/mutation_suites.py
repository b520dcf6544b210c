"""WHICH TESTS WOULD NOTICE A FAULT IN A FILE? For each folder that faults are planted in, the tests that look at it.

The quickest stand first, in stages: a stage is collected only when the one before has passed, so most faults take a
second or two. Tests of the whole golden set pass over what is not there.
"""

from typing import Final

Stages = tuple[tuple[str, ...], ...]

_DECISIONS = "property_tests/test_search_decisions.py"
_GOLDEN = "tests/test_golden.py"
_LOSSES = "tests/test_failures_seen.py"
_SMALL = ("HYPERTUNE-INDEP", "DYHPO", "BOHB")

MACHINE: Final[Stages] = (
    ("tests/test_semantics.py", "tests/test_methods.py", "tests/test_rules.py"),
    (
        f"{_GOLDEN}::test_the_library_agrees_with_the_sample",
        "tests/test_replay.py",
        "tests/test_cost_promotion.py",
        "tests/test_fitted.py",
        "tests/test_impossible.py",
        "tests/test_ladder.py",
        "tests/test_seeing.py",
        "tests/test_setup.py",
        "tests/test_pasha.py",
        "tests/test_rush.py",
        "property_tests/test_found.py",
        "property_tests/test_rung.py",
        "property_tests/test_ordered.py",
        "property_tests/test_archive.py",
    ),
    (
        "property_tests/test_faults.py::test_without_a_fault_every_suite_passes",
        "property_tests/test_laws.py::test_the_laws_hold_for_extreme_values",
        "property_tests/test_progress.py",
        "property_tests/test_campaign.py::test_a_small_campaign_finds_nothing_and_says_what_it_met",
        "property_tests/test_campaign.py::test_a_number_is_the_same_world_again",
        "property_tests/test_campaign.py::test_worlds_with_a_model_are_told_of_fits",
        f"{_DECISIONS}::test_dyhpo_starts_nothing_new_where_nothing_new_is_wanted",
        f"{_DECISIONS}::test_a_resume_never_fits",
        "tests/test_tally.py",
    ),
)
SEARCH: Final[Stages] = (
    (
        "tests/test_judged_at_its_level.py",
        "tests/test_steps_of_a_suggestion.py",
        "tests/test_suggestion_with_a_model.py",
        "tests/test_competition.py",
        "tests/test_limits_of_options.py",
        "tests/test_belief.py",
        "tests/test_theta.py",
        "tests/test_criteria.py",
        "tests/test_density_search.py",
        "tests/test_options.py",
        "tests/test_seeing.py",
        "tests/test_theta_brackets.py",
        "property_tests/test_search_mathematics.py",
        "tests/test_rounding.py",
        "tests/test_deciding_score.py",
        "tests/test_fitted.py",
        f"{_GOLDEN}::test_the_library_agrees_with_the_sample",
    ),
    (
        "tests/test_horizon.py",
        "tests/test_told_fits.py",
        f"{_LOSSES}::test_what_was_lost_is_no_incumbent",
        f"{_LOSSES}::test_an_improvement_counts_only_if_the_trial_is_not_lost",
        f"{_LOSSES}::test_their_derivatives_are_right",
        f"{_LOSSES}::test_a_known_trial_has_only_the_levels_before_it_to_fear_and_a_lost_one_no_chance",
        f"{_LOSSES}::test_where_nothing_was_lost_nothing_changes",
        f"{_LOSSES}::test_bohb_judges_where_enough_are_good_that_were_not_lost",
        f"{_LOSSES}::test_values_and_losses_are_counted_and_said",
        f"{_LOSSES}::test_a_belief_is_told_in_units_of_the_metric",
        f"{_LOSSES}::test_independent_processes_wait_for_values_at_levels_only",
        f"{_DECISIONS}::test_dyhpo_starts_nothing_new_where_nothing_new_is_wanted",
        f"{_DECISIONS}::test_hyper_tune_is_mobster_until_theta",
        f"{_DECISIONS}::test_without_a_model_a_suggestion_is_random_and_says_why",
        f"{_DECISIONS}::test_no_configuration_that_was_tried_escapes",
        f"{_DECISIONS}::test_vectors_of_draws_are_the_vectors_of_what_is_drawn",
    ),
    (
        *(
            f"{_DECISIONS}::test_a_finite_space_gives_each_configuration_once_then_nothing_new[{name}]"
            for name in _SMALL
        ),
        f"{_GOLDEN}::test_the_library_agrees_with_the_whole_golden_set",
        "tests/test_idle_options.py::test_what_changes_something_is_not",
        f"{_DECISIONS}::test_expected_improvement_of_the_mixture_is_its_integral",
    ),
)
SURROGATE: Final[Stages] = (
    (
        "tests/test_surrogate_table.py",
        "tests/test_documented_parameters.py",
        "tests/test_surrogate_values.py",
        "tests/test_surrogate_work.py",
        "property_tests/test_surrogate_pairs.py",
        "property_tests/test_surrogate_data.py",
        "property_tests/test_target_warping.py",
        "tests/test_surrogate_gaps.py",
        "property_tests/test_surrogate_twins.py",
        f"{_GOLDEN}::test_the_library_agrees_with_the_sample",
    ),
    (
        "property_tests/test_surrogate_gradients.py",
        "tests/test_surrogate_refusals.py",
        "property_tests/test_surrogate_kernels.py::test_a_listed_kernel_passes_the_suite",
        "property_tests/test_surrogate_conditioning.py",
    ),
    (
        f"{_LOSSES}::test_what_is_lost_counts_as_the_worst_of_its_level_or_of_the_nearest_that_has_a_value",
        f"{_LOSSES}::test_where_there_is_no_number_at_all_there_is_no_row",
        f"{_LOSSES}::test_whatever_data_the_model_sees_it_sees_losses",
        f"{_LOSSES}::test_by_ranks_what_is_lost_has_the_last_places",
        f"{_LOSSES}::test_half_of_all_lost_leave_the_order_of_the_others",
        f"{_LOSSES}::test_a_process_for_one_level_is_told_of_losses_below",
        f"{_LOSSES}::test_the_cap_keeps_some_trials_of_every_level_and_some_that_were_lost",
        "tests/test_starts.py",
        "tests/test_surrogate_fits.py",
        f"{_GOLDEN}::test_the_library_agrees_with_the_whole_golden_set",
    ),
)
_STEPS = ("tests/test_steps_of_a_suggestion.py",)
_TABLE = ("tests/test_surrogate_table.py", "tests/test_surrogate_gaps.py")
_PARAMETERS = ("tests/test_documented_parameters.py", "tests/test_surrogate_values.py")
_TWINS = ("property_tests/test_surrogate_twins.py",)
FIRST: Final[dict[str, tuple[str, ...]]] = {
    "pure_hb/search/acquisition.py": ("tests/test_criteria.py", "property_tests/test_search_mathematics.py"),
    "pure_hb/search/belief.py": ("tests/test_belief.py", "tests/test_judged_at_its_level.py"),
    "pure_hb/search/bohb.py": ("tests/test_density_search.py",),
    "pure_hb/search/dyhpo.py": ("tests/test_competition.py",),
    "pure_hb/search/hyper_tune.py": ("tests/test_theta.py", "tests/test_criteria.py"),
    "pure_hb/search/options.py": ("tests/test_limits_of_options.py", "tests/test_options.py"),
    "pure_hb/search/prior.py": ("tests/test_expert_prior.py",),
    "pure_hb/search/searches.py": ("tests/test_limits_of_options.py", "tests/test_options.py"),
    "pure_hb/search": (*_STEPS, "tests/test_suggestion_with_a_model.py"),
    "pure_hb/surrogate/curves": ("tests/test_surrogate_gaps.py", "tests/test_documented_parameters.py"),
    "pure_hb/surrogate/decay.py": _PARAMETERS,
    "pure_hb/surrogate/descents.py": ("tests/test_descents.py", "tests/test_surrogate_fits.py"),
    "pure_hb/surrogate/fitting.py": ("tests/test_surrogate_fits.py",),
    "pure_hb/surrogate/models/additive.py": ("tests/test_surrogate_gaps.py",),
    "pure_hb/surrogate/parameters.py": _PARAMETERS,
    "pure_hb/surrogate/points.py": _TABLE,
    "pure_hb/surrogate/priors.py": _PARAMETERS,
    "pure_hb/surrogate/shared_parameters.py": _PARAMETERS,
    "pure_hb/surrogate/starts.py": ("tests/test_starts.py", "tests/test_surrogate_fits.py"),
    "pure_hb/surrogate/table.py": (*_TABLE, "tests/test_belief.py"),
    "pure_hb/surrogate/training_data.py": (*_TABLE, "property_tests/test_target_warping.py"),
    "pure_hb/surrogate": ("tests/test_surrogate_gaps.py", "property_tests/test_surrogate_pairs.py", *_TWINS),
}
"""File or folder -> the tests that look at it before all others; of several that fit the first one counts."""
SUITES: Final[dict[str, Stages]] = {
    "pure_hb/rungs": MACHINE,
    "pure_hb/machine": MACHINE,
    "pure_hb/search": SEARCH,
    "pure_hb/surrogate": SURROGATE,
}
"""Folder -> its tests."""
SLOW: Final[Stages] = (
    (
        "tests/test_doors.py",
        "tests/test_snapshots.py",
        "property_tests/test_check_machine.py",
        "property_tests/test_campaign.py",
    ),
    (_GOLDEN, "tests/test_docs.py", "tests/test_cli.py"),
    ("property_tests/test_worlds.py", _DECISIONS, _LOSSES),
)
"""For what the quick ones let through, whatever the folder."""


def stages_of(file: str, *, slow: bool = False) -> Stages:
    """The stages of tests for a file: those that look at it, then those of its folder."""
    if slow:
        return SLOW
    first = next((tests for place, tests in FIRST.items() if file.startswith(place)), None)
    stages = next(stages for folder, stages in SUITES.items() if file.startswith(f"{folder}/"))
    return stages if first is None else (first, *stages)
