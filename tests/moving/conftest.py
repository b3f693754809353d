"""A source with a table and an empty target."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.moving.move import Move
from tests.moving.moved_tables import make_things, move_of


@pytest.fixture
def source() -> Iterator[Database]:
    with minidynamo.connect() as database:
        make_things(database)
        yield database


@pytest.fixture
def target() -> Iterator[Database]:
    with minidynamo.connect() as database:
        yield database


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "move.json"


@pytest.fixture
def move(source: Database, target: Database, journal: Path) -> Move:
    return move_of(source, target, journal)
