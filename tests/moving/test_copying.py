"""Copying the items of a table: what was interrupted goes on, what is there stays, what is gone begins again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import minidynamo
from minidynamo import Database, DynamoError, simulate
from minidynamo.anonymizing.anonymizer import Anonymizer, AnonymizingError
from minidynamo.consumers.leases import LeaseTable
from minidynamo.endpoints.middleware import Call, Middleware, Proceed
from minidynamo.exports.exports import Export
from minidynamo.exports.files import ExportError, Folder
from minidynamo.moving.move import Move, MoveSettings
from minidynamo.moving.move_error import MoveError
from minidynamo.moving.places import Place
from minidynamo.simulation import ServerError
from minidynamo.values.api_types import Response
from tests.exports.written_exports import all_items, write_songs
from tests.moving.moved_tables import NAME, DeniedOnce, copied, followed, items_of, make_things, move_of, put, thing


class SmallPages(Middleware):
    """Gives two items in a page of a Scan; notes the requests."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, int]] = []

    def execute(self, call: Call, proceed: Proceed) -> Response:
        if call.operation != "Scan" or "Segment" not in call.request:
            return proceed(call.operation, call.request)
        self.requests.append((str(call.request.get("ExclusiveStartKey")), call.request["Segment"]))
        return proceed(call.operation, {**call.request, "Limit": 2})


@pytest.fixture
def pages(source: Database) -> SmallPages:
    """Forty items, two a page."""
    put(source, *(thing(f"thing {number}") for number in range(40)))
    pages = SmallPages()
    source.use(pages)
    return pages


def after(page_count: int) -> Callable[[], bool]:
    """Goes on for some pages."""
    left = iter(range(page_count))
    lock = threading.Lock()

    def goes_on() -> bool:
        with lock:
            return next(left, None) is not None

    return goes_on


def test_what_was_interrupted_goes_on(source: Database, target: Database, journal: Path, pages: SmallPages) -> None:
    """Behind the page that was put last, in a process of its own each time; no page is read twice."""
    runs = 0
    while True:
        move = move_of(source, target, journal)
        runs += 1
        if move.copy(move.prepare(NAME), after(4)):
            break
    assert runs > 4
    assert items_of(target) == items_of(source)
    assert len(set(pages.requests)) == len(pages.requests)
    progress = move.journal.table(NAME)
    assert (progress.put_count, progress.present_count, progress.item_count) == (40, 0, 40)


def test_what_has_been_copied_is_not_copied_again(move: Move, pages: SmallPages) -> None:
    copied(move)
    pages.requests.clear()
    copied(move)
    assert pages.requests == []


def test_it_goes_on_with_the_segments_that_it_began_with(
    source: Database, target: Database, journal: Path, pages: SmallPages
) -> None:
    """Whatever it is told then."""
    move = move_of(source, target, journal)
    assert not move.copy(move.prepare(NAME), after(6))
    again = move_of(source, target, journal, segment_count=9)
    copied(again)
    assert again.journal.table(NAME).segments.keys() == {f"{number}/4" for number in range(4)}
    assert again.journal.table(NAME).present_count == 0
    assert items_of(target) == items_of(source)


def test_a_target_that_has_been_deleted_is_filled_again(move: Move, source: Database, target: Database) -> None:
    """Whatever the journal says."""
    put(source, thing("a"), thing("b"))
    copied(move)
    target.execute("DeleteTable", {"TableName": NAME})
    put(source, thing("c"))
    copied(move)
    assert items_of(target) == items_of(source)
    followed(move)


def test_what_is_at_the_target_stays(move: Move, source: Database, target: Database) -> None:
    make_things(target)
    put(source, thing("a", "new"), thing("b", "new"))
    put(target, thing("a", "old"))
    copied(move)
    assert items_of(target) == {"a": thing("a", "old"), "b": thing("b", "new")}
    progress = move.journal.table(NAME)
    assert (progress.put_count, progress.present_count) == (1, 1)


def test_changes_are_followed_from_before_the_first_page(
    move: Move, source: Database, target: Database, pages: SmallPages
) -> None:
    """What is written and deleted while it is copied is right in the end."""
    facts = move.prepare(NAME)
    assert not move.copy(facts, after(5))
    for number in range(0, 40, 3):
        source.execute("DeleteItem", {"TableName": NAME, "Key": thing(f"thing {number}")})
        put(source, thing(f"thing {number + 1}", "new"), thing(f"later {number}"))
    copied(move)
    followed(move)
    assert items_of(target) == items_of(source)


def test_it_stops_within_a_page(source: Database, target: Database, journal: Path) -> None:
    """A page of small items holds thousands; it goes on with all of it, and what is there by then stays."""
    put(source, *(thing(f"thing {number}") for number in range(1_200)))
    move = move_of(source, target, journal, segment_count=1)
    answers = iter([True, True, False])
    assert not move.copy(move.prepare(NAME), lambda: next(answers, False))
    assert len(items_of(target)) == 1_000
    copied(move_of(source, target, journal, segment_count=1))
    assert items_of(target) == items_of(source)
    progress = move_of(source, target, journal).journal.tables[NAME]
    assert (progress.put_count, progress.present_count, progress.item_count) == (1_200, 1_000, 1_200)


def test_a_source_that_fails_ends_it_and_it_goes_on(target: Database, journal: Path) -> None:
    """The other segments stop at their next page."""
    with simulate(profile="calm") as source:
        make_things(source)
        put(source, *(thing(f"thing {number}") for number in range(40)))
        move = move_of(source, target, journal)
        facts = move.prepare(NAME)
        source.use(DeniedOnce("Scan"))
        with pytest.raises(DynamoError):
            move.copy(facts, lambda: True)
        copied(move_of(source, target, journal))
        assert items_of(target) == items_of(source)


