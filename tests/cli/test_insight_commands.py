"""`minidynamo explain` and `minidynamo cost`, and EXPLAIN in `minidynamo sql`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import minidynamo
from minidynamo import Ledger
from tests.cli.commands import run
from tests.insight.conftest import SHOP, order

GET = 'GetItem {"TableName": "Shop", "Key": {"pk": {"S": "c1"}, "sk": {"S": "0001"}}}'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    with minidynamo.connect(path) as database:
        database.execute("CreateTable", SHOP)
        for number in range(30):
            database.execute("PutItem", {"TableName": "Shop", "Item": order(number)})
    return path


def test_a_request_is_explained(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "explain", file, GET)
    assert (code, err) == (0, "")
    assert [" ".join(line.split()) for line in out.splitlines()] == [
        "GetItem on Shop 0.5 RRU (eventually consistent), $0.06 per million",
        'reads pk = "c1" and sk = "0001" 1 partition of 1',
        "items 1 read, all kept",
    ]


def test_it_can_be_had_as_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "explain", file, GET, "--json")
    assert json.loads(out)["units"] == 0.5


@pytest.mark.parametrize("prefix", ["", "EXPLAIN "])
def test_a_statement_is_explained_without_being_carried_out(
    prefix: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(capsys, "explain", file, f"{prefix}DELETE FROM Shop WHERE pk = 'c1' AND sk = '0001'")
    assert "index by_status of Shop: the entry goes" in out
    with minidynamo.connect(file, read_only=True) as database:
        assert database.execute("Scan", {"TableName": "Shop"})["Count"] == 30


def test_binary_values_are_base64(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    item = '{"pk": {"S": "c1"}, "sk": {"S": "0001"}, "b": {"B": "YWI="}}'
    code, out, _ = run(capsys, "explain", file, f'PutItem {{"TableName": "Shop", "Item": {item}}}')
    assert code == 0
    assert "the item changes: status, b" in out


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ("", "a request is its operation and its members"),
        ("{}", "a request is its operation and its members"),
        ("CreateTable {}", "CreateTable cannot be explained: there are BatchExecuteStatement"),
        ('GetItem {"TableName"}', "the members of GetItem are no JSON: Expecting ':' delimiter"),
        ('Query {"TableName": "Shop"', "the members of Query are no JSON: Expecting ',' delimiter"),
        (
            'GetItem {"TableName": "Nowhere", "Key": {"id": {"S": "1"}}}',
            "ResourceNotFoundException: Requested resource",
        ),
    ],
)
def test_mistakes_are_told_in_a_line(request_: str, text: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "explain", file, request_)
    assert (code, out) == (2, "")
    assert err.startswith(f"minidynamo: {text}")
    assert err.count("\n") == 1


def test_a_file_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "explain", tmp_path / "none.db", GET)[0::2] == (
        2,
        f"minidynamo: there is no file {tmp_path / 'none.db'}\n",
    )


def test_a_database_at_a_url_is_asked(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with minidynamo.connect(file) as database, database.serve() as server:
        code, out, _ = run(capsys, "explain", server.url, GET, "--region", "eu-west-1")
    assert code == 0
    assert f"carried out at {server.url}, where it took its units" in out


def test_explain_in_the_shell_carries_nothing_out(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "sql", "--db", file, "-c", "explain delete from Shop where pk = 'c1' and sk = '0001'")
    assert code == 0
    assert "table Shop: the item goes" in out
    _, out, _ = run(capsys, "sql", "--db", file, "-c", "EXPLAIN SELECT * FROM Shop WHERE pk = 'c1'")
    assert 'pk = "c1", all sort keys' in out


@pytest.fixture
def ledgers(tmp_path: Path) -> tuple[Path, Path]:
    """A ledger of one read, and one of two."""
    database = minidynamo.connect()
    database.execute("CreateTable", SHOP)
    for name, count in (("old.json", 1), ("new.json", 2)):
        with minidynamo.observe(database) as ledger:
            for _ in range(count):
                database.client().scan(TableName="Shop")
        ledger.save(tmp_path / name)
    return tmp_path / "old.json", tmp_path / "new.json"


def test_a_saved_ledger_is_shown(ledgers: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "cost", ledgers[1])
    assert (code, out) == (0, f"{Ledger.load(ledgers[1])}\n")
    assert "| Scan | Shop |" in run(capsys, "cost", ledgers[1], "--markdown")[1]


@pytest.mark.parametrize(
    ("by", "name"), [("operation", "Scan"), ("table", "Shop"), ("index", "Shop"), ("place", "tests")]
)
def test_its_lines_are_added_up(
    by: str, name: str, ledgers: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    head, line = run(capsys, "cost", ledgers[1], "--by", by)[1].splitlines()
    assert head.split()[0] == by
    assert line.startswith(name)


def test_two_are_compared_and_a_dearer_one_is_told_by_the_exit_code(
    ledgers: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = ledgers
    code, out, _ = run(capsys, "cost", new, old)
    assert code == 1
    assert out.endswith("in all +0.5 units, +1 calls\n")
    assert run(capsys, "cost", old, new)[0] == 0
    assert run(capsys, "cost", old, old)[:2] == (0, "nothing costs more or less than before\n")


def test_what_is_no_ledger_is_told(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "cost", file)
    assert (code, out) == (2, "")
    assert err == f"minidynamo: {file} is no ledger: it is no JSON\n"
