"""One bit of a file changes: `check` reports it, and no read ever gives an item that was not stored.

What is covered: every byte of records and keys by their checksums, page structure by SQLite. What is not: a key or a
page pointer that changed so that SQLite looks for other keys in the wrong place. A read may then miss an item; only
`check` tells.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database, StoreError
from minidynamo.errors import InternalServerError
from minidynamo.formats.short_tables import create_table_request

SHORT = {"key": ["pk S", "sk N"], "gsi": {"by_g": {"key": ["g S"]}}, "lsi": {"by_l": {"key": ["pk S", "l S"]}}}
ITEMS = 300
HEADER_BYTES = 100  # SQLite's own, among them fields that nobody reads.
PAGE_BYTES = 8192
LEAF = 10  # What begins a page with rows of a table that has no row ids.


def item(number: int) -> dict[str, Any]:
    texts = {"pk": f"p{number % 3}", "g": f"g{number % 2}", "l": f"l{number}", "t": f"{number}." * 20}
    return {"sk": {"N": str(number)}, **{name: {"S": text} for name, text in texts.items()}}


def reads(database: Database) -> dict[str, Callable[[], list[Any]]]:
    """Every way to read items."""

    def query(name: str, value: str, **index: str) -> list[Any]:
        condition = {"KeyConditionExpression": f"{name} = :v", "ExpressionAttributeValues": {":v": {"S": value}}}
        found: list[Any] = database.execute("Query", {"TableName": "tbl", **condition, **index})["Items"]
        return found

    def get(number: int) -> list[Any]:
        key = {name: item(number)[name] for name in ("pk", "sk")}
        response = database.execute("GetItem", {"TableName": "tbl", "Key": key})
        return [response["Item"]] if "Item" in response else []

    return {
        "scan": lambda: database.execute("Scan", {"TableName": "tbl"})["Items"],
        "get": lambda: [found for number in range(0, ITEMS, 10) for found in get(number)],
        "query": lambda: [found for number in range(3) for found in query("pk", f"p{number}")],
        "by_g": lambda: [found for number in range(2) for found in query("g", f"g{number}", IndexName="by_g")],
        "by_l": lambda: query("pk", "p1", IndexName="by_l"),
    }


def outcomes(path: Path) -> dict[str, Any]:
    """What each read gives, None for an error, and whether `check` is content."""
    found: dict[str, Any] = {}
    try:
        with minidynamo.connect(path, read_only=True) as database:
            for name, read in reads(database).items():
                try:
                    found[name] = read()
                except InternalServerError:
                    found[name] = None
            try:
                database.check()
                found["check"] = True
            except Exception:
                found["check"] = False
    except StoreError:
        found["check"] = False
    return found


def flip_bits(folder: Path, count: int, seed: int) -> Counter[str]:
    path = folder / "right.db"
    with minidynamo.connect(path) as database:
        database.execute("CreateTable", create_table_request("tbl", SHORT))
        for number in range(ITEMS):
            database.execute("PutItem", {"TableName": "tbl", "Item": item(number)})
    right, expected = path.read_bytes(), outcomes(path)
    assert expected["check"]
    stored = [item(number) for number in range(ITEMS)]
    chance = random.Random(seed)
    verdicts: Counter[str] = Counter()
    for number in range(count):
        position = chance.randrange(HEADER_BYTES, len(right))
        damaged = bytearray(right)
        damaged[position] ^= 1 << chance.randrange(8)
        path = folder / f"{number}.db"
        path.write_bytes(damaged)
        found = outcomes(path)
        if found["check"]:
            assert found == expected, f"nothing was reported of byte {position}"
            verdicts["in no use"] += 1
            continue
        for name, items in found.items():
            if name != "check" and items is not None:
                assert all(each in stored for each in items), f"{name} gives what was not stored: byte {position}"
        assert found.get("scan") in (None, expected["scan"]), f"a scan misses items: byte {position}"
        verdicts[
            "missed" if any(found[name] not in (None, expected[name]) for name in found if name != "check") else "told"
        ] += 1
    return verdicts


@pytest.mark.damaged
def test_flipped_bits_are_reported(tmp_path: Path) -> None:
    assert flip_bits(tmp_path, 60, seed=1)["told"] > 20


@pytest.mark.damaged
@pytest.mark.long
def test_many_flipped_bits_are_reported(tmp_path: Path) -> None:
    verdicts = flip_bits(tmp_path, 1_000, seed=2)
    assert verdicts["told"] > 10 * verdicts["missed"], verdicts


@pytest.mark.damaged
def test_a_page_in_the_place_of_another_is_damage(tmp_path: Path) -> None:
    """Its rows are right by their checksums; no read takes them for what it has asked for, nor blames the caller.

    That items are missing, where the page was, only `check` tells.
    """
    path = tmp_path / "right.db"
    with minidynamo.connect(path) as database:
        database.execute("CreateTable", create_table_request("tbl", {"key": ["pk S", "sk N"]}))
        for number in range(600):
            put = {**item(number), "t": {"S": "." * 300}}
            database.execute("PutItem", {"TableName": "tbl", "Item": put})
    right = path.read_bytes()
    pages = [right[at : at + PAGE_BYTES] for at in range(0, len(right), PAGE_BYTES)]
    leaves = [number for number, page in enumerate(pages) if number and page[0] == LEAF and page.count(b"....") > 3]
    assert len(leaves) > 10
    chance, verdicts = random.Random(4), Counter[str]()
    for number in range(25):
        one, two = chance.sample(leaves, 2)
        damaged = list(pages)
        damaged[one] = pages[two]
        path = tmp_path / f"{number}.db"
        path.write_bytes(b"".join(damaged))
        with minidynamo.connect(path, read_only=True) as database:
            for partition in range(3):
                verdicts[pages_of(database, f"p{partition}")] += 1
        with minidynamo.connect(path, read_only=True) as database, pytest.raises(Exception, match=r".+"):
            database.check()
    assert verdicts.keys() == {"all there", "some missing", "damaged"}


def pages_of(database: Database, partition: str) -> str:
    """Goes through a collection in pages of ten."""
    found: list[int] = []
    query: dict[str, Any] = {
        "TableName": "tbl",
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": partition}},
        "Limit": 10,
    }
    while True:
        try:
            page = database.execute("Query", query)
        except InternalServerError:
            return "damaged"
        found += [int(each["sk"]["N"]) for each in page["Items"]]
        if "LastEvaluatedKey" not in page:
            assert found == sorted(set(found)) and all(number % 3 == int(partition[1:]) for number in found)
            return "all there" if len(found) == 200 else "some missing"
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
