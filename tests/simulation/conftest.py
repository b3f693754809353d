"""A simulated database that is checked when its test ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from minidynamo.simulation import SimulatedDatabase
from tests.simulation.small_table import opened


@pytest.fixture
def database() -> Iterator[SimulatedDatabase]:
    database = opened()
    yield database
    database.check()
