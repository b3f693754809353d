"""Wrong settings of databases: each is refused at the call, in one line that says what was given and what is taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database, ManualClock, connect
from tests.simulation.test_arguments import told

WRONG = [
    (TypeError, {"clock": 5}, "clock takes a clock, such as ManualClock(), not 5"),
    (TypeError, {"clock": ManualClock}, "clock takes a clock, such as ManualClock(), not ManualClock"),
    (TypeError, {"seed": None}, "seed takes a whole number or a text, not None"),
    (TypeError, {"seed": [1]}, "seed takes a whole number or a text, not a list"),
    (ValueError, {"region": ""}, "region takes the name of a region, such as 'us-east-1', not ''"),
    (ValueError, {"region": "bogus!"}, "not 'bogus!'"),
    (ValueError, {"region": "us east 1"}, "not 'us east 1'"),
    (TypeError, {"region": 3}, "region takes the name of a region, such as 'us-east-1', not 3"),
    (ValueError, {"account_id": "12"}, "account_id takes a text of twelve digits, such as '123456789012', not '12'"),
    (TypeError, {"account_id": 123456789012}, "not 123456789012"),
    (ValueError, {"table_delays": -1}, "table_delays takes seconds from 0 on, or a mapping of them by CREATING, UPD"),
    (ValueError, {"table_delays": float("nan")}, "not nan"),
    (ValueError, {"table_delays": {"CREATING": -1}}, "not {'CREATING': -1}"),
    (ValueError, {"table_delays": {"CREATED": 1}}, "not {'CREATED': 1}"),
    (TypeError, {"table_delays": "3"}, "not '3'"),
    (TypeError, {"partition_size": "10GB"}, "partition_size takes a whole number of bytes from 1 on, such as 10 * 10"),
    (ValueError, {"partition_size": 0}, "not 0"),
    (ValueError, {"wording": "curent"}, "there is no wording 'curent': did you mean current?"),
    (TypeError, {"wording": 2025}, "wording takes one of current, 2025, next, not 2025"),
]
WRONG_OF_FILES = [
    (ValueError, {"durability": "ful"}, "there is no durability 'ful': did you mean full?"),
    (TypeError, {"read_only": "no"}, "read_only takes True or False, not 'no'"),
    (TypeError, {"file_mode": "640"}, "file_mode takes the permissions of a file, such as 0o640, not '640'"),
    (ValueError, {"file_mode": 0o1000}, "file_mode takes the permissions of a file, such as 0o640, not 512"),
]
WRONG_ANYWHERE = [
    (TypeError, {"path": 5}, "path takes the path of a file, or a URL, not 5"),
    (TypeError, {"path": "http://127.0.0.1:1", "credentials": "abc"}, "credentials takes an access key, its secret"),
    (ValueError, {"path": "http://127.0.0.1:1", "region": "bogus!"}, "region takes the name of a region"),
    (ValueError, {"path": ":memory:", "durability": "full"}, "are for a database in a file: give a path as well"),
    (ValueError, {"path": ":memory:", "read_only": True}, "are for a database in a file: give a path as well"),
]


@pytest.mark.parametrize(("kind", "wrong", "text"), WRONG)
def test_wrong_settings_are_refused(kind: type[Exception], wrong: dict[str, Any], text: str) -> None:
    """The same by everything that opens a database; a mock refuses them before it is on."""
    calls = [connect, Database, minidynamo.simulate, minidynamo.mock]
    assert [each for each in calls if text not in told(lambda each=each: each(**wrong), kind)] == []  # type: ignore[misc]


@pytest.mark.parametrize(("kind", "wrong", "text"), [*WRONG, *WRONG_OF_FILES])
def test_nothing_is_made_for_wrong_settings(
    kind: type[Exception], wrong: dict[str, Any], text: str, tmp_path: Path
) -> None:
    assert text in told(lambda: connect(tmp_path / "shop.db", **wrong), kind)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("kind", "wrong", "text"), WRONG_ANYWHERE)
def test_wrong_places_are_refused(kind: type[Exception], wrong: dict[str, Any], text: str) -> None:
    assert text in told(lambda: connect(**wrong), kind)


def test_settings_that_mock_does_not_know_are_refused_at_the_call() -> None:
    told_text = told(lambda: minidynamo.mock(partition_sise=1), TypeError)  # type: ignore[call-overload]
    assert told_text == "mock() knows no partition_sise: did you mean partition_size?"


def test_right_settings_are_taken() -> None:
    delays = {"CREATING": 1.5, "DELETING": 0}
    database = connect(seed="abc", region="local", account_id="000000000000", table_delays=delays, partition_size=1)
    assert database.scope.table_arn("tbl") == "arn:aws:dynamodb:local:000000000000:table/tbl"
    assert database.delays == (1.5, 0.0, 0)
    assert connect(region=None, clock=None, table_delays=None).scope.region == "us-east-1"
    assert minidynamo.simulate(region=None).scope.region == "us-east-1"


def test_a_path_that_stands_for_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it does for SQLite, wherever a path can be given."""
    monkeypatch.chdir(tmp_path)
    for database in (connect(":memory:"), connect(":memory:", durability=None), minidynamo.simulate(":memory:")):
        assert database.execute("ListTables", {}) == {"TableNames": []}
        assert database.engine.place == "in memory"
    with minidynamo.mock(path=":memory:", isolate_by_region=True) as database:
        assert database.engine.place == "in memory"
    assert list(tmp_path.iterdir()) == []
