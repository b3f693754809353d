"""Profiles of Hypothesis's settings for tests under faults, beside its default: `pytest --hypothesis-profile=NAME`."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

# Continuous integration: each run of the same tests draws the same, and shrinks quickly.
CI = "minidynamo-ci"
# A search that may take hours, in which each run draws anew.
LONG = "minidynamo-long"


def register_profiles() -> None:
    """Makes them known to Hypothesis; importing `minidynamo.testing` does so."""
    default = settings.get_profile("default")
    common = settings(default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile(
        CI,
        common,
        max_examples=100,
        stateful_step_count=20,
        derandomize=True,
        database=None,
        phases=[phase for phase in Phase if phase is not Phase.explain],  # Which traces each line, at twice the time.
    )
    settings.register_profile(LONG, common, max_examples=5_000, stateful_step_count=100)
