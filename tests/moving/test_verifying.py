"""Verifying: each planted difference by its name, and nothing else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.anonymizing.anonymizer import Anonymizer
from minidynamo.exports.files import Folder
from minidynamo.moving.move import Move, MoveSettings
from minidynamo.moving.move_error import MoveError
from minidynamo.moving.places import Place
from minidynamo.moving.sides import Cancelled
from tests.moving.moved_tables import (
    NAME,
    copied,
    delete,
    followed,
    items_of,
    kinds_of,
    make_things,
    move_of,
    put,
    thing,
    verified,
)


@pytest.fixture
def filled(move: Move, source: Database) -> Move:
    """Fifty items, copied."""
    put(source, *(thing(f"thing {number}", f"text {number}") for number in range(50)))
    copied(move)
    return move


def test_equal_tables_are_equal(filled: Move) -> None:
    result = verified(filled)
    assert (result.item_count, result.differences) == (50, [])


def plant(source: Database, target: Database) -> dict[str, str]:
    """One difference of each kind; how they are called."""
    delete(target, "thing 1")
    put(target, thing("thing 2", "other"), thing("copy", "text 3"), thing("strange", "nowhere"))
    gone = items_of(source)["thing 4"]
    delete(source, "thing 4")
    put(target, gone)
    return {
        "thing 1": "lost",
        "thing 2": "changed",
        "copy": "doubled",
        "strange": "extra",
        "thing 4": "resurrected",
    }


def test_each_difference_is_named(filled: Move, source: Database, target: Database) -> None:
    planted = plant(source, target)
    result = verified(filled)
    assert kinds_of(result) == planted
    (changed,) = [each for each in result.differences if each.kind == "changed"]
    assert (changed.attributes, changed.source_key) == (("text",), {"id": {"S": "thing 2"}})


def test_what_was_repaired_is_the_same(filled: Move, source: Database, target: Database) -> None:
    planted = plant(source, target)
    assert kinds_of(verified(filled, repairs=True)) == planted
    assert verified(filled).differences == []
    assert items_of(target) == items_of(source)


def test_what_has_expired_is_no_fault(filled: Move, source: Database, target: Database) -> None:
    """One side has deleted it already."""
    expiry = {"Enabled": True, "AttributeName": "expires"}
    source.execute("UpdateTimeToLive", {"TableName": NAME, "TimeToLiveSpecification": expiry})
    over, later = {"N": str(int(time.time()) - 9_000)}, {"N": str(int(time.time()) + 9_000)}
    put(source, {**thing("over"), "expires": over}, {**thing("later"), "expires": later})
    put(target, {**thing("at the target"), "expires": over})
    result = verified(filled)
    assert kinds_of(result) == {"over": "expired", "later": "lost", "at the target": "expired"}
    assert [each.key["id"]["S"] for each in result.faults] == ["later"]


def test_a_key_alone_is_no_double(filled: Move, source: Database, target: Database) -> None:
    """What holds nothing says nothing."""
    put(source, thing("one"))
    put(target, thing("two"))
    assert kinds_of(verified(filled)) == {"one": "lost", "two": "extra"}


def test_it_ends_where_it_is_asked_to(filled: Move) -> None:
    with pytest.raises(Cancelled):
        filled.verifier(filled.required_facts(NAME), lambda count: False).run()


def test_a_table_with_another_key_is_told(filled: Move, target: Database) -> None:
    target.execute("DeleteTable", {"TableName": NAME})
    keys = [{"AttributeName": "name", "KeyType": "HASH"}]
    make_things(target, KeySchema=keys, AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}])
    put(target, {"name": {"S": "x"}})
    with pytest.raises(MoveError, match=r"target has a table Things with another key: name \(S\)"):
        verified(filled)


def test_anonymous_items_are_compared_as_they_would_be_made(source: Database, target: Database, journal: Path) -> None:
    """Differences are named by the keys of the target; what was deleted at the source is known by its pseudonym."""
    anonymizer = Anonymizer({"tables": {NAME: {"id": "pseudonym", "*": "keep"}}}, b"0123456789abcdef")
    move = move_of(source, target, journal, anonymizer=anonymizer)
    put(source, *(thing(each, each) for each in ("ann", "bob", "cid", "dan")))
    copied(move)
    followed(move)
    assert verified(move).differences == []
    names = {each: anonymizer.item(NAME, thing(each))["id"]["S"] for each in ("ann", "bob", "cid")}
    delete(target, names["ann"])
    put(target, thing(names["bob"], "other"), thing("strange", "nowhere"))
    delete(source, "cid")
    planted = {names["ann"]: "lost", names["bob"]: "changed", names["cid"]: "resurrected", "strange": "extra"}
    assert kinds_of(verified(move, repairs=True)) == planted
    assert verified(move).differences == []


def test_an_export_is_compared_as_well(source: Database, target: Database, journal: Path, tmp_path: Path) -> None:
    """As target, and as source."""
    put(source, *(thing(f"thing {number}", f"text {number}") for number in range(20)))
    out = Move(Place("a", source), Place("b", files=Folder(tmp_path / "out")), journal, MoveSettings())
    copied(out)
    assert verified(out).differences == []
    put(source, thing("later", "x"))
    delete(source, "thing 3")
    assert kinds_of(verified(out)) == {"later": "lost", "thing 3": "resurrected"}
    make_things(target)
    back = Move(Place("b", files=Folder(tmp_path / "out")), Place("c", target), tmp_path / "2.json", MoveSettings())
    copied(back)
    put(target, thing("thing 5", "other"), thing("strange", "text 6"))
    delete(target, "thing 7")
    planted = {"thing 5": "changed", "strange": "doubled", "thing 7": "lost"}
    assert kinds_of(verified(back, repairs=True)) == planted
    assert verified(back).differences == []


def test_binary_and_composite_keys_are_compared(target: Database, journal: Path) -> None:
    keys = [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}]
    types = [{"AttributeName": "id", "AttributeType": "B"}, {"AttributeName": "at", "AttributeType": "N"}]
    with minidynamo.connect() as source:
        make_things(source, KeySchema=keys, AttributeDefinitions=types)
        put(source, *({"id": {"B": bytes([n % 3])}, "at": {"N": str(n)}, "n": {"N": str(n)}} for n in range(30)))
        move = move_of(source, target, journal)
        copied(move)
        key = {"id": {"B": b"\1"}, "at": {"N": "4"}}
        target.execute("DeleteItem", {"TableName": NAME, "Key": key})
        (difference,) = verified(move, repairs=True).differences
        assert (difference.kind, difference.key) == ("lost", key)
        assert verified(move).differences == []
