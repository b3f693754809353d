"""Fixtures for every test: databases in memory and in files, and that each is checked when its test ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import minidynamo
from minidynamo import Database, ManualClock
from tests.followed_databases import FollowedDatabases

pytest_plugins = ["pytester"]

# Hundreds of processes are started that import this package: what is compiled is kept.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Machines are shared and noisy: no test may fail for being slow. What searches for longer is marked `long`.
settings.register_profile("unhurried", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def followed_databases() -> Iterator[FollowedDatabases]:
    """Notices every database that is made in this process."""
    followed = FollowedDatabases()
    with followed.watching():
        yield followed


@pytest.fixture(autouse=True)
def databases_are_in_order(request: pytest.FixtureRequest, followed_databases: FollowedDatabases) -> Iterator[None]:
    """Checks the local databases that a test makes; those that it damages on purpose have the marker `damaged`."""
    if request.node.get_closest_marker("damaged"):
        yield
        return
    with followed_databases.following():
        yield


@pytest.fixture(params=["memory", "file"])
def open_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Database]]:
    """Opens databases with the parameters of `connect`, in memory and in files; all of them are closed at the end."""
    opened: list[Database] = []

    def open_one(**parameters: Any) -> Database:
        path = None if request.param == "memory" else tmp_path / f"{len(opened)}.db"
        database = minidynamo.connect(path, **parameters)
        opened.append(database)
        return database

    yield open_one
    for database in opened:
        database.close()


@pytest.fixture
def database(open_database: Callable[..., Database]) -> Database:
    """A fresh database with the default settings."""
    return open_database()


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still until it is advanced."""
    return ManualClock()
