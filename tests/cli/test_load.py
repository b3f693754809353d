"""`minidynamo load`: what it keeps and where, the table that it fills, how it goes on after an interruption."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import minidynamo
from minidynamo.formats import loading
from tests.cli.commands import run
from tests.waiting import wait_until

Items = list[dict[str, object]]


def items_in(path: object, table: str = "Orders") -> Items:
    """The items of a table in a database file, in the order of their numbers."""
    with minidynamo.connect(str(path)) as database:
        pages = database.client().get_paginator("scan").paginate(TableName=table)
        found = [item for page in pages for item in page["Items"]]
    return sorted(found, key=lambda item: int(item["number"]["N"]))


def expected(count: int) -> Items:
    return [{"customer": {"S": f"c{n % 7}"}, "number": {"N": str(n)}} for n in range(count)]


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """A file with 240 orders and one line that is none."""
    lines = [json.dumps({"customer": f"c{n % 7}", "number": n}) for n in range(240)]
    lines.insert(100, "[]")
    path = tmp_path / "orders.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    return path


KEY = ("--key", "customer,number:N")


def test_a_file_keeps_what_is_loaded(capsys: pytest.CaptureFixture[str], tmp_path: Path, orders: Path) -> None:
    """Loading it again replaces every item, and the report counts that; the line that is bad is named each time."""
    code, out, err = run(capsys, "load", "Orders", orders, "--db", tmp_path / "shop.db", *KEY)
    assert (code, err) == (1, "")
    assert f"Orders: in {tmp_path / 'shop.db'}, 240 items" in out
    assert "240 of 241 records loaded." in out
    assert "line 101: not an object but list" in out
    assert items_in(tmp_path / "shop.db") == expected(240)
    code, out, _ = run(capsys, "load", "Orders", orders, "--db", tmp_path / "shop.db")
    assert "240 of 241 records loaded; 240 replaced an earlier item with the same key." in out
    assert items_in(tmp_path / "shop.db") == expected(240)


def test_an_endpoint_keeps_what_is_loaded(capsys: pytest.CaptureFixture[str], tmp_path: Path, orders: Path) -> None:
    with minidynamo.connect(tmp_path / "far.db") as database, database.serve() as server:
        code, out, err = run(capsys, "load", "Orders", orders, "--endpoint", server.url, *KEY)
        assert (code, err) == (1, "")
        assert f"Orders: at {server.url}, key customer (S), number (N)" in out
    assert items_in(tmp_path / "far.db") == expected(240)


def test_without_a_place_nothing_is_kept(capsys: pytest.CaptureFixture[str], orders: Path) -> None:
    """And it says so."""
    assert "Nothing is kept: --db FILE or --endpoint URL" in run(capsys, "load", "Orders", orders)[1]


TEMPLATE = """
Parameters:
  Stage: {Type: String}
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub "${Stage}-orders"
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{AttributeName: customer, KeyType: HASH}, {AttributeName: number, KeyType: RANGE}]
      AttributeDefinitions:
        - {AttributeName: customer, AttributeType: S}
        - {AttributeName: number, AttributeType: N}
        - {AttributeName: total, AttributeType: N}
      GlobalSecondaryIndexes:
        - IndexName: by_total
          KeySchema: [{AttributeName: total, KeyType: HASH}]
          Projection: {ProjectionType: ALL}
"""


def test_the_table_comes_from_a_template(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Columns of CSV have the types of its keys and of those of its indexes."""
    (tmp_path / "template.yaml").write_text(TEMPLATE, "utf-8")
    (tmp_path / "orders.csv").write_text("customer,number,total\nann,1,30\nann,2,45\n", "utf-8")
    place = ("--db", tmp_path / "shop.db", "--tables", tmp_path / "template.yaml", "--parameter", "Stage=test")
    code, out, _ = run(capsys, "load", "test-orders", tmp_path / "orders.csv", *place)
    assert code == 0
    assert "key customer (S), number (N)" in out
    assert [item["total"] for item in items_in(tmp_path / "shop.db", "test-orders")] == [{"N": "30"}, {"N": "45"}]
    code, _, err = run(capsys, "load", "Others", tmp_path / "orders.csv", *place)
    assert (code, "declares no table Others, but test-orders" in err) == (2, True)


