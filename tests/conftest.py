"""Fixtures for every test: databases that are checked when the test ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import minidynamo
from minidynamo import Database, ManualClock

pytest_plugins = ["pytester"]

# Machines are shared and noisy: no test may fail for being slow.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture
def open_database() -> Iterator[Callable[..., Database]]:
    """Opens databases with the parameters of `connect`; all of them are checked at the end."""
    opened: list[Database] = []

    def open_one(**parameters: Any) -> Database:
        database = minidynamo.connect(**parameters)
        opened.append(database)
        return database

    yield open_one
    for database in opened:
        database.check()
        database.close()


@pytest.fixture
def database(open_database: Callable[..., Database]) -> Database:
    """A fresh database with the default settings."""
    return open_database()


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still until it is advanced."""
    return ManualClock()