def test_a_stream_that_cannot_be_asked_for_is_not_forgotten(target: Database, journal: Path) -> None:
    """The copy does not begin without it."""
    with simulate(profile="calm") as source:
        make_things(source)
        move = move_of(source, target, journal)
        source.faults.on("DescribeStream", fault=ServerError)
        with pytest.raises(DynamoError):
            move.prepare(NAME)
        move.prepare(NAME)
        assert move.journal.table(NAME).follow is not None


def test_a_table_with_another_key_is_refused(move: Move, target: Database) -> None:
    """Before anything is noted."""
    make_things(target, AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}])
    with pytest.raises(MoveError, match=r"target has a table Things with another key: id \(N\)"):
        move.prepare(NAME)


def test_what_the_target_refuses_is_kept(target: Database, move: Move, source: Database) -> None:
    """A hundred keys and reasons, and how many there were."""
    definitions = [{"AttributeName": each, "AttributeType": kind} for each, kind in (("id", "S"), ("text", "N"))]
    index = {"IndexName": "by_text", "KeySchema": [{"AttributeName": "text", "KeyType": "HASH"}]}
    indexes = [{**index, "Projection": {"ProjectionType": "ALL"}}]
    make_things(target, AttributeDefinitions=definitions, GlobalSecondaryIndexes=indexes)
    put(source, *(thing(f"thing {number}", "text") for number in range(110)), thing("good"))
    copied(move)
    progress = move.journal.table(NAME)
    assert (progress.put_count, progress.refused_count, len(progress.refused)) == (1, 110, 100)
    assert "Type mismatch for Index Key text" in str(progress.refused[0][1])


def test_the_leases_of_handlers_do_not_move(move: Move, source: Database) -> None:
    LeaseTable(source.execute, "group").make()
    assert move.tables() == [NAME]


def test_a_table_that_is_not_there_is_told(source: Database, target: Database, journal: Path) -> None:
    with pytest.raises(MoveError, match="source has no table Nope; it has Things"):
        move_of(source, target, journal, tables=["Nope"]).tables()


def test_an_empty_source_is_told(target: Database, journal: Path) -> None:
    with minidynamo.connect() as source, pytest.raises(MoveError, match="there are no tables in source"):
        move_of(source, target, journal).tables()


def test_items_are_made_anonymous_on_their_way(source: Database, target: Database, journal: Path) -> None:
    """In the copy, and in what is followed: deletions too."""
    anonymizer = Anonymizer({"tables": {NAME: {"id": "pseudonym", "*": "keep"}}}, b"0123456789abcdef")
    move = move_of(source, target, journal, anonymizer=anonymizer)
    put(source, thing("ann", "x"), thing("bob", "y"))
    copied(move)
    source.execute("DeleteItem", {"TableName": NAME, "Key": thing("bob")})
    put(source, thing("cid", "z"))
    followed(move)
    names = [anonymizer.item(NAME, thing(each))["id"]["S"] for each in ("ann", "cid")]
    assert sorted(items_of(target)) == sorted(names)


def test_rules_that_leave_keys_alike_are_refused(source: Database, target: Database, journal: Path) -> None:
    anonymizer = Anonymizer({"tables": {NAME: {"id": "drop", "*": "keep"}}}, b"0123456789abcdef")
    with pytest.raises(AnonymizingError):
        move_of(source, target, journal, anonymizer=anonymizer).prepare(NAME)
    assert target.tables == []


# Exports.


def export_move(source: Database, folder: Path, journal: Path, **settings: object) -> Move:
    return Move(Place("a", source), Place("b", files=Folder(folder)), journal, MoveSettings(**settings))  # type: ignore[arg-type]


def exported(folder: Path) -> dict[str, object]:
    items = all_items(Export(Folder(folder)))
    found = {item["id"]["S"]: item for item in items}
    assert len(found) == len(items)
    return found  # type: ignore[return-value]


def test_a_table_becomes_an_export(source: Database, journal: Path, tmp_path: Path, pages: SmallPages) -> None:
    copied(export_move(source, tmp_path, journal))
    assert exported(tmp_path) == items_of(source)


@pytest.mark.parametrize("segment_count", [4, 3, 9])
def test_an_export_that_was_interrupted_goes_on(
    source: Database, journal: Path, tmp_path: Path, pages: SmallPages, segment_count: int
) -> None:
    """Part by part, with the segments that it began with; until then it is no export."""
    move = export_move(source, tmp_path, journal)
    assert not move.copy(move.prepare(NAME), after(7))
    with pytest.raises(ExportError, match="wait until the export is completed"):
        Export(Folder(tmp_path))
    copied(export_move(source, tmp_path, journal, segment_count=segment_count))
    assert exported(tmp_path) == items_of(source)


def test_an_export_is_copied_and_goes_on(target: Database, journal: Path, tmp_path: Path) -> None:
    write_songs(Folder(tmp_path))
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}]
    make_things(target, "Songs", KeySchema=keys, AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])
    place = Place("a", files=Folder(tmp_path))
    move = Move(place, Place("b", target), journal, MoveSettings(segment_count=1))
    assert not move.copy(move.prepare("Songs"), after(1))
    again = Move(place, Place("b", target), journal, MoveSettings())
    copied(again, "Songs")
    progress = again.journal.table("Songs")
    assert (progress.put_count, progress.present_count, progress.follow) == (5, 0, None)


def test_an_export_does_not_tell_its_key(target: Database, journal: Path, tmp_path: Path) -> None:
    write_songs(Folder(tmp_path))
    move = Move(Place("a", files=Folder(tmp_path)), Place("b", target), journal, MoveSettings())
    with pytest.raises(MoveError, match="an export does not tell the key of its table Songs: give --key"):
        move.prepare("Songs")
