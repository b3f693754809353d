"""The spec cases over PostgreSQL, every call by the other one of two databases: both see what either has done."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pytest

from minidynamo import ManualClock
from minidynamo.conformance.cases import Case, all_cases
from minidynamo.conformance.replay import Call, Disagreement, replay
from minidynamo.database.shared import SharedDatabase
from minidynamo.storage.postgres.link import PostgresLink
from tests.shared.postgres_server import PostgresServer

SCHEMA = "cases"
# What shows how streams number their changes and shards: a store that is shared numbers them otherwise.
OTHER_NUMBERS = frozenset({
    "KEYS_ONLY of a new item", "KEYS_ONLY of a changed item", "KEYS_ONLY of a deleted item",
    "NEW_IMAGE of a new item", "NEW_IMAGE of a changed item", "NEW_IMAGE of a deleted item",
    "OLD_IMAGE of a new item", "OLD_IMAGE of a changed item", "OLD_IMAGE of a deleted item",
    "NEW_AND_OLD_IMAGES of a new item", "NEW_AND_OLD_IMAGES of a changed item", "NEW_AND_OLD_IMAGES of a deleted item",
    "an update creates an item", "an update without changes creates an item", "legacy updates are recorded as well",
    "an item of keys alone", "a page of one record", "the page after it", "the end of an open shard",
    "the end of a closed shard", "after the newest record", "at a time", "at a time to come", "a disabled stream",
})  # fmt: skip
CASES = [case for case in all_cases() if case.name not in OTHER_NUMBERS or "streams/" not in case.file]
# Every fortieth case runs by default, all of them in the long run.
SOME = CASES[::40]


class Pairs:
    """Two databases over one store for each wording."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pairs: dict[str, list[SharedDatabase]] = {}
        self._admin = psycopg.connect(url, autocommit=True)

    def face(self, wording: str) -> Call:
        """A call that alternates between them; the store is empty."""
        pair = self._pairs.get(wording)
        if pair is None:
            new_link = lambda: PostgresLink(self._url, SCHEMA)  # noqa: E731
            pair = self._pairs[wording] = [
                SharedDatabase(self._url, new_link, ManualClock(), wording=wording, shard_count=1) for _ in range(2)
            ]
        self._empty()
        for each in pair:
            each._shared.statistics.note({})
        turns = itertools.cycle(pair)

        def call(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
            return next(turns).execute(operation, dict(request))

        return call

    def _empty(self) -> None:
        self._admin.execute(f"TRUNCATE {SCHEMA}.records, {SCHEMA}.statistics, {SCHEMA}.dropped")
        self._admin.execute(f"DELETE FROM {SCHEMA}.keyspaces WHERE name <> 'system'")
        self._admin.execute(f"UPDATE {SCHEMA}.meta SET version = version + 1")

    def close(self) -> None:
        for each in itertools.chain(*self._pairs.values()):
            each.close()
        self._admin.close()


@pytest.fixture(scope="module")
def pairs(postgres: PostgresServer) -> Iterator[Pairs]:
    opened = Pairs(postgres.url)
    yield opened
    opened.close()


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.id)
def test_some_cases(case: Case, pairs: Pairs) -> None:
    """Two processes answer as one does."""
    replay(case, pairs.face)


@pytest.mark.long
@pytest.mark.parametrize("file", sorted({case.file for case in CASES}))
def test_all_cases(file: str, pairs: Pairs) -> None:
    """Two processes answer as one does: a file of cases at a time, since they are thousands."""
    differences = {}
    for case in CASES:
        if case.file == file:
            try:
                replay(case, pairs.face)
            except Disagreement as difference:
                differences[case.id] = str(difference)
    assert not differences


def test_few_cases_are_left_out() -> None:
    """And none that is not about streams."""
    assert len(list(all_cases())) - len(CASES) <= 50