def test_a_key_that_contradicts_the_table_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, orders: Path
) -> None:
    place = ("--db", tmp_path / "shop.db")
    run(capsys, "load", "Orders", orders, *place, *KEY)
    code, _, err = run(capsys, "load", "Orders", orders, *place, "--key", "customer")
    assert code == 2
    assert err == "minidynamo: the table Orders has the key customer (S), number (N), not customer (S)\n"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ("--endpoint", "127.0.0.1:8000"),
            "an endpoint is a URL such as http://127.0.0.1:8000, or dynamodb: and a region, not '127.0.0.1:8000'",
        ),
        (("--endpoint", "http://127.0.0.1:9"), "minidynamo: no response from http://127.0.0.1:9"),
        (("--db", "{orders}"), "as a minidynamo database: file is not a database"),
        (("--db", "localhost:8000"), "--db takes a file, and localhost:8000 is an address: give --endpoint http://loc"),
        (("--db", "https://host/"), "--db takes a file, and https:/host is an address: give --endpoint https://host"),
        (("--db", "x.db", "--endpoint", "http://x"), "not allowed with argument"),
        (("--tables", "x.yaml", "--key", "a"), "not allowed with argument"),
        (("--tables", "nowhere.yaml"), "nowhere.yaml"),
        (("--skip", "-1"), "takes a number, not '-1'"),
    ],
)
def test_mistakes_are_one_line(
    capsys: pytest.CaptureFixture[str], orders: Path, arguments: tuple[str, ...], text: str
) -> None:
    code, _, err = run(capsys, "load", "Orders", orders, *(each.format(orders=orders) for each in arguments))
    assert code == 2
    assert text in err
    assert err.splitlines()[-1].startswith("minidynamo")
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_interrupted_goes_on(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    orders: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
) -> None:
    """Behind the records that were answered, without the others; the batch in hand is ended first."""
    place = ("--db", tmp_path / "shop.db")
    after_batch(monkeypatch, 3, lambda: signal.raise_signal(number))
    code, out, err = run(capsys, "load", "Orders", orders, *place, *KEY)
    assert (code, out) == (130, "")
    assert err == "minidynamo: interrupted; 75 records are done: go on with --skip 75\n"
    assert len(items_in(tmp_path / "shop.db")) == 75
    code, out, _ = run(capsys, "load", "Orders", orders, *place, "--skip", 75)
    assert code == 1
    assert "165 of 166 records loaded; 75 skipped." in out
    assert items_in(tmp_path / "shop.db") == expected(240)


def test_a_second_signal_ends_at_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, orders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what is known then: the batch in hand may be in the file and has not been answered."""

    def signals() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    after_batch(monkeypatch, 3, signals)
    code, _, err = run(capsys, "load", "Orders", orders, "--db", tmp_path / "shop.db", *KEY)
    assert (code, err) == (130, "minidynamo: interrupted; 50 records are done: go on with --skip 50\n")
    assert len(items_in(tmp_path / "shop.db")) == 75


def test_a_lost_connection_says_how_to_go_on(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, orders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line; bad lines among the records that are done are named, since they are not looked at again."""
    with minidynamo.connect(tmp_path / "far.db") as database, database.serve() as server:
        after_batch(monkeypatch, 6, server.stop)
        code, out, err = run(capsys, "load", "Orders", orders, "--endpoint", server.url, *KEY)
    assert code == 2
    assert "line 101: not an object but list" in out
    assert re.fullmatch(r"minidynamo: no response from .*; 150 records are done: go on with --skip 150\n", err)
    place = ("--db", tmp_path / "far.db")
    assert run(capsys, "load", "Orders", orders, *place, "--skip", 150)[0] == 0
    assert items_in(tmp_path / "far.db") == expected(240)


def after_batch(monkeypatch: pytest.MonkeyPatch, number: int, happen: Callable[[], object]) -> None:
    """Lets something happen when a batch has been written, counted from 1."""
    written, write_batch = iter(range(1, 1_000)), loading.write_batch

    def write(*arguments: object) -> None:
        write_batch(*arguments)  # type: ignore[arg-type]
        if next(written) == number:
            happen()

    monkeypatch.setattr(loading, "write_batch", write)


def test_a_process_that_is_told_to_end_has_kept_what_it_says(tmp_path: Path) -> None:
    """At any moment: all records up to the one that it names are in the file."""
    path, place = tmp_path / "orders.jsonl", tmp_path / "shop.db"
    path.write_text("".join(f'{{"customer": "c{n % 7}", "number": {n}}}\n' for n in range(40_000)), "utf-8")
    command = [sys.executable, "-m", "minidynamo", "load", "Orders", str(path), "--db", str(place), *KEY]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(
        lambda: place.with_name("shop.db-wal").exists() and place.with_name("shop.db-wal").stat().st_size > 10**6
    )
    process.terminate()
    _, err = process.communicate()
    assert process.returncode == 130
    told = re.fullmatch(r"minidynamo: interrupted; ([\d,]+) records are done: go on with --skip (\d+)\n", err)
    assert told, err
    done = int(told[2])
    assert 0 < done < 40_000
    assert items_in(place) == expected(done)


def test_items_are_shown_completely(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """In a table where they fit, else in lines of JSON."""
    path = tmp_path / "items.jsonl"
    path.write_text(json.dumps({"id": "k" * 40, "n": 1}), "utf-8")
    assert f"│ {'k' * 40} │ 1 │" in run(capsys, "load", "Items", path)[1]
    item = {"id": "k" * 100, "l": [1, {"a": None, "b": True}], "m": {"c": "[bold]"}}
    path.write_text(json.dumps(item), "utf-8")
    assert json.dumps(item) in run(capsys, "load", "Items", path)[1].splitlines()


def test_items_that_are_shown_command_no_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """And break no rows."""
    path = tmp_path / "items.jsonl"
    path.write_text(json.dumps({"id": "é\x1b[31m\nb"}), "utf-8")
    assert r"│ é\u001b[31m\nb │" in run(capsys, "load", "Items", path)[1]


def test_many_bad_lines_are_counted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text('{"id": "a"}\n' + "x\n" * 3_000, "utf-8")
    code, out, _ = run(capsys, "load", "Items", path)
    assert code == 1
    assert "1 of 3,001 records loaded." in out
    assert "3,000 record(s) were not loaded:\n  line 2: not JSON: Expecting value: column 1\n" in out
    assert "\n  and 2,980 more\n" in out
    path.write_text("x\n" * 3_000, "utf-8")
    code, _, err = run(capsys, "load", "Items", path)
    assert (code, "holds no item among its first 1,000 records: line 1: not JSON" in err) == (2, True)
