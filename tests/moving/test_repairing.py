"""Repairing: what differs is made what it is at the source by then, and what is right by then is left alone."""

from __future__ import annotations

from minidynamo import Database
from minidynamo.anonymizing.anonymizer import Anonymizer
from minidynamo.moving.move import Move, MoveSettings
from minidynamo.moving.pace import Pace
from minidynamo.moving.repairing import Repaired, repair
from tests.moving.moved_tables import NAME, copied, delete, followed, items_of, put, thing


def test_what_has_come_back_since_is_not_deleted(move: Move, source: Database, target: Database) -> None:
    """An item that only the target had is put at the source, and followed, before the repair."""
    put(source, thing("a", "one"))
    facts = copied(move)
    put(target, thing("b", "late"))
    verifier = move.verifier(facts, lambda count: True)
    result = verifier.run()
    put(source, thing("b", "late"))
    followed(move)
    repair(result.faults, verifier.source, target, NAME, Pace())
    assert items_of(target) == items_of(source)


def test_what_has_changed_since_is_what_it_is_now(move: Move, source: Database, target: Database) -> None:
    """Not what it was when it was compared."""
    put(source, thing("a", "one"), thing("b", "two"))
    facts = copied(move)
    put(target, thing("a", "strange"))
    delete(target, "b")
    verifier = move.verifier(facts, lambda count: True)
    result = verifier.run()
    put(source, thing("a", "three"))
    delete(source, "b")
    assert repair(result.faults, verifier.source, target, NAME, Pace()) == Repaired(1, 0)
    assert items_of(target) == items_of(source)


def test_what_was_made_anonymous_is_looked_for(source: Database, target: Database, move: Move) -> None:
    """Its key says nothing: the source is read once more before anything is deleted."""
    rules = {"tables": {NAME: {"id": "pseudonym"}}}
    settings = MoveSettings(anonymizer=Anonymizer(rules, b"a secret of sixteen"))
    hidden = Move(move.source, move.target, move.journal.path.with_name("hidden.json"), settings)
    put(source, thing("a", "one"))
    facts = copied(hidden)
    put(target, hidden.edit(NAME)(thing("b", "late")), thing("strange", "nobody's"))
    verifier = hidden.verifier(facts, lambda count: True)
    result = verifier.run()
    assert {each.kind for each in result.faults} == {"extra"}
    put(source, thing("b", "late"))
    repair(result.faults, verifier.source, target, NAME, Pace())
    expected = [hidden.edit(NAME)(each) for each in items_of(source).values()]
    assert sorted(items_of(target).values(), key=repr) == sorted(expected, key=repr)
