"""Idempotency tokens: what a transaction's ClientRequestToken stood for, for ten minutes after it completed.

Kept in the catalog's system keyspace under "token/<token>", in the same batch as the transaction's writes; those of
ExecuteTransaction, which are apart, under "statement token/<token>".
Source: DynamoDB API reference, TransactWriteItems and ExecuteTransaction; observed responses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice, takewhile
from typing import TypedDict

import msgpack

from minidynamo.errors import IdempotentParameterMismatch
from minidynamo.limits import IDEMPOTENCY_WINDOW_SECONDS, NESTING_LEVELS_MAX
from minidynamo.requests.operations import API
from minidynamo.requests.shapes import Shape
from minidynamo.requests.walk import known
from minidynamo.storage.keyspace import Keyspace
from minidynamo.tables.changes import WriteBatch
from minidynamo.values.api_types import AttributeValue, Request
from minidynamo.values.key_bytes import after
from minidynamo.values.records import packed_record, record_content
from minidynamo.values.wire_types import as_bytes

_PREFIXES = {"TransactWriteItems": b"token/", "ExecuteTransaction": b"statement token/"}
_DIGEST_BYTES = 16
_TYPES = ("S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS")
# How a retry is reported may differ from how the first call was.
_NOT_COMPARED = ("ReturnConsumedCapacity", "ReturnItemCollectionMetrics")


# What a retry consumes, in read units by table.
Outcome = dict[str, float]


class _Entry(TypedDict):
    Request: bytes
    ExpiresAt: float
    Outcome: Outcome


class IdempotencyTokens:
    """The tokens of a database.

    Parameters:
        system: the keyspace where they are kept.
        forgets: whether those whose time is over are forgotten as others come; otherwise somebody calls `forget`.
    """

    def __init__(self, system: Keyspace, forgets: bool = True) -> None:
        self._system, self._forgets = system, forgets
        # When each may be forgotten; also of tokens that have been used again since.
        entries = self._entries() if forgets else ()
        expiries = [(_entry(record)["ExpiresAt"], key) for key, record in entries]
        self._expiries = deque(sorted(expiries))
        self._latest_expiry = self._expiries[-1][0] if self._expiries else 0.0

    def _entries(self) -> Iterator[tuple[bytes, bytes]]:
        for prefix in _PREFIXES.values():
            yield from self._system.range(prefix, after(prefix))

    def outcome(self, operation: str, request: Request, now: float) -> Outcome | None:
        """What the first call with this token left, or None where there was none in the window.

        Parameters:
            operation: the API's name of the transaction's operation.
            request, now: the call.

        Raises:
            IdempotentParameterMismatch: the token stood for another request.
        """
        token = request.get("ClientRequestToken")
        if token is None:
            return None
        key = _PREFIXES[operation] + token.encode()
        record = self._system.get(key)
        entry = None if record is None else _entry(record)
        if entry is None or entry["ExpiresAt"] <= now:
            return None
        if entry["Request"] != _digest(operation, request):
            raise IdempotentParameterMismatch(
                "The provided client token is already in use with different request parameters"
            )
        return entry["Outcome"]

    def stage(self, batch: WriteBatch, operation: str, request: Request, outcome: Outcome, now: float) -> None:
        """Stages the memory of a call that is about to succeed, and forgets tokens whose time is over."""
        token = request.get("ClientRequestToken")
        if token is None:
            return
        key = _PREFIXES[operation] + token.encode()
        due = [each for _, each in takewhile(lambda expiry: expiry[0] <= now, self._expiries)]
        for each in set(due) - {key}:
            record = self._system.get(each)
            if record is not None and _entry(record)["ExpiresAt"] <= now:
                self._system.keep(batch, each, None)
        expires_at = now + IDEMPOTENCY_WINDOW_SECONDS
        entry: _Entry = {"Request": _digest(operation, request), "ExpiresAt": expires_at, "Outcome": outcome}
        self._system.keep(batch, key, packed_record(entry, 0))
        if self._forgets:
            batch.after += (lambda: self._schedule(len(due), expires_at, key),)

    def forget(self, batch: WriteBatch, now: float, count: int) -> int:
        """Stages the end of so many tokens whose time is over; how many they are."""
        over = (key for key, record in self._entries() if _entry(record)["ExpiresAt"] <= now)
        found = list(islice(over, count))
        for key in found:
            self._system.keep(batch, key, None)
        return len(found)

    def check(self) -> None:
        """Asserts that every token can be read, is due to be forgotten, and not later than a window after its use."""
        scheduled = set(self._expiries)
        for key, record in self._entries():
            name = f"the token {key.partition(b'/')[2].decode()!r}"
            try:
                entry = _entry(record)
            except (ValueError, msgpack.UnpackException) as error:
                raise AssertionError(f"{name} cannot be read: {error!r} in {record!r}") from error
            members = sorted(entry) if isinstance(entry, dict) else entry
            assert members == sorted(_Entry.__annotations__), f"{name} holds {members}"
            digest, expires_at, outcome = entry["Request"], entry["ExpiresAt"], entry["Outcome"]
            assert len(digest) == _DIGEST_BYTES, f"{name} stands for a request of {len(digest)} bytes"
            assert all(units > 0 for units in outcome.values()), f"{name} has the outcome {outcome}"
            assert (expires_at, key) in scheduled, f"{name} ends at {expires_at} and is never to be forgotten"
            assert expires_at <= self._latest_expiry, f"{name} ends at {expires_at}, the last at {self._latest_expiry}"

    def _schedule(self, forgotten: int, expires_at: float, key: bytes) -> None:
        """Goes on from a batch that has been committed: so many have been forgotten, and there is one more."""
        assert forgotten <= len(self._expiries), f"{forgotten} tokens are forgotten, of {len(self._expiries)}"
        for _ in range(forgotten):
            self._expiries.popleft()
        self._expiries.append((expires_at, key))
        self._latest_expiry = max(self._latest_expiry, expires_at)


def _entry(record: bytes) -> _Entry:
    entry: _Entry = record_content(record)
    return entry


def _digest(operation: str, request: Request) -> bytes:
    """What tells a request from others: the members that are the API's, in one order. Others count for nothing."""
    compared = {name: value for name, value in request.items() if name not in _NOT_COMPARED}
    named = _in_order(known(API[operation].request, compared, _known_leaf))
    return blake2b(msgpack.packb(named), digest_size=_DIGEST_BYTES).digest()


def _in_order(value: object) -> object:
    if isinstance(value, dict):
        return {name: _in_order(value[name]) for name in sorted(value)}
    return list(map(_in_order, value)) if isinstance(value, list) else value


def _known_leaf(shape: Shape, value: object) -> object:
    return _known_value(value, 0) if shape.kind == "Value" and isinstance(value, dict) else value


def _known_value(value: AttributeValue, level: int) -> AttributeValue | None:
    """The type of an attribute value and what it holds; of what is nested too deeply, that it is."""
    if level > NESTING_LEVELS_MAX:
        return None
    for kind in _TYPES:
        payload = value.get(kind)
        if payload is None:
            continue
        if kind == "M":
            return {kind: {name: _known_value(payload[name], level + 1) for name in payload}}
        if kind == "L":
            return {kind: [_known_value(member, level + 1) for member in payload]}
        if kind == "B":
            return {kind: as_bytes(payload)}
        return {kind: [as_bytes(member) for member in payload] if kind == "BS" else payload}
    return None
