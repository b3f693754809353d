"""A database with a table whose changes are handed over."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from minidynamo import Database, ManualClock
from tests.lambdas.streaming_table import create


@pytest.fixture
def database(open_database: Callable[..., Database], clock: ManualClock) -> Database:
    database = open_database(clock=clock)
    create(database, "tbl")
    return database
