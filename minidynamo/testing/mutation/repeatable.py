"""Runs that can be repeated: what Hypothesis draws, and what `random` gives, is the same every time."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hypothesis import settings
from hypothesis.internal.detection import is_hypothesis_test  # In `hypothesis` itself since 6.131 only.

_PROFILE = "minidynamo-repeatable"
_PROFILE_BEFORE = "minidynamo-before"
# Where Hypothesis keeps the settings of a test that it has decorated.
_SETTINGS = "_hypothesis_internal_use_settings"


def be_repeatable() -> None:
    """From now on Hypothesis draws the same, and remembers no failures from one run to the next."""
    settings.register_profile(_PROFILE, parent=settings(), derandomize=True, database=None)
    settings.load_profile(_PROFILE)


@contextmanager
def repeatable(test: Callable[..., object]) -> Iterator[None]:
    """While this is on, a test, and what it decorates by itself, can be repeated."""
    before, own, state = settings(), getattr(test, _SETTINGS, None), random.getstate()
    random.seed(0)
    be_repeatable()
    if is_hypothesis_test(test) and isinstance(own, settings):
        setattr(test, _SETTINGS, settings(own, derandomize=True, database=None))
    try:
        yield
    finally:
        random.setstate(state)
        settings.register_profile(_PROFILE_BEFORE, parent=before)
        settings.load_profile(_PROFILE_BEFORE)
        if own is not None:
            setattr(test, _SETTINGS, own)
