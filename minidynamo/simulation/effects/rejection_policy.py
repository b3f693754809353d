"""Whether a call is refused or its response lost: before it arrives, before it takes effect, or after."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from minidynamo.errors import ConditionalCheckFailed, DuplicateItem, DynamoError, ResourceNotFound, TransactionCanceled
from minidynamo.operations.overlays import Overlay
from minidynamo.requests.statements import is_write
from minidynamo.requests.subjects import actions_of, tables_of
from minidynamo.simulation.effects.capacity import Capacity
from minidynamo.simulation.effects.rejections import (
    PLAIN,
    conflict,
    conflict_detail,
    plain_refusal,
    throttle,
    throttle_detail,
    timeout,
)
from minidynamo.simulation.effects.target import Target
from minidynamo.simulation.faults.chance import Detail, Draw
from minidynamo.tables.table import Table
from minidynamo.values.api_types import Request

_BATCHED = frozenset({"RequestItems", "Statements"})
_WITH_TOKENS = frozenset({"TransactWriteItems", "ExecuteTransaction"})
_BEFORE_ARRIVAL = ("connection_lost", "server_error")
_AFTER_EFFECT = ("response_lost", "connection_lost_after")
assert {*_BEFORE_ARRIVAL, *_AFTER_EFFECT} <= PLAIN.keys(), f"they have details: {_BEFORE_ARRIVAL}, {_AFTER_EFFECT}"


class RejectionPolicy:
    """Refuses the calls of a database.

    Parameters:
        target: the database.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._injector = target.injector
        self._capacity = Capacity(target.clock)
        self._unanswered_tokens: set[tuple[str, str]] = set()

    def before_effect(self, operation: str, request: Request) -> bool:
        """Refuses a call that has done nothing yet, if that is chosen.

        Returns:
            Whether its response is to be held back, as of a client that does not wait long enough.

        Raises:
            DynamoError: the refusal, or what is wrong with the request.
        """
        for kind in _BEFORE_ARRIVAL:
            self._refuse_plainly(kind)
        detail = self._choose("timed_out", lambda draw: {"took_effect": draw.among([False, True])})
        if detail is not None and not detail["took_effect"]:
            raise timeout()
        try:
            self._refuse_throttled(operation, request)
            self._refuse_conflicting(operation, request)
            self._refuse_repeated(operation, request)
            self._refuse_for_capacity(operation, request)
        except DynamoError:
            if detail is not None:  # The client no longer waits, whatever the response would be.
                raise timeout() from None
            raise
        if operation in _WITH_TOKENS and isinstance(request.get("ClientRequestToken"), str):
            self._unanswered_tokens.add((operation, request["ClientRequestToken"]))
        return detail is not None

    def after_effect(self, operation: str, request: Request, hides_response: bool) -> None:
        """Takes the response away from a call that has taken effect, if that is chosen."""
        for kind in _AFTER_EFFECT:
            self._refuse_plainly(kind)
        if hides_response:
            raise timeout()
        if operation in _WITH_TOKENS:
            self._unanswered_tokens.discard((operation, request.get("ClientRequestToken", "")))

    def check(self) -> None:
        """Asserts that the buckets of capacity are sound."""
        self._capacity.check()

    def _choose(self, kind: str, make: Callable[[Draw], Detail | None] | None = None) -> Detail | None:
        return self._injector.choose(kind, make) if self._injector.happens_at(kind) else None

    def _refuse_plainly(self, kind: str) -> None:
        if self._choose(kind) is not None:
            raise plain_refusal(kind)

    def _refuse_throttled(self, operation: str, request: Request) -> None:
        def throttled(draw: Draw) -> Detail | None:
            resources = self._resources(request, self._dry_run(operation, request))
            return throttle_detail(draw, resources) if resources else None

        detail = self._choose("throttled", throttled)
        if detail is not None:
            raise self._throttle(request, detail)

    def _refuse_conflicting(self, operation: str, request: Request) -> None:
        if operation == "ExecuteStatement" and not is_write(operation, request):
            return
        count = len(actions_of(request))

        def conflicting(draw: Draw) -> Detail | None:
            self._dry_run(operation, request)
            return conflict_detail(draw, count)

        detail = self._choose("conflict", conflicting)
        if detail is not None:
            raise conflict(detail, count)

    def _refuse_repeated(self, operation: str, request: Request) -> None:
        """Refuses a transaction whose token belongs to a call that got no response."""
        token = request.get("ClientRequestToken")
        if isinstance(token, str) and (operation, token) in self._unanswered_tokens:
            self._refuse_plainly("in_progress")

    def _refuse_for_capacity(self, operation: str, request: Request) -> None:
        """Takes the units of a request, unless it is a batch, whose parts are admitted one by one."""
        if not _BATCHED.isdisjoint(request) or not self.has_capacity or not self._injector.happens_at("capacity"):
            return
        detail = self.take_capacity(operation, request)
        if detail is not None:
            raise self._throttle(request, detail)

    @property
    def has_capacity(self) -> bool:
        """Whether capacity can run out."""
        choices = self._injector
        if choices.replay is not None:
            return True
        return choices.profile.capacity and choices.is_seeded and not choices.faults.is_off("capacity")

    def take_capacity(self, operation: str, request: Request) -> Detail | None:
        """Takes the units of a request; what refuses it where there are none."""
        if self._injector.replay is not None:
            return self._injector.choose("capacity")
        dry_run = self._dry_run(operation, request)
        detail = self._capacity.take(dry_run.load, self._tables(request))
        if detail is not None:
            self._injector.call.choices["capacity"] = detail
        return detail

    def _throttle(self, request: Request, detail: Detail) -> DynamoError:
        catalog = self._target.catalog
        actions = [catalog.table(each.table).name for each in actions_of(request)]
        writes = is_write(self._injector.call.operation, request)
        return throttle(writes, detail, catalog.table(detail["table"]), self._target.scope, actions)

    def _dry_run(self, operation: str, request: Request) -> Overlay:
        """A overlay on which a request has been carried out.

        Raises:
            DynamoError: the request is invalid. A condition that does not hold is not looked at so early.
        """
        overlay = self._target.overlay()
        try:
            self._target.perform(operation, request, overlay)
        except (ConditionalCheckFailed, DuplicateItem):
            pass
        except TransactionCanceled as error:
            codes = {each["Code"] for each in error.members["CancellationReasons"]}
            if not codes <= {"None", "ConditionalCheckFailed", "DuplicateItem"}:
                raise
        return overlay

    def _resources(self, request: Request, dry_run: Overlay) -> list[tuple[Table, str]]:
        """The tables and global indexes that a request draws capacity from."""
        names = {each.keyspace for each in dry_run.load}
        found: list[tuple[Table, str]] = []
        for table in self._tables(request):
            own = [table.keyspace, *(each.keyspace for each in table.local_indexes)]
            if any(each.name in names for each in own):
                found.append((table, ""))
            found += [
                (table, name)
                for name, index in table.indexes.items()
                if index.kind.has_own_throughput and index.keyspace.name in names
            ]
        return found

    def _tables(self, request: Request) -> list[Table]:
        """Those that there are: of a batch of statements, some may name none."""
        found: dict[Table, None] = {}
        for name in tables_of(request):
            with suppress(ResourceNotFound):
                found[self._target.catalog.table(name)] = None
        return list(found)
