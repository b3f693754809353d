"""Wrong settings of databases: each is refused at the call, in one line that says what was given and what is taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database, ManualClock, connect
from minidynamo.database.setting_rules import without_password
from tests.simulation.test_arguments import told

WRONG = [
    (TypeError, {"clock": 5}, "clock takes a clock, such as ManualClock(), not 5"),
    (TypeError, {"clock": ManualClock}, "clock takes a clock, such as ManualClock(), not ManualClock"),
    (TypeError, {"seed": None}, "seed takes a whole number or a text, not None"),
    (TypeError, {"seed": [1]}, "seed takes a whole number or a text, not a list"),
    (TypeError, {"seed": True}, "seed takes a whole number or a text, not True"),
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
    (ValueError, {"table_delays": float("inf")}, "not inf"),
    (TypeError, {"table_delays": True}, "not True"),
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
    (ValueError, {"path": "http://127.0.0.1:1", "file_mode": 0o640}, "only region and credentials can be given"),
    (ValueError, {"path": "http://127.0.0.1:1", "account_id": "210987654321"}, "only region and credentials can be"),
    (ValueError, {"path": "http://127.0.0.1:1", "durability": "full"}, "only region and credentials can be given"),
    (ValueError, {"path": "localhost:8000"}, "a URL such as http://127.0.0.1:8000, not the address 'localhost:8000'"),
    (ValueError, {"path": "127.0.0.1:8000"}, "not the address '127.0.0.1:8000'"),
    (ValueError, {"path": "ftp://127.0.0.1"}, "not the address 'ftp://127.0.0.1'"),
    (ValueError, {"path": "HTTP://127.0.0.1:1"}, "not the address 'HTTP://127.0.0.1:1'"),
    (ValueError, {"path": Path("http://127.0.0.1:1")}, "not the address 'http:/127.0.0.1:1'"),
    (ValueError, {"path": "a\0b"}, "path takes the path of a file, or a URL, not 'a\\x00b'"),
    (ValueError, {"credentials": ("any", "any")}, "credentials are for a database at a URL"),
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
    """By a mock as well, before it is on."""
    assert [
        each for each in (connect, minidynamo.mock) if text not in told(lambda each=each: each(**wrong), kind)
    ] == []  # type: ignore[misc]


def test_a_file_may_be_called_as_an_address_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "source takes the path of a file, not the address" in told(
        lambda: minidynamo.simulate("localhost:8000"), ValueError
    )
    connect("./localhost:8000").close()
    connect("localhost:8000").close()
    connect(tmp_path / "2026-01-31T10:30").close()


@pytest.mark.parametrize("switch", ["allow_network_after", "isolate_by_region", "isolate_by_account"])
def test_switches_of_mock(switch: str) -> None:
    text = f"{switch} takes True or False, not 'no'"
    assert told(lambda: minidynamo.mock(**{switch: "no"}), TypeError) == text  # type: ignore[call-overload]


def test_attach_takes_a_database() -> None:
    text = "attach takes a Database to answer, such as minidynamo.connect(), not 'shop.db'"
    assert told(lambda: minidynamo.attach(None, "shop.db"), TypeError) == text  # type: ignore[arg-type]


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


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://app:secret@db/shop", "postgresql://app:***@db/shop"),
        ("postgresql://app@db:5432,other:5433/shop", "postgresql://app@db:5432,other:5433/shop"),
        ("postgresql://db/shop?user=app&password=secret", "postgresql://db/shop?user=app&password=***"),
        ("postgresql://db/shop?password=secret&sslmode=require", "postgresql://db/shop?password=***&sslmode=require"),
    ],
)
def test_passwords_are_not_shown(url: str, shown: str) -> None:
    """What else a URL says stays."""
    assert without_password(url) == shown
