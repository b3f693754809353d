"""A schedule of which no fault happens any more warns once, as its database ends."""

from __future__ import annotations

import subprocess
import sys
import warnings
from contextlib import suppress
from typing import Any

import pytest

import minidynamo
from minidynamo import DynamoError, Fault, FaultSchedule
from minidynamo.simulation import UnmetSchedule
from tests.simulation.small_table import TABLE, get, opened, put

TEXT = (
    "no fault of this schedule has happened in 1 call: Fault('conflict', at=7), Fault('stale_read', at=9). The program"
)


def ended(schedule: Any) -> list[warnings.WarningMessage]:
    """What is warned of as a database ends that follows a schedule."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        database = opened(schedule=schedule)
        with suppress(DynamoError):
            put(database, "a")
        database.close()
        database.close()
    return [each for each in caught if each.category is UnmetSchedule]


def test_a_schedule_that_meets_nothing_warns_once() -> None:
    (caught,) = ended(FaultSchedule([Fault("conflict", at=7), Fault("stale_read", at=9)]))
    assert str(caught.message).startswith(TEXT)
    assert "\n" not in str(caught.message)
    assert caught.filename.endswith("small_table.py")  # Where simulate() was called.


@pytest.mark.parametrize("end", ["", "del database; gc.collect(); print('dropped', file=sys.stderr)"])
def test_databases_that_nobody_closes_warn_as_they_are_dropped_or_the_process_ends(end: str) -> None:
    code = (
        "import gc, sys, minidynamo\n"
        "database = minidynamo.simulate(schedule=[minidynamo.Fault('conflict', at=7)])\n"
        f"database.client().list_tables()\n{end}"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = done.stderr.splitlines()
    assert lines[0].startswith("<string>:2: UnmetSchedule: no fault of this schedule has happened in 1 call: ")
    assert lines[1:] == (["dropped"] if end else [])


def test_of_many_faults_some_are_named() -> None:
    (caught,) = ended([Fault("conflict", at=at) for at in range(5, 20)])
    assert "Fault('conflict', at=9) and 10 more." in str(caught.message)


@pytest.mark.parametrize("schedule", [None, [], [Fault("throttled")], [Fault("throttled"), Fault("conflict", at=99)]])
def test_others_do_not_warn(schedule: Any) -> None:
    assert ended(schedule) == []


def test_what_is_undone_has_not_happened() -> None:
    database = opened(schedule=[Fault("slow_table", at=1)])
    with pytest.raises(DynamoError):
        database.execute("CreateTable", {**TABLE, "TableName": "new", "KeySchema": []})
    with pytest.warns(UnmetSchedule):
        database.close()


def test_what_happens_to_a_fork_has_happened() -> None:
    database = opened(schedule=[Fault("stale_read")])
    fork = database.fork()
    put(fork, "a")
    assert get(fork, "a") is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fork.close()
        database.close()


def test_nothing_is_said_of_a_program_that_an_error_ended() -> None:
    """The error is what its caller gets, even where warnings are errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(KeyError), minidynamo.simulate(schedule=[Fault("throttled", at=9)]) as database:
            database.execute("ListTables", {})
            raise KeyError("own error")


def test_nothing_is_said_where_a_fork_goes_on() -> None:
    """It may meet the faults when its original is closed."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        database = minidynamo.simulate(schedule=[Fault("throttled", at=9)])
        database.execute("ListTables", {})
        database.fork().close()
        database.close()


def test_calls_that_nothing_could_happen_to_do_not_count() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        database = minidynamo.simulate(schedule=[Fault("throttled", at=9)])
        with database.faults.paused():
            database.execute("ListTables", {})
        database.close()
