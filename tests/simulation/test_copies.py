"""Forks, files and snapshots of simulated databases, and the faces of one."""

from __future__ import annotations

from pathlib import Path

import pytest

import minidynamo
from minidynamo import simulate
from minidynamo.simulation import ConnectionLost, SimulatedDatabase, StaleRead, TimedOut
from tests.simulation.small_table import TABLE, get, item, last_choices, opened, program, put


def test_a_fork_misbehaves_on_its_own() -> None:
    database = opened("stormy", seed=1)
    program(database)
    forks = [database.fork(), database.fork()]
    for fork in forks:
        program(fork)
        fork.check()
    assert forks[0].history() != forks[1].history()
    assert len(database.history()) == len(forks[0].history()) + 1


def test_simulating_a_database_leaves_it_as_it_is() -> None:
    plain = minidynamo.connect()
    plain.execute("CreateTable", TABLE)
    put(plain, "a")
    simulated = simulate(plain, profile="calm")
    put(simulated, "b")
    assert get(plain, "b") is None and get(simulated, "a") is not None
    with pytest.raises(TypeError, match="either a database to fork or the settings of a new one"):
        simulate(plain, region="eu-west-1")


def test_a_file_is_simulated(tmp_path: Path) -> None:
    with simulate(tmp_path / "store.db", seed=3, profile="stormy", durability="process") as database:
        with database.faults.paused():
            database.execute("CreateTable", TABLE)
        program(database)
        database.check()
        text = database.history().text()
    with minidynamo.connect(tmp_path / "store.db") as database:
        database.check()
    in_memory = opened("stormy", seed=3)
    program(in_memory)
    assert in_memory.history().text() == text


def test_restoring_leaves_nothing_unseen(database: SimulatedDatabase) -> None:
    snapshot = database.snapshot()
    put(database, "a")
    database.restore(snapshot)
    database.faults.on("GetItem", fault=StaleRead, times=None)
    assert get(database, "a") is None and last_choices(database) == {}


def test_the_embedded_client_gets_silence(database: SimulatedDatabase) -> None:
    from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

    for kind, error in ((ConnectionLost, ConnectionClosedError), (TimedOut, ReadTimeoutError)):
        database.faults.on("GetItem", fault=kind)
        with pytest.raises(error):
            database.client().get_item(TableName="tbl", Key=item("a"))
