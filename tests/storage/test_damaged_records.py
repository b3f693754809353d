"""A damaged record is named, does no harm to others, and is healed by a write that needs nothing of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database, DynamoError, StoreError
from minidynamo.formats.short_tables import create_table_request
from minidynamo.values.key_bytes import ENCODERS, TOKEN_BYTES
from minidynamo.values.key_decoding import decoded_key
from tests.storage.damaged_stores import damage_record, reopened
from tests.storage.filled_file import fill

KEY = {"pk": {"S": "it\x00em"}, "sk": {"N": "-12.5"}}
NAMED = r'The item {"pk": {"S": "it\\u0000em"}, "sk": {"N": "-12.5"}} of table tbl is damaged'
ITEM = {**KEY, "t": {"S": "the text"}}


def filled(path: Path, **indexes: Any) -> Database:
    database = minidynamo.connect(path)
    database.execute("CreateTable", create_table_request("tbl", {"key": ["pk S", "sk N"], **indexes}))
    for number in range(5):
        database.execute("PutItem", {"TableName": "tbl", "Item": {**KEY, "sk": {"N": str(number)}}})
    database.execute("PutItem", {"TableName": "tbl", "Item": ITEM})
    return database


def damaged(path: Path, keyspace: str = "/table", **indexes: Any) -> Database:
    return reopened(filled(path, **indexes), path, b"the text", keyspace)


READS: dict[str, tuple[str, dict[str, Any]]] = {
    "get": ("GetItem", {"TableName": "tbl", "Key": KEY}),
    "scan": ("Scan", {"TableName": "tbl"}),
    "batch": ("BatchGetItem", {"RequestItems": {"tbl": {"Keys": [KEY]}}}),
    "update": ("UpdateItem", {"TableName": "tbl", "Key": KEY}),
    "a condition": ("PutItem", {"TableName": "tbl", "Item": ITEM, "ConditionExpression": "attribute_exists(pk)"}),
    "the old item": ("DeleteItem", {"TableName": "tbl", "Key": KEY, "ReturnValues": "ALL_OLD"}),
}


@pytest.mark.damaged
@pytest.mark.parametrize(("operation", "request_"), READS.values(), ids=READS)
def test_what_needs_it_says_which_it_is(tmp_path: Path, operation: str, request_: dict[str, Any]) -> None:
    database = damaged(tmp_path / "shop.db")
    with pytest.raises(DynamoError) as caught:
        database.execute(operation, request_)
    assert caught.value.message.startswith(NAMED.replace("\\\\", "\\"))
    assert "PutItem and DeleteItem replace it" in caught.value.message
    assert database.execute("GetItem", {"TableName": "tbl", "Key": {**KEY, "sk": {"N": "3"}}})["Item"]


HEALING: dict[str, tuple[str, dict[str, Any]]] = {
    "put": ("PutItem", {"TableName": "tbl", "Item": {**KEY, "t": {"S": "new"}}}),
    "delete": ("DeleteItem", {"TableName": "tbl", "Key": KEY}),
    "batch": ("BatchWriteItem", {"RequestItems": {"tbl": [{"DeleteRequest": {"Key": KEY}}]}}),
    "transaction": ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "tbl", "Item": ITEM}}]}),
}


@pytest.mark.parametrize(("operation", "request_"), HEALING.values(), ids=HEALING)
def test_a_write_that_needs_nothing_of_it_heals_it(tmp_path: Path, operation: str, request_: dict[str, Any]) -> None:
    """Counts and sizes are right again: the check at the end of the test says so."""
    database = damaged(tmp_path / "shop.db")
    database.execute(operation, request_)
    count = 5 if "elete" in f"{operation} {request_}" else 6
    assert database.execute("Scan", {"TableName": "tbl"})["Count"] == count
    database.check()


def test_several_are_healed_one_after_the_other(tmp_path: Path) -> None:
    database = filled(tmp_path / "shop.db")
    other = {**KEY, "sk": {"N": "7"}}
    database.execute("PutItem", {"TableName": "tbl", "Item": {**other, "t": {"S": "another text"}}})
    database.close()
    assert damage_record(tmp_path / "shop.db", b"text") == 2
    database = minidynamo.connect(tmp_path / "shop.db")
    database.execute("DeleteItem", {"TableName": "tbl", "Key": KEY})
    database.execute("PutItem", {"TableName": "tbl", "Item": other})
    database.check()


@pytest.mark.damaged
def test_an_index_needs_what_was_there(tmp_path: Path) -> None:
    database = damaged(tmp_path / "shop.db", gsi={"by_g": {"key": ["g S"]}})
    with pytest.raises(DynamoError, match="and the table no index"):
        database.execute("PutItem", {"TableName": "tbl", "Item": ITEM})


@pytest.mark.damaged
def test_an_entry_of_an_index_is_named(tmp_path: Path) -> None:
    database = filled(tmp_path / "shop.db", gsi={"by_g": {"key": ["g S"]}})
    database.execute("PutItem", {"TableName": "tbl", "Item": {**ITEM, "g": {"S": "a group"}}})
    database = reopened(database, tmp_path / "shop.db", b"the text", "/index/by_g")
    with pytest.raises(DynamoError, match=r'^The entry of index by_g for the item {"pk": .*} of table tbl is damaged'):
        database.execute("Scan", {"TableName": "tbl", "IndexName": "by_g"})


@pytest.mark.parametrize(
    ("kind", "value"),
    [("S", ""), ("S", "a\x00\x00b\x00"), ("S", "é"), ("B", b"\x00\xff"), ("N", "0"), ("N", "1"), ("N", "-1")]
    + [("N", text) for text in ("120", "-0.005", "99.99", "1" + "0" * 100, "-12345678901234567890123456789012345678")],
)
def test_keys_are_decoded_as_they_were(kind: str, value: Any) -> None:
    key = bytes(TOKEN_BYTES) + ENCODERS[kind](value) + b"rest"
    assert decoded_key(key, [kind]) == ([{kind: value}], b"rest")


@pytest.mark.parametrize("key", [b"", b"\x00", b"ab", b"a\x00b\x00\x00"])
def test_what_is_no_key_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        decoded_key(bytes(TOKEN_BYTES) + key, ["S"])


@pytest.mark.damaged
@pytest.mark.parametrize("is_read_only", [False, True])
@pytest.mark.parametrize(("keyspace", "name"), [("/table", "Table tbl"), ("/index/by_g", "Index by_g of table tbl")])
def test_records_that_are_missing_are_damage(tmp_path: Path, keyspace: str, name: str, is_read_only: bool) -> None:
    """Of the file, not of an invariant of this process: the table or index is named."""
    path = tmp_path / "shop.db"
    with minidynamo.connect(path) as database:
        fill(database, 5)
    with closing(sqlite3.connect(path)) as connection, connection:
        ((number,),) = connection.execute("SELECT id FROM keyspaces WHERE name LIKE ?", (f"%{keyspace}",)).fetchall()
        connection.execute(f"DELETE FROM keyspace_{number} WHERE key = (SELECT max(key) FROM keyspace_{number})")
    text = f"shop.db is damaged. {name} is damaged: 5 records are noted .*, 4 are found"
    with minidynamo.connect(path, read_only=is_read_only) as database, pytest.raises(StoreError, match=text):
        database.check()
