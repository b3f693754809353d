"""Profiles of Hypothesis that the plugin knows by name, before any test has imported the kit."""

from __future__ import annotations

import pytest

PRINTS_SETTINGS = """
from hypothesis import settings

def test_settings():
    own = settings()
    print("own:", own.max_examples, own.derandomize, own.deadline, own.database is None)
    assert False
"""


@pytest.mark.parametrize(
    ("profile", "expected"),
    [("minidynamo-ci", "own: 100 True None True"), ("minidynamo-long", "own: 5000 False None False")],
)
def test_profiles_are_known(pytester: pytest.Pytester, profile: str, expected: str) -> None:
    pytester.makepyfile(PRINTS_SETTINGS)
    result = pytester.runpytest_subprocess(f"--hypothesis-profile={profile}")
    assert expected in result.stdout.str()


def test_others_are_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PRINTS_SETTINGS)
    result = pytester.runpytest_subprocess("--hypothesis-profile=default")
    assert "own: 100 " in result.stdout.str()
