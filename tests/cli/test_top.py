"""`minidynamo top`: one table where output is no terminal, what it says where there are no metrics, and mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo.formats.short_tables import create_table_request
from minidynamo.http.server.server import Server, ServerOptions
from tests.cli.commands import run

SHOP = create_table_request("Shop", {"key": ["pk S"], "gsi": {"by_a": {"key": ["a S"]}}})


def fill(database: minidynamo.Database) -> None:
    database.execute("CreateTable", SHOP)
    for number in range(3):
        database.execute("PutItem", {"TableName": "Shop", "Item": {"pk": {"S": str(number)}, "a": {"S": "x"}}})
    database.execute("Scan", {"TableName": "Shop"})
    with pytest.raises(minidynamo.DynamoError):
        database.execute("GetItem", {"TableName": "Nope", "Key": {"pk": {"S": "x"}}})


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def database() -> minidynamo.Database:
    return minidynamo.connect()


def serving(database: minidynamo.Database, metrics: Any = None) -> Iterator[str]:
    with Server(database, ServerOptions(port=0), metrics=metrics) as server:
        yield server.url


@pytest.fixture
def measured(database: minidynamo.Database) -> Iterator[str]:
    yield from serving(database, database.metrics)


@pytest.fixture
def unmeasured(database: minidynamo.Database) -> Iterator[str]:
    yield from serving(database)


def cells(output: str, name: str) -> list[str]:
    (line,) = (each for each in output.splitlines() if each.startswith(f"{name} "))
    return line.split()


def test_metrics_of_a_server(measured: str, database: minidynamo.Database, capsys: pytest.CaptureFixture[str]) -> None:
    fill(database)
    code, out, err = run(capsys, "top", measured)
    assert (code, err) == (0, "")
    head = ["table", "or", "index", "units", "read", "units", "write", "units", "calls", "errors", "items", "size"]
    assert cells(out, "table or index")[: len(head)] == head
    assert cells(out, "Shop")[:6] == ["Shop", "3.5", "0.5", "3", "5", "0"]
    assert cells(out, "Shop.by_a")[:4] == ["Shop.by_a", "3", "-", "3"]
    assert cells(out, "(none)")[4:6] == ["1", "1"]
    assert cells(out, "GetItem")[1:3] == ["1", "1"]
    assert cells(out, "PutItem")[1:3] == ["3", "0"]


def test_without_metrics_a_line_says_what_to_do(
    unmeasured: str, database: minidynamo.Database, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(database)
    code, out, err = run(capsys, "top", unmeasured, "--once")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == (
        "no metrics there: start it by `minidynamo serve --metrics` to see calls, units and latencies"
    )
    assert cells(out, "Shop")[1] == "3"


def test_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with minidynamo.connect(tmp_path / "shop.db") as database:
        fill(database)
        code, out, _ = run(capsys, "top", tmp_path / "shop.db")  # Beside the process that owns it.
    assert code == 0
    assert cells(out, "table or index") == ["table", "or", "index", "items", "size"]
    assert cells(out, "Shop.by_a")[1] == "3"


def test_a_database_without_tables(measured: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "top", measured)[1].splitlines()[1].strip() == "no tables"


@pytest.mark.parametrize("columns", [30, 60, 100, 200])
def test_it_fits_into_any_width(
    columns: int,
    measured: str,
    database: minidynamo.Database,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(database)
    monkeypatch.setenv("COLUMNS", str(columns))
    out = run(capsys, "top", measured)[1]
    assert max(map(len, out.splitlines())) <= columns
    assert "…" not in out and "Shop.by_a" in out


def test_names_of_others_do_not_command_the_terminal(
    measured: str, database: minidynamo.Database, capsys: pytest.CaptureFixture[str]
) -> None:
    database.metrics.requests.note("Query", ["a\x1b[2Jb"], "", 0.1)
    assert "\x1b" not in run(capsys, "top", measured)[1]


def test_nothing_answers(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "top", "http://127.0.0.1:1")
    assert (code, out) == (2, "")
    assert err.startswith("minidynamo: no response from http://127.0.0.1:1: ") and err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.db"], "minidynamo: there is no file nowhere.db\n"),
        (["shop.db", "--region", "eu-west-1"], "--region goes with a URL"),
        (["x.db", "--seconds", "0"], "takes a number of seconds from 0.1 to 3600, not '0'"),
        ([], "the following arguments are required: FILE|URL"),
    ],
)
def test_mistakes(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "top", *arguments)
    assert (code, out) == (2, "")
    assert message in err
