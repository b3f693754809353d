"""Idempotency tokens: what is remembered after failed commits, and what their check finds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from minidynamo import Database, ManualClock
from minidynamo.errors import IdempotentParameterMismatch
from minidynamo.formats.short_tables import create_table_request
from minidynamo.limits import IDEMPOTENCY_WINDOW_SECONDS
from minidynamo.storage.engine import Batch
from minidynamo.tables.idempotency import IdempotencyTokens
from minidynamo.values.records import packed_record
from tests.storage.failing_engine import FailingEngine

KEY = b"token/one"


@pytest.fixture
def engine() -> FailingEngine:
    return FailingEngine()


@pytest.fixture
def database(engine: FailingEngine, clock: ManualClock) -> Database:
    database = Database(engine=engine, clock=clock)
    database.execute("CreateTable", create_table_request("tbl", {"key": ["pk S"]}))
    return database


def write(database: Database, token: str, pk: str = "a") -> None:
    action = {"Put": {"TableName": "tbl", "Item": {"pk": {"S": pk}}}}
    database.execute("TransactWriteItems", {"ClientRequestToken": token, "TransactItems": [action]})


def fail(database: Database, engine: FailingEngine, token: str) -> None:
    engine.fails = True
    with pytest.raises(OSError, match="no space left"):
        write(database, token)
    engine.fails = False


def stored_tokens(database: Database) -> list[bytes]:
    return [key for key, _ in database.catalog.system.range(b"token/", b"token0")]


def test_a_token_whose_first_commit_failed_is_forgotten_once(
    database: Database, engine: FailingEngine, clock: ManualClock
) -> None:
    fail(database, engine, "one")
    write(database, "one")
    clock.advance(IDEMPOTENCY_WINDOW_SECONDS)
    write(database, "two")
    assert stored_tokens(database) == [b"token/two"]


def test_a_failed_commit_does_not_end_a_window_early(
    database: Database, engine: FailingEngine, clock: ManualClock
) -> None:
    fail(database, engine, "one")
    clock.advance(100)
    write(database, "one")
    clock.advance(IDEMPOTENCY_WINDOW_SECONDS - 100)
    write(database, "two")
    with pytest.raises(IdempotentParameterMismatch):
        write(database, "one", "b")


def test_what_a_failed_commit_would_have_forgotten_is_forgotten_later(
    database: Database, engine: FailingEngine, clock: ManualClock
) -> None:
    write(database, "one")
    clock.advance(IDEMPOTENCY_WINDOW_SECONDS)
    fail(database, engine, "two")
    assert stored_tokens(database) == [KEY]
    write(database, "two")
    assert stored_tokens(database) == [b"token/two"]


def replaced(record: bytes) -> Callable[[Database], None]:
    def damage(database: Database) -> None:
        batch = Batch()
        database.catalog.system.keep(batch, KEY, record)
        database.engine.commit(batch)

    return damage


def entry(**members: Any) -> bytes:
    return packed_record({"Request": bytes(16), "ExpiresAt": 1_700_000_600.0, "Outcome": {}, **members}, 0)


def set_tokens(**members: Any) -> Callable[[Database], None]:
    def damage(database: Database) -> None:
        for name, value in members.items():
            setattr(database.tokens, name, value)

    return damage


DAMAGES: dict[str, tuple[Callable[[Database], None], str]] = {
    "unreadable": (replaced(b"\0\0\0\xc1"), "the token 'one' cannot be read"),
    "no entry": (replaced(b"\0\0\0\x01"), "the token 'one' holds 1"),
    "a member more": (replaced(entry(More=1)), r"the token 'one' holds \['ExpiresAt', 'More'"),
    "a short digest": (replaced(entry(Request=b"abc")), "the token 'one' stands for a request of 3 bytes"),
    "an outcome below zero": (replaced(entry(Outcome={"tbl": -2.0})), r"the token 'one' has the outcome \{'tbl': -2"),
    "another time": (replaced(entry(ExpiresAt=1_700_000_700.0)), "ends at 1700000700.0 and is never to be forgotten"),
    "never forgotten": (set_tokens(_expiries=deque()), "the token 'one' ends at 1700000600.0 and is never"),
    "beyond the window": (
        set_tokens(_latest_expiry=1_700_000_500.0),
        "the token 'one' ends at 1700000600.0, the last at 1700000500.0",
    ),
}


@pytest.mark.damaged
@pytest.mark.parametrize(("damage", "message"), DAMAGES.values(), ids=DAMAGES)
def test_check_finds_damaged_tokens(database: Database, damage: Callable[[Database], None], message: str) -> None:
    write(database, "one")
    database.check()
    damage(database)
    with pytest.raises(AssertionError, match=message):
        database.check()


def test_tokens_that_are_found_are_sound(database: Database) -> None:
    write(database, "one")
    write(database, "two")
    IdempotencyTokens(database.catalog.system).check()
