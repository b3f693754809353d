"""Profiles of Hypothesis's settings for tests under faults, beside its default: `pytest --hypothesis-profile=NAME`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Continuous integration: each run of the same tests draws the same, and a failure prints what repeats it elsewhere.
CI = "minidynamo-ci"
# A search that may take hours, in which each run draws anew.
LONG = "minidynamo-long"


def register_profiles() -> None:
    """Makes them known to Hypothesis; importing `minidynamo.testing` does so."""
    default = settings.get_profile("default")
    common = settings(default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile(CI, common, max_examples=200, derandomize=True, database=None, print_blob=True)
    settings.register_profile(LONG, common, max_examples=5_000, stateful_step_count=100)
