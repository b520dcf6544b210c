"""Hypothesis profiles: HYPOTHESIS_PROFILE=ci (the default: no chance in it), dev, or long."""

import os

from hypothesis import HealthCheck, Phase, settings

from tests.processes import ONE_THREAD

os.environ.update(ONE_THREAD)

# The examples of a run are those of any other run of the same tests on the same code. They are not those of a test that
# is run alone: Hypothesis also tries the numbers that stand in whatever modules of ours are loaded.
# A slow machine must not fail a test, so no deadline and no health check counts time; and none of the many examples is
# kept in a database, so that a run depends on the code alone.
settings.register_profile(
    "ci",
    max_examples=100,
    stateful_step_count=50,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),  # explaining takes minutes
)
settings.register_profile("dev", settings.get_profile("ci"), max_examples=30, derandomize=False, print_blob=True)
settings.register_profile("quick", settings.get_profile("ci"), max_examples=15)
settings.register_profile("long", settings.get_profile("dev"), max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
