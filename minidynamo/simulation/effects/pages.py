"""Reads as a replica or a lagging index answers them, and pages that end where callers do not expect it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Mapping

from minidynamo.operations.overlays import Overlay
from minidynamo.operations.statements.next_token import last_key_of
from minidynamo.simulation.effects.target import Target
from minidynamo.simulation.effects.visibility import UnseenChange, group_by
from minidynamo.simulation.faults.chance import Detail
from minidynamo.values.api_types import Request, Response, Structure

Grouping = Callable[[UnseenChange], Hashable]


def read(target: Target, operation: str, request: Request) -> Response:
    """Answers GetItem, Query, Scan or a SELECT."""
    if operation == "GetItem":
        return lagging(target, operation, request, _group_of_read(target, operation, request))[0]
    limit = request.get("Limit")
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        return target.perform(operation, request)  # It is refused.
    choices = target.injector
    if _start_member(operation) in request and choices.may_refuse and choices.is_possible("empty_page"):
        empty = _empty_page(target, operation, request)
        if choices.choose("empty_page", lambda draw: {"nothing": "read"}) is not None:
            return empty
    if _is_quiet(target, "stale_read", "index_lag", "short_page"):
        response, overlay = target.perform(operation, request), target.overlay()
    else:
        response, overlay = _seen_page(target, operation, request)
    if limit is not None and _end_member(operation) in response:
        _notice_end(target, operation, request, response, overlay)
    return response


def _seen_page(target: Target, operation: str, request: Request) -> tuple[Response, Overlay]:
    """A page as visibility, indexes and the size of what is read at once may leave it, and the overlay that gave it."""
    choices = target.injector
    response, overlay, unseen = _seen(target, operation, request, _group_of_read(target, operation, request))
    count = _read_count(response)
    short = choices.choose("short_page", lambda draw: {"items": draw.among(range(1, count), 0)}) if count > 1 else None
    if short is not None:
        overlay = _overlaid(target, unseen)
        response = target.perform(operation, {**request, "Limit": short["items"]}, overlay)
    overlay.count_for_real(target.context.meter)
    return response, overlay


def lagging(target: Target, operation: str, request: Request, group_of: Grouping) -> tuple[Response, Overlay]:
    """Answers a read as visibility and indexes do that may not have seen the latest changes.

    Parameters:
        group_of: distinguishes what is seen in order on its own: a partition, or a single item.

    Returns:
        The response, and the overlay that gave it.
    """
    if _is_quiet(target, "stale_read", "index_lag"):
        return target.perform(operation, request), target.overlay()
    response, overlay, _ = _seen(target, operation, request, group_of)
    overlay.count_for_real(target.context.meter)
    return response, overlay


def _is_quiet(target: Target, *kinds: str) -> bool:
    """Whether none of some kinds can happen to a read, so that it is answered by the database itself."""
    return target.injector.profile.reads_go_back and not any(map(target.injector.is_possible, kinds))


def _seen(target: Target, operation: str, request: Request, group_of: Grouping) -> tuple[Response, Overlay, list[int]]:
    """Answers a read in an overlay, whose units are not counted yet; the changes that it does not see."""
    profile, visibility, now = target.injector.profile, target.visibility, target.clock.now()
    overlay = target.overlay()
    response = target.perform(operation, request, overlay)
    unseen: list[int] = []
    for kind, is_global, seconds in (
        ("stale_read", False, profile.lag_seconds),
        ("index_lag", True, profile.index_lag_seconds),
    ):
        changes = visibility.recent(overlay.spans, now - seconds, is_global)
        hidden = [] if not is_global and _is_consistent(request) else _consistent_left_out(target, request, changes)
        grouping = (lambda change: change.place) if is_global else group_of
        if not profile.reads_go_back:
            hidden = visibility.not_seen_before(hidden, grouping, is_global)
        detail = _choose_unseen(target, kind, hidden, grouping) if hidden else None
        found = [] if detail is None else detail["unseen"]
        visibility.show(changes, found, is_global)
        unseen += found
    if unseen:
        overlay = _overlaid(target, unseen)
        response = target.perform(operation, request, overlay)
    return response, overlay, unseen


def _overlaid(target: Target, unseen: list[int]) -> Overlay:
    """A fresh overlay of a state that lacks some changes."""
    return Overlay(target.context, target.visibility.overlay(unseen)) if unseen else target.overlay()


def _choose_unseen(target: Target, kind: str, changes: list[UnseenChange], grouping: Grouping) -> Detail | None:
    groups = group_by(changes, grouping)
    return target.injector.choose(kind, lambda draw: {"unseen": target.visibility.unseen(groups, draw)})


def _is_consistent(request: Request) -> bool:
    return bool(request.get("ConsistentRead", False))


def _consistent_left_out(target: Target, request: Request, changes: list[UnseenChange]) -> list[UnseenChange]:
    """Changes without those of tables that a batch reads consistently."""
    items: Mapping[str, Structure] = request.get("RequestItems", {})
    consistent = {target.catalog.table(name).keyspace.name for name, each in items.items() if _is_consistent(each)}
    return [each for each in changes if each.place[0] not in consistent]


def _group_of_read(target: Target, operation: str, request: Request) -> Grouping:
    """What one replica answers for: all of it, but for a Scan of a table, whose partitions answer one by one."""
    if operation != "Scan" or "IndexName" in request:
        return _everything

    def partition(change: UnseenChange) -> Hashable:
        name, key = change.place
        tables = target.catalog.tables.values()
        keyspace = next(each.keyspace for each in tables if each.keyspace.name == name)
        return keyspace.partition_of(key).map.start

    return partition


def _everything(change: UnseenChange) -> Hashable:
    return "all"


def _empty_page(target: Target, operation: str, request: Request) -> Response:
    """A page that has read nothing and goes on where it began."""
    response = target.perform(operation, {**request, "Limit": 1}, target.overlay())
    if "Items" in response:
        response["Items"] = []
    if operation == "ExecuteStatement":
        response["NextToken"] = request["NextToken"]
        response["LastEvaluatedKey"] = last_key_of(request["NextToken"])
        return response
    response["Count"] = response["ScannedCount"] = 0
    response["LastEvaluatedKey"] = copy.deepcopy(dict(request["ExclusiveStartKey"]))
    return response


def _start_member(operation: str) -> str:
    """The member of a request that says where a page begins."""
    return "NextToken" if operation == "ExecuteStatement" else "ExclusiveStartKey"


def _end_member(operation: str) -> str:
    """The member of a response that says where a page ends."""
    return "NextToken" if operation == "ExecuteStatement" else "LastEvaluatedKey"


def _read_count(response: Response) -> int:
    """How many items have been read, as far as the response tells."""
    return len(response["Items"]) if "ScannedCount" not in response else int(response["ScannedCount"])


def _notice_end(target: Target, operation: str, request: Request, response: Response, overlay: Overlay) -> None:
    """Takes the LastEvaluatedKey off a page behind which there is nothing, if that is chosen."""
    end = _end_member(operation)
    follows = {**request, "Limit": 1, _start_member(operation): response[end]}
    rest = target.perform(operation, follows, overlay)
    if _read_count(rest) == 0 and end not in rest:
        detail = target.injector.choose("no_trailing_key")
        if detail is not None:
            del response["LastEvaluatedKey"]
            response.pop("NextToken", None)
