"""Moves to DynamoDB Local and from it, and handlers of its streams."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.values.api_types import JsonObject
from minidynamo.values.attribute_value import Item
from tests.cli.commands import run
from tests.moving.dynamodb_local import installed, running
from tests.moving.moved_tables import delete, items_of, make_things, put, thing

pytestmark = pytest.mark.installs
Capsys = pytest.CaptureFixture[str]

EVERYTHING: Item = {
    "id": {"S": "everything"},
    "number": {"N": "-12345678901234567890123456789012345678"},
    "small": {"N": "0.0000000000000000000000000000000000001"},
    "bytes": {"B": b"\x00\xff"},
    "list": {"L": [{"N": "1.50"}, {"M": {"a": {"NULL": True}, "b": {"BOOL": False}}}, {"L": []}]},
    "texts": {"SS": ["b", "a"]},
    "numbers": {"NS": ["3", "1", "2.5"]},
    "binaries": {"BS": [b"2", b"1"]},
    "empty": {"S": ""},
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("local"))


@pytest.fixture
def local(program: Path) -> Iterator[Database]:
    with running(program) as url, minidynamo.connect(url) as database:
        yield database


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def fill(database: Database) -> None:
    make_things(database)
    put(database, EVERYTHING, *(thing(f"thing {number}", f"text {number}") for number in range(250)))


def change(database: Database) -> None:
    put(database, thing("thing 1", "new"), thing("later"), {**EVERYTHING, "more": {"S": "x"}})
    delete(database, "thing 2", "thing 3")


def moved(capsys: Capsys, source: Database, target: Database, source_place: str, target_place: str) -> None:
    """Copies, changes, follows, verifies and repairs."""
    places = (source_place, target_place)
    code, out, err = run(capsys, "copy", *places)
    assert (code, err) == (0, ""), out
    change(source)
    assert run(capsys, "follow", *places, "--once")[0] == 0
    assert run(capsys, "verify", *places)[:2] == (0, "Things: 250 items, the same at both.\n")
    assert run(capsys, "cutover", *places)[0] == 0
    assert items_of(source).keys() == items_of(target).keys()
    put(target, thing("thing 5", "other"), thing("copy", "text 6"), thing("thing 2", "text 2"))
    delete(target, "thing 7")
    code, out, _ = run(capsys, "verify", *places, "--repair", "--delete-extra")
    assert code == 0
    assert out.splitlines()[0] == "Things: 250 items; 1 lost, 1 changed, 1 doubled, 1 resurrected."
    assert run(capsys, "verify", *places)[0] == 0


def test_a_table_moves_to_it(capsys: Capsys, local: Database) -> None:
    with minidynamo.connect() as source, source.serve() as server:
        fill(source)
        moved(capsys, source, local, server.url, local.url)


def test_a_table_moves_from_it(capsys: Capsys, local: Database) -> None:
    """With the changes of its stream."""
    fill(local)
    with minidynamo.connect() as target, target.serve() as server:
        moved(capsys, local, target, local.url, server.url)


def test_a_table_moves_from_it_into_a_file_and_an_export(capsys: Capsys, local: Database) -> None:
    fill(local)
    for target in ("things.db", "export/"):
        assert run(capsys, "copy", local.url, target)[0] == 0
        assert run(capsys, "verify", local.url, target)[0] == 0


def test_a_plan_says_what_it_does_not_have(capsys: Capsys, local: Database) -> None:
    """Tags, which it has none of, are in the way of a table that has some."""
    with minidynamo.connect() as source, source.serve() as server:
        make_things(source, Tags=[{"Key": "team", "Value": "music"}])
        code, out, _ = run(capsys, "plan", server.url, local.url)
    assert (code, "Things: tags: the target does not have it" in out) == (1, True)


def test_handlers_get_the_changes_of_its_stream(local: Database) -> None:
    """In order for each item, and those made since by whoever comes next."""
    found: dict[str, list[str]] = defaultdict(list)

    def handler(event: JsonObject, context: object) -> None:
        for record in event["Records"]:
            image = record["dynamodb"].get("NewImage", {"text": {"S": "gone"}})
            found[record["dynamodb"]["Keys"]["id"]["S"]].append(image["text"]["S"])

    make_things(local)
    for number in range(4):
        put(local, *(thing(f"thing {each}", f"{number}") for each in range(20)))
    delete(local, "thing 0")
    with minidynamo.connect(local.url) as reader:
        reader.on_stream("Things", handler)
        assert reader.drain().is_complete
    assert found["thing 0"] == ["0", "1", "2", "3", "gone"]
    assert all(found[f"thing {each}"] == ["0", "1", "2", "3"] for each in range(1, 20))
    put(local, thing("thing 5", "later"))
    with minidynamo.connect(local.url) as reader:
        reader.on_stream("Things", handler)
        reader.drain()
    assert found["thing 5"] == ["0", "1", "2", "3", "later"]
    assert sum(len(each) for each in found.values()) == 82
