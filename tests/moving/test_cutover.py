"""Whether it is safe to change over: each reason against it, and each that asks for a look."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.exports.files import Folder
from minidynamo.moving.cutover import cutover_answers
from minidynamo.moving.journal import FollowProgress, TableProgress, Verdict
from minidynamo.moving.move import Move, MoveSettings
from minidynamo.moving.places import Place
from tests.exports.written_exports import write_songs
from tests.moving.moved_tables import NAME, copied, delete, facts, followed, make_things, move_of, put, thing, verified


def verify(move: Move, name: str = NAME) -> None:
    """Compares both ends and notes it, as the command does."""
    result = verified(move, name=name)
    move.journal.table(name).verdict = Verdict(time.time(), result.item_count, len(result.faults))


def moved(move: Move) -> Move:
    """Copies, follows and verifies three items."""
    put(move.source.opened(), thing("a"), thing("b"), thing("c"))
    copied(move)
    followed(move)
    verify(move)
    return move


def answers(move: Move, grade: str, name: str = NAME) -> list[str]:
    return [each.text for each in cutover_answers(move, name) if each.grade == grade]


def test_all_is_well(move: Move) -> None:
    moved(move)
    assert answers(move, "no") == answers(move, "look") == []
    copying, following, verifying = answers(move, "yes")
    assert copying == "3 items copied, 0 were there already"
    assert following.startswith("3 changes followed, none is waiting; the newest ")
    assert verifying.startswith("3 items are the same at both, verified ")


def test_nothing_has_changed(move: Move) -> None:
    copied(move)
    verify(move)
    assert answers(move, "yes")[1] == "nothing has changed since the copy began"


def test_a_table_that_is_not_at_the_target(move: Move) -> None:
    assert answers(move, "no") == ["it is not at the target: minidynamo copy makes and fills it"]


@pytest.mark.parametrize("has_begun", [True, False])
def test_a_table_that_has_not_been_copied_to_its_end(move: Move, target: Database, has_begun: bool) -> None:
    if has_begun:
        assert not move.copy(move.prepare(NAME), lambda: False)
    else:
        make_things(target)
    assert answers(move, "no") == ["it has not been copied, or not to its end: minidynamo copy goes on"]


def test_changes_that_are_waiting(move: Move, source: Database) -> None:
    moved(move)
    put(source, thing("d"))
    (text,) = answers(move, "no")
    assert text.startswith("1 changes are not at the target yet, the newest ")
    assert text.endswith("ago: stop writing, and follow")


def follow_of(move: Move) -> FollowProgress:
    follow = move.journal.table(NAME).follow
    assert follow is not None
    return follow


def test_changes_that_are_missing(move: Move) -> None:
    moved(move)
    follow_of(move).has_gap = True
    assert answers(move, "no") == [
        "changes are missing that were too old when they were read: verify --repair --delete-extra, then verify"
    ]


def test_changes_that_turn_out_to_be_missing(move: Move) -> None:
    """Nobody has followed for a day."""
    copied(move)
    verify(move)
    follow_of(move).start = f"@{int(time.time()) - 90_000}"
    assert answers(move, "no") == [
        "changes are missing that were too old when they were read: verify --repair --delete-extra, then verify"
    ]


def test_a_stream_that_was_turned_off(move: Move, source: Database) -> None:
    moved(move)
    source.execute("UpdateTable", {"TableName": NAME, "StreamSpecification": {"StreamEnabled": False}})
    again = "copy it again with another journal, and verify --repair --delete-extra"
    assert f"its stream was turned off after copying began: {again}" in answers(move, "no")


def test_a_table_without_a_stream(journal: Path, target: Database) -> None:
    with minidynamo.connect() as source:
        make_things(source, StreamSpecification=None)
        move = move_of(source, target, journal)
        copied(move)
        verify(move)
        assert answers(move, "no") == []
        assert answers(move, "look") == ["it had no stream when it was copied: nobody knows what has changed since"]


def test_an_export_says_nothing_of_later(tmp_path: Path, journal: Path, target: Database) -> None:
    write_songs(Folder(tmp_path))
    make_things(
        target,
        "Songs",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    move = Move(Place("a", files=Folder(tmp_path)), Place("b", target), journal, MoveSettings())
    copied(move, "Songs")
    verify(move, "Songs")
    assert answers(move, "no", "Songs") == []
    assert answers(move, "look", "Songs") == ["the source is an export: changes since then are not in it"]


def no_verdict(progress: TableProgress) -> None:
    progress.verdict = None


def verdict(difference_count: int = 0, repaired_count: int = 0, age: float = 0.0) -> Callable[[TableProgress], None]:
    def give(progress: TableProgress) -> None:
        progress.verdict = Verdict(time.time() - age, 3, difference_count, repaired_count)

    return give


def copied_later(progress: TableProgress) -> None:
    progress.copied_at = time.time() + 60


def refused(progress: TableProgress) -> None:
    progress.refused_count = 2


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (refused, "2 items were refused by the target"),
        (no_verdict, "it has not been verified: minidynamo verify"),
        (verdict(2), "2 items differ: minidynamo verify --repair"),
        (verdict(3, 2), "1 items differ: minidynamo verify --repair"),
        (verdict(2, 2), "2 items were repaired: verify once more"),
        (verdict(age=25 * 3600), "it was verified 25 hours ago: verify once more"),
        (verdict(age=72 * 3600), "it was verified 3 days ago: verify once more"),
        (copied_later, "it was verified 0 seconds ago: verify once more"),
    ],
)
def test_what_the_journal_says_against_it(move: Move, change: Callable[[TableProgress], None], text: str) -> None:
    moved(move)
    change(move.journal.table(NAME))
    assert answers(move, "no") == [text]


def test_what_has_changed_since_it_was_verified(move: Move, source: Database) -> None:
    moved(move)
    verdict(age=600)(move.journal.table(NAME))
    move.journal.table(NAME).copied_at -= 1_000
    delete(source, "a")
    followed(move)
    assert answers(move, "no") == []
    assert answers(move, "look") == ["it has changed since it was verified 10 minutes ago"]


def test_an_index_that_is_missing(source: Database, target: Database, move: Move) -> None:
    """A global one can be added, a local one cannot; without either nobody changes over."""
    moved(move)
    found = facts(source)
    found.description["GlobalSecondaryIndexes"] = [{"IndexName": "global"}]
    found.description["LocalSecondaryIndexes"] = [{"IndexName": "local"}]
    move.facts = lambda place, name: found if place is move.source else facts(target)  # type: ignore[method-assign]
    local, by_global = answers(move, "no")
    assert local.startswith("local index local can only be made with the table")
    assert by_global == "global index global is not at the target: add it by UpdateTable"


def test_an_export_is_nothing_to_change_over_to(source: Database, journal: Path, tmp_path: Path) -> None:
    move = Move(Place("source", source), Place("target", files=Folder(tmp_path)), journal, MoveSettings())
    assert [each.grade for each in cutover_answers(move, NAME)] == ["no"]


def test_a_target_that_is_being_made(source: Database, target: Database, move: Move) -> None:
    moved(move)
    found = facts(target)
    found.description["TableStatus"] = "UPDATING"
    move.facts = lambda place, name: found if place is move.target else facts(source)  # type: ignore[method-assign]
    assert answers(move, "no") == ["Things is UPDATING: wait until it is ACTIVE"]


def test_what_a_copy_forgets_asks_for_a_look(journal: Path, target: Database) -> None:
    throughput = {"ReadCapacityUnits": 100, "WriteCapacityUnits": 100}
    with minidynamo.connect() as source:
        make_things(source, BillingMode="PROVISIONED", ProvisionedThroughput=throughput)
        move = moved(move_of(source, target, journal))
        assert answers(move, "no") == []
        (text,) = answers(move, "look")
        assert text == "scaling and alarms of capacity: live in other services: set them up for the target"
